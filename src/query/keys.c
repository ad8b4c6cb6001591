/*
 * Keys as bytes: a head, the hashes of the references, then text. A base subject
 * is as a rule a piece of its subject, a mailbox one of its address list; so they
 * are kept as places in the text, and only what is nowhere in it is added.
 */
#include "query/keys.h"

#include "query/collate.h"
#include "query/msgid.h"
#include "query/signature.h"
#include "query/sort.h"
#include "query/words.h"
#include "util/hash.h"
#include "wire/datetime.h"

enum {
	KEYS_VERSION = 2,	/* to be raised when ENVELOPE, base subjects or collation change */
	TEXT_MAX = 8192,	/* octets of text that are kept: a long list of addresses is not */
	REFERENCES_MAX = 1000,
	ENVELOPE_MAX = 65535,	/* SEARCH asks the header too where one is longer */
};

enum flag { HAS_DATE = 1, HAS_SUBJECT = 2, REPLY = 4, HAS_FROM = 8 };

struct place {
	uint16_t at, len;
};

struct head {
	int64_t sent;
	uint64_t id, base_hash;
	int16_t zone;
	uint16_t flags;
	uint16_t references, text;	/* how many, and how many octets */
	struct place subject, base, from, mailbox, shown;
	uint32_t unused;
};
_Static_assert(sizeof(struct head) == 56, "a head has no holes");
_Static_assert(TEXT_MAX <= UINT16_MAX && REFERENCES_MAX <= UINT16_MAX, "places fit");

void
keys_scratch_fini(struct keys_scratch *s)
{
	buf_fini(&s->value);
	buf_fini(&s->room);
	buf_fini(&s->id);
	buf_fini(&s->text);
	buf_fini(&s->ids);
}

uint64_t
keys_kind(unsigned text_version)
{
	return signature_kind(text_version) ^ (uint64_t)KEYS_VERSION << 56;
}

uint64_t
keys_hash(const uint64_t hash_key[2], const char *text, size_t len)
{
	uint64_t hash = hash_keyed(hash_key, text, len);

	return hash != 0 ? hash : 1;
}

void
keys_decode(struct document *d, struct str value, struct buf *out)
{
	buf_reset(out);
	if (!words_decode(value.data, value.len, out))
		d->ops->decode(d->mailbox, value.data, value.len, out);
}

void
keys_value(struct document *d, struct str text, struct buf *value, struct buf *out)
{
	keys_decode(d, text, value);
	collate_key(value->data, value->len, out);
}

bool
keys_addresses(struct document *d, struct str envelope, enum envelope_field field,
    struct buf *value, struct buf *room, struct buf *out)
{
	struct envelope_walk walk = envelope_addresses(envelope, field);
	struct envelope_address address;
	bool any = false, first = true;

	while (envelope_next(&walk, &address, room)) {
		any = true;
		if (address.mailbox.data == NULL) {
			buf_addc(out, ';');
			continue;
		}
		if (!first)
			buf_adds(out, ", ");
		first = false;
		if (address.name.data != NULL && address.name.len > 0) {
			keys_value(d, address.name, value, out);
			buf_addc(out, ' ');
		}
		if (address.host.data == NULL) {
			keys_value(d, address.mailbox, value, out);
			buf_adds(out, ": ");
			first = true;
			continue;
		}
		buf_addc(out, '<');
		collate_key(address.mailbox.data, address.mailbox.len, out);
		buf_addc(out, '@');
		collate_key(address.host.data, address.host.len, out);
		buf_addc(out, '>');
	}
	return any;
}

void
keys_address(struct document *d, struct str envelope, enum envelope_field field, bool display,
    struct buf *value, struct buf *room, struct buf *out)
{
	struct envelope_walk walk = envelope_addresses(envelope, field);
	struct envelope_address address;

	if (!envelope_next(&walk, &address, room))
		return;
	if (display && address.name.data != NULL) {
		keys_decode(d, address.name, value);
		if (value->len > 0) {
			collate_key(value->data, value->len, out);
			return;
		}
	}
	if (address.mailbox.data == NULL)
		return;
	collate_key(address.mailbox.data, address.mailbox.len, out);
	if (display && address.host.data != NULL) {
		buf_addc(out, '@');
		collate_key(address.host.data, address.host.len, out);
	}
}

/* ---- making ---- */

struct making {
	const uint64_t *hash_key;
	struct keys_scratch *scratch;
	bool seen;	/* one References field is enough, as in thread.c */
};

static void
add_id(struct making *m)
{
	uint64_t id = keys_hash(m->hash_key, m->scratch->id.data, m->scratch->id.len);

	buf_add(&m->scratch->ids, &id, sizeof id);
}

static void
take_references(void *ctx, const char *value, size_t len)
{
	struct making *m = ctx;
	const char *at = value, *end = value + len;

	if (m->seen)
		return;
	m->seen = true;
	while (m->scratch->ids.len <= 8 * REFERENCES_MAX && msgid_next(&at, end, &m->scratch->id))
		add_id(m);
}

/* The first id of a string of the envelope; false: none is valid. */
static bool
first_id(struct making *m, struct str envelope, enum envelope_field field)
{
	struct str text = envelope_string(envelope, field, &m->scratch->room);
	const char *at = text.data;

	return at != NULL && msgid_next(&at, text.data + text.len, &m->scratch->id);
}

