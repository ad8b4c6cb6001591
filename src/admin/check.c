/*
 * check: read everything, say in plain words what is wrong and what it means for
 * clients; with --repair mend it from the second copies.
 *
 * Without --repair nothing is written and no directory is looked at for new mail:
 * the mailbox is opened as a session opens it, but not synchronised.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "admin/admin.h"
#include "mail/file.h"
#include "store/cache.h"
#include "store/line.h"
#include "store/mailbox.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"

enum {
	OLD_TEMPORARY_S = 60 * 60,	/* our own writes take seconds */
	OLD_DELIVERY_S = 36 * 60 * 60,	/* maildir(5): what lies longer in tmp/ was given up */
	NAMED_MAX = 20,			/* messages of one kind named one by one */
};

struct check {
	struct admin *a;
	const char *name;
	struct mailbox *m;
	unsigned wrong, mended;
};

__attribute__((format(printf, 2, 3))) static void
found(struct check *c, const char *format, ...)
{
	va_list args;

	progress_end(c->a);
	printf("%s: ", admin_plain(c->a, c->name));
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	c->wrong++;
}

/* ---- our files ---- */

static void
check_journal(struct check *c)
{
	struct mailbox *m = c->m;
	struct uidlist_line line = { .text = NULL };
	struct keywords kw;
	struct buf text = BUF_INIT;
	size_t bad = 0, lines = 0;
	int fd = openat(m->dirfd, UIDLIST_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0) {
		if (m->facts.uidvalidity != 0)
			found(c, UIDLIST_NAME " is missing; the index holds the same UIDs, clients see no "
			    "difference, and the next session makes it anew");
		return;
	}
	keywords_init(&kw);
	if (io_read_file(fd, &text, (size_t)1 << 32) < 0) {
		found(c, UIDLIST_NAME " cannot be read: %s", strerror(errno));
		text.len = 0;
	}
	for (size_t at = 0; at < text.len; lines++) {
		const char *lf = memchr(text.data + at, '\n', text.len - at);
		size_t len = lf != NULL ? (size_t)(lf - (text.data + at)) : 0;
		struct uidlist_header header;

		if (lf == NULL)
			break;	/* a line that is being written, or was when somebody died: no harm */
		if (lines == 0 ? !uidlist_read_header(text.data, len, &header)
		    : !uidlist_read_line(text.data + at, len, &kw, &line))
			bad++;
		at += len + 1;
	}
	if (bad > 0)
		found(c, "%zu of %zu lines of " UIDLIST_NAME " are damaged; messages that only they named "
		    "get new UIDs, which clients load again", bad, lines);
	close(fd);
	buf_fini(&text);
	uidlist_line_fini(&line);
	keywords_fini(&kw);
}

