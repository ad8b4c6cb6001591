/*
 * Copies and moves: a link where the file system lets one be made, else a copy that is
 * synced. Copies take the order of change.c; moves between mailboxes another: see
 * move_between.
 */
#include "store/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/change_steps.h"
#include "store/quota.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum { COPY_STEP = 1 << 17 };	/* octets at a time, where a file is copied */

void
copied_fini(struct copied *copied)
{
	free(copied->from);
	free(copied->to);
	memset(copied, 0, sizeof *copied);
}

static void
copied_add(struct copied *copied, uint32_t from, uint32_t to)
{
	copied->from = mem_grow(copied->from, &copied->room, copied->count + 1,
	    sizeof *copied->from);
	copied->to = mem_grow(copied->to, &copied->to_room, copied->count + 1,
	    sizeof *copied->to);
	copied->from[copied->count] = from;
	copied->to[copied->count++] = to;
}

/* A message on its way: its row, and UID and file name in the target. */
struct parcel {
	uint32_t row, uid;
	char *name;
};

struct parcels {
	struct arena texts;
	struct parcel *at;
	size_t count, room;
};

static void
parcels_fini(struct parcels *parcels)
{
	free(parcels->at);
	arena_fini(&parcels->texts);
}

/*
 * By way of tmp/, as with every other delivery: nobody sees half a message, also when we are
 * killed. 0: done; 1: the file is not there under this name; -1.
 */
static int
copy_bytes(int from_dir, const char *from, struct mailbox *to, int to_dir, const char *name,
    struct err *err)
{
	int in = openat(from_dir, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int tmp = -1, out = -1, result = -1;
	char *step = mem_alloc(COPY_STEP);
	bool made = false;
	struct stat st;

	if (in < 0) {
		result = errno == ENOENT ? 1 : err_errno(err, "open", from);
		goto out;
	}
	tmp = change_open_tmp(to);
	if (tmp >= 0)
		out = openat(tmp, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	made = out >= 0;
	if (out < 0 || fstat(in, &st) < 0) {
		err_errno(err, "create", name);
		goto out;
	}
	for (;;) {
		ssize_t n = read(in, step, COPY_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n > 0 && io_write_all(out, step, (size_t)n) < 0)) {
			err_errno(err, "copy to", name);
			goto out;
		}
		if (n == 0)
			break;
	}
	if (futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0
	    || (to->account->sync && fsync(out) < 0) || io_close(&out) < 0
	    || change_move_file(tmp, name, to_dir, name) < 0) {
		err_errno(err, "finish", name);
		goto out;
	}
	result = 0;
out:
	if (result != 0 && made)
		unlinkat(tmp, name, 0);
	io_close(&in);
	io_close(&out);
	io_close(&tmp);
	free(step);
	return result;
}

/* As copy_bytes, which is the way where neither a link nor a rename is to be had. */
static int
link_or_copy(struct mailbox *to, int from_dir, const char *from, int to_dir, const char *name,
    bool move, struct err *err)
{
	int result;

	if (move) {
		if (change_move_file(from_dir, from, to_dir, name) == 0)
			return 0;
	} else if (linkat(from_dir, from, to_dir, name, 0) == 0) {
		return 0;
	}
	if (errno == ENOENT)
		return 1;
	if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != ENOTSUP)
		return err_errno(err, move ? "move to" : "link to", to->path);
	result = copy_bytes(from_dir, from, to, to_dir, name, err);
	/* On two disks, of which each writes when it likes: the copy has its name before the original goes. */
	if (result == 0 && move && change_sync_dir(to, to_dir, err) < 0) {
		unlinkat(to_dir, name, 0);
		return -1;
	}
	if (result == 0 && move && unlinkat(from_dir, from, 0) < 0 && errno != ENOENT) {
		unlinkat(to_dir, name, 0);
		return err_errno(err, "unlink", from);
	}
	return result;
}

