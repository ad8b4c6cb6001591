/*
 * Base64, RFC 4648 section 4, for SASL (RFC 9051 section 6.2.2): padded, one
 * run, nothing else in it.
 */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include <stddef.h>

struct buf;

/* Add the text of len bytes. */
void base64_encode(const void *bytes, size_t len, struct buf *out);

/*
 * Add the bytes that the text stands for; the empty text is no bytes. -1, and
 * out as it was, when the text is not exactly what base64_encode() would print:
 * another length than a multiple of 4, an unknown character, "=" anywhere but
 * at the end, bits set that mean nothing. The buffer grows once, before the
 * first byte: a secret leaves no copy in freed memory.
 */
int base64_decode(const char *text, size_t len, struct buf *out);

#endif
