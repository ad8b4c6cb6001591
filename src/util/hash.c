/* SipHash-1-3 (Aumasson, Bernstein) for tables, CRC-32C (RFC 3720 B.4) for files. */
#include "util/hash.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

static inline uint64_t
rotl(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

struct sip {
	uint64_t a, b, c, d;
};

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->b = rotl(s->b, 13) ^ s->a;
	s->a = rotl(s->a, 32);
	s->c += s->d;
	s->d = rotl(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotl(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotl(s->b, 17) ^ s->c;
	s->c = rotl(s->c, 32);
}

uint64_t
hash_keyed(const uint64_t key[2], const void *bytes, size_t len)
{
	struct sip s = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u,
	};
	const unsigned char *p = bytes;
	uint64_t word, last = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&word, p, 8);
		s.d ^= word;
		sip_round(&s);
		s.a ^= word;
	}
	while (left > 0) {
		left--;
		last |= (uint64_t)p[left] << (8 * left);
	}
	s.d ^= last;
	sip_round(&s);
	s.a ^= last;
	s.c ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/* Eight tables of 256: eight bytes a step without an instruction that old machines lack. */
static uint32_t crc_table[8][256];

static void
crc_init(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
		crc_table[0][i] = crc;
	}
	for (int i = 0; i < 256; i++)
		for (int t = 1; t < 8; t++)
			crc_table[t][i] = (crc_table[t - 1][i] >> 8)
				^ crc_table[0][crc_table[t - 1][i] & 0xff];
}

static uint32_t
crc_by_table(uint32_t crc, const unsigned char *p, size_t len)
{
	if (crc_table[0][1] == 0)
		crc_init();
	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		word ^= crc;
		crc = crc_table[7][word & 0xff] ^ crc_table[6][(word >> 8) & 0xff]
			^ crc_table[5][(word >> 16) & 0xff] ^ crc_table[4][(word >> 24) & 0xff]
			^ crc_table[3][(word >> 32) & 0xff] ^ crc_table[2][(word >> 40) & 0xff]
			^ crc_table[1][(word >> 48) & 0xff] ^ crc_table[0][word >> 56];
	}
	for (; len > 0; len--, p++)
		crc = (crc >> 8) ^ crc_table[0][(crc ^ *p) & 0xff];
	return crc;
}

#if defined(__x86_64__)
/*
 * The instruction gives its result after three cycles and could begin one each
 * cycle. So three lanes of LANE bytes go side by side, and are joined: the CRC
 * of a run followed by LANE zeros is a linear map, four lookups by byte.
 */
enum { LANE = 128 };	/* records of the cache have a kilobyte or so */
static uint32_t lane_shift[4][256];
static atomic_bool lanes_ready;	/* two threads may both make the table: the same one */

__attribute__((target("sse4.2"))) static void
lane_init(void)
{
	uint32_t basis[32];

	for (int bit = 0; bit < 32; bit++) {
		uint64_t crc = 1u << bit;

		for (int i = 0; i < LANE; i += 8)
			crc = __builtin_ia32_crc32di(crc, 0);
		basis[bit] = (uint32_t)crc;
	}
	for (int byte = 0; byte < 4; byte++)
		for (unsigned v = 1; v < 256; v++)
			lane_shift[byte][v] = lane_shift[byte][v & (v - 1)]
			    ^ basis[8 * byte + __builtin_ctz(v)];
	atomic_store_explicit(&lanes_ready, true, memory_order_release);
}

static inline uint32_t
over_lane(uint32_t crc)
{
	return lane_shift[0][crc & 0xff] ^ lane_shift[1][crc >> 8 & 0xff]
	    ^ lane_shift[2][crc >> 16 & 0xff] ^ lane_shift[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t
crc_by_instruction(uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t wide;

	if (len >= 3 * LANE && !atomic_load_explicit(&lanes_ready, memory_order_acquire))
		lane_init();
	for (; len >= 3 * LANE; len -= 3 * LANE, p += 3 * LANE) {
		uint64_t a = crc, b = 0, c = 0;

		for (size_t i = 0; i < LANE; i += 8) {
			uint64_t x, y, z;

			memcpy(&x, p + i, 8);
			memcpy(&y, p + LANE + i, 8);
			memcpy(&z, p + 2 * LANE + i, 8);
			a = __builtin_ia32_crc32di(a, x);
			b = __builtin_ia32_crc32di(b, y);
			c = __builtin_ia32_crc32di(c, z);
		}
		crc = over_lane(over_lane((uint32_t)a) ^ (uint32_t)b) ^ (uint32_t)c;
	}
	wide = crc;
	for (; len >= 8; len -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len > 0; len--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#endif

uint32_t
hash_crc32c(uint32_t crc, const void *bytes, size_t len)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_by_instruction(~crc, bytes, len);
#endif
	return ~crc_by_table(~crc, bytes, len);
}

void
hash_random(void *bytes, size_t len)
{
	unsigned char *p = bytes;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			_exit(111);	/* no randomness: nothing here would be safe */
		}
		p += n;
		len -= (size_t)n;
	}
}
