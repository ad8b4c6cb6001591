/*
 * The half of mayfly-login that reads the network. It has no rights, no files
 * and no secrets but those that the client sends; what it learns goes to the
 * monitor in records, and only the monitor's verdict lets anybody in.
 */
#ifndef LOGIN_TALKER_H
#define LOGIN_TALKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct network_range;
struct peer;

/*
 * The limits before login. A stranger pays nothing to reach them, so each is as
 * small as real clients allow.
 */
enum {
	TALKER_LINE_MAX = 8192,		/* RFC 7162 4 asks for 8192; nothing before login needs more */
	TALKER_COMMAND_MAX = 16384,	/* a line and both literals of LOGIN at LITERAL- size */
	TALKER_SKIP_MAX = 16384,	/* a refused literal of that size is read past, a larger one ends it */
	TALKER_LITERALS_MAX = 64,	/* an ID of 30 pairs in literals; LOGIN needs 2 */
	TALKER_BAD_MAX = 3,		/* bad commands in a row: no client, or one that is lost */
	TALKER_COMMANDS_MAX = 100,	/* real clients need fewer than 10 */
	TALKER_OCTETS_MAX = 1 << 18,	/* read in all; the largest login is a tenth of this */
	TALKER_WRITE_MS = 30000,	/* a client that takes no byte for so long is gone */
	TALKER_PROXY_MS = 5000,		/* the PROXY header comes in the first packet */
};

struct talker_setup {
	const struct peer *peer;
	bool proxied;		/* the peer must begin with a PROXY header */
	/* Who may name another client by ID: the peer, or whom its PROXY header names. */
	const struct network_range *trusted;
	size_t trusted_count;
	bool certificates;	/* a certificate's name is a user */
	bool scram;		/* the file of users has verifiers */
	bool tokens;		/* there is a program that looks at them */
	const char *token_scope;	/* and what its refusal tells the client; "": nothing */
	const char *token_discovery;
	bool anonymous;		/* somebody without a name may come in */
	enum { LINK_AUTO, LINK_PRIVATE, LINK_OPEN } link;	/* what the configuration says of it */
	int timeout_ms;		/* from the greeting to the login */
};

/* How it ended; the exit status of the talker's process. */
enum talker_end {
	TALKER_DONE = 0,	/* logged out, gone, out of time: all that is usual */
	TALKER_ACCEPTED = 10,	/* the handoff was sent */
	TALKER_BAD_PROXY = 11,	/* no PROXY header from a peer that must send one */
	TALKER_LOST = 12,	/* the monitor is gone */
};

/*
 * Speak with the client on the two descriptors until it is let in or leaves.
 * record_fd is the socket to the monitor.
 */
enum talker_end talker_run(const struct talker_setup *setup, int in_fd, int out_fd, int record_fd);

#endif
