/*
 * The mailboxes of a NOTIFY one by one: the watches that each needs, what it is
 * now against what the client knows, and the STATUS or LIST line that says so.
 */
#include "cmd/notify_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "store/dirs.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/names.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

enum {
	POLL_LOCAL_MS = 1000,	/* as IDLE does it */
	POLL_REMOTE_MS = 15000,
	POLL_PER_BOX_MS = 5,	/* looking takes a few thousandths of the time */
};

/* ---- boxes ---- */

struct box *
box_new(const char *name)
{
	struct box *box = mem_calloc(1, sizeof *box);

	box->name = mem_strdup(name);
	for (int i = 0; i < WATCHER_PARTS; i++)
		box->wd[i] = -1;
	return box;
}

void
box_unwatch(struct notify_watch *w, struct box *box, enum watcher_part part)
{
	if (box->wd[part] >= 0)
		watcher_remove(&w->watcher, box->wd[part], box);
	box->wd[part] = -1;
}

void
box_free(struct notify_watch *w, struct box *box)
{
	for (int i = 0; i < WATCHER_PARTS; i++)
		box_unwatch(w, box, (enum watcher_part)i);
	free(box->name);
	free(box);
}

struct box **
box_place(const struct notify_watch *w, const char *name)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = folder_compare(w->boxes[middle]->name, name);

		if (order == 0)
			return &w->boxes[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct box *
box_find(const struct notify_watch *w, const char *name)
{
	struct box **place = box_place(w, name);

	return place != NULL ? *place : NULL;
}

struct box *
box_add_extra(struct notify_watch *w, const char *name)
{
	struct box *box = box_new(name);

	w->extra = mem_grow(w->extra, &w->extra_room, w->extra_count + 1, sizeof *w->extra);
	w->extra[w->extra_count++] = box;
	return box;
}

/* ---- watches ---- */

/* Look at everything from time to time instead; or not at all, where that is too much. */
void
notify_poll_instead(struct session *s, const char *why)
{
	static bool said;
	struct notify_watch *w = s->notify->watch;
	bool remote = dirs_is_remote(s->account.dirfd);

	watcher_close(&w->watcher);
	for (size_t i = 0; i < w->count; i++)
		for (int part = 0; part < WATCHER_PARTS; part++)
			w->boxes[i]->wd[part] = -1;
	for (size_t i = 0; i < w->extra_count; i++)
		for (int part = 0; part < WATCHER_PARTS; part++)
			w->extra[i]->wd[part] = -1;
	w->poll_ms = (int)w->count * POLL_PER_BOX_MS;
	if (w->poll_ms < POLL_LOCAL_MS)
		w->poll_ms = POLL_LOCAL_MS;
	if (remote && w->poll_ms < POLL_REMOTE_MS)
		w->poll_ms = POLL_REMOTE_MS;
	if (said)
		return;
	said = true;
	log_line(LOG_LEVEL_WARNING, "%s: changes are looked for every %d ms, not by inotify: %s",
	    s->account.path, w->poll_ms, why);
}

void
box_watch_part(struct session *s, struct box *box, enum watcher_part part)
{
	static const char *const below[] = { "", "/cur", "/new" };
	struct notify_watch *w = s->notify->watch;
	struct buf path = BUF_INIT;

	if (w->poll_ms >= 0 || box->wd[part] >= 0)
		return;
	buf_addf(&path, "%s/", s->account.path);
	names_to_disk(&s->account, box->name, &path);
	buf_adds(&path, below[part]);
	box->wd[part] = watcher_add(&w->watcher, path.data, part, box, box->listed);
	if (box->wd[part] < 0 && (errno == ENOSPC || errno == ENOMEM))
		notify_poll_instead(s, strerror(errno));
	buf_fini(&path);
}

bool
box_is_root(const struct box *box)
{
	return strcmp(box->name, "INBOX") == 0;
}

/* Where folders can be made by other programs: the root, and in the fs layout all of them. */
bool
box_holds_folders(const struct session *s, const struct box *box)
{
	return s->notify->count > 0 && (box_is_root(box) || s->account.layout == LAYOUT_FS);
}

void
box_watch(struct session *s, struct box *box)
{
	struct notify_watch *w = s->notify->watch;

	if (box == w->selected || (box->events & NOTIFY_MESSAGES)) {
		box_watch_part(s, box, WATCHER_DIR);
		box_watch_part(s, box, WATCHER_CUR);
		box_watch_part(s, box, WATCHER_NEW);
		return;
	}
	box_unwatch(w, box, WATCHER_CUR);
	box_unwatch(w, box, WATCHER_NEW);
	if (box_holds_folders(s, box) || !box->listed)
		box_watch_part(s, box, WATCHER_DIR);
	else
		box_unwatch(w, box, WATCHER_DIR);
}

/* ---- what a mailbox is now ---- */

struct box_facts
box_facts_of(const struct mailbox *m)
{
	return (struct box_facts){ m->facts.uidvalidity, m->facts.uidnext, m->exists, m->unseen,
		m->facts.modseq };
}

/* 1: facts filled; 0: it cannot be looked at now (it is gone, or not for us). */
static int
read_facts(struct session *s, const struct box *box, struct box_facts *out)
{
	struct mailbox *m;
	struct err err;
	int result;

	if (folder_open_mailbox(&s->account, box->name, ERR_NONEXISTENT, &m, &err) < 0) {
		if (err.kind != ERR_NONEXISTENT)
			log_err(&err);
		return 0;
	}
	/* a folder that is being removed piece by piece must not grow again under its remover's hands */
	m->only_looking = true;
	if (mailbox_new(m) < 0) {
		mailbox_close(&m);
		return 0;
	}
	result = mailbox_sync(m, &err);
	if (result < 0)
		log_err(&err);
	*out = box_facts_of(m);
	if (result == 0)
		mailbox_tidy(m);
	mailbox_close(&m);
	return result == 0;
}

static void
send_name(struct session *s, const char *name)
{
	struct buf shown = BUF_INIT;

	name_to_client(s, name, &shown);
	respond_astring(&s->out, shown.data, shown.len, session_utf8(s));
	buf_fini(&shown);
}

enum { TELL_COUNTS = 1, TELL_UNSEEN = 2, TELL_MODSEQ = 4 };

static void
send_facts(struct session *s, const struct box *box, const struct box_facts *now, unsigned what)
{
	output_text(&s->out, "* STATUS ");
	send_name(s, box->name);
	output_text(&s->out, " (");
	if (what & TELL_COUNTS)
		output_format(&s->out, "MESSAGES %u UIDNEXT %u ", now->exists, now->uidnext);
	output_format(&s->out, "UIDVALIDITY %u", now->uidvalidity);
	if (what & TELL_UNSEEN)
		output_format(&s->out, " UNSEEN %u", now->unseen);
	if (what & TELL_MODSEQ)
		output_format(&s->out, " HIGHESTMODSEQ %llu", (unsigned long long)now->modseq);
	output_text(&s->out, ")\r\n");
}

/* Not for us any more, or again (5.9, 3.1). True when there is something to be read. */
static bool
check_access(struct session *s, struct box *box)
{
	bool may = folder_may_read(&s->account, box->name);	/* events want that right (5) */
	const struct list_event event = { box->name, NULL, !may };

	if (may != box->no_access)
		return may;
	box->no_access = !may;
	box->force = may;
	send_list_events(s, &event, 1);
	return may;
}

/* STATUS items for what is different (5.1 to 5.3), 0 for nothing that is wanted. */
static unsigned
differences(const struct session *s, const struct box *box, const struct box_facts *now)
{
	const struct box_facts *old = &box->known;
	bool validity = !box->fresh && now->uidvalidity != old->uidvalidity;
	bool counts = now->uidnext != old->uidnext || now->exists != old->exists;
	unsigned what = 0;

	/* of a new mailbox its UIDVALIDITY is news (5.1): the name may have had another */
	if (box->force || validity || (box->fresh && (box->events & NOTIFY_FLAGS))
	    || (counts && (box->events & (NOTIFY_NEW | NOTIFY_EXPUNGE))))
		what |= TELL_COUNTS;
	/* unread mail is what a list of folders shows: it goes with every line that may have it */
	if ((box->events & NOTIFY_FLAGS) && (what != 0 || now->unseen != old->unseen))
		what |= TELL_UNSEEN;
	if (s->enabled_condstore && (what != 0
	    || (!box->fresh && (box->events & NOTIFY_FLAGS) && now->modseq != old->modseq)))
		what |= TELL_MODSEQ;
	return what;
}

void
box_look(struct session *s, struct box *box)
{
	struct box_facts now;
	unsigned what;

	box->dirty = false;
	if (!(box->events & NOTIFY_MESSAGES) || !check_access(s, box) || !read_facts(s, box, &now))
		return;
	what = differences(s, box, &now);
	if (what != 0)
		send_facts(s, box, &now, what);
	box->known = now;
	box->fresh = box->force = false;
}

void
box_settle(struct session *s, struct box *box, bool newly)
{
	struct notify *n = s->notify;
	bool watched = box->events & NOTIFY_MESSAGES;

	box->events = notify_events(n, box->name, notify_names_subscribed(n->watch, box->name));
	box_watch(s, box);
	if (!(box->events & NOTIFY_MESSAGES) || watched)
		return;
	if (newly) {
		/* watched first, then looked at: what happens in between is a change */
		if (box != n->watch->selected && check_access(s, box))
			read_facts(s, box, &box->known);
		box->force = false;
		return;
	}
	box->fresh = true;
	box->known = (struct box_facts){ .uidnext = 1 };
	box->dirty = n->watch->dirty = true;
}

/* NONE makes a snapshot of all there is to say. */
void
box_tell_first(struct session *s, const struct box *box)
{
	const struct notify *n = s->notify;
	unsigned what = TELL_COUNTS | TELL_UNSEEN | TELL_MODSEQ;
	struct box_facts now = box->known;

	if (box->events & NOTIFY_MESSAGES) {
		if (box->no_access)
			return;
		if (!(box->events & NOTIFY_FLAGS))
			what = TELL_COUNTS | (s->enabled_condstore ? TELL_MODSEQ : 0);
	} else if (!notify_none(n, box->name, notify_names_subscribed(n->watch, box->name))
	    || !folder_may_read(&s->account, box->name) || !read_facts(s, box, &now)) {
		return;
	}
	send_facts(s, box, &now, what);
}
