/*
 * COPY and MOVE, with the UIDPLUS codes (RFC 9051 6.4.7 and 6.4.8, RFC 4315 3,
 * RFC 6851). MOVE tells COPYUID in an untagged OK before the EXPUNGEs.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/notify_watch.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/folder.h"
#include "store/mailbox.h"

/* "COPYUID <uidvalidity> <from> <to>": both sets in the order of the copies. */
static void
add_copyuid(struct buf *out, const struct mailbox *to, const struct copied *copied)
{
	struct seqset from = SEQSET_INIT, into = SEQSET_INIT;

	for (size_t i = 0; i < copied->count; i++) {
		seqset_add(&from, copied->from[i]);
		seqset_add(&into, copied->to[i]);
	}
	buf_addf(out, "COPYUID %u ", to->facts.uidvalidity);
	seqset_print(&from, out);
	buf_addc(out, ' ');
	seqset_print(&into, out);
	seqset_fini(&from);
	seqset_fini(&into);
}

static int
transfer(struct session *s, struct command *cmd, const char *name, const uint32_t *rows,
    size_t count, bool move)
{
	struct copied copied = { 0 };
	struct mailbox *to = NULL;
	struct buf code = BUF_INIT;
	struct box_facts before;
	int result = -1;

	if (strcmp(name, s->mailbox->name) == 0)
		to = s->mailbox;
	else if (folder_open_mailbox(&s->account, name, ERR_TRYCREATE, &to, &cmd->err) < 0)
		return -1;
	if (mailbox_sync(to, &cmd->err) < 0)
		goto out;
	before = notify_before(to);
	if (count == 0)
		result = 0;
	else if (move)
		result = mailbox_move(s->mailbox, rows, count, to, &copied, &cmd->err);
	else
		result = mailbox_copy(s->mailbox, rows, count, to, &copied, &cmd->err);
	if (copied.count == 0)
		goto out;
	add_copyuid(&code, to, &copied);
	notify_own(s, to, copied.to, copied.count);
	notify_after(s, to, &before);
	if (move) {
		s->own_changes |= NOTIFY_EXPUNGE;
		s->counts.expunged += copied.count;
		output_format(&s->out, "* OK [%s] Moved\r\n", code.data);
		if (s->enabled_qresync)
			buf_addf(&cmd->code, "HIGHESTMODSEQ %llu",
			    (unsigned long long)s->mailbox->facts.modseq);
	} else {
		buf_add(&cmd->code, code.data, code.len);
	}
	if (to != s->mailbox)
		mailbox_tidy(to);
out:
	copied_fini(&copied);
	if (to != s->mailbox)
		mailbox_close(&to);
	buf_fini(&code);
	return result;
}

/*
 * OK must not stand for a message that another expunged before it could be copied
 * (RFC 2180 4.4). A UID that is gone is as good as one that never was; and of several
 * messages a MOVE takes those that are left.
 */
static int
refuse_gone(struct session *s, struct command *cmd, const uint32_t *rows, size_t count, bool move)
{
	size_t gone = 0;

	if (view_refresh(s, &cmd->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		gone += (mailbox_flags(s->mailbox, rows[i]) & (ROW_GONE | ROW_REMOVED)) != 0;
	if (gone == 0 || (move && gone < count))
		return 0;
	return err_set(&cmd->err, ERR_EXPUNGEISSUED, "Some of the messages are gone");
}

static int
copy_or_move(struct session *s, struct command *cmd, bool move)
{
	struct seqset set = SEQSET_INIT;
	uint32_t *rows = NULL;
	size_t count = 0;
	const char *name;
	struct err why;
	bool saved;
	int result = -1;

	if (parse_space(&cmd->parse) < 0 || parse_message_set(s, cmd, &set, &saved) < 0
	    || parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &name, &why) < 0
	    || parse_end(&cmd->parse) < 0
	    || rows_of_set(s, &set, cmd->row->uid || saved, &rows, &count, &cmd->err) < 0)
		goto out;
	if (name == NULL) {
		cmd->err = why;
	} else if (!move && count > SAVELIMIT) {
		err_set(&cmd->err, ERR_MESSAGELIMIT, "%d %u] Too many messages in one COPY", SAVELIMIT,
		    mailbox_uid(s->mailbox, rows[count - SAVELIMIT]));
	} else if (move && s->examined) {
		err_set(&cmd->err, ERR_READONLY, "The mailbox is open for reading only");
	} else if (cmd->row->uid || saved || refuse_gone(s, cmd, rows, count, move) == 0) {
		result = transfer(s, cmd, name, rows, count, move);
	}
out:
	seqset_fini(&set);
	free(rows);
	return result;
}

int
cmd_copy(void *session, struct command *cmd)
{
	return copy_or_move(session, cmd, false);
}

int
cmd_move(void *session, struct command *cmd)
{
	return copy_or_move(session, cmd, true);
}
