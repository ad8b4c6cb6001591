/*
 * Keys in columns, and messages ordered by eight octets at a time: all by the
 * first eight of the first key, then each run of equals by what comes next. A
 * comparison is then one of two numbers that lie side by side; comparing whole
 * strings through pointers took four times as long on 100,000 subjects.
 */
#include "query/sort.h"

#include <stdlib.h>
#include <string.h>

#include "query/collate.h"
#include "query/envelope.h"
#include "query/subject.h"
#include "query/words.h"
#include "util/mem.h"
#include "wire/datetime.h"
#include "wire/parse.h"

static const struct {
	const char *name;
	enum sort_key key;
	bool string;
} rows[SORT_KEYS] = {
	[SORT_ARRIVAL] = { "ARRIVAL", SORT_ARRIVAL, false },
	[SORT_CC] = { "CC", SORT_CC, true },
	[SORT_DATE] = { "DATE", SORT_DATE, false },
	[SORT_DISPLAYFROM] = { "DISPLAYFROM", SORT_DISPLAYFROM, true },
	[SORT_DISPLAYTO] = { "DISPLAYTO", SORT_DISPLAYTO, true },
	[SORT_FROM] = { "FROM", SORT_FROM, true },
	[SORT_SIZE] = { "SIZE", SORT_SIZE, false },
	[SORT_SUBJECT] = { "SUBJECT", SORT_SUBJECT, true },
	[SORT_TO] = { "TO", SORT_TO, true },
};

static int
read_key(struct parse *p, struct sort_program *out)
{
	bool reverse = parse_try_word(p, "REVERSE");

	if (reverse && parse_space(p) < 0)
		return -1;
	for (size_t i = 0; i < SORT_KEYS; i++) {
		if (!parse_try_word(p, rows[i].name))
			continue;
		for (size_t k = 0; k < out->count; k++)
			if (out->keys[k].key == rows[i].key)
				return 0;
		out->keys[out->count].key = rows[i].key;
		out->keys[out->count++].reverse = reverse;
		return 0;
	}
	return parse_fail(p, "a sort key");
}

int
sort_parse(struct parse *p, struct sort_program *out)
{
	*out = (struct sort_program){ .count = 0 };
	if (parse_char(p, '(') < 0)
		return -1;
	do {
		if (read_key(p, out) < 0)
			return -1;
	} while (parse_try(p, ' '));
	return parse_char(p, ')');
}

void
sort_init(struct sort *s, const struct sort_program *program)
{
	*s = (struct sort){ .program = *program };
}

void
sort_fini(struct sort *s)
{
	free(s->ids);
	for (size_t i = 0; i < SORT_KEYS; i++)
		free(s->columns[i].values);
	buf_fini(&s->strings);
	buf_fini(&s->value);
	buf_fini(&s->room);
	*s = (struct sort){ .count = 0 };
}

int64_t
sort_sent_date(struct document *d, struct str envelope, struct buf *room)
{
	struct str text = envelope_string(envelope, ENVELOPE_DATE, room);
	struct document_time internal;
	int64_t utc;
	int zone;

	if (text.data != NULL && datetime_parse_header(text.data, text.len, &utc, &zone))
		return utc;
	if (d->ops->internal_date(d, REACH_DISK, &internal) == DOCUMENT_KNOWN)
		return internal.utc;
	return 0;
}

static void
decode(struct document *d, struct str value, struct buf *out)
{
	buf_reset(out);
	if (!words_decode(value.data, value.len, out))
		d->ops->decode(d->mailbox, value.data, value.len, out);
}

bool
sort_subject(struct document *d, struct str envelope, struct buf *decoded, struct buf *room,
    struct buf *out)
{
	struct str subject = envelope_string(envelope, ENVELOPE_SUBJECT, room);
	bool reply;

	if (subject.data == NULL)
		return false;
	decode(d, subject, decoded);
	subject = subject_base(buf_str(decoded), decoded->len, room, &reply);
	collate_key(subject.data, subject.len, out);
	return reply;
}

