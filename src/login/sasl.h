/*
 * AUTHENTICATE (RFC 9051 6.2.2, RFC 4422): which mechanisms are offered, and the
 * exchange of PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), EXTERNAL
 * (RFC 4422 appendix A) and ANONYMOUS (RFC 4505), each with or without an initial
 * response (RFC 4959). The others have files of their own.
 */
#ifndef LOGIN_SASL_H
#define LOGIN_SASL_H

#include <stdbool.h>

#include "login/record.h"

struct ask;
struct buf;
struct command;

/* What may be done on this connection. */
struct sasl_offer {
	bool private;		/* passwords may be sent */
	bool scram;		/* the file of users has verifiers */
	bool tokens;		/* there is a program that looks at them */
	const char *token_scope;	/* and what its refusal tells; "": nothing */
	const char *token_discovery;
	bool anonymous;		/* somebody without a name may come in */
	const char *certificate;	/* the user of EXTERNAL, or "" */
};

/* Add AUTH= of each mechanism that is offered. */
void sasl_capabilities(const struct sasl_offer *offer, struct buf *list);

/*
 * Read the name of the mechanism. -1 with cmd->err when it is not offered; one
 * that sends a password over an open link is refused here, before it was sent.
 */
int sasl_mechanism(struct command *cmd, const struct sasl_offer *offer, enum mechanism *out);

/*
 * The initial response, decoded, behind out; when there is none, an empty
 * challenge asks for it. -1 with cmd->err.
 */
int sasl_begin(struct command *cmd, struct buf *out);

/* Send a challenge and read the response to it, decoded, behind out. -1 with cmd->err. */
int sasl_ask(struct command *cmd, const char *challenge, struct buf *out);

/*
 * The exchange of PLAIN, LOGIN, EXTERNAL and ANONYMOUS, whose name is the trace.
 * 0: name and secret are there (both empty buffers before; the caller wipes
 * them); -1: cmd->err says why not.
 */
int sasl_read(struct command *cmd, enum mechanism mechanism, const struct sasl_offer *offer,
    struct buf *user, struct buf *secret);

/*
 * The exchange of SCRAM-SHA-256 (RFC 5802, RFC 7677), whose two halves are
 * questions to the monitor. 0 with its verdict, -1 with cmd->err.
 */
int sasl_scram(struct command *cmd, struct ask *ask, enum verdict *verdict_out);

/*
 * The message of OAUTHBEARER (RFC 7628) or XOAUTH2: name and token into the
 * record. 0; without a token when the client wants to know what is missing. -1
 * with cmd->err.
 */
int sasl_token(struct command *cmd, enum mechanism mechanism, struct record_token *record);

/* Tell the client in JSON why not (RFC 7628 section 3.2.2), and read what it answers. */
void sasl_token_refused(struct command *cmd, enum mechanism mechanism,
    const struct sasl_offer *offer);

#endif
