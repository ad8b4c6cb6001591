/*
 * Find the parts of a message.
 *
 * GMime was tried for this and left: it keeps no offsets of nested headers, makes
 * an object of every part and address, and sees other parts than Dovecot in
 * broken mail. What is needed is small: lines that begin with "--" and a known
 * boundary. RFC 2046 5.1.1 says that a line need only begin with it; where two
 * boundaries fit, the longer one is meant. The line end in front belongs to the
 * boundary. A boundary of an outer multipart ends all that is open inside.
 *
 * Sizes: offsets come up in order, so one count of line ends runs along behind,
 * and a part's size is the difference of two counts.
 */
#include "mail/structure.h"

#include <stdlib.h>
#include <string.h>

#include "mail/crlf.h"
#include "mail/header.h"
#include "util/ascii.h"
#include "util/mem.h"

/* A multipart whose boundary may still come. */
struct open {
	uint32_t part;
	size_t at, len;		/* its boundary in scan.boundaries */
};

struct scan {
	struct structure *structure;
	const char *bytes;
	size_t len;

	uint32_t part;		/* the innermost part that is open */
	size_t depth;		/* how many are above it */
	struct open open[PART_DEPTH_MAX + 1];
	size_t open_count;
	struct buf boundaries;

	size_t counted;		/* line ends up to here are in: */
	uint64_t bare, lines;
};

/* A line that begins with a boundary. */
struct hit {
	size_t line, next;	/* where it begins, and the line behind it */
	size_t which;		/* in scan.open */
	bool last;		/* "--" follows the boundary */
};

bool
structure_type(const struct mime_value *value, struct lex *lex_out, struct buf *text)
{
	struct lex lex = lex_of(value->bytes, value->len);

	buf_reset(text);
	if (lex_blanks(&lex) <= 0 || lex_token(&lex, text) <= 0 || *lex.at != '/')
		return false;
	lex.at++;
	buf_addc(text, '/');
	if (lex_blanks(&lex) <= 0 || lex_token(&lex, text) < 0)
		return false;
	if (lex.at < lex.end && *lex.at != ';')
		return false;
	*lex_out = lex;
	return true;
}

bool
structure_encoding(const struct mime_value *value, struct buf *text)
{
	struct lex lex = lex_of(value->bytes, value->len);

	buf_reset(text);
	return lex_blanks(&lex) > 0 && lex_token(&lex, text) == 0;
}

static enum part_encoding
encoding_of(const struct mime_value *value, struct buf *text)
{
	static const struct {
		const char *name;
		enum part_encoding encoding;
	} rows[] = {
		{ "7bit", PART_7BIT },
		{ "8bit", PART_8BIT },
		{ "binary", PART_BINARY },
		{ "quoted-printable", PART_QUOTED_PRINTABLE },
		{ "base64", PART_BASE64 },
		{ "x-uuencode", PART_UUENCODE },
		{ "x-uue", PART_UUENCODE },
		{ "uuencode", PART_UUENCODE },
	};

	struct lex lex;

	if (value->bytes == NULL)
		return PART_7BIT;
	/* what follows a ";" does no harm, though BODYSTRUCTURE does not name it then */
	lex = lex_of(value->bytes, value->len);
	buf_reset(text);
	if (lex_blanks(&lex) <= 0 || lex_token(&lex, text) < 0 || (lex.at < lex.end && *lex.at != ';'))
		return PART_UNKNOWN_ENCODING;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (ascii_is(text->data, text->len, rows[i].name))
			return rows[i].encoding;
	return PART_UNKNOWN_ENCODING;
}

/* Count on to that offset. */
static void
count_to(struct scan *scan, size_t offset)
{
	uint64_t lines;

	scan->bare += crlf_count(scan->bytes, scan->counted, offset, &lines);
	scan->lines += lines;
	scan->counted = offset;
}

/* A part begins at offset, inside the part `parent` (itself for the first). */
static void
begin_part(struct scan *scan, uint32_t parent, uint32_t number, size_t offset)
{
	struct structure *structure = scan->structure;
	uint32_t index = (uint32_t)structure->parts->count;
	struct part *part = part_table_add(structure->parts);

	structure->mimes = mem_grow(structure->mimes, &structure->room, index + 1,
	    sizeof *structure->mimes);
	structure->mimes[index] = (struct mime){ .fields = { { NULL, 0 } } };
	count_to(scan, offset);
	part->parent = parent;
	part->number = number;
	part->header = offset;
	part->header_size = scan->bare;		/* the count where it begins, until it ends */
	scan->part = index;
}

