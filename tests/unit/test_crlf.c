/* mail/crlf: sizes and conversion against a naive twin, whole and in pieces. */
#include <stdlib.h>

#include "mail/crlf.h"
#include "test.h"
#include "util/buf.h"

static void
naive(const char *bytes, size_t len, bool keep_nul, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			buf_addc(out, '\r');
		buf_addc(out, bytes[i] == '\0' && !keep_nul ? '\x80' : bytes[i]);
	}
}

static void
test_table(void)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
		uint64_t lines;
	} rows[] = {
		{ "", 0, "", 0 },
		{ "a", 1, "a", 0 },
		{ "\n", 1, "\r\n", 1 },
		{ "\r\n", 2, "\r\n", 1 },
		{ "\r", 1, "\r", 0 },
		{ "a\nb\r\nc\rd\n\n", 10, "a\r\nb\r\nc\rd\r\n\r\n", 4 },
		{ "\r\r\n\n", 4, "\r\r\n\r\n", 2 },
		{ "a\0b\n", 4, "a\x80" "b\r\n", 1 },
		{ "0123456789abcdef\n0123456789abcde\r\n", 34,
		    "0123456789abcdef\r\n0123456789abcde\r\n", 2 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct crlf_place place = { 0, 0 };
		struct buf out = BUF_INIT;
		uint64_t lines;

		check(crlf_size_lines(rows[i].in, rows[i].len, &lines) == strlen(rows[i].out)
		    && lines == rows[i].lines, "size of row %zu", i);
		crlf_send(rows[i].in, rows[i].len, &place, 0, UINT64_MAX, false, sink_buf, &out);
		check_str(buf_str(&out), rows[i].out, "octets of the row");
		buf_fini(&out);
	}
}

/* Random text, thick with line ends and NULs or thin, long enough for every loop. */
static size_t
random_text(char *text, size_t max)
{
	static const char alphabet[] = "\n\r\0abc";
	size_t len = (size_t)random() % max;
	int thick = (int)(random() % 40) + 6;

	for (size_t i = 0; i < len; i++) {
		long pick = random() % thick;

		text[i] = pick < 6 ? alphabet[pick] : 'x';
	}
	return len;
}

static void
test_random(void)
{
	static char text[70000];
	bool sizes = true, whole = true, pieces = true, anywhere = true;

	srandom(7);
	for (int round = 0; round < 400; round++) {
		size_t len = random_text(text, round % 10 == 0 ? sizeof text : 300);
		struct buf want = BUF_INIT, got = BUF_INIT;
		struct crlf_place place = { 0, 0 };
		uint64_t step = 1 + (uint64_t)random() % (len / 20 + 20), at = 0, n;
		bool keep_nul = round % 3 == 0;

		naive(text, len, keep_nul, &want);
		sizes = sizes && crlf_size(text, len) == want.len;
		n = crlf_send(text, len, &place, 0, UINT64_MAX, keep_nul, sink_buf, &got);
		whole = whole && n == want.len && got.len == want.len
		    && memcmp(buf_str(&got), buf_str(&want), want.len) == 0;
		buf_reset(&got);
		place = (struct crlf_place){ 0, 0 };
		while ((n = crlf_send(text, len, &place, at, step, keep_nul, sink_buf, &got)) > 0)
			at += n;
		pieces = pieces && got.len == want.len && memcmp(buf_str(&got), buf_str(&want), want.len) == 0;
		for (int k = 0; k < 20; k++) {
			uint64_t from = (uint64_t)random() % (want.len + 2), count = (uint64_t)random() % (want.len + 2);
			uint64_t expect = from >= want.len ? 0 : want.len - from < count ? want.len - from : count;

			buf_reset(&got);
			n = crlf_send(text, len, &place, from, count, keep_nul, sink_buf, &got);
			anywhere = anywhere && n == expect && got.len == expect
			    && (n == 0 || memcmp(got.data, want.data + from, n) == 0);
		}
		buf_fini(&want);
		buf_fini(&got);
	}
	check(sizes, "sizes of random texts");
	check(whole, "random texts sent whole");
	check(pieces, "random texts sent in steps, one behind the other");
	check(anywhere, "random texts sent from anywhere, forward and back");
}

int
main(void)
{
	test_table();
	test_random();
	return test_done();
}
