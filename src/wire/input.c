/*
 * Bytes from the client. One buffer holds what was read and not used; a line is
 * handed out in place, so the buffer moves only between calls. The buffer is
 * given back when it is empty and was grown by a long line.
 */
#include "wire/input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"
#include "wire/output.h"

enum {
	READ_STEP = 8192,	/* one read: a pipelined batch of commands fits */
	KEEP_AT_MOST = 65536,	/* a larger buffer is given back when it is empty */
	REST_MS = 10000,	/* of silence, until a filter gives its memory back */
};

void
input_init(struct input *in, int fd, struct output *out, size_t line_max, int timeout_ms)
{
	memset(in, 0, sizeof *in);
	in->fd = fd;
	in->out = out;
	in->line_max = line_max;
	in->timeout_ms = timeout_ms;
}

void
input_fini(struct input *in)
{
	buf_fini(&in->buf);
}

int64_t
input_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
input_preload(struct input *in, const char *bytes, size_t len)
{
	struct buf joined = BUF_INIT;

	buf_add(&joined, bytes, len);
	buf_add(&joined, buf_str(&in->buf) + in->at, in->buf.len - in->at);
	buf_fini(&in->buf);
	in->buf = joined;
	in->at = 0;
}

void
input_wipe(struct input *in)
{
	if (in->buf.data == NULL)
		return;
	mem_wipe(in->buf.data, in->at);
	mem_wipe(in->buf.data + in->buf.len, in->buf.cap - in->buf.len);
}

bool
input_pending(const struct input *in)
{
	return in->at < in->buf.len || in->filter_more;
}

static void
compact(struct input *in)
{
	if (in->at == 0)
		return;
	if (in->at == in->buf.len && in->buf.cap > KEEP_AT_MOST)
		buf_fini(&in->buf);
	else
		buf_drop(&in->buf, in->at);
	in->at = 0;
}

/* How long the next wait may last: the shorter of its own bound and the deadline. */
static int
wait_bound(const struct input *in, int timeout_ms)
{
	int64_t left;

	if (in->deadline_ms == 0)
		return timeout_ms;
	left = in->deadline_ms - input_clock_ms();
	if (left < 0)
		left = 0;
	if (timeout_ms < 0 || left < timeout_ms)
		return left > INT32_MAX ? INT32_MAX : (int)left;
	return timeout_ms;
}

/* The only places where signals get through, when the caller blocks them elsewhere. */
static int
wait_poll(const struct input *in, struct pollfd *pfd, nfds_t count, int timeout_ms)
{
	struct timespec bound = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	const struct timespec first = { REST_MS / 1000, REST_MS % 1000 * 1000000L };

	if (in->filter.rest != NULL && (timeout_ms < 0 || timeout_ms > REST_MS)) {
		int n = ppoll(pfd, count, &first, in->wait_mask);

		if (n != 0)
			return n;
		in->filter.rest(in->filter.ctx);
		bound.tv_sec -= first.tv_sec;
	}
	return ppoll(pfd, count, timeout_ms < 0 ? NULL : &bound, in->wait_mask);
}

/* What the filter holds back, behind the content of the buffer. */
static int
fill_from_filter(struct input *in)
{
	int more = in->filter.read(in->filter.ctx, NULL, 0, &in->buf);

	in->filter_more = more > 0;
	return more < 0 ? INPUT_EOF : INPUT_OK;
}

int
input_wait(struct input *in, int other_fd, int timeout_ms)
{
	struct pollfd pfd[2] = {
		{ .fd = in->fd, .events = POLLIN },
		{ .fd = other_fd, .events = POLLIN },
	};
	int64_t end = timeout_ms < 0 ? 0 : input_clock_ms() + timeout_ms;

	while (in->filter_more && in->at == in->buf.len)
		if (fill_from_filter(in) != INPUT_OK)
			return INPUT_EOF;
	if (input_pending(in))
		return 1;
	if (output_flush(in->out) < 0)
		return INPUT_EOF;
	for (;;) {
		int n;

		if (in->stop != NULL && *in->stop)
			return INPUT_SIGNAL;
		n = wait_poll(in, pfd, other_fd < 0 ? 1 : 2, timeout_ms);
		if (n == 0)
			return 0;
		if (n > 0)
			return pfd[0].revents != 0 ? 1 : 2;
		if (errno != EINTR)
			return INPUT_EOF;
		if (timeout_ms >= 0) {
			int64_t left = end - input_clock_ms();

			timeout_ms = left < 0 ? 0 : (int)left;
		}
	}
}