static void
begin_body(struct scan *scan, size_t offset)
{
	struct part *part = &scan->structure->parts->parts[scan->part];

	count_to(scan, offset);
	part->body = offset;
	part->header_size = scan->bare - part->header_size + (part->body - part->header);
	part->body_size = scan->bare;
	part->lines = scan->lines;
}

/* All open parts up to, not with, `outer` end at offset; PART_NONE: really all. */
static void
end_parts(struct scan *scan, uint32_t outer, size_t offset)
{
	struct part *parts = scan->structure->parts->parts;

	count_to(scan, offset);
	while (scan->part != outer) {
		struct part *part = &parts[scan->part];

		part->end = offset;
		part->body_size = scan->bare - part->body_size + (part->end - part->body);
		part->lines = scan->lines - part->lines;
		part->next = (uint32_t)scan->structure->parts->count;
		if (scan->part == 0)
			break;
		scan->part = part->parent;
		scan->depth--;
	}
}

/* Does the line at offset begin with an open boundary? */
static bool
is_boundary(const struct scan *scan, size_t offset, struct hit *hit)
{
	const char *line = scan->bytes + offset, *end = scan->bytes + scan->len, *lf;
	size_t len, best_len = 0;
	bool found = false;

	if (scan->open_count == 0 || end - line < 2 || line[0] != '-' || line[1] != '-')
		return false;
	line += 2;
	lf = memchr(line, '\n', (size_t)(end - line));
	len = (size_t)((lf != NULL ? lf : end) - line);
	if (len > 0 && line[len - 1] == '\r')
		len--;
	for (size_t i = scan->open_count; i-- > 0; ) {
		const struct open *open = &scan->open[i];

		if (open->len > len || (found && open->len <= best_len)
		    || memcmp(line, scan->boundaries.data + open->at, open->len) != 0)
			continue;
		found = true;
		best_len = open->len;
		hit->which = i;
		hit->last = len >= best_len + 2 && line[best_len] == '-' && line[best_len + 1] == '-';
		if (best_len == len || (best_len + 2 == len && hit->last))
			break;		/* the whole line: no longer one is meant */
	}
	hit->line = offset;
	hit->next = lf != NULL ? (size_t)(lf + 1 - scan->bytes) : scan->len;
	return found;
}

/* The next boundary line at or behind offset, which begins a line. */
static bool
find_boundary(const struct scan *scan, size_t offset, struct hit *hit)
{
	const char *at = scan->bytes + offset, *end = scan->bytes + scan->len;

	if (scan->open_count == 0)
		return false;
	while (at < end) {
		if (*at == '-' && is_boundary(scan, (size_t)(at - scan->bytes), hit))
			return true;
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return false;
		at++;
	}
	return false;
}

/* Does a field that was remembered give way to another of its name? */
static bool
gives_way(struct structure *structure, int which, const struct mime_value *value)
{
	struct lex lex;

	if (value->bytes == NULL)
		return true;
	if (which == MIME_ENCODING)
		return !structure_encoding(value, &structure->text);
	if (which != MIME_DISPOSITION)
		return false;
	/* a disposition that names no file, for one that may */
	buf_reset(&structure->text);
	lex = lex_of(value->bytes, value->len);
	if (lex_blanks(&lex) > 0)
		lex_token(&lex, &structure->text);
	params_read(&structure->params, &lex);
	return structure->params.count == 0;
}

