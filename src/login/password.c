/* crypt(3) with its memory wiped, and SCRAM's verifiers. The methods themselves are libraries'. */
#include "login/password.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "login/prepare.h"
#include "login/scram.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

const char password_nobody[] =
    "$y$j9T$oyMOO07Y9S1P6eV6nzHe31$HYPoP1IuN4jpZTtxU4u1uC8NQ/hsR7zLUdiBVk9Spy7";

bool
password_is_hash(const char *hash)
{
	struct scram_verifier verifier;
	int known;

	if (scram_parse(hash, &verifier)) {
		mem_wipe(&verifier, sizeof verifier);
		return true;
	}
	known = crypt_checksalt(hash);
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
	struct scram_verifier verifier;
	struct crypt_data *data;
	const char *got;
	bool same;

	if (scram_parse(hash, &verifier)) {
		same = scram_matches(secret, &verifier);
		mem_wipe(&verifier, sizeof verifier);
		return same;
	}
	data = mem_calloc(1, sizeof *data);
	got = crypt_rn(secret, hash, data, (int)sizeof *data);
	same = got != NULL && same_text(got, hash);
	mem_wipe(data, sizeof *data);
	free(data);
	return same;
}

/* The verifier of SCRAM. What SASLprep would change is refused, in words for the administrator. */
static int
make_verifier(const char *secret, unsigned long iterations, struct buf *out, struct err *err)
{
	struct scram_verifier verifier;

	err_set(err, ERR_NO, "No verifier of SCRAM could be made");
	if (!scram_is_built_in())
		return err_detail(err, "SCRAM needs nettle, and this was built without it");
	if (iterations == 0)
		iterations = SCRAM_ITERATIONS_PRESET;
	if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX)
		return err_detail(err, "the cost of SCRAM is %d to %d iterations", SCRAM_ITERATIONS_MIN,
		    SCRAM_ITERATIONS_MAX);
	if (!prepare_is_stable(secret, strlen(secret)))
		return err_detail(err, "this password has a character that programs prepare "
		    "in different ways (RFC 4013); see mayfly-passwd(8)");
	scram_make(secret, (unsigned)iterations, &verifier);
	scram_format(&verifier, out);
	mem_wipe(&verifier, sizeof verifier);
	return 0;
}

int
password_hash(const char *secret, const char *prefix, unsigned long cost, struct buf *out,
    struct err *err)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = NULL;
	const char *hash;
	int result = -1;

	if (strcmp(prefix, SCRAM_PREFIX) == 0)
		return make_verifier(secret, cost, out, err);
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
