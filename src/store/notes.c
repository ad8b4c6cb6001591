/*
 * Both files have lines "<name> <entry> <value> crc", each word with %XX escapes
 * and "-" for an empty one; the first line is the file's own name and version.
 */
#include "store/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/import.h"
#include "store/line.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"
#include "util/safe_write.h"

enum { NOTES_MAX = 1 << 28 };	/* octets of a file that we read; METADATA has bounds of its own */

const char *const notes_file_names[] = {
	[NOTES_SUBSCRIPTIONS] = "mayfly-subscriptions",
	[NOTES_METADATA] = "mayfly-metadata",
};

void
notes_fini(struct notes *notes)
{
	for (size_t i = 0; i < notes->count; i++) {
		free(notes->at[i].name);
		free(notes->at[i].entry);
		free(notes->at[i].value);
	}
	free(notes->at);
	memset(notes, 0, sizeof *notes);
}

/* Values may hold any octet, so they have an escaping of their own: NUL is %00. */
static char *
read_word(const char **at, const char *end, size_t *len_out)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));
	const char *stop = space != NULL ? space : end;
	struct buf out = BUF_INIT;

	buf_reserve(&out, 0);
	out.data[0] = '\0';
	if (!(stop - *at == 1 && **at == '-')) {
		for (const char *c = *at; c < stop; c++) {
			if (*c == '%' && stop - c > 2 && ascii_hex(c[1]) >= 0 && ascii_hex(c[2]) >= 0) {
				buf_addc(&out, (char)(ascii_hex(c[1]) << 4 | ascii_hex(c[2])));
				c += 2;
			} else {
				buf_addc(&out, *c);
			}
		}
	}
	*at = space != NULL ? space + 1 : end;
	*len_out = out.len;
	return buf_steal(&out);
}

static void
write_word(struct buf *out, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789ABCDEF";

	if (len == 0 || (len == 1 && *bytes == '-')) {
		buf_adds(out, len == 0 ? "-" : "%2D");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c > ' ' && c < 0x7f && c != '%') {
			buf_addc(out, (char)c);
		} else {
			buf_addc(out, '%');
			buf_addc(out, hex[c >> 4]);
			buf_addc(out, hex[c & 15]);
		}
	}
}

static struct note *
add(struct notes *notes)
{
	notes->at = mem_grow(notes->at, &notes->room, notes->count + 1, sizeof *notes->at);
	return &notes->at[notes->count++];
}

int
notes_read(struct account *account, enum notes_file file, struct notes *out, struct err *err)
{
	struct buf text = BUF_INIT;
	struct stat st;
	int fd, result = 0;

	memset(out, 0, sizeof *out);
	fd = openat(account->dirfd, notes_file_names[file], O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT && file == NOTES_SUBSCRIPTIONS) {
		/* ours is written with the first change: what is not read now would be lost then */
		errno = import_subscriptions(account, out);
		if (errno == 0)
			return 0;
		notes_fini(out);
		return err_errno(err, "read the subscriptions that another server left in", account->path);
	}
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? 0
		    : err_errno(err, "open", notes_file_names[file]);
	if (fstat(fd, &st) < 0)
		result = err_errno(err, "stat", notes_file_names[file]);
	else if (!S_ISREG(st.st_mode))
		goto out;
	if (result == 0 && io_read_file(fd, &text, NOTES_MAX) < 0)
		result = err_errno(err, "read", notes_file_names[file]);
	for (size_t at = 0; result == 0 && at < text.len;) {
		const char *line = text.data + at, *end;
		const char *lf = memchr(line, '\n', text.len - at);
		size_t len = lf != NULL ? (size_t)(lf - line) : text.len - at, ignored;
		struct note *note;

		at += len + 1;
		/* only the first is the title: a mailbox may be called so, too */
		if (!line_whole(line, &len)
		    || (line == text.data && len > 7 && memcmp(line, "mayfly-", 7) == 0))
			continue;
		end = line + len;
		note = add(out);
		note->name = read_word(&line, end, &ignored);
		note->entry = read_word(&line, end, &ignored);
		note->value = read_word(&line, end, &note->value_len);
	}
out:
	close(fd);
	buf_fini(&text);
	return result;
}

static int
write_file(struct account *account, enum notes_file file, const struct notes *notes,
    struct err *err)
{
	struct buf text = BUF_INIT;
	int result;

	buf_addf(&text, "%s 1", notes_file_names[file]);
	line_close(&text, 0);
	for (size_t i = 0; i < notes->count; i++) {
		const struct note *note = &notes->at[i];
		size_t start = text.len;

		write_word(&text, note->name, strlen(note->name));
		buf_addc(&text, ' ');
		write_word(&text, note->entry, strlen(note->entry));
		buf_addc(&text, ' ');
		write_word(&text, note->value, note->value_len);
		line_close(&text, start);
	}
	result = safe_write(account->dirfd, notes_file_names[file], text.data, text.len, 0600,
	    account->sync, account->path, err);
	buf_fini(&text);
	return result;
}

const struct note *
notes_find(const struct notes *notes, const char *name, const char *entry)
{
	for (size_t i = 0; i < notes->count; i++)
		if (strcmp(notes->at[i].name, name) == 0
		    && ascii_casecmp(notes->at[i].entry, entry) == 0)
			return &notes->at[i];
	return NULL;
}

