/*
 * The monitor's half of SCRAM-SHA-256 (RFC 5802 section 3): what is kept from the
 * client's first message to its proof. The messages are the talker's to read;
 * here they are octets that go into a hash. The nonce is made here and put into
 * place here, so a talker in wrong hands cannot play back a proof that it saw.
 */
#ifndef LOGIN_PROOF_H
#define LOGIN_PROOF_H

#include <stdbool.h>

#include "login/auth.h"
#include "login/record.h"
#include "login/scram.h"
#include "util/buf.h"

struct proof {
	bool open;		/* between the first message and the proof */
	bool hopeless;		/* whatever comes, the answer is no */
	struct scram_verifier verifier;
	struct buf user;
	struct buf nonce;	/* both halves */
	struct buf message;	/* so much of the AuthMessage as there is */
};

/*
 * A first message came: in reply what the client hears, the same for each name,
 * be it known or not. AUTH_YES, or AUTH_UNAVAILABLE.
 */
enum auth_result proof_begin(struct proof *proof, struct auth *auth,
    const struct record_scram_first *first, struct buf *reply);

/*
 * The proof came; it is over then. On AUTH_YES the account is filled, and reply
 * is the server's signature.
 */
enum auth_result proof_end(struct proof *proof, struct auth *auth,
    const struct record_scram_final *final, struct buf *reply, struct account *out);

/* Wipe it. It can begin again. */
void proof_fini(struct proof *proof);

#endif
