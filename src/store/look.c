/*
 * One look at cur/ and new/: what the listings show, compared with the rows. See look.h;
 * two files of one base name are look_twins.c's.
 *
 * When a message is gone. A rename while readdir runs can hide a file or show it
 * twice. A name that a listing lacks is gone only if a second listing lacks it
 * too, during which the directory's time stood still; while another program
 * renames without a pause, only after LOOKS_MAX listings that all lack it.
 */
#include "store/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/dirs.h"
#include "store/journal.h"
#include "store/look_steps.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	LOOKS_MAX = 10,		/* listings before a name that all of them lack counts as gone */
	SAVE_DATE_STATS = 1000,	/* so many new files are looked at one by one for their times */
};

/* ---- finding the row of a name ---- */

static void
index_overlay(struct look *look)
{
	struct mailbox *m = look->m;
	size_t count = m->changed_count + m->added_count;

	if (count == 0)
		return;
	hash_random(look->key, sizeof look->key);
	for (look->slot_count = 64; look->slot_count < 2 * count;)
		look->slot_count *= 2;
	look->slots = mem_calloc(look->slot_count, sizeof *look->slots);
	for (size_t i = 0; i < count; i++) {
		const struct row *row = i < m->changed_count ? &m->changed[i]
		    : &m->added[i - m->changed_count];
		uint32_t number = i < m->changed_count ? m->changed_row[i]
		    : m->index.count + (uint32_t)(i - m->changed_count);
		size_t at;

		if (row->flags & (ROW_GONE | ROW_REMOVED))
			continue;
		at = hash_keyed(look->key, row->base, strlen(row->base)) & (look->slot_count - 1);
		while (look->slots[at] != 0)
			at = (at + 1) & (look->slot_count - 1);
		look->slots[at] = number + 1;
	}
}

static int64_t
find_row(struct look *look, const char *base, size_t len)
{
	struct mailbox *m = look->m;
	int64_t row;

	if (look->slot_count > 0) {
		size_t at = hash_keyed(look->key, base, len) & (look->slot_count - 1);

		for (; look->slots[at] != 0; at = (at + 1) & (look->slot_count - 1)) {
			struct row found;

			mailbox_row(m, look->slots[at] - 1, &found);
			if (strncmp(found.base, base, len) == 0 && found.base[len] == '\0')
				return look->slots[at] - 1;
		}
	}
	row = index_find_name(&m->index, base, len);
	if (row >= 0 && m->changed_count > 0) {
		struct row found;

		/* Gone, or known under another base name by now. */
		mailbox_row(m, (uint32_t)row, &found);
		if ((found.flags & (ROW_GONE | ROW_REMOVED))
		    || strncmp(found.base, base, len) != 0 || found.base[len] != '\0')
			return -1;
	}
	return row;
}

/* ---- one entry ---- */

bool
look_same_place(const struct row *row, unsigned flags, const char *suffix)
{
	unsigned all = MAIL_FLAGS | MAIL_IN_NEW | MAIL_BARE | MAIL_ODD;

	return (row->flags & all) == (flags & all)
	    && (!(flags & MAIL_ODD) || strcmp(row->suffix, suffix) == 0);
}

/* A later listing shows the row as we know it: what an earlier one said is over. */
static void
drop_change(struct look *look, uint32_t row)
{
	for (size_t i = 0; look->looks > 1 && i < look->change_count; i++)
		if (look->changes[i].row == row)
			look->changes[i--] = look->changes[--look->change_count];
}

static void
add_change(struct look *look, uint32_t row, unsigned flags, const char *suffix, uint32_t set)
{
	drop_change(look, row);
	look->changes = mem_grow(look->changes, &look->change_room, look->change_count + 1,
	    sizeof *look->changes);
	look->changes[look->change_count++] = (struct change){ row, flags, suffix, set };
}

struct stranger *
look_add_stranger(struct look *look)
{
	look->strangers = mem_grow(look->strangers, &look->stranger_room,
	    look->stranger_count + 1, sizeof *look->strangers);
	return &look->strangers[look->stranger_count++];
}

