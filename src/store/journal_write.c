/*
 * Writing the journal of an open mailbox and the index that follows it.
 *
 * One writer at a time, under an open-file-description lock on `mayfly-lock`;
 * readers take none. A writer replays first, so its offset is the end of all
 * whole lines; bytes behind that are the torn line of a writer that died, and
 * are cut off. It then writes at that offset and looks at the size before and
 * after: any other size means that the lock did not hold (a file system lost
 * it), and the state is loaded anew.
 *
 * What a crash can leave:
 *	journal with a torn last line      ignored by readers, cut by the next writer
 *	journal replaced, index not yet    the index has another serial: read the journal whole
 *	index alone (journal lost)         used as it is; the next writer makes a journal from it
 *	journal shorter than the index     (restored from a backup) the index is the newer one
 *	journal shorter than its first part (cut by hand, a full disk elsewhere): as damaged lines
 *	damaged lines in the journal       the others count; the next writer leaves the bad ones out
 * In the last four, lines may be lost that gave UIDs and mod-sequences: both go on
 * above all that can have been given (journal_distrust).
 *	neither                            a new UIDVALIDITY above all that the account remembers
 */
#include "store/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/cache.h"
#include "store/journal.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/safe_write.h"
#include "util/sync.h"

enum {
	LOCK_WAIT_MS = 30000,		/* longer than any write we make; then NO [INUSE] */
	LOCK_STEP_US = 100,		/* the first look at a busy lock after so long, */
	LOCK_STEP_MAX_US = 5000,	/* and in doubled steps up to this */
	QUIET_S = 60,			/* a journal that rests so long gets an index without a tail: */
	QUIET_STEP = 65536,		/* so long again for each such piece of the index */
	UIDS_WASTED = 1 << 20,		/* of 2^32; see journal_distrust */
#ifdef MAYFLY_SMALL_LIMITS		/* for histories of some dozen steps: the model in tests/README.md */
	INDEX_TAIL_MAX = 400,
	JOURNAL_GROWTH_MIN = 1000,
	EXPUNGED_MAX = 4,
#else
	INDEX_TAIL_MAX = 32768,		/* a tail that takes 0.1 ms to read */
	JOURNAL_GROWTH_MIN = 1 << 18,	/* below this no journal is worth writing anew */
	EXPUNGED_MAX = 65536,		/* ranges remembered for VANISHED (EARLIER): 1 MB */
#endif
};

