/*
 * A log of imapdrill read again, line by line (imapdrill(5), LOG). The other
 * half of events.c.
 */
#ifndef DRILL_LOGFILE_H
#define DRILL_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"

struct logfile {
	const char *path;
	FILE *file;
	unsigned line;
	char *text;	/* the line; the fields point into it */
	size_t room;
};

struct entry {
	int64_t at_us;
	char *server;
	uint64_t connection;
	char *label;
	uint64_t more;		/* of "label+more" */
	char direction;
	char *kind;
	uint64_t bytes;
	struct buf text;	/* unescaped */
	size_t left_out;	/* octets of it that the log does not have */
};

/* path "-" is the standard input. 0, or -1 with errno. */
int logfile_open(struct logfile *log, const char *path);
void logfile_close(struct logfile *log);

/*
 * The next event: 1, 0 at the end, -1 when a line is none; then it was told on
 * stderr. The entry is valid until the next call; entry_fini after the last.
 */
int logfile_next(struct logfile *log, struct entry *entry);
void entry_fini(struct entry *entry);

#endif
