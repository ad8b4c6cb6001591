/*
 * The search program of SEARCH, SORT, THREAD and ESEARCH as a tree: keys of
 * RFC 9051 6.4.4 and RFC 3501 6.4.4, RFC 5032 (OLDER, YOUNGER), RFC 7162 3.1.5
 * (MODSEQ), RFC 8514 (SAVED...), RFC 8474 (EMAILID, THREADID), RFC 5182 ("$"),
 * RFC 5466 (FILTER).
 * What the keys mean for a message is search.c's matter.
 */
#ifndef QUERY_CRITERIA_H
#define QUERY_CRITERIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/collate.h"
#include "wire/parse.h"
#include "wire/seqset.h"

struct arena;
struct buf;
struct err;

enum criterion_kind {
	CRITERION_AND,		/* every child; without children: every message */
	CRITERION_OR,		/* any child */
	CRITERION_FLAGS,	/* (flags & mask) == value */
	CRITERION_KEYWORD,
	CRITERION_NUMBERS,
	CRITERION_UIDS,
	CRITERION_SAVED,	/* "$" */
	CRITERION_MODSEQ,	/* at least number */
	CRITERION_LARGER,
	CRITERION_SMALLER,
	CRITERION_DATE,		/* date against day, as order says */
	CRITERION_OLDER,	/* number seconds */
	CRITERION_YOUNGER,
	CRITERION_SAVEDATESUPPORTED,
	CRITERION_EMAILID,
	CRITERION_THREADID,
	CRITERION_FIELD,	/* needle in a header field, fields[field] of the criteria */
	CRITERION_BODY,
	CRITERION_TEXT,
};

/* What answering costs, cheapest first; the levels of search.c. */
enum criterion_cost {
	COST_INDEX,	/* known of every message: flags, numbers, mod-sequence */
	COST_STAT,	/* may need the file's times or size: dates, sizes, ids */
	COST_HEADER,	/* the header, as a rule from the cache */
	COST_TEXT,	/* the whole message, but for what a signature rules out */
};

enum criterion_date { DATE_INTERNAL, DATE_SENT, DATE_SAVED };
enum criterion_order { DATE_BEFORE, DATE_ON, DATE_SINCE };

struct criterion {
	enum criterion_kind kind;
	bool not;			/* the answer is turned round */
	uint8_t cost_least, cost_most;	/* enum criterion_cost, of the leaves below */
	uint16_t depth;			/* 1 for a leaf */
	struct criterion *next;		/* of the same parent; cheap ones come first */
	struct criterion *first, *last;	/* AND, OR; last only while they are read */
	union {
		struct { unsigned mask, value; } flags;	/* wire/flags.h */
		struct { struct str name; int64_t id; } keyword;	/* id: search.c's */
		struct str word;			/* object id */
		struct { struct seqset asked, bound; } set;
		uint64_t number;
		struct { enum criterion_date date; enum criterion_order order; int64_t day; } date;
		struct {
			struct needle needle;
			unsigned field;		/* FIELD: which */
			unsigned text;		/* BODY, TEXT: their number, from 0 */
			unsigned number;	/* among all with a needle */
		} find;
	};
};

/* Where a FIELD key looks. */
enum field_kind {
	FIELD_SUBJECT,		/* of the envelope */
	FIELD_FROM, FIELD_TO, FIELD_CC, FIELD_BCC,	/* address lists of the envelope */
	FIELD_NAMED,		/* HEADER name: every field of that name */
};

struct criteria_field {
	enum field_kind kind;
	struct str name;	/* as the client spells it */
};

struct criteria {
	struct criterion *root;
	struct criteria_field *fields;	/* each once, however many keys look there */
	unsigned field_count;
	unsigned text_count;		/* BODY and TEXT keys */
	unsigned needle_count;		/* and FIELD keys with them */
	bool charset_given;		/* CHARSET was there (RFC 6855 3 forbids it) */
	bool uses_numbers;		/* message numbers, "*" among them */
	bool uses_modseq;		/* so the answer must tell a mod-sequence */
	bool uses_saved;
};

struct result_options;

enum {
	/* Keys, lists, NOTs and ORs of one program; real clients send some hundred. */
	CRITERIA_NODES_MAX = 20000,
	/* Lists, NOTs and ORs that wait for their keys at one time. */
	CRITERIA_OPEN_MAX = 10000,
	/* Filters in filters; RFC 5466 3.1 wants three at least. What is deeper goes in a circle. */
	CRITERIA_FILTER_DEPTH_MAX = 8,
	CRITERIA_FILTERS_MAX = 100,	/* in one program, also in filters; each is looked up in a file */
	/* Of the tree, where lists in lists and ORs in ORs are one: recursion walks it. */
	CRITERIA_DEPTH_MAX = 500,
	/* Different HEADER names; each may cost a look at the header of every message. */
	CRITERIA_FIELDS_MAX = 200,
};

/* Where the grammar has the character set. */
enum criteria_charset {
	CRITERIA_CHARSET_OPTIONAL,	/* SEARCH, ESEARCH: ["CHARSET" SP charset SP] */
	CRITERIA_CHARSET_FIRST,		/* SORT, THREAD: charset SP */
};

/*
 * Where the programs of FILTER are kept (RFC 5466). get: the program of that name, with
 * a NUL behind it, in the arena; false with err filled if it cannot be had, NULL in
 * value->data if there is none.
 */
struct criteria_filters {
	void *ctx;
	bool (*get)(void *ctx, struct str name, struct arena *arena, struct str *value,
	    struct err *err);
};

/*
 * Read the program up to the end of the command; all of it lives in p->arena.
 * ERR_BADCHARSET for a character set that is not known, ERR_LIMIT for a program
 * of too many keys, ERR_UNDEFINED_FILTER, else ERR_SYNTAX.
 */
int criteria_parse(struct parse *p, enum criteria_charset charset,
    const struct criteria_filters *filters, struct criteria *out);

/*
 * The same for SORT. Drafts of RFC 5267 had RETURN behind the charset, and test suites
 * still send it there: taken into *options, if these were not given before.
 */
int criteria_parse_sort(struct parse *p, struct result_options *options,
    const struct criteria_filters *filters, struct criteria *out);

/* Is this a whole program, as the value of a filter has to be? -1 with ERR_SYNTAX. */
int criteria_check_filter(const char *program, size_t len, struct arena *arena, struct err *err);

/*
 * Say what "*" means: the last number and the last UID of a mailbox, 0 for an
 * empty one. Needed before a search, again for each other mailbox. The bound sets live
 * in the arena.
 */
void criteria_bind(struct criteria *criteria, uint32_t last_number, uint32_t last_uid,
    struct arena *arena);

/*
 * Bound criteria whose message numbers and "$" are what they are now, for ever:
 * both become sets of UIDs, which uids_of makes of numbers and saved is.
 */
void criteria_freeze(struct criteria *criteria,
    void (*uids_of)(void *ctx, const struct seqset *numbers, struct seqset *uids), void *ctx,
    const struct seqset *saved, struct arena *arena);

/* The same criteria in another arena, for what outlives its command (RFC 5267 UPDATE). */
void criteria_copy(const struct criteria *from, struct criteria *to, struct arena *arena);

#endif
