/*
 * To find a loop one walks from the parent up to its root and looks whether that
 * is the child. In mail this is a step or two. Where the walks together grow long
 * (chains of 10,000 references), the trees are also kept as link-cut trees
 * (Sleator and Tarjan): each path is a splay tree ordered by depth, and the root
 * of any node is found in log n steps on average. They cost more than walking a
 * short way, so they are only made when they are needed.
 */
#include "query/forest.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

/* up: parent in the splay tree, or, for the top of one, the node above its path. */
struct forest_link {
	uint32_t up, left, right;
};

enum { STEPS_FREE = 1 << 16 };	/* walked in any case */

void
forest_init(struct forest *f)
{
	*f = (struct forest){ .steps_max = STEPS_FREE };
}

void
forest_fini(struct forest *f)
{
	free(f->parents);
	free(f->links);
	*f = (struct forest){ .count = 0 };
}

uint32_t
forest_add(struct forest *f)
{
	size_t wanted = f->count == 0 ? 2 : f->count + 1;

	f->parents = mem_grow(f->parents, &f->room, wanted, sizeof *f->parents);
	f->parents[0] = 0;
	f->parents[wanted - 1] = 0;
	f->count = wanted;
	f->steps_max += 16;
	if (f->links != NULL) {
		f->links = mem_grow(f->links, &f->link_room, wanted, sizeof *f->links);
		f->links[wanted - 1] = (struct forest_link){ 0, 0, 0 };
	}
	return (uint32_t)(wanted - 1);
}

static bool
is_top(const struct forest_link *links, uint32_t n)
{
	uint32_t up = links[n].up;

	return up == 0 || (links[up].left != n && links[up].right != n);
}

static void
rotate(struct forest_link *links, uint32_t n)
{
	uint32_t up = links[n].up, above = links[up].up, moved;

	if (!is_top(links, up)) {
		if (links[above].left == up)
			links[above].left = n;
		else
			links[above].right = n;
	}
	if (links[up].left == n) {
		moved = links[up].left = links[n].right;
		links[n].right = up;
	} else {
		moved = links[up].right = links[n].left;
		links[n].left = up;
	}
	if (moved != 0)
		links[moved].up = up;
	links[up].up = n;
	links[n].up = above;
}

static void
splay(struct forest_link *links, uint32_t n)
{
	while (!is_top(links, n)) {
		uint32_t up = links[n].up;

		if (!is_top(links, up)) {
			uint32_t above = links[up].up;

			bool straight = (links[above].left == up) == (links[up].left == n);

			rotate(links, straight ? up : n);
		}
		rotate(links, n);
	}
}

/* Make the path from the root to n one splay tree with n on top and nothing below it. */
static void
expose(struct forest_link *links, uint32_t n)
{
	uint32_t below = 0;

	for (uint32_t at = n; at != 0; at = links[at].up) {
		splay(links, at);
		links[at].right = below;
		below = at;
	}
	splay(links, n);
}

static uint32_t
root_of(struct forest_link *links, uint32_t n)
{
	expose(links, n);
	while (links[n].left != 0)
		n = links[n].left;
	splay(links, n);	/* what was deep is now near: this keeps the average */
	return n;
}

/* Begin with each node a path of its own. */
static void
make_links(struct forest *f)
{
	f->links = mem_grow(f->links, &f->link_room, f->count, sizeof *f->links);
	for (size_t i = 0; i < f->count; i++)
		f->links[i] = (struct forest_link){ f->parents[i], 0, 0 };
}

static bool
is_root_of(struct forest *f, uint32_t root, uint32_t node)
{
	if (f->links == NULL) {
		uint32_t at = node;

		for (; f->parents[at] != 0; at = f->parents[at])
			if (++f->steps > f->steps_max)
				break;
		if (f->parents[at] == 0)
			return at == root;
		make_links(f);
	}
	return root_of(f->links, node) == root;
}

bool
forest_join(struct forest *f, uint32_t child, uint32_t parent)
{
	assert(f->parents[child] == 0);
	if (is_root_of(f, child, parent))
		return false;
	f->parents[child] = parent;
	if (f->links != NULL) {
		/* exposed, a root has nothing on its left; above its path is the parent */
		expose(f->links, child);
		f->links[child].up = parent;
	}
	return true;
}

void
forest_cut(struct forest *f, uint32_t node)
{
	f->parents[node] = 0;
	if (f->links != NULL) {
		uint32_t above;

		expose(f->links, node);
		above = f->links[node].left;
		f->links[node].left = 0;
		if (above != 0)
			f->links[above].up = 0;
	}
}