bool
input_peer_gone(struct input *in)
{
	struct pollfd pfd = { .fd = in->fd, .events = POLLIN };
	char byte;

	if (in->out->dead)
		return true;
	if (poll(&pfd, 1, 0) <= 0)
		return false;
	if (pfd.revents & (POLLERR | POLLNVAL))
		return true;
	if (recv(in->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		return true;
	return (pfd.revents & POLLHUP) != 0 && (pfd.revents & POLLIN) == 0;
}

/* Read what there is behind the content of the buffer; waits when there is nothing. */
static int
fill(struct input *in)
{
	struct buf wire = BUF_INIT;
	int result = INPUT_OK;
	ssize_t n;

	if (in->filter_more)
		return fill_from_filter(in);
	for (;;) {
		struct pollfd pfd = { .fd = in->fd, .events = POLLIN };
		int ready, bound;

		if (output_flush(in->out) < 0)
			return INPUT_EOF;
		if (in->stop != NULL && *in->stop)
			return INPUT_SIGNAL;
		bound = wait_bound(in, in->timeout_ms);
		ready = wait_poll(in, &pfd, 1, bound);
		if (ready == 0)
			return INPUT_TIMEOUT;
		if (ready < 0) {
			if (errno == EINTR)
				continue;
			return INPUT_EOF;
		}
		if (in->filter.read == NULL)
			n = read(in->fd, buf_reserve(&in->buf, READ_STEP), READ_STEP);
		else
			n = read(in->fd, buf_reserve(&wire, READ_STEP), READ_STEP);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		break;
	}
	if (n <= 0) {
		result = INPUT_EOF;
	} else {
		in->total += (uint64_t)n;
		if (in->filter.read == NULL)
			in->buf.len += (size_t)n;
		else
			result = in->filter.read(in->filter.ctx, wire.data, (size_t)n, &in->buf);
		in->filter_more = result > 0;
		result = result < 0 ? INPUT_EOF : INPUT_OK;
	}
	if (in->buf.data != NULL)
		in->buf.data[in->buf.len] = '\0';
	buf_fini(&wire);
	return result;
}

int
input_line(struct input *in, const char **line_out, size_t *len_out)
{
	size_t searched = 0;

	compact(in);
	for (;;) {
		size_t have = in->buf.len - in->at;
		const char *start = buf_str(&in->buf) + in->at;
		const char *lf = have > searched ? memchr(start + searched, '\n', have - searched) : NULL;
		int result;

		if (lf != NULL) {
			size_t len = (size_t)(lf - start);

			if (len > in->line_max + 1)
				return INPUT_TOO_LONG;
			in->at += len + 1;
			if (len > 0 && lf[-1] == '\r')
				len--;
			*line_out = start;
			*len_out = len;
			return INPUT_OK;
		}
		if (have > in->line_max + 1)
			return INPUT_TOO_LONG;
		searched = have;
		result = fill(in);
		if (result != INPUT_OK)
			return result;
	}
}

int
input_octets(struct input *in, uint64_t n,
    int (*sink)(void *ctx, const char *bytes, size_t len), void *ctx)
{
	while (n > 0) {
		size_t have = in->buf.len - in->at;

		if (have == 0) {
			int result;

			compact(in);
			result = fill(in);
			if (result != INPUT_OK)
				return result;
			continue;
		}
		if (have > n)
			have = (size_t)n;
		if (sink != NULL && sink(ctx, in->buf.data + in->at, have) < 0)
			sink = NULL;
		in->at += have;
		n -= have;
	}
	return INPUT_OK;
}
