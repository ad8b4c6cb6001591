/* STORE and UID STORE (RFC 9051 6.4.6). */
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
};

static int
parse_store(struct session *s, struct command *cmd, struct store_args *a)
{
	struct parse *p = &cmd->parse;
	struct flag_args flags;

	if (parse_space(p) < 0 || parse_message_set(s, cmd, &a->set, &a->saved) < 0
	    || parse_space(p) < 0)
		return -1;
	a->change.mode = parse_try(p, '+') ? FLAGS_ADD : parse_try(p, '-') ? FLAGS_REMOVE
	    : FLAGS_REPLACE;
	a->change.unchanged_since = UINT64_MAX;
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

/* Show the rows that still have a number and a message. */
static void
send_flags(struct session *s, const struct command *cmd, const struct store_args *a,
    const uint32_t *rows, size_t count)
{
	if (a->silent && !s->enabled_condstore)
		return;
	view_tell_keywords(s, false);
	for (size_t i = 0; i < count; i++)
		if (!(mailbox_flags(s->mailbox, rows[i]) & (ROW_GONE | ROW_REMOVED)))
			view_fetch_flags(s, rows[i], cmd->row->uid, !a->silent);
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

	if (parse_store(s, cmd, &a) < 0
	    || rows_of_set(s, &a.set, cmd->row->uid || a.saved, &rows, &count, &cmd->err) < 0)
		goto out;
	if (s->examined) {
		err_set(&cmd->err, ERR_READONLY, "The mailbox is open for reading only");
		goto out;
	}
	if (mailbox_change_flags(s->mailbox, rows, count, &a.change, &modified, &cmd->err) < 0)
		goto out;
	send_flags(s, cmd, &a, rows, count);
	result = 0;
out:
	seqset_fini(&a.set);
	free(modified.at);
	free(rows);
	return result;
}
