/*
 * Signatures of texts: a few bits for every gram of a text's collation key (three
 * characters in a row, or two where a script has thousands), from which one can
 * tell that something is not in the text, and never that it is. They keep IMAP's
 * substring meaning: what is looked for may be any part of a word.
 */
#ifndef QUERY_SIGNATURE_H
#define QUERY_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum {
	/*
	 * Raised when the same text would get another signature: the files of the
	 * old ones are then thrown away (store/pieces.c).
	 */
	SIGNATURE_VERSION = 1,
	SIGNATURE_MAX = 16384,	/* octets of one; larger texts are only told apart less well */
	/*
	 * Decoded octets of a top header that is signed. Behind the first megabyte
	 * of a line its encoded words are plain for TEXT keys (message/message.h) and
	 * words for HEADER keys: whoever has such a header is read each time.
	 */
	SIGNATURE_HEADER_MAX = 65536,
};

/* A signature in the making; for one text after the other. */
struct signature {
	uint64_t *map;		/* one bit for each value of a hash */
	uint32_t *places;	/* of the bits that are set, in the order in which they came */
	size_t count;
	uint32_t before, last;	/* the two characters before the next one; 0: none */
};

void signature_init(struct signature *signature);
void signature_fini(struct signature *signature);

/* Forget the text so far. */
void signature_reset(struct signature *signature);

/* More of the key, in pieces of whole characters; 0xff parts what does not belong together. */
void signature_feed(struct signature *signature, const char *key, size_t len);

/* Add the signature to out: as many octets as its grams deserve, 8 at least and most at most. */
void signature_finish(const struct signature *signature, size_t most, struct buf *out);

/*
 * Everything that signatures depend on beside the text, as a number: this version,
 * that of what extracts texts, and the C library, whose charsets they go through.
 */
uint64_t signature_kind(unsigned text_version);

/* What is looked for, made ready. */
enum { SIGNATURE_PROBES = 32 };	/* a program may have 20,000 of them */

struct signature_probe {
	uint32_t hashes[SIGNATURE_PROBES];
	unsigned count;		/* 0: too short to rule anything out */
};

void signature_probe_init(struct signature_probe *probe, const char *key, size_t len);

/* Is it sure that the text with this signature does not hold it? An empty one rules out nothing. */
bool signature_rules_out(const void *bytes, size_t len, const struct signature_probe *probe);

#endif