static int
see_entry(void *ctx, const char *name, bool in_new)
{
	struct look *look = ctx;
	struct maildir_name parsed;
	struct stranger *s;
	unsigned flags;
	int64_t number;
	uint32_t set;

	maildir_name_parse(name, &parsed);
	if (parsed.base_len == 0)
		return 0;
	flags = parsed.flags;
	if (in_new) {
		flags = parsed.flags & MAIL_BARE ? MAIL_IN_NEW : parsed.flags | MAIL_IN_NEW | MAIL_ODD;
		look->in_new++;
	}
	number = find_row(look, name, parsed.base_len);
	if (number >= 0) {
		struct row row;

		mailbox_row(look->m, (uint32_t)number, &row);
		look->seen[number / 8] |= (unsigned char)(1 << number % 8);
		set = (row.flags | flags) & MAIL_ODD ? letters_follow(look->m, &row, parsed.suffix) : row.set;
		if (look_same_place(&row, flags, parsed.suffix) && set == row.set
		    && !(flags & MAIL_ODD && !in_new && letters_lack_passed(look->m, parsed.suffix)))
			drop_change(look, (uint32_t)number);
		else
			add_change(look, (uint32_t)number, flags,
			    arena_strndup(&look->texts, parsed.suffix, strlen(parsed.suffix)), set);
		return 0;
	}
	s = look_add_stranger(look);
	s->name = arena_strndup(&look->texts, name, strlen(name));
	s->flags = flags;
	s->base_len = parsed.base_len;
	s->suffix = s->name + parsed.base_len;
	s->taken = false;
	maildir_name_time(s->name, &s->sec, &s->micro);
	return 0;
}

/* ---- missing rows ---- */

/* Is this row's file expected in what was listed, and not seen in any listing? */
static bool
is_missing(const struct look *look, uint32_t row)
{
	return !(look->seen[row / 8] & 1 << row % 8)
	    && !(mailbox_flags(look->m, row) & (ROW_GONE | ROW_REMOVED));
}

static uint32_t
count_missing(const struct look *look)
{
	uint32_t rows = mailbox_rows(look->m), missing = 0;

	for (uint32_t row = 0; row < rows; row++) {
		/* whole bytes of the bitmap that are full need no look at each row */
		if (row % 8 == 0 && row + 8 <= rows && look->seen[row / 8] == 0xff) {
			row += 7;
			continue;
		}
		missing += is_missing(look, row);
	}
	return missing;
}

/*
 * A known message under a new base name: a sync tool put ,U= or the like into
 * it, or took it out. The names must agree but for those parts, and only one
 * stranger may agree with the row.
 */
static void
adopt_renamed(struct look *look, struct buf *lines)
{
	struct mailbox *m = look->m;
	size_t size = 64, *slots;
	uint64_t key[2];

	while (size < 2 * look->stranger_count)
		size *= 2;
	slots = mem_calloc(size, sizeof *slots);
	hash_random(key, sizeof key);
	for (size_t i = 0; i < look->stranger_count; i++) {
		struct stranger *s = &look->strangers[i];
		size_t at = hash_keyed(key, s->name, maildir_name_core(s->name, s->base_len)) & (size - 1);

		while (slots[at] != 0)
			at = (at + 1) & (size - 1);
		slots[at] = i + 1;
	}
	for (uint32_t number = 0; number < mailbox_rows(m); number++) {
		struct stranger *only = NULL;
		unsigned found = 0;
		struct row row;
		size_t core, at;

		if (!is_missing(look, number))
			continue;
		mailbox_row(m, number, &row);
		core = maildir_name_core(row.base, strlen(row.base));
		for (at = hash_keyed(key, row.base, core) & (size - 1); slots[at] != 0;
		    at = (at + 1) & (size - 1)) {
			struct stranger *s = &look->strangers[slots[at] - 1];

			if (!s->taken && maildir_name_core(s->name, s->base_len) == core
			    && memcmp(s->name, row.base, core) == 0) {
				only = s;
				found++;
			}
		}
		if (found == 1) {
			char *base = arena_strndup(&look->texts, only->name, only->base_len);

			only->taken = true;
			look->seen[number / 8] |= (unsigned char)(1 << number % 8);
			uidlist_write_moved(lines, row.uid, only->flags, only->suffix, base);
			row.base = base;
			if (!look_same_place(&row, only->flags, only->suffix))
				add_change(look, number, only->flags, only->suffix,
				    letters_follow(m, &row, only->suffix));
		}
	}
	free(slots);
}

/*
 * A record without a file may be of a delivery of several messages whose session
 * died half-way (deliver_many in deliver.c): when the first of them is in cur/,
 * the file waits in tmp/ and is put in place now.
 */
