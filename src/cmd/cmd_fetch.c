/*
 * FETCH and UID FETCH (RFC 9051 6.4.5, RFC 7162 3.1.4 and 3.2.6, RFC 9394 3.3).
 * \Seen is set for all messages of the command at once, before they are sent:
 * one write and one sync, not one each.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/fetch_items.h"
#include "cmd/search_source.h"
#include "query/result.h"
#include "session/message.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/mailbox.h"
#include "util/log.h"
#include "util/mem.h"

struct fetch {
	struct seqset set;
	bool saved;
	struct fetch_items items;
	uint64_t changed_since;	/* only messages with a higher mod-sequence; 0: all */
	bool has_changed_since, vanished, partial;
	struct result_range range;	/* PARTIAL: of the messages named, only these */
	uint32_t *rows;
	size_t count;
	uint32_t *seen;		/* rows that become \Seen by this command */
	size_t seen_count;
};

/* " (CHANGEDSINCE 12345 VANISHED)" */
static int
parse_modifiers(struct session *s, struct command *cmd, struct fetch *f)
{
	struct parse *p = &cmd->parse;

	if (parse_char(p, '(') < 0)
		return -1;
	do {
		if (parse_try_word(p, "CHANGEDSINCE")) {
			if (parse_space(p) < 0 || parse_number64(p, &f->changed_since) < 0)
				return -1;
			f->has_changed_since = true;
		} else if (parse_try_word(p, "VANISHED")) {
			f->vanished = true;
		} else if (cmd->row->uid && !f->partial && parse_try_word(p, "PARTIAL")) {
			if (parse_space(p) < 0 || result_parse_range(p, &f->range) < 0)
				return -1;
			f->partial = true;
		} else {
			return parse_fail(p, "a FETCH modifier");
		}
	} while (parse_try(p, ' '));
	if (parse_char(p, ')') < 0)
		return -1;
	if (f->vanished && (!s->enabled_qresync || !f->has_changed_since || !cmd->row->uid))
		return err_set(&cmd->err, ERR_SYNTAX,
		    "VANISHED goes with CHANGEDSINCE in a UID FETCH after ENABLE QRESYNC");
	if (f->has_changed_since)
		fetch_items_add_modseq(cmd, &f->items);
	return 0;
}

static int
parse_fetch(struct session *s, struct command *cmd, struct fetch *f)
{
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0 || parse_message_set(s, cmd, &f->set, &f->saved) < 0
	    || parse_space(p) < 0 || parse_fetch_items(cmd, &f->items) < 0)
		return -1;
	if (parse_peek(p) == ' ' && p->at + 1 < p->end
	    && (parse_space(p) < 0 || parse_modifiers(s, cmd, f) < 0))
		return -1;
	return parse_end(p);
}

/* Keep the rows that PARTIAL leaves (RFC 9394 3.3), before any other modifier is asked. */
static void
keep_partial(struct fetch *f)
{
	struct result_span span;

	if (!f->partial)
		return;
	span = result_range_span(&f->range, f->count);
	f->count = span.to - span.from;
	if (f->count > 0)
		memmove(f->rows, f->rows + span.from, f->count * sizeof *f->rows);
}

/* Keep the rows that changed after the mod-sequence. */
static void
keep_changed(const struct session *s, struct fetch *f)
{
	size_t kept = 0;

	if (!f->has_changed_since)
		return;
	/* What is gone did not change: EXPUNGE or VANISHED tells it. */
	for (size_t i = 0; i < f->count; i++)
		if (mailbox_modseq(s->mailbox, f->rows[i]) > f->changed_since
		    && !(mailbox_flags(s->mailbox, f->rows[i]) & ROW_GONE))
			f->rows[kept++] = f->rows[i];
	f->count = kept;
}

static void
set_seen(struct session *s, struct fetch *f)
{
	const struct flag_change change = { .mode = FLAGS_ADD, .flags = MAIL_SEEN,
		.unchanged_since = UINT64_MAX };
	struct err err;

	if (!f->items.sets_seen || s->examined)
		return;
	f->seen = mem_alloc((f->count + 1) * sizeof *f->seen);
	for (size_t i = 0; i < f->count; i++)
		if (!(mailbox_flags(s->mailbox, f->rows[i]) & (MAIL_SEEN | ROW_GONE | ROW_REMOVED)))
			f->seen[f->seen_count++] = f->rows[i];
	if (mailbox_change_flags(s->mailbox, f->seen, f->seen_count, &change, NULL, &err) < 0) {
		/* A full disk or quota must not keep anybody from reading. */
		log_err(&err);
		f->seen_count = 0;
	}
}

static int
send_messages(struct session *s, struct command *cmd, struct fetch *f)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	struct search_source threads;
	struct err err, first = { .kind = ERR_NONE };
	size_t seen = 0;
	bool gone = false;

	if (f->items.has_thread_id) {
		search_source_init(&threads, s, s->mailbox, NULL, cmd->tag.data);
		f->items.threads = &threads;
	}

	for (size_t i = 0; i < f->count && !s->out.dead; i++) {
		bool extra;
		int result;

		while (seen < f->seen_count && f->seen[seen] < f->rows[i])
			seen++;
		extra = seen < f->seen_count && f->seen[seen] == f->rows[i];
		result = write_fetch(s, &f->items, &reader, f->rows[i], cmd->row->uid, extra, &err);
		if (result == 0)
			gone = true;
		if (result >= 0)
			continue;
		/* it is \Seen nevertheless, and its answer would have said so */
		if (extra && !s->out.dead)
			view_fetch_flags(s, f->rows[i], cmd->row->uid, true);
		/* One message that cannot be read does not hide the others. */
		if (first.kind == ERR_NONE)
			first = err;
		else
			log_err(&err);
	}
	s->counts.fetched += reader.files_read;
	if (f->items.has_thread_id) {
		search_source_fini(&threads);
		f->items.threads = NULL;
	}
	message_reader_fini(&reader, s->mailbox);
	if (first.kind != ERR_NONE) {
		cmd->err = first;
		return -1;
	}
	if (gone)
		buf_adds(&cmd->code, "EXPUNGEISSUED");
	return 0;
}

int
cmd_fetch(void *session, struct command *cmd)
{
	struct session *s = session;
	struct fetch f = { .set = SEQSET_INIT };
	int result = -1;

	if (parse_fetch(s, cmd, &f) < 0)
		goto out;
	if (view_refresh(s, &cmd->err) < 0
	    || rows_of_set(s, &f.set, cmd->row->uid || f.saved, &f.rows, &f.count, &cmd->err) < 0)
		goto out;
	if (f.items.has_modseq)
		s->enabled_condstore = true;	/* RFC 7162 3.1: asking is enabling */
	if (f.vanished)
		view_tell_vanished(s, f.changed_since, &f.set, NULL, NULL);
	keep_partial(&f);
	keep_changed(s, &f);
	set_seen(s, &f);
	result = send_messages(s, cmd, &f);
out:
	seqset_fini(&f.set);
	free(f.rows);
	free(f.seen);
	return result;
}
