/*
 * login/talker: the conversation before login, with this test in the place of
 * the monitor and of the client. The talker runs in a child, but for the last
 * test, which looks through the memory that it leaves behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "login/peer.h"
#include "login/record.h"
#include "login/talker.h"
#include "test.h"
#include "util/buf.h"
#include "util/mem.h"

struct result {
	struct buf output;		/* what the client heard */
	struct record_hello hello;
	struct record_forwarded forwarded;
	struct record_attempt attempts[8];
	int attempt_count;
	struct record_scram_first first;
	struct record_scram_final final;
	char tag[64];
	struct buf rest;		/* for the session: handed over, then still in the socket */
	int status;
};

struct world {
	struct peer peer;
	struct talker_setup setup;
	enum verdict verdict;
	enum verdict scram_first;	/* the reply to the first half of SCRAM */
};

static struct world
private_world(void)
{
	struct world w = { .verdict = VERDICT_YES, .scram_first = VERDICT_YES };

	w.peer.private = true;
	w.setup.timeout_ms = 60000;
	return w;
}

static void
result_fini(struct result *r)
{
	buf_fini(&r->output);
	buf_fini(&r->rest);
}

/* False at the end. */
static bool
take_record(struct result *r, const struct world *w, int fd)
{
	static union record record;
	ssize_t n = recv(fd, &record, sizeof record, MSG_DONTWAIT);
	struct record_reply reply = { .verdict = w->verdict };
	size_t verdict_len = sizeof reply.verdict;

	if (n <= 0)
		return false;
	if (!record_is_good(&record, (size_t)n)) {
		check(false, "a record is not good");
		return false;
	}
	switch (record.kind) {
	case RECORD_HELLO:
		r->hello = record.hello;
		break;
	case RECORD_FORWARDED:
		r->forwarded = record.forwarded;
		break;
	case RECORD_ATTEMPT:
		if (r->attempt_count < 8)
			r->attempts[r->attempt_count++] = record.attempt;
		if (send(fd, &reply, verdict_len, MSG_NOSIGNAL) < 0)
			return false;
		break;
	case RECORD_SCRAM_FIRST:
		r->first = record.scram_first;
		reply.verdict = w->scram_first;
		strcpy(reply.text, "r=uS,s=QQ==,i=4096");
		if (send(fd, &reply, verdict_len + strlen(reply.text), MSG_NOSIGNAL) < 0)
			return false;
		break;
	case RECORD_SCRAM_FINAL:
		r->final = record.scram_final;
		strcpy(reply.text, "v=signature");
		if (send(fd, &reply, verdict_len + (w->verdict == VERDICT_YES ? strlen(reply.text) : 0),
		    MSG_NOSIGNAL) < 0)
			return false;
		break;
	case RECORD_HANDOFF:
		snprintf(r->tag, sizeof r->tag, "%.*s", (int)record.handoff.tag_len,
		    record.handoff.bytes);
		buf_add(&r->rest, record.handoff.bytes + record.handoff.tag_len,
		    record.handoff.unread_len);
		break;
	}
	return true;
}

/* Send the bytes, first_piece of them at once and the rest when the talker waits again. */
static void
converse(struct world *w, const char *bytes, size_t len, size_t first_piece, struct result *r)
{
	int client[2], record[2];
	size_t sent = 0;
	pid_t pid;

	memset(r, 0, sizeof *r);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, client) < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, record) < 0)
		abort();
	fflush(stdout);
	w->setup.peer = &w->peer;
	pid = fork();
	if (pid == 0) {
		close(client[0]);
		close(record[0]);
		_exit((int)talker_run(&w->setup, client[1], client[1], record[1]));
	}
	close(record[1]);
	if (len == 0)
		shutdown(client[0], SHUT_WR);
	for (;;) {
		struct pollfd pfd[2] = {
			{ .fd = client[0], .events = POLLIN | (sent < len ? POLLOUT : 0) },
			{ .fd = record[0], .events = POLLIN },
		};
		char room[4096];
		ssize_t n;

		if (poll(pfd, 2, 20000) <= 0) {
			check(false, "the talker hangs");
			kill(pid, SIGKILL);
			break;
		}
		if (pfd[1].revents != 0 && !take_record(r, w, record[0]))
			break;
		if (pfd[0].revents & POLLIN) {
			n = recv(client[0], room, sizeof room, MSG_DONTWAIT);
			if (n > 0)
				buf_add(&r->output, room, (size_t)n);
		}
		if ((pfd[0].revents & POLLOUT) && sent < len) {
			size_t piece = sent < first_piece ? first_piece - sent : len - sent;

			if (piece > len - sent)
				piece = len - sent;
			n = send(client[0], bytes + sent, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n > 0)
				sent += (size_t)n;
			if (sent == len && r->attempt_count == 0)
				shutdown(client[0], SHUT_WR);
		}
	}
	waitpid(pid, &r->status, 0);
	/* What was said last, and what the client sent that nobody read. */
	for (int side = 0; side < 2; side++) {
		char room[4096];
		ssize_t n;

		while ((n = recv(client[side], room, sizeof room, MSG_DONTWAIT)) > 0)
			buf_add(side == 0 ? &r->output : &r->rest, room, (size_t)n);
	}
	if (sent < len)
		buf_add(&r->rest, bytes + sent, len - sent);
	close(client[0]);
	close(client[1]);
	close(record[0]);
}

