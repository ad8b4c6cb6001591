/*
 * NOTIFY of what mailboxes are called: made, deleted, renamed (MailboxName),
 * subscribed, and what is said about them (MailboxMetadataChange and that of the
 * server). The disk tells only what is there; so what was there is remembered, and
 * the difference is told.
 *
 * A mailbox under another name is known by its directory: number, device and time
 * of birth stay when it is renamed, by whatever program. When a mailbox is renamed
 * those below it are too, without a word (5.4); in Maildir++ that is one rename
 * after the other, which may fall into two looks: the last one that was told is
 * kept for a while.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "cmd/notify_watch.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "store/account.h"
#include "store/folder.h"
#include "store/names.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

enum {
	LOOKS_MAX = 10,			/* listings before one is believed */
	RENAME_TAKES_MS = 10000,	/* of a tree, from its first directory to its last */
	LIST_AGAIN_MS = 60000,		/* fs layout: a folder below a directory that nobody watched */
};

/* ---- reading ---- */

static struct box_id
id_of(struct session *s, const char *name)
{
	struct buf path = BUF_INIT;
	struct box_id id = { 0 };
	struct statx st;

	names_to_disk(&s->account, name, &path);
	if (statx(s->account.dirfd, path.data, 0, STATX_INO | STATX_BTIME, &st) == 0) {
		id.device = (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
		id.inode = st.stx_ino;
		if (st.stx_mask & STATX_BTIME) {
			id.born_sec = st.stx_btime.tv_sec;
			id.born_nsec = st.stx_btime.tv_nsec;
		}
	}
	buf_fini(&path);
	return id;
}

static int
compare_ids(const struct box_id *a, const struct box_id *b)
{
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	if (a->born_sec != b->born_sec)
		return a->born_sec < b->born_sec ? -1 : 1;
	return a->born_nsec < b->born_nsec ? -1 : a->born_nsec > b->born_nsec;
}

int
notify_by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
read_subscribed(struct session *s, char ***out, size_t *count, struct err *err)
{
	struct notes notes;
	char **names;

	if (notes_read(&s->account, NOTES_SUBSCRIPTIONS, &notes, err) < 0) {
		notes_fini(&notes);
		return -1;
	}
	names = mem_calloc(notes.count + 1, sizeof *names);
	for (size_t i = 0; i < notes.count; i++) {
		names[i] = notes.at[i].name;
		notes.at[i].name = NULL;
	}
	qsort(names, notes.count, sizeof *names, notify_by_string);
	*out = names;
	*count = notes.count;
	notes_fini(&notes);
	return 0;
}

bool
notify_names_subscribed(const struct notify_watch *w, const char *name)
{
	return w->subscribed_count > 0 && bsearch(&name, w->subscribed, w->subscribed_count,
	    sizeof *w->subscribed, notify_by_string) != NULL;
}

int
noted_compare(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : ascii_casecmp(x->entry, y->entry);
}

static int
read_noted(struct session *s, struct noted **out, size_t *count, struct err *err)
{
	const struct notify_watch *w = s->notify->watch;
	struct notes notes;
	struct noted *noted;

	if (notes_read(&s->account, NOTES_METADATA, &notes, err) < 0) {
		notes_fini(&notes);
		return -1;
	}
	noted = mem_calloc(notes.count + 1, sizeof *noted);
	for (size_t i = 0; i < notes.count; i++) {
		struct note *note = &notes.at[i];

		noted[i] = (struct noted){ note->name, note->entry,
			hash_keyed(w->key, note->value, note->value_len) };
		note->name = note->entry = NULL;
	}
	qsort(noted, notes.count, sizeof *noted, noted_compare);
	*out = noted;
	*count = notes.count;
	notes_fini(&notes);
	return 0;
}

static void
free_subscribed(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void
free_noted(struct noted *noted, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(noted[i].name);
		free(noted[i].entry);
	}
	free(noted);
}

bool
notify_wants_subscriptions(const struct notify *n)
{
	return n->subscriptions || (n->events & NOTIFY_SUBSCRIPTION);
}

struct box *
box_new_listed(struct session *s, const char *name)
{
	struct box *box = box_new(name);

	box->id = id_of(s, name);
	box->listed = true;
	return box;
}

void
box_put(struct notify_watch *w, struct box *box, size_t at)
{
	w->boxes = mem_grow(w->boxes, &w->room, w->count + 1, sizeof *w->boxes);
	memmove(w->boxes + at + 1, w->boxes + at, (w->count - at) * sizeof *w->boxes);
	w->boxes[at] = box;
	w->count++;
}

int
notify_names_read(struct session *s, struct err *err)
{
	struct notify_watch *w = s->notify->watch;
	struct folder_list list;

	hash_random(w->key, sizeof w->key);
	if (notify_wants_subscriptions(s->notify)
	    && read_subscribed(s, &w->subscribed, &w->subscribed_count, err) < 0)
		return -1;
	if ((s->notify->events & NOTIFY_NOTES)
	    && read_noted(s, &w->noted, &w->noted_count, err) < 0)
		return -1;
	if (folder_list(&s->account, &list, err) < 0) {
		folder_list_fini(&list);
		return -1;
	}
	for (size_t i = 0; i < list.count; i++)
		box_put(w, box_new_listed(s, list.names[i]), w->count);
	folder_list_fini(&list);
	w->names_ms = input_clock_ms();
	return 0;
}

void
notify_names_fini(struct notify_watch *w)
{
	free_subscribed(w->subscribed, w->subscribed_count);
	free_noted(w->noted, w->noted_count);
	free(w->renamed_from);
	free(w->renamed_to);
}

/* ---- events by name ---- */

struct events {
	struct list_event *at;
	size_t count, room;
	struct arena names;
};

static bool
is_wanted(const struct session *s, const char *name, unsigned event)
{
	return notify_events(s->notify, name, notify_names_subscribed(s->notify->watch, name)) & event;
}

static void
add_event(struct events *events, const char *name, const char *old_name)
{
	struct list_event *event;

	events->at = mem_grow(events->at, &events->room, events->count + 1, sizeof *events->at);
	event = &events->at[events->count++];
	event->name = arena_strndup(&events->names, name, strlen(name));
	event->old_name = old_name != NULL
	    ? arena_strndup(&events->names, old_name, strlen(old_name)) : NULL;
	event->no_access = false;
}

/* Made or deleted: told of it and of the name above it, which may have children now, or none (5.4). */
static void
add_affected(struct session *s, struct events *events, const char *name)
{
	enum { LOOK_BACK = 8 };	/* those of one parent stand side by side */
	const char *slash = strrchr(name, '/');
	bool told = false;
	char *parent;

	if (is_wanted(s, name, NOTIFY_NAME))
		add_event(events, name, NULL);
	if (slash == NULL)
		return;
	parent = mem_strndup(name, (size_t)(slash - name));
	for (size_t i = events->count; i > 0 && events->count - i < LOOK_BACK; i--)
		told |= strcmp(events->at[i - 1].name, parent) == 0;
	if (!told && is_wanted(s, parent, NOTIFY_NAME))
		add_event(events, parent, NULL);
	free(parent);
}

static void
send_events(struct session *s, struct events *events)
{
	if (events->count > 0)
		send_list_events(s, events->at, events->count);
	free(events->at);
	arena_fini(&events->names);
}

/* ---- the tree ---- */

/* Boxes that came and went in one look. */
struct moved {
	struct box **gone, **come;
	size_t gone_count, come_count, gone_room, come_room;
};

static void
keep(struct box ***list, size_t *count, size_t *room, struct box *box)
{
	*list = mem_grow(*list, room, *count + 1, sizeof **list);
	(*list)[(*count)++] = box;
}

/* Make the boxes what the list says; what is in one of the two only is moved. */
static void
merge(struct session *s, const struct folder_list *list, struct moved *moved)
{
	struct notify_watch *w = s->notify->watch;
	struct box **old = w->boxes;
	size_t count = w->count, at = 0;

	w->boxes = NULL;
	w->count = w->room = 0;
	for (size_t i = 0; i < list->count || at < count;) {
		int order = i == list->count ? 1 : at == count ? -1
		    : folder_compare(list->names[i], old[at]->name);

		if (order > 0) {
			keep(&moved->gone, &moved->gone_count, &moved->gone_room, old[at++]);
			continue;
		}
		if (order < 0) {
			box_put(w, box_new_listed(s, list->names[i++]), w->count);
			keep(&moved->come, &moved->come_count, &moved->come_room,
			    w->boxes[w->count - 1]);
			continue;
		}
		box_put(w, old[at++], w->count);
		i++;
	}
	free(old);
}

static int
by_id(const void *a, const void *b)
{
	return compare_ids(&(*(struct box *const *)a)->id, &(*(struct box *const *)b)->id);
}

/* Is to what becomes of from when the directory above it is renamed so? */
static bool
follows(const char *from, const char *to, const char *above_from, const char *above_to)
{
	size_t from_len = strlen(above_from), to_len = strlen(above_to);

	return strncmp(from, above_from, from_len) == 0 && from[from_len] == '/'
	    && strncmp(to, above_to, to_len) == 0 && strcmp(from + from_len, to + to_len) == 0;
}

/* Was this rename told with that of a mailbox above? Renames are in the order of the new names. */
static bool
is_told(const struct notify_watch *w, const char *from, const char *to)
{
	return w->renamed_from != NULL && input_clock_ms() - w->renamed_ms < RENAME_TAKES_MS
	    && follows(from, to, w->renamed_from, w->renamed_to);
}

static void
remember_rename(struct notify_watch *w, const char *from, const char *to)
{
	free(w->renamed_from);
	free(w->renamed_to);
	w->renamed_from = mem_strdup(from);
	w->renamed_to = mem_strdup(to);
	w->renamed_ms = input_clock_ms();
	w->renamed_before = false;
}

void
notify_move_noted(struct notify_watch *w, const char *from, const char *to)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->noted_count; i++) {
		struct noted *noted = &w->noted[i];

		if (strcmp(noted->name, from) == 0) {
			free(noted->name);
			if (to == NULL) {
				free(noted->entry);
				continue;
			}
			noted->name = mem_strdup(to);
		}
		w->noted[kept++] = *noted;
	}
	w->noted_count = kept;
	if (to != NULL && kept > 1)
		qsort(w->noted, w->noted_count, sizeof *w->noted, noted_compare);
}

