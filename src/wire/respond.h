/*
 * Pieces of answers (RFC 9051 section 7 and 9): a string in the form that its
 * bytes allow, lists of flags, status lines.
 */
#ifndef WIRE_RESPOND_H
#define WIRE_RESPOND_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct output;

/*
 * An astring: an atom where the bytes allow it, else a quoted string, else a
 * literal. With utf8 true (after ENABLE UTF8=ACCEPT or IMAP4rev2) valid UTF-8
 * goes quoted; without, all bytes above 127 go as a literal.
 */
void respond_astring(struct output *out, const char *bytes, size_t len, int utf8);

/* A string: quoted, else a literal. NULL is NIL. */
void respond_nstring(struct output *out, const char *bytes, size_t len, int utf8);

/* The same forms behind the content of a buffer. */
void respond_buf_astring(struct buf *buf, const char *bytes, size_t len, int utf8);
void respond_buf_nstring(struct buf *buf, const char *bytes, size_t len, int utf8);

/* "* " text CRLF. */
void respond_untagged(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
