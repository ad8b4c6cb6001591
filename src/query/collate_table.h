/* The table behind collate.c; its form is told in contrib/unicode/collate-table, which makes it. */
#ifndef QUERY_COLLATE_TABLE_H
#define QUERY_COLLATE_TABLE_H

#include <stdint.h>

enum {
	COLLATE_BLOCK = 64,	/* characters a block of leaves */
	COLLATE_LONGEST = 33,	/* octets of the longest result (U+FDFA becomes 18 characters) */
};

extern const uint32_t collate_last;		/* the last character that changes */
extern const uint16_t collate_index[];		/* character / COLLATE_BLOCK: number of its block */
extern const uint16_t collate_leaf[];		/* offset into the pool, 0: unchanged */
extern const unsigned char collate_pool[];	/* length, octets */

#endif
