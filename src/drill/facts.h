/*
 * Which of the alternatives that the RFCs leave open a server chose, as far as
 * any log shows it without being asked: one line each, "what: how".
 */
#ifndef DRILL_FACTS_H
#define DRILL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct entry;

enum { FACTS_VERBS = 16, FACTS_CODES = 24 };

/* A short list of words with how often each was seen; what does not fit is "other". */
struct tally {
	struct {
		char word[24];
		unsigned times;
	} list[FACTS_CODES];
	size_t count;
	unsigned other;
};

struct facts {
	char greeting[40];
	unsigned capability_tagged, capability_untagged, capability_none;
	unsigned answers, out_of_order;
	unsigned quoted, literals;
	struct tally expunge_in;	/* commands during which EXPUNGE or VANISHED was told */
	struct tally refusals;		/* "NO [CODE]", "NO", "BAD" */
	unsigned search_empty_line, search_no_line;
	unsigned logout_bye, logout_silent;
};

/* What the facts must know of a command when it is answered. */
struct asked {
	const char *verb;
	bool saw_capability, saw_search, saw_bye;
};

void facts_greeting(struct facts *facts, const struct entry *entry);
void facts_untagged(struct facts *facts, const struct entry *entry, struct asked *asked);
void facts_tagged(struct facts *facts, const struct entry *entry, const struct asked *asked,
    bool out_of_order);

void facts_print(const struct facts *facts, struct buf *out);

#endif
