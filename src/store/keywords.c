/* Names and sets, both interned through hash tables under a random key. */
#include "store/keywords.h"

#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/hash.h"
#include "util/mem.h"

void
keywords_init(struct keywords *kw)
{
	memset(kw, 0, sizeof *kw);
	kw->sets = mem_grow(NULL, &kw->set_room, 1, sizeof *kw->sets);
	kw->sets[0] = (struct keyword_set){ NULL, 0 };
	kw->set_count = 1;
}

void
keywords_fini(struct keywords *kw)
{
	for (size_t i = 0; i < kw->count; i++)
		free(kw->names[i]);
	for (size_t i = 0; i < kw->set_count; i++)
		free(kw->sets[i].ids);
	free(kw->names);
	free(kw->sets);
	free(kw->name_slots);
	free(kw->set_slots);
	memset(kw, 0, sizeof *kw);
}

static uint64_t
name_hash(const struct keywords *kw, const char *name, size_t len)
{
	char lower[128];

	/* Longer names share the hash of their first part; they are still compared whole. */
	if (len > sizeof lower)
		len = sizeof lower;
	for (size_t i = 0; i < len; i++)
		lower[i] = ascii_lower(name[i]);
	return hash_keyed(kw->key, lower, len);
}

static uint64_t
set_hash(const struct keywords *kw, const uint32_t *ids, size_t count)
{
	return hash_keyed(kw->key, ids, count * sizeof *ids);
}

static void
ensure_key(struct keywords *kw)
{
	if (kw->key[0] == 0 && kw->key[1] == 0)
		hash_random(kw->key, sizeof kw->key);
}

static uint32_t *
name_slot(const struct keywords *kw, const char *name, size_t len)
{
	size_t at = name_hash(kw, name, len) & (kw->name_size - 1);

	while (kw->name_slots[at] != 0
	    && !ascii_is(name, len, kw->names[kw->name_slots[at] - 1]))
		at = (at + 1) & (kw->name_size - 1);
	return &kw->name_slots[at];
}

static uint32_t *
set_slot(const struct keywords *kw, const uint32_t *ids, size_t count)
{
	size_t at = set_hash(kw, ids, count) & (kw->set_size - 1);

	for (; kw->set_slots[at] != 0; at = (at + 1) & (kw->set_size - 1)) {
		const struct keyword_set *set = &kw->sets[kw->set_slots[at] - 1];

		if (set->count == count && memcmp(set->ids, ids, count * sizeof *ids) == 0)
			break;
	}
	return &kw->set_slots[at];
}

static void
grow_names(struct keywords *kw)
{
	ensure_key(kw);
	free(kw->name_slots);
	kw->name_size = kw->name_size ? kw->name_size * 2 : 32;
	kw->name_slots = mem_calloc(kw->name_size, sizeof *kw->name_slots);
	for (size_t i = 0; i < kw->count; i++)
		*name_slot(kw, kw->names[i], strlen(kw->names[i])) = (uint32_t)i + 1;
}

static void
grow_sets(struct keywords *kw)
{
	ensure_key(kw);
	free(kw->set_slots);
	kw->set_size = kw->set_size ? kw->set_size * 2 : 32;
	kw->set_slots = mem_calloc(kw->set_size, sizeof *kw->set_slots);
	for (size_t i = 1; i < kw->set_count; i++)
		*set_slot(kw, kw->sets[i].ids, kw->sets[i].count) = (uint32_t)i + 1;
}

int64_t
keywords_find(const struct keywords *kw, const char *name, size_t len)
{
	if (kw->name_size == 0)
		return -1;
	return (int64_t)*name_slot(kw, name, len) - 1;
}

uint32_t
keywords_id(struct keywords *kw, const char *name, size_t len)
{
	int64_t id = keywords_find(kw, name, len);

	if (id >= 0)
		return (uint32_t)id;
	kw->names = mem_grow(kw->names, &kw->room, kw->count + 1, sizeof *kw->names);
	kw->names[kw->count++] = mem_strndup(name, len);
	if (kw->count * 2 > kw->name_size)
		grow_names(kw);
	else
		*name_slot(kw, name, len) = (uint32_t)kw->count;
	return (uint32_t)kw->count - 1;
}

static int
compare_ids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t
keywords_set(struct keywords *kw, const uint32_t *ids, size_t count)
{
	uint32_t *sorted, *slot;
	size_t n = 0;

	if (count == 0)
		return 0;
	sorted = mem_alloc(count * sizeof *sorted);
	memcpy(sorted, ids, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare_ids);
	for (size_t i = 0; i < count; i++)
		if (n == 0 || sorted[n - 1] != sorted[i])
			sorted[n++] = sorted[i];
	if (kw->set_size == 0 || kw->set_count * 2 > kw->set_size)
		grow_sets(kw);
	slot = set_slot(kw, sorted, n);
	if (*slot != 0) {
		free(sorted);
		return *slot - 1;
	}
	kw->sets = mem_grow(kw->sets, &kw->set_room, kw->set_count + 1, sizeof *kw->sets);
	kw->sets[kw->set_count] = (struct keyword_set){ sorted, (uint32_t)n };
	*slot = (uint32_t)++kw->set_count;
	return (uint32_t)kw->set_count - 1;
}

uint32_t
keywords_union(struct keywords *kw, uint32_t a, uint32_t b)
{
	size_t na = kw->sets[a].count, nb = kw->sets[b].count;
	uint32_t *ids, set;

	if (nb == 0 || a == b)
		return a;
	if (na == 0)
		return b;
	ids = mem_alloc((na + nb) * sizeof *ids);
	memcpy(ids, kw->sets[a].ids, na * sizeof *ids);
	memcpy(ids + na, kw->sets[b].ids, nb * sizeof *ids);
	set = keywords_set(kw, ids, na + nb);
	free(ids);
	return set;
}

uint32_t
keywords_minus(struct keywords *kw, uint32_t a, uint32_t b)
{
	size_t na = kw->sets[a].count, n = 0;
	uint32_t *ids, set;

	if (na == 0 || kw->sets[b].count == 0)
		return a;
	ids = mem_alloc(na * sizeof *ids);
	for (size_t i = 0; i < na; i++)
		if (!keywords_has(kw, b, kw->sets[a].ids[i]))
			ids[n++] = kw->sets[a].ids[i];
	set = keywords_set(kw, ids, n);
	free(ids);
	return set;
}

bool
keywords_has(const struct keywords *kw, uint32_t set, uint32_t id)
{
	const struct keyword_set *s = &kw->sets[set];

	return s->count > 0
	    && bsearch(&id, s->ids, s->count, sizeof id, compare_ids) != NULL;
}
