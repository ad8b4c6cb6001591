/*
 * SORT (RFC 5256 section 3, RFC 5957): which keys, and messages put in their
 * order. Strings compare by i;unicode-casemap, equal messages stay in the order
 * of the mailbox. A key is made once a message; the order costs n log n and the
 * length of what the keys have in common.
 */
#ifndef QUERY_SORT_H
#define QUERY_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/document.h"
#include "query/hashes.h"
#include "util/buf.h"

struct parse;

enum sort_key {
	SORT_ARRIVAL, SORT_CC, SORT_DATE, SORT_DISPLAYFROM, SORT_DISPLAYTO, SORT_FROM,
	SORT_SIZE, SORT_SUBJECT, SORT_TO,
	SORT_KEYS
};

struct sort_program {
	struct {
		enum sort_key key;
		bool reverse;
	} keys[SORT_KEYS];	/* one that comes again changes nothing and is left out */
	size_t count;
};

/* "(REVERSE DATE SUBJECT)": sort-criteria. */
int sort_parse(struct parse *p, struct sort_program *out);

struct sort {
	struct sort_program program;
	bool wants_envelope, may_be_kept;	/* what its keys are made of */
	uint32_t *ids;
	size_t count, id_room;
	struct sort_column {
		uint64_t *values;	/* numbers; or, for string keys, */
		uint32_t *strings;	/* the numbers of strings */
		size_t room;
	} columns[SORT_KEYS];
	/* collation keys, each different one once, in the order in which they came */
	struct sort_string {
		size_t at, len;	/* in texts */
	} *strings;
	size_t string_count, string_room;
	struct buf texts;
	struct hashes numbers;	/* of strings, from 1 */
	uint64_t hash_key[2];
	struct buf key, value, room;	/* scratch */
};

void sort_init(struct sort *sort, const struct sort_program *program);
void sort_fini(struct sort *sort);

/*
 * Add a message, in the order of the mailbox, under the id that the answer will
 * name. Asks as far as the disk; what is gone sorts as if all its fields were empty.
 */
void sort_add(struct sort *sort, struct document *document, uint32_t id);

/* The ids in order; they are the sort's and stand in sort->ids. */
void sort_order(struct sort *sort);

/* Numbers with a sign, so that they order as numbers without one. */
static inline uint64_t
sort_unsigned(int64_t number)
{
	return (uint64_t)number ^ 1ull << 63;
}

/*
 * The base subject's collation key (RFC 5256 2.1), added to out; says whether
 * the message is a reply or forward. decoded and room are scratch.
 */
bool sort_subject(struct document *document, struct str envelope, struct buf *decoded,
    struct buf *room, struct buf *out);

/*
 * The sent date of RFC 5256 2.2, in seconds: the Date header in UTC, else the
 * internal date, else 0.
 */
int64_t sort_sent_date(struct document *document, struct str envelope, struct buf *room);

#endif
