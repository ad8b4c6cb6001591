/*
 * Steps that change.c, deliver.c and transfer.c share: what every change of a
 * mailbox is made of. For these three files alone; change.h is for all others.
 */
#ifndef STORE_CHANGE_STEPS_H
#define STORE_CHANGE_STEPS_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct mailbox;

enum {
	/*
	 * How often a file that another program has just renamed is looked for again. Each
	 * time it must be renamed anew in the moment between our listing and our call.
	 */
	CHASES_MAX = 10,
};

/* 0 when the mailbox can be changed; -1 with ERR_READONLY or ERR_OVERQUOTA. */
int change_refuse_read_only(const struct mailbox *m, struct err *err);

/* A file was renamed CHASES_MAX times while we looked for it: -1, ERR_INUSE. */
int change_refuse_chase(const struct mailbox *m, struct err *err);

/* tmp/ of the mailbox, made when it is missing; -1 with errno. */
int change_open_tmp(struct mailbox *m);

/* Rename without ever hiding another file. 0, or -1 with errno. */
int change_move_file(int from_dir, const char *from, int to_dir, const char *to);

/* fsync a directory of the mailbox, if files are synced at all; dir below 0: nothing. */
int change_sync_dir(const struct mailbox *m, int dir, struct err *err);

/* What a quota counts for the file, in octets. */
int64_t change_counted_size(int dir, const char *name);

/*
 * The files of these rows are gone: into the journal, or where it cannot take it at
 * least into memory, for this client.
 */
void change_commit_expunge(struct mailbox *m, const uint32_t *rows, size_t count);

/* The set of these keywords, made when it is new. */
uint32_t change_keyword_set(struct mailbox *m, const char *const *keywords, size_t count);

/*
 * Before count UIDs are given: the lock, and that there are so many, below the bound that
 * the account remembers. The disk is looked at only in a mailbox that has no UIDVALIDITY
 * yet or has lost lines: other new mail gets its UIDs at the next look, above these. lines
 * are begun with what the journal must say first. On success the caller unlocks.
 */
int change_lock_for_uids(struct mailbox *m, size_t count, struct buf *lines, struct err *err);

#endif
