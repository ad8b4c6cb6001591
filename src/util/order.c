/* A radix sort, octet by octet from the lowest; octets that all keys share cost nothing. */
#include "util/order.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum {
	OCTETS = sizeof ((struct ordered *)NULL)->key,
	VALUES = 256,
	FEW = 64,		/* are faster put in their places one by one */
};

static void
insert_each(struct ordered *entries, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct ordered entry = entries[i];
		size_t at = i;

		for (; at > 0 && entries[at - 1].key > entry.key; at--)
			entries[at] = entries[at - 1];
		entries[at] = entry;
	}
}

/* Sort by one octet, of which the counts are known, from one room into the other. */
static void
pass(const struct ordered *from, struct ordered *to, size_t count, unsigned octet,
    const uint32_t counts[VALUES])
{
	uint32_t places[VALUES], sum = 0;

	for (unsigned value = 0; value < VALUES; value++) {
		places[value] = sum;
		sum += counts[value];
	}
	for (size_t i = 0; i < count; i++)
		to[places[from[i].key >> 8 * octet & (VALUES - 1)]++] = from[i];
}

void
order_by_key(struct ordered *entries, size_t count)
{
	uint32_t counts[OCTETS][VALUES] = { 0 };
	struct ordered *room, *from = entries, *to;

	if (count <= FEW) {
		insert_each(entries, count);
		return;
	}
	room = to = mem_calloc(count, sizeof *room);
	for (size_t i = 0; i < count; i++)
		for (unsigned octet = 0; octet < OCTETS; octet++)
			counts[octet][entries[i].key >> 8 * octet & (VALUES - 1)]++;
	for (unsigned octet = 0; octet < OCTETS; octet++) {
		struct ordered *done = to;

		if (counts[octet][entries[0].key >> 8 * octet & (VALUES - 1)] == count)
			continue;
		pass(from, to, count, octet, counts[octet]);
		to = from;
		from = done;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof *entries);
	free(room);
}
