/*
 * Text the way protocols mean it: ASCII only, the same in every locale.
 */
#ifndef UTIL_ASCII_H
#define UTIL_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value of a hexadecimal digit, or -1. */
int ascii_hex(char c);

/* Compare without case, as strcasecmp and strncasecmp do in the C locale. */
int ascii_casecmp(const char *a, const char *b);
int ascii_ncasecmp(const char *a, const char *b, size_t len);

/* Is this whole run of len bytes the word, but for case? */
static inline bool
ascii_is(const char *bytes, size_t len, const char *word)
{
	return strlen(word) == len && ascii_ncasecmp(bytes, word, len) == 0;
}

/*
 * A decimal number of len digits, nothing else: true and *out when it is at
 * most max. Leading zeros are read; an empty run, a sign or an overflow is not.
 */
bool ascii_number(const char *bytes, size_t len, uint64_t max, uint64_t *out);

#endif
