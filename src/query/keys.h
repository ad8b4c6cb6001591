/*
 * The keys of a message: what SORT, THREAD and SEARCH compare, made once from its
 * ENVELOPE and its References, and small enough to be read for a whole mailbox.
 * Strings are collation keys (collate.h), message ids are hashes. A mailbox may
 * keep them (document_ops.keys); who asks does without where there are none, and
 * finds the same.
 */
#ifndef QUERY_KEYS_H
#define QUERY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "query/document.h"
#include "query/envelope.h"
#include "util/buf.h"

struct keys {
	bool has_date;		/* a Date that can be read */
	int64_t sent;		/* UTC */
	int zone;		/* minutes east */
	bool has_subject, reply;
	struct str subject;	/* of the decoded Subject */
	struct str base;	/* of the base subject (RFC 5256 2.1) */
	uint64_t base_hash;	/* keys_hash of it */
	bool has_from;		/* at least one address or group */
	struct str from;	/* of keys_addresses */
	struct str mailbox, shown;	/* of the first address: SORT's FROM and DISPLAYFROM */
	uint64_t id;		/* hash of the Message-ID; 0: none that is valid */
	/* those of References in order, else the first of In-Reply-To: see keys_reference */
	const char *references;
	size_t reference_count;
};

static inline uint64_t
keys_reference(const struct keys *keys, size_t i)
{
	uint64_t id;

	memcpy(&id, keys->references + 8 * i, sizeof id);
	return id;
}

/*
 * The hash of a message id in msgid.h's form, or of a base subject, under a key of
 * the mailbox; never 0. Of a million, two are alike in one of 40 million mailboxes.
 */
uint64_t keys_hash(const uint64_t hash_key[2], const char *text, size_t len);

/* Room for those who make keys; empty at first. */
struct keys_scratch {
	struct buf value, room, id, text, ids;
};

void keys_scratch_fini(struct keys_scratch *scratch);

/*
 * Make a message's keys as bytes to keep, added to out. UNKNOWN: not within this
 * reach, or there is more of them than should be kept.
 */
enum document_answer keys_make(struct document *document, enum document_reach reach,
    const uint64_t hash_key[2], struct keys_scratch *scratch, struct buf *out);

/* Read them; the strings point into bytes. False: these are no keys. */
bool keys_read(const char *bytes, size_t len, struct keys *out);

/* A number that changes with whatever keys are made by: what was kept under another is worth nothing. */
uint64_t keys_kind(unsigned text_version);

/*
 * An address list as "name <mailbox@host>, ...", so that what a person copies
 * from a screen is found. A group is "name: ...;". Added to out; false: there is
 * no address. value and room are scratch.
 */
bool keys_addresses(struct document *document, struct str envelope, enum envelope_field field,
    struct buf *value, struct buf *room, struct buf *out);

/* addr-mailbox of the first address; with display, what RFC 5957 section 3 says. */
void keys_address(struct document *document, struct str envelope, enum envelope_field field,
    bool display, struct buf *value, struct buf *room, struct buf *out);

/* The key of a header value, decoded into value, is added to out. */
void keys_value(struct document *document, struct str text, struct buf *value, struct buf *out);

/* A header value decoded, into out, which is emptied. */
void keys_decode(struct document *document, struct str value, struct buf *out);

#endif
