/*
 * GETQUOTA and GETQUOTAROOT (RFC 9208). An account has one quota root, "", over
 * all its mailboxes, or none. Limits are the administrator's: there is no SETQUOTA.
 */
#include "cmd/cmd.h"
#include "session/names.h"
#include "session/session.h"
#include "store/folder.h"
#include "store/quota.h"
#include "util/buf.h"
#include "wire/respond.h"

/* "* QUOTA "" (STORAGE used limit MESSAGE used limit)", sizes in kilobytes. */
static void
send_quota(struct session *s, const struct quota *q)
{
	output_text(&s->out, "* QUOTA \"\" (");
	if (q->bytes_max > 0)
		output_format(&s->out, "STORAGE %llu %llu", (unsigned long long)(q->bytes + 1023) / 1024,
		    (unsigned long long)q->bytes_max / 1024);
	if (q->messages_max > 0)
		output_format(&s->out, "%sMESSAGE %llu %llu", q->bytes_max > 0 ? " " : "",
		    (unsigned long long)q->messages, (unsigned long long)q->messages_max);
	output_text(&s->out, ")\r\n");
}

int
cmd_getquota(void *session, struct command *cmd)
{
	struct session *s = session;
	struct quota quota;
	struct str root;

	if (parse_space(&cmd->parse) < 0 || parse_astring(&cmd->parse, &root) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (quota_read(&s->account, &quota, &cmd->err) < 0)
		return -1;
	if (root.len > 0 || !quota.on)
		return err_set(&cmd->err, ERR_NONEXISTENT, "There is no such quota root");
	send_quota(s, &quota);
	return 0;
}

int
cmd_getquotaroot(void *session, struct command *cmd)
{
	struct session *s = session;
	struct buf shown = BUF_INIT;
	struct quota quota;
	const char *name;
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &name, &why) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		return -1;
	}
	/* it need not be there: a client may ask before it makes one (RFC 9208 4.1.2) */
	if (folder_check_name(&s->account, name, &cmd->err) < 0 || quota_read(&s->account, &quota, &cmd->err) < 0)
		return -1;
	name_to_client(s, name, &shown);
	output_text(&s->out, "* QUOTAROOT ");
	respond_astring(&s->out, shown.data, shown.len, session_utf8(s));
	output_text(&s->out, quota.on ? " \"\"\r\n" : "\r\n");
	if (quota.on)
		send_quota(s, &quota);
	buf_fini(&shown);
	return 0;
}
