/*
 * The text of a message: every header decoded, every text part through transfer
 * encoding, charset and, if it is HTML, the tag stripper, piece by piece, so that
 * memory stays bounded whatever a part claims to be. The table of parts is made
 * anew here: the MIME fields that it takes are not in a cached one, and it costs
 * little beside the decoding.
 */
#include "message/text.h"

#include <stdint.h>
#include <string.h>

#include "mail/header.h"
#include "mail/structure.h"
#include "message/charset.h"
#include "message/decode.h"
#include "message/html.h"
#include "message/words.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

/* Where text goes, and how much still may. */
struct output {
	message_text_sink *sink;
	void *ctx;
	size_t left;
	bool first, stopped;
};

static bool
put(struct output *output, const char *utf8, size_t len)
{
	if (len > output->left)
		output->stopped = true;
	if (output->stopped || len == 0)
		return !output->stopped;
	output->left -= len;
	output->stopped = !output->sink(output->ctx, utf8, len, output->first);
	output->first = false;
	return !output->stopped;
}

/* A body on its way. */
struct body {
	struct output *output;
	struct charset charset;
	struct html html;
	bool is_html;
	struct buf text, words;
};

static bool
put_body(struct body *body)
{
	bool go_on;

	if (!body->is_html) {
		go_on = put(body->output, buf_str(&body->text), body->text.len);
	} else {
		buf_reset(&body->words);
		html_feed(&body->html, buf_str(&body->text), body->text.len, &body->words);
		go_on = put(body->output, buf_str(&body->words), body->words.len);
	}
	buf_reset(&body->text);
	return go_on;
}

static bool
feed_body(void *ctx, const char *bytes, size_t len)
{
	struct body *body = ctx;

	charset_feed(&body->charset, bytes, len, &body->text);
	return put_body(body);
}

/* What the walk needs to know of a leaf. */
struct leaf {
	bool shown;		/* text that people read */
	bool html;
	char charset[64];
	size_t charset_len;
};

static struct leaf
look_at(struct structure *structure, size_t index)
{
	const struct part *part = &structure->parts->parts[index];
	const struct mime_value *type = &structure->mimes[index].fields[MIME_TYPE];
	struct leaf leaf = { .shown = part->text };
	const char *value;
	size_t len;
	struct lex lex;

	if (part->kind != PART_LEAF)
		return (struct leaf){ .shown = false };
	if (type->bytes == NULL || !structure_type(type, &lex, &structure->text))
		return leaf;
	/* message/delivery-status, message/partial: text as well */
	if (structure->text.len > 8 && ascii_ncasecmp(structure->text.data, "message/", 8) == 0)
		leaf.shown = true;
	leaf.html = ascii_is(structure->text.data, structure->text.len, "text/html")
	    || ascii_is(structure->text.data, structure->text.len, "application/xhtml+xml");
	leaf.shown = leaf.shown || leaf.html;
	params_read(&structure->params, &lex);
	if (leaf.shown && params_find(&structure->params, "charset", &value, &len)
	    && len < sizeof leaf.charset) {
		memcpy(leaf.charset, value, len);
		leaf.charset_len = len;
	}
	return leaf;
}

static void
walk_body(const char *bytes, const struct part *part, const struct leaf *leaf,
    struct output *output)
{
	struct body body = { .output = output, .html = HTML_INIT, .is_html = leaf->html };

	output->first = true;
	charset_open(&body.charset, leaf->charset, leaf->charset_len);
	if (decode_body(bytes + part->body, part->end - part->body, (enum part_encoding)part->encoding,
	    feed_body, &body)) {
		charset_end(&body.charset, &body.text);
		put_body(&body);
	}
	charset_close(&body.charset);
	buf_fini(&body.text);
	buf_fini(&body.words);
}

/* Each field as "Name: decoded value", and file names a second time, whole. */
static void
walk_header(const char *header, size_t len, bool mime, struct output *output)
{
	struct header_walk walk = header_walk(header, len);
	struct header_field field;
	struct buf text = BUF_INIT;

	while (!output->stopped && header_next(&walk, &field)) {
		buf_reset(&text);
		if (field.name_len > 0) {
			words_decode(field.name, field.name_len, &text);
			buf_adds(&text, ": ");
		}
		words_decode(field.value, field.value_len, &text);
		output->first = true;
		put(output, text.data, text.len);
		if (!mime || field.name_len < 12 || ascii_lower(field.name[0]) != 'c')
			continue;
		buf_reset(&text);
		if (header_is(&field, "Content-Type"))
			words_file_name(field.value, field.value_len, "name", &text);
		else if (header_is(&field, "Content-Disposition"))
			words_file_name(field.value, field.value_len, "filename", &text);
		output->first = true;
		put(output, buf_str(&text), text.len);
	}
	buf_fini(&text);
}

