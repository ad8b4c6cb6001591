/*
 * LIST patterns (RFC 9051 section 6.3.9): "*" matches anything, "%" anything
 * but the separator, and the first component INBOX matches in any case. Knows
 * nothing of the folder tree; works on names as the client spells them.
 *
 * The whole pattern moves along the name at once, so a name costs its length
 * times (pattern length / 64), whatever the pattern: "*%*%*%" is as cheap as
 * "*". The pattern is compiled once for all names of a LIST.
 */
#ifndef WIRE_MATCH_H
#define WIRE_MATCH_H

#include <stddef.h>

struct match;

enum match_answer {	/* bits */
	MATCH_NO = 0,
	MATCH_NAME = 1,		/* the name itself matches */
	MATCH_BELOW = 2,	/* some name below it could: go on into its children */
};

/*
 * Compile; separator '\0' says that there is no hierarchy, and "%" is "*". The
 * pattern is copied. Memory: at most 32 times its length, or 4 kB if that is more.
 */
struct match *match_new(const char *pattern, size_t len, char separator);
void match_free(struct match **match);

/* Both answers for one name. The object is scratch space too: one user at a time. */
unsigned match_name(struct match *match, const char *name, size_t len);

#endif
