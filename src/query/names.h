/*
 * Strings and their numbers: 1 for the first that came, and so on. For message
 * ids and subjects, which strangers choose: the hash has a key of its own each
 * time, so that nobody can make names that collide.
 */
#ifndef QUERY_NAMES_H
#define QUERY_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct names {
	uint64_t key[2];
	uint32_t *slots;	/* open addressing, a power of two in size; 0 is free */
	size_t slot_count;
	struct name {
		uint64_t hash;
		size_t at, len;	/* in texts */
	} *names;
	size_t count, room;
	struct buf texts;
};

void names_init(struct names *names);
void names_fini(struct names *names);

/* The number of this string; a new one, equal to names->count, when it never came before. */
uint32_t names_number(struct names *names, const char *text, size_t len);

#endif
