/* AUTHENTICATE: the exchange, and what each mechanism makes of its responses. */
#include "login/sasl.h"

#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/base64.h"
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

/* Send a challenge and read the response to it. */
static int
ask(struct command *cmd, const char *challenge, struct buf *out)
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

/* authzid NUL authcid NUL password */
static int
read_plain(struct command *cmd, struct buf *user, struct buf *secret)
{
	struct buf response = BUF_INIT;
	const char *name, *password, *end;
	int result = -1, have = initial(cmd, &response);

	if (have < 0 || (have == 0 && ask(cmd, "", &response) < 0))
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
	if (response.data != NULL)
		mem_wipe(response.data, response.cap);
	buf_fini(&response);
	return result;
}

static int
read_login(struct command *cmd, struct buf *user, struct buf *secret)
{
	/* Clients that send the name at once exist, though the draft has the server begin. */
	int have = initial(cmd, user);

	if (have < 0 || (have == 0 && ask(cmd, "Username:", user) < 0))
		return -1;
	return ask(cmd, "Password:", secret);
}

static int
read_external(struct command *cmd, const char *certificate, struct buf *user)
{
	int have = initial(cmd, user);

	if (have < 0 || (have == 0 && ask(cmd, "", user) < 0))
		return -1;
	if (user->len == 0)
		buf_adds(user, certificate);
	return 0;
}

int
sasl_read(struct command *cmd, bool private_link, const char *certificate,
    enum mechanism *mechanism_out, struct buf *user, struct buf *secret)
{
	struct str name;

	if (parse_space(&cmd->parse) < 0 || parse_atom(&cmd->parse, &name) < 0)
		return -1;
	if (ascii_is(name.data, name.len, "EXTERNAL") && *certificate != '\0') {
		*mechanism_out = MECHANISM_EXTERNAL;
		return read_external(cmd, certificate, user);
	}
	if (ascii_is(name.data, name.len, "PLAIN"))
		*mechanism_out = MECHANISM_PLAIN;
	else if (ascii_is(name.data, name.len, "LOGIN"))
		*mechanism_out = MECHANISM_LOGIN;
	else
		return err_set(&cmd->err, ERR_NO, "This mechanism is not offered");
	if (!private_link)
		return err_set(&cmd->err, ERR_PRIVACYREQUIRED,
		    "Passwords are only taken over a link with TLS");
	if (*mechanism_out == MECHANISM_PLAIN)
		return read_plain(cmd, user, secret);
	return read_login(cmd, user, secret);
}
