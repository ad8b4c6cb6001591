/* One pass over wire text, field by field; strings are handed out where they stand. */
#include "query/envelope.h"

#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"

/* Skip a quoted string, a literal or an atom (NIL); false when it is not whole. */
static bool
skip_string(const char **at, const char *end)
{
	const char *p = *at;

	if (p < end && *p == '"') {
		const char *quote = memchr(p + 1, '"', (size_t)(end - p - 1));

		/* with a backslash before it, it may not be the end */
		if (quote != NULL && quote[-1] == '\\') {
			for (quote = p + 1; quote < end && *quote != '"'; quote++)
				if (*quote == '\\')
					quote++;
		}
		if (quote == NULL || quote >= end)
			return false;
		*at = quote + 1;
		return true;
	}
	if (p < end && *p == '{') {
		const char *digits = ++p;
		uint64_t len;

		while (p < end && ascii_is_digit(*p))
			p++;
		if (!ascii_number(digits, (size_t)(p - digits), (uint64_t)(end - digits), &len)
		    || end - p < 3 || memcmp(p, "}\r\n", 3) != 0
		    || (uint64_t)(end - p - 3) < len)
			return false;
		*at = p + 3 + len;
		return true;
	}
	while (p < end && ascii_is_alpha(*p))
		p++;
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* Skip a string or a list of lists of strings. */
static bool
skip_field(const char **at, const char *end)
{
	size_t depth = 0;

	do {
		if (*at >= end)
			return false;
		if (**at == '(') {
			depth++;
			(*at)++;
		} else if (**at == ')') {
			if (depth == 0)
				return false;
			depth--;
			(*at)++;
		} else if (**at == ' ' && depth > 0) {
			(*at)++;
		} else if (!skip_string(at, end)) {
			return false;
		}
	} while (depth > 0);
	return true;
}

/* Where a field begins; NULL when the text ends before it. */
static const char *
find_field(struct str envelope, enum envelope_field field)
{
	const char *at = envelope.data, *end = at + envelope.len;

	if (envelope.len == 0 || *at++ != '(')
		return NULL;
	for (int i = 0; i < (int)field; i++) {
		if (!skip_field(&at, end) || at == end || *at++ != ' ')
			return NULL;
	}
	return at < end ? at : NULL;
}

/* Take a string at *at. room receives what loses its backslashes. */
static bool
take_string(const char **at, const char *end, struct buf *room, struct str *out)
{
	const char *start = *at, *brace;
	size_t from = room->len;

	*out = (struct str){ NULL, 0 };
	if (!skip_string(at, end))
		return false;
	if (*start == '{') {
		brace = memchr(start, '}', (size_t)(*at - start));
		*out = (struct str){ brace + 3, (size_t)(*at - brace - 3) };
	} else if (*start == '"') {
		*out = (struct str){ start + 1, (size_t)(*at - start - 2) };
		if (memchr(out->data, '\\', out->len) == NULL)
			return true;
		for (const char *p = out->data, *stop = p + out->len; p < stop; p++) {
			if (*p == '\\' && p + 1 < stop)
				p++;
			buf_addc(room, *p);
		}
		*out = (struct str){ room->data + from, room->len - from };
	}
	return true;
}

struct str
envelope_string(struct str envelope, enum envelope_field field, struct buf *room)
{
	const char *at = find_field(envelope, field);
	struct str out = { NULL, 0 };

	buf_reset(room);
	if (at != NULL)
		take_string(&at, envelope.data + envelope.len, room, &out);
	return out;
}

struct envelope_walk
envelope_addresses(struct str envelope, enum envelope_field field)
{
	const char *at = find_field(envelope, field), *end = envelope.data + envelope.len;

	if (at == NULL || *at != '(')
		return (struct envelope_walk){ end, end };
	return (struct envelope_walk){ at + 1, end };
}

bool
envelope_next(struct envelope_walk *walk, struct envelope_address *out, struct buf *room)
{
	struct str adl, *parts[4] = { &out->name, &adl, &out->mailbox, &out->host };
	const char *end = walk->end, *stop;

	buf_reset(room);
	if (walk->at < end && *walk->at == ' ')
		walk->at++;
	stop = walk->at;
	if (!skip_field(&stop, end) || *walk->at++ != '(')
		goto end_of_list;
	/* all that is unescaped fits, so that no part moves when the next one is added */
	if (memchr(walk->at, '\\', (size_t)(stop - walk->at)) != NULL)
		buf_reserve(room, (size_t)(stop - walk->at));
	for (int i = 0; i < 4; i++) {
		if (i > 0 && (walk->at == end || *walk->at++ != ' '))
			goto end_of_list;
		if (!take_string(&walk->at, end, room, parts[i]))
			goto end_of_list;
	}
	if (walk->at == end || *walk->at++ != ')')
		goto end_of_list;
	return true;

end_of_list:
	walk->at = end;
	return false;
}
