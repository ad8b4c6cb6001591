/*
 * Reading the journal of an open mailbox, and following it while others write;
 * writing is in journal_write.c, and what a crash can leave is told there.
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
#include "store/journal.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	READ_STEP = 1 << 18,
	WRITING_S = 60,		/* the kernel writes out what is older by itself; no writer holds the lock so long */
};

/* ---- applying ---- */

static void
queue(struct rows *rows, uint32_t row)
{
	rows->at = mem_grow(rows->at, &rows->room, rows->count + 1, sizeof *rows->at);
	rows->at[rows->count++] = row;
}

static const char *
keep_text(struct mailbox *m, const char *text)
{
	return *text == '\0' ? "" : arena_strndup(&m->texts, text, strlen(text));
}

static void
apply_added(struct mailbox *m, const struct uidlist_line *line)
{
	uint32_t rows = mailbox_rows(m);
	struct row *row;

	if (rows > 0 && line->uid <= mailbox_uid(m, rows - 1))
		return;	/* already here: lines may be seen twice after a reload */
	m->added = mem_grow(m->added, &m->added_room, m->added_count + 1, sizeof *m->added);
	row = &m->added[m->added_count++];
	row->uid = line->uid;
	row->flags = line->flags;
	row->set = line->set;
	row->modseq = line->modseq;
	row->save_date = line->save_date;
	row->cache = 0;
	row->base = keep_text(m, line->base);
	row->suffix = line->flags & MAIL_ODD ? keep_text(m, line->suffix) : "";
	row->email_id = keep_text(m, line->email_id);
	m->exists++;
	m->unseen += !(line->flags & MAIL_SEEN);
	m->deleted += (line->flags & MAIL_DELETED) != 0;
	if (line->uid >= m->facts.uidnext)
		m->facts.uidnext = line->uid + 1;
}

static void
apply_flags(struct mailbox *m, const struct uidlist_line *line)
{
	for (size_t i = 0; i < line->range_count; i++) {
		uint32_t number = mailbox_row_of_uid(m, line->ranges[i].first);

		for (; number < mailbox_rows(m)
		    && mailbox_uid(m, number) <= line->ranges[i].last; number++) {
			struct row *row = mailbox_touch(m, number);

			if (row->flags & (ROW_GONE | ROW_REMOVED))
				continue;
			m->unseen += !(line->flags & MAIL_SEEN) - !(row->flags & MAIL_SEEN);
			m->deleted += !!(line->flags & MAIL_DELETED) - !!(row->flags & MAIL_DELETED);
			row->flags = line->flags;
			row->suffix = line->flags & MAIL_ODD ? keep_text(m, line->suffix) : "";
			row->set = line->set;
			row->modseq = line->modseq;
			if (!m->own_lines && number < m->told_rows)
				queue(&m->flagged, number);
		}
	}
}

static void
remember_expunged(struct mailbox *m, const struct uidlist_line *line)
{
	for (size_t i = 0; i < line->range_count; i++) {
		m->expunged = mem_grow(m->expunged, &m->expunged_room, m->expunged_count + 1,
		    sizeof *m->expunged);
		m->expunged[m->expunged_count++] = (struct expunged){
			line->ranges[i].first, line->ranges[i].last, line->modseq };
	}
}

static void
apply_expunged(struct mailbox *m, const struct uidlist_line *line)
{
	uint32_t *silent = NULL;
	size_t silent_count = 0, silent_room = 0;

	for (size_t i = 0; i < line->range_count; i++) {
		uint32_t number = mailbox_row_of_uid(m, line->ranges[i].first);

		for (; number < mailbox_rows(m)
		    && mailbox_uid(m, number) <= line->ranges[i].last; number++) {
			struct row *row = mailbox_touch(m, number);

			if (row->flags & (ROW_GONE | ROW_REMOVED))
				continue;
			m->exists--;
			m->unseen -= !(row->flags & MAIL_SEEN);
			m->deleted -= (row->flags & MAIL_DELETED) != 0;
			row->flags |= ROW_GONE;
			row->modseq = line->modseq;
			if (number < m->told_rows) {
				queue(&m->gone, number);
				continue;
			}
			/* The client never heard of it: it gets no number at all. */
			silent = mem_grow(silent, &silent_room, silent_count + 1, sizeof *silent);
			silent[silent_count++] = number;
		}
	}
	mailbox_remove(m, silent, silent_count);
	free(silent);
	remember_expunged(m, line);
}

