/*
 * A throw-away Maildir in memory-backed files where there are any, and whole
 * sessions in it inside this process: what the targets that need a mailbox
 * share, and tests/store/corrupt.c with them.
 */
#ifndef TESTS_FUZZ_PLACE_H
#define TESTS_FUZZ_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct session_options;

/* Where it lies; made when first asked for, removed when the process ends. */
const char *place_path(void);

/* INBOX with four messages, "box" with one, nothing of ours; whatever was there is gone. */
void place_fresh(void);

/* Remember all that lies there now; put it back later, in the place of what is there then. */
void place_keep(void);
void place_back(void);

/* A file below the Maildir, as it stands or not at all. */
void place_write(const char *name, const void *bytes, size_t len);
bool place_read(const char *name, struct buf *out);
void place_remove(const char *name);

/*
 * Serve one client that says this and then closes. What it was told is added to
 * answer (may be NULL). Checks what must hold after any session: no descriptor
 * is left open, tmp/ is empty, nothing lies beside the Maildir.
 */
void place_serve(const void *says, size_t len, struct buf *answer);

/* The same with other settings than the usual ones; NULL: the usual. */
void place_options(const struct session_options *options);

/* Is it IMAP from the first octet to the last? */
bool place_is_imap(const struct buf *answer);	/* FUZZ_LOG set: stderr says why not */

#endif
