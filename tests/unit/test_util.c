/* util/: buffers, arenas, numbers, hashes, UTF-8, escaped log values. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"
#include "util/arena.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/order.h"
#include "util/sync.h"
#include "util/utf8.h"

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t value;
	} rows[] = {
		{ "0", 10, true, 0 },
		{ "10", 10, true, 10 },
		{ "11", 10, false, 0 },
		{ "5", 3, false, 0 },
		{ "", 10, false, 0 },
		{ "-1", 10, false, 0 },
		{ "1x", 10, false, 0 },
		{ "0004294967295", UINT32_MAX, true, UINT32_MAX },
		{ "4294967296", UINT32_MAX, false, 0 },
		{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, false, 0 },
		{ "99999999999999999999999", UINT64_MAX, false, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t value = 0;
		bool ok = ascii_number(rows[i].text, strlen(rows[i].text), rows[i].max, &value);

		check(ok == rows[i].ok && value == rows[i].value, "number \"%s\"", rows[i].text);
	}
}

static void
test_buf(void)
{
	struct buf buf = BUF_INIT;
	char *text;

	check_str(buf_str(&buf), "", "an untouched buffer is the empty string");
	buf_adds(&buf, "one ");
	buf_addf(&buf, "%d", 2);
	buf_addc(&buf, ' ');
	buf_addu(&buf, UINT64_MAX);
	check_str(buf.data, "one 2 18446744073709551615", "add in every way");
	buf_drop(&buf, 4);
	check_str(buf.data, "2 18446744073709551615", "drop from the front");
	text = buf_steal(&buf);
	check_str(text, "2 18446744073709551615", "steal");
	check(buf.data == NULL && buf.len == 0, "nothing left after steal");
	free(text);
}

static void
test_arena(void)
{
	struct arena arena = ARENA_INIT;
	bool zero = true;

	for (int i = 0; i < 1000; i++) {
		char *p = arena_alloc(&arena, (size_t)i);

		for (int k = 0; k < i; k++)
			zero = zero && p[k] == 0;
		memset(p, 'x', (size_t)i);
	}
	check(zero, "arena memory is zeroed");
	arena_reset(&arena);
	check(arena.used == 0, "reset forgets");
	check_str(arena_strndup(&arena, "hello", 4), "hell", "strndup");
	arena_fini(&arena);
}

/* Long runs go in lanes: every length must give what one byte after the other gives. */
static void
crc_of_long_runs(void)
{
	static unsigned char bytes[1600];
	bool same = true;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + (i >> 5));
	for (size_t len = 0; len <= sizeof bytes; len++) {
		uint32_t crc = 0;

		for (size_t i = 0; i < len; i++)
			crc = hash_crc32c(crc, bytes + i, 1);
		same = same && hash_crc32c(0, bytes, len) == crc;
	}
	check(same, "CRC-32C of 0 to 1600 bytes is that of the bytes one by one");
}

static void
test_hash(void)
{
	static const uint64_t key[2] = { 1, 2 };
	unsigned char zeros[32] = { 0 };
	char long_text[100];

	memset(long_text, 'a', sizeof long_text);
	check(hash_crc32c(0, "123456789", 9) == 0xe3069283, "CRC-32C of the usual check string");
	check(hash_crc32c(0, zeros, 32) == 0x8a9136aa, "CRC-32C of 32 zeros (RFC 3720 B.4)");
	check(hash_crc32c(hash_crc32c(0, long_text, 37), long_text + 37, 63)
	    == hash_crc32c(0, long_text, 100), "CRC-32C goes on from where it stopped");
	crc_of_long_runs();
	check(hash_keyed(key, "a", 1) != hash_keyed(key, "b", 1), "keyed hash tells texts apart");
	check(hash_keyed(key, "", 0) != hash_keyed((uint64_t[]){ 2, 1 }, "", 0), "and keys");
}

static void
test_utf8(void)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "plain", true }, { "\xc3\xa4", true }, { "\xe2\x82\xac", true },
		{ "\xf0\x9f\x98\x80", true }, { "\xf4\x8f\xbf\xbf", true },
		{ "\xc0\x80", false }, { "\xc1\xbf", false }, { "\xe0\x80\x80", false },
		{ "\xed\xa0\x80", false }, { "\xf4\x90\x80\x80", false }, { "\xff", false },
		{ "\xc3", false }, { "\xe2\x82", false }, { "a\x80", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(utf8_valid(rows[i].text, strlen(rows[i].text)) == rows[i].ok, "UTF-8 row %zu", i);
}

