/*
 * Bytes from the client: lines and literals, each with a bound, and the place
 * where a session waits. Before it waits, the output is flushed.
 */
#ifndef WIRE_INPUT_H
#define WIRE_INPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct output;

/* What a read gives besides bytes; negative so that they can pass through int results. */
enum input_end {
	INPUT_OK = 0,
	INPUT_EOF = -1,		/* the client closed, or the connection broke */
	INPUT_TIMEOUT = -2,	/* nothing came for as long as the caller allowed */
	INPUT_TOO_LONG = -3,	/* a line over its bound */
	INPUT_SIGNAL = -4,	/* the session was told to end */
};

/* Rewrites what comes in (COMPRESS). */
struct input_filter {
	/*
	 * Wire bytes to plain ones, a bounded number at a time: 1 when there are more
	 * to be had without reading (ask again with len 0), 0 when not, -1 when the
	 * stream is broken.
	 */
	int (*read)(void *ctx, const char *wire, size_t len, struct buf *plain);
	void (*rest)(void *ctx);	/* the client has been silent for a while: give memory back */
	void *ctx;
};

struct input {
	int fd;
	struct output *out;	/* flushed before each wait */
	struct buf buf;
	size_t at;		/* next unread byte in buf */
	size_t line_max;	/* longest line in octets, without CRLF */
	int timeout_ms;		/* how long one wait may last; -1: for ever */
	int64_t deadline_ms;	/* on the monotonic clock, for all waits together; 0: none */
	const volatile int *stop;	/* when not NULL and not 0, waiting ends in INPUT_SIGNAL */
	const sigset_t *wait_mask;	/* signals blocked during a wait, NULL: unchanged */
	uint64_t total;		/* octets read from the kernel */
	struct input_filter filter;	/* .read NULL: none */
	bool filter_more;	/* the filter holds bytes that it has not given yet */
};

void input_init(struct input *in, int fd, struct output *out, size_t line_max, int timeout_ms);
void input_fini(struct input *in);

/*
 * Overwrite all that was read and used, wherever it still lies in the buffer:
 * a command held a secret. What was not used yet stays. A buffer that may hold
 * secrets is made large enough at the start (buf_reserve), since growing it
 * would leave a copy behind.
 */
void input_wipe(struct input *in);

/* Put bytes in front of all that will be read: what an earlier program read too much. */
void input_preload(struct input *in, const char *bytes, size_t len);

/*
 * The next line, without its CRLF (a bare LF ends a line too). The bytes stay
 * valid until the next call on this input. INPUT_TOO_LONG leaves the input in
 * the middle of that line: nothing that follows can be understood.
 */
int input_line(struct input *in, const char **line_out, size_t *len_out);

/*
 * Hand exactly n octets to the sink in pieces; sink NULL reads past them. A
 * sink that returns -1 is not called again, but all n octets are still read.
 */
int input_octets(struct input *in, uint64_t n,
    int (*sink)(void *ctx, const char *bytes, size_t len), void *ctx);

/* Are there bytes that were read and not used? Then no wait is needed for the next line. */
bool input_pending(const struct input *in);

/*
 * Wait until there is input, or until the other descriptor (-1: none) is
 * readable, or timeout_ms has passed. 1: input; 2: the other; 0: time passed;
 * INPUT_EOF and INPUT_SIGNAL as always.
 */
int input_wait(struct input *in, int other_fd, int timeout_ms);

/* Is the client gone? Looks without waiting and without losing a byte. */
bool input_peer_gone(struct input *in);

/* Milliseconds on the monotonic clock. */
int64_t input_clock_ms(void);

#endif
