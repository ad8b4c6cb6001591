/*
 * One open mailbox: the mapped snapshot, what has changed since in memory, and
 * the numbers by which the client knows its messages.
 *
 * A message has a row: 0, 1, 2 ... in ascending order of UID, fixed while the
 * mailbox is open. The client's sequence numbers count the rows that it was
 * told of and not told to be gone. Everything that happens to the mailbox is a
 * line of the journal: sync.c and change.c compose lines, mailbox_commit writes
 * and applies them, mailbox_replay applies those of other sessions. What was
 * applied and not yet told waits in the queues that session/view.c empties.
 */
#ifndef STORE_MAILBOX_H
#define STORE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/index.h"
#include "store/keywords.h"
#include "store/letters.h"
#include "store/lock.h"
#include "store/maildir_name.h"
#include "store/uidlist.h"
#include "util/arena.h"

struct account;
struct buf;
struct cache;
struct err;
struct stat;

/* States of a row beside the flags of maildir_name.h. */
enum {
	ROW_GONE = 1 << 16,	/* expunged, and the client does not know yet */
	ROW_REMOVED = 1 << 17,	/* expunged, and it has no number any more */
};

/* Rows in the order in which they were queued; may hold a row twice. */
struct rows {
	uint32_t *at;
	size_t count, room;
};

enum {
	COMMIT_DIRS_MAX = 2,	/* directories that one change touches: cur/ and new/ */
};

struct mailbox {
	struct account *account;	/* settings and the second copy of UIDVALIDITY */
	char *name;			/* as the account file spells it */
	char *path;			/* for the log */
	int dirfd, curfd, newfd;	/* the last two -1 until needed */
	struct part_id {
		uint64_t device, inode;
	} cur_id, new_id;		/* which directories these are, while they are open */
	bool read_only;			/* opened so, or the file system is */
	bool only_looking;		/* parts that are missing are not made: somebody removes the mailbox */
	bool unsaved;			/* UIDs live in memory only: nothing could be written */

	struct mailbox_facts facts;
	struct index index;
	struct keywords keywords;
	struct letters letters;		/* what a-z in file names mean; see letters.h */
	bool source_watched;		/* this session has looked whether another server is in use */

	int journal_fd;
	uint64_t journal_device, journal_inode;
	int64_t journal_time;		/* of its last write, when it was opened */
	bool replayed;			/* mailbox_replay was called */
	int lock_fd;			/* -1 unless this session holds the lock */
	struct lock lock;		/* what stands beside it, where it needs something */
	int lock_depth;			/* a holder may lock again */
	uint64_t tail;			/* octets of journal since the snapshot of the index */
	uint64_t snapshot_end;		/* octets that the journal began with */

	/* The overlay: rows of the image that changed, and rows behind it. */
	struct row *changed;
	uint32_t *changed_row;		/* which row changed[i] stands for */
	size_t changed_count, changed_room, changed_row_room;
	uint32_t *slots;		/* hash: row to i + 1 */
	size_t slot_count;
	struct row *added;
	size_t added_count, added_room;
	struct arena texts;		/* names of overlay rows */
	struct expunged *expunged;	/* since the image */
	size_t expunged_count, expunged_room;

	/* Live counts of all rows that are not gone. */
	uint32_t exists, unseen, deleted;

	/* The client's numbering. */
	uint32_t told_rows;		/* rows below this were announced by EXISTS */
	uint32_t *removed;		/* rows without a number, ascending */
	size_t removed_count, removed_room;
	struct rows gone;		/* rows to be told by EXPUNGE */
	struct rows flagged;		/* rows to be told by FETCH FLAGS */
	struct uid_range *recent;	/* UIDs that this session was the first to see */
	size_t recent_count, recent_room;
	bool claims_recent;		/* selected read-write: new mail is \Recent here */
	bool own_lines;			/* flags being applied are this session's doing: nothing to tell */

	bool lines_lost;		/* some lines cannot be read: what they gave is not known */
	bool new_line;			/* lines were lost: the next journal is nobody's successor, all load it anew */
	bool rested;			/* mailbox_rest has tried: not again in this session */
	bool damaged;			/* the journal has bad lines, or is not there: write it anew */
	struct uidlist_line line;	/* scratch */
	struct cache *cache;		/* NULL until needed; see cache.h */
};

/*
 * Open the mailbox in directory dirfd (taken over, closed with the mailbox).
 * Reads index and journal; looks at no directory of messages: mailbox_sync does.
 */
int mailbox_open(struct mailbox **out, struct account *account, int dirfd, const char *name,
    const char *path, bool read_only, struct err *err);
void mailbox_close(struct mailbox **mailbox);

/* ---- rows and numbers ---- */

static inline uint32_t
mailbox_rows(const struct mailbox *m)
{
	return m->index.count + (uint32_t)m->added_count;
}

/* The row whole; its texts live as long as the mailbox is open. */
void mailbox_row(const struct mailbox *m, uint32_t row, struct row *out);

/* Parts of a row, without the cost of the whole. */
uint32_t mailbox_uid(const struct mailbox *m, uint32_t row);
uint32_t mailbox_flags(const struct mailbox *m, uint32_t row);	/* and ROW_ states */
uint64_t mailbox_modseq(const struct mailbox *m, uint32_t row);

/* How many messages the client knows. */
uint32_t mailbox_told(const struct mailbox *m);