/* Where in the text from octet start on this key stands, or does from now on. */
static struct place
place_of(struct buf *text, size_t start, const struct buf *key)
{
	const char *found = NULL;
	size_t at = text->len;

	if (key->len > 0 && text->len > start)
		found = memmem(text->data + start, text->len - start, key->data, key->len);
	if (found != NULL)
		at = (size_t)(found - text->data);
	else if (key->len > 0)
		buf_add(text, key->data, key->len);
	return (struct place){ (uint16_t)at, (uint16_t)key->len };
}

/* All text, in an order in which what may stand in another comes behind it. */
static void
add_text(struct document *d, struct str envelope, const uint64_t hash_key[2],
    struct keys_scratch *s, struct head *head)
{
	struct str subject = envelope_string(envelope, ENVELOPE_SUBJECT, &s->room);
	size_t start;

	buf_reset(&s->text);
	if (subject.data != NULL) {
		head->flags |= HAS_SUBJECT;
		keys_value(d, subject, &s->value, &s->text);
	}
	head->subject = (struct place){ 0, (uint16_t)s->text.len };
	buf_reset(&s->id);
	if (sort_subject(d, envelope, &s->value, &s->room, &s->id))
		head->flags |= REPLY;
	head->base = place_of(&s->text, 0, &s->id);
	head->base_hash = keys_hash(hash_key, buf_str(&s->id), s->id.len);
	start = s->text.len;
	if (start > TEXT_MAX)
		return;
	if (keys_addresses(d, envelope, ENVELOPE_FROM, &s->value, &s->room, &s->text))
		head->flags |= HAS_FROM;
	head->from = (struct place){ (uint16_t)start, (uint16_t)(s->text.len - start) };
	buf_reset(&s->id);
	keys_address(d, envelope, ENVELOPE_FROM, false, &s->value, &s->room, &s->id);
	head->mailbox = place_of(&s->text, start, &s->id);
	buf_reset(&s->id);
	keys_address(d, envelope, ENVELOPE_FROM, true, &s->value, &s->room, &s->id);
	head->shown = place_of(&s->text, start, &s->id);
}

enum document_answer
keys_make(struct document *d, enum document_reach reach, const uint64_t hash_key[2],
    struct keys_scratch *s, struct buf *out)
{
	static const struct str references = { "References", 10 };
	struct making m = { .hash_key = hash_key, .scratch = s };
	struct head head = { .sent = 0 };
	enum document_answer known;
	struct str envelope, date;

	known = d->ops->envelope(d, reach, &envelope);
	if (known != DOCUMENT_KNOWN)
		return known;
	if (envelope.len > ENVELOPE_MAX)
		return DOCUMENT_UNKNOWN;
	buf_reset(&s->ids);
	/* it came with the envelope, or is too long to be remembered: no file for that */
	if (d->ops->header(d, REACH_MEMORY, references, take_references, &m) != DOCUMENT_KNOWN)
		return DOCUMENT_UNKNOWN;
	if (s->ids.len == 0 && first_id(&m, envelope, ENVELOPE_IN_REPLY_TO))
		add_id(&m);
	if (first_id(&m, envelope, ENVELOPE_MESSAGE_ID))
		head.id = keys_hash(hash_key, s->id.data, s->id.len);
	date = envelope_string(envelope, ENVELOPE_DATE, &s->room);
	if (date.data != NULL) {
		int64_t utc;
		int zone;

		if (datetime_parse_header(date.data, date.len, &utc, &zone)) {
			head.sent = utc;
			head.zone = (int16_t)zone;
			head.flags |= HAS_DATE;
			if (head.zone != zone)
				return DOCUMENT_UNKNOWN;
		}
	}
	add_text(d, envelope, hash_key, s, &head);
	if (s->text.len > TEXT_MAX || s->ids.len > 8 * REFERENCES_MAX)
		return DOCUMENT_UNKNOWN;
	head.references = (uint16_t)(s->ids.len / 8);
	head.text = (uint16_t)s->text.len;
	buf_add(out, &head, sizeof head);
	buf_add(out, buf_str(&s->ids), s->ids.len);
	buf_add(out, buf_str(&s->text), s->text.len);
	return DOCUMENT_KNOWN;
}

/* ---- reading ---- */

static bool
fits(struct place place, const struct head *head)
{
	return place.at + place.len <= head->text;
}

static struct str
at_place(const char *text, struct place place)
{
	return (struct str){ text + place.at, place.len };
}

bool
keys_read(const char *bytes, size_t len, struct keys *out)
{
	struct head h;
	const char *text;

	if (len < sizeof h)
		return false;
	memcpy(&h, bytes, sizeof h);
	if (len != sizeof h + 8u * h.references + h.text || !fits(h.subject, &h)
	    || !fits(h.base, &h) || !fits(h.from, &h) || !fits(h.mailbox, &h) || !fits(h.shown, &h))
		return false;
	text = bytes + sizeof h + 8u * h.references;
	*out = (struct keys){
		.has_date = h.flags & HAS_DATE, .sent = h.sent, .zone = h.zone,
		.has_subject = h.flags & HAS_SUBJECT, .reply = h.flags & REPLY,
		.subject = at_place(text, h.subject), .base = at_place(text, h.base),
		.base_hash = h.base_hash,
		.has_from = h.flags & HAS_FROM, .from = at_place(text, h.from),
		.mailbox = at_place(text, h.mailbox), .shown = at_place(text, h.shown),
		.id = h.id, .references = bytes + sizeof h, .reference_count = h.references,
	};
	return true;
}
