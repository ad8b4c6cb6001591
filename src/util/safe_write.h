/*
 * Replace a small file whole: readers see the old one or the new one, also
 * after a power failure.
 */
#ifndef UTIL_SAFE_WRITE_H
#define UTIL_SAFE_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct err;

/*
 * Write len bytes to a temporary beside name (in the directory dirfd), sync,
 * rename over name, sync the directory. path_for_log is only told in errors.
 * sync false leaves out both syncs, for files that can be rebuilt. 0 or -1;
 * nothing is left behind either way.
 */
int safe_write(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode,
    bool sync, const char *path_for_log, struct err *err);

/*
 * A link of a chain of files, each of which must be on disk before the next one shows:
 * with the new file `before` is synced, the directory of the link before (-1: none),
 * and its own directory only when it is the last. A wait less for each link.
 */
int safe_write_chained(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode,
    int before, bool last, const char *path_for_log, struct err *err);

struct stat;

/* As safe_write, always with syncs; the new file gets owner, group and mode of the old one, before it shows. */
int safe_write_like(int dirfd, const char *name, const void *bytes, size_t len,
    const struct stat *like, const char *path_for_log, struct err *err);

#endif
