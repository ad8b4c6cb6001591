/*
 * A header block as the bytes it is: fields and their folded lines (RFC 5322 2.2,
 * 3.6.8), with whatever people really send. It ends behind the first empty line
 * (LF or CRLF and nothing before it), or where the bytes end. A line without a
 * colon, a leading "From " line, a first line that begins with a blank: each is
 * one field without a name, so that HEADER.FIELDS.NOT shows it and nothing else
 * stumbles on it.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "util/ascii.h"

struct buf;

struct header_field {
	const char *line;	/* the whole field with every folded line and its last line end */
	size_t line_len;
	const char *name;	/* without blanks before the colon; name_len 0: no name */
	size_t name_len;
	const char *value;	/* behind the colon and the blanks there, still folded, */
	size_t value_len;	/* without the last line end */
};

/* Walks a block; made by header_walk, plain data. */
struct header_walk {
	const char *at, *end;
	size_t blank;		/* once header_next said false: the octets of the empty line, 0 if there is none */
};

static inline struct header_walk
header_walk(const char *bytes, size_t len)
{
	return (struct header_walk){ bytes, bytes + len, 0 };
}

/*
 * The next field, or false at the end; walk.at then stands behind the empty
 * line: where the body begins.
 */
bool header_next(struct header_walk *walk, struct header_field *field);

/* How many of len bytes are the header, with the empty line. */
size_t header_len(const char *bytes, size_t len);

/* Is this field called name, in any case? */
static inline bool
header_is(const struct header_field *field, const char *name)
{
	return ascii_is(field->name, field->name_len, name);
}

/* The first field of that name; false when there is none. */
bool header_find(const char *bytes, size_t len, const char *name, struct header_field *field);

/* How long a value is without the folded lines at its end that hold only blanks. */
size_t header_value_len(const char *value, size_t len);

/*
 * A value on one line: each line end is dropped and the blank behind it stays
 * (RFC 5322 2.2.3); blanks at both ends are dropped, NUL becomes a blank.
 */
void header_unfold(const char *value, size_t len, struct buf *out);

/*
 * Is the value its own decoded form but for folding: ASCII only and nothing in
 * it that could be an RFC 2047 word? Then header_unfold does, and the module
 * need not be loaded to decode it.
 */
bool header_is_plain(const char *value, size_t len);

#endif
