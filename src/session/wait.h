/*
 * Waiting for the client while the mail is watched: IDLE, and NOTIFY between
 * commands. Sleeps in poll until the client speaks, something changed, or it is
 * time to look or to say that we are there.
 */
#ifndef SESSION_WAIT_H
#define SESSION_WAIT_H

#include <stdbool.h>

struct session;

struct waiting {
	int fd;			/* readable when something changed; -1: none */
	int poll_ms;		/* look after this long in any case; -1: no need to */
	int keepalive_ms;	/* between lines that keep the connection alive; -1: none */
	int again_ms;		/* look once more after this long, see wait_again; -1: no need to */
	unsigned busy;		/* looks in a row that found another session at it */
	/* Look and tell; may change fd and poll_ms, and says wait_again. */
	void (*look)(struct session *s, struct waiting *waiting);
	void *ctx;
};

#define WAITING_FOR_INPUT { .fd = -1, .poll_ms = -1, .keepalive_ms = -1, .again_ms = -1 }

/*
 * Said by look: was another session looking, so that ours was not done (view_hear)?
 * What it finds wakes us, but it may die, or find nothing: we look again, each
 * time later, and not all at the same time.
 */
void wait_again(struct waiting *waiting, bool busy);

/*
 * Until there is input (1) or the session ends (an enum input_end). A storm of
 * changes is looked at in intervals that leave others as much time as a look took.
 */
int wait_and_tell(struct session *s, struct waiting *waiting);

#endif
