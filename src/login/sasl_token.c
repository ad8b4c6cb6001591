/*
 * OAUTHBEARER (RFC 7628) and XOAUTH2, as Google wrote it down: a token in place of
 * a password. Both are keys and values with ^A between them; one has a GS2 header
 * in front, the other names the user in a key.
 *
 *	n,a=USER,^Ahost=HOST^Aport=143^Aauth=Bearer TOKEN^A^A
 *	user=USER^Aauth=Bearer TOKEN^A^A
 */
#include <string.h>

#include "login/gs2.h"
#include "login/sasl.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"
#include "wire/dispatch.h"

static int
malformed(struct command *cmd)
{
	return err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE: this is no message with a token");
}

/* RFC 6750 section 2.1: what a token is made of, and some more that is seen. */
static bool
is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return len > 0;
}

/* "Bearer TOKEN". An empty value asks for the scope (RFC 7628 section 4.3): no token then. */
static void
take_auth(const char *value, size_t len, struct record_token *record)
{
	static const char scheme[] = "Bearer ";

	if (len == 0)
		return;
	if (len < sizeof scheme || !ascii_is(value, sizeof scheme - 1, scheme)
	    || !is_token(value + sizeof scheme - 1, len - (sizeof scheme - 1))
	    || !record_put(record->token, sizeof record->token, &record->token_len,
	    value + sizeof scheme - 1, len - (sizeof scheme - 1)))
		record->hopeless = 1;
}

/* The pairs up to the empty one. False when there is no such end. */
static bool
read_pairs(const char *at, const char *end, struct record_token *record, struct buf *user)
{
	while (at < end) {
		const char *stop = memchr(at, '\1', (size_t)(end - at));
		const char *equals;

		if (stop == NULL)
			return false;
		if (stop == at)
			return stop + 1 == end;
		equals = memchr(at, '=', (size_t)(stop - at));
		if (equals == NULL)
			return false;
		if (ascii_is(at, (size_t)(equals - at), "auth"))
			take_auth(equals + 1, (size_t)(stop - equals - 1), record);
		else if (user != NULL && ascii_is(at, (size_t)(equals - at), "user"))
			buf_add(user, equals + 1, (size_t)(stop - equals - 1));
		at = stop + 1;
	}
	return false;
}

int
sasl_token(struct command *cmd, enum mechanism mechanism, struct record_token *record)
{
	struct buf message = BUF_INIT, user = BUF_INIT;
	bool bearer = mechanism == MECHANISM_OAUTHBEARER;
	const char *at, *end;
	int result = -1;

	if (sasl_begin(cmd, &message) < 0)
		goto out;
	at = buf_str(&message);
	end = at + message.len;
	if (memchr(at, '\0', message.len) != NULL || !utf8_valid(at, message.len)) {
		malformed(cmd);
		goto out;
	}
	/* A lone ^A has neither user nor token: it is told what is missing, like an empty auth. */
	if (!bearer || message.len != 1 || *at != '\1') {
		enum gs2 header = bearer ? gs2_header(&at, end, &user) : GS2_GOOD;

		if (header == GS2_BINDING) {
			err_set(&cmd->err, ERR_NO, "Channel binding is not offered");
			goto out;
		}
		if (header != GS2_GOOD || (bearer && (at == end || *at++ != '\1'))
		    || !read_pairs(at, end, record, bearer ? NULL : &user)) {
			malformed(cmd);
			goto out;
		}
	}
	if (!record_put(record->user, sizeof record->user, &record->user_len, buf_str(&user), user.len))
		record->hopeless = 1;
	result = 0;
out:
	buf_wipe(&message);
	buf_fini(&user);
	return result;
}

void
sasl_token_refused(struct command *cmd, enum mechanism mechanism, const struct sasl_offer *offer)
{
	struct buf text = BUF_INIT, answer = BUF_INIT;

	if (mechanism == MECHANISM_XOAUTH2)
		buf_adds(&text, "{\"status\":\"400\",\"schemes\":\"Bearer\"");
	else
		buf_adds(&text, "{\"status\":\"invalid_token\"");
	if (*offer->token_scope != '\0')
		buf_addf(&text, ",\"scope\":\"%s\"", offer->token_scope);
	if (mechanism == MECHANISM_OAUTHBEARER && *offer->token_discovery != '\0')
		buf_addf(&text, ",\"openid-configuration\":\"%s\"", offer->token_discovery);
	buf_addc(&text, '}');
	/* Its answer says nothing: ^A, the empty text, "*", whatever it is, the end is the same NO. */
	sasl_ask(cmd, text.data, &answer);
	buf_fini(&text);
	buf_fini(&answer);
}
