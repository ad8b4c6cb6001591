/*
 * Bytes to the client. Everything is queued in one buffer; a run of bytes that
 * is larger than the buffer goes to the kernel together with it in one writev.
 */
#include "wire/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

enum {
	KEEP_AT_MOST = 65536,	/* a buffer grown for one answer is given back after it */
};

void
output_init(struct output *out, int fd, int timeout_ms)
{
	struct stat st;

	memset(out, 0, sizeof *out);
	out->fd = fd;
	out->timeout_ms = timeout_ms;
	if (fstat(fd, &st) < 0)
		return;
	out->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode)) {
		int flags = fcntl(fd, F_GETFL);

		if (flags >= 0)
			fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	}
}

void
output_fini(struct output *out)
{
	buf_fini(&out->buf);
}

/* Wait until the kernel takes more. False when the client took nothing for too long. */
static bool
wait_writable(struct output *out)
{
	struct pollfd pfd = { .fd = out->fd, .events = POLLOUT };
	struct timespec bound = { out->timeout_ms / 1000, out->timeout_ms % 1000 * 1000000L };
	int n;

	do {
		if (out->stop != NULL && *out->stop)
			return false;
		n = ppoll(&pfd, 1, out->timeout_ms < 0 ? NULL : &bound, out->wait_mask);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

/* One write that does not block where the kernel lets us say so. */
static ssize_t
send_some(struct output *out, struct iovec *iov, int count)
{
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = (size_t)count };

	if (out->is_socket)
		return sendmsg(out->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	return writev(out->fd, iov, count);
}

/* Both runs to the kernel, first a, then b. */
static int
send_all(struct output *out, const char *a, size_t a_len, const char *b, size_t b_len)
{
	while (a_len + b_len > 0) {
		struct iovec iov[2] = {
			{ .iov_base = (void *)a, .iov_len = a_len },
			{ .iov_base = (void *)b, .iov_len = b_len },
		};
		int skip = a_len == 0;
		ssize_t n = send_some(out, iov + skip, b_len == 0 ? 1 : 2 - skip);
		size_t from_a;

		if (n < 0) {
			if (errno == EINTR)
				continue;
			if (errno == EAGAIN && wait_writable(out))
				continue;
			out->dead = true;
			return -1;
		}
		out->total += (uint64_t)n;
		from_a = (size_t)n < a_len ? (size_t)n : a_len;
		a += from_a;
		a_len -= from_a;
		b += (size_t)n - from_a;
		b_len -= (size_t)n - from_a;
	}
	return 0;
}

static int
send_filtered(struct output *out, const char *bytes, size_t len, bool flush)
{
	struct buf wire = BUF_INIT;
	int result = 0;

	if (out->filter.write(out->filter.ctx, bytes, len, flush, &wire) < 0)
		out->dead = true;
	else
		result = send_all(out, buf_str(&wire), wire.len, "", 0);
	buf_fini(&wire);
	return out->dead ? -1 : result;
}

static int
send_queue(struct output *out, const char *more, size_t more_len, bool flush)
{
	int result;

	if (out->dead) {
		buf_reset(&out->buf);
		return -1;
	}
	if (out->filter.write != NULL) {
		buf_add(&out->buf, more, more_len);
		result = send_filtered(out, out->buf.data, out->buf.len, flush);
		out->unflushed = !flush;
	} else {
		result = send_all(out, buf_str(&out->buf), out->buf.len, more, more_len);
	}
	buf_reset(&out->buf);
	if (out->buf.cap > KEEP_AT_MOST)
		buf_fini(&out->buf);
	return result;
}

void
output_write_out(struct output *out, const char *bytes, size_t len)
{
	if (len >= OUTPUT_FLUSH_AT / 4) {
		send_queue(out, bytes, len, false);
		return;
	}
	buf_add(&out->buf, bytes, len);
	send_queue(out, "", 0, false);
}

void
output_char(struct output *out, char c)
{
	buf_addc(&out->buf, c);
}

void
output_number(struct output *out, uint64_t number)
{
	buf_addu(&out->buf, number);
}

void
output_format(struct output *out, const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n < sizeof line) {
		output_write(out, line, (size_t)n);
	} else {
		char *text = mem_alloc((size_t)n + 1);

		va_start(args, format);
		vsnprintf(text, (size_t)n + 1, format, args);
		va_end(args);
		output_write(out, text, (size_t)n);
		free(text);
	}
}

int
output_flush(struct output *out)
{
	if (out->dead)
		return -1;
	if (out->buf.len == 0 && !out->unflushed)
		return 0;
	return send_queue(out, "", 0, true);
}
