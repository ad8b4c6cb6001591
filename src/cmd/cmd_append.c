/*
 * APPEND, with several messages in one command, all or none (RFC 9051 6.3.12,
 * RFC 3502), and REPLACE (RFC 8508). What a message is made of: a literal
 * (RFC 4315 3, RFC 3516 4.4), UTF8 (~{n} ...) (RFC 6855 4) or CATENATE (RFC 4469).
 * It streams from the client into a file in tmp/ and is never held in memory.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/append.h"
#include "cmd/cmd.h"
#include "cmd/flag_args.h"
#include "cmd/notify_watch.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "session/view.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/quota.h"
#include "util/mem.h"

/* ---- octets ---- */

struct sink {
	struct delivery *delivery;
	bool binary;
	struct err err;
	bool failed;
};

static int
take_octets(void *ctx, const char *bytes, size_t len)
{
	struct sink *sink = ctx;

	if (!sink->binary && memchr(bytes, '\0', len) != NULL) {
		err_set(&sink->err, ERR_SYNTAX, "A message may hold NUL only in a literal8 (~{n})");
		sink->failed = true;
		return -1;
	}
	if (delivery_write(sink->delivery, bytes, len, &sink->err) < 0) {
		sink->failed = true;
		return -1;
	}
	return 0;
}

int
append_literal(struct append *a, const struct literal *head)
{
	struct command *cmd = a->cmd;
	struct sink sink = { .delivery = &a->deliveries[a->count - 1], .binary = head->binary };
	int end;

	parse_literal_accept(&cmd->parse, head);
	end = input_octets(&a->s->in, head->size, take_octets, &sink);
	if (end != INPUT_OK) {
		cmd->parse.lost = end;
		cmd->parse.skipped = true;
		return err_set(&cmd->err, ERR_BYE, "The connection ended inside a message");
	}
	if (parse_next_line(&cmd->parse) < 0)
		return -1;
	if (sink.failed) {
		cmd->err = sink.err;
		return -1;
	}
	return 0;
}

int
append_fits(struct append *a, uint64_t octets)
{
	if (octets > APPEND_MAX || a->deliveries[a->count - 1].size > APPEND_MAX - octets)
		return err_set(&a->cmd->err, ERR_TOOBIG, "A message has at most %d octets here",
		    APPEND_MAX);
	return 0;
}

/* The first so many messages go to the disk, and their descriptors are given back. */
static int
finish(struct append *a, size_t count)
{
	size_t from = a->finished;

	a->finished = count;
	return deliveries_finish(a->deliveries + from, count - from, &a->cmd->err);
}

int
append_ready(struct append *a)
{
	struct delivery *d = &a->deliveries[a->count - 1];

	if (a->mailbox == NULL) {
		if (a->name == NULL) {
			a->cmd->err = a->why;
			return -1;
		}
		if (folder_open_mailbox(&a->s->account, a->name, ERR_TRYCREATE, &a->mailbox,
		    &a->cmd->err) < 0 || mailbox_sync(a->mailbox, &a->cmd->err) < 0)
			return -1;
	}
	if (d->name == NULL) {
		struct delivery what = *d;
		size_t before = a->count - 1;

		if (delivery_begin(d, before, a->mailbox, &a->cmd->err) < 0) {
			/* no descriptor left, perhaps: those of the messages before can be had */
			if (a->finished == before || finish(a, before) < 0
			    || delivery_begin(d, before, a->mailbox, &a->cmd->err) < 0)
				return -1;
		}
		d->flags = what.flags;
		d->keywords = what.keywords;
		d->keyword_count = what.keyword_count;
		d->internal_date = what.internal_date;
	}
	return 0;
}

/* ---- arguments ---- */

