/* Sets of messages, as clients name them, to rows of the mailbox. */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "session/session.h"
#include "store/mailbox.h"
#include "util/mem.h"
#include "wire/seqset.h"

int
refuse_numbers(const struct session *s, struct command *cmd)
{
	if (!s->enabled_uidonly || cmd->row->uid)
		return 0;
	return err_set(&cmd->err, ERR_UIDREQUIRED, "%s takes message numbers: say UID %s",
	    cmd->row->name, cmd->row->name);
}

int
parse_message_set(struct session *s, struct command *cmd, struct seqset *set, bool *saved_out)
{
	*saved_out = false;
	if (refuse_numbers(s, cmd) < 0)
		return -1;
	if (parse_try(&cmd->parse, '$')) {
		*saved_out = true;
		seqset_copy(&s->saved, set);
		return 0;
	}
	return parse_sequence_set(&cmd->parse, set);
}

struct row_list {
	uint32_t *at;
	size_t count, room;
};

static void
add_row(struct row_list *list, uint32_t row)
{
	list->at = mem_grow(list->at, &list->room, list->count + 1, sizeof *list->at);
	list->at[list->count++] = row;
}

static void
rows_by_uid(const struct mailbox *m, const struct seqset *set, struct row_list *list)
{
	for (size_t i = 0; i < set->count; i++) {
		uint32_t row = mailbox_row_of_uid(m, set->ranges[i].first);

		for (row = mailbox_next_told(m, row); row != UINT32_MAX
		    && mailbox_uid(m, row) <= set->ranges[i].last; row = mailbox_next_told(m, row + 1))
			add_row(list, row);
	}
}

static void
rows_by_number(const struct mailbox *m, const struct seqset *set, struct row_list *list)
{
	for (size_t i = 0; i < set->count; i++) {
		uint32_t row = mailbox_row_of_number(m, set->ranges[i].first);
		uint32_t left = set->ranges[i].last - set->ranges[i].first + 1;

		for (; left > 0 && row != UINT32_MAX; left--, row = mailbox_next_told(m, row + 1))
			add_row(list, row);
	}
}

int
rows_of_set(struct session *s, struct seqset *set, bool uid, uint32_t **rows_out,
    size_t *count_out, struct err *err)
{
	struct mailbox *m = s->mailbox;
	struct row_list list = { NULL, 0, 0 };
	uint32_t told = mailbox_told(m);

	*rows_out = NULL;
	*count_out = 0;
	if (uid) {
		uint32_t last = 0;

		/* "*" is the highest UID that the client knows */
		if (told > 0)
			last = mailbox_uid(m, mailbox_row_of_number(m, told));
		seqset_resolve(set, last);
		rows_by_uid(m, set, &list);
	} else {
		seqset_resolve(set, told);
		if (set->count > 0 && set->ranges[set->count - 1].last > told)
			return err_set(err, ERR_SYNTAX, "There is no message number %u, the last is %u",
			    set->ranges[set->count - 1].last, told);
		rows_by_number(m, set, &list);
	}
	*rows_out = list.at;
	*count_out = list.count;
	return 0;
}
