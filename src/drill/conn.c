/*
 * One connection. While it is idle it owns no buffer: bytes are read into one
 * that all share, and what is left of half an answer is the only thing kept.
 */
#include "drill/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drill/drill.h"
#include "drill/flight.h"
#include "drill/sender.h"
#include "drill/session.h"
#include "util/mem.h"

/* Bytes queued before the socket is asked to take them. */
#define OUT_HIGH 65536

/* A server may keep a command alive by untagged answers, but not for ever. */
#define PATIENCE 60	/* timeouts */

static void take_wire(struct conn *conn, const char *bytes, size_t len);

static struct drill *
drill_of(const struct conn *conn)
{
	return conn->session->drill;
}

void
conn_event(const struct conn *conn, const char *label, size_t more, char direction,
    const char *kind, uint64_t bytes, const char *text, size_t len)
{
	struct drill *drill = drill_of(conn);
	struct event event;

	if (drill->events.out == NULL)
		return;
	event = (struct event){
		.at_us = loop_clock_us(),
		.server = conn->block->server,
		.connection = conn->number,
		.label = label,
		.more = more,
		.direction = direction,
		.kind = kind,
		.bytes = bytes,
		.text = text,
		.len = len,
	};
	events_write(&drill->events, &event);
}

/* The line of the script that waits: for errors. */
static unsigned
line_of(const struct conn *conn)
{
	const struct script *script = drill_of(conn)->script;

	if (conn->flights != NULL)
		return script->steps[conn->flights->step].line;
	for (unsigned i = 0; i < conn->block->count; i++)
		if (!conn->session->progress[conn->block->first + i].ended)
			return script->steps[conn->block->first + i].line;
	return conn->block->line;
}

/* Give back all it owns and take it out of the session. Returns how many steps are lost. */
static unsigned
tear_down(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	unsigned lost;

	if (conn->state == CONN_CLOSED)
		return 0;
	conn->state = CONN_CLOSED;
	if (conn->source.fd >= 0) {
		int fd = conn->source.fd;

		loop_remove(&drill->loop, &conn->source);
		close(fd);
	}
	loop_timer_clear(&drill->loop, &conn->timer);
	flight_lose_all(conn);
	sender_free(&conn->sender);
	buf_fini(&conn->out);
	response_fini(&conn->response);
	compress_free(&conn->compress);
	drill->open--;
	lost = session_lose(conn->session, conn);
	session_closed(conn->session);
	return lost;
}

void
conn_close(struct conn *conn, const char *why)
{
	if (conn->state == CONN_CLOSED)
		return;
	conn_event(conn, "-", 0, '-', "close", 0, why, strlen(why));
	tear_down(conn);
}

void
conn_fail(struct conn *conn, unsigned line, const char *format, ...)
{
	struct drill *drill = drill_of(conn);
	char text[512];
	va_list args;
	unsigned lost;

	if (conn->state == CONN_CLOSED)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	conn_event(conn, "-", 0, '-', "error", 0, text, strlen(text));
	drill->incomplete++;
	if (line == 0)
		line = line_of(conn);
	lost = tear_down(conn);
	drill_error(drill, line, "%s, connection %" PRIu64 ": %s%s", conn->block->server,
	    conn->number, text, lost > 1 ? "; what comes after it was not done" : "");
}

void
conn_init(struct conn *conn, struct session *session, const struct block *block)
{
	*conn = (struct conn){
		.source = { .fd = -1 },
		.session = session,
		.block = block,
		.state = CONN_NEW,
		.ready = SCRIPT_NONE,
		.left = block->count,
	};
	conn->flights_end = &conn->flights;
	response_init(&conn->response);
}

void
conn_wake(struct conn *conn)
{
	struct drill *drill = drill_of(conn);

	if (conn->state != CONN_CLOSED && conn->state != CONN_NEW)
		loop_timer_set(&drill->loop, &conn->timer, drill->loop.now_us);
}

static void
enter(struct conn *conn, enum conn_state state)
{
	struct loop *loop = &drill_of(conn)->loop;

	conn->state = state;
	conn->began_us = conn->active_us = loop->now_us;
}

