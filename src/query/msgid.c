/* Each octet is looked at once: an id that turns out to be none is not read again. */
#include "query/msgid.h"

#include <string.h>

#include "util/buf.h"

/* From a quote on: add what is quoted. The place behind it; the end when it does not close. */
static const char *
take_quoted(const char *at, const char *end, struct buf *out)
{
	for (at++; at < end; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
		if (*at != '\r' && *at != '\n')
			buf_addc(out, *at);
	}
	return end;
}

/* From a parenthesis on: comments nest. */
static const char *
skip_comment(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		else if (*at == '(')
			depth++;
		else if (*at == ')' && --depth == 0)
			return at + 1;
	}
	return end;
}

bool
msgid_next(const char **at, const char *end, struct buf *out)
{
	const char *c = *at;
	size_t left = 0;	/* octets before the "@" */
	bool inside = false, at_seen = false;

	while (c < end) {
		if (!inside) {
			c = memchr(c, '<', (size_t)(end - c));
			if (c == NULL)
				break;
			inside = true;
		}
		switch (*c) {
		case '<':	/* also a second one: text in front of an id */
			buf_reset(out);
			at_seen = false;
			c++;
			break;
		case '>':
			c++;
			inside = false;
			if (at_seen && left > 0 && out->len > left + 1) {
				*at = c;
				return true;
			}
			break;
		case '"':
			c = take_quoted(c, end, out);
			break;
		case '(':
			c = skip_comment(c, end);
			break;
		case ' ':
		case '\t':
		case '\r':
		case '\n':
		case '\0':
			c++;
			break;
		case '@':
			if (!at_seen)
				left = out->len;
			at_seen = true;
			buf_addc(out, *c++);
			break;
		default:
			buf_addc(out, *c++);
			break;
		}
	}
	*at = end;
	return false;
}
