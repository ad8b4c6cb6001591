/*
 * Nothing but the header of the index, and what stat says of the journal and two
 * directories: six system calls, of which none maps a file. The index is true when it
 * ends where the journal ends (same file by inode, time and size; or another one, as
 * a copy of the Maildir has it, with the serial that its header says, and the same size)
 * and when the times of both directories are those that it was made for and could be trusted then; why
 * that suffices is told atop store/sync.c. The order is that of opening and
 * syncing, index before journal before directories: a session that renames a
 * file first and writes its line then is seen by the directory's time at least.
 * Everything else, damage included, is left to the longer way.
 */
#include "store/glance.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/dirs.h"
#include "store/folder.h"
#include "store/names.h"
#include "store/uidlist.h"
#include "util/buf.h"
#include "util/err.h"

enum { FIRST_BYTES = 512 };	/* of either file: more than its header */

/* The first bytes of a plain file below the mailbox. How many, or -1. */
static ssize_t
read_first(struct account *account, const struct buf *path, char *bytes, off_t *size_out)
{
	int fd = openat(account->dirfd, path->data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (size_out == NULL || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		n = pread(fd, bytes, FIRST_BYTES, 0);
	if (size_out != NULL)
		*size_out = n > 0 ? st.st_size : 0;
	close(fd);
	return n;
}

/* On a file system of another host? Asked once: folders are where their account is. */
static bool
account_is_remote(struct account *account)
{
	if (!account->place_known)
		account->remote = dirs_is_remote(account->dirfd);
	account->place_known = true;
	return account->remote;
}

static bool
journal_ends_there(struct account *account, const struct buf *path,
    const struct mailbox_facts *facts)
{
	char first[FIRST_BYTES];
	const char *lf;
	struct stat st;
	off_t size;
	ssize_t n;

	/* Of another host's file the kernel may tell what it was some time ago, unless it is opened. */
	if (facts->journal_inode != 0 && !account_is_remote(account)
	    && fstatat(account->dirfd, path->data, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
	    && st.st_ino == facts->journal_inode && st.st_mtim.tv_sec == facts->journal_sec
	    && st.st_mtim.tv_nsec == facts->journal_nsec)
		return (uint64_t)st.st_size == facts->position;
	n = read_first(account, path, first, &size);
	lf = n > 0 ? memchr(first, '\n', (size_t)n) : NULL;
	return lf != NULL && (uint64_t)size == facts->position
	    && uidlist_header_is(first, (size_t)(lf - first), facts->serial);
}

static bool
directory_stands(struct account *account, const struct buf *path, const struct dir_time *known)
{
	struct dir_time now;
	struct stat st;

	if (!known->trusted || fstatat(account->dirfd, path->data, &st, AT_SYMLINK_NOFOLLOW) < 0
	    || !S_ISDIR(st.st_mode))
		return false;
	now = (struct dir_time){ st.st_mtim.tv_sec, (int32_t)st.st_mtim.tv_nsec, false };
	return dirs_same(&now, known);
}

bool
mailbox_glance(struct account *account, const char *name, struct glance *out)
{
	struct buf path = BUF_INIT;
	char first[FIRST_BYTES] __attribute__((aligned(8)));
	bool known = false;
	struct err ignored;
	size_t root;
	ssize_t n;

	if (folder_check_name(account, name, &ignored) < 0)
		return false;
	names_to_disk(account, name, &path);
	buf_addc(&path, '/');
	root = path.len;
	buf_adds(&path, INDEX_NAME);
	n = read_first(account, &path, first, NULL);
	if (n != FIRST_BYTES || !index_read_header(first, &out->facts, &out->exists, &out->unseen,
	    &out->deleted))
		goto out;
	path.len = root;
	buf_adds(&path, UIDLIST_NAME);
	if (!journal_ends_there(account, &path, &out->facts))
		goto out;
	path.len = root;
	buf_adds(&path, "cur");
	if (!directory_stands(account, &path, &out->facts.cur))
		goto out;
	path.len = root;
	buf_adds(&path, "new");
	known = directory_stands(account, &path, &out->facts.new);
out:
	buf_fini(&path);
	return known;
}
