/*
 * What the client does itself is no news to it (RFC 5465 section 5). Each command
 * says what it did, and it goes into what the client is known to know; when the
 * disk is looked at next, there is no difference.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/notify_watch.h"
#include "session/notify.h"
#include "session/session.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/notes.h"
#include "util/hash.h"
#include "util/mem.h"

struct box_facts
notify_before(const struct mailbox *m)
{
	return box_facts_of(m);
}

void
notify_after(struct session *s, const struct mailbox *m, const struct box_facts *before)
{
	struct box *box;

	if (s->notify == NULL || s->notify->watch == NULL)
		return;
	box = box_find(s->notify->watch, m->name);
	/* one step of the history since then: ours, and nobody's in between */
	if (box != NULL && memcmp(&box->known, before, sizeof *before) == 0
	    && m->facts.modseq == before->modseq + 1)
		box->known = box_facts_of(m);
}

static struct notify_watch *
names_known(struct session *s)
{
	return s->notify != NULL && s->notify->count > 0 ? s->notify->watch : NULL;
}

void
notify_made(struct session *s, const char *name)
{
	struct notify_watch *w = names_known(s);
	size_t at = 0;

	if (w == NULL || box_find(w, name) != NULL)
		return;
	while (at < w->count && folder_compare(w->boxes[at]->name, name) < 0)
		at++;
	box_put(w, box_new_listed(s, name), at);
	box_settle(s, w->boxes[at], true);
}

void
notify_removed(struct session *s, const char *name)
{
	struct notify_watch *w = names_known(s);

	for (size_t i = 0; w != NULL && i < w->count; i++)
		if (strcmp(w->boxes[i]->name, name) == 0) {
			notify_move_noted(w, name, NULL);
			box_free(w, w->boxes[i]);
			w->count--;
			memmove(w->boxes + i, w->boxes + i + 1, (w->count - i) * sizeof *w->boxes);
			return;
		}
}

static int
by_name(const void *a, const void *b)
{
	return folder_compare((*(struct box *const *)a)->name, (*(struct box *const *)b)->name);
}

void
notify_renamed(struct session *s, const char *from, const char *to)
{
	struct notify_watch *w = names_known(s);
	size_t len = strlen(from);

	for (size_t i = 0; w != NULL && i < w->count; i++) {
		struct box *box = w->boxes[i];
		struct buf name = BUF_INIT;

		if (strncmp(box->name, from, len) != 0
		    || (box->name[len] != '\0' && box->name[len] != '/'))
			continue;
		buf_adds(&name, to);
		buf_adds(&name, box->name + len);
		notify_move_noted(w, box->name, name.data);
		free(box->name);
		box->name = buf_steal(&name);
	}
	if (w != NULL) {
		qsort(w->boxes, w->count, sizeof *w->boxes, by_name);
		for (size_t i = 0; i < w->count; i++)
			box_settle(s, w->boxes[i], true);
	}
}

void
notify_subscribed(struct session *s, const char *name, bool subscribed)
{
	struct notify_watch *w = names_known(s);
	struct box *box;
	char **place;

	if (w == NULL || !notify_wants_subscriptions(s->notify)
	    || notify_names_subscribed(w, name) == subscribed)
		return;
	if (subscribed) {
		w->subscribed = mem_realloc_array(w->subscribed, w->subscribed_count + 1,
		    sizeof *w->subscribed);
		w->subscribed[w->subscribed_count++] = mem_strdup(name);
		qsort(w->subscribed, w->subscribed_count, sizeof *w->subscribed, notify_by_string);
	} else {
		place = bsearch(&name, w->subscribed, w->subscribed_count, sizeof *w->subscribed,
		    notify_by_string);
		free(*place);
		w->subscribed_count--;
		memmove(place, place + 1,
		    (w->subscribed_count - (size_t)(place - w->subscribed)) * sizeof *place);
	}
	box = box_find(w, name);
	if (box != NULL && s->notify->subscriptions)
		box_settle(s, box, true);
}

void
notify_noted(struct session *s, const struct note *changes, size_t count)
{
	struct notify_watch *w = names_known(s);

	if (w == NULL || !(s->notify->events & NOTIFY_NOTES))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct note *change = &changes[i];
		struct noted wanted = { change->name, change->entry, 0 };
		struct noted *place = w->noted_count == 0 ? NULL
		    : bsearch(&wanted, w->noted, w->noted_count, sizeof *w->noted, noted_compare);

		if (place != NULL && change->value == NULL) {
			free(place->name);
			free(place->entry);
			w->noted_count--;
			memmove(place, place + 1,
			    (w->noted_count - (size_t)(place - w->noted)) * sizeof *place);
		} else if (place != NULL) {
			place->value = hash_keyed(w->key, change->value, change->value_len);
		} else if (change->value != NULL) {
			w->noted = mem_realloc(w->noted, (w->noted_count + 1) * sizeof *w->noted);
			w->noted[w->noted_count++] = (struct noted){ mem_strdup(change->name),
				mem_strdup(change->entry),
				hash_keyed(w->key, change->value, change->value_len) };
			qsort(w->noted, w->noted_count, sizeof *w->noted, noted_compare);
		}
	}
}
