/*
 * Sorting by a number, as a sort by comparing cannot: in a few passes over the
 * items whatever their count, without a branch that depends on the keys.
 */
#ifndef UTIL_ORDER_H
#define UTIL_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct ordered {
	uint64_t key;
	uint32_t item;		/* what it is the key of: the caller's */
};

/* Sort count entries by key; those of one key stay in the order they had. */
void order_by_key(struct ordered *entries, size_t count);

#endif
