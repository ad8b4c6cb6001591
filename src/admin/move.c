/* import: look at, or take over again, what other servers left; export: write it for them. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "store/export.h"
#include "store/import.h"
#include "store/mailbox.h"
#include "util/err.h"
#include "util/mem.h"

/* ---- import ---- */

static void
print_report(const char *name_plain, const struct import_report *r, bool met)
{
	printf("%s: %s\n", name_plain, met ? "served by mayfly already"
	    : r->winner < 0 ? "nothing to take over, UIDs will be new" : "would be taken over");
	for (int i = 0; i < IMPORT_KINDS; i++) {
		const struct import_source *s = &r->source[i];

		if (!s->found)
			continue;
		printf("  %s (%s)%s: ", s->name, import_kind_names[s->kind], i == r->winner ? ", chosen" : "");
		if (s->usable)
			printf("UIDVALIDITY %u, UIDNEXT %u, %zu records, names %zu of %zu messages",
			    s->uidvalidity, s->uidnext, s->records, s->named, r->files);
		printf("%s%s\n", s->usable && s->problem[0] != '\0' ? "; " : "", s->problem);
	}
	if (r->winner >= 0)
		printf("  %zu messages keep their UID, %zu get new ones, %zu records are of expunged ones\n",
		    r->matched, r->files - r->matched, r->expunged);
	if (r->waiting)
		puts("  not one message is there: is the mail mounted?");
	if (r->letters_full)
		puts("  all 26 keyword letters are in use: Dovecot may know more keywords, and only it can tell");
	if (r->acl)
		puts("  access lists are there; they have no effect with mayfly");
}

/* How many of our UIDs mean another message, or the same messages another UID, in the source. */
static size_t
conflicts(struct mailbox *m, const struct import_files *files, const struct import_source *s)
{
	size_t count = 0;

	for (uint32_t i = 0; i < mailbox_rows(m); i++) {
		struct row row;
		int64_t file;

		mailbox_row(m, i, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED))
			continue;
		file = import_files_base(files, row.base, strlen(row.base));
		count += file >= 0 && s->hits[file].uid != 0 && s->hits[file].uid != row.uid;
	}
	for (size_t i = 0; i < files->count; i++) {
		uint32_t uid = s->hits[i].uid, row = mailbox_row_of_uid(m, uid);
		struct row r;

		if (uid == 0 || row >= mailbox_rows(m) || mailbox_uid(m, row) != uid)
			continue;
		mailbox_row(m, row, &r);
		count += strlen(r.base) != files->at[i].base_len
		    || memcmp(r.base, files->at[i].name, files->at[i].base_len) != 0;
	}
	return count;
}

/* Forget what we know of the mailbox, so that the next look is a first meeting. */
static int
forget(struct mailbox *m, const struct import_source *s, struct err *err)
{
	int result = mailbox_lock(m, err);

	if (result < 0)
		return -1;
	if (s->uidvalidity != m->facts.uidvalidity)
		result = account_rename(m->account, m->name, NULL, false, err);
	if (result == 0 && ((unlinkat(m->dirfd, INDEX_NAME, 0) < 0 && faccessat(m->dirfd, INDEX_NAME,
	    F_OK, 0) == 0) || unlinkat(m->dirfd, UIDLIST_NAME, 0) < 0))
		result = err_errno(err, "remove " UIDLIST_NAME " in", m->path);
	mailbox_unlock(m);
	return result;
}

