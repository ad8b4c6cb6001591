/* The one place where a session sleeps and listens to two sides. */
#include "session/wait.h"

#include <stdbool.h>

#include "session/session.h"

enum { PAUSE_MAX_MS = 1000 };	/* between two looks at a mailbox that never rests */

/* The shorter of two times, where -1 means "no bound". */
static int
shorter(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* How long to sleep, and on which descriptor. */
static int
plan_wait(const struct waiting *w, int64_t now, int64_t left, int64_t last_line,
    int64_t pause_until, int *fd)
{
	int wait = shorter((int)left, w->poll_ms);
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

	for (;;) {
		int64_t now = input_clock_ms(), left = s->in.timeout_ms - (now - start), took;
		int fd, wait, ready;

		if (left <= 0)
			return INPUT_TIMEOUT;
		wait = plan_wait(w, now, left, last_line, pause_until, &fd);
		ready = input_wait(&s->in, fd, wait);
		if (ready < 0 || ready == 1)
			return ready;
		now = input_clock_ms();
		if (ready == 2 || w->poll_ms > 0 || (pause_until > 0 && now >= pause_until)) {
			w->look(s, w);
			if (s->state == STATE_LOGOUT)
				return INPUT_EOF;
			took = input_clock_ms() - now;
			pause_until = took > 1 ? now + 2 * (took < PAUSE_MAX_MS ? took : PAUSE_MAX_MS) : 0;
			if (s->out.buf.len > 0)
				last_line = now;
		}
		if (w->keepalive_ms > 0 && now - last_line >= w->keepalive_ms) {
			output_text(&s->out, "* OK Still here\r\n");
			last_line = now;
		}
	}
}
