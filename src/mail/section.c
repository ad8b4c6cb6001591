/*
 * Sections: words to struct section, section to spans of the file, spans to
 * octets. RFC 9051 6.4.5.1 says what each word means; the blank line belongs to
 * every header that has one (the same place).
 */
#include "mail/section.h"

#include <stdlib.h>
#include <string.h>

#include "mail/file.h"
#include "mail/header.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/mem.h"

enum { LINEAR_NAMES = 32 };	/* up to so many names are compared one by one (lengths first); more are
				 * sorted, which costs more than it saves for the dozen that clients ask for */

/* Is this word at text, and nothing that would make it longer? */
static bool
at_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && ascii_ncasecmp(text, word, n) == 0
	    && (len == n || text[n] == ']' || text[n] == ' ');
}

static const char *
parse_kind(const char *text, size_t len, struct section *out, size_t *used)
{
	static const struct {
		const char *word;
		enum section_kind kind;
	} rows[] = {
		{ "HEADER", SECTION_HEADER },
		{ "HEADER.FIELDS", SECTION_HEADER_FIELDS },
		{ "HEADER.FIELDS.NOT", SECTION_HEADER_FIELDS_NOT },
		{ "TEXT", SECTION_TEXT },
		{ "MIME", SECTION_MIME },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!at_word(text, len, rows[i].word))
			continue;
		out->kind = rows[i].kind;
		*used = strlen(rows[i].word);
		if (out->kind == SECTION_MIME && out->depth == 0)
			return "MIME needs a part number before it";
		return NULL;
	}
	return "unknown section word";
}

int
section_parse(const char *text, size_t len, struct section *out, const char **why_out)
{
	size_t at = 0, used = 0;

	out->kind = SECTION_ALL;
	out->depth = 0;
	out->names = NULL;
	out->name_count = 0;
	*why_out = NULL;
	if (len == 0 || text[0] == ']')
		return 0;
	for (;;) {
		size_t digits = 0;
		uint64_t number;

		while (at + digits < len && ascii_is_digit(text[at + digits]))
			digits++;
		if (digits == 0) {
			*why_out = parse_kind(text + at, len - at, out, &used);
			return *why_out != NULL ? -1 : (int)(at + used);
		}
		if (!ascii_number(text + at, digits, UINT32_MAX, &number) || number == 0 || text[at] == '0') {
			*why_out = "part numbers are 1 to 4294967295";
			return -1;
		}
		if (out->depth <= PART_DEPTH_MAX)
			out->path[out->depth++] = (uint32_t)number;
		at += digits;
		if (at == len || text[at] != '.')
			return (int)at;
		at++;
	}
}

/* One name of a header list: atom, quoted string or literal. */
static void
print_name(const struct section_name *name, struct buf *out)
{
	bool atom = name->len > 0, quoted = true;

	for (size_t i = 0; i < name->len; i++) {
		unsigned char c = (unsigned char)name->bytes[i];

		if (c <= ' ' || c >= 0x7f || strchr("(){%*\"\\", c) != NULL)
			atom = false;
		if (c == '\0' || c == '\r' || c == '\n' || c >= 0x80)
			quoted = false;
	}
	if (atom) {
		buf_add(out, name->bytes, name->len);
	} else if (quoted) {
		buf_addc(out, '"');
		for (size_t i = 0; i < name->len; i++) {
			if (name->bytes[i] == '"' || name->bytes[i] == '\\')
				buf_addc(out, '\\');
			buf_addc(out, name->bytes[i]);
		}
		buf_addc(out, '"');
	} else {
		buf_addc(out, '{');
		buf_addu(out, name->len);
		buf_adds(out, "}\r\n");
		buf_add(out, name->bytes, name->len);
	}
}

void
section_print(const struct section *section, struct buf *out)
{
	static const char *const words[] = {
		[SECTION_ALL] = "", [SECTION_HEADER] = "HEADER",
		[SECTION_HEADER_FIELDS] = "HEADER.FIELDS (",
		[SECTION_HEADER_FIELDS_NOT] = "HEADER.FIELDS.NOT (",
		[SECTION_TEXT] = "TEXT", [SECTION_MIME] = "MIME",
	};

	for (size_t i = 0; i < section->depth; i++) {
		if (i > 0)
			buf_addc(out, '.');
		buf_addu(out, section->path[i]);
	}
	if (section->kind == SECTION_ALL)
		return;
	if (section->depth > 0)
		buf_addc(out, '.');
	buf_adds(out, words[section->kind]);
	if (section->kind != SECTION_HEADER_FIELDS && section->kind != SECTION_HEADER_FIELDS_NOT)
		return;
	for (size_t i = 0; i < section->name_count; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		print_name(&section->names[i], out);
	}
	buf_addc(out, ')');
}

bool
section_needs_parts(const struct section *section)
{
	return section->depth > 0;
}

void
section_data_fini(struct section_data *data)
{
	free(data->spans);
	*data = SECTION_DATA_INIT;
}

/* Add a span; one that goes on where the last ended makes that one longer. */
static void
add_span(struct section_data *data, uint64_t start, uint64_t end)
{
	if (start == end)
		return;
	if (data->count > 0 && data->spans[data->count - 1].end == start) {
		data->spans[data->count - 1].end = end;
		return;
	}
	data->spans = mem_grow(data->spans, &data->room, data->count + 1, sizeof *data->spans);
	data->spans[data->count++] = (struct section_span){ start, end };
}

static int
compare_names(const struct section_name *a, const struct section_name *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = ascii_ncasecmp(a->bytes, b->bytes, len);

	if (order != 0)
		return order;
	return a->len < b->len ? -1 : a->len > b->len;
}

static int
compare_names_void(const void *a, const void *b)
{
	return compare_names(a, b);
}

