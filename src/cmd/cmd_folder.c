/*
 * CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE (RFC 9051 6.3.4 to 6.3.8, RFC 6154
 * 3 for CREATE with USE).
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/notify_watch.h"
#include "session/names.h"
#include "session/session.h"
#include "store/change.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/mem.h"

/* The attributes that CREATE may ask for; \All and \Flagged would be views, which we have none of. */
static const char *const special_uses[] = { "\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash",
	"\\Important", "\\Memos", "\\Scheduled", "\\Snoozed" };

enum { USES = sizeof special_uses / sizeof special_uses[0] };

static size_t
use_index(const char *word, size_t len)
{
	size_t i = 0;

	while (i < USES && !ascii_is(word, len, special_uses[i]))
		i++;
	return i;
}

bool
special_use_known(const char *word, size_t len)
{
	return use_index(word, len) < USES;
}

void
special_use_spell(const char *uses, struct buf *out)
{
	unsigned had = 0;

	for (size_t start = out->len; *uses != '\0'; uses += strspn(uses, " ")) {
		size_t len = strcspn(uses, " "), i = use_index(uses, len);

		uses += len;
		if (i == USES || (had & 1u << i))
			continue;
		had |= 1u << i;
		if (out->len > start)
			buf_addc(out, ' ');
		buf_adds(out, special_uses[i]);
	}
}

/* " (USE (\Sent \Drafts))"; uses_out is the list for the note, or NULL. */
static int
parse_create_options(struct command *cmd, char **uses_out, const char **unknown_out)
{
	struct parse *p = &cmd->parse;
	struct buf uses = BUF_INIT, spelled = BUF_INIT;
	int result = -1;

	if (!parse_try(p, '(')) {
		parse_fail(p, "CREATE options");
		goto out;
	}
	if (!parse_try_word(p, "USE")) {
		parse_fail(p, "USE");
		goto out;
	}
	if (parse_space(p) < 0 || parse_char(p, '(') < 0)
		goto out;
	while (!parse_try(p, ')')) {
		struct str flag;

		if (uses.len > 0 && parse_space(p) < 0)
			goto out;
		if (parse_flag(p, &flag) < 0)
			goto out;
		if (!special_use_known(flag.data, flag.len))
			*unknown_out = flag.data;
		if (uses.len > 0)
			buf_addc(&uses, ' ');
		buf_add(&uses, flag.data, flag.len);
	}
	if (parse_char(p, ')') < 0)
		goto out;
	special_use_spell(buf_str(&uses), &spelled);
	*uses_out = arena_strndup(cmd->arena, buf_str(&spelled), spelled.len);
	result = 0;
out:
	buf_fini(&uses);
	buf_fini(&spelled);
	return result;
}

/* A name with the separator behind it says that others will be made below it; it is the same name. */
static int
parse_new_mailbox(struct session *s, struct command *cmd, const char **out, struct err *why)
{
	struct str text;
	struct buf name = BUF_INIT;

	*out = NULL;
	if (parse_astring(&cmd->parse, &text) < 0)
		return -1;
	if (text.len > 1 && text.data[text.len - 1] == s->options->separator)
		text.len--;
	/* The two escapes are for names that came from elsewhere; they are no UTF-7 to make one with. */
	if (text.len == 0)
		err_set(why, ERR_CANNOT, "A mailbox name may not be empty");
	else if (strstr(text.data, "&AC4-") != NULL || strstr(text.data, "&AC8-") != NULL)
		err_set(why, ERR_CANNOT, "The mailbox name is not valid modified UTF-7");
	else if (name_for_new(s, text.data, text.len, &name, why) == 0)
		*out = arena_strndup(cmd->arena, name.data, name.len);
	buf_fini(&name);
	return 0;
}

int
cmd_create(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *name, *unknown = NULL;
	char *uses = NULL;
	struct mailbox *m;
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_new_mailbox(s, cmd, &name, &why) < 0)
		return -1;
	if (parse_peek(&cmd->parse) == ' ' && cmd->parse.at + 1 < cmd->parse.end) {
		parse_space(&cmd->parse);
		if (parse_create_options(cmd, &uses, &unknown) < 0)
			return -1;
	}
	if (parse_end(&cmd->parse) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		return -1;
	}
	if (unknown != NULL)
		return err_set(&cmd->err, ERR_USEATTR, "No mailbox can be made for %.40s here", unknown);
	if (folder_create(&s->account, name, &cmd->err) < 0)
		return -1;
	if (uses != NULL && *uses != '\0' && notes_set(&s->account, NOTES_METADATA, name,
	    NOTE_SPECIAL_USE, uses, strlen(uses), &cmd->err) < 0) {
		folder_delete(&s->account, name, &why);
		return -1;
	}
	send_list_composed(s, name);
	notify_made(s, name);
	if (uses != NULL && *uses != '\0')
		notify_noted(s, &(struct note){ (char *)name, (char *)NOTE_SPECIAL_USE, uses, strlen(uses) }, 1);
	/* RFC 8474 4.1: the id of the new mailbox */
	if (folder_open_mailbox(&s->account, name, ERR_NONEXISTENT, &m, &why) == 0) {
		buf_addf(&cmd->code, "MAILBOXID (F%s)", m->facts.mailbox_id);
		mailbox_close(&m);
	}
	return 0;
}

