/*
 * What a client asked for by NOTIFY (RFC 5465): which events, of which mailboxes.
 * How they are found out is cmd/notify_watch.c's matter, how the command is read
 * cmd/cmd_notify.c's.
 */
#ifndef SESSION_NOTIFY_H
#define SESSION_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "wire/seqset.h"

struct fetch_items;
struct mailbox;
struct notify_watch;
struct session;

enum notify_event {
	NOTIFY_NEW = 1,
	NOTIFY_EXPUNGE = 2,
	NOTIFY_FLAGS = 4,
	NOTIFY_MESSAGES = 7,		/* the three above */
	NOTIFY_NAME = 8,
	NOTIFY_SUBSCRIPTION = 16,
	NOTIFY_METADATA = 32,
	NOTIFY_SERVER_METADATA = 64,
	NOTIFY_NOTES = 96,		/* the two above */
};

/* filter-mailboxes-other; "inboxes" is personal, since delivery goes to any folder here (6.3). */
enum notify_filter { NOTIFY_PERSONAL, NOTIFY_SUBSCRIBED, NOTIFY_SUBTREE, NOTIFY_MAILBOXES };

struct notify_group {
	enum notify_filter filter;
	unsigned events;	/* a sum; 0 for NONE */
	const char **names;	/* of subtree and mailboxes, ascending by strcmp */
	size_t count;
};

/* What the rooms above do for the session and its view. */
struct notify_ops {
	/* FETCH of all messages from this row on that were just announced. */
	void (*fetch_new)(struct session *s, uint32_t first_row);
	/* The selected mailbox is about to be closed. */
	void (*deselect)(struct session *s);
	void (*free)(struct session *s);
};

struct notify {
	const struct notify_ops *ops;
	struct arena arena;		/* of the request */
	unsigned selected;		/* message events of the selected mailbox */
	bool delayed;			/* and EXPUNGE only where a command allows it */
	const struct fetch_items *items;	/* of MessageNew; NULL: none */
	struct notify_group *groups;	/* in the client's order */
	size_t count;
	unsigned events;		/* of all groups together */
	bool subscriptions;		/* some group depends on them */
	bool catching_up;		/* NOTIFY SET itself: all that gathered is told (3.1) */
	struct notify_watch *watch;	/* NULL: there is nothing to watch */
	struct seqset own;		/* UIDs that this session put into the selected mailbox */
};

/*
 * Which events of this mailbox are wanted. For each kind (messages, name,
 * subscription, metadata) the first group that covers the mailbox and names an
 * event of that kind decides; NONE names all of them.
 */
unsigned notify_events(const struct notify *n, const char *name, bool subscribed);

/* Is NONE what the first group that covers this mailbox says? */
bool notify_none(const struct notify *n, const char *name, bool subscribed);

/* The message events of the selected mailbox that may be told now: all, for who never asked. */
unsigned notify_selected(const struct session *s);

/* This session put messages into a mailbox: in the selected one they are no news to the client. */
void notify_own(struct session *s, const struct mailbox *to, const uint32_t *uids, size_t count);

#endif
