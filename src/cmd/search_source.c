/*
 * Messages for query/. What one answer needed is kept for the next about the same
 * message, so that five keys cost one look into the cache, and one file that has
 * to be read is read once. What is read whole is signed (query/signature.h).
 */
#include "cmd/search_source.h"

#include <poll.h>
#include <signal.h>
#include <string.h>

#include "mail/header.h"
#include "mail/module.h"
#include "message/message.h"
#include "query/scan.h"
#include "query/signature.h"
#include "session/session.h"
#include "store/change.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "store/threads.h"
#include "util/ascii.h"
#include "util/log.h"
#include "wire/flags.h"
#include "wire/output.h"
#include "wire/seqset.h"

enum {
	FIRST_WORD_MS = 5000,	/* a client that hears nothing for 30 seconds may give up */
	NEXT_WORD_MS = 10000,	/* RFC 9585 section 3 asks for patience between two */
};

/* The one keyword that Maildir has as a flag ("P"): it is in no keyword table. */
static const int64_t passed = INT64_MAX;

_Static_assert((int)DOCUMENT_HEADER == (int)MESSAGE_HEADER
    && (int)DOCUMENT_BODY == (int)MESSAGE_BODY, "kinds of text");

static struct search_source *
source_of(const struct document *d)
{
	return d->mailbox;
}

static bool
source_open(void *mailbox, uint32_t position, struct document *out)
{
	struct search_source *s = mailbox;
	struct mailbox *m = s->mailbox;
	uint32_t row = mailbox_row_of_number(m, position + 1), flags = mailbox_flags(m, row);

	*out = (struct document){
		.ops = &search_source_ops, .mailbox = s, .number = position + 1,
		.uid = mailbox_uid(m, row), .flags = flags & FLAGS_SETTABLE,
		.modseq = mailbox_modseq(m, row), .row = row,
	};
	if (flags & (ROW_GONE | ROW_REMOVED))
		return false;
	if (mailbox_is_recent(m, out->uid))
		out->flags |= FLAG_RECENT;
	out->saved = s->saved != NULL && seqset_contains(s->saved, out->uid);
	return true;
}

static uint32_t
source_find_uid(void *mailbox, uint32_t uid)
{
	struct search_source *s = mailbox;
	uint32_t row = mailbox_next_told(s->mailbox, mailbox_row_of_uid(s->mailbox, uid));

	return row == UINT32_MAX ? mailbox_told(s->mailbox)
	    : mailbox_number_of_row(s->mailbox, row) - 1;
}

static int64_t
source_keyword(void *mailbox, struct str name)
{
	struct search_source *s = mailbox;

	if (ascii_is(name.data, name.len, "$Forwarded"))
		return passed;
	return keywords_find(&s->mailbox->keywords, name.data, name.len);
}

static bool
source_has_keyword(const struct document *d, int64_t keyword)
{
	const struct search_source *s = source_of(d);
	struct row row;

	mailbox_row(s->mailbox, (uint32_t)d->row, &row);
	if (keyword == passed)
		return (row.flags & MAIL_PASSED) != 0;
	return keywords_has(&s->mailbox->keywords, row.set, (uint32_t)keyword);
}

static bool
source_has_save_dates(void *mailbox)
{
	(void)mailbox;
	return true;
}

/* Turn to this message: what was known of another is forgotten. */
static void
turn_to(struct search_source *s, const struct document *d)
{
	if (s->known_uid == d->uid)
		return;
	s->known_uid = d->uid;
	s->known_row = (uint32_t)d->row;
	s->looked_up = s->found = s->open = s->sign_looked_up = false;
}

/* Its record as far as memory has one. */
static bool
look_up(struct search_source *s, const struct document *d)
{
	struct row row;

	turn_to(s, d);
	if (!s->looked_up) {
		mailbox_row(s->mailbox, (uint32_t)d->row, &row);
		s->found = cache_get(cache_of(s->mailbox), &row, &s->record);
		s->looked_up = true;
	}
	return s->found;
}

