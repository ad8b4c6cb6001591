/* drill/: fields and back, substitution, conditions, latencies. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "drill/check.h"
#include "drill/escape.h"
#include "drill/names.h"
#include "drill/script.h"
#include "drill/stats.h"
#include "drill/template.h"
#include "test.h"

static void
test_escape(void)
{
	static const struct {
		const char *bytes;
		size_t len, max;
		const char *field, *json;
	} rows[] = {
		{ "plain", 5, 0, "plain", "plain" },
		{ "a\tb\r\n\\\"", 7, 0, "a\\tb\\r\\n\\\\\"", "a\\u0009b\\u000d\\u000a\\\\\\\"" },
		{ "\0\x1b\x7f\xff", 4, 0, "\\x00\\x1b\\x7f\\xff", "\\u0000\\u001b\\u007f\\u00ff" },
		{ "abcdef", 6, 4, "abcd\\+2", "abcd" },
		{ "abcd", 4, 4, "abcd", "abcd" },
		{ "", 0, 4, "", "" },
	};
	static const char *const bad[] = { "\\", "a\\q", "\\x1", "\\xg0", "\\+", "\\+x" };
	struct buf out = BUF_INIT, back = BUF_INIT;
	size_t left;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t shown = rows[i].max && rows[i].len > rows[i].max ? rows[i].max : rows[i].len;

		buf_reset(&out);
		escape_field(rows[i].bytes, rows[i].len, rows[i].max, &out);
		check_str(buf_str(&out), rows[i].field, "field");
		buf_reset(&back);
		check(escape_read(buf_str(&out), out.len, &back, &left) && back.len == shown &&
		    memcmp(buf_str(&back), rows[i].bytes, shown) == 0 && left == rows[i].len - shown,
		    "and back");
		buf_reset(&out);
		escape_json(rows[i].bytes, rows[i].len, rows[i].max, &out);
		check_str(buf_str(&out), rows[i].json, "json");
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		check(!escape_read(bad[i], strlen(bad[i]), &back, &left), "no field: %s", bad[i]);
	buf_fini(&out);
	buf_fini(&back);
}

/* The pieces that a command is sent in: text, "~" where it waits, "#n" for made-up octets. */
static void
show(const struct expansion *expansion, struct buf *out)
{
	for (size_t i = 0; i < expansion->count; i++) {
		const struct segment *segment = &expansion->segments[i];

		if (segment->kind == SEGMENT_AWAIT)
			buf_addc(out, '~');
		else if (segment->kind == SEGMENT_FILL)
			buf_addf(out, "#%llu", (unsigned long long)segment->len);
		else
			buf_add(out, segment->bytes ? segment->bytes :
			    buf_str(&expansion->text) + segment->offset, (size_t)segment->len);
		buf_addc(out, '|');
	}
}