/* When the next limit may be reached: never too late, perhaps too early. */
static int64_t
deadline(const struct conn *conn)
{
	const struct drill *drill = drill_of(conn);
	int64_t at = INT64_MAX;

	if (conn->state != CONN_ACTIVE)
		return conn->began_us + drill->options.timeout_us;
	if (conn->soonest_us > 0)
		at = conn->soonest_us;
	if (conn->sender != NULL || conn->out.len > 0)
		return at < conn->active_us + drill->options.timeout_us ? at :
		    conn->active_us + drill->options.timeout_us;
	for (const struct flight *flight = conn->flights; flight != NULL; flight = flight->next)
		if (flight_owed(conn, flight))
			return at < conn->active_us + drill->options.timeout_us ? at :
			    conn->active_us + drill->options.timeout_us;
	return at;
}

/*
 * Make sure that the timer comes in time. It is not moved later here: with each
 * answer the limit moves, and the timer itself finds that out more cheaply.
 */
static void
arm(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	int64_t at = conn->soonest_us > 0 ? conn->soonest_us : INT64_MAX;

	if (conn->state == CONN_CLOSED)
		return;
	if (conn->state != CONN_ACTIVE || conn->flights != NULL || conn->sender != NULL)
		at = at < drill->loop.now_us + drill->options.timeout_us ? at :
		    drill->loop.now_us + drill->options.timeout_us;
	if (at != INT64_MAX && (conn->timer.place == 0 || conn->timer.at_us > at))
		loop_timer_set(&drill->loop, &conn->timer, at);
}

/* IDLE and wait that have enough; find the next of them. */
static void
look_at_clock(struct conn *conn)
{
	int64_t now = drill_of(conn)->loop.now_us;
	struct flight *next;

	conn->soonest_us = 0;
	for (struct flight *flight = conn->flights; flight != NULL; flight = next) {
		next = flight->next;
		if (flight->until_us == 0)
			continue;
		if (flight->until_us <= now)
			flight_time(conn, flight);
		else if (conn->soonest_us == 0 || flight->until_us < conn->soonest_us)
			conn->soonest_us = flight->until_us;
	}
}

static const char *
waits_for(const struct conn *conn)
{
	switch (conn->state) {
	case CONN_CONNECTING:
		return "the connection";
	case CONN_GREETING:
		return "the greeting";
	case CONN_LEAVING:
		return "the server to close after LOGOUT";
	default:
		return conn->sender != NULL && conn->sender->awaits ? "the go-ahead for a literal" :
		    conn->flights != NULL ? conn->flights->tag : "the server to take bytes";
	}
}

static void
timer_fire(struct loop_timer *timer)
{
	struct conn *conn = (struct conn *)(void *)((char *)timer - offsetof(struct conn, timer));
	struct drill *drill = drill_of(conn);
	int64_t at, seconds = drill->options.timeout_us / 1000000;
	const struct flight *first;

	if (conn->state == CONN_ACTIVE)
		look_at_clock(conn);
	conn_pump(conn);
	if (conn->state == CONN_CLOSED)
		return;
	at = deadline(conn);
	if (at <= drill->loop.now_us) {
		conn_fail(conn, 0, "waited %" PRId64 ".%03d s in vain for %s", seconds,
		    (int)(drill->options.timeout_us / 1000 % 1000), waits_for(conn));
		return;
	}
	first = conn->flights;
	if (first != NULL && flight_owed(conn, first) &&
	    drill->loop.now_us - first->sent_us > PATIENCE * drill->options.timeout_us) {
		conn_fail(conn, 0, "%s is not complete after %" PRId64 " s", first->tag,
		    PATIENCE * seconds);
		return;
	}
	if (at != INT64_MAX)
		loop_timer_set(&drill->loop, &conn->timer, at);
}

static void
connected(struct conn *conn, int64_t since)
{
	struct drill *drill = drill_of(conn);
	struct row *row = &drill->table.rows[drill->script->step_count +
	    (size_t)(conn->block - drill->script->blocks)];

	row->other++;
	histogram_add(&row->latency, loop_clock_us() - since);
	conn_event(conn, "-", 0, '-', "connect", 0, conn->block->server,
	    strlen(conn->block->server));
	enter(conn, CONN_GREETING);
	flight_send(conn, conn->block->first);
	loop_want(&drill->loop, &conn->source, EPOLLIN);
	arm(conn);
}

/* Try the addresses from conn->address on. */
static void
try_connect(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	int saved = 0, one = 1, fd;

	for (; conn->address != NULL; conn->address = conn->address->ai_next) {
		const struct addrinfo *address = conn->address;

		fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0) {
			saved = errno;
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		conn->source.fd = fd;
		if ((connect(fd, address->ai_addr, address->ai_addrlen) == 0 ||
		    errno == EINPROGRESS) &&
		    loop_add(&drill->loop, &conn->source, EPOLLOUT) == 0) {
			arm(conn);
			return;
		}
		saved = errno;
		close(fd);
		conn->source.fd = -1;
	}
	conn_fail(conn, conn->block->line, "can't connect: %s%s", strerror(saved),
	    saved == EMFILE ? "; raise the limit with ulimit -n" : "");
}

