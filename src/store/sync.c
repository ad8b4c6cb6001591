/*
 * When to look at the disk (look.c), and the journal's lines for what was seen.
 *
 * When a directory's time can be trusted. A listing shows all that happened
 * before it began. If the directory's time, taken before the listing, is later
 * than "now" less the grain of the file system's clock, then a change right
 * after the listing can carry the same time, and the next look would miss it.
 * So the time is recorded as trusted only if it was older than the grain when
 * the listing began; an untrusted time makes the next look list again.
 *
 * Files in new/ get their UIDs where they are. They move to cur/ when a flag is
 * set, or all at once when there are more than NEW_MAX: moving one file changes
 * the time of cur/ and so costs everybody a listing of it, leaving it costs
 * nothing. \Recent does not depend on the place.
 *
 * Power failure: lines with new UIDs are synced before this returns, so no
 * client hears of a UID that could be given again.
 */
#include "store/dirs.h"
#include "store/import.h"
#include "store/journal.h"
#include "store/look.h"
#include "store/mailbox.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"

enum { NEW_MAX = 1000 };	/* files left in new/; see above */

static int
look_and_commit(struct mailbox *m, bool cur, bool new, struct err *err)
{
	struct look look = { .m = m, .cur = m->facts.cur, .new = m->facts.new };
	struct buf lines = BUF_INIT;
	int result;

	letters_refresh(m);
	import_watch_source(m);
	result = look_around(&look, cur, new, err);
	if (result == 0) {
		uint32_t last, first = m->facts.recent + 1;
		bool news, claims;

		/* UIDs that cannot be written down beside those of a journal are not given. */
		if (m->read_only && m->facts.serial != 0)
			look.stranger_count = 0;
		last = look_compose(&look, &lines);
		/*
		 * The client of this session hears of it first. Said in the same write, so that
		 * all others who hear of it at this moment need not ask for the lock to find out.
		 */
		claims = last >= first && m->claims_recent && !m->read_only && !m->unsaved;
		if (claims)
			uidlist_write_recent(&lines, last);
		news = look.stranger_count > 0;
		if (news || m->facts.uidvalidity == 0)
			result = dirs_raise_bound(m, (uint32_t)look.stranger_count, &lines, err);
		if (lines.len > 0 || m->damaged || !dirs_same(&look.cur, &m->facts.cur)
		    || !dirs_same(&look.new, &m->facts.new)
		    || look.cur.trusted != m->facts.cur.trusted
		    || look.new.trusted != m->facts.new.trusted)
			uidlist_write_dirs(&lines, &look.cur, &look.new);
		if (result == 0)
			result = mailbox_commit(m, &lines, news, err);
		if (result < 0)
			look_follow(&look);
		else if (claims)
			journal_keep_recent(m, first, last);
		if (result == 0 && look.in_new > NEW_MAX && !m->read_only)
			dirs_empty_new(m);
	}
	buf_fini(&lines);
	look_fini(&look);
	return result;
}

static int
sync_locked(struct mailbox *m, bool fully, struct err *err)
{
	struct dir_time cur, new;
	bool list_cur, list_new;

	if (m->facts.uidvalidity == 0 && dirs_found(m, err) < 0)
		return -1;
	/* Before any UID is given: a journal that lost lines says where to go on. */
	if (m->lines_lost && !m->read_only && !m->unsaved && mailbox_rewrite_journal(m, err) < 0)
		return -1;
	if (dirs_times(m, &cur, &new, err) < 0)
		return -1;
	list_cur = fully || !m->facts.cur.trusted || !dirs_same(&cur, &m->facts.cur);
	list_new = fully || !m->facts.new.trusted || !dirs_same(&new, &m->facts.new);
	if (!list_cur && !list_new && !m->damaged)
		return 0;
	if (mailbox_rows(m) == 0 && import_resume(m, err) < 0)
		return -1;
	return look_and_commit(m, list_cur, list_new, err);
}

/*
 * Nothing can be written: take what the disk shows into memory. With a journal
 * its UIDs hold, and only mail that it does not name is left out; without one
 * the UIDs are ours for this session (UIDNOTSTICKY).
 */
static int
sync_unwritable(struct mailbox *m, bool fully, struct err *err)
{
	if (mailbox_replay(m, err) < 0)
		return -1;
	if (m->facts.uidvalidity == 0)
		m->unsaved = true;
	return sync_locked(m, fully, err);
}

/* With other sessions' lines applied: does the journal tell all of the disk? 1, 0, or -1. */
static int
is_known(struct mailbox *m, struct err *err)
{
	struct dir_time cur, new;

	if (m->facts.uidvalidity == 0 || m->damaged)
		return 0;
	if (mailbox_replay(m, err) < 0 || dirs_times(m, &cur, &new, err) < 0)
		return -1;
	return !m->damaged && m->facts.cur.trusted && m->facts.new.trusted
	    && dirs_same(&cur, &m->facts.cur) && dirs_same(&new, &m->facts.new);
}

/*
 * The lock, unless its holder does meanwhile what it is wanted for: when thousands of
 * sessions hear of one delivery, a few list the directory, and the others must not
 * wait in a queue to find nothing left to do. 1: locked; 0: all is known; 2: it is
 * taken, and we do not wait; -1.
 */
static int
lock_unless_known(struct mailbox *m, bool waits, struct err *err)
{
	struct lock_wait wait = { 0, 0 };

	for (;;) {
		int got = journal_try_lock(m, err), known;

		if (got != 0)
			return got;
		if (!waits)
			return 2;
		if (journal_wait_lock(&wait, LEARN_STEP_MAX_US, err) < 0)
			return -1;
		known = is_known(m, err);
		if (known != 0)
			return known < 0 ? -1 : 0;
	}
}

enum how { HEAR, SYNC, SYNC_FULLY };

/* 0; 1: how is HEAR, and another session has the lock; -1. */
static int
sync_mailbox(struct mailbox *m, enum how how, struct err *err)
{
	bool fully = how == SYNC_FULLY;
	int result;

	if (!fully) {
		int known = is_known(m, err);

		if (known != 0)
			return known < 0 ? -1 : 0;
	}
	if (m->read_only || m->unsaved)
		return sync_unwritable(m, fully, err);
	result = fully || m->lock_fd >= 0 ? mailbox_lock(m, err) == 0 ? 1 : -1
	    : lock_unless_known(m, how != HEAR, err);
	if (result == 0 || result == 2)
		return result / 2;
	if (result < 0) {
		if (err->kind != ERR_NOPERM && err->kind != ERR_OVERQUOTA)
			return -1;
		log_err(err);
		m->read_only = err->kind == ERR_NOPERM;
		return sync_unwritable(m, fully, err);
	}
	result = sync_locked(m, fully, err);
	mailbox_unlock(m);
	if (result < 0 && (err->kind == ERR_OVERQUOTA || err->kind == ERR_NOPERM)) {
		/* What was known stays served; new mail waits until there is room for its UIDs. */
		log_err(err);
		if (m->facts.serial != 0)
			return 0;
		m->unsaved = true;
		m->read_only = err->kind == ERR_NOPERM;
		return sync_locked(m, fully, err);
	}
	return result;
}

int
mailbox_sync(struct mailbox *m, struct err *err)
{
	return sync_mailbox(m, SYNC, err);
}

int
mailbox_hear(struct mailbox *m, struct err *err)
{
	return sync_mailbox(m, HEAR, err);
}

int
mailbox_sync_fully(struct mailbox *m, struct err *err)
{
	return sync_mailbox(m, SYNC_FULLY, err);
}
