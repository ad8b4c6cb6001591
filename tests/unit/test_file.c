/* mail/file: regular files only, small and large, one after the other, cut while open. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/file.h"
#include "test.h"
#include "util/err.h"
#include "util/io.h"

static char dir[] = "/tmp/mayfly-test-file-XXXXXX";

static void
write_file(int dirfd, const char *name, size_t len)
{
	static char block[65536];
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(block, '\n', sizeof block);
	for (; len > 0; len -= len < sizeof block ? len : sizeof block)
		if (io_write_all(fd, block, len < sizeof block ? len : sizeof block) < 0)
			abort();
	close(fd);
}

static void
test_kinds(int dirfd)
{
	struct mail mail = MAIL_INIT;
	struct err err = { 0 };
	char first;

	write_file(dirfd, "small", 100);
	write_file(dirfd, "large", 1000000);
	write_file(dirfd, "empty", 0);
	if (symlinkat("small", dirfd, "link") < 0 || mkfifoat(dirfd, "fifo", 0600) < 0
	    || mkdirat(dirfd, "dir", 0700) < 0)
		abort();
	check(mail_open(&mail, dirfd, "small", &err) == MAIL_OPEN && mail.len == 100
	    && mail_vsize(&mail) == 200, "a small file");
	check(mail_open(&mail, dirfd, "large", &err) == MAIL_OPEN && mail.len == 1000000
	    && mail_vsize(&mail) == 2000000 && mail.data[999999] == '\n', "a large file");
	check(mail_open(&mail, dirfd, "empty", &err) == MAIL_OPEN && mail.len == 0
	    && mail_vsize(&mail) == 0, "an empty file");
	check(mail_open(&mail, dirfd, "none", &err) == MAIL_GONE, "no file is no error");
	check(mail_open(&mail, dirfd, "link", &err) == MAIL_FAILED && err.kind != ERR_NONE, "a link is not followed");
	check(mail_open(&mail, dirfd, "fifo", &err) == MAIL_FAILED, "a fifo is not waited for");
	check(mail_open(&mail, dirfd, "dir", &err) == MAIL_FAILED, "a directory is no message");
	check(mail_open(&mail, dirfd, "small", &err) == MAIL_OPEN && mail.len == 100, "and on with the next");

	/* the last page that is left is only partly lost: no signal, the rest is zeros */
	mail_open(&mail, dirfd, "large", &err);
	first = mail.data[0];
	if (truncate("large", 10) < 0 && ftruncate(openat(dirfd, "large", O_WRONLY), 10) < 0)
		abort();
	check(!mail_torn(&mail), "not torn before anybody looks");
	check(first == '\n' && mail.data[500000] == '\0' && mail_torn(&mail),
	    "a file cut short reads as zeros and is torn");
	mail_open(&mail, dirfd, "small", &err);
	check(!mail_torn(&mail), "the next one is whole");
	mail_open_bytes(&mail, "a\nb", 3);
	check(mail_vsize(&mail) == 4, "bytes of the caller");
	mail_fini(&mail);
}

int
main(void)
{
	static const char *const names[] = { "small", "large", "empty", "link", "fifo" };
	int dirfd;

	if (mkdtemp(dir) == NULL || (dirfd = open(dir, O_RDONLY | O_DIRECTORY)) < 0)
		return 1;
	test_kinds(dirfd);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlinkat(dirfd, names[i], 0);
	unlinkat(dirfd, "dir", AT_REMOVEDIR);
	close(dirfd);
	rmdir(dir);
	return test_done();
}
