/*
 * The tree of mailboxes on disk: names, making, removing and renaming. folder_list.c lists it.
 *
 *	Maildir++	INBOX is the root; Work/2024 is .Work.2024/ below it
 *	fs		INBOX is the root; Work/2024 is Work/2024/ below it
 *
 * A directory is a mailbox when it has cur/; anything else is passed over. Names
 * are modified UTF-7 or UTF-8: a tree with a byte above 127 in any folder name
 * is a UTF-8 tree, all of it; in the other kind a name that is no canonical
 * UTF-7 is taken as it stands. A "." (Maildir++) or "/" inside a part, which the
 * disk cannot hold, is "&AC4-" or "&AC8-", as Courier writes them; so is a "." at
 * the start of a part in the fs layout, where dot files are not folders.
 *
 * DELETE renames the directory to a name that no listing shows, then removes it
 * piece by piece: after a crash the mailbox is gone or whole. RENAME moves the
 * directories one by one in Maildir++, parents first; a crash in between leaves
 * each mailbox whole under its old or its new name.
 */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/journal.h"
#include "store/lock.h"
#include "store/mailbox.h"
#include "store/names.h"
#include "store/notes.h"
#include "store/quota.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/utf8.h"

/* ---- names ---- */

int
folder_check_name(struct account *account, const char *name, struct err *err)
{
	size_t len = strlen(name), depth = 1;
	struct buf path = BUF_INIT;
	bool fits;

	if (len == 0 || len > FOLDER_NAME_MAX)
		return err_set(err, ERR_CANNOT, "A mailbox name has 1 to %d octets", FOLDER_NAME_MAX);
	if (!utf8_valid(name, len))
		return err_set(err, ERR_CANNOT, "A mailbox name must be valid UTF-8");
	for (const char *part = name;; depth++) {
		size_t n = strcspn(part, "/");

		if (n == 0)
			return err_set(err, ERR_CANNOT, "A mailbox name may have no empty part");
		if ((n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return err_set(err, ERR_CANNOT, "A mailbox may not be called . or ..");
		if (account->layout == LAYOUT_FS && ((n == 3 && (memcmp(part, "cur", 3) == 0
		    || memcmp(part, "new", 3) == 0 || memcmp(part, "tmp", 3) == 0))
		    || (n > 7 && memcmp(part, "mayfly-", 7) == 0)))
			return err_set(err, ERR_CANNOT, "This name is taken by the mail store");
		if (part[n] == '\0')
			break;
		part += n + 1;
	}
	if (depth > FOLDER_DEPTH_MAX)
		return err_set(err, ERR_CANNOT, "A mailbox name has at most %d parts",
		    FOLDER_DEPTH_MAX);
	names_to_disk(account, name, &path);
	fits = names_fit_disk(path.data);
	buf_fini(&path);
	if (!fits)
		return err_set(err, ERR_CANNOT, "The mailbox name is too long for the disk");
	return 0;
}

/*
 * For a mailbox to be made. What other programs made may be called as it likes, but
 * no name in Net-Unicode has controls, the separators of lines and paragraphs
 * (RFC 6855 3) or a byte order mark (RFC 5198 2).
 */
static int
check_new_name(struct account *account, const char *name, struct err *err)
{
	const char *at = name, *end = name + strlen(name);
	uint32_t c;

	if (folder_check_name(account, name, err) < 0)
		return -1;
	while (utf8_next(&at, end, &c))
		if ((c < ' ' && c != FOLDER_SLASH) || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff)
			return err_set(err, ERR_CANNOT,
			    "A mailbox name may hold no control characters");
	return 0;
}

/* ---- looking ---- */

int
folder_open(struct account *account, const char *name, struct err *err)
{
	struct buf path = BUF_INIT;
	int fd = -1, is;

	if (folder_check_name(account, name, err) < 0) {
		if (err->kind == ERR_CANNOT)
			err->kind = ERR_NONEXISTENT;
		return -1;
	}
	names_to_disk(account, name, &path);
	is = folder_is_mailbox(account->dirfd, path.data);
	if (is > 0)
		fd = openat(account->dirfd, path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (is == 0)
		err_set(err, ERR_NONEXISTENT, "There is no such mailbox");
	else if (fd < 0)
		err_errno(err, "open mailbox", path.data);
	buf_fini(&path);
	return fd;
}

bool
folder_exists(struct account *account, const char *name)
{
	struct err ignored;
	struct buf path = BUF_INIT;
	bool exists;

	if (folder_check_name(account, name, &ignored) < 0)
		return false;
	names_to_disk(account, name, &path);
	exists = folder_is_mailbox(account->dirfd, path.data) != 0;
	buf_fini(&path);
	return exists;
}

bool
folder_may_read(struct account *account, const char *name)
{
	struct buf path = BUF_INIT;
	bool may;

	names_to_disk(account, name, &path);
	buf_adds(&path, "/cur");
	may = faccessat(account->dirfd, path.data, R_OK | X_OK, AT_EACCESS) == 0 || errno != EACCES;
	buf_fini(&path);
	return may;
}

int
folder_open_mailbox(struct account *account, const char *name, int missing,
    struct mailbox **out, struct err *err)
{
	struct buf path = BUF_INIT;
	int dirfd = folder_open(account, name, err), result;

	if (dirfd < 0) {
		if (err->kind == ERR_NONEXISTENT)
			err->kind = (enum err_kind)missing;
		return -1;
	}
	buf_addf(&path, "%s/", account->path);
	names_to_disk(account, name, &path);
	result = mailbox_open(out, account, dirfd, name, path.data, false, err);
	buf_fini(&path);
	return result;
}

/* ---- making ---- */

/*
 * The directories that lead to this one, to the disk: in the fs layout they need not be
 * the root alone, and those above a new name may be new too.
 */
static int
sync_way(struct account *account, const char *path, struct err *err)
{
	char *way = mem_strdup(path), *slash;
	int result = 0;

	while (account->sync && result == 0 && (slash = strrchr(way, '/')) != NULL) {
		int fd;

		*slash = '\0';
		fd = openat(account->dirfd, way, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || fsync(fd) < 0)
			result = err_errno(err, "fsync", way);
		io_close(&fd);
	}
	if (account->sync && result == 0 && fsync(account->dirfd) < 0)
		result = err_errno(err, "fsync", account->path);
	free(way);
	return result;
}

static void
remove_tree(int dirfd_at, const char *path, int depth)
{
	DIR *dir = depth < FOLDER_TREE_MAX ? folder_open_dir(dirfd_at, path, O_NOFOLLOW) : NULL;
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
		    && S_ISDIR(st.st_mode))
			remove_tree(dirfd(dir), entry->d_name, depth + 1);
		else
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
	if (unlinkat(dirfd_at, path, AT_REMOVEDIR) < 0 && errno == ENOTDIR)
		unlinkat(dirfd_at, path, 0);
}

static int
make_parts(struct account *account, const char *path, struct err *err)
{
	static const char *const parts[] = { "tmp", "new", "cur" };	/* cur/ last: it makes the mailbox */
	struct buf part = BUF_INIT;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof parts / sizeof parts[0]; i++) {
		buf_reset(&part);
		buf_addf(&part, "%s/%s", path, parts[i]);
		if (mkdirat(account->dirfd, part.data, 0700) < 0 && errno != EEXIST)
			result = err_errno(err, "make", part.data);
	}
	if (result == 0 && account->layout == LAYOUT_MAILDIRPP) {
		int fd;

		/* The empty file by which delivery agents know a folder from a Maildir. */
		buf_reset(&part);
		buf_addf(&part, "%s/maildirfolder", path);
		fd = openat(account->dirfd, part.data, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW
		    | O_NONBLOCK, 0600);
		io_close(&fd);
	}
	buf_fini(&part);
	return result;
}

/* The directory and those above it; made_out: this one was not there before. */
static int
make_directories(struct account *account, const char *path, bool *made_out, struct err *err)
{
	char *step = mem_strdup(path);
	int result = 0;

	for (char *slash = strchr(step, '/'); result == 0 && slash != NULL;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(account->dirfd, step, 0700) < 0 && errno != EEXIST)
			result = err_errno(err, "make", step);
		*slash = '/';
	}
	*made_out = result == 0 && mkdirat(account->dirfd, step, 0700) == 0;
	if (result == 0 && !*made_out && errno != EEXIST)
		result = err_errno(err, "make", step);
	free(step);
	return result;
}

