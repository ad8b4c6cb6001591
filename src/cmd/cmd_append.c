/*
 * APPEND (RFC 9051 6.3.12, RFC 4315 3, RFC 3516 4.4). The message streams from
 * the client into a file in tmp/ and is never held in memory.
 *
 * The mailbox is looked up before the literal is accepted, so that a client that
 * waits for the "+" need not send a message that has no place to go.
 */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/flag_args.h"
#include "session/names.h"
#include "session/session.h"
#include "store/change.h"
#include "store/folder.h"
#include "store/mailbox.h"

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

/* The message itself, behind its head. */
static int
receive(struct session *s, struct command *cmd, struct mailbox *m, struct delivery *d,
    const struct literal *head)
{
	struct sink sink = { .delivery = d, .binary = head->binary };
	int end;

	if (delivery_begin(d, m, &cmd->err) < 0)
		return -1;
	parse_literal_accept(&cmd->parse, head);
	end = input_octets(&s->in, head->size, take_octets, &sink);
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

static int
append_arguments(struct command *cmd, struct flag_args *flags, struct delivery *d,
    struct literal *head)
{
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0)
		return -1;
	if (parse_peek(p) == '(' && (parse_flag_args(cmd, false, flags) < 0 || parse_space(p) < 0))
		return -1;
	d->internal_date = INT64_MIN;
	if (parse_peek(p) == '"') {
		int zone;

		if (parse_date_time(p, &d->internal_date, &zone) < 0 || parse_space(p) < 0)
			return -1;
	}
	if (parse_literal_head(p, head) < 0)
		return -1;
	if (head->size > APPEND_MAX)
		return err_set(&cmd->err, ERR_TOOBIG, "A message has at most %d octets here", APPEND_MAX);
	if (head->size == 0)
		return err_set(&cmd->err, ERR_NO, "An empty message is not kept");
	return 0;
}

int
cmd_append(void *session, struct command *cmd)
{
	struct session *s = session;
	struct flag_args flags = { 0 };
	struct delivery d = { .fd = -1 };
	struct literal head;
	struct mailbox *m = NULL;
	const char *name;
	struct err why;
	int64_t date;
	uint32_t uid;
	int result = -1;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &name, &why) < 0)
		return -1;
	if (append_arguments(cmd, &flags, &d, &head) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		return -1;
	}
	if (folder_open_mailbox(&s->account, name, ERR_TRYCREATE, &m, &cmd->err) < 0)
		return -1;
	date = d.internal_date;
	if (mailbox_sync(m, &cmd->err) < 0 || receive(s, cmd, m, &d, &head) < 0
	    || parse_end(&cmd->parse) < 0)
		goto out;
	d.internal_date = date;
	d.flags = flags.flags;
	d.keywords = flags.keywords;
	d.keyword_count = flags.count;
	if (mailbox_deliver(m, &d, 1, &uid, &cmd->err) < 0)
		goto out;
	s->counts.appended++;
	buf_addf(&cmd->code, "APPENDUID %u %u", m->facts.uidvalidity, uid);
	mailbox_tidy(m);
	result = 0;
out:
	if (d.name != NULL)
		delivery_end(&d);
	mailbox_close(&m);
	return result;
}