/* Remember a field that describes the part; true when it makes the part MIME. */
static bool
note_field(struct structure *structure, struct mime *mime, const struct header_field *field)
{
	static const char *const names[MIME_FIELDS] = {
		[MIME_TYPE] = "Type", [MIME_ENCODING] = "Transfer-Encoding", [MIME_ID] = "ID",
		[MIME_DESCRIPTION] = "Description", [MIME_DISPOSITION] = "Disposition",
		[MIME_LANGUAGE] = "Language", [MIME_LOCATION] = "Location", [MIME_MD5] = "MD5",
	};

	if (field->name_len < 10)
		return false;
	if (ascii_lower(field->name[0]) == 'm')
		return header_is(field, "Mime-Version");
	if (ascii_lower(field->name[0]) != 'c' || ascii_ncasecmp(field->name, "Content-", 8) != 0)
		return false;
	for (int i = 0; i < MIME_FIELDS; i++) {
		if (!ascii_is(field->name + 8, field->name_len - 8, names[i]))
			continue;
		if (mime->settled[i])
			return i == MIME_TYPE;
		/* what stays is read once: the next ones may be many, and it long */
		if (!gives_way(structure, i, &mime->fields[i]))
			mime->settled[i] = true;
		else
			mime->fields[i] = (struct mime_value){ field->value, field->value_len };
		return i == MIME_TYPE;
	}
	return false;
}

/*
 * Read the header of the part that just began. True when a boundary ends it
 * instead of an empty line; the line end in front is then the boundary's.
 */
static bool
read_header(struct scan *scan, struct hit *hit)
{
	struct part *part = &scan->structure->parts->parts[scan->part];
	struct mime *mime = &scan->structure->mimes[scan->part];
	struct header_walk walk = header_walk(scan->bytes + part->header, scan->len - part->header);
	struct header_field field;
	bool is_mime = part->number > 0, ended = false;
	size_t body;

	for (;;) {
		body = (size_t)(walk.at - scan->bytes);
		if ((ended = is_boundary(scan, body, hit)))
			break;
		if (!header_next(&walk, &field))
			break;
		if (note_field(scan->structure, mime, &field))
			is_mime = true;
	}
	if (!ended)
		body = (size_t)(walk.at - scan->bytes);
	else if (body > part->header)
		body -= body - part->header >= 2 && scan->bytes[body - 2] == '\r' ? 2 : 1;
	if (!is_mime)
		*mime = (struct mime){ .fields = { { NULL, 0 } } };
	begin_body(scan, body);
	return ended;
}

/* Open the boundary that Content-Type names, if it names one. */
static void
read_boundary(struct scan *scan, struct lex *lex)
{
	struct structure *structure = scan->structure;
	struct open *open = &scan->open[scan->open_count];
	const char *value;
	size_t len;

	params_read(&structure->params, lex);
	if (!params_find(&structure->params, "boundary", &value, &len))
		return;
	open->part = scan->part;
	open->at = scan->boundaries.len;
	open->len = len;
	buf_add(&scan->boundaries, value, len);
	scan->open_count++;
}

static enum part_kind
kind_of(const struct buf *type, unsigned encoding)
{
	if (type->len >= 10 && ascii_ncasecmp(type->data, "multipart/", 10) == 0)
		return PART_MULTIPART;
	if (ascii_is(type->data, type->len, "message/rfc822"))
		return PART_MESSAGE;
	/* this one may be encoded (RFC 6532 3.7): then it is a leaf */
	if (ascii_is(type->data, type->len, "message/global") && encoding <= PART_BINARY)
		return PART_MESSAGE;
	return PART_LEAF;
}

/* Is it a child of a multipart/digest, so a message by default (RFC 2046 5.1.5)? */
static bool
in_digest(const struct scan *scan, const struct part *part)
{
	return part->number > 0 && scan->structure->mimes[part->parent].digest;
}

/* What kind of part is it? A multipart's boundary is open from here on. */
static void
classify(struct scan *scan)
{
	struct structure *structure = scan->structure;
	struct part *parts = structure->parts->parts, *part = &parts[scan->part];
	struct mime *mime = &structure->mimes[scan->part];
	struct buf *text = &structure->text;
	struct lex lex;
	bool typed;

	part->kind = PART_LEAF;
	part->encoding = (uint8_t)encoding_of(&mime->fields[MIME_ENCODING], text);
	typed = mime->fields[MIME_TYPE].bytes != NULL;
	if (typed && structure_type(&mime->fields[MIME_TYPE], &lex, text)) {
		part->kind = (uint8_t)kind_of(text, part->encoding);
		part->text = ascii_ncasecmp(text->data, "text/", 5) == 0;
		/* remembered: each of 10,000 children asks, and the field may be long */
		mime->digest = ascii_is(text->data, text->len, "multipart/digest");
	} else if (!typed && in_digest(scan, part)) {
		part->kind = PART_MESSAGE;
	} else {
		part->text = 1;		/* also when the type is no type: RFC 2045 5.2 */
	}
	if (part->kind != PART_LEAF && (scan->depth >= PART_DEPTH_MAX
	    || structure->parts->count >= PART_COUNT_MAX))
		part->kind = PART_LEAF;
	if (part->kind == PART_MULTIPART)
		read_boundary(scan, &lex);
}

