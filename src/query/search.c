/*
 * The tree asked of one message, in three-valued logic: what is not known
 * within the reach is unknown, and AND and OR often do not need it. Text keys
 * are answered together, by one pass over the message's text.
 */
#include "query/search.h"

#include <stdlib.h>
#include <string.h>

#include "query/envelope.h"
#include "query/keys.h"
#include "util/ascii.h"
#include "util/mem.h"
#include "wire/datetime.h"

/* The present message's text of one field as a key, with BETWEEN between occurrences. */
struct search_field {
	struct str text;	/* in key, or where it is kept (keys.h) */
	struct buf key;
	uint32_t uid;		/* of the message that it is of; 0: none yet */
	bool exists;
};

/* No needle holds this octet: needles are keys of UTF-8. */
#define BETWEEN ((char)0xff)

/* What a signature could tell of a key; header fields stand in the text as "Name: value". */
static void
make_probe(struct search *s, const struct criterion *c)
{
	const struct needle *needle = &c->find.needle;

	signature_probe_init(&s->probes[c->find.number], needle->key, needle->len);
	for (size_t i = 0; c->kind == CRITERION_FIELD && i < needle->len; i++)
		if ((unsigned char)needle->key[i] < ' ')
			s->probes[c->find.number].count = 0;	/* there they became blanks */
}

static void
make_name_probe(struct search *s, unsigned field)
{
	struct str name = s->criteria->fields[field].name;
	struct buf key = BUF_INIT;

	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alpha(name.data[i]) && !ascii_is_digit(name.data[i])
		    && name.data[i] != '-')
			return;		/* the text may have it otherwise */
	collate_key(name.data, name.len, &key);
	buf_addc(&key, ':');
	signature_probe_init(&s->names[field], key.data, key.len);
	buf_fini(&key);
}

static void
list_text_keys(struct search *s, const struct criterion *c)
{
	if (c->kind == CRITERION_BODY || c->kind == CRITERION_TEXT || c->kind == CRITERION_FIELD)
		make_probe(s, c);
	if (c->kind == CRITERION_BODY || c->kind == CRITERION_TEXT) {
		s->text_keys[c->find.text] = c;
		if (c->find.needle.len > s->longest_needle)
			s->longest_needle = c->find.needle.len;
	} else if (c->kind == CRITERION_AND || c->kind == CRITERION_OR) {
		for (c = c->first; c != NULL; c = c->next)
			list_text_keys(s, c);
	}
}

static void
find_keywords(struct search *s, struct criterion *c)
{
	if (c->kind == CRITERION_KEYWORD)
		c->keyword.id = s->ops->keyword(s->mailbox, c->keyword.name);
	else if (c->kind == CRITERION_AND || c->kind == CRITERION_OR)
		for (c = c->first; c != NULL; c = c->next)
			find_keywords(s, c);
}

void
search_init(struct search *s, struct criteria *criteria, const struct document_ops *ops,
    void *mailbox, int64_t now)
{
	*s = (struct search){ .criteria = criteria, .ops = ops, .mailbox = mailbox, .now = now };
	s->save_dates = ops->has_save_dates(mailbox);
	s->fields = mem_calloc(criteria->field_count, sizeof *s->fields);
	s->texts = mem_calloc(criteria->text_count, 1);
	s->text_keys = mem_calloc(criteria->text_count, sizeof *s->text_keys);
	s->probes = mem_calloc(criteria->needle_count, sizeof *s->probes);
	s->names = mem_calloc(criteria->field_count, sizeof *s->names);
	for (unsigned i = 0; i < criteria->field_count; i++)
		if (criteria->fields[i].kind == FIELD_NAMED)
			make_name_probe(s, i);
	list_text_keys(s, criteria->root);
	find_keywords(s, criteria->root);
}

void
search_fini(struct search *s)
{
	for (unsigned i = 0; i < s->criteria->field_count; i++)
		buf_fini(&s->fields[i].key);
	free(s->fields);
	free(s->texts);
	free(s->text_keys);
	free(s->probes);
	free(s->names);
	signature_fini(&s->signature);
	buf_fini(&s->room);
	buf_fini(&s->value);
	*s = (struct search){ .criteria = NULL };
}

