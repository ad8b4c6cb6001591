/*
 * One walk through the script: a connection for each block, and how far each
 * step is. What may be sent is decided here, nowhere else.
 */
#ifndef DRILL_SESSION_H
#define DRILL_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/conn.h"

struct drill;

struct progress {
	uint32_t missing;	/* predecessors that are still to come */
	uint32_t sent, done;	/* repetitions */
	unsigned next;		/* in the list of what is ready, or SCRIPT_NONE */
	bool ready;		/* is in that list */
	bool begun;		/* those that wait for its beginning were told */
	bool ended;		/* complete, or will never be */
};

struct session {
	struct drill *drill;
	unsigned number;		/* from 1; a session that starts anew keeps it */
	unsigned live;			/* connections not closed yet */
	struct progress *progress;	/* one a step of the script */
	char **captured;		/* one a name, NULL: none; NULL before the first */
	struct loop_timer reaper;
	void (*ended)(struct session *session);	/* all is over; may free it */
	struct conn conns[];		/* one a block */
};

/* Begin: connections are opened at once. ended comes later, from the loop. */
struct session *session_new(struct drill *drill, unsigned number,
    void (*ended)(struct session *session));
void session_free(struct session **session);

/* One repetition of a step is on its way. */
void session_sent(struct session *session, unsigned step);

/* The server asked for more, or answered. */
void session_begun(struct session *session, unsigned step);

/* One repetition of a step is complete. */
void session_done(struct session *session, unsigned step);

/*
 * A connection will send nothing more. Its steps that are not complete are
 * lost, and so is what waits for them elsewhere. Returns how many were lost.
 */
unsigned session_lose(struct session *session, struct conn *conn);

/* A connection is closed; the last one ends the session. */
void session_closed(struct session *session);

void session_capture(struct session *session, size_t name, const char *value, size_t len);

#endif
