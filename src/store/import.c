/*
 * Taking over a mailbox of another server.
 *
 * All sources are read and each is asked how many of the files in cur/ and new/
 * it names. The one that names most counts; when two name as many (within one in
 * a hundred), the one that was written last; then Dovecot, Courier, BincIMAP. Its
 * UIDVALIDITY is kept in any case: clients knew the mailbox by it. UIDNEXT is
 * above every number that the source holds. Files that it does not name get UIDs
 * from there on by the first look at the directories, which follows.
 *
 * Nothing is written here but the second copy in the account file, which does
 * no harm when it stays alone: the facts and rows go into memory, and the first
 * commit writes them as one journal. A crash before it leaves no import; the next
 * session makes the same one again.
 *
 * Expunged UIDs need no list: the mailbox's floor is the import's mod-sequence,
 * and for all times before it every absent UID counts as expunged.
 *
 * No file, but many records: the file system with the mail is perhaps not there,
 * or a restore is under way. UIDVALIDITY and UIDNEXT are taken over, and for a
 * day `mayfly-import` says that the records still count: should the files come
 * back before any new mail got a UID, they get their own.
 *
 *	mayfly-import 1 <file> <device> <inode> <size> <mtime> <taken> taken|waiting <warned> crc
 */
#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/dirs.h"
#include "store/letters.h"
#include "store/line.h"
#include "store/mailbox.h"
#include "store/names.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/safe_write.h"

#define NOTE_NAME "mayfly-import"

enum {
	MANY = 20,			/* below this many, nothing can be said about a mailbox */
	WAIT_S = 24 * 60 * 60,		/* for files that may come back; also between two warnings */
};

const char *const import_kind_names[IMPORT_KINDS] = {
	[IMPORT_DOVECOT] = "Dovecot", [IMPORT_DOVECOT_OLD] = "Dovecot before 1.1",
	[IMPORT_COURIER] = "Courier", [IMPORT_BINC] = "BincIMAP",
};

/* The files that say "this server served here", and how it locks them. */
static const struct {
	enum import_kind kind;
	const char *name;
	const char *lock;
	int stale_s;
} sources[] = {
	{ IMPORT_DOVECOT, "dovecot-uidlist", "dovecot-uidlist.lock", 120 },
	{ IMPORT_COURIER, "courierimapuiddb", "tmp/courier.lock", 120 },
	{ IMPORT_BINC, "bincimap-cache", "bincimap-scan-lock", 300 },
};
enum { SOURCES = sizeof sources / sizeof sources[0] };

int
import_control(struct mailbox *m)
{
	struct buf path = BUF_INIT;
	int fd;

	if (m->account->control == NULL)
		return fcntl(m->dirfd, F_DUPFD_CLOEXEC, 0);
	buf_addf(&path, "%s/", m->account->control);
	if (strcmp(m->name, "INBOX") == 0)
		buf_adds(&path, m->account->layout == LAYOUT_MAILDIRPP ? ".INBOX" : "INBOX");
	else
		names_to_disk(m->account, m->name, &path);
	fd = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_fini(&path);
	return fd;
}

/* ---- choosing ---- */

/* Is a the better source of the two? */
static bool
is_better(const struct import_source *a, const struct import_source *b, size_t files)
{
	size_t more = a->named > b->named ? a->named - b->named : b->named - a->named;

	if (more * 100 > files)
		return a->named > b->named;
	return a->mtime > b->mtime;
}

static void
choose(struct import_report *report)
{
	report->winner = -1;
	for (int i = 0; i < SOURCES; i++) {
		const struct import_source *s = &report->source[i];

		if (s->usable && (report->winner < 0
		    || is_better(s, &report->source[report->winner], report->files)))
			report->winner = i;
	}
}

static bool
there_is(int dirfd, const char *name)
{
	struct stat st;

	/* in doubt there is: who opens it will see */
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || import_may_pass(errno);
}

int
import_look(struct mailbox *m, struct import_files *files, struct import_report *report,
    struct err *err)
{
	const struct import_source *won;
	int control = import_control(m), trouble = control < 0 && import_may_pass(errno) ? errno : 0;

