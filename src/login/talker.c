/*
 * The commands before login (RFC 9051 6.1, 6.2) on the loop of wire/dispatch.c,
 * and before them the PROXY header. Knows nothing of accounts: it asks.
 */
#include "login/talker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "login/ask.h"
#include "login/certificate.h"
#include "login/peer.h"
#include "login/proxy.h"
#include "login/record.h"
#include "login/sasl.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/capability.h"
#include "wire/dispatch.h"
#include "wire/id.h"
#include "wire/input.h"
#include "wire/language.h"
#include "wire/output.h"
#include "wire/reply.h"
#include "wire/respond.h"

struct talker {
	const struct talker_setup *setup;
	struct input in;
	struct output out;
	struct ask ask;		/* the monitor */
	enum state state;
	struct sasl_offer offer;
	bool trusted;		/* the ID may name another client */
	char certificate[HANDOFF_NAME_MAX + 1];	/* the user of AUTH=EXTERNAL, or "" */
	struct buf tag;		/* of the command that was let in */
	bool accepted;
	unsigned failures;
	unsigned commands;
	const char *bye;	/* why we end it, when we do */
};

static volatile sig_atomic_t told_to_end;

static void
on_signal(int signal)
{
	(void)signal;
	told_to_end = 1;
}

/* One more that did not get in. */
static void
count_failure(struct talker *t)
{
	if (++t->failures >= LOGIN_ATTEMPTS_MAX) {
		t->state = STATE_LOGOUT;
		t->bye = "Too many failed logins";
	}
}

/* The end of an attempt, whichever way it went. */
static int
take_verdict(struct talker *t, struct command *cmd, enum verdict verdict)
{
	if (t->ask.lost)
		return err_set(&cmd->err, ERR_BYE, "The server ended");
	switch (verdict) {
	case VERDICT_YES:
		/* The session answers the tag, with the capabilities that it has. */
		buf_add(&t->tag, cmd->tag.data, cmd->tag.len);
		t->accepted = true;
		t->state = STATE_LOGOUT;
		cmd->answered = true;
		return 0;
	case VERDICT_UNAVAILABLE:
		return err_set(&cmd->err, ERR_UNAVAILABLE,
		    "Passwords cannot be checked at the moment, try later");
	case VERDICT_NO:
		break;
	}
	count_failure(t);
	return err_set(&cmd->err, ERR_AUTHFAILED, "The name or the password is wrong");
}

/* The one place where a name and a secret go to the monitor. */
static int
attempt_login(struct talker *t, struct command *cmd, enum mechanism mechanism,
    const struct str *user, const struct str *secret)
{
	struct record_attempt attempt = { .kind = RECORD_ATTEMPT, .mechanism = mechanism };
	enum verdict verdict;

	/* What cannot be right is asked all the same: its answer must take the usual time. */
	if (!record_put(attempt.user, sizeof attempt.user, &attempt.user_len, user->data, user->len))
		attempt.hopeless = 1;
	if (!record_put(attempt.secret, sizeof attempt.secret, &attempt.secret_len, secret->data,
	    secret->len))
		attempt.hopeless = 1;
	verdict = ask_verdict(&t->ask, &attempt, sizeof attempt);
	mem_wipe(&attempt, sizeof attempt);
	return take_verdict(t, cmd, verdict);
}