static void
keyword_names(const struct mailbox *from, uint32_t set, struct mailbox *to, uint32_t *set_out)
{
	const struct keyword_set *s = &from->keywords.sets[set];
	const char **names = mem_alloc((s->count + 1) * sizeof *names);

	for (uint32_t i = 0; i < s->count; i++)
		names[i] = from->keywords.names[s->ids[i]];
	*set_out = change_keyword_set(to, names, s->count);
	free(names);
}

/* Choose a name for the message and write its line. 0, 1 the file is not where we think, -1. */
static int
plan_one(struct mailbox *from, uint32_t number, struct mailbox *to, uint32_t uid,
    struct parcels *parcels, struct buf *lines, struct err *err)
{
	struct buf source = BUF_INIT, target = BUF_INIT, email_id = BUF_INIT;
	struct row row;
	struct stat st;
	size_t base_len;
	uint32_t set;
	int from_dir, result = 0;
	unsigned flags;

	mailbox_row(from, number, &row);
	if (row.flags & (ROW_GONE | ROW_REMOVED))
		return 1;
	from_dir = mailbox_file(from, &row, &source);
	flags = row.flags & MAIL_FLAGS;
	if (from_dir < 0 || mailbox_cur(to) < 0) {
		result = err_errno(err, "open a directory of", from->path);
		goto out;
	}
	if (fstatat(from_dir, source.data, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		result = errno == ENOENT ? 1 : err_errno(err, "stat", source.data);
		goto out;
	}
	maildir_name_unique(&target);
	/* a name that has a size tells it also for a compressed file, whose own is another */
	buf_addf(&target, ",S=%lld", (long long)change_counted_size(from_dir, source.data));
	base_len = target.len;
	maildir_name_suffix(flags, &target);
	parcels->at = mem_grow(parcels->at, &parcels->room, parcels->count + 1, sizeof *parcels->at);
	parcels->at[parcels->count++] = (struct parcel){ number, uid,
		arena_strndup(&parcels->texts, target.data, target.len) };
	target.data[base_len] = '\0';
	keyword_names(from, row.set, to, &set);
	mailbox_email_id(&row, &email_id);
	uidlist_write_added(lines, uid, to->facts.modseq + 1, (int64_t)time(NULL),
	    email_id.data, flags, "", &to->keywords, set, target.data);
out:
	buf_fini(&source);
	buf_fini(&target);
	buf_fini(&email_id);
	return result;
}

/*
 * The parcel's file to its place: as link_or_copy. When another program has changed the flags
 * since they were planned, the file keeps them: the next look at the target sees the change.
 */
static int
send_one(struct mailbox *from, struct mailbox *to, const struct parcel *parcel, bool move,
    struct err *err)
{
	struct buf source = BUF_INIT, target = BUF_INIT;
	struct row row;
	int from_dir, result = 1;

