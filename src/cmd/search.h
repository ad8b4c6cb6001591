/* What SEARCH, SORT, THREAD and ESEARCH share; made in cmd_search.c. */
#ifndef CMD_SEARCH_H
#define CMD_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/criteria.h"
#include "query/result.h"
#include "query/search.h"

struct arena;
struct command;
struct err;
struct mailbox;
struct search_source;
struct session;
struct sort_program;

/* Filters of this account, for criteria_parse; made in filters.c. */
struct criteria_filters search_filters(struct session *s);

/* Is an entry of the server's metadata a filter, and then none that could be used? -1 with err. */
int filter_check(const char *mailbox, const char *entry, const char *value, size_t len,
    struct arena *arena, struct err *err);

/* Are these criteria allowed in this session? Also what using them enables. */
int search_check(struct session *s, struct command *cmd, const struct criteria *criteria);

/* Bind the criteria to the source's mailbox and find all messages, or as many as the plan wants. */
int search_mailbox(struct search_source *source, struct criteria *criteria,
    const struct result_plan *plan, struct arena *arena, struct search_results *out,
    struct err *err);

/* Numbers or UIDs of the results, in memory that the caller frees. */
uint32_t *search_ids(const struct search_results *results, const struct mailbox *m, bool uid);

/* The highest mod-sequence of what an answer is about (RFC 4731 3.2); positions as answered. */
uint64_t search_modseq(const struct mailbox *m, const uint32_t *positions, size_t count,
    const struct result_options *options);

/* "$" becomes what RETURN (SAVE ...) says of these results. */
void search_save(struct session *s, const uint32_t *positions, size_t count,
    const struct result_options *options);

/* A command with SAVE failed: after NO "$" is empty, after BAD as it was (RFC 9051 6.4.4.1). */
void search_forget_saved(struct session *s, const struct err *err);

/*
 * Do what RETURN asks of the results of a search in the selected mailbox: "$", the
 * kept search, and "* ESEARCH (TAG "x") UID ..." or "* name 2 3". The results are in
 * the order of program; NULL: in the mailbox's.
 */
void search_answer(struct session *s, const struct command *cmd, const char *name,
    const struct criteria *criteria, const struct sort_program *program,
    const struct result_options *options, const struct search_results *results);

#endif
