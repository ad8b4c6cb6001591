/*
 * The base subject (RFC 5256 section 2.1): what is left of a Subject when "Re:",
 * "Fwd:", "[list]" and the like are taken off, for SORT and THREAD. English
 * tokens only, as the RFC wants (section 7).
 */
#ifndef QUERY_SUBJECT_H
#define QUERY_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/parse.h"

struct buf;

/*
 * Of a decoded subject (RFC 2047 undone, UTF-8). The result points into room,
 * which is emptied first; case is as it was. *reply_out says whether the
 * message counts as a reply or forward (RFC 5256 section 3, REFERENCES). Time
 * is linear in len.
 */
struct str subject_base(const char *text, size_t len, struct buf *room, bool *reply_out);

#endif
