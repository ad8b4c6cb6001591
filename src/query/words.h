/*
 * Header values as people read them (RFC 2047), without the MIME module: what
 * nearly all mail has, at a cost that a search over 100,000 subjects can bear.
 * The rest is left to the module (message/message.h, header_text).
 */
#ifndef QUERY_WORDS_H
#define QUERY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Add the decoded value to out: folding undone, NUL and stray line ends as
 * blanks, well-formed encoded words in UTF-8, US-ASCII and ISO-8859-1 decoded
 * (adjacent ones as one, also when a character is split between them), UTF-8
 * as it is. False, and nothing added, when the value has anything else in it
 * that needs decoding.
 */
bool words_decode(const char *value, size_t len, struct buf *out);

#endif
