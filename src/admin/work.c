/* index: fill caches ahead; expire: remove old mail as a session would. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "admin/admin.h"
#include "session/message.h"
#include "store/cache.h"
#include "store/change.h"
#include "store/mailbox.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/mem.h"

enum { BATCH = 500 };	/* messages between two looks at the others and at the stop flag */

/* ---- index ---- */

static int
index_one(struct admin *a, const char *name)
{
	const unsigned all = MESSAGE_WANT_SIZE | MESSAGE_WANT_DATE | MESSAGE_WANT_ENVELOPE
	    | MESSAGE_WANT_BODY | MESSAGE_WANT_STRUCTURE | MESSAGE_WANT_HEADER | MESSAGE_WANT_PARTS;
	struct message_reader reader = MESSAGE_READER_INIT;
	struct mailbox *m = admin_open(a, name, true);
	int status = ADMIN_OK;
	uint32_t read = 0, signed_now = 0;

	if (m == NULL)
		return ADMIN_FAILED;
	for (uint32_t row = 0; row < mailbox_rows(m) && !admin_stopped(a); row++) {
		struct cache_record record;
		struct err err;

		if (message_load(&reader, m, row, all, &record, &err) == MESSAGE_FAILED) {
			progress_end(a);
			admin_say_err(name, &err);
			status = ADMIN_FOUND;
		}
		if (row % 16 == 0)
			progress(a, name, row, mailbox_rows(m));
	}
	read = (uint32_t)reader.files_read;
	message_reader_fini(&reader, m);
	mailbox_tidy(m);
	if (admin_sign(a, m, name, &signed_now) != ADMIN_OK)
		status = ADMIN_FOUND;
	progress_end(a);
	printf("%s: %u messages, %u read anew, %u texts indexed\n", admin_plain(a, name), m->exists, read, signed_now);
	mailbox_close(&m);
	return status;
}

int
admin_index(struct admin *a)
{
	return admin_each(a, index_one);
}

/* ---- expire ---- */

static int64_t
saved_at(struct mailbox *m, const struct row *row)
{
	struct buf name = BUF_INIT;
	struct stat st;
	int64_t when = row->save_date;
	int dir;

	if (when > 0)
		return when;
	dir = mailbox_file(m, row, &name);
	if (dir < 0 || fstatat(dir, name.data, &st, AT_SYMLINK_NOFOLLOW) < 0)
		when = INT64_MAX;	/* not known: never old enough */
	else
		when = st.st_ctim.tv_sec;
	buf_fini(&name);
	return when;
}

static bool
is_due(struct admin *a, struct mailbox *m, uint32_t number, int64_t before)
{
	struct row row;

	mailbox_row(m, number, &row);
	if (row.flags & (ROW_GONE | ROW_REMOVED))
		return false;
	if ((a->only_seen && !(row.flags & MAIL_SEEN))
	    || (a->only_deleted && !(row.flags & MAIL_DELETED))
	    || (!a->also_flagged && (row.flags & MAIL_FLAGGED)))
		return false;
	return saved_at(m, &row) <= before;
}

static int
expire_one(struct admin *a, const char *name)
{
	int64_t before = (int64_t)time(NULL) - a->older_than_s;
	struct mailbox *m = admin_open(a, name, true);
	uint32_t *due = NULL;
	size_t count = 0, room = 0, done = 0;
	int status = ADMIN_OK;

	if (m == NULL)
		return ADMIN_FAILED;
	for (uint32_t row = 0; row < mailbox_rows(m); row++) {
		if (!is_due(a, m, row, before))
			continue;
		due = mem_grow(due, &room, count + 1, sizeof *due);
		due[count++] = row;
	}
	while (!a->dry_run && done < count && !admin_stopped(a)) {
		size_t n = count - done < BATCH ? count - done : BATCH, gone;
		struct err err;

		if (mailbox_expunge(m, due + done, n, 0, &gone, &err) < 0) {
			progress_end(a);
			admin_say_err(name, &err);
			status = ADMIN_FAILED;
			break;
		}
		done += n;
		progress(a, name, done, count);
	}
	if (done > 0)
		mailbox_tidy(m);
	progress_end(a);
	printf("%s: %zu of %u messages %s\n", admin_plain(a, name), a->dry_run ? count : done, m->exists + (unsigned)done,
	    a->dry_run ? "would be removed" : "removed");
	mailbox_close(&m);
	free(due);
	return status;
}

int
admin_expire(struct admin *a)
{
	if (a->older_than_s < 0) {
		fputs("mayfly-admin: expire needs --older-than=DAYS\n", stderr);
		return ADMIN_USAGE;
	}
	if (a->mailbox_count == 0) {
		fputs("mayfly-admin: expire needs the names of the mailboxes\n", stderr);
		return ADMIN_USAGE;
	}
	return admin_each(a, expire_one);
}
