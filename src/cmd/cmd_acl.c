/*
 * MYRIGHTS, GETACL, LISTRIGHTS, SETACL, DELETEACL (RFC 4314), and MYRIGHTS in
 * LIST (RFC 8440). Who may do what is a matter of the file system here: the rights
 * are those that its permissions give this session, and nobody changes them by IMAP.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "session/names.h"
#include "session/session.h"
#include "store/folder.h"
#include "util/buf.h"
#include "util/io.h"
#include "wire/respond.h"

static bool
may(int dirfd, const char *path, int mode)
{
	return faccessat(dirfd, path, mode, AT_EACCESS) == 0;
}

/* The letters are told in RFC 4314 2.1; those of SETACL may also be the old "c" and "d". */
#define ALL_RIGHTS "lrswipkxteacd"

/*
 * "lrswipkxte", as far as the file system lets us. Clients of RFC 2086 look for "c" and "d":
 * they go with the rights that took their place (RFC 4314 2.1.1).
 */
static int
rights_of(struct session *s, const char *name, struct buf *out, struct err *err)
{
	int fd = folder_open(&s->account, name, err);

	if (fd < 0)
		return -1;
	buf_addc(out, 'l');
	if (may(fd, "cur", R_OK | X_OK)) {
		buf_addc(out, 'r');
		if (may(fd, "cur", W_OK) && may(fd, ".", W_OK) && !s->account.read_only)
			buf_adds(out, "swipted");
	}
	/* Folders below it and its own name lie in the root. */
	if (may(s->account.dirfd, ".", W_OK) && !s->account.read_only)
		buf_adds(out, strcmp(name, "INBOX") == 0 ? "kc" : "kxc");
	io_close(&fd);
	return 0;
}

static void
send_name(struct session *s, const char *verb, const char *name)
{
	struct buf shown = BUF_INIT;

	name_to_client(s, name, &shown);
	output_format(&s->out, "* %s ", verb);
	respond_astring(&s->out, shown.data, shown.len, session_utf8(s));
	buf_fini(&shown);
}

int
send_myrights(struct session *s, const char *name, struct err *err)
{
	struct buf rights = BUF_INIT;
	int result = rights_of(s, name, &rights, err);

	if (result == 0) {
		send_name(s, "MYRIGHTS", name);
		output_format(&s->out, " %s\r\n", rights.data);
	}
	buf_fini(&rights);
	return result;
}

/* The mailbox, and so many arguments behind it that are read and kept in words. */
static int
parse_acl(struct session *s, struct command *cmd, const char **name, struct str *words, int count)
{
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, name, &why) < 0)
		return -1;
	for (int i = 0; i < count; i++)
		if (parse_space(&cmd->parse) < 0 || parse_astring(&cmd->parse, &words[i]) < 0)
			return -1;
	if (parse_end(&cmd->parse) < 0)
		return -1;
	if (*name == NULL) {
		cmd->err = why;
		return -1;
	}
	return 0;
}

int
cmd_myrights(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *name;

	if (parse_acl(s, cmd, &name, NULL, 0) < 0)
		return -1;
	return send_myrights(s, name, &cmd->err);
}

/* The only identifier that we know is the session's own: whoever it is, it is the owner here. */
int
cmd_getacl(void *session, struct command *cmd)
{
	struct session *s = session;
	struct buf rights = BUF_INIT;
	const char *name;
	int result;

	if (parse_acl(s, cmd, &name, NULL, 0) < 0)
		return -1;
	result = rights_of(s, name, &rights, &cmd->err);
	if (result == 0) {
		send_name(s, "ACL", name);
		output_format(&s->out, " owner %s\r\n", rights.data);
	}
	buf_fini(&rights);
	return result;
}

/* What an identifier has always, and then what could be granted to it: nothing. */
int
cmd_listrights(void *session, struct command *cmd)
{
	struct session *s = session;
	struct buf rights = BUF_INIT;
	const char *name;
	struct str who;
	int result;

	if (parse_acl(s, cmd, &name, &who, 1) < 0)
		return -1;
	result = rights_of(s, name, &rights, &cmd->err);
	if (result == 0) {
		send_name(s, "LISTRIGHTS", name);
		output_char(&s->out, ' ');
		respond_astring(&s->out, who.data, who.len, session_utf8(s));
		output_format(&s->out, " %s\r\n", strcmp(who.data, "owner") == 0 ? rights.data : "\"\"");
	}
	buf_fini(&rights);
	return result;
}

/* "lrs", "+w", "-": what SETACL may ask for, whether it is granted or not. */
static bool
are_rights(const struct str *text)
{
	size_t sign = text->len > 0 && (text->data[0] == '+' || text->data[0] == '-');

	return sign + strspn(text->data + sign, ALL_RIGHTS) == text->len;
}

static int
refuse(struct session *s, struct command *cmd, int words)
{
	struct str given[2];	/* who, and for SETACL which rights */
	const char *name;

	if (parse_acl(s, cmd, &name, given, words) < 0)
		return -1;
	if (words == 2 && !are_rights(&given[1]))
		return err_set(&cmd->err, ERR_SYNTAX, "Rights are letters of " ALL_RIGHTS);
	if (!folder_exists(&s->account, name))
		return err_set(&cmd->err, ERR_NONEXISTENT, "There is no such mailbox");
	return err_set(&cmd->err, ERR_NOPERM, "Rights are those of the file system");
}

int
cmd_setacl(void *session, struct command *cmd)
{
	return refuse(session, cmd, 2);
}

int
cmd_deleteacl(void *session, struct command *cmd)
{
	return refuse(session, cmd, 1);
}
