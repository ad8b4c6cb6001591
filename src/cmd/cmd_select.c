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

/* What SELECT was asked beside the name. */
struct select_args {
	const char *name;
	struct err why;			/* when name is NULL */
	bool condstore, qresync;
	uint32_t uidvalidity;
	uint64_t modseq;
	struct seqset known, seqs, uids;
	bool has_known, has_match;
};

static void
args_fini(struct select_args *a)
{
	seqset_fini(&a->known);
	seqset_fini(&a->seqs);
	seqset_fini(&a->uids);
}

/* "(67890007 90060115194045000 41:211,214:541 (1:3 41:43))", behind QRESYNC */
static int
parse_qresync(struct command *cmd, struct select_args *a)
{
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0 || parse_char(p, '(') < 0 || parse_nz_number(p, &a->uidvalidity) < 0
	    || parse_space(p) < 0 || parse_number64(p, &a->modseq) < 0)
		return -1;
	if (parse_peek(p) == ' ' && p->at + 1 < p->end && p->at[1] != '(') {
		parse_space(p);
		if (parse_sequence_set(p, &a->known) < 0)
			return -1;
		a->has_known = true;
	}
	if (parse_try(p, ' ')) {
		if (parse_char(p, '(') < 0 || parse_sequence_set(p, &a->seqs) < 0 || parse_space(p) < 0
		    || parse_sequence_set(p, &a->uids) < 0 || parse_char(p, ')') < 0)
			return -1;
		a->has_match = true;
	}
	if (a->known.star || a->seqs.star || a->uids.star)
		return err_set(&cmd->err, ERR_SYNTAX, "QRESYNC takes no * in its sets");
	seqset_sort(&a->known);
	seqset_sort(&a->seqs);
	seqset_sort(&a->uids);
	return parse_char(p, ')');
}

static int
parse_select(struct session *s, struct command *cmd, struct select_args *a)
{
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0 || parse_mailbox(s, cmd, &a->name, &a->why) < 0)
		return -1;
	if (parse_peek(p) == ' ' && p->at + 1 < p->end) {
		parse_space(p);
		if (parse_char(p, '(') < 0)
			return -1;
		do {
			if (parse_try_word(p, "CONDSTORE"))
				a->condstore = true;
			else if (!parse_try_word(p, "QRESYNC"))
				return parse_fail(p, "CONDSTORE or QRESYNC");
			else if (parse_qresync(cmd, a) < 0)
				return -1;
			else
				a->qresync = true;
		} while (parse_try(p, ' '));
		if (parse_char(p, ')') < 0)
			return -1;
	}
	if (a->qresync && !s->enabled_qresync)
		return err_set(&cmd->err, ERR_SYNTAX, "ENABLE QRESYNC must come first");
	if (a->has_match && s->enabled_uidonly)
		return err_set(&cmd->err, ERR_UIDREQUIRED, "No message numbers after ENABLE UIDONLY");
	return parse_end(p);
}

/* What changed since the client was here last (RFC 7162 3.2.5). */
static void
send_resync(struct session *s, const struct select_args *a)
{
	struct mailbox *m = s->mailbox;

	if (!a->qresync || a->uidvalidity != m->facts.uidvalidity)
		return;
	view_tell_vanished(s, a->modseq, a->has_known ? &a->known : NULL,
	    a->has_match ? &a->seqs : NULL, a->has_match ? &a->uids : NULL);
	for (uint32_t row = mailbox_next_told(m, 0); row != UINT32_MAX;
	    row = mailbox_next_told(m, row + 1))
		if (mailbox_modseq(m, row) > a->modseq
		    && (!a->has_known || seqset_contains(&a->known, mailbox_uid(m, row))))
			view_fetch_flags(s, row, true, true);
}

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
		if (unseen > 0 && !s->enabled_uidonly)
			output_format(out, "* OK [UNSEEN %u] The first unseen message\r\n", unseen);
	}
	output_format(out, "* OK [UIDVALIDITY %u] UIDs are valid\r\n", m->facts.uidvalidity);
	output_format(out, "* OK [UIDNEXT %u] The next UID\r\n", m->facts.uidnext);
	output_format(out, "* OK [HIGHESTMODSEQ %llu] The highest so far\r\n",
	    (unsigned long long)m->facts.modseq);
	output_format(out, "* OK [MAILBOXID (F%s)] The mailbox, whatever its name\r\n",
	    m->facts.mailbox_id);
	if (m->unsaved)
		output_text(out, "* NO [UIDNOTSTICKY] UIDs cannot be kept here\r\n");
	if (s->enabled_rev2 && name_given_for(s, name) != NULL)
		send_list_composed(s, name);
	else if (s->enabled_rev2)
		send_list_of(s, name);
}

