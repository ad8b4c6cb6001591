/*
 * One pass over a message for all that a client's list view wants: ENVELOPE,
 * BODY and BODYSTRUCTURE as the text that goes onto the wire (RFC 9051 7.5.2)
 * and the part table. libc only; plain mail costs microseconds.
 *
 * The texts are complete: parenthesised lists with quoted strings, NIL, numbers
 * and, for content that no quoted string may hold (8-bit, CR, LF), literals
 * "{n}\r\n...". NUL is shown as U+FFFD. Nothing has to be added.
 */
#ifndef MAIL_PARSE_H
#define MAIL_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "mail/part.h"
#include "util/buf.h"

/* Which results to make; asking for less costs less. */
enum parse_want {
	PARSE_ENVELOPE = 1,		/* reads the top header only */
	PARSE_BODY = 2,
	PARSE_BODYSTRUCTURE = 4,
	PARSE_PARTS = 8,
	PARSE_ALL = 15,
};

/*
 * Results; the buffers are emptied and filled at each call, so one struct
 * serves a loop over a mailbox. Those not asked for are left empty.
 */
struct parsed {
	struct buf envelope;
	struct buf body;
	struct buf bodystructure;
	struct part_table parts;
	uint64_t vsize;			/* RFC822.SIZE; MAIL_UNKNOWN when only the envelope was asked for */
	struct parse_room *room;	/* work space of the parser, kept for the next message */
};

#define PARSED_INIT ((struct parsed){ .vsize = 0 })

/* What is too much of a good thing; the rest is left out of the texts, never of the message. */
enum {
	PARSE_ADDRESS_MAX = 10000,	/* addresses in one message's ENVELOPE */
	PARSE_PARAM_MAX = 1000,		/* parameters of one Content-Type or Content-Disposition */
	PARSE_TEXT_MAX = 1 << 20,	/* octets of one header value shown in ENVELOPE or BODYSTRUCTURE */
};

/* Never fails: every run of bytes is a message. want is a sum of enum parse_want. */
void parse_message(const char *bytes, size_t len, unsigned want, struct parsed *out);

void parsed_fini(struct parsed *parse);

#endif