static bool
is_of_delivery(const struct look *look, const struct row *row, size_t core)
{
	const char *mark = memrchr(row->base, '_', core);
	uint64_t place;
	uint32_t first;
	struct row leader;

	if (mark == NULL || !ascii_number(mark + 1, (size_t)(row->base + core - mark - 1), row->uid - 1,
	    &place) || place == 0)
		return false;
	first = mailbox_row_of_uid(look->m, row->uid - (uint32_t)place);
	if (first >= mailbox_rows(look->m) || is_missing(look, first))
		return false;
	mailbox_row(look->m, first, &leader);
	return leader.uid == row->uid - place
	    && maildir_name_core(leader.base, strlen(leader.base)) == (size_t)(mark - row->base)
	    && memcmp(leader.base, row->base, (size_t)(mark - row->base)) == 0;
}

static void
finish_deliveries(struct look *look)
{
	struct mailbox *m = look->m;
	int tmp = -1;

	if (m->read_only || m->unsaved)
		return;
	for (uint32_t number = 0; number < mailbox_rows(m); number++) {
		struct buf name = BUF_INIT;
		struct row row;
		char *waiting;
		size_t core;
		int cur;

		if (!is_missing(look, number))
			continue;
		mailbox_row(m, number, &row);
		core = maildir_name_core(row.base, strlen(row.base));
		if (!is_of_delivery(look, &row, core))
			continue;
		if (tmp < 0)
			tmp = openat(m->dirfd, "tmp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		waiting = mem_strndup(row.base, core);
		cur = mailbox_file(m, &row, &name);
		if (tmp >= 0 && cur >= 0
		    && renameat2(tmp, waiting, cur, name.data, RENAME_NOREPLACE) == 0)
			look->seen[number / 8] |= (unsigned char)(1 << number % 8);
		free(waiting);
		buf_fini(&name);
	}
	if (tmp >= 0 && m->account->sync && m->curfd >= 0)
		fsync(m->curfd);
	io_close(&tmp);
}

/* ---- lines ---- */

/* $Forwarded as a letter only: the name gets its P, as every Maildir program reads it. */
static void
make_passed(struct look *look, const char *base, size_t base_len, unsigned *flags,
    const char **suffix)
{
	struct buf name = BUF_INIT;
	struct maildir_name parsed;

	if (!(*flags & MAIL_ODD) || (*flags & MAIL_IN_NEW) || !letters_lack_passed(look->m, *suffix))
		return;
	buf_add(&name, base, base_len);
	buf_adds(&name, *suffix);
	if (letters_write_passed(look->m, &name, base_len)) {
		*suffix = arena_strndup(&look->texts, name.data + base_len, name.len - base_len);
		maildir_name_parse(name.data, &parsed);
		*flags = parsed.flags;
	}
	buf_fini(&name);
}

/* INTERNALDATE's and SAVEDATE's sources are times of the file: see message_dates. */
static int64_t
save_date_of(struct look *look, const struct stranger *s, bool one_by_one)
{
	struct stat st;
	int dir;

	if (!one_by_one)
		return 0;	/* asked for later, from the file's ctime */
	dir = s->flags & MAIL_IN_NEW ? mailbox_new(look->m) : mailbox_cur(look->m);
	if (dir < 0 || fstatat(dir, s->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return st.st_ctim.tv_sec;
}

/* Returns the last UID that was given; 0: none. */
static uint32_t
lines_for_strangers(struct look *look, uint64_t modseq, struct buf *lines)
{
	struct mailbox *m = look->m;
	uint32_t uid = m->facts.uidnext;
	struct buf base = BUF_INIT;

	for (size_t i = 0; i < look->stranger_count; i++) {
		struct stranger *s = &look->strangers[i];

		if (s->taken || uid == UINT32_MAX)
			continue;
		make_passed(look, s->name, s->base_len, &s->flags, &s->suffix);
		buf_reset(&base);
		buf_add(&base, s->name, s->base_len);
		uidlist_write_added(lines, uid++, modseq,
		    save_date_of(look, s, look->stranger_count <= SAVE_DATE_STATS), "", s->flags,
		    s->suffix, &m->keywords, s->flags & MAIL_ODD ? letters_set(m, s->suffix) : 0,
		    base.data);
	}
	buf_fini(&base);
	return uid == m->facts.uidnext ? 0 : uid - 1;
}

static void
lines_for_changes(struct look *look, uint64_t modseq, struct buf *lines)
{
	struct mailbox *m = look->m;

	for (size_t i = 0; i < look->change_count; i++) {
		struct change *c = &look->changes[i];
		struct row row;

		mailbox_row(m, c->row, &row);
		make_passed(look, row.base, strlen(row.base), &c->flags, &c->suffix);
		/* Flags of new/ are none: a client may have set them, and the rename is on its way. */
		if ((row.flags & MAIL_FLAGS) == (c->flags & MAIL_FLAGS) && row.set == c->set) {
			uidlist_write_moved(lines, row.uid, c->flags, c->suffix, row.base);
		} else {
			struct uid_range one = { row.uid, row.uid };

			uidlist_write_flags(lines, modseq, &one, 1, c->flags, c->suffix,
			    &m->keywords, c->set);
		}
	}
}

static void
lines_for_missing(struct look *look, uint64_t modseq, struct buf *lines)
{
	struct uid_range *ranges = NULL;
	size_t count = 0, room = 0;

	for (uint32_t row = 0; row < mailbox_rows(look->m); row++)
		if (is_missing(look, row))
			uid_ranges_add(&ranges, &count, &room, mailbox_uid(look->m, row));
	if (count > 0)
		uidlist_write_expunged(lines, modseq, ranges, count);
	free(ranges);
}

/* ---- the whole look ---- */

static int
list_part(struct look *look, bool in_new, struct err *err)
{
	struct mailbox *m = look->m;
	int fd;

	if (dirs_part(m, in_new, &fd, err) < 0)
		return -1;
	if (fd < 0) {
		dirs_make(m, in_new ? "new" : "cur");
		return 0;
	}
	if (dirs_time(m, fd, in_new ? &look->new : &look->cur, err) < 0)
		return -1;
	return dirs_list(m, fd, in_new, see_entry, look, err);
}

/* List what may have changed; 0 or -1. Fills the times that were true before. */
static int
list_once(struct look *look, bool cur, bool new, struct err *err)
{
	look->in_new = 0;
	look->looks++;
	if (cur && list_part(look, false, err) < 0)
		return -1;
	return new ? list_part(look, true, err) : 0;
}

/* Rows whose file is in a directory that needs no listing count as seen. */
static void
trust_unlisted(struct look *look, bool cur, bool new)
{
	uint32_t rows = mailbox_rows(look->m);

	if (cur && new)
		return;
	for (uint32_t row = 0; row < rows; row++) {
		bool in_new = mailbox_flags(look->m, row) & MAIL_IN_NEW;

		if (in_new ? !new : !cur)
			look->seen[row / 8] |= (unsigned char)(1 << row % 8);
	}
}

int
look_around(struct look *look, bool cur, bool new, struct err *err)
{
	struct mailbox *m = look->m;
	uint32_t missing;

	look->seen = mem_calloc(mailbox_rows(m) / 8 + 1, 1);
	index_overlay(look);
	trust_unlisted(look, cur, new);
	if (list_once(look, cur, new, err) < 0)
		return -1;
	for (int looks = 1; (missing = count_missing(look)) > 0 && looks < LOOKS_MAX; looks++) {
		struct dir_time cur_before = look->cur, new_before = look->new;

		/* A message that left new/ may have arrived in cur/. */
		if (!cur || !new) {
			cur = new = true;
			look->cur = m->facts.cur;
			look->new = m->facts.new;
			if (list_once(look, true, true, err) < 0)
				return -1;
			continue;
		}
		if (list_once(look, true, true, err) < 0)
			return -1;
		if (looks >= 1 && dirs_same(&cur_before, &look->cur)
		    && dirs_same(&new_before, &look->new) && dirs_unmoved(m, look->cur, look->new))
			break;
	}
	return 0;
}

void
look_fini(struct look *look)
{
	free(look->seen);
	free(look->strangers);
	free(look->changes);
	free(look->slots);
	arena_fini(&look->texts);
}

uint32_t
look_compose(struct look *look, struct buf *lines)
{
	struct mailbox *m = look->m;
	uint64_t modseq = m->facts.modseq + 1;

	look_part_twins(look);
	look_settle_twins(look);
	if (look->stranger_count > 0 && count_missing(look) > 0)
		adopt_renamed(look, lines);
	if (count_missing(look) > 0)
		finish_deliveries(look);
	lines_for_missing(look, modseq, lines);
	lines_for_changes(look, modseq, lines);
	return lines_for_strangers(look, modseq, lines);
}

void
look_follow(struct look *look)
{
	struct mailbox *m = look->m;
	struct buf lines = BUF_INIT;

	lines_for_missing(look, m->facts.modseq, &lines);
	for (size_t i = 0; i < look->change_count; i++) {
		const struct change *c = &look->changes[i];
		struct row *row = mailbox_touch(m, c->row);

		row->flags = (row->flags & ~(unsigned)(MAIL_IN_NEW | MAIL_BARE))
		    | (c->flags & MAIL_IN_NEW) | MAIL_ODD;
		row->suffix = arena_strndup(&m->texts, c->suffix, strlen(c->suffix));
	}
	mailbox_apply(m, &lines);
	buf_fini(&lines);
}
