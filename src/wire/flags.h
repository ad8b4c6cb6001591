/*
 * Flags, RFC 9051 section 2.3.2 and "flag" in section 9: the system flags as
 * bits, the rest as words. Which keywords a mailbox has is the store's matter.
 */
#ifndef WIRE_FLAGS_H
#define WIRE_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum flag {
	FLAG_ANSWERED = 1 << 0,
	FLAG_FLAGGED = 1 << 1,
	FLAG_DELETED = 1 << 2,
	FLAG_SEEN = 1 << 3,
	FLAG_DRAFT = 1 << 4,
	FLAG_RECENT = 1 << 5,	/* IMAP4rev1 only; no client can set it */
};

/* What a client may set. */
#define FLAGS_SETTABLE \
	((unsigned)(FLAG_ANSWERED | FLAG_FLAGGED | FLAG_DELETED | FLAG_SEEN | FLAG_DRAFT))

enum flags_kind {
	FLAGS_BAD,		/* no flag at all: a syntax error */
	FLAGS_SYSTEM,		/* *bit_out says which */
	FLAGS_KEYWORD,		/* an atom; "$Junk" is one too */
	FLAGS_EXTENSION,	/* "\Word" that we do not know: to be refused politely */
	FLAGS_STAR,		/* "\*", of PERMANENTFLAGS only */
};

/* What this word is; *bit_out is 0 but for FLAGS_SYSTEM. Case does not matter. */
enum flags_kind flags_parse(const char *word, size_t len, unsigned *bit_out);

/* Is it an atom, and so a keyword? */
bool flags_is_keyword(const char *word, size_t len);

/* "(\Seen $Forwarded)": the bits in the order above, then the keywords as given. */
void flags_print(unsigned bits, const char *const *keywords, size_t count, struct buf *out);

#endif