/* Read the one mailbox argument of a command; a name that cannot be is answered as missing. */
static int
one_mailbox(struct session *s, struct command *cmd, const char **name)
{
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, name, &why) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (*name == NULL) {
		cmd->err = why;
		return -1;
	}
	return 0;
}

/* The selected mailbox is being taken away: the session goes on without one. */
static void
deselect(struct session *s, const char *name)
{
	if (s->mailbox != NULL && strcmp(s->mailbox->name, name) == 0) {
		session_select(s, NULL, false);
		output_text(&s->out, "* OK [CLOSED] The selected mailbox is gone\r\n");
	}
}

int
cmd_delete(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *name;

	if (one_mailbox(s, cmd, &name) < 0)
		return -1;
	if (strcmp(name, "INBOX") != 0 && !folder_exists(&s->account, name))
		return err_set(&cmd->err, ERR_NONEXISTENT, "There is no such mailbox");
	if (strcmp(name, "INBOX") != 0)
		deselect(s, name);
	/* The name keeps its subscription (RFC 9051 6.3.7), not what was said about the mailbox. */
	if (folder_delete(&s->account, name, &cmd->err) < 0)
		return -1;
	send_list_composed(s, name);
	notify_removed(s, name);
	return 0;
}

/* What was said about INBOX is said about the new mailbox too (RFC 5464 4.1). */
static int
copy_metadata(struct session *s, const char *to, struct err *err)
{
	struct notes notes;
	int result = notes_read(&s->account, NOTES_METADATA, &notes, err);

	for (size_t i = 0; result == 0 && i < notes.count; i++)
		if (strcmp(notes.at[i].name, "INBOX") == 0)
			result = notes_set(&s->account, NOTES_METADATA, to, notes.at[i].entry,
			    notes.at[i].value, notes.at[i].value_len, err);
	notes_fini(&notes);
	return result;
}

/* RENAME INBOX moves its messages to a new mailbox and leaves it empty (RFC 9051 6.3.6). */
static int
rename_inbox(struct session *s, const char *to, struct err *err)
{
	struct mailbox *inbox = NULL, *target = NULL;
	struct copied copied = { 0 };
	uint32_t *rows = NULL, count = 0;
	int result = -1;

	if (folder_create(&s->account, to, err) < 0 || copy_metadata(s, to, err) < 0)
		return -1;
	notify_made(s, to);
	if (folder_open_mailbox(&s->account, "INBOX", ERR_NONEXISTENT, &inbox, err) < 0
	    || folder_open_mailbox(&s->account, to, ERR_NONEXISTENT, &target, err) < 0
	    || mailbox_sync(inbox, err) < 0 || mailbox_sync(target, err) < 0)
		goto out;
	rows = mem_alloc((mailbox_rows(inbox) + 1) * sizeof *rows);
	for (uint32_t row = 0; row < mailbox_rows(inbox); row++)
		if (!(mailbox_flags(inbox, row) & (ROW_GONE | ROW_REMOVED)))
			rows[count++] = row;
	if (count == 0 || mailbox_move(inbox, rows, count, target, &copied, err) == 0)
		result = 0;
	send_list_composed(s, to);
out:
	copied_fini(&copied);
	free(rows);
	mailbox_close(&inbox);
	mailbox_close(&target);
	return result;
}

int
cmd_rename(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *from, *to;
	struct err why_from, why_to;

	if (parse_space(&cmd->parse) < 0 || parse_mailbox(s, cmd, &from, &why_from) < 0
	    || parse_space(&cmd->parse) < 0 || parse_new_mailbox(s, cmd, &to, &why_to) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (from == NULL || to == NULL) {
		cmd->err = from == NULL ? why_from : why_to;
		return -1;
	}
	if (strcmp(from, "INBOX") == 0)
		return rename_inbox(s, to, &cmd->err);
	/*
	 * Existing open files go on under the new name; our own session is told to select anew.
	 * What is above the selected mailbox need not be a mailbox to be renamed with all below.
	 */
	if (s->mailbox != NULL && strncmp(s->mailbox->name, from, strlen(from)) == 0
	    && (s->mailbox->name[strlen(from)] == '\0' || s->mailbox->name[strlen(from)] == '/')
	    && folder_exists(&s->account, s->mailbox->name) && !folder_exists(&s->account, to)) {
		session_select(s, NULL, false);
		output_text(&s->out, "* OK [CLOSED] The selected mailbox has another name\r\n");
	}
	if (folder_rename(&s->account, from, to, &cmd->err) < 0)
		return -1;
	send_list_composed(s, to);
	notify_renamed(s, from, to);
	return 0;
}

int
cmd_subscribe(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *name;

	if (one_mailbox(s, cmd, &name) < 0)
		return -1;
	if (folder_check_name(&s->account, name, &cmd->err) < 0)
		return -1;
	if (notes_set(&s->account, NOTES_SUBSCRIPTIONS, name, "", "", 0, &cmd->err) < 0)
		return -1;
	notify_subscribed(s, name, true);
	return 0;
}

int
cmd_unsubscribe(void *session, struct command *cmd)
{
	struct session *s = session;
	const char *name;

	if (one_mailbox(s, cmd, &name) < 0)
		return -1;
	if (notes_set(&s->account, NOTES_SUBSCRIPTIONS, name, "", NULL, 0, &cmd->err) < 0)
		return -1;
	notify_subscribed(s, name, false);
	return 0;
}
