/*
 * The messages of a mailbox as the import sees them: one listing of cur/ and
 * new/, found by base name and by core (the base name without ,S= ,W= and what
 * sync tools add). Also how files of other programs are opened and read.
 */
#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/dirs.h"
#include "store/mailbox.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/mem.h"

struct listing {
	struct import_files *files;
	int dirfd;
};

static int
see(void *ctx, const char *name, bool in_new)
{
	struct listing *l = ctx;
	struct import_file *file;
	struct maildir_name parsed;
	struct stat st;

	maildir_name_parse(name, &parsed);
	if (parsed.base_len == 0)
		return 0;
	l->files->at = mem_grow(l->files->at, &l->files->room, l->files->count + 1,
	    sizeof *l->files->at);
	file = &l->files->at[l->files->count++];
	memset(file, 0, sizeof *file);
	file->name = arena_strndup(&l->files->texts, name, strlen(name));
	file->suffix = file->name + parsed.base_len;
	file->base_len = parsed.base_len;
	file->core_len = maildir_name_core(name, parsed.base_len);
	file->flags = parsed.flags;
	if (in_new)
		file->flags = parsed.flags & MAIL_BARE ? MAIL_IN_NEW
		    : parsed.flags | MAIL_IN_NEW | MAIL_ODD;
	if (fstatat(l->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		file->save_date = st.st_ctim.tv_sec;
		file->mtime = st.st_mtim.tv_sec;
	}
	return 0;
}

static uint32_t *
slot_of(const struct import_files *files, uint32_t *slots, const char *text, size_t len,
    bool core)
{
	size_t at = hash_keyed(files->key, text, len) & (files->slot_count - 1);

	for (; slots[at] != 0; at = (at + 1) & (files->slot_count - 1)) {
		const struct import_file *file = &files->at[slots[at] - 1];

		if ((core ? file->core_len : file->base_len) == len
		    && memcmp(file->name, text, len) == 0)
			break;
	}
	return &slots[at];
}

static void
make_tables(struct import_files *files)
{
	size_t kept = 0;

	hash_random(files->key, sizeof files->key);
	for (files->slot_count = 64; files->slot_count < 2 * files->count;)
		files->slot_count *= 2;
	files->slots = mem_calloc(files->slot_count, sizeof *files->slots);
	files->core_slots = mem_calloc(files->slot_count, sizeof *files->core_slots);
	for (size_t i = 0; i < files->count; i++) {
		uint32_t *slot;

		files->at[kept] = files->at[i];
		slot = slot_of(files, files->slots, files->at[kept].name, files->at[kept].base_len, false);
		if (*slot != 0) {
			/* a rename while we listed: the later name is the one that is there */
			files->at[*slot - 1] = files->at[kept];
			continue;
		}
		*slot = (uint32_t)++kept;
		slot = slot_of(files, files->core_slots, files->at[kept - 1].name,
		    files->at[kept - 1].core_len, true);
		if (*slot != 0)
			files->at[*slot - 1].core_shared = files->at[kept - 1].core_shared = true;
		else
			*slot = (uint32_t)kept;
	}
	files->count = kept;
}

static int
list_part(struct mailbox *m, bool in_new, struct listing *listing, struct err *err)
{
	if (dirs_part(m, in_new, &listing->dirfd, err) < 0)
		return -1;
	return listing->dirfd < 0 ? 0 : dirs_list(m, listing->dirfd, in_new, see, listing, err);
}

int
import_files_list(struct import_files *files, struct mailbox *m, struct err *err)
{
	struct listing listing = { .files = files };

	memset(files, 0, sizeof *files);
	if (list_part(m, true, &listing, err) < 0
	    || list_part(m, false, &listing, err) < 0)
		return -1;
	make_tables(files);
	return 0;
}

void
import_files_fini(struct import_files *files)
{
	free(files->at);
	free(files->slots);
	free(files->core_slots);
	arena_fini(&files->texts);
	memset(files, 0, sizeof *files);
}

int64_t
import_files_base(const struct import_files *files, const char *base, size_t len)
{
	if (files->slot_count == 0)
		return -1;
	return (int64_t)*slot_of(files, files->slots, base, len, false) - 1;
}

int64_t
import_files_core(const struct import_files *files, const char *base, size_t len)
{
	int64_t found;

	if (files->slot_count == 0)
		return -1;
	found = (int64_t)*slot_of(files, files->core_slots, base, maildir_name_core(base, len),
	    true) - 1;
	return found >= 0 && files->at[found].core_shared ? -1 : found;
}

/* ---- reading ---- */

bool
import_may_pass(int error)
{
	switch (error) {
	case 0: case EACCES: case EFBIG: case EINVAL: case EISDIR: case ELOOP: case ENAMETOOLONG: case ENOENT:
	case ENOTDIR: case ENXIO: case EPERM:
		return false;
	default:
		return true;
	}
}

int
import_open(int dirfd, const char *name, struct import_source *source)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -1;
	source->found = true;
	if (fd < 0)
		source->trouble = import_may_pass(errno) ? errno : 0;
	else if (fstat(fd, &st) < 0)
		source->trouble = errno;
	if (fd < 0) {
		snprintf(source->problem, sizeof source->problem, "it cannot be opened: %s",
		    errno == ELOOP ? "a symbolic link, which is not followed" : strerror(errno));
		return -1;
	}
	if (source->trouble != 0 || !S_ISREG(st.st_mode)) {
		snprintf(source->problem, sizeof source->problem, "it is not a regular file");
		close(fd);
		errno = EINVAL;
		return -1;
	}
	source->device = st.st_dev;
	source->inode = st.st_ino;
	source->size = st.st_size;
	source->mtime = st.st_mtim.tv_sec;
	return fd;
}

/* Read on until a LF is in the buffer, the line is too long, or the file ends. */
static const char *
fill(struct import_lines *l)
{
	size_t looked = 0;

	for (;;) {
		size_t have = l->buf.len - l->at;
		const char *lf = have > looked
		    ? memchr(l->buf.data + l->at + looked, '\n', have - looked) : NULL;
		ssize_t n;

		if (lf != NULL || l->end || have > IMPORT_LINE_MAX)
			return lf;
		looked = have;
		buf_drop(&l->buf, l->at);
		l->at = 0;
		n = read(l->fd, buf_reserve(&l->buf, 1 << 16), 1 << 16);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			l->trouble = errno;
		if (n <= 0)
			l->end = true;
		else
			l->buf.len += (size_t)n;
	}
}

int
import_line(struct import_lines *l, char **text, size_t *len)
{
	const char *lf = fill(l);
	int result = 1;

	*text = l->buf.data + l->at;
	*len = lf != NULL ? (size_t)(lf - *text) : l->buf.len - l->at;
	if (lf == NULL && *len == 0)
		return 0;
	if (lf == NULL && *len <= IMPORT_LINE_MAX) {
		l->at = l->buf.len;
		result = 2;
	} else if (*len > IMPORT_LINE_MAX) {
		/* Pass the rest by; only the start of the line is worth a look. */
		memcpy(l->start, *text, sizeof l->start);
		while (lf == NULL && !(l->end && l->at == l->buf.len)) {
			l->at = l->buf.len;
			lf = fill(l);
		}
		l->at = lf != NULL ? (size_t)(lf - l->buf.data) + 1 : l->buf.len;
		*text = l->start;
		*len = sizeof l->start;
		return 3;
	} else {
		l->at = (size_t)(lf - l->buf.data) + 1;
	}
	if (*len > 0 && (*text)[*len - 1] == '\r')
		--*len;
	return result;
}
