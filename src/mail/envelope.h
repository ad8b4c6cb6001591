/*
 * ENVELOPE (RFC 9051 7.5.2) from a header block: of the message, or of one inside.
 */
#ifndef MAIL_ENVELOPE_H
#define MAIL_ENVELOPE_H

#include <stddef.h>

struct buf;

/* Add "(date subject from sender reply-to to cc bcc in-reply-to message-id)". */
void envelope_add(const char *header, size_t len, struct buf *out);

#endif
