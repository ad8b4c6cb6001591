/*
 * Changes by a session. The order is always: lock and replay; change the names
 * on disk; write and sync the journal; sync the directory. A crash in between leaves
 * disk and journal apart, and the next look takes what the disk shows as the work of
 * another program: flags as they are now, a file without a record gets a new UID, a
 * record without a file is expunged. Nothing was promised yet, nothing is lost.
 *
 * The directory is synced last because that is the cheaper order: where names and
 * blocks share one transaction (ext4, xfs, btrfs), syncing the journal has put the
 * names on disk already, and the directory finds nothing left to wait for. The other
 * way round the journal's new length needs a second transaction.
 *
 * Moves between mailboxes take another order: see move_between.
 *
 * A delivery is written and synced in tmp/ before the lock is taken, then linked
 * into cur/: a reader sees whole messages only. Left in tmp/ by a crash, it is
 * removed by mayfly-admin check, and by any other Maildir program after 36 hours.
 * Several deliveries at once take another order: see deliver_many.
 */
#include "store/change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/dirs.h"
#include "store/quota.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	COPY_STEP = 1 << 17,
	/*
	 * How often a file that another program has just renamed is looked for again. Each
	 * time it must be renamed anew in the moment between our listing and our call.
	 */
	CHASES_MAX = 10,
};

static int
refuse_read_only(const struct mailbox *m, struct err *err)
{
	if (m->unsaved && !m->read_only)
		return err_set(err, ERR_OVERQUOTA, "No room left on the disk or in the quota");
	if (m->read_only)
		return err_set(err, ERR_READONLY, "The mailbox cannot be written to");
	return 0;
}

static int
refuse_chase(const struct mailbox *m, struct err *err)
{
	err_set(err, ERR_INUSE, "Another program keeps renaming a message, try again");
	return err_detail(err, "%s: a file had another name each of %d times", m->path, CHASES_MAX);
}

