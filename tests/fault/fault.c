/*
 * Preloaded into a session by tests/fault: counts its calls on files, lets the
 * n-th one fail or kills the process there, or writes down all that it changes.
 * What must hold afterwards is told in tests/fault/promise.py.
 *
 *	FAULT_REPORT=FILE	gets a line for the fault that was made
 *	FAULT_AT=N		at the N-th call
 *	FAULT_HOW=...		the number of an error, "short" (less is read or written than was
 *				asked), "kill" (before the call), or "torn" (half-way through a write)
 *	FAULT_LASTS=KIND,...	from there on at every call of these kinds
 *	FAULT_ROOT=DIR		calls on what lies elsewhere do not count
 *	FAULT_CALLS=FILE	gets a line for each call
 *	FAULT_LOG=FILE		gets each change of a file or directory, and what the client
 *				was told, in order (tests/fault/disk.py reads it)
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
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
#include <unistd.h>

enum kind {
	ATTR, CLOSE, CREATE, DUP, HEAR, LINK, LIST, LOCK, MAP, MKDIR, OPEN, READ, RENAME, STAT, SYNC, TELL,
	TRUNCATE, UNLINK, WATCH, WRITE, KINDS
};

enum {
	SHORT = -1,		/* beside the numbers of errors */
	FDS = 1024,		/* descriptors that are followed; a session has a dozen */
	OUR_FD = 200,		/* where the session will not find ours */
};

static const char *const kinds[KINDS] = {
	[ATTR] = "attr", [CLOSE] = "close", [CREATE] = "create", [DUP] = "dup", [HEAR] = "hear", [LINK] = "link",
	[LIST] = "list", [LOCK] = "lock", [MAP] = "map", [MKDIR] = "mkdir", [OPEN] = "open", [READ] = "read",
	[RENAME] = "rename", [STAT] = "stat", [SYNC] = "sync", [TELL] = "tell", [TRUNCATE] = "truncate",
	[UNLINK] = "unlink", [WATCH] = "watch", [WRITE] = "write",
};

static struct {
	long at, count;		/* count is -1 until the plan is made */
	int error;
	bool kills, torn, begun;
	unsigned lasts;		/* kinds, a bit each; 0: it happens once */
	const char *root;
	size_t root_len;
	int report, calls, log;
} plan = { .count = -1, .report = -1, .calls = -1, .log = -1 };

/* What stands behind a descriptor: NULL is nothing of ours. */
static char *names[FDS];

/* ---- the real ones ---- */

