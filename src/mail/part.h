/*
 * Where the parts of a message are: a flat table of offsets into its file, made
 * by structure.c, kept in a cache, read by section.c. Nothing here looks at the
 * message itself.
 */
#ifndef MAIL_PART_H
#define MAIL_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum part_kind {
	PART_LEAF,
	PART_MULTIPART,		/* its children are numbered 1, 2, 3 ... */
	PART_MESSAGE,		/* message/rfc822 or message/global: one child, the message inside, numbered 0 */
};

/* Content-Transfer-Encoding; without the field it is 7BIT, with one that is broken UNKNOWN. */
enum part_encoding {
	PART_7BIT,
	PART_8BIT,
	PART_BINARY,
	PART_QUOTED_PRINTABLE,
	PART_BASE64,
	PART_UUENCODE,		/* x-uuencode, x-uue: no standard, but mail has it */
	PART_UNKNOWN_ENCODING,
};

struct part {
	uint32_t parent;	/* index in the table; the first part, the message, is its own parent */
	uint32_t number;	/* under its parent; 0 for the message and for a message inside a part */
	uint32_t next;		/* index of the first part that is not inside this one */
	uint8_t kind;		/* enum part_kind */
	uint8_t encoding;	/* enum part_encoding */
	uint8_t text;		/* 1: text/<anything>, also by default */
	uint64_t header;	/* offsets into the file: header with its blank line, */
	uint64_t body;		/* body, */
	uint64_t end;		/* the first byte behind the body */
	uint64_t header_size;	/* octets as sent (LF as CRLF) */
	uint64_t body_size;
	uint64_t lines;		/* of the body: line ends, as BODYSTRUCTURE counts them */
};

struct part_table {
	struct part *parts;	/* in the order of the file: a part, its children, its next sibling */
	size_t count, room;
};

#define PART_TABLE_INIT ((struct part_table){ NULL, 0, 0 })

/* What is cut off beyond these is the body of a leaf: listed, fetched, not looked into. */
enum {
	PART_DEPTH_MAX = 100,	/* parts inside parts; real mail has ten */
	PART_COUNT_MAX = 10000,	/* in one message */
};

void part_table_fini(struct part_table *table);

/* Empty it, keep the memory. */
void part_table_reset(struct part_table *table);

/* One more, zeroed; valid until the next one. */
struct part *part_table_add(struct part_table *table);

#define PART_NONE UINT32_MAX

/*
 * The part that BODY[path] means (RFC 9051 6.4.5.1), or PART_NONE. depth 0 is
 * the message. "1" is also the body of a message that is no multipart, and
 * "2.1" the body of the one inside part 2.
 */
uint32_t part_find(const struct part_table *table, const uint32_t *path, size_t depth);

/*
 * The table as a few bytes (about 10 a part), for a cache, added to out; and
 * back. part_table_load trusts nothing: it takes a table only when all len
 * bytes make one whose offsets are in order, lie inside file_len bytes and whose
 * links are those that a walk of the tree gives. False, and an empty table,
 * otherwise. It does not tell whether the file changed: the cache does.
 */
void part_table_save(const struct part_table *table, struct buf *out);
bool part_table_load(struct part_table *table, const void *bytes, size_t len, uint64_t file_len);

#endif
