/* mail/header: where fields and headers begin and end in tidy and untidy mail. */
#include "mail/header.h"
#include "mail/scan.h"
#include "test.h"
#include "util/buf.h"

#define ROW(text) text, sizeof text - 1

static void
test_walk(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *fields;	/* name=value| for each */
		size_t body;
		size_t blank;
	} rows[] = {
		{ ROW(""), "", 0, 0 },
		{ ROW("\n"), "", 1, 1 },
		{ ROW("\r\n"), "", 2, 2 },
		{ ROW("A: b\n\nbody"), "A=b|", 6, 1 },
		{ ROW("A: b\r\n\r\nbody"), "A=b|", 8, 2 },
		{ ROW("A: b\r\n"), "A=b|", 6, 0 },
		{ ROW("A: b"), "A=b|", 4, 0 },
		{ ROW("A:b\nB :\t c\n\n"), "A=b|B=c|", 12, 1 },
		{ ROW("A: b\n c\n\td\nE: f\n\n"), "A=b\n c\n\td|E=f|", 17, 1 },
		{ ROW("A: b\n \nB: c\n\n"), "A=b\n |B=c|", 13, 1 },
		{ ROW("From x@y Mon\nA: b\n\n"), "=From x@y Mon|A=b|", 19, 1 },
		{ ROW(">From x@y\nA: b\n\n"), "=>From x@y|A=b|", 16, 1 },
		{ ROW("no colon\nA: b\n\nx"), "=no colon|A=b|", 15, 1 },
		{ ROW(" blank first\nA: b\n\nx"), "= blank first|A=b|", 19, 1 },
		{ ROW("A: b\r\r\n\r\nx"), "A=b\r|", 9, 2 },
		{ ROW("A: b\rB: c\n\nx"), "A=b\rB: c|", 11, 1 },
		{ ROW("A: b\n\r"), "A=b|=|", 6, 0 },
		{ ROW("A:\n\n"), "A=|", 4, 1 },
		{ ROW("A:\n b\n\n"), "A=\n b|", 7, 1 },
		{ ROW(": x\n\n"), "=x|", 5, 1 },
		{ ROW("A\n : b\n\n"), "=A\n : b|", 8, 1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct header_walk walk = header_walk(rows[i].text, rows[i].len);
		struct header_field field;
		struct buf got = BUF_INIT;

		while (header_next(&walk, &field)) {
			buf_add(&got, field.name, field.name_len);
			buf_addc(&got, '=');
			buf_add(&got, field.value, field.value_len);
			buf_addc(&got, '|');
		}
		check_str(buf_str(&got), rows[i].fields, "fields");
		check(walk.at == rows[i].text + rows[i].body && walk.blank == rows[i].blank,
		    "body of row %zu begins at %zu", i, rows[i].body);
		check(header_len(rows[i].text, rows[i].len) == rows[i].body, "header length of row %zu", i);
		buf_fini(&got);
	}
}

static void
test_values(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *flat;
		bool plain;
	} rows[] = {
		{ ROW("one"), "one", true },
		{ ROW("  one \r\n two\n\tthree \r\n "), "one  two\tthree", true },
		{ ROW("a\0b"), "a b", true },
		{ ROW("a\rb"), "a b", true },
		{ ROW("=?utf-8?q?a?="), "=?utf-8?q?a?=", false },
		{ ROW("a=b?"), "a=b?", true },
		{ ROW("\xc3\xa4"), "\xc3\xa4", false },
		{ ROW(""), "", true },
		{ ROW("\r\n "), "", true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf got = BUF_INIT;

		header_unfold(rows[i].text, rows[i].len, &got);
		check_str(buf_str(&got), rows[i].flat, "unfolded value");
		check(header_is_plain(rows[i].text, rows[i].len) == rows[i].plain, "plain or not: row %zu", i);
		buf_fini(&got);
	}
}

static void
test_find(void)
{
	static const char text[] = "Subject: one\nsubject: two\nX-Subject: three\n\nSubject: body\n";
	struct header_field field;

	check(header_find(text, sizeof text - 1, "SUBJECT", &field) && field.value_len == 3
	    && memcmp(field.value, "one", 3) == 0, "the first of two, in any case");
	check(!header_find(text, sizeof text - 1, "From", &field), "no such field");
	check(!header_find(text, sizeof text - 1, "Subj", &field), "a name is whole or not the name");
}

/* Each byte, at each place of runs shorter and longer than a step. */
static void
test_kinds(void)
{
	unsigned wrong = 0;

	for (size_t len = 1; len <= 40; len++)
		for (size_t place = 0; place < len; place++)
			for (unsigned c = 0; c < 256; c++) {
				char text[42];
				unsigned want = 0;

				memset(text, '"', sizeof text);	/* at both ends: not looked at */
				memset(text + 1, 'x', len);
				text[1 + place] = (char)c;
				want |= c >= 0x80 ? SCAN_HIGH : 0;
				want |= c < 0x20 || c == 0x7f ? SCAN_CONTROL : 0;
				want |= c == '=' ? SCAN_EQUALS : 0;
				want |= c == '"' || c == '\\' ? SCAN_QUOTED : 0;
				wrong += scan_kinds(text + 1, len) != want;
			}
	check(wrong == 0, "the kinds of each byte at each place: %u wrong", wrong);
	check(scan_kinds("", 0) == 0, "nothing is of no kind");
}

int
main(void)
{
	test_kinds();
	test_walk();
	test_values();
	test_find();
	return test_done();
}
