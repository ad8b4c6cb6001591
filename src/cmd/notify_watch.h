/*
 * Finding out what NOTIFY asked for, and telling it (RFC 5465 sections 4 and 5):
 * the mailboxes that are watched, what the client knows of each, and the turns at
 * which the disk is looked at: where the session waits for its client.
 */
#ifndef CMD_NOTIFY_WATCH_H
#define CMD_NOTIFY_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/watcher.h"

struct err;
struct mailbox;
struct note;
struct notify;
struct session;
struct waiting;

enum {
	/* Mailboxes of one NOTIFY: 60 MB of kernel memory at three watches each. */
	NOTIFY_WATCHED_MAX = 20000,
	/* The same without inotify, where each costs three looks at its files every time. */
	NOTIFY_POLLED_MAX = 2000,
};

/* ---- for the command (cmd_notify.c) ---- */

/*
 * Begin to watch for s->notify. What the one before it (NULL: none) knew of a
 * mailbox goes on being known. status: tell a STATUS of each mailbox now.
 * ERR_NOTIFICATIONOVERFLOW when it is too much; nothing is watched then.
 */
int notify_watch_begin(struct session *s, const struct notify *before, bool status,
    struct err *err);
void notify_watch_end(struct notify *n);

/* Tell others' changes up to now. */
void notify_look(struct session *s, bool idle);

/* The selected mailbox is about to be closed: from now on it is one of the others. */
void notify_deselect(struct session *s);

/* dispatch's wait, while NOTIFY is on. */
int notify_wait(void *session);

/* The same in IDLE; waiting brings its keepalive. Returns as wait_and_tell does. */
int notify_idle(struct session *s, struct waiting *waiting);

/* ---- what the client did itself, which is no news to it (section 5) ---- */

void notify_made(struct session *s, const char *name);
void notify_removed(struct session *s, const char *name);
void notify_renamed(struct session *s, const char *from, const char *to);
void notify_subscribed(struct session *s, const char *name, bool subscribed);
void notify_noted(struct session *s, const struct note *changes, size_t count);

/* Facts of a mailbox as STATUS tells them. */
struct box_facts {
	uint32_t uidvalidity, uidnext, exists, unseen;
	uint64_t modseq;
};

/*
 * Around a change of this session to another mailbox than the selected one.
 * after() takes what the client did for known, if nobody else was in between.
 */
struct box_facts notify_before(const struct mailbox *m);
void notify_after(struct session *s, const struct mailbox *m, const struct box_facts *before);

/* ---- shared by the files notify_*.c ---- */

/* By which a directory is known again under another name. */
struct box_id {
	uint64_t device, inode;
	int64_t born_sec;
	uint32_t born_nsec;	/* 0 where the file system does not say */
};

struct box {
	char *name;
	struct box_id id;
	unsigned events;	/* enum notify_event */
	bool listed;		/* a mailbox; else a directory in which one may be made */
	bool dirty;		/* something happened there */
	bool fresh;		/* made while we watched: all messages in it are news */
	bool force;		/* tell STATUS whatever we find */
	bool no_access;		/* told so */
	int wd[WATCHER_PARTS];	/* -1: not watched */
	uint64_t stamp;		/* of its files' times, where inotify is not used */
	struct box_facts known;	/* to the client */
};

/* A metadata entry; the value is known by its hash. */
struct noted {
	char *name, *entry;
	uint64_t value;
};

struct notify_watch {
	struct watcher watcher;
	int poll_ms;		/* -1: inotify does it */
	struct box **boxes;	/* in the order of folder_compare */
	size_t count, room;
	struct box **extra;	/* not listed: see struct box */
	size_t extra_count, extra_room;
	struct box *selected;	/* NULL: none, or not looked for yet */
	char **subscribed;	/* ascending by strcmp */
	size_t subscribed_count;
	struct noted *noted;	/* ascending by name, then entry without case */
	size_t noted_count;
	uint64_t key[2];	/* of the hashes */
	bool dirty;		/* some box is */
	bool names_dirty, subscriptions_dirty, noted_dirty, selected_dirty;
	uint64_t subscriptions_stamp, noted_stamp;	/* where inotify is not used */
	int64_t names_ms;	/* when the tree was listed */
	char *renamed_from, *renamed_to;	/* the last rename that was told */
	int64_t renamed_ms;
	bool renamed_before;	/* in an earlier look than this one */
};

/* -- notify_boxes.c -- */

/* The box of this name among those listed, or NULL; and where it stands. */
struct box *box_find(const struct notify_watch *w, const char *name);
struct box **box_place(const struct notify_watch *w, const char *name);

struct box *box_new(const char *name);
void box_free(struct notify_watch *w, struct box *box);
struct box *box_add_extra(struct notify_watch *w, const char *name);

/* Is it INBOX, and so the root? Can other programs make folders in its directory? */
bool box_is_root(const struct box *box);
bool box_holds_folders(const struct session *s, const struct box *box);

/* The watches that it needs now, those that are there already left alone; or one of them. */
void box_watch(struct session *s, struct box *box);
void box_watch_part(struct session *s, struct box *box, enum watcher_part part);

void box_unwatch(struct notify_watch *w, struct box *box, enum watcher_part part);

/*
 * What is wanted of this box, and the watches for it. newly: it was not watched
 * before and what it holds is known to the client by other ways.
 */
void box_settle(struct session *s, struct box *box, bool newly);

struct box_facts box_facts_of(const struct mailbox *m);

/* Look at the mailbox, and tell what is different. */
void box_look(struct session *s, struct box *box);

/* What NOTIFY SET STATUS says of it (3.1). */
void box_tell_first(struct session *s, const struct box *box);

/* Inotify does not do, for this reason: look at everything from time to time. */
void notify_poll_instead(struct session *s, const char *why);

/* -- notify_names.c -- */

int notify_names_read(struct session *s, struct err *err);
void notify_names_fini(struct notify_watch *w);
void notify_names_look(struct session *s);
void notify_names_poll(struct session *s);
bool notify_names_subscribed(const struct notify_watch *w, const char *name);

bool notify_wants_subscriptions(const struct notify *n);
struct box *box_new_listed(struct session *s, const char *name);
void box_put(struct notify_watch *w, struct box *box, size_t at);

/* Metadata goes with the name, or (to NULL) with the mailbox; that the file follows is no change. */
void notify_move_noted(struct notify_watch *w, const char *from, const char *to);
int noted_compare(const void *a, const void *b);
int notify_by_string(const void *a, const void *b);

#endif
