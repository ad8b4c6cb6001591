/*
 * Many are put in buckets, octet by octet from the lowest; octets that all share cost
 * nothing. Few are merged, from short runs. Neither asks a function about two of them.
 */
#include "util/order.h"

#include <string.h>

/* For many: bucket by bucket from the lowest octet up, octets that are the same in all left out. */
static void
order_many(struct order_item *items, struct order_item *spare, size_t n)
{
	size_t counts[8][256] = { { 0 } };
	struct order_item *from = items, *to = spare, *swap;

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
order_items(struct order_item *items, struct order_item *spare, size_t n)
{
	enum { SHORT = 16, MANY = 1024 };
	struct order_item *from = items, *to = spare;
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
			struct order_item one = items[i];
			size_t k = i;

			for (; k > start && items[k - 1].by > one.by; k--)
				items[k] = items[k - 1];
			items[k] = one;
		}
	}
	for (size_t width = SHORT; width < n; width *= 2) {
		struct order_item *swap = from;

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
