/* A hash table that is never more than half full. */
#include "query/names.h"

#include <stdlib.h>
#include <string.h>

#include "util/hash.h"
#include "util/mem.h"

enum { FIRST_SLOTS = 64 };

void
names_init(struct names *names)
{
	*names = (struct names){ .slot_count = FIRST_SLOTS };
	names->slots = mem_calloc(FIRST_SLOTS, sizeof *names->slots);
	hash_random(names->key, sizeof names->key);
}

void
names_fini(struct names *names)
{
	free(names->slots);
	free(names->names);
	buf_fini(&names->texts);
	*names = (struct names){ .slot_count = 0 };
}

static void
double_slots(struct names *names)
{
	size_t mask;

	free(names->slots);
	names->slot_count *= 2;
	names->slots = mem_calloc(names->slot_count, sizeof *names->slots);
	mask = names->slot_count - 1;
	for (size_t i = 0; i < names->count; i++) {
		size_t slot = names->names[i].hash & mask;

		while (names->slots[slot] != 0)
			slot = (slot + 1) & mask;
		names->slots[slot] = (uint32_t)(i + 1);
	}
}

uint32_t
names_number(struct names *names, const char *text, size_t len)
{
	uint64_t hash = hash_keyed(names->key, text, len);
	size_t mask = names->slot_count - 1, slot = hash & mask;

	for (; names->slots[slot] != 0; slot = (slot + 1) & mask) {
		const struct name *name = &names->names[names->slots[slot] - 1];

		if (name->hash == hash && name->len == len
		    && memcmp(names->texts.data + name->at, text, len) == 0)
			return names->slots[slot];
	}
	names->names = mem_grow(names->names, &names->room, names->count + 1,
	    sizeof *names->names);
	names->names[names->count++] = (struct name){ hash, names->texts.len, len };
	buf_add(&names->texts, text, len);
	names->slots[slot] = (uint32_t)names->count;
	if (2 * names->count > names->slot_count)
		double_slots(names);
	return (uint32_t)names->count;
}
