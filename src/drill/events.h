/*
 * The log: one line an event, for programs to read (imapdrill(5), LOG): fields
 * parted by tabs, or a JSON object. What strangers sent is escaped.
 */
#ifndef DRILL_EVENTS_H
#define DRILL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"

struct events {
	FILE *out;		/* NULL: no log */
	bool json;
	size_t text_max;	/* of a text as it came, before escaping; 0: all */
	int64_t start_us;	/* times are told since then */
	bool dirty;		/* something waits in the buffer */
	struct buf line;
};

struct event {
	int64_t at_us;
	const char *server;	/* "-": none of them */
	uint64_t connection;	/* 0: none of them */
	const char *label;	/* "-": of no command */
	size_t more;		/* "label+more": other commands that it may as well belong to */
	char direction;		/* 'C' sent, 'S' received, '-' neither */
	const char *kind;
	uint64_t bytes;		/* on the wire, before COMPRESS */
	const char *text;
	size_t len;
};

/* Also writes the first line, which tells the time of day and the program's version. */
void events_open(struct events *events, FILE *out, bool json, size_t text_max, int64_t start_us);

void events_write(struct events *events, const struct event *event);

/* Hand out what waits; false when it can't be written. */
bool events_flush(struct events *events);
bool events_close(struct events *events);

#endif
