/* Items of FETCH, read from the command; fetch_answer.c writes them. */
#include "cmd/fetch_items.h"

#include <string.h>
#include <strings.h>

#include "session/message.h"
#include "session/session.h"
#include "util/err.h"

enum {
	ITEMS_MAX = 1000,		/* of one FETCH */
	HEADER_NAMES_MAX = 10000,	/* in one HEADER.FIELDS list */
};

/* Items without arguments. The longer of two names with the same beginning stands first. */
static const struct {
	const char *name;
	enum item_kind kind;
	unsigned want;
	bool seen;
	enum section_kind section;	/* of ITEM_SECTION */
} plain_items[] = {
	{ "UID", ITEM_UID, 0, false, 0 },
	{ "FLAGS", ITEM_FLAGS, 0, false, 0 },
	{ "INTERNALDATE", ITEM_INTERNALDATE, MESSAGE_WANT_DATE, false, 0 },
	{ "RFC822.SIZE", ITEM_RFC822_SIZE, MESSAGE_WANT_SIZE, false, 0 },
	{ "RFC822.HEADER", ITEM_SECTION, MESSAGE_WANT_FILE, false, SECTION_HEADER },
	{ "RFC822.TEXT", ITEM_SECTION, MESSAGE_WANT_FILE, true, SECTION_TEXT },
	{ "RFC822", ITEM_SECTION, MESSAGE_WANT_FILE | MESSAGE_WANT_SIZE, true, SECTION_ALL },
	{ "ENVELOPE", ITEM_ENVELOPE, MESSAGE_WANT_ENVELOPE, false, 0 },
	{ "BODYSTRUCTURE", ITEM_BODYSTRUCTURE, MESSAGE_WANT_STRUCTURE, false, 0 },
	{ "BODY", ITEM_BODY, MESSAGE_WANT_BODY, false, 0 },
	{ "MODSEQ", ITEM_MODSEQ, 0, false, 0 },
	{ "EMAILID", ITEM_EMAILID, 0, false, 0 },
	{ "THREADID", ITEM_THREADID, 0, false, 0 },
	{ "SAVEDATE", ITEM_SAVEDATE, 0, false, 0 },
	{ "PREVIEW", ITEM_PREVIEW, 0, false, 0 },
};
enum { PLAIN_ITEMS = sizeof plain_items / sizeof plain_items[0] };

static struct fetch_item *
add_item(struct command *cmd, struct fetch_items *items)
{
	if (items->count == items->room) {
		size_t room = items->room * 2 + 8;
		struct fetch_item *more = arena_alloc(cmd->arena, room * sizeof *more);

		if (items->count > 0)
			memcpy(more, items->at, items->count * sizeof *more);
		items->at = more;
		items->room = room;
	}
	memset(&items->at[items->count], 0, sizeof *items->at);
	return &items->at[items->count++];
}

static void
add_plain(struct command *cmd, struct fetch_items *items, int which)
{
	struct fetch_item *item = add_item(cmd, items);

	item->kind = plain_items[which].kind;
	item->label = plain_items[which].name;
	item->label_len = strlen(item->label);
	item->section.kind = plain_items[which].section;
	items->want |= plain_items[which].want;
	items->sets_seen |= plain_items[which].seen;
	items->has_flags |= item->kind == ITEM_FLAGS;
	items->has_uid |= item->kind == ITEM_UID;
	items->has_modseq |= item->kind == ITEM_MODSEQ;
	items->has_thread_id |= item->kind == ITEM_THREADID;
}

static void
add_by_name(struct command *cmd, struct fetch_items *items, const char *name)
{
	for (int i = 0; i < PLAIN_ITEMS; i++)
		if (strcmp(plain_items[i].name, name) == 0)
			add_plain(cmd, items, i);
}

/* "(From To {4}\r\nDate)": the names of a header list. */
static int
parse_header_names(struct command *cmd, struct section *section)
{
	struct parse *p = &cmd->parse;
	struct section_name *names = NULL;
	size_t count = 0, room = 0;

	if (parse_char(p, '(') < 0)
		return -1;
	do {
		struct str name;

		if (count == HEADER_NAMES_MAX)
			return err_set(&cmd->err, ERR_SYNTAX, "At most %d header names", HEADER_NAMES_MAX);
		if (parse_astring(p, &name) < 0)
			return -1;
		if (count == room) {
			struct section_name *more;

			room = room * 2 + 8;
			more = arena_alloc(cmd->arena, room * sizeof *more);
			if (count > 0)
				memcpy(more, names, count * sizeof *more);
			names = more;
		}
		names[count++] = (struct section_name){ name.data, name.len };
	} while (parse_try(p, ' '));
	section->names = names;
	section->name_count = count;
	return parse_char(p, ')');
}

