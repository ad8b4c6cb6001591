/*
 * The directories of one mailbox, for the files of store/ alone: their times,
 * their entries, and what a mailbox needs when it is met for the first time.
 */
#ifndef STORE_DIRS_H
#define STORE_DIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/uidlist.h"

struct buf;
struct err;
struct mailbox;

/* The time of an open directory, and whether it is old enough to be trusted. */
int dirs_time(struct mailbox *m, int fd, struct dir_time *out, struct err *err);

/* The times of cur/ and new/ by name; a missing directory has time 0. */
int dirs_times(struct mailbox *m, struct dir_time *cur, struct dir_time *new, struct err *err);

bool dirs_same(const struct dir_time *a, const struct dir_time *b);

/* Are the times of both directories still these? */
bool dirs_unmoved(struct mailbox *m, struct dir_time cur, struct dir_time new);

/*
 * Hand the name of each regular file in the directory to see(); names that
 * begin with a dot, links, directories, fifos and devices are passed over.
 */
int dirs_list(struct mailbox *m, int fd, bool in_new,
    int (*see)(void *ctx, const char *name, bool in_new), void *ctx, struct err *err);

/*
 * Open new/ or cur/, for as long as the mailbox is open. A directory that is not there
 * holds nothing: 0 with -1; one that did not open may hold everything: -1 with err.
 */
int dirs_part(struct mailbox *m, bool in_new, int *fd_out, struct err *err);

/* Make a missing part of the mailbox; failure is only logged. */
void dirs_make(struct mailbox *m, const char *part);

/*
 * First meeting: what another server knew of a mailbox that has neither index nor
 * journal, or counters to begin with; UIDVALIDITY is then 0 until UIDs are given.
 */
int dirs_found(struct mailbox *m, struct err *err);

/*
 * Before count UIDs are given: see that the account's bound is above them. A mailbox
 * that has no UIDVALIDITY gets it here, and its id.
 */
int dirs_raise_bound(struct mailbox *m, uint32_t count, struct buf *lines, struct err *err);

/* Is the mailbox on a file system of another host, which changes without our kernel's knowledge? */
bool dirs_remote(const struct mailbox *m);
bool dirs_is_remote(int fd);

/* Move all files that we know in new/ to cur/; failures are passed over. The lock is held. */
void dirs_empty_new(struct mailbox *m);

#endif
