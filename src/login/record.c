/* The bounds of every number in a record. This is all that root does with a talker's bytes. */
#include "login/record.h"

#include <string.h>

bool
record_put(char *room, size_t size, uint32_t *len_out, const char *text, size_t len)
{
	if (len >= size || (len > 0 && memchr(text, '\0', len) != NULL))
		return false;
	if (len > 0)
		memcpy(room, text, len);
	room[len] = '\0';
	*len_out = (uint32_t)len;
	return true;
}

size_t
record_handoff_size(uint32_t tag_len, uint32_t unread_len)
{
	return offsetof(struct record_handoff, bytes) + tag_len + unread_len;
}

/* len octets that are a C string in a room of size. */
static bool
is_text(const char *text, uint32_t len, size_t size)
{
	return len < size && memchr(text, '\0', size) == text + len;
}

static bool
is_address(const struct network_address *address)
{
	return address->family == 0 || address->family == 4 || address->family == 6;
}

bool
record_is_good(const union record *record, size_t len)
{
	const struct record_hello *hello = &record->hello;
	const struct record_attempt *attempt = &record->attempt;
	const struct record_handoff *handoff = &record->handoff;
	const struct record_scram_first *first = &record->scram_first;
	const struct record_scram_final *final = &record->scram_final;
	const struct record_token *token = &record->token;

	if (len < sizeof record->kind)
		return false;
	switch (record->kind) {
	case RECORD_HELLO:
		return len == sizeof *hello && hello->proxied <= 1 && hello->private <= 1
		    && is_address(&hello->client)
		    && is_text(hello->certificate, hello->certificate_len, sizeof hello->certificate);
	case RECORD_FORWARDED:
		return len == sizeof record->forwarded && is_address(&record->forwarded.client)
		    && record->forwarded.client.family != 0;
	case RECORD_ATTEMPT:
		return len == sizeof *attempt && attempt->mechanism < MECHANISM_SCRAM
		    && attempt->hopeless <= 1
		    && is_text(attempt->user, attempt->user_len, sizeof attempt->user)
		    && is_text(attempt->secret, attempt->secret_len, sizeof attempt->secret);
	case RECORD_HANDOFF:
		return len >= offsetof(struct record_handoff, bytes)
		    && handoff->tag_len > 0 && handoff->tag_len <= HANDOFF_TAG_MAX
		    && handoff->unread_len <= HANDOFF_UNREAD_MAX
		    && len == record_handoff_size(handoff->tag_len, handoff->unread_len)
		    && memchr(handoff->bytes, '\0', handoff->tag_len) == NULL;
	case RECORD_SCRAM_FIRST:
		return len == sizeof *first && first->hopeless <= 1
		    && is_text(first->user, first->user_len, sizeof first->user)
		    && is_text(first->nonce, first->nonce_len, sizeof first->nonce)
		    && is_text(first->bare, first->bare_len, sizeof first->bare);
	case RECORD_SCRAM_FINAL:
		return len == sizeof *final && final->hopeless <= 1
		    && is_text(final->binding, final->binding_len, sizeof final->binding)
		    && is_text(final->extensions, final->extensions_len, sizeof final->extensions);
	case RECORD_TOKEN:
		return len == sizeof *token && token->hopeless <= 1
		    && (token->mechanism == MECHANISM_OAUTHBEARER || token->mechanism == MECHANISM_XOAUTH2)
		    && is_text(token->user, token->user_len, sizeof token->user)
		    && is_text(token->token, token->token_len, sizeof token->token);
	default:
		return false;
	}
}
