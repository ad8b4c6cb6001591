/* Whole reads and writes. */
#include "util/io.h"

#include <errno.h>
#include <unistd.h>

#include "util/buf.h"

int
io_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t
io_pread_all(int fd, void *bytes, size_t len, off_t offset)
{
	char *p = bytes;
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, p + got, len - got, offset + (off_t)got);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

int
io_read_file(int fd, struct buf *buf, size_t max)
{
	enum { STEP = 65536 };
	size_t start = buf->len;

	for (;;) {
		char *to = buf_reserve(buf, STEP);
		ssize_t n = read(fd, to, STEP);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		buf->len += (size_t)n;
		if (buf->len - start > max) {
			errno = EFBIG;
			return -1;
		}
	}
	buf->data[buf->len] = '\0';
	return 0;
}

int
io_close(int *fd)
{
	int closing = *fd;

	*fd = -1;
	if (closing < 0)
		return 0;
	if (close(closing) < 0 && errno != EINTR)
		return -1;
	return 0;
}
