/*
 * The monitor. It waits for records of the talker, with a deadline of its own,
 * and takes each only where it is due; anything else ends the connection. What
 * it holds of a client's bytes are two texts for crypt(3), the pieces of a proof
 * that a hash is made of, and the bytes of the handoff, which it passes on unread.
 */
#include "login/monitor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "handoff.h"
#include "login/auth.h"
#include "login/certificate.h"
#include "login/peer.h"
#include "login/privs.h"
#include "login/proof.h"
#include "login/record.h"
#include "login/talker.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/seccomp.h"

enum {
	GRACE_MS = 10000,	/* beyond the talker's own deadline: a last attempt with its delay */
	GOODBYE_MS = 5000,	/* how long a talker may take to end when its work is done */
};

static const char *const mechanism_words[MECHANISM_COUNT] = {
	[MECHANISM_LOGIN_COMMAND] = "command",
	[MECHANISM_PLAIN] = "plain",
	[MECHANISM_LOGIN] = "login",
	[MECHANISM_EXTERNAL] = "external",
	[MECHANISM_ANONYMOUS] = "anonymous",
	[MECHANISM_SCRAM] = "scram-sha-256",
	[MECHANISM_OAUTHBEARER] = "oauthbearer",
	[MECHANISM_XOAUTH2] = "xoauth2",
};

struct monitor {
	const struct monitor_setup *setup;
	struct auth auth;
	int record_fd;
	pid_t talker;
	int64_t deadline_ms;
	bool greeted;		/* the hello came */
	bool forwarded;		/* somebody in front named the client */
	bool private;
	struct network_address speaker;	/* the peer, or whom its PROXY header names */
	struct network_address client;	/* the same, or whom the speaker names by ID */
	char certificate[HANDOFF_NAME_MAX + 1];
	unsigned attempts;
	struct proof proof;	/* of SCRAM */
	bool proved;		/* it was right; the talker hands over when the client agrees */
	struct account account;
	bool accepted;
	bool read_only;		/* the session may not change anything */
	union record record;	/* the one buffer for what comes in; wiped after each use */
	size_t record_len;	/* as far as it was written to since then */
};

static volatile sig_atomic_t told_to_end;

