/* wire/compress: raw deflate between input.h and output.h, as any client may send it. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "test.h"
#include "util/buf.h"
#include "wire/compress.h"
#include "wire/input.h"
#include "wire/output.h"

enum { LINE_MAX_TEST = 100000 };

/* Both ends of a session, and the client's two streams. */
struct pair {
	int to_server, from_server;
	struct input in;
	struct output out;
	struct compress *compress;
	z_stream deflate, inflate;
};

static void
pair_open(struct pair *p)
{
	int up[2] = { -1, -1 }, down[2] = { -1, -1 };

	memset(p, 0, sizeof *p);
	if (pipe(up) < 0 || pipe(down) < 0)
		exit(1);
	fcntl(up[1], F_SETPIPE_SZ, 1 << 20);
	p->to_server = up[1];
	p->from_server = down[0];
	output_init(&p->out, down[1], 1000);
	input_init(&p->in, up[0], &p->out, LINE_MAX_TEST, 1000);
	p->compress = compress_start(&p->in, &p->out);
	deflateInit2(&p->deflate, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
	inflateInit2(&p->inflate, -15);
}

static void
pair_close(struct pair *p)
{
	compress_stop(&p->compress);
	close(p->in.fd);
	close(p->out.fd);
	close(p->to_server);
	close(p->from_server);
	input_fini(&p->in);
	output_fini(&p->out);
	deflateEnd(&p->deflate);
	inflateEnd(&p->inflate);
}

/* Compress as the client; step octets a write, 0 for all at once. */
static void
client_sends(struct pair *p, const char *text, size_t len, int flush, size_t step)
{
	static unsigned char wire[1 << 20];
	size_t n;

	p->deflate.next_in = (unsigned char *)text;
	p->deflate.avail_in = (unsigned)len;
	p->deflate.next_out = wire;
	p->deflate.avail_out = sizeof wire;
	deflate(&p->deflate, flush);
	n = sizeof wire - p->deflate.avail_out;
	for (size_t at = 0; at < n; at += step > 0 ? step : n)
		if (write(p->to_server, wire + at, step > 0 && step < n - at ? step : n - at) < 0)
			exit(1);
}

static bool
server_reads(struct pair *p, const char *want)
{
	const char *line;
	size_t len;

	return input_line(&p->in, &line, &len) == INPUT_OK && len == strlen(want)
	    && memcmp(line, want, len) == 0;
}

static bool
client_reads(struct pair *p, const char *want)
{
	unsigned char wire[4096];
	char text[4096];
	ssize_t n = read(p->from_server, wire, sizeof wire);

	p->inflate.next_in = wire;
	p->inflate.avail_in = n < 0 ? 0 : (unsigned)n;
	p->inflate.next_out = (unsigned char *)text;
	p->inflate.avail_out = sizeof text;
	inflate(&p->inflate, Z_SYNC_FLUSH);
	return sizeof text - p->inflate.avail_out == strlen(want)
	    && memcmp(text, want, strlen(want)) == 0;
}

static void
test_flushes(void)
{
	static const struct {
		int flush;
		size_t step;
		const char *name;
	} rows[] = {
		{ Z_SYNC_FLUSH, 0, "sync flush" }, { Z_SYNC_FLUSH, 1, "sync flush, octet by octet" },
		{ Z_PARTIAL_FLUSH, 0, "partial flush" }, { Z_PARTIAL_FLUSH, 1, "partial flush, octet by octet" },
		{ Z_FULL_FLUSH, 0, "full flush" }, { Z_FULL_FLUSH, 1, "full flush, octet by octet" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pair p;

		pair_open(&p);
		client_sends(&p, "a NOOP\r\n", 8, rows[i].flush, rows[i].step);
		check(server_reads(&p, "a NOOP"), "%s", rows[i].name);
		client_sends(&p, "b NOOP\r\nc NO", 12, rows[i].flush, rows[i].step);
		client_sends(&p, "OP\r\n", 4, rows[i].flush, rows[i].step);
		check(server_reads(&p, "b NOOP"), "%s, the next", rows[i].name);
		check(server_reads(&p, "c NOOP"), "%s, a line in two blocks", rows[i].name);
		pair_close(&p);
	}
}

static void
test_rest(void)
{
	static const int flushes[] = { Z_SYNC_FLUSH, Z_PARTIAL_FLUSH, Z_FULL_FLUSH };

	for (size_t i = 0; i < 3; i++) {
		struct pair p;

		pair_open(&p);
		for (int k = 0; k < 3; k++) {
			client_sends(&p, "a FETCH 1:* (UID FLAGS)\r\n", 25, flushes[i], 0);
			check(server_reads(&p, "a FETCH 1:* (UID FLAGS)"), "flush %d, line %d", flushes[i], k);
			output_text(&p.out, "* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n");
			output_flush(&p.out);
			check(client_reads(&p, "* 1 FETCH (UID 7 FLAGS (\\Seen))\r\n"), "the answer");
			compress_rest(p.compress);
		}
		pair_close(&p);
	}
}

static void
test_bomb(void)
{
	enum { SIZE = 50 << 20 };
	struct pair p;
	char *zeros = calloc(1, SIZE);
	const char *line;
	size_t len;

	pair_open(&p);
	memset(zeros, 'x', SIZE);
	client_sends(&p, zeros, SIZE, Z_SYNC_FLUSH, 0);
	check(input_line(&p.in, &line, &len) == INPUT_TOO_LONG, "an endless line is refused");
	check(p.in.buf.cap < 10 * LINE_MAX_TEST, "and never held: %zu octets", p.in.buf.cap);
	check(p.in.total < 65536, "it came in %llu octets", (unsigned long long)p.in.total);
	pair_close(&p);
	free(zeros);
}

static void
test_broken(void)
{
	struct pair p;
	const char *line;
	size_t len;

	pair_open(&p);
	check(write(p.to_server, "a NOOP\r\n", 8) == 8 && input_line(&p.in, &line, &len) == INPUT_EOF,
	    "plain text where compressed is due ends the session");
	pair_close(&p);
	pair_open(&p);
	client_sends(&p, "a NOOP\r\n", 8, Z_FINISH, 0);
	check(server_reads(&p, "a NOOP"), "a stream that is closed");
	check(write(p.to_server, "more", 4) == 4 && input_line(&p.in, &line, &len) == INPUT_EOF,
	    "nothing may follow it");
	pair_close(&p);
}

/* An answer that filled the buffer exactly: what the compressor holds must come out all the same. */
static void
test_flush_without_queue(void)
{
	static char text[60000];
	struct pair p;
	unsigned char wire[70000];
	static char got[sizeof text];
	ssize_t n;

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i * i % 23);
	pair_open(&p);
	output_write(&p.out, text, sizeof text);
	output_flush(&p.out);
	n = read(p.from_server, wire, sizeof wire);
	p.inflate.next_in = wire;
	p.inflate.avail_in = n < 0 ? 0 : (unsigned)n;
	p.inflate.next_out = (unsigned char *)got;
	p.inflate.avail_out = sizeof got;
	inflate(&p.inflate, Z_SYNC_FLUSH);
	check(p.inflate.avail_out == 0 && memcmp(text, got, sizeof text) == 0, "a large answer is whole");
	pair_close(&p);
}

int
main(void)
{
	test_flushes();
	test_rest();
	test_bomb();
	test_broken();
	test_flush_without_queue();
	return test_done();
}
