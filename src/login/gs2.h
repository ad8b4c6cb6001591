/*
 * The header in front of a client's first message (RFC 5801 section 4, RFC 5802
 * section 7): "n,a=NAME,". SCRAM-SHA-256 and OAUTHBEARER have it.
 */
#ifndef LOGIN_GS2_H
#define LOGIN_GS2_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/parse.h"

struct buf;

enum gs2 {
	GS2_GOOD,
	GS2_BINDING,	/* the client insists on channel binding, which is not offered */
	GS2_MALFORMED,
};

/* Read the header; *at moves behind it. The name is added to authzid; there may be none. */
enum gs2 gs2_header(const char **at, const char *end, struct buf *authzid);

/* The text up to the next comma; *at moves behind the comma, or to the end. */
struct str gs2_attribute(const char **at, const char *end);

/* Does it begin with the letter and an equals sign? */
bool gs2_is(const struct str *attribute, char letter);

/* A name in which "=2C" and "=3D" are a comma and an equals sign; not empty. False when it is none. */
bool gs2_name(const char *text, size_t len, struct buf *out);

#endif
