/*
 * IDLE (RFC 2177, RFC 9051 6.3.13). Tells until the client speaks; the sleeping is
 * done in session/wait.c.
 * Whatever the client sent behind DONE is the next command.
 */
#include "cmd/cmd.h"
#include "cmd/notify_watch.h"
#include "session/session.h"
#include "session/view.h"
#include "session/wait.h"
#include "store/mailbox.h"
#include "store/watch.h"
#include "util/ascii.h"
#include "util/mem.h"

static void
look(struct session *s, struct waiting *waiting)
{
	struct err err;
	int result;

	watch_drain(waiting->ctx, s->mailbox);
	result = view_hear(s, &err);
	if (result < 0)
		view_failed(s, &err);
	wait_again(waiting, result == 1);
	view_tell(s, TELL_EXPUNGE, false);
}

/* The selected mailbox, if there is one, and nothing else: what IDLE tells without NOTIFY. */
static int
wait_for_mailbox(struct session *s, struct waiting *waiting)
{
	struct watch watch = { .fd = -1 };
	int end;

	if (s->mailbox != NULL) {
		/* Watch first, then look: what happens in between wakes us. */
		watch_open(&watch, s->mailbox);
		*waiting = (struct waiting){ .fd = watch.fd, .poll_ms = watch.poll_ms,
			.keepalive_ms = waiting->keepalive_ms, .again_ms = -1, .look = look, .ctx = &watch };
		look(s, waiting);
	}
	end = wait_and_tell(s, waiting);
	watch_close(&watch);
	return end;
}

int
cmd_idle(void *session, struct command *cmd)
{
	struct session *s = session;
	struct waiting waiting = WAITING_FOR_INPUT;
	const char *line;
	size_t len;
	int end;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	output_text(&s->out, "+ idling\r\n");
	if (s->options->idle_notify_s > 0)
		waiting.keepalive_ms = s->options->idle_notify_s * 1000;
	mem_give_back();
	/* RFC 5465 4: the same events as between commands */
	end = s->notify != NULL ? notify_idle(s, &waiting) : wait_for_mailbox(s, &waiting);
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
