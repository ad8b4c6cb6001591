/*
 * One message file, open for reading: its bytes as one run in memory, its time,
 * its size as IMAP counts it. Nothing is ever written.
 */
#ifndef MAIL_FILE_H
#define MAIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "util/buf.h"

struct err;

/*
 * One struct serves any number of messages, one after the other: a small file
 * is read into room, which the next one uses again. Callers read data, len and
 * mtime and leave the rest alone. data stays valid until mail_close.
 */
struct mail {
	const char *data;	/* the message as it is on disk, opened up if compressed; "" when it is empty */
	size_t len;
	struct timespec mtime;
	uint64_t vsize;		/* use mail_vsize(); MAIL_UNKNOWN until somebody asked */
	bool open;

	struct buf room;
	void *map;		/* of a large file, map_len bytes; else NULL */
	size_t map_len;
	int map_slot;
};

#define MAIL_UNKNOWN UINT64_MAX
#define MAIL_INIT ((struct mail){ .vsize = MAIL_UNKNOWN, .map_slot = -1 })

/* What mail_open says. */
enum mail_opened {
	MAIL_FAILED = -1,	/* err says why */
	MAIL_GONE = 0,		/* no such file: another session renamed or removed it */
	MAIL_OPEN = 1,
};

/*
 * Open path (relative to dirfd). Symbolic links are not followed, nothing but a
 * regular file is read, and no open waits (a fifo, a lease). A mail that was
 * open is closed first. Fails with the kind of the failed call, with
 * ERR_WORLD when it is no regular file, with ERR_CANNOT when it is compressed or
 * encrypted in a way that cannot be read here.
 */
enum mail_opened mail_open(struct mail *mail, int dirfd, const char *path, struct err *err);

/* Take len bytes that the caller keeps valid as the message (tests, APPEND, parts of others). */
void mail_open_bytes(struct mail *mail, const char *bytes, size_t len);

/* RFC822.SIZE: octets with every bare LF as CRLF. Counted at the first call. */
uint64_t mail_vsize(struct mail *mail);

/*
 * Was the file cut short under us while it was mapped? What was read from the
 * lost part was zeros: an answer made from it is to be thrown away if it still
 * can be. Asked before mail_close.
 */
bool mail_torn(const struct mail *mail);

/* Forget the message, keep the memory for the next; mail_fini gives all back. */
void mail_close(struct mail *mail);
void mail_fini(struct mail *mail);

#endif