/* addr-mailbox of the first address; with display, what RFC 5957 section 3 says. */
static void
add_address(struct sort *s, struct document *d, struct str envelope, enum envelope_field field,
    bool display)
{
	struct envelope_walk walk = envelope_addresses(envelope, field);
	struct envelope_address address;

	if (!envelope_next(&walk, &address, &s->room))
		return;
	if (display && address.name.data != NULL) {
		decode(d, address.name, &s->value);
		if (s->value.len > 0) {
			collate_key(s->value.data, s->value.len, &s->strings);
			return;
		}
	}
	if (address.mailbox.data == NULL)
		return;
	collate_key(address.mailbox.data, address.mailbox.len, &s->strings);
	if (display && address.host.data != NULL) {
		buf_addc(&s->strings, '@');
		collate_key(address.host.data, address.host.len, &s->strings);
	}
}

static void
add_string(struct sort *s, struct document *d, enum sort_key key, struct str envelope)
{
	switch (key) {
	case SORT_SUBJECT:
		sort_subject(d, envelope, &s->value, &s->room, &s->strings);
		break;
	case SORT_FROM:
	case SORT_DISPLAYFROM:
		add_address(s, d, envelope, ENVELOPE_FROM, key == SORT_DISPLAYFROM);
		break;
	case SORT_TO:
	case SORT_DISPLAYTO:
		add_address(s, d, envelope, ENVELOPE_TO, key == SORT_DISPLAYTO);
		break;
	default:
		add_address(s, d, envelope, ENVELOPE_CC, false);
		break;
	}
	/* so that a read of eight octets at the last one stays inside */
	buf_add(&s->strings, "\0\0\0\0\0\0\0", 8);
}

/* Numbers order as unsigned ones once the sign is turned. */
static uint64_t
number(struct sort *s, struct document *d, enum sort_key key, struct str envelope)
{
	struct document_time time = { 0, 0 };
	uint64_t size = 0;

	switch (key) {
	case SORT_ARRIVAL:
		if (d->ops->internal_date(d, REACH_DISK, &time) != DOCUMENT_KNOWN)
			time.utc = 0;
		break;
	case SORT_DATE:
		time.utc = sort_sent_date(d, envelope, &s->room);
		break;
	default:
		if (d->ops->size(d, REACH_DISK, &size) != DOCUMENT_KNOWN)
			size = 0;
		return size;
	}
	return sort_unsigned(time.utc);
}

void
sort_add(struct sort *s, struct document *d, uint32_t id)
{
	struct str envelope = { "", 0 };
	bool wanted = false;

	for (size_t i = 0; i < s->program.count; i++)
		wanted = wanted || rows[s->program.keys[i].key].string
		    || s->program.keys[i].key == SORT_DATE;
	if (wanted && d->ops->envelope(d, REACH_DISK, &envelope) != DOCUMENT_KNOWN)
		envelope = (struct str){ "", 0 };
	for (size_t i = 0; i < s->program.count; i++) {
		enum sort_key key = s->program.keys[i].key;
		struct sort_column *column = &s->columns[i];
		uint64_t value = s->strings.len;

		if (rows[key].string)
			add_string(s, d, key, envelope);
		else
			value = number(s, d, key, envelope);
		column->values = mem_grow(column->values, &column->room, s->count + 1,
		    sizeof *column->values);
		column->values[s->count] = value;
	}
	s->ids = mem_grow(s->ids, &s->id_room, s->count + 1, sizeof *s->ids);
	s->ids[s->count++] = id;
}

/* A run of items that are equal up to here. */
struct run {
	uint32_t from, to;
	uint32_t key;		/* number in the program */
	uint64_t octet;		/* of its string */
};

/* Eight octets of a string as a number that orders like them. */
static uint64_t
octets(const char *string)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | (unsigned char)string[i];
	return value;
}

static void
load(const struct sort *s, struct sort_item *items, const struct run *run)
{
	const uint64_t *values = s->columns[run->key].values;
	uint64_t turn = s->program.keys[run->key].reverse ? UINT64_MAX : 0;
	bool string = rows[s->program.keys[run->key].key].string;

	for (uint32_t i = run->from; i < run->to; i++) {
		uint64_t value = values[items[i].at];

		if (string)
			value = octets(s->strings.data + value + run->octet);
		items[i].by = value ^ turn;
	}
}

