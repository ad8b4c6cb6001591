/*
 * LIST patterns as a machine whose states are bits: bit i says "the first i
 * elements of the pattern match what was read so far". A letter moves every
 * state whose element is that letter; a wildcard's state stays, and may be left
 * at once. The usual backtracking over "%" and "*" was not used: patterns of
 * strangers make it take forever (a known way to stop servers).
 */
#include "wire/match.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/mem.h"

struct match {
	char separator;
	size_t words;		/* of 64 states each */
	size_t count;		/* elements; state count is the end of the pattern */
	uint64_t *star;		/* states that stay on any byte */
	uint64_t *percent;	/* states that stay on all bytes but the separator */
	uint64_t *wild;		/* both */
	uint64_t *state, *moved;
	uint64_t *letters;	/* a set of states for each different byte of the pattern */
	uint64_t *by_byte[256];	/* into letters; NULL: no such byte in the pattern */
};

static void
set_bit(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << i % 64;
}

/* Runs of wildcards mean no more than their strongest: "*%*" is "*", "%%" is "%". */
static size_t
squeeze(const char *pattern, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool wild = pattern[i] == '*' || pattern[i] == '%';

		if (wild && n > 0 && (out[n - 1] == '*' || out[n - 1] == '%')) {
			if (pattern[i] == '*')
				out[n - 1] = '*';
			continue;
		}
		out[n++] = pattern[i];
	}
	return n;
}

struct match *
match_new(const char *pattern, size_t len, char separator)
{
	struct match *match = mem_calloc(1, sizeof *match);
	char *elements = mem_alloc(len + 1);
	bool seen[256] = { false };
	size_t different = 0;
	uint64_t *next;

	match->separator = separator;
	match->count = squeeze(pattern, len, elements);
	match->words = match->count / 64 + 1;
	for (size_t i = 0; i < match->count; i++) {
		unsigned char c = (unsigned char)elements[i];

		different += c != '*' && c != '%' && !seen[c];
		seen[c] = true;
	}
	match->star = next = mem_calloc((different + 5) * match->words, sizeof *next);
	match->percent = next += match->words;
	match->wild = next += match->words;
	match->state = next += match->words;
	match->moved = next += match->words;
	match->letters = next += match->words;
	for (size_t i = 0; i < match->count; i++) {
		unsigned char c = (unsigned char)elements[i];

		if (c == '*' || c == '%') {
			set_bit(c == '*' || separator == '\0' ? match->star : match->percent, i);
			set_bit(match->wild, i);
			continue;
		}
		if (match->by_byte[c] == NULL) {
			match->by_byte[c] = next;
			next += match->words;
		}
		set_bit(match->by_byte[c], i);
	}
	free(elements);
	return match;
}

void
match_free(struct match **match)
{
	if (*match == NULL)
		return;
	free((*match)->star);
	free(*match);
	*match = NULL;
}

/* A wildcard may stand for nothing: its state implies the next. No two are neighbours. */
static void
leave_wildcards(struct match *match)
{
	uint64_t carry = 0;

	for (size_t w = 0; w < match->words; w++) {
		uint64_t leaving = match->state[w] & match->wild[w];

		match->state[w] |= leaving << 1 | carry;
		carry = leaving >> 63;
	}
}

/* Read one byte; false when no state is left. */
static bool
step(struct match *match, char c, bool any_case)
{
	const uint64_t *exact = match->by_byte[(unsigned char)c], *other = NULL;
	bool separator = c == match->separator && c != '\0';
	uint64_t carry = 0, alive = 0;

	if (any_case) {
		exact = match->by_byte[(unsigned char)ascii_lower(c)];
		other = match->by_byte[(unsigned char)ascii_upper(c)];
	}
	for (size_t w = 0; w < match->words; w++) {
		uint64_t letter = (exact ? exact[w] : 0) | (other ? other[w] : 0);
		uint64_t moving = match->state[w] & letter;
		uint64_t staying = match->state[w] &
		    (match->star[w] | (separator ? 0 : match->percent[w]));

		match->moved[w] = moving << 1 | carry | staying;
		carry = moving >> 63;
		alive |= match->moved[w];
	}
	memcpy(match->state, match->moved, match->words * sizeof *match->state);
	leave_wildcards(match);
	return alive != 0;
}

static bool
has_state(const struct match *match, size_t i)
{
	return match->state[i / 64] >> i % 64 & 1;
}

/* After "name/": is there anything left for a child's name to match? */
static bool
open_below(struct match *match)
{
	if (match->separator == '\0' || !step(match, match->separator, false))
		return false;
	match->state[match->count / 64] &= ~(UINT64_C(1) << match->count % 64);
	for (size_t w = 0; w < match->words; w++)
		if (match->state[w] != 0)
			return true;
	return false;
}

unsigned
match_name(struct match *match, const char *name, size_t len)
{
	static const char inbox[] = "INBOX";
	const size_t inbox_len = sizeof inbox - 1;
	bool is_inbox = len >= inbox_len && ascii_ncasecmp(name, inbox, inbox_len) == 0 &&
	    (len == inbox_len ||
	    (match->separator != '\0' && name[inbox_len] == match->separator));
	unsigned answer = MATCH_NO;

	memset(match->state, 0, match->words * sizeof *match->state);
	set_bit(match->state, 0);
	leave_wildcards(match);
	for (size_t i = 0; i < len; i++)
		if (!step(match, name[i], is_inbox && i < inbox_len))
			return MATCH_NO;
	if (has_state(match, match->count))
		answer |= MATCH_NAME;
	if (open_below(match))
		answer |= MATCH_BELOW;
	return answer;
}
