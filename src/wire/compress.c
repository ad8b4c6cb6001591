/* Raw deflate both ways (RFC 4978, RFC 1951), by zlib, which is loaded for it. */
#include "wire/compress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/zlib_late.h"
#include "wire/input.h"
#include "wire/output.h"

enum {
	STEP = 32768,		/* plain octets that one call makes at most, or compressed ones at a time */
	WINDOW_BITS = 15,	/* what a client may refer back to: RFC 4978 lets it be all of 32 kB */
	OUT_WINDOW_BITS = 13,	/* 48 kB a session; 15 would be 256 kB for a few percent */
	OUT_MEMORY = 5,
	LEVEL = 3,		/* IMAP's text shrinks well at once; a higher level costs more than it saves */
};

struct compress {
	struct input *in;
	struct output *out;
	const struct zlib *zlib;
	z_stream inflate, deflate;
	bool inflating, deflating;	/* the stream has its memory */
	bool ended;			/* the client closed its stream: nothing may follow */
	struct buf waiting;		/* compressed octets that did not fit a step yet */
	struct buf window;		/* while resting: what the client can refer back to */
};

/* ---- from the client ---- */

static int
wake_inflate(struct compress *c)
{
	if (c->inflating)
		return 0;
	memset(&c->inflate, 0, sizeof c->inflate);
	if (c->zlib->inflate_init(&c->inflate, -WINDOW_BITS, ZLIB_VERSION,
	    (int)sizeof c->inflate) != Z_OK)
		return -1;
	c->inflating = true;
	if (c->window.len > 0 && c->zlib->inflate_set_dictionary(&c->inflate,
	    (const Bytef *)c->window.data, (uInt)c->window.len) != Z_OK)
		return -1;
	buf_fini(&c->window);
	return 0;
}

/* One step: 0 all that came was used, 1 there is more to come without reading, -1 broken. */
static int
take_in(void *ctx, const char *wire, size_t len, struct buf *plain)
{
	struct compress *c = ctx;
	size_t used;
	int result;

	buf_add(&c->waiting, wire, len);
	if (c->ended || wake_inflate(c) < 0)
		return -1;
	c->inflate.next_in = (Bytef *)c->waiting.data;
	c->inflate.avail_in = (uInt)c->waiting.len;
	c->inflate.next_out = (Bytef *)buf_reserve(plain, STEP);
	c->inflate.avail_out = STEP;
	result = c->zlib->inflate(&c->inflate, Z_SYNC_FLUSH);
	plain->len += STEP - c->inflate.avail_out;
	used = c->waiting.len - c->inflate.avail_in;
	buf_drop(&c->waiting, used);
	if (result == Z_STREAM_END) {
		c->ended = true;
		return 0;
	}
	if (result != Z_OK && result != Z_BUF_ERROR)
		return -1;
	if (c->inflate.avail_out == 0)
		return 1;
	if (c->waiting.len == 0)
		buf_fini(&c->waiting);
	return 0;
}

/* ---- to the client ---- */

static int
wake_deflate(struct compress *c)
{
	if (c->deflating)
		return 0;
	memset(&c->deflate, 0, sizeof c->deflate);
	if (c->zlib->deflate_init(&c->deflate, LEVEL, Z_DEFLATED, -OUT_WINDOW_BITS, OUT_MEMORY,
	    Z_DEFAULT_STRATEGY, ZLIB_VERSION, (int)sizeof c->deflate) != Z_OK)
		return -1;
	c->deflating = true;
	return 0;
}

static int
give_out(void *ctx, const char *bytes, size_t len, bool flush, struct buf *wire)
{
	struct compress *c = ctx;

	if (wake_deflate(c) < 0)
		return -1;
	do {
		size_t piece = len < STEP ? len : STEP;

		c->deflate.next_in = (Bytef *)bytes;
		c->deflate.avail_in = (uInt)piece;
		bytes += piece;
		len -= piece;
		do {
			c->deflate.next_out = (Bytef *)buf_reserve(wire, STEP);
			c->deflate.avail_out = STEP;
			if (c->zlib->deflate(&c->deflate, flush && len == 0
			    ? Z_SYNC_FLUSH : Z_NO_FLUSH)
			    == Z_STREAM_ERROR)
				return -1;
			wire->len += STEP - c->deflate.avail_out;
		} while (c->deflate.avail_out == 0);
	} while (len > 0);
	return 0;
}

/* ---- the whole ---- */

static void
rest(void *ctx)
{
	compress_rest(ctx);
}

struct compress *
compress_start(struct input *in, struct output *out)
{
	const struct zlib *zlib = zlib_late();
	struct compress *c;
	struct buf already = BUF_INIT;
	int result;

	if (zlib == NULL)
		return NULL;
	c = mem_calloc(1, sizeof *c);
	c->zlib = zlib;
	c->in = in;
	c->out = out;
	if (wake_inflate(c) < 0 || wake_deflate(c) < 0) {
		compress_stop(&c);
		return NULL;
	}
	output_flush(out);
	out->filter = (struct output_filter){ give_out, c };
	in->filter = (struct input_filter){ take_in, rest, c };
	/* A client must wait for our OK; one that did not has sent compressed octets. */
	buf_add(&already, buf_str(&in->buf) + in->at, in->buf.len - in->at);
	buf_reset(&in->buf);
	in->at = 0;
	if (already.len > 0) {
		result = take_in(c, already.data, already.len, &in->buf);
		in->filter_more = result > 0;
		c->ended |= result < 0;
	}
	buf_fini(&already);
	return c;
}

void
compress_rest(struct compress *c)
{
	Bytef window[1 << WINDOW_BITS];
	uInt len = 0;

	/*
	 * A new compressor may go on behind any flush: it only does not refer back.
	 * Output is always flushed before a wait.
	 */
	if (c->deflating && !c->out->unflushed) {
		c->zlib->deflate_end(&c->deflate);
		c->deflating = false;
	}
	/* The other way it must stand between two blocks, at a whole octet: after the client's flush. */
	if (!c->inflating || c->waiting.len > 0 || c->in->filter_more || c->ended
	    || c->inflate.data_type != 128
	    || c->zlib->inflate_get_dictionary(&c->inflate, window, &len) != Z_OK)
		return;
	buf_add(&c->window, window, len);
	c->zlib->inflate_end(&c->inflate);
	c->inflating = false;
}

void
compress_stop(struct compress **compress)
{
	struct compress *c = *compress;

	if (c == NULL)
		return;
	c->in->filter = (struct input_filter){ NULL, NULL, NULL };
	c->out->filter = (struct output_filter){ NULL, NULL };
	if (c->inflating)
		c->zlib->inflate_end(&c->inflate);
	if (c->deflating)
		c->zlib->deflate_end(&c->deflate);
	buf_fini(&c->waiting);
	buf_fini(&c->window);
	free(c);
	*compress = NULL;
}
