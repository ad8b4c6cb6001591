/*
 * A struct err as the client hears it: NO, BAD or BYE, and the response code
 * (RFC 9051 7.1, RFC 5530). Nobody else decides this.
 */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stdbool.h>

struct err;
struct output;

/* The tagged answer to a command that failed. ERR_BYE is answered with reply_bye. */
void reply_err(struct output *out, const char *tag, const struct err *err);

/* "* BYE text": the session ends. */
void reply_bye(struct output *out, const char *text);

/* Does this kind count as a command that the client got wrong? */
bool reply_is_bad(const struct err *err);

#endif