/* "<0.100>" behind a section; where the end may be left out, "<100>" goes as far as there is. */
static int
parse_partial(struct parse *p, struct fetch_item *item, bool open_end)
{
	uint64_t offset, count = UINT64_MAX;

	item->count = UINT64_MAX;
	if (!parse_try(p, '<'))
		return 0;
	if (parse_number64(p, &offset) < 0)
		return -1;
	if (!(open_end && parse_peek(p) == '>')
	    && (parse_char(p, '.') < 0 || parse_number64(p, &count) < 0))
		return -1;
	if (parse_char(p, '>') < 0)
		return -1;
	if (count == 0)
		return err_set(p->err, ERR_SYNTAX, "A partial FETCH must ask for at least one octet");
	item->partial = true;
	item->offset = offset;
	item->count = count;
	return 0;
}

/* Can the common header fields answer this section? */
static bool
fields_are_common(const struct section *section)
{
	if (section->kind != SECTION_HEADER_FIELDS || section->depth > 0)
		return false;
	for (size_t i = 0; i < section->name_count; i++)
		if (!message_header_has(section->names[i].bytes, section->names[i].len))
			return false;
	return true;
}

/* What stands between "[" and "]", and the partial; the cursor is behind "[". */
static int
parse_section(struct command *cmd, struct fetch_item *item)
{
	struct parse *p = &cmd->parse;
	const char *why = NULL;
	int used = section_parse(p->at, (size_t)(p->end - p->at), &item->section, &why);

	if (used < 0)
		return err_set(&cmd->err, ERR_SYNTAX, "Bad section: %s", why != NULL ? why : "syntax");
	p->at += used;
	if (item->section.kind == SECTION_HEADER_FIELDS
	    || item->section.kind == SECTION_HEADER_FIELDS_NOT) {
		if (parse_space(p) < 0 || parse_header_names(cmd, &item->section) < 0)
			return -1;
	}
	return parse_char(p, ']');
}

/* "BODY[1.TEXT]<0>", as every answer of this command will say it. */
static void
make_label(struct command *cmd, struct fetch_item *item)
{
	struct buf label = BUF_INIT;

	buf_adds(&label, item->kind == ITEM_BINARY ? "BINARY["
	    : item->kind == ITEM_BINARY_SIZE ? "BINARY.SIZE[" : "BODY[");
	section_print(&item->section, &label);
	buf_addc(&label, ']');
	if (item->partial)
		buf_addf(&label, "<%llu>", (unsigned long long)item->offset);
	item->label = arena_strndup(cmd->arena, label.data, label.len);
	item->label_len = label.len;
	buf_fini(&label);
}

static int
parse_body_section(struct command *cmd, struct fetch_items *items, bool peek)
{
	struct fetch_item *item = add_item(cmd, items);

	item->kind = ITEM_SECTION;
	if (parse_section(cmd, item) < 0 || parse_partial(&cmd->parse, item, false) < 0)
		return -1;
	make_label(cmd, item);
	item->from_header = fields_are_common(&item->section);
	items->want |= item->from_header ? MESSAGE_WANT_HEADER : MESSAGE_WANT_FILE;
	if (section_needs_parts(&item->section))
		items->want |= MESSAGE_WANT_PARTS;
	if (item->section.kind == SECTION_ALL && item->section.depth == 0)
		items->want |= MESSAGE_WANT_SIZE;
	items->sets_seen |= !peek;
	return 0;
}

static int
parse_binary(struct command *cmd, struct fetch_items *items, enum item_kind kind, bool peek)
{
	struct fetch_item *item = add_item(cmd, items);

	item->kind = kind;
	item->count = UINT64_MAX;
	if (parse_section(cmd, item) < 0)
		return -1;
	/* Dovecot takes <n> here, so clients may send it */
	if (kind == ITEM_BINARY && parse_partial(&cmd->parse, item, true) < 0)
		return -1;
	make_label(cmd, item);
	items->want |= MESSAGE_WANT_FILE | MESSAGE_WANT_PARTS;
	items->sets_seen |= kind == ITEM_BINARY && !peek;
	return 0;
}

