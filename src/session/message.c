/*
 * From row to record. The first question about a message that needs its file
 * answers all the others too: one open, one read, one pass, one record.
 */
#include "session/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mail/header.h"
#include "mail/module.h"
#include "mail/parse.h"
#include "message/message.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/parse.h"

/* What Thunderbird, Apple Mail, K-9, mutt, Roundcube and Delta Chat list a mailbox by. */
#define NAME(text) { (text), sizeof(text) - 1 }
static const struct str common_fields[] = {
	NAME("Autocrypt-Setup-Message"), NAME("Bcc"), NAME("Cc"),
	NAME("Chat-Disposition-Notification-To"), NAME("Chat-Version"), NAME("Content-Type"),
	NAME("Content-Transfer-Encoding"), NAME("Date"), NAME("Disposition-Notification-To"),
	NAME("From"), NAME("Importance"), NAME("In-Reply-To"), NAME("List-Id"), NAME("List-Post"),
	NAME("Mail-Followup-To"), NAME("Mail-Reply-To"), NAME("Message-ID"), NAME("MIME-Version"),
	NAME("Newsgroups"), NAME("Priority"), NAME("References"), NAME("Reply-To"),
	NAME("Return-Path"), NAME("Secure-Join"), NAME("Sender"), NAME("Subject"), NAME("To"),
	NAME("X-Label"), NAME("X-Microsoft-Original-Message-ID"), NAME("X-Mozilla-Status"),
	NAME("X-Priority"), NAME("X-TUID"), NAME("X-Uniform-Type-Identifier"),
	NAME("X-Universally-Unique-Identifier"),
};
#undef NAME

struct message_scratch {
	struct parsed parsed;
	struct buf header, parts, preview;
};

bool
message_header_has(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof common_fields / sizeof common_fields[0]; i++)
		if (common_fields[i].len == len && ascii_ncasecmp(common_fields[i].data, name, len) == 0)
			return true;
	return false;
}

/* The lines of the common fields and the empty line, as they stand in the file. */
static void
pick_header(const char *bytes, size_t len, struct buf *out)
{
	struct header_walk walk = header_walk(bytes, len);
	struct header_field field;

	buf_reset(out);
	while (header_next(&walk, &field))
		if (field.name_len > 0 && message_header_has(field.name, field.name_len))
			buf_add(out, field.line, field.line_len);
	buf_add(out, walk.at - walk.blank, walk.blank);
}

/* Does the record answer all that is wanted but the file? */
static bool
answers(const struct cache_record *r, unsigned want)
{
	static const struct {
		unsigned want;
		enum cache_field field;
	} fields[] = {
		{ MESSAGE_WANT_ENVELOPE, CACHE_ENVELOPE }, { MESSAGE_WANT_BODY, CACHE_BODY },
		{ MESSAGE_WANT_STRUCTURE, CACHE_STRUCTURE }, { MESSAGE_WANT_HEADER, CACHE_HEADER },
		{ MESSAGE_WANT_PARTS, CACHE_PARTS }, { MESSAGE_WANT_PREVIEW, CACHE_PREVIEW },
	};

	if ((want & MESSAGE_WANT_SIZE) && r->size == MAIL_UNKNOWN)
		return false;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if ((want & fields[i].want) && r->field[fields[i].field].data == NULL)
			return false;
	return true;
}

/*
 * Find the file: its name may have changed under us. use opens or stats it and
 * says whether it was there.
 */
static enum message_result
with_file(struct mailbox *m, uint32_t number,
    enum message_result (*use)(void *ctx, int dirfd, const char *name, struct err *err),
    void *ctx, struct err *err)
{
	struct buf name = BUF_INIT;
	enum message_result result = MESSAGE_GONE;

	for (int tries = 0; tries < 3; tries++) {
		struct row row;
		int dir;

		mailbox_row(m, number, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED))
			break;
		dir = mailbox_file(m, &row, &name);
		if (dir < 0) {
			err_errno(err, "open a directory of", m->path);
			result = MESSAGE_FAILED;
			break;
		}
		result = use(ctx, dir, name.data, err);
		if (result != MESSAGE_GONE)
			break;
		if (mailbox_sync_fully(m, err) < 0) {
			result = MESSAGE_FAILED;
			break;
		}
	}
	buf_fini(&name);
	return result;
}

static enum message_result
use_open(void *ctx, int dirfd, const char *name, struct err *err)
{
	struct message_reader *reader = ctx;

	switch (mail_open(&reader->mail, dirfd, name, err)) {
	case MAIL_OPEN:
		reader->files_read++;
		return MESSAGE_OK;
	case MAIL_GONE:
		return MESSAGE_GONE;
	default:
		return MESSAGE_FAILED;
	}
}

static enum message_result
use_stat(void *ctx, int dirfd, const char *name, struct err *err)
{
	struct stat *st = ctx;

	if (fstatat(dirfd, name, st, AT_SYMLINK_NOFOLLOW) == 0)
		return MESSAGE_OK;
	if (errno == ENOENT)
		return MESSAGE_GONE;
	err_errno(err, "stat", name);
	return MESSAGE_FAILED;
}

static void
set_text(struct cache_record *record, enum cache_field field, const struct buf *text)
{
	record->field[field].data = buf_str(text);
	record->field[field].len = text->len;
}

