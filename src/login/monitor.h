/*
 * The half of mayfly-login that has the rights. It starts the talker, reads
 * nothing but its records, asks auth.c, and at the end becomes the user and
 * runs the session program.
 */
#ifndef LOGIN_MONITOR_H
#define LOGIN_MONITOR_H

#include "login/cage.h"

struct peer;
struct settings;

/* What super-servers take an exit status for. */
enum {
	EXIT_DONE = 0,
	EXIT_CONFIG = 78,	/* EX_CONFIG: do not try again before somebody looked */
	EXIT_TEMPORARY = 111,	/* try later */
};

struct monitor_setup {
	const struct settings *settings;
	const struct peer *peer;
	const struct cage *cage;
	const char *self;	/* our own program file */
	bool scram;		/* SCRAM-SHA-256 is offered */
	const char *config;	/* the configuration file that was named, or "" */
	bool syslog;		/* where the log goes: the session is told */
};

/*
 * One connection on descriptors 0 and 1, from greeting to session. Returns an
 * exit status, or does not return: the process has become the session.
 */
int monitor_run(const struct monitor_setup *setup);

#endif