/* Its record with what is wanted in it, from the file if need be. */
static enum document_answer
load(struct search_source *s, struct document *d, enum document_reach reach, unsigned want)
{
	struct err err;

	if (reach == REACH_MEMORY)
		return DOCUMENT_UNKNOWN;
	turn_to(s, d);
	s->open = false;
	switch (message_load(&s->reader, s->mailbox, s->known_row, want, &s->record, &err)) {
	case MESSAGE_OK:
		s->looked_up = s->found = true;
		s->open = (want & MESSAGE_WANT_FILE) != 0;
		return DOCUMENT_KNOWN;
	case MESSAGE_FAILED:
		/* one that cannot be read does not hide the others; it matches nothing */
		log_err(&err);
		break;
	case MESSAGE_GONE:
		break;
	}
	s->found = false;
	return DOCUMENT_GONE;
}

static enum document_answer
source_internal_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	struct search_source *s = source_of(d);

	if (!look_up(s, d)) {
		enum document_answer answer = load(s, d, reach, MESSAGE_WANT_DATE);

		if (answer != DOCUMENT_KNOWN)
			return answer;
	}
	*out = (struct document_time){ s->record.internal_date, 0 };
	return DOCUMENT_KNOWN;
}

static enum document_answer
source_save_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	struct row row;

	mailbox_row(source_of(d)->mailbox, (uint32_t)d->row, &row);
	if (row.save_date == 0)
		return source_internal_date(d, reach, out);	/* from before we kept any */
	*out = (struct document_time){ row.save_date, 0 };
	return DOCUMENT_KNOWN;
}

static enum document_answer
source_size(struct document *d, enum document_reach reach, uint64_t *out)
{
	struct search_source *s = source_of(d);

	if (!look_up(s, d) || s->record.size == MAIL_UNKNOWN) {
		enum document_answer answer = load(s, d, reach, MESSAGE_WANT_SIZE);

		if (answer != DOCUMENT_KNOWN)
			return answer;
	}
	*out = s->record.size;
	return DOCUMENT_KNOWN;
}

/* A line end of one octet in the file has two on the wire, so the size at most doubles. */
static enum document_answer
source_size_bounds(struct document *d, enum document_reach reach, uint64_t *least_out,
    uint64_t *most_out)
{
	struct search_source *s = source_of(d);

	if (!look_up(s, d)) {
		enum document_answer answer = load(s, d, reach, MESSAGE_WANT_DATE);

		if (answer != DOCUMENT_KNOWN)
			return answer;
	}
	*least_out = s->record.file_size;
	*most_out = 2 * s->record.file_size;
	if (s->record.size != MAIL_UNKNOWN)
		*least_out = *most_out = s->record.size;
	return DOCUMENT_KNOWN;
}

static enum document_answer
source_email_id(struct document *d, enum document_reach reach, struct str *out)
{
	struct search_source *s = source_of(d);
	struct row row;

	(void)reach;
	mailbox_row(s->mailbox, (uint32_t)d->row, &row);
	buf_reset(&s->id);
	mailbox_email_id(&row, &s->id);
	*out = (struct str){ s->id.data, s->id.len };
	return DOCUMENT_KNOWN;
}

static enum document_answer
source_envelope(struct document *d, enum document_reach reach, struct str *out)
{
	struct search_source *s = source_of(d);
	const struct cache_text *text = &s->record.field[CACHE_ENVELOPE];

	if (!look_up(s, d) || text->data == NULL) {
		enum document_answer answer = load(s, d, reach, MESSAGE_WANT_ENVELOPE);

		if (answer != DOCUMENT_KNOWN)
			return answer;
	}
	*out = (struct str){ text->data, text->len };
	if (reach == REACH_DISK && s->record.field[CACHE_HEADER].data == NULL) {
		/* the header may yet be read for the same message, which moves the record */
		buf_reset(&s->envelope);
		buf_add(&s->envelope, text->data, text->len);
		*out = (struct str){ s->envelope.data, s->envelope.len };
	}
	return DOCUMENT_KNOWN;
}

