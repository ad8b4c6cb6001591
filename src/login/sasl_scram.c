/*
 * SCRAM-SHA-256, the half that reads the client's messages (RFC 5802 section 7).
 * No secret is on this side: salt, count and both keys are the monitor's, and so
 * is the server's half of the nonce. It gets the pieces of which the proof was
 * made, puts its own nonce between them, and says yes or no. Here is checked
 * what needs a parser: the form, the name, the channel binding that both sides
 * must agree there is none of.
 */
#include <string.h>

#include "login/ask.h"
#include "login/gs2.h"
#include "login/sasl.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/utf8.h"
#include "wire/base64.h"
#include "wire/dispatch.h"

static int
malformed(struct command *cmd)
{
	return err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE SCRAM-SHA-256: this is no message of it");
}

static bool
is_nonce(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0;
}

/* client-first-message: gs2-header client-first-message-bare. *gs2_len_out: of the header. */
static int
read_first(struct command *cmd, const struct buf *message, struct record_scram_first *record,
    size_t *gs2_len_out)
{
	const char *at = buf_str(message), *end = at + message->len;
	struct buf user = BUF_INIT, other = BUF_INIT;
	struct str attribute;
	int result = -1;

	if (memchr(at, '\0', message->len) != NULL || !utf8_valid(at, message->len)) {
		malformed(cmd);
		goto out;
	}
	switch (gs2_header(&at, end, &other)) {
	case GS2_GOOD:
		break;
	case GS2_BINDING:
		err_set(&cmd->err, ERR_NO, "Channel binding is not offered");
		goto out;
	case GS2_MALFORMED:
		goto bad;
	}
	*gs2_len_out = (size_t)(at - buf_str(message));
	if (!record_put(record->bare, sizeof record->bare, &record->bare_len, at, (size_t)(end - at)))
		goto bad;
	attribute = gs2_attribute(&at, end);
	if (gs2_is(&attribute, 'm')) {
		err_set(&cmd->err, ERR_NO, "This extension of SCRAM is not known");
		goto out;
	}
	if (!gs2_is(&attribute, 'n') || !gs2_name(attribute.data + 2, attribute.len - 2, &user))
		goto bad;
	attribute = gs2_attribute(&at, end);
	if (!gs2_is(&attribute, 'r') || !is_nonce(attribute.data + 2, attribute.len - 2)
	    || !record_put(record->nonce, sizeof record->nonce, &record->nonce_len, attribute.data + 2,
	    attribute.len - 2))
		goto bad;
	/* What cannot be right is asked all the same. To act for somebody else is not offered. */
	record->hopeless = !record_put(record->user, sizeof record->user, &record->user_len, user.data, user.len)
	    || (other.len > 0 && strcmp(other.data, user.data) != 0);
	result = 0;
	goto out;
bad:
	malformed(cmd);
out:
	buf_fini(&user);
	buf_fini(&other);
	return result;
}

/* Is this the GS2 header again, in base64? */
static bool
is_binding(const struct str *attribute, const struct buf *first, size_t gs2_len)
{
	struct buf want = BUF_INIT;
	bool same;

	base64_encode(first->data, gs2_len, &want);
	same = attribute->len == want.len + 2 && memcmp(attribute->data + 2, want.data, want.len) == 0;
	buf_fini(&want);
	return same;
}

/*
 * client-final-message: channel-binding "," nonce ["," extensions] "," proof.
 * The nonce must be the server's, which is not in the record: the monitor has it.
 */
static int
read_final(struct command *cmd, const struct buf *first, size_t gs2_len, const struct buf *nonce,
    const struct buf *message, struct record_scram_final *record)
{
	const char *at = buf_str(message), *end = at + message->len, *extensions, *last;
	struct str binding, attribute;
	struct buf proof = BUF_INIT;
	int result = -1;

	last = memrchr(at, ',', message->len);
	if (last == NULL || end - last < 3 || last[1] != 'p' || last[2] != '='
	    || memchr(at, '\0', message->len) != NULL
	    || base64_decode(last + 3, (size_t)(end - last - 3), &proof) < 0)
		goto out;
	end = last;
	binding = gs2_attribute(&at, end);
	if (!gs2_is(&binding, 'c'))
		goto out;
	attribute = gs2_attribute(&at, end);
	if (!gs2_is(&attribute, 'r'))
		goto out;
	extensions = attribute.data + attribute.len;
	if (!record_put(record->extensions, sizeof record->extensions, &record->extensions_len, extensions,
	    (size_t)(end - extensions)))
		goto out;
	result = 0;
	record->hopeless = !is_binding(&binding, first, gs2_len)
	    || !record_put(record->binding, sizeof record->binding, &record->binding_len, binding.data + 2,
	    binding.len - 2)
	    || attribute.len != nonce->len + 2
	    || memcmp(attribute.data + 2, nonce->data, nonce->len) != 0
	    || proof.len != sizeof record->proof;
	if (!record->hopeless)
		memcpy(record->proof, proof.data, sizeof record->proof);
out:
	buf_fini(&proof);
	if (result < 0)
		malformed(cmd);
	return result;
}

/* "r=NONCE,s=…,i=…" as the monitor made it. */
static void
take_nonce(const struct ask *ask, struct buf *nonce)
{
	const char *text = ask->reply.text;

	if (ask->text_len > 2)
		buf_add(nonce, text + 2, strcspn(text + 2, ","));
}

int
sasl_scram(struct command *cmd, struct ask *ask, enum verdict *verdict_out)
{
	struct record_scram_first first = { .kind = RECORD_SCRAM_FIRST };
	struct record_scram_final final = { .kind = RECORD_SCRAM_FINAL };
	struct buf first_message = BUF_INIT, final_message = BUF_INIT, last = BUF_INIT, nonce = BUF_INIT;
	size_t gs2_len;
	int result = -1;

	if (sasl_begin(cmd, &first_message) < 0
	    || read_first(cmd, &first_message, &first, &gs2_len) < 0)
		goto out;
	*verdict_out = ask_verdict(ask, &first, sizeof first);
	if (*verdict_out != VERDICT_YES) {
		result = 0;
		goto out;
	}
	take_nonce(ask, &nonce);
	if (nonce.len == 0) {
		ask->lost = true;
		goto out;
	}
	if (sasl_ask(cmd, ask->reply.text, &final_message) < 0
	    || read_final(cmd, &first_message, gs2_len, &nonce, &final_message, &final) < 0)
		goto out;
	*verdict_out = ask_verdict(ask, &final, sizeof final);
	/* The client has the last word: it does not go on when our signature is wrong. */
	if (*verdict_out == VERDICT_YES && sasl_ask(cmd, ask->reply.text, &last) < 0)
		goto out;
	if (last.len > 0) {
		malformed(cmd);
		goto out;
	}
	result = 0;
out:
	mem_wipe(&final, sizeof final);
	buf_fini(&first_message);
	buf_fini(&final_message);
	buf_fini(&last);
	buf_fini(&nonce);
	return result;
}
