/*
 * Message ids in Message-ID, In-Reply-To and References (RFC 5322 3.6.4), in the
 * form in which they compare (RFC 5256 section 3): quotes, comments, blanks and
 * folding are gone, case stays.
 */
#ifndef QUERY_MSGID_H
#define QUERY_MSGID_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Find the next valid id at *at, which is moved behind it, and put it into out
 * (emptied first), without its angle brackets. False when there is none. What
 * is no id ("<foo>", text, an unclosed "<") is passed over.
 */
bool msgid_next(const char **at, const char *end, struct buf *out);

#endif
