/* Text the way protocols mean it: ASCII only, the same in every locale. */
#include "util/ascii.h"

int
ascii_hex(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int
ascii_ncasecmp(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int diff;

		if (a[i] == b[i]) {	/* most letters have the case that is asked for */
			if (a[i] == '\0')
				return 0;
			continue;
		}
		diff = (unsigned char)ascii_lower(a[i]) - (unsigned char)ascii_lower(b[i]);
		if (diff != 0)
			return diff;
	}
	return 0;
}

int
ascii_casecmp(const char *a, const char *b)
{
	return ascii_ncasecmp(a, b, SIZE_MAX);
}

bool
ascii_number(const char *bytes, size_t len, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		uint64_t digit;

		if (!ascii_is_digit(bytes[i]))
			return false;
		digit = (uint64_t)(bytes[i] - '0');
		if (value > (max - digit) / 10 || digit > max)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}
