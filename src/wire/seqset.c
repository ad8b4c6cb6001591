/*
 * Sequence sets, RFC 9051 section 9. Nothing here costs more than the length of
 * the text that the client sent, but for one sort.
 */
#include "wire/seqset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/mem.h"

void
seqset_init(struct seqset *set)
{
	*set = SEQSET_INIT;
}

void
seqset_fini(struct seqset *set)
{
	free(set->ranges);
	*set = SEQSET_INIT;
}

void
seqset_reset(struct seqset *set)
{
	set->count = 0;
	set->star = set->unordered = false;
}

static void
push(struct seqset *set, uint32_t first, uint32_t last)
{
	set->ranges = mem_grow(set->ranges, &set->room, set->count + 1, sizeof *set->ranges);
	set->ranges[set->count++] = (struct seqset_range){ first, last };
}

/* seq-number: nz-number or "*". */
static int
parse_number(const char **at, const char *end, uint32_t *out)
{
	uint64_t n = 0;
	const char *p = *at;

	if (p < end && *p == '*') {
		*out = SEQSET_STAR;
		*at = p + 1;
		return 0;
	}
	for (; p < end && ascii_is_digit(*p); p++) {
		n = n * 10 + (uint64_t)(*p - '0');
		if (n > UINT32_MAX)
			return -1;
		/* nz-number = digit-nz *DIGIT: 007 is no number either */
		if (n == 0)
			return -1;
	}
	if (p == *at)
		return -1;
	*out = (uint32_t)n;
	*at = p;
	return 0;
}

int
seqset_parse(struct seqset *set, const char **at, const char *end)
{
	uint32_t first, last;

	for (;;) {
		if (parse_number(at, end, &first) < 0)
			return -1;
		last = first;
		if (*at < end && **at == ':') {
			(*at)++;
			if (parse_number(at, end, &last) < 0)
				return -1;
		}
		if (first == SEQSET_STAR || last == SEQSET_STAR) {
			set->star = true;
			set->unordered = true;
			push(set, first, last);
		} else if (first <= last) {
			seqset_add_range(set, first, last);
		} else {
			seqset_add_range(set, last, first);
		}
		if (*at == end || **at != ',')
			return 0;
		(*at)++;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct seqset_range *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return 0;
}

/* Does a range that starts at first belong to the one that ends at last? */
static bool
touches(uint32_t last, uint32_t first)
{
	return first <= last || first - last == 1;
}

void
seqset_sort(struct seqset *set)
{
	size_t kept = 0;

	assert(!set->star);
	if (!set->unordered)
		return;
	set->unordered = false;
	if (set->count == 0)
		return;
	qsort(set->ranges, set->count, sizeof *set->ranges, compare);
	for (size_t i = 1; i < set->count; i++) {
		struct seqset_range *last = &set->ranges[kept];

		if (!touches(last->last, set->ranges[i].first))
			set->ranges[++kept] = set->ranges[i];
		else if (set->ranges[i].last > last->last)
			last->last = set->ranges[i].last;
	}
	set->count = kept + 1;
}

void
seqset_resolve(struct seqset *set, uint32_t star)
{
	size_t kept = 0;

	for (size_t i = 0; set->star && i < set->count; i++) {
		struct seqset_range r = set->ranges[i];

		if (r.first == SEQSET_STAR)
			r.first = star;
		if (r.last == SEQSET_STAR)
			r.last = star;
		if (r.first == 0 || r.last == 0)
			continue;
		if (r.first > r.last)
			r = (struct seqset_range){ r.last, r.first };
		set->ranges[kept++] = r;
	}
	if (set->star)
		set->count = kept;
	set->star = false;
	seqset_sort(set);
}

void
seqset_add(struct seqset *set, uint32_t n)
{
	seqset_add_range(set, n, n);
}

void
seqset_add_range(struct seqset *set, uint32_t first, uint32_t last)
{
	struct seqset_range *end;

	assert(first > 0 && first <= last);
	if (set->count == 0) {
		push(set, first, last);
		return;
	}
	end = &set->ranges[set->count - 1];
	if (end->first == SEQSET_STAR || end->last == SEQSET_STAR || first < end->first) {
		set->unordered = true;
		push(set, first, last);
	} else if (!touches(end->last, first)) {
		push(set, first, last);
	} else if (last > end->last) {
		end->last = last;
	}
}

size_t
seqset_find(const struct seqset *set, uint32_t n)
{
	size_t low = 0, high = set->count;

	assert(!set->unordered);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (set->ranges[mid].last < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
seqset_contains(const struct seqset *set, uint32_t n)
{
	size_t i = seqset_find(set, n);

	return i < set->count && set->ranges[i].first <= n;
}

uint64_t
seqset_size(const struct seqset *set)
{
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++)
		size += (uint64_t)set->ranges[i].last - set->ranges[i].first + 1;
	return size;
}

void
seqset_intersect(const struct seqset *a, const struct seqset *b, struct seqset *out)
{
	size_t i = 0, k = 0;

	assert(!a->unordered && !b->unordered);
	while (i < a->count && k < b->count) {
		struct seqset_range x = a->ranges[i], y = b->ranges[k];
		uint32_t first = x.first > y.first ? x.first : y.first;
		uint32_t last = x.last < y.last ? x.last : y.last;

		if (first <= last)
			seqset_add_range(out, first, last);
		if (x.last <= y.last)
			i++;
		if (y.last <= x.last)
			k++;
	}
}

void
seqset_subtract(const struct seqset *a, const struct seqset *b, struct seqset *out)
{
	size_t k = 0;

	assert(!a->unordered && !b->unordered);
	for (size_t i = 0; i < a->count; i++) {
		/* 64 bits: the number behind the last possible one must exist */
		uint64_t first = a->ranges[i].first, last = a->ranges[i].last;

		while (k < b->count && b->ranges[k].last < first)
			k++;
		for (size_t m = k; m < b->count && b->ranges[m].first <= last; m++) {
			if (b->ranges[m].first > first)
				seqset_add_range(out, (uint32_t)first, b->ranges[m].first - 1);
			first = (uint64_t)b->ranges[m].last + 1;
			k = m;
		}
		if (first <= last)
			seqset_add_range(out, (uint32_t)first, (uint32_t)last);
	}
}

void
seqset_copy(const struct seqset *from, struct seqset *to)
{
	if (from == to)
		return;
	to->ranges = mem_grow(to->ranges, &to->room, from->count, sizeof *to->ranges);
	if (from->count > 0)
		memcpy(to->ranges, from->ranges, from->count * sizeof *to->ranges);
	to->count = from->count;
	to->star = from->star;
	to->unordered = from->unordered;
}

static void
print_number(uint32_t n, struct buf *out)
{
	if (n == SEQSET_STAR)
		buf_addc(out, '*');
	else
		buf_addu(out, n);
}

void
seqset_print(const struct seqset *set, struct buf *out)
{
	for (size_t i = 0; i < set->count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		print_number(set->ranges[i].first, out);
		if (set->ranges[i].last != set->ranges[i].first) {
			buf_addc(out, ':');
			print_number(set->ranges[i].last, out);
		}
	}
}
