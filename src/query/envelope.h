/*
 * Reading an ENVELOPE as it goes onto the wire (RFC 9051 7.5.2), the form in
 * which a mailbox's cache keeps it: strings, address lists. What stands there
 * is not decoded (RFC 2047). Text that is no ENVELOPE reads as fields that are
 * not there; nothing is trusted.
 */
#ifndef QUERY_ENVELOPE_H
#define QUERY_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/parse.h"

struct buf;

enum envelope_field {
	ENVELOPE_DATE, ENVELOPE_SUBJECT, ENVELOPE_FROM, ENVELOPE_SENDER, ENVELOPE_REPLY_TO,
	ENVELOPE_TO, ENVELOPE_CC, ENVELOPE_BCC, ENVELOPE_IN_REPLY_TO, ENVELOPE_MESSAGE_ID,
};

/*
 * A string field. NIL, and what is missing, has data NULL. The result points
 * into the envelope, or into room (emptied first) when a backslash had to go.
 */
struct str envelope_string(struct str envelope, enum envelope_field field, struct buf *room);

/* Walks an address field; made by envelope_addresses, plain data. */
struct envelope_walk {
	const char *at, *end;
};

struct envelope_walk envelope_addresses(struct str envelope, enum envelope_field field);

/* One address, or the start (host NULL) or end (mailbox NULL too) of a group. */
struct envelope_address {
	struct str name, mailbox, host;	/* NIL has data NULL; adl is obsolete and left out */
};

/* The next one, or false. Strings as in envelope_string; room is emptied. */
bool envelope_next(struct envelope_walk *walk, struct envelope_address *out, struct buf *room);

#endif
