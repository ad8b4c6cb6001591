/* The directories of one mailbox: times, entries, first meeting. */
#include "store/dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/import.h"
#include "store/mailbox.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	LOCAL_GRAIN_MS = 25,	/* two ticks of a 100 Hz kernel, and some */
	REMOTE_GRAIN_MS = 2000,	/* a server may count whole seconds, by a clock of its own */
	LIST_STEP = 1 << 16,
};

/* File systems whose clock is somebody else's (statfs(2)). */
bool
dirs_is_remote(int fd)
{
	static const unsigned remote[] = {
		0x6969 /* NFS */, 0x517b /* SMB */, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
		0x65735546 /* FUSE */, 0x01021997 /* 9p */, 0x00c36400 /* CEPH */,
		0x5346414f /* AFS */, 0x73757245 /* CODA */, 0x0bd00bd0 /* LUSTRE */,
		0x01161970 /* GFS2 */, 0x7461636f /* OCFS2 */, 0x47504653 /* GPFS */,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return true;
	for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
		if ((unsigned)fs.f_type == remote[i])
			return true;
	return false;
}

bool
dirs_remote(const struct mailbox *m)
{
	return dirs_is_remote(m->dirfd);
}

static void
fill_time(struct mailbox *m, const struct stat *st, struct dir_time *out)
{
	struct timespec now;
	int64_t age_ms;

	out->sec = st->st_mtim.tv_sec;
	out->nsec = (int32_t)st->st_mtim.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &now);
	age_ms = ((int64_t)now.tv_sec - out->sec) * 1000 + (now.tv_nsec - out->nsec) / 1000000;
	/* A time in the future is a clock that went back: never trusted. */
	out->trusted = age_ms >= REMOTE_GRAIN_MS
	    || (age_ms >= LOCAL_GRAIN_MS && !dirs_is_remote(m->dirfd));
}

int
dirs_time(struct mailbox *m, int fd, struct dir_time *out, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "fstat a directory of", m->path);
	fill_time(m, &st, out);
	return 0;
}

static int
time_by_name(struct mailbox *m, bool in_new, struct dir_time *out, struct err *err)
{
	struct stat st;

	if (fstatat(m->dirfd, in_new ? "new" : "cur", &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return err_errno(err, "stat a directory of", m->path);
		*out = (struct dir_time){ 0, 0, false };
		return 0;
	}
	mailbox_check_part(m, in_new, &st);
	/* Only compared: whether it can be trusted was decided when it was listed. */
	*out = (struct dir_time){ st.st_mtim.tv_sec, (int32_t)st.st_mtim.tv_nsec, false };
	return 0;
}

int
dirs_times(struct mailbox *m, struct dir_time *cur, struct dir_time *new, struct err *err)
{
	if (time_by_name(m, false, cur, err) < 0)
		return -1;
	return time_by_name(m, true, new, err);
}

bool
dirs_same(const struct dir_time *a, const struct dir_time *b)
{
	return a->sec == b->sec && a->nsec == b->nsec;
}

bool
dirs_unmoved(struct mailbox *m, struct dir_time cur, struct dir_time new)
{
	struct dir_time cur_now, new_now;
	struct err ignored;

	return dirs_times(m, &cur_now, &new_now, &ignored) == 0
	    && dirs_same(&cur, &cur_now) && dirs_same(&new, &new_now);
}

static bool
is_regular(int fd, const struct dirent64 *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

int
dirs_list(struct mailbox *m, int fd, bool in_new,
    int (*see)(void *ctx, const char *name, bool in_new), void *ctx, struct err *err)
{
	char *buffer = mem_alloc(LIST_STEP);
	int result = 0;

	if (lseek(fd, 0, SEEK_SET) < 0)
		result = err_errno(err, "rewind a directory of", m->path);
	while (result == 0) {
		ssize_t n = getdents64(fd, buffer, LIST_STEP);

		if (n < 0) {
			result = err_errno(err, "list a directory of", m->path);
			break;
		}
		if (n == 0)
			break;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);

			at += entry->d_reclen;
			if (entry->d_name[0] != '.' && is_regular(fd, entry))
				see(ctx, entry->d_name, in_new);
		}
	}
	free(buffer);
	return result;
}

int
dirs_part(struct mailbox *m, bool in_new, int *fd_out, struct err *err)
{
	*fd_out = in_new ? mailbox_new(m) : mailbox_cur(m);
	if (*fd_out < 0 && errno != ENOENT)
		return err_errno(err, in_new ? "open new/ of" : "open cur/ of", m->path);
	return 0;
}

