/*
 * The journal side of an open mailbox, for the files of store/ alone: others
 * see it through mailbox.h.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct mailbox;
struct row;

#define MAILBOX_LOCK_NAME "mayfly-lock"	/* held by who writes the journal */

/* The overlay's copy of a row, made if there is none yet. Valid until the next call. */
struct row *mailbox_touch(struct mailbox *m, uint32_t row);

/* Fill a mailbox that was just made from index and journal, whichever are there. */
int journal_load(struct mailbox *m, struct err *err);

/* The journal was written anew: finish the old file, go on in the new one. 0 or -1. */
int journal_follow(struct mailbox *m, struct err *err);

/* Take the lock if it is free, then replay. 1: taken; 0: somebody has it; -1: an error. */
int journal_try_lock(struct mailbox *m, struct err *err);

enum {
	LEARN_STEP_MAX_US = 200000,	/* between looks whether another session has done what we want to do */
};

/* One pause of many before a lock is tried again, each twice as long up to a bound. */
struct lock_wait {
	long waited_us, step_us;	/* 0, 0 at first */
};

/* 0; or -1 without a pause when all of them together were long enough (ERR_INUSE). */
int journal_wait_lock(struct lock_wait *wait, long step_max_us, struct err *err);

/* The client of this session is the first to hear of these UIDs. */
void journal_keep_recent(struct mailbox *m, uint32_t first, uint32_t last);

/* All live rows, in memory that the caller frees; the texts stay the mailbox's. */
struct row *journal_live_rows(const struct mailbox *m, size_t *count_out);

#endif
