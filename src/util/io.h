/*
 * Whole reads and writes: EINTR and short counts are dealt with here, once.
 */
#ifndef UTIL_IO_H
#define UTIL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;

/* All len bytes to fd. 0, or -1 with errno. */
int io_write_all(int fd, const void *bytes, size_t len);

/* Up to len bytes from offset; fewer only at the end of the file. -1 with errno. */
ssize_t io_pread_all(int fd, void *bytes, size_t len, off_t offset);

/*
 * The rest of a file behind its content in buf, at most max bytes: a larger
 * file is -1 with EFBIG. 0, or -1 with errno.
 */
int io_read_file(int fd, struct buf *buf, size_t max);

/* Close and say whether it worked; fd becomes -1. EINTR counts as closed. */
int io_close(int *fd);

#endif
