/*
 * The name of a message's file: base name, flags, and what other programs put
 * there (maildir(5); the rules for foreign parts are told in mayfly-store(5)).
 *
 *	1732288001.M1P2.host,S=512,W=530:2,FS
 *	\____________ base ____________/\___/ suffix
 */
#ifndef STORE_MAILDIR_NAME_H
#define STORE_MAILDIR_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* What a file's name and place tell about a message; the low byte is IMAP's flags. */
enum mail_flag {
	MAIL_ANSWERED = 1 << 0,
	MAIL_FLAGGED = 1 << 1,
	MAIL_DELETED = 1 << 2,
	MAIL_SEEN = 1 << 3,
	MAIL_DRAFT = 1 << 4,
	MAIL_PASSED = 1 << 5,	/* Maildir's P, IMAP's keyword $Forwarded */
	MAIL_FLAGS = 0x3f,	/* all of those */
	MAIL_IN_NEW = 1 << 8,	/* in new/, else in cur/ */
	MAIL_BARE = 1 << 9,	/* no ":2," behind the base name */
	MAIL_ODD = 1 << 10,	/* a suffix that we would write in another way: kept as text */
};

struct maildir_name {
	size_t base_len;	/* the base is the first base_len bytes of the name */
	const char *suffix;	/* what follows it, "" when nothing does */
	unsigned flags;		/* MAIL_FLAGS, MAIL_BARE, MAIL_ODD */
};

/* Take a NUL-terminated file name apart; points into it. */
void maildir_name_parse(const char *name, struct maildir_name *out);

/* The suffix for these flags: "" for IN_NEW or BARE, else ":2," and letters in ASCII order. */
void maildir_name_suffix(unsigned flags, struct buf *out);

/*
 * The suffix after a change of flags: the letters of flags, with every letter
 * and extra part of the old suffix that is not ours kept.
 */
void maildir_name_merge(const char *old_suffix, unsigned flags, struct buf *out);

/*
 * The length of the base name without ,S= ,W= ,U= and ,FMD5= parts: names that
 * agree so far may be the same message, renamed by a sync tool.
 */
size_t maildir_name_core(const char *base, size_t len);

/* Seconds and microseconds in the usual "1732288001.M1P2.host"; 0 where there are none. */
void maildir_name_time(const char *base, uint64_t *seconds_out, uint64_t *micro_out);

/*
 * A base name that was never used before on any host: seconds, microseconds,
 * pid, a counter and random digits, host name.
 */
void maildir_name_unique(struct buf *out);

#endif
