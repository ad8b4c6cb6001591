/*
 * COMPRESS=DEFLATE, RFC 4978: both directions of one connection. There are two
 * of these files; configure picks the one without zlib where zlib is missing.
 */
#ifndef DRILL_COMPRESS_H
#define DRILL_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct compress;

/* Was this built with zlib? */
bool compress_available(void);

/* Only when available. */
struct compress *compress_new(void);
void compress_free(struct compress **compress);

/* Add the wire's bytes for these; all of them can be read by the server at once. */
void compress_deflate(struct compress *compress, const char *bytes, size_t len, struct buf *wire);

/*
 * Take wire bytes from *at, which is moved, and put at most room plain bytes to
 * plain: how many, 0 when all was taken and nothing came of it, -1 when the
 * stream is broken. Call it until it gives 0; a bomb comes in pieces of room.
 */
int compress_inflate(struct compress *compress, const char **at, const char *end, char *plain,
    size_t room);

#endif
