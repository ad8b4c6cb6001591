/* Base64 with its one alphabet; strict, so that a secret has one spelling. */
#include "wire/base64.h"

#include <stdint.h>

#include "util/buf.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const void *bytes, size_t len, struct buf *out)
{
	const unsigned char *in = bytes;
	char *to = buf_reserve(out, (len / 3 + 1) * 4), *start = to;

	for (; len >= 3; len -= 3, in += 3) {
		*to++ = alphabet[in[0] >> 2];
		*to++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
		*to++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
		*to++ = alphabet[in[2] & 63];
	}
	if (len > 0) {
		unsigned second = len == 2 ? in[1] : 0;

		*to++ = alphabet[in[0] >> 2];
		*to++ = alphabet[(in[0] & 3) << 4 | second >> 4];
		*to++ = len == 2 ? alphabet[(second & 15) << 2] : '=';
		*to++ = '=';
	}
	*to = '\0';
	out->len += (size_t)(to - start);
}

/* 0 to 63, or -1. */
static int
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int
base64_decode(const char *text, size_t len, struct buf *out)
{
	size_t pad = 0, start = out->len;
	uint32_t bits = 0;

	if (len % 4 != 0)
		return -1;
	if (len > 0 && text[len - 1] == '=')
		pad = text[len - 2] == '=' ? 2 : 1;
	buf_reserve(out, len / 4 * 3);
	for (size_t i = 0; i < len - pad; i++) {
		int v = value(text[i]);

		if (v < 0)
			goto bad;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 == 3) {
			buf_addc(out, (char)(bits >> 16));
			buf_addc(out, (char)(bits >> 8));
			buf_addc(out, (char)bits);
			bits = 0;
		}
	}
	/* what the padding leaves over must be zero, or two texts meant the same */
	if (pad == 1) {
		if (bits & 3)
			goto bad;
		buf_addc(out, (char)(bits >> 10));
		buf_addc(out, (char)(bits >> 2));
	} else if (pad == 2) {
		if (bits & 15)
			goto bad;
		buf_addc(out, (char)(bits >> 4));
	}
	return 0;
bad:
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	return -1;
}