/* A literal, or the one inside UTF8 (...). */
static int
append_whole(struct append *a, bool utf8)
{
	struct command *cmd = a->cmd;
	struct literal head;

	if (parse_literal_head(&cmd->parse, &head) < 0 || append_fits(a, head.size) < 0)
		return -1;
	if (utf8 && !head.binary)
		return err_set(&cmd->err, ERR_SYNTAX, "UTF8 takes a literal8 (~{n})");
	if (head.size == 0)
		return err_set(&cmd->err, ERR_NO, a->count > 1 ? "Cancelled by an empty message"
		    : "An empty message is not kept");
	if (append_ready(a) < 0 || append_literal(a, &head) < 0)
		return -1;
	return utf8 ? parse_char(&cmd->parse, ')') : 0;
}

/* Flags, date and data of one message, behind the space. */
static int
append_message(struct append *a)
{
	struct command *cmd = a->cmd;
	struct parse *p = &cmd->parse;
	struct delivery *d;
	struct flag_args flags = { 0 };
	int zone;

	if (a->count == SAVELIMIT)
		return err_set(&cmd->err, ERR_MESSAGELIMIT, "%d] Too many messages in one APPEND",
		    SAVELIMIT);
	a->deliveries = mem_grow(a->deliveries, &a->room, a->count + 1, sizeof *a->deliveries);
	d = &a->deliveries[a->count++];
	*d = (struct delivery){ .fd = -1, .internal_date = INT64_MIN };
	if (parse_peek(p) == '(' && (parse_flag_args(cmd, false, &flags) < 0 || parse_space(p) < 0))
		return -1;
	if (parse_peek(p) == '"'
	    && (parse_date_time(p, &d->internal_date, &zone) < 0 || parse_space(p) < 0))
		return -1;
	d->flags = flags.flags;
	d->keywords = flags.keywords;
	d->keyword_count = flags.count;
	if (parse_try_word(p, "CATENATE")) {
		if (parse_space(p) < 0 || append_catenate(a) < 0)
			return -1;
	} else if (parse_try_word(p, "UTF8")) {
		if (!session_utf8(a->s))
			return err_set(&cmd->err, ERR_SYNTAX, "ENABLE UTF8=ACCEPT before APPEND UTF8");
		if (parse_space(p) < 0 || parse_char(p, '(') < 0 || append_whole(a, true) < 0)
			return -1;
	} else if (append_whole(a, false) < 0) {
		return -1;
	}
	/* Many wait for the disk together, but there may be more of them than descriptors. */
	return a->count - a->finished == DELIVERIES_OPEN_MAX ? finish(a, a->count) : 0;
}

static void
append_fini(struct append *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->deliveries[i].name != NULL)
			delivery_end(&a->deliveries[i]);
	free(a->deliveries);
	free(a->source_name);
	mailbox_close(&a->source);
	mailbox_close(&a->mailbox);
}

/* Put them where they belong; "APPENDUID v 7:9" into code. */
static int
deliver(struct append *a, struct buf *code)
{
	uint32_t *uids = mem_alloc(a->count * sizeof *uids);
	struct box_facts before = notify_before(a->mailbox);
	int result = mailbox_deliver(a->mailbox, a->deliveries, a->count, uids, &a->cmd->err);

	if (result == 0) {
		a->s->counts.appended += a->count;
		notify_own(a->s, a->mailbox, uids, a->count);
		notify_after(a->s, a->mailbox, &before);
		buf_addf(code, "APPENDUID %u %u", a->mailbox->facts.uidvalidity, uids[0]);
		if (a->count > 1)
			buf_addf(code, ":%u", uids[a->count - 1]);
		mailbox_tidy(a->mailbox);
	}
	free(uids);
	return result;
}

int
cmd_append(void *session, struct command *cmd)
{
	struct append a = { .s = session, .cmd = cmd };
	struct parse *p = &cmd->parse;
	int result = -1;

	if (parse_space(p) < 0 || parse_mailbox(a.s, cmd, &a.name, &a.why) < 0)
		return -1;
	do {
		if (parse_space(p) < 0 || append_message(&a) < 0)
			goto out;
	} while (parse_peek(p) == ' ' && p->at + 1 < p->end);
	if (parse_end(p) == 0)
		result = deliver(&a, &cmd->code);
	if (result == 0)
		send_list_composed(a.s, a.name);
out:
	append_fini(&a);
	return result;
}

