/*
 * What a load test tells: the progress line, the table at the end, JSON and the
 * plot. Counts only; it changes nothing in the run.
 */
#ifndef DRILL_LOAD_H
#define DRILL_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drill;
struct second;

struct load {
	struct second *seconds;
	size_t count, room;
	uint64_t answers;		/* before the present second */
	int64_t began_us;
	long start_kb;			/* resident before the first connection */
	long most_kb;			/* resident when the most connections were open */
	unsigned most_open;
	unsigned every;			/* seconds between two lines of progress */
	bool terminal;			/* the line is written over itself */
	bool on_line;
	bool broken;			/* a file of results can't be written */
};

void load_begin(struct load *load, struct drill *drill);

/* A second has passed. */
void load_second(struct load *load, struct drill *drill);

/* Write the results: text (or JSON) on stdout, and the files that were asked for. */
void load_end(struct load *load, struct drill *drill);

/* Before anything else is written to stderr. */
void load_clear_line(struct load *load);

void load_fini(struct load *load);

#endif
