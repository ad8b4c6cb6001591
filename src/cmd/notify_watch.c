/*
 * NOTIFY at work. Each mailbox that is watched for its messages has a box: what
 * the client knows of it, and whether something happened there since. A turn
 * looks at the boxes that are dirty and at nothing else, so a thousand folders at
 * rest cost no time; a session that never said NOTIFY has none of this.
 *
 * The selected mailbox is told by session/view.c as always, but at any time. While
 * it is selected its box only notes that something happened; when it is closed,
 * what its client knew goes into the box, and news that it did not hear are told
 * as news of the others (section 6: it is one of them again).
 */
#include "cmd/notify_watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "session/view.h"
#include "session/wait.h"
#include "store/dirs.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/names.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

enum {
	UNSETTLED_MS = 2000,	/* a directory's time this young may hide the next change */
	EXTRA_MAX = 1000,	/* directories without a mailbox that are watched for one */
};

/* ---- inotify ---- */

static void
touch(struct notify_watch *w, struct box *box)
{
	box->dirty = w->dirty = true;
	if (box == w->selected)
		w->selected_dirty = true;
}

/* Can a directory of this name be a folder, or hold one? */
static bool
is_folder_name(const struct session *s, const char *entry)
{
	if (s->account.layout == LAYOUT_MAILDIRPP)
		return entry[0] == '.' && entry[1] != '.';
	return entry[0] != '.' && strcmp(entry, "cur") != 0 && strcmp(entry, "new") != 0
	    && strcmp(entry, "tmp") != 0;
}

/*
 * A directory is there; its cur/ may come in the next moment. In the fs layout also
 * what was made in it before we looked.
 */
static void
expect_folder(struct session *s, const struct box *parent, const char *entry, int depth)
{
	struct notify_watch *w = s->notify->watch;
	struct buf path = BUF_INIT, name = BUF_INIT;
	struct dirent *below;
	struct box *box;
	DIR *dir = NULL;
	int fd;

	if (!box_is_root(parent)) {
		names_to_disk(&s->account, parent->name, &path);
		buf_addc(&path, '/');
	}
	buf_adds(&path, entry);
	if (w->extra_count >= EXTRA_MAX || depth >= FOLDER_DEPTH_MAX
	    || names_from_disk(&s->account, path.data, &name) < 0)
		goto out;
	box = box_add_extra(w, name.data);
	box_watch_part(s, box, WATCHER_DIR);
	if (s->account.layout != LAYOUT_FS || box->wd[WATCHER_DIR] < 0)
		goto out;
	fd = openat(s->account.dirfd, path.data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL && fd >= 0)
		close(fd);
	while (dir != NULL && (below = readdir(dir)) != NULL)
		if (below->d_type == DT_DIR && is_folder_name(s, below->d_name))
			expect_folder(s, box, below->d_name, depth + 1);
out:
	if (dir != NULL)
		closedir(dir);
	buf_fini(&path);
	buf_fini(&name);
}

static bool
is_subscriptions(const char *entry)
{
	/* ours, and until there is one those of other servers (store/import.h) */
	return strcmp(entry, "mayfly-subscriptions") == 0 || strcmp(entry, "subscriptions") == 0
	    || strcmp(entry, "courierimapsubscribed") == 0;
}

static void
see_dir(struct session *s, struct box *box, const struct watcher_event *event)
{
	struct notify_watch *w = s->notify->watch;

	if (strcmp(event->entry, UIDLIST_NAME) == 0) {
		touch(w, box);
	} else if (strcmp(event->entry, "cur") == 0 || strcmp(event->entry, "new") == 0) {
		touch(w, box);
		w->names_dirty |= event->came || event->went;
	} else if (s->notify->count == 0) {
		return;
	} else if (event->is_dir && box_holds_folders(s, box) && is_folder_name(s, event->entry)) {
		w->names_dirty = true;
		/* also when its rights change: only now may we look into it */
		if (!event->went)
			expect_folder(s, box, event->entry, 0);
	} else if (box_is_root(box)) {
		w->subscriptions_dirty |= is_subscriptions(event->entry);
		w->noted_dirty |= strcmp(event->entry, "mayfly-metadata") == 0;
	}
}

static void
see(void *ctx, const struct watcher_event *event)
{
	struct session *s = ctx;
	struct notify_watch *w = s->notify->watch;
	struct box *box = event->owner;

	if (event->ended) {
		box->wd[event->part] = -1;
		w->names_dirty = true;
		touch(w, box);
	} else if (event->part == WATCHER_DIR) {
		see_dir(s, box, event);
	} else {
		touch(w, box);
	}
}

