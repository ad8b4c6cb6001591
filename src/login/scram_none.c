/* SCRAM where nettle is missing: no text is a verifier, so the computations are never asked for. */
#include "login/scram.h"

#include <assert.h>
#include <string.h>

bool
scram_is_built_in(void)
{
	return false;
}

bool
scram_parse(const char *text, struct scram_verifier *out)
{
	(void)text, (void)out;
	return false;
}

void
scram_format(const struct scram_verifier *verifier, struct buf *out)
{
	(void)verifier, (void)out;
	assert(!"scram_is_built_in() was not asked");
}

void
scram_make(const char *secret, unsigned iterations, struct scram_verifier *out)
{
	(void)secret, (void)iterations, (void)out;
	assert(!"scram_is_built_in() was not asked");
}

bool
scram_matches(const char *secret, const struct scram_verifier *verifier)
{
	(void)secret, (void)verifier;
	return false;
}

void
scram_pretend(const unsigned char key[SCRAM_OCTETS], const char *user, unsigned iterations,
    struct scram_verifier *out)
{
	(void)key, (void)user, (void)iterations;
	memset(out, 0, sizeof *out);
}

void
scram_nonce(struct buf *out)
{
	(void)out;
}

bool
scram_prove(const struct scram_verifier *verifier, const char *auth_message, size_t len,
    const unsigned char proof[SCRAM_OCTETS], unsigned char signature_out[SCRAM_OCTETS])
{
	(void)verifier, (void)auth_message, (void)len, (void)proof;
	memset(signature_out, 0, SCRAM_OCTETS);
	return false;
}
