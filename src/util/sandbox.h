/*
 * What a session gives up once it has opened what it needs: no_new_privs, the
 * file system but for the mail (Landlock), new programs, sockets and other
 * processes (seccomp). What the kernel does not have is left out: no error.
 *
 *	struct sandbox_path paths[] = { { maildir, true }, { "/srv/shared", false } };
 *	unsigned got = sandbox_enter(paths, 2);
 *
 * After it:
 *   - files under a path with write set may be read, written, made, renamed and
 *     deleted; under the others, and where the system keeps its libraries,
 *     character sets, time zones and locales, they may be read and mapped, so a
 *     module can still be loaded with dlopen;
 *   - everything else in the file system fails with EACCES. Descriptors that
 *     were opened before go on working;
 *   - socket, connect and their kin fail with EPERM, so openlog with LOG_NDELAY
 *     must come before, and so must getpwuid and the like. A log daemon that is
 *     started anew is not found again: the lines are dropped;
 *   - fork and threads may be made (a long search reads with forked helpers), but
 *     neither namespaces nor processes that share memory; signals to other
 *     processes and their limits and priorities fail with EPERM, and so do owners,
 *     modes and attributes by path (an open file's mode may be changed);
 *   - execve, ptrace and what looks into other processes or changes the kernel
 *     kills the process: no library of ours does that by mistake.
 */
#ifndef UTIL_SANDBOX_H
#define UTIL_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct sandbox_path {
	const char *path;	/* a directory (or file); one that is not there is passed over */
	bool write;
};

enum {
	SANDBOX_NO_NEW_PRIVS = 1,
	SANDBOX_LANDLOCK = 2,
	SANDBOX_SECCOMP = 4,
};

/* Enter, for ever. Which of the three are now in force, as bits. */
unsigned sandbox_enter(const struct sandbox_path *paths, size_t count);

#endif