/*
 * A new mailbox is known to the account, and has its journal, before anybody
 * hears of it: one that can be served but not written down (mailbox_sync puts up
 * with that) has no id that would be the same tomorrow.
 */
static int
settle_new(struct account *account, const char *name, struct err *err)
{
	struct mailbox *m;
	int result;

	if (folder_open_mailbox(account, name, ERR_NONEXISTENT, &m, err) < 0)
		return -1;
	err_set(err, ERR_NOPERM, "The mailbox cannot be written to");
	result = mailbox_sync(m, err);
	if (m->unsaved || m->read_only)
		result = -1;	/* err says why */
	mailbox_close(&m);
	return result;
}

/* What was refused must not be there; a message that came in between keeps it. */
static void
unmake(struct account *account, const char *path)
{
	static const char *const parts[] = { "cur", "new" };
	struct buf part = BUF_INIT;
	bool empty = true;

	for (size_t i = 0; empty && i < sizeof parts / sizeof parts[0]; i++) {
		buf_reset(&part);
		buf_addf(&part, "%s/%s", path, parts[i]);
		empty = unlinkat(account->dirfd, part.data, AT_REMOVEDIR) == 0 || errno == ENOENT;
	}
	buf_fini(&part);
	if (empty)
		remove_tree(account->dirfd, path, 0);
}

