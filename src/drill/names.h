/*
 * The variables of a script: a name, and the value that it begins with (from
 * -D or "set"), or none when only "capture" gives one. A session holds what it
 * captured itself, in an array indexed as these are.
 */
#ifndef DRILL_NAMES_H
#define DRILL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct name {
	char *name;
	char *value;	/* NULL: none yet */
	bool fixed;	/* from the command line: "set" does not change it */
};

struct names {
	struct name *list;
	size_t count, room;
};

#define NAMES_INIT ((struct names){ NULL, 0, 0 })
#define NAMES_NONE ((size_t)-1)

void names_fini(struct names *names);

/* Its index, or NAMES_NONE. */
size_t names_find(const struct names *names, const char *name, size_t len);

/* Its index; made without a value if it is new. */
size_t names_add(struct names *names, const char *name, size_t len);

/* Give it a value, unless the command line did; fixed says that this is the command line. */
void names_set(struct names *names, const char *name, size_t len, const char *value, bool fixed);

/* A letter, then letters, digits, "_" and "-". */
bool names_valid(const char *name, size_t len);

#endif
