/*
 * One user's account: the root directory, the settings that all its mailboxes
 * share, and `mayfly-account`, the second copy of what must never be invented
 * anew: the account's id, and for each mailbox its id, name, UIDVALIDITY and a
 * bound above every UID given.
 */
#ifndef STORE_ACCOUNT_H
#define STORE_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/lock.h"

struct err;

#define ACCOUNT_NAME "mayfly-account"

enum layout {
	LAYOUT_MAILDIRPP,	/* .Work.2024/ below the root, which is INBOX */
	LAYOUT_FS,		/* Work/2024/ below the root, which is INBOX */
};

struct account_entry {
	char *name;		/* the mailbox, UTF-8, "/" between parts */
	char mailbox_id[33];
	uint32_t uidvalidity;
	uint32_t uid_bound;	/* no UID at or above it was ever given */
};

struct account {
	char *path;
	int dirfd;		/* the root */
	enum layout layout;
	bool sync;		/* fsync before OK; the default */
	uint64_t quota_bytes, quota_messages;	/* limits from the settings, 0 for none: see quota.h */
	uint64_t quota_credit;	/* octets of a message that goes when the next one has come (REPLACE) */
	const char *control;	/* where Dovecot kept its files, when not in the mailboxes; or NULL */
	bool share_letters;	/* new keywords get letters in dovecot-keywords */
	bool read_only;		/* nothing is written: asked for, or the root cannot be */
	enum lock_kind lock_kind;
	bool place_known, remote;	/* see glance.c */
	bool names_known, names_utf8;	/* how folder names are spelled on disk: see folder.c */
	bool unsynced;		/* the file has its name, but not for sure on disk: see account_new_mailbox */
	/* The file, once it was read. */
	bool loaded;
	char id[33];
	uint32_t last_uidvalidity;
	struct account_entry *entries;
	size_t count, room;
};

/*
 * Open the account at path. With create, a missing root directory is made when
 * its parent is there, with cur/ new/ tmp/. A root without them that has never
 * been an account of ours is made one; one that has is not (ERR_UNAVAILABLE: the
 * store is not mounted).
 */
int account_open(struct account *account, const char *path, enum layout layout, bool create,
    struct err *err);
void account_close(struct account *account);

/* Before a change: -1 with err filled when the account is read-only. */
int account_writable(const struct account *account, struct err *err);

/* What the account remembers of a mailbox, or NULL. Valid until the next call here. */
const struct account_entry *account_find(struct account *account, const char *name);

/* The same of the file as it is now: other sessions may have raised a bound since we read it. */
const struct account_entry *account_find_now(struct account *account, const char *name);

/*
 * A UIDVALIDITY for a mailbox that has none: the time, but above all that this
 * account and other servers here have given, and below 2^31 while the clock is.
 * Written down before it is returned, and with it, when that is above 1, the UID that
 * will be next (see account_remember). The root's directory is left to be synced, and
 * `unsynced` says so, for whoever writes the journal next: before it shows, it is.
 */
int account_new_mailbox(struct account *account, const char *name, const char *mailbox_id,
    uint32_t uidnext, uint32_t *uidvalidity_out, struct err *err);

/*
 * Remember a mailbox: called when it is made, and whenever its next UID reaches
 * the bound, which is then raised by a step. No write when nothing changes.
 */
int account_remember(struct account *account, const char *name, const char *mailbox_id,
    uint32_t uidvalidity, uint32_t uidnext, struct err *err);

/* Write the file anew without its damaged lines. */
int account_rewrite(struct account *account, struct err *err);

/* A mailbox (and all below it when tree is true) has another name now, or none (to NULL). */
int account_rename(struct account *account, const char *from, const char *to, bool tree,
    struct err *err);

#endif