static void
connect_ready(struct conn *conn)
{
	struct loop *loop = &drill_of(conn)->loop;
	int error = 0, fd = conn->source.fd;
	socklen_t len = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0) {
		connected(conn, conn->began_us);
		return;
	}
	loop_remove(loop, &conn->source);
	close(fd);
	if (conn->address->ai_next == NULL) {
		conn_fail(conn, conn->block->line, "can't connect: %s", strerror(error));
		return;
	}
	conn->address = conn->address->ai_next;
	try_connect(conn);
}

/* Is there a step that the end of the connection does not do for us? */
static bool
has_more(const struct conn *conn)
{
	for (unsigned i = conn->block->first; i < conn->block->first + conn->block->count; i++)
		if (!conn->session->progress[i].ended &&
		    drill_of(conn)->script->steps[i].kind != STEP_CLOSE)
			return true;
	return false;
}

/* The server closed its side, or the connection broke (error). */
static void
server_closed(struct conn *conn, int error)
{
	static const char why[] = "by the server";

	flight_server_closed(conn);
	if (conn->state == CONN_CLOSED)
		return;
	if (error == 0 && conn->flights == NULL && !has_more(conn)) {
		conn_event(conn, "-", 0, 'S', "close", 0, why, sizeof why - 1);
		tear_down(conn);
		return;
	}
	if (response_is_partial(&conn->response))
		conn_fail(conn, 0, "the server closed in the middle of an answer");
	else if (error != 0)
		conn_fail(conn, 0, "the connection broke: %s", strerror(error));
	else if (conn->flights == NULL)
		conn_fail(conn, 0, "the server closed, but there was more to do");
	else
		conn_fail(conn, 0, "the server closed%s without an answer to %s",
		    conn->said_bye ? " with BYE" : "", conn->flights->tag);
}

static void
take_plain(struct conn *conn, const char *at, const char *end)
{
	struct drill *drill = drill_of(conn);
	struct response_limits limits = { drill->options.line_max, drill->options.literal_max };
	bool compressed = conn->compress != NULL;
	const char *why;

	while (at < end && conn->state != CONN_CLOSED) {
		int r = response_feed(&conn->response, &at, end, &limits, &why);

		if (r < 0) {
			conn_fail(conn, 0, "%s", why);
			return;
		}
		if (r == 0)
			return;
		flight_answer(conn, buf_str(&conn->response.text), conn->response.text.len,
		    conn->response.size);
		/* what stands behind the answer to COMPRESS is compressed already */
		if (!compressed && conn->compress != NULL && conn->state != CONN_CLOSED) {
			take_wire(conn, at, (size_t)(end - at));
			return;
		}
	}
}

static void
take_wire(struct conn *conn, const char *bytes, size_t len)
{
	struct drill *drill = drill_of(conn);
	const char *at = bytes, *end = bytes + len;

	if (conn->compress == NULL) {
		take_plain(conn, at, end);
		return;
	}
	while (conn->state != CONN_CLOSED) {
		int n = compress_inflate(conn->compress, &at, end, drill->plain, DRILL_READ);

		if (n < 0) {
			conn_fail(conn, 0, "the compressed stream is broken");
			return;
		}
		if (n == 0)
			return;
		take_plain(conn, drill->plain, drill->plain + n);
	}
}

static void
read_ready(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	ssize_t n = read(conn->source.fd, drill->wire, DRILL_READ);
	int saved = errno;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		/* it closed with bytes of ours unread: after BYE, and of a program, just a close */
		if (n < 0 && saved == ECONNRESET && (conn->said_bye || conn->block->host == NULL ||
		    conn->block->tls))
			n = 0;
		server_closed(conn, n < 0 ? saved : 0);
		return;
	}
	conn->active_us = drill->loop.now_us;
	if (conn->response.text.data == NULL) {
		conn->response.text = drill->spare;
		drill->spare = BUF_INIT;
		buf_reset(&conn->response.text);
	}
	take_wire(conn, drill->wire, (size_t)n);
	if (conn->state == CONN_CLOSED)
		return;
	if (!response_is_partial(&conn->response)) {
		/* the buffer goes back to all */
		buf_fini(&drill->spare);
		drill->spare = conn->response.text;
		conn->response.text = BUF_INIT;
	}
}

