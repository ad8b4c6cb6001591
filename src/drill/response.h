/*
 * Answers of a server as they come, RFC 9051 section 7 and "response" in
 * section 9: where one ends, of which kind it is, and its text. The client's
 * half of the wire room: only clients read answers, so it lives with the client
 * that we have; it leans on nothing else here and may move when another comes.
 *
 * Takes bytes in pieces of any size and holds no more than RESPONSE_KEEP of an
 * answer; the rest is counted, not kept. It trusts nothing: lines and literals
 * over their limits, numbers that overflow and bare LFs are errors.
 */
#ifndef DRILL_RESPONSE_H
#define DRILL_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* What an expectation can look at; an answer with more is cut for it, not for the count. */
#define RESPONSE_KEEP 65536

/* A longer line (literals apart) is an endless one. A SEARCH over ten million UIDs fits. */
#define RESPONSE_LINE_MAX (128u << 20)

/* A longer literal is a lie; the octets are counted, never held. */
#define RESPONSE_LITERAL_MAX (UINT64_C(4) << 30)

enum response_kind {
	RESPONSE_UNTAGGED,	/* "* ..." */
	RESPONSE_CONTINUE,	/* "+ ..." or "+" */
	RESPONSE_TAGGED,	/* "TAG OK ...", NO or BAD; whose tag, the caller knows */
	RESPONSE_GARBAGE,	/* anything else */
};

enum response_status { STATUS_NONE, STATUS_OK, STATUS_NO, STATUS_BAD, STATUS_BYE, STATUS_PREAUTH };

struct response_limits {
	uint64_t line, literal;
};

struct response {
	struct buf text;	/* as it came, without the last CRLF; cut at RESPONSE_KEEP */
	uint64_t size;		/* octets of all of it, the last CRLF included */
	uint64_t line;		/* octets of the present line so far */
	uint64_t literal;	/* octets of the present literal that are still to come */
	char tail[32];		/* the end of the line: where a literal is announced */
	unsigned char tail_len;
	bool cr;		/* the last octet was CR */
	bool done;		/* text is whole; the next feed begins anew */
};

void response_init(struct response *response);
void response_fini(struct response *response);

/*
 * Take bytes from *at up to end, which is moved. 1: an answer is whole, and
 * *at is behind it; 0: all was taken and more is needed; -1: this is no IMAP,
 * and *why_out says so in words for a person (static).
 */
int response_feed(struct response *response, const char **at, const char *end,
    const struct response_limits *limits, const char **why_out);

/* Is the start of an answer waiting for its rest? */
bool response_is_partial(const struct response *response);

/* What a whole answer is. The parts point into its text; no part is NULL. */
struct answer {
	enum response_kind kind;
	enum response_status status;	/* of a tagged or untagged status answer */
	const char *tag;
	size_t tag_len;			/* 0 unless tagged */
	const char *rest;		/* behind the tag, "* " or "+ " */
	size_t rest_len;
};

void response_read(const char *text, size_t len, struct answer *out);

/*
 * Add the text with each literal as a quoted string, so that it is the same
 * whichever form the server chose: {3}<CRLF>a"b becomes "a\"b"; in it CR, LF and
 * NUL are written \r, \n and \0. A text that was cut inside a literal ends in it.
 * literals_out counts them.
 */
void response_canonical(const char *text, size_t len, struct buf *out, unsigned *literals_out);

#endif
