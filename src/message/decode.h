/*
 * The transfer encodings (RFC 2045 6) undone, in pieces of bounded size.
 */
#ifndef MESSAGE_DECODE_H
#define MESSAGE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/part.h"
#include "mail/sink.h"

struct err;

/* Takes a piece; false stops the work. */
typedef bool decode_sink(void *ctx, const char *bytes, size_t len);

/*
 * Decode a body: lines of 7bit, 8bit, binary and quoted-printable end in CRLF. False
 * when the sink stopped it. An unknown encoding is passed on as it is.
 */
bool decode_body(const char *bytes, size_t len, enum part_encoding encoding,
    decode_sink *sink, void *ctx);

/* decode of struct message_ops. */
int decode_part(const char *bytes, size_t len, enum part_encoding encoding,
    mail_sink *sink, void *ctx, uint64_t *size_out, struct err *err);

#endif
