/* One field of one line: escapes for the tab-separated log and for JSON. */
#include "drill/escape.h"

#include <stdint.h>

#include "util/ascii.h"
#include "util/buf.h"

static bool
is_plain(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* The length of a run that needs no escape, so that text is added in one go. */
static size_t
plain_run(const char *bytes, size_t len, const char *special)
{
	size_t n = 0;

	while (n < len && is_plain(bytes[n]) && bytes[n] != special[0] && bytes[n] != special[1])
		n++;
	return n;
}

void
escape_field(const char *bytes, size_t len, size_t max, struct buf *out)
{
	size_t shown = max > 0 && len > max ? max : len;

	for (size_t i = 0; i < shown;) {
		size_t run = plain_run(bytes + i, shown - i, "\\\\");

		buf_add(out, bytes + i, run);
		i += run;
		if (i == shown)
			break;
		switch (bytes[i]) {
		case '\t':
			buf_adds(out, "\\t");
			break;
		case '\r':
			buf_adds(out, "\\r");
			break;
		case '\n':
			buf_adds(out, "\\n");
			break;
		case '\\':
			buf_adds(out, "\\\\");
			break;
		default:
			buf_addf(out, "\\x%02x", (unsigned char)bytes[i]);
		}
		i++;
	}
	if (shown < len)
		buf_addf(out, "\\+%zu", len - shown);
}

bool
escape_read(const char *field, size_t len, struct buf *out, size_t *left_out)
{
	uint64_t number;

	*left_out = 0;
	for (size_t i = 0; i < len; i++) {
		char c = field[i];

		if (c != '\\') {
			buf_addc(out, c);
			continue;
		}
		if (++i == len)
			return false;
		switch (field[i]) {
		case 't':
			buf_addc(out, '\t');
			break;
		case 'r':
			buf_addc(out, '\r');
			break;
		case 'n':
			buf_addc(out, '\n');
			break;
		case '\\':
			buf_addc(out, '\\');
			break;
		case 'x':
			if (len - i < 3 || ascii_hex(field[i + 1]) < 0 ||
			    ascii_hex(field[i + 2]) < 0)
				return false;
			buf_addc(out, (char)(ascii_hex(field[i + 1]) * 16 +
			    ascii_hex(field[i + 2])));
			i += 2;
			break;
		case '+':
			if (!ascii_number(field + i + 1, len - i - 1, SIZE_MAX, &number))
				return false;
			*left_out = (size_t)number;
			return true;
		default:
			return false;
		}
	}
	return true;
}

void
escape_json(const char *bytes, size_t len, size_t max, struct buf *out)
{
	size_t shown = max > 0 && len > max ? max : len;

	for (size_t i = 0; i < shown;) {
		size_t run = plain_run(bytes + i, shown - i, "\\\"");

		buf_add(out, bytes + i, run);
		i += run;
		if (i == shown)
			break;
		if (bytes[i] == '"' || bytes[i] == '\\') {
			buf_addc(out, '\\');
			buf_addc(out, bytes[i]);
		} else {
			buf_addf(out, "\\u%04x", (unsigned char)bytes[i]);
		}
		i++;
	}
}
