/* query/result: RETURN options and the data of ESEARCH. */
#include <stdio.h>

#include "query/result.h"
#include "test.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/parse.h"

static struct arena arena;

static int
read_options(const char *text, struct result_options *out, struct err *err)
{
	struct parse p = {
		.arena = &arena, .err = err, .line = text, .at = text, .end = text + strlen(text),
	};
	int result;

	*err = (struct err){ ERR_NONE, "", "" };
	result = result_parse(&p, out);
	if (result == 0 && strcmp(p.at, "ALL") != 0)
		return err_set(err, ERR_NO, "the cursor stands at '%s'", p.at);
	return result;
}

static void
test_answers(void)
{
	static const uint32_t ids[] = { 2, 3, 4, 7, 9, 20 }, sorted[] = { 9, 8, 1, 2, 3, 7, 6 };
	static const struct {
		const char *options;
		size_t count;
		const char *answer;
		const char *spans;
	} rows[] = {
		{ "RETURN ()", 6, " ALL 2:4,7,9,20", "0-6" },
		{ "RETURN (ALL)", 6, " ALL 2:4,7,9,20", "0-6" },
		{ "return (all)", 0, "", "0-0" },
		{ "RETURN (MIN)", 6, " MIN 2", "0-1" },
		{ "RETURN (MAX)", 6, " MAX 20", "5-6" },
		{ "RETURN (MAX MIN)", 6, " MIN 2 MAX 20", "0-1 5-6" },
		{ "RETURN (MIN MAX)", 1, " MIN 2 MAX 2", "0-1 0-1" },
		{ "RETURN (MIN MAX COUNT)", 0, " COUNT 0", "0-0" },
		{ "RETURN (COUNT MIN)", 6, " MIN 2 COUNT 6", "0-6" },
		{ "RETURN (COUNT)", 6, " COUNT 6", "0-6" },
		{ "RETURN (SAVE)", 6, "", "0-6" },
		{ "RETURN (SAVE MIN)", 6, " MIN 2", "0-1" },
		{ "RETURN (SAVE MIN MAX COUNT)", 6, " MIN 2 MAX 20 COUNT 6", "0-6" },
		{ "RETURN (UPDATE)", 6, "", "0-6" },
		{ "RETURN (CONTEXT COUNT)", 6, " COUNT 6", "0-6" },
		{ "RETURN (PARTIAL 1:3)", 6, " PARTIAL (1:3 2:4)", "0-3" },
		{ "RETURN (PARTIAL 3:1)", 6, " PARTIAL (1:3 2:4)", "0-3" },
		{ "RETURN (PARTIAL 5:9)", 6, " PARTIAL (5:9 9,20)", "4-6" },
		{ "RETURN (PARTIAL 6:6)", 6, " PARTIAL (6:6 20)", "5-6" },
		{ "RETURN (PARTIAL 7:9)", 6, " PARTIAL (7:9 NIL)", "0-0" },
		{ "RETURN (PARTIAL 1:1)", 0, " PARTIAL (1:1 NIL)", "0-0" },
		{ "RETURN (PARTIAL -1:-2)", 6, " PARTIAL (-1:-2 9,20)", "4-6" },
		{ "RETURN (PARTIAL -2:-1)", 6, " PARTIAL (-1:-2 9,20)", "4-6" },
		{ "RETURN (PARTIAL -5:-100)", 6, " PARTIAL (-5:-100 2:3)", "0-2" },
		{ "RETURN (PARTIAL -7:-100)", 6, " PARTIAL (-7:-100 NIL)", "0-0" },
		{ "RETURN (PARTIAL 2:3 MIN MAX)", 6, " MIN 2 MAX 20 PARTIAL (2:3 3:4)",
		  "0-1 1-3 5-6" },
		{ "RETURN (PARTIAL 2:3 COUNT)", 6, " COUNT 6 PARTIAL (2:3 3:4)", "0-6" },
		{ "RETURN (PARTIAL 1:4294967295)", 6, " PARTIAL (1:4294967295 2:4,7,9,20)", "0-6" },
		/* in sort order, ranges only where it rises */
		{ "RETURN (ALL) sorted", 7, " ALL 9,8,1:3,7,6", "0-7" },
		{ "RETURN (MIN MAX) sorted", 7, " MIN 9 MAX 6", "0-1 6-7" },
		{ "RETURN (PARTIAL 2:4) sorted", 7, " PARTIAL (2:4 8,1:2)", "1-4" },
	};
	struct buf answer = BUF_INIT, spans = BUF_INIT, text = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *end = strrchr(rows[i].options, ')') + 1;
		struct result_options options = { .given = false };
		struct result_span span[3];
		struct err err;
		size_t n;

		buf_reset(&text);
		buf_add(&text, rows[i].options, (size_t)(end - rows[i].options));
		buf_adds(&text, " ALL");
		buf_reset(&answer);
		buf_reset(&spans);
		if (read_options(text.data, &options, &err) < 0) {
			check(false, "%s: %s", rows[i].options, err.client);
			continue;
		}
		result_print(&options, *end != '\0' ? sorted : ids, rows[i].count, &answer);
		check_str(buf_str(&answer), rows[i].answer, rows[i].options);
		n = result_spans(&options, rows[i].count, span);
		for (size_t k = 0; k < n; k++)
			buf_addf(&spans, k > 0 ? " %zu-%zu" : "%zu-%zu", span[k].from, span[k].to);
		check_str(buf_str(&spans), rows[i].spans, "and its spans");
	}
	buf_fini(&answer);
	buf_fini(&spans);
	buf_fini(&text);
}

