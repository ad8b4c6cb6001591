/*
 * `mayfly-account` in the root of a user's mail, text, replaced as a whole under
 * a lock of its own:
 *
 *	mayfly-account 1 A<32 hex: account id> V<last UIDVALIDITY given> crc
 *	M <mailbox id> <UIDVALIDITY> <bound> <name, %XX> crc
 *
 * It is read only when a mailbox is made, renamed, or reaches its bound: no
 * session of the usual kind touches it. A crash leaves the old file or the new
 * one. Lost, it is made again from what the mailboxes say when they next come by.
 */
#include "store/account.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/line.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/safe_write.h"

#define ACCOUNT_LOCK "mayfly-account.lock"

enum {
	BOUND_STEP = 1000,		/* UIDs per write of this file */
	FILE_MAX = 1 << 28,		/* a million mailboxes with long names */
	UIDVALIDITY_HIGH = 0x7fffffff,	/* clients exist that read more as negative */
};

int
account_open(struct account *account, const char *path, enum layout layout, bool create,
    struct err *err)
{
	static const char *const parts[] = { "cur", "new", "tmp" };
	bool made = false;

	memset(account, 0, sizeof *account);
	account->path = mem_strdup(path);
	account->layout = layout;
	account->sync = true;
	account->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* a client's first connections come together: another session may have made it just now */
	if (account->dirfd < 0 && errno == ENOENT && create &&
	    (mkdir(path, 0700) == 0 || errno == EEXIST)) {
		made = true;
		account->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (account->dirfd < 0) {
		err_errno(err, "open mail directory", path);
		err->kind = ERR_UNAVAILABLE;
		snprintf(err->client, sizeof err->client, "The mail directory cannot be opened");
		account_close(account);
		return -1;
	}
	for (size_t i = 0; made && i < sizeof parts / sizeof parts[0]; i++)
		if (mkdirat(account->dirfd, parts[i], 0700) < 0 && errno != EEXIST)
			log_line(LOG_LEVEL_WARNING, "%s: cannot make %s/", path, parts[i]);
	return 0;
}

static void
forget(struct account *account)
{
	for (size_t i = 0; i < account->count; i++)
		free(account->entries[i].name);
	free(account->entries);
	account->entries = NULL;
	account->count = account->room = 0;
	account->last_uidvalidity = 0;
	account->id[0] = '\0';
	account->loaded = false;
}

void
account_close(struct account *account)
{
	forget(account);
	io_close(&account->dirfd);
	free(account->path);
	account->path = NULL;
}

/* ---- the file ---- */

static struct account_entry *
entry_add(struct account *account, const char *name)
{
	struct account_entry *entry;

	account->entries = mem_grow(account->entries, &account->room, account->count + 1,
	    sizeof *account->entries);
	entry = &account->entries[account->count++];
	memset(entry, 0, sizeof *entry);
	entry->name = mem_strdup(name);
	return entry;
}

static void
read_header(struct account *account, char *line)
{
	char id[33];
	uint32_t uidvalidity;

	if (sscanf(line, "mayfly-account 1 A%32[0-9a-f] V%" SCNu32, id, &uidvalidity) != 2)
		return;
	snprintf(account->id, sizeof account->id, "%s", id);
	account->last_uidvalidity = uidvalidity;
}

static void
read_entry(struct account *account, char *line)
{
	char id[33], *name;
	uint32_t uidvalidity, bound;
	int at = 0;
	struct account_entry *entry;
	char *to;

	if (sscanf(line, "M %32s %" SCNu32 " %" SCNu32 " %n", id, &uidvalidity, &bound, &at) != 3
	    || at == 0)
		return;
	to = line + at;
	name = line_unescape(line + at, strlen(line + at), true, &to);
	if (name == NULL)
		return;
	entry = entry_add(account, name);
	snprintf(entry->mailbox_id, sizeof entry->mailbox_id, "%s", id);
	entry->uidvalidity = uidvalidity;
	entry->uid_bound = bound;
	if (uidvalidity > account->last_uidvalidity)
		account->last_uidvalidity = uidvalidity;
}

static int
load(struct account *account, struct err *err)
{
	struct buf text = BUF_INIT;
	struct stat st;
	int fd, result = 0;

	if (account->loaded)
		return 0;
	forget(account);
	fd = openat(account->dirfd, ACCOUNT_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno != ENOENT)
		return err_errno(err, "open " ACCOUNT_NAME " in", account->path);
	if (fd >= 0) {
		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)
		    || io_read_file(fd, &text, FILE_MAX) < 0)
			result = err_errno(err, "read " ACCOUNT_NAME " in", account->path);
		close(fd);
	}
	for (size_t at = 0; result == 0 && at < text.len;) {
		char *line = text.data + at;
		char *lf = memchr(line, '\n', text.len - at);
		size_t len = lf != NULL ? (size_t)(lf - line) : text.len - at;

		at += len + 1;
		if (!line_whole(line, &len))
			continue;
		line[len] = '\0';
		if (line[0] == 'M')
			read_entry(account, line);
		else
			read_header(account, line);
	}
	buf_fini(&text);
	account->loaded = result == 0;
	return result;
}

