/* The one place where a session sleeps and listens to two sides. */
#include "session/wait.h"

#include <stdbool.h>

#include "session/session.h"
#include "util/hash.h"

enum {
	PAUSE_MAX_MS = 1000,	/* between two looks at a mailbox that never rests */
	AGAIN_MS = 200,		/* a holder of the lock has ended by then, in a mailbox of few; */
	AGAIN_DOUBLED = 5,	/* where thousands look, seconds are soon enough */
};

/* The shorter of two times, where -1 means "no bound". */
static int
shorter(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* The time until then, from now; -1 where there is no such time. */
static int
until(int64_t then, int64_t now)
{
	return then == 0 ? -1 : then > now ? (int)(then - now) : 0;
}

void
wait_again(struct waiting *w, bool busy)
{
	unsigned random;
	int step = AGAIN_MS << (w->busy < AGAIN_DOUBLED ? w->busy : AGAIN_DOUBLED);

	w->again_ms = -1;
	if (!busy) {
		w->busy = 0;
		return;
	}
	hash_random(&random, sizeof random);
	w->again_ms = step + (int)(random % (unsigned)(2 * step));
	w->busy++;
}

/* How long to sleep, and on which descriptor. */
static int
plan_wait(const struct waiting *w, int64_t now, int64_t left, int64_t last_line,
    int64_t pause_until, int64_t again_at, int *fd)
{
	int wait = shorter(shorter((int)left, w->poll_ms), until(again_at, now));
	int64_t line = last_line + w->keepalive_ms - now;

	*fd = w->fd;
	if (w->keepalive_ms > 0)
		wait = shorter(wait, line > 0 ? (int)line : 0);
	if (pause_until > now) {
		wait = shorter(wait, (int)(pause_until - now));
		*fd = -1;
	}
	return wait;
}

int
wait_and_tell(struct session *s, struct waiting *w)
{
	int64_t start = input_clock_ms(), last_line = start, pause_until = 0;
	int64_t again_at = w->again_ms < 0 ? 0 : start + w->again_ms;

	for (;;) {
		int64_t now = input_clock_ms(), left = s->in.timeout_ms - (now - start), took;
		int fd, wait, ready;

		if (left <= 0)
			return INPUT_TIMEOUT;
		wait = plan_wait(w, now, left, last_line, pause_until, again_at, &fd);
		ready = input_wait(&s->in, fd, wait);
		if (ready < 0 || ready == 1)
			return ready;
		now = input_clock_ms();
		/* what came during a pause has made the descriptor readable, or the poll is due */
		if (ready == 2 || w->poll_ms > 0 || (again_at > 0 && now >= again_at)) {
			w->look(s, w);
			if (s->state == STATE_LOGOUT)
				return INPUT_EOF;
			took = input_clock_ms() - now;
			pause_until = took > 1 ? now + 2 * (took < PAUSE_MAX_MS ? took : PAUSE_MAX_MS) : 0;
			again_at = w->again_ms < 0 ? 0 : now + took + w->again_ms;
			if (s->out.buf.len > 0)
				last_line = now;
		}
		if (w->keepalive_ms > 0 && now - last_line >= w->keepalive_ms) {
			output_text(&s->out, "* OK Still here\r\n");
			last_line = now;
		}
	}
}
