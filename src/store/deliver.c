/*
 * New messages. One is written and synced in tmp/ before the lock is taken, then renamed
 * into cur/: a reader sees whole messages only. Left in tmp/ by a crash, it is
 * removed by mayfly-admin check, and by any other Maildir program after 36 hours.
 * The order of the rest is that of change.c; several at once take another order: see
 * deliver_many.
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
#include "store/change_steps.h"
#include "store/dirs.h"
#include "store/quota.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/sync.h"

int
change_open_tmp(struct mailbox *m)
{
	int tmp = openat(m->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (tmp < 0 && errno == ENOENT) {
		dirs_make(m, "tmp");
		tmp = openat(m->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	return tmp;
}

int
delivery_begin(struct delivery *d, size_t before, struct mailbox *m, struct err *err)
{
	struct buf name = BUF_INIT;
	int tmp;

	memset(d, 0, sizeof *d);
	d->mailbox = m;
	d->fd = -1;
	d->internal_date = INT64_MIN;
	if (change_refuse_read_only(m, err) < 0)
		return -1;
	tmp = change_open_tmp(m);
	if (tmp < 0)
		return err_errno(err, "open tmp/ of", m->path);
	/* all but the first take its name with a number behind it: see deliver_many */
	if (before > 0)
		buf_addf(&name, "%s_%zu", d[-(ptrdiff_t)before].name, before);
	else
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

static int
set_time(const struct delivery *d, struct err *err)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = d->internal_date } };

	if (d->internal_date != INT64_MIN && futimens(d->fd, times) < 0)
		return err_errno(err, "set the time of a file in tmp/ of", d->mailbox->path);
	return 0;
}

/* At most DELIVERIES_OPEN_MAX of them: times, then everything to the disk. */
static int
finish_some(struct delivery *deliveries, size_t count, struct err *err)
{
	struct sync_job jobs[DELIVERIES_OPEN_MAX];

	for (size_t i = 0; i < count; i++) {
		jobs[i] = (struct sync_job){ .fd = deliveries[i].fd };
		if (deliveries[i].fd >= 0 && set_time(&deliveries[i], err) < 0)
			return -1;
	}
	if (deliveries->mailbox->account->sync && !sync_together(jobs, count)) {
		for (size_t i = 0; i < count && (errno = jobs[i].error) == 0; i++)
			continue;
		return err_errno(err, "fsync a file in tmp/ of", deliveries->mailbox->path);
	}
	for (size_t i = 0; i < count; i++)
		if (deliveries[i].fd >= 0 && io_close(&deliveries[i].fd) < 0)
			return err_errno(err, "close a file in tmp/ of", deliveries->mailbox->path);
	return 0;
}

int
deliveries_finish(struct delivery *deliveries, size_t count, struct err *err)
{
	for (size_t at = 0, n; at < count; at += n) {
		n = count - at < DELIVERIES_OPEN_MAX ? count - at : DELIVERIES_OPEN_MAX;
		if (finish_some(deliveries + at, n, err) < 0)
			return -1;
	}
	return 0;
}

uint32_t
change_keyword_set(struct mailbox *m, const char *const *keywords, size_t count)
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

int
change_lock_for_uids(struct mailbox *m, size_t count, struct buf *lines, struct err *err)
{
	if (change_refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	if ((m->facts.uidvalidity == 0 || m->lines_lost) && mailbox_sync(m, err) < 0) {
		mailbox_unlock(m);
		return -1;
	}
	if (change_refuse_read_only(m, err) < 0) {
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
		    d->flags, "", &m->keywords, change_keyword_set(m, d->keywords, d->keyword_count), name.data);
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
		if (change_move_file(tmp, deliveries[placed].name, cur, name.data) < 0)
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
	if (mailbox_commit_with_dirs(m, lines, &cur, 1, err) == 0)
		return 0;
	unplace(d, 1, tmp, cur);
	return -1;
}

/*
 * Several, all or none. No rename makes them all there at once, so: the journal
 * numbers them while they are still in tmp/, then the first is renamed, which is
 * the moment from which they are there, then the others. After a crash the next
 * look at the mailbox (look.c) finds records without files: where the first one
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
	size_t placed = 0;
	int result = mailbox_commit_with_dirs(m, lines, &tmp, 1, err);

	if (result < 0)
		return -1;
	if (result == 0)
		placed = place(deliveries, 1, tmp, cur);
	if (placed == 1 && change_sync_dir(m, cur, err) == 0) {
		placed += place(deliveries + 1, count - 1, tmp, cur);
		if (placed == count && change_sync_dir(m, cur, err) == 0)
			return 0;
	}
	if (result == 0 && placed < count)
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
	int tmp, cur, result = 0;
	uint64_t bytes = 0;
	bool counting;

	if (deliveries_finish(deliveries, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		bytes += deliveries[i].size;
	if (quota_check(m->account, bytes, count, err) < 0)
		return -1;
	counting = quota_begin(m->account);
	if (change_lock_for_uids(m, count, &lines, err) < 0)
		return -1;
	tmp = change_open_tmp(m);
	cur = mailbox_cur(m);
	if (tmp < 0 || cur < 0)
		result = err_errno(err, "open tmp/ or cur/ of", m->path);
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
