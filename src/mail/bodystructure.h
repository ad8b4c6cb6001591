/*
 * BODY and BODYSTRUCTURE (RFC 9051 7.5.2) from a scanned message.
 */
#ifndef MAIL_BODYSTRUCTURE_H
#define MAIL_BODYSTRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct structure;

/* Add the list for the whole message; extended: with all that BODYSTRUCTURE has over BODY. */
void bodystructure_add(struct structure *structure, const char *bytes, bool extended,
    struct buf *out);

#endif
