/* STORE and UID STORE (RFC 9051 6.4.6, RFC 7162 3.1.3). */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/flag_args.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/mailbox.h"
#include "util/mem.h"

struct store_args {
	struct seqset set;
	bool saved;
	struct flag_change change;
	bool silent;
	bool conditional;	/* UNCHANGEDSINCE was given */
};

static int
parse_store(struct session *s, struct command *cmd, struct store_args *a)
{
	struct parse *p = &cmd->parse;
	struct flag_args flags;

	if (parse_space(p) < 0 || parse_message_set(s, cmd, &a->set, &a->saved) < 0
	    || parse_space(p) < 0)
		return -1;
	a->change.unchanged_since = UINT64_MAX;
	if (parse_try(p, '(')) {
		if (!parse_try_word(p, "UNCHANGEDSINCE"))
			return parse_fail(p, "UNCHANGEDSINCE");
		if (parse_space(p) < 0 || parse_number64(p, &a->change.unchanged_since) < 0
		    || parse_char(p, ')') < 0 || parse_space(p) < 0)
			return -1;
		a->conditional = true;
	}
	a->change.mode = parse_try(p, '+') ? FLAGS_ADD : parse_try(p, '-') ? FLAGS_REMOVE
	    : FLAGS_REPLACE;
	if (parse_try_word(p, "FLAGS.SILENT"))
		a->silent = true;
	else if (!parse_try_word(p, "FLAGS"))
		return parse_fail(p, "FLAGS or FLAGS.SILENT");
	if (parse_space(p) < 0 || parse_flag_args(cmd, true, &flags) < 0 || parse_end(p) < 0)
		return -1;
	a->change.flags = flags.flags;
	a->change.keywords = flags.keywords;
	a->change.keyword_count = flags.count;
	return 0;
}

/* "MODIFIED 7,9": the messages that somebody else changed first. */
static void
add_modified(struct session *s, struct command *cmd, const struct rows *modified)
{
	struct seqset set = SEQSET_INIT;

	if (modified->count == 0)
		return;
	for (size_t i = 0; i < modified->count; i++)
		seqset_add(&set, cmd->row->uid ? mailbox_uid(s->mailbox, modified->at[i])
		    : mailbox_number_of_row(s->mailbox, modified->at[i]));
	seqset_sort(&set);
	buf_adds(&cmd->code, "MODIFIED ");
	seqset_print(&set, &cmd->code);
	seqset_fini(&set);
}

static int
by_row(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Show the rows that still have a number and a message. */
static void
send_flags(struct session *s, const struct command *cmd, const struct store_args *a,
    const struct rows *modified, const uint32_t *rows, size_t count)
{
	view_tell_keywords(s, false);
	/* So that the client need not ask what hinders (RFC 7162 3.1.3). */
	for (size_t i = 0; i < modified->count; i++)
		if (!(mailbox_flags(s->mailbox, modified->at[i]) & (ROW_GONE | ROW_REMOVED)))
			view_fetch_flags(s, modified->at[i], cmd->row->uid, true);
	if (a->silent && !s->enabled_condstore)
		return;
	for (size_t i = 0, m = 0; i < count; i++) {
		if (m < modified->count && modified->at[m] == rows[i])
			m++;
		else if (!(mailbox_flags(s->mailbox, rows[i]) & (ROW_GONE | ROW_REMOVED)))
			view_fetch_flags(s, rows[i], cmd->row->uid, !a->silent);
	}
}

int
cmd_store(void *session, struct command *cmd)
{
	struct session *s = session;
	struct store_args a = { .set = SEQSET_INIT };
	struct rows modified = { NULL, 0, 0 };
	uint32_t *rows = NULL;
	size_t count = 0;
	int result = -1;

	/* A flag that another program took away must not look as if it were there already. */
	if (parse_store(s, cmd, &a) < 0 || view_refresh(s, &cmd->err) < 0
	    || rows_of_set(s, &a.set, cmd->row->uid || a.saved, &rows, &count, &cmd->err) < 0)
		goto out;
	if (s->examined) {
		err_set(&cmd->err, ERR_READONLY, "The mailbox is open for reading only");
		goto out;
	}
	if (mailbox_change_flags(s->mailbox, rows, count, &a.change, &modified, &cmd->err) < 0)
		goto out;
	if (a.conditional)
		s->enabled_condstore = true;	/* RFC 7162 3.1: asking is enabling */
	/* in the order of the rows also where a second look was needed */
	if (modified.count > 1)
		qsort(modified.at, modified.count, sizeof *modified.at, by_row);
	add_modified(s, cmd, &modified);
	send_flags(s, cmd, &a, &modified, rows, count);
	result = 0;
out:
	seqset_fini(&a.set);
	free(modified.at);
	free(rows);
	return result;
}
