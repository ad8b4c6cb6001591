/*
 * Memory that goes together: everything that lives as long as one command is
 * taken from one arena and given back by one call.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used;	/* bytes handed out since the last reset */
};

#define ARENA_INIT ((struct arena){ NULL, 0 })

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of len bytes with a NUL behind them. */
char *arena_strndup(struct arena *arena, const char *bytes, size_t len);

/* Overwrite all that was handed out (a command held a secret); the blocks stay. */
void arena_wipe(struct arena *arena);

/* Give everything back but the first small block, which the next command reuses. */
void arena_reset(struct arena *arena);

/* Give everything back. */
void arena_fini(struct arena *arena);

#endif
