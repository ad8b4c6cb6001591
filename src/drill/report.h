/*
 * A log made readable: commands with outcome and latency, what was answered out
 * of order, what the server chose where it may choose, what failed.
 */
#ifndef DRILL_REPORT_H
#define DRILL_REPORT_H

#include <stddef.h>

#include "drill/facts.h"
#include "drill/stats.h"
#include "util/buf.h"

/* An answer to a question of the script, and how often it was the one. */
struct chosen {
	char *server, *question, *answer;
	unsigned times;
	uint64_t connection;	/* the first that asked: questions are told in its order */
	size_t order;		/* in the log */
};

struct server {
	char *name;
	struct facts facts;
};

struct report {
	struct table table;
	struct server *servers;
	size_t server_count, server_room;
	struct chosen *chosen;		/* by connection, then in the order of the log */
	size_t chosen_count, chosen_room;
	struct buf disorder;		/* lines: who overtook whom */
	unsigned disorder_count;
	struct buf failures;		/* lines */
	unsigned failure_count;
};

/* Read a log; -1 when it is none (told on stderr). report is zeroed before. */
int report_read(struct report *report, const char *path);
void report_fini(struct report *report);

void report_print(const struct report *report, struct buf *out);

/*
 * The questions that two reports answer differently, or that one of them does
 * not answer, as a table; returns how many.
 */
unsigned report_compare(const struct report *a, const struct report *b, const char *a_name,
    const char *b_name, struct buf *out);

#endif