static void
apply_moved(struct mailbox *m, const struct uidlist_line *line)
{
	uint32_t number = mailbox_row_of_uid(m, line->uid);
	struct row *row;

	if (number >= mailbox_rows(m) || mailbox_uid(m, number) != line->uid)
		return;
	row = mailbox_touch(m, number);
	row->base = keep_text(m, line->base);
	row->flags = (row->flags & (MAIL_FLAGS | ROW_GONE | ROW_REMOVED))
	    | (line->flags & ~(unsigned)MAIL_FLAGS);
	row->suffix = line->flags & MAIL_ODD ? keep_text(m, line->suffix) : "";
}

static void
apply_line(struct mailbox *m, const struct uidlist_line *line)
{
	switch (line->kind) {
	case UIDLIST_ADDED:
		apply_added(m, line);
		break;
	case UIDLIST_FLAGS:
		apply_flags(m, line);
		break;
	case UIDLIST_EXPUNGED:
		apply_expunged(m, line);
		break;
	case UIDLIST_MOVED:
		apply_moved(m, line);
		return;
	case UIDLIST_RECENT:
		if (line->uid > m->facts.recent)
			m->facts.recent = line->uid;
		return;
	case UIDLIST_UIDNEXT:
		if (line->uid > m->facts.uidnext)
			m->facts.uidnext = line->uid;
		return;
	case UIDLIST_BOUND:
		if (line->uid > m->facts.uid_bound)
			m->facts.uid_bound = line->uid;
		return;
	case UIDLIST_MODSEQ:
		break;
	case UIDLIST_DIRS:
		m->facts.cur = line->cur;
		m->facts.new = line->new;
		return;
	}
	if (line->modseq > m->facts.modseq)
		m->facts.modseq = line->modseq;
}

/* Apply all whole lines; returns how many octets they took. */
static size_t
apply_bytes(struct mailbox *m, const char *bytes, size_t len)
{
	size_t at = 0;

	while (at < len) {
		const char *lf = memchr(bytes + at, '\n', len - at);
		size_t n;

		if (lf == NULL)
			break;
		n = (size_t)(lf - (bytes + at));
		if (n > 0 && uidlist_read_line(bytes + at, n, &m->keywords, &m->line))
			apply_line(m, &m->line);
		else
			m->damaged = m->lines_lost = true;
		at += n + 1;
	}
	return at;
}

void
mailbox_apply(struct mailbox *m, const struct buf *lines)
{
	apply_bytes(m, buf_str(lines), lines->len);
}

/* ---- reading ---- */

/* Read and apply from our position to the end of the file. 0, or -1 with err and errno. */
static int
read_tail(struct mailbox *m, struct err *err)
{
	struct buf buf = BUF_INIT;
	uint64_t offset = m->facts.position;
	int result = 0, error = 0;

	for (;;) {
		char *to = buf_reserve(&buf, READ_STEP);
		ssize_t n = io_pread_all(m->journal_fd, to, READ_STEP, (off_t)offset);
		size_t used;

		if (n < 0) {
			result = err_errno(err, "read " UIDLIST_NAME " in", m->path);
			error = errno;
			break;
		}
		buf.len += (size_t)n;
		offset += (uint64_t)n;
		used = apply_bytes(m, buf.data, buf.len);
		m->facts.position += used;
		m->tail += used;
		buf_drop(&buf, used);
		if (buf.len > UIDLIST_LINE_MAX) {
			/* No line of ours is so long: whatever this is, it tells us nothing. */
			m->damaged = true;
			break;
		}
		if (n < READ_STEP)
			break;
	}
	buf_fini(&buf);
	errno = error;
	return result;
}

/*
 * Open the journal and read its header, length_out octets with the LF. 1: there
 * is one; 0: there is none or it is damaged; -1: it cannot be read just now. That
 * is another thing: what is made anew in its place would lack what it says.
 */
static int
open_journal(struct mailbox *m, struct uidlist_header *header, size_t *length_out, off_t *size_out,
    struct err *err)
{
	char first[512];
	struct stat st;
	ssize_t n;
	const char *lf;

