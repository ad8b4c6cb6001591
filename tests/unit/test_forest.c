/* query/forest: links and cuts at random against the plain definition, and long chains. */
#include <stdlib.h>

#include "query/forest.h"
#include "test.h"

static bool
is_above(const uint32_t *parents, uint32_t above, uint32_t node)
{
	for (; node != 0; node = parents[node])
		if (node == above)
			return true;
	return false;
}

static void
test_random(uint32_t count, bool links_at_once, const char *what)
{
	struct forest forest;
	uint32_t *parents = calloc(count + 1, sizeof *parents), seed = count;
	bool same = true;

	forest_init(&forest);
	for (uint32_t i = 1; i <= count; i++)
		same = same && forest_add(&forest) == i;
	if (links_at_once)
		forest.steps_max = 0;
	for (int i = 0; i < 20000; i++) {
		uint32_t child, parent;

		seed = seed * 1664525 + 1013904223;
		child = 1 + (seed >> 8) % count;
		seed = seed * 1664525 + 1013904223;
		parent = 1 + (seed >> 8) % count;
		if (parents[child] != 0) {
			if (seed >> 30 == 0) {
				forest_cut(&forest, child);
				parents[child] = 0;
			}
		} else {
			bool loop = is_above(parents, child, parent);

			same = same && forest_join(&forest, child, parent) == !loop;
			if (!loop)
				parents[child] = parent;
		}
		same = same && forest_parent(&forest, child) == parents[child];
	}
	check(same && (forest.links != NULL) == links_at_once, "%s", what);
	forest_fini(&forest);
	free(parents);
}

/* A chain of 300,000 made from its end up, which walks the whole of it each time. */
static void
test_chain(void)
{
	enum { LONG = 300000 };
	struct forest forest;
	bool good = true;

	forest_init(&forest);
	for (uint32_t i = 1; i <= LONG; i++)
		forest_add(&forest);
	for (uint32_t i = 1; i < LONG; i++)
		good = good && forest_join(&forest, i + 1, i);
	for (uint32_t i = 2; i < LONG; i += 3)
		good = good && !forest_join(&forest, 1, i);
	check(good, "a long chain takes no loop");
	check(forest.links != NULL, "and was not walked each time");
	for (uint32_t i = 1000; i < LONG; i += 1000)
		forest_cut(&forest, i);
	good = true;
	for (uint32_t i = 1000; i < LONG; i += 1000)
		good = good && !forest_join(&forest, i, i + 500) && forest_join(&forest, i, i - 1);
	check(good, "cut in pieces and joined again");
	forest_fini(&forest);
}

int
main(void)
{
	test_random(2, true, "two nodes");
	test_random(30, false, "30 nodes, by walking");
	test_random(30, true, "30 nodes, by link-cut trees");
	test_random(500, true, "500 nodes, by link-cut trees");
	test_chain();
	return test_done();
}
