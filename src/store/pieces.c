/*
 * `mayfly-signatures` and `mayfly-keys`: a header of 64 bytes, then records, each
 * a multiple of 8 long:
 *
 *	u32 crc of all behind it, u32 length, u32 uid, u32 length of the piece,
 *	u64 size of the message's file, the piece
 *
 * Appended under a lock on the file, never changed, replaced by rename. Nothing
 * is synced: what a power failure tore off or left as zeros ends the file for its
 * readers, as its checksum is wrong; who opens it next keeps what is good before
 * that. A piece that is not what was written would hide a message from a search
 * or misplace it in an order, so every byte is checked each time that the file is
 * opened. What is lost is made again when its message is asked for.
 */
#include "store/pieces.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/mailbox.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/safe_write.h"

const struct pieces_file pieces_signatures = { SIGNATURES_NAME, "MAYFLYSG" };
const struct pieces_file pieces_keys = { KEYS_NAME, "MAYFLYKY" };

enum {
	FILE_VERSION = 1,
	FLUSH_AT = 1 << 18,	/* gathered bytes that make one write */
	TIDY_MIN = 1000,	/* records of messages that are gone, below which nothing is done */
	UNTIDY_MIN = 1000,	/* so many that are out of order take a while to put in order */
	LEAST = 64,		/* octets where room is short: fewer tell nothing */
	LOCK_TRIES = 40,	/* writes are short; who still waits then does without */
	LOCK_WAIT_US = 5000,
};

struct file_header {
	char magic[8];
	uint32_t version, order;
	uint64_t kind;
	uint32_t uidvalidity;
	uint32_t crc;
	char mailbox_id[32];
};
_Static_assert(sizeof(struct file_header) == 64, "the header has 64 bytes");

struct record {
	uint32_t crc;
	uint32_t len;
	uint32_t uid;
	uint32_t bytes;
	uint64_t file_size;
};

struct place {
	uint32_t uid;
	uint32_t at8;	/* where its record is, in eights of octets */
};

enum { UNIT = 8 };

/* So much is looked at: what a place can say. */
static const uint64_t file_max = (uint64_t)UINT32_MAX * UNIT;

struct pieces {
	struct mailbox *mailbox;
	const struct pieces_file *file;
	uint64_t kind;
	const char *map;	/* NULL: there is none */
	size_t map_len;
	uint64_t end;		/* of what is good in it */
	bool failed;		/* to write: not again */
	bool written;		/* something, since it was opened */
	bool ordered;		/* its records stand in ascending order of UIDs */
	struct place *places;	/* in order of UIDs */
	size_t count, room;
	size_t cursor;		/* where the last one was found */
	uint64_t octets, mail_octets;	/* of all pieces, and of the mail that they are of */
	struct buf pending;
};

static struct file_header
make_header(const struct pieces *s)
{
	const struct mailbox_facts *facts = &s->mailbox->facts;
	struct file_header h = { .version = FILE_VERSION, .order = 0x01020304, .kind = s->kind,
		.uidvalidity = facts->uidvalidity };

	memcpy(h.magic, s->file->magic, sizeof h.magic);
	memcpy(h.mailbox_id, facts->mailbox_id, sizeof h.mailbox_id);
	h.crc = hash_crc32c(0, &h, offsetof(struct file_header, crc));
	return h;
}

static int
by_uid(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->at8 < y->at8 ? -1 : 1;
}

/* Learn all records up to where the file ends or stops being good. */
static void
walk(struct pieces *s)
{
	uint64_t at = sizeof(struct file_header);

	s->ordered = true;
	while (s->map_len - at >= sizeof(struct record) && at < file_max) {
		struct record r;

		memcpy(&r, s->map + at, sizeof r);
		if (r.len < sizeof r || r.len % 8 != 0 || r.len > s->map_len - at
		    || r.bytes > r.len - sizeof r || r.uid == 0
		    || hash_crc32c(0, s->map + at + 4, r.len - 4) != r.crc)
			break;
		s->places = mem_grow(s->places, &s->room, s->count + 1, sizeof *s->places);
		if (s->count > 0 && s->places[s->count - 1].uid >= r.uid)
			s->ordered = false;
		s->places[s->count++] = (struct place){ r.uid, (uint32_t)(at / UNIT) };
		s->octets += r.len;
		s->mail_octets += r.file_size;
		at += r.len;
	}
	s->end = at;
	/* several readers wrote pieces of it, each in its own order */
	if (!s->ordered)
		qsort(s->places, s->count, sizeof *s->places, by_uid);
}

