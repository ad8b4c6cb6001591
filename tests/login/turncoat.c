/*
 * A talker in a stranger's hands: the real monitor, and in the place of
 * login/talker.c one that breaks a rule. It says on the connection what the
 * monitor let it have.
 *
 *	turncoat MISDEED [option of mayfly-login ...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "login/cage.h"
#include "login/monitor.h"
#include "login/peer.h"
#include "login/record.h"
#include "login/talker.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"

static int fd;
static const struct talker_setup *knows;

static void
put(char *room, size_t size, uint32_t *len, const char *text)
{
	record_put(room, size, len, text, strlen(text));
}

static void
hello(bool proxied, const char *certificate)
{
	struct record_hello record = { .kind = RECORD_HELLO, .proxied = proxied,
		.private = true, .client = knows->peer->address };

	put(record.certificate, sizeof record.certificate, &record.certificate_len, certificate);
	send(fd, &record, sizeof record, MSG_NOSIGNAL);
}

static bool
try(enum mechanism mechanism, const char *user, const char *secret)
{
	struct record_attempt record = { .kind = RECORD_ATTEMPT, .mechanism = mechanism };
	struct record_reply reply;

	put(record.user, sizeof record.user, &record.user_len, user);
	put(record.secret, sizeof record.secret, &record.secret_len, secret);
	send(fd, &record, sizeof record, MSG_NOSIGNAL);
	return recv(fd, &reply, sizeof reply, 0) > 0 && reply.verdict == VERDICT_YES;
}

static bool
come_in(void)
{
	static struct record_handoff record = { .kind = RECORD_HANDOFF, .tag_len = 1, .bytes = "a" };

	return send(fd, &record, record_handoff_size(1, 0), MSG_NOSIGNAL) > 0;
}

/* Each returns true when it would be let in. */
static bool
honest(void)
{
	hello(false, "");
	return try(MECHANISM_PLAIN, "alice", "secret") && come_in();
}

static bool
a_certificate_that_nobody_showed(void)
{
	hello(false, "alice");
	return try(MECHANISM_EXTERNAL, "alice", "") && come_in();
}

static bool
a_header_that_nobody_may_send(void)
{
	hello(true, "");
	return try(MECHANISM_PLAIN, "alice", "secret") && come_in();
}

static bool
a_client_that_nobody_named(void)
{
	struct record_forwarded record = { .kind = RECORD_FORWARDED, .client = { .family = 4 } };

	hello(false, "");
	send(fd, &record, sizeof record, MSG_NOSIGNAL);
	return try(MECHANISM_PLAIN, "alice", "secret") && come_in();
}

static bool
two_greetings(void)
{
	hello(false, "");
	return honest();
}

static bool
no_greeting(void)
{
	return try(MECHANISM_PLAIN, "alice", "secret") && come_in();
}

static bool
no_password(void)
{
	hello(false, "");
	return come_in();
}

static bool
a_wrong_password(void)
{
	hello(false, "");
	return !try(MECHANISM_PLAIN, "alice", "wrong") && come_in();
}

static bool
four_guesses(void)
{
	hello(false, "");
	for (int i = 0; i < LOGIN_ATTEMPTS_MAX; i++)
		try(MECHANISM_PLAIN, "alice", "wrong");
	return try(MECHANISM_PLAIN, "alice", "secret") && come_in();
}

static bool
anonymous(void)
{
	hello(false, "");
	return try(MECHANISM_ANONYMOUS, "alice", "") && come_in();
}

static const struct {
	const char *name;
	bool (*act)(void);
} misdeeds[] = {
	{ "honest", honest },
	{ "certificate", a_certificate_that_nobody_showed },
	{ "header", a_header_that_nobody_may_send },
	{ "client", a_client_that_nobody_named },
	{ "two-greetings", two_greetings },
	{ "no-greeting", no_greeting },
	{ "no-password", no_password },
	{ "wrong-password", a_wrong_password },
	{ "four-guesses", four_guesses },
	{ "anonymous", anonymous },
};

static bool (*act)(void);

/* In the place of the real one, which the linker then leaves out. */
enum talker_end
talker_run(const struct talker_setup *setup, int in_fd, int out_fd, int record_fd)
{
	char rest;

	(void)in_fd;
	knows = setup;
	fd = record_fd;
	if (act())
		return TALKER_ACCEPTED;
	io_write_all(out_fd, "* REFUSED\r\n", 11);
	/* The monitor ends whom it caught; who stays has broken no rule that it knows. */
	while (recv(fd, &rest, 1, 0) > 0)
		continue;
	return TALKER_DONE;
}

int
main(int argc, char **argv)
{
	static struct peer peer;
	struct settings settings;
	struct cage cage;
	struct err err;

	settings_init(&settings);
	for (size_t i = 0; argc > 1 && i < sizeof misdeeds / sizeof misdeeds[0]; i++)
		if (strcmp(argv[1], misdeeds[i].name) == 0)
			act = misdeeds[i].act;
	if (act == NULL)
		return 2;
	for (int i = 2; i < argc; i++)
		if (settings_option(&settings, argv[i], &err) != 1)
			return 2;
	log_open("turncoat", LOG_TO_STDERR);
	if (cage_prepare(&cage, &settings, &err) < 0) {
		log_err(&err);
		return 2;
	}
	peer_read(&peer, STDIN_FILENO);
	return monitor_run(&(struct monitor_setup){
		.settings = &settings, .peer = &peer, .cage = &cage, .self = argv[0], .config = "",
	});
}
