/*
 * `dovecot-keywords` has a line "<0-25> <keyword>" for each letter a-z. Lines
 * without a space, with a higher number, or with a name that was there before
 * say nothing. $Forwarded has a letter of its own beside Maildir's P; we show
 * both as one flag, which file names hold as P.
 *
 * Dovecot's delivery agent adds a keyword to the file before it delivers mail
 * that has it, so a look at the file before each listing misses nothing.
 */
#include "store/letters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/import.h"
#include "store/lock.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/mem.h"
#include "util/safe_write.h"

#define KEYWORDS_NAME "dovecot-keywords"
#define LOCK_NAME "dovecot-uidlist.lock"

enum {
	DOVECOT_STALE_S = 120,	/* Dovecot's own rule for its dot locks */
	LOCK_WAIT_MS = 10000,	/* then NO [INUSE]: clients try again by themselves */
	LOCK_STEP_MS = 20,
	LINES_MAX = 10000,	/* the file has 26 of worth */
};

static void
read_letters(struct mailbox *m, int dirfd)
{
	struct letters *l = &m->letters;
	struct import_source file = { .name = KEYWORDS_NAME };
	struct import_lines lines = { .fd = import_open(dirfd, KEYWORDS_NAME, &file) };
	struct buf name = BUF_INIT;
	char *text;
	size_t len;

	if (lines.fd < 0)
		return;
	for (int i = 0; i < LINES_MAX && import_line(&lines, &text, &len) != 0; i++) {
		char *space = memchr(text, ' ', len);
		uint64_t number;
		uint32_t id;
		bool taken = false;

		if (space == NULL || !ascii_number(text, (size_t)(space - text), LETTERS - 1, &number)
		    || l->keyword[number] != 0 || l->forwarded == (int)number
		    || !import_keyword(space + 1, len - (size_t)(space + 1 - text), &name))
			continue;
		if (ascii_casecmp(name.data, "$Forwarded") == 0) {
			if (l->forwarded < 0)
				l->forwarded = (int)number;
			l->any = true;
			continue;
		}
		id = keywords_id(&m->keywords, name.data, name.len);
		for (int k = 0; k < LETTERS; k++)
			taken = taken || l->keyword[k] == id + 1;
		if (taken)
			continue;
		l->keyword[number] = id + 1;
		l->any = true;
	}
	buf_fini(&name);
	buf_fini(&lines.buf);
	close(lines.fd);
}

void
letters_refresh(struct mailbox *m)
{
	struct letters *l = &m->letters;
	int dirfd = m->account->control == NULL ? m->dirfd : import_control(m);
	struct stat st = { .st_ino = 0 };

	if (dirfd >= 0 && fstatat(dirfd, KEYWORDS_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		st = (struct stat){ .st_ino = 0 };
	if (!l->looked || l->inode != st.st_ino || l->size != st.st_size
	    || l->mtime_sec != st.st_mtim.tv_sec || l->mtime_nsec != st.st_mtim.tv_nsec) {
		*l = (struct letters){ .looked = true, .forwarded = -1, .inode = st.st_ino,
			.size = st.st_size, .mtime_sec = st.st_mtim.tv_sec,
			.mtime_nsec = st.st_mtim.tv_nsec };
		if (st.st_ino != 0)
			read_letters(m, dirfd);
	}
	if (dirfd != m->dirfd)
		io_close(&dirfd);
}

/* ---- letters of names ---- */

/* A bit for each of a-z that stands between ":2," and the next comma. */
static uint32_t
letters_of(const char *suffix)
{
	uint32_t bits = 0;

	if (strncmp(suffix, ":2,", 3) != 0)
		return 0;
	for (const char *c = suffix + 3; *c != '\0' && *c != ','; c++)
		if (*c >= 'a' && *c <= 'z')
			bits |= 1u << (*c - 'a');
	return bits;
}

static uint32_t
set_of_bits(struct mailbox *m, uint32_t bits)
{
	uint32_t ids[LETTERS];
	size_t count = 0;

	for (int i = 0; i < LETTERS; i++)
		if (bits >> i & 1 && m->letters.keyword[i] != 0)
			ids[count++] = m->letters.keyword[i] - 1;
	return keywords_set(&m->keywords, ids, count);
}

uint32_t
letters_set(struct mailbox *m, const char *suffix)
{
	return m->letters.any ? set_of_bits(m, letters_of(suffix)) : 0;
}

uint32_t
letters_follow(struct mailbox *m, const struct row *row, const char *suffix)
{
	uint32_t before, after, set = row->set;

	if (!m->letters.any)
		return set;
	before = row->flags & MAIL_ODD ? letters_of(row->suffix) : 0;
	after = letters_of(suffix);
	if (before & ~after)
		set = keywords_minus(&m->keywords, set, set_of_bits(m, before & ~after));
	return keywords_union(&m->keywords, set, set_of_bits(m, after));
}

bool
letters_lack_passed(const struct mailbox *m, const char *suffix)
{
	return m->letters.any && m->letters.forwarded >= 0 && !m->read_only && !m->unsaved
	    && letters_of(suffix) >> m->letters.forwarded & 1
	    && memchr(suffix, 'P', strcspn(suffix + 3, ",") + 3) == NULL;
}

bool
letters_write_passed(struct mailbox *m, struct buf *name, size_t base_len)
{
	struct buf to = BUF_INIT;
	struct maildir_name parsed;
	int dir = mailbox_cur(m);
	bool done;

	maildir_name_parse(name->data, &parsed);
	buf_add(&to, name->data, base_len);
	maildir_name_merge(parsed.suffix, parsed.flags | MAIL_PASSED, &to);
	done = dir >= 0 && !m->read_only && !m->unsaved
	    && renameat2(dir, name->data, dir, to.data, RENAME_NOREPLACE) == 0;
	if (done) {
		buf_reset(name);
		buf_add(name, to.data, to.len);
	}
	buf_fini(&to);
	return done;
}

static uint32_t
wanted_bits(const struct mailbox *m, uint32_t bits, unsigned flags, uint32_t set)
{
	const struct letters *l = &m->letters;

	for (int i = 0; i < LETTERS; i++) {
		bool want;

		if (l->keyword[i] != 0)
			want = keywords_has(&m->keywords, set, l->keyword[i] - 1);
		else if (i == l->forwarded)
			want = flags & MAIL_PASSED;
		else
			continue;
		bits = want ? bits | 1u << i : bits & ~(1u << i);
	}
	return bits;
}

void
letters_apply(struct mailbox *m, unsigned flags, uint32_t set, struct buf *name, size_t base_len)
{
	char *suffix;
	struct buf to = BUF_INIT;
	size_t n;
	uint32_t bits;

	if (!m->letters.any)
		return;
	suffix = name->data + base_len;
	if (strncmp(suffix, ":2,", 3) != 0)
		return;
	bits = wanted_bits(m, letters_of(suffix), flags, set);
	n = strcspn(suffix + 3, ",");
	buf_add(&to, name->data, base_len + 3);
	/* The capitals are in order already; a-z follow them in ASCII. */
	for (size_t i = 0; i < n; i++)
		if (suffix[3 + i] < 'a')
			buf_addc(&to, suffix[3 + i]);
	for (int i = 0; i < LETTERS; i++)
		if (bits >> i & 1)
			buf_addc(&to, (char)('a' + i));
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)suffix[3 + i] > 'z')
			buf_addc(&to, suffix[3 + i]);
	buf_adds(&to, suffix + 3 + n);
	buf_fini(name);
	*name = to;
}

