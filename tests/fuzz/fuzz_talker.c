/*
 * The talker with a client that says anything. The first byte chooses what the
 * monitor answers and how the link is; the rest is what the client sends. The
 * text of the answers is for SCRAM; other questions do not look at it.
 */
#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "login/peer.h"
#include "login/record.h"
#include "login/talker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every record must be one that the monitor would take. */
static void
check_records(int fd)
{
	static union record record;
	ssize_t n;
	int attempts = 0;

	while ((n = recv(fd, &record, sizeof record, MSG_DONTWAIT)) > 0) {
		assert(record_is_good(&record, (size_t)n));
		attempts += record.kind == RECORD_ATTEMPT || record.kind == RECORD_SCRAM_FINAL
		    || record.kind == RECORD_TOKEN;
	}
	assert(attempts <= TALKER_COMMANDS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum verdict verdicts[] = { VERDICT_NO, VERDICT_YES, VERDICT_UNAVAILABLE, VERDICT_NO };
	static const struct network_range anybody = { .bits = 0 };	/* of whom nothing is known */
	struct peer peer = { .subject = "C = PL, CN = alice" };
	struct talker_setup setup = { .peer = &peer, .timeout_ms = 60000 };
	int client[2], record[2];
	struct record_reply reply = { .text = "r=fuzzserver,s=QQ==,i=4096" };

	signal(SIGPIPE, SIG_IGN);
	if (size == 0 || size > 60000)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, client) < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, record) < 0)
		abort();
	reply.verdict = verdicts[data[0] & 3];
	setup.scram = !(data[0] & 64);
	setup.tokens = setup.anonymous = !(data[0] & 128);
	setup.token_scope = "mail";
	setup.token_discovery = "https://example.org/";
	setup.proxied = data[0] & 4;
	setup.trusted = &anybody;
	setup.trusted_count = data[0] & 8 ? 1 : 0;
	setup.certificates = data[0] & 16;
	peer.private = !(data[0] & 32);
	/* As many answers as there can be questions; after them the monitor is gone. */
	for (int i = 0; i < 5; i++)
		if (send(record[0], &reply, sizeof reply.verdict + strlen(reply.text), MSG_DONTWAIT) < 0)
			break;
	shutdown(record[0], SHUT_WR);
	if (send(client[0], data + 1, size - 1, MSG_DONTWAIT) < 0 && size > 1)
		abort();
	shutdown(client[0], SHUT_WR);
	talker_run(&setup, client[1], client[1], record[1]);
	close(record[1]);
	check_records(record[0]);
	close(record[0]);
	close(client[0]);
	close(client[1]);
	return 0;
}
