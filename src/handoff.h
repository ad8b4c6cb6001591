/*
 * All that crosses the login line: written by mayfly-login after a password was
 * right, read by mayfly-imap when it is started with --handoff=FD. The record
 * travels in a sealed memory file, so it is whole or not there, has no size
 * limit of a pipe, and nobody changes it while it is read.
 *
 * Everything else about the account (uid, gid, groups, limits, the working
 * directory, HOME, USER) is already true of the process when it starts.
 */
#ifndef HANDOFF_H
#define HANDOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/network.h"

struct err;

enum {
	HANDOFF_FD = 3,			/* where mayfly-login leaves the record */
	HANDOFF_NAME_MAX = 255,		/* octets of a user's name */
	HANDOFF_PATH_MAX = 4096,	/* PATH_MAX: longer paths cannot be opened */
	HANDOFF_TAG_MAX = 8192,		/* a tag is part of a line, see TALKER_LINE_MAX */
	/*
	 * What the client sent behind its login, at the time of the login. The talker
	 * reads at most one step beyond a whole line, so this is never reached.
	 */
	HANDOFF_UNREAD_MAX = 65536,
};

enum handoff_log {
	HANDOFF_LOG_STDERR,
	HANDOFF_LOG_SYSLOG,	/* standard error is not for us (it was the connection) */
};

struct handoff {
	struct buf user;	/* as the account has it */
	struct buf home;	/* may be empty: a virtual user without one */
	struct buf maildir;	/* absolute; a leading ~/ was replaced by the home */
	struct buf tag;		/* of the command that logged in: answer this with OK */
	struct buf unread;	/* bytes that the client sent behind it: input_preload */
	struct buf config;	/* the configuration file of the login program; may be empty */
	struct network_address client;	/* family 0: not known */
	bool private;		/* nobody listens on the link */
	enum handoff_log log;
};

void handoff_init(struct handoff *h);

/* Gives the memory back, and wipes it: what a client sent ahead may be secret. */
void handoff_fini(struct handoff *h);

/* A new descriptor that holds the record, not closed on exec; -1 with err filled. */
int handoff_send(const struct handoff *h, struct err *err);

/*
 * Read the record and close the descriptor. Every length is checked against its
 * bound. -1 with err filled when it is not whole; h is then as after handoff_init.
 */
int handoff_receive(struct handoff *h, int fd, struct err *err);

#endif