static bool
name_listed(const struct section_name *names, size_t count, const struct header_field *field)
{
	struct section_name name = { field->name, field->name_len };

	if (name.len == 0)
		return false;
	if (count > LINEAR_NAMES)
		return bsearch(&name, names, count, sizeof *names, compare_names_void) != NULL;
	for (size_t i = 0; i < count; i++)
		if (names[i].len == name.len && compare_names(&names[i], &name) == 0)
			return true;
	return false;
}

/* The wanted fields of the header in bytes[start, end), and its blank line. */
static void
find_fields(const struct section *section, const char *bytes, uint64_t start, uint64_t end,
    struct section_data *data)
{
	bool want = section->kind == SECTION_HEADER_FIELDS;
	const struct section_name *names = section->names;
	struct section_name *sorted = NULL;
	struct header_walk walk = header_walk(bytes + start, end - start);
	struct header_field field;

	if (section->name_count > LINEAR_NAMES) {
		sorted = mem_realloc_array(NULL, section->name_count, sizeof *sorted);
		memcpy(sorted, names, section->name_count * sizeof *sorted);
		qsort(sorted, section->name_count, sizeof *sorted, compare_names_void);
		names = sorted;
	}
	while (header_next(&walk, &field)) {
		uint64_t at = (uint64_t)(field.line - bytes);

		if (name_listed(names, section->name_count, &field) == want)
			add_span(data, at, at + field.line_len);
	}
	add_span(data, (uint64_t)(walk.at - bytes) - walk.blank, (uint64_t)(walk.at - bytes));
	free(sorted);
	for (size_t i = 0; i < data->count; i++)
		data->size += crlf_size(bytes + data->spans[i].start, data->spans[i].end - data->spans[i].start);
}

/* The section of the whole message, without a part table. */
static void
find_top(const struct section *section, const char *bytes, size_t len, uint64_t known_size,
    struct section_data *data)
{
	size_t split;

	if (section->kind == SECTION_ALL) {
		add_span(data, 0, len);
		data->size = known_size != MAIL_UNKNOWN ? known_size : crlf_size(bytes, len);
		return;
	}
	if (section->kind == SECTION_HEADER_FIELDS || section->kind == SECTION_HEADER_FIELDS_NOT) {
		find_fields(section, bytes, 0, len, data);	/* stops at the header's end by itself */
		return;
	}
	split = header_len(bytes, len);
	switch (section->kind) {
	case SECTION_HEADER:
		add_span(data, 0, split);
		data->size = crlf_size(bytes, split);
		break;
	case SECTION_TEXT:
		add_span(data, split, len);
		data->size = known_size != MAIL_UNKNOWN ? known_size - crlf_size(bytes, split)
		    : crlf_size(bytes + split, len - split);
		break;
	default:
		break;
	}
}

bool
section_find(const struct section *section, const char *bytes, size_t len,
    uint64_t known_size, const struct part_table *parts, struct section_data *data)
{
	const struct part *part;
	uint32_t at;

	data->count = 0;
	data->size = 0;
	data->span_at = 0;
	data->span_wire = 0;
	data->place = (struct crlf_place){ 0, 0 };
	if (section->depth == 0) {
		find_top(section, bytes, len, known_size, data);
		return true;
	}
	at = parts != NULL && section->depth <= PART_DEPTH_MAX
	    ? part_find(parts, section->path, section->depth) : PART_NONE;
	if (at == PART_NONE)
		return false;
	part = &parts->parts[at];
	if (section->kind != SECTION_ALL && section->kind != SECTION_MIME) {
		if (part->kind != PART_MESSAGE || part->next == at + 1)
			return false;
		part++;
	}
	if (part->end > len)
		return false;	/* a table of another file */
	switch (section->kind) {
	case SECTION_ALL:
	case SECTION_TEXT:
		add_span(data, part->body, part->end);
		data->size = part->body_size;
		break;
	case SECTION_MIME:
	case SECTION_HEADER:
		add_span(data, part->header, part->body);
		data->size = part->header_size;
		break;
	case SECTION_HEADER_FIELDS:
	case SECTION_HEADER_FIELDS_NOT:
		find_fields(section, bytes, part->header, part->body, data);
		break;
	}
	return true;
}

uint64_t
section_partial(const struct section_data *data, uint64_t offset, uint64_t count)
{
	if (offset >= data->size)
		return 0;
	return data->size - offset < count ? data->size - offset : count;
}

/* Blanks for octets that were promised and are not there. */
static void
send_blanks(uint64_t count, mail_sink *sink, void *ctx)
{
	static const char blanks[64] = "                                                                ";

	for (; count > sizeof blanks; count -= sizeof blanks)
		sink(ctx, blanks, sizeof blanks);
	sink(ctx, blanks, (size_t)count);
}

bool
section_send(struct section_data *data, const char *bytes, size_t len,
    uint64_t offset, uint64_t count, mail_sink *sink, void *ctx)
{
	uint64_t left = section_partial(data, offset, count);

	if (offset < data->span_wire) {
		data->span_at = 0;
		data->span_wire = 0;
		data->place = (struct crlf_place){ 0, 0 };
	}
	while (left > 0 && data->span_at < data->count) {
		const struct section_span *span = &data->spans[data->span_at];
		uint64_t sent;

		if (span->end > len)
			break;
		sent = crlf_send(bytes + span->start, span->end - span->start, &data->place,
		    offset - data->span_wire, left, false, sink, ctx);
		offset += sent;
		left -= sent;
		if (left > 0) {
			data->span_at++;
			data->span_wire += data->place.wire;
			data->place = (struct crlf_place){ 0, 0 };
		}
	}
	if (left == 0)
		return true;
	send_blanks(left, sink, ctx);
	return false;
}
