/*
 * The calls of a session that fault.so takes over: each asks whether to fail, does
 * the real thing, and writes down what it changed.
 */
#include "fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

FIND(close) FIND(fchmod) FIND(fchown) FIND(fcntl) FIND(fdatasync) FIND(fdopendir) FIND(fstat) FIND(fstatat)
FIND(fstatfs) FIND(fsync) FIND(ftruncate) FIND(futimens) FIND(getdents64) FIND(inotify_add_watch)
FIND(inotify_init1) FIND(linkat) FIND(mkdirat) FIND(mmap) FIND(openat) FIND(pread) FIND(pwrite) FIND(read)
FIND(readdir) FIND(renameat2) FIND(syscall) FIND(unlinkat) FIND(utimensat) FIND(write) FIND(writev) FIND(faccessat)

/* ---- opening ---- */

static int
open_any(const char *call, int dir, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool makes = false;
	int saved = errno, fd;

	if (!fault_counts(dir, path))
		return REAL(openat)(dir, path, flags, mode);
	if ((flags & O_CREAT) && REAL(fstatat)(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		makes = true;
	errno = saved;
	FAIL(makes ? CREATE : OPEN, call, path);
	fd = REAL(openat)(dir, path, flags, mode);
	if (fd < 0)
		return fd;
	fault_learn(fd, dir, path);
	if (makes)
		fault_log_entry("create", dir, path, fault_inode_of(fd));
	else if ((flags & O_TRUNC) && fault_plan.log >= 0)
		fault_putf(fault_plan.log, "truncate %llu 0\n", fault_inode_of(fd));
	return fd;
}

#define MODE(flags, last) \
	mode_t mode = 0; \
	if ((flags) & (O_CREAT | __O_TMPFILE)) { \
		va_list args; \
		va_start(args, last); \
		mode = va_arg(args, mode_t); \
		va_end(args); \
	}

int
openat(int dir, const char *path, int flags, ...)
{
	MODE(flags, flags)
	return open_any("openat", dir, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	MODE(flags, flags)
	return open_any("openat", AT_FDCWD, path, flags, mode);
}

int __openat_2(int dir, const char *path, int flags);
int
__openat_2(int dir, const char *path, int flags)
{
	return open_any("openat", dir, path, flags, 0);
}

int __open_2(const char *path, int flags);
int
__open_2(const char *path, int flags)
{
	return open_any("openat", AT_FDCWD, path, flags, 0);
}

int
close(int fd)
{
	const char *name = fault_name_of(fd);
	int error = name != NULL ? fault_now(CLOSE, "close", name) : 0;
	int result = REAL(close)(fd);

	if (name != NULL) {
		free(fault_names[fd]);
		fault_names[fd] = NULL;
	}
	/* as the kernel does it: the descriptor is gone whatever is said */
	if (result == 0 && error > 0) {
		errno = error;
		return -1;
	}
	return result;
}

int
fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;
	int result;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (command == F_OFD_SETLK || command == F_OFD_SETLKW || command == F_SETLK || command == F_SETLKW)
		FAIL(LOCK, "fcntl", fault_name_of(fd));
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		FAIL(DUP, "fcntl", fault_name_of(fd));
	result = REAL(fcntl)(fd, command, argument);
	if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC) && fault_name_of(fd) != NULL)
		fault_learn(result, AT_FDCWD, fault_name_of(fd));
	return result;
}

/* ---- reading and writing ---- */

ssize_t
read(int fd, void *to, size_t len)
{
	int error = 0;

	if (fd == 0)
		error = fault_now(HEAR, "read", "client");
	else if (fault_name_of(fd) != NULL)
		error = fault_now(READ, "read", fault_name_of(fd));
	if (error > 0) {
		errno = error;
		return -1;
	}
	return REAL(read)(fd, to, error == SHORT && len > 1 ? 1 : len);
}

ssize_t
pread(int fd, void *to, size_t len, off_t offset)
{
	int error = fault_name_of(fd) != NULL ? fault_now(READ, "pread64", fault_name_of(fd)) : 0;

	if (error > 0) {
		errno = error;
		return -1;
	}
	return REAL(pread)(fd, to, error == SHORT && len > 1 ? 1 : len, offset);
}

