/*
 * Each message climbs to its root, and the way is settled from the top down: a
 * node that memory knows keeps its thread, any other gets that of the node above
 * it; what is above all known ones gets that of the highest known one. A settled
 * node ends the climb, so every node is passed once.
 */
#include "query/lineage.h"

#include <stdlib.h>

#include "query/document.h"
#include "query/envelope.h"
#include "query/msgid.h"
#include "query/thread.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/mem.h"

/*
 * Of the ids that a message only refers to, so many nearest ones and the root are
 * remembered: enough to find its sisters, however long the list that a stranger sends.
 */
enum { REMEMBERED = 50 };

static uint64_t
key_of(const char *text, size_t len, uint64_t what)
{
	const uint64_t key[2] = { 0x6d617966, what };	/* fixed: the same on every host */
	uint64_t hash = hash_keyed(key, text, len);

	return hash != 0 ? hash : 1;
}

enum { KEY_MESSAGE_ID = 0x6c790005, KEY_EMAIL_ID = 0x6c790006 };

uint64_t
lineage_key(struct document *d, int reach)
{
	struct buf room = BUF_INIT, id = BUF_INIT;
	struct str envelope, text;
	uint64_t key = 0;

	if (d->ops->envelope(d, (enum document_reach)reach, &envelope) != DOCUMENT_KNOWN)
		return 0;
	text = envelope_string(envelope, ENVELOPE_MESSAGE_ID, &room);
	if (text.data != NULL) {
		const char *at = text.data;

		if (msgid_next(&at, text.data + text.len, &id))
			key = key_of(id.data, id.len, KEY_MESSAGE_ID);
	}
	if (key == 0 && d->ops->email_id(d, (enum document_reach)reach, &text) == DOCUMENT_KNOWN
	    && text.data != NULL)
		key = key_of(text.data, text.len, KEY_EMAIL_ID);
	buf_fini(&room);
	buf_fini(&id);
	return key;
}

struct climb {
	const struct thread *thread;
	const struct lineage *lineage;
	uint64_t *keys;		/* of each node; 0: it has none */
	uint64_t *threads;	/* of each node that is settled; 0: it is not */
	uint32_t *way;		/* from the message to its root */
	size_t room;
};

static void
settle(struct climb *c, uint32_t node)
{
	uint64_t thread = 0;
	size_t count = 0, first;

	for (; node != 0 && c->threads[node] == 0; node = thread_link(c->thread, node)) {
		c->way = mem_grow(c->way, &c->room, count + 1, sizeof *c->way);
		c->way[count++] = node;
	}
	if (count == 0)
		return;
	if (node != 0)
		thread = c->threads[node];
	/* without a settled one above, the highest that is known says what all above it are */
	for (first = count; thread == 0 && first > 0; first--)
		if (c->keys[c->way[first - 1]] != 0)
			thread = c->lineage->get(c->lineage->ctx, c->keys[c->way[first - 1]]);
	for (first = count; thread == 0 && first > 0; first--)
		thread = c->keys[c->way[first - 1]];
	for (size_t i = count; i > 0; i--) {
		uint32_t at = c->way[i - 1];
		uint64_t known = c->keys[at] != 0 ? c->lineage->get(c->lineage->ctx, c->keys[at]) : 0;

		if (known != 0)
			thread = known;
		else if (c->keys[at] != 0
		    && (thread_has_message(c->thread, at) || i <= REMEMBERED || i == count))
			c->lineage->add(c->lineage->ctx, c->keys[at], thread);
		c->threads[at] = thread;
	}
}

void
lineage_find(const struct thread *t, const uint64_t *keys, size_t count,
    const struct lineage *lineage)
{
	size_t nodes = thread_links(t);
	struct climb c = { .thread = t, .lineage = lineage };
	struct str name;

	c.keys = mem_calloc(nodes + 1, sizeof *c.keys);
	c.threads = mem_calloc(nodes + 1, sizeof *c.threads);
	for (uint32_t node = 1; node <= nodes; node++)
		if (thread_link_name(t, node, &name))
			c.keys[node] = key_of(name.data, name.len, KEY_MESSAGE_ID);
	/* one with an id that came before is another node, but the same message by its key */
	for (size_t i = 0; i < count; i++)
		c.keys[thread_link_of(t, i)] = keys[i];
	for (size_t i = 0; i < count; i++)
		settle(&c, thread_link_of(t, i));
	free(c.keys);
	free(c.threads);
	free(c.way);
}
