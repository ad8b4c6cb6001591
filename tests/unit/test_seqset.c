/* wire/seqset: what is a set and what is not, order, "*", and arithmetic. */
#include <stdint.h>

#include "test.h"
#include "util/buf.h"
#include "wire/seqset.h"

static const char *
text(const struct seqset *set)
{
	static struct buf buf;

	buf_reset(&buf);
	seqset_print(set, &buf);
	return buf_str(&buf);
}

/* A set from text; star in the place of "*". */
static struct seqset
made(const char *from, uint32_t star)
{
	struct seqset set = SEQSET_INIT;
	const char *at = from;

	if (*from != '\0' && seqset_parse(&set, &at, from + strlen(from)) < 0)
		check(false, "the test's own set %s", from);
	seqset_resolve(&set, star);
	return set;
}

static void
test_parse(void)
{
	static const struct {
		const char *in;
		const char *raw;	/* NULL: refused */
		size_t left;		/* bytes not read */
		const char *resolved;	/* with * = 10 */
	} rows[] = {
		{ "1", "1", 0, "1" },
		{ "1:3", "1:3", 0, "1:3" },
		{ "3:1", "1:3", 0, "1:3" },
		{ "*", "*", 0, "10" },
		{ "*:4", "*:4", 0, "4:10" },
		{ "12:*", "12:*", 0, "10:12" },
		{ "*:*", "*", 0, "10" },
		{ "7,3,5:6,4", "7,3,5:6,4", 0, "3:7" },
		{ "1,2,3", "1:3", 0, "1:3" },
		{ "5,*,1", "5,*,1", 0, "1,5,10" },
		{ "4294967295", "4294967295", 0, "4294967295" },
		{ "4294967295,*", "4294967295,*", 0, "10,4294967295" },
		{ "4294967294:*,1", "4294967294:*,1", 0, "1,10:4294967294" },
		{ "1 FLAGS", "1", 6, "1" },
		{ "1:2x", "1:2", 1, "1:2" },
		{ "", NULL, 0, NULL },
		{ "0", NULL, 0, NULL },
		{ "01", NULL, 0, NULL },
		{ "0:*", NULL, 0, NULL },
		{ "1:", NULL, 0, NULL },
		{ "1:,2", NULL, 0, NULL },
		{ ":1", NULL, 0, NULL },
		{ ",1", NULL, 0, NULL },
		{ "1,", NULL, 0, NULL },
		{ "1,,2", NULL, 0, NULL },
		{ "-1", NULL, 0, NULL },
		{ "+1", NULL, 0, NULL },
		{ "$", NULL, 0, NULL },
		{ "4294967296", NULL, 0, NULL },
		{ "18446744073709551617", NULL, 0, NULL },
		{ "1:99999999999999999999999999", NULL, 0, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct seqset set = SEQSET_INIT;
		const char *at = rows[i].in, *end = at + strlen(at);
		int r = seqset_parse(&set, &at, end);

		check((r == 0) == (rows[i].raw != NULL), "parse \"%s\"", rows[i].in);
		if (r == 0 && rows[i].raw != NULL) {
			check((size_t)(end - at) == rows[i].left, "\"%s\": the cursor", rows[i].in);
			check_str(text(&set), rows[i].raw, "as given");
			seqset_resolve(&set, 10);
			check_str(text(&set), rows[i].resolved, "resolved");
		}
		seqset_fini(&set);
	}
}

static void
test_empty_mailbox(void)
{
	struct seqset set = made("*,5:*,3", 0);

	check_str(text(&set), "3", "with no largest number, ranges with * vanish");
	seqset_fini(&set);
	set = made("*", 0);
	check(set.count == 0 && !seqset_contains(&set, 1), "a set of nothing");
	check_str(text(&set), "", "prints as nothing");
	seqset_fini(&set);
}

static void
test_contains(void)
{
	struct seqset set = made("4294967290:4294967295,10:20,1,5", 1);
	static const struct {
		uint32_t n;
		bool in;
	} rows[] = {
		{ 1, true }, { 2, false }, { 4, false }, { 5, true }, { 6, false }, { 9, false },
		{ 10, true }, { 15, true }, { 20, true }, { 21, false }, { 4294967289U, false },
		{ 4294967290U, true }, { 4294967295U, true },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(seqset_contains(&set, rows[i].n) == rows[i].in, "contains %u", rows[i].n);
	check(seqset_size(&set) == 19, "size");
	check(seqset_find(&set, 6) == 2, "find the range to go on from");
	check(seqset_find(&set, 1) == 0, "find the first");
	seqset_fini(&set);
}

static void
test_add(void)
{
	struct seqset set = SEQSET_INIT;

	for (uint32_t n = 1; n <= 100000; n++)
		seqset_add(&set, n);
	check_str(text(&set), "1:100000", "ascending numbers join");
	check(!set.unordered && set.count == 1, "and stay ordered");
	seqset_reset(&set);
	for (uint32_t n = 1000; n > 0; n--)
		seqset_add(&set, n);
	check(set.unordered, "descending numbers don't");
	seqset_sort(&set);
	check_str(text(&set), "1:1000", "until sorted");
	seqset_reset(&set);
	seqset_add(&set, 9);
	seqset_add(&set, 2);
	seqset_add(&set, 3);
	seqset_add(&set, 4294967295U);
	check_str(text(&set), "9,2:3,4294967295", "the order of a SORT is printed as it is");
	seqset_sort(&set);
	seqset_add_range(&set, 4294967295U, 4294967295U);
	check_str(text(&set), "2:3,9,4294967295", "the last number of all twice");
	seqset_fini(&set);
}

static void
test_arithmetic(void)
{
	static const struct {
		const char *a, *b, *both, *without;
	} rows[] = {
		{ "1:10", "3:4,8", "3:4,8", "1:2,5:7,9:10" },
		{ "1:10", "", "", "1:10" },
		{ "", "1:10", "", "" },
		{ "1:3,5:7,9", "2:6", "2:3,5:6", "1,7,9" },
		{ "5", "1:10", "5", "" },
		{ "1:4294967295", "2:4294967294", "2:4294967294", "1,4294967295" },
		{ "1:4294967295", "4294967295", "4294967295", "1:4294967294" },
		{ "4294967295", "1:4294967295", "4294967295", "" },
		{ "1,3,5,7", "2,4,6,8", "", "1,3,5,7" },
		{ "1:2,4:5,7:8", "1:8", "1:2,4:5,7:8", "" },
		{ "1:20", "1:5,10,20", "1:5,10,20", "6:9,11:19" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct seqset a = made(rows[i].a, 1), b = made(rows[i].b, 1);
		struct seqset both = SEQSET_INIT, without = SEQSET_INIT, copy = SEQSET_INIT;

		seqset_intersect(&a, &b, &both);
		check_str(text(&both), rows[i].both, "intersect");
		seqset_subtract(&a, &b, &without);
		check_str(text(&without), rows[i].without, "subtract");
		seqset_copy(&a, &copy);
		check_str(text(&copy), rows[i].a, "copy");
		seqset_fini(&a);
		seqset_fini(&b);
		seqset_fini(&both);
		seqset_fini(&without);
		seqset_fini(&copy);
	}
}

int
main(void)
{
	test_parse();
	test_empty_mailbox();
	test_contains();
	test_add();
	test_arithmetic();
	return test_done();
}
