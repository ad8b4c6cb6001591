/*
 * BODY and BODYSTRUCTURE. Recursion follows the part table, so it is never
 * deeper than PART_DEPTH_MAX.
 */
#include "mail/bodystructure.h"

#include <string.h>

#include "mail/envelope.h"
#include "mail/nstring.h"
#include "mail/structure.h"
#include "util/ascii.h"
#include "util/buf.h"

struct writer {
	struct structure *structure;
	const char *bytes;
	struct buf *out;
	bool extended;
};

static void
add_value(struct writer *writer, const struct mime_value *value)
{
	buf_addc(writer->out, ' ');
	if (value->bytes == NULL)
		buf_adds(writer->out, "NIL");
	else
		nstring_add_value(writer->out, value->bytes, value->len);
}

/* " (disposition (parameters))" or " NIL" */
static void
add_disposition(struct writer *writer, const struct mime_value *value)
{
	struct buf *text = &writer->structure->text;
	struct lex lex;

	if (value->bytes == NULL) {
		buf_adds(writer->out, " NIL");
		return;
	}
	lex = lex_of(value->bytes, value->len);
	buf_reset(text);
	if (lex_blanks(&lex) > 0)
		lex_token(&lex, text);
	buf_adds(writer->out, " (");
	nstring_add(writer->out, buf_str(text), text->len);
	buf_addc(writer->out, ' ');
	params_read(&writer->structure->params, &lex);
	params_add(&writer->structure->params, false, writer->out);
	buf_addc(writer->out, ')');
}

/* " (language language)" or " NIL" */
static void
add_language(struct writer *writer, const struct mime_value *value)
{
	struct buf *text = &writer->structure->text;
	struct lex lex;
	bool any = false;
	int more = 0;

	if (value->bytes != NULL) {
		lex = lex_of(value->bytes, value->len);
		more = lex_blanks(&lex);
	}
	while (more > 0) {
		buf_reset(text);
		more = lex_token(&lex, text);
		if (more < 0 || text->len == 0)
			break;
		buf_adds(writer->out, any ? " " : " (");
		nstring_add(writer->out, text->data, text->len);
		any = true;
		if (more == 0 || *lex.at != ',')
			break;
		lex.at++;
		more = lex_blanks(&lex);
	}
	buf_adds(writer->out, any ? ")" : " NIL");
}

/* What all kinds end in. */
static void
add_extension(struct writer *writer, const struct mime *mime)
{
	add_disposition(writer, &mime->fields[MIME_DISPOSITION]);
	add_language(writer, &mime->fields[MIME_LANGUAGE]);
	add_value(writer, &mime->fields[MIME_LOCATION]);
}

/*
 * Type, subtype and parameters of what is no multipart. A multipart or message
 * too deep to be looked into is shown as what it is to us: octets.
 */
static void
add_type(struct writer *writer, const struct part *part, const struct mime *mime)
{
	struct buf *text = &writer->structure->text, *out = writer->out;
	struct lex lex;
	const char *slash;
	bool typed = mime->fields[MIME_TYPE].bytes != NULL
	    && structure_type(&mime->fields[MIME_TYPE], &lex, text);

	if (!typed) {
		if (part->kind == PART_MESSAGE)
			buf_adds(out, "\"message\" \"rfc822\" NIL");
		else if (part->text)
			buf_adds(out, "\"text\" \"plain\" (\"charset\" \"us-ascii\")");
		else
			buf_adds(out, "\"application\" \"octet-stream\" NIL");
		return;
	}
	if (part->kind == PART_LEAF && (ascii_ncasecmp(text->data, "multipart/", 10) == 0
	    || ascii_is(text->data, text->len, "message/rfc822"))) {
		buf_adds(out, "\"application\" \"octet-stream\" NIL");
		return;
	}
	slash = memchr(text->data, '/', text->len);
	nstring_add(out, text->data, (size_t)(slash - text->data));
	buf_addc(out, ' ');
	nstring_add(out, slash + 1, (size_t)(text->data + text->len - slash - 1));
	buf_addc(out, ' ');
	params_read(&writer->structure->params, &lex);
	params_add(&writer->structure->params, part->text, out);
}

static void add_part(struct writer *writer, size_t index);

static void
add_single(struct writer *writer, size_t index)
{
	const struct part *part = &writer->structure->parts->parts[index];
	const struct mime *mime = &writer->structure->mimes[index];
	struct buf *text = &writer->structure->text, *out = writer->out;

	add_type(writer, part, mime);
	add_value(writer, &mime->fields[MIME_ID]);
	add_value(writer, &mime->fields[MIME_DESCRIPTION]);
	buf_addc(out, ' ');
	if (mime->fields[MIME_ENCODING].bytes != NULL
	    && structure_encoding(&mime->fields[MIME_ENCODING], text))
		nstring_add(out, text->data, text->len);
	else
		buf_adds(out, "\"7bit\"");
	buf_addc(out, ' ');
	buf_addu(out, part->body_size);
	if (part->kind == PART_MESSAGE) {
		const struct part *inside = part + 1;

		buf_addc(out, ' ');
		envelope_add(writer->bytes + inside->header, inside->body - inside->header, out);
		buf_addc(out, ' ');
		add_part(writer, index + 1);
	}
	if (part->text || part->kind == PART_MESSAGE) {
		buf_addc(out, ' ');
		buf_addu(out, part->lines);
	}
	if (writer->extended) {
		add_value(writer, &mime->fields[MIME_MD5]);
		add_extension(writer, mime);
	}
}

static void
add_multipart(struct writer *writer, size_t index)
{
	const struct part *parts = writer->structure->parts->parts;
	const struct mime *mime = &writer->structure->mimes[index];
	struct buf *text = &writer->structure->text, *out = writer->out;
	struct lex lex;

	if (parts[index].next == index + 1)
		/* the grammar wants one at least: an empty text */
		buf_adds(out, writer->extended
		    ? "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0 NIL NIL NIL NIL)"
		    : "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0)");
	for (size_t i = index + 1; i < parts[index].next; i = parts[i].next)
		add_part(writer, i);
	buf_addc(out, ' ');
	structure_type(&mime->fields[MIME_TYPE], &lex, text);
	nstring_add(out, text->data + strlen("multipart/"), text->len - strlen("multipart/"));
	if (!writer->extended)
		return;
	buf_addc(out, ' ');
	params_read(&writer->structure->params, &lex);
	params_add(&writer->structure->params, false, out);
	add_extension(writer, mime);
}

static void
add_part(struct writer *writer, size_t index)
{
	buf_addc(writer->out, '(');
	if (writer->structure->parts->parts[index].kind == PART_MULTIPART)
		add_multipart(writer, index);
	else
		add_single(writer, index);
	buf_addc(writer->out, ')');
}

void
bodystructure_add(struct structure *structure, const char *bytes, bool extended, struct buf *out)
{
	struct writer writer = { structure, bytes, out, extended };

	add_part(&writer, 0);
}