int
journal_try_lock(struct mailbox *m, struct err *err)
{
	struct err late;
	int got;

	m->lock_fd = openat(m->dirfd, MAILBOX_LOCK_NAME,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (m->lock_fd < 0)
		return err_errno(err, "open " MAILBOX_LOCK_NAME " in", m->path);
	got = lock_try(&m->lock, m->account, m->lock_fd, m->dirfd, MAILBOX_LOCK_NAME);
	if (got < 1) {
		if (got < 0)
			err_errno(err, "lock " MAILBOX_LOCK_NAME " in", m->path);
		io_close(&m->lock_fd);
		return got;
	}
	m->lock_depth = 1;
	if (mailbox_replay(m, err) < 0) {
		mailbox_unlock(m);
		return -1;
	}
	mailbox_check_part(m, false, NULL);
	mailbox_check_part(m, true, NULL);
	/*
	 * Before anybody takes the next UID or mod-sequence from what we know. Who comes to
	 * remove messages on a full disk is let in all the same; his commit tries again.
	 */
	if (m->lines_lost && m->facts.uidvalidity != 0 && mailbox_rewrite_journal(m, &late) < 0)
		log_err(&late);
	return 1;
}

int
journal_wait_lock(struct lock_wait *wait, long step_max_us, struct err *err)
{
	struct timespec pause = { 0, 0 };

	if (wait->waited_us / 1000 > LOCK_WAIT_MS)
		return err_set(err, ERR_INUSE, "Another session is writing to this mailbox");
	if (wait->step_us == 0)
		wait->step_us = LOCK_STEP_US;
	pause.tv_nsec = wait->step_us * 1000;
	nanosleep(&pause, NULL);
	wait->waited_us += wait->step_us;
	if (wait->step_us < step_max_us)
		wait->step_us *= 2;
	return 0;
}

int
mailbox_lock(struct mailbox *m, struct err *err)
{
	struct lock_wait wait = { 0, 0 };
	int got;

	if (m->read_only || m->unsaved)
		return mailbox_replay(m, err);
	if (m->lock_fd >= 0) {
		m->lock_depth++;
		return 0;
	}
	while ((got = journal_try_lock(m, err)) == 0)
		if (journal_wait_lock(&wait, LOCK_STEP_MAX_US, err) < 0)
			return -1;
	return got < 0 ? -1 : 0;
}

void
mailbox_unlock(struct mailbox *m)
{
	if (m->lock_depth > 0 && --m->lock_depth > 0)
		return;
	lock_give(&m->lock);
	/* Closing the only descriptor of the description gives the kernel's lock back. */
	io_close(&m->lock_fd);
}

struct row *
journal_live_rows(const struct mailbox *m, size_t *count_out)
{
	uint32_t rows = mailbox_rows(m);
	struct row *live = mem_alloc((rows ? rows : 1) * sizeof *live);
	size_t n = 0;

	for (uint32_t i = 0; i < rows; i++) {
		mailbox_row(m, i, &live[n]);
		if (!(live[n].flags & (ROW_GONE | ROW_REMOVED)))
			n++;
	}
	*count_out = n;
	return live;
}

/* Expunged ranges of image and overlay, the newest EXPUNGED_MAX; raises the floor if need be. */
static struct expunged *
all_expunged(struct mailbox *m, size_t *count_out)
{
	size_t total = m->index.expunged_count + m->expunged_count, skip = 0;
	struct expunged *all = mem_alloc((total ? total : 1) * sizeof *all);

	if (m->index.expunged_count > 0)
		memcpy(all, m->index.expunged, m->index.expunged_count * sizeof *all);
	if (m->expunged_count > 0)
		memcpy(all + m->index.expunged_count, m->expunged,
		    m->expunged_count * sizeof *all);
	if (total > EXPUNGED_MAX) {
		skip = total - EXPUNGED_MAX;
		if (all[skip - 1].modseq > m->facts.floor)
			m->facts.floor = all[skip - 1].modseq;
		while (skip < total && all[skip].modseq <= m->facts.floor)
			skip++;
		memmove(all, all + skip, (total - skip) * sizeof *all);
	}
	*count_out = total - skip;
	return all;
}

/* By what a glance will know the journal again, where it ends at our position. */
static void
know_journal(struct mailbox *m)
{
	struct mailbox_facts *f = &m->facts;
	struct stat st;

	f->journal_inode = 0;
	if (m->journal_fd >= 0 && fstat(m->journal_fd, &st) == 0 && (uint64_t)st.st_size == f->position) {
		f->journal_inode = st.st_ino;
		f->journal_sec = st.st_mtim.tv_sec;
		f->journal_nsec = st.st_mtim.tv_nsec;
	}
}

int
mailbox_write_index(struct mailbox *m, struct err *err)
{
	struct index image;
	struct row *rows;
	struct expunged *expunged;
	size_t count, expunged_count;
	/* Who starts from it behind the place of the damage would never hear that lines are lost. */
	bool writes = !m->read_only && !m->unsaved && !m->lines_lost, remap;
	int result = 0;

	know_journal(m);
	rows = journal_live_rows(m, &count);
	/* Only where every row keeps its number: nobody is gone, or the client was told of nothing. */
	remap = m->gone.count == 0 && (m->told_rows == 0 || count == mailbox_rows(m));
	expunged = all_expunged(m, &expunged_count);
	if (m->cache != NULL)
		cache_fill_offsets(m->cache, rows, count);
	index_build(&image, rows, count, expunged, expunged_count, &m->facts, &m->keywords,
	    m->cache != NULL ? cache_serial(m->cache)
		: m->index.header != NULL ? index_cache_serial(&m->index) : 0,
	    m->cache != NULL ? cache_position(m->cache)
		: m->index.header != NULL ? index_cache_position(&m->index) : 0);
	free(rows);
	free(expunged);
	if (writes)
		result = index_write(&image, m->dirfd, true, m->path, err);
	if (remap) {
		struct index mapped;
		struct keywords kw;
		struct mailbox_facts facts;
		struct err ignored;

		/* The image in memory serves until the file can be mapped in its place. */
		keywords_init(&kw);
		if (result == 0 && writes
		    && index_open(&mapped, m->dirfd, &facts, &kw, m->path, &ignored) == 1) {
			if (facts.serial == m->facts.serial && facts.position == m->facts.position) {
				index_close(&image);
				image = mapped;
			} else {
				index_close(&mapped);
			}
		}
		keywords_fini(&kw);
		index_close(&m->index);
		m->index = image;
		m->changed_count = m->added_count = m->expunged_count = m->removed_count = 0;
		free(m->slots);
		m->slots = NULL;
		m->slot_count = 0;
		arena_fini(&m->texts);
		free(m->added);
		m->added = NULL;
		m->added_room = 0;
		m->tail = 0;
	} else {
		index_close(&image);
		if (result == 0)
			m->tail = 0;
	}
	return result;
}

/*
 * Lines are lost: UIDs go on above the bound that the account file remembers,
 * mod-sequences above what a million changes a second would have reached by now.
 */
static void
journal_distrust(struct mailbox *m)
{
	const struct account_entry *known = account_find_now(m->account, m->name);
	uint64_t now = (uint64_t)time(NULL) << 20;
	uint32_t bound = m->facts.uid_bound;

	if (known != NULL && known->uid_bound > bound)
		bound = known->uid_bound;
	/* The third copy is gone too: waste UIDs, more than any mailbox gives between two damages. */
	if (bound <= m->facts.uidnext && m->facts.uidnext < UINT32_MAX - 2 * UIDS_WASTED)
		bound = m->facts.uidnext + UIDS_WASTED;
	if (bound > m->facts.uidnext)
		m->facts.uidnext = bound;
	if (now > m->facts.modseq)
		m->facts.modseq = now;
	m->facts.floor = m->facts.modseq;	/* what was expunged since is not known either */
	m->facts.cur.trusted = m->facts.new.trusted = false;
	m->lines_lost = false;
	m->new_line = true;
}

/* The new journal, with these lines (or NULL) behind what is known. */
static int
rewrite_with(struct mailbox *m, const struct buf *lines, struct err *err)
{
	struct buf text = BUF_INIT;
	struct uidlist_header header;
	struct expunged *expunged;
	struct row *rows;
	struct stat st;
	size_t count, expunged_count;
	int result = -1;

	if (m->lines_lost)
		journal_distrust(m);
	header = (struct uidlist_header){
		.uidvalidity = m->facts.uidvalidity, .previous = m->new_line ? 0 : m->facts.serial,
		.uidnext = m->facts.uidnext, .modseq = m->facts.modseq,
		.recent = m->facts.recent, .uid_bound = m->facts.uid_bound,
	};
	memcpy(header.mailbox_id, m->facts.mailbox_id, sizeof header.mailbox_id);
	hash_random(&header.serial, sizeof header.serial);
	rows = journal_live_rows(m, &count);
	expunged = all_expunged(m, &expunged_count);
	header.floor = m->facts.floor;
	uidlist_write_header(&text, &header);
	for (size_t i = 0; i < expunged_count; i++) {
		struct uid_range range = { expunged[i].first, expunged[i].last };

		uidlist_write_expunged(&text, expunged[i].modseq, &range, 1);
	}
	for (size_t i = 0; i < count; i++)
		uidlist_write_added(&text, rows[i].uid, rows[i].modseq, rows[i].save_date,
		    rows[i].email_id, rows[i].flags, rows[i].suffix, &m->keywords, rows[i].set,
		    rows[i].base);
	uidlist_write_dirs(&text, &m->facts.cur, &m->facts.new);
	if (lines != NULL)
		buf_add(&text, lines->data, lines->len);
	/* The header has a fixed length: write it again, now that the end is known. */
	header.snapshot_end = text.len;
	{
		struct buf again = BUF_INIT;

		uidlist_write_header(&again, &header);
		memcpy(text.data, again.data, again.len);
		buf_fini(&again);
	}
	if (!m->account->sync)
		result = safe_write(m->dirfd, UIDLIST_NAME, text.data, text.len, 0600, false, m->path, err);
	else	/* what the account remembers of it is on disk before it shows */
		result = safe_write_chained(m->dirfd, UIDLIST_NAME, text.data, text.len, 0600,
		    m->account->unsynced ? m->account->dirfd : -1, true, m->path, err);
	if (result < 0)
		goto out;
	m->account->unsynced = false;
	result = -1;
	io_close(&m->journal_fd);
	m->journal_fd = openat(m->dirfd, UIDLIST_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (m->journal_fd < 0 || fstat(m->journal_fd, &st) < 0) {
		err_errno(err, "open new " UIDLIST_NAME " in", m->path);
		goto out;
	}
	m->journal_device = st.st_dev;
	m->journal_inode = st.st_ino;
	m->facts.serial = header.serial;
	m->facts.position = m->snapshot_end = header.snapshot_end;
	m->damaged = m->new_line = false;
	result = 0;
out:
	free(rows);
	free(expunged);
	buf_fini(&text);
	return result;
}

static int
refuse_broken_lock(const struct mailbox *m, struct err *err)
{
	err_set(err, ERR_INUSE, "Another session wrote at the same time, try again");
	return err_detail(err, "%s: the lock on " MAILBOX_LOCK_NAME " did not hold", m->path);
}

/*
 * The end of the journal (or not) and these directories to the disk, in one wait. 0; 1
 * when the journal is there and a directory is not; -1.
 */
static int
sync_end(struct mailbox *m, bool journal, const int *dirs, size_t count, struct err *err)
{
	struct sync_job jobs[1 + COMMIT_DIRS_MAX] = {
		{ .fd = journal ? m->journal_fd : -1, .data = true },
	};

	if (!m->account->sync || (!journal && count == 0))
		return 0;
	for (size_t i = 0; i < count; i++)
		jobs[1 + i] = (struct sync_job){ .fd = dirs[i] };
	if (sync_together(jobs, 1 + count))
		return 0;
	errno = jobs[0].error;
	if (errno != 0)
		return err_errno(err, "fdatasync " UIDLIST_NAME " in", m->path);
	for (size_t i = 0; i < count && errno == 0; i++)
		errno = jobs[1 + i].error;
	err_errno(err, "fsync a directory of", m->path);
	return 1;
}

/* The journal ends where it did before this write, or is written anew next time. */
static int
take_back(struct mailbox *m)
{
	if (ftruncate(m->journal_fd, (off_t)m->facts.position) < 0)
		m->damaged = true;
	return -1;
}

/* As sync_end. */
static int
write_at_end(struct mailbox *m, const struct buf *lines, bool sync, const int *dirs, size_t count,
    struct err *err)
{
	struct stat st;
	size_t done = 0;
	int result;

	if (fstat(m->journal_fd, &st) < 0)
		return err_errno(err, "fstat " UIDLIST_NAME " in", m->path);
	if ((uint64_t)st.st_size != m->facts.position
	    && ftruncate(m->journal_fd, (off_t)m->facts.position) < 0)
		return err_errno(err, "cut the torn end of " UIDLIST_NAME " in", m->path);
	while (done < lines->len) {
		ssize_t n = pwrite(m->journal_fd, lines->data + done, lines->len - done,
		    (off_t)(m->facts.position + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ENOSPC;
			err_errno(err, "write " UIDLIST_NAME " in", m->path);
			return take_back(m);
		}
		done += (size_t)n;
	}
	result = sync_end(m, sync, dirs, count, err);
	if (result < 0)
		return take_back(m);
	if (fstat(m->journal_fd, &st) < 0) {
		err_errno(err, "fstat " UIDLIST_NAME " in", m->path);
		return take_back(m);
	}
	if ((uint64_t)st.st_size != m->facts.position + lines->len || !lock_holds(&m->lock))
		return refuse_broken_lock(m, err);
	return result;
}

int
mailbox_rewrite_journal(struct mailbox *m, struct err *err)
{
	return rewrite_with(m, NULL, err);
}

static int
commit(struct mailbox *m, const struct buf *lines, bool sync, const int *dirs, size_t count,
    struct err *err)
{
	bool writes = lines->len > 0 && !m->unsaved && !m->read_only;
	int result;

	if (lines->len > 0 && !lock_holds(&m->lock))
		return refuse_broken_lock(m, err);
	if (writes && m->facts.serial != 0) {
		if ((m->damaged || m->journal_fd < 0) && mailbox_rewrite_journal(m, err) < 0)
			return -1;
		result = write_at_end(m, lines, sync, dirs, count, err);
		if (result < 0)
			return -1;
		m->facts.position += lines->len;
		m->tail += lines->len;
	} else {
		/*
		 * The first journal: header and lines in one write and one sync. Where there
		 * was one before, sessions that follow it must find these lines behind the
		 * snapshot, so there it takes two.
		 */
		if (writes && rewrite_with(m, lines, err) < 0)
			return -1;
		result = sync_end(m, false, dirs, count, err);
	}
	mailbox_apply(m, lines);
	return result;
}

int
mailbox_commit(struct mailbox *m, const struct buf *lines, bool sync, struct err *err)
{
	return commit(m, lines, sync, NULL, 0, err);
}

int
mailbox_commit_with_dirs(struct mailbox *m, const struct buf *lines, const int *dirs, size_t count,
    struct err *err)
{
	return commit(m, lines, true, dirs, count, err);
}

void
journal_keep_recent(struct mailbox *m, uint32_t first, uint32_t last)
{
	m->recent = mem_grow(m->recent, &m->recent_room, m->recent_count + 1, sizeof *m->recent);
	m->recent[m->recent_count++] = (struct uid_range){ first, last };
}

static uint32_t
last_uid(const struct mailbox *m)
{
	uint32_t rows = mailbox_rows(m);

	return rows > 0 ? mailbox_uid(m, rows - 1) : 0;
}

/* The lock, unless another session claims meanwhile what there is. 1: locked; 0; -1. */
static int
lock_to_claim(struct mailbox *m, struct err *err)
{
	struct lock_wait wait = { 0, 0 };
	int got;

	if (m->lock_fd >= 0 || m->read_only || m->unsaved)
		return mailbox_lock(m, err) < 0 ? -1 : 1;
	while ((got = journal_try_lock(m, err)) == 0) {
		if (journal_wait_lock(&wait, LEARN_STEP_MAX_US, err) < 0 || mailbox_replay(m, err) < 0)
			return -1;
		if (last_uid(m) <= m->facts.recent)
			return 0;
	}
	return got;
}

int
mailbox_claim_recent(struct mailbox *m, struct err *err)
{
	struct buf line = BUF_INIT;
	uint32_t first, last;
	int result;

	if (!m->claims_recent || last_uid(m) <= m->facts.recent)
		return 0;
	result = lock_to_claim(m, err);
	if (result <= 0)
		return result;
	/* Another session may have been first while we waited. */
	first = m->facts.recent + 1;
	last = last_uid(m);
	result = 0;
	if (last >= first) {
		uidlist_write_recent(&line, last);
		result = mailbox_commit(m, &line, false, err);
		if (result < 0)
			mailbox_apply(m, &line);	/* a full disk must not hide new mail */
		journal_keep_recent(m, first, last);
	}
	mailbox_unlock(m);
	buf_fini(&line);
	return result;
}

/*
 * Is there a tail, however short, and has nothing been added to it for long? Then one
 * writing of the index spares every look at the mailbox from now on the journal (see
 * glance.c). The larger the index the longer we wait, so that a mailbox where things
 * happen is not written again and again.
 */
static bool
has_rested(const struct mailbox *m)
{
	struct stat st;

	return m->tail > 0 && m->facts.cur.trusted && m->facts.new.trusted && m->journal_fd >= 0
	    && fstat(m->journal_fd, &st) == 0
	    && time(NULL) - st.st_mtime > QUIET_S * (1 + (time_t)(m->index.size / QUIET_STEP));
}

void
mailbox_tidy(struct mailbox *m)
{
	struct err err;
	uint64_t growth = m->facts.position - m->snapshot_end;
	bool cached = m->cache != NULL && cache_wants_index(m->cache, m->exists);

	/* lost lines: the next look mends the journal, which comes first */
	if (m->read_only || m->unsaved || m->facts.uidvalidity == 0 || m->lines_lost)
		return;
	if (growth > JOURNAL_GROWTH_MIN && growth > m->snapshot_end) {
		if (mailbox_lock(m, &err) < 0)
			return;
		if (mailbox_rewrite_journal(m, &err) < 0 || mailbox_write_index(m, &err) < 0)
			log_err(&err);
		mailbox_unlock(m);
	} else if (m->index.header == NULL || cached || has_rested(m)
	    || (m->tail > INDEX_TAIL_MAX && m->tail > m->index.size / 16)) {
		if (mailbox_write_index(m, &err) < 0)
			log_err(&err);
	}
}

void
mailbox_rest(struct mailbox *m)
{
	struct err err;

	m->rested = true;
	if (mailbox_write_index(m, &err) < 0)
		log_err(&err);
}