	mailbox_row(from, parcel->row, &row);
	if (!(row.flags & (ROW_GONE | ROW_REMOVED))) {
		from_dir = mailbox_file(from, &row, &source);
		buf_add(&target, parcel->name, strcspn(parcel->name, ":"));
		maildir_name_suffix(row.flags & MAIL_FLAGS, &target);
		result = link_or_copy(to, from_dir, source.data, to->curfd, target.data, move, err);
	}
	buf_fini(&source);
	buf_fini(&target);
	return result;
}

/* Plan one, and for a copy do it at once. 0, 1 gone, -1. */
static int
transfer_one(struct mailbox *from, uint32_t number, struct mailbox *to, uint32_t uid,
    bool move, struct parcels *parcels, struct buf *lines, struct err *err)
{
	size_t before = lines->len, count = parcels->count;
	int result = plan_one(from, number, to, uid, parcels, lines, err);

	if (result == 0 && !move)
		result = send_one(from, to, &parcels->at[count], false, err);
	if (result != 0) {
		parcels->count = count;
		if (lines->data != NULL)
			lines->data[lines->len = before] = '\0';
	}
	return result;
}

/* All rows into the target, whose lock is held. */
static int
transfer(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    bool move, struct parcels *parcels, struct buf *lines, struct err *err)
{
	uint32_t uid = to->facts.uidnext;

	for (size_t i = 0; i < count; i++) {
		int result = transfer_one(from, rows[i], to, uid, move, parcels, lines, err);

		for (int chases = 0; result == 1
		    && !(mailbox_flags(from, rows[i]) & (ROW_GONE | ROW_REMOVED)); chases++) {
			if (chases == CHASES_MAX)
				return change_refuse_chase(from, err);
			/* In one mailbox the look must not take the copies for new mail. */
			if (from == to && mailbox_commit(to, lines, true, err) < 0)
				return -1;
			if (from == to)
				buf_reset(lines);
			if (mailbox_sync_fully(from, err) < 0)
				return -1;
			if (from == to)
				uid = to->facts.uidnext;
			result = transfer_one(from, rows[i], to, uid, move, parcels, lines, err);
		}
		if (result < 0)
			return -1;
		uid += result == 0;
	}
	return 0;
}

/* Is there room for a copy of these rows? */
static int
check_copy(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct err *err)
{
	uint64_t bytes = 0;
	struct quota quota;

	if (quota_read(to->account, &quota, err) < 0)
		return -1;
	for (size_t i = 0; quota.on && i < count; i++) {
		struct buf name = BUF_INIT;
		struct row row;
		int dir;

		mailbox_row(from, rows[i], &row);
		dir = mailbox_file(from, &row, &name);
		bytes += dir >= 0 ? (uint64_t)change_counted_size(dir, name.data) : 0;
		buf_fini(&name);
	}
	return quota.on ? quota_check(to->account, bytes, count, err) : 0;
}

int
mailbox_copy(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct copied *copied, struct err *err)
{
	struct parcels parcels = { 0 };
	struct buf lines = BUF_INIT;
	int64_t bytes = 0;
	bool counting;
	int result;

	memset(copied, 0, sizeof *copied);
	if (check_copy(from, rows, count, to, err) < 0)
		return -1;
	counting = quota_begin(to->account);
	if (change_lock_for_uids(to, count, &lines, err) < 0)
		return -1;
	result = transfer(from, rows, count, to, false, &parcels, &lines, err);
	if (result == 0 && mailbox_commit_with_dirs(to, &lines, &to->curfd, 1, err) != 0)
		result = -1;
	for (size_t i = 0; i < parcels.count; i++) {
		if (result < 0) {
			unlinkat(to->curfd, parcels.at[i].name, 0);
			continue;
		}
		copied_add(copied, mailbox_uid(from, parcels.at[i].row), parcels.at[i].uid);
		bytes += quota_size_in_name(parcels.at[i].name);
	}
	if (result == 0)
		quota_end(to->account, counting, bytes, (int64_t)parcels.count);
	mailbox_unlock(to);
	parcels_fini(&parcels);
	buf_fini(&lines);
	return result;
}

/* Both locks, always in the same order of the two directories, so that no two moves wait in a ring. */
static int
lock_both(struct mailbox *from, struct mailbox *to, size_t count, struct buf *lines,
    struct err *err)
{
	struct stat a, b;
	bool from_first;

