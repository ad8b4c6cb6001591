/*
 * Keywords of one mailbox: names without limit, and interned sets of them, so
 * that a message carries one number however many keywords it has. Set 0 is the
 * empty set. Names compare without case (RFC 9051 2.3.2) and keep the case of
 * whoever used them first.
 */
#ifndef STORE_KEYWORDS_H
#define STORE_KEYWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keyword_set {
	uint32_t *ids;		/* ascending */
	uint32_t count;
};

struct keywords {
	char **names;
	size_t count, room;
	struct keyword_set *sets;
	size_t set_count, set_room;
	uint32_t *name_slots;	/* hash tables: number + 1, 0 is free; a power of two in size */
	size_t name_size;
	uint32_t *set_slots;
	size_t set_size;
	uint64_t key[2];
};

void keywords_init(struct keywords *kw);
void keywords_fini(struct keywords *kw);

/* The id of a name; added when it is new. */
uint32_t keywords_id(struct keywords *kw, const char *name, size_t len);

/* The id of a name, or -1 when the mailbox has never had it. */
int64_t keywords_find(const struct keywords *kw, const char *name, size_t len);

/* The number of this set of ids (any order, repeats allowed). */
uint32_t keywords_set(struct keywords *kw, const uint32_t *ids, size_t count);

/* Sets made from two: both, or the first without the second. */
uint32_t keywords_union(struct keywords *kw, uint32_t a, uint32_t b);
uint32_t keywords_minus(struct keywords *kw, uint32_t a, uint32_t b);

bool keywords_has(const struct keywords *kw, uint32_t set, uint32_t id);

#endif
