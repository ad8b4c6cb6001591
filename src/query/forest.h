/*
 * Trees that grow together: nodes with one parent or none, where a link that
 * would close a loop is refused. For thread.c, whose links come from the headers
 * of strangers: n operations cost at most n log n whatever they are.
 */
#ifndef QUERY_FOREST_H
#define QUERY_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nodes are numbered from 1; 0 is no node. */
struct forest {
	uint32_t *parents;
	size_t count, room;	/* node 0 counts too, once there is any */
	uint64_t steps, steps_max;	/* walked upwards so far, and when that is too much */
	struct forest_link *links;	/* from then on */
	size_t link_count, link_room;
};

void forest_init(struct forest *forest);
void forest_fini(struct forest *forest);

/* A new node without a parent. */
uint32_t forest_add(struct forest *forest);

static inline uint32_t
forest_parent(const struct forest *forest, uint32_t node)
{
	return forest->parents[node];
}

/* Hang a node that has no parent under another; false, and nothing done, if that closes a loop. */
bool forest_join(struct forest *forest, uint32_t child, uint32_t parent);

/* Take a node, with all below it, off its parent. */
void forest_cut(struct forest *forest, uint32_t node);

#endif