static void
on_signal(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static int64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The line that fail2ban and people read: its form is frozen, see mayfly-login(8). */
static void
log_attempt(const struct monitor *m, enum mechanism mechanism, const char *user, bool success)
{
	struct log_event event;
	char client[NETWORK_TEXT], peer[NETWORK_TEXT];

	log_begin(&event, success ? "login-ok" : "login-failed");
	log_field(&event, "addr", network_format(&m->client, client));
	log_field(&event, success ? "via" : "reason", m->auth.log_word);
	log_field(&event, "user", success ? buf_str(&m->account.user)
	    : mechanism == MECHANISM_ANONYMOUS ? "" : user);
	log_field(&event, "method", mechanism_words[mechanism]);
	log_field(&event, "private", m->private ? "yes" : "no");
	if (m->forwarded)
		log_field(&event, "peer", network_format(&m->setup->peer->address, peer));
	if (mechanism == MECHANISM_ANONYMOUS)
		log_field(&event, "trace", user);
	log_end(&event, LOG_LEVEL_INFO);
}

static void
sleep_until(int64_t when_ms)
{
	int64_t left;

	while ((left = when_ms - clock_ms()) > 0 && !told_to_end)
		poll(NULL, 0, (int)left);
}

static bool
answer(struct monitor *m, enum verdict verdict, const struct buf *text)
{
	struct record_reply reply = { .verdict = verdict };
	size_t len = sizeof reply.verdict;

	if (text != NULL && text->len <= RECORD_REPLY_MAX) {
		memcpy(reply.text, text->data, text->len);
		len += text->len;
	}
	return send(m->record_fd, &reply, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* A proof that was not asked for to its end, or was right and not used. */
static void
drop_proof(struct monitor *m)
{
	if (m->proof.open || m->proved) {
		m->auth.log_word = "abandoned";
		log_attempt(m, MECHANISM_SCRAM, buf_str(&m->proof.user), false);
		account_fini(&m->account);
		m->proved = false;
	}
	proof_fini(&m->proof);
}

/* May one more attempt begin? If not, the talker is not what it was. */
static bool
may_attempt(struct monitor *m)
{
	drop_proof(m);
	return !m->accepted && m->attempts++ < LOGIN_ATTEMPTS_MAX;
}

/* No, in the time that it always takes. */
static bool
refuse(struct monitor *m, enum auth_result result, int64_t start)
{
	/* Where nothing is wrong with the client, it may come back as often as it likes. */
	if (result == AUTH_UNAVAILABLE)
		m->attempts--;
	sleep_until(start + settings_number(m->setup->settings, SETTING_FAILURE_DELAY));
	return answer(m, result == AUTH_NO ? VERDICT_NO : VERDICT_UNAVAILABLE, NULL);
}

/* One attempt, with everything that an attempt costs. False: this connection is over. */
static bool
judge(struct monitor *m)
{
	const struct record_attempt *attempt = &m->record.attempt;
	int64_t start = clock_ms();
	enum auth_result result;

	if (!may_attempt(m))
		return false;
	/* What an honest talker had refused. */
	if (!m->private && attempt->mechanism != MECHANISM_EXTERNAL
	    && attempt->mechanism != MECHANISM_ANONYMOUS)
		return false;
	if (attempt->mechanism == MECHANISM_ANONYMOUS
	    && *settings_text(m->setup->settings, SETTING_ANONYMOUS) == '\0')
		return false;
	result = auth_check(&m->auth, attempt, m->certificate, &m->account);
	log_attempt(m, attempt->mechanism, attempt->user, result == AUTH_YES);
	if (result != AUTH_YES)
		return refuse(m, result, start);
	m->accepted = true;
	m->read_only = attempt->mechanism == MECHANISM_ANONYMOUS
	    && !settings_bool(m->setup->settings, SETTING_ANONYMOUS_WRITE);
	return answer(m, VERDICT_YES, NULL);
}

/* A token. */
static bool
judge_token(struct monitor *m)
{
	const struct record_token *token = &m->record.token;
	int64_t start = clock_ms();
	enum auth_result result;

	if (!may_attempt(m) || !m->private
	    || *settings_text(m->setup->settings, SETTING_TOKEN_PROGRAM) == '\0')
		return false;
	result = auth_token(&m->auth, token, &m->account);
	log_attempt(m, token->mechanism, token->user, result == AUTH_YES);
	if (result != AUTH_YES)
		return refuse(m, result, start);
	m->accepted = true;
	return answer(m, VERDICT_YES, NULL);
}

/* The first half of SCRAM: everybody gets a salt and a count. */
static bool
begin_proof(struct monitor *m)
{
	const struct record_scram_first *first = &m->record.scram_first;
	struct buf reply = BUF_INIT;
	int64_t start = clock_ms();
	bool good;

	if (!may_attempt(m) || !m->private || !m->setup->scram)
		return false;
	if (proof_begin(&m->proof, &m->auth, first, &reply) == AUTH_YES) {
		good = answer(m, VERDICT_YES, &reply);
	} else {
		log_attempt(m, MECHANISM_SCRAM, first->user, false);
		good = refuse(m, AUTH_UNAVAILABLE, start);
	}
	buf_fini(&reply);
	return good;
}

/* The second half. A right proof is a login when the talker hands over: the client may still say no. */
static bool
end_proof(struct monitor *m)
{
	struct buf reply = BUF_INIT;
	int64_t start = clock_ms();
	enum auth_result result;
	bool good;

	if (!m->proof.open)
		return false;
	result = proof_end(&m->proof, &m->auth, &m->record.scram_final, &reply, &m->account);
	if (result == AUTH_YES) {
		m->proved = true;
		good = answer(m, VERDICT_YES, &reply);
	} else {
		log_attempt(m, MECHANISM_SCRAM, buf_str(&m->proof.user), false);
		good = refuse(m, result, start);
	}
	buf_fini(&reply);
	return good;
}

/* The talker hands over: is there somebody to hand over to? */
static bool
may_hand_over(struct monitor *m)
{
	if (m->proved) {
		m->proved = false;
		m->accepted = true;
		m->auth.log_word = "users";
		log_attempt(m, MECHANISM_SCRAM, "", true);
	}
	return m->accepted;
}

/*
 * May the talker name the user of a certificate? What a PROXY header says only the
 * talker reads. What the environment says is here too, and is read once more: a
 * talker in a stranger's hands would otherwise be whoever it likes.
 */
static bool
is_shown(const struct monitor *m, const struct record_hello *hello)
{
	char name[HANDOFF_NAME_MAX + 1];

	return hello->certificate_len == 0 || hello->proxied
	    || (certificate_name(m->setup->peer->subject, name, sizeof name)
	    && strcmp(name, hello->certificate) == 0);
}

static bool
take_hello(struct monitor *m)
{
	const struct monitor_setup *setup = m->setup;
	const struct record_hello *hello = &m->record.hello;
	bool may_proxy = settings_network(setup->settings, SETTING_PROXY, &setup->peer->address);
	const char *link = settings_text(setup->settings, SETTING_PRIVATE);
	bool private = setup->peer->private;

	if (m->greeted || (hello->proxied && !may_proxy) || !is_shown(m, hello))
		return false;
	m->greeted = true;
	m->client = setup->peer->address;
	if (hello->proxied) {
		m->client = hello->client;
		m->forwarded = true;
		private = hello->private;
	}
	m->speaker = m->client;
	m->private = strcmp(link, "yes") == 0 || (strcmp(link, "auto") == 0 && private);
	if (strcmp(settings_text(setup->settings, SETTING_CERTIFICATES), "cn") == 0)
		memcpy(m->certificate, hello->certificate, sizeof m->certificate);
	return true;
}

static bool
take_forwarded(struct monitor *m)
{
	/*
	 * Trust is in who speaks, be it by the word of a PROXY header: all of the
	 * internet may speak through the peer that sent it.
	 */
	if (!settings_network(m->setup->settings, SETTING_TRUSTED, &m->speaker))
		return false;
	m->client = m->record.forwarded.client;
	m->forwarded = true;
	return true;
}

/* All of it would be 18 pages that nobody has touched. */
static void
wipe_record(struct monitor *m)
{
	mem_wipe(&m->record, m->record_len);
	m->record_len = 0;
}

/* The next record: its length, 0 at the end or when the time is over, -1 for what is no record. */
static ssize_t
receive(struct monitor *m)
{
	for (;;) {
		struct pollfd pfd = { .fd = m->record_fd, .events = POLLIN };
		struct iovec iov = { .iov_base = &m->record, .iov_len = sizeof m->record };
		struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
		int64_t left = m->deadline_ms - clock_ms();
		ssize_t n;
		int ready;

		if (told_to_end) {
			/* The talker says BYE; what it still sends is looked at no more. */
			kill(m->talker, SIGTERM);
			return 0;
		}
		if (left <= 0)
			return 0;
		ready = poll(&pfd, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready <= 0)
			continue;
		n = recvmsg(m->record_fd, &message, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		m->record_len = (size_t)n;
		/* Descriptors that came along were dropped by the kernel: there is no room for them. */
		if ((message.msg_flags & MSG_TRUNC) || !record_is_good(&m->record, (size_t)n))
			return -1;
		return n;
	}
}

enum end { END_GONE, END_HANDOFF, END_HOSTILE };

/* All records until the talker has nothing more to say. */
static enum end
listen_to_talker(struct monitor *m)
{
	for (;;) {
		ssize_t n = receive(m);
		bool good = false;

		if (n == 0)
			return END_GONE;
		if (n < 0)
			return END_HOSTILE;
		if (m->record.kind != RECORD_HELLO && !m->greeted)
			return END_HOSTILE;
		switch (m->record.kind) {
		case RECORD_HELLO:
			good = take_hello(m);
			break;
		case RECORD_FORWARDED:
			good = take_forwarded(m);
			break;
		case RECORD_ATTEMPT:
			good = judge(m);
			break;
		case RECORD_SCRAM_FIRST:
			good = begin_proof(m);
			break;
		case RECORD_SCRAM_FINAL:
			good = end_proof(m);
			break;
		case RECORD_TOKEN:
			good = judge_token(m);
			break;
		case RECORD_HANDOFF:
			return may_hand_over(m) ? END_HANDOFF : END_HOSTILE;
		}
		wipe_record(m);
		if (!good)
			return END_HOSTILE;
	}
}

/* The talker has done its work, or has not: either way it must be gone. Its wait status. */
static int
end_talker(struct monitor *m, int patience_ms)
{
	int64_t end = clock_ms() + patience_ms;
	sigset_t child;
	int status = 0;

	io_close(&m->record_fd);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		int64_t left = end - clock_ms();
		struct timespec wait = { left / 1000, left % 1000 * 1000000 };
		pid_t got = waitpid(m->talker, &status, left > 0 ? WNOHANG : 0);

		if (got == m->talker || (got < 0 && errno != EINTR))
			return status;
		if (left <= 0)
			continue;
		if (sigtimedwait(&child, NULL, &wait) < 0 && errno == EAGAIN)
			kill(m->talker, SIGKILL);
	}
}

static void
limit(int what, int64_t value)
{
	struct rlimit now;

	if (value == 0 || getrlimit(what, &now) < 0)
		return;
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < (rlim_t)value)
		value = (int64_t)now.rlim_max;
	now.rlim_cur = now.rlim_max = (rlim_t)value;
	setrlimit(what, &now);
}

/* The tagged NO of a session that could not be started. The tag was checked to be text. */
static void
say_unavailable(const struct buf *tag)
{
	static const char text[] = " NO [UNAVAILABLE] The session could not be started, try later\r\n"
	    "* BYE The session could not be started\r\n";

	if (io_write_all(STDOUT_FILENO, tag->data, tag->len) == 0)
		io_write_all(STDOUT_FILENO, text, sizeof text - 1);
}

static int
make_handoff(struct monitor *m, struct buf *tag, struct err *err)
{
	const struct record_handoff *record = &m->record.handoff;
	const struct account *account = &m->account;
	struct handoff h;
	int fd;

	handoff_init(&h);
	buf_add(tag, record->bytes, record->tag_len);
	buf_adds(&h.user, buf_str(&account->user));
	buf_adds(&h.home, buf_str(&account->home));
	buf_adds(&h.maildir, buf_str(&account->maildir));
	buf_adds(&h.config, m->setup->config);
	buf_add(&h.tag, record->bytes, record->tag_len);
	buf_add(&h.unread, record->bytes + record->tag_len, record->unread_len);
	h.client = m->client;
	h.private = m->private;
	h.log = m->setup->syslog ? HANDOFF_LOG_SYSLOG : HANDOFF_LOG_STDERR;
	fd = handoff_send(&h, err);
	handoff_fini(&h);
	wipe_record(m);
	return fd;
}

/* The process that mayfly-imap finds itself in: nothing of ours but the two ends and the record. */
static int
prepare_process(struct monitor *m, int handoff_fd, struct err *err)
{
	const struct account *account = &m->account;
	const struct settings *settings = m->setup->settings;
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	if (handoff_fd != HANDOFF_FD && dup2(handoff_fd, HANDOFF_FD) < 0)
		return err_errno(err, "dup2", "handoff");
	close_range(HANDOFF_FD + 1, ~0u, 0);
	limit(RLIMIT_NOFILE, settings_number(settings, SETTING_SESSION_FILES));
	limit(RLIMIT_FSIZE, settings_number(settings, SETTING_SESSION_FILE_SIZE));
	if (seccomp_is_built_in())	/* sanitizers map terabytes */
		limit(RLIMIT_AS, settings_number(settings, SETTING_SESSION_MEMORY));
	limit(RLIMIT_NPROC, settings_number(settings, SETTING_SESSION_PROCESSES));
	if (m->auth.root) {
		if (privs_become(account->uid, account->gid, buf_str(&account->group_name), err) < 0)
			return -1;
	} else if (privs_prove(account->uid, account->gid, err) < 0) {
		return -1;
	}
	/* As the user: what root can enter and the user cannot is not entered. */
	if (account->home.len == 0 || chdir(account->home.data) < 0)
		if (chdir("/") < 0)
			return err_errno(err, "chdir", "/");
	sigaction(SIGTERM, &usual, NULL);
	sigaction(SIGPIPE, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/* Become the user, run the session. Returns only when that failed. */
static int
become_session(struct monitor *m)
{
	const char *program = settings_text(m->setup->settings, SETTING_SESSION);
	const struct account *account = &m->account;
	struct buf tag = BUF_INIT, home = BUF_INIT, user = BUF_INIT, logname = BUF_INIT;
	char option[32];
	char *words[] = { (char *)"mayfly-imap", option,
	    m->read_only ? (char *)"--read-only" : NULL, NULL };
	char *environment[5] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin" };
	struct err err;
	int fd = make_handoff(m, &tag, &err);

	snprintf(option, sizeof option, "--handoff=%d", HANDOFF_FD);
	buf_addf(&user, "USER=%s", buf_str(&account->user));
	buf_addf(&logname, "LOGNAME=%s", buf_str(&account->user));
	buf_addf(&home, "HOME=%s", account->home.len > 0 ? account->home.data : "/");
	environment[1] = user.data;
	environment[2] = logname.data;
	environment[3] = home.data;
	if (fd >= 0 && prepare_process(m, fd, &err) == 0) {
		execve(program, words, environment);
		err_errno(&err, "exec", program);
	}
	log_err(&err);
	say_unavailable(&tag);
	buf_fini(&tag);
	buf_fini(&user);
	buf_fini(&logname);
	buf_fini(&home);
	return EXIT_TEMPORARY;
}

static _Noreturn void
be_talker(struct monitor *m, int record_fd, int back_fd)
{
	const struct settings *settings = m->setup->settings;
	struct talker_setup setup = {
		.peer = m->setup->peer,
		.proxied = settings_network(settings, SETTING_PROXY, &m->setup->peer->address),
		.trusted = settings->values[SETTING_TRUSTED].networks,
		.trusted_count = settings->values[SETTING_TRUSTED].network_count,
		.certificates = strcmp(settings_text(settings, SETTING_CERTIFICATES), "cn") == 0,
		.scram = m->setup->scram,
		.tokens = *settings_text(settings, SETTING_TOKEN_PROGRAM) != '\0',
		.token_scope = settings_text(settings, SETTING_TOKEN_SCOPE),
		.token_discovery = settings_text(settings, SETTING_TOKEN_DISCOVERY),
		.anonymous = *settings_text(settings, SETTING_ANONYMOUS) != '\0',
		.timeout_ms = (int)settings_number(settings, SETTING_LOGIN_TIMEOUT),
	};
	const char *link = settings_text(settings, SETTING_PRIVATE);
	struct err err;

	setup.link = strcmp(link, "yes") == 0 ? LINK_PRIVATE
	    : strcmp(link, "no") == 0 ? LINK_OPEN : LINK_AUTO;
	close(back_fd);
	if (cage_enter(m->setup->cage, record_fd, &err) < 0) {
		log_err(&err);
		_exit(EXIT_TEMPORARY);
	}
	_exit((int)talker_run(&setup, STDIN_FILENO, STDOUT_FILENO, record_fd));
}

/* What the end of the talker means for the log and the super-server. */
static int
explain_end(struct monitor *m, enum end end, int status)
{
	char peer[NETWORK_TEXT];

	network_format(&m->setup->peer->address, peer);
	if (end == END_HOSTILE) {
		log_line(LOG_LEVEL_ERROR, "the talker for %s broke the rules and was ended", peer);
		return EXIT_TEMPORARY;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGKILL) {
		log_line(LOG_LEVEL_ERROR, "the talker for %s was killed by signal %d", peer,
		    WTERMSIG(status));
		return EXIT_TEMPORARY;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_TEMPORARY) {
		log_line(LOG_LEVEL_ERROR, "the talker for %s could not start or ran out of memory", peer);
		return EXIT_TEMPORARY;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == TALKER_BAD_PROXY)
		log_line(LOG_LEVEL_WARNING, "%s sent no PROXY header", peer);
	return EXIT_DONE;
}

static int
prepare_signals(struct err *err)
{
	struct sigaction action = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t child;

	/* A parent may have ignored SIGCHLD; then there would be nothing to wait for. */
	sigaction(SIGCHLD, &usual, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &child, NULL) < 0)
		return err_errno(err, "sigprocmask", "");
	return 0;
}

int
monitor_run(const struct monitor_setup *setup)
{
	static struct monitor m;	/* 80 kB: not for the stack */
	int pair[2], status;
	enum end end;
	struct err err;

	m = (struct monitor){ .setup = setup, .record_fd = -1 };
	m.auth = (struct auth){ .settings = setup->settings, .root = setup->cage->root,
		.self = setup->self, .client = &m.client };
	m.deadline_ms = clock_ms() + GRACE_MS
	    + settings_number(setup->settings, SETTING_LOGIN_TIMEOUT);
	if (prepare_signals(&err) < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		err_errno(&err, "socketpair", "");
		log_err(&err);
		return EXIT_TEMPORARY;
	}
	m.talker = fork();
	if (m.talker == 0)
		be_talker(&m, pair[1], pair[0]);
	io_close(&pair[1]);
	m.record_fd = pair[0];
	if (m.talker < 0) {
		err_errno(&err, "fork", "");
		log_err(&err);
		return EXIT_TEMPORARY;
	}
	end = listen_to_talker(&m);
	drop_proof(&m);
	if (end == END_HOSTILE)
		kill(m.talker, SIGKILL);
	status = end_talker(&m, GOODBYE_MS);
	/* Only a talker that is gone can read no more of what is the session's. */
	if (end == END_HANDOFF && WIFEXITED(status) && WEXITSTATUS(status) == TALKER_ACCEPTED)
		status = become_session(&m);
	else
		status = explain_end(&m, end, status);
	wipe_record(&m);
	account_fini(&m.account);
	return status;
}
