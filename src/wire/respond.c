/* The form of a string on the wire: the shortest that its bytes allow. */
#include "wire/respond.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"
#include "wire/output.h"
#include "wire/parse.h"

enum {
	QUOTED_MAX = 1000,	/* longer strings go as literals: old clients have line bounds */
	LINE_MAX_TEXT = 1024,
};

enum form { ATOM, QUOTED, LITERAL };

static enum form
form_of(const char *bytes, size_t len, bool utf8)
{
	enum form form = len == 0 ? QUOTED : ATOM;
	bool high = false;

	if (len > QUOTED_MAX)
		return LITERAL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c == '\0' || c == '\r' || c == '\n')
			return LITERAL;
		if (c >= 0x80)
			high = true;
		if (!parse_is_atom_char((char)c))
			form = QUOTED;
	}
	if (high && (!utf8 || !utf8_valid(bytes, len)))
		return LITERAL;
	return form;
}

static void
add_quoted(struct buf *buf, const char *bytes, size_t len)
{
	buf_addc(buf, '"');
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			buf_addc(buf, '\\');
		buf_addc(buf, bytes[i]);
	}
	buf_addc(buf, '"');
}

static void
add_form(struct buf *buf, enum form form, const char *bytes, size_t len)
{
	switch (form) {
	case ATOM:
		buf_add(buf, bytes, len);
		break;
	case QUOTED:
		add_quoted(buf, bytes, len);
		break;
	case LITERAL:
		buf_addf(buf, "{%zu}\r\n", len);
		buf_add(buf, bytes, len);
		break;
	}
}

void
respond_buf_astring(struct buf *buf, const char *bytes, size_t len, int utf8)
{
	enum form form = form_of(bytes, len, utf8);

	/* An atom NIL would read as "nothing" to some clients. */
	if (form == ATOM && ascii_is(bytes, len, "NIL"))
		form = QUOTED;
	add_form(buf, form, bytes, len);
}

void
respond_astring(struct output *out, const char *bytes, size_t len, int utf8)
{
	respond_buf_astring(&out->buf, bytes, len, utf8);
}

void
respond_buf_nstring(struct buf *buf, const char *bytes, size_t len, int utf8)
{
	enum form form;

	if (bytes == NULL) {
		buf_adds(buf, "NIL");
		return;
	}
	form = form_of(bytes, len, utf8);
	add_form(buf, form == ATOM ? QUOTED : form, bytes, len);
}

void
respond_nstring(struct output *out, const char *bytes, size_t len, int utf8)
{
	respond_buf_nstring(&out->buf, bytes, len, utf8);
}

void
respond_untagged(struct output *out, const char *format, ...)
{
	char text[LINE_MAX_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	output_text(out, "* ");
	output_text(out, text);
	output_text(out, "\r\n");
}