/* Before a write: 0, or -1 with errno; *len is cut for a short or torn one. */
static int
before_write(int fd, const char *call, size_t *len)
{
	int error = 0;

	if (fault_to_client(fd))
		error = fault_now(TELL, call, "client");
	else if (fault_name_of(fd) != NULL)
		error = fault_now(WRITE, call, fault_name_of(fd));
	if (error > 0) {
		errno = error;
		return -1;
	}
	if (error == SHORT && *len > 1)
		*len /= 2;
	return 0;
}

static void
after_write(int fd, long long offset, const void *bytes, ssize_t done)
{
	int saved = errno;

	if (fault_to_client(fd)) {
		if (fault_plan.log >= 0 && done > 0) {
			fault_putf(fault_plan.log, "tell 0 0 %zd\n", done);
			fault_put(fault_plan.log, bytes, (size_t)done);
			fault_put(fault_plan.log, "\n", 1);
		}
	} else if (fault_name_of(fd) != NULL) {
		if (fault_plan.log >= 0 && offset < 0)
			offset = lseek(fd, 0, SEEK_CUR) - done;
		fault_log_bytes("write", fd, offset, bytes, done);
	}
	if (fault_plan.torn && fault_plan.begun && (fault_to_client(fd) || fault_name_of(fd) != NULL))
		fault_die_here();
	errno = saved;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
	ssize_t n;

	if (before_write(fd, "write", &len) < 0)
		return -1;
	n = REAL(write)(fd, bytes, len);
	after_write(fd, -1, bytes, n);
	return n;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	ssize_t n;

	if (before_write(fd, "pwrite64", &len) < 0)
		return -1;
	n = REAL(pwrite)(fd, bytes, len, offset);
	after_write(fd, offset, bytes, n);
	return n;
}

/* As one write: a short one ends anywhere. */
ssize_t
writev(int fd, const struct iovec *parts, int count)
{
	size_t len = 0, asked, at = 0;
	char *whole;
	ssize_t n;

	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	asked = len;
	if (before_write(fd, "writev", &len) < 0)
		return -1;
	if (len == asked && fault_plan.log < 0 && !(fault_plan.torn && fault_plan.begun))
		return REAL(writev)(fd, parts, count);
	whole = malloc(asked + 1);
	if (whole == NULL)
		_exit(124);
	for (int i = 0; i < count; at += parts[i++].iov_len)
		memcpy(whole + at, parts[i].iov_base, parts[i].iov_len);
	n = REAL(write)(fd, whole, len);
	after_write(fd, -1, whole, n);
	free(whole);
	return n;
}

static int
sync_any(const char *call, int fd, int (*real)(int))
{
	int result;

	FAIL(SYNC, call, fault_name_of(fd));
	result = real(fd);
	if (result == 0 && fault_plan.log >= 0)
		fault_putf(fault_plan.log, "sync %llu\n", fault_inode_of(fd));
	return result;
}

int
fsync(int fd)
{
	return sync_any("fsync", fd, REAL(fsync));
}

int
fdatasync(int fd)
{
	return sync_any("fdatasync", fd, REAL(fdatasync));
}

/* Files are synced one after the other, where they can be counted: there is no AIO. */
long
syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_io_setup) {
		errno = ENOSYS;
		return -1;
	}
	return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int
ftruncate(int fd, off_t len)
{
	int result;

	FAIL(TRUNCATE, "ftruncate", fault_name_of(fd));
	result = REAL(ftruncate)(fd, len);
	if (result == 0 && fault_plan.log >= 0)
		fault_putf(fault_plan.log, "truncate %llu %lld\n", fault_inode_of(fd), (long long)len);
	return result;
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	/* what is written to a shared map no sync of ours would order */
	if (fault_name_of(fd) != NULL) {
		int error = fault_now(MAP, "mmap", fault_name_of(fd));

		if ((flags & MAP_SHARED) && (protection & PROT_WRITE))
			abort();
		if (error > 0) {
			errno = error;
			return MAP_FAILED;
		}
	}
	return REAL(mmap)(at, len, protection, flags, fd, offset);
}

/* ---- entries ---- */

