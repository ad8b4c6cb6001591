/*
 * What one run of imapdrill is: the script, the loop, what is counted. Every
 * connection can see it; the files below change only what they own:
 *
 *	run.c		sessions: when they start, when it is enough, the summary
 *	session.c	one walk through the script: what may be sent next
 *	conn.c		one connection: bytes, time limits, its end
 *	flight.c	one command under way: sending it, judging its answers
 */
#ifndef DRILL_DRILL_H
#define DRILL_DRILL_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "drill/events.h"
#include "drill/loop.h"
#include "drill/response.h"
#include "drill/script.h"
#include "drill/stats.h"
#include "drill/tunnel.h"
#include "util/buf.h"

/* What is asked for on the command line, and in the script for lack of it. */
struct options {
	bool json, quiet, strict, show_secrets;
	bool load;		/* many sessions, the table in place of the log */
	unsigned sessions;	/* at a time */
	double rate;		/* sessions started a second; 0: all at once */
	int64_t seconds;	/* how long sessions are started anew; 0: each runs once */
	unsigned progress;	/* seconds between two lines; 0: as suits where they go */
	int64_t timeout_us;	/* without a byte from a server that owes an answer */
	size_t text_max;	/* of a text in the log */
	uint64_t line_max, literal_max, answer_max;
	const char *log, *table_json, *svg;	/* files, or NULL */
};

struct drill {
	struct options options;
	const struct script *script;
	struct loop loop;
	struct events events;
	struct tunnels tunnels;
	struct addrinfo **addresses;	/* one list a block; NULL for tunnels */

	/* lent to whoever reads; idle connections own no buffer */
	char *wire, *plain;		/* DRILL_READ octets each */
	struct buf spare;

	/* counted */
	uint64_t connections;		/* ever begun: the last number given */
	unsigned open, open_most;	/* connections now */
	uint64_t answers;		/* commands complete */
	uint64_t expectations_failed, incomplete;
	unsigned errors_told;
	struct table table;		/* a row a step, then one a block: connecting */
	struct histogram second;	/* of the present second */
	uint32_t second_failures;

	bool stopping;			/* nothing new is sent */
	bool broken;			/* the log can't be written */
};

#define DRILL_READ 65536

/*
 * Something went wrong with line of the script: one line on stderr and in the
 * log. After many only the count goes on, so that a failing load test says what
 * matters.
 */
void drill_error(struct drill *drill, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A command is complete: for the progress line and the plot. */
void drill_count(struct drill *drill, int64_t us, bool failed);

/*
 * Run a script to its end. The exit status: 0; 1: an expectation failed; 2:
 * something is not complete.
 */
int drill_run(const struct script *script, const struct options *options);

#endif