/* Is this prefix next? Taken if so. */
static bool
try_prefix(struct parse *p, const char *prefix)
{
	size_t len = strlen(prefix);

	if ((size_t)(p->end - p->at) < len || strncasecmp(p->at, prefix, len) != 0)
		return false;
	p->at += len;
	return true;
}

/* Drop the last item if it stands among those before it: it is told once (RFC 9051 7.5.2). */
static void
drop_repeated(struct fetch_items *items)
{
	enum { LOOK_BACK = 32 };	/* a client repeats an item by accident, not a thousand of them */
	size_t last = items->count - 1;
	const struct fetch_item *new = &items->at[last];

	for (size_t i = last > LOOK_BACK ? last - LOOK_BACK : 0; i < last; i++) {
		const struct fetch_item *old = &items->at[i];

		/* the same words, the same item */
		if (old->label_len == new->label_len && old->count == new->count
		    && memcmp(old->label, new->label, new->label_len) == 0) {
			items->count--;
			break;
		}
	}
}

/*
 * " (LAZY)" behind PREVIEW (RFC 8970 4): only what is known already. Another list
 * may be that of the command: "FETCH 1 PREVIEW (CHANGEDSINCE 7)".
 */
static void
parse_preview(struct parse *p, struct fetch_items *items)
{
	items->want |= try_prefix(p, " (LAZY)") ? MESSAGE_WANT_LAZY_PREVIEW : MESSAGE_WANT_PREVIEW;
}

static int
parse_item(struct command *cmd, struct fetch_items *items)
{
	struct parse *p = &cmd->parse;

	if (items->count >= ITEMS_MAX)
		return err_set(&cmd->err, ERR_SYNTAX, "FETCH takes at most %d items", ITEMS_MAX);
	if (try_prefix(p, "BODY.PEEK["))
		return parse_body_section(cmd, items, true);
	if (try_prefix(p, "BODY["))
		return parse_body_section(cmd, items, false);
	if (try_prefix(p, "BINARY.PEEK["))
		return parse_binary(cmd, items, ITEM_BINARY, true);
	if (try_prefix(p, "BINARY.SIZE["))
		return parse_binary(cmd, items, ITEM_BINARY_SIZE, true);
	if (try_prefix(p, "BINARY["))
		return parse_binary(cmd, items, ITEM_BINARY, false);
	for (int i = 0; i < PLAIN_ITEMS; i++)
		if (parse_try_word(p, plain_items[i].name)) {
			add_plain(cmd, items, i);
			items->at[items->count - 1].count = UINT64_MAX;
			if (plain_items[i].kind == ITEM_PREVIEW)
				parse_preview(p, items);
			return 0;
		}
	return parse_fail(p, "a FETCH item");
}

void
fetch_items_add_modseq(struct command *cmd, struct fetch_items *items)
{
	if (!items->has_modseq)
		add_by_name(cmd, items, "MODSEQ");
}

static bool
parse_macro(struct command *cmd, struct fetch_items *items)
{
	static const struct {
		const char *name;
		const char *items[6];
	} macros[] = {
		{ "ALL", { "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", NULL } },
		{ "FAST", { "FLAGS", "INTERNALDATE", "RFC822.SIZE", NULL } },
		{ "FULL", { "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY", NULL } },
	};

	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++) {
		if (!parse_try_word(&cmd->parse, macros[i].name))
			continue;
		for (int k = 0; macros[i].items[k] != NULL; k++)
			add_by_name(cmd, items, macros[i].items[k]);
		return true;
	}
	return false;
}

int
parse_fetch_items(struct command *cmd, struct fetch_items *items)
{
	struct parse *p = &cmd->parse;

	memset(items, 0, sizeof *items);
	if (parse_macro(cmd, items))
		return 0;
	if (!parse_try(p, '('))
		return parse_item(cmd, items);
	do {
		if (parse_item(cmd, items) < 0)
			return -1;
		drop_repeated(items);
	} while (parse_try(p, ' '));
	return parse_char(p, ')');
}