/*
 * The boundary stands right behind an empty line: that line end is the
 * boundary's (RFC 2046 5.1.1, CRLF "--"), so headers that ended with it end
 * before it. Returns where the parts inside `outer` end now.
 */
static size_t
give_line_end(struct scan *scan, uint32_t outer, size_t line)
{
	struct part *parts = scan->structure->parts->parts, *part = &parts[scan->part];
	size_t end;

	while (part != &parts[outer] && part->header == line)
		part = &parts[part->parent];
	if (part == &parts[outer] || part->body != line)
		return line;
	end = line - (line - part->header >= 2 && scan->bytes[line - 2] == '\r' ? 2 : 1);
	scan->counted = end;
	scan->bare -= line - end == 1;
	scan->lines--;
	part->header_size -= 2;
	for (;; part++) {
		part->body = end;
		part->body_size = scan->bare;
		part->lines = scan->lines;
		if (part == &parts[scan->part])
			return end;
		part[1].header = end;
	}
}

/*
 * Deal with a boundary line: true when a part begins behind it, at *offset; false
 * when the rest of a multipart does.
 */
static bool
cross_boundary(struct scan *scan, const struct hit *hit, size_t *offset)
{
	const struct open *open = &scan->open[hit->which];
	uint32_t parent = open->part, number = 1;
	struct part_table *parts = scan->structure->parts;
	size_t body = parts->parts[scan->part].body, end = hit->line;

	if (end > body)
		end -= end - body >= 2 && scan->bytes[end - 2] == '\r' ? 2 : 1;
	else
		end = give_line_end(scan, parent, end);
	end_parts(scan, parent, end);
	*offset = hit->next;
	scan->open_count = hit->which + !hit->last;
	if (hit->last)
		scan->boundaries.len = open->at;
	else
		scan->boundaries.len = open->at + open->len;
	if (hit->last)
		return false;
	if (hit->next == scan->len && scan->bytes[scan->len - 1] != '\n')
		return false;		/* a boundary line that nothing ends begins nothing */
	if (parts->count >= PART_COUNT_MAX) {
		scan->open_count = 0;	/* no more parts: the rest is nobody's */
		return false;
	}
	/* the part that ended last is the one before, if it is a child of this one */
	for (uint32_t i = (uint32_t)parts->count - 1; i > parent; i = parts->parts[i].parent)
		if (parts->parts[i].parent == parent) {
			number = parts->parts[i].number + 1;
			break;
		}
	scan->depth++;
	begin_part(scan, parent, number, *offset);
	return true;
}

void
structure_scan(struct structure *structure, const char *bytes, size_t len)
{
	struct scan scan = { .structure = structure, .bytes = bytes, .len = len };
	struct hit hit;
	bool at_boundary;
	size_t offset;

	part_table_reset(structure->parts);
	begin_part(&scan, 0, 0, 0);
	for (;;) {
		at_boundary = read_header(&scan, &hit);
		classify(&scan);
		offset = structure->parts->parts[scan.part].body;
		if (structure->parts->parts[scan.part].kind == PART_MESSAGE) {
			scan.depth++;
			begin_part(&scan, scan.part, 0, offset);
			if (!at_boundary)
				continue;
			begin_body(&scan, offset);	/* a message without a byte */
			classify(&scan);
		}
		if (!at_boundary)
			at_boundary = find_boundary(&scan, offset, &hit);
		while (at_boundary && !cross_boundary(&scan, &hit, &offset))
			at_boundary = find_boundary(&scan, offset, &hit);
		if (!at_boundary)
			break;
	}
	end_parts(&scan, PART_NONE, len);
	buf_fini(&scan.boundaries);
}

void
structure_fini(struct structure *structure)
{
	free(structure->mimes);
	params_fini(&structure->params);
	buf_fini(&structure->text);
}
