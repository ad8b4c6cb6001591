/* crypt(3) with its memory wiped. The methods themselves are libcrypt's. */
#include "login/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

const char password_nobody[] =
    "$y$j9T$oyMOO07Y9S1P6eV6nzHe31$HYPoP1IuN4jpZTtxU4u1uC8NQ/hsR7zLUdiBVk9Spy7";

bool
password_is_hash(const char *hash)
{
	int known = crypt_checksalt(hash);

	/* Weak methods (old DES) are let through: they are what some sites still have. */
	return known == CRYPT_SALT_OK || known == CRYPT_SALT_METHOD_LEGACY
	    || known == CRYPT_SALT_TOO_CHEAP;
}

/* The same number of steps for every pair of the same length. */
static bool
same_text(const char *a, const char *b)
{
	size_t len = strlen(a);
	unsigned char different = 0;
	const volatile char *x = a, *y = b;

	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		different |= (unsigned char)(x[i] ^ y[i]);
	return different == 0;
}

bool
password_matches(const char *secret, const char *hash)
{
	struct crypt_data *data = mem_calloc(1, sizeof *data);
	const char *got = crypt_rn(secret, hash, data, (int)sizeof *data);
	bool same = got != NULL && same_text(got, hash);

	mem_wipe(data, sizeof *data);
	free(data);
	return same;
}

void
password_spend(const char *secret, const char *like)
{
	(void)password_matches(secret, like);
}

int
password_hash(const char *secret, const char *prefix, unsigned long cost, struct buf *out,
    struct err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = NULL;
	const char *hash;
	int result = -1;

	if (crypt_gensalt_rn(prefix, cost, NULL, 0, setting, sizeof setting) == NULL) {
		err_errno(err, "crypt_gensalt", prefix);
		goto out;
	}
	data = mem_calloc(1, sizeof *data);
	hash = crypt_rn(secret, setting, data, (int)sizeof *data);
	if (hash == NULL) {
		err_errno(err, "crypt", prefix);
		goto out;
	}
	buf_adds(out, hash);
	result = 0;
out:
	if (data != NULL)
		mem_wipe(data, sizeof *data);
	free(data);
	return result;
}
