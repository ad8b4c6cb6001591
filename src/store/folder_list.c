/*
 * Which mailboxes there are: a directory with cur/ is one. How names are spelled on
 * disk is told atop folder.c. A list that cannot be whole is none, because clients
 * throw away what they have of a mailbox that is no longer listed.
 */
#include "store/folder_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/account.h"
#include "store/names.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

int
folder_is_mailbox(int dirfd, const char *path)
{
	struct buf cur = BUF_INIT;
	struct stat st;
	int is;

	if (strcmp(path, ".") == 0)
		return 1;	/* the root is INBOX, also while its cur/ is not made yet */
	buf_adds(&cur, path);
	buf_adds(&cur, "/cur");
	is = fstatat(dirfd, cur.data, &st, AT_SYMLINK_NOFOLLOW);
	buf_fini(&cur);
	if (is == 0)
		return S_ISDIR(st.st_mode);
	return errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG ? 0 : -1;
}

DIR *
folder_open_dir(int dirfd, const char *path, int how)
{
	int fd = openat(dirfd, path, how | O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL)
		io_close(&fd);
	return dir;
}

int
folder_compare(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	if (*a == '/' && *b != '\0')
		return -1;
	if (*b == '/' && *a != '\0')
		return 1;
	return (unsigned char)*a - (unsigned char)*b;
}

static int
compare_names(const void *a, const void *b)
{
	return folder_compare(*(char *const *)a, *(char *const *)b);
}

static void
add_name(struct folder_list *list, const char *name)
{
	list->names = mem_grow(list->names, &list->room, list->count + 1, sizeof *list->names);
	list->names[list->count++] = mem_strdup(name);
}

/* A directory on disk, relative to the root, that is a mailbox: under its name into the list. */
static void
add_path(struct account *account, const char *path, struct folder_list *list)
{
	struct buf name = BUF_INIT;

	if (names_from_disk(account, path, &name) == 0 && strcmp(name.data, "INBOX") != 0)
		add_name(list, name.data);
	buf_fini(&name);
}

static bool
entry_is_dir(int dirfd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type == DT_DIR)
		return true;
	/* Links to directories are followed here: people put folders on other disks. */
	if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
		return false;
	return fstatat(dirfd, entry->d_name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_reserved(const char *entry)
{
	return strcmp(entry, "cur") == 0 || strcmp(entry, "new") == 0 || strcmp(entry, "tmp") == 0
	    || strcmp(entry, ".") == 0 || strcmp(entry, "..") == 0;
}

/* A folder that may not be entered is not the user's; any other doubt ends the listing. */
static int
list_entry(struct account *account, const char *path, struct folder_list *list)
{
	int is = folder_is_mailbox(account->dirfd, path);

	if (is > 0)
		add_path(account, path, list);
	return is < 0 && errno != EACCES ? -1 : 0;
}

/* 0, or -1 with errno: a list that lacks names makes clients throw away what they have of them. */
static int
list_maildirpp(struct account *account, DIR *dir, struct folder_list *list)
{
	struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] == '.' && !is_reserved(entry->d_name)
		    && entry->d_name[1] != '.' && entry_is_dir(dirfd(dir), entry)
		    && list_entry(account, entry->d_name, list) < 0)
			return -1;
	return errno == 0 ? 0 : -1;
}

/* A directory that is being listed, and those above it. */
struct level {
	const struct level *above;
	dev_t device;
	ino_t inode;
	int depth;
};

/* Is this a link to where we are, or to a directory above? Behind it everything would come again. */
static bool
leads_back(int dirfd, const struct dirent *entry, const struct level *level)
{
	struct stat st;

	if (entry->d_type == DT_DIR || fstatat(dirfd, entry->d_name, &st, 0) < 0)
		return false;
	for (; level != NULL; level = level->above)
		if (st.st_ino == level->inode && st.st_dev == level->device)
			return true;
	return false;
}

/* Nested directories; a directory without cur/ is only on the way to others. As list_maildirpp. */
static int
list_fs(struct account *account, const char *path, const struct level *above,
    struct folder_list *list)
{
	int depth = above != NULL ? above->depth + 1 : 0;
	struct level here = { .above = above, .depth = depth };
	DIR *dir = depth < FOLDER_TREE_MAX ? folder_open_dir(account->dirfd, path, 0) : NULL;
	struct buf child = BUF_INIT;
	struct dirent *entry;
	struct stat st;
	int result = 0, error;

	if (dir == NULL && depth == FOLDER_TREE_MAX)
		return 0;
	if (dir == NULL)	/* a folder may be gone by now, or not the user's; the Maildir itself may not */
		return depth > 0 && (errno == ENOENT || errno == EACCES) ? 0 : -1;
	if (fstat(dirfd(dir), &st) == 0) {
		here.device = st.st_dev;
		here.inode = st.st_ino;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || is_reserved(entry->d_name)
		    || !entry_is_dir(dirfd(dir), entry) || leads_back(dirfd(dir), entry, &here))
			continue;
		buf_reset(&child);
		if (strcmp(path, ".") != 0)
			buf_addf(&child, "%s/", path);
		buf_adds(&child, entry->d_name);
		result = list_entry(account, child.data, list);
		if (result == 0)
			result = list_fs(account, child.data, &here, list);
		if (result < 0)
			break;
	}
	error = errno;
	buf_fini(&child);
	closedir(dir);
	errno = error;
	return result < 0 || error != 0 ? -1 : 0;
}

int
folder_list(struct account *account, struct folder_list *out, struct err *err)
{
	int result = -1;

	memset(out, 0, sizeof *out);
	add_name(out, "INBOX");
	if (account->layout == LAYOUT_MAILDIRPP) {
		DIR *dir = folder_open_dir(account->dirfd, ".", 0);

		if (dir != NULL)
			result = list_maildirpp(account, dir, out);
		if (result < 0)
			err_errno(err, "list", account->path);
		if (dir != NULL)
			closedir(dir);
	} else {
		result = list_fs(account, ".", NULL, out);
		if (result < 0)
			err_errno(err, "list", account->path);
	}
	if (result < 0)
		folder_list_fini(out);
	else
		qsort(out->names, out->count, sizeof *out->names, compare_names);
	return result;
}

void
folder_list_fini(struct folder_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	memset(list, 0, sizeof *list);
}
