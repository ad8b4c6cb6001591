/*
 * Items of FETCH, from words to bytes. Whatever can fail (a file that is gone, a
 * part that cannot be decoded) fails before the first byte of a message's answer
 * is queued, since a literal that was announced must come.
 */
#include "cmd/fetch_items.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd/search_source.h"
#include "mail/module.h"
#include "message/message.h"
#include "session/message.h"
#include "session/session.h"
#include "session/view.h"
#include "store/change.h"
#include "store/mailbox.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/datetime.h"
#include "wire/respond.h"

enum {
	ITEMS_MAX = 1000,		/* of one FETCH */
	HEADER_NAMES_MAX = 10000,	/* in one HEADER.FIELDS list */
};

/* ---- reading ---- */

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

/* " (LAZY)" behind PREVIEW (RFC 8970 4): only what is known already. */
static int
parse_preview(struct parse *p, struct fetch_items *items)
{
	if (!try_prefix(p, " (")) {
		items->want |= MESSAGE_WANT_PREVIEW;
		return 0;
	}
	if (!parse_try_word(p, "LAZY"))
		return parse_fail(p, "LAZY");
	items->want |= MESSAGE_WANT_LAZY_PREVIEW;
	return parse_char(p, ')');
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
				return parse_preview(p, items);
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

/* ---- writing ---- */

/* What one message needs while its answer is made. */
struct made {
	struct cache_record record;
	struct part_table parts;
	struct section_data *sections;	/* one an item */
	struct buf *decoded;		/* one an item: BINARY */
	uint64_t *sizes;		/* one an item: BINARY.SIZE */
	bool *found;			/* one an item: there is such a section */
	char thread_id[40];		/* with the space before it */
};

static void
send_bytes(void *ctx, const char *bytes, size_t len)
{
	output_write(ctx, bytes, len);
}

/* The bytes that a section item is cut from. */
static const char *
bytes_of(const struct fetch_item *item, const struct made *made,
    const struct message_reader *reader, size_t *len)
{
	if (item->from_header) {
		*len = made->record.field[CACHE_HEADER].len;
		return made->record.field[CACHE_HEADER].data;
	}
	*len = reader->mail.len;
	return reader->mail.data;
}

/* Lines with CRLF, NULs as they are: what a literal8 may hold. */
static int
add_lines(const char *bytes, size_t len, struct made *made, size_t i)
{
	struct crlf_place place = { 0, 0 };

	made->sizes[i] = crlf_send(bytes, len, &place, 0, UINT64_MAX, true, sink_buf,
	    &made->decoded[i]);
	return 0;
}

/*
 * BINARY[1.MIME], BINARY[TEXT]: RFC 3516 has part numbers alone, clients of other servers
 * ask for more. A header has no encoding, so it is what BODY shows.
 */
static void
copy_section(const struct fetch_item *item, struct made *made, size_t i,
    const struct message_reader *reader)
{
	struct section_data data = SECTION_DATA_INIT;

	made->found[i] = section_find(&item->section, reader->mail.data, reader->mail.len,
	    MAIL_UNKNOWN, &made->parts, &data);
	if (made->found[i])
		made->sizes[i] = section_partial(&data, 0, UINT64_MAX);
	if (made->found[i] && item->kind == ITEM_BINARY)
		section_send(&data, reader->mail.data, reader->mail.len, 0, UINT64_MAX, sink_buf,
		    &made->decoded[i]);
	section_data_fini(&data);
}

static int
decode_part(const struct fetch_item *item, struct made *made, size_t i,
    const struct message_reader *reader, struct err *err)
{
	uint32_t part = part_find(&made->parts, item->section.path, item->section.depth);
	const struct message_ops *ops;
	const struct part *leaf;
	const char *bytes;
	size_t len;

	if (part == PART_NONE) {
		made->found[i] = false;
		return 0;
	}
	leaf = &made->parts.parts[part];
	/* What is made of parts has no encoding of its own: as BODY[] shows it. */
	made->found[i] = true;
	bytes = reader->mail.data + (item->section.depth == 0 ? leaf->header : leaf->body);
	len = (size_t)(reader->mail.data + leaf->end - bytes);
	if (item->section.depth == 0 || leaf->kind != PART_LEAF)
		return add_lines(bytes, len, made, i);
	ops = module_ops(err);
	if (ops == NULL)
		return -1;
	/* What base64 holds goes out untouched, text too: it may be UTF-16, where 0x0A is half a letter. */
	return ops->decode(bytes, len, (enum part_encoding)leaf->encoding,
	    item->kind == ITEM_BINARY ? sink_buf : NULL, &made->decoded[i], &made->sizes[i], err);
}

/* Everything that can go wrong. */
static int
prepare(const struct fetch_items *items, struct made *made,
    const struct message_reader *reader, struct err *err)
{
	struct cache_text parts = made->record.field[CACHE_PARTS];

	if (items->want & MESSAGE_WANT_PARTS
	    && !part_table_load(&made->parts, parts.data, parts.len, reader->mail.len)) {
		err_set(err, ERR_CORRUPTION, "What was kept of a message does not fit it");
		return err_detail(err, "UID %u: part table does not fit the file", made->record.uid);
	}
	for (size_t i = 0; i < items->count; i++) {
		const struct fetch_item *item = &items->at[i];
		const char *bytes;
		size_t len;

		bool binary = item->kind == ITEM_BINARY || item->kind == ITEM_BINARY_SIZE;

		if (binary && item->section.kind != SECTION_ALL) {
			copy_section(item, made, i, reader);
		} else if (binary) {
			if (decode_part(item, made, i, reader, err) < 0)
				return -1;
		} else if (item->kind == ITEM_SECTION) {
			bytes = bytes_of(item, made, reader, &len);
			made->found[i] = section_find(&item->section, bytes, len,
			    item->from_header ? MAIL_UNKNOWN : made->record.size, &made->parts,
			    &made->sections[i]);
		}
	}
	return 0;
}

static void
write_section(struct session *s, const struct fetch_item *item, struct made *made, size_t i,
    const struct message_reader *reader)
{
	const char *bytes;
	size_t len;
	uint64_t size;

	if (!made->found[i]) {
		output_text(&s->out, " NIL");
		return;
	}
	bytes = bytes_of(item, made, reader, &len);
	size = section_partial(&made->sections[i], item->offset, item->count);
	output_text(&s->out, " {");
	output_number(&s->out, size);
	output_text(&s->out, "}\r\n");
	if (!section_send(&made->sections[i], bytes, len, item->offset, item->count, send_bytes,
	    &s->out))
		log_line(LOG_LEVEL_WARNING, "%s: the file of UID %u became shorter while it was sent",
		    s->mailbox->path, made->record.uid);
}

static void
write_binary(struct session *s, const struct fetch_item *item, struct made *made, size_t i)
{
	const struct buf *data = &made->decoded[i];
	uint64_t offset = item->offset < data->len ? item->offset : data->len;
	uint64_t size = data->len - offset < item->count ? data->len - offset : item->count;

	if (!made->found[i]) {
		output_text(&s->out, " NIL");
		return;
	}
	/* A string says that there is no NUL in it (RFC 9051 7.5.2). */
	output_text(&s->out, size > 0 && memchr(data->data + offset, '\0', (size_t)size) != NULL
	    ? " ~{" : " {");
	output_number(&s->out, size);
	output_text(&s->out, "}\r\n");
	output_write(&s->out, buf_str(data) + offset, (size_t)size);
}

static void
write_cached(struct session *s, const struct made *made, enum cache_field field)
{
	output_char(&s->out, ' ');
	output_write(&s->out, made->record.field[field].data, made->record.field[field].len);
}

/* Facts beside the message's bytes: RFC 8474 5, RFC 8514 4.2, RFC 8970 3. */
static void
write_fact(struct session *s, enum item_kind kind, const struct made *made, uint32_t number,
    const struct row *row)
{
	const struct cache_text *preview = &made->record.field[CACHE_PREVIEW];
	struct buf *out = &s->out.buf;
	int64_t saved;

	buf_addc(out, ' ');
	switch (kind) {
	case ITEM_EMAILID:
		buf_addc(out, '(');
		mailbox_email_id(row, out);
		buf_addc(out, ')');
		break;
	case ITEM_SAVEDATE:
		if (!message_save_date(s->mailbox, number, &saved)) {
			buf_adds(out, "NIL");
			break;
		}
		buf_addc(out, '"');
		datetime_print(saved, 0, out);
		buf_addc(out, '"');
		break;
	case ITEM_PREVIEW:
		respond_buf_nstring(out, preview->data, preview->len, session_utf8(s));
		break;
	default:
		assert(!"every kind of item has its own line here or in write_item");
	}
}

/* Found before the line begins: it may mean to look at every message. */
static void
find_thread_id(struct session *s, const struct fetch_items *items, uint32_t row,
    struct made *made)
{
	struct search_source own, *source = items->threads;
	struct str id;

	if (source == NULL) {
		source = &own;
		search_source_init(source, s, s->mailbox, NULL, NULL);
	}
	id = search_source_row_thread_id(source, row);
	if (id.data == NULL)
		strcpy(made->thread_id, " NIL");
	else
		snprintf(made->thread_id, sizeof made->thread_id, " (%.*s)", (int)id.len, id.data);
	if (source == &own)
		search_source_fini(source);
}

static void
write_item(struct session *s, const struct fetch_item *item, struct made *made, size_t i,
    const struct message_reader *reader, uint32_t number, const struct row *row)
{
	struct buf *out = &s->out.buf;

	output_write(&s->out, item->label, item->label_len);
	switch (item->kind) {
	case ITEM_UID:
		output_char(&s->out, ' ');
		output_number(&s->out, row->uid);
		break;
	case ITEM_FLAGS:
		output_char(&s->out, ' ');
		view_flags(s, row, out);
		break;
	case ITEM_INTERNALDATE:
		buf_adds(out, " \"");
		datetime_print(made->record.internal_date, 0, out);
		buf_addc(out, '"');
		break;
	case ITEM_RFC822_SIZE:
		output_char(&s->out, ' ');
		output_number(&s->out, made->record.size);
		break;
	case ITEM_MODSEQ:
		output_text(&s->out, " (");
		output_number(&s->out, row->modseq);
		output_char(&s->out, ')');
		break;
	case ITEM_ENVELOPE:
		write_cached(s, made, CACHE_ENVELOPE);
		break;
	case ITEM_BODY:
		write_cached(s, made, CACHE_BODY);
		break;
	case ITEM_BODYSTRUCTURE:
		write_cached(s, made, CACHE_STRUCTURE);
		break;
	case ITEM_SECTION:
		write_section(s, item, made, i, reader);
		break;
	case ITEM_BINARY:
		write_binary(s, item, made, i);
		break;
	case ITEM_BINARY_SIZE:
		output_char(&s->out, ' ');
		output_number(&s->out, made->found[i] ? made->sizes[i] : 0);
		break;
	default:
		write_fact(s, item->kind, made, number, row);
		break;
	}
}

static void
write_all(struct session *s, const struct fetch_items *items, struct made *made,
    const struct message_reader *reader, uint32_t number, bool uid, bool extra_flags)
{
	const char *between = "";
	struct row row;

	mailbox_row(s->mailbox, number, &row);
	view_begin_fetch(s, number);
	/* Flags that nobody asked for come with the UID: RFC 7162 3.2.4. */
	if ((uid || (extra_flags && s->enabled_condstore)) && !items->has_uid && !s->enabled_uidonly) {
		output_text(&s->out, "UID ");
		output_number(&s->out, row.uid);
		between = " ";
	}
	for (size_t i = 0; i < items->count; i++) {
		output_text(&s->out, between);
		if (items->at[i].kind == ITEM_THREADID) {
			output_text(&s->out, items->at[i].label);
			output_text(&s->out, made->thread_id);
		} else {
			write_item(s, &items->at[i], made, i, reader, number, &row);
		}
		between = " ";
	}
	if (extra_flags && !items->has_flags) {
		output_text(&s->out, between);
		output_text(&s->out, "FLAGS ");
		view_flags(s, &row, &s->out.buf);
	}
	if (extra_flags && s->enabled_condstore && !items->has_modseq) {
		output_text(&s->out, " MODSEQ (");
		output_number(&s->out, row.modseq);
		output_char(&s->out, ')');
	}
	output_text(&s->out, ")\r\n");
}

static void
made_fini(struct made *made, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		section_data_fini(&made->sections[i]);
		buf_fini(&made->decoded[i]);
	}
	part_table_fini(&made->parts);
}

