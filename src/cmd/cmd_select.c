/*
 * SELECT EXAMINE CLOSE UNSELECT (RFC 9051 6.3.2, 6.3.3, 6.4.1, 6.4.2; RFC 7162
 * 3.1.8 and 3.2.5 for the parameters CONDSTORE and QRESYNC).
 */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "session/names.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

/* The untagged data that a SELECT must show, and what rev1 clients expect beside it. */
static void
send_selected(struct session *s, const char *name)
{
	struct mailbox *m = s->mailbox;
	struct output *out = &s->out;
	struct err err;

	if (!s->enabled_rev2 && mailbox_claim_recent(m, &err) < 0)
		log_err(&err);
	mailbox_tell_all(m);
	view_tell_keywords(s, true);
	output_format(out, "* %u EXISTS\r\n", mailbox_told(m));
	if (!s->enabled_rev2) {
		uint32_t unseen = m->unseen > 0 ? mailbox_first_unseen(m) : 0;

		output_format(out, "* %u RECENT\r\n", mailbox_recent(m));
		if (unseen > 0)
			output_format(out, "* OK [UNSEEN %u] The first unseen message\r\n", unseen);
	}
	output_format(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n", m->facts.uidvalidity);
	output_format(out, "* OK [UIDNEXT %u] The next UID\r\n", m->facts.uidnext);
	if (m->unsaved)
		output_text(out, "* NO [UIDNOTSTICKY] UIDs cannot be kept here\r\n");
	if (s->enabled_rev2)
		send_list_of(s, name);
}

static int
select_mailbox(struct session *s, struct command *cmd, bool examine)
{
	struct mailbox *m = NULL;
	const char *name;
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &name, &why) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (s->mailbox != NULL) {
		session_select(s, NULL, false);
		output_text(&s->out, "* OK [CLOSED] The previous mailbox is closed\r\n");
	}
	if (name == NULL) {
		cmd->err = why;
		cmd->err.kind = ERR_NONEXISTENT;
		return -1;
	}
	if (folder_open_mailbox(&s->account, name, ERR_NONEXISTENT, &m, &cmd->err) < 0)
		return -1;
	m->claims_recent = !examine && !s->enabled_rev2;
	if (mailbox_sync(m, &cmd->err) < 0) {
		mailbox_close(&m);
		return -1;
	}
	if (m->read_only || m->unsaved)
		m->claims_recent = false;
	session_select(s, m, examine || m->read_only || m->unsaved);
	send_selected(s, name);
	buf_adds(&cmd->code, s->examined ? "READ-ONLY" : "READ-WRITE");
	cmd->done = examine ? "The mailbox is open for reading" : "The mailbox is selected";
	return 0;
}

int
cmd_select(void *session, struct command *cmd)
{
	return select_mailbox(session, cmd, false);
}

int
cmd_examine(void *session, struct command *cmd)
{
	return select_mailbox(session, cmd, true);
}

int
cmd_close(void *session, struct command *cmd)
{
	struct session *s = session;
	struct mailbox *m = s->mailbox;
	uint32_t *rows = NULL;
	size_t count = 0, room = 0;
	int result = 0;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	if (!s->examined && m->deleted > 0) {
		for (uint32_t row = mailbox_next_told(m, 0); row != UINT32_MAX;
		    row = mailbox_next_told(m, row + 1)) {
			if (!(mailbox_flags(m, row) & MAIL_DELETED))
				continue;
			rows = mem_grow(rows, &room, count + 1, sizeof *rows);
			rows[count++] = row;
		}
		result = mailbox_expunge(m, rows, count, &cmd->err);
		s->counts.expunged += result == 0 ? count : 0;
		free(rows);
	}
	/* The mailbox is closed in any case; what could not be removed is still there. */
	session_select(s, NULL, false);
	return result;
}

int
cmd_unselect(void *session, struct command *cmd)
{
	if (parse_end(&cmd->parse) < 0)
		return -1;
	session_select(session, NULL, false);
	return 0;
}