bool
text_walk(const char *bytes, size_t len, const struct part_table *parts,
    unsigned texts, message_text_sink *sink, void *ctx)
{
	struct part_table table = PART_TABLE_INIT;
	struct structure structure = { .parts = &table };
	struct output output = { .sink = sink, .ctx = ctx, .left = MESSAGE_TEXT_MAX };
	bool done;

	(void)parts;
	charset_begin();
	if ((texts & MESSAGE_BODY) == 0) {
		walk_header(bytes, header_len(bytes, len), true, &output);
		return !output.stopped || output.left == 0;
	}
	structure_scan(&structure, bytes, len);
	for (size_t i = 0; i < table.count && !output.stopped; i++) {
		const struct part *part = &table.parts[i];
		struct leaf leaf;

		if (i > 0 || (texts & MESSAGE_HEADER) != 0)
			walk_header(bytes + part->header, part->body - part->header, true, &output);
		leaf = look_at(&structure, i);
		if (leaf.shown && !output.stopped)
			walk_body(bytes, part, &leaf, &output);
	}
	done = !output.stopped;
	structure_fini(&structure);
	part_table_fini(&table);
	return done;
}

/* A preview being made: one line of words. */
struct preview {
	struct buf *out;
	size_t chars;
	bool blank;		/* due before the next word */
	bool line_start, skip_line;
	bool plain;		/* not HTML: lines mean something */
};

/* Characters that senders pad their hidden first lines with, and others that show nothing. */
static bool
shows_nothing(uint32_t c)
{
	return c == 0xad || c == 0x34f || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e)
	    || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffd || c == 0x115f || c == 0x1160
	    || c == 0x17b4 || c == 0x17b5 || c == 0x180e || (c >= 0x7f && c < 0xa0);
}

static bool
is_space(uint32_t c)
{
	return c <= ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a)
	    || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x2007 || c == 0x3000;
}

static bool
preview_sink(void *ctx, const char *utf8, size_t len, bool first)
{
	struct preview *preview = ctx;
	const char *end = utf8 + len;

	if (first) {
		preview->line_start = true;
		preview->skip_line = false;
	}
	while (utf8 < end) {
		const char *start = utf8;
		uint32_t c;

		if (!utf8_next(&utf8, end, &c)) {
			utf8++;
			continue;
		}
		if (c == '\n') {
			preview->line_start = true;
			preview->skip_line = false;
		}
		if (is_space(c)) {
			preview->blank = true;
			continue;
		}
		/* what somebody else wrote before tells nothing new */
		if (preview->plain && preview->line_start && c == '>')
			preview->skip_line = true;
		preview->line_start = false;
		if (preview->skip_line || shows_nothing(c))
			continue;
		if (preview->blank && preview->chars > 0) {
			if (preview->chars + 2 > MESSAGE_PREVIEW_CHARS)
				return false;
			buf_addc(preview->out, ' ');
			preview->chars++;
		}
		preview->blank = false;
		if (preview->chars + 1 > MESSAGE_PREVIEW_CHARS)
			return false;
		buf_add(preview->out, start, (size_t)(utf8 - start));
		preview->chars++;
	}
	return true;
}

/* Is the part sent to be saved, not read? */
static bool
is_attachment(const struct mime *mime)
{
	const struct mime_value *value = &mime->fields[MIME_DISPOSITION];
	struct lex lex;

	if (value->bytes == NULL)
		return false;
	lex = lex_of(value->bytes, value->len);
	if (lex_blanks(&lex) <= 0 || lex.end - lex.at < 10)
		return false;
	return ascii_ncasecmp(lex.at, "attachment", 10) == 0;
}

void
text_preview(const char *bytes, size_t len, const struct part_table *parts, struct buf *out)
{
	struct part_table table = PART_TABLE_INIT;
	struct structure structure = { .parts = &table };
	struct preview preview = { .out = out };

	(void)parts;
	charset_begin();
	structure_scan(&structure, bytes, len);
	/* plain text first, HTML when there is none; the first part that has words to show */
	for (int html = 0; html < 2 && preview.chars == 0; html++)
		for (size_t i = 0; i < table.count && preview.chars == 0; i++) {
			struct output output = { .sink = preview_sink, .ctx = &preview, .left = MESSAGE_TEXT_MAX };
			struct leaf leaf;

			if (is_attachment(&structure.mimes[i])) {
				i = table.parts[i].next - 1;
				continue;
			}
			leaf = look_at(&structure, i);
			if (!leaf.shown || leaf.html != (html == 1))
				continue;
			preview.plain = !leaf.html;
			walk_body(bytes, &table.parts[i], &leaf, &output);
		}
	structure_fini(&structure);
	part_table_fini(&table);
}