static int
rename_any(const char *call, int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	struct fault_place a, b;
	int result;

	if (!fault_counts(to_dir, to))
		return REAL(renameat2)(from_dir, from, to_dir, to, flags);
	FAIL(RENAME, call, to);
	a = fault_place_of(from_dir, from);
	b = fault_place_of(to_dir, to);
	result = REAL(renameat2)(from_dir, from, to_dir, to, flags);
	if (result == 0 && fault_plan.log >= 0)
		fault_putf(fault_plan.log, "rename %llu %lld %llu %lld %s %s\n", a.dir, fault_dir_time(from_dir, from), b.dir,
		    fault_dir_time(to_dir, to), a.base, b.base);
	return result;
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return rename_any("renameat2", from_dir, from, to_dir, to, flags);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return rename_any("renameat", from_dir, from, to_dir, to, 0);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	struct stat st;
	int result;

	FAIL(LINK, "linkat", to);
	result = REAL(linkat)(from_dir, from, to_dir, to, flags);
	if (result == 0 && fault_plan.log >= 0 && REAL(fstatat)(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		fault_log_entry("link", to_dir, to, st.st_ino);
	return result;
}

int
unlinkat(int dir, const char *path, int flags)
{
	int result;

	FAIL(UNLINK, "unlinkat", path);
	result = REAL(unlinkat)(dir, path, flags);
	if (result == 0)
		fault_log_entry("unlink", dir, path, 0);
	return result;
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	struct stat st;
	int result;

	FAIL(MKDIR, "mkdirat", path);
	result = REAL(mkdirat)(dir, path, mode);
	if (result == 0 && fault_plan.log >= 0 && REAL(fstatat)(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		fault_log_entry("mkdir", dir, path, st.st_ino);
	return result;
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* ---- looking ---- */

int
fstat(int fd, struct stat *st)
{
	if (fault_name_of(fd) != NULL)
		FAIL(STAT, "fstat", fault_name_of(fd));
	return REAL(fstat)(fd, st);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	if (fault_counts(dir, path))
		FAIL(STAT, "newfstatat", path);
	return REAL(fstatat)(dir, path, st, flags);
}

int
faccessat(int dir, const char *path, int mode, int flags)
{
	if (fault_counts(dir, path))
		FAIL(STAT, "faccessat2", path);
	return REAL(faccessat)(dir, path, mode, flags);
}

int
fstatfs(int fd, struct statfs *fs)
{
	if (fault_name_of(fd) != NULL)
		FAIL(STAT, "fstatfs", fault_name_of(fd));
	return REAL(fstatfs)(fd, fs);
}

ssize_t
getdents64(int fd, void *to, size_t len)
{
	if (fault_name_of(fd) != NULL)
		FAIL(LIST, "getdents64", fault_name_of(fd));
	return REAL(getdents64)(fd, to, len);
}

DIR *
fdopendir(int fd)
{
	int error = fault_now(LIST, "fdopendir", fault_name_of(fd));

	if (error > 0) {
		errno = error;
		return NULL;
	}
	return REAL(fdopendir)(fd);
}

struct dirent *
readdir(DIR *dir)
{
	int error = fault_now(LIST, "readdir", fault_name_of(dirfd(dir)));

	if (error > 0) {
		errno = error;
		return NULL;
	}
	return REAL(readdir)(dir);
}

int
inotify_init1(int flags)
{
	FAIL(WATCH, "inotify_init1", NULL);
	return REAL(inotify_init1)(flags);
}

int
inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	FAIL(WATCH, "inotify_add_watch", path);
	return REAL(inotify_add_watch)(fd, path, mask);
}

/* ---- attributes ---- */

int
fchmod(int fd, mode_t mode)
{
	FAIL(ATTR, "fchmod", fault_name_of(fd));
	return REAL(fchmod)(fd, mode);
}

int
fchown(int fd, uid_t owner, gid_t group)
{
	FAIL(ATTR, "fchown", fault_name_of(fd));
	return REAL(fchown)(fd, owner, group);
}

int
futimens(int fd, const struct timespec times[2])
{
	struct stat st;
	int result;

	FAIL(ATTR, "utimensat", fault_name_of(fd));
	result = REAL(futimens)(fd, times);
	if (result == 0 && fault_plan.log >= 0 && REAL(fstat)(fd, &st) == 0)
		fault_putf(fault_plan.log, "time %llu %lld\n", (unsigned long long)st.st_ino,
		    (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	return result;
}

int
utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
	FAIL(ATTR, "utimensat", path);
	return REAL(utimensat)(dir, path, times, flags);
}