/* Row of a sequence number (1 .. mailbox_told), and number of a row (0: it has none). */
uint32_t mailbox_row_of_number(const struct mailbox *m, uint32_t number);
uint32_t mailbox_number_of_row(const struct mailbox *m, uint32_t row);

/* The first row at or above this UID (mailbox_rows when none); any state. */
uint32_t mailbox_row_of_uid(const struct mailbox *m, uint32_t uid);

/* The next row from here that the client knows; UINT32_MAX at the end. */
uint32_t mailbox_next_told(const struct mailbox *m, uint32_t row);

/* Does the client know this row and has it not been removed? */
bool mailbox_is_told(const struct mailbox *m, uint32_t row);

/* Is the message \Recent in this session? */
bool mailbox_is_recent(const struct mailbox *m, uint32_t uid);

/* The number of the first message without \Seen that the client knows; 0: none. */
uint32_t mailbox_first_unseen(const struct mailbox *m);

/* How many messages that the client knows are \Recent here; for EXAMINE and STATUS,
 * how many nobody was told of yet. */
uint32_t mailbox_recent(const struct mailbox *m);

/*
 * UIDs that were expunged after a mod-sequence, in memory that the caller frees;
 * in no order, may overlap. When that is longer ago than the journal remembers,
 * all UIDs below UIDNEXT that no message has: complete, if longer.
 */
struct uid_range *mailbox_expunged_since(const struct mailbox *m, uint64_t modseq,
    size_t *count_out);

/* ---- telling (session/view.c) ---- */

/* Take the numbers from gone rows (ascending, each once): they were told. */
void mailbox_remove(struct mailbox *m, const uint32_t *rows, size_t count);

/* All rows are announced from now on. */
void mailbox_tell_all(struct mailbox *m);

/* Make the new mail of this session's view \Recent to it, and to nobody after it. */
int mailbox_claim_recent(struct mailbox *m, struct err *err);

/* ---- the journal ---- */

/* Apply what other sessions have written. Cheap when there is nothing. */
int mailbox_replay(struct mailbox *m, struct err *err);

/*
 * Take the lock (waits a bounded time; ERR_INUSE), then replay. With the lock
 * held nobody else writes; it is never held while waiting for the client.
 */
int mailbox_lock(struct mailbox *m, struct err *err);
void mailbox_unlock(struct mailbox *m);

/*
 * Write lines to the end of the journal and apply them; sync says whether they
 * must survive a power failure before this returns. The lock must be held. On
 * failure nothing is applied, unless the mailbox is unsaved, where it never fails.
 */
int mailbox_commit(struct mailbox *m, const struct buf *lines, bool sync, struct err *err);

/*
 * The same, and with the journal these directories (at most COMMIT_DIRS_MAX, or -1 for
 * none) are synced, in one wait for the disk: names that were changed before and the
 * lines about them. Without lines the directories alone. 1: as 0, but a directory could
 * not be synced; err says why.
 */
int mailbox_commit_with_dirs(struct mailbox *m, const struct buf *lines, const int *dirs,
    size_t count, struct err *err);

/*
 * Write the journal anew from what is known: the state as one run of lines
 * behind a new header. The lock must be held. Also makes the first one.
 */
int mailbox_rewrite_journal(struct mailbox *m, struct err *err);

/* Apply lines without writing them: what the disk already shows and the journal could not take. */
void mailbox_apply(struct mailbox *m, const struct buf *lines);

/* Replace index, or journal and index, when their tails have grown long. The lock is not held. */
void mailbox_tidy(struct mailbox *m);

/*
 * The client has its answer and says nothing: do what need not have kept it waiting,
 * which is the index of a mailbox that had none. Between two commands only.
 */
void mailbox_rest(struct mailbox *m);

/* Is there anything to do for mailbox_rest? */
static inline bool
mailbox_wants_rest(const struct mailbox *m)
{
	return m->index.header == NULL && m->exists > 0 && !m->rested;
}

/* Write the index now, and map it where all rows keep their numbers: texts of rows are then other ones. */
int mailbox_write_index(struct mailbox *m, struct err *err);

/* ---- sync.c ---- */

/*
 * Look at the disk: other sessions' lines, deliveries, renames and removals by
 * other programs. Four system calls when nothing changed. New UIDs are on disk
 * when this returns. A mailbox that cannot be written still shows what it can.
 */
int mailbox_sync(struct mailbox *m, struct err *err);

/*
 * As mailbox_sync, for a session that hears of every change of journal and directories:
 * 1, and nothing but the journal is read, when another session has the lock. What
 * it finds it writes, and that is heard.
 */
int mailbox_hear(struct mailbox *m, struct err *err);

/* As mailbox_sync, but the directories are listed even if their times say that nothing changed. */
int mailbox_sync_fully(struct mailbox *m, struct err *err);

/* The directories of messages, opened when first needed; -1 with errno. */
int mailbox_cur(struct mailbox *m);
int mailbox_new(struct mailbox *m);

/*
 * Another directory may have their name by now (a restore moved the old one away): what
 * is open of it is closed then. Done under the lock and by each look; st, when not NULL,
 * is what the name has now.
 */
void mailbox_check_part(struct mailbox *m, bool in_new, const struct stat *st);

/* ---- files ---- */

/* The file name of a row, below cur/ or new/, into buf; returns the directory's descriptor or -1. */
int mailbox_file(struct mailbox *m, const struct row *row, struct buf *name);

#endif
