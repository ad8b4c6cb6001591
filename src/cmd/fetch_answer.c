/*
 * Items of FETCH as bytes. Whatever can fail (a file that is gone, a part that cannot
 * be decoded) fails before the first byte of a message's answer is queued, since a
 * literal that was announced must come.
 */
#include "cmd/fetch_items.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		made->found = (bool *)(at + items->count * sizeof *made->sizes);
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
