/*
 * One conversation from greeting to good-bye. The loop is wire/dispatch.c's, the
 * commands are those of the table that it was given; here is what surrounds them: the greeting, what is
 * told before a tagged answer, the end and its log line.
 */
#include "session/session.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "session/notify.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "util/log.h"
#include "util/sandbox.h"
#include "wire/capability.h"
#include "wire/compress.h"
#include "wire/reply.h"
#include "wire/respond.h"

enum {
	LINE_MAX_SELECTED = 1 << 20,	/* UID sets of real clients go beyond 64 k */
	COMMAND_MAX = 4 << 20,		/* octets of one command in memory; APPEND streams past it */
	AUTOLOGOUT_MS = 30 * 60 * 1000,	/* RFC 9051 5.4: at least 30 minutes */
	BAD_COMMANDS_MAX = 1000,	/* in a row: a client that speaks something else */
	/*
	 * The same before the first good one, where strangers can connect. A page of the
	 * web can have a browser post to any port of this machine, and what it posts
	 * would be commands, behind four lines and more of HTTP that are none.
	 */
	BAD_COMMANDS_FIRST = 3,
};

static enum state
current_state(void *ctx)
{
	return ((struct session *)ctx)->state;
}

void
session_select(struct session *s, struct mailbox *mailbox, bool examined)
{
	if (s->mailbox != NULL) {
		if (s->notify != NULL)
			s->notify->ops->deselect(s);
		mailbox_tidy(s->mailbox);
		mailbox_close(&s->mailbox);
	}
	seqset_reset(&s->saved);
	if (s->contexts != NULL)
		s->context_ops->forget(s);
	s->mailbox = mailbox;
	s->examined = examined;
	s->expunge_held = false;
	s->keywords_told = 0;
	s->condstore_told = s->enabled_condstore;	/* SELECT itself says it */
	s->own_changes = 0;
	s->state = mailbox != NULL ? STATE_SELECTED : STATE_AUTHENTICATED;
}

void
session_logout(struct session *s)
{
	s->state = STATE_LOGOUT;
}

/* Work that the client need not wait for: its answer goes out first. */
static void
rest(void *ctx)
{
	struct session *s = ctx;

	if (s->mailbox == NULL || !mailbox_wants_rest(s->mailbox))
		return;
	if (output_flush(&s->out) == 0)
		mailbox_rest(s->mailbox);
}

static void
before_answer(void *ctx, const struct command *cmd, bool failed)
{
	struct session *s = ctx;
	enum tell tell = cmd->row->tell;
	struct err err;

	if (!failed)
		s->dispatch.bad_max = BAD_COMMANDS_MAX;
	if (s->mailbox == NULL || cmd->row->tell == TELL_NOTHING
	    || (failed && reply_is_bad(&cmd->err)))
		return;
	if (cmd->hold_expunge)
		tell = HOLD_EXPUNGE;
	if (tell == TELL_EXPUNGE && view_refresh(s, &err) < 0)
		view_failed(s, &err);
	view_tell(s, tell, cmd->row->uid);
}

