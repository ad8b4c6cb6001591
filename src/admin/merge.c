/*
 * merge: messages of another Maildir (a backup that was restored beside) that the
 * live one does not have. A message is the same when its base name is, but for
 * parts that programs add. It keeps flags, keywords, dates and its email id; its
 * UID too, when the mailbox has the same UIDVALIDITY and has given no UID so high.
 * Any other UID may be known to clients as an expunged message, and a UID never
 * comes back: those messages get new ones.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "store/change.h"
#include "store/dirs.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/mem.h"

enum { BATCH = 200 };	/* messages a lock; sessions wait that long at most */

struct names {
	uint64_t key[2];
	uint32_t *slots;	/* row + 1 */
	size_t size;
};

static uint32_t *
slot_of(struct names *names, struct mailbox *m, const char *base)
{
	size_t len = maildir_name_core(base, strlen(base));
	size_t at = hash_keyed(names->key, base, len) & (names->size - 1);

	for (; names->slots[at] != 0; at = (at + 1) & (names->size - 1)) {
		struct row row;

		mailbox_row(m, names->slots[at] - 1, &row);
		if (maildir_name_core(row.base, strlen(row.base)) == len
		    && memcmp(row.base, base, len) == 0)
			break;
	}
	return &names->slots[at];
}

static void
learn_names(struct names *names, struct mailbox *m)
{
	hash_random(names->key, sizeof names->key);
	for (names->size = 64; names->size < 2 * (size_t)mailbox_rows(m) + 2;)
		names->size *= 2;
	names->slots = mem_calloc(names->size, sizeof *names->slots);
	for (uint32_t i = 0; i < mailbox_rows(m); i++) {
		struct row row;

		mailbox_row(m, i, &row);
		if (!(row.flags & (ROW_GONE | ROW_REMOVED)))
			*slot_of(names, m, row.base) = i + 1;
	}
}

/* Copy the file to tmp/ of the mailbox, then name it in cur/. */
static int
copy_in(struct mailbox *from, const struct row *row, struct mailbox *to, const char *name,
    struct err *err)
{
	struct delivery d;
	struct buf source = BUF_INIT;
	int dir = mailbox_file(from, row, &source), fd = -1, tmp = -1, result = -1;
	char *step = mem_alloc(1 << 16);
	struct stat st;
	ssize_t n;