#define REAL(name) ((__typeof__(&name))real_##name())
#define FIND(name) \
	static void * \
	real_##name(void) \
	{ \
		static void *found; \
		if (found == NULL && (found = dlsym(RTLD_NEXT, #name)) == NULL) \
			_exit(126); \
		return found; \
	}

FIND(close) FIND(fchmod) FIND(fchown) FIND(fcntl) FIND(fdatasync) FIND(fdopendir) FIND(fstat) FIND(fstatat)
FIND(fstatfs) FIND(fsync) FIND(ftruncate) FIND(futimens) FIND(getdents64) FIND(inotify_add_watch)
FIND(inotify_init1) FIND(linkat) FIND(mkdirat) FIND(mmap) FIND(openat) FIND(pread) FIND(pwrite) FIND(read)
FIND(readdir) FIND(renameat2) FIND(syscall) FIND(unlinkat) FIND(utimensat) FIND(write) FIND(writev) FIND(faccessat)

/* ---- whether to fail ---- */

static void
put(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = REAL(write)(fd, bytes, len);

		if (n <= 0)
			_exit(125);
		bytes += n;
		len -= (size_t)n;
	}
}

__attribute__((format(printf, 2, 3)))
static void
putf(int fd, const char *format, ...)
{
	char text[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	put(fd, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

static void
die_here(void)
{
	_exit(137);	/* what SIGKILL shows; the sandbox would refuse a signal */
}

/* The error that this call gets, SHORT, or 0. A torn write is SHORT, and deadly after it. */
static int
fault(enum kind kind, const char *call, const char *on)
{
	if (plan.count < 0)
		return 0;
	plan.count++;
	if (on == NULL)
		on = "-";
	if (plan.calls >= 0)
		putf(plan.calls, "%s %s %s\n", kinds[kind], call, on);
	if (plan.at == 0 || plan.count < plan.at || (plan.lasts == 0 && plan.count > plan.at)
	    || (plan.lasts != 0 && !(plan.lasts & 1u << kind)))
		return 0;
	if (!plan.begun)
		putf(plan.report, "%s %s %s\n", kinds[kind], call, on);
	plan.begun = true;
	if (plan.kills || (plan.torn && kind != WRITE && kind != TELL))
		die_here();
	return plan.torn ? SHORT : plan.error;
}

#define FAIL(kind, call, on) \
	do { \
		int error_ = fault(kind, call, on); \
		if (error_ > 0) { \
			errno = error_; \
			return -1; \
		} \
	} while (0)

/* ---- descriptors ---- */

static const char *
name_of(int fd)
{
	return fd >= 0 && fd < FDS ? names[fd] : NULL;
}

/* Whether what lies there is the mail: below the root, or below a descriptor that is. */
static bool
counts(int dir, const char *path)
{
	if (*path != '/')
		return name_of(dir) != NULL;
	return strncmp(path, plan.root, plan.root_len) == 0;
}

static void
learn(int fd, int dir, const char *path)
{
	const char *parent = *path == '/' ? NULL : name_of(dir);
	char text[4096];

	if (fd < 0 || fd >= FDS || (parent == NULL && !counts(dir, path)))
		return;
	if (parent != NULL)
		snprintf(text, sizeof text, "%s/%s", parent, path);
	else
		snprintf(text, sizeof text, "%s", path);
	free(names[fd]);
	names[fd] = strdup(text);
}

static bool
to_client(int fd)
{
	return fd == 1 && names[1] == NULL;
}

/* ---- the log of changes ---- */

struct place {
	unsigned long long dir;		/* inode of the directory */
	const char *base;
};

static struct place
place_of(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct place place = { 0, slash != NULL ? slash + 1 : path };
	char parent[4096] = ".";
	struct stat st;

	if (slash != NULL)
		snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (REAL(fstatat)(dir, parent, &st, 0) == 0)
		place.dir = st.st_ino;
	return place;
}

static unsigned long long
inode_of(int fd)
{
	struct stat st;

	return REAL(fstat)(fd, &st) == 0 ? st.st_ino : 0;
}

/* The time that the directory has now, in ns: a change of an entry is one of it. */
static long long
dir_time(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[4096] = ".";
	struct stat st;

	if (slash != NULL)
		snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (REAL(fstatat)(dir, parent, &st, 0) < 0)
		return 0;
	return (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static void
log_entry(const char *op, int dir, const char *path, unsigned long long inode)
{
	struct place at = place_of(dir, path);

	if (plan.log >= 0)
		putf(plan.log, "%s %llu %lld %llu %s\n", op, at.dir, dir_time(dir, path), inode, at.base);
}

static void
log_bytes(const char *op, int fd, long long offset, const void *bytes, ssize_t len)
{
	if (plan.log < 0 || len <= 0)
		return;
	putf(plan.log, "%s %llu %lld %zd\n", op, inode_of(fd), offset, len);
	put(plan.log, bytes, (size_t)len);
	put(plan.log, "\n", 1);
}

/* ---- opening ---- */

static int
open_any(const char *call, int dir, const char *path, int flags, mode_t mode)
{
	struct stat st;
	bool makes = false;
	int saved = errno, fd;

	if (!counts(dir, path))
		return REAL(openat)(dir, path, flags, mode);
	if ((flags & O_CREAT) && REAL(fstatat)(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		makes = true;
	errno = saved;
	FAIL(makes ? CREATE : OPEN, call, path);
	fd = REAL(openat)(dir, path, flags, mode);
	if (fd < 0)
		return fd;
	learn(fd, dir, path);
	if (makes)
		log_entry("create", dir, path, inode_of(fd));
	else if ((flags & O_TRUNC) && plan.log >= 0)
		putf(plan.log, "truncate %llu 0\n", inode_of(fd));
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
	const char *name = name_of(fd);
	int error = name != NULL ? fault(CLOSE, "close", name) : 0;
	int result = REAL(close)(fd);

	if (name != NULL) {
		free(names[fd]);
		names[fd] = NULL;
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
		FAIL(LOCK, "fcntl", name_of(fd));
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		FAIL(DUP, "fcntl", name_of(fd));
	result = REAL(fcntl)(fd, command, argument);
	if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC) && name_of(fd) != NULL)
		learn(result, AT_FDCWD, name_of(fd));
	return result;
}

/* ---- reading and writing ---- */

ssize_t
read(int fd, void *to, size_t len)
{
	int error = 0;

	if (fd == 0)
		error = fault(HEAR, "read", "client");
	else if (name_of(fd) != NULL)
		error = fault(READ, "read", name_of(fd));
	if (error > 0) {
		errno = error;
		return -1;
	}
	return REAL(read)(fd, to, error == SHORT && len > 1 ? 1 : len);
}

ssize_t
pread(int fd, void *to, size_t len, off_t offset)
{
	int error = name_of(fd) != NULL ? fault(READ, "pread64", name_of(fd)) : 0;

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

	if (to_client(fd))
		error = fault(TELL, call, "client");
	else if (name_of(fd) != NULL)
		error = fault(WRITE, call, name_of(fd));
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

	if (to_client(fd)) {
		if (plan.log >= 0 && done > 0) {
			putf(plan.log, "tell 0 0 %zd\n", done);
			put(plan.log, bytes, (size_t)done);
			put(plan.log, "\n", 1);
		}
	} else if (name_of(fd) != NULL) {
		if (plan.log >= 0 && offset < 0)
			offset = lseek(fd, 0, SEEK_CUR) - done;
		log_bytes("write", fd, offset, bytes, done);
	}
	if (plan.torn && plan.begun && (to_client(fd) || name_of(fd) != NULL))
		die_here();
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
	if (len == asked && plan.log < 0 && !(plan.torn && plan.begun))
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

	FAIL(SYNC, call, name_of(fd));
	result = real(fd);
	if (result == 0 && plan.log >= 0)
		putf(plan.log, "sync %llu\n", inode_of(fd));
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

	FAIL(TRUNCATE, "ftruncate", name_of(fd));
	result = REAL(ftruncate)(fd, len);
	if (result == 0 && plan.log >= 0)
		putf(plan.log, "truncate %llu %lld\n", inode_of(fd), (long long)len);
	return result;
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	/* what is written to a shared map no sync of ours would order */
	if (name_of(fd) != NULL) {
		int error = fault(MAP, "mmap", name_of(fd));

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
	struct place a, b;
	int result;

	if (!counts(to_dir, to))
		return REAL(renameat2)(from_dir, from, to_dir, to, flags);
	FAIL(RENAME, call, to);
	a = place_of(from_dir, from);
	b = place_of(to_dir, to);
	result = REAL(renameat2)(from_dir, from, to_dir, to, flags);
	if (result == 0 && plan.log >= 0)
		putf(plan.log, "rename %llu %lld %llu %lld %s %s\n", a.dir, dir_time(from_dir, from), b.dir,
		    dir_time(to_dir, to), a.base, b.base);
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
	if (result == 0 && plan.log >= 0 && REAL(fstatat)(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		log_entry("link", to_dir, to, st.st_ino);
	return result;
}

int
unlinkat(int dir, const char *path, int flags)
{
	int result;

	FAIL(UNLINK, "unlinkat", path);
	result = REAL(unlinkat)(dir, path, flags);
	if (result == 0)
		log_entry("unlink", dir, path, 0);
	return result;
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	struct stat st;
	int result;

	FAIL(MKDIR, "mkdirat", path);
	result = REAL(mkdirat)(dir, path, mode);
	if (result == 0 && plan.log >= 0 && REAL(fstatat)(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		log_entry("mkdir", dir, path, st.st_ino);
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
	if (name_of(fd) != NULL)
		FAIL(STAT, "fstat", name_of(fd));
	return REAL(fstat)(fd, st);
}

int
fstatat(int dir, const char *path, struct stat *st, int flags)
{
	if (counts(dir, path))
		FAIL(STAT, "newfstatat", path);
	return REAL(fstatat)(dir, path, st, flags);
}

int
faccessat(int dir, const char *path, int mode, int flags)
{
	if (counts(dir, path))
		FAIL(STAT, "faccessat2", path);
	return REAL(faccessat)(dir, path, mode, flags);
}

int
fstatfs(int fd, struct statfs *fs)
{
	if (name_of(fd) != NULL)
		FAIL(STAT, "fstatfs", name_of(fd));
	return REAL(fstatfs)(fd, fs);
}

ssize_t
getdents64(int fd, void *to, size_t len)
{
	if (name_of(fd) != NULL)
		FAIL(LIST, "getdents64", name_of(fd));
	return REAL(getdents64)(fd, to, len);
}

DIR *
fdopendir(int fd)
{
	int error = fault(LIST, "fdopendir", name_of(fd));

	if (error > 0) {
		errno = error;
		return NULL;
	}
	return REAL(fdopendir)(fd);
}

struct dirent *
readdir(DIR *dir)
{
	int error = fault(LIST, "readdir", name_of(dirfd(dir)));

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
	FAIL(ATTR, "fchmod", name_of(fd));
	return REAL(fchmod)(fd, mode);
}

int
fchown(int fd, uid_t owner, gid_t group)
{
	FAIL(ATTR, "fchown", name_of(fd));
	return REAL(fchown)(fd, owner, group);
}

int
futimens(int fd, const struct timespec times[2])
{
	struct stat st;
	int result;

	FAIL(ATTR, "utimensat", name_of(fd));
	result = REAL(futimens)(fd, times);
	if (result == 0 && plan.log >= 0 && REAL(fstat)(fd, &st) == 0)
		putf(plan.log, "time %llu %lld\n", (unsigned long long)st.st_ino,
		    (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
	return result;
}

int
utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
	FAIL(ATTR, "utimensat", path);
	return REAL(utimensat)(dir, path, times, flags);
}

/* ---- the plan ---- */

static int
open_ours(const char *variable)
{
	const char *path = getenv(variable);
	int fd, high;

	if (path == NULL)
		return -1;
	fd = REAL(openat)(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		_exit(123);
	high = REAL(fcntl)(fd, F_DUPFD_CLOEXEC, OUR_FD);
	if (high < 0)
		return fd;
	REAL(close)(fd);
	return high;
}

__attribute__((constructor))
static void
begin(void)
{
	const char *at = getenv("FAULT_AT"), *how = getenv("FAULT_HOW"), *lasts = getenv("FAULT_LASTS");

	plan.root = getenv("FAULT_ROOT");
	if (plan.root == NULL)
		_exit(122);
	plan.root_len = strlen(plan.root);
	plan.report = open_ours("FAULT_REPORT");
	plan.calls = open_ours("FAULT_CALLS");
	plan.log = open_ours("FAULT_LOG");
	if (at != NULL && how != NULL && plan.report >= 0) {
		plan.at = atol(at);
		plan.kills = strcmp(how, "kill") == 0;
		plan.torn = strcmp(how, "torn") == 0;
		plan.error = strcmp(how, "short") == 0 ? SHORT : atoi(how);
	}
	for (size_t kind = 0; lasts != NULL && kind < KINDS; kind++) {
		const char *found = strstr(lasts, kinds[kind]);

		if (found != NULL)
			plan.lasts |= 1u << kind;
	}
	plan.count = 0;
}
