/*
 * One message file as one run of bytes.
 *
 * A small file is read: open, fstat, read, close. A large one is mapped, so that
 * its pages stay the page cache's and a client that fetches it in steps of 64 kB
 * pays for those steps only. A mapping has one danger: a file that another
 * program cuts short makes the next access a SIGBUS. Reading large files in
 * pieces was the other way; it makes every parser work across the seams. So
 * files are mapped and SIGBUS is dealt with: inside one of our mappings the lost
 * page is replaced by zeros and the mail is marked torn; anywhere else the
 * signal does what it always does.
 *
 * All bytes come through load(). Files that another server has compressed are
 * opened up behind it (mail/unpack.c): everybody else sees the message as it was
 * sent, and sizes are its own.
 */
#include "mail/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <string.h>
#include <threads.h>
#include <unistd.h>

#include "mail/crlf.h"
#include "mail/unpack.h"
#include "util/err.h"
#include "util/io.h"

enum {
	READ_MAX = 128 * 1024,	/* up to here a read is cheaper than a mapping and its page faults */
	KEEP_MAX = 64 * 1024,	/* room that a session keeps between messages */
	UNPACKED_MAX = 512 << 20,	/* octets of a compressed message, opened up; a larger one is shown as it lies there */
	MAPS_MAX = 64,		/* large messages open at once; searching threads have one each */
};

static struct map_slot {
	atomic_bool taken, torn;
	atomic_uintptr_t start, end;
} slots[MAPS_MAX];
static once_flag handler_once = ONCE_FLAG_INIT;

static void
on_sigbus(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	int saved_errno = errno;

	(void)context;
	for (int i = 0; i < MAPS_MAX; i++) {
		struct map_slot *slot = &slots[i];

		if (!slot->taken || at < slot->start || at >= slot->end)
			continue;
		/* mmap is one bare system call: safe here, though POSIX does not promise it */
		if (mmap((void *)(at & ~(page - 1)), page, PROT_READ,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
			break;
		slot->torn = true;
		errno = saved_errno;
		return;
	}
	signal(number, SIG_DFL);	/* not ours: the access runs again and ends the program */
	errno = saved_errno;
}

static void
install_handler(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_NODEFER };

	action.sa_sigaction = on_sigbus;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}

/* Map the file; -1 when it can't be, the caller reads it then. */
static int
map_file(struct mail *mail, int fd, size_t size)
{
	int i;

	call_once(&handler_once, install_handler);
	for (i = 0; i < MAPS_MAX; i++) {
		bool no = false;

		if (atomic_compare_exchange_strong(&slots[i].taken, &no, true))
			break;
	}
	if (i == MAPS_MAX) {
		errno = ENFILE;
		return -1;
	}
	mail->map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mail->map == MAP_FAILED) {
		mail->map = NULL;
		slots[i].taken = false;
		return -1;
	}
	slots[i].torn = false;
	slots[i].start = (uintptr_t)mail->map;
	slots[i].end = (uintptr_t)mail->map + size;
	mail->map_slot = i;
	mail->map_len = size;
	mail->data = mail->map;
	mail->len = size;
	return 0;
}

static void
unmap(struct mail *mail)
{
	if (mail->map != NULL) {
		munmap(mail->map, mail->map_len);
		slots[mail->map_slot].start = slots[mail->map_slot].end = 0;
		slots[mail->map_slot].taken = false;
		mail->map = NULL;
		mail->map_len = 0;
	}
	mail->map_slot = -1;
}

/* Is the message lying there compressed? Then what it says takes the place of its bytes. */
static int
open_up(struct mail *mail, struct err *err)
{
	struct buf plain = BUF_INIT;

	switch (unpack(mail->data, mail->len, UNPACKED_MAX, &plain, err)) {
	case UNPACK_FAILED:
		return -1;
	case UNPACK_PLAIN:
		buf_fini(&plain);
		return 0;
	case UNPACK_DONE:
		break;
	}
	unmap(mail);
	buf_fini(&mail->room);
	mail->room = plain;
	mail->data = buf_str(&mail->room);
	mail->len = mail->room.len;
	return 0;
}

/* The bytes of the file, size of them by fstat. 0, or -1 with errno. */
static int
load(struct mail *mail, int fd, size_t size)
{
	ssize_t got;

	if (size > READ_MAX)
		return map_file(mail, fd, size);
	buf_reset(&mail->room);
	got = io_pread_all(fd, buf_reserve(&mail->room, size), size, 0);
	if (got < 0)
		return -1;
	mail->room.len = (size_t)got;
	mail->room.data[got] = '\0';
	mail->data = mail->room.data;
	mail->len = (size_t)got;
	return 0;
}

enum mail_opened
mail_open(struct mail *mail, int dirfd, const char *path, struct err *err)
{
	struct stat st;
	int fd;

	mail_close(mail);
	fd = openat(dirfd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		/* stale: another host removed or renamed it, and NFS had not noticed */
		if (errno == ENOENT || errno == ESTALE)
			return MAIL_GONE;
		err_errno(err, "open", path);
		return MAIL_FAILED;
	}
	if (fstat(fd, &st) < 0) {
		err_errno(err, "fstat", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_WORLD, "Message file is not readable");
		err_detail(err, "%s is not a regular file", path);
		goto fail;
	}
	if ((uint64_t)st.st_size > SIZE_MAX / 4) {
		errno = EFBIG;
		err_errno(err, "read", path);
		goto fail;
	}
	if (load(mail, fd, (size_t)st.st_size) < 0) {
		err_errno(err, "read", path);
		goto fail;
	}
	if (open_up(mail, err) < 0)
		goto fail;
	close(fd);
	mail->mtime = st.st_mtim;
	mail->open = true;
	return MAIL_OPEN;
fail:
	close(fd);
	mail_close(mail);
	return MAIL_FAILED;
}

void
mail_open_bytes(struct mail *mail, const char *bytes, size_t len)
{
	mail_close(mail);
	mail->data = bytes;
	mail->len = len;
	mail->mtime = (struct timespec){ 0, 0 };
	mail->open = true;
}

uint64_t
mail_vsize(struct mail *mail)
{
	if (mail->vsize == MAIL_UNKNOWN)
		mail->vsize = crlf_size(mail->data, mail->len);
	return mail->vsize;
}

bool
mail_torn(const struct mail *mail)
{
	return mail->map_slot >= 0 && slots[mail->map_slot].torn;
}

void
mail_close(struct mail *mail)
{
	unmap(mail);
	if (mail->room.cap > KEEP_MAX)
		buf_fini(&mail->room);
	mail->data = "";
	mail->len = 0;
	mail->vsize = MAIL_UNKNOWN;
	mail->open = false;
}

void
mail_fini(struct mail *mail)
{
	mail_close(mail);
	buf_fini(&mail->room);
}
