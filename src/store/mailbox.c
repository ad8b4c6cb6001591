/*
 * The open mailbox: rows and numbers. A row of the image that nobody touched
 * costs nothing here; a changed one is copied to the overlay and found by hash.
 * Sequence numbers are computed: the rows without a number are kept in one
 * ascending array, so number and row are a binary search apart.
 */
#include "store/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/cache.h"
#include "store/journal.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

/* ---- life ---- */

int
mailbox_open(struct mailbox **out, struct account *account, int dirfd, const char *name,
    const char *path, bool read_only, struct err *err)
{
	struct mailbox *m = mem_calloc(1, sizeof *m);

	m->account = account;
	m->name = mem_strdup(name);
	m->path = mem_strdup(path);
	m->dirfd = dirfd;
	m->curfd = m->newfd = m->journal_fd = m->lock_fd = -1;
	m->read_only = read_only || account->read_only;
	keywords_init(&m->keywords);
	if (journal_load(m, err) < 0) {
		mailbox_close(&m);
		return -1;
	}
	*out = m;
	return 0;
}

void
mailbox_close(struct mailbox **mailbox)
{
	struct mailbox *m = *mailbox;

	if (m == NULL)
		return;
	mailbox_unlock(m);
	cache_close(&m->cache);
	index_close(&m->index);
	keywords_fini(&m->keywords);
	uidlist_line_fini(&m->line);
	io_close(&m->journal_fd);
	io_close(&m->curfd);
	io_close(&m->newfd);
	io_close(&m->dirfd);
	arena_fini(&m->texts);
	free(m->changed);
	free(m->changed_row);
	free(m->slots);
	free(m->added);
	free(m->expunged);
	free(m->removed);
	free(m->gone.at);
	free(m->flagged.at);
	free(m->recent);
	free(m->name);
	free(m->path);
	free(m);
	*mailbox = NULL;
}

static int
open_part(struct mailbox *m, int *fd, struct part_id *id, const char *name)
{
	struct stat st;

	if (*fd >= 0)
		return *fd;
	*fd = openat(m->dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd >= 0 && fstat(*fd, &st) == 0)
		*id = (struct part_id){ st.st_dev, st.st_ino };
	return *fd;
}

int
mailbox_cur(struct mailbox *m)
{
	return open_part(m, &m->curfd, &m->cur_id, "cur");
}

int
mailbox_new(struct mailbox *m)
{
	return open_part(m, &m->newfd, &m->new_id, "new");
}

void
mailbox_check_part(struct mailbox *m, bool in_new, const struct stat *st)
{
	int *fd = in_new ? &m->newfd : &m->curfd;
	const struct part_id *id = in_new ? &m->new_id : &m->cur_id;
	struct stat now;

	if (*fd < 0)
		return;
	if (st == NULL && fstatat(m->dirfd, in_new ? "new" : "cur", &now, AT_SYMLINK_NOFOLLOW) == 0)
		st = &now;
	/* While there is none of the name the one that we have is as good as any. */
	if (st != NULL && S_ISDIR(st->st_mode) && (st->st_ino != id->inode || st->st_dev != id->device))
		io_close(fd);
}

/* ---- rows ---- */

/* Where the overlay keeps this row, or NULL when only the image has it. */
static struct row *
overlay(const struct mailbox *m, uint32_t row)
{
	if (row >= m->index.count)
		return &m->added[row - m->index.count];
	if (m->changed_count == 0)
		return NULL;
	for (size_t at = row * 2654435761u & (m->slot_count - 1); m->slots[at] != 0;
	    at = (at + 1) & (m->slot_count - 1))
		if (m->changed_row[m->slots[at] - 1] == row)
			return &m->changed[m->slots[at] - 1];
	return NULL;
}

static void
slot_put(struct mailbox *m, uint32_t row, uint32_t value)
{
	size_t at = row * 2654435761u & (m->slot_count - 1);

	while (m->slots[at] != 0)
		at = (at + 1) & (m->slot_count - 1);
	m->slots[at] = value;
}

