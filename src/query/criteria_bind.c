/*
 * Criteria once they are read: given a mailbox, kept for later, frozen. Trees are
 * no deeper than CRITERIA_DEPTH_MAX, so recursion is bounded.
 */
#include "query/criteria.h"

#include <string.h>

#include "util/arena.h"

static void
bind_set(struct criterion *node, uint32_t star, struct arena *arena)
{
	const struct seqset *asked = &node->set.asked;
	struct seqset *bound = &node->set.bound;

	if (bound->ranges == NULL)
		bound->ranges = arena_alloc(arena, asked->count * sizeof *bound->ranges);
	memcpy(bound->ranges, asked->ranges, asked->count * sizeof *bound->ranges);
	bound->count = bound->room = asked->count;
	bound->star = asked->star;
	bound->unordered = asked->unordered;
	seqset_resolve(bound, star);
}

static void
bind_node(struct criterion *node, uint32_t last_number, uint32_t last_uid, struct arena *arena)
{
	if (node->kind == CRITERION_NUMBERS)
		bind_set(node, last_number, arena);
	else if (node->kind == CRITERION_UIDS)
		bind_set(node, last_uid, arena);
	else if (node->kind == CRITERION_AND || node->kind == CRITERION_OR)
		for (node = node->first; node != NULL; node = node->next)
			bind_node(node, last_number, last_uid, arena);
}

void
criteria_bind(struct criteria *criteria, uint32_t last_number, uint32_t last_uid,
    struct arena *arena)
{
	bind_node(criteria->root, last_number, last_uid, arena);
}

/* The node asks for these UIDs from now on. */
static void
set_uids(struct criterion *node, const struct seqset *uids, struct arena *arena)
{
	struct seqset *asked = &node->set.asked;

	node->kind = CRITERION_UIDS;
	node->set.bound = SEQSET_INIT;
	*asked = *uids;
	asked->room = uids->count;
	asked->ranges = arena_alloc(arena, uids->count * sizeof *uids->ranges);
	if (uids->count > 0)
		memcpy(asked->ranges, uids->ranges, uids->count * sizeof *uids->ranges);
}

struct freeze {
	void (*uids_of)(void *ctx, const struct seqset *numbers, struct seqset *uids);
	void *ctx;
	const struct seqset *saved;
	struct arena *arena;
};

static void
freeze_node(struct criterion *node, const struct freeze *freeze)
{
	struct seqset uids = SEQSET_INIT;

	if (node->kind == CRITERION_NUMBERS) {
		freeze->uids_of(freeze->ctx, &node->set.bound, &uids);
		set_uids(node, &uids, freeze->arena);
		seqset_fini(&uids);
	} else if (node->kind == CRITERION_SAVED) {
		set_uids(node, freeze->saved, freeze->arena);
	} else if (node->kind == CRITERION_AND || node->kind == CRITERION_OR) {
		for (node = node->first; node != NULL; node = node->next)
			freeze_node(node, freeze);
	}
}

void
criteria_freeze(struct criteria *criteria,
    void (*uids_of)(void *ctx, const struct seqset *numbers, struct seqset *uids), void *ctx,
    const struct seqset *saved, struct arena *arena)
{
	struct freeze freeze = { uids_of, ctx, saved, arena };

	freeze_node(criteria->root, &freeze);
	criteria->uses_numbers = criteria->uses_saved = false;
}

static struct criterion *
copy_node(const struct criterion *from, struct arena *arena)
{
	struct criterion *to = arena_alloc(arena, sizeof *to), **link = &to->first, *child;
	const struct needle *needle = &from->find.needle;

	*to = *from;
	to->next = NULL;
	switch (from->kind) {
	case CRITERION_AND:
	case CRITERION_OR:
		for (child = from->first; child != NULL; child = child->next) {
			*link = copy_node(child, arena);
			link = &(*link)->next;
		}
		*link = NULL;
		break;
	case CRITERION_KEYWORD:
		to->keyword.name.data = arena_strndup(arena, from->keyword.name.data,
		    from->keyword.name.len);
		break;
	case CRITERION_EMAILID:
	case CRITERION_THREADID:
		to->word.data = arena_strndup(arena, from->word.data, from->word.len);
		break;
	case CRITERION_NUMBERS:
	case CRITERION_UIDS:
		to->set.asked.ranges = arena_alloc(arena,
		    from->set.asked.count * sizeof *from->set.asked.ranges);
		memcpy(to->set.asked.ranges, from->set.asked.ranges,
		    from->set.asked.count * sizeof *from->set.asked.ranges);
		to->set.bound = SEQSET_INIT;
		break;
	case CRITERION_FIELD:
	case CRITERION_BODY:
	case CRITERION_TEXT:
		to->find.needle.key = arena_strndup(arena, needle->key, needle->len);
		break;
	default:
		break;
	}
	return to;
}

void
criteria_copy(const struct criteria *from, struct criteria *to, struct arena *arena)
{
	*to = *from;
	to->fields = arena_alloc(arena, from->field_count * sizeof *to->fields);
	for (unsigned i = 0; i < from->field_count; i++) {
		to->fields[i] = from->fields[i];
		to->fields[i].name.data = arena_strndup(arena, from->fields[i].name.data,
		    from->fields[i].name.len);
	}
	to->root = copy_node(from->root, arena);
}
