/*
 * Changes by a session. The order is always: lock and replay; change the names
 * on disk; write the journal; sync journal and directory. A crash in between leaves
 * disk and journal apart, and the next look takes what the disk shows as the work of
 * another program: flags as they are now, a file without a record gets a new UID, a
 * record without a file is expunged. Nothing was promised yet, nothing is lost.
 *
 * Journal and directory are synced together (util/sync.h): where names and blocks
 * share one transaction (ext4, xfs, btrfs) that is one wait for both. One after the
 * other, in either order, the second waits for a flush of the disk at least.
 *
 * Here are flags and expunges; new messages are in deliver.c, copies and moves in
 * transfer.c.
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
#include "store/quota.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/mem.h"

int
change_refuse_read_only(const struct mailbox *m, struct err *err)
{
	if (m->unsaved && !m->read_only)
		return err_set(err, ERR_OVERQUOTA, "No room left on the disk or in the quota");
	if (m->read_only)
		return err_set(err, ERR_READONLY, "The mailbox cannot be written to");
	return 0;
}

int
change_refuse_chase(const struct mailbox *m, struct err *err)
{
	err_set(err, ERR_INUSE, "Another program keeps renaming a message, try again");
	return err_detail(err, "%s: a file had another name each of %d times", m->path, CHASES_MAX);
}

int
change_move_file(int from_dir, const char *from, int to_dir, const char *to)
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

int
change_sync_dir(const struct mailbox *m, int dir, struct err *err)
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
	else if (change_move_file(from_dir, from.data, to_dir, to.data) < 0)
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
	result = mailbox_commit_with_dirs(m, &lines, (const int[]){ w->renamed_cur ? m->curfd : -1,
	    w->renamed_new ? m->newfd : -1 }, 2, err);
	m->own_lines = false;
	w->renamed_cur = w->renamed_new = false;
	buf_fini(&lines);
	return result == 0 ? 0 : -1;
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
			return change_refuse_chase(w->m, err);
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
	if (change_refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
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

	if (change_refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	uidlist_write_modseq(&line, m->facts.modseq + 1);
	result = mailbox_commit(m, &line, false, err);
	mailbox_unlock(m);
	buf_fini(&line);
	return result;
}

/* ---- expunge ---- */

int64_t
change_counted_size(int dir, const char *name)
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
			result = change_refuse_chase(m, err);
			break;
		}
		dir = mailbox_file(m, &row, &name);
		if (dir < 0) {
			result = err_errno(err, "open a directory of", m->path);
			break;
		}
		size = removed->counting ? change_counted_size(dir, name.data) : 0;
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
 * In memory alone it gets no mod-sequence of its own: others will give that number to
 * what this client would then never hear of.
 */
void
change_commit_expunge(struct mailbox *m, const uint32_t *rows, size_t count)
{
	struct buf lines = BUF_INIT;
	unsigned flags = 0;
	struct err err;
	int result;

	lines_for_expunge(m, rows, count, m->facts.modseq + 1, &lines);
	for (size_t i = 0; i < count; i++)
		flags |= mailbox_flags(m, rows[i]);
	result = mailbox_commit_with_dirs(m, &lines,
	    (const int[]){ m->curfd, flags & MAIL_IN_NEW ? m->newfd : -1 }, 2, &err);
	if (result != 0)
		log_err(&err);
	if (result < 0) {
		buf_reset(&lines);
		lines_for_expunge(m, rows, count, m->facts.modseq, &lines);
		mailbox_apply(m, &lines);
	}
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
	if (change_refuse_read_only(m, err) < 0 || mailbox_lock(m, err) < 0)
		return -1;
	gone = mem_alloc(count * sizeof *gone);
	removed.counting = quota_begin(m->account);
	for (size_t i = 0; i < count && result >= 0; i++) {
		result = remove_file(m, rows[i], with, &removed, err);
		if (result == 0)
			gone[done++] = rows[i];
	}
	if (done > 0)
		change_commit_expunge(m, gone, done);
	quota_end(m->account, removed.counting, -removed.bytes, -removed.messages);
	mailbox_unlock(m);
	free(gone);
	*count_out = done;
	return result < 0 ? -1 : 0;
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
