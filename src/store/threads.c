/*
 * Records of 24 octets, of which the first is the name and version of the file:
 *
 *	u64 key, u64 thread (or UID), u32 kind, u32 crc of the 20 octets before it
 *
 * Appended under a lock on the file and synced before anybody is told. Readers
 * take no lock. A record that a crash tore off is overwritten by the next writer,
 * one that is damaged is passed over: its message gets a thread again, the same
 * one as a rule, since ids follow from Message-IDs. The file grows by a record
 * for each Message-ID that was seen, also of messages that are gone: a reply to
 * one of them finds its thread.
 */
#include "store/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/index.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/mem.h"

static const char title[24] = "mayfly-threads 1\n";

enum kind { KIND_MESSAGE = 1, KIND_MAILBOX = 2 };

struct record {
	uint64_t key, value;
	uint32_t kind, crc;
};
_Static_assert(sizeof(struct record) == sizeof title, "records and title have 24 octets");

enum { STEP = 4096, FILE_MAX = 1 << 30 };	/* records read at once; octets that we look at */

struct slot {
	uint64_t key, value;	/* key 0: free */
};

struct threads {
	struct account *account;
	bool foreign;		/* not a file of this version: it is left alone */
	off_t end;		/* what we have read of it */
	struct slot *slots;	/* open addressing, a power of two, at most half full */
	size_t slot_count, used;
	struct buf added;	/* records that are not in the file */
};

static uint64_t
start_slot(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15u >> 20;
}

static struct slot *
slot_of(const struct threads *t, uint64_t key)
{
	size_t mask = t->slot_count - 1, at = start_slot(key) & mask;

	while (t->slots[at].key != 0 && t->slots[at].key != key)
		at = (at + 1) & mask;
	return &t->slots[at];
}

static struct slot *
place(struct threads *t, uint64_t key)
{
	struct slot *slot;

	if (2 * (t->used + 1) > t->slot_count) {
		struct slot *old = t->slots;
		size_t old_count = t->slot_count;

		t->slot_count = old_count > 0 ? 2 * old_count : 1024;
		t->slots = mem_calloc(t->slot_count, sizeof *t->slots);
		for (size_t i = 0; i < old_count; i++)
			if (old[i].key != 0)
				*slot_of(t, old[i].key) = old[i];
		free(old);
	}
	slot = slot_of(t, key);
	if (slot->key == 0) {
		t->used++;
		*slot = (struct slot){ key, 0 };
	}
	return slot;
}

/* The first thread of a key counts, and the last mark of a mailbox. */
static void
learn(struct threads *t, const struct record *r)
{
	struct slot *slot;

	if (hash_crc32c(0, r, offsetof(struct record, crc)) != r->crc || r->key == 0 || r->value == 0)
		return;
	slot = place(t, r->key);
	if (slot->value == 0 || r->kind == KIND_MAILBOX)
		slot->value = r->value;
}

/* Read on from where we were. */
static void
read_on(struct threads *t, int fd)
{
	struct record *records = mem_alloc(STEP * sizeof *records);
	struct record first, none = { 0 };
	ssize_t n;

	/* what a crash left of the first write, nothing or zeros, is as good as no file */
	if (t->end == 0 && io_pread_all(fd, &first, sizeof first, 0) == sizeof first
	    && memcmp(&first, &none, sizeof none) != 0) {
		t->foreign = memcmp(&first, title, sizeof title) != 0;
		t->end = sizeof first;
	}
	while (!t->foreign && t->end > 0 && t->end < FILE_MAX
	    && (n = io_pread_all(fd, records, STEP * sizeof *records, t->end)) > 0) {
		size_t count = (size_t)n / sizeof *records;

		for (size_t i = 0; i < count; i++)
			learn(t, &records[i]);
		t->end += (off_t)(count * sizeof *records);
		if (count < STEP)
			break;
	}
	free(records);
}

static int
open_file(const struct threads *t, int how)
{
	struct stat st;
	int fd = openat(t->account->dirfd, THREADS_NAME,
	    how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		io_close(&fd);
		errno = EINVAL;
	}
	return fd;
}

struct threads *
threads_open(struct account *account)
{
	struct threads *t = mem_calloc(1, sizeof *t);
	int fd;

	t->account = account;
	place(t, 1)->value = 0;
	fd = open_file(t, O_RDONLY);
	if (fd >= 0) {
		read_on(t, fd);
		close(fd);
	}
	return t;
}

