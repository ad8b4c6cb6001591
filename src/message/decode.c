/*
 * The transfer encodings undone by GMime's step functions.
 *
 * Line ends become CRLF before a decoder sees them, so that a hard line break of
 * quoted-printable comes out as CRLF while an encoded =0A stays what it is:
 * behind the decoder nobody could tell them apart. Blanks at the end of such a
 * line are dropped there too (RFC 2045 6.7 (3)), which GMime leaves to others.
 */
#include "message/decode.h"

#include <gmime/gmime.h>
#include <string.h>

#include "mail/crlf.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"

enum { STEP = 32 * 1024 };

struct decoder {
	GMimeEncoding state;
	bool direct;		/* nothing to decode */
	struct buf out, lines;
	decode_sink *sink;
	void *ctx;
	bool stopped;
};

static void
decode_step(void *ctx, const char *bytes, size_t len)
{
	struct decoder *decoder = ctx;
	char *to;

	if (decoder->stopped)
		return;
	if (decoder->direct) {
		decoder->stopped = !decoder->sink(decoder->ctx, bytes, len);
		return;
	}
	buf_reset(&decoder->out);
	to = buf_reserve(&decoder->out, g_mime_encoding_outlen(&decoder->state, len) + 64);
	decoder->out.len = g_mime_encoding_step(&decoder->state, bytes, len, to);
	if (decoder->out.len > 0)
		decoder->stopped = !decoder->sink(decoder->ctx, decoder->out.data, decoder->out.len);
}

/* Behind the "begin" line of uuencoded data; all of it when there is none. */
static size_t
skip_uu_begin(const char *bytes, size_t len)
{
	for (size_t at = 0; at < len; ) {
		const char *lf = memchr(bytes + at, '\n', len - at);
		size_t next = lf != NULL ? (size_t)(lf + 1 - bytes) : len;

		if (len - at > 6 && memcmp(bytes + at, "begin ", 6) == 0)
			return next;
		at = next;
	}
	return len;
}

/* Lines of quoted-printable; rest: more of the body follows, maybe of the last line. */
static void
quoted_printable_step(struct decoder *decoder, const char *bytes, size_t len, bool rest)
{
	const char *end = bytes + len;

	buf_reset(&decoder->lines);
	while (bytes < end) {
		const char *lf = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *stop = lf != NULL ? lf : end;

		if (lf != NULL && stop > bytes && stop[-1] == '\r')
			stop--;
		if (lf != NULL || !rest)
			while (stop > bytes && (stop[-1] == ' ' || stop[-1] == '\t'))
				stop--;
		buf_add(&decoder->lines, bytes, (size_t)(stop - bytes));
		if (lf == NULL)
			break;
		buf_add(&decoder->lines, "\r\n", 2);
		bytes = lf + 1;
	}
	decode_step(decoder, buf_str(&decoder->lines), decoder->lines.len);
}

/* How many bytes to take at once: about STEP, never cut between CR and LF. */
static size_t
whole_lines(const char *bytes, size_t len)
{
	size_t step = STEP;

	if (len <= STEP)
		return len;
	while (step > STEP / 2 && bytes[step - 1] != '\n')
		step--;
	while (step < len && bytes[step] == '\n')
		step++;
	return step;
}

bool
decode_body(const char *bytes, size_t len, enum part_encoding encoding, decode_sink *sink,
    void *ctx)
{
	struct decoder decoder = { .sink = sink, .ctx = ctx };

	switch (encoding) {
	case PART_BASE64:
		g_mime_encoding_init_decode(&decoder.state, GMIME_CONTENT_ENCODING_BASE64);
		break;
	case PART_QUOTED_PRINTABLE:
		g_mime_encoding_init_decode(&decoder.state, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
		break;
	case PART_UUENCODE: {
		size_t skip = skip_uu_begin(bytes, len);

		bytes += skip;
		len -= skip;
		g_mime_encoding_init_decode(&decoder.state, GMIME_CONTENT_ENCODING_UUENCODE);
		break;
	}
	case PART_7BIT:
	case PART_8BIT:
	case PART_BINARY:
	case PART_UNKNOWN_ENCODING:
		decoder.direct = true;
		break;
	}
	for (size_t at = 0, step; at < len && !decoder.stopped; at += step) {
		step = whole_lines(bytes + at, len - at);
		if (encoding == PART_BASE64) {
			decode_step(&decoder, bytes + at, step);	/* line ends mean nothing here */
		} else if (encoding == PART_QUOTED_PRINTABLE) {
			quoted_printable_step(&decoder, bytes + at, step, at + step < len);
		} else {
			struct crlf_place place = { 0, 0 };

			crlf_send(bytes + at, step, &place, 0, UINT64_MAX, true, decode_step, &decoder);
		}
	}
	buf_fini(&decoder.out);
	buf_fini(&decoder.lines);
	return !decoder.stopped;
}

struct counted {
	mail_sink *sink;
	void *ctx;
	uint64_t size;
};

static bool
count_step(void *ctx, const char *bytes, size_t len)
{
	struct counted *counted = ctx;

	counted->size += len;
	if (counted->sink != NULL)
		counted->sink(counted->ctx, bytes, len);
	return true;
}

int
decode_part(const char *bytes, size_t len, enum part_encoding encoding,
    mail_sink *sink, void *ctx, uint64_t *size_out, struct err *err)
{
	struct counted counted = { sink, ctx, 0 };

	if (encoding == PART_UNKNOWN_ENCODING)
		return err_set(err, ERR_UNKNOWN_CTE, "The part's transfer encoding is not known here");
	decode_body(bytes, len, encoding, count_step, &counted);
	*size_out = counted.size;
	return 0;
}