static enum document_answer
source_header(struct document *d, enum document_reach reach, struct str name,
    document_value *value, void *ctx)
{
	struct search_source *s = source_of(d);
	bool common = message_header_has(name.data, name.len);
	struct header_field field;
	struct header_walk walk;

	if (!common || !look_up(s, d) || s->record.field[CACHE_HEADER].data == NULL) {
		enum document_answer answer = load(s, d, reach,
		    common ? MESSAGE_WANT_HEADER : MESSAGE_WANT_FILE);

		if (answer != DOCUMENT_KNOWN)
			return answer;
	}
	walk = common ? header_walk(s->record.field[CACHE_HEADER].data,
	    s->record.field[CACHE_HEADER].len)
	    : header_walk(s->reader.mail.data, s->reader.mail.len);
	while (header_next(&walk, &field))
		if (field.name_len == name.len
		    && ascii_ncasecmp(field.name, name.data, name.len) == 0)
			value(ctx, field.value, field.value_len);
	return DOCUMENT_KNOWN;
}

static const struct message_ops *
module(struct search_source *s)
{
	const struct message_ops *ops = s->module_missing ? NULL : module_ops(&s->err);

	s->module_missing = ops == NULL;
	return ops;
}

static void
source_decode(void *mailbox, const char *value, size_t len, struct buf *out)
{
	struct search_source *s = mailbox;
	const struct message_ops *ops = module(s);

	if (ops != NULL)
		ops->header_text(value, len, out);
	else
		buf_add(out, value, len);
}

static enum document_answer
source_text(struct document *d, unsigned texts, document_sink *sink, void *ctx)
{
	struct search_source *s = source_of(d);
	const struct cache_text *parts = &s->record.field[CACHE_PARTS];
	const struct message_ops *ops = module(s);
	struct part_table table = PART_TABLE_INIT;
	enum document_answer answer;

	if (ops == NULL)
		return DOCUMENT_UNKNOWN;
	/* header and body are asked one after the other: of one reading */
	turn_to(s, d);
	answer = s->open ? DOCUMENT_KNOWN : load(s, d, REACH_DISK, MESSAGE_WANT_FILE);
	if (answer != DOCUMENT_KNOWN)
		return answer;
	if (parts->data != NULL
	    && !part_table_load(&table, parts->data, parts->len, s->reader.mail.len))
		part_table_reset(&table);
	if (!ops->text(s->reader.mail.data, s->reader.mail.len, table.count > 0 ? &table : NULL,
	    texts, sink, ctx))
		s->cut = true;
	part_table_fini(&table);
	return DOCUMENT_KNOWN;
}

static void
source_open_signatures(void *mailbox)
{
	struct search_source *s = mailbox;

	if (s->signatures == NULL)
		s->signatures = pieces_open(s->mailbox, &pieces_signatures,
		    signature_kind(MESSAGE_TEXT_VERSION));
	/* before readers are forked, who would each write what has gathered */
	search_source_keep_keys(s);
}

static bool
find_signature(struct search_source *s, const struct document *d)
{
	turn_to(s, d);
	if (s->signatures == NULL)
		source_open_signatures(s);
	if (!s->sign_looked_up)
		s->signed_bits = pieces_get(s->signatures, d->uid, &s->signed_len);
	s->sign_looked_up = true;
	return s->signed_bits != NULL;
}

static bool
source_rules_out(struct document *d, const struct signature_probe *probe)
{
	struct search_source *s = source_of(d);

	return find_signature(s, d) && signature_rules_out(s->signed_bits, s->signed_len, probe);
}

static bool
source_wants_signature(struct document *d)
{
	struct search_source *s = source_of(d);

	s->cut = false;
	return !find_signature(s, d);
}

