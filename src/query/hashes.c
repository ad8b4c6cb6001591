/* Open addressing; the place is the top of the product (multiply-shift hashing). */
#include "query/hashes.h"

#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/mem.h"

enum { FIRST_BITS = 10 };

/* Written at once: pages that are first read and then written cost the kernel twice. */
static void
make_slots(struct hashes *h)
{
	size_t size = ((size_t)1 << h->bits) * sizeof *h->slots;

	h->slots = mem_alloc(size);
	memset(h->slots, 0, size);
}

void
hashes_init(struct hashes *h)
{
	*h = (struct hashes){ .bits = FIRST_BITS };
	hash_random(&h->factor, sizeof h->factor);
	h->factor |= 1;
	make_slots(h);
}

void
hashes_fini(struct hashes *h)
{
	free(h->slots);
	free(h->hashes);
	*h = (struct hashes){ .slots = NULL };
}

static size_t
place_of(const struct hashes *h, uint64_t hash)
{
	return (hash * h->factor) >> (64 - h->bits);
}

static void
double_slots(struct hashes *h)
{
	size_t mask;

	free(h->slots);
	h->bits++;
	make_slots(h);
	mask = ((size_t)1 << h->bits) - 1;
	for (size_t i = 0; i < h->count; i++) {
		size_t at = place_of(h, h->hashes[i]);

		while (h->slots[at].number != 0)
			at = (at + 1) & mask;
		h->slots[at] = (struct hashes_slot){ (uint32_t)h->hashes[i], (uint32_t)(i + 1) };
	}
}

uint32_t
hashes_number(struct hashes *h, uint64_t hash)
{
	size_t mask = ((size_t)1 << h->bits) - 1, at = place_of(h, hash);

	for (; h->slots[at].number != 0; at = (at + 1) & mask)
		if (h->slots[at].tag == (uint32_t)hash && h->hashes[h->slots[at].number - 1] == hash)
			return h->slots[at].number;
	h->hashes = mem_grow(h->hashes, &h->room, h->count + 1, sizeof *h->hashes);
	h->hashes[h->count++] = hash;
	h->slots[at] = (struct hashes_slot){ (uint32_t)hash, (uint32_t)h->count };
	if (4 * h->count > (size_t)3 << h->bits)
		double_slots(h);
	return (uint32_t)h->count;
}
