/*
 * Any bytes as a message, through all that reads messages: parsing, the part
 * table saved and loaded, sections whole and in steps, decoding, text, preview.
 * What must hold: the IMAP texts are balanced and complete, sections have the
 * size that was told, a saved table loads as itself, decoded text is UTF-8.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail/file.h"
#include "mail/header.h"
#include "mail/parse.h"
#include "mail/section.h"
#include "message/message.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"

extern const struct message_ops mayfly_message_ops;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Is it one parenthesised list of strings, numbers, NIL and lists, and nothing behind? */
static void
check_list(const char *at, size_t len)
{
	const char *end = at + len;
	size_t level = 0;

	assert(len > 0 && *at == '(');
	while (at < end) {
		char c = *at++;

		if (c == '(') {
			level++;
		} else if (c == ')') {
			assert(level > 0);
			if (--level == 0)
				break;
		} else if (c == '"') {
			for (; at < end && *at != '"'; at++) {
				assert((unsigned char)*at < 0x80 && *at != '\r' && *at != '\n' && *at != '\0');
				if (*at == '\\') {
					at++;
					assert(at < end && (*at == '"' || *at == '\\'));
				}
			}
			assert(at < end);
			at++;
		} else if (c == '{') {
			size_t size = 0;

			while (at < end && ascii_is_digit(*at))
				size = size * 10 + (size_t)(*at++ - '0');
			assert(end - at >= 3 && memcmp(at, "}\r\n", 3) == 0);
			at += 3;
			assert((size_t)(end - at) >= size && memchr(at, '\0', size) == NULL);
			at += size;
		} else {
			assert(c == ' ' || ascii_is_digit(c) || c == 'N' || c == 'I' || c == 'L');
		}
	}
	assert(level == 0 && at == end);
}

static void
count(void *ctx, const char *bytes, size_t len)
{
	(void)bytes;
	*(uint64_t *)ctx += len;
}

static void
check_section(const struct section *section, const char *bytes, size_t len, const struct part_table *parts)
{
	struct section_data data = SECTION_DATA_INIT;
	uint64_t sent = 0, steps = 0;

	if (section_find(section, bytes, len, MAIL_UNKNOWN, parts, &data)) {
		assert(section_send(&data, bytes, len, 0, UINT64_MAX, count, &sent));
		assert(sent == data.size);
		for (uint64_t at = 0; at < data.size; at += 777)
			section_send(&data, bytes, len, at, 777, count, &steps);
		assert(steps == data.size);
	}
	section_data_fini(&data);
}

static void
check_parts(const char *bytes, size_t len, const struct part_table *parts)
{
	static const struct section_name names[] = { { "subject", 7 }, { "From", 4 } };
	struct part_table again = PART_TABLE_INIT;
	struct buf saved = BUF_INIT;

	part_table_save(parts, &saved);
	assert(part_table_load(&again, saved.data, saved.len, len));
	assert(again.count == parts->count
	    && memcmp(again.parts, parts->parts, parts->count * sizeof *parts->parts) == 0);
	/* the bytes of a message are as good a saved table as any */
	part_table_load(&again, bytes, len, len);
	for (size_t i = 0; i < parts->count && i < 50; i++) {
		struct section section = { .names = names, .name_count = 2 };
		uint32_t at = (uint32_t)i;

		assert(crlf_size(bytes + parts->parts[i].body, parts->parts[i].end - parts->parts[i].body)
		    == parts->parts[i].body_size);
		for (; at != 0; at = parts->parts[at].parent)
			if (parts->parts[at].number != 0) {
				memmove(section.path + 1, section.path, section.depth++ * sizeof *section.path);
				section.path[0] = parts->parts[at].number;
			}
		for (int kind = SECTION_ALL; kind <= SECTION_MIME; kind++) {
			section.kind = (enum section_kind)kind;
			if (kind != SECTION_MIME || section.depth > 0)
				check_section(&section, bytes, len, parts);
		}
	}
	part_table_fini(&again);
	buf_fini(&saved);
}

static bool
check_text(void *ctx, const char *utf8, size_t len, bool first)
{
	(void)ctx;
	(void)first;
	assert(utf8_valid(utf8, len));
	return true;
}

static void
check_module(const char *bytes, size_t len, const struct part_table *parts)
{
	const struct message_ops *ops = &mayfly_message_ops;
	struct header_walk walk = header_walk(bytes, len);
	struct header_field field;
	struct buf out = BUF_INIT;
	struct err err;
	uint64_t size;

	ops->text(bytes, len, parts, MESSAGE_TEXT, check_text, NULL);
	ops->preview(bytes, len, parts, &out);
	assert(utf8_valid(buf_str(&out), out.len) && out.len <= MESSAGE_PREVIEW_CHARS * 4);
	while (header_next(&walk, &field)) {
		buf_reset(&out);
		ops->header_text(field.value, field.value_len, &out);
		assert(utf8_valid(buf_str(&out), out.len) && strlen(buf_str(&out)) == out.len);
	}
	for (int encoding = PART_7BIT; encoding <= PART_UNKNOWN_ENCODING; encoding++)
		ops->decode(bytes, len, (enum part_encoding)encoding, NULL, NULL, &size, &err);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parsed parsed = PARSED_INIT;
	struct section section;
	const char *why;
	char *bytes = malloc(size ? size : 1);

	memcpy(bytes, data, size);
	parse_message(bytes, size, PARSE_ALL, &parsed);
	check_list(parsed.envelope.data, parsed.envelope.len);
	check_list(parsed.body.data, parsed.body.len);
	check_list(parsed.bodystructure.data, parsed.bodystructure.len);
	assert(parsed.vsize == crlf_size(bytes, size));
	check_parts(bytes, size, &parsed.parts);
	section_parse(bytes, size, &section, &why);
	check_module(bytes, size, &parsed.parts);
	parsed_fini(&parsed);
	free(bytes);
	return 0;
}
