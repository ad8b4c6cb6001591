/* AUTHENTICATE: the exchange, and what each mechanism makes of its responses. */
#include "login/sasl.h"

#include <stdio.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"
#include "wire/base64.h"
#include "wire/capability.h"
#include "wire/dispatch.h"
#include "wire/output.h"

/* One response of the client, decoded, behind out. */
static int
decode(struct command *cmd, const char *text, size_t len, struct buf *out)
{
	if (base64_decode(text, len, out) < 0)
		return err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE: this is not base64");
	return 0;
}

int
sasl_ask(struct command *cmd, const char *challenge, struct buf *out)
{
	struct parse *p = &cmd->parse;
	struct buf text = BUF_INIT;

	base64_encode(challenge, strlen(challenge), &text);
	output_format(p->out, "+ %s\r\n", buf_str(&text));
	buf_fini(&text);
	/* A response is no command: nothing in it announces a literal that must be read past. */
	if (parse_next_line(p) < 0)
		return -1;
	p->skipped = true;
	if (p->end - p->at == 1 && *p->at == '*')
		return err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE was cancelled");
	return decode(cmd, p->at, (size_t)(p->end - p->at), out);
}

/* The initial response, if there is one: 1, 0 when there is none, -1. */
static int
initial(struct command *cmd, struct buf *out)
{
	struct parse *p = &cmd->parse;
	const char *end = p->end;

	if (p->at == end)
		return 0;
	if (parse_space(p) < 0)
		return -1;
	/* The old habit of a space before CRLF; see parse_end. */
	while (end > p->at && end[-1] == ' ')
		end--;
	if (p->at == end)
		return 0;
	if (end - p->at == 1 && *p->at == '=')
		return 1;
	return decode(cmd, p->at, (size_t)(end - p->at), out) < 0 ? -1 : 1;
}

int
sasl_begin(struct command *cmd, struct buf *out)
{
	int have = initial(cmd, out);

	return have < 0 ? -1 : have > 0 ? 0 : sasl_ask(cmd, "", out);
}

/* authzid NUL authcid NUL password */
static int
read_plain(struct command *cmd, struct buf *user, struct buf *secret)
{
	struct buf response = BUF_INIT;
	const char *name, *password, *end;
	int result = -1;

	if (sasl_begin(cmd, &response) < 0)
		goto out;
	buf_reserve(&response, 1);
	end = buf_str(&response) + response.len;
	name = memchr(buf_str(&response), '\0', response.len);
	password = name != NULL ? memchr(name + 1, '\0', (size_t)(end - name - 1)) : NULL;
	if (password == NULL || memchr(password + 1, '\0', (size_t)(end - password - 1)) != NULL) {
		err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE PLAIN: two NUL are needed");
		goto out;
	}
	/* To act for somebody else is not offered: then no password is the right one. */
	if (name > response.data && strcmp(response.data, name + 1) != 0)
		buf_add(user, "\0", 1);
	buf_add(user, name + 1, (size_t)(password - name - 1));
	buf_add(secret, password + 1, (size_t)(end - password - 1));
	result = 0;
out:
	buf_wipe(&response);
	return result;
}

static int
read_login(struct command *cmd, struct buf *user, struct buf *secret)
{
	/* Clients that send the name at once exist, though the draft has the server begin. */
	int have = initial(cmd, user);

	if (have < 0 || (have == 0 && sasl_ask(cmd, "Username:", user) < 0))
		return -1;
	return sasl_ask(cmd, "Password:", secret);
}

static int
read_external(struct command *cmd, const char *certificate, struct buf *user)
{
	if (sasl_begin(cmd, user) < 0)
		return -1;
	if (user->len == 0)
		buf_adds(user, certificate);
	return 0;
}

/*
 * The trace: whatever the client tells of itself, for the log. RFC 4505 allows
 * 255 characters; what is longer than a name may be here is cut.
 */
static int
read_anonymous(struct command *cmd, struct buf *trace)
{
	if (sasl_begin(cmd, trace) < 0)
		return -1;
	if (trace->len > 0 && (!utf8_valid(trace->data, trace->len)
	    || memchr(trace->data, '\0', trace->len) != NULL))
		return err_set(&cmd->err, ERR_SYNTAX, "AUTHENTICATE ANONYMOUS: the trace is no text");
	if (trace->len > HANDOFF_NAME_MAX) {
		trace->len = HANDOFF_NAME_MAX;
		trace->data[trace->len] = '\0';
	}
	return 0;
}

/* In the order in which clients should try them. */
static const struct {
	const char *name;
	enum mechanism mechanism;
	bool needs_private;	/* who listens learns the password, or enough to guess it at home */
} mechanisms[] = {
	{ "EXTERNAL", MECHANISM_EXTERNAL, false },
	{ "SCRAM-SHA-256", MECHANISM_SCRAM, true },
	{ "PLAIN", MECHANISM_PLAIN, true },
	{ "LOGIN", MECHANISM_LOGIN, true },
	{ "OAUTHBEARER", MECHANISM_OAUTHBEARER, true },
	{ "XOAUTH2", MECHANISM_XOAUTH2, true },
	{ "ANONYMOUS", MECHANISM_ANONYMOUS, false },
};

enum { MECHANISMS = sizeof mechanisms / sizeof mechanisms[0] };

/* Is it configured? */
static bool
is_usable(const struct sasl_offer *offer, enum mechanism mechanism)
{
	switch (mechanism) {
	case MECHANISM_EXTERNAL:
		return *offer->certificate != '\0';
	case MECHANISM_SCRAM:
		return offer->scram;
	case MECHANISM_OAUTHBEARER:
	case MECHANISM_XOAUTH2:
		return offer->tokens;
	case MECHANISM_ANONYMOUS:
		return offer->anonymous;
	default:
		return true;
	}
}

void
sasl_capabilities(const struct sasl_offer *offer, struct buf *list)
{
	for (size_t i = 0; i < MECHANISMS; i++) {
		char word[40];

		if (!is_usable(offer, mechanisms[i].mechanism)
		    || (mechanisms[i].needs_private && !offer->private))
			continue;
		snprintf(word, sizeof word, "AUTH=%s", mechanisms[i].name);
		capability_add(list, word);
	}
}

int
sasl_mechanism(struct command *cmd, const struct sasl_offer *offer, enum mechanism *out)
{
	struct str name;
	size_t i = 0;

	if (parse_space(&cmd->parse) < 0 || parse_atom(&cmd->parse, &name) < 0)
		return -1;
	while (i < MECHANISMS && !ascii_is(name.data, name.len, mechanisms[i].name))
		i++;
	if (i == MECHANISMS || !is_usable(offer, mechanisms[i].mechanism))
		return err_set(&cmd->err, ERR_NO, "This mechanism is not offered");
	if (mechanisms[i].needs_private && !offer->private)
		return err_set(&cmd->err, ERR_PRIVACYREQUIRED,
		    "Passwords are only taken over a link with TLS");
	*out = mechanisms[i].mechanism;
	return 0;
}

int
sasl_read(struct command *cmd, enum mechanism mechanism, const struct sasl_offer *offer,
    struct buf *user, struct buf *secret)
{
	switch (mechanism) {
	case MECHANISM_EXTERNAL:
		return read_external(cmd, offer->certificate, user);
	case MECHANISM_ANONYMOUS:
		return read_anonymous(cmd, user);
	case MECHANISM_PLAIN:
		return read_plain(cmd, user, secret);
	default:
		return read_login(cmd, user, secret);
	}
}