static void
source_sign(struct document *d, const struct signature *signature)
{
	struct search_source *s = source_of(d);
	struct buf bits = BUF_INIT;

	if (s->cut)
		return;
	signature_finish(signature, pieces_most(s->signatures, s->reader.mail.len), &bits);
	pieces_put(s->signatures, d->uid, s->reader.mail.len, bits.data, bits.len);
	buf_fini(&bits);
}

static void
source_keep_signatures(void *mailbox)
{
	struct search_source *s = mailbox;

	if (s->signatures != NULL)
		pieces_flush(s->signatures);
}

const struct document_ops search_source_ops = {
	.open = source_open, .find_uid = source_find_uid, .keyword = source_keyword,
	.has_keyword = source_has_keyword, .has_save_dates = source_has_save_dates,
	.internal_date = source_internal_date, .save_date = source_save_date,
	.size = source_size, .size_bounds = source_size_bounds,
	.email_id = source_email_id, .thread_id = search_source_thread_id,
	.envelope = source_envelope, .header = source_header, .decode = source_decode,
	.keys = search_source_keys, .hash_key = search_source_hash_key,
	.text = source_text, .rules_out = source_rules_out,
	.open_signatures = source_open_signatures, .wants_signature = source_wants_signature, .sign = source_sign,
	.keep_signatures = source_keep_signatures,
};

void
search_source_init(struct search_source *s, struct session *session, struct mailbox *mailbox,
    const struct seqset *saved, const char *tag)
{
	*s = (struct search_source){
		.session = session, .mailbox = mailbox, .saved = saved, .tag = tag,
		.reader = MESSAGE_READER_INIT, .started_ms = input_clock_ms(),
	};
}

void
search_source_fini(struct search_source *s)
{
	s->session->counts.fetched += s->reader.files_read;
	message_reader_fini(&s->reader, s->mailbox);
	if (s->signatures != NULL)
		pieces_tidy(s->signatures);
	pieces_close(&s->signatures);
	search_source_close_keys(s);
	threads_close(&s->threads);
	buf_fini(&s->envelope);
	buf_fini(&s->id);
}

/* SIGTERM is held back until the session waits; a long search must not make it wait too. */
static bool
must_end(const struct session *s)
{
	sigset_t pending;

	if (s->options->stop != NULL && *s->options->stop != 0)
		return true;
	return sigpending(&pending) == 0 && sigismember(&pending, SIGTERM) == 1;
}

/* Can nobody hear us any more? */
static bool
is_deaf(const struct output *out)
{
	struct pollfd pfd = { .fd = out->fd, .events = POLLOUT };

	return out->dead || (poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLERR | POLLHUP | POLLNVAL)));
}

/*
 * The end of the input alone does not mean that the client is gone: scripts send
 * all their commands, close that side and wait for the answers. Over a network
 * both look the same until we have said something; so then we do.
 */
static bool
progress(void *ctx, uint32_t done, uint32_t total)
{
	struct search_source *s = ctx;
	struct session *session = s->session;
	int64_t now = input_clock_ms();
	bool ask = !s->asked && input_peer_gone(&session->in);

	if (is_deaf(&session->out) || must_end(session))
		return false;
	if (s->tag == NULL || (!ask && (now - s->started_ms < FIRST_WORD_MS
	    || (s->told_ms != 0 && now - s->told_ms < NEXT_WORD_MS))))
		return true;
	s->asked = s->asked || ask;
	s->told_ms = now;
	/* RFC 9585: never more done than there is, and no goal of 0 */
	output_format(&session->out, "* OK [INPROGRESS (\"%s\" %u %u)] Still searching\r\n", s->tag,
	    done < total ? done : total, total > 0 ? total : 1);
	return output_flush(&session->out) == 0;
}

struct search_work
search_source_work(struct search_source *s)
{
	return (struct search_work){ scan_workers(), progress, s };
}

bool
search_source_go_on(struct search_source *s, uint32_t done, uint32_t total)
{
	return done % 256 != 0 || !scan_tick(&s->tick) || progress(s, done, total);
}
