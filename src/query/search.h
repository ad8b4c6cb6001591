/*
 * Criteria and a message: does it match? And which messages of a mailbox do?
 * Cheap keys are asked first, so that a file is only opened when all that index
 * and cache know has left the question open, and its text is only read when the
 * header has too.
 */
#ifndef QUERY_SEARCH_H
#define QUERY_SEARCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/criteria.h"
#include "query/document.h"
#include "query/result.h"
#include "query/signature.h"
#include "util/buf.h"

enum search_answer { SEARCH_NO, SEARCH_YES, SEARCH_UNKNOWN };

/* How far one question goes. */
enum search_reach {
	SEARCH_MEMORY,	/* index and cache */
	SEARCH_HEADER,	/* what the file's header tells */
	SEARCH_TEXT,	/* everything: SEARCH_UNKNOWN only if texts cannot be decoded at all */
};

struct search_field;	/* what one field of the present message holds */

/* Plain data to its owner; made by search_init. */
struct search {
	struct criteria *criteria;
	const struct document_ops *ops;
	void *mailbox;
	int64_t now;			/* for OLDER and YOUNGER */
	bool save_dates;
	struct search_field *fields;	/* one for each of criteria->fields */
	uint8_t *texts;			/* answers for BODY and TEXT keys, enum search_answer */
	uint32_t text_uid;		/* the message that they are of */
	bool gone;			/* the present message turned out to be */
	const _Atomic bool *stop;	/* NULL, or set by another process: give up (scan.c) */
	bool unable;			/* search_all: some text could not be decoded at all */
	const struct criterion **text_keys;
	size_t longest_needle;
	struct signature_probe *probes;	/* one for each key with a needle */
	struct signature_probe *names;	/* and for each of criteria->fields: "NAME:" */
	struct signature signature;	/* of the text that is read */
	struct buf room, value;		/* scratch */
};

/*
 * Prepare: criteria must be bound (criteria_bind) and outlive the search. now
 * is the time in seconds.
 */
void search_init(struct search *search, struct criteria *criteria,
    const struct document_ops *ops, void *mailbox, int64_t now);
void search_fini(struct search *search);

/* A message that is gone matches nothing. */
enum search_answer search_ask(struct search *search, struct document *document,
    enum search_reach reach);

/* Called now and then during long work; false ends it (the client is gone). */
typedef bool search_progress(void *ctx, uint32_t done, uint32_t total);

/* How a whole mailbox is searched. */
struct search_work {
	unsigned workers;		/* processes that read texts; 0: this one does */
	search_progress *progress;	/* NULL: nobody wants to know */
	void *progress_ctx;
};

struct search_results {
	uint32_t *positions;	/* ascending */
	size_t count, room;
};

#define SEARCH_RESULTS_INIT ((struct search_results){ NULL, 0, 0 })

void search_results_fini(struct search_results *results);

/*
 * Add all of count messages that match, or at least as many as the plan wants
 * (NULL: all). 0, or -1 when progress said to end. search->unable tells of
 * messages whose text nobody can decode here. See run.c.
 */
int search_all(struct search *search, uint32_t count, const struct result_plan *plan,
    const struct search_work *work, struct search_results *out);

/* The same for these positions (ascending) and no others. */
int search_positions(struct search *search, const uint32_t *positions, size_t count,
    const struct search_work *work, struct search_results *out);

#endif
