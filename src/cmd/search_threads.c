/*
 * Thread ids from query/lineage.c, which finds them, and store/threads.c, which
 * remembers them. Messages that came since somebody last asked are looked at together,
 * in the order in which they came.
 */
#include <stdlib.h>

#include "cmd/search_source.h"
#include "query/lineage.h"
#include "query/thread.h"
#include "session/session.h"
#include "store/mailbox.h"
#include "store/threads.h"
#include "util/log.h"
#include "util/mem.h"

static uint64_t
get(void *ctx, uint64_t key)
{
	return threads_get(ctx, key);
}

static void
add(void *ctx, uint64_t key, uint64_t thread)
{
	threads_add(ctx, key, thread);
}

/* Find the threads of all messages from this position on. */
static void
find(struct search_source *s, uint32_t first)
{
	struct mailbox *m = s->mailbox;
	const struct lineage lineage = { get, add, s->threads };
	struct thread *thread = thread_new(THREAD_REFERENCES, &search_source_ops, s);
	uint32_t told = mailbox_told(m), position;
	uint64_t *keys = mem_calloc(told, sizeof *keys);
	size_t count = 0;
	struct err err;

	for (position = first; position < told && search_source_go_on(s, position, told); position++) {
		struct document d;
		uint64_t key;

		if (!search_source_ops.open(s, position, &d)
		    || (key = lineage_key(&d, REACH_DISK)) == 0)
			continue;
		thread_add(thread, &d, d.uid);
		if (thread_count(thread) > count)
			keys[count++] = key;
	}
	/* given up: then nobody waits for the rest */
	if (position >= told) {
		lineage_find(thread, keys, count, &lineage);
		if (told > 0 && !m->unsaved)
			threads_set_mark(s->threads, &m->facts,
			    mailbox_uid(m, mailbox_row_of_number(m, told)));
		if (threads_commit(s->threads, &err) < 0 && err.kind != ERR_NOPERM)
			log_err(&err);
	}
	free(keys);
	thread_free(&thread);
}

static void
prepare(struct search_source *s)
{
	struct mailbox *m = s->mailbox;
	uint32_t mark, told = mailbox_told(m), position;

	s->threads = threads_open(m->account);
	mark = m->unsaved ? 0 : threads_mark(s->threads, &m->facts);
	position = mark == UINT32_MAX ? told : search_source_ops.find_uid(s, mark + 1);
	s->threads_complete = position == 0;
	if (position < told)
		find(s, position);
}

enum document_answer
search_source_thread_id(struct document *d, enum document_reach reach, struct str *out)
{
	struct search_source *s = d->mailbox;
	uint64_t key, thread = 0;

	*out = (struct str){ NULL, 0 };
	if (s->threads == NULL) {
		if (reach == REACH_MEMORY)
			return DOCUMENT_UNKNOWN;
		prepare(s);
	}
	key = lineage_key(d, reach);
	if (key == 0)
		return reach == REACH_MEMORY ? DOCUMENT_UNKNOWN : DOCUMENT_KNOWN;
	thread = threads_get(s->threads, key);
	if (thread == 0 && !s->threads_complete) {
		/* the file is damaged, or the message was not to be read before */
		if (reach == REACH_MEMORY)
			return DOCUMENT_UNKNOWN;
		s->threads_complete = true;
		find(s, 0);
		thread = threads_get(s->threads, key);
	}
	if (thread != 0) {
		buf_reset(&s->id);
		buf_addf(&s->id, "T%016llx", (unsigned long long)thread);
		*out = (struct str){ s->id.data, s->id.len };
	}
	return DOCUMENT_KNOWN;
}

struct str
search_source_row_thread_id(struct search_source *s, uint32_t row)
{
	uint32_t number = mailbox_number_of_row(s->mailbox, row);
	struct str id = { NULL, 0 };
	struct document d;

	if (number > 0 && search_source_ops.open(s, number - 1, &d))
		search_source_thread_id(&d, REACH_DISK, &id);
	return id;
}
