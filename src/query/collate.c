/*
 * Case maps for finding and ordering, RFC 5051 section 2. ASCII goes eight octets
 * at a time; the rest through collate_table.c. Canonical order of several
 * combining marks is no step of the RFC and is not made.
 */
#include "query/collate.h"

#include <stdint.h>
#include <string.h>

#include "query/collate_table.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

#define ONES 0x0101010101010101u
#define HIGH (0x80 * ONES)

/* Hangul syllables decompose by arithmetic (Unicode 3.12), and UnicodeData.txt leaves them out. */
enum {
	SYLLABLE_FIRST = 0xac00, SYLLABLE_LAST = 0xd7a3,
	LEAD_FIRST = 0x1100, VOWEL_FIRST = 0x1161, TAIL_BEFORE_FIRST = 0x11a7,
	TAILS = 28, VOWELS_TAILS = 21 * TAILS,
};

/* Upper case of eight ASCII octets at once; lower case letters are 0x61 to 0x7a. */
static inline uint64_t
upper8(uint64_t w)
{
	uint64_t from_a = w + (0x80 - 'a') * ONES, behind_z = w + (0x80 - 'z' - 1) * ONES;

	return w ^ ((from_a & ~behind_z & HIGH) >> 2);
}

/* The key of ASCII up to the first octet that is none; returns how many were taken. */
static size_t
key_ascii(const char *text, size_t len, char *to)
{
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		uint64_t w;

		memcpy(&w, text + at, 8);
		if (w & HIGH)
			break;
		w = upper8(w);
		memcpy(to + at, &w, 8);
	}
	for (; at < len && !(text[at] & 0x80); at++)
		to[at] = ascii_upper(text[at]);
	return at;
}

static size_t
key_syllable(uint32_t c, char *to)
{
	uint32_t n = c - SYLLABLE_FIRST;
	size_t len;

	len = utf8_put(to, LEAD_FIRST + n / VOWELS_TAILS);
	len += utf8_put(to + len, VOWEL_FIRST + n % VOWELS_TAILS / TAILS);
	if (n % TAILS != 0)
		len += utf8_put(to + len, TAIL_BEFORE_FIRST + n % TAILS);
	return len;
}

/* utf8_next for what is not ASCII, with the usual two lengths in line. */
static inline bool
next_character(const char **at, const char *end, uint32_t *out)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t left = (size_t)(end - *at);

	if (left >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80) {
		*out = (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
		*at += 2;
		return true;
	}
	/* 0xe0 and 0xed have rules of their own (overlong, surrogates) */
	if (left >= 3 && p[0] > 0xe0 && p[0] < 0xed
	    && (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
		*out = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
		*at += 3;
		return true;
	}
	return utf8_next(at, end, out);
}

/*
 * The key of the character c whose octets end at behind; returns how many it
 * has. There is room for COLLATE_LONGEST, and what lies behind the key there may
 * be overwritten.
 */
static inline size_t
key_character(uint32_t c, const char *from, const char *behind, char *to)
{
	const unsigned char *result;
	unsigned offset = c > collate_last ? 0
	    : collate_leaf[collate_index[c / COLLATE_BLOCK] * COLLATE_BLOCK + c % COLLATE_BLOCK];

	if (offset == 0) {
		size_t len = (size_t)(behind - from);

		if (c >= SYLLABLE_FIRST && c <= SYLLABLE_LAST)
			return key_syllable(c, to);
		for (size_t i = 0; i < len; i++)
			to[i] = from[i];
		return len;
	}
	result = collate_pool + offset;
	memcpy(to, result + 1, 8);
	if (result[0] > 8)
		memcpy(to + 8, result + 9, result[0] - 8u);
	return result[0];
}

void
collate_key(const char *text, size_t len, struct buf *out)
{
	const char *at, *end;

	if (len == 0)
		return;		/* text may be NULL */
	at = text;
	end = text + len;
	while (at < end) {
		size_t left = (size_t)(end - at);
		char *to = buf_reserve(out, left + COLLATE_LONGEST);
		char *full = to + left;

		/* what grows while it is mapped goes on in a new reservation */
		while (at < end && to < full) {
			const char *from = at;
			uint32_t c;
			size_t most = (size_t)(end - at), room = (size_t)(full - to), taken;

			taken = key_ascii(at, most < room ? most : room, to);
			at += taken;
			to += taken;
			if (taken > 0)
				continue;
			if (next_character(&at, end, &c))
				to += key_character(c, from, at, to);
			else
				*to++ = *at++;
		}
		out->len = (size_t)(to - out->data);
		*to = '\0';
	}
}

int
collate_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t both = a_len < b_len ? a_len : b_len;
	int order = both > 0 ? memcmp(a, b, both) : 0;

	if (order != 0)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

/* How usual an octet is in keys of mail, roughly: 0 is the rarest. */
static unsigned
usual(unsigned char c)
{
	/* rare to usual in Latin text */
	static const char letters[] = "QZJXKVBYWGPFMCUDLHRSNIOTAE";
	const char *letter;

	if (c == ' ')
		return 255;
	if (c >= 0x80)
		return c >= 0xc0 ? 250 : 60;	/* leads repeat all over a script, trails vary */
	letter = c != '\0' ? strchr(letters, c) : NULL;
	if (letter != NULL)
		return 100 + 5 * (unsigned)(letter - letters);
	if (c == '.' || c == '-' || c == ',' || c == '\n' || c == '=' || c == '0')
		return 200;
	return ascii_is_digit((char)c) ? 120 : 50;
}

void
needle_init(struct needle *needle, const char *key, size_t len)
{
	*needle = (struct needle){ key, len, 0 };
	for (size_t i = 1; i < len; i++)
		if (usual((unsigned char)key[i]) < usual((unsigned char)key[needle->rare]))
			needle->rare = i;
}

/*
 * memchr for the rarest octet runs at the speed of memory, and in mail the rest
 * of the needle seldom fits there. Where it nearly fits too often (a needle of
 * 10,000 "a" in a text of nothing else), the work is cut off and memmem goes on,
 * which is linear at any input.
 */
bool
needle_in(const struct needle *needle, const char *key, size_t len)
{
	const char *at, *end;
	size_t budget = 4 * len + 64;

	if (needle->len == 0)
		return true;
	if (len < needle->len)
		return false;
	at = key + needle->rare;
	/* behind the last place where that octet can stand */
	end = key + len - (needle->len - 1 - needle->rare);
	while ((at = memchr(at, needle->key[needle->rare], (size_t)(end - at))) != NULL) {
		const char *start = at - needle->rare;

		if (start[0] == needle->key[0]
		    && memcmp(start, needle->key, needle->len) == 0)
			return true;
		if (budget < needle->len + 8)
			return memmem(start, (size_t)(key + len - start), needle->key,
			    needle->len) != NULL;
		budget -= needle->len + 8;
		if (++at == end)
			break;
	}
	return false;
}