static int
cmd_login(void *session, struct command *cmd)
{
	struct talker *t = session;
	struct str user, secret;

	/* Before the arguments: a client that waits for "+" has not sent its password yet. */
	if (!t->offer.private)
		return err_set(&cmd->err, ERR_PRIVACYREQUIRED,
		    "Passwords are only taken over a link with TLS");
	if (parse_space(&cmd->parse) < 0 || parse_astring(&cmd->parse, &user) < 0
	    || parse_space(&cmd->parse) < 0 || parse_astring(&cmd->parse, &secret) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	return attempt_login(t, cmd, MECHANISM_LOGIN_COMMAND, &user, &secret);
}

static int
authenticate_scram(struct talker *t, struct command *cmd)
{
	unsigned asked = t->ask.asked;
	enum verdict verdict;

	if (sasl_scram(cmd, &t->ask, &verdict) == 0)
		return take_verdict(t, cmd, verdict);
	if (t->ask.lost)
		return err_set(&cmd->err, ERR_BYE, "The server ended");
	/* An exchange that ends in the middle has shown a salt: it counts, here as in the monitor. */
	if (t->ask.asked > asked)
		count_failure(t);
	return -1;
}

static int
authenticate_token(struct talker *t, struct command *cmd, enum mechanism mechanism)
{
	struct record_token record = { .kind = RECORD_TOKEN, .mechanism = mechanism };
	enum verdict verdict = VERDICT_NO;
	int result = -1;

	if (sasl_token(cmd, mechanism, &record) == 0) {
		if (record.token_len > 0 || record.hopeless)
			verdict = ask_verdict(&t->ask, &record, sizeof record);
		if (verdict == VERDICT_NO)
			sasl_token_refused(cmd, mechanism, &t->offer);
		result = take_verdict(t, cmd, verdict);
	}
	mem_wipe(&record, sizeof record);
	return result;
}

static int
cmd_authenticate(void *session, struct command *cmd)
{
	struct talker *t = session;
	struct buf user = BUF_INIT, secret = BUF_INIT;
	enum mechanism mechanism;
	int result;

	if (sasl_mechanism(cmd, &t->offer, &mechanism) < 0)
		return -1;
	if (mechanism == MECHANISM_SCRAM)
		return authenticate_scram(t, cmd);
	if (mechanism == MECHANISM_OAUTHBEARER || mechanism == MECHANISM_XOAUTH2)
		return authenticate_token(t, cmd, mechanism);
	result = sasl_read(cmd, mechanism, &t->offer, &user, &secret);
	if (result == 0)
		result = attempt_login(t, cmd, mechanism, &(struct str){ buf_str(&user), user.len },
		    &(struct str){ buf_str(&secret), secret.len });
	buf_wipe(&user);
	buf_wipe(&secret);
	return result;
}

static void
add_capabilities(const struct talker *t, struct buf *list)
{
	capability_add(list, "IMAP4rev1 IMAP4rev2 LITERAL- SASL-IR ID LANGUAGE");
	if (!t->offer.private)
		capability_add(list, "LOGINDISABLED");
	sasl_capabilities(&t->offer, list);
}

static int
cmd_capability(void *session, struct command *cmd)
{
	struct talker *t = session;
	struct buf list = BUF_INIT;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	add_capabilities(t, &list);
	respond_untagged(&t->out, "CAPABILITY %s", buf_str(&list));
	buf_fini(&list);
	return 0;
}

static int
cmd_noop(void *session, struct command *cmd)
{
	(void)session;
	return parse_end(&cmd->parse);
}

static int
cmd_logout(void *session, struct command *cmd)
{
	struct talker *t = session;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	reply_bye(&t->out, "Logging out");
	t->state = STATE_LOGOUT;
	return 0;
}

/* The pairs of an ID in which a proxy names its client. */
struct forwarded {
	struct network_address client;
	uint64_t port;
};

static void
take_pair(void *ctx, const struct str *field, const struct str *value)
{
	struct forwarded *forwarded = ctx;

	if (value->data == NULL)
		return;
	if (ascii_is(field->data, field->len, "x-originating-ip"))
		network_parse(value->data, value->len, &forwarded->client);
	else if (ascii_is(field->data, field->len, "x-originating-port"))
		ascii_number(value->data, value->len, 65535, &forwarded->port);
}

static int
cmd_id(void *session, struct command *cmd)
{
	struct talker *t = session;
	struct forwarded forwarded = { 0 };

	if (id_parse(&cmd->parse, take_pair, &forwarded) < 0)
		return -1;
	if (t->trusted && forwarded.client.family != 0) {
		struct record_forwarded record = { .kind = RECORD_FORWARDED };

		record.client = forwarded.client;
		record.client.port = (uint16_t)forwarded.port;
		if (!ask_tell(&t->ask, &record, sizeof record))
			return err_set(&cmd->err, ERR_BYE, "The server ended");
	}
	/* No version before login: it is of use to nobody with good intentions. */
	respond_untagged(&t->out, "ID (\"name\" \"mayfly\")");
	return 0;
}

static int
cmd_language(void *session, struct command *cmd)
{
	struct talker *t = session;

	return language_run(&cmd->parse, &t->out);
}

#define BEFORE STATE_NOT_AUTHENTICATED
#define LATER (STATE_AUTHENTICATED | STATE_SELECTED)

/* What cannot be done yet is known by name, so that its BAD tells what is missing. */
static const struct command_row rows[] = {
	{ "APPEND", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "AUTHENTICATE", BEFORE, TELL_NOTHING, cmd_authenticate, NULL, false },
	{ "CAPABILITY", BEFORE, TELL_NOTHING, cmd_capability, NULL, false },
	{ "CHECK", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "CLOSE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "COPY", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "CREATE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "DELETE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "ENABLE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "EXAMINE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "EXPUNGE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "FETCH", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "ID", BEFORE, TELL_NOTHING, cmd_id, NULL, false },
	{ "IDLE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "LANGUAGE", BEFORE, TELL_NOTHING, cmd_language, NULL, false },
	{ "LIST", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "LOGIN", BEFORE, TELL_NOTHING, cmd_login, NULL, false },
	{ "LOGOUT", BEFORE, TELL_NOTHING, cmd_logout, NULL, false },
	{ "LSUB", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "MOVE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "NAMESPACE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "NOOP", BEFORE, TELL_NOTHING, cmd_noop, NULL, false },
	{ "RENAME", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "SEARCH", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "SELECT", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "STARTTLS", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "STATUS", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "STORE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "SUBSCRIBE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "UNSELECT", LATER, TELL_NOTHING, NULL, NULL, false },
	{ "UNSUBSCRIBE", LATER, TELL_NOTHING, NULL, NULL, false },
	{ NULL, 0, TELL_NOTHING, NULL, NULL, false },
};

static const char *
why_refused(void *session, const struct command_row *row)
{
	(void)session;
	if (strcmp(row->name, "STARTTLS") == 0)
		return "TLS is done by the program in front, use the port for it";
	return NULL;
}

static enum state
talker_state(void *session)
{
	const struct talker *t = session;

	return t->state;
}

static void
count_command(void *session, const struct command *cmd, bool failed)
{
	struct talker *t = session;

	(void)cmd;
	(void)failed;
	if (++t->commands >= TALKER_COMMANDS_MAX || t->in.total > TALKER_OCTETS_MAX) {
		t->bye = "Too many commands before a login";
		if (!t->accepted)
			t->state = STATE_LOGOUT;
	}
}

/*
 * Read the PROXY header, and not a byte behind it is looked at. 0: it is there;
 * 1: nothing came at all (a health check); -1: something else came, or not in time.
 */
static int
read_proxy(struct talker *t, struct proxy *proxy)
{
	unsigned char bytes[PROXY_V2_MAX];
	size_t len = 0;
	int64_t end = input_clock_ms() + TALKER_PROXY_MS;

	for (;;) {
		struct pollfd pfd = { .fd = t->in.fd, .events = POLLIN };
		int64_t left = end - input_clock_ms();
		ssize_t n;
		int size;

		if (left < 0 || told_to_end)
			return -1;
		if (poll(&pfd, 1, (int)left) <= 0)
			continue;
		n = read(t->in.fd, bytes + len, sizeof bytes - len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return len == 0 ? 1 : -1;
		len += (size_t)n;
		size = proxy_parse(bytes, len, proxy);
		if (size > 0) {
			input_preload(&t->in, (char *)bytes + size, len - (size_t)size);
			mem_wipe(bytes, sizeof bytes);
			return 0;
		}
		if (size == PROXY_BAD || len == sizeof bytes)
			return -1;
	}
}

/* What is known of the link, before the client's first byte. 0, or as read_proxy. */
static int
say_hello(struct talker *t)
{
	const struct talker_setup *setup = t->setup;
	struct record_hello hello = { .kind = RECORD_HELLO, .client = setup->peer->address };
	bool private = setup->peer->private;
	char name[HANDOFF_NAME_MAX + 1] = "";
	struct proxy proxy;

	if (setup->certificates && !certificate_name(setup->peer->subject, name, sizeof name))
		name[0] = '\0';
	if (setup->proxied) {
		int result = read_proxy(t, &proxy);

		if (result != 0)
			return result;
		if (!proxy.local) {
			hello.proxied = 1;
			if (proxy.client.family != 0)
				hello.client = proxy.client;
			hello.private = proxy.tls;
			/* The link to the proxy is not the client's link: only its TLS counts. */
			private = proxy.tls;
			name[0] = '\0';
			if (setup->certificates && proxy.certificate
			    && certificate_name_is_plain(proxy.name))
				memcpy(name, proxy.name, sizeof name);
		}
	}
	t->offer.private = setup->link == LINK_PRIVATE || (setup->link == LINK_AUTO && private);
	t->offer.scram = setup->scram;
	t->offer.tokens = setup->tokens;
	t->offer.token_scope = setup->token_scope;
	t->offer.token_discovery = setup->token_discovery;
	t->offer.anonymous = setup->anonymous;
	for (size_t i = 0; i < setup->trusted_count; i++)
		t->trusted = t->trusted || network_in(&setup->trusted[i], &hello.client);
	memcpy(t->certificate, name, sizeof name);
	t->offer.certificate = t->certificate;
	memcpy(hello.certificate, name, sizeof name);
	hello.certificate_len = (uint32_t)strlen(name);
	return ask_tell(&t->ask, &hello, sizeof hello) ? 0 : -1;
}

static void
send_handoff(struct talker *t)
{
	static struct record_handoff record;	/* 70 kB: not for the stack */
	size_t unread = t->in.buf.len - t->in.at;

	if (t->tag.len > HANDOFF_TAG_MAX || unread > HANDOFF_UNREAD_MAX) {
		t->ask.lost = true;	/* cannot be: both are parts of bounded buffers */
		return;
	}
	record.kind = RECORD_HANDOFF;
	record.tag_len = (uint32_t)t->tag.len;
	record.unread_len = (uint32_t)unread;
	memcpy(record.bytes, t->tag.data, t->tag.len);
	if (unread > 0)
		memcpy(record.bytes + t->tag.len, t->in.buf.data + t->in.at, unread);
	ask_tell(&t->ask, &record, record_handoff_size(record.tag_len, record.unread_len));
	mem_wipe(&record, record_handoff_size(record.tag_len, record.unread_len));
}

static void
greet(struct talker *t)
{
	struct buf list = BUF_INIT;

	add_capabilities(t, &list);
	respond_untagged(&t->out, "OK [CAPABILITY %s] mayfly is ready", buf_str(&list));
	buf_fini(&list);
}

static void
converse(struct talker *t)
{
	struct dispatch d = {
		.in = &t->in, .out = &t->out, .rows = rows, .session = t,
		.state = talker_state, .before_answer = count_command, .refusal = why_refused,
		.command_max = TALKER_COMMAND_MAX, .bad_max = TALKER_BAD_MAX,
		.literals_max = TALKER_LITERALS_MAX, .skip_max = TALKER_SKIP_MAX, .wipe = true,
	};

	switch (dispatch_run(&d)) {
	case DISPATCH_TIMEOUT:
		t->bye = "The login took too long";
		break;
	case DISPATCH_SIGNAL:
		t->bye = "The server is ending";
		break;
	case DISPATCH_LOGOUT:
	case DISPATCH_GONE:
	case DISPATCH_LIMIT:
		break;
	}
	dispatch_fini(&d);
}

enum talker_end
talker_run(const struct talker_setup *setup, int in_fd, int out_fd, int record_fd)
{
	struct talker t = {
		.setup = setup, .ask.fd = record_fd, .state = STATE_NOT_AUTHENTICATED,
	};
	struct sigaction action = { .sa_handler = on_signal };
	enum talker_end end = TALKER_DONE;
	sigset_t blocked, usual;
	int hello;

	/* SIGTERM gets through only where we wait. */
	told_to_end = 0;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &usual);
	sigdelset(&usual, SIGTERM);
	sigaction(SIGTERM, &action, NULL);
	output_init(&t.out, out_fd, TALKER_WRITE_MS);
	input_init(&t.in, in_fd, &t.out, TALKER_LINE_MAX, setup->timeout_ms);
	t.in.deadline_ms = input_clock_ms() + setup->timeout_ms;
	t.in.stop = t.out.stop = &told_to_end;
	t.in.wait_mask = t.out.wait_mask = &usual;
	hello = say_hello(&t);
	/*
	 * All that the buffer will ever hold: it must not move while there are secrets
	 * in it, or a copy would stay behind in freed memory.
	 */
	buf_reserve(&t.in.buf, 4 * TALKER_LINE_MAX);
	if (hello == 0) {
		greet(&t);
		converse(&t);
		if (t.bye != NULL && !t.accepted)
			reply_bye(&t.out, t.bye);
		output_flush(&t.out);
		if (t.accepted)
			send_handoff(&t);
	}
	if (t.ask.lost)
		end = TALKER_LOST;
	else if (hello < 0)
		end = TALKER_BAD_PROXY;
	else if (t.accepted)
		end = TALKER_ACCEPTED;
	mem_wipe(t.in.buf.data, t.in.buf.cap);
	input_fini(&t.in);
	output_fini(&t.out);
	buf_fini(&t.tag);
	return end;
}
