/* METADATA responses (RFC 5464 4.4), also for LIST RETURN (METADATA (...)) of RFC 9590. */
#ifndef CMD_METADATA_H
#define CMD_METADATA_H

#include <stddef.h>
#include <stdint.h>

#include "wire/parse.h"

struct command;
struct notes;
struct session;

struct metadata_request {
	struct str *entries;	/* in the command's arena */
	size_t count;
	int depth;		/* 0, 1, or 2 for infinity */
	uint64_t max_size;	/* longer values are not sent */
	uint64_t longest;	/* of those that were not; 0: all were */
};

/* Read one entry name or a list of them. */
int parse_metadata_entries(struct command *cmd, struct metadata_request *r);

/* "* METADATA name (entry value ...)"; an entry that is not there is NIL. */
void send_metadata(struct session *s, const struct notes *notes, const char *name,
    struct metadata_request *r);

#endif