static void
forget(struct pieces *s)
{
	if (s->map != NULL)
		munmap((void *)s->map, s->map_len);
	s->map = NULL;
	s->map_len = 0;
	s->count = s->cursor = 0;
	s->octets = s->mail_octets = 0;
}

/* The file, if there is one and it is ours and of this kind. -1: there is none. */
static int
open_file(const struct pieces *s, int how, off_t *size_out)
{
	struct file_header h, wanted = make_header(s);
	struct stat st;
	int fd = openat(s->mailbox->dirfd, s->file->name,
	    how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)
	    || io_pread_all(fd, &h, sizeof h, 0) != sizeof h
	    || memcmp(&h, &wanted, sizeof h) != 0))
		io_close(&fd);
	if (fd >= 0)
		*size_out = st.st_size;
	return fd;
}

/*
 * Writers wait for one another; each has a descriptor of its own, also behind a
 * fork. -1: not to be had, the descriptor is closed.
 */
static int
lock_file(struct pieces *s, struct lock *lock, int fd, off_t *size_out)
{
	struct mailbox *m = s->mailbox;
	struct stat st;

	for (int tries = 0; fd >= 0
	    && lock_try(lock, m->account, fd, m->dirfd, s->file->name) < 1; tries++) {
		if (tries == LOCK_TRIES)
			io_close(&fd);
		else
			usleep(LOCK_WAIT_US);
	}
	if (fd >= 0 && fstat(fd, &st) < 0) {
		lock_give(lock);
		io_close(&fd);
	}
	if (fd >= 0)
		*size_out = st.st_size;		/* it may have grown while we waited */
	return fd;
}

static void
map_file(struct pieces *s, int fd, off_t size)
{
	/* all of it is read now */
	void *map = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);

	forget(s);
	if (map == MAP_FAILED)
		return;
	s->map = map;
	s->map_len = (size_t)size;
	walk(s);
}

/* A new file, with the header alone or with what content adds. */
static bool
start_file(struct pieces *s, const struct buf *content)
{
	struct file_header h = make_header(s);
	struct buf all = BUF_INIT;
	struct err err;
	int result;

	buf_add(&all, &h, sizeof h);
	if (content != NULL)
		buf_add(&all, content->data, content->len);
	result = safe_write(s->mailbox->dirfd, s->file->name, all.data, all.len, 0600, false,
	    s->mailbox->path, &err);
	buf_fini(&all);
	if (result < 0)
		log_err(&err);
	return result == 0;
}

/*
 * Not all of the file is good. Somebody may just be writing: so look again under
 * the lock, and then write anew what is good.
 */
static void
mend(struct pieces *s)
{
	struct buf good = BUF_INIT;
	struct lock lock = { 0 };
	off_t size;
	int fd = lock_file(s, &lock, open_file(s, O_RDWR, &size), &size);

	if (fd < 0)
		return;
	map_file(s, fd, size);
	if (s->map != NULL && s->end != s->map_len) {
		buf_add(&good, s->map + sizeof(struct file_header),
		    s->end - sizeof(struct file_header));
		start_file(s, &good);	/* what we have mapped is as good as that */
	}
	lock_give(&lock);
	close(fd);
	buf_fini(&good);
}

bool
pieces_may_write(const struct pieces *s)
{
	return !s->failed && !s->mailbox->read_only && !s->mailbox->unsaved;
}

struct pieces *
pieces_look(struct mailbox *m, const struct pieces_file *file, uint64_t kind)
{
	struct pieces *s = mem_calloc(1, sizeof *s);
	off_t size;
	int fd;

	s->mailbox = m;
	s->file = file;
	s->kind = kind;
	fd = open_file(s, O_RDONLY, &size);
	if (fd >= 0) {
		map_file(s, fd, size);
		close(fd);
	}
	return s;
}

struct pieces *
pieces_open(struct mailbox *m, const struct pieces_file *file, uint64_t kind)
{
	struct pieces *s = pieces_look(m, file, kind);

	/* made here and not by who has something to write: several may, and one alone should make it */
	if (pieces_may_write(s) && s->map == NULL)
		s->failed = !start_file(s, NULL);
	else if (pieces_may_write(s) && s->end != s->map_len)
		mend(s);
	return s;
}

size_t
pieces_count(const struct pieces *s)
{
	return s->count;
}

