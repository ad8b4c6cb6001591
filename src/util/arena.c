/* Memory that goes together, in blocks that double as a command asks for more. */
#include "util/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum { FIRST_BLOCK = 4000 };	/* a usual command fits, and a page holds it */

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) char bytes[];
};

static struct arena_block *
block_new(size_t size, struct arena_block *next)
{
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof *block)
		die_no_memory();
	block = mem_alloc(sizeof *block + size);
	block->next = next;
	block->size = size;
	block->used = 0;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->head;
	void *p;

	if (size > SIZE_MAX - alignof(max_align_t))
		die_no_memory();
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (block == NULL || block->size - block->used < size) {
		size_t want = block == NULL ? FIRST_BLOCK : block->size * 2;

		if (want < size)
			want = size;
		block = arena->head = block_new(want, block);
	}
	p = memset(block->bytes + block->used, 0, size);
	block->used += size;
	arena->used += size;
	return p;
}

char *
arena_strndup(struct arena *arena, const char *bytes, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		die_no_memory();
	p = arena_alloc(arena, len + 1);
	if (len > 0)
		memcpy(p, bytes, len);
	p[len] = '\0';
	return p;
}

void
arena_wipe(struct arena *arena)
{
	for (struct arena_block *block = arena->head; block != NULL; block = block->next)
		mem_wipe(block->bytes, block->used);
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *block = arena->head;

	while (block != NULL && block->next != NULL) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	if (block != NULL && block->size > FIRST_BLOCK) {
		free(block);
		block = NULL;
	}
	if (block != NULL)
		block->used = 0;
	arena->head = block;
	arena->used = 0;
}

void
arena_fini(struct arena *arena)
{
	arena_reset(arena);
	free(arena->head);
	arena->head = NULL;
}