/* later: somebody else will sync the directory. */
static int
store(struct account *account, bool later, struct err *err)
{
	struct buf text = BUF_INIT;
	size_t start = 0;
	int result;

	if (account->id[0] == '\0') {
		uint64_t random[2];

		hash_random(random, sizeof random);
		snprintf(account->id, sizeof account->id, "%016llx%016llx",
		    (unsigned long long)random[0], (unsigned long long)random[1]);
	}
	buf_addf(&text, "mayfly-account 1 A%s V%" PRIu32, account->id, account->last_uidvalidity);
	line_close(&text, start);
	for (size_t i = 0; i < account->count; i++) {
		const struct account_entry *e = &account->entries[i];

		start = text.len;
		buf_addf(&text, "M %s %" PRIu32 " %" PRIu32 " ", e->mailbox_id, e->uidvalidity,
		    e->uid_bound);
		line_escape(&text, e->name);
		line_close(&text, start);
	}
	if (later && account->sync)
		result = safe_write_chained(account->dirfd, ACCOUNT_NAME, text.data, text.len, 0600,
		    -1, false, account->path, err);
	else
		result = safe_write(account->dirfd, ACCOUNT_NAME, text.data, text.len, 0600,
		    account->sync, account->path, err);
	if (result == 0)
		account->unsynced = later && account->sync;
	buf_fini(&text);
	return result;
}

int
account_writable(const struct account *account, struct err *err)
{
	if (account->read_only)
		return err_set(err, ERR_NOPERM, "This session may only read");
	return 0;
}

static void
unlock(struct lock *lock, int fd)
{
	lock_give(lock);
	close(fd);
}

/* Lock the file and read it anew; returns the lock's descriptor or -1. */
static int
lock_and_load(struct account *account, struct lock *lock, struct err *err)
{
	int fd;

	if (account_writable(account, err) < 0)
		return -1;
	/* Held for one small write at a time: waiting is short, also behind many. */
	fd = lock_named(lock, account, ACCOUNT_LOCK, err);
	if (fd < 0)
		return -1;
	account->loaded = false;
	if (load(account, err) < 0) {
		unlock(lock, fd);
		return -1;
	}
	return fd;
}

/* ---- questions and changes ---- */

static struct account_entry *
find(struct account *account, const char *name)
{
	for (size_t i = 0; i < account->count; i++)
		if (strcmp(account->entries[i].name, name) == 0)
			return &account->entries[i];
	return NULL;
}

const struct account_entry *
account_find(struct account *account, const char *name)
{
	struct err ignored;

	if (load(account, &ignored) < 0)
		return NULL;
	return find(account, name);
}

const struct account_entry *
account_find_now(struct account *account, const char *name)
{
	account->loaded = false;
	return account_find(account, name);
}

