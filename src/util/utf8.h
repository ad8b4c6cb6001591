/*
 * UTF-8 (RFC 3629): shortest forms only, no surrogates, nothing above U+10FFFF.
 */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read one character at *at, which is moved behind it. False at the end or at
 * a byte that starts no valid character; *at then stands where it was.
 */
bool utf8_next(const char **at, const char *end, uint32_t *character_out);

/* Write one character, at most 4 bytes; returns how many. */
size_t utf8_put(char *to, uint32_t character);

/* Is the whole run valid? */
bool utf8_valid(const char *bytes, size_t len);

#endif
