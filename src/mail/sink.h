/*
 * Where bytes go: whoever makes a run of bytes in pieces hands each piece to a
 * sink, in order. The pieces belong to the maker and last until sink returns.
 */
#ifndef MAIL_SINK_H
#define MAIL_SINK_H

#include <stddef.h>

typedef void mail_sink(void *ctx, const char *bytes, size_t len);

/* A sink that adds to the struct buf that ctx points at. */
mail_sink sink_buf;

#endif