/* The output behind the greeting. */
static const char *
after_greeting(const struct result *r)
{
	const char *line = strstr(buf_str(&r->output), "\r\n");

	return line != NULL ? line + 2 : "";
}

static void
test_every_split(void)
{
	static const char *const logins[] = {
		"a LOGIN u p\r\n", "a LOGIN {1+}\r\nu {1+}\r\np\r\n", "a LOGIN {1}\r\nu \"p\"\r\n",
		"a AUTHENTICATE PLAIN AHUAcA==\r\n", "a AUTHENTICATE PLAIN\r\nAHUAcA==\r\n",
		"a AUTHENTICATE LOGIN\r\ndQ==\r\ncA==\r\n", "a AUTHENTICATE LOGIN dQ==\r\ncA==\r\n",
	};
	static const char behind[] = "b SELECT INBOX\r\nc UID FETCH 1:* (FLAGS)\r\nd NO";

	for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
		struct world w = private_world();
		struct buf all = BUF_INIT;
		size_t bad = 0;

		buf_adds(&all, logins[i]);
		buf_adds(&all, behind);
		for (size_t split = 0; split <= all.len; split++) {
			struct result r;

			converse(&w, all.data, all.len, split, &r);
			if (r.attempt_count != 1 || strcmp(r.attempts[0].user, "u") != 0
			    || strcmp(r.attempts[0].secret, "p") != 0 || strcmp(r.tag, "a") != 0
			    || strcmp(buf_str(&r.rest), behind) != 0
			    || WEXITSTATUS(r.status) != TALKER_ACCEPTED)
				bad++;
			result_fini(&r);
		}
		check(bad == 0, "nothing is lost at any split of %zu octets, login %zu", all.len, i);
		buf_fini(&all);
	}
}

