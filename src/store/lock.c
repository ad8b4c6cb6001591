/*
 * Locks: see lock.h. On Linux a lock of the kernel holds between the processes of one
 * host on nearly every file system; between hosts it does so where NFS has its lock
 * service. Mounted with nolock, several hosts need --lock=dot, which makes the file
 * always: no session can find out by itself that another host does not see its locks.
 *
 * A dot lock outlives a killed session. It is broken when its owner was on this host
 * (by name) and is no more, or when it is older than STALE_S. To break one, a second
 * file is made first (NAME.break): two that find a dead lock at once would otherwise
 * remove it one after the other, the second one what a third has made meanwhile. Who is
 * taken for dead and lives, stopped or cut off for so long, finds another's lock where
 * its own was, and does not confirm what it wrote.
 */
#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"

enum {
	STALE_S = 600,		/* no write takes so long; a host that died is waited for */
	BREAK_STALE_S = 10,	/* held for four system calls */
	WAIT_MS = 30000,
	STEP_US = 100,		/* first pause between two tries, doubled up to */
	STEP_MAX_US = 5000,
};

int
lock_make_dot(int dirfd, const char *name, struct stat *made_out)
{
	char temporary[64], owner[128], host[64] = "";
	unsigned long long random;
	int fd, result, saved;

	/* Made beside and linked, it is never seen without its owner. */
	hash_random(&random, sizeof random);
	snprintf(temporary, sizeof temporary, ".mayfly-tmp.%016llx", random);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (gethostname(host, sizeof host - 1) < 0)
		host[0] = '\0';
	snprintf(owner, sizeof owner, "%ld:%s", (long)getpid(), host);
	result = io_write_all(fd, owner, strlen(owner));
	if (result == 0 && made_out != NULL)
		result = fstat(fd, made_out);
	if (io_close(&fd) < 0)
		result = -1;
	if (result == 0)
		result = linkat(dirfd, temporary, dirfd, name, 0);
	saved = errno;
	unlinkat(dirfd, temporary, 0);
	errno = saved;
	return result;
}

bool
lock_owner_is_dead(int dirfd, const char *name)
{
	char text[128] = "", host[64] = "";
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint64_t pid;
	char *colon;

	if (fd < 0)
		return false;
	if (io_pread_all(fd, text, sizeof text - 1, 0) < 0)
		text[0] = '\0';
	close(fd);
	colon = strchr(text, ':');
	return colon != NULL && ascii_number(text, (size_t)(colon - text), INT_MAX, &pid) && pid > 1
	    && gethostname(host, sizeof host - 1) == 0 && strcmp(colon + 1, host) == 0
	    && getpgid((pid_t)pid) < 0 && errno == ESRCH;	/* kill(2) is refused in the sandbox */
}

static bool
is_older(int dirfd, const char *name, int seconds)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
	    && time(NULL) - st.st_mtim.tv_sec > seconds;
}

static bool
is_abandoned(int dirfd, const char *dot)
{
	return lock_owner_is_dead(dirfd, dot) || is_older(dirfd, dot, STALE_S);
}

static void
break_abandoned(int dirfd, const char *dot)
{
	char guard[64];

	snprintf(guard, sizeof guard, "%s.break", dot);
	if (lock_make_dot(dirfd, guard, NULL) < 0) {
		if (errno == EEXIST && is_older(dirfd, guard, BREAK_STALE_S))
			unlinkat(dirfd, guard, 0);
		return;
	}
	if (is_abandoned(dirfd, dot))
		unlinkat(dirfd, dot, 0);
	unlinkat(dirfd, guard, 0);
}

/* 1, 0 or -1, as lock_try. */
static int
dot_try(struct lock *lock, int dirfd, const char *name)
{
	struct stat made;

	snprintf(lock->dot, sizeof lock->dot, "%s.dot", name);
	for (int tries = 0; tries < 2; tries++) {
		if (lock_make_dot(dirfd, lock->dot, &made) == 0) {
			lock->dirfd = dirfd;
			lock->inode = made.st_ino;
			lock->made = made.st_mtim;
			return 1;
		}
		if (errno != EEXIST) {
			lock->dot[0] = '\0';
			return -1;
		}
		if (!is_abandoned(dirfd, lock->dot))
			break;
		break_abandoned(dirfd, lock->dot);
	}
	lock->dot[0] = '\0';
	return 0;
}

