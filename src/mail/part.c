/*
 * The part table: numbers to parts, and the compact form.
 *
 * The compact form tells only what a walk of the tree cannot: per part a byte of
 * kind, encoding and text, then numbers of 7 bits a byte, lowest first: depth,
 * gap between the last part's header and this one's, length of header, length of
 * body, octets that CRLF adds to each, lines. Parents, numbers and ends of
 * subtrees follow from the depths. In front: a version byte and the count.
 */
#include "mail/part.h"

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/mem.h"

enum { FORMAT = 1 };

void
part_table_fini(struct part_table *table)
{
	free(table->parts);
	*table = PART_TABLE_INIT;
}

void
part_table_reset(struct part_table *table)
{
	table->count = 0;
}

struct part *
part_table_add(struct part_table *table)
{
	struct part *part;

	table->parts = mem_grow(table->parts, &table->room, table->count + 1, sizeof *table->parts);
	part = &table->parts[table->count++];
	memset(part, 0, sizeof *part);
	return part;
}

/* Part n of a multipart, or what the message at `at` calls its part n. */
static uint32_t
find_child(const struct part_table *table, uint32_t at, uint32_t n)
{
	const struct part *parts = table->parts;

	if (parts[at].kind != PART_MULTIPART)
		return n == 1 ? at : PART_NONE;
	for (uint32_t i = at + 1; i < parts[at].next; i = parts[i].next)
		if (parts[i].number == n)
			return i;
	return PART_NONE;
}

uint32_t
part_find(const struct part_table *table, const uint32_t *path, size_t depth)
{
	uint32_t at = 0;

	if (table->count == 0)
		return PART_NONE;
	for (size_t i = 0; i < depth; i++) {
		if (i > 0 && table->parts[at].kind == PART_LEAF)
			return PART_NONE;
		if (i > 0 && table->parts[at].kind == PART_MESSAGE) {
			if (table->parts[at].next == at + 1)
				return PART_NONE;
			at++;
		}
		at = find_child(table, at, path[i]);
		if (at == PART_NONE)
			return PART_NONE;
	}
	return at;
}

static void
save_number(struct buf *out, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_addc(out, (char)(0x80 | (n & 0x7f)));
	buf_addc(out, (char)n);
}

void
part_table_save(const struct part_table *table, struct buf *out)
{
	uint32_t depth = 0;
	uint64_t header = 0;

	buf_addc(out, FORMAT);
	save_number(out, table->count);
	for (size_t i = 0; i < table->count; i++) {
		const struct part *part = &table->parts[i];

		if (i > 0) {
			uint32_t up = (uint32_t)i - 1;

			/* depth of the part before, less the levels that ended there */
			for (depth++; up != part->parent; up = table->parts[up].parent)
				depth--;
		}
		buf_addc(out, (char)(part->kind | part->encoding << 2 | part->text << 5));
		save_number(out, depth);
		save_number(out, part->header - header);
		save_number(out, part->body - part->header);
		save_number(out, part->end - part->body);
		save_number(out, part->header_size - (part->body - part->header));
		save_number(out, part->body_size - (part->end - part->body));
		save_number(out, part->lines);
		header = part->header;
	}
}

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

static uint64_t
load_number(struct reader *reader)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 63 && reader->at < reader->end; shift += 7) {
		unsigned char c = *reader->at++;

		n |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return n;
	}
	reader->bad = true;
	return 0;
}

/* A number that may be at most max. */
static uint64_t
load_bounded(struct reader *reader, uint64_t max)
{
	uint64_t n = load_number(reader);

	if (n > max) {
		reader->bad = true;
		return 0;
	}
	return n;
}

/* Hang part i under the part that `depth` makes its parent; false when the tree can't be so. */
static bool
hang(struct part_table *table, uint32_t i, uint64_t depth, uint32_t *last)
{
	struct part *part = &table->parts[i], *parent;

	if (i == 0) {
		last[0] = 0;
		return depth == 0;
	}
	if (depth == 0 || last[depth - 1] == PART_NONE)
		return false;
	part->parent = last[depth - 1];
	parent = &table->parts[part->parent];
	if (parent->kind == PART_LEAF
	    || (parent->kind == PART_MESSAGE && parent->next != part->parent + 1))
		return false;
	if (parent->kind == PART_MULTIPART)
		part->number = last[depth] != PART_NONE ? table->parts[last[depth]].number + 1 : 1;
	if (part->header < (last[depth] != PART_NONE ? table->parts[last[depth]].end : parent->body)
	    || part->end > parent->end)
		return false;
	last[depth] = i;
	last[depth + 1] = PART_NONE;
	for (uint32_t up = part->parent;; up = table->parts[up].parent) {
		table->parts[up].next = i + 1;
		if (up == 0)
			break;
	}
	return true;
}

static bool
load_part(struct part_table *table, uint32_t i, struct reader *reader, uint64_t file_len,
    uint32_t *last)
{
	struct part *part = part_table_add(table);
	uint64_t before = i > 0 ? table->parts[i - 1].header : 0, depth, length;
	unsigned flags = reader->at < reader->end ? *reader->at++ : 0xff;

	part->kind = flags & 3;
	part->encoding = flags >> 2 & 7;
	part->text = flags >> 5 & 1;
	part->next = i + 1;
	if (part->kind > PART_MESSAGE || part->encoding > PART_UNKNOWN_ENCODING || flags >> 6 != 0)
		return false;
	depth = load_bounded(reader, PART_DEPTH_MAX);
	part->header = before + load_bounded(reader, file_len - before);
	part->body = part->header + load_bounded(reader, file_len - part->header);
	part->end = part->body + load_bounded(reader, file_len - part->body);
	length = part->body - part->header;
	part->header_size = length + load_bounded(reader, length);
	length = part->end - part->body;
	part->body_size = length + load_bounded(reader, length);
	part->lines = load_bounded(reader, length);
	return !reader->bad && hang(table, i, depth, last);
}

bool
part_table_load(struct part_table *table, const void *bytes, size_t len, uint64_t file_len)
{
	struct reader reader = { bytes, (const unsigned char *)bytes + len, false };
	uint32_t last[PART_DEPTH_MAX + 2];	/* at each depth the last part there */
	uint64_t count;

	part_table_reset(table);
	memset(last, 0xff, sizeof last);
	if (len == 0 || *reader.at++ != FORMAT)
		return false;
	count = load_bounded(&reader, PART_COUNT_MAX + 1);
	if (reader.bad || count == 0)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!load_part(table, i, &reader, file_len, last)) {
			part_table_reset(table);
			return false;
		}
	if (reader.at != reader.end)
		part_table_reset(table);
	return table->count > 0;
}
