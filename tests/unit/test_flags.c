/* wire/flags: what a flag is, and how a list of them is printed. */
#include "test.h"
#include "util/buf.h"
#include "wire/flags.h"

static void
test_parse(void)
{
	static const struct {
		const char *word;
		enum flags_kind kind;
		unsigned bit;
	} rows[] = {
		{ "\\Answered", FLAGS_SYSTEM, FLAG_ANSWERED },
		{ "\\flagged", FLAGS_SYSTEM, FLAG_FLAGGED },
		{ "\\DELETED", FLAGS_SYSTEM, FLAG_DELETED },
		{ "\\Seen", FLAGS_SYSTEM, FLAG_SEEN },
		{ "\\dRAFT", FLAGS_SYSTEM, FLAG_DRAFT },
		{ "\\Recent", FLAGS_SYSTEM, FLAG_RECENT },
		{ "\\*", FLAGS_STAR, 0 },
		{ "\\See", FLAGS_EXTENSION, 0 },
		{ "\\Seen2", FLAGS_EXTENSION, 0 },
		{ "Seen", FLAGS_KEYWORD, 0 },
		{ "$Forwarded", FLAGS_KEYWORD, 0 },
		{ "NIL", FLAGS_KEYWORD, 0 },
		{ "a[b", FLAGS_KEYWORD, 0 },
		{ "!#$&'+,-./0:;<=>?@^_`|}~", FLAGS_KEYWORD, 0 },
		{ "", FLAGS_BAD, 0 },
		{ "\\", FLAGS_BAD, 0 },
		{ "\\\\Seen", FLAGS_BAD, 0 },
		{ "\\**", FLAGS_BAD, 0 },
		{ "*", FLAGS_BAD, 0 },
		{ "a b", FLAGS_BAD, 0 },
		{ "a]", FLAGS_BAD, 0 },
		{ "a%", FLAGS_BAD, 0 },
		{ "a(", FLAGS_BAD, 0 },
		{ "a)", FLAGS_BAD, 0 },
		{ "a{", FLAGS_BAD, 0 },
		{ "a\"", FLAGS_BAD, 0 },
		{ "a\\", FLAGS_BAD, 0 },
		{ "a\x7f", FLAGS_BAD, 0 },
		{ "a\x01", FLAGS_BAD, 0 },
		{ "gr\xc3\xbcn", FLAGS_BAD, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned bit = 99;
		enum flags_kind kind = flags_parse(rows[i].word, strlen(rows[i].word), &bit);

		check(kind == rows[i].kind && bit == rows[i].bit, "parse %s", rows[i].word);
	}
	check(!flags_is_keyword("a\0b", 3), "a NUL is in no keyword");
}

static void
test_print(void)
{
	static const char *const keywords[] = { "$Junk", "todo" };
	static const struct {
		unsigned bits;
		size_t count;
		const char *text;
	} rows[] = {
		{ 0, 0, "()" },
		{ FLAG_SEEN, 0, "(\\Seen)" },
		{ 0, 1, "($Junk)" },
		{ FLAG_DRAFT | FLAG_ANSWERED | FLAG_RECENT, 2,
		    "(\\Answered \\Draft \\Recent $Junk todo)" },
		{ FLAGS_SETTABLE, 0, "(\\Answered \\Flagged \\Deleted \\Seen \\Draft)" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf buf = BUF_INIT;

		flags_print(rows[i].bits, keywords, rows[i].count, &buf);
		check_str(buf_str(&buf), rows[i].text, "print");
		buf_fini(&buf);
	}
}

int
main(void)
{
	test_parse();
	test_print();
	return test_done();
}