/* Only what the snapshot and the cache know: nothing to prepare, nothing to free. */
static bool
is_light(const struct fetch_items *items)
{
	return !(items->want & (MESSAGE_WANT_FILE | MESSAGE_WANT_PARTS | MESSAGE_WANT_HEADER));
}

/* Items that are cut out of bytes. */
static int
write_with_sections(struct session *s, const struct fetch_items *items, struct made *made,
    const struct message_reader *reader, uint32_t row, bool uid, bool extra_flags,
    struct err *err)
{
	struct section_data sections[8] = { 0 };
	struct buf decoded[8] = { 0 };
	uint64_t sizes[8];
	bool found[8];
	void *memory = NULL;
	int result;

	made->sections = sections;
	made->decoded = decoded;
	made->sizes = sizes;
	made->found = found;
	if (items->count > 8) {
		size_t each = sizeof *made->sections + sizeof *made->decoded + sizeof *made->sizes
		    + sizeof *made->found;
		char *at = memory = mem_calloc(items->count, each);

		made->sections = (struct section_data *)at;
		made->decoded = (struct buf *)(at += items->count * sizeof *made->sections);
		made->sizes = (uint64_t *)(at += items->count * sizeof *made->decoded);
		made->found = (bool *)(at += items->count * sizeof *made->sizes);
	}
	result = prepare(items, made, reader, err);
	if (result == 0) {
		write_all(s, items, made, reader, row, uid, extra_flags);
		result = 1;
	}
	made_fini(made, items->count);
	free(memory);
	return result;
}

int
write_fetch(struct session *s, const struct fetch_items *items,
    struct message_reader *reader, uint32_t row, bool uid, bool extra_flags, struct err *err)
{
	struct made made;

	if (items->has_thread_id)
		find_thread_id(s, items, row, &made);
	if (items->want != 0) {
		int result = message_load(reader, s->mailbox, row, items->want, &made.record, err);

		if (result != MESSAGE_OK)
			return result;
	}
	if (is_light(items)) {
		/* Clearing what only sections need was a fifth of FETCH 1:* (UID FLAGS). */
		write_all(s, items, &made, reader, row, uid, extra_flags);
		return 1;
	}
	made.parts = PART_TABLE_INIT;
	return write_with_sections(s, items, &made, reader, row, uid, extra_flags, err);
}
