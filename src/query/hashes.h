/*
 * Numbers for hashes of 64 bits that are made already: 1 for the first that came,
 * and so on, as names.h has them for text. A look is one in a small table, to which
 * most of the time goes. Strangers choose what was hashed and may know the key, so
 * places follow from a factor of this run.
 */
#ifndef QUERY_HASHES_H
#define QUERY_HASHES_H

#include <stddef.h>
#include <stdint.h>

struct hashes {
	struct hashes_slot {
		uint32_t tag;		/* of the hash */
		uint32_t number;	/* 0: free */
	} *slots;
	unsigned bits;		/* 2^bits slots, at most three quarters of them taken */
	uint64_t *hashes;	/* by number - 1 */
	size_t count, room;
	uint64_t factor;
};

void hashes_init(struct hashes *hashes);
void hashes_fini(struct hashes *hashes);

/* The number of this hash; a new one, equal to hashes->count, when it never came before. */
uint32_t hashes_number(struct hashes *hashes, uint64_t hash);

#endif
