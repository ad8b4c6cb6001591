/*
 * CAPABILITY NOOP CHECK LOGOUT ID ENABLE NAMESPACE LANGUAGE (RFC 9051 6.1, 6.3.1, 6.3.10,
 * RFC 2971, RFC 5161, RFC 2342, RFC 5255).
 */
#include <string.h>

#include "cmd/cmd.h"
#include "session/session.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "wire/capability.h"
#include "wire/language.h"
#include "wire/respond.h"

enum {
	/* RFC 2971 3.3 */
	ID_PAIRS_MAX = 30,
	ID_KEY_MAX = 30,
	ID_VALUE_MAX = 1024,
};

int
cmd_capability(void *session, struct command *cmd)
{
	struct session *s = session;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	output_format(&s->out, "* CAPABILITY %s\r\n", s->options->capabilities);
	return 0;
}

/* Also CHECK: everything that was answered is on disk already. */
int
cmd_noop(void *session, struct command *cmd)
{
	(void)session;
	return parse_end(&cmd->parse);
}

int
cmd_logout(void *session, struct command *cmd)
{
	struct session *s = session;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	output_text(&s->out, "* BYE Good-bye\r\n");
	session_logout(s);
	return 0;
}

static int
parse_id_list(struct parse *p)
{
	for (int pairs = 0; !parse_try(p, ')'); pairs++) {
		struct str key, value;

		if (pairs > 0 && parse_space(p) < 0)
			return -1;
		if (parse_string(p, &key) < 0 || parse_space(p) < 0 || parse_nstring(p, &value) < 0)
			return -1;
		if (pairs == ID_PAIRS_MAX)
			return err_set(p->err, ERR_SYNTAX, "ID has at most %d pairs", ID_PAIRS_MAX);
		if (key.len > ID_KEY_MAX || value.len > ID_VALUE_MAX)
			return err_set(p->err, ERR_SYNTAX, "An ID key has at most %d octets, a value %d",
			    ID_KEY_MAX, ID_VALUE_MAX);
	}
	return 0;
}

/* The next "name=value" of a list; false at its end, or when it has another form (NULL in *name). */
static bool
next_id(const char **list, struct str *name, struct str *value)
{
	size_t len = strcspn(*list, ","), eq = strcspn(*list, "=");

	if (**list == '\0')
		return false;
	*name = (struct str){ eq > 0 && eq < len ? *list : NULL, eq };
	*value = (struct str){ *list + eq + 1, len - eq - 1 };
	*list += len + ((*list)[len] == ',');
	return name->data != NULL;
}

bool
id_is_answerable(const char *list)
{
	struct str name, value = { NULL, 0 };
	int pairs = 0;

	name = value;
	for (const char *c = list; *c != '\0'; c++)
		if (*c < ' ' || *c == 0x7f)
			return false;
	while (next_id(&list, &name, &value))
		if (++pairs > ID_PAIRS_MAX || name.len > ID_KEY_MAX || value.len > ID_VALUE_MAX)
			return false;
	return pairs == 0 || name.data != NULL;
}

static void
send_id(struct session *s)
{
	/* No version, no host: an answer that helps nobody to choose an attack. */
	const char *list = s->options->id != NULL ? s->options->id : "name=mayfly";
	struct str name, value;
	const char *between = "(";

	output_text(&s->out, "* ID ");
	if (*list == '\0')
		output_text(&s->out, "NIL");
	while (next_id(&list, &name, &value)) {
		output_text(&s->out, between);
		respond_nstring(&s->out, name.data, name.len, false);
		output_char(&s->out, ' ');
		respond_nstring(&s->out, value.data, value.len, false);
		between = " ";
	}
	output_text(&s->out, between[0] == '(' ? "\r\n" : ")\r\n");
}

int
cmd_language(void *session, struct command *cmd)
{
	struct session *s = session;

	return language_run(&cmd->parse, &s->out);
}

int
cmd_id(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0)
		return -1;
	if (!parse_try_word(p, "NIL") && (parse_char(p, '(') < 0 || parse_id_list(p) < 0))
		return -1;
	if (parse_end(p) < 0)
		return -1;
	send_id(s);
	return 0;
}

static bool
enable_one(struct session *s, const char *name)
{
	bool *flag = NULL;

	if (ascii_casecmp(name, "IMAP4rev2") == 0)
		flag = &s->enabled_rev2;
	else if (ascii_casecmp(name, "UTF8=ACCEPT") == 0)
		flag = &s->enabled_utf8;
	else if (ascii_casecmp(name, "CONDSTORE") == 0)
		flag = &s->enabled_condstore;
	else if (ascii_casecmp(name, "QRESYNC") == 0)
		flag = &s->enabled_qresync;
	else if (ascii_casecmp(name, "UIDONLY") == 0)
		flag = &s->enabled_uidonly;
	if (flag == NULL || *flag || !capability_has(s->options->capabilities, name))
		return false;
	*flag = true;
	if (s->enabled_qresync)
		s->enabled_condstore = true;	/* RFC 7162 3.2.3 */
	return true;
}

int
cmd_enable(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	struct str *names = NULL;
	size_t count = 0;

	do {
		struct str *more = arena_alloc(cmd->arena, (count + 1) * sizeof *more);

		if (count > 0)
			memcpy(more, names, count * sizeof *more);
		names = more;
		if (parse_space(p) < 0 || parse_atom(p, &names[count]) < 0)
			return -1;
		count++;
	} while (parse_peek(p) == ' ' && count < 64);
	if (parse_end(p) < 0)
		return -1;
	output_text(&s->out, "* ENABLED");
	for (size_t i = 0; i < count; i++) {
		if (!enable_one(s, names[i].data))
			continue;
		output_char(&s->out, ' ');
		output_write(&s->out, names[i].data, names[i].len);
	}
	output_text(&s->out, "\r\n");
	view_tell_modseq(s);
	return 0;
}

int
cmd_namespace(void *session, struct command *cmd)
{
	struct session *s = session;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	output_text(&s->out, "* NAMESPACE ((");
	respond_nstring(&s->out, s->options->prefix, strlen(s->options->prefix), true);
	output_format(&s->out, " \"%c\")) NIL NIL\r\n", s->options->separator);
	return 0;
}
