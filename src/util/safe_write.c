/*
 * Write beside, sync, rename, sync the directory. A crash leaves the old file,
 * perhaps with a temporary ".mayfly-tmp.*" beside it that nobody reads; the next
 * writer of the same name takes no notice of it and `mayfly-admin check` removes it.
 */
#include "util/safe_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/sync.h"

/* What is synced, and when: see safe_write_chained. */
struct syncs {
	bool file, dir;
	int before;
};

static int
write_beside(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode,
    const struct stat *like, struct syncs syncs, const char *path_for_log, struct err *err)
{
	char temporary[64];
	unsigned long long random;
	int fd, result = -1;

	hash_random(&random, sizeof random);
	snprintf(temporary, sizeof temporary, ".mayfly-tmp.%016llx", random);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0)
		return err_errno(err, "create beside", path_for_log);
	if (io_write_all(fd, bytes, len) < 0) {
		err_errno(err, "write", path_for_log);
		goto out;
	}
	if (like != NULL && (fchown(fd, like->st_uid, like->st_gid) < 0
	    || fchmod(fd, like->st_mode & 07777) < 0)) {
		err_errno(err, "keep the owner of", path_for_log);
		goto out;
	}
	if (syncs.file) {
		struct sync_job jobs[2] = { { .fd = fd }, { .fd = syncs.before } };

		if (!sync_together(jobs, 2)) {
			errno = jobs[0].error != 0 ? jobs[0].error : jobs[1].error;
			err_errno(err, "fsync", path_for_log);
			goto out;
		}
	}
	if (io_close(&fd) < 0) {
		err_errno(err, "close", path_for_log);
		goto out;
	}
	if (renameat(dirfd, temporary, dirfd, name) < 0) {
		err_errno(err, "rename to", path_for_log);
		goto out;
	}
	temporary[0] = '\0';
	if (syncs.dir && fsync(dirfd) < 0) {
		err_errno(err, "fsync directory of", path_for_log);
		goto out;
	}
	result = 0;
out:
	io_close(&fd);
	if (temporary[0] != '\0')
		unlinkat(dirfd, temporary, 0);
	return result;
}

int
safe_write(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode,
    bool sync, const char *path_for_log, struct err *err)
{
	return write_beside(dirfd, name, bytes, len, mode, NULL,
	    (struct syncs){ sync, sync, -1 }, path_for_log, err);
}

int
safe_write_chained(int dirfd, const char *name, const void *bytes, size_t len, mode_t mode,
    int before, bool last, const char *path_for_log, struct err *err)
{
	return write_beside(dirfd, name, bytes, len, mode, NULL,
	    (struct syncs){ true, last, before }, path_for_log, err);
}

int
safe_write_like(int dirfd, const char *name, const void *bytes, size_t len,
    const struct stat *like, const char *path_for_log, struct err *err)
{
	return write_beside(dirfd, name, bytes, len, 0600, like,
	    (struct syncs){ true, true, -1 }, path_for_log, err);
}