	if (fstat(from->dirfd, &a) < 0 || fstat(to->dirfd, &b) < 0)
		return err_errno(err, "fstat", from->path);
	from_first = a.st_dev != b.st_dev ? a.st_dev < b.st_dev : a.st_ino < b.st_ino;
	if (from_first && mailbox_lock(from, err) < 0)
		return -1;
	if (change_lock_for_uids(to, count, lines, err) < 0) {
		if (from_first)
			mailbox_unlock(from);
		return -1;
	}
	if (!from_first && mailbox_lock(from, err) < 0) {
		mailbox_unlock(to);
		return -1;
	}
	return 0;
}

/* The rows of what was copied, which came from rows in order. */
static size_t
rows_of(struct mailbox *m, const struct copied *copied, uint32_t *rows)
{
	for (size_t i = 0; i < copied->count; i++)
		rows[i] = mailbox_row_of_uid(m, copied->from[i]);
	return copied->count;
}

/*
 * Rename what the target's journal has numbered already, in order. Those that
 * come through are put first; the UIDs of the others are expunged.
 */
static int
send_all(struct mailbox *from, struct mailbox *to, struct parcels *parcels, struct err *err)
{
	struct uid_range *ranges = NULL;
	size_t sent = 0, count = 0, room = 0;
	struct buf undo = BUF_INIT;
	struct err late;
	int result = 0;

	for (size_t i = 0; i < parcels->count; i++) {
		int one = result < 0 ? 1 : send_one(from, to, &parcels->at[i], true, err);

		for (int chases = 0; one == 1 && result == 0
		    && !(mailbox_flags(from, parcels->at[i].row) & (ROW_GONE | ROW_REMOVED)); chases++) {
			if (chases == CHASES_MAX)
				one = change_refuse_chase(from, err);
			else if (mailbox_sync_fully(from, err) < 0)
				one = -1;
			else
				one = send_one(from, to, &parcels->at[i], true, err);
		}
		if (one < 0)
			result = -1;
		if (one == 0)
			parcels->at[sent++] = parcels->at[i];
		else
			uid_ranges_add(&ranges, &count, &room, parcels->at[i].uid);
	}
	parcels->count = sent;
	if (count > 0)
		uidlist_write_expunged(&undo, to->facts.modseq + 1, ranges, count);
	/* where this fails, the next look finds that there are no files */
	if (mailbox_commit(to, &undo, true, &late) < 0)
		log_err(&late);
	free(ranges);
	buf_fini(&undo);
	return result;
}

/*
 * Between two mailboxes: the target's journal takes UIDs, flags and keywords
 * first, while the files are still where they were; then each is renamed; then
 * the source hears that they are gone. After a crash the next look finds records
 * without files in one mailbox or the other and expunges them; no message is
 * without its keywords at any time. (Files first was tried: a crash left them in
 * the target as mail that nobody had marked.)
 */
static int
move_between(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct copied *copied, struct buf *lines, struct err *err)
{
	struct dir_time stale[2] = { to->facts.cur, to->facts.new };
	struct parcels parcels = { 0 };
	uint32_t *moved = mem_alloc((count + 1) * sizeof *moved);
	struct err late;
	int result;

	/* after a crash cur/ may look untouched and must be listed all the same */
	stale[0].trusted = stale[1].trusted = false;
	uidlist_write_dirs(lines, &stale[0], &stale[1]);
	result = transfer(from, rows, count, to, true, &parcels, lines, err);
	if (result == 0 && parcels.count > 0 && (result = mailbox_commit(to, lines, true, err)) == 0) {
		result = send_all(from, to, &parcels, err);
		for (size_t i = 0; i < parcels.count; i++)
			copied_add(copied, mailbox_uid(from, parcels.at[i].row), parcels.at[i].uid);
		if (change_sync_dir(to, to->curfd, &late) < 0) {
			if (result == 0)
				*err = late;
			result = -1;
		}
		if (copied->count > 0)
			change_commit_expunge(from, moved, rows_of(from, copied, moved));
	}
	free(moved);
	parcels_fini(&parcels);
	return result;
}

int
mailbox_move(struct mailbox *from, const uint32_t *rows, size_t count, struct mailbox *to,
    struct copied *copied, struct err *err)
{
	struct buf lines = BUF_INIT;
	bool counting;
	int result;

	memset(copied, 0, sizeof *copied);
	if (change_refuse_read_only(from, err) < 0)
		return -1;
	counting = quota_begin(from->account);
	if (from == to) {
		uint32_t *moved = mem_alloc((count + 1) * sizeof *moved);
		size_t gone;

		result = mailbox_copy(from, rows, count, to, copied, err);
		if (result == 0)
			result = mailbox_expunge(from, moved, rows_of(from, copied, moved), 0,
			    &gone, err);
		free(moved);
		return result;
	}
	if (lock_both(from, to, count, &lines, err) < 0)
		return -1;
	result = move_between(from, rows, count, to, copied, &lines, err);
	quota_end(from->account, counting, 0, 0);
	mailbox_unlock(from);
	mailbox_unlock(to);
	buf_fini(&lines);
	return result;
}