void
dirs_make(struct mailbox *m, const char *part)
{
	if (m->read_only || m->only_looking || mkdirat(m->dirfd, part, 0700) < 0)
		return;
	log_line(LOG_LEVEL_WARNING, "%s: %s/ was missing and has been made", m->path, part);
}

/* UIDs that this session alone will see; the same again each time for the same mailbox. */
static void
unsaved_facts(struct mailbox *m)
{
	struct stat st;
	uint64_t number = 1;

	if (fstat(m->dirfd, &st) == 0)
		number = (uint64_t)st.st_ino * 2654435761u ^ (uint64_t)st.st_dev;
	m->facts.uidvalidity = (uint32_t)(number % 0x3fffffff) + 1;
	snprintf(m->facts.mailbox_id, sizeof m->facts.mailbox_id, "%032llx",
	    (unsigned long long)number);
}

int
dirs_found(struct mailbox *m, struct err *err)
{
	struct mailbox_facts *f = &m->facts;
	int taken;

	f->uidnext = 1;
	/* Seeded by time: above what other servers counted, and below 2^53, where
	 * clients that keep numbers as doubles begin to round. */
	f->modseq = (uint64_t)time(NULL) << 20;
	f->floor = f->modseq;
	taken = import_mailbox(m, err);
	if (taken != 0)
		return taken < 0 ? -1 : 0;
	if (m->unsaved || m->read_only) {
		unsaved_facts(m);
		return 0;
	}
	if (account_find(m->account, m->name) != NULL)
		log_line(LOG_LEVEL_WARNING, "%s: index and " UIDLIST_NAME " are lost; the "
		    "messages get new UIDs under a new UIDVALIDITY", m->path);
	m->damaged = true;	/* the first commit writes the journal */
	return 0;
}

/* UIDVALIDITY, id, and a bound above what is given now, in one write of the account's file. */
static int
found_one(struct mailbox *m, uint32_t next, struct err *err)
{
	struct mailbox_facts *f = &m->facts;
	const struct account_entry *entry;
	uint64_t random[2];

	hash_random(random, sizeof random);
	snprintf(f->mailbox_id, sizeof f->mailbox_id, "%016llx%016llx",
	    (unsigned long long)random[0], (unsigned long long)random[1]);
	if (account_new_mailbox(m->account, m->name, f->mailbox_id, next, &f->uidvalidity, err) < 0) {
		f->uidvalidity = 0;
		return -1;
	}
	entry = next > 1 ? account_find(m->account, m->name) : NULL;
	if (entry != NULL)
		f->uid_bound = entry->uid_bound;
	return 0;
}

int
dirs_raise_bound(struct mailbox *m, uint32_t count, struct buf *lines, struct err *err)
{
	uint64_t next = (uint64_t)m->facts.uidnext + count;
	const struct account_entry *entry;

	if (m->facts.uidvalidity == 0)
		return found_one(m, next > UINT32_MAX ? UINT32_MAX : (uint32_t)next, err);
	if (m->unsaved || m->read_only || next <= m->facts.uid_bound)
		return 0;
	if (next > UINT32_MAX)
		next = UINT32_MAX;
	if (account_remember(m->account, m->name, m->facts.mailbox_id, m->facts.uidvalidity,
	    (uint32_t)next, err) < 0)
		return -1;
	entry = account_find(m->account, m->name);
	if (entry != NULL)
		uidlist_write_bound(lines, entry->uid_bound);
	return 0;
}

void
dirs_empty_new(struct mailbox *m)
{
	struct buf lines = BUF_INIT, name = BUF_INIT;
	struct err err;
	int from = mailbox_new(m), to = mailbox_cur(m);

	for (uint32_t number = 0; number < mailbox_rows(m); number++) {
		struct row row;
		size_t base_len;

		if (!(mailbox_flags(m, number) & MAIL_IN_NEW))
			continue;
		mailbox_row(m, number, &row);
		if (row.flags & (ROW_GONE | ROW_REMOVED | MAIL_ODD))
			continue;
		buf_reset(&name);
		buf_adds(&name, row.base);
		base_len = name.len;
		buf_adds(&name, ":2,");
		if (renameat2(from, row.base, to, name.data, RENAME_NOREPLACE) < 0)
			continue;
		name.data[base_len] = '\0';
		uidlist_write_moved(&lines, row.uid, 0, "", row.base);
	}
	if (mailbox_commit(m, &lines, false, &err) < 0)
		log_err(&err);
	buf_fini(&lines);
	buf_fini(&name);
}
