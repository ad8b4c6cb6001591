/*
 * Sorting by a number, as a sort by comparing cannot: for many in a few passes over
 * them, whatever their count, without a branch that depends on what they are.
 */
#ifndef UTIL_ORDER_H
#define UTIL_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* One of many things: what it is ordered by, and which one it is. */
struct order_item {
	uint64_t by;
	uint32_t at;
};

/* Put items in ascending order of by, equal ones as they stand; spare has room for n. */
void order_items(struct order_item *items, struct order_item *spare, size_t n);

#endif
