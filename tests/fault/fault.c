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
#include "fault.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUR_FD = 200 };		/* where the session will not find ours */

static const char *const fault_kinds[KINDS] = {
	[ATTR] = "attr", [CLOSE] = "close", [CREATE] = "create", [DUP] = "dup", [HEAR] = "hear", [LINK] = "link",
	[LIST] = "list", [LOCK] = "lock", [MAP] = "map", [MKDIR] = "mkdir", [OPEN] = "open", [READ] = "read",
	[RENAME] = "rename", [STAT] = "stat", [SYNC] = "sync", [TELL] = "tell", [TRUNCATE] = "truncate",
	[UNLINK] = "unlink", [WATCH] = "watch", [WRITE] = "write",
};

struct fault_plan fault_plan = { .count = -1, .report = -1, .calls = -1, .log = -1 };
char *fault_names[FDS];

FIND(close) FIND(fcntl) FIND(openat) FIND(write)

/* ---- whether to fail ---- */

void
fault_put(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = REAL(write)(fd, bytes, len);

		if (n <= 0)
			_exit(125);
		bytes += n;
		len -= (size_t)n;
	}
}

void
fault_putf(int fd, const char *format, ...)
{
	char text[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	fault_put(fd, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

void
fault_die_here(void)
{
	_exit(137);	/* what SIGKILL shows; the sandbox would refuse a signal */
}

/* The error that this call gets, SHORT, or 0. A torn write is SHORT, and deadly after it. */
int
fault_now(enum kind kind, const char *call, const char *on)
{
	if (fault_plan.count < 0)
		return 0;
	fault_plan.count++;
	if (on == NULL)
		on = "-";
	if (fault_plan.calls >= 0)
		fault_putf(fault_plan.calls, "%s %s %s\n", fault_kinds[kind], call, on);
	if (fault_plan.at == 0 || fault_plan.count < fault_plan.at || (fault_plan.lasts == 0 && fault_plan.count > fault_plan.at)
	    || (fault_plan.lasts != 0 && !(fault_plan.lasts & 1u << kind)))
		return 0;
	if (!fault_plan.begun)
		fault_putf(fault_plan.report, "%s %s %s\n", fault_kinds[kind], call, on);
	fault_plan.begun = true;
	if (fault_plan.kills || (fault_plan.torn && kind != WRITE && kind != TELL))
		fault_die_here();
	return fault_plan.torn ? SHORT : fault_plan.error;
}

/* ---- descriptors ---- */

const char *
fault_name_of(int fd)
{
	return fd >= 0 && fd < FDS ? fault_names[fd] : NULL;
}

/* Whether what lies there is the mail: below the root, or below a descriptor that is. */
bool
fault_counts(int dir, const char *path)
{
	if (*path != '/')
		return fault_name_of(dir) != NULL;
	return strncmp(path, fault_plan.root, fault_plan.root_len) == 0;
}

void
fault_learn(int fd, int dir, const char *path)
{
	const char *parent = *path == '/' ? NULL : fault_name_of(dir);
	char text[4096];

	if (fd < 0 || fd >= FDS || (parent == NULL && !fault_counts(dir, path)))
		return;
	if (parent != NULL)
		snprintf(text, sizeof text, "%s/%s", parent, path);
	else
		snprintf(text, sizeof text, "%s", path);
	free(fault_names[fd]);
	fault_names[fd] = strdup(text);
}

bool
fault_to_client(int fd)
{
	return fd == 1 && fault_names[1] == NULL;
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

	fault_plan.root = getenv("FAULT_ROOT");
	if (fault_plan.root == NULL)
		_exit(122);
	fault_plan.root_len = strlen(fault_plan.root);
	fault_plan.report = open_ours("FAULT_REPORT");
	fault_plan.calls = open_ours("FAULT_CALLS");
	fault_plan.log = open_ours("FAULT_LOG");
	if (at != NULL && how != NULL && fault_plan.report >= 0) {
		fault_plan.at = atol(at);
		fault_plan.kills = strcmp(how, "kill") == 0;
		fault_plan.torn = strcmp(how, "torn") == 0;
		fault_plan.error = strcmp(how, "short") == 0 ? SHORT : atoi(how);
	}
	for (size_t kind = 0; lasts != NULL && kind < KINDS; kind++) {
		const char *found = strstr(lasts, fault_kinds[kind]);

		if (found != NULL)
			fault_plan.lasts |= 1u << kind;
	}
	fault_plan.count = 0;
}
