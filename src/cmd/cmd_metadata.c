/*
 * GETMETADATA and SETMETADATA (RFC 5464), and METADATA in LIST (RFC 9590). What
 * is said about mailboxes, or about the server (the empty name), is kept by
 * store/notes.h. One user, one account: /private and /shared differ by name only.
 */
#include "cmd/metadata.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/notify_watch.h"
#include "cmd/search.h"
#include "session/names.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "wire/respond.h"

enum {
	ENTRY_NAME_MAX = 255,
	ENTRY_VALUE_MAX = 65536,	/* RFC 5464 4.1 wants 1024; a small picture fits */
	ENTRIES_MAX = 500,		/* of one mailbox, or of the server */
	ALL_ENTRIES_MAX = 16 << 20,	/* octets of all together: the file is read whole by LIST */
	REQUEST_MAX = 1000,		/* entries named in one command */
};

enum { DEPTH_INFINITY = 2 };

/* ---- arguments ---- */

/* "/private/a/b" or "/shared/a": RFC 5464 3.1. */
static bool
is_entry(const struct str *name)
{
	size_t start;

	if (name->len > 9 && ascii_ncasecmp(name->data, "/private/", 9) == 0)
		start = 9;
	else if (name->len > 8 && ascii_ncasecmp(name->data, "/shared/", 8) == 0)
		start = 8;
	else
		return false;
	for (size_t i = start; i < name->len; i++) {
		char c = name->data[i];

		if (c < ' ' || c >= 0x7f || c == '*' || c == '%' || (c == '/' && name->data[i - 1] == '/'))
			return false;
	}
	return name->len <= ENTRY_NAME_MAX && name->data[name->len - 1] != '/';
}

static int
parse_entry(struct command *cmd, struct str *out, bool set)
{
	if (parse_astring(&cmd->parse, out) < 0)
		return -1;
	/* "/private" itself can be asked for with a DEPTH, but not set */
	if (!set && (ascii_is(out->data, out->len, "/private") || ascii_is(out->data, out->len, "/shared")))
		return 0;
	if (!is_entry(out))
		return err_set(&cmd->err, ERR_SYNTAX, "An entry's name is /private/... or /shared/..., "
		    "at most %d octets", ENTRY_NAME_MAX);
	return 0;
}

int
parse_metadata_entries(struct command *cmd, struct metadata_request *r)
{
	struct parse *p = &cmd->parse;
	bool list = parse_try(p, '(');
	size_t room = 0;

	r->count = 0;	/* in LIST the option may stand twice: the last one counts */
	do {
		if (r->count == room) {
			struct str *more = arena_alloc(cmd->arena, (room * 2 + 4) * sizeof *more);

			if (r->count > 0)
				memcpy(more, r->entries, r->count * sizeof *more);
			r->entries = more;
			room = room * 2 + 4;
		}
		if (r->count == REQUEST_MAX)
			return err_set(&cmd->err, ERR_SYNTAX, "At most %d entries", REQUEST_MAX);
		if (parse_entry(cmd, &r->entries[r->count++], false) < 0)
			return -1;
	} while (list && parse_try(p, ' '));
	return list ? parse_char(p, ')') : 0;
}

/* "(MAXSIZE 1024 DEPTH 1)" */
static int
parse_options(struct command *cmd, struct metadata_request *r)
{
	struct parse *p = &cmd->parse;

	if (parse_char(p, '(') < 0)
		return -1;
	do {
		if (parse_try_word(p, "MAXSIZE")) {
			uint32_t size;

			if (parse_space(p) < 0 || parse_number(p, &size) < 0)
				return -1;
			r->max_size = size;
		} else if (parse_try_word(p, "DEPTH")) {
			if (parse_space(p) < 0)
				return -1;
			if (parse_try_word(p, "infinity"))
				r->depth = DEPTH_INFINITY;
			else if (parse_try_word(p, "0") || parse_try_word(p, "1"))
				r->depth = p->at[-1] - '0';
			else
				return parse_fail(p, "0, 1 or infinity");
		} else {
			return parse_fail(p, "MAXSIZE or DEPTH");
		}
	} while (parse_try(p, ' '));
	return parse_char(p, ')');
}

