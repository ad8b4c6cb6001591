/*
 * Sets of message numbers or UIDs: sequence-set of RFC 9051 section 9, read
 * from a command, computed with, and printed as "1:3,7". Knows neither which
 * numbers exist nor what "$" (RFC 5182) stands for: the caller does.
 *
 * A set is a list of ranges. As parsed it keeps the order and the "*" of the
 * client; seqset_resolve() or seqset_sort() makes it ordered: ascending, not
 * overlapping, not even touching. What asks for an ordered set says so.
 */
#ifndef WIRE_SEQSET_H
#define WIRE_SEQSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Stands for "*" at either end of a range; no number is 0. */
#define SEQSET_STAR 0

struct seqset_range {
	uint32_t first, last;	/* first <= last unless one of them is SEQSET_STAR */
};

struct seqset {
	struct seqset_range *ranges;
	size_t count, room;
	bool star;	/* some range still holds SEQSET_STAR */
	bool unordered;	/* ask seqset_sort() before what wants an ordered set */
};

#define SEQSET_INIT ((struct seqset){ NULL, 0, 0, false, false })

void seqset_init(struct seqset *set);
void seqset_fini(struct seqset *set);

/* Empty it, keep the memory. */
void seqset_reset(struct seqset *set);

/*
 * Read one sequence-set at *at, which is left at the first byte behind it (what
 * may stand there is the caller's grammar), and add it behind the content of
 * set. 7:3 becomes 3:7. -1 when the words are no sequence-set (empty, 0, above
 * 2^32-1, "1:", ",1", "1,,2", "1,"); set is then undefined, but for seqset_fini
 * and seqset_reset.
 */
int seqset_parse(struct seqset *set, const char **at, const char *end);

/*
 * Put a number in the place of every "*", then order the set. "9:*" with star 5
 * is 5:9, as the RFC wants. A star of 0 says that there is no largest number (an
 * empty mailbox): ranges with "*" in them are then dropped.
 */
void seqset_resolve(struct seqset *set, uint32_t star);

/* Order a set without "*": sort, then join what overlaps or touches. */
void seqset_sort(struct seqset *set);

/*
 * Add behind the content; 0 < first <= last. Joined with the last range when it
 * continues it, so an ascending run of numbers costs O(1) each and few ranges;
 * any other order costs no more but leaves the set unordered.
 */
void seqset_add(struct seqset *set, uint32_t n);
void seqset_add_range(struct seqset *set, uint32_t first, uint32_t last);

/* Ask an ordered set; O(log ranges). */
bool seqset_contains(const struct seqset *set, uint32_t n);

/*
 * The first range of an ordered set that ends at n or later: its index, or
 * set->count. Where a walk over the set begins.
 */
size_t seqset_find(const struct seqset *set, uint32_t n);

/* How many numbers; of a set without "*" and, to be true, ordered. */
uint64_t seqset_size(const struct seqset *set);

/* Add to out, an empty set, what is in both / in a but not in b; a and b ordered. */
void seqset_intersect(const struct seqset *a, const struct seqset *b, struct seqset *out);
void seqset_subtract(const struct seqset *a, const struct seqset *b, struct seqset *out);

/* The same set once more; to is any initialised set. */
void seqset_copy(const struct seqset *from, struct seqset *to);

/* As IMAP text, in the order in which the ranges stand: "1:3,7,9:*". */
void seqset_print(const struct seqset *set, struct buf *out);

#endif
