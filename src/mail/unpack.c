/*
 * From the compressed bytes of a message to the message.
 *
 * No mail begins with the first bytes of gzip, zstd, LZ4 or xz, for they are not
 * those of a header field. "BZh9" could be: there the mark of the first block is
 * asked for too. What does not open, to its end and within the bound, is shown as
 * it lies there; what would open with a library that is not here is refused, for
 * a client keeps what it was shown once.
 *
 * All libraries come by dlopen (zlib by util/zlib_late.h), under
 * the name that their ABI has had for ten years and more: a session that never
 * meets such a message never pays for them, and the sandbox lets libraries be
 * mapped. A library that was loaded stays.
 */
#include "mail/unpack.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef HAVE_BZLIB_H
#include <bzlib.h>
#endif
#ifdef HAVE_LZ4_H
#include <lz4.h>
#endif
#ifdef HAVE_LZMA_H
#include <lzma.h>
#endif
#ifdef HAVE_ZSTD_H
#include <zstd.h>
#endif

#include "util/buf.h"
#include "util/err.h"
#include "util/zlib_late.h"

enum {
	STEP = 1 << 17,
	LZ4_CHUNK_MAX = 1 << 20,	/* Dovecot writes chunks of 64 kB and reads up to this */
	PIECE_MAX = 1 << 30,	/* what fits the counters of zlib and bzip2 */
};
#define XZ_MEMORY_MAX ((uint64_t)128 << 20)	/* xz -9 needs 65 MB, Dovecot's level 6 needs 9 */

/* ---- libraries ---- */

struct library {
	const char *name;
	void *handle;
	bool asked;
};

/* A function of a library, NULL if it cannot be had. Nobody asks in a build without all four. */
__attribute__((unused)) static void *
function_of(struct library *library, const char *name)
{
	if (!library->asked)
		library->handle = dlopen(library->name, RTLD_NOW | RTLD_LOCAL);
	library->asked = true;
	return library->handle != NULL ? dlsym(library->handle, name) : NULL;
}