static void
test_log(void)
{
	struct log_event event;

	log_begin(&event, "t");
	log_field(&event, "a", "plain");
	log_field(&event, "b", "two words");
	log_field(&event, "c", "q\"b\\n\n\x1b[0m\xc3");
	log_field(&event, "d", "");
	event.line[event.len] = '\0';
	check_str(event.line, "event=t a=plain b=\"two words\" c=\"q\\\"b\\\\n\\x0a\\x1b[0m\\xc3\" d=\"\"",
	    "what strangers chose is escaped");
}

/* Files and a directory, more than the kernel takes at once; among them what cannot be synced. */
static void
test_sync(void)
{
	enum { FILES = 3 * SYNC_AT_ONCE };
	struct sync_job jobs[FILES + 4], pipes[2];
	char place[] = "/tmp/mayfly-sync.XXXXXX", name[] = "000";
	int dir, ends[2];

	if (mkdtemp(place) == NULL || (dir = open(place, O_RDONLY | O_DIRECTORY)) < 0 || pipe(ends) < 0) {
		check(false, "a directory and a pipe");
		return;
	}
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "%d", i);
		jobs[i] = (struct sync_job){ openat(dir, name, O_WRONLY | O_CREAT, 0600), i % 2, 1 };
		check(write(jobs[i].fd, name, 1) == 1, "file %d", i);
	}
	jobs[FILES] = (struct sync_job){ .fd = dir, .error = 1 };
	jobs[FILES + 1] = (struct sync_job){ .fd = -1, .error = 1 };
	check(sync_together(jobs, FILES + 2), "all are synced");
	for (int i = 0; i < FILES + 2; i++)
		check(jobs[i].error == 0, "job %d has no error", i);
	pipes[0] = (struct sync_job){ .fd = ends[1] };
	check(!sync_together(pipes, 1) && pipes[0].error == EINVAL, "a pipe alone is refused");
	jobs[FILES + 2] = (struct sync_job){ .fd = ends[1] };
	jobs[FILES + 3] = (struct sync_job){ .fd = 9999 };
	check(!sync_together(jobs, FILES + 4), "not all are synced");
	check(jobs[FILES + 2].error == EINVAL, "a pipe among others is refused");
	check(jobs[FILES + 3].error == EBADF, "no file at all");
	check(jobs[FILES].error == 0 && jobs[0].error == 0, "the others are synced");
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "%d", i);
		close(jobs[i].fd);
		unlinkat(dir, name, 0);
	}
	close(dir);
	close(ends[0]);
	close(ends[1]);
	rmdir(place);
}

/* Few and many; keys that differ in every octet, in one, in none. */
static void
test_order(void)
{
	static const uint64_t masks[] = { UINT64_MAX, 0xff00, 0x3, 0, 0xff000000000000ff };
	static const size_t counts[] = { 0, 1, 2, 16, 17, 1000, 1024, 70000 };
	uint64_t random = 1;

	for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++)
		for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
			size_t count = counts[n], wrong = 0;
			struct order_item *entries = mem_calloc(2 * count + 1, sizeof *entries);
			uint64_t sum = 0;

			for (size_t i = 0; i < count; i++) {
				random = random * 6364136223846793005 + 1442695040888963407;
				entries[i] = (struct order_item){ (random ^ random >> 32) & masks[m], (uint32_t)i };
				sum += entries[i].by * (i + 1);
			}
			order_items(entries, entries + count, count);
			for (size_t i = 0; i < count; i++) {
				sum -= entries[i].by * (entries[i].at + 1);
				if (i > 0)
					wrong += entries[i - 1].by > entries[i].by
					    || (entries[i - 1].by == entries[i].by
					    && entries[i - 1].at > entries[i].at);
			}
			check(wrong == 0 && sum == 0, "%zu keys of %016llx are in order, equal ones as they were",
			    count, (unsigned long long)masks[m]);
			free(entries);
		}
}

int
main(void)
{
	test_order();
	test_numbers();
	test_buf();
	test_arena();
	test_hash();
	test_utf8();
	test_sync();
	test_log();
	return test_done();
}
