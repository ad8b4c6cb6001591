/* UTF-8 as RFC 3629 narrows it. */
#include "util/utf8.h"

bool
utf8_next(const char **at, const char *end, uint32_t *character_out)
{
	const unsigned char *p = (const unsigned char *)*at;
	size_t left = (size_t)(end - *at), more;
	uint32_t c, least;

	if (left == 0)
		return false;
	c = p[0];
	if (c < 0x80) {
		*character_out = c;
		(*at)++;
		return true;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		more = 1, c &= 0x1f, least = 0x80;
	} else if (c >= 0xe0 && c <= 0xef) {
		more = 2, c &= 0x0f, least = 0x800;
	} else if (c >= 0xf0 && c <= 0xf4) {
		more = 3, c &= 0x07, least = 0x10000;
	} else {
		return false;
	}
	if (left <= more)
		return false;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	*character_out = c;
	*at += more + 1;
	return true;
}

size_t
utf8_put(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

bool
utf8_valid(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	uint32_t c;

	while (at < end)
		if (!utf8_next(&at, end, &c))
			return false;
	return true;
}
