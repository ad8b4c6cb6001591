/*
 * IDLE (RFC 2177, RFC 9051 6.3.13). Sleeps in poll until the client speaks, the
 * mailbox changes, or it is time for a line that keeps the connection alive.
 * Whatever the client sent behind DONE is the next command.
 */
#include "cmd/cmd.h"
#include "session/session.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "store/watch.h"
#include "util/ascii.h"
#include "util/log.h"

enum { PAUSE_MAX_MS = 1000 };	/* between two looks at a mailbox that never rests */

static void
look(struct session *s)
{
	struct err err;

	if (view_refresh(s, &err) < 0)
		view_failed(s, &err);
	view_tell(s, TELL_EXPUNGE, false);
}

/* The shorter of two times, where -1 means "no bound". */
static int
shorter(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

/* Until there is input (1) or the session ends (an enum input_end, or 0 for the time being over). */
static int
sleep_and_tell(struct session *s, struct watch *watch)
{
	int64_t start = input_clock_ms(), last_line = start, pause_until = 0;
	int keepalive_ms = s->options->idle_notify_s > 0 ? s->options->idle_notify_s * 1000 : -1;

	for (;;) {
		int64_t now = input_clock_ms();
		int64_t left = s->in.timeout_ms - (now - start);
		int wait = left > 0 ? (int)left : 0, fd = watch->fd, ready;

		if (left <= 0)
			return INPUT_TIMEOUT;
		wait = shorter(wait, watch->poll_ms);
		if (keepalive_ms > 0)
			wait = shorter(wait, (int)(last_line + keepalive_ms - now > 0
			    ? last_line + keepalive_ms - now : 0));
		if (pause_until > now) {
			/* A storm of changes: leave as much time to others as the last look took. */
			wait = shorter(wait, (int)(pause_until - now));
			fd = -1;
		}
		ready = input_wait(&s->in, fd, wait);
		if (ready < 0 || ready == 1)
			return ready;
		now = input_clock_ms();
		if (s->mailbox != NULL && (ready == 2 || watch->poll_ms > 0 || pause_until > 0)) {
			int64_t took;

			watch_drain(watch, s->mailbox);
			look(s);
			if (s->state == STATE_LOGOUT)
				return INPUT_EOF;
			took = input_clock_ms() - now;
			pause_until = took > 1 ? now + 2 * (took < PAUSE_MAX_MS ? took : PAUSE_MAX_MS) : 0;
			if (s->out.buf.len > 0)
				last_line = now;
		}
		if (keepalive_ms > 0 && now - last_line >= keepalive_ms) {
			output_text(&s->out, "* OK Still here\r\n");
			last_line = now;
		}
	}
}

int
cmd_idle(void *session, struct command *cmd)
{
	struct session *s = session;
	struct watch watch = { -1, -1 };
	const char *line;
	size_t len;
	int end;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	output_text(&s->out, "+ idling\r\n");
	if (s->mailbox != NULL) {
		/* Watch first, then look: what happens in between wakes us. */
		watch_open(&watch, s->mailbox);
		look(s);
	}
	end = sleep_and_tell(s, &watch);
	watch_close(&watch);
	if (end == 1)
		end = input_line(&s->in, &line, &len);
	if (end != INPUT_OK) {
		cmd->parse.lost = end;
		cmd->parse.skipped = true;
		return err_set(&cmd->err, ERR_BYE, "The connection ended in IDLE");
	}
	cmd->parse.line = cmd->parse.at = line;
	cmd->parse.end = line + len;
	if (!ascii_is(line, len, "DONE"))
		return parse_fail(&cmd->parse, "DONE");
	return 0;
}
