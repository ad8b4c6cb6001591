/*
 * mayfly-admin: the same store, seen by an administrator. One file a verb or two;
 * here is what they share: the account, the mailboxes that were asked for, what
 * goes to the screen, and when to stop.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/account.h"
#include "util/buf.h"

struct err;
struct mailbox;

/* Exit status of every verb. */
enum {
	ADMIN_OK = 0,
	ADMIN_FOUND = 1,	/* check: something is wrong; others: part of the work was not done */
	ADMIN_FAILED = 2,	/* nothing or not all could be done; stderr says why */
	ADMIN_STOPPED = 3,	/* interrupted between two steps; what was done is whole */
	ADMIN_USAGE = 64,	/* EX_USAGE */
	ADMIN_REFUSED = 77,	/* EX_NOPERM: root without --user */
};

struct admin {
	struct account account;
	char **mailboxes;	/* names that were asked for; none: all */
	size_t mailbox_count;
	volatile sig_atomic_t *stop;	/* set by SIGINT and SIGTERM */

	/* options of verbs */
	bool repair, dry_run, again, json;
	bool only_seen, only_deleted, also_flagged;
	int64_t older_than_s;	/* -1: not given */
	const char *to;		/* export */
	const char *from;	/* merge: the other Maildir */
	const char *what;	/* dump: uidlist, index or cache; NULL: all three */

	struct buf plain[4];	/* what admin_plain made lately */
	unsigned plain_next;

	/* the progress bar */
	const char *doing;
	uint64_t done, total;
	int64_t shown_ms;
	bool shown;
};

/* Say how far the work is; a bar on a terminal, nothing elsewhere. */
void progress(struct admin *a, const char *doing, uint64_t done, uint64_t total);
void progress_end(struct admin *a);

/*
 * A name from the disk, for the screen: what would speak to a terminal, or begin a
 * line of its own, is written as \xHH. Good until three more were asked for.
 */
const char *admin_plain(struct admin *a, const char *text);

/* Say an error of the store in plain words on stderr. */
void admin_say_err(const char *mailbox, const struct err *err);

static inline bool
admin_stopped(const struct admin *a)
{
	return *a->stop != 0;
}

/*
 * Call step for each mailbox that was asked for, in order of their names. The
 * highest status of all is the status of the whole.
 */
int admin_each(struct admin *a, int (*step)(struct admin *a, const char *name));

/* Open a mailbox; with look, as a session does it. NULL: said on stderr. */
struct mailbox *admin_open(struct admin *a, const char *name, bool look);

/* The octets of a message's file: from its name, else from the file. */
uint64_t admin_file_size(struct mailbox *m, uint32_t row);

/* Sign the texts that are not signed yet, for SEARCH. */
int admin_sign(struct admin *a, struct mailbox *m, const char *name, uint32_t *signed_out);

/* How many are, and the octets of that. */
void admin_signed(struct mailbox *m, uint64_t *count_out, uint64_t *octets_out);

int admin_check(struct admin *a);
int admin_dump(struct admin *a);
int admin_expire(struct admin *a);
int admin_export(struct admin *a);
int admin_import(struct admin *a);
int admin_index(struct admin *a);
int admin_merge(struct admin *a);
int admin_quota(struct admin *a);
int admin_stat(struct admin *a);

#endif