/* What Dovecot gave last in this account, so that ours go on above it. */
static uint32_t
foreign_uidvalidity(struct account *account)
{
	int fd = openat(account->dirfd, "dovecot-uidvalidity",
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[16] = "";
	uint32_t value = 0;
	ssize_t n;

	if (fd < 0)
		return 0;
	n = io_pread_all(fd, text, 8, 0);
	close(fd);
	for (ssize_t i = 0; i < n; i++) {
		if (ascii_hex(text[i]) < 0)
			return 0;
		value = value << 4 | (uint32_t)ascii_hex(text[i]);
	}
	return value;
}

int
account_rewrite(struct account *account, struct err *err)
{
	struct lock lock = { 0 };
	int fd = lock_and_load(account, &lock, err), result;

	if (fd < 0)
		return -1;
	result = store(account, false, err);
	unlock(&lock, fd);
	return result;
}

static int
choose_uidvalidity(struct account *account, uint32_t *out, struct err *err)
{
	uint64_t now = (uint64_t)time(NULL), last = account->last_uidvalidity;
	uint32_t foreign = foreign_uidvalidity(account);

	if (foreign > last)
		last = foreign;
	if (last == UINT32_MAX) {
		err_set(err, ERR_WORLD, "No UIDVALIDITY is left");
		return err_detail(err, "%s: UIDVALIDITY has reached 2^32-1", account->path);
	}
	if (now > UIDVALIDITY_HIGH)
		now = 1;
	*out = account->last_uidvalidity = (uint32_t)(now > last ? now : last + 1);
	return 0;
}

static void
put_entry(struct account *account, const char *name, const char *mailbox_id, uint32_t uidvalidity,
    uint32_t uidnext)
{
	struct account_entry *entry = find(account, name);
	uint64_t bound = ((uint64_t)uidnext / BOUND_STEP + 1) * BOUND_STEP;

	if (entry == NULL)
		entry = entry_add(account, name);
	snprintf(entry->mailbox_id, sizeof entry->mailbox_id, "%s", mailbox_id);
	entry->uidvalidity = uidvalidity;
	if (entry->uid_bound < bound)
		entry->uid_bound = bound > UINT32_MAX ? UINT32_MAX : (uint32_t)bound;
	if (uidvalidity > account->last_uidvalidity)
		account->last_uidvalidity = uidvalidity;
}

int
account_new_mailbox(struct account *account, const char *name, const char *mailbox_id,
    uint32_t uidnext, uint32_t *uidvalidity_out, struct err *err)
{
	struct lock lock = { 0 };
	int fd = lock_and_load(account, &lock, err), result;

	if (fd < 0)
		return -1;
	result = choose_uidvalidity(account, uidvalidity_out, err);
	if (result == 0) {
		if (uidnext > 1)
			put_entry(account, name, mailbox_id, *uidvalidity_out, uidnext);
		result = store(account, true, err);
	}
	unlock(&lock, fd);
	return result;
}

int
account_remember(struct account *account, const char *name, const char *mailbox_id,
    uint32_t uidvalidity, uint32_t uidnext, struct err *err)
{
	struct lock lock = { 0 };
	int fd = lock_and_load(account, &lock, err), result;

	if (fd < 0)
		return -1;
	put_entry(account, name, mailbox_id, uidvalidity, uidnext);
	result = store(account, false, err);
	unlock(&lock, fd);
	return result;
}

/* Is this the name, or (tree) one below it? */
static bool
concerns(const char *name, const char *of, bool tree)
{
	size_t len = strlen(of);

	return strncmp(name, of, len) == 0 && (name[len] == '\0' || (tree && name[len] == '/'));
}

int
account_rename(struct account *account, const char *from, const char *to, bool tree,
    struct err *err)
{
	bool changed = false;
	struct lock lock = { 0 };
	int fd = lock_and_load(account, &lock, err), result = 0;

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < account->count; i++) {
		struct account_entry *entry = &account->entries[i];
		struct buf name = BUF_INIT;

		if (!concerns(entry->name, from, tree))
			continue;
		changed = true;
		if (to != NULL) {
			buf_adds(&name, to);
			buf_adds(&name, entry->name + strlen(from));
		}
		free(entry->name);
		entry->name = to != NULL ? buf_steal(&name) : NULL;
		if (to == NULL)
			account->entries[i--] = account->entries[--account->count];
	}
	if (changed)
		result = store(account, false, err);
	unlock(&lock, fd);
	return result;
}