/* A box that came has the directory of one that went: it stays, under the new name. */
static void
take_over(struct session *s, struct events *events, struct box *new, struct box *old)
{
	struct notify_watch *w = s->notify->watch;
	char *from = old->name;

	old->name = new->name;
	new->name = NULL;
	notify_move_noted(w, from, old->name);
	if (is_told(w, from, old->name)) {
		/* told when it had none of its children yet */
		if (w->renamed_before && is_wanted(s, w->renamed_to, NOTIFY_NAME))
			add_event(events, w->renamed_to, NULL);
		w->renamed_before = false;
	} else {
		remember_rename(w, from, old->name);
		if (is_wanted(s, from, NOTIFY_NAME) || is_wanted(s, old->name, NOTIFY_NAME))
			add_event(events, old->name, from);
	}
	free(from);
}

static void
settle_moved(struct session *s, struct events *events, struct moved *moved)
{
	struct notify_watch *w = s->notify->watch;

	if (moved->gone_count > 1)
		qsort(moved->gone, moved->gone_count, sizeof *moved->gone, by_id);
	for (size_t i = 0; i < moved->come_count; i++) {
		struct box *new = moved->come[i], **place = NULL;

		if (moved->gone_count > 0)
			place = bsearch(&new, moved->gone, moved->gone_count, sizeof *moved->gone,
			    by_id);
		if (place == NULL || (*place)->name == NULL)
			continue;
		*box_place(w, new->name) = *place;
		take_over(s, events, new, *place);
		moved->come[i] = NULL;
		/* found once is found: a copy with its name taken marks the place */
		*place = new;
	}
	for (size_t i = 0; i < moved->gone_count; i++) {
		struct box *box = moved->gone[i];

		if (box->name != NULL) {
			notify_move_noted(w, box->name, NULL);
			add_affected(s, events, box->name);
		}
		if (box == w->selected) {
			/* still selected, and soon found out to be gone */
			w->selected = box_add_extra(w, box->name);
			w->selected_dirty = true;
		}
		box_free(w, box);
	}
	for (size_t i = 0; i < moved->come_count; i++)
		if (moved->come[i] != NULL)
			add_affected(s, events, moved->come[i]->name);
}

