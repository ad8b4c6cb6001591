/*
 * One message on its way from the client into a mailbox: what APPEND, REPLACE
 * and CATENATE have in common. For the files of cmd/ alone.
 */
#ifndef CMD_APPEND_H
#define CMD_APPEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/change.h"
#include "util/err.h"
#include "wire/parse.h"

struct command;
struct mailbox;
struct session;

struct append {
	struct session *s;
	struct command *cmd;
	const char *name;		/* NULL: no mailbox can have it, and why says why */
	struct err why;
	struct mailbox *mailbox;	/* NULL until the first octets are due: see append_ready */
	struct delivery *deliveries;
	size_t count, room;
	size_t finished;		/* so many are on disk and closed */
	/* the mailbox that the last URL of a CATENATE named, kept for the next one */
	struct mailbox *source;
	char *source_name;
};

/*
 * Before the first octets of the command are taken: open the mailbox, so that a
 * client that waits for the "+" need not send a message that has no place to go.
 */
int append_ready(struct append *a);

/* Take the octets of a literal, whose head was read, to the end of the last delivery. */
int append_literal(struct append *a, const struct literal *head);

/* Would the last delivery stay within APPEND_MAX with so many octets more? ERR_TOOBIG. */
int append_fits(struct append *a, uint64_t octets);

/* Read "(URL ... TEXT {n} ...)" of CATENATE and make the last delivery of it (catenate.c). */
int append_catenate(struct append *a);

#endif