/* The options stand before the mailbox by the grammar and behind it in the examples: clients do both. */
static bool
options_are_next(const struct parse *p)
{
	return p->at + 1 < p->end && p->at[0] == '(' && p->at[1] != '/' && p->at[1] != '"'
	    && p->at[1] != '{';
}

/* "" is the server; a mailbox must be there. */
static int
parse_subject(struct session *s, struct command *cmd, const char **out, struct err *why)
{
	struct buf name = BUF_INIT;
	struct str text;

	*out = NULL;
	if (parse_astring(&cmd->parse, &text) < 0)
		return -1;
	if (text.len == 0)
		*out = "";
	else if (name_from_client(s, text.data, text.len, &name, why) == 0) {
		if (folder_exists(&s->account, name.data))
			*out = arena_strndup(cmd->arena, name.data, name.len);
		else
			err_set(why, ERR_NONEXISTENT, "There is no such mailbox");
	}
	buf_fini(&name);
	return 0;
}

/* ---- GETMETADATA ---- */

/* Is the note the entry, or below it within the depth? */
static bool
covers(const struct str *entry, int depth, const char *name)
{
	if (ascii_ncasecmp(name, entry->data, entry->len) != 0)
		return false;
	name += entry->len;
	if (*name == '\0')
		return true;
	return *name == '/' && (depth == DEPTH_INFINITY || (depth == 1 && strchr(name + 1, '/') == NULL));
}

static void
add_pair(struct session *s, struct buf *list, const char *entry, const struct note *note)
{
	buf_addc(list, list->len == 0 ? '(' : ' ');
	respond_buf_astring(list, entry, strlen(entry), false);
	buf_addc(list, ' ');
	if (note == NULL) {
		buf_adds(list, "NIL");
	} else if (memchr(note->value, '\0', note->value_len) != NULL) {
		buf_addf(list, "~{%zu}\r\n", note->value_len);
		buf_add(list, note->value, note->value_len);
	} else {
		respond_buf_nstring(list, note->value, note->value_len, session_utf8(s));
	}
}

void
send_metadata(struct session *s, const struct notes *notes, const char *name,
    struct metadata_request *r)
{
	struct buf list = BUF_INIT, shown = BUF_INIT;

	for (size_t i = 0; i < r->count; i++) {
		bool found = false;

		for (size_t k = 0; k < notes->count; k++) {
			const struct note *note = &notes->at[k];

			if (strcmp(note->name, name) != 0
			    || !covers(&r->entries[i], r->depth, note->entry))
				continue;
			found = true;
			if (note->value_len > r->max_size) {
				if (note->value_len > r->longest)
					r->longest = note->value_len;
			} else {
				add_pair(s, &list, note->entry, note);
			}
		}
		if (!found && r->depth == 0)
			add_pair(s, &list, r->entries[i].data, NULL);
	}
	if (list.len > 0) {
		if (*name != '\0')
			name_to_client(s, name, &shown);
		output_text(&s->out, "* METADATA ");
		respond_astring(&s->out, buf_str(&shown), shown.len, session_utf8(s));
		output_char(&s->out, ' ');
		output_write(&s->out, list.data, list.len);
		output_text(&s->out, ")\r\n");
	}
	buf_fini(&list);
	buf_fini(&shown);
}

int
cmd_getmetadata(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	struct metadata_request r = { .max_size = UINT64_MAX };
	struct notes notes;
	const char *name;
	struct err why;

	if (parse_space(p) < 0)
		return -1;
	if (options_are_next(p) && (parse_options(cmd, &r) < 0 || parse_space(p) < 0))
		return -1;
	if (parse_subject(s, cmd, &name, &why) < 0 || parse_space(p) < 0)
		return -1;
	if (options_are_next(p) && (parse_options(cmd, &r) < 0 || parse_space(p) < 0))
		return -1;
	if (parse_metadata_entries(cmd, &r) < 0 || parse_end(p) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		return -1;
	}
	if (notes_read(&s->account, NOTES_METADATA, &notes, &cmd->err) < 0) {
		notes_fini(&notes);
		return -1;
	}
	send_metadata(s, &notes, name, &r);
	if (r.longest > 0)
		buf_addf(&cmd->code, "METADATA LONGENTRIES %llu", (unsigned long long)r.longest);
	notes_fini(&notes);
	return 0;
}

/* ---- SETMETADATA ---- */

