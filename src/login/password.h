/*
 * Hashes of passwords: make one, compare with one, and spend the same work
 * where there is none to compare with. They are crypt(3)'s, or SCRAM's verifiers
 * (login/scram.h), which serve here like any other hash. What is secret is wiped
 * before each return.
 */
#ifndef LOGIN_PASSWORD_H
#define LOGIN_PASSWORD_H

#include <stdbool.h>

struct buf;
struct err;

enum { PASSWORD_MAX = 511 };	/* CRYPT_MAX_PASSPHRASE_SIZE without its NUL */

/* The hash of a random text that was thrown away, of mayfly-passwd's own method. */
extern const char password_nobody[];

/* Is this a hash of a method that is computed here? */
bool password_is_hash(const char *hash);

/* Does the secret give this hash? The comparison takes the same time wherever they differ. */
bool password_matches(const char *secret, const char *hash);

/*
 * A new hash behind the content of out, by a method's prefix ("$y$",
 * SCRAM_PREFIX) and a cost (0: the method's own default). -1 with err filled.
 */
int password_hash(const char *secret, const char *prefix, unsigned long cost, struct buf *out,
    struct err *err);

#endif
