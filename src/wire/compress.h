/*
 * COMPRESS=DEFLATE (RFC 4978): raw deflate in both directions, put between the
 * buffers of input.h and output.h and the connection.
 *
 * What a client's few octets could swell to is never held: input is taken in
 * steps of bounded size, and the rest of it waits compressed. A session that
 * waits for long gives the memory of both directions back (compress_rest) and
 * goes on afterwards as if nothing had been: only the last octets that the
 * client can refer to are kept.
 */
#ifndef WIRE_COMPRESS_H
#define WIRE_COMPRESS_H

struct compress;
struct input;
struct output;

/*
 * From now on all that goes out is compressed (what is queued goes out plain
 * before) and all that comes in is taken for compressed, also what was read
 * already. NULL when zlib will not, or is not here.
 */
struct compress *compress_start(struct input *in, struct output *out);

/* Give back what is not needed while nothing comes and goes. */
void compress_rest(struct compress *compress);

/* Takes the filters away again; NULL inside is fine. */
void compress_stop(struct compress **compress);

#endif
