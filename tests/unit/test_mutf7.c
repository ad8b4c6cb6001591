/* wire/mutf7: names both ways, and every other spelling refused. */
#include <stdint.h>

#include "test.h"
#include "util/buf.h"
#include "util/utf8.h"
#include "wire/mutf7.h"

static void
test_both_ways(void)
{
	static const struct {
		const char *utf8, *coded;
	} rows[] = {
		{ "", "" },
		{ "INBOX", "INBOX" },
		{ "R&D", "R&-D" },
		{ "&&", "&-&-" },
		{ "a + b, c ~\\/", "a + b, c ~\\/" },
		{ "Entw\xc3\xbcrfe", "Entw&APw-rfe" },
		{ "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		    "~peter/mail/&U,BTFw-/&ZeVnLIqe-" },
		{ "\xf0\x9f\x98\x80", "&2D3eAA-" },
		{ "\xc3\xbc\xf0\x9f\x98\x80\xc3\xbc", "&APzYPd4AAPw-" },
		{ "\xc3\xbc&\xc3\xbc", "&APw-&-&APw-" },
		{ "\t", "&AAk-" },
		{ "\x7f", "&AH8-" },
		{ "\xef\xbf\xbf", "&,,8-" },
		{ "\xf4\x8f\xbf\xbf", "&2,,f,w-" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = BUF_INIT;

		check(mutf7_encode(rows[i].utf8, strlen(rows[i].utf8), &buf) == 0, "encode %zu", i);
		check_str(buf_str(&buf), rows[i].coded, rows[i].coded);
		buf_reset(&buf);
		check(mutf7_decode(rows[i].coded, strlen(rows[i].coded), &buf) == 0, "decode %zu", i);
		check_str(buf_str(&buf), rows[i].utf8, "and back");
		buf_fini(&buf);
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *coded, *why;
	} rows[] = {
		{ "&", "a shift of nothing without end" },
		{ "a&", "the same at the end" },
		{ "&APw", "a shift without end" },
		{ "&APw-&AOQ-", "a null shift" },
		{ "&AGE-", "printable ASCII in base64" },
		{ "&AC8-", "a slash in base64" },
		{ "&AC4ALg-", "dots in base64" },
		{ "&ACY-", "an ampersand in base64" },
		{ "&AAA-", "U+0000" },
		{ "&2D0-", "the high half of a pair" },
		{ "&3gA-", "the low half of a pair" },
		{ "&3gDYPQ-", "the halves swapped" },
		{ "&2D3YPQ-", "two high halves" },
		{ "&2D0AYQ-", "a high half and a letter" },
		{ "&APx-", "bits left over" },
		{ "&APwA-", "a character left over" },
		{ "&A-", "too few bits" },
		{ "&AP-", "too few bits still" },
		{ "&AP/8-", "the slash of plain base64" },
		{ "&APw=-", "padding" },
		{ "&AP w-", "a space inside" },
		{ "Entw\xc3\xbcrfe", "raw UTF-8" },
		{ "a\x7f", "DEL" },
		{ "a\nb", "a line end" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = BUF_INIT;

		check(mutf7_decode(rows[i].coded, strlen(rows[i].coded), &buf) < 0 && buf.len == 0,
		    "refuse %s, into nothing", rows[i].why);
		buf_adds(&buf, "before");
		check(mutf7_decode(rows[i].coded, strlen(rows[i].coded), &buf) < 0, "refuse %s",
		    rows[i].why);
		check_str(buf_str(&buf), "before", "the buffer is as it was");
		buf_fini(&buf);
	}
	struct buf buf = BUF_INIT;

	check(mutf7_encode("\xc3\x28", 2, &buf) < 0, "what is not UTF-8 is not encoded");
	check(mutf7_encode("\xed\xa0\x80", 3, &buf) < 0, "nor half a pair in UTF-8");
	check(mutf7_decode("a\0b", 3, &buf) < 0, "NUL as it is");
	check(buf.len == 0, "nothing was added");
	buf_fini(&buf);
}

static void
test_every_character(void)
{
	bool same = true;

	for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x3000 ? 1 : 61) {
		struct buf coded = BUF_INIT, plain = BUF_INIT;
		char name[6] = "x";
		size_t len;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		len = 1 + utf8_put(name + 1, c);
		same = same && mutf7_encode(name, len, &coded) == 0 &&
		    mutf7_decode(coded.data, coded.len, &plain) == 0 &&
		    plain.len == len && memcmp(plain.data, name, len) == 0;
		buf_fini(&coded);
		buf_fini(&plain);
	}
	check(same, "characters of every length come back");
}

int
main(void)
{
	test_both_ways();
	test_refused();
	test_every_character();
	return test_done();
}