/* For many: bucket by bucket from the lowest octet up, octets that are the same in all left out. */
static void
order_many(struct sort_item *items, struct sort_item *spare, size_t n)
{
	size_t counts[8][256] = { { 0 } };
	struct sort_item *from = items, *to = spare, *swap;

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 8; k++)
			counts[k][from[i].by >> (8 * k) & 0xff]++;
	for (int k = 0; k < 8; k++) {
		size_t at = 0;

		if (counts[k][from[0].by >> (8 * k) & 0xff] == n)
			continue;
		for (int c = 0; c < 256; c++) {
			size_t count = counts[k][c];

			counts[k][c] = at;
			at += count;
		}
		for (size_t i = 0; i < n; i++)
			to[counts[k][from[i].by >> (8 * k) & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof *items);
}

void
sort_items(struct sort_item *items, struct sort_item *spare, size_t n)
{
	enum { SHORT = 16, MANY = 1024 };
	struct sort_item *from = items, *to = spare;
	size_t in_order = 1;

	while (in_order < n && items[in_order - 1].by <= items[in_order].by)
		in_order++;
	if (in_order >= n)
		return;		/* above all: where all are equal */
	if (n >= MANY) {
		order_many(items, spare, n);
		return;
	}
	/* short runs by insertion, then merged */
	for (size_t start = 0; start < n; start += SHORT) {
		size_t end = start + SHORT < n ? start + SHORT : n;

		for (size_t i = start + 1; i < end; i++) {
			struct sort_item one = items[i];
			size_t k = i;

			for (; k > start && items[k - 1].by > one.by; k--)
				items[k] = items[k - 1];
			items[k] = one;
		}
	}
	for (size_t width = SHORT; width < n; width *= 2) {
		struct sort_item *swap = from;

		for (size_t start = 0; start < n; start += 2 * width) {
			size_t middle = start + width < n ? start + width : n;
			size_t end = middle + width < n ? middle + width : n;
			size_t a = start, b = middle, k = start;

			if (middle == end || from[middle - 1].by <= from[middle].by) {
				memcpy(to + start, from + start, (end - start) * sizeof *to);
				continue;
			}
			while (a < middle && b < end)
				to[k++] = from[b].by < from[a].by ? from[b++] : from[a++];
			memcpy(to + k, from + a, (middle - a) * sizeof *to);
			memcpy(to + k + (middle - a), from + b, (end - b) * sizeof *to);
		}
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, n * sizeof *items);
}

/* What decides between items that are equal in this run's octets. False: nothing does. */
static bool
next_place(const struct sort *s, struct run *run, uint64_t by)
{
	uint64_t turn = s->program.keys[run->key].reverse ? UINT64_MAX : 0;

	/* the last of the eight is NUL where the string has ended */
	if (rows[s->program.keys[run->key].key].string && ((by ^ turn) & 0xff) != 0) {
		run->octet += 8;
		return true;
	}
	run->octet = 0;
	return ++run->key < s->program.count;
}

void
sort_order(struct sort *s)
{
	struct sort_item *items = mem_calloc(s->count, sizeof *items);
	struct sort_item *spare = mem_calloc(s->count, sizeof *spare);
	uint32_t *ids = mem_calloc(s->count, sizeof *ids);
	struct run *stack = NULL;
	size_t depth = 0, room = 0;

	for (size_t i = 0; i < s->count; i++)
		items[i].at = (uint32_t)i;
	if (s->count > 1) {
		stack = mem_grow(stack, &room, 1, sizeof *stack);
		stack[depth++] = (struct run){ 0, (uint32_t)s->count, 0, 0 };
	}
	while (depth > 0) {
		struct run run = stack[--depth];

		load(s, items, &run);
		sort_items(items + run.from, spare, run.to - run.from);
		for (uint32_t from = run.from, to; from < run.to; from = to) {
			struct run next = { from, 0, run.key, run.octet };

			for (to = from + 1; to < run.to && items[to].by == items[from].by; to++)
				continue;
			next.to = to;
			if (to - from < 2 || !next_place(s, &next, items[from].by))
				continue;
			stack = mem_grow(stack, &room, depth + 1, sizeof *stack);
			stack[depth++] = next;
		}
	}
	for (size_t i = 0; i < s->count; i++)
		ids[i] = s->ids[items[i].at];
	free(s->ids);
	s->ids = ids;
	s->id_room = s->count;
	free(items);
	free(spare);
	free(stack);
}