static enum search_answer
answer(bool yes)
{
	return yes ? SEARCH_YES : SEARCH_NO;
}

static enum search_answer
unless_known(struct search *s, enum document_answer known)
{
	if (known == DOCUMENT_GONE)
		s->gone = true;		/* NOT would turn a plain "no" round */
	return SEARCH_UNKNOWN;
}

/* The Date header; *has_out is false where there is none to read. */
static enum document_answer
find_sent(struct search *s, struct document *d, enum document_reach reach,
    struct document_time *out, bool *has_out)
{
	struct str envelope, text;
	const struct keys *kept = s->ops->keys != NULL ? s->ops->keys(d, reach) : NULL;
	enum document_answer known;

	if (kept != NULL) {
		*out = (struct document_time){ kept->sent, kept->zone };
		*has_out = kept->has_date;
		return DOCUMENT_KNOWN;
	}
	known = s->ops->envelope(d, reach, &envelope);
	if (known != DOCUMENT_KNOWN)
		return known;
	text = envelope_string(envelope, ENVELOPE_DATE, &s->room);
	*has_out = text.data != NULL
	    && datetime_parse_header(text.data, text.len, &out->utc, &out->zone);
	return DOCUMENT_KNOWN;
}

static enum search_answer
ask_date(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	struct document_time time = { 0, 0 };
	enum document_answer known;
	bool has_date = true;
	int64_t day;

	if (c->date.date == DATE_SENT)
		known = find_sent(s, d, reach, &time, &has_date);
	else if (c->date.date == DATE_SAVED && s->save_dates)
		known = s->ops->save_date(d, reach, &time);
	else	/* also what RFC 8514 4.3 wants where no save dates are kept */
		known = s->ops->internal_date(d, reach, &time);
	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	/* the day in the message's own zone; without a Date there is none to compare */
	if (!has_date)
		return SEARCH_NO;
	day = datetime_local_day(time.utc, time.zone);
	switch (c->date.order) {
	case DATE_BEFORE:
		return answer(day < c->date.day);
	case DATE_ON:
		return answer(day == c->date.day);
	default:
		return answer(day >= c->date.day);
	}
}

/* OLDER and YOUNGER take the second that lies exactly there (RFC 5032 section 2). */
static enum search_answer
ask_within(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	struct document_time time;
	enum document_answer known = s->ops->internal_date(d, reach, &time);
	int64_t then = s->now - (int64_t)c->number;

	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	return answer(c->kind == CRITERION_OLDER ? time.utc <= then : time.utc >= then);
}

static enum search_answer
ask_size(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	uint64_t size, least, most;
	enum document_answer known = s->ops->size_bounds(d, reach, &least, &most);

	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	if (c->kind == CRITERION_LARGER ? least > c->number : most < c->number)
		return SEARCH_YES;
	if (c->kind == CRITERION_LARGER ? most <= c->number : least >= c->number)
		return SEARCH_NO;
	known = s->ops->size(d, reach, &size);
	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	return answer(c->kind == CRITERION_LARGER ? size > c->number : size < c->number);
}

static enum search_answer
ask_id(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	struct str id;
	enum document_answer known = c->kind == CRITERION_EMAILID
	    ? s->ops->email_id(d, reach, &id) : s->ops->thread_id(d, reach, &id);

	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	return answer(id.data != NULL && id.len == c->word.len
	    && memcmp(id.data, c->word.data, id.len) == 0);
}

struct named_values {
	struct search *search;
	struct document *document;
	struct search_field *field;
};

static void
take_named(void *ctx, const char *value, size_t len)
{
	struct named_values *to = ctx;

	if (to->field->exists)
		buf_addc(&to->field->key, BETWEEN);
	to->field->exists = true;
	keys_value(to->document, (struct str){ value, len }, &to->search->value, &to->field->key);
}

/*
 * The address lists of an envelope are cut off somewhere (mail/parse.h); in a
 * large one the header fields are asked besides.
 */
