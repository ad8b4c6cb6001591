/*
 * Searches whose results are kept up to date (RFC 5267 section 4.3): RETURN
 * (UPDATE) of SEARCH, SORT and ESEARCH. They live with the selected mailbox.
 */
#ifndef CMD_SEARCH_CONTEXT_H
#define CMD_SEARCH_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"

struct command;
struct criteria;
struct err;
struct fetch_items;
struct result_options;
struct session;
struct sort_program;

enum {
	/* Each change asks each of them; RFC 5267 wants one at least. */
	SEARCH_CONTEXTS_MAX = 16,
	/* Messages in sorted results of one context, which are kept one by one. */
	SEARCH_CONTEXT_SORTED_MAX = 1000000,
};

/* What UPDATE (UID FLAGS) asks of new messages that match (RFC 5465 section 7), while its command lasts. */
struct search_update {
	struct command *cmd;
	struct arena arena;
	struct fetch_items *items;	/* in the arena; NULL: none */
};

/* Let options read it. */
void search_update_init(struct search_update *update, struct command *cmd,
    struct result_options *options);
void search_update_fini(struct search_update *update);

/* ERR_CLIENTBUG when a search with this tag is being kept: before anything is done. */
int search_context_check_tag(struct session *s, const struct command *cmd, struct err *err);

/*
 * Keep this search, whose results are these positions (in the order of program;
 * NULL: in the mailbox's). Told by number or UID as uid says; update's items are
 * taken over. When there are too many, the client hears NO [NOUPDATE].
 */
void search_context_keep(struct session *s, const struct command *cmd, bool uid,
    const struct criteria *criteria, const struct sort_program *program,
    const uint32_t *positions, size_t count, struct search_update *update);

#endif