static int
import_again(struct admin *a, const char *name, struct mailbox *m, struct import_files *files,
    const struct import_report *report)
{
	const struct import_source *s = report->winner >= 0 ? &report->source[report->winner] : NULL;
	struct mailbox *fresh;
	struct err err;
	size_t n;

	if (s == NULL) {
		printf("%s: nothing to take over\n", admin_plain(a, name));
		return ADMIN_OK;
	}
	n = s->uidvalidity == m->facts.uidvalidity ? conflicts(m, files, s) : 0;
	if (n > 0) {
		fprintf(stderr, "mayfly-admin: %s: %zu UIDs mean other messages in %s under the same "
		    "UIDVALIDITY; clients would take one message for another. Nothing was changed.\n",
		    admin_plain(a, name), n, s->name);
		return ADMIN_FAILED;
	}
	if (forget(m, s, &err) < 0) {
		admin_say_err(name, &err);
		return ADMIN_FAILED;
	}
	fresh = admin_open(a, name, true);
	if (fresh == NULL)
		return ADMIN_FAILED;
	printf("%s: taken over again: UIDVALIDITY %u, UIDNEXT %u, %u messages\n", admin_plain(a, name),
	    fresh->facts.uidvalidity, fresh->facts.uidnext, fresh->exists);
	mailbox_close(&fresh);
	return ADMIN_OK;
}

static int
import_one(struct admin *a, const char *name)
{
	struct mailbox *m = admin_open(a, name, false);
	struct import_files files;
	struct import_report report;
	struct err err;
	bool met;
	int status = ADMIN_OK;

	if (m == NULL)
		return ADMIN_FAILED;
	met = m->facts.uidvalidity != 0;
	if (!a->dry_run && !a->again) {
		mailbox_close(&m);
		m = admin_open(a, name, true);
		if (m == NULL)
			return ADMIN_FAILED;
		printf("%s: %s, UIDVALIDITY %u, UIDNEXT %u, %u messages\n", admin_plain(a, name),
		    met ? "served by mayfly already" : "taken over", m->facts.uidvalidity,
		    m->facts.uidnext, m->exists);
		mailbox_close(&m);
		return ADMIN_OK;
	}
	if (import_look(m, &files, &report, &err) < 0) {
		admin_say_err(name, &err);
		status = ADMIN_FAILED;
	} else if (a->again && met && !a->dry_run) {
		status = import_again(a, name, m, &files, &report);
	} else {
		print_report(admin_plain(a, name), &report, met && !a->again);
	}
	import_report_fini(&report);
	import_files_fini(&files);
	mailbox_close(&m);
	return status;
}

int
admin_import(struct admin *a)
{
	return admin_each(a, import_one);
}

/* ---- export ---- */

static int
export_one(struct admin *a, const char *name)
{
	struct mailbox *m = admin_open(a, name, true);
	struct err err;
	int status = ADMIN_OK;
	size_t without = 0;

	if (m == NULL)
		return ADMIN_FAILED;
	if ((strcmp(a->to, "dovecot") == 0 ? export_dovecot(m, &without, &err)
	    : export_courier(m, &err)) < 0) {
		admin_say_err(name, &err);
		status = ADMIN_FAILED;
	} else {
		printf("%s: %u messages, UIDVALIDITY %u, UIDNEXT %u\n", admin_plain(a, name), m->exists,
		    m->facts.uidvalidity, m->facts.uidnext);
	}
	if (without > 0) {
		fprintf(stderr, "mayfly-admin: %s: %zu keywords have no letter left, for Dovecot's files "
		    "hold 26\n", admin_plain(a, name), without);
		status = status > ADMIN_FOUND ? status : ADMIN_FOUND;
	}
	mailbox_close(&m);
	return status;
}

int
admin_export(struct admin *a)
{
	struct err err;
	int status;

	if (a->to == NULL || (strcmp(a->to, "dovecot") != 0 && strcmp(a->to, "courier") != 0)) {
		fputs("mayfly-admin: export needs --to=dovecot or --to=courier\n", stderr);
		return ADMIN_USAGE;
	}
	status = admin_each(a, export_one);
	if (status < ADMIN_FAILED && a->mailbox_count == 0
	    && export_subscriptions(&a->account, strcmp(a->to, "dovecot") == 0, &err) < 0) {
		admin_say_err(a->account.path, &err);
		status = ADMIN_FAILED;
	}
	return status;
}