int
folder_create(struct account *account, const char *name, struct err *err)
{
	struct buf path = BUF_INIT;
	bool made = false;
	int result;

	if (account_writable(account, err) < 0 || check_new_name(account, name, err) < 0)
		return -1;
	if (strcmp(name, "INBOX") == 0 || folder_exists(account, name))
		return err_set(err, ERR_ALREADYEXISTS, "The mailbox exists already");
	names_to_disk(account, name, &path);
	result = make_directories(account, path.data, &made, err);
	if (result == 0)
		result = make_parts(account, path.data, err);
	if (result == 0)
		result = sync_way(account, path.data, err);
	if (result == 0)
		result = settle_new(account, name, err);
	if (result < 0 && made)
		unmake(account, path.data);
	buf_fini(&path);
	return result;
}

/* ---- removing ---- */

#define TRASH "..mayfly-deleted."
#define KEPT "..mayfly-kept."		/* what would not go back: nobody removes it but the user */

enum { OLD_TRASH_S = 3600 };	/* no DELETE takes so long */

/* A folder on another disk: the user's link goes, what it leads to is not ours to remove. */
static bool
is_link(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* Moves these from one directory to the other; what is not there is passed over. How many were looked at. */
static size_t
move_parts(const char *const *parts, size_t count, int from, int to)
{
	size_t i = 0;

	while (i < count && (renameat(from, parts[i], to, parts[i]) == 0 || errno == ENOENT))
		i++;
	return i;
}

/* Mail that did not go back to path is not for sweep_trash. */
static void
keep_trash(struct account *account, const char *path, const char *trash)
{
	char kept[64];

	snprintf(kept, sizeof kept, KEPT "%s", trash + strlen(TRASH));
	if (renameat(account->dirfd, trash, account->dirfd, kept) < 0)
		log_line(LOG_LEVEL_ERROR, "%s: a part of it is left in %s", path, trash);
	else
		log_line(LOG_LEVEL_ERROR, "%s: a part of it is left in %s", path, kept);
}

/*
 * Nobody looks at the mailbox while its parts go: who found its journal there and cur/ gone
 * would make cur/ anew. A lock that cannot be made (a full disk) is done without. 0 or -1.
 */
static int
lock_parts(struct account *account, int dirfd, struct lock *lock, int *fd_out, struct err *err)
{
	enum { STEP_MAX_US = 5000 };
	struct lock_wait wait = { 0, 0 };

	*fd_out = openat(dirfd, MAILBOX_LOCK_NAME,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	while (*fd_out >= 0 && lock_try(lock, account, *fd_out, dirfd, MAILBOX_LOCK_NAME) == 0)
		if (journal_wait_lock(&wait, STEP_MAX_US, err) < 0)
			return -1;
	return 0;
}

/*
 * In the fs layout a mailbox may hold others: only its own parts go. cur/ is the first, and
 * on disk before the others, or a loss of power could leave it without its journal; the
 * locks are the last. A part may stay though others went (a directory that is not ours to
 * write to cannot move), or the disk may not take it: they come back then.
 */
static int
delete_parts(struct account *account, const char *path, const char *trash, struct err *err)
{
	static const char *const own[] = { "cur", "new", "tmp", "mayfly-uidlist", "mayfly-index",
		"mayfly-cache", "mayfly-signatures", "mayfly-keys", "mayfly-import", "mayfly-cache.dot",
		"mayfly-signatures.dot", "mayfly-keys.dot", "mayfly-lock.dot.break", "mayfly-lock.dot",
		MAILBOX_LOCK_NAME };
	const size_t count = sizeof own / sizeof own[0];
	int from = openat(account->dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int to = -1, lock_fd = -1, result;
	struct lock lock = { 0 };
	size_t moved = 0;

	if (from < 0)
		return err_errno(err, "open", path);
	result = lock_parts(account, from, &lock, &lock_fd, err);
	if (result == 0 && (mkdirat(account->dirfd, trash, 0700) < 0
	    || (to = openat(account->dirfd, trash, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0))
		result = err_errno(err, "make", trash);
	for (size_t step = 1; result == 0 && moved < count; step = count - moved) {
		size_t done = move_parts(own + moved, step, from, to);

		moved += done;
		if (done < step)
			result = err_errno(err, "remove part of", path);
		else if (account->sync && fsync(from) < 0)
			result = err_errno(err, "fsync", path);
	}
	if (result == 0)
		result = sync_way(account, path, err);
	if (result < 0 && moved > 0 && move_parts(own, moved, to, from) < moved)
		keep_trash(account, path, trash);
	lock_give(&lock);
	io_close(&lock_fd);
	io_close(&from);
	io_close(&to);
	/* when nothing is below the one, or in the other */
	unlinkat(account->dirfd, result == 0 ? path : trash, AT_REMOVEDIR);
	return result;
}

/* The whole directory, or the link to it: gone, or there when the answer is NO. */
static int
delete_at_once(struct account *account, const char *path, const char *trash, struct err *err)
{
	/* young trash: sweep_trash of another session leaves it alone, for it may come back */
	utimensat(account->dirfd, path, NULL, AT_SYMLINK_NOFOLLOW);
	if (renameat(account->dirfd, path, account->dirfd, trash) < 0)
		return err_errno(err, "remove", path);
	if (sync_way(account, path, err) == 0)
		return 0;
	if (renameat(account->dirfd, trash, account->dirfd, path) < 0)
		keep_trash(account, path, trash);
	return -1;
}

/*
 * What earlier ones did not get to the end of: they were killed, or a session that had
 * the mailbox open made a file in it behind them. Not what one beside us moves just now,
 * which may yet come back.
 */
static void
sweep_trash(struct account *account)
{
	DIR *dir = folder_open_dir(account->dirfd, ".", 0);
	struct dirent *entry;
	struct stat st;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, TRASH, strlen(TRASH)) == 0
		    && fstatat(account->dirfd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
		    && S_ISDIR(st.st_mode) && time(NULL) - st.st_mtim.tv_sec > OLD_TRASH_S)
			remove_tree(account->dirfd, entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

int
folder_delete(struct account *account, const char *name, struct err *err)
{
	struct buf path = BUF_INIT;
	char trash[64];
	unsigned long long random;
	int fd, result = 0;

	if (account_writable(account, err) < 0)
		return -1;
	if (strcmp(name, "INBOX") == 0)
		return err_set(err, ERR_CANNOT, "INBOX cannot be deleted");
	fd = folder_open(account, name, err);
	if (fd < 0)
		return -1;
	io_close(&fd);
	names_to_disk(account, name, &path);
	hash_random(&random, sizeof random);
	snprintf(trash, sizeof trash, TRASH "%016llx", random);
	if (account->layout == LAYOUT_FS && !is_link(account->dirfd, path.data))
		result = delete_parts(account, path.data, trash, err);
	else
		result = delete_at_once(account, path.data, trash, err);
	/* The mailbox is gone; what is left of its records is in nobody's way. */
	if (result == 0 && (account_rename(account, name, NULL, false, err) < 0
	    || notes_drop(account, NOTES_METADATA, name, false, err) < 0))
		log_err(err);
	/* Where the answer is NO, mail that could not be put back is kept, under another name. */
	if (result == 0) {
		remove_tree(account->dirfd, trash, 0);
		sweep_trash(account);
	}
	quota_forget(account);
	buf_fini(&path);
	return result;
}

/* ---- renaming ---- */

static bool
is_below(const char *name, const char *parent)
{
	size_t len = strlen(parent);

	return strncmp(name, parent, len) == 0 && name[len] == '/';
}

/* Rename one directory; that which is there already is an error, never overwritten. */
static int
rename_directory(struct account *account, const char *from, const char *to, struct err *err)
{
	if (renameat2(account->dirfd, from, account->dirfd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS) {
		struct stat st;

		if (fstatat(account->dirfd, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
			errno = EEXIST;
		else if (renameat(account->dirfd, from, account->dirfd, to) == 0)
			return 0;
	}
	if (errno == EEXIST || errno == ENOTEMPTY)
		return err_set(err, ERR_ALREADYEXISTS, "A mailbox of the new name exists already");
	return err_errno(err, "rename", from);
}

static int
rename_maildirpp(struct account *account, const char *from, const char *to,
    const struct folder_list *list, struct err *err)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < list->count; i++) {
		struct buf old_path = BUF_INIT, new_path = BUF_INIT, name = BUF_INIT;

		if (strcmp(list->names[i], from) != 0 && !is_below(list->names[i], from))
			continue;
		buf_adds(&name, to);
		buf_adds(&name, list->names[i] + strlen(from));
		names_to_disk(account, list->names[i], &old_path);
		names_to_disk(account, name.data, &new_path);
		result = rename_directory(account, old_path.data, new_path.data, err);
		buf_fini(&old_path);
		buf_fini(&new_path);
		buf_fini(&name);
	}
	if (result == 0 && account->sync && fsync(account->dirfd) < 0)
		result = err_errno(err, "fsync", account->path);
	return result;
}

static int
rename_fs(struct account *account, const char *from, const char *to, struct err *err)
{
	struct buf old_path = BUF_INIT, new_path = BUF_INIT;
	bool made;
	char *slash;
	int result = 0;

	names_to_disk(account, from, &old_path);
	names_to_disk(account, to, &new_path);
	slash = strrchr(new_path.data, '/');
	if (slash != NULL) {
		*slash = '\0';
		result = make_directories(account, new_path.data, &made, err);
		*slash = '/';
		/* nothing moves into a directory that a loss of power could take */
		if (result == 0 && made)
			result = sync_way(account, new_path.data, err);
	}
	if (result == 0)
		result = rename_directory(account, old_path.data, new_path.data, err);
	if (result == 0)
		result = sync_way(account, new_path.data, err);
	if (result == 0)
		result = sync_way(account, old_path.data, err);
	buf_fini(&old_path);
	buf_fini(&new_path);
	return result;
}

/* No target may exist, nor be too long, before the first directory moves. */
static int
check_targets(struct account *account, const char *from, const char *to,
    const struct folder_list *list, struct err *err)
{
	bool found = false;
	int result = 0;

	for (size_t i = 0; result == 0 && i < list->count; i++) {
		struct buf name = BUF_INIT;

		if (strcmp(list->names[i], from) != 0 && !is_below(list->names[i], from))
			continue;
		found = true;
		buf_adds(&name, to);
		buf_adds(&name, list->names[i] + strlen(from));
		result = folder_check_name(account, name.data, err);
		if (result == 0 && folder_exists(account, name.data))
			result = err_set(err, ERR_ALREADYEXISTS,
			    "A mailbox of the new name exists already");
		buf_fini(&name);
	}
	if (result == 0 && !found)
		return err_set(err, ERR_NONEXISTENT, "There is no such mailbox");
	return result;
}

int
folder_rename(struct account *account, const char *from, const char *to, struct err *err)
{
	struct folder_list list;
	int result;

	if (account_writable(account, err) < 0 || check_new_name(account, to, err) < 0)
		return -1;
	if (strcmp(to, "INBOX") == 0)
		return err_set(err, ERR_ALREADYEXISTS, "INBOX exists already");
	if (is_below(to, from))
		return err_set(err, ERR_CANNOT, "A mailbox cannot move below itself");
	if (folder_list(account, &list, err) < 0)
		return -1;
	result = check_targets(account, from, to, &list, err);
	/* What was said about it is there under both names first: a crash in between loses nothing. */
	if (result == 0)
		result = notes_copy(account, NOTES_METADATA, from, to, err);
	if (result == 0)
		result = account->layout == LAYOUT_MAILDIRPP
		    ? rename_maildirpp(account, from, to, &list, err)
		    : rename_fs(account, from, to, err);
	/* It has its new name: what is left of the old one is in nobody's way. */
	if (result == 0 && (account_rename(account, from, to, true, err) < 0
	    || notes_drop(account, NOTES_METADATA, from, true, err) < 0))
		log_err(err);
	folder_list_fini(&list);
	return result;
}