	memset(report, 0, sizeof *report);
	memset(files, 0, sizeof *files);
	report->winner = -1;
	for (int i = 0; i < SOURCES; i++) {
		report->source[i].kind = sources[i].kind;
		report->source[i].name = sources[i].name;
	}
	/* Most new mailboxes were never served by anybody: one look each, no listing. */
	if (trouble == 0 && (control < 0 || !there_is(control, sources[0].name)) && !there_is(m->dirfd, sources[1].name)
	    && !there_is(m->dirfd, sources[2].name)) {
		io_close(&control);
		return 0;
	}
	if (import_files_list(files, m, err) < 0) {
		io_close(&control);
		return -1;
	}
	report->files = files->count;
	if (control >= 0)
		import_uidlist(&report->source[0], control, files);
	import_uidlist(&report->source[1], m->dirfd, files);
	import_binc(&report->source[2], m->dirfd, files);
	io_close(&control);
	for (int i = 0; i < SOURCES; i++)
		if (report->source[i].trouble != 0)
			trouble = report->source[i].trouble;
	if (trouble != 0) {
		errno = trouble;
		return err_errno(err, "read what another server left in", m->path);
	}
	choose(report);
	report->acl = there_is(m->dirfd, "dovecot-acl") || there_is(m->dirfd, "courierimapacl");
	if (report->winner < 0)
		return 0;
	won = &report->source[report->winner];
	report->matched = won->named;
	report->expunged = won->records > won->named ? won->records - won->named : 0;
	report->waiting = files->count == 0 && won->records > MANY;
	letters_refresh(m);
	report->letters_full = true;
	for (int i = 0; i < LETTERS; i++)
		if (m->letters.keyword[i] == 0 && m->letters.forwarded != i)
			report->letters_full = false;
	for (size_t i = 0; i < files->count; i++)
		files->at[i].keywords = letters_set(m, files->at[i].suffix);
	if (won->kind == IMPORT_COURIER && (errno = import_courier_keywords(m, files)) != 0)
		return err_errno(err, "read courierimapkeywords in", m->path);
	return 0;
}

void
import_report_fini(struct import_report *report)
{
	for (int i = 0; i < IMPORT_KINDS; i++)
		import_source_fini(&report->source[i]);
}

/* ---- applying ---- */

struct taken {
	uint32_t uid, file;
};

static int
by_uid(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/*
 * $Forwarded is P in the name, for us and for every Maildir program; where only a
 * keyword says so, the name is made to say it too.
 */
static void
settle_forwarded(struct mailbox *m, struct import_files *files, struct import_file *file)
{
	int64_t id = keywords_find(&m->keywords, "$Forwarded", 10);
	uint32_t forwarded = 0, only = (uint32_t)id;
	struct buf name = BUF_INIT;
	struct maildir_name parsed;

	if (id >= 0 && keywords_has(&m->keywords, file->keywords, only))
		forwarded = keywords_set(&m->keywords, &only, 1);
	if (forwarded == 0 && !letters_lack_passed(m, file->suffix))
		return;
	if (!(file->flags & (MAIL_PASSED | MAIL_IN_NEW))) {
		buf_adds(&name, file->name);
		if (!letters_write_passed(m, &name, file->base_len)) {
			buf_fini(&name);
			return;
		}
		file->name = arena_strndup(&files->texts, name.data, name.len);
		file->suffix = file->name + file->base_len;
		maildir_name_parse(file->name, &parsed);
		file->flags = parsed.flags;
		buf_fini(&name);
	}
	if (file->flags & MAIL_PASSED)
		file->keywords = keywords_minus(&m->keywords, file->keywords, forwarded);
}

/*
 * BincIMAP kept a message's date in its cache; the file's own time is as good
 * unless a copy of the tree has lost it.
 */
static void
settle_date(struct mailbox *m, const struct import_file *file, int64_t date)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = date } };
	int dir = file->flags & MAIL_IN_NEW ? mailbox_new(m) : mailbox_cur(m);

	if (date > 0 && file->mtime > date + 24 * 60 * 60 && !m->read_only && !m->unsaved
	    && utimensat(dir, file->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		log_line(LOG_LEVEL_WARNING, "%s: cannot set the time of %s back", m->path, file->name);
}

static void
apply_rows(struct mailbox *m, struct import_files *files, const struct import_source *source,
    uint64_t modseq)
{
	struct taken *taken = mem_alloc((files->count + 1) * sizeof *taken);
	struct buf lines = BUF_INIT, base = BUF_INIT;
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++)
		if (source->hits[i].uid != 0)
			taken[count++] = (struct taken){ source->hits[i].uid, (uint32_t)i };
	qsort(taken, count, sizeof *taken, by_uid);
	for (size_t i = 0; i < count; i++) {
		struct import_file *file = &files->at[taken[i].file];
		const struct import_hit *hit = &source->hits[taken[i].file];

		settle_forwarded(m, files, file);
		settle_date(m, file, hit->internal_date);
		buf_reset(&base);
		buf_add(&base, file->name, file->base_len);
		uidlist_write_added(&lines, taken[i].uid, modseq, file->save_date,
		    hit->email_id != NULL ? hit->email_id : "", file->flags, file->suffix,
		    &m->keywords, file->keywords, base.data);
	}
	mailbox_apply(m, &lines);
	free(taken);
	buf_fini(&lines);
	buf_fini(&base);
}