static int
open_mailbox(struct session *s, struct command *cmd, const struct select_args *a, bool examine)
{
	struct mailbox *m = NULL;

	if (s->mailbox != NULL) {
		session_select(s, NULL, false);
		output_text(&s->out, "* OK [CLOSED] The previous mailbox is closed\r\n");
	}
	if (a->name == NULL) {
		cmd->err = a->why;
		cmd->err.kind = ERR_NONEXISTENT;
		return -1;
	}
	if (folder_open_mailbox(&s->account, a->name, ERR_NONEXISTENT, &m, &cmd->err) < 0)
		return -1;
	m->claims_recent = !examine && !s->enabled_rev2;
	if (mailbox_sync(m, &cmd->err) < 0) {
		mailbox_close(&m);
		return -1;
	}
	if (m->read_only || m->unsaved)
		m->claims_recent = false;
	session_select(s, m, examine || m->read_only || m->unsaved);
	s->enabled_condstore |= a->condstore;
	s->condstore_told = s->enabled_condstore;	/* a line of this answer */
	send_selected(s, a->name);
	send_resync(s, a);
	buf_adds(&cmd->code, s->examined ? "READ-ONLY" : "READ-WRITE");
	cmd->done = examine ? "The mailbox is open for reading" : "The mailbox is selected";
	return 0;
}

static int
select_mailbox(struct session *s, struct command *cmd, bool examine)
{
	struct select_args a = { .known = SEQSET_INIT, .seqs = SEQSET_INIT, .uids = SEQSET_INIT };
	int result = parse_select(s, cmd, &a);

	if (result == 0)
		result = open_mailbox(s, cmd, &a, examine);
	args_fini(&a);
	return result;
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

static void
leave_mailbox(struct session *s)
{
	session_select(s, NULL, false);
	mem_give_back();
}

int
cmd_close(void *session, struct command *cmd)
{
	struct session *s = session;
	struct mailbox *m = s->mailbox;
	uint32_t *rows = NULL;
	size_t count = 0, room = 0, gone;
	int result = 0;
	struct err err;
	bool looked;

	if (parse_end(&cmd->parse) < 0)
		return -1;
	/* What another undeleted meanwhile is not removed. */
	looked = !s->examined && view_refresh(s, &err) == 0;
	if (!s->examined && !looked && m->deleted > 0) {
		/* OK would say that they are gone. */
		cmd->err = err;
		result = -1;
	}
	if (looked && m->deleted > 0) {
		for (uint32_t row = mailbox_next_told(m, 0); row != UINT32_MAX;
		    row = mailbox_next_told(m, row + 1)) {
			if (!(mailbox_flags(m, row) & MAIL_DELETED))
				continue;
			rows = mem_grow(rows, &room, count + 1, sizeof *rows);
			rows[count++] = row;
		}
		result = mailbox_expunge(m, rows, count, MAIL_DELETED, &gone, &cmd->err);
		s->counts.expunged += gone;
		/* No HIGHESTMODSEQ: nobody was told what went (RFC 7162 3.2.8). */
		free(rows);
	}
	/* The mailbox is closed in any case; what could not be removed is still there. */
	leave_mailbox(s);
	return result;
}

int
cmd_unselect(void *session, struct command *cmd)
{
	if (parse_end(&cmd->parse) < 0)
		return -1;
	leave_mailbox(session);
	return 0;
}
