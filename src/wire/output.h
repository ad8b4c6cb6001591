/*
 * Bytes to the client: one buffer, written when it is full and when the input
 * would block, so that a pipelined batch costs few writes. A client that does
 * not read holds the session up here (and grows no memory) until the timeout.
 */
#ifndef WIRE_OUTPUT_H
#define WIRE_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* Rewrites what goes out (COMPRESS); returns 0, or -1 when the stream is broken. */
struct output_filter {
	int (*write)(void *ctx, const char *bytes, size_t len, bool flush, struct buf *wire);
	void *ctx;
};

struct output {
	int fd;
	struct buf buf;
	int timeout_ms;		/* how long a client may take no byte; -1: for ever */
	bool is_socket;		/* writes can be told not to block; a pipe is made non-blocking */
	const volatile int *stop;	/* when not NULL and not 0, waiting ends and the client counts as gone */
	const sigset_t *wait_mask;	/* signals blocked for the time of a wait, NULL: unchanged */
	bool dead;		/* the client is gone: all that follows is dropped */
	uint64_t total;		/* bytes accepted by the kernel */
	bool unflushed;		/* the filter was given bytes and not told to flush since */
	struct output_filter filter;	/* .write NULL: none */
};

void output_init(struct output *out, int fd, int timeout_ms);
void output_fini(struct output *out);

/* Queue bytes; they go out when enough have gathered. Never fails: see dead. */
void output_write_out(struct output *out, const char *bytes, size_t len);	/* output_write's other half */

enum { OUTPUT_FLUSH_AT = 32768 };	/* half a socket buffer: the client reads while we work */

/* Here for the compiler: most pieces of an answer are constants of a few bytes. */
static inline void
output_write(struct output *out, const char *bytes, size_t len)
{
	if (out->buf.len + len < OUTPUT_FLUSH_AT)
		buf_add(&out->buf, bytes, len);
	else
		output_write_out(out, bytes, len);
}

static inline void
output_text(struct output *out, const char *text)
{
	output_write(out, text, strlen(text));
}

void output_char(struct output *out, char c);
void output_number(struct output *out, uint64_t number);
void output_format(struct output *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Send all that is queued. 0, or -1 when the client is gone. */
int output_flush(struct output *out);

#endif
