/*
 * `mayfly-index`: a snapshot of the journal, binary, column by column, mapped
 * read-only and shared by all sessions. It holds nothing that the journal and
 * the directories do not tell; a damaged or missing one is made anew. The same
 * image is kept in memory where nothing may be written.
 */
#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/uidlist.h"

struct err;
struct keywords;

#define INDEX_NAME "mayfly-index"

/* Messages per mailbox that the format can hold: names are found by 32-bit offsets. */
enum { INDEX_ROWS_MAX = 50000000 };

/* A message whole, as it goes into an image or an overlay. */
struct row {
	uint32_t uid;
	uint32_t flags;		/* as in a uidlist_line */
	uint32_t set;		/* keyword set */
	uint64_t modseq;
	int64_t save_date;
	uint64_t cache;		/* offset of its record in mayfly-cache, 0 for none */
	const char *base;
	const char *suffix;	/* only when MAIL_ODD, else "" */
	const char *email_id;	/* "" when it follows from the base name */
};

/* UIDs that are gone, and when. */
struct expunged {
	uint32_t first, last;
	uint64_t modseq;
};

/* What is known of the mailbox as a whole; the counts belong to the rows. */
struct mailbox_facts {
	uint32_t uidvalidity;
	uint32_t uidnext;
	uint64_t modseq;
	uint64_t floor;		/* expunges at or below are forgotten */
	uint32_t recent;
	uint32_t uid_bound;	/* see account.h */
	char mailbox_id[MAILBOX_ID_LEN + 1];
	uint64_t serial;	/* of the journal */
	uint64_t position;	/* octets of the journal that are in here */
	/* The file that had so many octets then; inode 0: not known. See glance.c. */
	uint64_t journal_inode;
	int64_t journal_sec, journal_nsec;
	struct dir_time cur, new;
};

struct index_header;

struct index {
	const struct index_header *header;	/* NULL: no image */
	size_t size;
	bool mapped;		/* munmap, not free */
	uint32_t count;
	const uint32_t *uid;
	const uint16_t *flags;
	const uint32_t *set;
	const uint64_t *modseq;
	const int64_t *save_date;
	const uint64_t *cache;
	const uint32_t *name_at;
	const char *names;
	const uint32_t *slots;
	const struct expunged *expunged;
	size_t expunged_count;
};

/*
 * Map the index of the mailbox directory. 1: mapped, facts filled; 0: there is
 * none, or it is damaged, of another version or another byte order; -1: an
 * error of the system.
 */
int index_open(struct index *index, int dirfd, struct mailbox_facts *facts,
    struct keywords *kw, const char *path, struct err *err);
void index_close(struct index *index);

/*
 * The facts and counts in the first 512 octets of an index file, at an address that
 * is a multiple of 8. False: they are no such thing, or damaged. The body may still be.
 */
bool index_read_header(const char *bytes, struct mailbox_facts *facts, uint32_t *rows_out,
    uint32_t *unseen_out, uint32_t *deleted_out);

/*
 * Make an image from rows in ascending order of UID. The caller owns what the
 * rows point to; nothing of it is needed afterwards.
 */
void index_build(struct index *index, const struct row *rows, size_t count,
    const struct expunged *expunged, size_t expunged_count,
    const struct mailbox_facts *facts, const struct keywords *kw,
    uint64_t cache_serial, uint64_t cache_position);

/* Replace the file of the mailbox directory by this image. 0 or -1. */
int index_write(const struct index *index, int dirfd, bool sync, const char *path,
    struct err *err);

/* The row of this base name, or -1. */
int64_t index_find_name(const struct index *index, const char *base, size_t len);

/* The row of this UID, or the first one above it (count when there is none). */
uint32_t index_lower_bound(const struct index *index, uint32_t uid);

const char *index_name(const struct index *index, uint32_t row);

/* The whole row; its texts point into the image. */
void index_row(const struct index *index, uint32_t row, struct row *out);

/* Counts that were true when the image was made. */
uint32_t index_unseen(const struct index *index);
uint32_t index_deleted(const struct index *index);
uint32_t index_first_unseen(const struct index *index);	/* row, or count */

/* How much of which cache file the cache column covers. */
uint64_t index_cache_serial(const struct index *index);
uint64_t index_cache_position(const struct index *index);

/* Check every byte against the image's own checksum (mayfly-admin check, and a file that others touched). */
bool index_whole(const struct index *index);

#endif