void
pieces_sizes(const struct pieces *s, uint64_t *octets_out, uint64_t *mail_octets_out)
{
	*octets_out = s->octets;
	*mail_octets_out = s->mail_octets;
}

size_t
pieces_most(const struct pieces *s, uint64_t file_size)
{
	if (s->octets <= s->mail_octets / PIECES_SHARE)
		return SIZE_MAX;
	file_size /= PIECES_SHARE;
	return file_size > LEAST ? file_size : LEAST;
}

const void *
pieces_get(struct pieces *s, uint32_t uid, size_t *len_out)
{
	size_t low = 0, high = s->count;
	const char *record;
	struct record r;

	/* the one behind the last one is the usual case */
	if (s->cursor < s->count && s->places[s->cursor].uid < uid)
		low = s->cursor + 1;
	if (low < s->count && s->places[low].uid >= uid)
		high = low;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->places[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->count || s->places[low].uid != uid)
		return NULL;
	s->cursor = low;
	record = s->map + (uint64_t)s->places[low].at8 * UNIT;
	memcpy(&r, record, sizeof r);
	*len_out = r.bytes;
	return record + sizeof r;
}

void
pieces_flush(struct pieces *s)
{
	struct buf *pending = &s->pending;
	struct lock lock = { 0 };
	off_t size;
	int fd = -1;

	s->written = s->written || pending->len > 0;
	if (pending->len > 0)
		fd = lock_file(s, &lock, open_file(s, O_RDWR, &size), &size);
	/* on a full disk a piece is left, which is never cut off: it may be mapped by now */
	if (fd >= 0 && pwrite(fd, pending->data, pending->len, size) != (ssize_t)pending->len)
		s->failed = true;
	lock_give(&lock);
	if (fd >= 0)
		close(fd);
	buf_fini(pending);
}

static void
add_record(struct buf *out, uint32_t uid, uint64_t file_size, const void *bytes, size_t len)
{
	struct record r = { .uid = uid, .bytes = (uint32_t)len, .file_size = file_size };
	size_t start = out->len;

	buf_add(out, &r, sizeof r);
	buf_add(out, bytes, len);
	while ((out->len - start) % 8 != 0)
		buf_addc(out, '\0');
	r.len = (uint32_t)(out->len - start);
	memcpy(out->data + start, &r, sizeof r);
	r.crc = hash_crc32c(0, out->data + start + 4, r.len - 4);
	memcpy(out->data + start, &r.crc, sizeof r.crc);
}

void
pieces_put(struct pieces *s, uint32_t uid, uint64_t file_size, const void *bytes,
    size_t len)
{
	if (!pieces_may_write(s))
		return;
	add_record(&s->pending, uid, file_size, bytes, len);
	s->octets += sizeof(struct record) + len;
	s->mail_octets += file_size;
	if (s->pending.len >= FLUSH_AT)
		pieces_flush(s);
}

void
pieces_forget(struct mailbox *m)
{
	if (m->read_only)
		return;
	unlinkat(m->dirfd, SIGNATURES_NAME, 0);
	unlinkat(m->dirfd, KEYS_NAME, 0);
}

void
pieces_tidy(struct pieces *s)
{
	struct mailbox *m = s->mailbox;
	struct buf kept = BUF_INIT;
	size_t live = 0;

	bool untidy = !s->ordered && s->count >= UNTIDY_MIN && !s->written;

	if (m->read_only || (!untidy && (s->count < TIDY_MIN || s->count / 2 < m->exists)))
		return;
	for (size_t i = 0; i < s->count; i++) {
		uint32_t row = mailbox_row_of_uid(m, s->places[i].uid);
		const char *record;
		struct record r;

		if (row == mailbox_rows(m) || mailbox_uid(m, row) != s->places[i].uid
		    || (mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED))
		    || (i > 0 && s->places[i - 1].uid == s->places[i].uid))
			continue;
		record = s->map + (uint64_t)s->places[i].at8 * UNIT;
		memcpy(&r, record, sizeof r);
		buf_add(&kept, record, r.len);
		live++;
	}
	if (untidy || s->count - live >= TIDY_MIN)
		start_file(s, &kept);
	buf_fini(&kept);
}

void
pieces_close(struct pieces **pieces)
{
	struct pieces *s = *pieces;

	if (s == NULL)
		return;
	pieces_flush(s);
	forget(s);
	free(s->places);
	buf_fini(&s->pending);
	free(s);
	*pieces = NULL;
}