static void
check_index(struct check *c)
{
	struct mailbox *m = c->m;
	struct stat st;

	if (m->index.header == NULL) {
		if (fstatat(m->dirfd, INDEX_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
			found(c, INDEX_NAME " is damaged or of another version; it is made anew from " UIDLIST_NAME
			    ", clients see no difference");
		return;
	}
	if (!index_whole(&m->index))
		found(c, INDEX_NAME " is damaged; sessions may show wrong flags or miss messages until it "
		    "is made anew");
}

static void
check_cache(struct check *c)
{
	struct cache *cache = cache_of(c->m);
	struct stat st;
	size_t bad;

	if (cache_serial(cache) == 0 && c->m->facts.uidvalidity != 0
	    && fstatat(c->m->dirfd, CACHE_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0) {
		found(c, CACHE_NAME " is damaged or of another mailbox; messages are read again when they are "
		    "asked for");
		if (c->a->repair && unlinkat(c->m->dirfd, CACHE_NAME, 0) == 0)
			c->mended++;
		return;
	}
	bad = cache_damaged(cache);
	if (bad > 0) {
		found(c, "%zu records of " CACHE_NAME " are damaged; those messages are read again when they "
		    "are asked for", bad);
		if (c->a->repair && unlinkat(c->m->dirfd, CACHE_NAME, 0) == 0)
			c->mended++;
	}
}

static void
check_account(struct check *c)
{
	const struct mailbox_facts *f = &c->m->facts;
	const struct account_entry *entry = account_find(&c->a->account, c->name);
	struct err err;
	bool bad = true;

	if (f->uidvalidity == 0)
		return;
	if (entry == NULL && f->uidnext <= 1)
		return;	/* it is remembered when it gives its first UID */
	if (entry == NULL)
		found(c, ACCOUNT_NAME " does not know the mailbox; were its own files lost, it would get new "
		    "UIDs");
	else if (entry->uidvalidity != f->uidvalidity)
		found(c, ACCOUNT_NAME " has UIDVALIDITY %u, the mailbox %u; the mailbox's counts",
		    entry->uidvalidity, f->uidvalidity);
	else if (entry->uid_bound < f->uidnext)
		found(c, ACCOUNT_NAME " has a bound of %u below UIDNEXT %u; were the mailbox's own files lost, "
		    "a UID could be given twice", entry->uid_bound, f->uidnext);
	else
		bad = false;
	if (bad && c->a->repair) {
		if (account_remember(&c->a->account, c->name, f->mailbox_id, f->uidvalidity, f->uidnext,
		    &err) < 0)
			admin_say_err(c->name, &err);
		else
			c->mended++;
	}
}

/* ---- messages ---- */

/* Does the size in the name agree? A compressed file has the size of its text. */
static bool
size_lies(const char *base, const struct mail *mail)
{
	const char *size = strstr(base, ",S=");
	uint64_t value;

	return size != NULL && ascii_number(size + 3, strspn(size + 3, "0123456789"), INT64_MAX, &value)
	    && value != mail->len;
}

static void
check_messages(struct check *c)
{
	struct mailbox *m = c->m;
	struct mail mail = MAIL_INIT;
	struct buf name = BUF_INIT;
	size_t lies = 0, gone = 0, unreadable = 0;
	uint32_t rows = mailbox_rows(m);

	for (uint32_t i = 0; i < rows && !admin_stopped(c->a); i++) {
		struct err err;
		struct row row;
		int dir;

		progress(c->a, c->name, i, rows);
		mailbox_row(m, i, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED))
			continue;
		dir = mailbox_file(m, &row, &name);
		switch (dir < 0 ? MAIL_GONE : mail_open(&mail, dir, name.data, &err)) {
		case MAIL_OPEN:
			if (size_lies(row.base, &mail) && ++lies <= NAMED_MAX)
				found(c, "%s has %zu octets and not those that its name tells; sizes that "
				    "clients see are counted, quota programs are misled",
				    admin_plain(c->a, name.data), mail.len);
			break;
		case MAIL_GONE:
			gone++;
			break;
		case MAIL_FAILED:
			if (++unreadable <= NAMED_MAX)
				found(c, "UID %u cannot be read: %s", row.uid,
				    admin_plain(c->a, err.detail));
			break;
		}
		mail_close(&mail);
	}
	if (lies > NAMED_MAX || unreadable > NAMED_MAX)
		found(c, "%zu sizes in names are wrong and %zu messages cannot be read, in all", lies,
		    unreadable);
	if (gone > 0 && !admin_stopped(c->a))
		printf("%s: %zu messages were renamed or removed by other programs; the next session "
		    "sees it\n", admin_plain(c->a, c->name), gone);
	mail_fini(&mail);
	buf_fini(&name);
}

/* Old files that a crash left: ours by name, and deliveries in tmp/. */
static void
check_leftovers(struct check *c, const char *place, const char *prefix, int64_t age)
{
	int fd = openat(c->m->dirfd, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	size_t count = 0, removed = 0;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0
		    || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode)
		    || time(NULL) - st.st_mtim.tv_sec < age || time(NULL) - st.st_ctim.tv_sec < age)
			continue;
		count++;
		if (c->a->repair && unlinkat(fd, entry->d_name, 0) == 0)
			removed++;
	}
	closedir(dir);
	if (count > 0)
		found(c, "%zu old temporary files in %s/ of a write that was cut off; they only take room",
		    count, place);
	c->mended += count > 0 && removed == count;
}

static void
check_strange(struct check *c, const char *place)
{
	int fd = openat(c->m->dirfd, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL) {
		found(c, "%s/ cannot be listed: %s; the mailbox shows no message from it", place,
		    strerror(errno));
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		struct stat st;

		if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0
		    || S_ISREG(st.st_mode))
			continue;
		found(c, "%s/%s is not a regular file and is not shown to clients", place,
		    admin_plain(c->a, entry->d_name));
	}
	closedir(dir);
}

/* ---- one mailbox ---- */

