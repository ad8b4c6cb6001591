/*
 * What a question may ask about a message. Who owns a mailbox fills this in (the
 * session, a test); search.c, sort.c and thread.c ask, cheap things first, and
 * know nothing of files or caches.
 */
#ifndef QUERY_DOCUMENT_H
#define QUERY_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/parse.h"

struct buf;
struct document;
struct keys;
struct signature;
struct signature_probe;

/* How far an answer may go. */
enum document_reach {
	REACH_MEMORY,	/* what index and cache hold: no system call for one message */
	REACH_DISK,	/* the message's file; what was read there should be remembered */
};

enum document_answer {
	DOCUMENT_UNKNOWN,	/* not within REACH_MEMORY; never the answer to REACH_DISK */
	DOCUMENT_KNOWN,
	DOCUMENT_GONE,		/* removed by somebody, or it cannot be read: it matches nothing */
};

struct document_time {
	int64_t utc;	/* seconds since 1970 */
	int zone;	/* minutes east, as FETCH shows it: days are counted there */
};

/* One header value as it stands in the file: still folded, not decoded. */
typedef void document_value(void *ctx, const char *value, size_t len);

/*
 * Takes decoded UTF-8 in pieces of whole characters. first: a run begins, and
 * nothing that is searched for reaches into it from the run before. False: stop.
 */
typedef bool document_sink(void *ctx, const char *utf8, size_t len, bool first);

enum document_texts {
	DOCUMENT_HEADER = 1,	/* the top header, names and decoded values */
	DOCUMENT_BODY = 2,	/* all else: text of the parts and their headers */
};

struct document_ops {
	/*
	 * Fill the plain fields of the message at a position: 0 is the one with
	 * number 1. False: it is gone, though it still has its number.
	 */
	bool (*open)(void *mailbox, uint32_t position, struct document *out);

	/* The first position at or above this UID; the count of messages when there is none. */
	uint32_t (*find_uid)(void *mailbox, uint32_t uid);

	/* A keyword's id here, -1 when no message has it; and whether this one does. */
	int64_t (*keyword)(void *mailbox, struct str name);
	bool (*has_keyword)(const struct document *document, int64_t keyword);

	/* Are save dates kept here (RFC 8514)? If not, save_date is not called. */
	bool (*has_save_dates)(void *mailbox);

	enum document_answer (*internal_date)(struct document *document,
	    enum document_reach reach, struct document_time *out);
	enum document_answer (*save_date)(struct document *document,
	    enum document_reach reach, struct document_time *out);
	/* RFC822.SIZE; and what it lies between, for which the file need not be read. */
	enum document_answer (*size)(struct document *document,
	    enum document_reach reach, uint64_t *out);
	enum document_answer (*size_bounds)(struct document *document,
	    enum document_reach reach, uint64_t *least_out, uint64_t *most_out);

	/* Object ids (RFC 8474); data NULL when it has none. Valid until the next call here. */
	enum document_answer (*email_id)(struct document *document,
	    enum document_reach reach, struct str *out);
	enum document_answer (*thread_id)(struct document *document,
	    enum document_reach reach, struct str *out);

	/* ENVELOPE as it goes onto the wire. Valid until the next call for another message. */
	enum document_answer (*envelope)(struct document *document,
	    enum document_reach reach, struct str *out);

	/* Hand each value of the fields of this name (in any case) to value, in order. */
	enum document_answer (*header)(struct document *document, enum document_reach reach,
	    struct str name, document_value *value, void *ctx);

	/* A header value decoded to UTF-8, added to out: what words.h leaves to the MIME module. */
	void (*decode)(void *mailbox, const char *value, size_t len, struct buf *out);

	/*
	 * All decoded text of a kind (a sum of enum document_texts), handed to sink.
	 * Reads the file. KNOWN also when sink said stop; UNKNOWN when what decodes
	 * is missing here, for any message.
	 */
	enum document_answer (*text)(struct document *document, unsigned texts,
	    document_sink *sink, void *ctx);

	/*
	 * What is kept of a message for comparing (keys.h); both are NULL where nothing
	 * is. NULL, also from REACH_DISK: ask the fields. Valid until the next call for
	 * another message.
	 */
	const struct keys *(*keys)(struct document *document, enum document_reach reach);
	/* Under which key keys_hash is asked there; false: keys are not asked for. */
	bool (*hash_key)(void *mailbox, uint64_t key_out[2]);

	/*
	 * The index of bodies; all five are NULL where there is none. Is it sure,
	 * without reading the file, that this is nowhere in the text?
	 */
	bool (*rules_out)(struct document *document, const struct signature_probe *probe);
	/* Texts are about to be read, maybe by processes that are forked from here. */
	void (*open_signatures)(void *mailbox);
	/* Shall its text be signed while it is read? */
	bool (*wants_signature)(struct document *document);
	/* Here is the signature of all its text. */
	void (*sign)(struct document *document, const struct signature *signature);
	/* Write down what was signed; a process that only reads texts ends now (scan.h). */
	void (*keep_signatures)(void *mailbox);
};

struct document {
	const struct document_ops *ops;
	void *mailbox;
	uint32_t number;
	uint32_t uid;
	unsigned flags;		/* wire/flags.h */
	uint64_t modseq;
	bool saved;		/* in the result that "$" means */
	uint64_t row;		/* for ops alone */
};

#endif