static struct message_scratch *
scratch_of(struct message_reader *reader)
{
	if (reader->scratch == NULL) {
		reader->scratch = mem_calloc(1, sizeof *reader->scratch);
		reader->scratch->parsed = PARSED_INIT;
	}
	return reader->scratch;
}

/* The preview of the open file: the module finds the parts itself, for they may not be known. */
static int
learn_preview(struct message_reader *reader, struct cache_record *r, struct err *err)
{
	struct message_scratch *scratch = scratch_of(reader);
	const struct message_ops *ops = module_ops(err);

	if (ops == NULL)
		return -1;
	buf_reset(&scratch->preview);
	ops->preview(reader->mail.data, reader->mail.len, NULL, &scratch->preview);
	set_text(r, CACHE_PREVIEW, &scratch->preview);
	return 0;
}

/* Everything that one pass over the open file gives. */
static void
learn(struct message_reader *reader, struct cache_record *r)
{
	struct mail *mail = &reader->mail;
	struct message_scratch *scratch = scratch_of(reader);

	parse_message(mail->data, mail->len, PARSE_ALL, &scratch->parsed);
	pick_header(mail->data, mail->len, &scratch->header);
	buf_reset(&scratch->parts);
	part_table_save(&scratch->parsed.parts, &scratch->parts);
	set_text(r, CACHE_ENVELOPE, &scratch->parsed.envelope);
	set_text(r, CACHE_BODY, &scratch->parsed.body);
	set_text(r, CACHE_STRUCTURE, &scratch->parsed.bodystructure);
	set_text(r, CACHE_HEADER, &scratch->header);
	set_text(r, CACHE_PARTS, &scratch->parts);
	if (mail->vsize == MAIL_UNKNOWN && scratch->parsed.vsize != MAIL_UNKNOWN)
		mail->vsize = scratch->parsed.vsize;
}

enum message_result
message_load(struct message_reader *reader, struct mailbox *m, uint32_t number,
    unsigned want, struct cache_record *out, struct err *err)
{
	const unsigned parsed = MESSAGE_WANT_ENVELOPE | MESSAGE_WANT_BODY | MESSAGE_WANT_STRUCTURE
	    | MESSAGE_WANT_HEADER | MESSAGE_WANT_PARTS;
	struct cache *cache = cache_of(m);
	enum message_result result;
	bool known, news;
	struct row row;

	mail_close(&reader->mail);
	mailbox_row(m, number, &row);
	if (row.flags & (ROW_GONE | ROW_REMOVED))
		return MESSAGE_GONE;
	known = cache_get(cache, &row, out);
	if (known && !(want & MESSAGE_WANT_FILE) && answers(out, want))
		return MESSAGE_OK;
	want &= ~(unsigned)MESSAGE_WANT_LAZY_PREVIEW;
	if (!known) {
		memset(out, 0, sizeof *out);
		out->uid = row.uid;
		out->size = MAIL_UNKNOWN;
	}
	if (want == 0)
		return MESSAGE_OK;
	if (!(want & ~(unsigned)MESSAGE_WANT_DATE)) {
		struct stat st;

		result = with_file(m, number, use_stat, &st, err);
		if (result != MESSAGE_OK)
			return result;
		out->internal_date = st.st_mtim.tv_sec;
		out->file_size = (uint64_t)st.st_size;
		cache_put(cache, out);
		return MESSAGE_OK;
	}
	result = with_file(m, number, use_open, reader, err);
	if (result != MESSAGE_OK)
		return result;
	if (known && out->file_size != reader->mail.len) {
		/* somebody wrote into the file: what we knew is of another text */
		known = false;
		memset(out->field, 0, sizeof out->field);
		pieces_forget(m);
	}
	news = !known || !answers(out, want | MESSAGE_WANT_SIZE);
	if (!news)
		return MESSAGE_OK;
	out->internal_date = reader->mail.mtime.tv_sec;
	out->file_size = reader->mail.len;
	if (want & parsed)
		learn(reader, out);
	if ((want & MESSAGE_WANT_PREVIEW) && out->field[CACHE_PREVIEW].data == NULL
	    && learn_preview(reader, out, err) < 0)
		return MESSAGE_FAILED;
	if (!known || out->size == MAIL_UNKNOWN)
		out->size = mail_vsize(&reader->mail);
	cache_put(cache, out);
	return MESSAGE_OK;
}

bool
message_save_date(struct mailbox *m, uint32_t number, int64_t *out)
{
	struct stat st;
	struct row row;
	struct err err;

	mailbox_row(m, number, &row);
	*out = row.save_date;
	if (row.save_date != 0)
		return true;
	if (with_file(m, number, use_stat, &st, &err) != MESSAGE_OK)
		return false;
	*out = st.st_ctim.tv_sec;
	return true;
}

void
message_reader_fini(struct message_reader *reader, struct mailbox *m)
{
	if (m != NULL && m->cache != NULL)
		cache_flush(m->cache);
	mail_fini(&reader->mail);
	if (reader->scratch != NULL) {
		parsed_fini(&reader->scratch->parsed);
		buf_fini(&reader->scratch->header);
		buf_fini(&reader->scratch->parts);
		buf_fini(&reader->scratch->preview);
		free(reader->scratch);
		reader->scratch = NULL;
	}
}
