/* store/pieces: what is written is found again, what is damaged never is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/account.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "test.h"
#include "util/log.h"

enum { KIND = 7, COUNT = 200 };

static struct account account = { .path = (char *)"test" };
static struct mailbox m = { .path = (char *)"test", .account = &account };

/* What message uid has: some octets that nobody else has. */
static size_t
bits_of(uint32_t uid, unsigned char bits[64])
{
	size_t len = 8 + uid % 7 * 8;

	for (size_t i = 0; i < len; i++)
		bits[i] = (unsigned char)(uid * 31 + i * 7);
	return len;
}

static void
put(struct pieces *s, uint32_t uid)
{
	unsigned char bits[64];

	pieces_put(s, uid, 1000, bits, bits_of(uid, bits));
}

/* How many of the first count are there; -1 when one is not what was put. */
static int
found(struct pieces *s, uint32_t count)
{
	int n = 0;

	for (uint32_t uid = 1; uid <= count; uid++) {
		unsigned char bits[64];
		size_t len, wanted = bits_of(uid, bits);
		const void *got = pieces_get(s, uid, &len);

		if (got != NULL && (len != wanted || memcmp(got, bits, len) != 0))
			return -1;
		n += got != NULL;
	}
	return n;
}

static int
found_now(uint64_t kind)
{
	struct pieces *s = pieces_look(&m, &pieces_signatures, kind);
	int n = found(s, COUNT);

	pieces_close(&s);
	return n;
}

static void
fill(uint32_t first, uint32_t last, uint32_t step)
{
	struct pieces *s = pieces_open(&m, &pieces_signatures, KIND);

	for (uint32_t uid = first; uid <= last; uid += step)
		put(s, uid);
	pieces_close(&s);
}

static off_t
size(void)
{
	struct stat st;

	return fstatat(m.dirfd, SIGNATURES_NAME, &st, 0) == 0 ? st.st_size : -1;
}

/* Turn a bit of the octet there. */
static void
damage(off_t at)
{
	int fd = openat(m.dirfd, SIGNATURES_NAME, O_RDWR);
	unsigned char c;

	if (pread(fd, &c, 1, at) == 1) {
		c ^= 0x10;
		if (pwrite(fd, &c, 1, at) != 1)
			check(false, "damage");
	}
	close(fd);
}

static void
test_kept(void)
{
	struct pieces *s = pieces_look(&m, &pieces_signatures, KIND);
	uint64_t octets, mail_octets;

	check(pieces_count(s) == 0 && size() == -1, "looking makes no file");
	pieces_close(&s);
	fill(2, COUNT, 2);
	check(found_now(KIND) == COUNT / 2, "what was put is found");
	fill(1, COUNT, 2);
	check(found_now(KIND) == COUNT, "also what was put out of order");
	s = pieces_look(&m, &pieces_signatures, KIND);
	pieces_sizes(s, &octets, &mail_octets);
	check(mail_octets == 1000 * COUNT && octets == (uint64_t)size() - 64, "sizes");
	pieces_close(&s);
	check(found_now(KIND + 1) == 0 && size() > 64, "none of another kind");
	m.facts.uidvalidity++;
	check(found_now(KIND) == 0, "none of another UIDVALIDITY");
	m.facts.uidvalidity--;
	m.read_only = true;
	fill(COUNT + 1, COUNT + 1, 1);
	s = pieces_look(&m, &pieces_signatures, KIND);
	check(pieces_count(s) == COUNT, "nothing is written where nothing may be");
	pieces_close(&s);
	m.read_only = false;
	s = pieces_open(&m, &pieces_signatures, KIND + 1);
	pieces_close(&s);
	check(found_now(KIND) == 0 && size() == 64, "a new kind throws the old one away");
	fill(1, COUNT, 1);
}

static void
cut_at(off_t at)
{
	int fd = openat(m.dirfd, SIGNATURES_NAME, O_RDWR);

	check(fd >= 0 && ftruncate(fd, at) == 0, "cut at %lld", (long long)at);
	close(fd);
}

/* Any octet may be wrong: what is told is right, and what is good before it stays. */
static void
test_damage(void)
{
	bool right = true, mended = true;
	off_t end = size();

	for (off_t at = 0; at < end; at += 37) {
		struct pieces *s;
		int n;

		damage(at);
		n = found_now(KIND);
		right = right && n >= 0 && n < COUNT;
		s = pieces_open(&m, &pieces_signatures, KIND);	/* mends it */
		n = found(s, COUNT);
		for (uint32_t uid = 1; uid <= COUNT; uid++) {
			size_t len;

			if (pieces_get(s, uid, &len) == NULL)
				put(s, uid);
		}
		pieces_close(&s);
		mended = mended && found_now(KIND) == COUNT && size() == end;
	}
	check(right, "a damaged octet is never told as good");
	check(mended, "and is mended by who may write");
	right = true;
	for (off_t cut = end - 1; cut > 64; cut -= 411) {
		cut_at(cut);
		right = right && found_now(KIND) >= 0;
		fill(1, COUNT, 1);
		right = right && found_now(KIND) == COUNT;
	}
	check(right, "a file that ends early is as good as it is long");
}

/* Several write at once, from one opening and from their own. */
static void
test_writers(void)
{
	struct pieces *s;
	pid_t pids[8];

	unlinkat(m.dirfd, SIGNATURES_NAME, 0);
	s = pieces_open(&m, &pieces_signatures, KIND);
	for (uint32_t i = 0; i < 8; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct pieces *own = i < 4 ? s : pieces_open(&m, &pieces_signatures, KIND);

			for (uint32_t uid = 1 + i; uid <= COUNT; uid += 8) {
				put(own, uid);
				pieces_flush(own);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++)
		waitpid(pids[i], NULL, 0);
	pieces_close(&s);
	check(found_now(KIND) == COUNT, "eight writers at once lose nothing");
}

static void
test_odd_files(void)
{
	unlinkat(m.dirfd, SIGNATURES_NAME, 0);
	mkdirat(m.dirfd, SIGNATURES_NAME, 0700);
	log_threshold(0);
	fill(1, COUNT, 1);
	check(found_now(KIND) == 0, "a directory in its place is left alone");
	unlinkat(m.dirfd, SIGNATURES_NAME, AT_REMOVEDIR);
	mkfifoat(m.dirfd, SIGNATURES_NAME, 0600);
	check(found_now(KIND) == 0, "and nobody waits for a fifo");
	unlinkat(m.dirfd, SIGNATURES_NAME, 0);
}

int
main(void)
{
	char root[] = "/tmp/mayfly-signatures.XXXXXX";

	if (mkdtemp(root) == NULL)
		return 1;
	m.dirfd = open(root, O_RDONLY | O_DIRECTORY);
	m.facts.uidvalidity = 5;
	test_kept();
	test_damage();
	test_writers();
	test_odd_files();
	close(m.dirfd);
	rmdir(root);
	return test_done();
}
