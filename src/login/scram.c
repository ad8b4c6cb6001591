/* The computations of RFC 5802 section 3 on nettle's SHA-256, and the word in the file. */
#include "login/scram.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha2.h>
#include <string.h>

#include "login/prepare.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/mem.h"
#include "wire/base64.h"

_Static_assert(SCRAM_OCTETS == SHA256_DIGEST_SIZE, "SCRAM-SHA-256 is made of SHA-256");

bool
scram_is_built_in(void)
{
	return true;
}

static void
hmac(const unsigned char key[SCRAM_OCTETS], const char *text, size_t len,
    unsigned char out[SCRAM_OCTETS])
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, SCRAM_OCTETS, key);
	hmac_sha256_update(&ctx, len, (const unsigned char *)text);
	hmac_sha256_digest(&ctx, SCRAM_OCTETS, out);
	mem_wipe(&ctx, sizeof ctx);
}

static void
hash(const unsigned char in[SCRAM_OCTETS], unsigned char out[SCRAM_OCTETS])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, SCRAM_OCTETS, in);
	sha256_digest(&ctx, SCRAM_OCTETS, out);
	mem_wipe(&ctx, sizeof ctx);
}

/* StoredKey and ServerKey of a password, with the salt and the count of the verifier. */
static void
derive(const char *secret, struct scram_verifier *v)
{
	unsigned char salted[SCRAM_OCTETS], client_key[SCRAM_OCTETS];

	pbkdf2_hmac_sha256(strlen(secret), (const unsigned char *)secret, v->iterations, v->salt_len,
	    v->salt, sizeof salted, salted);
	hmac(salted, "Client Key", 10, client_key);
	hash(client_key, v->stored_key);
	hmac(salted, "Server Key", 10, v->server_key);
	mem_wipe(salted, sizeof salted);
	mem_wipe(client_key, sizeof client_key);
}

/* The next field, up to a comma or the end, out of base64. Its length, or 0 when it does not fit. */
static size_t
read_field(const char **at, unsigned char *out, size_t room)
{
	size_t len = strcspn(*at, ","), got = 0;
	struct buf bytes = BUF_INIT;

	if (base64_decode(*at, len, &bytes) == 0 && bytes.len > 0 && bytes.len <= room) {
		got = bytes.len;
		memcpy(out, bytes.data, got);
	}
	buf_wipe(&bytes);
	*at += len;
	if (**at == ',')
		++*at;
	return got;
}

bool
scram_parse(const char *text, struct scram_verifier *out)
{
	size_t digits, prefix = strlen(SCRAM_PREFIX);
	uint64_t iterations;

	if (strncmp(text, SCRAM_PREFIX, prefix) != 0)
		return false;
	text += prefix;
	digits = strcspn(text, ",");
	if (text[digits] != ',' || !ascii_number(text, digits, SCRAM_ITERATIONS_MAX, &iterations)
	    || iterations < SCRAM_ITERATIONS_MIN)
		return false;
	text += digits + 1;
	out->iterations = (unsigned)iterations;
	out->salt_len = read_field(&text, out->salt, sizeof out->salt);
	return out->salt_len > 0
	    && read_field(&text, out->stored_key, sizeof out->stored_key) == SCRAM_OCTETS
	    && text[-1] == ','
	    && read_field(&text, out->server_key, sizeof out->server_key) == SCRAM_OCTETS
	    && *text == '\0' && text[-1] != ',';
}

void
scram_format(const struct scram_verifier *v, struct buf *out)
{
	buf_addf(out, SCRAM_PREFIX "%u,", v->iterations);
	base64_encode(v->salt, v->salt_len, out);
	buf_addc(out, ',');
	base64_encode(v->stored_key, sizeof v->stored_key, out);
	buf_addc(out, ',');
	base64_encode(v->server_key, sizeof v->server_key, out);
}

void
scram_make(const char *secret, unsigned iterations, struct scram_verifier *out)
{
	out->iterations = iterations;
	out->salt_len = SCRAM_SALT;
	hash_random(out->salt, out->salt_len);
	derive(secret, out);
}

bool
scram_matches(const char *secret, const struct scram_verifier *verifier)
{
	struct scram_verifier other = *verifier;
	bool same;

	derive(secret, &other);
	same = memeql_sec(other.stored_key, verifier->stored_key, SCRAM_OCTETS)
	    && prepare_is_stable(secret, strlen(secret));
	mem_wipe(&other, sizeof other);
	return same;
}

void
scram_pretend(const unsigned char key[SCRAM_OCTETS], const char *user, unsigned iterations,
    struct scram_verifier *out)
{
	unsigned char bytes[SCRAM_OCTETS];

	hmac(key, user, strlen(user), bytes);
	out->iterations = iterations;
	out->salt_len = SCRAM_SALT;
	memcpy(out->salt, bytes, SCRAM_SALT);
	/* The half that nobody sees is what the rest is made of. */
	memset(bytes, 0, SCRAM_SALT);
	hmac(bytes, "Stored Key", 10, out->stored_key);
	hmac(bytes, "Server Key", 10, out->server_key);
	mem_wipe(bytes, sizeof bytes);
}

void
scram_nonce(struct buf *out)
{
	unsigned char bytes[SCRAM_NONCE_TEXT / 4 * 3];

	hash_random(bytes, sizeof bytes);
	base64_encode(bytes, sizeof bytes, out);
}

bool
scram_prove(const struct scram_verifier *verifier, const char *auth_message, size_t len,
    const unsigned char proof[SCRAM_OCTETS], unsigned char signature_out[SCRAM_OCTETS])
{
	unsigned char key[SCRAM_OCTETS], hashed[SCRAM_OCTETS];
	bool same;

	hmac(verifier->stored_key, auth_message, len, key);
	for (size_t i = 0; i < SCRAM_OCTETS; i++)
		key[i] ^= proof[i];
	hash(key, hashed);
	same = memeql_sec(hashed, verifier->stored_key, SCRAM_OCTETS);
	hmac(verifier->server_key, auth_message, len, signature_out);
	mem_wipe(key, sizeof key);
	return same;
}
