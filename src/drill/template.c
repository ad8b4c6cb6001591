/*
 * Substitution. In a line "{" followed by digits stays as it is (the head of a
 * literal that the author writes himself); anything else in braces must be one
 * of ours, so that a misspelt name is found before anything is sent.
 */
#include "drill/template.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drill/names.h"
#include "util/ascii.h"
#include "util/io.h"
#include "util/mem.h"
#include "wire/base64.h"

/* A file of a literal is held in memory; {fill:N} is for bigger ones. */
#define FILE_MAX (256u << 20)

/* More than any server takes; keeps sums of lengths far from overflow. */
#define FILL_MAX (UINT64_C(1) << 50)

struct reader {
	struct names *names;
	const char *directory;
	char *why;
	size_t why_size;
};

void
template_fini(struct template *template)
{
	for (size_t i = 0; i < template->count; i++) {
		struct part *part = &template->parts[i];

		buf_fini(&part->bytes);
		if (part->inner != NULL)
			template_fini(part->inner);
		free(part->inner);
	}
	free(template->parts);
	*template = TEMPLATE_INIT;
}

static struct part *
add_part(struct template *template, enum part_kind kind)
{
	struct part *part;

	template->parts = mem_grow(template->parts, &template->room, template->count + 1,
	    sizeof *template->parts);
	part = &template->parts[template->count++];
	*part = (struct part){ .kind = kind };
	return part;
}

void
template_add_text(struct template *template, const char *bytes, size_t len)
{
	struct part *part;

	if (len == 0)
		return;
	part = template->count > 0 ? &template->parts[template->count - 1] : NULL;
	if (part == NULL || part->kind != PART_TEXT)
		part = add_part(template, PART_TEXT);
	buf_add(&part->bytes, bytes, len);
}

void
template_add_base64(struct template *template, struct template *inner)
{
	struct part *part = add_part(template, PART_BASE64);

	part->inner = mem_calloc(1, sizeof *part->inner);
	*part->inner = *inner;
	*inner = TEMPLATE_INIT;
}

void
template_add_literal(struct template *template, const char *bytes, size_t len)
{
	struct part *part = add_part(template, PART_LITERAL);

	part->inner = mem_calloc(1, sizeof *part->inner);
	template_add_text(part->inner, bytes, len);
}

static bool
fail(struct reader *reader, const char *what, const char *text, size_t len)
{
	struct buf buf = BUF_INIT;

	buf_addf(&buf, "%s: %.*s", what, (int)(len > 200 ? 200 : len), text);
	strncpy(reader->why, buf_str(&buf), reader->why_size - 1);
	reader->why[reader->why_size - 1] = '\0';
	buf_fini(&buf);
	return false;
}

/* LF to CRLF, as a mail on disk becomes a message on the wire. */
static void
add_crlf(struct buf *file, struct buf *out)
{
	const char *at = buf_str(file), *end = at + file->len;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf ? lf : end) - at);

		buf_add(out, at, len);
		if (lf == NULL)
			break;
		if (len == 0 || at[len - 1] != '\r')
			buf_addc(out, '\r');
		buf_addc(out, '\n');
		at = lf + 1;
	}
}