static void
test_commands(void)
{
	static const struct { const char *send, *hear; } rows[] = {
		{ "a CAPABILITY\r\n", "\\* CAPABILITY IMAP4rev1 * AUTH=PLAIN AUTH=LOGIN\r\na OK *\r\n" },
		{ "a NOOP\r\nb noop\r\n", "a OK *\r\nb OK *\r\n" },
		{ "a LOGOUT\r\nb NOOP\r\n", "\\* BYE *\r\na OK LOGOUT completed\r\n" },
		{ "a SELECT INBOX\r\n", "a BAD \\[CLIENTBUG] SELECT: Log in first\r\n" },
		{ "a UID FETCH 1 x\r\n", "a BAD *\r\n" },
		{ "a STARTTLS\r\n", "a BAD *TLS is done by*\r\n" },
		{ "a XCLIENT ADDR=127.0.0.1\r\n", "a BAD Unknown command XCLIENT\r\n" },
		{ "a ID NIL\r\n", "\\* ID (\"name\" \"mayfly\")\r\na OK *\r\n" },
		{ "a ID (\"name\" NIL \"version\" {3+}\r\n1.0)\r\n", "\\* ID (\"name\" \"mayfly\")\r\na OK *\r\n" },
		{ "a ID (\"name\")\r\n", "a BAD *\r\n" },
		{ "a ID\r\n", "a BAD *\r\n" },
		{ "a AUTHENTICATE PLAIN\r\n*\r\n", "+ \r\na BAD AUTHENTICATE was cancelled\r\n" },
		{ "a AUTHENTICATE PLAIN\r\nA\r\nb NOOP\r\n", "+ \r\na BAD *base64\r\nb OK *\r\n" },
		{ "a AUTHENTICATE PLAIN !!!!\r\n", "a BAD *base64\r\n" },
		{ "a AUTHENTICATE PLAIN =\r\n", "a BAD *NUL*\r\n" },
		{ "a AUTHENTICATE LOGIN\r\ndQ==\r\n*\r\n",
		    "+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\na BAD *cancelled\r\n" },
		{ "a AUTHENTICATE EXTERNAL =\r\n", "a NO This mechanism is not offered\r\n" },
		{ "a AUTHENTICATE XOAUTH2 dQ==\r\n", "a NO This mechanism is not offered\r\n" },
		{ "a AUTHENTICATE\r\n", "a BAD *\r\n" },
		{ "a LOGIN u\r\n", "a BAD *\r\n" },
		{ "a LOGIN u p x\r\n", "a BAD *\r\n" },
		{ "a LOGIN \"u\" \"p\r\n", "a BAD *\r\n" },
		{ "\r\n", "\\* BAD *\r\n" },
		{ "GET / HTTP/1.1\r\nHost: x\r\nAccept: y\r\n", "GET BAD *\r\nHost: BAD *\r\nAccept: BAD *\r\n"
		    "\\* BYE Too many bad commands\r\n" },
		{ "a LOGIN u {99999+}\r\n", "\\* BYE The command is too long\r\n" },
		{ "a LOGIN u {18446744073709551616+}\r\n", "\\* BYE The command is too long\r\n" },
		{ "a LOGIN u {4294967296}\r\n", "a NO \\[TOOBIG] *\r\n" },
		{ "a LOGIN u {2147483648}\r\n", "a NO \\[TOOBIG] *\r\n" },
		{ "a LOGIN u {9223372036854775808}\r\n", "a BAD *\r\n" },
		{ "a LOGIN u {-1}\r\n", "a BAD *\r\n" },
		{ "a LOGIN u {99999}\r\n", "a NO \\[TOOBIG] *\r\n" },
		{ "a LOGIN u {0000000003}\r\np x\r\n", "+ *\r\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world w = private_world();
		struct result r;

		w.verdict = VERDICT_NO;
		converse(&w, rows[i].send, strlen(rows[i].send), 0, &r);
		if (!check(fnmatch(rows[i].hear, after_greeting(&r), 0) == 0, "%zu: %.*s", i,
		    (int)strcspn(rows[i].send, "\r"), rows[i].send))
			printf("# heard: %s\n", after_greeting(&r));
		result_fini(&r);
	}
}

static void
test_refusals(void)
{
	static const char three[] = "a LOGIN u wrong\r\nb AUTHENTICATE PLAIN AHUAcA==\r\n"
	    "c LOGIN \"\" \"\"\r\nd LOGIN u right\r\n";
	struct world w = private_world();
	struct result r;
	struct buf longest = BUF_INIT;

	w.verdict = VERDICT_NO;
	converse(&w, three, sizeof three - 1, 0, &r);
	check(fnmatch("a NO \\[AUTHENTICATIONFAILED] The name or the password is wrong\r\n"
	    "b NO \\[AUTHENTICATIONFAILED] The name or the password is wrong\r\n"
	    "c NO \\[AUTHENTICATIONFAILED] The name or the password is wrong\r\n"
	    "\\* BYE Too many failed logins\r\n", after_greeting(&r), 0) == 0 && r.attempt_count == 3,
	    "three wrong passwords and BYE");
	result_fini(&r);

	w.verdict = VERDICT_UNAVAILABLE;
	converse(&w, three, 17, 0, &r);
	check(fnmatch("a NO \\[UNAVAILABLE] *\r\n", after_greeting(&r), 0) == 0,
	    "passwords that cannot be checked");
	result_fini(&r);

	w.verdict = VERDICT_NO;
	buf_adds(&longest, "a LOGIN {1000+}\r\n");
	for (int i = 0; i < 1000; i++)
		buf_addc(&longest, 'u');
	buf_adds(&longest, " {4096+}\r\n");
	for (int i = 0; i < 4096; i++)
		buf_addc(&longest, 'p');
	buf_adds(&longest, "\r\n");
	converse(&w, longest.data, longest.len, 0, &r);
	check(r.attempt_count == 1 && r.attempts[0].hopeless && r.attempts[0].user_len == 0
	    && strstr(r.output.data, "a NO [AUTHENTICATIONFAILED]") != NULL,
	    "a name and a password that are too long are asked for like others");
	result_fini(&r);

	converse(&w, "a LOGIN {3+}\r\nu\0x p\r\n", 21, 0, &r);
	check(r.attempt_count == 0 && strstr(r.output.data, "a BAD") != NULL, "NUL in a name is BAD");
	result_fini(&r);
	converse(&w, "a AUTHENTICATE PLAIN dQB1AHAAcA==\r\n", 35, 0, &r);
	check(r.attempt_count == 0 && strstr(r.output.data, "a BAD") != NULL, "a third NUL in PLAIN is BAD");
	result_fini(&r);
	/* b NUL a NUL p: a wants to act for b. */
	converse(&w, "a AUTHENTICATE PLAIN YgBhAHA=\r\n", 31, 0, &r);
	check(r.attempt_count == 1 && r.attempts[0].hopeless, "acting for somebody else cannot work");
	result_fini(&r);

	w.peer.private = false;
	converse(&w, "a LOGIN {1}\r\nb AUTHENTICATE PLAIN\r\nc CAPABILITY\r\n", 49, 0, &r);
	check(r.attempt_count == 0 && fnmatch("\\* OK \\[CAPABILITY * LOGINDISABLED] *\r\n"
	    "a NO \\[PRIVACYREQUIRED] *\r\nb NO \\[PRIVACYREQUIRED] *\r\n"
	    "\\* CAPABILITY * LOGINDISABLED\r\nc OK *", r.output.data, 0) == 0,
	    "no password is asked for where others can listen");
	check(strstr(r.output.data, "AUTH=") == NULL, "and no mechanism that sends one is offered");
	result_fini(&r);
	buf_fini(&longest);
}

/*
 * The messages of SCRAM that are good, what the monitor gets of them, and what
 * the client hears. The numbers are in the comment behind each text.
 */
static void
test_scram(void)
{
	static const char right[] =
	    "a AUTHENTICATE SCRAM-SHA-256 bix1PTEsbj11LHI9dQ==\r\n";	/* n,u=1,n=u,r=u */
	static const char begin[] =
	    "a AUTHENTICATE SCRAM-SHA-256 biwsbj11LHI9dSx4PXk=\r\n";	/* n,,n=u,r=u,x=y */
	/* c=biws,r=uS,e=f,p=AAAA... */
	static const char end[] = "Yz1iaXdzLHI9dVMsZT1mLHA9QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQT0=\r\n";
	struct world w = private_world();
	struct buf text = BUF_INIT;
	struct result r;

	converse(&w, begin, sizeof begin - 1, 0, &r);
	check(fnmatch("a NO This mechanism is not offered\r\n", after_greeting(&r), 0) == 0,
	    "SCRAM is not there when it is not configured");
	result_fini(&r);
	w.setup.scram = true;
	converse(&w, right, sizeof right - 1, 0, &r);
	check(r.first.kind == 0 && strstr(r.output.data, "a BAD") != NULL, "a header with more in it is BAD");
	result_fini(&r);

	buf_addf(&text, "%s%s\r\nb SELECT INBOX\r\n", begin, end);
	converse(&w, text.data, text.len, 0, &r);
	check_str(r.first.user, "u", "the name");
	check_str(r.first.nonce, "u", "the client's nonce");
	check_str(r.first.bare, "n=u,r=u,x=y", "the first message without its header");
	check_str(r.final.binding, "biws", "the header again");
	check_str(r.final.extensions, ",e=f", "extensions, with their comma");
	check(!r.first.hopeless && !r.final.hopeless, "nothing is wrong with them");
	check(fnmatch("+ cj11UyxzPVFRPT0saT00MDk2\r\n+ dj1zaWduYXR1cmU=\r\n", after_greeting(&r), 0) == 0,
	    "the client hears both replies");
	check(strcmp(r.tag, "a") == 0 && strcmp(buf_str(&r.rest), "b SELECT INBOX\r\n") == 0
	    && WEXITSTATUS(r.status) == TALKER_ACCEPTED, "then it is handed over with what it sent behind");
	result_fini(&r);

	buf_reset(&text);
	buf_addf(&text, "%s%s*\r\nb LOGOUT\r\n", begin, end);
	converse(&w, text.data, text.len, 0, &r);
	check(*r.tag == '\0' && strstr(r.output.data, "a BAD AUTHENTICATE was cancelled") != NULL
	    && strstr(r.output.data, "b OK") != NULL, "a client that does not agree is not handed over");
	result_fini(&r);

	w.scram_first = VERDICT_UNAVAILABLE;
	converse(&w, begin, sizeof begin - 1, 0, &r);
	check(r.final.kind == 0 && strstr(r.output.data, "a NO [UNAVAILABLE]") != NULL,
	    "no verifiers can be asked for: NO, and no second half");
	result_fini(&r);
	buf_fini(&text);
}

static void
test_limits(void)
{
	struct world w = private_world();
	struct buf text = BUF_INIT;
	struct result r;
	int i;

	buf_adds(&text, "a LOGIN u ");
	for (i = 0; i < TALKER_LINE_MAX + 10; i++)
		buf_addc(&text, 'x');
	converse(&w, text.data, text.len, 0, &r);
	check(fnmatch("\\* BYE The command line is too long\r\n", after_greeting(&r), 0) == 0,
	    "a line over its bound ends it");
	result_fini(&r);

	buf_reset(&text);
	buf_adds(&text, "a LOGIN u {4097+}\r\n");
	for (i = 0; i < 4097; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\r\nb NOOP\r\n");
	converse(&w, text.data, text.len, 0, &r);
	check(fnmatch("a BAD *4096*wait*\r\nb OK *", after_greeting(&r), 0) == 0 && r.attempt_count == 0,
	    "LITERAL- allows 4096 octets, what is longer is read past");
	result_fini(&r);

	buf_reset(&text);
	buf_adds(&text, "a ID (");
	for (i = 0; i <= TALKER_LITERALS_MAX; i++)
		buf_addf(&text, "%s{1+}\r\nx", i > 0 ? " " : "");
	buf_adds(&text, ")\r\n");
	converse(&w, text.data, text.len, 0, &r);
	check(strstr(r.output.data, "a BAD ID takes at most 30 pairs") != NULL, "31 pairs in ID");
	result_fini(&r);

	buf_reset(&text);
	buf_adds(&text, "a ID (");
	for (i = 0; i < 20; i++)
		buf_addf(&text, "%s\"f\" {1024+}\r\n%01024d", i > 0 ? " " : "", 1);
	buf_adds(&text, ")\r\n");
	converse(&w, text.data, text.len, 0, &r);
	check(strstr(r.output.data, "a NO [TOOBIG]") != NULL, "20 kB in one command");
	result_fini(&r);

	buf_reset(&text);
	for (i = 0; i < TALKER_COMMANDS_MAX + 5; i++)
		buf_addf(&text, "a%d NOOP\r\n", i);
	converse(&w, text.data, text.len, 0, &r);
	check(strstr(r.output.data, "a98 OK") != NULL && strstr(r.output.data, "a100 OK") == NULL
	    && strstr(r.output.data, "* BYE Too many commands") != NULL, "100 commands and no login");
	result_fini(&r);

	w.setup.timeout_ms = 1;
	converse(&w, "", 0, 0, &r);
	check(strstr(r.output.data, "* BYE") != NULL || WEXITSTATUS(r.status) == TALKER_DONE,
	    "the time is over");
	result_fini(&r);
	buf_fini(&text);
}

static void
test_proxied(void)
{
	static const char v2[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x1c\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x34"
	    "\x00\x8f\x20\x00\x0d\x03\x00\x00\x00\x00\x22\x00\x05" "alice" "a LOGIN u p\r\nb NOOP\r\n";
	static const char external[] = "PROXY UNKNOWN\r\na AUTHENTICATE EXTERNAL =\r\n";
	struct world w = private_world();
	struct result r;
	char text[NETWORK_TEXT];
	size_t bad = 0;

	w.setup.proxied = true;
	for (size_t split = 0; split < sizeof v2; split++) {
		converse(&w, v2, sizeof v2 - 1, split, &r);
		if (r.attempt_count != 1 || !r.hello.proxied || !r.hello.private
		    || strcmp(network_format(&r.hello.client, text), "192.0.2.1") != 0
		    || strcmp(buf_str(&r.rest), "b NOOP\r\n") != 0)
			bad++;
		result_fini(&r);
	}
	check(bad == 0, "a header of version 2, at every split");
	converse(&w, "PROXY TCP4 192.0.2.1 192.0.2.2 1 1\r\na LOGIN u p\r\n", 49, 0, &r);
	check(r.hello.proxied && !r.hello.private && r.attempt_count == 0
	    && strstr(r.output.data, "LOGINDISABLED") != NULL,
	    "version 1 tells nothing of TLS, and the link to the proxy does not count");
	result_fini(&r);
	converse(&w, "a LOGIN u p\r\n", 13, 0, &r);
	check(r.output.len == 0 && WEXITSTATUS(r.status) == TALKER_BAD_PROXY && r.hello.kind == 0,
	    "without a header the peer hears nothing");
	result_fini(&r);
	converse(&w, "", 0, 0, &r);
	check(r.output.len == 0 && WEXITSTATUS(r.status) == TALKER_DONE, "connect and close is a health check");
	result_fini(&r);
	w.setup.certificates = true;
	converse(&w, v2, 44, 0, &r);
	check(strcmp(r.hello.certificate, "alice") == 0
	    && strstr(r.output.data, "AUTH=EXTERNAL") != NULL, "the name in a verified certificate");
	result_fini(&r);
	strcpy(w.peer.subject, "O = x, CN = carol");
	converse(&w, external, sizeof external - 1, 0, &r);
	check(r.attempt_count == 1 && strcmp(r.attempts[0].user, "carol") == 0
	    && r.attempts[0].mechanism == MECHANISM_EXTERNAL, "EXTERNAL takes it as the user");
	result_fini(&r);
	w.setup.proxied = false;
	converse(&w, "PROXY TCP4 192.0.2.1 192.0.2.2 1 1\r\na NOOP\r\n", 44, 0, &r);
	check(!r.hello.proxied && strstr(r.output.data, "PROXY BAD") != NULL,
	    "from any other peer it is only a bad command");
	result_fini(&r);
}

static void
test_forwarded(void)
{
	static const char id[] = "a ID (\"x-originating-ip\" \"192.0.2.77\" \"x-originating-port\" \"4711\")\r\n";
	static const char proxied[] = "PROXY TCP4 192.0.2.1 192.0.2.2 1 1\r\n"
	    "a ID (\"x-originating-ip\" \"192.0.2.77\")\r\n";
	struct network_range peer, client;
	struct world w = private_world();
	struct result r;
	char text[NETWORK_TEXT];

	network_range_parse("local", 5, &peer);
	network_range_parse("192.0.2.1", 9, &client);
	converse(&w, id, sizeof id - 1, 0, &r);
	check(r.forwarded.kind == 0 && strstr(r.output.data, "a OK") != NULL,
	    "ID x-originating-ip of a stranger is passed over");
	result_fini(&r);
	w.setup.trusted = &peer;
	w.setup.trusted_count = 1;
	converse(&w, id, sizeof id - 1, 0, &r);
	check_str(network_format(&r.forwarded.client, text), "192.0.2.77", "that of a trusted peer is told");
	check(r.forwarded.client.port == 4711 && strstr(r.output.data, "192.0.2.77") == NULL,
	    "and nothing of it is echoed");
	result_fini(&r);
	converse(&w, "a ID (\"x-originating-ip\" \"nonsense\")\r\n", 39, 0, &r);
	check(r.forwarded.kind == 0, "unless it is no address");
	result_fini(&r);
	w.setup.proxied = true;
	converse(&w, proxied, sizeof proxied - 1, 0, &r);
	check(r.forwarded.kind == 0, "a stranger behind a trusted proxy is a stranger");
	result_fini(&r);
	w.setup.trusted = &client;
	converse(&w, proxied, sizeof proxied - 1, 0, &r);
	check(r.forwarded.kind != 0, "whom the PROXY header names may be trusted");
	result_fini(&r);
}

/* The secret of the last test, only ever put together where it is used. */
enum { KEY = 0x55, SECRET_LEN = 24 };
static const char hidden_secret[] = "\x1c\x27\x3a\x3b\x18\x34\x3b\x27\x34\x3c\x31\x21\x30\x3b"
    "\x78\x06\x34\x37\x37\x34\x21\x3d\x64\x67";

static void
reveal(char *to)
{
	for (int i = 0; i < SECRET_LEN; i++)
		to[i] = (char)(hidden_secret[i] ^ KEY);
}

/*
 * How often does the secret stand in the memory that this process can write?
 * Takes no memory from the heap, so as not to write over what it looks for.
 */
static int
count_secret(void)
{
	static char maps[65536];
	enum { ROOM = 64 << 20 };
	int maps_fd = open("/proc/self/maps", O_RDONLY), mem = open("/proc/self/mem", O_RDONLY);
	int count = 0;
	size_t len = 0;
	ssize_t n;
	char *room;

	while ((n = read(maps_fd, maps + len, sizeof maps - 1 - len)) > 0)
		len += (size_t)n;
	maps[len] = '\0';
	room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		abort();
	for (char *line = maps; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		unsigned long from, to;
		char mode[8];

		line += *line == '\n';
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[1] != 'w'
		    || to - from > ROOM)
			continue;
		n = pread(mem, room, to - from, (off_t)from);
		for (ssize_t i = 0; i + SECRET_LEN <= n; i++) {
			int same = 0;

			while (same < SECRET_LEN && room[i + same] == (char)(hidden_secret[same] ^ KEY))
				same++;
			count += same == SECRET_LEN;
		}
	}
	munmap(room, ROOM);
	close(maps_fd);
	close(mem);
	return count;
}

/* Run the talker here, with everything it will need already in its sockets. */
static void
run_here(const char *before, const char *after)
{
	struct world w = private_world();
	int client[2], record[2];
	uint32_t verdict = VERDICT_NO;
	struct buf text = BUF_INIT;
	char secret[SECRET_LEN];

	w.setup.peer = &w.peer;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, client) < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, record) < 0)
		abort();
	buf_reserve(&text, 1000);
	buf_adds(&text, before);
	reveal(secret);
	buf_add(&text, secret, SECRET_LEN);
	buf_adds(&text, after);
	if (write(client[0], text.data, text.len) < 0 || write(record[0], &verdict, sizeof verdict) < 0)
		abort();
	mem_wipe(text.data, text.cap);
	mem_wipe(secret, sizeof secret);
	buf_fini(&text);
	shutdown(client[0], SHUT_WR);
	talker_run(&w.setup, client[1], client[1], record[1]);
	close(client[0]);
	close(client[1]);
	close(record[0]);
	close(record[1]);
}

