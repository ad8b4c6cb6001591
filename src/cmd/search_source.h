/*
 * A mailbox as query/ sees it: the answers to document_ops from index, cache and
 * files, and what a long search says to its client meanwhile.
 */
#ifndef CMD_SEARCH_SOURCE_H
#define CMD_SEARCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "query/document.h"
#include "query/search.h"
#include "session/message.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/parse.h"

struct mailbox;
struct message_ops;
struct pieces;
struct threads;
struct search_keys;
struct seqset;
struct session;

struct search_source {
	struct session *session;
	struct mailbox *mailbox;
	const struct seqset *saved;	/* what "$" means, UIDs; NULL: nothing */
	struct message_reader reader;
	struct err err;			/* why something could not be asked at all */

	/* what is known of the message asked about last */
	uint32_t known_uid;
	uint32_t known_row;
	bool looked_up;			/* in the cache */
	bool found;			/* and there is a record */
	bool open;			/* reader.mail holds its bytes */
	struct cache_record record;
	struct buf envelope;		/* a copy, where the record may yet move */
	struct buf id;
	bool module_missing;
	struct pieces *signatures;	/* NULL until a text key asks for them */
	bool sign_looked_up;
	const void *signed_bits;	/* of the message asked about last; NULL: none */
	size_t signed_len;
	struct search_keys *keys;	/* NULL until many messages are asked about */
	size_t keys_asked;
	bool keys_kept;			/* no more are made */
	bool cut;			/* its text was too long to be read whole */
	struct threads *threads;	/* NULL until a thread id is asked for */
	bool threads_complete;		/* all messages here were given one, as far as possible */

	/* what the client was told of a long search */
	const char *tag;
	int64_t started_ms, told_ms, tick;
	bool asked;			/* whether it is still there */
};

extern const struct document_ops search_source_ops;

/* tag: of the command that searches, for INPROGRESS; NULL: nothing is said of progress. */
void search_source_init(struct search_source *source, struct session *session,
    struct mailbox *mailbox, const struct seqset *saved, const char *tag);

/* Write what was learnt to the cache, give memory back. */
void search_source_fini(struct search_source *source);

/* How the mailbox is searched: on all processors, with word to the client; for search_all. */
struct search_work search_source_work(struct search_source *source);

/*
 * The same for what is done message by message (sort, thread): false when the
 * client is gone or the session is to end.
 */
bool search_source_go_on(struct search_source *source, uint32_t done, uint32_t total);

/* ---- search_keys.c ---- */

/* So many messages will be asked for what SORT and THREAD compare. */
void search_source_expect(struct search_source *source, size_t messages);

/* The two of document_ops. */
const struct keys *search_source_keys(struct document *document, enum document_reach reach);
bool search_source_hash_key(void *mailbox, uint64_t key_out[2]);

/* Write what was made; no more is made by this command. */
void search_source_keep_keys(struct search_source *source);
void search_source_close_keys(struct search_source *source);

/* ---- search_threads.c ---- */

/*
 * The thread id (RFC 8474 5.2) of a message; data NULL: it has none, since it
 * cannot be read or nothing can be kept. The first question finds the threads of all
 * messages that nobody asked about before. Valid until the next call.
 */
enum document_answer search_source_thread_id(struct document *document, enum document_reach reach,
    struct str *out);

/* The same for the message of a row. */
struct str search_source_row_thread_id(struct search_source *source, uint32_t row);

#endif