/* ---- REPLACE ---- */

/* The one message that is to go: its row in the selected mailbox. */
static int
parse_replaced(struct session *s, struct command *cmd, uint32_t *row)
{
	struct mailbox *m = s->mailbox;
	uint32_t number = mailbox_told(m);
	bool last;

	if (refuse_numbers(s, cmd) < 0)
		return -1;
	/* RFC 8508 5: a seq-number, which may be "*" */
	last = parse_try(&cmd->parse, '*');
	if (!last && parse_nz_number(&cmd->parse, &number) < 0)
		return -1;
	if (!cmd->row->uid || last) {
		if (number == 0 && cmd->row->uid)
			return 0;	/* "*" in an empty mailbox is UIDNEXT: no message */
		if (number == 0 || number > mailbox_told(m))
			return err_set(&cmd->err, ERR_SYNTAX, "There is no message number %u, the last is %u",
			    number, mailbox_told(m));
		*row = mailbox_row_of_number(m, number);
		return 0;
	}
	*row = mailbox_row_of_uid(m, number);
	if (*row >= mailbox_rows(m) || mailbox_uid(m, *row) != number || !mailbox_is_told(m, *row))
		*row = UINT32_MAX;
	return 0;
}

/* What the message that goes leaves room for. */
static uint64_t
size_of(struct mailbox *m, uint32_t number)
{
	struct buf name = BUF_INIT;
	struct stat st = { 0 };
	struct row row;
	int64_t size;
	int dir;

	mailbox_row(m, number, &row);
	size = quota_size_in_name(row.base);
	if (size < 0) {
		dir = mailbox_file(m, &row, &name);
		if (dir >= 0 && fstatat(dir, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0)
			size = st.st_size;
		buf_fini(&name);
	}
	return size > 0 ? (uint64_t)size : 0;
}

static int
replace(struct append *a, uint32_t row)
{
	struct session *s = a->s;
	struct buf code = BUF_INIT;
	size_t gone;
	int result;

	if (row == UINT32_MAX)
		return err_set(&a->cmd->err, ERR_NONEXISTENT, "There is no message to be replaced");
	if (s->examined)
		return err_set(&a->cmd->err, ERR_READONLY, "The mailbox is open for reading only");
	if (view_refresh(s, &a->cmd->err) < 0)
		return -1;
	if (mailbox_flags(s->mailbox, row) & (ROW_GONE | ROW_REMOVED))
		return err_set(&a->cmd->err, ERR_EXPUNGEISSUED, "The message to be replaced is gone");
	s->account.quota_credit = size_of(s->mailbox, row);
	result = deliver(a, &code);
	s->account.quota_credit = 0;
	if (result == 0) {
		output_format(&s->out, "* OK [%s] The new message is there\r\n", code.data);
		result = mailbox_expunge(s->mailbox, &row, 1, 0, &gone, &a->cmd->err);
		s->counts.expunged += result == 0;
		s->own_changes |= NOTIFY_EXPUNGE;
		/* RFC 8508 4.5: as after UID EXPUNGE (RFC 7162 3.2.9) */
		if (result == 0 && gone > 0 && s->enabled_condstore)
			buf_addf(&a->cmd->code, "HIGHESTMODSEQ %llu",
			    (unsigned long long)s->mailbox->facts.modseq);
	}
	buf_fini(&code);
	return result;
}

int
cmd_replace(void *session, struct command *cmd)
{
	struct append a = { .s = session, .cmd = cmd };
	struct parse *p = &cmd->parse;
	uint32_t row = UINT32_MAX;
	int result = -1;

	if (parse_space(p) < 0 || parse_replaced(a.s, cmd, &row) < 0 || parse_space(p) < 0
	    || parse_mailbox(a.s, cmd, &a.name, &a.why) < 0 || parse_space(p) < 0)
		return -1;
	if (append_message(&a) == 0 && parse_end(p) == 0)
		result = replace(&a, row);
	if (result == 0)
		send_list_composed(a.s, a.name);
	append_fini(&a);
	return result;
}
