/* handoff: what was sent arrives; what is not whole does not. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "handoff.h"
#include "test.h"
#include "util/err.h"

static void
fill(struct handoff *h, size_t unread)
{
	handoff_init(h);
	buf_adds(&h->user, "alice@example.org");
	buf_adds(&h->home, "/home/alice");
	buf_adds(&h->maildir, "/home/alice/Maildir");
	buf_adds(&h->tag, "a001");
	for (size_t i = 0; i < unread; i++)
		buf_addc(&h->unread, (char)(i % 256));
	network_parse("192.0.2.1", 9, &h->client);
	h->client.port = 4711;
	h->private = true;
	h->log = HANDOFF_LOG_SYSLOG;
}

static void
test_there_and_back(void)
{
	static const size_t sizes[] = { 0, 1, 256, 8192, HANDOFF_UNREAD_MAX };

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct handoff sent, got;
		struct err err;
		char byte = 'x';
		int fd, same;

		fill(&sent, sizes[i]);
		fd = handoff_send(&sent, &err);
		check(write(fd, &byte, 1) < 0 && errno == EPERM, "nobody can write to it any more");
		check(handoff_receive(&got, fd, &err) == 0, "%zu unread octets arrive", sizes[i]);
		same = got.unread.len == sizes[i]
		    && (sizes[i] == 0 || memcmp(got.unread.data, sent.unread.data, sizes[i]) == 0);
		check(same && strcmp(got.user.data, "alice@example.org") == 0
		    && strcmp(got.tag.data, "a001") == 0 && got.private && got.client.port == 4711
		    && got.log == HANDOFF_LOG_SYSLOG && got.config.len == 0, "all of it is the same");
		handoff_fini(&sent);
		handoff_fini(&got);
	}
}

static int
receive_bytes(const char *bytes, size_t len)
{
	int fd = memfd_create("test", 0);
	struct handoff h;
	struct err err;
	int result;

	if (write(fd, bytes, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0)
		abort();
	result = handoff_receive(&h, fd, &err);
	if (result == 0)
		handoff_fini(&h);
	return result;
}

static void
test_not_whole(void)
{
	struct handoff sent;
	struct err err;
	struct buf record = BUF_INIT;
	int fd, accepted = 0;

	fill(&sent, 20);
	fd = handoff_send(&sent, &err);
	record.len = (size_t)read(fd, buf_reserve(&record, 4096), 4096);
	close(fd);
	check(receive_bytes(record.data, record.len) == 0, "the whole record is taken");
	for (size_t len = 0; len < record.len; len++)
		accepted += receive_bytes(record.data, len) == 0;
	check(accepted == 0, "no part of it is");
	for (size_t at = 17; at < record.len; at++) {
		/* A wrong byte may be one of a text, but never reads beyond the record. */
		char old = record.data[at];

		record.data[at] = (char)(old ^ 0x80);
		receive_bytes(record.data, record.len);
		record.data[at] = old;
	}
	check(true, "a wrong byte anywhere does no harm");
	buf_add(&record, "\x01\x01\x00\x00\x00x", 6);
	check(receive_bytes(record.data, record.len) < 0, "a field twice is refused");
	buf_fini(&record);
	buf_add(&sent.unread, sent.user.data, 5);
	while (sent.unread.len <= HANDOFF_UNREAD_MAX)
		buf_add(&sent.unread, sent.user.data, 5);
	check(handoff_send(&sent, &err) < 0, "over the bound nothing is sent");
	handoff_fini(&sent);
}

int
main(void)
{
	test_there_and_back();
	test_not_whole();
	return test_done();
}