struct row *
mailbox_touch(struct mailbox *m, uint32_t row)
{
	struct row *found = overlay(m, row);

	if (found != NULL)
		return found;
	m->changed = mem_grow(m->changed, &m->changed_room, m->changed_count + 1, sizeof *m->changed);
	m->changed_row = mem_grow(m->changed_row, &m->changed_row_room, m->changed_count + 1,
	    sizeof *m->changed_row);
	index_row(&m->index, row, &m->changed[m->changed_count]);
	m->changed_row[m->changed_count++] = row;
	if (m->changed_count * 2 > m->slot_count) {
		free(m->slots);
		m->slot_count = m->slot_count ? m->slot_count * 2 : 64;
		m->slots = mem_calloc(m->slot_count, sizeof *m->slots);
		for (size_t i = 0; i < m->changed_count; i++)
			slot_put(m, m->changed_row[i], (uint32_t)i + 1);
	} else {
		slot_put(m, row, (uint32_t)m->changed_count);
	}
	return &m->changed[m->changed_count - 1];
}

void
mailbox_row(const struct mailbox *m, uint32_t row, struct row *out)
{
	const struct row *found = overlay(m, row);

	if (found != NULL)
		*out = *found;
	else
		index_row(&m->index, row, out);
	if (out->set >= m->keywords.set_count)
		out->set = 0;	/* only a damaged index can say this */
}

uint32_t
mailbox_uid(const struct mailbox *m, uint32_t row)
{
	if (row < m->index.count)
		return m->index.uid[row];
	return m->added[row - m->index.count].uid;
}

uint32_t
mailbox_flags(const struct mailbox *m, uint32_t row)
{
	const struct row *found = overlay(m, row);

	return found != NULL ? found->flags : m->index.flags[row];
}

uint64_t
mailbox_modseq(const struct mailbox *m, uint32_t row)
{
	const struct row *found = overlay(m, row);

	return found != NULL ? found->modseq : m->index.modseq[row];
}

/* ---- numbers ---- */

/* How many rows below this one have no number. */
static uint32_t
removed_below(const struct mailbox *m, uint32_t row)
{
	size_t low = 0, high = m->removed_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->removed[middle] < row)
			low = middle + 1;
		else
			high = middle;
	}
	return (uint32_t)low;
}

uint32_t
mailbox_told(const struct mailbox *m)
{
	return m->told_rows - removed_below(m, m->told_rows);
}