static void
test_wiped(void)
{
	static const struct { const char *name, *before, *after; } rows[] = {
		{ "LOGIN with an atom", "a LOGIN u ", "\r\n" },
		{ "LOGIN with a quoted string", "a LOGIN u \"", "\"\r\n" },
		{ "LOGIN with a literal", "a LOGIN u {24+}\r\n", "\r\n" },
		{ "LOGIN with a word too much", "a LOGIN u ", " x\r\n" },
		{ "LOGIN with a quote that does not end", "a LOGIN u \"", "\r\n" },
		{ "LOGIN with a literal that does not end", "a LOGIN u {30+}\r\n", "" },
		{ "LOGIN without an end", "a LOGIN u ", "" },
		{ "a password in the place of a command", "", "\r\nb NOOP\r\n" },
		{ "a password in the place of a response", "a AUTHENTICATE PLAIN\r\n", "\r\n" },
		{ "a password behind AUTHENTICATE", "a AUTHENTICATE PLAIN ", "\r\n" },
	};
	char *planted;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		run_here(rows[i].before, rows[i].after);
		check(count_secret() == 0, "nothing is left of %s", rows[i].name);
	}
	planted = mem_alloc(100);
	reveal(planted + 40);
	check(count_secret() > 0, "(one that was planted is found)");
	mem_wipe(planted, 100);
	free(planted);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_every_split();
	test_commands();
	test_refusals();
	test_scram();
	test_limits();
	test_proxied();
	test_forwarded();
	test_wiped();
	return test_done();
}