static void
test_template(void)
{
	static const struct {
		const char *text, *sent;	/* sent NULL: refused */
	} rows[] = {
		{ "NOOP", "NOOP$|" },
		{ "x%n y%%n %d %", "x7 y%n %d %$|" },
		{ "LOGIN {user} {session}/{connection}", "LOGIN anna 3/4$|" },
		{ "A {12} {12+} b", "A {12} {12+} b$|" },
		{ "A {\"b\\r\\n\\\"%n{user}\\{\"} c", "A {10}\r\n|~|b\r\n\"7anna{| c$|" },
		{ "A {+\"\"}", "A {0+}\r\n||$|" },
		{ "A {fill:9} {+fill:1}", "A {9}\r\n|~|#9| {1+}\r\n|#1|$|" },
		{ "{hex:00ff}", "\\0\xff$|" },
		{ "{base64:\"\\0{user}\\0pw\"}", "AGFubmEAcHc=$|" },
		{ "A {file:fixture} {mail:fixture}", "A {4}\r\n|~|a\nb\n| {6}\r\n|~|a\r\nb\r\n|$|" },
		{ "{nobody}", NULL },
		{ "{user", NULL },
		{ "{\"x", NULL },
		{ "{\"x\"", NULL },
		{ "{\"\\q\"}", NULL },
		{ "{\"{nobody}\"}", NULL },
		{ "{hex:0}", NULL },
		{ "{fill:-1}", NULL },
		{ "{fill:99999999999999999999}", NULL },
		{ "{file:missing}", NULL },
		{ "{}", NULL },
	};
	struct names names = NAMES_INIT;
	FILE *file = fopen("fixture", "w");

	fputs("a\nb\n", file);
	fclose(file);
	names_add(&names, "session", 7);
	names_add(&names, "connection", 10);
	names_set(&names, "user", 4, "anna", true);
	names_set(&names, "user", 4, "bert", false);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct template_values values = { 7, 3, 4, &names, NULL };
		struct template template = TEMPLATE_INIT;
		struct expansion expansion = { .count = 0 };
		const char *missing = NULL;
		struct buf out = BUF_INIT;
		char why[200];
		bool ok = template_parse(&template, rows[i].text, strlen(rows[i].text), &names, "", why,
		    sizeof why);

		if (check(ok == (rows[i].sent != NULL), "template %s", rows[i].text) && ok) {
			check(template_expand(&template, &values, "$", &expansion, &missing), "expand");
			show(&expansion, &out);
			if (i == 7)	/* the one with a NUL in it */
				check(out.len == 4 && memcmp(out.data, "\0\xff$|", 4) == 0, "raw bytes");
			else
				check_str(buf_str(&out), rows[i].sent, "sent");
		}
		expansion_fini(&expansion);
		template_fini(&template);
		buf_fini(&out);
	}
	names_fini(&names);
	remove("fixture");
}

static void
test_fill(void)
{
	char whole[200], piece[200];
	bool same = true, ends = true;

	for (size_t total = 0; total <= sizeof whole; total++) {
		template_fill(0, total, whole, total);
		for (size_t i = 0; i < total; i++) {
			template_fill(i, total, piece, 1);
			same = same && piece[0] == whole[i];
		}
		if (total >= 2)
			ends = ends && (total % 64 == 1 || memcmp(whole + total - 2, "\r\n", 2) == 0);
	}
	check(same, "made-up octets are the same in pieces");
	check(ends, "and end in CRLF where that fits");
}

