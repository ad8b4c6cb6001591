/*
 * Memory that cannot fail: out of memory ends the program with one line on
 * stderr and status 111, the code that super-servers take for "try later".
 */
#ifndef UTIL_MEM_H
#define UTIL_MEM_H

#include <stddef.h>

/* Like malloc, calloc and realloc, but never NULL; size 0 gives a pointer to free. */
void *mem_alloc(size_t size) __attribute__((malloc));
void *mem_calloc(size_t count, size_t size) __attribute__((malloc));
void *mem_realloc(void *old, size_t size);

/* realloc of an array; count * size is checked for overflow. */
void *mem_realloc_array(void *old, size_t count, size_t size);

/* A copy of len bytes with a NUL behind them; the caller frees it. */
char *mem_strndup(const char *bytes, size_t len);
char *mem_strdup(const char *text);

/* Overwrite with zeros in a way that the compiler may not drop. */
void mem_wipe(void *bytes, size_t len);

/*
 * Give what was freed back to the system, as far as the C library can: for one who
 * was large and now sleeps. Costs microseconds, and what comes next pays for its pages.
 */
void mem_give_back(void);

/* The end of the program when there is no memory left. */
_Noreturn void die_no_memory(void);

/* mem_grow where there is no room. */
void *mem_grow_more(void *vec, size_t *room, size_t need, size_t size);

/*
 * Make room for one more in a growing array of count used and *room allocated
 * elements: vec = mem_grow(vec, &room, count + 1, sizeof *vec). Here, as a search
 * or an order asks it several times a message.
 */
static inline void *
mem_grow(void *vec, size_t *room, size_t need, size_t size)
{
	return need <= *room ? vec : mem_grow_more(vec, room, need, size);
}

#endif
