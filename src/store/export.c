/*
 * Files of other servers, written from our rows; their formats are told atop the
 * import*.c that read them. Each is replaced whole. UIDNEXT is ours, so no UID is
 * given twice; mod-sequences are not carried over, clients ask for all flags once.
 */
#include "store/export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/change.h"
#include "store/dirs.h"
#include "store/import.h"
#include "store/journal.h"
#include "store/letters.h"
#include "store/mailbox.h"
#include "store/names.h"
#include "store/notes.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"
#include "util/safe_write.h"

enum { DOVECOT_STALE_S = 120 };

/* All keywords that some message has, as one set. */
static uint32_t
used_keywords(struct mailbox *m)
{
	bool *used = mem_calloc(m->keywords.set_count, sizeof *used);
	uint32_t all = 0;
	size_t sets = m->keywords.set_count;
	bool passed = false;

	for (uint32_t i = 0; i < mailbox_rows(m); i++) {
		struct row row;

		mailbox_row(m, i, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED))
			continue;
		used[row.set] = true;
		passed = passed || row.flags & MAIL_PASSED;
	}
	if (passed) {
		uint32_t forwarded = keywords_id(&m->keywords, "$Forwarded", 10);

		all = keywords_set(&m->keywords, &forwarded, 1);	/* Dovecot shows no P */
	}
	for (size_t i = 1; i < sets; i++)
		if (used[i])
			all = keywords_union(&m->keywords, all, (uint32_t)i);
	free(used);
	return all;
}

/* Every file's name gets the letters of its message's keywords. */
static int
name_letters(struct mailbox *m, struct err *err)
{
	struct flag_change none = { .mode = FLAGS_ADD, .unchanged_since = UINT64_MAX };
	uint32_t *rows = mem_alloc((mailbox_rows(m) + 1) * sizeof *rows);
	size_t count = 0;
	int result;

	for (uint32_t i = 0; i < mailbox_rows(m); i++) {
		struct row row;

		mailbox_row(m, i, &row);
		if (!(row.flags & (ROW_GONE | ROW_REMOVED))
		    && letters_differ(m, &row, row.flags & MAIL_FLAGS, row.set))
			rows[count++] = i;
	}
	result = mailbox_change_flags(m, rows, count, &none, NULL, err);
	free(rows);
	return result;
}

/* The rows whose names can stand in a line. */
static struct row *
rows_to_write(struct mailbox *m, size_t *count_out)
{
	struct row *rows = journal_live_rows(m, count_out);
	size_t kept = 0;

	for (size_t i = 0; i < *count_out; i++)
		if (strchr(rows[i].base, '\n') == NULL)
			rows[kept++] = rows[i];
	*count_out = kept;
	return rows;
}

static void
dovecot_text(struct mailbox *m, struct buf *out)
{
	size_t count;
	struct row *rows = rows_to_write(m, &count);

	buf_addf(out, "3 V%u N%u G%s\n", m->facts.uidvalidity, m->facts.uidnext, m->facts.mailbox_id);
	for (size_t i = 0; i < count; i++) {
		buf_addu(out, rows[i].uid);
		if (*rows[i].email_id != '\0')
			buf_addf(out, " G%s", rows[i].email_id);
		buf_addf(out, " :%s\n", rows[i].base);
	}
	free(rows);
}

int
export_dovecot(struct mailbox *m, size_t *without_out, struct err *err)
{
	struct buf text = BUF_INIT;
	uint32_t all;
	int dirfd, result;
	bool held = false;

	*without_out = 0;
	if (m->read_only || m->unsaved)
		return err_set(err, ERR_READONLY, "The mailbox cannot be written to");
	dirfd = import_control(m);
	if (dirfd < 0)
		return err_errno(err, "open the control directory of", m->path);
	all = used_keywords(m);
	letters_refresh(m);
	result = letters_share(m, all, err);
	if (result == 0)
		result = mailbox_lock(m, err);
	if (result < 0)
		goto out;
	if ((result = mailbox_sync(m, err)) == 0 && (result = name_letters(m, err)) == 0
	    && (result = letters_lock(dirfd, "dovecot-uidlist.lock", DOVECOT_STALE_S, m->path, &held,
		err)) == 0) {
		dovecot_text(m, &text);
		result = safe_write(dirfd, "dovecot-uidlist", text.data, text.len, 0600,
		    m->account->sync, m->path, err);
		letters_unlock(dirfd, "dovecot-uidlist.lock", held);
	}
	mailbox_unlock(m);
	for (uint32_t i = 0; i < m->keywords.sets[all].count; i++)
		*without_out += !letters_have(m, m->keywords.sets[all].ids[i]);
out:
	close(dirfd);
	buf_fini(&text);
	return result;
}

