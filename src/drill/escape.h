/*
 * Bytes of strangers made fit for one field of one line, and back. The log and
 * the report share these, so that what was logged can be read again byte by
 * byte, and a terminal never sees a control character.
 */
#ifndef DRILL_ESCAPE_H
#define DRILL_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * For a tab-separated line: \t \r \n \\ and \xHH for all else outside 0x20-0x7e.
 * Of more than max bytes the first max are written and then "\+N", N being how
 * many are left out; max 0 writes all.
 */
void escape_field(const char *bytes, size_t len, size_t max, struct buf *out);

/*
 * The bytes of such a field; *left_out gets the N of "\+N" or 0. False at an
 * escape that the above does not write; what came before it is then in out.
 */
bool escape_read(const char *field, size_t len, struct buf *out, size_t *left_out);

/*
 * For a JSON string, without its quotes. A byte from 0x80 is told as the
 * character of that number: JSON has no bytes. max as above, but what is cut is
 * not marked here.
 */
void escape_json(const char *bytes, size_t len, size_t max, struct buf *out);

#endif