/* A pointer to a function of the same type as the one in the header. */
#define FUNCTION(library, name, into) \
	__typeof__(name) *into; \
	*(void **)&into = function_of(library, #name)

/* ---- each way ---- */

/*
 * Opened up whole: 1. Damaged, cut off, or longer than max, which is looked at
 * between two steps: 0. No library: -1.
 */

static int
open_gzip(const char *bytes, size_t len, size_t max, struct buf *out)
{
	const struct zlib *zlib = zlib_late();
	z_stream z = { .next_in = (Bytef *)bytes };
	size_t left = len;
	int result;

	if (zlib == NULL)
		return -1;
	/* 16: a gzip header, nothing else */
	result = zlib->inflate_init(&z, 16 + MAX_WBITS, ZLIB_VERSION, (int)sizeof z);

	while (result == Z_OK && out->len <= max) {
		uInt given = left > PIECE_MAX ? PIECE_MAX : (uInt)left;

		z.avail_in = given;
		z.next_out = (Bytef *)buf_reserve(out, STEP);
		z.avail_out = STEP;
		result = zlib->inflate(&z, Z_NO_FLUSH);
		out->len += STEP - z.avail_out;
		left -= given - z.avail_in;
		if (result == Z_STREAM_END && left > 0)
			result = zlib->inflate_reset(&z);
	}
	zlib->inflate_end(&z);
	return result == Z_STREAM_END;
}

#ifdef HAVE_BZLIB_H
static int
open_bzip2(const char *bytes, size_t len, size_t max, struct buf *out)
{
	static struct library library = { .name = "libbz2.so.1.0" };
	FUNCTION(&library, BZ2_bzDecompressInit, begin);
	FUNCTION(&library, BZ2_bzDecompress, step);
	FUNCTION(&library, BZ2_bzDecompressEnd, end);
	bz_stream z = { .next_in = (char *)bytes };
	size_t left = len;
	int result;

	if (begin == NULL || step == NULL || end == NULL)
		return -1;
	result = begin(&z, 0, 0);
	while (result == BZ_OK && out->len <= max) {
		unsigned given = left > PIECE_MAX ? PIECE_MAX : (unsigned)left;

		z.avail_in = given;
		z.next_out = buf_reserve(out, STEP);
		z.avail_out = STEP;
		result = step(&z);
		out->len += STEP - z.avail_out;
		left -= given - z.avail_in;
		if (result == BZ_OK && left == 0 && z.avail_out > 0)
			break;	/* cut off: it would wait for ever */
		if (result == BZ_STREAM_END && left > 0) {	/* several, one after the other */
			char *next = z.next_in;

			end(&z);
			z = (bz_stream){ .next_in = next };
			result = begin(&z, 0, 0);
		}
	}
	end(&z);
	return result == BZ_STREAM_END;
}
#endif

#ifdef HAVE_LZ4_H
static uint32_t
big_endian(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;

	return (uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8 | c[3];
}

/* The mark, the size of the largest chunk, then chunks with their size in front. */
static int
open_lz4(const char *bytes, size_t len, size_t max, struct buf *out)
{
	enum { MARK = 15, HEADER = MARK + 4 };
	static struct library library = { .name = "liblz4.so.1" };
	FUNCTION(&library, LZ4_decompress_safe, chunk);
	size_t at = HEADER;
	uint32_t most;

	if (chunk == NULL)
		return -1;
	if (len < HEADER || (most = big_endian(bytes + MARK)) == 0 || most > LZ4_CHUNK_MAX)
		return 0;
	while (len - at >= 4 && out->len <= max) {
		uint32_t size = big_endian(bytes + at);
		int got;

		at += 4;
		if (size == 0 || size > len - at || size > INT32_MAX)
			return 0;
		got = chunk(bytes + at, buf_reserve(out, most), (int)size, (int)most);
		if (got < 0)
			return 0;
		out->len += (size_t)got;
		at += size;
	}
	return at == len;
}
#endif

#ifdef HAVE_LZMA_H
static int
open_xz(const char *bytes, size_t len, size_t max, struct buf *out)
{
	static struct library library = { .name = "liblzma.so.5" };
	FUNCTION(&library, lzma_stream_decoder, begin);
	FUNCTION(&library, lzma_code, step);
	FUNCTION(&library, lzma_end, end);
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret result;

	if (begin == NULL || step == NULL || end == NULL)
		return -1;
	result = begin(&z, XZ_MEMORY_MAX, LZMA_CONCATENATED);
	z.next_in = (const uint8_t *)bytes;
	z.avail_in = len;
	while (result == LZMA_OK && out->len <= max) {
		z.next_out = (uint8_t *)buf_reserve(out, STEP);
		z.avail_out = STEP;
		result = step(&z, LZMA_FINISH);
		out->len += STEP - z.avail_out;
	}
	end(&z);
	return result == LZMA_STREAM_END;
}
#endif

#ifdef HAVE_ZSTD_H
static int
open_zstd(const char *bytes, size_t len, size_t max, struct buf *out)
{
	static struct library library = { .name = "libzstd.so.1" };
	FUNCTION(&library, ZSTD_createDStream, begin);
	FUNCTION(&library, ZSTD_decompressStream, step);
	FUNCTION(&library, ZSTD_isError, is_error);
	FUNCTION(&library, ZSTD_freeDStream, end);
	ZSTD_inBuffer in = { bytes, len, 0 };
	ZSTD_DStream *z;
	size_t wants = 1;	/* 0 at the end of a frame */
	bool full = true;

	if (begin == NULL || step == NULL || is_error == NULL || end == NULL || (z = begin()) == NULL)
		return -1;
	while ((in.pos < in.size || (wants != 0 && full)) && out->len <= max) {
		ZSTD_outBuffer to = { buf_reserve(out, STEP), STEP, 0 };

		wants = step(z, &to, &in);
		if (is_error(wants))
			break;
		out->len += to.pos;
		full = to.pos == to.size;
	}
	end(z);
	return wants == 0 && in.pos == in.size;
}
#endif

/* ---- which ---- */

#define MARK(text) text, sizeof text - 1

static const struct way {
	const char *name, *mark;
	size_t mark_len;
	int (*open)(const char *bytes, size_t len, size_t max, struct buf *out);	/* NULL: not built in */
} ways[] = {
	{ "compressed with gzip", MARK("\x1f\x8b\x08"), open_gzip },
#ifdef HAVE_ZSTD_H
	{ "compressed with zstd", MARK("\x28\xb5\x2f\xfd"), open_zstd },
#else
	{ "compressed with zstd", MARK("\x28\xb5\x2f\xfd"), NULL },
#endif
#ifdef HAVE_LZ4_H
	{ "compressed with lz4", MARK("Dovecot-LZ4\x0d\x2a\x9b\xc5"), open_lz4 },
#else
	{ "compressed with lz4", MARK("Dovecot-LZ4\x0d\x2a\x9b\xc5"), NULL },
#endif
#ifdef HAVE_BZLIB_H
	{ "compressed with bzip2", MARK("BZh"), open_bzip2 },
#else
	{ "compressed with bzip2", MARK("BZh"), NULL },
#endif
#ifdef HAVE_LZMA_H
	{ "compressed with xz", MARK("\xfd" "7zXZ\0"), open_xz },
#else
	{ "compressed with xz", MARK("\xfd" "7zXZ\0"), NULL },
#endif
};

/* "BZh", the size of blocks, then the mark of a block: a mail that begins so is not meant. */
static bool
is_bzip2(const char *bytes, size_t len)
{
	return len >= 10 && bytes[3] >= '1' && bytes[3] <= '9' && memcmp(bytes + 4, "1AY&SY", 6) == 0;
}

/* Nothing can be done; the log hears it once, for a mailbox may be full of them. */
static enum unpacked
refuse(struct err *err, const char *what, const char *why)
{
	static bool told;

	err_set(err, ERR_CANNOT, "The message is %s, which cannot be read here", what);
	if (!told)
		err_detail(err, "a message is %s: %s", what, why);
	told = true;
	return UNPACK_FAILED;
}

enum unpacked
unpack(const char *bytes, size_t len, size_t max, struct buf *out, struct err *err)
{
	if (len >= 9 && memcmp(bytes, "CRYPTED\x03\x07", 9) == 0)
		return refuse(err, "encrypted by Dovecot", "only its mail-crypt has the keys");
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		const struct way *way = &ways[i];
		size_t start = out->len;
		int result = -1;

		if (len < way->mark_len || memcmp(bytes, way->mark, way->mark_len) != 0
		    || (*bytes == 'B' && !is_bzip2(bytes, len)))
			continue;
		if (way->open != NULL)
			result = way->open(bytes, len, start + max, out);
		if (result < 0)
			return refuse(err, way->name, way->open == NULL
			    ? "built without its library" : "its library cannot be loaded");
		buf_add(out, "", 0);
		if (result > 0 && out->len - start <= max)
			return UNPACK_DONE;
		out->len = start;
		return UNPACK_PLAIN;
	}
	return UNPACK_PLAIN;
}
