/* COMPRESS=DEFLATE by zlib: raw deflate, without zlib's header (RFC 4978 section 3). */
#include "drill/compress.h"

#include <stdlib.h>
#include <zlib.h>

#include "util/buf.h"
#include "util/mem.h"

struct compress {
	z_stream in, out;
};

bool
compress_available(void)
{
	return true;
}

struct compress *
compress_new(void)
{
	struct compress *compress = mem_calloc(1, sizeof *compress);

	/* the server's window is its own choice: take the largest */
	if (inflateInit2(&compress->in, -MAX_WBITS) != Z_OK ||
	    deflateInit2(&compress->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		die_no_memory();
	return compress;
}

void
compress_free(struct compress **compress)
{
	if (*compress == NULL)
		return;
	inflateEnd(&(*compress)->in);
	deflateEnd(&(*compress)->out);
	free(*compress);
	*compress = NULL;
}

void
compress_deflate(struct compress *compress, const char *bytes, size_t len, struct buf *wire)
{
	enum { STEP = 16384 };
	z_stream *z = &compress->out;

	z->next_in = (Bytef *)(uintptr_t)bytes;
	z->avail_in = (uInt)len;
	do {
		z->next_out = (Bytef *)buf_reserve(wire, STEP);
		z->avail_out = STEP;
		deflate(z, Z_SYNC_FLUSH);
		wire->len += STEP - z->avail_out;
	} while (z->avail_out == 0);
	wire->data[wire->len] = '\0';
}

int
compress_inflate(struct compress *compress, const char **at, const char *end, char *plain,
    size_t room)
{
	z_stream *z = &compress->in;
	int r;

	z->next_in = (Bytef *)(uintptr_t)*at;
	z->avail_in = (uInt)(end - *at);
	z->next_out = (Bytef *)plain;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_SYNC_FLUSH);
	*at = (const char *)z->next_in;
	if (r == Z_MEM_ERROR)
		die_no_memory();
	/* a server may end the stream before it closes; more behind that end is broken */
	if (r != Z_OK && r != Z_BUF_ERROR && (r != Z_STREAM_END || *at < end))
		return -1;
	return (int)(room - z->avail_out);
}
