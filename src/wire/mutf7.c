/*
 * Modified UTF-7. "&" shifts into base64 of UTF-16 (with "," for "/"), "-"
 * shifts back, "&-" is "&": "Entw\xc3\xbcrfe" is "Entw&APw-rfe".
 */
#include "wire/mutf7.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/buf.h"
#include "util/utf8.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* A shift that is being written: bits that do not fill a character yet. */
struct shift {
	uint32_t bits;
	unsigned count;
	bool open;
};

static void
put_unit(struct shift *shift, uint32_t unit, struct buf *out)
{
	if (!shift->open) {
		buf_addc(out, '&');
		*shift = (struct shift){ .open = true };
	}
	shift->bits = shift->bits << 16 | unit;
	shift->count += 16;
	while (shift->count >= 6) {
		shift->count -= 6;
		buf_addc(out, alphabet[shift->bits >> shift->count & 63]);
	}
}

static void
close_shift(struct shift *shift, struct buf *out)
{
	if (!shift->open)
		return;
	if (shift->count > 0)
		buf_addc(out, alphabet[shift->bits << (6 - shift->count) & 63]);
	buf_addc(out, '-');
	shift->open = false;
}

static int
back_to(struct buf *out, size_t len)
{
	out->len = len;
	if (out->data != NULL)
		out->data[len] = '\0';
	return -1;
}

int
mutf7_encode(const char *utf8, size_t len, struct buf *out)
{
	const char *at = utf8, *end = utf8 + len;
	struct shift shift = { .open = false };
	size_t start = out->len;
	uint32_t c;

	while (at < end) {
		if (!utf8_next(&at, end, &c))
			return back_to(out, start);
		if (c >= 0x20 && c <= 0x7e) {
			close_shift(&shift, out);
			buf_addc(out, (char)c);
			if (c == '&')
				buf_addc(out, '-');
		} else if (c >= 0x10000) {
			put_unit(&shift, 0xd800 + ((c - 0x10000) >> 10), out);
			put_unit(&shift, 0xdc00 + ((c - 0x10000) & 0x3ff), out);
		} else {
			put_unit(&shift, c, out);
		}
	}
	close_shift(&shift, out);
	return 0;
}

/* One run of base64 from *at, behind the "&", to behind its "-". */
static int
decode_shift(const char **at, const char *end, struct buf *out)
{
	uint32_t bits = 0, high = 0;
	unsigned count = 0;

	for (;; (*at)++) {
		const char *found;
		char utf8[4];
		uint32_t unit;

		if (*at == end)
			return -1;
		if (**at == '-')
			break;
		if (**at == '\0' || (found = strchr(alphabet, **at)) == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(found - alphabet);
		count += 6;
		if (count < 16)
			continue;
		count -= 16;
		unit = bits >> count & 0xffff;
		if (high != 0) {
			if (unit < 0xdc00 || unit > 0xdfff)
				return -1;
			unit = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
			high = 0;
		} else if (unit >= 0xd800 && unit <= 0xdbff) {
			high = unit;
			continue;
		} else if ((unit >= 0xdc00 && unit <= 0xdfff) || unit == 0) {
			return -1;
		}
		buf_add(out, utf8, utf8_put(utf8, unit));
	}
	(*at)++;
	return high != 0 ? -1 : 0;
}

/* Is this how we would spell it? One comparison refuses every other spelling. */
static bool
canonical(const char *text, size_t len, const char *utf8, size_t utf8_len)
{
	struct buf again = BUF_INIT;
	bool same = mutf7_encode(utf8, utf8_len, &again) == 0 && again.len == len &&
	    (len == 0 || memcmp(again.data, text, len) == 0);

	buf_fini(&again);
	return same;
}

int
mutf7_decode(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len;
	size_t start = out->len;
	bool shifted = false;

	while (at < end) {
		char c = *at++;

		if (c < 0x20 || c > 0x7e)
			return back_to(out, start);
		if (c != '&') {
			buf_addc(out, c);
			continue;
		}
		if (at < end && *at == '-') {
			buf_addc(out, '&');
			at++;
			continue;
		}
		shifted = true;
		if (decode_shift(&at, end, out) < 0)
			return back_to(out, start);
	}
	if (shifted && !canonical(text, len, buf_str(out) + start, out->len - start))
		return back_to(out, start);
	return 0;
}