	m->journal_fd = openat(m->dirfd, UIDLIST_NAME,
	    (m->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (m->journal_fd < 0 && (errno == EROFS || errno == EACCES) && !m->read_only) {
		m->journal_fd = openat(m->dirfd, UIDLIST_NAME,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		m->read_only = m->journal_fd >= 0;
	}
	if (m->journal_fd < 0) {
		if (errno == ENOENT || errno == ELOOP || errno == EISDIR || errno == ENXIO)
			return 0;
		return err_errno(err, "open " UIDLIST_NAME " in", m->path);
	}
	if (fstat(m->journal_fd, &st) < 0)
		goto unreadable;
	if (!S_ISREG(st.st_mode)) {
		io_close(&m->journal_fd);
		return 0;
	}
	n = io_pread_all(m->journal_fd, first, sizeof first, 0);
	if (n < 0)
		goto unreadable;
	lf = n > 0 ? memchr(first, '\n', (size_t)n) : NULL;
	if (lf == NULL || !uidlist_read_header(first, (size_t)(lf - first), header)) {
		io_close(&m->journal_fd);
		return 0;
	}
	m->journal_device = st.st_dev;
	m->journal_inode = st.st_ino;
	m->journal_time = st.st_mtim.tv_sec;
	*length_out = (size_t)(lf - first) + 1;
	*size_out = st.st_size;
	return 1;
unreadable:
	err_errno(err, "read the header of " UIDLIST_NAME " in", m->path);
	io_close(&m->journal_fd);
	return -1;
}

static void
facts_from_header(struct mailbox *m, const struct uidlist_header *header, size_t length)
{
	struct mailbox_facts *f = &m->facts;

	f->uidvalidity = header->uidvalidity;
	f->uidnext = header->uidnext;
	f->modseq = header->modseq;
	f->floor = header->floor;
	f->recent = header->recent;
	f->uid_bound = header->uid_bound;
	memcpy(f->mailbox_id, header->mailbox_id, sizeof f->mailbox_id);
	f->serial = header->serial;
	f->position = length;
}

/* Counts as the image knows them. */
static void
count_from_index(struct mailbox *m)
{
	m->exists = m->index.count;
	m->unseen = index_unseen(&m->index);
	m->deleted = index_deleted(&m->index);
}

int
journal_load(struct mailbox *m, struct err *err)
{
	struct uidlist_header header;
	off_t size = 0;
	size_t length;
	int have_index, have_journal;

	have_index = index_open(&m->index, m->dirfd, &m->facts, &m->keywords, m->path, err);
	if (have_index < 0)
		return -1;
	have_journal = open_journal(m, &header, &length, &size, err);
	if (have_journal < 0)
		return -1;
	if (have_journal && have_index && header.serial == m->facts.serial) {
		m->snapshot_end = header.snapshot_end;
		count_from_index(m);
		if ((uint64_t)size >= m->facts.position)
			return (uint64_t)size == m->facts.position ? 0 : read_tail(m, err);
		io_close(&m->journal_fd);	/* older than the index: restored by somebody */
		m->damaged = m->lines_lost = true;
		return 0;
	}
	if (have_journal) {
		index_close(&m->index);
		keywords_fini(&m->keywords);
		keywords_init(&m->keywords);
		memset(&m->facts, 0, sizeof m->facts);
		facts_from_header(m, &header, length);
		m->snapshot_end = header.snapshot_end;
		/* cut inside what was written at once: no crash does that */
		if ((uint64_t)size < header.snapshot_end)
			m->damaged = m->lines_lost = true;
		return read_tail(m, err);
	}
	m->damaged = true;
	m->lines_lost = have_index;
	if (have_index) {
		count_from_index(m);
		log_line(LOG_LEVEL_WARNING, "%s: no readable " UIDLIST_NAME
		    ", its content is taken from the index", m->path);
	}
	return 0;
}

/* ---- another file in place of ours ---- */

static bool
same_message(const struct mailbox *a, const struct row *x, const struct mailbox *b,
    const struct row *y)
{
	const struct keyword_set *p = &a->keywords.sets[x->set], *q = &b->keywords.sets[y->set];

	if ((x->flags & 0xffff) != (y->flags & 0xffff) || x->modseq != y->modseq
	    || strcmp(x->base, y->base) != 0 || p->count != q->count
	    || ((x->flags & MAIL_ODD) && strcmp(x->suffix, y->suffix) != 0))
		return false;
	/* Ids may differ between the two tables; a changed set has a new mod-sequence. */
	return true;
}

/* Lines that lead from what we know to what a freshly loaded mailbox says. */
static void
difference(struct mailbox *m, struct mailbox *fresh, struct buf *lines)
{
	uint32_t x = 0, y = 0, rows = mailbox_rows(m), fresh_rows = mailbox_rows(fresh);

	while (x < rows || y < fresh_rows) {
		uint32_t ux = x < rows ? mailbox_uid(m, x) : UINT32_MAX;
		uint32_t uy = y < fresh_rows ? mailbox_uid(fresh, y) : UINT32_MAX;
		struct row a, b;

		if (uy < ux || (x >= rows && y < fresh_rows)) {
			mailbox_row(fresh, y++, &b);
			if (!(b.flags & (ROW_GONE | ROW_REMOVED)))
				uidlist_write_added(lines, b.uid, b.modseq, b.save_date, b.email_id,
				    b.flags, b.suffix, &fresh->keywords, b.set, b.base);
			continue;
		}
		mailbox_row(m, x++, &a);
		if (ux == uy)
			mailbox_row(fresh, y++, &b);
		if (ux != uy || (b.flags & (ROW_GONE | ROW_REMOVED))) {
			struct uid_range one = { ux, ux };

			uidlist_write_expunged(lines, fresh->facts.modseq, &one, 1);
		} else if (!same_message(m, &a, fresh, &b)) {
			struct uid_range one = { ux, ux };

			if (strcmp(a.base, b.base) != 0)
				uidlist_write_moved(lines, ux, b.flags, b.suffix, b.base);
			uidlist_write_flags(lines, b.modseq, &one, 1, b.flags, b.suffix,
			    &fresh->keywords, b.set);
		}
	}
}

/* The journal at our path is not the one that we read, nor its successor. */
static int
reload(struct mailbox *m, struct err *err)
{
	struct mailbox *fresh = NULL;
	struct buf lines = BUF_INIT;
	int dirfd = fcntl(m->dirfd, F_DUPFD_CLOEXEC, 0);

	if (dirfd < 0)
		return err_errno(err, "dup", m->path);
	if (mailbox_open(&fresh, m->account, dirfd, m->name, m->path, m->read_only, err) < 0)
		return -1;
	if (fresh->facts.uidvalidity != m->facts.uidvalidity) {
		mailbox_close(&fresh);
		err_set(err, ERR_UNAVAILABLE, "The mailbox was replaced by another one, select it again");
		return err_detail(err, "%s: UIDVALIDITY changed under an open session", m->path);
	}
	difference(m, fresh, &lines);
	apply_bytes(m, buf_str(&lines), lines.len);
	buf_fini(&lines);
	io_close(&m->journal_fd);
	m->journal_fd = fresh->journal_fd;
	fresh->journal_fd = -1;
	m->journal_device = fresh->journal_device;
	m->journal_inode = fresh->journal_inode;
	m->damaged = fresh->damaged;
	m->lines_lost = fresh->lines_lost;
	m->snapshot_end = fresh->snapshot_end;
	m->facts.serial = fresh->facts.serial;
	m->facts.position = fresh->facts.position;
	m->facts.uidnext = fresh->facts.uidnext;
	if (fresh->facts.modseq > m->facts.modseq)
		m->facts.modseq = fresh->facts.modseq;
	if (fresh->facts.floor > m->facts.floor)
		m->facts.floor = fresh->facts.floor;
	m->facts.recent = fresh->facts.recent;
	m->facts.cur = fresh->facts.cur;
	m->facts.new = fresh->facts.new;
	mailbox_close(&fresh);
	return 0;
}

int
journal_follow(struct mailbox *m, struct err *err)
{
	struct uidlist_header header;
	uint64_t serial = m->facts.serial;
	size_t length;
	off_t size;
	int have;

	if (m->journal_fd < 0)
		return reload(m, err);
	/* NFS keeps no file for us that another host has replaced: what we know is compared with the new one */
	if (read_tail(m, err) < 0)
		return errno == ESTALE ? reload(m, err) : -1;
	io_close(&m->journal_fd);
	have = open_journal(m, &header, &length, &size, err);
	if (have < 0)
		return -1;
	if (have == 0) {
		m->damaged = m->lines_lost = true;
		return 0;
	}
	if (header.previous != serial || header.snapshot_end > (uint64_t)size)
		return reload(m, err);
	m->facts.serial = header.serial;
	m->facts.position = m->snapshot_end = header.snapshot_end;
	/* No line says so when the other raised them because lines were lost. */
	if (header.uidnext > m->facts.uidnext)
		m->facts.uidnext = header.uidnext;
	if (header.modseq > m->facts.modseq)
		m->facts.modseq = header.modseq;
	if (header.floor > m->facts.floor)
		m->facts.floor = header.floor;
	m->tail = 0;
	return read_tail(m, err);
}

/*
 * A writer has the lock until its lines are on disk; we read them before. Were the
 * power to fail in between, a client that heard of their UIDs and mod-sequences from
 * us would see them given again, so we wait for the disk too.
 */
static int
settle(struct mailbox *m, struct err *err)
{
	if (m->lock_fd >= 0 || m->journal_fd < 0 || !m->account->sync
	    || !lock_is_taken(m->dirfd, MAILBOX_LOCK_NAME))
		return 0;
	/* a journal in place of the one before has its name to be synced as well */
	if (fdatasync(m->journal_fd) < 0 || fsync(m->dirfd) < 0)
		return err_errno(err, "fsync " UIDLIST_NAME " in", m->path);
	return 0;
}

/*
 * No journal is there, or something that is none, and the holder of the lock mends it. The file
 * that we read may have lines that we have not seen; whether it was the last one nobody can say.
 */
static int
journal_is_lost(struct mailbox *m, struct err *err)
{
	if (m->facts.uidvalidity == 0 || m->lock_fd < 0)
		return 0;
	if (m->journal_fd >= 0 && read_tail(m, err) < 0 && errno != ESTALE)
		return -1;
	m->damaged = m->lines_lost = true;
	return 0;
}

/*
 * Without its directory; or, where that still holds other mailboxes (the fs layout), without
 * cur/ and journal. INBOX cannot be deleted.
 */
static bool
was_deleted(const struct mailbox *m)
{
	struct stat st;

	if (fstat(m->dirfd, &st) == 0 && st.st_nlink == 0)
		return true;
	return m->facts.uidvalidity != 0 && strcmp(m->name, "INBOX") != 0
	    && fstatat(m->dirfd, "cur", &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static int
replay(struct mailbox *m, struct err *err)
{
	struct stat st;

	if (m->unsaved)
		return 0;
	if (fstatat(m->dirfd, UIDLIST_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_errno(err, "stat " UIDLIST_NAME " in", m->path);
		if (was_deleted(m))
			return err_set(err, ERR_UNAVAILABLE, "The mailbox was deleted");
		return journal_is_lost(m, err);
	}
	if (!S_ISREG(st.st_mode)) {
		m->damaged = true;
		return journal_is_lost(m, err);
	}
	if (m->journal_fd < 0 || st.st_ino != m->journal_inode || st.st_dev != m->journal_device) {
		if (m->facts.uidvalidity == 0 || m->journal_fd < 0) {
			struct uidlist_header header;
			size_t length;
			off_t size;
			int have = open_journal(m, &header, &length, &size, err);

			if (have <= 0)
				return have;
			if (m->facts.uidvalidity != 0)
				return reload(m, err);
			facts_from_header(m, &header, length);
			m->snapshot_end = header.snapshot_end;
			m->damaged = false;
			return read_tail(m, err);
		}
		return journal_follow(m, err);
	}
	if ((uint64_t)st.st_size == m->facts.position)
		return 0;
	if ((uint64_t)st.st_size < m->facts.position)
		return reload(m, err);
	return read_tail(m, err);
}

int
mailbox_replay(struct mailbox *m, struct err *err)
{
	uint64_t serial = m->facts.serial, position = m->facts.position;

	bool first = !m->replayed, news;

	if (replay(m, err) < 0)
		return -1;
	m->replayed = true;
	news = m->facts.serial != serial || m->facts.position != position
	    || (first && time(NULL) - m->journal_time < WRITING_S);
	return news ? settle(m, err) : 0;
}