/* The same name and another directory: deleted and made again between two looks. */
static void
check_replaced(struct session *s, struct events *events)
{
	struct notify_watch *w = s->notify->watch;

	for (size_t i = 0; i < w->count; i++) {
		struct box *box = w->boxes[i];
		struct box_id id = id_of(s, box->name);

		if (compare_ids(&id, &box->id) == 0)
			continue;
		box->id = id;
		for (int part = 0; part < WATCHER_PARTS; part++)
			box_unwatch(w, box, (enum watcher_part)part);
		box->dirty = w->dirty = true;
		if (is_wanted(s, box->name, NOTIFY_NAME))
			add_event(events, box->name, NULL);
	}
}

/* Directories that were expected to become folders and did, or are gone. */
static void
drop_extra(struct notify_watch *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->extra_count; i++) {
		struct box *box = w->extra[i];

		if (box == w->selected
		    || (box->wd[WATCHER_DIR] >= 0 && box_find(w, box->name) == NULL))
			w->extra[kept++] = box;
		else
			box_free(w, box);
	}
	w->extra_count = kept;
}

static bool
same_lists(const struct folder_list *a, const struct folder_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

/*
 * A rename while the directory is read can hide a folder under both of its names:
 * when one is missing, two listings must agree.
 */
static int
list_settled(struct session *s, struct folder_list *list, struct err *err)
{
	const struct notify_watch *w = s->notify->watch;
	size_t found = 0;

	if (folder_list(&s->account, list, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++)
		found += box_find(w, list->names[i]) != NULL;
	for (int looks = 1; found < w->count && looks < LOOKS_MAX; looks++) {
		struct folder_list again;
		bool same;

		if (folder_list(&s->account, &again, err) < 0) {
			folder_list_fini(&again);
			return -1;
		}
		same = same_lists(list, &again);
		folder_list_fini(list);
		*list = again;
		if (same)
			break;
	}
	return 0;
}

static void
look_at_tree(struct session *s)
{
	struct notify_watch *w = s->notify->watch;
	struct moved moved = { 0 };
	struct events events = { 0 };
	struct folder_list list;
	struct err err;

	w->names_dirty = false;
	w->renamed_before = w->renamed_from != NULL;
	w->names_ms = input_clock_ms();
	if (list_settled(s, &list, &err) < 0) {
		log_err(&err);
		folder_list_fini(&list);
		return;
	}
	merge(s, &list, &moved);
	check_replaced(s, &events);
	settle_moved(s, &events, &moved);
	for (size_t i = 0; i < w->count; i++)
		box_settle(s, w->boxes[i], false);
	drop_extra(w);
	send_events(s, &events);
	folder_list_fini(&list);
	free(moved.gone);
	free(moved.come);
}

/* ---- subscriptions ---- */

static void
look_at_subscriptions(struct session *s)
{
	struct notify_watch *w = s->notify->watch;
	char **old = w->subscribed, **new;
	size_t old_count = w->subscribed_count, count, i = 0, k = 0;
	struct events events = { 0 };
	struct err err;

	w->subscriptions_dirty = false;
	if (read_subscribed(s, &new, &count, &err) < 0) {
		log_err(&err);
		return;
	}
	w->subscribed = new;
	w->subscribed_count = count;
	while (i < old_count || k < count) {
		int order = i == old_count ? 1 : k == count ? -1 : strcmp(old[i], new[k]);
		const char *name = order < 0 ? old[i] : order > 0 ? new[k] : NULL;

		i += order <= 0;
		k += order >= 0;
		/* a group of the subscribed ones had it, or has it now */
		if (name != NULL && (notify_events(s->notify, name, true) & NOTIFY_SUBSCRIPTION))
			add_event(&events, name, NULL);
	}
	free_subscribed(old, old_count);
	for (size_t n = 0; s->notify->subscriptions && n < w->count; n++)
		box_settle(s, w->boxes[n], true);
	send_events(s, &events);
}

/* ---- metadata ---- */

/* "* METADATA name /private/comment /shared/x": names only (RFC 5464 4.4.2). */
static void
send_changed(struct session *s, const char *name, const char *entry, const char **open)
{
	struct buf shown = BUF_INIT;

	if (*open == NULL || strcmp(*open, name) != 0) {
		if (*open != NULL)
			output_text(&s->out, "\r\n");
		*open = name;
		if (*name != '\0')
			name_to_client(s, name, &shown);
		output_text(&s->out, "* METADATA ");
		respond_astring(&s->out, buf_str(&shown), shown.len, session_utf8(s));
		buf_fini(&shown);
	}
	output_char(&s->out, ' ');
	respond_astring(&s->out, entry, strlen(entry), false);
}

static void
look_at_noted(struct session *s)
{
	struct notify_watch *w = s->notify->watch;
	struct noted *old = w->noted, *new;
	size_t old_count = w->noted_count, count, i = 0, k = 0;
	const char *open = NULL;
	struct err err;

	w->noted_dirty = false;
	if (read_noted(s, &new, &count, &err) < 0) {
		log_err(&err);
		return;
	}
	while (i < old_count || k < count) {
		int order = i == old_count ? 1 : k == count ? -1 : noted_compare(&old[i], &new[k]);
		const struct noted *one = order <= 0 ? &old[i] : &new[k];
		bool changed = order != 0 || old[i].value != new[k].value;

		i += order <= 0;
		k += order >= 0;
		if (changed && (*one->name == '\0' ? s->notify->events & NOTIFY_SERVER_METADATA
		    : is_wanted(s, one->name, NOTIFY_METADATA) ? 1u : 0u) != 0)
			send_changed(s, one->name, one->entry, &open);
	}
	if (open != NULL)
		output_text(&s->out, "\r\n");
	free_noted(old, old_count);
	w->noted = new;
	w->noted_count = count;
}

/* ---- turns ---- */

void
notify_names_look(struct session *s)
{
	struct notify_watch *w = s->notify->watch;

	if (s->notify->count == 0)
		return;
	if (s->account.layout == LAYOUT_FS && input_clock_ms() - w->names_ms > LIST_AGAIN_MS)
		w->names_dirty = true;
	if (w->names_dirty)
		look_at_tree(s);
	if (w->subscriptions_dirty && notify_wants_subscriptions(s->notify))
		look_at_subscriptions(s);
	if (w->noted_dirty && (s->notify->events & NOTIFY_NOTES))
		look_at_noted(s);
}

static uint64_t
stamp_of(struct session *s, const char *file)
{
	struct stat st;

	if (fstatat(s->account.dirfd, file, &st, 0) < 0)
		return 0;
	/* each is replaced as a whole: another file is another inode or another time */
	return (uint64_t)st.st_ino ^ (uint64_t)st.st_mtim.tv_nsec << 20
	    ^ (uint64_t)st.st_mtim.tv_sec << 40 ^ (uint64_t)st.st_size << 10;
}

void
notify_names_poll(struct session *s)
{
	struct notify_watch *w = s->notify->watch;
	uint64_t subscriptions = stamp_of(s, "mayfly-subscriptions") ^ stamp_of(s, "subscriptions");
	uint64_t noted = stamp_of(s, "mayfly-metadata");

	w->names_dirty = true;
	w->subscriptions_dirty |= subscriptions != w->subscriptions_stamp;
	w->noted_dirty |= noted != w->noted_stamp;
	w->subscriptions_stamp = subscriptions;
	w->noted_stamp = noted;
}