static void
test_check(void)
{
	static const struct {
		const char *condition, *answer;
		int fits;	/* -1: no condition at all */
	} rows[] = {
		{ "OK", "a OK done", 1 },
		{ "OK", "a NO done", 0 },
		{ "OK", "* OK done", 0 },
		{ "OK /READ-ONLY/", "a OK [READ-ONLY] x", 1 },
		{ "OK /READ-ONLY/", "a OK [READ-WRITE] x", 0 },
		{ "tagged /^(OK|NO)/", "a NO x", 1 },
		{ "untagged /^3 EXISTS$/", "* 3 EXISTS", 1 },
		{ "untagged /^3 EXISTS$/", "a OK 3 EXISTS", 0 },
		{ "/^\\* 3/", "* 3 EXISTS", 1 },
		{ "|a/b|", "* LIST () \"/\" a/b", 1 },
		{ "/a\\/b/", "* LIST () \"/\" a/b", 1 },
		{ "/exists/", "* 3 EXISTS", 0 },
		{ "/exists/i", "* 3 EXISTS", 1 },
		{ "untagged /\"x y\"/", "* X {3}\r\nx y", 1 },
		{ "raw untagged /[{]3[}]/", "* X {3}\r\nx y", 1 },
		{ "continue", "+ go", 1 },
		{ "continue /go/", "+ no", 0 },
		{ "BYE", "* BYE x", 1 },
		{ "close", "* BYE x", 0 },
		{ "", NULL, -1 },
		{ "not", NULL, -1 },
		{ "nonsense", NULL, -1 },
		{ "close /x/", NULL, -1 },
		{ "/x", NULL, -1 },
		{ "/(/", NULL, -1 },
		{ "/x/ y", NULL, -1 },
		{ "99999999 /x/", NULL, -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct check condition = { .role = CHECK_EXPECT };
		struct seen seen;
		char why[200];
		bool ok = check_parse(&condition, rows[i].condition, why, sizeof why);

		if (check(ok == (rows[i].fits >= 0), "condition %s", rows[i].condition) && ok) {
			seen_init(&seen, rows[i].answer, strlen(rows[i].answer));
			check(check_fits(&condition, &seen, NULL, NULL) == (rows[i].fits == 1), "fits %s",
			    rows[i].answer);
			seen_fini(&seen);
		}
		check_fini(&condition);
	}
}

static void
test_counts(void)
{
	static const struct {
		const char *condition;
		unsigned times;
		bool holds;
	} rows[] = {
		{ "/x/", 0, false }, { "/x/", 1, true }, { "/x/", 9, true },
		{ "2 /x/", 1, false }, { "2 /x/", 2, true }, { "2 /x/", 3, false },
		{ "2+ /x/", 1, false }, { "2+ /x/", 3, true },
		{ "0 /x/", 0, true }, { "0 /x/", 1, false },
		{ "not /x/", 0, true }, { "not /x/", 1, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct check condition = { .role = CHECK_EXPECT };
		char why[200];

		check(check_parse(&condition, rows[i].condition, why, sizeof why) &&
		    check_holds(&condition, rows[i].times) == rows[i].holds, "%s seen %u times",
		    rows[i].condition, rows[i].times);
		check_fini(&condition);
	}
}

static void
test_duration(void)
{
	static const struct {
		const char *text;
		int64_t us;	/* -1: none */
	} rows[] = {
		{ "5", 5000000 }, { "250ms", 250000 }, { "1s", 1000000 }, { "2m", 120000000 },
		{ "1h", 3600000000 }, { "0", 0 }, { "", -1 }, { "s", -1 }, { "1d", -1 }, { "-1s", -1 },
		{ "1.5s", -1 }, { "9999999999s", -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t us = -1;

		check(script_duration(rows[i].text, &us) == (rows[i].us >= 0) && us == rows[i].us,
		    "duration \"%s\"", rows[i].text);
	}
}

static void
test_histogram(void)
{
	static const struct {
		int64_t us;
		const char *text;
	} times[] = {
		{ 0, "0 us" }, { 999, "999 us" }, { 1000, "1.00 ms" }, { 12345, "12.3 ms" },
		{ 999999, "1000 ms" }, { 1234567, "1.23 s" }, { 3600000000, "3600 s" },
	};
	struct histogram h = { .count = 0 };
	bool close = true;
	char text[16];

	check(histogram_quantile(&h, 0.5) == 0, "of nothing");
	for (int64_t us = 1; us <= 100000; us++)
		histogram_add(&h, us);
	check(h.count == 100000 && h.least == 1 && h.most == 100000, "count, least and most");
	for (int percent = 1; percent <= 100; percent++) {
		int64_t exact = percent * 1000, got = histogram_quantile(&h, percent / 100.0);

		close = close && got >= exact && (double)got <= (double)exact * 1.017;
	}
	check(close, "quantiles are at most 1.6 %% too high");
	histogram_clear(&h);
	histogram_add(&h, 77);
	check(histogram_quantile(&h, 0.5) == 77 && histogram_quantile(&h, 0.99) == 77, "one value");
	histogram_add(&h, INT64_MAX);
	check(histogram_quantile(&h, 1) == histogram_quantile(&h, 0.99), "a value beyond all");
	histogram_fini(&h);
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		stats_time(times[i].us, text);
		check_str(text, times[i].text, "time");
	}
}

int
main(void)
{
	test_escape();
	test_template();
	test_fill();
	test_check();
	test_counts();
	test_duration();
	test_histogram();
	return test_done();
}
