/*
 * Who may write now. An open file description lock says so, and the kernel takes it
 * back from whoever dies. Where such a lock cannot be had, or keeps nobody out (the
 * first one that a session takes is tried from a second descriptor), a file beside it
 * does: NAME.dot says "pid:host". The end of lock.c's first comment tells when such a
 * file counts as abandoned.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

struct account;
struct err;

/* How an account's files are locked. */
enum lock_kind {
	LOCK_UNTRIED,	/* as it turns out with the first lock */
	LOCK_FILE,
	LOCK_DOT,	/* both, as far as they are to be had */
};

/* A lock that is held, or { 0 } for none. */
struct lock {
	int dirfd;		/* the caller's */
	char dot[48];		/* the file's name; "" where the kernel's lock is enough */
	ino_t inode;
	struct timespec made;
};

/*
 * Lock what fd has open (dirfd/name, open for writing) in the way of the account.
 * 1: it is ours; 0: somebody has it; -1 with errno.
 */
int lock_try(struct lock *lock, struct account *account, int fd, int dirfd, const char *name);

/* The same, but waits. 0; or -1 with errno: EAGAIN when it took too long. */
int lock_wait(struct lock *lock, struct account *account, int fd, int dirfd, const char *name);

/*
 * Open or make a file in the account's root that is there to be locked, and wait for
 * it. The descriptor, to be closed after lock_give; -1: ERR_INUSE, or what the system
 * says.
 */
int lock_named(struct lock *lock, struct account *account, const char *name, struct err *err);

/* Has anybody locked that file, which need not be open? In doubt somebody has. */
bool lock_is_taken(int dirfd, const char *name);

/* Is it still ours? Others break it when they take us for dead. */
bool lock_holds(const struct lock *lock);

/* Give it back; the caller then closes the file, which gives back the kernel's part. */
void lock_give(struct lock *lock);

/*
 * A file that is a lock by being there, as Dovecot has them. Make it: 0, or -1 with
 * errno, EEXIST when somebody has it; made_out may be NULL. Who made it: dead for sure?
 */
struct stat;
int lock_make_dot(int dirfd, const char *name, struct stat *made_out);
bool lock_owner_is_dead(int dirfd, const char *name);

#endif