uint32_t
mailbox_row_of_number(const struct mailbox *m, uint32_t number)
{
	uint32_t low = number - 1, high = m->told_rows - 1;

	if (m->removed_count == 0)
		return low;
	/* the lowest row with this many numbered rows at or below it */
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (middle + 1 - removed_below(m, middle + 1) < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
mailbox_is_told(const struct mailbox *m, uint32_t row)
{
	uint32_t below;

	if (row >= m->told_rows)
		return false;
	below = removed_below(m, row);
	return below == m->removed_count || m->removed[below] != row;
}

uint32_t
mailbox_number_of_row(const struct mailbox *m, uint32_t row)
{
	return mailbox_is_told(m, row) ? row + 1 - removed_below(m, row) : 0;
}

uint32_t
mailbox_next_told(const struct mailbox *m, uint32_t row)
{
	size_t at;

	if (m->removed_count == 0)
		return row < m->told_rows ? row : UINT32_MAX;
	for (at = removed_below(m, row); at < m->removed_count && m->removed[at] == row; at++)
		row++;
	return row < m->told_rows ? row : UINT32_MAX;
}

uint32_t
mailbox_row_of_uid(const struct mailbox *m, uint32_t uid)
{
	size_t low = 0, high = m->added_count;

	if (m->index.count > 0 && uid <= m->index.uid[m->index.count - 1])
		return index_lower_bound(&m->index, uid);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->added[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return m->index.count + (uint32_t)low;
}

bool
mailbox_is_recent(const struct mailbox *m, uint32_t uid)
{
	for (size_t i = m->recent_count; i-- > 0;)
		if (uid >= m->recent[i].first && uid <= m->recent[i].last)
			return true;
	/* a session that claims nothing sees what nobody was told of */
	return !m->claims_recent && uid > m->facts.recent;
}

uint32_t
mailbox_recent(const struct mailbox *m)
{
	uint32_t count = 0, row;

	for (size_t i = 0; i < m->recent_count; i++)
		for (row = mailbox_row_of_uid(m, m->recent[i].first); row < m->told_rows
		    && mailbox_uid(m, row) <= m->recent[i].last; row++)
			count += mailbox_is_told(m, row);
	if (m->claims_recent)
		return count;
	for (row = mailbox_row_of_uid(m, m->facts.recent + 1); row < m->told_rows; row++)
		count += mailbox_is_told(m, row);
	return count;
}

uint32_t
mailbox_first_unseen(const struct mailbox *m)
{
	uint32_t start = m->index.header != NULL ? index_first_unseen(&m->index) : 0;

	/* what changed since may have lost its \Seen before the place that the image knows */
	for (size_t i = 0; i < m->changed_count; i++)
		if (!(m->changed[i].flags & MAIL_SEEN) && m->changed_row[i] < start)
			start = m->changed_row[i];
	for (uint32_t row = mailbox_next_told(m, start); row != UINT32_MAX;
	    row = mailbox_next_told(m, row + 1))
		if (!(mailbox_flags(m, row) & MAIL_SEEN))
			return mailbox_number_of_row(m, row);
	return 0;
}

static void
add_range(struct uid_range **ranges, size_t *count, size_t *room, uint32_t first, uint32_t last)
{
	*ranges = mem_grow(*ranges, room, *count + 1, sizeof **ranges);
	(*ranges)[(*count)++] = (struct uid_range){ first, last };
}

struct uid_range *
mailbox_expunged_since(const struct mailbox *m, uint64_t modseq, size_t *count_out)
{
	struct uid_range *ranges = mem_alloc(sizeof *ranges);
	size_t count = 0, room = 1, low = 0, high = m->index.expunged_count;
	uint32_t next = 1;

	if (modseq < m->facts.floor) {
		for (uint32_t row = 0; row < mailbox_rows(m); row++) {
			uint32_t uid = mailbox_uid(m, row);

			if (mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED))
				continue;
			if (uid > next)
				add_range(&ranges, &count, &room, next, uid - 1);
			next = uid + 1;
		}
		if (next < m->facts.uidnext)
			add_range(&ranges, &count, &room, next, m->facts.uidnext - 1);
		*count_out = count;
		return ranges;
	}
	/* The image keeps them in the order of their mod-sequences. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->index.expunged[middle].modseq <= modseq)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < m->index.expunged_count; low++)
		add_range(&ranges, &count, &room, m->index.expunged[low].first,
		    m->index.expunged[low].last);
	for (size_t i = 0; i < m->expunged_count; i++)
		if (m->expunged[i].modseq > modseq)
			add_range(&ranges, &count, &room, m->expunged[i].first, m->expunged[i].last);
	*count_out = count;
	return ranges;
}

/* ---- telling ---- */

void
mailbox_remove(struct mailbox *m, const uint32_t *rows, size_t count)
{
	size_t from = m->removed_count, take = count, to = from + count;

	if (count == 0)
		return;
	m->removed = mem_grow(m->removed, &m->removed_room, to, sizeof *m->removed);
	while (take > 0) {
		if (from > 0 && m->removed[from - 1] > rows[take - 1])
			m->removed[--to] = m->removed[--from];
		else
			m->removed[--to] = rows[--take];
	}
	m->removed_count += count;
	for (size_t i = 0; i < count; i++) {
		struct row *row = mailbox_touch(m, rows[i]);

		row->flags = (row->flags & ~(uint32_t)ROW_GONE) | ROW_REMOVED;
	}
}

void
mailbox_tell_all(struct mailbox *m)
{
	m->told_rows = mailbox_rows(m);
}

/* ---- files ---- */

int
mailbox_file(struct mailbox *m, const struct row *row, struct buf *name)
{
	buf_reset(name);
	buf_adds(name, row->base);
	if (row->flags & MAIL_ODD)
		buf_adds(name, row->suffix);
	else
		maildir_name_suffix(row->flags, name);
	return row->flags & MAIL_IN_NEW ? mailbox_new(m) : mailbox_cur(m);
}
