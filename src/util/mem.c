/* Memory that cannot fail; the one place that decides what "out of memory" means. */
#include "util/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

_Noreturn void
die_no_memory(void)
{
	static const char line[] = "out of memory\n";

	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		_exit(111);
	_exit(111);
}

void *
mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
mem_calloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
mem_realloc(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (p == NULL)
		die_no_memory();
	return p;
}

void *
mem_realloc_array(void *old, size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		die_no_memory();
	return mem_realloc(old, count * size);
}

void *
mem_grow_more(void *vec, size_t *room, size_t need, size_t size)
{
	size_t next = *room ? *room : 8;

	while (next < need) {
		if (next > SIZE_MAX / 2)
			die_no_memory();
		next *= 2;
	}
	vec = mem_realloc_array(vec, next, size);
	*room = next;
	return vec;
}

char *
mem_strndup(const char *bytes, size_t len)
{
	char *p = mem_alloc(len + 1);

	if (len > 0)
		memcpy(p, bytes, len);
	p[len] = '\0';
	return p;
}

char *
mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

void
mem_wipe(void *bytes, size_t len)
{
	if (len > 0)
		explicit_bzero(bytes, len);
}

void
mem_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
