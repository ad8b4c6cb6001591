/*
 * NOTIFY (RFC 5465): reading what is asked for. What is asked for is all read, and
 * looked at, before the present NOTIFY ends; NOTIFY SET is a NOOP too (3.1).
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/fetch_items.h"
#include "cmd/notify_watch.h"
#include "session/message.h"
#include "session/names.h"
#include "session/notify.h"
#include "session/session.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	GROUPS_MAX = 1000,	/* clients send two or three */
	NAMES_MAX = 20000,	/* in all groups: as many as we would watch */
};

/* ---- what the session needs of us ---- */

static void
notify_free(struct notify *n)
{
	notify_watch_end(n);
	seqset_fini(&n->own);
	arena_fini(&n->arena);
	free(n);
}

static void
end_notify(struct session *s)
{
	notify_free(s->notify);
	s->notify = NULL;
}

/* FETCH of what MessageNew asked for, of all but the client's own messages (5.2). */
static void
fetch_new(struct session *s, uint32_t first_row)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	struct notify *n = s->notify;
	struct mailbox *m = s->mailbox;
	struct err err;

	seqset_sort(&n->own);
	for (uint32_t row = mailbox_next_told(m, first_row); row != UINT32_MAX && !s->out.dead;
	    row = mailbox_next_told(m, row + 1)) {
		if (seqset_contains(&n->own, mailbox_uid(m, row))
		    || (mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED)))
			continue;
		if (write_fetch(s, n->items, &reader, row, true, false, &err) < 0)
			log_err(&err);
	}
	s->counts.fetched += reader.files_read;
	message_reader_fini(&reader, m);
	seqset_reset(&n->own);
}

static const struct notify_ops ops = { fetch_new, notify_deselect, end_notify };

/* ---- reading ---- */

/* One command being read. */
struct reading {
	struct session *s;
	struct command *cmd;
	struct notify *n;
	size_t room, names;
	bool has_selected;
	bool status;
	bool unknown;		/* an event that we do not have: NO if all else is right */
};

static const struct {
	const char *name;
	unsigned event;
} event_names[] = {
	{ "MessageNew", NOTIFY_NEW }, { "MessageExpunge", NOTIFY_EXPUNGE },
	{ "FlagChange", NOTIFY_FLAGS }, { "MailboxName", NOTIFY_NAME },
	{ "SubscriptionChange", NOTIFY_SUBSCRIPTION }, { "MailboxMetadataChange", NOTIFY_METADATA },
	{ "ServerMetadataChange", NOTIFY_SERVER_METADATA },
};

/* The items outlive the command: they are read into the arena of the request. */
static int
read_items(struct reading *r, bool selected)
{
	struct command *cmd = r->cmd;
	struct fetch_items *items = arena_alloc(&r->n->arena, sizeof *items);
	struct arena *present = cmd->arena;
	int result;

	if (!selected)
		return err_set(&cmd->err, ERR_SYNTAX, "Items are for the selected mailbox alone");
	cmd->arena = cmd->parse.arena = &r->n->arena;
	result = parse_fetch_items(cmd, items);
	cmd->arena = cmd->parse.arena = present;
	r->n->items = items;
	return result;
}

static int
read_event(struct reading *r, bool selected, unsigned *events, bool *annotations)
{
	struct parse *p = &r->cmd->parse;
	struct str atom;

	for (size_t i = 0; i < sizeof event_names / sizeof event_names[0]; i++) {
		if (!parse_try_word(p, event_names[i].name))
			continue;
		*events |= event_names[i].event;
		if (event_names[i].event == NOTIFY_NEW && p->at + 1 < p->end && p->at[0] == ' '
		    && p->at[1] == '(') {
			parse_space(p);
			return read_items(r, selected);
		}
		return 0;
	}
	if (parse_atom(p, &atom) < 0)
		return -1;
	r->unknown = true;
	*annotations |= ascii_is(atom.data, atom.len, "AnnotationChange");
	return 0;
}

/* "(MessageNew MessageExpunge)" or NONE; as in RFC 5465's own examples also without the parentheses. */
static int
read_events(struct reading *r, bool selected, unsigned *events)
{
	struct parse *p = &r->cmd->parse;
	bool annotations = false, list;

	*events = 0;
	if (parse_try_word(p, "NONE"))
		return 0;
	list = parse_try(p, '(');
	do {
		if (read_event(r, selected, events, &annotations) < 0)
			return -1;
	} while (parse_try(p, ' '));
	if (list && parse_char(p, ')') < 0)
		return -1;
	if (((*events & NOTIFY_NEW) != 0) != ((*events & NOTIFY_EXPUNGE) != 0))
		return err_set(p->err, ERR_SYNTAX, "MessageNew and MessageExpunge go together");
	if (((*events & NOTIFY_FLAGS) || annotations) && !(*events & NOTIFY_NEW))
		return err_set(p->err, ERR_SYNTAX,
		    "FlagChange and AnnotationChange go with MessageNew and MessageExpunge");
	if (selected && (*events & ~(unsigned)NOTIFY_MESSAGES))
		return err_set(p->err, ERR_SYNTAX, "The selected mailbox has message events only");
	return 0;
}

