/*
 * What the lines of all our text files have in common: each ends in a space and
 * the CRC-32C of what stands before it, in 8 hex digits; bytes that could be
 * taken for grammar are written %XX.
 */
#ifndef STORE_LINE_H
#define STORE_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Put checksum and LF behind the line that began at offset start of buf. */
void line_close(struct buf *buf, size_t start);

/* Is the line (without its LF) whole? *len is cut to what stands before the checksum. */
bool line_whole(const char *bytes, size_t *len);

/* Append text with %XX for blanks, controls, "%" and all above ASCII. */
void line_escape(struct buf *buf, const char *text);

/*
 * The reverse, to memory at *to (len + 1 bytes at most), with a NUL behind; *to
 * moves behind the NUL. NULL when the escapes are wrong or hide a NUL or "/".
 */
char *line_unescape(const char *bytes, size_t len, bool slash, char **to);

#endif