	memset(&d, 0, sizeof d);
	d.fd = -1;
	fd = dir < 0 ? -1 : openat(dir, source.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err_errno(err, "open", buf_str(&source));
		goto out;
	}
	if (delivery_begin(&d, 0, to, err) < 0)
		goto out;
	while ((n = read(fd, step, 1 << 16)) > 0)
		if (delivery_write(&d, step, (size_t)n, err) < 0)
			goto out;
	if (n < 0 || futimens(d.fd, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0
	    || (to->account->sync && fsync(d.fd) < 0)) {
		err_errno(err, "copy", source.data);
		goto out;
	}
	tmp = openat(to->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (tmp < 0 || renameat2(tmp, d.name, mailbox_cur(to), name, RENAME_NOREPLACE) < 0)
		err_errno(err, "rename into cur/ of", to->path);
	else
		result = 0;
out:
	delivery_end(&d);
	io_close(&tmp);
	io_close(&fd);
	free(step);
	buf_fini(&source);
	return result;
}

static uint32_t
same_keywords(struct mailbox *from, uint32_t set, struct mailbox *to)
{
	const struct keyword_set *s = &from->keywords.sets[set];
	uint32_t *ids = mem_alloc((s->count + 1) * sizeof *ids), made;

	for (uint32_t i = 0; i < s->count; i++)
		ids[i] = keywords_id(&to->keywords, from->keywords.names[s->ids[i]],
		    strlen(from->keywords.names[s->ids[i]]));
	made = keywords_set(&to->keywords, ids, s->count);
	free(ids);
	return made;
}

/* Up to BATCH messages under one lock; how many, or -1. */
static int
merge_batch(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct err *err)
{
	struct buf lines = BUF_INIT, name = BUF_INIT;
	uint64_t modseq;
	uint32_t next, last;
	bool same;
	int result = -1;

	if (mailbox_lock(to, err) < 0)
		return -1;
	if (mailbox_sync(to, err) < 0)
		goto out;
	next = to->facts.uidnext;
	modseq = to->facts.modseq + 1;
	same = from->facts.uidvalidity == to->facts.uidvalidity && from->facts.uidvalidity != 0;
	last = mailbox_uid(from, rows[count - 1]);
	if (same && last >= next) {
		if (dirs_raise_bound(to, last - next + 1, &lines, err) < 0)
			goto out;
	} else if (dirs_raise_bound(to, (uint32_t)count, &lines, err) < 0) {
		goto out;
	}
	result = 0;
	for (size_t i = 0; i < count && result == 0; i++) {
		struct row row;
		struct maildir_name parsed;
		uint32_t uid;

		mailbox_row(from, rows[i], &row);
		uid = same && row.uid >= next ? row.uid : next;
		buf_reset(&name);
		buf_adds(&name, row.base);
		maildir_name_suffix(row.flags & MAIL_FLAGS, &name);
		result = copy_in(from, &row, to, name.data, err);
		if (result < 0)
			break;
		maildir_name_parse(name.data, &parsed);
		uidlist_write_added(&lines, uid, modseq, row.save_date, row.email_id, parsed.flags,
		    parsed.suffix, &to->keywords, same_keywords(from, row.set, to), row.base);
		next = uid + 1;
	}
	/* What was placed before an error is there: it is written down all the same. */
	if (to->account->sync && fsync(mailbox_cur(to)) < 0 && result == 0)
		result = err_errno(err, "fsync cur/ of", to->path);
	{
		struct err late;

		if (mailbox_commit(to, &lines, true, &late) < 0 && result == 0) {
			*err = late;
			result = -1;
		}
	}
out:
	mailbox_unlock(to);
	buf_fini(&lines);
	buf_fini(&name);
	return result;
}

static int
merge_mailbox(struct admin *a, struct mailbox *from, struct mailbox *to, const char *name)
{
	struct names names;
	uint32_t *missing = NULL;
	size_t count = 0, room = 0, done = 0;
	int status = ADMIN_OK;

	learn_names(&names, to);
	for (uint32_t i = 0; i < mailbox_rows(from); i++) {
		struct row row;

		mailbox_row(from, i, &row);
		if ((row.flags & (ROW_GONE | ROW_REMOVED)) || *slot_of(&names, to, row.base) != 0)
			continue;
		missing = mem_grow(missing, &room, count + 1, sizeof *missing);
		missing[count++] = i;
	}
	while (!a->dry_run && done < count && !admin_stopped(a)) {
		size_t n = count - done < BATCH ? count - done : BATCH;
		struct err err;

		if (merge_batch(from, missing + done, n, to, &err) < 0) {
			progress_end(a);
			admin_say_err(name, &err);
			status = ADMIN_FAILED;
			break;
		}
		done += n;
		progress(a, name, done, count);
	}
	progress_end(a);
	printf("%s: %zu of %u messages %s\n", admin_plain(a, name), a->dry_run ? count : done, from->exists,
	    a->dry_run ? "are missing" : "put back");
	if (done > 0)
		mailbox_tidy(to);
	free(missing);
	free(names.slots);
	return status;
}

static int
merge_one(struct admin *a, struct account *backup, const char *name)
{
	struct mailbox *from = NULL, *to = NULL;
	struct err err;
	int status = ADMIN_FAILED;

	if (folder_open_mailbox(backup, name, ERR_NONEXISTENT, &from, &err) < 0) {
		admin_say_err(name, &err);
		return ADMIN_FAILED;
	}
	/* The backup is only read: what it knows, and what its directories show. */
	from->read_only = true;
	if (mailbox_sync_fully(from, &err) < 0 || (!folder_exists(&a->account, name) && !a->dry_run
	    && folder_create(&a->account, name, &err) < 0)) {
		admin_say_err(name, &err);
	} else if (!folder_exists(&a->account, name)) {
		printf("%s: the mailbox with %u messages is missing\n", admin_plain(a, name),
		    from->exists);
		status = ADMIN_OK;
	} else if ((to = admin_open(a, name, true)) != NULL) {
		status = merge_mailbox(a, from, to, name);
	}
	mailbox_close(&from);
	mailbox_close(&to);
	return status;
}

int
admin_merge(struct admin *a)
{
	struct account backup;
	struct folder_list list;
	struct err err;
	int worst = ADMIN_OK;

	if (a->from == NULL) {
		fputs("mayfly-admin: merge needs the path of the restored Maildir\n", stderr);
		return ADMIN_USAGE;
	}
	if (account_open(&backup, a->from, a->account.layout, false, &err) < 0) {
		admin_say_err(a->from, &err);
		return ADMIN_FAILED;
	}
	backup.read_only = true;
	if (folder_list(&backup, &list, &err) < 0) {
		admin_say_err(a->from, &err);
		account_close(&backup);
		return ADMIN_FAILED;
	}
	for (size_t i = 0; i < list.count && !admin_stopped(a); i++) {
		int status = merge_one(a, &backup, list.names[i]);

		if (status > worst)
			worst = status;
	}
	folder_list_fini(&list);
	account_close(&backup);
	return admin_stopped(a) ? ADMIN_STOPPED : worst;
}
