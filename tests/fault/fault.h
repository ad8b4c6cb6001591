/*
 * What the three parts of fault.so share: the plan (fault.c), the log of changes
 * (log.c), and the calls that are taken over (calls.c). Hidden, so that no name here
 * takes the place of one of the session's.
 */
#ifndef FAULT_H
#define FAULT_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

#pragma GCC visibility push(hidden)

enum kind {
	ATTR, CLOSE, CREATE, DUP, HEAR, LINK, LIST, LOCK, MAP, MKDIR, OPEN, READ, RENAME, STAT, SYNC, TELL,
	TRUNCATE, UNLINK, WATCH, WRITE, KINDS
};

enum {
	SHORT = -1,		/* beside the numbers of errors */
	FDS = 1024,		/* descriptors that are followed; a session has a dozen */
};

struct fault_plan {
	long at, count;		/* count is -1 until the plan is made */
	int error;
	bool kills, torn, begun;
	unsigned lasts;		/* kinds, a bit each; 0: it happens once */
	const char *root;
	size_t root_len;
	int report, calls, log;
};
extern struct fault_plan fault_plan;

/* What stands behind a descriptor: NULL is nothing of ours. */
extern char *fault_names[FDS];

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

/* ---- whether to fail (fault.c) ---- */

/* The error that this call gets, SHORT, or 0. A torn write is SHORT, and deadly after it. */
int fault_now(enum kind kind, const char *call, const char *on);
_Noreturn void fault_die_here(void);

#define FAIL(kind, call, on) \
	do { \
		int error_ = fault_now(kind, call, on); \
		if (error_ > 0) { \
			errno = error_; \
			return -1; \
		} \
	} while (0)

/* Write to one of our own files, whole. */
void fault_put(int fd, const char *bytes, size_t len);
void fault_putf(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- descriptors (fault.c) ---- */

const char *fault_name_of(int fd);

/* Whether what lies there is the mail: below the root, or below a descriptor that is. */
bool fault_counts(int dir, const char *path);

/* This descriptor is now of what lies there. */
void fault_learn(int fd, int dir, const char *path);

bool fault_to_client(int fd);

/* ---- the log of changes (log.c); nothing without FAULT_LOG ---- */

struct fault_place {
	unsigned long long dir;		/* inode of the directory */
	const char *base;
};
struct fault_place fault_place_of(int dir, const char *path);
unsigned long long fault_inode_of(int fd);

/* The time that the directory has now, in ns: a change of an entry is one of it. */
long long fault_dir_time(int dir, const char *path);

void fault_log_entry(const char *op, int dir, const char *path, unsigned long long inode);
void fault_log_bytes(const char *op, int fd, long long offset, const void *bytes, ssize_t len);

#pragma GCC visibility pop

#endif
