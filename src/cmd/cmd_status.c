/* STATUS (RFC 9051 6.3.11, RFC 8438, RFC 7162 3.1.7, RFC 7889 3.1, RFC 8474 4.3). */
#include <string.h>

#include "cmd/cmd.h"
#include "session/message.h"
#include "session/names.h"
#include "session/session.h"
#include "session/view.h"
#include "store/folder.h"
#include "store/glance.h"
#include "store/mailbox.h"
#include "wire/respond.h"

enum status_item {
	STATUS_MESSAGES, STATUS_RECENT, STATUS_UIDNEXT, STATUS_UIDVALIDITY, STATUS_UNSEEN,
	STATUS_DELETED, STATUS_SIZE, STATUS_HIGHESTMODSEQ, STATUS_APPENDLIMIT, STATUS_MAILBOXID,
	STATUS_DELETED_STORAGE,
	STATUS_ITEMS
};

static const char *const item_names[STATUS_ITEMS] = {
	[STATUS_MESSAGES] = "MESSAGES",
	[STATUS_RECENT] = "RECENT",
	[STATUS_UIDNEXT] = "UIDNEXT",
	[STATUS_UIDVALIDITY] = "UIDVALIDITY",
	[STATUS_UNSEEN] = "UNSEEN",
	[STATUS_DELETED] = "DELETED",
	[STATUS_SIZE] = "SIZE",
	[STATUS_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
	[STATUS_DELETED_STORAGE] = "DELETED-STORAGE",
	[STATUS_APPENDLIMIT] = "APPENDLIMIT",
	[STATUS_MAILBOXID] = "MAILBOXID",
};

struct status_items {
	bool wanted[STATUS_ITEMS];
};

int
parse_status_items(struct command *cmd, const struct status_items **out)
{
	struct status_items *items = arena_alloc(cmd->arena, sizeof *items);
	struct parse *p = &cmd->parse;

	if (parse_char(p, '(') < 0)
		return -1;
	do {
		int item = 0;

		while (item < STATUS_ITEMS && !parse_try_word(p, item_names[item]))
			item++;
		if (item == STATUS_ITEMS)
			return parse_fail(p, "a STATUS item");
		items->wanted[item] = true;
	} while (parse_try(p, ' '));
	*out = items;
	return parse_char(p, ')');
}

/* The sum of RFC822.SIZE, of all or (RFC 9208 4.1.4) of the deleted; from the cache, or by reading what was never read. */
static int
total_size(struct mailbox *m, bool deleted, uint64_t *out, struct err *err)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	int result = 0;

	*out = 0;
	for (uint32_t row = 0; result >= 0 && row < mailbox_rows(m); row++) {
		struct cache_record record;

		if (mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED)
		    || (deleted && !(mailbox_flags(m, row) & MAIL_DELETED)))
			continue;
		result = message_load(&reader, m, row, MESSAGE_WANT_SIZE, &record, err);
		if (result == MESSAGE_OK)
			*out += record.size;
	}
	message_reader_fini(&reader, m);
	return result < 0 ? -1 : 0;
}

static uint32_t
count_recent(const struct mailbox *m)
{
	uint32_t count = 0;

	for (uint32_t row = mailbox_row_of_uid(m, m->facts.recent + 1); row < mailbox_rows(m); row++)
		count += !(mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED));
	return count;
}

static void
take_facts(const struct mailbox_facts *facts, uint32_t exists, uint32_t unseen, uint32_t deleted,
    uint64_t *value)
{
	value[STATUS_MESSAGES] = exists;
	value[STATUS_UIDNEXT] = facts->uidnext;
	value[STATUS_UIDVALIDITY] = facts->uidvalidity;
	value[STATUS_UNSEEN] = unseen;
	value[STATUS_DELETED] = deleted;
	value[STATUS_HIGHESTMODSEQ] = facts->modseq;
	value[STATUS_APPENDLIMIT] = APPEND_MAX;
}

/* Can all that is asked for be said without the messages one by one? */
static bool
glance_suffices(const struct status_items *items, const struct glance *glance)
{
	return !items->wanted[STATUS_SIZE]
	    && !(items->wanted[STATUS_DELETED_STORAGE] && glance->deleted > 0)
	    && !(items->wanted[STATUS_RECENT] && glance->facts.recent + 1 < glance->facts.uidnext);
}

static int
look_inside(struct session *s, const char *name, const struct status_items *items,
    uint64_t *value, char *id_out, struct err *err)
{
	struct mailbox *m;
	int result;

	if (folder_open_mailbox(&s->account, name, ERR_NONEXISTENT, &m, err) < 0)
		return -1;
	result = mailbox_sync(m, err);
	if (result == 0 && items->wanted[STATUS_SIZE])
		result = total_size(m, false, &value[STATUS_SIZE], err);
	if (result == 0 && items->wanted[STATUS_DELETED_STORAGE])
		result = total_size(m, true, &value[STATUS_DELETED_STORAGE], err);
	take_facts(&m->facts, m->exists, m->unseen, m->deleted, value);
	value[STATUS_RECENT] = result == 0 && items->wanted[STATUS_RECENT] ? count_recent(m) : 0;
	memcpy(id_out, m->facts.mailbox_id, sizeof m->facts.mailbox_id);
	if (result == 0)
		mailbox_tidy(m);
	mailbox_close(&m);
	return result;
}

int
send_status(struct session *s, const char *name, const struct status_items *items,
    struct err *err)
{
	struct buf shown = BUF_INIT;
	uint64_t value[STATUS_ITEMS] = { 0 };
	struct glance glance;
	char *id = glance.facts.mailbox_id;
	bool first = true;

	if (mailbox_glance(&s->account, name, &glance) && glance_suffices(items, &glance))
		take_facts(&glance.facts, glance.exists, glance.unseen, glance.deleted, value);
	else if (look_inside(s, name, items, value, id, err) < 0)
		return -1;
	s->enabled_condstore |= items->wanted[STATUS_HIGHESTMODSEQ];
	output_text(&s->out, "* STATUS ");
	name_to_client(s, name, &shown);
	respond_astring(&s->out, shown.data, shown.len, session_utf8(s));
	output_text(&s->out, " (");
	for (int i = 0; i < STATUS_ITEMS; i++) {
		if (!items->wanted[i])
			continue;
		output_format(&s->out, "%s%s ", first ? "" : " ", item_names[i]);
		if (i == STATUS_MAILBOXID)
			output_format(&s->out, "(F%s)", id);
		else
			output_number(&s->out, value[i]);
		first = false;
	}
	output_text(&s->out, ")\r\n");
	buf_fini(&shown);
	return 0;
}

int
cmd_status(void *session, struct command *cmd)
{
	struct session *s = session;
	const struct status_items *items;
	const char *name;
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &name, &why) < 0
	    || parse_space(&cmd->parse) < 0 || parse_status_items(cmd, &items) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		cmd->err.kind = ERR_NONEXISTENT;
		return -1;
	}
	return send_status(s, name, items, &cmd->err);
}
