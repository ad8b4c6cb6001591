/*
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): what the server computes. The verifier of
 * a password stands in the file of users in place of a hash, as one word:
 *
 *	{SCRAM-SHA-256}15000,SALT,STOREDKEY,SERVERKEY	(the last three in base64)
 *
 * SHA-256, HMAC and PBKDF2 are nettle's. Built without it, scram_is_built_in()
 * is false, no text is a verifier and none is made; the rest is then not called.
 */
#ifndef LOGIN_SCRAM_H
#define LOGIN_SCRAM_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define SCRAM_PREFIX "{SCRAM-SHA-256}"

enum {
	SCRAM_OCTETS = 32,		/* of SHA-256 and all that is made with it */
	SCRAM_SALT = 16,		/* of the salts made here, and of pretended ones */
	SCRAM_SALT_MAX = 64,		/* of salts made elsewhere */
	SCRAM_ITERATIONS_MIN = 4096,	/* RFC 7677 4: SHOULD be at least */
	SCRAM_ITERATIONS_PRESET = 15000,	/* RFC 7677 4: a tenth of a second of some client */
	/*
	 * A wrong password in PLAIN costs the server as many, a login the client's
	 * telephone; this is a second or more of either.
	 */
	SCRAM_ITERATIONS_MAX = 1000000,
	SCRAM_NONCE_TEXT = 24,		/* letters of a nonce: 18 random octets in base64 */
};

/* What is secret in it: who has a stored key can guess passwords at home. Wipe it. */
struct scram_verifier {
	unsigned iterations;
	size_t salt_len;
	unsigned char salt[SCRAM_SALT_MAX];
	unsigned char stored_key[SCRAM_OCTETS];
	unsigned char server_key[SCRAM_OCTETS];
};

bool scram_is_built_in(void);

/* Read the word above. False when it is none, or its numbers are outside the bounds. */
bool scram_parse(const char *text, struct scram_verifier *out);

/* Add the word. */
void scram_format(const struct scram_verifier *verifier, struct buf *out);

/* A verifier with a new salt. The password must be stable (login/prepare.h). */
void scram_make(const char *secret, unsigned iterations, struct scram_verifier *out);

/* Is it of this password? The work is that of scram_make, whatever the password is. */
bool scram_matches(const char *secret, const struct scram_verifier *verifier);

/*
 * A verifier that nobody has a password for, in the place of one that is not
 * there: the same salt each time for the same key and name.
 */
void scram_pretend(const unsigned char key[SCRAM_OCTETS], const char *user, unsigned iterations,
    struct scram_verifier *out);

/* Add SCRAM_NONCE_TEXT letters that nobody can guess. */
void scram_nonce(struct buf *out);

/*
 * The proof of a client against its verifier (RFC 5802 section 3); in
 * signature_out what shows the client that we know the verifier. It is filled
 * in each case, and goes out only on true.
 */
bool scram_prove(const struct scram_verifier *verifier, const char *auth_message, size_t len,
    const unsigned char proof[SCRAM_OCTETS], unsigned char signature_out[SCRAM_OCTETS]);

#endif