static bool
read_file(struct reader *reader, const char *path, size_t len, bool mail, struct buf *out)
{
	struct buf name = BUF_INIT, file = BUF_INIT;
	int fd, saved;
	bool ok;

	if (len > 0 && path[0] != '/' && *reader->directory != '\0')
		buf_addf(&name, "%s/", reader->directory);
	buf_add(&name, path, len);
	fd = open(buf_str(&name), O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && io_read_file(fd, &file, FILE_MAX) == 0;
	saved = errno;
	if (fd >= 0)
		io_close(&fd);
	if (!ok) {
		fail(reader, strerror(saved), name.data, name.len);
	} else if (mail) {
		add_crlf(&file, out);
	} else {
		buf_add(out, buf_str(&file), file.len);
	}
	buf_fini(&file);
	buf_fini(&name);
	return ok;
}

static bool parse_quoted(struct reader *reader, const char **at, const char *end,
    struct template *out);

/* Does the text at *at begin with this word? Then go behind it. */
static bool
take(const char **at, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *at) < len || memcmp(*at, word, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
parse_hex(struct reader *reader, const char *at, const char *close, struct template *template)
{
	const char *start = at;

	for (; at < close; at += 2) {
		char c;

		if (close - at < 2 || ascii_hex(at[0]) < 0 || ascii_hex(at[1]) < 0)
			return fail(reader, "pairs of hexadecimal digits are needed", start,
			    (size_t)(close - start));
		c = (char)(ascii_hex(at[0]) * 16 + ascii_hex(at[1]));
		template_add_text(template, &c, 1);
	}
	return true;
}

/* {"..."} and {base64:"..."}, *at behind the opening quote. */
static bool
parse_inner(struct reader *reader, const char **at, const char *end, struct template *template,
    enum part_kind kind, bool plus)
{
	struct template *inner = mem_calloc(1, sizeof *inner);
	struct part *part = add_part(template, kind);

	part->inner = inner;
	part->plus = plus;
	if (!parse_quoted(reader, at, end, inner))
		return false;
	if (!take(at, end, "}"))
		return fail(reader, "a brace is missing behind", *at - 1, 1);
	return true;
}

/* What is in braces, *at behind the opening one. */
static bool
parse_braces(struct reader *reader, const char **at, const char *end, struct template *template)
{
	const char *start = *at, *close = memchr(*at, '}', (size_t)(end - *at));
	bool plus = take(at, end, "+"), mail;
	struct part *part;
	uint64_t n;
	size_t len, name;

	if (take(at, end, "\""))
		return parse_inner(reader, at, end, template, PART_LITERAL, plus);
	if (!plus && take(at, end, "base64:\""))
		return parse_inner(reader, at, end, template, PART_BASE64, false);
	if (close == NULL)
		return fail(reader, "a closing brace is missing", start - 1,
		    (size_t)(end - start) + 1);
	if (!plus && take(at, close, "hex:")) {
		if (!parse_hex(reader, *at, close, template))
			return false;
		*at = close + 1;
		return true;
	}
	len = (size_t)(close - *at);
	if (take(at, close, "fill:")) {
		part = add_part(template, PART_FILL);
		if (!ascii_number(*at, (size_t)(close - *at), FILL_MAX, &n))
			return fail(reader, "a number of octets is needed", start,
			    (size_t)(close - start));
		part->number = n;
		part->plus = plus;
	} else if ((mail = take(at, close, "mail:")) || take(at, close, "file:")) {
		part = add_part(template, PART_BYTES);
		part->plus = plus;
		if (!read_file(reader, *at, (size_t)(close - *at), mail, &part->bytes))
			return false;
	} else {
		name = plus ? NAMES_NONE : names_find(reader->names, *at, len);
		if (name == NAMES_NONE)
			return fail(reader, "nothing of this name is known", start - 1,
			    (size_t)(close - start) + 2);
		part = add_part(template, PART_VARIABLE);
		part->number = name;
	}
	*at = close + 1;
	return true;
}

/* %n and %%n, *at behind the percent sign; any other percent sign is just one. */
static void
parse_percent(const char **at, const char *end, struct template *template)
{
	if (take(at, end, "n"))
		add_part(template, PART_COUNT);
	else if (take(at, end, "%n"))
		template_add_text(template, "%n", 2);
	else
		template_add_text(template, "%", 1);
}

/* One escape inside {"..."}, *at behind the backslash. */
static bool
parse_escape(struct reader *reader, const char **at, const char *end, struct template *template)
{
	static const char from[] = "rnt0\"\\{%";
	static const char to[] = "\r\n\t\0\"\\{%";
	const char *found;
	char c;

	if (*at < end && **at == 'x' && end - *at > 2 && ascii_hex((*at)[1]) >= 0 &&
	    ascii_hex((*at)[2]) >= 0) {
		c = (char)(ascii_hex((*at)[1]) * 16 + ascii_hex((*at)[2]));
		template_add_text(template, &c, 1);
		*at += 3;
		return true;
	}
	if (*at == end || **at == '\0' || (found = strchr(from, **at)) == NULL)
		return fail(reader, "an unknown escape", *at - 1, *at == end ? 1 : 2);
	template_add_text(template, to + (found - from), 1);
	(*at)++;
	return true;
}

static bool
parse_quoted(struct reader *reader, const char **at, const char *end, struct template *out)
{
	const char *start = *at;

	while (*at < end) {
		char c = *(*at)++;

		if (c == '"')
			return true;
		if (c == '\\') {
			if (!parse_escape(reader, at, end, out))
				return false;
		} else if (c == '%') {
			parse_percent(at, end, out);
		} else if (c == '{' && *at < end && ascii_is_alpha(**at)) {
			const char *close = memchr(*at, '}', (size_t)(end - *at));
			size_t len = close ? (size_t)(close - *at) : 0;
			size_t name = names_find(reader->names, *at, len);

			if (name == NAMES_NONE)
				return fail(reader, "nothing of this name is known", *at - 1,
				    len + 2);
			add_part(out, PART_VARIABLE)->number = name;
			*at = close + 1;
		} else {
			template_add_text(out, &c, 1);
		}
	}
	return fail(reader, "a closing quote is missing", start - 1, (size_t)(end - start) + 1);
}

bool
template_parse(struct template *template, const char *text, size_t len, struct names *names,
    const char *directory, char *why, size_t why_size)
{
	struct reader reader = { names, directory, why, why_size };
	const char *at = text, *end = text + len;

	while (at < end) {
		char c = *at++;

		if (c == '%') {
			parse_percent(&at, end, template);
		} else if (c == '{' && at < end && !ascii_is_digit(*at)) {
			if (!parse_braces(&reader, &at, end, template))
				return false;
		} else {
			template_add_text(template, &c, 1);
		}
	}
	return true;
}

void
expansion_fini(struct expansion *expansion)
{
	buf_fini(&expansion->text);
	free(expansion->segments);
	memset(expansion, 0, sizeof *expansion);
}

static struct segment *
add_segment(struct expansion *out, int kind)
{
	struct segment *segment;

	out->segments = mem_grow(out->segments, &out->room, out->count + 1, sizeof *out->segments);
	segment = &out->segments[out->count++];
	*segment = (struct segment){ .kind = kind, .offset = out->text.len };
	return segment;
}

static bool
add_variable(const struct part *part, const struct template_values *values, struct buf *out,
    const char **missing_out)
{
	const struct name *name = &values->names->list[part->number];
	const char *value = values->captured ? values->captured[part->number] : NULL;

	if (strcmp(name->name, "session") == 0) {
		buf_addu(out, values->session);
		return true;
	}
	if (strcmp(name->name, "connection") == 0) {
		buf_addu(out, values->connection);
		return true;
	}
	if (value == NULL)
		value = name->value;
	if (value == NULL) {
		*missing_out = name->name;
		return false;
	}
	buf_adds(out, value);
	return true;
}

/* A part that is text, or the octets of a literal without its head. */
static bool
add_plain(const struct part *part, const struct template_values *values, struct buf *out,
    const char **missing_out)
{
	struct buf inner = BUF_INIT;
	bool ok = true;
	size_t old;

	switch (part->kind) {
	case PART_TEXT:
	case PART_BYTES:
		buf_add(out, buf_str(&part->bytes), part->bytes.len);
		break;
	case PART_COUNT:
		buf_addu(out, values->count);
		break;
	case PART_VARIABLE:
		ok = add_variable(part, values, out, missing_out);
		break;
	case PART_LITERAL:
		ok = template_text(part->inner, values, out, missing_out);
		break;
	case PART_BASE64:
		ok = template_text(part->inner, values, &inner, missing_out);
		base64_encode(buf_str(&inner), inner.len, out);
		mem_wipe(inner.data, inner.len);
		break;
	case PART_FILL:
		old = out->len;
		buf_reserve(out, (size_t)part->number);
		template_fill(0, part->number, out->data + old, (size_t)part->number);
		out->len += (size_t)part->number;
		out->data[out->len] = '\0';
		break;
	}
	buf_fini(&inner);
	return ok;
}

bool
template_text(const struct template *template, const struct template_values *values,
    struct buf *out, const char **missing_out)
{
	for (size_t i = 0; i < template->count; i++)
		if (!add_plain(&template->parts[i], values, out, missing_out))
			return false;
	return true;
}

/* The text from the last segment on becomes one of its own. */
static void
close_text(struct expansion *out, size_t *start)
{
	if (out->text.len > *start) {
		struct segment *segment = add_segment(out, SEGMENT_BYTES);

		segment->offset = *start;
		segment->len = out->text.len - *start;
	}
	*start = out->text.len;
}

bool
template_expand(const struct template *template, const struct template_values *values,
    const char *end, struct expansion *out, const char **missing_out)
{
	size_t start = 0;

	for (size_t i = 0; i < template->count; i++) {
		const struct part *part = &template->parts[i];
		struct buf inner = BUF_INIT;
		struct segment *segment;
		uint64_t len;

		if (part->kind < PART_LITERAL) {
			if (!add_plain(part, values, &out->text, missing_out))
				return false;
			continue;
		}
		if (part->kind == PART_LITERAL &&
		    !template_text(part->inner, values, &inner, missing_out)) {
			buf_fini(&inner);
			return false;
		}
		len = part->kind == PART_LITERAL ? inner.len :
		    part->kind == PART_FILL ? part->number : part->bytes.len;
		buf_addf(&out->text, "{%" PRIu64 "%s}\r\n", len, part->plus ? "+" : "");
		close_text(out, &start);
		if (!part->plus)
			add_segment(out, SEGMENT_AWAIT);
		if (part->kind == PART_LITERAL) {
			/* also an empty one: text and literals take turns */
			segment = add_segment(out, SEGMENT_BYTES);
			segment->len = len;
			buf_add(&out->text, buf_str(&inner), inner.len);
			start = out->text.len;
		} else {
			segment = add_segment(out,
			    part->kind == PART_FILL ? SEGMENT_FILL : SEGMENT_BYTES);
			segment->bytes = buf_str(&part->bytes);
			segment->len = len;
		}
		mem_wipe(inner.data, inner.len);
		buf_fini(&inner);
	}
	buf_adds(&out->text, end);
	close_text(out, &start);
	return true;
}

/* Lines of 64 octets; whatever is left over at the end is one short line. */
void
template_fill(uint64_t offset, uint64_t total, char *to, size_t len)
{
	static const char line[] =
	    "This line is made up and sixty-four octets long, ends included\r\n";
	const uint64_t width = sizeof line - 1;
	uint64_t whole = total / width * width;

	for (size_t i = 0; i < len; i++) {
		uint64_t at = offset + i;

		if (at < whole)
			to[i] = line[at % width];
		else if (total - at <= 2 && total - whole >= 2)
			to[i] = total - at == 2 ? '\r' : '\n';
		else
			to[i] = '.';
	}
}