static void
source_ready(struct loop_source *source, uint32_t events)
{
	struct conn *conn = (struct conn *)(void *)((char *)source - offsetof(struct conn, source));

	if (conn->state == CONN_CONNECTING) {
		connect_ready(conn);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_ready(conn);
	if (conn->state != CONN_CLOSED)
		conn_pump(conn);
}

void
conn_start(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	size_t block = (size_t)(conn->block - drill->script->blocks);
	int64_t now = loop_clock_us();

	if (conn->state != CONN_NEW)	/* another's failure has ended it before it began */
		return;
	conn->number = ++drill->connections;
	if (++drill->open > drill->open_most)
		drill->open_most = drill->open;
	conn->source.ready = source_ready;
	conn->timer.fire = timer_fire;
	enter(conn, CONN_CONNECTING);
	if (conn->block->tunnel == NULL && !conn->block->tls) {
		conn->address = drill->addresses[block];
		try_connect(conn);
		return;
	}
	conn->source.fd = tunnel_open(&drill->tunnels, conn->block);
	if (conn->source.fd < 0 || loop_add(&drill->loop, &conn->source, EPOLLIN) < 0) {
		int saved = errno;

		if (conn->source.fd >= 0)
			close(conn->source.fd);
		conn->source.fd = -1;
		conn_fail(conn, conn->block->line, "can't start the tunnel: %s", strerror(saved));
		return;
	}
	connected(conn, now);
}

void
conn_compress(struct conn *conn)
{
	conn->compress = compress_new();
}

void
conn_write(struct conn *conn, const char *bytes, size_t len)
{
	if (conn->deaf)
		return;
	if (conn->compress != NULL)
		compress_deflate(conn->compress, bytes, len, &conn->out);
	else
		buf_add(&conn->out, bytes, len);
}

/* What is queued to the socket; false when it takes no more now. */
static bool
flush(struct conn *conn)
{
	size_t sent = 0;
	bool more = true;

	while (sent < conn->out.len) {
		ssize_t n = send(conn->source.fd, conn->out.data + sent, conn->out.len - sent,
		    MSG_NOSIGNAL);

		if (n > 0) {
			sent += (size_t)n;
			conn->active_us = drill_of(conn)->loop.now_us;
		} else if (errno == EAGAIN) {
			more = false;
			break;
		} else if (errno != EINTR) {
			/* it may have said why: what it sent is read before we give up */
			conn->deaf = true;
			sent = conn->out.len;
		}
	}
	if (sent == conn->out.len)
		buf_fini(&conn->out);
	else
		buf_drop(&conn->out, sent);
	return more;
}

/* Queue more to send; false when there is nothing that may be sent. */
static bool
fill(struct conn *conn)
{
	if (conn->sender != NULL)
		return !conn->deaf && sender_more(conn);
	if (conn->ready == SCRIPT_NONE || conn->busy || conn->left_early || conn->deaf)
		return false;
	flight_send(conn, conn->ready);
	return true;
}

void
conn_pump(struct conn *conn)
{
	struct drill *drill = drill_of(conn);
	bool more = true, room = true;

	while (conn->state == CONN_ACTIVE && more && room) {
		while (conn->out.len < OUT_HIGH && conn->state == CONN_ACTIVE &&
		    (more = fill(conn)))
			;
		if (conn->state == CONN_CLOSED)
			return;
		room = flush(conn);
	}
	if (conn->state == CONN_CLOSED)
		return;
	if (conn->state == CONN_ACTIVE && conn->flights == NULL && conn->sender == NULL &&
	    conn->out.len == 0 && (conn->left == 0 || conn->left_early)) {
		if (!conn->said_bye || conn->left_early) {
			conn_close(conn, "by us");
			return;
		}
		enter(conn, CONN_LEAVING);
	}
	if (conn->state != CONN_CONNECTING)
		loop_want(&drill->loop, &conn->source,
		    EPOLLIN | (conn->out.len > 0 ? (uint32_t)EPOLLOUT : 0));
	arm(conn);
}

void
conn_stop(struct conn *conn)
{
	if (conn->state == CONN_CLOSED)
		return;
	conn->left_early = true;
	if (conn->state != CONN_ACTIVE) {
		conn_close(conn, "time is up");
		return;
	}
	flight_stop(conn);
	if (conn->state != CONN_CLOSED)
		conn_pump(conn);
}