static void
take_facts(struct mailbox *m, const struct import_source *source)
{
	struct mailbox_facts *f = &m->facts;
	uint64_t random[2];

	f->uidvalidity = source->uidvalidity;
	if (f->uidnext < source->uidnext)
		f->uidnext = source->uidnext;
	/* everything is old news: nobody gets it as \Recent but what lies in new/ without a UID */
	f->recent = f->uidnext - 1;
	if (source->mailbox_id[0] != '\0') {
		memcpy(f->mailbox_id, source->mailbox_id, sizeof f->mailbox_id);
		return;
	}
	if (m->read_only || m->unsaved) {
		/* the same in each session, as nothing can be written down */
		random[0] = source->uidvalidity;
		random[1] = source->inode;
	} else {
		hash_random(random, sizeof random);
	}
	snprintf(f->mailbox_id, sizeof f->mailbox_id, "%016llx%016llx",
	    (unsigned long long)random[0], (unsigned long long)random[1]);
}

static void
say_what_happened(const struct mailbox *m, const struct import_report *report)
{
	const struct import_source *s = &report->source[report->winner];

	log_line(LOG_LEVEL_INFO, "%s: taken over from %s: UIDVALIDITY %" PRIu32 ", %zu of %zu "
	    "messages keep their UID, %zu are expunged", m->path, import_kind_names[s->kind],
	    s->uidvalidity, report->matched, report->files, report->expunged);
	if (s->problem[0] != '\0')
		log_line(LOG_LEVEL_WARNING, "%s: %s: %s", m->path, s->name, s->problem);
	if (report->files > MANY && report->matched * 2 < report->files)
		log_line(LOG_LEVEL_WARNING, "%s: %s names less than half of the messages; is it old?",
		    m->path, s->name);
	if (report->waiting)
		log_line(LOG_LEVEL_WARNING, "%s: %s has records, but there is not one message; "
		    "is the mail not mounted?", m->path, s->name);
	if (report->letters_full)
		log_line(LOG_LEVEL_WARNING, "%s: all 26 keyword letters are in use; Dovecot may know "
		    "more keywords, which only it can tell", m->path);
	if (report->acl)
		log_line(LOG_LEVEL_WARNING, "%s: there are access lists, which have no effect here",
		    m->path);
}

static void
say_what_was_unusable(const struct mailbox *m, const struct import_report *report)
{
	for (int i = 0; i < SOURCES; i++)
		if (report->source[i].found && !report->source[i].usable)
			log_line(LOG_LEVEL_WARNING, "%s: %s is not taken over: %s", m->path,
			    report->source[i].name, report->source[i].problem);
}

/* ---- the note on what was taken ---- */

struct note_file {
	char source[32];
	uint64_t device, inode;
	int64_t size, mtime, taken, warned;
	bool waiting;
};

static void
write_note(struct mailbox *m, const struct note_file *n)
{
	struct buf text = BUF_INIT;
	struct err err;

	if (m->read_only || m->unsaved)
		return;
	buf_addf(&text, NOTE_NAME " 1 %s %" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 " %" PRId64
	    " %s %" PRId64, n->source, n->device, n->inode, n->size, n->mtime, n->taken,
	    n->waiting ? "waiting" : "taken", n->warned);
	line_close(&text, 0);
	/* not synced: without it nothing is lost but a warning, or the day of patience */
	if (safe_write(m->dirfd, NOTE_NAME, text.data, text.len, 0600, false, m->path, &err) < 0)
		log_err(&err);
	buf_fini(&text);
}

static void
note_source(struct mailbox *m, const struct import_source *s, bool waiting)
{
	struct note_file n = { .device = s->device, .inode = s->inode, .size = s->size,
		.mtime = s->mtime, .taken = time(NULL), .waiting = waiting };

	snprintf(n.source, sizeof n.source, "%s", s->name);
	write_note(m, &n);
}