/* Events were lost: whatever is watched may have changed. */
static void
suspect_all(struct notify_watch *w)
{
	for (size_t i = 0; i < w->count; i++)
		w->boxes[i]->dirty = true;
	w->dirty = w->selected_dirty = true;
	w->names_dirty = w->subscriptions_dirty = w->noted_dirty = true;
}

/* ---- without inotify ---- */

static uint64_t
mix(uint64_t stamp, const struct stat *st)
{
	const uint64_t parts[] = { (uint64_t)st->st_ino, (uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec, (uint64_t)st->st_mtim.tv_nsec };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		stamp = (stamp ^ parts[i]) * 0x9e3779b97f4a7c15u;
	return stamp;
}

static void
poll_box(struct session *s, struct box *box)
{
	static const char *const files[] = { "/cur", "/new", ("/" UIDLIST_NAME) };
	uint64_t stamp = 1;
	struct buf path = BUF_INIT;
	int64_t now = (int64_t)time(NULL) * 1000;
	bool young = false;
	size_t len;

	names_to_disk(&s->account, box->name, &path);
	len = path.len;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct stat st = { 0 };

		path.len = len;
		buf_adds(&path, files[i]);
		if (fstatat(s->account.dirfd, path.data, &st, 0) < 0)
			continue;
		stamp = mix(stamp, &st);
		young |= (int64_t)st.st_mtim.tv_sec * 1000 > now - UNSETTLED_MS;
	}
	buf_fini(&path);
	if (stamp != box->stamp)
		touch(s->notify->watch, box);
	box->stamp = young ? 0 : stamp;
}

static void
poll_all(struct session *s)
{
	struct notify_watch *w = s->notify->watch;

	for (size_t i = 0; i < w->count; i++)
		if (w->boxes[i]->events & NOTIFY_MESSAGES)
			poll_box(s, w->boxes[i]);
	w->selected_dirty |= w->selected != NULL;
	if (s->notify->count > 0)
		notify_names_poll(s);
}

/* ---- turns ---- */

/* The box of the mailbox that is selected now. Watched first: then one look misses nothing. */
static void
attend_selected(struct session *s)
{
	struct notify_watch *w = s->notify->watch;
	struct box *box;

	if (s->mailbox == NULL || w->selected != NULL)
		return;
	box = box_find(w, s->mailbox->name);
	if (box == NULL)
		box = box_add_extra(w, s->mailbox->name);
	w->selected = box;
	box_watch(s, box);
	w->selected_dirty = true;
}

void
notify_deselect(struct session *s)
{
	struct notify *n = s->notify;
	struct notify_watch *w = n->watch;
	const struct mailbox *m = s->mailbox;
	struct box *box;

	seqset_reset(&n->own);
	if (w == NULL)
		return;
	box = box_find(w, m->name);
	if (box != NULL && (box->events & NOTIFY_MESSAGES)) {
		box->known = box_facts_of(m);
		box->fresh = false;
		box->force = m->told_rows != mailbox_rows(m) || m->gone.count > 0
		    || m->flagged.count > 0;
		box->dirty = w->dirty = true;
	}
	box = w->selected;
	w->selected = NULL;
	w->selected_dirty = false;
	if (box == NULL)
		return;
	if (box->listed) {
		box_watch(s, box);
		return;
	}
	for (size_t i = 0; i < w->extra_count; i++)
		if (w->extra[i] == box) {
			w->extra[i] = w->extra[--w->extra_count];
			box_free(w, box);
			return;
		}
}

static void
look_at_selected(struct session *s, bool idle)
{
	struct err err;
	int result = view_hear(s, &err);

	s->notify->watch->selected_dirty = result == 1;	/* see plan */
	if (result < 0)
		view_failed(s, &err);
	if (s->mailbox != NULL)
		view_tell(s, s->notify->delayed && !idle ? HOLD_EXPUNGE : TELL_EXPUNGE, true);
}

/* More than we can or want to watch has come to be (5.8). */
static bool
overflowed(struct session *s)
{
	const struct notify_watch *w = s->notify->watch;

	return w->count > (w->poll_ms >= 0 ? NOTIFY_POLLED_MAX : NOTIFY_WATCHED_MAX);
}

/* From now on as if NOTIFY NONE had been said. */
static void
give_up(struct session *s)
{
	output_text(&s->out, "* OK [NOTIFICATIONOVERFLOW] There is too much to be told of\r\n");
	notify_watch_end(s->notify);
	s->notify->count = 0;
	s->notify->selected = s->notify->events = 0;
}

