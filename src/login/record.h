/*
 * What the two halves of mayfly-login say to each other: records of fixed form
 * over a socket that keeps their bounds. The talker may be in a stranger's
 * hands, so the monitor looks at nothing but sizes and small numbers, and takes
 * each record only at the point where it is due.
 *
 *	talker			monitor
 *	RECORD_HELLO	->			once, first
 *	RECORD_FORWARDED ->			from trusted peers, before success
 *	RECORD_ATTEMPT	->	<- reply	up to LOGIN_ATTEMPTS_MAX times, or instead
 *	RECORD_SCRAM_FIRST ->	<- reply	the first half of such an attempt
 *	RECORD_SCRAM_FINAL ->	<- reply	the second
 *	RECORD_TOKEN	->	<- reply	an attempt with a token
 *	RECORD_HANDOFF	->			once, after VERDICT_YES; then the talker ends
 */
#ifndef LOGIN_RECORD_H
#define LOGIN_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handoff.h"
#include "login/password.h"
#include "login/scram.h"
#include "util/network.h"

enum { LOGIN_ATTEMPTS_MAX = 3 };	/* wrong passwords in one connection */

enum record_kind {
	RECORD_HELLO = 1,
	RECORD_FORWARDED,
	RECORD_ATTEMPT,
	RECORD_HANDOFF,
	RECORD_SCRAM_FIRST,
	RECORD_SCRAM_FINAL,
	RECORD_TOKEN,
};

/*
 * The room of tokens and of SCRAM's pieces. A nonce is usually 24 letters, and the other two
 * hold a name of 255 octets that are all escaped, twice over.
 */
enum {
	SCRAM_NONCE_MAX = 255,
	SCRAM_MESSAGE_MAX = 2047,
	TOKEN_MAX = 6143,		/* what a line holds in base64; signed ones have 2 kB and more */
	RECORD_REPLY_MAX = 511,		/* both nonces, a salt and a number */
};

enum mechanism {
	MECHANISM_LOGIN_COMMAND,
	MECHANISM_PLAIN,
	MECHANISM_LOGIN,
	MECHANISM_EXTERNAL,
	MECHANISM_ANONYMOUS,	/* the user is what RFC 4505 calls a trace */
	MECHANISM_SCRAM,	/* this and the next: never in a record_attempt */
	MECHANISM_OAUTHBEARER,
	MECHANISM_XOAUTH2,
	MECHANISM_COUNT,
};

enum verdict {
	VERDICT_YES = 1,
	VERDICT_NO,
	VERDICT_UNAVAILABLE,	/* the passwords could not be checked */
};

/* What is known of the link before the first byte of the client is read. */
struct record_hello {
	uint32_t kind;
	uint8_t proxied;	/* a PROXY header told the address */
	uint8_t private;	/* it also told of TLS */
	struct network_address client;
	uint32_t certificate_len;	/* 0: no certificate that counts */
	char certificate[HANDOFF_NAME_MAX + 1];	/* the user that it names */
};

/* The client's address in the words of a trusted peer (ID x-originating-ip). */
struct record_forwarded {
	uint32_t kind;
	struct network_address client;
};

struct record_attempt {
	uint32_t kind;
	uint32_t mechanism;
	uint32_t hopeless;	/* too long, or otherwise nothing that can be right; still costs its work */
	uint32_t user_len;
	uint32_t secret_len;
	char user[HANDOFF_NAME_MAX + 1];
	char secret[PASSWORD_MAX + 1];
};

struct record_handoff {
	uint32_t kind;
	uint32_t tag_len;
	uint32_t unread_len;
	char bytes[HANDOFF_TAG_MAX + HANDOFF_UNREAD_MAX];	/* the tag, then the unread input */
};

/* client-first-message-bare, and what is in it. */
struct record_scram_first {
	uint32_t kind;
	uint32_t hopeless;
	uint32_t user_len;
	uint32_t nonce_len;
	uint32_t bare_len;
	char user[HANDOFF_NAME_MAX + 1];
	char nonce[SCRAM_NONCE_MAX + 1];
	char bare[SCRAM_MESSAGE_MAX + 1];
};

/* client-final-message without its nonce, which the monitor knows better. */
struct record_scram_final {
	uint32_t kind;
	uint32_t hopeless;
	uint32_t binding_len;
	uint32_t extensions_len;
	unsigned char proof[SCRAM_OCTETS];
	char binding[SCRAM_MESSAGE_MAX + 1];	/* behind "c=" */
	char extensions[SCRAM_MESSAGE_MAX + 1];	/* with the comma before each */
};

/* A token (OAUTHBEARER, XOAUTH2) and whom the client says it is of. */
struct record_token {
	uint32_t kind;
	uint32_t mechanism;
	uint32_t hopeless;
	uint32_t user_len;	/* may be 0 */
	uint32_t token_len;
	char user[HANDOFF_NAME_MAX + 1];
	char token[TOKEN_MAX + 1];
};

/* What comes back: the verdict, and behind it what SCRAM's client hears, without a NUL. */
struct record_reply {
	uint32_t verdict;
	char text[RECORD_REPLY_MAX + 1];
};

union record {
	uint32_t kind;
	struct record_hello hello;
	struct record_forwarded forwarded;
	struct record_attempt attempt;
	struct record_handoff handoff;
	struct record_scram_first scram_first;
	struct record_scram_final scram_final;
	struct record_token token;
};

/* Copy a text into a record's room of size. False, and nothing changed, when it does not fit or has a NUL. */
bool record_put(char *room, size_t size, uint32_t *len_out, const char *text, size_t len);

/* The room that a handoff takes on the socket. */
size_t record_handoff_size(uint32_t tag_len, uint32_t unread_len);

/*
 * Is this, with its length as the socket told it, a record with every number
 * inside its bounds? Texts are then shorter than their rooms, have a NUL behind
 * them and none inside.
 */
bool record_is_good(const union record *record, size_t len);

#endif
