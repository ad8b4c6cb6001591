/*
 * What a client wants to hear about the messages that were found: the RETURN
 * options of SEARCH, SORT and ESEARCH (RFC 9051 6.4.4, RFC 4731, RFC 5267,
 * RFC 9394, RFC 5182) and the data of the ESEARCH response. A result is a list
 * of numbers or UIDs in the order of the command: the mailbox's for SEARCH.
 */
#ifndef QUERY_RESULT_H
#define QUERY_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct parse;

/* Some of many: "500:1", or "-1:-100" counted from the last; both ends as the client gave them. */
struct result_range {
	bool from_end;
	uint32_t first, last;	/* without signs */
};

struct result_options {
	bool given;		/* RETURN was there: the answer is ESEARCH, not SEARCH or SORT */
	bool min, max, all, count, save, context, update, partial;
	struct result_range range;	/* of PARTIAL */
	/*
	 * Reads "(fetch-att ...)" behind UPDATE (RFC 5465 section 7); set by the caller
	 * before result_parse, NULL where there can be none.
	 */
	int (*read_update)(void *ctx);
	void *update_ctx;
};

/*
 * Read "RETURN (...) " with the space behind it if it is next; of what out holds
 * before, only read_update and its ctx count. An empty list means ALL. ERR_SYNTAX for an unknown option, and for PARTIAL twice or beside ALL.
 */
int result_parse(struct parse *p, struct result_options *out);

/* partial-range of RFC 9394, also a modifier of UID FETCH. */
int result_parse_range(struct parse *p, struct result_range *out);

struct result_span {
	size_t from, to;
};

/* Which of count things the range means, as far as they exist, as [from, to). */
struct result_span result_range_span(const struct result_range *range, size_t count);

/* Does the response have data, or does SAVE alone ask for silence? */
bool result_speaks(const struct result_options *options);

/*
 * How much must be found: enough results from the front, or from the back, and
 * the search may stop. SIZE_MAX when all are needed.
 */
struct result_plan {
	bool backwards;
	size_t enough;
};
struct result_plan result_plan(const struct result_options *options);

/*
 * Which of count results an answer is about, as [from, to): what "$" then holds
 * (RFC 9051 6.4.4.1, RFC 9394 3.2) and whose highest mod-sequence is told
 * (RFC 4731 3.2). Up to three spans, which may overlap; returns how many.
 */
size_t result_spans(const struct result_options *options, size_t count,
    struct result_span spans[3]);

/*
 * Add " MIN 2 MAX 7 COUNT 3 ALL 2,5,7 PARTIAL (1:2 2,5)", what was asked for of
 * it, behind "* ESEARCH (TAG "x") UID". Ranges ascend, the order stays.
 */
void result_print(const struct result_options *options, const uint32_t *ids, size_t count,
    struct buf *out);

#endif