/* Tell of all that is known to be dirty. */
static void
look_at_dirty(struct session *s, bool idle)
{
	struct notify_watch *w = s->notify->watch;

	notify_names_look(s);
	if (overflowed(s)) {
		give_up(s);
		return;
	}
	if (w->dirty) {
		w->dirty = false;
		for (size_t i = 0; i < w->count && !s->out.dead; i++) {
			struct box *box = w->boxes[i];

			if (box->dirty && box != w->selected)
				box_look(s, box);	/* the selected one waits until it is closed */
		}
	}
	if (w->selected_dirty && w->selected != NULL)
		look_at_selected(s, idle);
}

void
notify_look(struct session *s, bool idle)
{
	struct notify_watch *w = s->notify->watch;

	if (w == NULL)
		return;
	if (w->poll_ms >= 0)
		poll_all(s);
	else if (!watcher_read(&w->watcher, see, s))
		suspect_all(w);
	look_at_dirty(s, idle);
}

static void
plan(struct session *s, struct waiting *waiting)
{
	const struct notify_watch *w = s->notify->watch;

	waiting->fd = w != NULL && w->poll_ms < 0 ? w->watcher.fd : -1;
	waiting->poll_ms = w != NULL ? w->poll_ms : -1;
	wait_again(waiting, w != NULL && w->selected != NULL && w->selected_dirty);
}

static void
look_between(struct session *s, struct waiting *waiting)
{
	notify_look(s, false);
	plan(s, waiting);
}

static void
look_in_idle(struct session *s, struct waiting *waiting)
{
	notify_look(s, true);
	plan(s, waiting);
}

int
notify_wait(void *session)
{
	struct session *s = session;
	struct waiting waiting = WAITING_FOR_INPUT;
	int end;

	if (s->notify->watch == NULL)
		return 0;
	waiting.look = look_between;
	attend_selected(s);
	look_at_dirty(s, false);
	if (s->state == STATE_LOGOUT)
		return 0;
	plan(s, &waiting);
	end = wait_and_tell(s, &waiting);
	return end == 1 ? 0 : end;
}

int
notify_idle(struct session *s, struct waiting *waiting)
{
	waiting->look = look_in_idle;
	if (s->notify->watch != NULL) {
		attend_selected(s);
		if (s->notify->watch->selected != NULL)
			s->notify->watch->selected_dirty = true;
		look_at_dirty(s, true);
	}
	plan(s, waiting);
	return s->state == STATE_LOGOUT ? INPUT_EOF : wait_and_tell(s, waiting);
}

/* ---- begin and end ---- */

int
notify_watch_begin(struct session *s, const struct notify *before, bool status, struct err *err)
{
	struct notify *n = s->notify;
	struct notify_watch *w = n->watch = mem_calloc(1, sizeof *w);

	w->watcher.fd = w->poll_ms = -1;
	if (dirs_is_remote(s->account.dirfd))
		notify_poll_instead(s, "it is on a network file system");
	else if (watcher_open(&w->watcher) < 0)
		notify_poll_instead(s, strerror(errno));
	if (n->count > 0 && notify_names_read(s, err) < 0) {
		notify_watch_end(n);
		return -1;
	}
	if (w->poll_ms >= 0)
		notify_poll_instead(s, "");	/* by the number of boxes */
	if (overflowed(s)) {
		notify_watch_end(n);
		return err_set(err, ERR_NOTIFICATIONOVERFLOW, "Too many mailboxes to watch");
	}
	attend_selected(s);
	for (size_t i = 0; i < w->count && !s->out.dead; i++) {
		struct box *box = w->boxes[i];
		const struct box *old = before != NULL && before->watch != NULL && !status
		    ? box_find(before->watch, box->name) : NULL;

		box_settle(s, box, true);
		if (old != NULL && (old->events & NOTIFY_MESSAGES) && !old->fresh
		    && (box->events & NOTIFY_MESSAGES)) {
			box->known = old->known;
			box->force = old->force;
			box->dirty = w->dirty = true;
		}
		if (status && box != w->selected)
			box_tell_first(s, box);
	}
	/* what came between the list and the watches */
	w->names_dirty = w->subscriptions_dirty = w->noted_dirty = n->count > 0;
	if (n->selected == 0 && n->events == 0)
		notify_watch_end(n);	/* it was for the snapshot only */
	return 0;
}

void
notify_watch_end(struct notify *n)
{
	struct notify_watch *w = n->watch;

	if (w == NULL)
		return;
	watcher_close(&w->watcher);
	for (size_t i = 0; i < w->count; i++)
		box_free(w, w->boxes[i]);
	for (size_t i = 0; i < w->extra_count; i++)
		box_free(w, w->extra[i]);
	notify_names_fini(w);
	free(w->boxes);
	free(w->extra);
	free(w);
	n->watch = NULL;
}