void
threads_close(struct threads **threads)
{
	struct threads *t = *threads;

	if (t == NULL)
		return;
	free(t->slots);
	buf_fini(&t->added);
	free(t);
	*threads = NULL;
}

uint64_t
threads_get(const struct threads *t, uint64_t key)
{
	return slot_of(t, key)->value;
}

static void
add(struct threads *t, uint64_t key, uint64_t value, enum kind kind)
{
	struct record r = { .key = key, .value = value, .kind = kind };

	r.crc = hash_crc32c(0, &r, offsetof(struct record, crc));
	buf_add(&t->added, &r, sizeof r);
	place(t, key)->value = value;
}

void
threads_add(struct threads *t, uint64_t key, uint64_t thread)
{
	add(t, key, thread, KIND_MESSAGE);
}

static uint64_t
mark_key(const struct mailbox_facts *facts)
{
	static const uint64_t key[2] = { 0x6d617966, 0x6c790004 };
	struct buf name = BUF_INIT;
	uint64_t hash;

	buf_addf(&name, "%u %s", facts->uidvalidity, facts->mailbox_id);
	hash = hash_keyed(key, name.data, name.len);
	buf_fini(&name);
	return hash != 0 ? hash : 1;
}

uint32_t
threads_mark(const struct threads *t, const struct mailbox_facts *facts)
{
	return (uint32_t)threads_get(t, mark_key(facts));
}

void
threads_set_mark(struct threads *t, const struct mailbox_facts *facts, uint32_t uid)
{
	add(t, mark_key(facts), uid, KIND_MAILBOX);
}

/* Start again from the file, with what was added as far as nobody else has added it. */
static void
reread(struct threads *t, int fd)
{
	struct buf added = t->added;

	free(t->slots);
	t->slots = NULL;
	t->slot_count = t->used = 0;
	t->end = 0;
	t->added = BUF_INIT;
	place(t, 1)->value = 0;
	read_on(t, fd);
	for (size_t at = 0; at < added.len; at += sizeof(struct record)) {
		struct record r;

		memcpy(&r, added.data + at, sizeof r);
		if (r.kind == KIND_MAILBOX || threads_get(t, r.key) == 0)
			add(t, r.key, r.value, (enum kind)r.kind);
	}
	buf_fini(&added);
}

static int
write_added(struct threads *t, int fd, struct err *err)
{
	bool fresh, sync = t->account->sync;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_errno(err, "stat", THREADS_NAME);
	if (st.st_size >= t->end + (off_t)sizeof(struct record))
		reread(t, fd);
	if (t->foreign || t->end >= FILE_MAX)
		return err_set(err, ERR_WORLD, "Thread ids cannot be kept");
	fresh = t->end == 0;
	if (fresh) {
		struct buf all = BUF_INIT;

		buf_add(&all, title, sizeof title);
		buf_add(&all, buf_str(&t->added), t->added.len);
		buf_fini(&t->added);
		t->added = all;
	}
	if (pwrite(fd, t->added.data, t->added.len, t->end) != (ssize_t)t->added.len)
		return err_errno(err, "write", THREADS_NAME);
	if (sync && (fsync(fd) < 0 || (fresh && fsync(t->account->dirfd) < 0)))
		return err_errno(err, "sync", THREADS_NAME);
	t->end += (off_t)t->added.len;
	return 0;
}

int
threads_commit(struct threads *t, struct err *err)
{
	struct lock lock = { 0 };
	int fd, result;

	if (t->added.len == 0)
		return 0;
	fd = t->account->read_only ? open_file(t, O_RDONLY) : open_file(t, O_RDWR | O_CREAT);
	if (t->account->read_only) {
		result = account_writable(t->account, err);
	} else if (fd < 0) {
		result = err_errno(err, "open", THREADS_NAME);
	} else {
		result = lock_wait(&lock, t->account, fd, t->account->dirfd, THREADS_NAME);
		if (result < 0)
			result = err_errno(err, "lock", THREADS_NAME);
		else
			result = write_added(t, fd, err);
	}
	buf_fini(&t->added);
	if (result < 0) {
		/* nobody may hear what is not written: back to what the file says */
		free(t->slots);
		t->slots = NULL;
		t->slot_count = t->used = 0;
		t->end = 0;
		place(t, 1)->value = 0;
		if (fd >= 0)
			read_on(t, fd);
	}
	lock_give(&lock);
	io_close(&fd);
	return result;
}