static int
by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One or a list; a name that no mailbox can have is passed over like one that none has (3.1). */
static int
read_names(struct reading *r, struct notify_group *g)
{
	struct command *cmd = r->cmd;
	struct parse *p = &cmd->parse;
	const char **names = NULL;
	size_t room = 0;
	bool list;

	if (parse_space(p) < 0)
		return -1;
	list = parse_try(p, '(');
	do {
		const char *name;
		struct err why;

		if (parse_mailbox(r->s, cmd, &name, &why) < 0)
			goto fail;
		if (name == NULL)
			continue;
		if (++r->names > NAMES_MAX) {
			err_set(&cmd->err, ERR_NOTIFICATIONOVERFLOW, "At most %d names", NAMES_MAX);
			goto fail;
		}
		names = mem_grow(names, &room, g->count + 1, sizeof *names);
		names[g->count++] = arena_strndup(&r->n->arena, name, strlen(name));
	} while (list && parse_try(p, ' '));
	if (list && parse_char(p, ')') < 0)
		goto fail;
	if (g->count > 0) {
		qsort(names, g->count, sizeof *names, by_string);
		g->names = arena_alloc(&r->n->arena, g->count * sizeof *names);
		memcpy(g->names, names, g->count * sizeof *names);
	}
	free(names);
	return 0;
fail:
	free(names);
	return -1;
}

/* "(selected ...)" or "(selected-delayed ...)", behind that word. */
static int
read_selected(struct reading *r, bool delayed)
{
	struct parse *p = &r->cmd->parse;

	if (r->has_selected)
		return err_set(p->err, ERR_SYNTAX, "SELECTED or SELECTED-DELAYED, and once");
	r->has_selected = true;
	r->n->delayed = delayed;
	return parse_space(p) < 0 ? -1 : read_events(r, true, &r->n->selected);
}

static int
read_others(struct reading *r)
{
	struct notify *n = r->n;
	struct parse *p = &r->cmd->parse;
	struct notify_group g = { .filter = NOTIFY_PERSONAL };

	if (parse_try_word(p, "subscribed"))
		g.filter = NOTIFY_SUBSCRIBED;
	else if (parse_try_word(p, "subtree"))
		g.filter = NOTIFY_SUBTREE;
	else if (parse_try_word(p, "mailboxes"))
		g.filter = NOTIFY_MAILBOXES;
	else if (!parse_try_word(p, "personal") && !parse_try_word(p, "inboxes"))
		return parse_fail(p, "a mailbox filter");
	if ((g.filter == NOTIFY_SUBTREE || g.filter == NOTIFY_MAILBOXES) && read_names(r, &g) < 0)
		return -1;
	if (parse_space(p) < 0 || read_events(r, false, &g.events) < 0)
		return -1;
	if (n->count == GROUPS_MAX)
		return err_set(p->err, ERR_NOTIFICATIONOVERFLOW, "At most %d groups", GROUPS_MAX);
	if (n->count == r->room) {
		struct notify_group *more;

		r->room = r->room * 2 + 4;
		more = arena_alloc(&n->arena, r->room * sizeof *more);
		if (n->count > 0)
			memcpy(more, n->groups, n->count * sizeof *more);
		n->groups = more;
	}
	n->groups[n->count++] = g;
	n->events |= g.events;
	n->subscriptions |= g.filter == NOTIFY_SUBSCRIBED;
	return 0;
}

static int
read_set(struct reading *r)
{
	struct parse *p = &r->cmd->parse;

	if (parse_space(p) < 0)
		return -1;
	if (parse_try_word(p, "STATUS")) {
		r->status = true;
		if (parse_space(p) < 0)
			return -1;
	}
	do {
		int result;

		if (parse_char(p, '(') < 0)
			return -1;
		if (parse_try_word(p, "selected-delayed"))
			result = read_selected(r, true);
		else if (parse_try_word(p, "selected"))
			result = read_selected(r, false);
		else
			result = read_others(r);
		if (result < 0 || parse_char(p, ')') < 0)
			return -1;
	} while (parse_try(p, ' '));
	if (parse_end(p) < 0)
		return -1;
	if (r->unknown)
		return err_set(p->err, ERR_BADEVENT, "There is no such event here");
	return 0;
}

/* ---- doing ---- */

/* All that gathered in the selected mailbox is told, whatever the new events are (3.1). */
static void
catch_up(struct session *s)
{
	struct err err;

	if (s->mailbox == NULL)
		return;
	if (view_refresh(s, &err) < 0)
		view_failed(s, &err);
	if (s->mailbox == NULL)
		return;
	s->notify->catching_up = true;
	view_tell(s, TELL_EXPUNGE, true);
	s->notify->catching_up = false;
}

/* The new one takes the place of the present one, or is given back. */
static int
install(struct reading *r)
{
	struct session *s = r->s;
	struct notify *before = s->notify;

	if (before != NULL)
		notify_look(s, false);
	s->notify = r->n;
	if ((r->n->selected != 0 || r->n->count > 0)
	    && notify_watch_begin(s, before, r->status, &r->cmd->err) < 0) {
		s->notify = before;
		return -1;
	}
	if (before != NULL)
		notify_free(before);
	r->n = NULL;
	s->dispatch.wait = s->notify->watch != NULL ? notify_wait : NULL;
	return 0;
}

int
cmd_notify(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	struct reading r = { .s = s, .cmd = cmd };
	int result = -1;

	r.n = mem_calloc(1, sizeof *r.n);
	r.n->ops = &ops;
	r.n->arena = ARENA_INIT;
	seqset_init(&r.n->own);
	if (parse_space(p) < 0)
		goto out;
	if (parse_try_word(p, "NONE")) {
		if (parse_end(p) < 0 || install(&r) < 0)
			goto out;
	} else if (!parse_try_word(p, "SET")) {
		parse_fail(p, "SET or NONE");
		goto out;
	} else {
		if (read_set(&r) < 0 || install(&r) < 0)
			goto out;
		catch_up(s);
	}
	result = 0;
out:
	if (r.n != NULL)
		notify_free(r.n);
	return result;
}
