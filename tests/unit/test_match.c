/* wire/match: LIST patterns, also against a slow and simple matcher. */
#include <stdlib.h>

#include "test.h"
#include "wire/match.h"

static void
test_table(void)
{
	enum { NO = MATCH_NO, NAME = MATCH_NAME, BELOW = MATCH_BELOW, BOTH = NAME | BELOW };
	static const struct {
		const char *pattern, *name;
		char separator;
		unsigned answer;
	} rows[] = {
		{ "*", "a", '/', BOTH },
		{ "*", "a/b/c", '/', BOTH },
		{ "%", "a", '/', NAME },
		{ "%", "a/b", '/', NO },
		{ "%/%", "a", '/', BELOW },
		{ "%/%", "a/b", '/', NAME },
		{ "%/%", "a/b/c", '/', NO },
		{ "a/%", "a", '/', BELOW },
		{ "a/%", "b", '/', NO },
		{ "a/*", "a", '/', BELOW },
		{ "a/*", "a/b", '/', BOTH },
		{ "a*", "a", '/', BOTH },
		{ "a*", "abc", '/', BOTH },
		{ "*a", "a", '/', BOTH },
		{ "*a", "b", '/', BELOW },
		{ "a", "a", '/', NAME },
		{ "a", "ab", '/', NO },
		{ "a", "A", '/', NO },
		{ "a/", "a", '/', NO },
		{ "a%b", "a/b", '/', NO },
		{ "a%b", "axxb", '/', NAME },
		{ "a*b", "a/b", '/', BOTH },
		{ "%b%", "abc", '/', NAME },
		{ "%%", "abc", '/', NAME },
		{ "%*%", "a/bc", '/', BOTH },
		{ "%.%", "a.b", '.', NAME },
		{ "%.%", "a/b", '.', BELOW },
		{ "a%/b", "aa/b", '/', NAME },
		{ "%a%/c", "xaay/c", '/', NAME },
		{ "%/x/*", "a", '/', BELOW },
		{ "%/x/*", "a/x", '/', BELOW },
		{ "%/x/*", "a/y", '/', NO },
		{ "", "", '/', NAME },
		{ "", "a", '/', NO },
		{ "*", "", '/', BOTH },
		{ "inbox", "INBOX", '/', NAME },
		{ "iNb%", "INBOX", '/', NAME },
		{ "%box", "Inbox", '/', NAME },
		{ "inbox/%", "INBOX/a", '/', NAME },
		{ "inbox/A", "INBOX/a", '/', NO },
		{ "INBOX", "inbox", '/', NAME },
		{ "inboxes", "INBOXES", '/', NO },
		{ "inbox", "INBO", '/', NO },
		{ "a/inbox", "a/INBOX", '/', NO },
		{ "inbox.%", "INBOX", '.', BELOW },
		{ "inbox.%", "INBOX.x", '.', NAME },
		{ "%", "a/b", '\0', NAME },
		{ "a", "a", '\0', NAME },
		{ "gr\xc3\xbcn%", "gr\xc3\xbcn", '/', NAME },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct match *m = match_new(rows[i].pattern, strlen(rows[i].pattern), rows[i].separator);
		unsigned answer = match_name(m, rows[i].name, strlen(rows[i].name));

		if (!check(answer == rows[i].answer, "\"%s\" against \"%s\"", rows[i].pattern,
		    rows[i].name))
			printf("# got %u, want %u\n", answer, rows[i].answer);
		match_free(&m);
		check(m == NULL, "freed");
	}
}

/* What the RFC says, word for word; takes forever on long patterns. */
static bool
simple(const char *pattern, const char *name)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern == '*' || *pattern == '%')
		return simple(pattern + 1, name) ||
		    (*name != '\0' && (*pattern == '*' || *name != '/') && simple(pattern, name + 1));
	return *pattern == *name && simple(pattern + 1, name + 1);
}

/* Could any short name below this one match? */
static bool
simple_below(const char *pattern, const char *name)
{
	static const char letters[] = "ab/";
	char child[64];

	for (size_t len = 1; len <= 4; len++) {
		for (int x = 0; x < 81; x++) {
			size_t at = (size_t)snprintf(child, sizeof child, "%s/", name);

			for (int i = 0, n = x; i < (int)len; i++, n /= 3)
				child[at++] = letters[n % 3];
			child[at] = '\0';
			if (simple(pattern, child))
				return true;
		}
	}
	return false;
}

/* All patterns of 4 and names of 5 letters: no corner left to think of. */
static void
test_all_short_ones(void)
{
	static const char letters[] = "ab/*%";
	int wrong = 0, wrong_below = 0;
	char pattern[5], name[6];

	for (int p = 0; p < 625; p++) {
		struct match *match;

		for (int i = 0, n = p; i < 4; i++, n /= 5)
			pattern[i] = letters[n % 5];
		pattern[4] = '\0';
		match = match_new(pattern, 4, '/');
		for (size_t len = 0; len <= 5; len++) {
			for (int x = 0, all = 1; x < all; x++) {
				unsigned answer;

				all = (int[]){ 1, 3, 9, 27, 81, 243 }[len];

				for (int i = 0, n = x; i < 5; i++, n /= 3)
					name[i] = letters[n % 3];
				name[len] = '\0';
				answer = match_name(match, name, len);
				wrong += (answer & MATCH_NAME) != (unsigned)simple(pattern, name);
				wrong_below += len <= 3 &&
				    ((answer & MATCH_BELOW) != 0) != simple_below(pattern, name);
			}
		}
		match_free(&match);
	}
	check(wrong == 0, "every short pattern and name, the name itself (%d wrong)", wrong);
	check(wrong_below == 0, "every short pattern and name, below (%d wrong)", wrong_below);
}

/* Would not end in a lifetime if it backtracked. */
static void
test_hostile(void)
{
	enum { PAIRS = 4000, LETTERS = 2000 };
	char *pattern = malloc(2 * PAIRS + 2), *name = malloc(LETTERS);
	struct match *match;

	for (int i = 0; i < PAIRS; i++)
		memcpy(pattern + 2 * i, i % 3 ? "*a" : "%a", 2);
	memcpy(pattern + 2 * PAIRS, "b", 2);
	memset(name, 'a', LETTERS);
	match = match_new(pattern, 2 * PAIRS + 1, '/');
	check(match_name(match, name, LETTERS) == MATCH_BELOW, "too few letters, but children may do");
	match_free(&match);
	pattern[200] = 'b';
	match = match_new(pattern, 201, '/');
	check(match_name(match, name, LETTERS) == MATCH_BELOW, "no b at the end");
	name[LETTERS - 1] = 'b';
	check(match_name(match, name, LETTERS) == (MATCH_NAME | MATCH_BELOW), "a b at the end");
	match_free(&match);
	match = match_new("*%*%*%*%*%*%*%*%b", 17, '/');
	check(match_name(match, name, LETTERS) & MATCH_NAME, "wildcards in a row are one");
	match_free(&match);
	free(pattern);
	free(name);
}

int
main(void)
{
	test_table();
	test_all_short_ones();
	test_hostile();
	return test_done();
}
