/*
 * Lines as IMAP sends them: counting and converting, at the speed of memory.
 *
 * Both loops look at 16 bytes at a time (SSE2, or two words of 8 where there is
 * none): what they look for stands once in a line, so most steps find nothing.
 * Counting keeps 16 small counters and sums them before one could overflow.
 */
#include "mail/crlf.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	STEP = 16,
	STAGE = 16 * 1024,	/* converted bytes handed over at once: stays in the first cache */
	SEEK_STEP = 4096,
};

typedef unsigned char vec16 __attribute__((vector_size(STEP)));

uint64_t
crlf_count(const char *bytes, size_t from, size_t to, uint64_t *lines_out)
{
	uint64_t bare = 0, all = 0;
	size_t at = from;

	if (at == 0 && at < to) {
		bare = all = bytes[0] == '\n';
		at = 1;
	}
	while (to - at >= STEP) {
		vec16 bare_sum = { 0 }, all_sum = { 0 };
		size_t steps = (to - at) / STEP;

		if (steps > 255)
			steps = 255;
		for (; steps > 0; steps--, at += STEP) {
			vec16 here, before, lf;

			memcpy(&here, bytes + at, STEP);
			memcpy(&before, bytes + at - 1, STEP);
			lf = (vec16)(here == '\n');
			all_sum -= lf;
			bare_sum -= lf & (vec16)(before != '\r');
		}
		for (int i = 0; i < STEP; i++) {
			bare += bare_sum[i];
			all += all_sum[i];
		}
	}
	for (; at < to; at++) {
		all += bytes[at] == '\n';
		bare += bytes[at] == '\n' && bytes[at - 1] != '\r';
	}
	*lines_out = all;
	return bare;
}

uint64_t
crlf_size(const char *bytes, size_t len)
{
	uint64_t all;

	return len + crlf_count(bytes, 0, len, &all);
}

uint64_t
crlf_size_lines(const char *bytes, size_t len, uint64_t *lines_out)
{
	return len + crlf_count(bytes, 0, len, lines_out);
}

/* A bit for each of the 16 bytes that is LF or NUL. */
static inline unsigned
special_bits(const char *bytes)
{
#ifdef __SSE2__
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)bytes);

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')),
	    _mm_cmpeq_epi8(v, _mm_setzero_si128())));
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < STEP; i++)
		bits |= (unsigned)(bytes[i] == '\n' || bytes[i] == '\0') << i;
	return bits;
#endif
}

/*
 * Convert bytes[from, to) to out, which has room for twice as many and STEP
 * more (a whole step is stored before it is looked at). Returns the end of out.
 */
static char *
convert(const char *bytes, size_t from, size_t to, bool keep_nul, char *out)
{
	const char *at = bytes + from, *end = bytes + to;

	while (at < end) {
		size_t left = (size_t)(end - at);

		if (left >= STEP) {
			unsigned bits = special_bits(at);
			unsigned plain = bits != 0 ? (unsigned)__builtin_ctz(bits) : STEP;

			memcpy(out, at, STEP);
			at += plain;
			out += plain;
			if (bits == 0)
				continue;
		}
		if (*at == '\n' && (at == bytes || at[-1] != '\r'))
			*out++ = '\r';
		*out++ = *at == '\0' && !keep_nul ? '\x80' : *at;
		at++;
	}
	return out;
}

/* Move place forward to the byte whose image holds octet wire, or to the end. */
static void
seek_wire(const char *bytes, size_t len, struct crlf_place *place, uint64_t wire)
{
	if (place->wire == wire)
		return;
	while (place->file < len) {
		size_t step = len - place->file < SEEK_STEP ? len - place->file : SEEK_STEP;
		uint64_t all;
		uint64_t size = step + crlf_count(bytes, place->file, place->file + step, &all);

		if (place->wire + size > wire)
			break;
		place->file += step;
		place->wire += size;
	}
	while (place->file < len) {
		size_t at = place->file;
		unsigned image = bytes[at] == '\n' && (at == 0 || bytes[at - 1] != '\r') ? 2 : 1;

		if (place->wire + image > wire)
			break;
		place->file++;
		place->wire += image;
	}
}

uint64_t
crlf_send(const char *bytes, size_t len, struct crlf_place *place,
    uint64_t offset, uint64_t count, bool keep_nul, mail_sink *sink, void *ctx)
{
	char stage[STAGE + STEP];
	uint64_t sent = 0;

	if (place->wire > offset)
		*place = (struct crlf_place){ 0, 0 };
	seek_wire(bytes, len, place, offset);
	if (count == 0 || place->file == len)
		return 0;
	if (place->wire < offset) {
		/* between the CR that we add and its LF */
		sink(ctx, "\n", 1);
		sent = 1;
		place->file++;
		place->wire += 2;
	}
	while (sent < count && place->file < len) {
		size_t stop = len - place->file < STAGE / 2 ? len : place->file + STAGE / 2;
		char *end = convert(bytes, place->file, stop, keep_nul, stage);
		uint64_t made = (uint64_t)(end - stage);

		if (made > count - sent) {
			/* More than is wanted; the cut may be between a CR that we add and its LF. */
			sink(ctx, stage, (size_t)(count - sent));
			seek_wire(bytes, len, place, place->wire + (count - sent));
			return count;
		}
		sink(ctx, stage, (size_t)made);
		place->file = stop;
		place->wire += made;
		sent += made;
	}
	return sent;
}
