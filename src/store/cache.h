/*
 * `mayfly-cache`: what was parsed once, in the form that goes onto the wire. A
 * message never changes under its UID, so a record never grows stale; the file
 * can be deleted at any time and is filled again as messages are asked for.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct mailbox;
struct row;

#define CACHE_NAME "mayfly-cache"

enum cache_field {
	CACHE_ENVELOPE,		/* wire text */
	CACHE_BODY,		/* wire text */
	CACHE_STRUCTURE,	/* BODYSTRUCTURE, wire text */
	CACHE_HEADER,		/* the common header fields, as they stand in the file */
	CACHE_PARTS,		/* part_table_save() */
	CACHE_PREVIEW,		/* UTF-8 */
	CACHE_FIELDS
};

struct cache_text {
	const char *data;	/* NULL: not known */
	size_t len;
};

struct cache_record {
	uint32_t uid;
	uint64_t size;		/* RFC822.SIZE */
	uint64_t file_size;	/* of the file when it was read */
	int64_t internal_date;
	struct cache_text field[CACHE_FIELDS];
};

/* Fields longer than this are not kept: such a message is parsed each time. */
enum { CACHE_FIELD_MAX = 1 << 18 };

/* The mailbox's cache, opened when first asked for; never NULL. */
struct cache *cache_of(struct mailbox *m);
void cache_close(struct cache **cache);

/*
 * What is known of a message; false when nothing is. The texts point into the
 * mapped file and stay valid until the next cache_put or cache_flush.
 */
bool cache_get(struct cache *cache, const struct row *row, struct cache_record *out);

/* Remember; goes to the file by cache_flush, or when much has gathered. The texts are copied. */
void cache_put(struct cache *cache, const struct cache_record *record);

/* Write what has gathered. A full disk or a busy lock only costs the memory of it. */
void cache_flush(struct cache *cache);

/* Check every record against its checksum (mayfly-admin check): how many are damaged. */
size_t cache_damaged(const struct cache *cache);

/* For the index: the offsets of records that it does not know yet. */
void cache_fill_offsets(struct cache *cache, struct row *rows, size_t count);
uint64_t cache_serial(const struct cache *cache);
uint64_t cache_position(const struct cache *cache);
bool cache_wants_index(const struct cache *cache, uint32_t messages);

#endif
