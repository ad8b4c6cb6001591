/*
 * `mayfly-signatures`: one small piece of bytes for each message, by which SEARCH
 * knows what is not in its text (query/signature.h). Filled as messages are read;
 * the file can be deleted at any time.
 */
#ifndef STORE_SIGNATURES_H
#define STORE_SIGNATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;
struct signatures;

#define SIGNATURES_NAME "mayfly-signatures"

/*
 * The signatures of a mailbox as they are now; never NULL. kind is a number that
 * changes with whatever makes signatures: those of another kind are not seen,
 * and are thrown away when new ones come.
 */
struct signatures *signatures_open(struct mailbox *m, uint64_t kind);

/* The same to look at only: no file is made. */
struct signatures *signatures_look(struct mailbox *m, uint64_t kind);

/* Write what has gathered; a full disk or a busy lock only costs the memory of it. */
void signatures_flush(struct signatures *signatures);

/* Flushes too. */
void signatures_close(struct signatures **signatures);

/* That of a message, or NULL. Cheapest in ascending order of UIDs. */
const void *signatures_get(struct signatures *signatures, uint32_t uid, size_t *len_out);

/* How many there are. */
size_t signatures_count(const struct signatures *signatures);

/* Octets of all of them, and of the messages that they are of. */
void signatures_sizes(const struct signatures *signatures, uint64_t *octets_out,
    uint64_t *mail_octets_out);

/*
 * How many octets the signature of a message of so many may have: any number, until
 * all together are more than a SIGNATURES_SHAREth of the mail that they are of.
 */
enum { SIGNATURES_SHARE = 20 };
size_t signatures_most(const struct signatures *signatures, uint64_t file_size);

/*
 * Remember one, of a message file of so many octets; it goes to the file with
 * others, and is seen by whoever opens it then. A process that was forked after
 * signatures_open may put and flush too.
 */
void signatures_put(struct signatures *signatures, uint32_t uid, uint64_t file_size,
    const void *bytes, size_t len);

/* When most of the file is of messages that are gone: write it anew. */
void signatures_tidy(struct signatures *signatures);

#endif
