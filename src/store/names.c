/*
 * Mailbox names as directories. Modified UTF-7 is a grammar of IMAP, but disks
 * hold it too: wire/mutf7.h is the one file of that room that the store uses.
 */
#include "store/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/account.h"
#include "store/folder.h"
#include "util/buf.h"
#include "util/utf8.h"
#include "wire/mutf7.h"

enum { COMPONENT_MAX = 255 };	/* NAME_MAX of every usual file system */

/* One look at the root: a byte above 127 in any entry makes it a UTF-8 tree. */
static bool
is_utf8_tree(struct account *account)
{
	int fd;
	DIR *dir;
	struct dirent *entry;

	if (account->names_known)
		return account->names_utf8;
	account->names_known = true;
	fd = openat(account->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (!account->names_utf8 && (entry = readdir(dir)) != NULL)
		for (const char *c = entry->d_name; *c != '\0'; c++)
			if ((unsigned char)*c >= 0x80 && utf8_valid(entry->d_name, strlen(entry->d_name)))
				account->names_utf8 = true;
	closedir(dir);
	return account->names_utf8;
}

static bool
is_plain(const char *part, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)part[i] >= 0x80 || part[i] == '&')
			return false;
	return true;
}

/* One part of a name: characters that the disk cannot hold first, then the encoding. */
static void
part_to_disk(struct account *account, const char *part, size_t len, bool utf7, struct buf *out)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		bool dot = i < len && part[i] == '.'
		    && (account->layout == LAYOUT_MAILDIRPP || i == 0);
		bool slash = i < len && part[i] == FOLDER_SLASH;

		if (i < len && !dot && !slash)
			continue;
		if (utf7)
			mutf7_encode(part + start, i - start, out);
		else
			buf_add(out, part + start, i - start);
		if (dot)
			buf_adds(out, "&AC4-");
		if (slash)
			buf_adds(out, "&AC8-");
		start = i + 1;
	}
}

static void
name_to_disk(struct account *account, const char *name, bool utf7, struct buf *out)
{
	bool maildirpp = account->layout == LAYOUT_MAILDIRPP;

	if (maildirpp)
		buf_addc(out, '.');
	for (;;) {
		size_t len = strcspn(name, "/");

		part_to_disk(account, name, len, utf7 && !is_plain(name, len), out);
		if (name[len] == '\0')
			break;
		buf_addc(out, maildirpp ? '.' : '/');
		name += len + 1;
	}
}

void
names_to_disk(struct account *account, const char *name, struct buf *out)
{
	size_t start = out->len;

	if (strcmp(name, "INBOX") == 0) {
		buf_addc(out, '.');
		return;
	}
	name_to_disk(account, name, !is_plain(name, strlen(name)) && !is_utf8_tree(account), out);
	/*
	 * A directory that is no canonical UTF-7 was listed as it stands: found so, too.
	 * But not one that is: what lies as "a&-b" is the mailbox "a&b", and no other.
	 */
	if (strchr(name, '&') != NULL && !is_utf8_tree(account)
	    && faccessat(account->dirfd, out->data + start, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		struct buf literal = BUF_INIT, listed = BUF_INIT;

		name_to_disk(account, name, false, &literal);
		if (faccessat(account->dirfd, literal.data, F_OK, AT_SYMLINK_NOFOLLOW) == 0
		    && names_from_disk(account, literal.data, &listed) == 0
		    && strcmp(buf_str(&listed), name) == 0) {
			out->len = start;
			buf_add(out, literal.data, literal.len);
		}
		buf_fini(&literal);
		buf_fini(&listed);
	}
}

/* Decode the text between two escapes, or take it as it stands. */
static void
run_from_disk(struct account *account, const char *text, size_t len, struct buf *out)
{
	if (is_plain(text, len) || is_utf8_tree(account) || mutf7_decode(text, len, out) < 0)
		buf_add(out, text, len);
}

static int
part_from_disk(struct account *account, const char *part, size_t len, struct buf *out)
{
	size_t start = 0, from = out->len;

	if (len == 0)
		return -1;
	for (size_t i = 0; i < len;) {
		bool dot = len - i >= 5 && memcmp(part + i, "&AC4-", 5) == 0;
		bool slash = len - i >= 5 && memcmp(part + i, "&AC8-", 5) == 0;

		if (!dot && !slash) {
			i++;
			continue;
		}
		run_from_disk(account, part + start, i - start, out);
		buf_addc(out, dot ? '.' : FOLDER_SLASH);
		start = i += 5;
	}
	run_from_disk(account, part + start, len - start, out);
	/* A "/" can only come out of strange UTF-7: such a directory has no name for us. */
	if (memchr(out->data + from, '/', out->len - from) != NULL)
		return -1;
	return utf8_valid(out->data + from, out->len - from) ? 0 : -1;
}

int
names_from_disk(struct account *account, const char *path, struct buf *out)
{
	bool maildirpp = account->layout == LAYOUT_MAILDIRPP;
	char separator = maildirpp ? '.' : '/';

	if (maildirpp && *path++ != '.')
		return -1;
	for (;;) {
		const char *end = strchr(path, separator);
		size_t len = end != NULL ? (size_t)(end - path) : strlen(path);

		if (part_from_disk(account, path, len, out) < 0)
			return -1;
		if (end == NULL)
			return 0;
		buf_addc(out, '/');
		path = end + 1;
	}
}

bool
names_fit_disk(const char *path)
{
	for (;;) {
		size_t len = strcspn(path, "/");

		if (len > COMPONENT_MAX)
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
}
