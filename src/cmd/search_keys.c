/*
 * What is kept of messages for comparing: query/keys.h makes it, store/pieces.c
 * has the file. All of the file is checked when it is opened, which costs a tenth
 * of asking the cache for every message; so a command that asks about few goes to
 * the cache, and the file is opened by one that asks about many.
 */
#include <stdlib.h>

#include "cmd/search_source.h"
#include "message/message.h"
#include "query/keys.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "util/hash.h"
#include "util/mem.h"

enum {
	FEW = 64,		/* asked about in any mailbox without opening the file */
	FEW_SHARE = 32,		/* or this part of a larger one */
};

/* Of the message asked about last, and what is needed to make more. */
struct search_keys {
	struct pieces *pieces;
	uint64_t hash_key[2];
	uint32_t uid;			/* 0: of none yet */
	enum document_reach reach;
	bool known;
	struct keys keys;
	struct buf made;
	struct keys_scratch scratch;
};

static bool
are_many(const struct search_source *s, size_t messages)
{
	return messages > FEW + s->mailbox->exists / FEW_SHARE;
}

/* The same for all sessions, and not to be known by who sends mail. */
static void
make_hash_key(const struct mailbox *m, uint64_t key_out[2])
{
	for (uint64_t i = 0; i < 2; i++) {
		const uint64_t key[2] = { 0x6d617966, 0x6c790007 + i };

		key_out[i] = hash_keyed(key, m->facts.mailbox_id, sizeof m->facts.mailbox_id);
	}
}

static void
open_keys(struct search_source *s)
{
	struct search_keys *k = mem_calloc(1, sizeof *k);

	k->pieces = pieces_open(s->mailbox, &pieces_keys, keys_kind(MESSAGE_TEXT_VERSION));
	make_hash_key(s->mailbox, k->hash_key);
	s->keys = k;
}

void
search_source_expect(struct search_source *s, size_t messages)
{
	if (s->keys == NULL && are_many(s, messages))
		open_keys(s);
}

/* Make them of what is cached, or to be read; false: not to be had, or not to be kept. */
static bool
make(struct search_source *s, struct document *d, enum document_reach reach)
{
	struct search_keys *k = s->keys;
	bool module_missing = s->module_missing, made;

	buf_reset(&k->made);
	/* what was left undecoded for want of the module is nothing to keep */
	s->module_missing = false;
	made = keys_make(d, reach, k->hash_key, &k->scratch, &k->made) == DOCUMENT_KNOWN
	    && !s->module_missing && keys_read(k->made.data, k->made.len, &k->keys);
	if (made)
		pieces_put(k->pieces, d->uid, s->record.file_size, k->made.data, k->made.len);
	s->module_missing = s->module_missing || module_missing;
	return made;
}

const struct keys *
search_source_keys(struct document *d, enum document_reach reach)
{
	struct search_source *s = d->mailbox;
	struct search_keys *k = s->keys;
	const char *bytes;
	size_t len;

	if (k == NULL) {
		if (!are_many(s, ++s->keys_asked))
			return NULL;
		open_keys(s);
		k = s->keys;
	}
	if (k->uid != d->uid || (!k->known && reach != k->reach)) {
		k->uid = d->uid;
		k->reach = reach;
		bytes = pieces_get(k->pieces, d->uid, &len);
		k->known = bytes != NULL && keys_read(bytes, len, &k->keys);
		if (!k->known && pieces_may_write(k->pieces) && !s->keys_kept)
			k->known = make(s, d, reach);
	}
	return k->known ? &k->keys : NULL;
}

bool
search_source_hash_key(void *mailbox, uint64_t key_out[2])
{
	struct search_source *s = mailbox;

	if (s->keys == NULL || (!pieces_may_write(s->keys->pieces)
	    && pieces_count(s->keys->pieces) == 0))
		return false;
	key_out[0] = s->keys->hash_key[0];
	key_out[1] = s->keys->hash_key[1];
	return true;
}

void
search_source_keep_keys(struct search_source *s)
{
	if (s->keys != NULL)
		pieces_flush(s->keys->pieces);
	s->keys_kept = true;
}

void
search_source_close_keys(struct search_source *s)
{
	struct search_keys *k = s->keys;

	if (k == NULL)
		return;
	pieces_tidy(k->pieces);
	pieces_close(&k->pieces);
	keys_scratch_fini(&k->scratch);
	buf_fini(&k->made);
	free(k);
	s->keys = NULL;
	mem_give_back();	/* a session that now sleeps for hours was large for a moment */
}