/* Rename without ever hiding another file. 0, or -1 with errno. */
static int
move_file(int from_dir, const char *from, int to_dir, const char *to)
{
	struct stat st;

	if (renameat2(from_dir, from, to_dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(from_dir, from, to_dir, to);
}

static int
sync_dir(const struct mailbox *m, int dir, struct err *err)
{
	if (m->account->sync && dir >= 0 && fsync(dir) < 0)
		return err_errno(err, "fsync a directory of", m->path);
	return 0;
}

/* ---- flags ---- */

/* What a row becomes. */
struct target {
	uint32_t uid;
	unsigned flags;		/* with the place, as the file will be */
	uint32_t set;
	char *suffix;		/* when MAIL_ODD, else NULL */
};

struct flag_work {
	struct mailbox *m;
	const struct flag_change *change;
	uint32_t set;			/* the change's keywords as a set */
	struct target *targets;
	size_t count, room;
	struct rows missing;
	struct arena texts;
	bool renamed_cur, renamed_new;
};

static void
wanted(const struct flag_work *w, const struct row *row, unsigned *flags, uint32_t *set)
{
	struct keywords *kw = &w->m->keywords;

	switch (w->change->mode) {
	case FLAGS_REPLACE:
		*flags = w->change->flags;
		*set = w->set;
		break;
	case FLAGS_ADD:
		*flags = (row->flags & MAIL_FLAGS) | w->change->flags;
		*set = keywords_union(kw, row->set, w->set);
		break;
	case FLAGS_REMOVE:
		*flags = (row->flags & MAIL_FLAGS) & ~w->change->flags;
		*set = keywords_minus(kw, row->set, w->set);
		break;
	}
}

static void
add_target(struct flag_work *w, uint32_t uid, unsigned flags, uint32_t set, char *suffix)
{
	w->targets = mem_grow(w->targets, &w->room, w->count + 1, sizeof *w->targets);
	w->targets[w->count++] = (struct target){ uid, flags, set, suffix };
}

/* Rename the file to its new flags. 0, 1 when the file is not where we think, -1. */
static int
rename_to(struct flag_work *w, struct row *row, unsigned flags, uint32_t set, char **suffix_out,
    unsigned *place_out, struct err *err)
{
	struct mailbox *m = w->m;
	struct buf from = BUF_INIT, to = BUF_INIT;
	struct maildir_name parsed;
	int from_dir = mailbox_file(m, row, &from), to_dir = mailbox_cur(m), result = 0;
	size_t base_len = strlen(row->base);

	buf_adds(&to, row->base);
	if (row->flags & MAIL_ODD)
		maildir_name_merge(row->suffix, flags, &to);
	else
		maildir_name_suffix(flags, &to);
	letters_apply(m, flags, set, &to, base_len);
	maildir_name_parse(to.data, &parsed);
	*place_out = parsed.flags;
	*suffix_out = parsed.flags & MAIL_ODD
	    ? arena_strndup(&w->texts, to.data + base_len, to.len - base_len) : NULL;
	if (from_dir < 0 || to_dir < 0)
		result = err_errno(err, "open a directory of", m->path);
	else if (move_file(from_dir, from.data, to_dir, to.data) < 0)
		result = errno == ENOENT ? 1 : err_errno(err, "rename", to.data);
	if (result == 0) {
		w->renamed_cur = true;
		w->renamed_new |= (row->flags & MAIL_IN_NEW) != 0;
	}
	buf_fini(&from);
	buf_fini(&to);
	return result;
}

static int
change_row(struct flag_work *w, uint32_t number, struct rows *modified_out, struct err *err)
{
	struct row row;
	unsigned flags = 0, place;
	uint32_t set = 0;
	char *suffix = NULL;
	int result;

	mailbox_row(w->m, number, &row);
	if (row.flags & (ROW_GONE | ROW_REMOVED))
		return 0;
	if (row.modseq > w->change->unchanged_since) {
		if (modified_out != NULL) {
			modified_out->at = mem_grow(modified_out->at, &modified_out->room,
			    modified_out->count + 1, sizeof *modified_out->at);
			modified_out->at[modified_out->count++] = number;
		}
		return 0;
	}
	wanted(w, &row, &flags, &set);
	place = row.flags & ~(unsigned)MAIL_FLAGS;
	if (flags == (row.flags & MAIL_FLAGS) && !letters_differ(w->m, &row, flags, set)) {
		if (set != row.set)
			add_target(w, row.uid, flags | place, set,
			    place & MAIL_ODD ? (char *)row.suffix : NULL);
		return 0;
	}
	result = rename_to(w, &row, flags, set, &suffix, &place, err);
	if (result < 0)
		return -1;
	if (result > 0) {
		w->missing.at = mem_grow(w->missing.at, &w->missing.room, w->missing.count + 1,
		    sizeof *w->missing.at);
		w->missing.at[w->missing.count++] = number;
		return 0;
	}
	add_target(w, row.uid, place, set, suffix);
	return 0;
}

static int
by_kind(const void *a, const void *b)
{
	const struct target *x = a, *y = b;

	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	if (x->set != y->set)
		return x->set < y->set ? -1 : 1;
	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* One line for each group of messages that have become the same. */
static void
lines_for_targets(struct flag_work *w, struct buf *lines)
{
	uint64_t modseq = w->m->facts.modseq + 1;
	struct uid_range *ranges = NULL;
	size_t count, room = 0;

	if (w->count > 0)
		qsort(w->targets, w->count, sizeof *w->targets, by_kind);
	for (size_t i = 0, next; i < w->count; i = next) {
		const struct target *first = &w->targets[i];

		count = 0;
		for (next = i; next < w->count && w->targets[next].flags == first->flags
		    && w->targets[next].set == first->set && (next == i || first->suffix == NULL);
		    next++)
			uid_ranges_add(&ranges, &count, &room, w->targets[next].uid);
		uidlist_write_flags(lines, modseq, ranges, count, first->flags,
		    first->suffix != NULL ? first->suffix : "", &w->m->keywords, first->set);
	}
	free(ranges);
}

/* Put what was renamed so far on disk and into the journal. */
static int
commit_targets(struct flag_work *w, struct err *err)
{
	struct mailbox *m = w->m;
	struct buf lines = BUF_INIT;
	int result = 0;

	lines_for_targets(w, &lines);
	w->count = 0;
	m->own_lines = true;
	result = mailbox_commit(m, &lines, true, err);
	m->own_lines = false;
	if (result == 0 && w->renamed_cur)
		result = sync_dir(m, m->curfd, err);
	if (result == 0 && w->renamed_new)
		result = sync_dir(m, m->newfd, err);
	buf_fini(&lines);
	return result;
}

static int
change_rows(struct flag_work *w, const uint32_t *rows, size_t count,
    struct rows *modified_out, struct err *err)
{
	int result = 0;

	for (size_t i = 0; i < count; i++)
		if (change_row(w, rows[i], modified_out, err) < 0)
			return -1;
	for (int chases = 0; w->missing.count > 0 && result == 0; chases++) {
		/* Renamed by somebody else: look where they are, and try once more. */
		struct rows again = w->missing;

		if (chases == CHASES_MAX)
			return refuse_chase(w->m, err);
		w->missing = (struct rows){ NULL, 0, 0 };
		if (commit_targets(w, err) < 0 || mailbox_sync_fully(w->m, err) < 0)
			result = -1;
		for (size_t i = 0; result == 0 && i < again.count; i++)
			result = change_row(w, again.at[i], modified_out, err);
		free(again.at);
	}
	return result;
}

int
mailbox_change_flags(struct mailbox *m, const uint32_t *rows, size_t count,
    const struct flag_change *change, struct rows *modified_out, struct err *err)
{
	struct flag_work w = { .m = m, .change = change };
	uint32_t *ids;
	struct err late;
	bool counting;
	int result;

	if (count == 0)
		return 0;
	if (refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	counting = quota_begin(m->account);
	ids = mem_alloc((change->keyword_count + 1) * sizeof *ids);
	for (size_t i = 0; i < change->keyword_count; i++)
		ids[i] = keywords_id(&m->keywords, change->keywords[i], strlen(change->keywords[i]));
	w.set = keywords_set(&m->keywords, ids, change->keyword_count);
	letters_refresh(m);
	/* a letter is a help for other programs: without one the keyword holds all the same */
	if (m->account->share_letters && change->mode != FLAGS_REMOVE
	    && letters_share(m, w.set, &late) < 0)
		log_err(&late);
	result = change_rows(&w, rows, count, modified_out, err);
	/* What was renamed before an error has happened: the journal hears of it all the same. */
	if (commit_targets(&w, &late) < 0 && result == 0) {
		*err = late;
		result = -1;
	}
	quota_end(m->account, counting, 0, 0);
	mailbox_unlock(m);
	free(ids);
	free(w.targets);
	free(w.missing.at);
	arena_fini(&w.texts);
	return result;
}

int
mailbox_raise_modseq(struct mailbox *m, struct err *err)
{
	struct buf line = BUF_INIT;
	int result;

	if (refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	uidlist_write_modseq(&line, m->facts.modseq + 1);
	result = mailbox_commit(m, &line, false, err);
	mailbox_unlock(m);
	buf_fini(&line);
	return result;
}

/* ---- expunge ---- */

/* What a quota counts for the file. */
static int64_t
counted_size(int dir, const char *name)
{
	int64_t size = quota_size_in_name(name);
	struct stat st;

	if (size < 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		size = st.st_size;
	return size < 0 ? 0 : size;
}

/* What went away by this session, for the quota. */
struct removed {
	bool counting;
	int64_t bytes, messages;
};

/*
 * Unlink one file, under whatever name it has by now. 0: it is gone; 1: it stays,
 * because the row has a flag no more that all of these must have; -1.
 */
static int
remove_file(struct mailbox *m, uint32_t number, unsigned with, struct removed *removed,
    struct err *err)
{
	struct buf name = BUF_INIT;
	int64_t size;
	int result = 0;

	for (int chases = 0;; chases++) {
		struct row row;
		int dir;

		mailbox_row(m, number, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED))
			break;
		if ((row.flags & with) != with) {
			result = 1;
			break;
		}
		if (chases == CHASES_MAX) {
			result = refuse_chase(m, err);
			break;
		}
		dir = mailbox_file(m, &row, &name);
		if (dir < 0) {
			result = err_errno(err, "open a directory of", m->path);
			break;
		}
		size = removed->counting ? counted_size(dir, name.data) : 0;
		if (unlinkat(dir, name.data, 0) == 0) {
			removed->bytes += size;
			removed->messages++;
			break;
		}
		if (errno != ENOENT) {
			result = err_errno(err, "unlink", name.data);
			break;
		}
		if (mailbox_sync_fully(m, err) < 0) {
			result = -1;
			break;
		}
	}
	buf_fini(&name);
	return result;
}

static void
lines_for_expunge(struct mailbox *m, const uint32_t *rows, size_t count, uint64_t modseq,
    struct buf *lines)
{
	struct uid_range *ranges = NULL;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < count; i++)
		if (!(mailbox_flags(m, rows[i]) & (ROW_GONE | ROW_REMOVED)))
			uid_ranges_add(&ranges, &n, &room, mailbox_uid(m, rows[i]));
	if (n > 0)
		uidlist_write_expunged(lines, modseq, ranges, n);
	free(ranges);
}

/*
 * The files are gone: into the journal, or where it cannot take it at least into
 * memory, for this client. There it gets no mod-sequence of its own: others will
 * give that number to what this client would then never hear of.
 */
static void
commit_expunge(struct mailbox *m, const uint32_t *rows, size_t count)
{
	struct buf lines = BUF_INIT;
	struct err err;

	lines_for_expunge(m, rows, count, m->facts.modseq + 1, &lines);
	if (mailbox_commit(m, &lines, true, &err) < 0) {
		log_err(&err);
		buf_reset(&lines);
		lines_for_expunge(m, rows, count, m->facts.modseq, &lines);
		mailbox_apply(m, &lines);
	}
	if (sync_dir(m, m->curfd, &err) < 0)
		log_err(&err);
	buf_fini(&lines);
}

int
mailbox_expunge(struct mailbox *m, const uint32_t *rows, size_t count, unsigned with,
    size_t *count_out, struct err *err)
{
	struct removed removed = { 0 };
	uint32_t *gone;
	size_t done = 0;
	int result = 0;

	*count_out = 0;
	if (count == 0)
		return 0;
	if (refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	gone = mem_alloc(count * sizeof *gone);
	removed.counting = quota_begin(m->account);
	for (size_t i = 0; i < count && result >= 0; i++) {
		result = remove_file(m, rows[i], with, &removed, err);
		if (result == 0)
			gone[done++] = rows[i];
	}
	if (done > 0)
		commit_expunge(m, gone, done);
	quota_end(m->account, removed.counting, -removed.bytes, -removed.messages);
	mailbox_unlock(m);
	free(gone);
	*count_out = done;
	return result < 0 ? -1 : 0;
}

/* ---- delivery ---- */

static int
open_tmp(struct mailbox *m)
{
	int tmp = openat(m->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (tmp < 0 && errno == ENOENT) {
		dirs_make(m, "tmp");
		tmp = openat(m->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return tmp;
}

int
delivery_begin(struct delivery *d, struct mailbox *m, struct err *err)
{
	struct buf name = BUF_INIT;
	int tmp;

	memset(d, 0, sizeof *d);
	d->mailbox = m;
	d->fd = -1;
	d->internal_date = INT64_MIN;
	if (refuse_read_only(m, err) < 0)
		return -1;
	tmp = open_tmp(m);
	if (tmp < 0)
		return err_errno(err, "open tmp/ of", m->path);
	maildir_name_unique(&name);
	d->name = buf_steal(&name);
	d->fd = openat(tmp, d->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (d->fd < 0) {
		err_errno(err, "create in tmp/ of", m->path);
		free(d->name);
		d->name = NULL;
	}
	io_close(&tmp);
	return d->fd < 0 ? -1 : 0;
}

int
delivery_write(struct delivery *d, const char *bytes, size_t len, struct err *err)
{
	if (io_write_all(d->fd, bytes, len) < 0)
		return err_errno(err, "write to tmp/ of", d->mailbox->path);
	d->size += len;
	return 0;
}

void
delivery_end(struct delivery *d)
{
	io_close(&d->fd);
	if (d->name != NULL) {
		int tmp = openat(d->mailbox->dirfd, "tmp",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (tmp >= 0)
			unlinkat(tmp, d->name, 0);
		io_close(&tmp);
	}
	free(d->name);
	d->name = NULL;
}

/* Times, then everything to the disk. */
int
delivery_finish(struct delivery *d, struct err *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_NOW } };

	if (d->fd < 0)
		return 0;
	if (d->internal_date != INT64_MIN) {
		times[1].tv_sec = d->internal_date;
		times[1].tv_nsec = 0;
		if (futimens(d->fd, times) < 0)
			return err_errno(err, "set the time of a file in tmp/ of", d->mailbox->path);
	}
	if (d->mailbox->account->sync && fsync(d->fd) < 0)
		return err_errno(err, "fsync a file in tmp/ of", d->mailbox->path);
	if (io_close(&d->fd) < 0)
		return err_errno(err, "close a file in tmp/ of", d->mailbox->path);
	return 0;
}

static uint32_t
set_of(struct mailbox *m, const char *const *keywords, size_t count)
{
	uint32_t *ids = mem_alloc((count + 1) * sizeof *ids), set;

	for (size_t i = 0; i < count; i++)
		ids[i] = keywords_id(&m->keywords, keywords[i], strlen(keywords[i]));
	set = keywords_set(&m->keywords, ids, count);
	free(ids);
	return set;
}

/* The base name that the message will have; the size helps quota programs. */
static void
final_base(const struct delivery *d, struct buf *out)
{
	buf_reset(out);
	buf_addf(out, "%s,S=%llu", d->name, (unsigned long long)d->size);
}

/*
 * Before UIDs are given in a mailbox that may have been changed by others: the
 * lock, and a look at the disk, so that mail which came first has lower UIDs.
 */
static int
lock_for_uids(struct mailbox *m, size_t count, struct buf *lines, struct err *err)
{
	if (refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	if ((m->facts.uidvalidity == 0 || m->lines_lost) && mailbox_sync(m, err) < 0) {
		mailbox_unlock(m);
		return -1;
	}
	if (refuse_read_only(m, err) < 0) {
		mailbox_unlock(m);
		return -1;
	}
	if ((uint64_t)m->facts.uidnext + count >= UINT32_MAX) {
		mailbox_unlock(m);
		return err_set(err, ERR_LIMIT, "The mailbox has no UIDs left");
	}
	if (dirs_raise_bound(m, (uint32_t)count, lines, err) < 0) {
		mailbox_unlock(m);
		return -1;
	}
	return 0;
}

/* One '+' line for each, in order; uids_out receives their UIDs. */
static void
lines_for_deliveries(struct mailbox *m, const struct delivery *deliveries, size_t count,
    uint32_t *uids_out, struct buf *lines)
{
	uint64_t modseq = m->facts.modseq + 1;
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		const struct delivery *d = &deliveries[i];

		final_base(d, &name);
		uids_out[i] = m->facts.uidnext + (uint32_t)i;
		uidlist_write_added(lines, uids_out[i], modseq, (int64_t)time(NULL), "",
		    d->flags, "", &m->keywords, set_of(m, d->keywords, d->keyword_count), name.data);
	}
	buf_fini(&name);
}

/* From tmp/ to cur/ under their names. Returns how many came through; fewer than count: errno. */
static size_t
place(const struct delivery *deliveries, size_t count, int tmp, int cur)
{
	struct buf name = BUF_INIT;
	size_t placed = 0;

	for (; placed < count; placed++) {
		final_base(&deliveries[placed], &name);
		maildir_name_suffix(deliveries[placed].flags, &name);
		if (move_file(tmp, deliveries[placed].name, cur, name.data) < 0)
			break;
	}
	buf_fini(&name);
	return placed;
}

/* What was placed goes back to tmp/, where delivery_end removes it. */
static void
unplace(const struct delivery *deliveries, size_t count, int tmp, int cur)
{
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		final_base(&deliveries[i], &name);
		maildir_name_suffix(deliveries[i].flags, &name);
		if (renameat(cur, name.data, tmp, deliveries[i].name) < 0)
			unlinkat(cur, name.data, 0);
	}
	buf_fini(&name);
}

/* One message: the rename is what makes it there, the journal only numbers it. */
static int
deliver_one(struct mailbox *m, struct delivery *d, int tmp, int cur, const struct buf *lines,
    struct err *err)
{
	if (place(d, 1, tmp, cur) < 1)
		return err_errno(err, "move from tmp/ to cur/ of", m->path);
	/* Undone behind the journal, a delivery reads as expunged at the next look: its UID is wasted. */
	if (mailbox_commit(m, lines, true, err) == 0 && sync_dir(m, cur, err) == 0)
		return 0;
	unplace(d, 1, tmp, cur);
	return -1;
}

/* All but the first take its name with a number behind it: see deliver_many. */
static int
name_group(const struct mailbox *m, struct delivery *deliveries, size_t count, int tmp,
    struct err *err)
{
	for (size_t i = 1; i < count; i++) {
		struct buf name = BUF_INIT;

		buf_addf(&name, "%s_%zu", deliveries[0].name, i);
		if (renameat(tmp, deliveries[i].name, tmp, name.data) < 0) {
			buf_fini(&name);
			return err_errno(err, "rename in tmp/ of", m->path);
		}
		free(deliveries[i].name);
		deliveries[i].name = buf_steal(&name);
	}
	return 0;
}

/*
 * Several, all or none. No rename makes them all there at once, so: the journal
 * numbers them while they are still in tmp/, then the first is renamed, which is
 * the moment from which they are there, then the others. After a crash the next
 * look at the mailbox (sync.c) finds records without files: where the first one
 * is in place it brings the others, else the records are expunged. The names
 * tell who belongs to whom: name, name_1, name_2 with UIDs in a row.
 */
static int
deliver_many(struct mailbox *m, const struct delivery *deliveries, size_t count,
    const uint32_t *uids, int tmp, int cur, const struct buf *lines, struct err *err)
{
	struct uid_range range = { uids[0], uids[count - 1] };
	struct buf undo = BUF_INIT;
	struct err late;
	size_t placed;

	if (sync_dir(m, tmp, err) < 0 || mailbox_commit(m, lines, true, err) < 0)
		return -1;
	placed = place(deliveries, 1, tmp, cur);
	if (placed == 1 && sync_dir(m, cur, err) == 0) {
		placed += place(deliveries + 1, count - 1, tmp, cur);
		if (placed == count && sync_dir(m, cur, err) == 0)
			return 0;
	}
	if (placed < count)
		err_errno(err, "move from tmp/ to cur/ of", m->path);
	unplace(deliveries, placed, tmp, cur);
	uidlist_write_expunged(&undo, m->facts.modseq + 1, &range, 1);
	if (mailbox_commit(m, &undo, true, &late) < 0) {
		log_err(&late);
		mailbox_apply(m, &undo);
	}
	buf_fini(&undo);
	return -1;
}

int
mailbox_deliver(struct mailbox *m, struct delivery *deliveries, size_t count,
    uint32_t *uids_out, struct err *err)
{
	struct buf lines = BUF_INIT;
	int tmp, cur, result;
	uint64_t bytes = 0;
	bool counting;

	for (size_t i = 0; i < count; i++) {
		if (delivery_finish(&deliveries[i], err) < 0)
			return -1;
		bytes += deliveries[i].size;
	}
	if (quota_check(m->account, bytes, count, err) < 0)
		return -1;
	counting = quota_begin(m->account);
	if (lock_for_uids(m, count, &lines, err) < 0)
		return -1;
	tmp = open_tmp(m);
	cur = mailbox_cur(m);
	if (tmp < 0 || cur < 0)
		result = err_errno(err, "open tmp/ or cur/ of", m->path);
	else
		result = name_group(m, deliveries, count, tmp, err);
	if (result == 0 && count > 1) {
		struct dir_time stale[2] = { m->facts.cur, m->facts.new };

		/* after a crash cur/ may look untouched and must be listed all the same */
		stale[0].trusted = stale[1].trusted = false;
		uidlist_write_dirs(&lines, &stale[0], &stale[1]);
	}
	if (result == 0)
		lines_for_deliveries(m, deliveries, count, uids_out, &lines);
	if (result < 0)
		;	/* nothing has happened yet */
	else if (count == 1)
		result = deliver_one(m, deliveries, tmp, cur, &lines, err);
	else
		result = deliver_many(m, deliveries, count, uids_out, tmp, cur, &lines, err);
	if (result == 0)
		quota_end(m->account, counting, (int64_t)bytes, (int64_t)count);
	for (size_t i = 0; result == 0 && i < count; i++) {
		free(deliveries[i].name);
		deliveries[i].name = NULL;
	}
	mailbox_unlock(m);
	io_close(&tmp);
	buf_fini(&lines);
	return result;
}

/* ---- copy and move ---- */

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

static int
copy_bytes(int from_dir, const char *from, int to_dir, const char *to, bool sync, struct err *err)
{
	int in = openat(from_dir, from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int out = -1, result = -1;
	char *step = mem_alloc(COPY_STEP);
	struct stat st;

	if (in < 0) {
		result = errno == ENOENT ? 1 : err_errno(err, "open", from);
		goto out;
	}
	out = openat(to_dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0 || fstat(in, &st) < 0) {
		err_errno(err, "create", to);
		goto out;
	}
	for (;;) {
		ssize_t n = read(in, step, COPY_STEP);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n > 0 && io_write_all(out, step, (size_t)n) < 0)) {
			err_errno(err, "copy to", to);
			goto out;
		}
		if (n == 0)
			break;
	}
	if (futimens(out, (struct timespec[]){ st.st_atim, st.st_mtim }) < 0
	    || (sync && fsync(out) < 0) || io_close(&out) < 0) {
		err_errno(err, "finish", to);
		goto out;
	}
	result = 0;
out:
	if (result != 0 && out >= 0)
		unlinkat(to_dir, to, 0);
	io_close(&in);
	io_close(&out);
	free(step);
	return result;
}

/* 0: done; 1: the file is not there under this name; -1. */
static int
link_or_copy(struct mailbox *to, int from_dir, const char *from, int to_dir, const char *name,
    bool move, struct err *err)
{
	int result;

	if (move) {
		if (move_file(from_dir, from, to_dir, name) == 0)
			return 0;
	} else if (linkat(from_dir, from, to_dir, name, 0) == 0) {
		return 0;
	}
	if (errno == ENOENT)
		return 1;
	if (errno != EXDEV && errno != EMLINK && errno != EPERM && errno != ENOTSUP)
		return err_errno(err, move ? "move to" : "link to", to->path);
	result = copy_bytes(from_dir, from, to_dir, name, to->account->sync, err);
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
	*set_out = set_of(to, names, s->count);
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
	buf_addf(&target, ",S=%lld", (long long)counted_size(from_dir, source.data));
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

/* The last parcel's file to its place: as link_or_copy. */
static int
send_one(struct mailbox *from, struct mailbox *to, const struct parcel *parcel, bool move,
    struct err *err)
{
	struct buf source = BUF_INIT;
	struct row row;
	int from_dir, result = 1;

	mailbox_row(from, parcel->row, &row);
	if (!(row.flags & (ROW_GONE | ROW_REMOVED))) {
		from_dir = mailbox_file(from, &row, &source);
		result = link_or_copy(to, from_dir, source.data, to->curfd, parcel->name, move, err);
	}
	buf_fini(&source);
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
				return refuse_chase(from, err);
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
		bytes += dir >= 0 ? (uint64_t)counted_size(dir, name.data) : 0;
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
	if (lock_for_uids(to, count, &lines, err) < 0)
		return -1;
	result = transfer(from, rows, count, to, false, &parcels, &lines, err);
	if (result == 0)
		result = mailbox_commit(to, &lines, true, err);
	if (result == 0)
		result = sync_dir(to, to->curfd, err);
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
	if (lock_for_uids(to, count, lines, err) < 0) {
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
				one = refuse_chase(from, err);
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
		if (sync_dir(to, to->curfd, &late) < 0) {
			if (result == 0)
				*err = late;
			result = -1;
		}
		if (copied->count > 0)
			commit_expunge(from, moved, rows_of(from, copied, moved));
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
	if (refuse_read_only(from, err) < 0)
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

void
mailbox_email_id(const struct row *row, struct buf *out)
{
	/* Fixed keys: the id follows from the name alone, on every host and for ever. */
	static const uint64_t high[2] = { 0x6d617966, 0x6c790001 }, low[2] = { 0x6d617966, 0x6c790002 };
	size_t len = maildir_name_core(row->base, strlen(row->base));

	if (*row->email_id != '\0') {
		buf_adds(out, row->email_id);
		return;
	}
	buf_addf(out, "M%016llx%016llx", (unsigned long long)hash_keyed(high, row->base, len),
	    (unsigned long long)hash_keyed(low, row->base, len));
}
