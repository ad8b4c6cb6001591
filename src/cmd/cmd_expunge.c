/* EXPUNGE and UID EXPUNGE (RFC 9051 6.4.3 and 6.4.9). */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "session/notify.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/mailbox.h"

int
cmd_expunge(void *session, struct command *cmd)
{
	struct session *s = session;
	struct mailbox *m = s->mailbox;
	struct seqset set = SEQSET_INIT;
	uint32_t *rows = NULL;
	size_t count = 0, kept = 0, gone = 0;
	bool saved = false;
	int result = -1;

	if (cmd->row->uid && (parse_space(&cmd->parse) < 0
	    || parse_message_set(s, cmd, &set, &saved) < 0))
		goto out;
	if (parse_end(&cmd->parse) < 0)
		goto out;
	if (s->examined) {
		err_set(&cmd->err, ERR_READONLY, "The mailbox is open for reading only");
		goto out;
	}
	/* Only what is \Deleted by now, whoever marked it; see what others did first. */
	if (view_refresh(s, &cmd->err) < 0)
		goto out;
	if (!cmd->row->uid)
		seqset_add_range(&set, 1, UINT32_MAX);
	if (rows_of_set(s, &set, true, &rows, &count, &cmd->err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++) {
		uint32_t flags = mailbox_flags(m, rows[i]);

		if ((flags & MAIL_DELETED) && !(flags & (ROW_GONE | ROW_REMOVED)))
			rows[kept++] = rows[i];
	}
	if (mailbox_expunge(m, rows, kept, MAIL_DELETED, &gone, &cmd->err) < 0)
		goto out;
	s->counts.expunged += gone;
	s->own_changes |= gone > 0 ? NOTIFY_EXPUNGE : 0;
	/* RFC 7162 3.2.8: so that the client need not ask for what it did itself */
	if (gone > 0 && s->enabled_condstore)
		buf_addf(&cmd->code, "HIGHESTMODSEQ %llu", (unsigned long long)m->facts.modseq);
	result = 0;
out:
	seqset_fini(&set);
	free(rows);
	return result;
}
