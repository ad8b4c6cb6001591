/* The one table from kinds of failure to what the client hears. */
#include "wire/reply.h"

#include <assert.h>
#include <stddef.h>

#include "util/err.h"
#include "util/log.h"
#include "wire/output.h"

static const struct {
	const char *status;
	const char *code;	/* with its closing "] ", or "" */
} replies[] = {
	[ERR_SYNTAX] = { "BAD", "" },
	[ERR_CLIENTBUG] = { "BAD", "[CLIENTBUG] " },
	[ERR_UIDREQUIRED] = { "BAD", "[UIDREQUIRED] " },
	[ERR_NO] = { "NO", "" },
	[ERR_NONEXISTENT] = { "NO", "[NONEXISTENT] " },
	[ERR_ALREADYEXISTS] = { "NO", "[ALREADYEXISTS] " },
	[ERR_TRYCREATE] = { "NO", "[TRYCREATE] " },
	[ERR_CANNOT] = { "NO", "[CANNOT] " },
	[ERR_READONLY] = { "NO", "[NOPERM] " },
	[ERR_NOPERM] = { "NO", "[NOPERM] " },
	[ERR_HASCHILDREN] = { "NO", "[HASCHILDREN] " },
	[ERR_TOOBIG] = { "NO", "[TOOBIG] " },
	[ERR_LIMIT] = { "NO", "[LIMIT] " },
	[ERR_BADCHARSET] = { "NO", "[BADCHARSET (US-ASCII UTF-8)] " },
	[ERR_UNKNOWN_CTE] = { "NO", "[UNKNOWN-CTE] " },
	[ERR_USEATTR] = { "NO", "[USEATTR] " },
	[ERR_NOTSAVED] = { "NO", "[NOTSAVED] " },
	[ERR_EXPUNGEISSUED] = { "NO", "[EXPUNGEISSUED] " },
	[ERR_AUTHFAILED] = { "NO", "[AUTHENTICATIONFAILED] " },
	[ERR_PRIVACYREQUIRED] = { "NO", "[PRIVACYREQUIRED] " },
	[ERR_BADURL] = { "NO", "[BADURL " },
	[ERR_COMPRESSIONACTIVE] = { "NO", "[COMPRESSIONACTIVE] " },
	[ERR_MESSAGELIMIT] = { "NO", "[MESSAGELIMIT " },
	[ERR_UNDEFINED_FILTER] = { "NO", "[UNDEFINED-FILTER " },
	[ERR_METADATA] = { "NO", "[METADATA " },
	[ERR_BADEVENT] = { "NO", "[BADEVENT (MessageNew MessageExpunge FlagChange MailboxName "
	    "SubscriptionChange MailboxMetadataChange ServerMetadataChange)] " },
	[ERR_NOTIFICATIONOVERFLOW] = { "NO", "[NOTIFICATIONOVERFLOW] " },
	[ERR_WORLD] = { "NO", "[UNAVAILABLE] " },	/* a broken disk is no bug of the server */
	[ERR_OVERQUOTA] = { "NO", "[OVERQUOTA] " },
	[ERR_INUSE] = { "NO", "[INUSE] " },
	[ERR_UNAVAILABLE] = { "NO", "[UNAVAILABLE] " },
	[ERR_CORRUPTION] = { "NO", "[CORRUPTION] " },
};

void
reply_err(struct output *out, const char *tag, const struct err *err)
{
	log_err(err);
	if (err->kind == ERR_BYE) {
		reply_bye(out, err->client);
		return;
	}
	assert(err->kind > ERR_NONE && (size_t)err->kind < sizeof replies / sizeof replies[0]);
	assert(replies[err->kind].status != NULL);
	output_text(out, tag);
	output_char(out, ' ');
	output_text(out, replies[err->kind].status);
	output_char(out, ' ');
	output_text(out, replies[err->kind].code);
	output_text(out, err->client);
	output_text(out, "\r\n");
}

void
reply_bye(struct output *out, const char *text)
{
	output_text(out, "* BYE ");
	output_text(out, text);
	output_text(out, "\r\n");
}

bool
reply_is_bad(const struct err *err)
{
	return err->kind == ERR_SYNTAX || err->kind == ERR_CLIENTBUG
	    || err->kind == ERR_UIDREQUIRED;
}
