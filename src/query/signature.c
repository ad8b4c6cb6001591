/*
 * A Bloom filter with one hash. Two and a half bits a gram fill it to a third: a
 * needle with six grams that a text lacks is then ruled out in 999 of 1,000 texts.
 * More hashes need more bits than we spend; runs of four letters tell long words
 * apart better and short ones worse. Grams are of characters: three octets are one
 * letter of Thai, and say nothing there.
 *
 * The text's own map is large, and is folded to the size that its number of grams
 * deserves when all are there. Beside it goes a list of what was set: looking for
 * the bits of a map that is a third full costs the processor a wrong guess for each
 * word of it, and was half of all the time that making a signature took.
 */
#include "query/signature.h"

#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "util/buf.h"
#include "util/hash.h"
#include "util/mem.h"
#include "util/utf8.h"

enum {
	MAP_BITS = 17,	/* 16 kB, as large as SIGNATURE_MAX; they stay in the processor's first cache */
	PLACES = (1 << MAP_BITS) + 1,	/* one behind the last is written, and not counted */
	MAP_WORDS = 1 << (MAP_BITS - 6),
	SMALLEST = 8,
	BITS_EACH_2 = 5,	/* bits for each different gram, in halves */
};

/*
 * How much a character tells, by the size of its script: grams are as short as
 * they can be with GRAM_WEIGHT or more.
 */
enum { GRAM_WEIGHT = 6 };

static inline unsigned
weight(uint32_t c)
{
	if (c < 0x2e80)
		return 2;
	if (c >= 0x3040 && c <= 0x312f)
		return 3;	/* kana */
	/* ideographs, and what lies outside the first plane */
	return c <= 0x9fff || (c >= 0xf900 && c <= 0xfaff) || c > 0xffff ? 4 : 2;
}

static inline uint32_t
hash_all(uint64_t characters)
{
	return (uint32_t)(characters * 0x9e3779b97f4a7c15u >> 32);
}

/* Of two or three characters (a is 0 for two), each of 21 bits. */
static inline uint32_t
hash(uint32_t a, uint32_t b, uint32_t c)
{
	return hash_all((uint64_t)a << 42 | (uint64_t)b << 21 | c);
}

/*
 * The next character of a key, 0 for what parts runs. Octets of no character
 * count one by one: no needle has them.
 */
static inline uint32_t
next_character(const char **at, const char *end)
{
	uint32_t c = (unsigned char)**at;

	if (c < 0x80 || !utf8_next(at, end, &c))
		(*at)++;
	return c == 0xff ? 0 : c;
}

/*
 * The grams that end with c, behind two characters (0: none): at most one of two
 * and one of three. Whether a gram is one depends on its own characters alone, so
 * all grams of a needle are grams of every text that holds it.
 */
static inline unsigned
grams(uint32_t before, uint32_t last, uint32_t c, uint32_t hashes[2])
{
	unsigned n = 0;

	if (c == 0 || last == 0)
		return 0;
	if (weight(last) + weight(c) >= GRAM_WEIGHT)
		hashes[n++] = hash(0, last, c);
	if (before != 0 && weight(before) + weight(last) < GRAM_WEIGHT)
		hashes[n++] = hash(before, last, c);
	return n;
}

/* Where a bit of the map goes in a filter of so many bits. */
static inline uint32_t
fold(uint32_t place, uint64_t bits)
{
	return (uint32_t)(place * bits >> MAP_BITS);
}

void
signature_init(struct signature *s)
{
	*s = (struct signature){ .map = mem_calloc(MAP_WORDS, sizeof *s->map),
		.places = mem_calloc(PLACES, sizeof *s->places) };
}

void
signature_fini(struct signature *s)
{
	free(s->map);
	free(s->places);
	*s = (struct signature){ .map = NULL };
}

void
signature_reset(struct signature *s)
{
	memset(s->map, 0, MAP_WORDS * sizeof *s->map);
	s->before = s->last = 0;
	s->count = 0;
}

/* Set the bit of a hash: how many are set then. */
static inline size_t
note(uint64_t *map, uint32_t *places, size_t count, uint32_t hash)
{
	uint32_t at = hash >> (32 - MAP_BITS);
	uint64_t word = map[at >> 6], bit = 1ull << (at & 63);

	map[at >> 6] = word | bit;
	places[count] = at;		/* without asking whether it is new: no guess */
	return count + ((word & bit) == 0);
}

void
signature_feed(struct signature *s, const char *key, size_t len)
{
	const char *at = key, *end = key + len;
	uint32_t before = s->before, last = s->last, hashes[2];
	uint64_t *map = s->map;
	uint32_t *places = s->places;
	size_t count = s->count;

	while (at < end) {
		uint32_t c;
		unsigned n;

		/* most of most mail: what grams() says of ASCII, at a third of the time */
		if (before - 1 < 0x7f && last - 1 < 0x7f) {
			uint64_t all = (uint64_t)before << 21 | last;

			for (; at < end && (c = (unsigned char)*at) - 1 < 0x7f; at++) {
				all = (all & (((uint64_t)1 << 42) - 1)) << 21 | c;
				count = note(map, places, count, hash_all(all));
			}
			before = all >> 21 & 0x1fffff;
			last = all & 0x1fffff;
			if (at == end)
				break;
		}
		c = next_character(&at, end);
		n = grams(before, last, c, hashes);
		for (unsigned i = 0; i < n; i++)
			count = note(map, places, count, hashes[i]);
		before = c != 0 ? last : 0;
		last = c;
	}
	s->before = before;
	s->last = last;
	s->count = count;
}

void
signature_finish(const struct signature *s, size_t most, struct buf *out)
{
	size_t len;
	unsigned char *bytes;

	len = (s->count * BITS_EACH_2 / 2 + 63) / 64 * 8;
	if (len > most)
		len = most / 8 * 8;
	if (len > SIGNATURE_MAX)
		len = SIGNATURE_MAX;
	if (len < SMALLEST)
		len = SMALLEST;
	bytes = (unsigned char *)buf_reserve(out, len);
	memset(bytes, 0, len + 1);
	out->len += len;
	for (size_t i = 0; i < s->count; i++) {
		uint32_t at = fold(s->places[i], 8 * (uint64_t)len);

		bytes[at >> 3] |= (unsigned char)(1 << (at & 7));
	}
}

uint64_t
signature_kind(unsigned text_version)
{
#ifdef __GLIBC__
	const char *libc = gnu_get_libc_version();
#else
	const char *libc = "";
#endif

	return (uint64_t)hash_crc32c(0, libc, strlen(libc)) << 32 | text_version << 16
	    | SIGNATURE_VERSION;
}

void
signature_probe_init(struct signature_probe *probe, const char *key, size_t len)
{
	const char *at = key, *end = key + len;
	uint32_t before = 0, last = 0, hashes[2];

	probe->count = 0;
	while (at < end && probe->count + 2 <= SIGNATURE_PROBES) {
		uint32_t c = next_character(&at, end);
		unsigned n = grams(before, last, c, hashes);

		for (unsigned i = 0; i < n; i++)
			probe->hashes[probe->count++] = hashes[i];
		before = c != 0 ? last : 0;
		last = c;
	}
}

bool
signature_rules_out(const void *bytes, size_t len, const struct signature_probe *probe)
{
	const unsigned char *filter = bytes;

	if (len == 0)
		return false;
	for (unsigned i = 0; i < probe->count; i++) {
		uint32_t at = fold(probe->hashes[i] >> (32 - MAP_BITS), 8 * (uint64_t)len);

		if (!(filter[at >> 3] & 1 << (at & 7)))
			return true;
	}
	return false;
}