static enum document_answer
add_all_addresses(struct search *s, const struct criteria_field *asked,
    struct search_field *field, struct document *d, enum document_reach reach,
    struct str envelope)
{
	enum { LARGE = 65536 };
	static const struct {
		enum envelope_field field;
		struct str name;
	} of_kind[] = {
		[FIELD_FROM] = { ENVELOPE_FROM, { "From", 4 } },
		[FIELD_TO] = { ENVELOPE_TO, { "To", 2 } },
		[FIELD_CC] = { ENVELOPE_CC, { "Cc", 2 } },
		[FIELD_BCC] = { ENVELOPE_BCC, { "Bcc", 3 } },
	};
	struct named_values to = { s, d, field };

	field->exists = keys_addresses(d, envelope, of_kind[asked->kind].field, &s->value, &s->room,
	    &field->key);
	if (envelope.len < LARGE || !field->exists)
		return DOCUMENT_KNOWN;
	return s->ops->header(d, reach, of_kind[asked->kind].name, take_named, &to);
}

/* What is kept of the message for this field. */
static bool
find_kept(struct search *s, enum field_kind kind, struct search_field *field,
    struct document *d, enum document_reach reach)
{
	const struct keys *kept;

	if ((kind != FIELD_SUBJECT && kind != FIELD_FROM) || s->ops->keys == NULL)
		return false;
	kept = s->ops->keys(d, reach);
	if (kept == NULL)
		return false;
	field->exists = kind == FIELD_SUBJECT ? kept->has_subject : kept->has_from;
	field->text = kind == FIELD_SUBJECT ? kept->subject : kept->from;
	return true;
}

static enum document_answer
make_field(struct search *s, const struct criteria_field *asked, struct search_field *field,
    struct document *d, enum document_reach reach)
{
	struct named_values to = { s, d, field };
	enum document_answer known;
	struct str envelope, text;

	if (asked->kind == FIELD_NAMED)
		return s->ops->header(d, reach, asked->name, take_named, &to);
	known = s->ops->envelope(d, reach, &envelope);
	if (known != DOCUMENT_KNOWN)
		return known;
	if (asked->kind != FIELD_SUBJECT)
		return add_all_addresses(s, asked, field, d, reach, envelope);
	text = envelope_string(envelope, ENVELOPE_SUBJECT, &s->room);
	field->exists = text.data != NULL;
	if (field->exists)
		keys_value(d, text, &s->value, &field->key);
	return DOCUMENT_KNOWN;
}

/* Find the key of a field of this message, if that was not done for an earlier criterion. */
static enum document_answer
fill_field(struct search *s, unsigned number, struct document *d, enum document_reach reach)
{
	const struct criteria_field *asked = &s->criteria->fields[number];
	struct search_field *field = &s->fields[number];
	enum document_answer known = DOCUMENT_KNOWN;

	if (field->uid == d->uid)
		return DOCUMENT_KNOWN;
	field->uid = 0;
	if (!find_kept(s, asked->kind, field, d, reach)) {
		field->exists = false;
		buf_reset(&field->key);
		known = make_field(s, asked, field, d, reach);
		field->text = (struct str){ buf_str(&field->key), field->key.len };
	}
	if (known == DOCUMENT_KNOWN)
		field->uid = d->uid;
	return known;
}

static bool
is_ruled_out(struct search *s, struct document *d, const struct signature_probe *probe)
{
	return probe->count > 0 && s->ops->rules_out != NULL && s->ops->rules_out(d, probe);
}

static enum search_answer
ask_field(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	const struct search_field *field = &s->fields[c->find.field];
	enum document_answer known = fill_field(s, c->find.field, d, reach);

	if (known == DOCUMENT_UNKNOWN && s->criteria->fields[c->find.field].kind == FIELD_NAMED
	    && (is_ruled_out(s, d, &s->probes[c->find.number])
	    || is_ruled_out(s, d, &s->names[c->find.field])))
		return SEARCH_NO;
	if (known != DOCUMENT_KNOWN)
		return unless_known(s, known);
	return answer(field->exists
	    && needle_in(&c->find.needle, field->text.data, field->text.len));
}