/* The kernel's lock of the whole file. 0 or -1 with errno. */
static int
take(int fd, int how, short type)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, how, &whole);
}

/* We hold it: would a second descriptor be kept out? */
static bool
keeps_others_out(int dirfd, const char *name)
{
	int other = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool holds = other < 0 || take(other, F_OFD_SETLK, F_WRLCK) < 0;

	if (other >= 0)
		close(other);
	return holds;
}

static bool
is_unknown_here(int error)
{
	return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

/* The kernel's part is decided: what is left to do? As lock_try. */
static int
take_rest(struct lock *lock, struct account *account, bool taken, int dirfd, const char *name)
{
	lock->dot[0] = '\0';
	if (account->lock_kind == LOCK_UNTRIED) {
		account->lock_kind = taken && keeps_others_out(dirfd, name) ? LOCK_FILE : LOCK_DOT;
		if (account->lock_kind == LOCK_DOT)
			log_line(LOG_LEVEL_WARNING, "%s: the file system has no locks that hold, "
			    "files take their place", account->path);
	}
	return account->lock_kind == LOCK_FILE && taken ? 1 : dot_try(lock, dirfd, name);
}

int
lock_try(struct lock *lock, struct account *account, int fd, int dirfd, const char *name)
{
	bool taken = take(fd, F_OFD_SETLK, F_WRLCK) == 0;
	int result, saved;

	if (!taken && (errno == EAGAIN || errno == EACCES || errno == EINTR))
		return 0;
	if (!taken && !is_unknown_here(errno))
		return -1;
	result = take_rest(lock, account, taken, dirfd, name);
	saved = errno;
	if (result != 1 && taken)
		take(fd, F_OFD_SETLK, F_UNLCK);
	errno = saved;
	return result;
}

int
lock_wait(struct lock *lock, struct account *account, int fd, int dirfd, const char *name)
{
	struct timespec pause = { 0, STEP_US * 1000 };
	int got;

	/* The kernel wakes us at once; a dot lock must be asked for again and again. */
	if (account->lock_kind != LOCK_DOT) {
		while ((got = take(fd, F_OFD_SETLKW, F_WRLCK)) < 0 && errno == EINTR)
			continue;
		if (got < 0 && !is_unknown_here(errno))
			return -1;
	}
	for (long waited_us = 0; (got = lock_try(lock, account, fd, dirfd, name)) == 0;) {
		if (waited_us / 1000 > WAIT_MS) {
			errno = EAGAIN;
			return -1;
		}
		nanosleep(&pause, NULL);
		waited_us += pause.tv_nsec / 1000;
		if (pause.tv_nsec < STEP_MAX_US * 1000)
			pause.tv_nsec *= 2;
	}
	return got < 0 ? -1 : 0;
}

int
lock_named(struct lock *lock, struct account *account, const char *name, struct err *err)
{
	int fd = openat(account->dirfd, name,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd < 0) {
		err_errno(err, "open a lock in", account->path);
		return -1;
	}
	if (lock_wait(lock, account, fd, account->dirfd, name) < 0) {
		if (errno == EAGAIN) {
			err_set(err, ERR_INUSE, "Another session is writing, try again");
			err_detail(err, "%s: %s is held", account->path, name);
		} else {
			err_errno(err, "lock a file in", account->path);
		}
		io_close(&fd);
	}
	return fd;
}

bool
lock_is_taken(int dirfd, const char *name)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char dot[64];
	struct stat st;
	bool taken;
	int fd;

	snprintf(dot, sizeof dot, "%s.dot", name);
	if (fstatat(dirfd, dot, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno != ENOENT;
	taken = fcntl(fd, F_OFD_GETLK, &whole) < 0 || whole.l_type != F_UNLCK;
	close(fd);
	return taken;
}

bool
lock_holds(const struct lock *lock)
{
	struct stat st;

	return lock->dot[0] == '\0'
	    || (fstatat(lock->dirfd, lock->dot, &st, AT_SYMLINK_NOFOLLOW) == 0
		&& st.st_ino == lock->inode && st.st_mtim.tv_sec == lock->made.tv_sec
		&& st.st_mtim.tv_nsec == lock->made.tv_nsec);
}

void
lock_give(struct lock *lock)
{
	if (lock->dot[0] != '\0' && lock_holds(lock))
		unlinkat(lock->dirfd, lock->dot, 0);
	lock->dot[0] = '\0';
}