bool
letters_differ(struct mailbox *m, const struct row *row, unsigned flags, uint32_t set)
{
	uint32_t bits;

	if (!m->letters.any)
		return false;
	bits = row->flags & MAIL_ODD ? letters_of(row->suffix) : 0;
	return wanted_bits(m, bits, flags, set) != bits;
}

/* ---- Dovecot's lock, and new letters ---- */

int
letters_lock(int dirfd, const char *name, int stale_s, const char *path, bool *held,
    struct err *err)
{
	struct timespec pause = { 0, LOCK_STEP_MS * 1000000L };

	*held = false;
	for (int waited = 0;; waited += LOCK_STEP_MS) {
		struct stat st;

		if (lock_make_dot(dirfd, name, NULL) == 0) {
			*held = true;
			return 0;
		}
		if (errno != EEXIST)
			return 0;	/* nothing can be written here: the other server could not either */
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
		    && time(NULL) - st.st_mtim.tv_sec > stale_s)
			return 0;
		if (lock_owner_is_dead(dirfd, name) && unlinkat(dirfd, name, 0) == 0)
			continue;
		if (waited >= LOCK_WAIT_MS)
			break;
		nanosleep(&pause, NULL);
	}
	err_set(err, ERR_INUSE, "Another mail server is writing to this mailbox, try again");
	return err_detail(err, "%s: %s is held", path, name);
}

void
letters_unlock(int dirfd, const char *name, bool held)
{
	if (held)
		unlinkat(dirfd, name, 0);
}

bool
letters_have(const struct mailbox *m, uint32_t keyword)
{
	if (ascii_casecmp(m->keywords.names[keyword], "$Forwarded") == 0)
		return m->letters.forwarded >= 0;
	for (int i = 0; i < LETTERS; i++)
		if (m->letters.keyword[i] == keyword + 1)
			return true;
	return false;
}

/* The file as it is, and a line for each keyword that gets a letter now. */
static bool
with_new_letters(struct mailbox *m, uint32_t set, int dirfd, struct buf *out)
{
	const struct keyword_set *s = &m->keywords.sets[set];
	struct import_source file = { .name = KEYWORDS_NAME };
	int fd = import_open(dirfd, KEYWORDS_NAME, &file), next = 0;
	bool news = false, readable = fd < 0 ? !file.found : io_read_file(fd, out, 1 << 20) == 0;

	io_close(&fd);
	if (!readable)
		return false;
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
	for (uint32_t i = 0; i < s->count; i++) {
		bool has = letters_have(m, s->ids[i]);

		while (next < LETTERS && (m->letters.keyword[next] != 0 || m->letters.forwarded == next))
			next++;
		if (has || next == LETTERS)
			continue;
		buf_addf(out, "%d %s\n", next++, m->keywords.names[s->ids[i]]);
		news = true;
	}
	return news;
}

int
letters_share(struct mailbox *m, uint32_t set, struct err *err)
{
	int dirfd = import_control(m), result;
	struct buf text = BUF_INIT;
	bool held;

	if (dirfd < 0)
		return 0;	/* no such server here */
	result = letters_lock(dirfd, LOCK_NAME, DOVECOT_STALE_S, m->path, &held, err);
	if (result == 0) {
		letters_refresh(m);
		if (with_new_letters(m, set, dirfd, &text))
			result = safe_write(dirfd, KEYWORDS_NAME, text.data, text.len, 0600,
			    m->account->sync, m->path, err);
		letters_unlock(dirfd, LOCK_NAME, held);
		letters_refresh(m);
	}
	buf_fini(&text);
	close(dirfd);
	return result;
}