static enum search_answer
ask_text(struct search *s, const struct criterion *c, struct document *d)
{
	uint8_t *known = &s->texts[c->find.text];

	if (s->text_uid != d->uid) {
		s->text_uid = d->uid;
		memset(s->texts, SEARCH_UNKNOWN, s->criteria->text_count);
	}
	if (*known == SEARCH_UNKNOWN) {
		if (c->find.needle.len == 0)
			*known = SEARCH_YES;
		else if (is_ruled_out(s, d, &s->probes[c->find.number]))
			*known = SEARCH_NO;
	}
	return (enum search_answer)*known;
}

static enum search_answer ask(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach);

static enum search_answer
ask_list(struct search *s, const struct criterion *c, struct document *d,
    enum document_reach reach)
{
	/* what one child says alone decides */
	enum search_answer decisive = c->kind == CRITERION_OR ? SEARCH_YES : SEARCH_NO;
	enum search_answer result = c->kind == CRITERION_OR ? SEARCH_NO : SEARCH_YES;

	for (const struct criterion *child = c->first; child != NULL; child = child->next) {
		enum search_answer one = ask(s, child, d, reach);

		if (one == decisive)
			return decisive;
		if (one == SEARCH_UNKNOWN)
			result = SEARCH_UNKNOWN;
	}
	return result;
}

static enum search_answer
ask(struct search *s, const struct criterion *c, struct document *d, enum document_reach reach)
{
	enum search_answer result = SEARCH_NO;

	switch (c->kind) {
	case CRITERION_AND:
	case CRITERION_OR:
		result = ask_list(s, c, d, reach);
		break;
	case CRITERION_FLAGS:
		result = answer((d->flags & c->flags.mask) == c->flags.value);
		break;
	case CRITERION_KEYWORD:
		result = answer(c->keyword.id >= 0 && s->ops->has_keyword(d, c->keyword.id));
		break;
	case CRITERION_NUMBERS:
		result = answer(seqset_contains(&c->set.bound, d->number));
		break;
	case CRITERION_UIDS:
		result = answer(seqset_contains(&c->set.bound, d->uid));
		break;
	case CRITERION_SAVED:
		result = answer(d->saved);
		break;
	case CRITERION_MODSEQ:
		result = answer(d->modseq >= c->number);
		break;
	case CRITERION_LARGER:
	case CRITERION_SMALLER:
		result = ask_size(s, c, d, reach);
		break;
	case CRITERION_DATE:
		result = ask_date(s, c, d, reach);
		break;
	case CRITERION_OLDER:
	case CRITERION_YOUNGER:
		result = ask_within(s, c, d, reach);
		break;
	case CRITERION_SAVEDATESUPPORTED:
		result = answer(s->save_dates);
		break;
	case CRITERION_EMAILID:
	case CRITERION_THREADID:
		result = ask_id(s, c, d, reach);
		break;
	case CRITERION_FIELD:
		result = ask_field(s, c, d, reach);
		break;
	case CRITERION_BODY:
	case CRITERION_TEXT:
		result = ask_text(s, c, d);
		break;
	}
	if (!c->not || result == SEARCH_UNKNOWN)
		return result;
	return result == SEARCH_YES ? SEARCH_NO : SEARCH_YES;
}

/* A pass over the text of a message for those of its needles that are still in question. */
struct pass {
	struct search *search;
	struct document *document;
	struct buf keys;	/* mapped text that was not looked at whole yet */
	bool header;		/* it is the header's, which BODY keys do not ask */
	struct signature *signature;	/* of all that is read; NULL: not wanted, or not to be had */
	size_t header_octets;
};