static bool
read_note(struct mailbox *m, struct note_file *n)
{
	char text[512], state[16];
	int fd = openat(m->dirfd, NOTE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t got;
	size_t len;

	if (fd < 0)
		return false;
	got = io_pread_all(fd, text, sizeof text - 1, 0);
	close(fd);
	if (got <= 0 || text[got - 1] != '\n')
		return false;
	len = (size_t)got - 1;
	if (!line_whole(text, &len))
		return false;
	text[len] = '\0';
	if (sscanf(text, NOTE_NAME " 1 %31s %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64 " %" SCNd64
	    " %15s %" SCNd64, n->source, &n->device, &n->inode, &n->size, &n->mtime, &n->taken, state,
	    &n->warned) != 8)
		return false;
	n->waiting = strcmp(state, "waiting") == 0;
	return true;
}

void
import_watch_source(struct mailbox *m)
{
	struct note_file n;
	struct stat st;
	int64_t now = time(NULL);

	if (m->source_watched || m->read_only || m->unsaved)
		return;
	m->source_watched = true;
	/*
	 * Dovecot's delivery agent goes on writing its uidlist beside us, which is
	 * fine. Nothing but the other server itself writes the files of the others.
	 */
	if (!read_note(m, &n) || strcmp(n.source, sources[0].name) == 0
	    || fstatat(m->dirfd, n.source, &st, AT_SYMLINK_NOFOLLOW) < 0
	    || (st.st_size == n.size && st.st_mtim.tv_sec == n.mtime && st.st_ino == n.inode)
	    || now - n.warned < WAIT_S)
		return;
	log_line(LOG_LEVEL_WARNING, "%s: %s was written after it was taken over: the other server is "
	    "still in use, and its clients see other UIDs", m->path, n.source);
	n.warned = now;
	write_note(m, &n);
}

/* ---- the whole ---- */

struct held {
	bool lock[SOURCES];
	int control;
};

static void
give_back(struct mailbox *m, struct held *held)
{
	for (int i = 0; i < SOURCES; i++)
		letters_unlock(i == 0 ? held->control : m->dirfd, sources[i].lock, held->lock[i]);
	io_close(&held->control);
}

/* The locks of those servers whose files are there, for as long as we read. */
static int
lock_sources(struct mailbox *m, struct held *held, struct err *err)
{
	int result = 0;

	memset(held, 0, sizeof *held);
	held->control = import_control(m);
	if (m->read_only || m->unsaved)
		return 0;
	for (int i = 0; result == 0 && i < SOURCES; i++) {
		int dir = i == 0 ? held->control : m->dirfd;

		if (dir >= 0 && there_is(dir, sources[i].name))
			result = letters_lock(dir, sources[i].lock, sources[i].stale_s, m->path,
			    &held->lock[i], err);
	}
	if (result < 0)
		give_back(m, held);
	return result;
}

/* May the source's UIDs count, after all that the account remembers? */
static bool
agrees(struct mailbox *m, const struct import_source *source)
{
	const struct account_entry *known = account_find(m->account, m->name);

	if (known == NULL)
		return true;
	if (known->uidvalidity != source->uidvalidity)
		return false;	/* it was ours for a while, under a UIDVALIDITY of our own */
	/* UIDs up to the bound may be known to clients as other messages. */
	if (m->facts.uidnext < known->uid_bound)
		m->facts.uidnext = known->uid_bound;
	return true;
}

static int
take(struct mailbox *m, struct import_files *files, const struct import_report *report,
    struct err *err)
{
	const struct import_source *won = &report->source[report->winner];
	struct buf lines = BUF_INIT;
	int result;

	take_facts(m, won);
	if (!m->unsaved && !m->read_only)
		m->damaged = true;	/* the first commit writes the journal */
	result = dirs_raise_bound(m, 0, &lines, err);
	if (result == 0)
		mailbox_apply(m, &lines);
	buf_fini(&lines);
	/* a full disk takes nothing, but what is known is shown all the same */
	apply_rows(m, files, won, m->facts.modseq);
	if (result == 0)
		note_source(m, won, report->waiting);
	say_what_happened(m, report);
	return result < 0 ? -1 : 1;
}

int
import_mailbox(struct mailbox *m, struct err *err)
{
	struct import_files files;
	struct import_report report;
	struct held held;
	int result;

	if (lock_sources(m, &held, err) < 0)
		return -1;
	result = import_look(m, &files, &report, err);
	if (result == 0) {
		say_what_was_unusable(m, &report);
		if (report.winner >= 0 && agrees(m, &report.source[report.winner]))
			result = take(m, &files, &report, err);
	}
	import_report_fini(&report);
	import_files_fini(&files);
	give_back(m, &held);
	return result;
}

int
import_resume(struct mailbox *m, struct err *err)
{
	struct import_files files;
	struct import_report report;
	struct note_file note;
	int result = 0;

	if (mailbox_rows(m) > 0 || m->facts.uidnext == 1 || m->read_only || m->unsaved
	    || !read_note(m, &note) || !note.waiting || time(NULL) - note.taken > WAIT_S)
		return 0;
	if (import_look(m, &files, &report, err) < 0)
		result = -1;
	else if (report.winner >= 0 && report.files > 0) {
		const struct import_source *won = &report.source[report.winner];

		/* no UID was given since, or these could mean two messages */
		if (won->uidvalidity == m->facts.uidvalidity && won->uidnext == m->facts.uidnext) {
			log_line(LOG_LEVEL_INFO, "%s: the messages are back", m->path);
			apply_rows(m, &files, won, m->facts.modseq + 1);
			m->damaged = true;
			result = 1;
		}
		note_source(m, won, false);
	}
	import_report_fini(&report);
	import_files_fini(&files);
	return result;
}