/* One line an administrator can count with; see mayfly-imap(8), LOGGING. */
static void
log_the_end(const struct session *s, const char *why)
{
	struct log_event event;
	struct rusage usage;

	log_begin(&event, "session-end");
	if (s->options->user != NULL) {
		log_field(&event, "user", s->options->user);
	} else {
		char uid[16];

		snprintf(uid, sizeof uid, "uid:%u", (unsigned)getuid());
		/* no look into the user database for a log line: it may be on a network */
		log_field(&event, "user", uid);
	}
	if (s->options->address != NULL)
		log_field(&event, "addr", s->options->address);
	log_field(&event, "reason", why);
	log_number(&event, "bytes_in", s->in.total);
	log_number(&event, "bytes_out", s->out.total);
	log_number(&event, "commands", s->dispatch.commands);
	log_number(&event, "fetched", s->counts.fetched);
	log_number(&event, "appended", s->counts.appended);
	log_number(&event, "expunged", s->counts.expunged);
	getrusage(RUSAGE_SELF, &usage);
	log_number(&event, "cpu_ms", (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000
	    + (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	log_number(&event, "wall_ms", (uint64_t)(input_clock_ms() - s->started_ms));
	log_end(&event, LOG_LEVEL_INFO);
}

static const char *
say_goodbye(struct session *s, enum dispatch_end end)
{
	switch (end) {
	case DISPATCH_LOGOUT:
		return "logout";
	case DISPATCH_TIMEOUT:
		reply_bye(&s->out, "No command for too long, good-bye");
		return "timeout";
	case DISPATCH_SIGNAL:
		reply_bye(&s->out, "The server is going down, come back soon");
		return "signal";
	case DISPATCH_LIMIT:
		return "limit";
	case DISPATCH_GONE:
		break;
	}
	return "gone";
}

/* Behind account_open: what is not there yet could not be named as a place to write to. */
static void
enter_sandbox(const struct session_options *options)
{
	const struct sandbox_path paths[] = {
		{ options->maildir, !options->read_only },
		{ options->control != NULL ? options->control : "/nonexistent", !options->read_only },
		{ options->module != NULL ? options->module : "/nonexistent", false },
	};

	sandbox_enter(paths, sizeof paths / sizeof paths[0]);
}

int
session_run(const struct session_options *options, int in_fd, int out_fd)
{
	struct session s = { .options = options, .state = STATE_AUTHENTICATED, .mail = MAIL_INIT };
	const char *why;
	sigset_t open_mask;
	struct err err;

	sigprocmask(SIG_SETMASK, NULL, &open_mask);
	sigdelset(&open_mask, SIGTERM);
	s.started_ms = input_clock_ms();
	output_init(&s.out, out_fd, AUTOLOGOUT_MS);
	input_init(&s.in, in_fd, &s.out, LINE_MAX_SELECTED, AUTOLOGOUT_MS);
	s.in.stop = s.out.stop = options->stop;
	s.in.wait_mask = s.out.wait_mask = &open_mask;
	seqset_init(&s.saved);
	s.dispatch = (struct dispatch){
		.in = &s.in, .out = &s.out, .rows = options->commands, .session = &s,
		.state = current_state, .before_answer = before_answer,
		.rest = rest,
		.command_max = COMMAND_MAX, .literal_plus = true,
	};
	s.dispatch.bad_max = options->wary ? BAD_COMMANDS_FIRST : BAD_COMMANDS_MAX;
	if (account_open(&s.account, options->maildir, options->layout, !options->read_only,
	    &err) < 0) {
		log_err(&err);
		if (options->tag != NULL)
			output_format(&s.out, "%s NO [UNAVAILABLE] %s\r\n", options->tag, err.client);
		output_format(&s.out, "* BYE [UNAVAILABLE] %s\r\n", err.client);
		output_flush(&s.out);
		output_fini(&s.out);
		input_fini(&s.in);
		return 75;	/* EX_TEMPFAIL: the store may come back */
	}
	s.account.read_only = options->read_only;
	s.account.sync = options->sync;
	if (options->lock_kind != LOCK_UNTRIED)
		s.account.lock_kind = options->lock_kind;
	s.account.quota_bytes = options->quota_bytes;
	s.account.quota_messages = options->quota_messages;
	s.account.control = options->control;
	s.account.share_letters = options->share_letters;
	if (options->sandbox)
		enter_sandbox(options);
	if (options->tag != NULL) {
		input_preload(&s.in, options->unread, options->unread_len);
		output_format(&s.out, "%s OK [CAPABILITY %s] Logged in\r\n", options->tag,
		    options->capabilities);
	} else {
		output_format(&s.out, "* PREAUTH [CAPABILITY %s] mayfly is ready\r\n",
		    options->capabilities);
	}
	why = say_goodbye(&s, dispatch_run(&s.dispatch));
	output_flush(&s.out);
	log_the_end(&s, why);
	/* The client need not wait while we tidy up; nothing may be written from here on. */
	s.out.dead = true;
	close(in_fd);
	if (out_fd != in_fd)
		close(out_fd);
	session_select(&s, NULL, false);
	if (s.notify != NULL)
		s.notify->ops->free(&s);
	seqset_fini(&s.saved);
	buf_fini(&s.name_given);
	buf_fini(&s.name_composed);
	mail_fini(&s.mail);
	dispatch_fini(&s.dispatch);
	account_close(&s.account);
	compress_stop(&s.compress);
	input_fini(&s.in);
	output_fini(&s.out);
	return 0;
}