/* Look for all open needles; true when the whole question is answered. */
static bool
look(struct pass *pass)
{
	struct search *s = pass->search;
	size_t keep = s->longest_needle - 1;
	bool found = false;

	for (unsigned i = 0; i < s->criteria->text_count; i++) {
		const struct criterion *c = s->text_keys[i];

		if (s->texts[i] != SEARCH_UNKNOWN
		    || (pass->header && c->kind == CRITERION_BODY)
		    || !needle_in(&c->find.needle, buf_str(&pass->keys), pass->keys.len))
			continue;
		s->texts[i] = SEARCH_YES;
		found = true;
	}
	/* the start of a needle may stand at the end */
	if (pass->keys.len > keep)
		buf_drop(&pass->keys, pass->keys.len - keep);
	return found && ask(s, s->criteria->root, pass->document, REACH_DISK) != SEARCH_UNKNOWN;
}

static bool
take_text(void *ctx, const char *utf8, size_t len, bool first)
{
	enum { ENOUGH = 16384 };	/* small enough for the processor's first cache */
	struct pass *pass = ctx;
	size_t most = 4 * pass->search->longest_needle, before = pass->keys.len;

	if (first)
		buf_addc(&pass->keys, BETWEEN);
	collate_key(utf8, len, &pass->keys);
	if (pass->signature != NULL)
		signature_feed(pass->signature, pass->keys.data + before, pass->keys.len - before);
	if (pass->header)
		pass->header_octets += len;
	if (pass->keys.len < (most > ENOUGH ? most : ENOUGH))
		return true;
	if (pass->search->stop != NULL && *pass->search->stop)
		return false;
	return !look(pass) || pass->signature != NULL;
}

/*
 * Read the text, the header first as it is short; afterwards nothing is unknown.
 * Where it is to be signed it is read to its end, whatever was found before.
 */
static enum search_answer
read_text(struct search *s, struct document *d)
{
	static const enum document_texts order[] = { DOCUMENT_HEADER, DOCUMENT_BODY };
	struct pass pass = { .search = s, .document = d, .keys = BUF_INIT };
	enum search_answer result = SEARCH_UNKNOWN;
	bool wants_header = false, unable = false, stopped;

	if (s->ops->sign != NULL && s->ops->wants_signature(d)) {
		if (s->signature.map == NULL)
			signature_init(&s->signature);
		signature_reset(&s->signature);
		pass.signature = &s->signature;
		wants_header = true;
	}

	for (unsigned i = 0; i < s->criteria->text_count; i++)
		wants_header = wants_header || (s->text_keys[i]->kind == CRITERION_TEXT
		    && s->texts[i] == SEARCH_UNKNOWN);
	for (int i = wants_header ? 0 : 1;
	    i < 2 && (result == SEARCH_UNKNOWN || pass.signature != NULL) && !s->gone; i++) {
		enum document_answer known;

		pass.header = order[i] == DOCUMENT_HEADER;
		buf_reset(&pass.keys);
		known = s->ops->text(d, order[i], take_text, &pass);
		s->gone = s->gone || known == DOCUMENT_GONE;
		unable = unable || known == DOCUMENT_UNKNOWN;
		look(&pass);
		result = ask(s, s->criteria->root, d, REACH_DISK);
	}
	buf_fini(&pass.keys);
	stopped = s->stop != NULL && *s->stop;
	if (pass.signature != NULL && pass.header_octets <= SIGNATURE_HEADER_MAX && !s->gone && !unable
	    && !stopped)
		s->ops->sign(d, pass.signature);
	if (result != SEARCH_UNKNOWN || s->gone || unable)
		return result;
	for (unsigned i = 0; i < s->criteria->text_count; i++)
		if (s->texts[i] == SEARCH_UNKNOWN)
			s->texts[i] = SEARCH_NO;
	return ask(s, s->criteria->root, d, REACH_DISK);
}

enum search_answer
search_ask(struct search *s, struct document *d, enum search_reach reach)
{
	enum search_answer result;

	s->gone = false;
	result = ask(s, s->criteria->root, d, reach == SEARCH_MEMORY ? REACH_MEMORY : REACH_DISK);
	if (result == SEARCH_UNKNOWN && reach == SEARCH_TEXT && !s->gone)
		result = read_text(s, d);
	return s->gone ? SEARCH_NO : result;
}
