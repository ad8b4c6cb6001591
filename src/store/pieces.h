/*
 * Files that hold one small piece of bytes for each message of a mailbox, made from
 * what the message is, so that they can be deleted at any time:
 *
 *	mayfly-signatures	by which SEARCH knows what is not in a text (query/signature.h)
 *	mayfly-keys		what SORT, THREAD and SEARCH compare (query/keys.h)
 *
 * Filled as messages are asked for; never by a session that may only read.
 */
#ifndef STORE_PIECES_H
#define STORE_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;
struct pieces;

#define SIGNATURES_NAME "mayfly-signatures"
#define KEYS_NAME "mayfly-keys"

struct pieces_file {
	const char *name, *magic;
};
extern const struct pieces_file pieces_signatures, pieces_keys;

/*
 * The pieces of a mailbox as they are now; never NULL. kind is a number that
 * changes with whatever makes them: those of another kind are not seen, and are
 * thrown away when new ones come.
 */
struct pieces *pieces_open(struct mailbox *m, const struct pieces_file *file, uint64_t kind);

/* The same to look at only: no file is made. */
struct pieces *pieces_look(struct mailbox *m, const struct pieces_file *file, uint64_t kind);

/* Write what has gathered; a full disk or a busy lock only costs the memory of it. */
void pieces_flush(struct pieces *pieces);

/* Flushes too. */
void pieces_close(struct pieces **pieces);

/* That of a message, or NULL; it stays until pieces_close. Cheapest in ascending order of UIDs. */
const void *pieces_get(struct pieces *pieces, uint32_t uid, size_t *len_out);

/* How many there are. */
size_t pieces_count(const struct pieces *pieces);

/* Octets of all of them, and of the messages that they are of. */
void pieces_sizes(const struct pieces *pieces, uint64_t *octets_out,
    uint64_t *mail_octets_out);

/*
 * How many octets the piece of a message of so many may have: any number, until
 * all together are more than a PIECES_SHAREth of the mail that they are of.
 */
enum { PIECES_SHARE = 20 };
size_t pieces_most(const struct pieces *pieces, uint64_t file_size);

/*
 * Remember one, of a message file of so many octets; it goes to the file with
 * others, and is seen by whoever opens it then. A process that was forked after
 * pieces_open may put and flush too.
 */
void pieces_put(struct pieces *pieces, uint32_t uid, uint64_t file_size,
    const void *bytes, size_t len);

/* Will what is put be kept? */
bool pieces_may_write(const struct pieces *pieces);

/* A message of this mailbox is not what it was: all pieces are made again. */
void pieces_forget(struct mailbox *m);

/* When most of the file is of messages that are gone, or its order is bad: write it anew. */
void pieces_tidy(struct pieces *pieces);

#endif
