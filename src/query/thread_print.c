/* Threads as they go onto the wire (RFC 5256 section 4, thread-data). */
#include "query/thread.h"

#include "util/buf.h"

/* Does the node follow its parent in the same pair of parentheses? */
static bool
follows(const struct thread *t, uint32_t node)
{
	uint32_t parent = thread_parent(t, node);

	return parent != 0 && thread_child(t, parent) == node && thread_next(t, node) == 0;
}

void
thread_print(const struct thread *t, struct buf *out)
{
	uint32_t node = thread_first(t), id;

	if (node == 0)
		return;
	buf_addc(out, '(');
	for (;;) {
		id = thread_id(t, node);
		if (id != 0)
			buf_addu(out, id);
		if (thread_child(t, node) != 0) {
			if (id != 0)
				buf_addc(out, ' ');
			node = thread_child(t, node);
			if (!follows(t, node))
				buf_addc(out, '(');
			continue;
		}
		/* a leaf: close what ends here, up to something that has a next one */
		for (;;) {
			while (follows(t, node))
				node = thread_parent(t, node);
			buf_addc(out, ')');
			if (thread_next(t, node) != 0)
				break;
			node = thread_parent(t, node);
			if (node == 0)
				return;
		}
		node = thread_next(t, node);
		buf_addc(out, '(');
	}
}
