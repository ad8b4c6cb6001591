/*
 * Conditions. An expression is a POSIX extended one and looks at the canonical
 * text of an answer, so that a script holds whether the server sends a string
 * quoted or as a literal.
 */
#include "drill/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/mem.h"

/* Counts beyond it are a slip of the finger. */
#define COUNT_MAX 1000000

bool
check_regex(const char **at, regex_t *regex, char *why, size_t why_size)
{
	char delimiter = **at;
	struct buf pattern = BUF_INIT;
	const char *p = *at + 1;
	int flags = REG_EXTENDED, r;

	if (delimiter != '/' && delimiter != '|') {
		snprintf(why, why_size, "an expression is needed: /.../ or |...|");
		return false;
	}
	for (; *p != '\0' && *p != delimiter; p++) {
		if (p[0] == '\\' && p[1] == delimiter)
			p++;
		else if (p[0] == '\\' && p[1] != '\0')
			buf_addc(&pattern, *p++);
		buf_addc(&pattern, *p);
	}
	if (*p != delimiter) {
		snprintf(why, why_size, "the expression does not end");
		buf_fini(&pattern);
		return false;
	}
	p++;
	if (*p == 'i') {
		flags |= REG_ICASE;
		p++;
	}
	r = regcomp(regex, buf_str(&pattern), flags);
	if (r != 0)
		regerror(r, regex, why, why_size);
	buf_fini(&pattern);
	*at = p;
	return r == 0;
}

void
check_fini(struct check *check)
{
	if (check->has_regex)
		regfree(&check->regex);
	free(check->text);
}

/* Take this word and the blanks behind it, if it is next. */
static bool
take(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*at, word, len) != 0 || ((*at)[len] != '\0' && (*at)[len] != ' '))
		return false;
	*at += len;
	*at += strspn(*at, " ");
	return true;
}

/* "not", or how many times: "3" or "3+". */
static bool
parse_count(struct check *check, const char **at, char *why, size_t why_size)
{
	size_t digits = strspn(*at, "0123456789");
	uint64_t n;

	check->count = 1;
	check->at_least = true;
	if (take(at, "not")) {
		check->negative = true;
		return true;
	}
	if (digits == 0)
		return true;
	if (!ascii_number(*at, digits, COUNT_MAX, &n)) {
		snprintf(why, why_size, "a count over %d", COUNT_MAX);
		return false;
	}
	check->count = (unsigned)n;
	*at += digits;
	check->at_least = **at == '+';
	*at += check->at_least;
	*at += strspn(*at, " ");
	return true;
}

/* The words that say which answers are meant. */
static void
parse_scope(struct check *check, const char **at)
{
	static const struct {
		const char *word;
		enum check_scope scope;
		enum response_status status;
	} words[] = {
		{ "OK", CHECK_TAGGED, STATUS_OK },
		{ "NO", CHECK_TAGGED, STATUS_NO },
		{ "BAD", CHECK_TAGGED, STATUS_BAD },
		{ "BYE", CHECK_UNTAGGED, STATUS_BYE },
		{ "tagged", CHECK_TAGGED, STATUS_NONE },
		{ "untagged", CHECK_UNTAGGED, STATUS_NONE },
		{ "continue", CHECK_CONTINUE, STATUS_NONE },
		{ "close", CHECK_CLOSE, STATUS_NONE },
	};

	check->scope = CHECK_ANY;
	check->status = STATUS_NONE;
	check->raw = take(at, "raw");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (take(at, words[i].word)) {
			check->scope = words[i].scope;
			check->status = words[i].status;
			break;
		}
	}
}

bool
check_parse(struct check *check, const char *text, char *why, size_t why_size)
{
	const char *at = text;

	check->text = mem_strdup(text);
	if (!parse_count(check, &at, why, why_size))
		return false;
	parse_scope(check, &at);
	if (*at == '\0') {
		if (check->scope != CHECK_ANY && check->role != CHECK_CAPTURE)
			return true;
		snprintf(why, why_size, "an expression is needed: /.../ or |...|");
		return false;
	}
	if (check->scope == CHECK_CLOSE) {
		snprintf(why, why_size, "nothing may follow \"close\"");
		return false;
	}
	if (!check_regex(&at, &check->regex, why, why_size))
		return false;
	check->has_regex = true;
	at += strspn(at, " ");
	if (*at != '\0') {
		snprintf(why, why_size, "not understood: %.100s", at);
		return false;
	}
	return true;
}

void
seen_init(struct seen *seen, const char *text, size_t len)
{
	*seen = (struct seen){ .text = text, .len = len, .canonical = BUF_INIT };
	response_read(text, len, &seen->answer);
}

void
seen_fini(struct seen *seen)
{
	buf_fini(&seen->canonical);
}

static const char *
canonical(struct seen *seen)
{
	if (!seen->has_canonical) {
		response_canonical(seen->text, seen->len, &seen->canonical, &seen->literals);
		seen->has_canonical = true;
	}
	return buf_str(&seen->canonical);
}

bool
check_fits(const struct check *check, struct seen *seen, regmatch_t *match, const char **base_out)
{
	static const enum response_kind kinds[] = {
		[CHECK_TAGGED] = RESPONSE_TAGGED,
		[CHECK_UNTAGGED] = RESPONSE_UNTAGGED,
		[CHECK_CONTINUE] = RESPONSE_CONTINUE,
	};
	regmatch_t found[CHECK_GROUPS];
	const char *text;

	if (check->scope == CHECK_CLOSE)
		return false;
	if (check->scope != CHECK_ANY && seen->answer.kind != kinds[check->scope])
		return false;
	if (check->status != STATUS_NONE && seen->answer.status != check->status)
		return false;
	if (!check->has_regex)
		return true;
	text = check->raw ? seen->text : canonical(seen);
	if (check->scope != CHECK_ANY)
		text += seen->answer.rest - seen->text;
	/* groups cost time: they are looked for only where they are wanted */
	if (regexec(&check->regex, text, match != NULL ? CHECK_GROUPS : 0, found, 0) != 0)
		return false;
	if (match != NULL) {
		*match = found[check->group];
		*base_out = text;
	}
	return true;
}

bool
check_holds(const struct check *check, unsigned times)
{
	if (check->negative)
		return times == 0;
	return check->at_least ? times >= check->count : times == check->count;
}
