/* A header block walked field by field; header.h says what is taken for what. */
#include "mail/header.h"

#include <string.h>

#include "mail/scan.h"
#include "util/buf.h"

/* Behind the LF of the line at `at`, or the end. */
static const char *
line_end(const char *at, const char *end)
{
	const char *lf = memchr(at, '\n', (size_t)(end - at));

	return lf != NULL ? lf + 1 : end;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Set name and value of the field whose lines are known; first is the end of the first. */
static void
split_field(struct header_field *field, const char *first)
{
	const char *line = field->line, *end = line + field->line_len;
	const char *colon, *name_end, *value;

	if (end > line && end[-1] == '\n')
		end--;
	if (end > line && end[-1] == '\r')
		end--;
	if (first > end)
		first = end;
	colon = memchr(line, ':', (size_t)(first - line));
	if (colon == NULL || is_blank(*line)) {
		field->name = line;
		field->name_len = 0;
		field->value = line;
		field->value_len = (size_t)(end - line);
		return;
	}
	for (name_end = colon; name_end > line && is_blank(name_end[-1]); name_end--)
		;
	for (value = colon + 1; value < end && is_blank(*value); value++)
		;
	field->name = line;
	field->name_len = (size_t)(name_end - line);
	field->value = value;
	field->value_len = (size_t)(end - value);
}

bool
header_next(struct header_walk *walk, struct header_field *field)
{
	const char *at = walk->at, *end = walk->end, *first, *next;

	if (at == end)
		return false;
	if (*at == '\n' || (*at == '\r' && end - at >= 2 && at[1] == '\n')) {
		walk->blank = *at == '\n' ? 1 : 2;
		walk->end = walk->at = at + walk->blank;
		return false;
	}
	first = line_end(at, end);
	for (next = first; next < end && is_blank(*next); )
		next = line_end(next, end);
	field->line = at;
	field->line_len = (size_t)(next - at);
	split_field(field, first);
	walk->at = next;
	return true;
}

size_t
header_len(const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;

	while (at < end) {
		if (*at == '\n')
			return (size_t)(at + 1 - bytes);
		if (*at == '\r' && end - at >= 2 && at[1] == '\n')
			return (size_t)(at + 2 - bytes);
		at = line_end(at, end);
	}
	return len;
}

bool
header_find(const char *bytes, size_t len, const char *name, struct header_field *field)
{
	struct header_walk walk = header_walk(bytes, len);

	while (header_next(&walk, field))
		if (header_is(field, name))
			return true;
	return false;
}

size_t
header_value_len(const char *value, size_t len)
{
	size_t at = len;

	while (at > 0 && (is_blank(value[at - 1]) || value[at - 1] == '\r' || value[at - 1] == '\n'))
		at--;
	for (; at < len; at++)
		if (value[at] == '\n' || (value[at] == '\r' && at + 1 < len && value[at + 1] == '\n'))
			return at;
	return len;
}

void
header_unfold(const char *value, size_t len, struct buf *out)
{
	const char *end = value + len;

	while (value < end && (is_blank(*value) || *value == '\r' || *value == '\n'))
		value++;
	while (end > value && (is_blank(end[-1]) || end[-1] == '\r' || end[-1] == '\n'))
		end--;
	if (!(scan_kinds(value, (size_t)(end - value)) & SCAN_CONTROL)) {
		buf_add(out, value, (size_t)(end - value));
		return;
	}
	for (; value < end; value++) {
		if (*value == '\0' || (*value == '\r' && value[1] != '\n'))
			buf_addc(out, ' ');	/* a bare CR is no folding, but no text either */
		else if (*value != '\r' && *value != '\n')
			buf_addc(out, *value);
	}
}

bool
header_is_plain(const char *value, size_t len)
{
	unsigned kinds = scan_kinds(value, len);

	if (kinds & SCAN_HIGH)
		return false;
	if ((kinds & SCAN_CONTROL) && memchr(value, '\x1b', len) != NULL)
		return false;
	if (kinds & SCAN_EQUALS)
		for (size_t i = 0; i + 1 < len; i++)
			if (value[i] == '=' && value[i + 1] == '?')
				return false;
	return true;
}
