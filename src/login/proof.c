/* Names without a verifier take the same way to the end as those with one, and are told no there. */
#include "login/proof.h"

#include "util/mem.h"
#include "wire/base64.h"

void
proof_fini(struct proof *proof)
{
	buf_wipe(&proof->user);
	buf_wipe(&proof->nonce);
	buf_wipe(&proof->message);
	mem_wipe(proof, sizeof *proof);
}

enum auth_result
proof_begin(struct proof *proof, struct auth *auth, const struct record_scram_first *first,
    struct buf *reply)
{
	enum auth_result known;

	proof_fini(proof);
	known = auth_file_verifier(auth, first->user, &proof->verifier);
	if (known == AUTH_UNAVAILABLE)
		return AUTH_UNAVAILABLE;
	proof->open = true;
	proof->hopeless = known == AUTH_NO || first->hopeless;
	buf_adds(&proof->user, first->user);
	buf_adds(&proof->nonce, first->nonce);
	scram_nonce(&proof->nonce);
	buf_addf(reply, "r=%s,s=", proof->nonce.data);
	base64_encode(proof->verifier.salt, proof->verifier.salt_len, reply);
	buf_addf(reply, ",i=%u", proof->verifier.iterations);
	buf_addf(&proof->message, "%s,%s,", first->bare, reply->data);
	return AUTH_YES;
}

enum auth_result
proof_end(struct proof *proof, struct auth *auth, const struct record_scram_final *final,
    struct buf *reply, struct account *out)
{
	unsigned char signature[SCRAM_OCTETS];
	enum auth_result result;
	bool proved;

	proof->open = false;
	buf_addf(&proof->message, "c=%s,r=%s%s", final->binding, proof->nonce.data, final->extensions);
	proved = scram_prove(&proof->verifier, proof->message.data, proof->message.len, final->proof,
	    signature) && !proof->hopeless && !final->hopeless;
	buf_adds(reply, "v=");
	base64_encode(signature, sizeof signature, reply);
	/* Also after a wrong proof: the file is read as often, and the log learns whose it was. */
	result = auth_file(auth, buf_str(&proof->user), NULL, out);
	if (result == AUTH_YES && !proved) {
		account_fini(out);
		auth->log_word = proof->hopeless ? "no-verifier" : "wrong-password";
		result = AUTH_NO;
	} else if (result == AUTH_YES) {
		auth->log_word = "users";
	}
	mem_wipe(signature, sizeof signature);
	return result;
}