static void
repair(struct check *c)
{
	struct mailbox *m = c->m;
	struct err err;

	if (mailbox_lock(m, &err) < 0) {
		admin_say_err(c->name, &err);
		return;
	}
	/* Both files from what the two together told when the mailbox was opened. */
	if (m->facts.uidvalidity != 0 && (mailbox_rewrite_journal(m, &err) < 0
	    || mailbox_write_index(m, &err) < 0))
		admin_say_err(c->name, &err);
	else
		c->mended++;
	mailbox_unlock(m);
	if (mailbox_sync_fully(m, &err) < 0)
		admin_say_err(c->name, &err);
}

static int
check_one(struct admin *a, const char *name)
{
	struct check c = { .a = a, .name = name, .m = admin_open(a, name, false) };
	unsigned ours;

	if (c.m == NULL)
		return ADMIN_FAILED;
	check_journal(&c);
	check_index(&c);
	ours = c.wrong;
	if (ours > 0 && a->repair) {
		/* a damaged index must not be what the repair is made from */
		if (c.m->index.header != NULL && !index_whole(&c.m->index)
		    && unlinkat(c.m->dirfd, INDEX_NAME, 0) == 0) {
			mailbox_close(&c.m);
			if ((c.m = admin_open(a, name, false)) == NULL)
				return ADMIN_FAILED;
		}
		repair(&c);
	}
	check_cache(&c);
	check_account(&c);
	check_strange(&c, "cur");
	check_strange(&c, "new");
	check_leftovers(&c, ".", ".mayfly-tmp.", OLD_TEMPORARY_S);
	check_leftovers(&c, "tmp", "", OLD_DELIVERY_S);
	check_messages(&c);
	progress_end(a);
	if (!admin_stopped(a))
		printf("%s: %u messages, %s%s\n", admin_plain(a, name), c.m->exists, c.wrong == 0
		    ? c.m->facts.uidvalidity == 0 ? "not yet met by a session" : "all is well"
		    : c.wrong == 1 ? "one thing is wrong" : "several things are wrong",
		    c.mended > 0 ? ", mended what can be" : "");
	mailbox_close(&c.m);
	return c.wrong > 0 ? ADMIN_FOUND : ADMIN_OK;
}

/* ---- what belongs to the whole account ---- */

/* Damaged lines of one of our text files; -1: it is there and cannot be read. */
static long
damaged_lines(struct admin *a, const char *name)
{
	int fd = openat(a->account.dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct buf text = BUF_INIT;
	long bad = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (io_read_file(fd, &text, (size_t)1 << 28) < 0)
		bad = -1;
	for (size_t at = 0; bad >= 0 && at < text.len;) {
		const char *lf = memchr(text.data + at, '\n', text.len - at);
		size_t len = lf != NULL ? (size_t)(lf - (text.data + at)) : text.len - at, next = at + len + 1;

		/* these files are replaced as a whole: a last line that is cut is damage too */
		if (lf == NULL || !line_whole(text.data + at, &len))
			bad++;
		at = next;
	}
	close(fd);
	buf_fini(&text);
	return bad;
}

static int
check_account_files(struct admin *a)
{
	static const struct {
		const char *lost;
		int file;	/* enum notes_file, or -1 for the account's own */
	} files[] = {
		{ "the second copy of UIDVALIDITY of some mailboxes", -1 },
		{ "subscriptions", NOTES_SUBSCRIPTIONS },
		{ "annotations", NOTES_METADATA },
	};
	int result = ADMIN_OK;

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		const char *name = files[i].file < 0 ? ACCOUNT_NAME : notes_file_names[files[i].file];
		long bad = damaged_lines(a, name);
		struct err err;

		if (bad == 0)
			continue;
		result = ADMIN_FOUND;
		if (bad < 0) {
			printf("%s cannot be read: %s\n", name, strerror(errno));
			continue;
		}
		printf("%ld lines of %s are damaged; %s that stood there are lost\n", bad, name, files[i].lost);
		if (!a->repair)
			continue;
		if ((files[i].file < 0 ? account_rewrite(&a->account, &err)
		    : notes_rewrite(&a->account, (enum notes_file)files[i].file, &err)) < 0)
			admin_say_err(name, &err);
	}
	return result;
}

int
admin_check(struct admin *a)
{
	int files = check_account_files(a), mailboxes = admin_each(a, check_one);

	return files > mailboxes ? files : mailboxes;
}
