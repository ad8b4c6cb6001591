/*
 * Mailbox names as IMAP4rev1 spells them: modified UTF-7, RFC 3501 section
 * 5.1.3 and RFC 9051 appendix A. Knows nothing of what a name may contain
 * otherwise (separators, "..", controls): the store decides that on the UTF-8.
 */
#ifndef WIRE_MUTF7_H
#define WIRE_MUTF7_H

#include <stddef.h>

struct buf;

/* Add the modified UTF-7 of a name in UTF-8. -1, and out as it was, when it is not UTF-8. */
int mutf7_encode(const char *utf8, size_t len, struct buf *out);

/*
 * Add the UTF-8 of a name in modified UTF-7. -1, and out as it was, when the
 * text is not the one that mutf7_encode() would print: a shift without end, a
 * null shift, printable ASCII in base64, half a surrogate pair, leftover bits,
 * bytes outside 0x20-0x7e. U+0000 is refused too: no name survives it. The
 * caller may then take the text literally; two texts never decode to one name.
 */
int mutf7_decode(const char *text, size_t len, struct buf *out);

#endif