/* ---- Courier ---- */

static void
courier_keywords(struct mailbox *m, const struct row *rows, size_t count, struct buf *out)
{
	for (size_t i = 0; i < m->keywords.count; i++)
		buf_addf(out, "%s\n", m->keywords.names[i]);
	buf_adds(out, "$Forwarded\n\n");
	for (size_t i = 0; i < count; i++) {
		const struct keyword_set *s = &m->keywords.sets[rows[i].set];
		char separator = ':';

		if (s->count == 0 && !(rows[i].flags & MAIL_PASSED))
			continue;
		buf_adds(out, rows[i].base);
		for (uint32_t k = 0; k < s->count; k++, separator = ' ')
			buf_addf(out, "%c%u", separator, s->ids[k]);
		if (rows[i].flags & MAIL_PASSED)
			buf_addf(out, "%c%zu", separator, m->keywords.count);
		buf_addc(out, '\n');
	}
}

static int
write_courier(struct mailbox *m, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t count;
	struct row *rows = rows_to_write(m, &count);
	int fd, result;

	buf_addf(&text, "1 %u %u\n", m->facts.uidvalidity, m->facts.uidnext);
	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%u %s\n", rows[i].uid, rows[i].base);
	result = safe_write(m->dirfd, "courierimapuiddb", text.data, text.len, 0600,
	    m->account->sync, m->path, err);
	if (result == 0 && mkdirat(m->dirfd, "courierimapkeywords", 0700) < 0 && errno != EEXIST)
		result = err_errno(err, "make courierimapkeywords in", m->path);
	if (result == 0) {
		fd = openat(m->dirfd, "courierimapkeywords", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		buf_reset(&text);
		courier_keywords(m, rows, count, &text);
		result = fd < 0 ? err_errno(err, "open courierimapkeywords in", m->path)
		    : safe_write(fd, ":list", text.data, text.len, 0600, m->account->sync, m->path, err);
		if (fd >= 0)
			close(fd);
	}
	free(rows);
	buf_fini(&text);
	return result;
}

int
export_courier(struct mailbox *m, struct err *err)
{
	int result;

	if (m->read_only || m->unsaved)
		return err_set(err, ERR_READONLY, "The mailbox cannot be written to");
	if (mailbox_lock(m, err) < 0)
		return -1;
	result = mailbox_sync(m, err);
	if (result == 0) {
		dirs_empty_new(m);	/* Courier knows UIDs of cur/ alone */
		result = write_courier(m, err);
	}
	mailbox_unlock(m);
	return result;
}

/* ---- subscriptions ---- */

int
export_subscriptions(struct account *account, bool dovecot, struct err *err)
{
	bool maildirpp = account->layout == LAYOUT_MAILDIRPP;
	struct buf text = BUF_INIT, path = BUF_INIT;
	struct notes notes;
	int dirfd = account->dirfd, result;

	if (notes_read(account, NOTES_SUBSCRIPTIONS, &notes, err) < 0) {
		notes_fini(&notes);
		return -1;
	}
	for (size_t i = 0; i < notes.count; i++) {
		buf_reset(&path);
		names_to_disk(account, notes.at[i].name, &path);
		if (strcmp(notes.at[i].name, "INBOX") == 0) {
			buf_adds(&text, "INBOX\n");
			continue;
		}
		if (!dovecot)
			buf_adds(&text, "INBOX.");
		buf_addf(&text, "%s\n", path.data + maildirpp);
	}
	if (dovecot && account->control != NULL)
		dirfd = open(account->control, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = dirfd < 0 ? err_errno(err, "open", account->control)
	    : safe_write(dirfd, dovecot ? "subscriptions" : "courierimapsubscribed", buf_str(&text),
		text.len, 0600, account->sync, account->path, err);
	if (dirfd >= 0 && dirfd != account->dirfd)
		close(dirfd);
	notes_fini(&notes);
	buf_fini(&text);
	buf_fini(&path);
	return result;
}