static int
parse_changes(struct command *cmd, struct note **out, size_t *count)
{
	struct parse *p = &cmd->parse;
	struct note *changes = arena_alloc(cmd->arena, REQUEST_MAX * sizeof *changes);

	*out = changes;
	if (parse_char(p, '(') < 0)
		return -1;
	do {
		struct str entry, value;

		if (*count == REQUEST_MAX)
			return err_set(&cmd->err, ERR_SYNTAX, "At most %d entries", REQUEST_MAX);
		if (parse_entry(cmd, &entry, true) < 0 || parse_space(p) < 0 || parse_nstring(p, &value) < 0)
			return -1;
		changes[(*count)++] = (struct note){ NULL, (char *)entry.data, (char *)value.data, value.len };
	} while (parse_try(p, ' '));
	return parse_char(p, ')');
}

/*
 * RFC 6154 5.4: the entry that says what a mailbox is for holds attributes that we
 * know, and is kept as LIST tells them.
 */
static int
check_special_use(struct command *cmd, const char *name, struct note *change)
{
	const char *at = change->value;
	struct buf spelled = BUF_INIT;

	if (at == NULL || ascii_casecmp(change->entry, NOTE_SPECIAL_USE) != 0)
		return 0;
	if (*name == '\0' || strlen(at) != change->value_len)
		return err_set(&cmd->err, ERR_USEATTR, "Only a mailbox can have a use");
	while (*at != '\0') {
		size_t len = strcspn(at, " ");

		if (!special_use_known(at, len))
			return err_set(&cmd->err, ERR_USEATTR, "No mailbox can be for that here");
		at += len;
		at += strspn(at, " ");
	}
	special_use_spell(change->value, &spelled);
	change->value = arena_strndup(cmd->arena, buf_str(&spelled), spelled.len);
	change->value_len = spelled.len;
	buf_fini(&spelled);
	return 0;
}

/* Are the notes, as they would be, within the bounds? */
static int
within_bounds(void *ctx, const struct notes *notes, struct err *err)
{
	const char *name = ctx;
	size_t own = 0;
	uint64_t octets = 0;

	for (size_t i = 0; i < notes->count; i++) {
		own += strcmp(notes->at[i].name, name) == 0;
		octets += strlen(notes->at[i].entry) + notes->at[i].value_len;
	}
	if (own > ENTRIES_MAX || octets > ALL_ENTRIES_MAX)
		return err_set(err, ERR_METADATA, "TOOMANY] There are too many entries");
	return 0;
}

/* RFC 7162 3.2. The entries are set; a mailbox that cannot be counted on does not undo that. */
static void
raise_modseq(struct session *s, const char *name)
{
	struct mailbox *m = s->mailbox;
	struct err err;

	if (*name == '\0')
		return;
	if (m != NULL && strcmp(m->name, name) == 0) {
		if (view_refresh(s, &err) < 0 || mailbox_raise_modseq(m, &err) < 0)
			log_err(&err);
		return;
	}
	if (folder_open_mailbox(&s->account, name, ERR_NONEXISTENT, &m, &err) < 0)
		return;
	if (mailbox_sync(m, &err) < 0 || mailbox_raise_modseq(m, &err) < 0)
		log_err(&err);
	mailbox_close(&m);
}

int
cmd_setmetadata(void *session, struct command *cmd)
{
	struct session *s = session;
	struct note *changes;
	size_t count = 0;
	const char *name;
	struct err why;

	if (parse_space(&cmd->parse) < 0 || parse_subject(s, cmd, &name, &why) < 0
	    || parse_space(&cmd->parse) < 0 || parse_changes(cmd, &changes, &count) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (name == NULL) {
		cmd->err = why;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		changes[i].name = (char *)name;
		if (changes[i].value_len > ENTRY_VALUE_MAX)
			return err_set(&cmd->err, ERR_METADATA, "MAXSIZE %d] The value is too long",
			    ENTRY_VALUE_MAX);
		if (check_special_use(cmd, name, &changes[i]) < 0
		    || filter_check(name, changes[i].entry, changes[i].value, changes[i].value_len,
		    cmd->arena, &cmd->err) < 0)
			return -1;
	}
	if (notes_change(&s->account, NOTES_METADATA, changes, count, within_bounds, (void *)name,
	    &cmd->err) < 0)
		return -1;
	raise_modseq(s, name);
	notify_noted(s, changes, count);
	return 0;
}