static void
test_refused(void)
{
	static const char *const rows[] = {
		"RETURN ALL", "RETURN(ALL) ALL", "RETURN (ALL", "RETURN (ALL)", "RETURN (ALL) ",
		"RETURN ( ALL) ALL", "RETURN (ALL ) ALL", "RETURN (FOO) ALL", "RETURN (ALLX) ALL",
		"RETURN (PARTIAL) ALL", "RETURN (PARTIAL 1) ALL", "RETURN (PARTIAL 0:1) ALL",
		"RETURN (PARTIAL 1:*) ALL", "RETURN (PARTIAL 1:-2) ALL",
		"RETURN (PARTIAL -1:2) ALL",
		"RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL", "RETURN (ALL PARTIAL 1:2) ALL",
		"RETURN (PARTIAL 1:2 ALL) ALL", "RETURN (PARTIAL 1:4294967296) ALL",
	};
	struct result_options options = { .given = false };
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(read_options(rows[i], &options, &err) < 0, "refused: %s", rows[i]);
	check(read_options("ALL", &options, &err) == 0 && !options.given, "without RETURN");
	check(result_speaks(&options), "there is an answer");
	check(read_options("RETURN (SAVE) ALL", &options, &err) == 0 && !result_speaks(&options),
	    "SAVE alone is silent");
	check(read_options("RETURN (SAVE MAX) ALL", &options, &err) == 0 && result_speaks(&options),
	    "SAVE with another is not");
	check(read_options("RETURN (UPDATE) ALL", &options, &err) == 0 && result_speaks(&options),
	    "nor is UPDATE");
}

static void
test_plans(void)
{
	static const struct {
		const char *options;
		bool backwards;
		size_t enough;
	} rows[] = {
		{ "ALL", false, SIZE_MAX },
		{ "RETURN () ALL", false, SIZE_MAX },
		{ "RETURN (MIN) ALL", false, 1 },
		{ "RETURN (MIN SAVE) ALL", false, 1 },
		{ "RETURN (MIN COUNT) ALL", false, SIZE_MAX },
		{ "RETURN (MIN UPDATE) ALL", false, SIZE_MAX },
		{ "RETURN (MAX) ALL", true, 1 },
		{ "RETURN (MIN MAX) ALL", false, SIZE_MAX },
		{ "RETURN (PARTIAL 10:500) ALL", false, 500 },
		{ "RETURN (PARTIAL 500:10 MIN) ALL", false, 500 },
		{ "RETURN (PARTIAL -1:-100 MAX) ALL", true, 100 },
		{ "RETURN (PARTIAL -1:-100 MIN) ALL", false, SIZE_MAX },
		{ "RETURN (SAVE) ALL", false, SIZE_MAX },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct result_options options = { .given = false };
		struct result_plan plan;
		struct err err;

		read_options(rows[i].options, &options, &err);
		plan = result_plan(&options);
		check(plan.backwards == rows[i].backwards && plan.enough == rows[i].enough,
		    "plan for %s", rows[i].options);
	}
}

int
main(void)
{
	test_answers();
	test_refused();
	test_plans();
	arena_fini(&arena);
	return test_done();
}
