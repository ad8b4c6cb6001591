/*
 * The CHARSET argument of SEARCH, SORT and THREAD (RFC 9051 6.4.4): strings of
 * the command become UTF-8. UTF-8 and US-ASCII need nothing; whatever else the
 * C library's iconv knows is taken too.
 */
#ifndef QUERY_CHARSET_H
#define QUERY_CHARSET_H

#include <stddef.h>

#include "wire/parse.h"

struct arena;
struct err;

struct charset {
	void *iconv;	/* an iconv_t; NULL: the strings are UTF-8 already */
	const char *name;
};

#define CHARSET_INIT ((struct charset){ NULL, "UTF-8" })

/* 0, or -1 with ERR_BADCHARSET. name must outlive the struct. */
int charset_open(struct charset *charset, const char *name, struct err *err);
void charset_close(struct charset *charset);

/*
 * Convert, or only check: *string then points at valid UTF-8 in the arena (or
 * where it did). -1 with ERR_SYNTAX when the octets are not of this charset.
 */
int charset_to_utf8(struct charset *charset, struct arena *arena, struct str *string,
    struct err *err);

#endif
