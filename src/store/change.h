/*
 * What a session does to messages: set flags, expunge, deliver, copy, move.
 * Each happens on disk first, where every Maildir program sees it, and then in
 * the journal; see change.c for the order and what a crash leaves.
 */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/mailbox.h"
#include "util/sync.h"

struct err;

enum flag_mode { FLAGS_REPLACE, FLAGS_ADD, FLAGS_REMOVE };

struct flag_change {
	enum flag_mode mode;
	unsigned flags;			/* MAIL_FLAGS */
	const char *const *keywords;	/* names */
	size_t keyword_count;
	uint64_t unchanged_since;	/* rows with a higher mod-sequence are left alone; UINT64_MAX: none is */
};

/*
 * Change the flags of these rows (ascending). Rows that are gone are passed
 * over. modified_out, when not NULL, receives the rows that unchanged_since kept
 * from being changed. Durable when it returns 0. ERR_READONLY, ERR_OVERQUOTA ...
 */
int mailbox_change_flags(struct mailbox *m, const uint32_t *rows, size_t count,
    const struct flag_change *change, struct rows *modified_out, struct err *err);

/*
 * Something about the mailbox changed that is no message's: HIGHESTMODSEQ rises
 * (RFC 7162 3.2, of annotations).
 */
int mailbox_raise_modseq(struct mailbox *m, struct err *err);

/*
 * Remove these rows (ascending) from disk; they are queued to be told. Rows that
 * have not all the flags of `with` by then are left: MAIL_DELETED, as EXPUNGE asks,
 * so that what somebody undeleted meanwhile stays; 0 for any. count_out: how many
 * went, also on failure.
 */
int mailbox_expunge(struct mailbox *m, const uint32_t *rows, size_t count, unsigned with,
    size_t *count_out, struct err *err);

/* A message on its way in: a file in tmp/ of the mailbox that it is for. */
struct delivery {
	struct mailbox *mailbox;
	int fd;
	char *name;		/* in tmp/, also the base name that it will have but for ,S= */
	uint64_t size;
	unsigned flags;		/* MAIL_FLAGS */
	const char **keywords;
	size_t keyword_count;
	int64_t internal_date;	/* seconds since 1970; INT64_MIN: now */
};

/*
 * Begin: a new file in tmp/. Where several are to be put into the mailbox together,
 * delivery is one of their array and `before` says how many stand in front of it there.
 */
int delivery_begin(struct delivery *delivery, size_t before, struct mailbox *m, struct err *err);

/* Write a piece of the message. */
int delivery_write(struct delivery *delivery, const char *bytes, size_t len, struct err *err);

/*
 * These messages are complete: times and octets go to the disk in one wait, the
 * descriptors are closed; those that are closed are passed over. mailbox_deliver does
 * this for those that were left open, so that a thousand need not wait a thousand
 * times: but no more than DELIVERIES_OPEN_MAX may be open.
 */
enum { DELIVERIES_OPEN_MAX = SYNC_AT_ONCE };
int deliveries_finish(struct delivery *deliveries, size_t count, struct err *err);

/* Give up, or clean up after mailbox_deliver: nothing is left in tmp/. */
void delivery_end(struct delivery *delivery);

/*
 * Put all of them into the mailbox, or none, also when the power fails half-way. uids_out receives one UID each.
 * On disk, synced, in the journal when it returns 0.
 */
int mailbox_deliver(struct mailbox *m, struct delivery *deliveries, size_t count,
    uint32_t *uids_out, struct err *err);

/*
 * Copy rows (ascending) to another mailbox, or to the same one: then from and to
 * must be the same struct, since a second one would wait for its own lock.
 * pairs: the source UIDs that were copied, and the UIDs given, in order. Rows
 * that are gone are passed over. All or none.
 */
struct copied {
	uint32_t *from, *to;
	size_t count, room, to_room;
};
void copied_fini(struct copied *copied);

int mailbox_copy(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct copied *copied, struct err *err);

/*
 * Move: a rename each, then gone from the source (queued to be told). What was
 * moved before an error is in copied, and has happened.
 */
int mailbox_move(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct copied *copied, struct err *err);

/* EMAILID (RFC 8474) of a row: the same for all copies of a message. */
void mailbox_email_id(const struct row *row, struct buf *out);

#endif
