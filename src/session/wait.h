/*
 * Waiting for the client while the mail is watched: IDLE, and NOTIFY between
 * commands. Sleeps in poll until the client speaks, something changed, or it is
 * time to look or to say that we are there.
 */
#ifndef SESSION_WAIT_H
#define SESSION_WAIT_H

struct session;

struct waiting {
	int fd;			/* readable when something changed; -1: none */
	int poll_ms;		/* look after this long in any case; -1: no need to */
	int keepalive_ms;	/* between lines that keep the connection alive; -1: none */
	/* Look and tell; may change fd and poll_ms. */
	void (*look)(struct session *s, struct waiting *waiting);
	void *ctx;
};

/*
 * Until there is input (1) or the session ends (an enum input_end). A storm of
 * changes is looked at in intervals that leave others as much time as a look took.
 */
int wait_and_tell(struct session *s, struct waiting *waiting);

#endif