static void
drop(struct notes *notes, size_t i)
{
	free(notes->at[i].name);
	free(notes->at[i].entry);
	free(notes->at[i].value);
	notes->at[i] = notes->at[--notes->count];
}

/* One lock for both files, held for a read and a write. */
static int
lock(struct account *account, struct lock *held, struct err *err)
{
	if (account_writable(account, err) < 0)
		return -1;
	return lock_named(held, account, "mayfly-notes.lock", err);
}

static void
unlock(struct lock *held, int fd)
{
	lock_give(held);
	close(fd);
}

/* Did it change anything? */
static bool
apply(struct notes *notes, const struct note *change)
{
	const struct note *old = notes_find(notes, change->name, change->entry);
	struct note *note;

	if (old != NULL && change->value != NULL && old->value_len == change->value_len
	    && memcmp(old->value, change->value, change->value_len) == 0)
		return false;
	if (old == NULL && change->value == NULL)
		return false;
	if (old != NULL)
		drop(notes, (size_t)(old - notes->at));
	if (change->value != NULL) {
		note = add(notes);
		note->name = mem_strdup(change->name);
		note->entry = mem_strdup(change->entry);
		note->value = mem_strndup(change->value, change->value_len);
		note->value_len = change->value_len;
	}
	return true;
}

int
notes_change(struct account *account, enum notes_file file, const struct note *changes,
    size_t count, int (*check)(void *ctx, const struct notes *notes, struct err *err), void *ctx,
    struct err *err)
{
	struct notes notes = { NULL, 0, 0 };
	bool changed = false;
	struct lock held = { 0 };
	int fd = lock(account, &held, err), result;

	if (fd < 0)
		return -1;
	result = notes_read(account, file, &notes, err);
	for (size_t i = 0; result == 0 && i < count; i++)
		changed |= apply(&notes, &changes[i]);
	if (result == 0 && changed && check != NULL)
		result = check(ctx, &notes, err);
	if (result == 0 && changed)
		result = write_file(account, file, &notes, err);
	unlock(&held, fd);
	notes_fini(&notes);
	return result;
}

int
notes_set(struct account *account, enum notes_file file, const char *name,
    const char *entry, const char *value, size_t value_len, struct err *err)
{
	const struct note change = { (char *)name, (char *)entry, (char *)value, value_len };

	return notes_change(account, file, &change, 1, NULL, NULL, err);
}

/* Is the note about this name, or (tree) about one below it? */
static bool
concerns(const struct note *note, const char *name, bool tree)
{
	size_t len = strlen(name);

	return strncmp(note->name, name, len) == 0
	    && (note->name[len] == '\0' || (tree && note->name[len] == '/'));
}

static bool
drop_all(struct notes *notes, const char *name, bool tree)
{
	bool changed = false;

	for (size_t i = 0; i < notes->count; i++) {
		if (!concerns(&notes->at[i], name, tree))
			continue;
		drop(notes, i--);
		changed = true;
	}
	return changed;
}

int
notes_rewrite(struct account *account, enum notes_file file, struct err *err)
{
	struct notes notes = { NULL, 0, 0 };
	struct lock held = { 0 };
	int fd = lock(account, &held, err), result;

	if (fd < 0)
		return -1;
	result = notes_read(account, file, &notes, err);
	if (result == 0)
		result = write_file(account, file, &notes, err);
	unlock(&held, fd);
	notes_fini(&notes);
	return result;
}

int
notes_drop(struct account *account, enum notes_file file, const char *name, bool tree,
    struct err *err)
{
	struct notes notes = { NULL, 0, 0 };
	struct lock held = { 0 };
	int fd = lock(account, &held, err), result;

	if (fd < 0)
		return -1;
	result = notes_read(account, file, &notes, err);
	if (result == 0 && drop_all(&notes, name, tree))
		result = write_file(account, file, &notes, err);
	unlock(&held, fd);
	notes_fini(&notes);
	return result;
}

int
notes_copy(struct account *account, enum notes_file file, const char *from,
    const char *to, struct err *err)
{
	struct notes notes = { NULL, 0, 0 };
	bool changed = false;
	size_t count;
	struct lock held = { 0 };
	int fd = lock(account, &held, err), result;

	if (fd < 0)
		return -1;
	result = notes_read(account, file, &notes, err);
	if (result == 0)
		changed = drop_all(&notes, to, true);
	count = notes.count;
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct buf name = BUF_INIT;
		struct note *copy;

		if (!concerns(&notes.at[i], from, true))
			continue;
		changed = true;
		buf_adds(&name, to);
		buf_adds(&name, notes.at[i].name + strlen(from));
		copy = add(&notes);
		copy->name = buf_steal(&name);
		copy->entry = mem_strdup(notes.at[i].entry);
		copy->value = mem_strndup(notes.at[i].value, notes.at[i].value_len);
		copy->value_len = notes.at[i].value_len;
	}
	if (result == 0 && changed)
		result = write_file(account, file, &notes, err);
	unlock(&held, fd);
	notes_fini(&notes);
	return result;
}
