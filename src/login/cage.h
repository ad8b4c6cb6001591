/*
 * Where the talker lives: a uid of its own, an empty directory as its root, no
 * descriptors but the connection and the socket to the monitor, small limits,
 * and a filter that lets through the few system calls that talking needs.
 */
#ifndef LOGIN_CAGE_H
#define LOGIN_CAGE_H

#include <stdbool.h>
#include <sys/types.h>

struct err;
struct settings;

/*
 * The bound of the talker's memory: the address space, most of which are
 * mapped libraries that are never touched. Over it malloc fails and the
 * talker ends with 111.
 */
enum { CAGE_ADDRESS_SPACE = 64 << 20 };

struct cage {
	bool root;	/* we can change the uid and the root directory */
	uid_t uid;
	gid_t gid;
	const char *directory;
};

/*
 * In the monitor, before anything else happens: find the user, see that the
 * directory is empty, root's, and writable by nobody. -1 with err filled: the
 * configuration is wrong.
 */
int cage_prepare(struct cage *cage, const struct settings *settings, struct err *err);

/*
 * In the talker: go in. Descriptors 0, 1 and record_fd stay. -1 with err filled.
 */
int cage_enter(const struct cage *cage, int record_fd, struct err *err);

#endif
