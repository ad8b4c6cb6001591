/*
 * `mayfly-cache`: a header of 64 bytes, then records, each a multiple of 8 long:
 *
 *	u32 crc of all behind it, u32 length, u32 uid, u32 unused,
 *	u64 size, u64 file size, i64 internal date, u32 length + 1 of each field (0: not known)
 *	the fields' bytes, one behind the other
 *
 * Appended under a lock on the file itself, never changed. A later record of a
 * UID holds all that the earlier one held. The index knows the offset of every
 * record up to a position; what was appended behind it is walked once when the
 * cache is opened. Nothing is synced: after a power failure a record may be
 * zeros, its checksum says so, and the next writer starts a new file.
 */
#include "store/cache.h"

#include <errno.h>
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

static const char cache_magic[8] = "MAYFLYCA";
enum {
	CACHE_VERSION = 1,
	CACHE_HEADER_SIZE = 64,
	FLUSH_AT = 1 << 18,	/* gathered bytes that make one write */
	WANTS_INDEX_MIN = 64,	/* walking fewer records costs less than a new index */
};

struct file_header {
	char magic[8];
	uint32_t version, order;
	uint64_t serial;
	uint32_t uidvalidity;
	uint32_t crc;
	char mailbox_id[32];
};
_Static_assert(sizeof(struct file_header) == CACHE_HEADER_SIZE, "the header has 64 bytes");

struct record_header {
	uint32_t crc;
	uint32_t len;
	uint32_t uid;
	uint32_t unused;
	uint64_t size, file_size;
	int64_t internal_date;
	uint32_t field_len[CACHE_FIELDS];
};
_Static_assert(sizeof(struct record_header) % 8 == 0, "records are aligned");

struct slot {
	uint32_t uid;		/* 0: free */
	uint64_t at;		/* offset in the file */
};

struct cache {
	struct mailbox *mailbox;
	int fd;			/* -1: none, nothing is kept */
	uint64_t serial;
	const char *map;
	size_t map_len;
	uint64_t known_end;	/* records up to here are in the index or in the slots */
	bool index_fits;	/* the index's offsets mean this file */
	bool damaged;
	struct slot *slots;	/* records that the index does not know, by UID */
	size_t slot_size, slot_count;
	struct buf pending;
};

/* ---- slots ---- */

static struct slot *
slot_of(const struct cache *c, uint32_t uid)
{
	size_t at = uid * 2654435761u & (c->slot_size - 1);

	while (c->slots[at].uid != 0 && c->slots[at].uid != uid)
		at = (at + 1) & (c->slot_size - 1);
	return &c->slots[at];
}

static void
remember(struct cache *c, uint32_t uid, uint64_t offset)
{
	struct slot *slot;

	if (2 * (c->slot_count + 1) > c->slot_size) {
		struct slot *old = c->slots;
		size_t old_size = c->slot_size;

		c->slot_size = old_size ? old_size * 2 : 64;
		c->slots = mem_calloc(c->slot_size, sizeof *c->slots);
		for (size_t i = 0; i < old_size; i++)
			if (old[i].uid != 0)
				*slot_of(c, old[i].uid) = old[i];
		free(old);
	}
	slot = slot_of(c, uid);
	c->slot_count += slot->uid == 0;
	*slot = (struct slot){ uid, offset };
}

static void
forget_slots(struct cache *c)
{
	free(c->slots);
	c->slots = NULL;
	c->slot_size = c->slot_count = 0;
}

/* ---- the file ---- */

static void
unmap(struct cache *c)
{
	if (c->map != NULL)
		munmap((void *)c->map, c->map_len);
	c->map = NULL;
	c->map_len = 0;
}

static bool
map_to(struct cache *c, uint64_t size)
{
	void *map;

	if (size <= c->map_len)
		return true;
	unmap(c);
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, c->fd, 0);
	if (map == MAP_FAILED)
		return false;
	c->map = map;
	c->map_len = size;
	return true;
}

static bool
record_sound(const struct cache *c, uint64_t offset, struct record_header *h)
{
	uint64_t sum = sizeof *h;

	if (offset % 8 != 0 || offset < CACHE_HEADER_SIZE || c->map_len < sizeof *h
	    || offset > c->map_len - sizeof *h)
		return false;
	memcpy(h, c->map + offset, sizeof *h);
	if (h->len < sizeof *h || h->len % 8 != 0 || h->len > c->map_len - offset)
		return false;
	for (int i = 0; i < CACHE_FIELDS; i++)
		sum += h->field_len[i] > 0 ? h->field_len[i] - 1 : 0;
	return sum <= h->len && h->uid != 0;
}

/* Learn the records that were appended since we looked. */
static void
walk(struct cache *c, uint64_t size)
{
	if (size <= c->known_end || !map_to(c, size))
		return;
	while (c->known_end < size) {
		struct record_header h;

		if (!record_sound(c, c->known_end, &h)) {
			c->damaged = true;
			return;
		}
		remember(c, h.uid, c->known_end);
		c->known_end += h.len;
	}
}

static bool
header_fits(const struct cache *c, const struct file_header *h)
{
	const struct mailbox_facts *facts = &c->mailbox->facts;

	return memcmp(h->magic, cache_magic, sizeof h->magic) == 0
	    && h->version == CACHE_VERSION && h->order == 0x01020304
	    && h->crc == hash_crc32c(0, h, offsetof(struct file_header, crc))
	    && h->uidvalidity == facts->uidvalidity
	    && memcmp(h->mailbox_id, facts->mailbox_id, sizeof h->mailbox_id) == 0;
}

static void
open_file(struct cache *c)
{
	struct mailbox *m = c->mailbox;
	struct file_header h;
	struct stat st;

	c->fd = openat(m->dirfd, CACHE_NAME,
	    (m->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (c->fd < 0)
		return;
	if (fstat(c->fd, &st) < 0 || !S_ISREG(st.st_mode)
	    || io_pread_all(c->fd, &h, sizeof h, 0) != sizeof h || !header_fits(c, &h)) {
		io_close(&c->fd);
		return;
	}
	c->serial = h.serial;
	c->known_end = CACHE_HEADER_SIZE;
	c->index_fits = m->index.header != NULL && index_cache_serial(&m->index) == c->serial
	    && index_cache_position(&m->index) <= (uint64_t)st.st_size;
	if (c->index_fits)
		c->known_end = index_cache_position(&m->index);
	if (c->known_end < CACHE_HEADER_SIZE)
		c->known_end = CACHE_HEADER_SIZE;
	map_to(c, (uint64_t)st.st_size);
	walk(c, (uint64_t)st.st_size);
}

/* A new file in place of none or of a damaged one. */
static void
start_file(struct cache *c)
{
	struct mailbox *m = c->mailbox;
	struct file_header h = { .version = CACHE_VERSION, .order = 0x01020304 };
	struct err err;

	unmap(c);
	io_close(&c->fd);
	forget_slots(c);
	c->damaged = false;
	memcpy(h.magic, cache_magic, sizeof h.magic);
	hash_random(&h.serial, sizeof h.serial);
	h.uidvalidity = m->facts.uidvalidity;
	memcpy(h.mailbox_id, m->facts.mailbox_id, sizeof h.mailbox_id);
	h.crc = hash_crc32c(0, &h, offsetof(struct file_header, crc));
	if (safe_write(m->dirfd, CACHE_NAME, &h, sizeof h, 0600, false, m->path, &err) < 0) {
		log_err(&err);
		return;
	}
	open_file(c);
}

struct cache *
cache_of(struct mailbox *m)
{
	if (m->cache == NULL) {
		m->cache = mem_calloc(1, sizeof *m->cache);
		m->cache->mailbox = m;
		m->cache->fd = -1;
		open_file(m->cache);
	}
	return m->cache;
}

void
cache_close(struct cache **cache)
{
	struct cache *c = *cache;

	if (c == NULL)
		return;
	unmap(c);
	io_close(&c->fd);
	forget_slots(c);
	buf_fini(&c->pending);
	free(c);
	*cache = NULL;
}

/* ---- records ---- */

bool
cache_get(struct cache *c, const struct row *row, struct cache_record *out)
{
	uint64_t offset = 0;
	struct record_header h;
	const char *at;

	if (c->map == NULL)
		return false;
	if (c->slot_size > 0)
		offset = slot_of(c, row->uid)->at;
	if (offset == 0 && c->index_fits)
		offset = row->cache;
	if (offset == 0 || !record_sound(c, offset, &h) || h.uid != row->uid
	    || hash_crc32c(0, c->map + offset + 4, h.len - 4) != h.crc)
		return false;
	out->uid = h.uid;
	out->size = h.size;
	out->file_size = h.file_size;
	out->internal_date = h.internal_date;
	at = c->map + offset + sizeof h;
	for (int i = 0; i < CACHE_FIELDS; i++) {
		out->field[i].data = h.field_len[i] > 0 ? at : NULL;
		out->field[i].len = h.field_len[i] > 0 ? h.field_len[i] - 1 : 0;
		at += out->field[i].len;
	}
	return true;
}

void
cache_put(struct cache *c, const struct cache_record *record)
{
	struct record_header h = { .uid = record->uid, .size = record->size,
		.file_size = record->file_size, .internal_date = record->internal_date };
	size_t start = c->pending.len;

	if (c->mailbox->read_only || c->mailbox->unsaved)
		return;
	buf_add(&c->pending, &h, sizeof h);
	for (int i = 0; i < CACHE_FIELDS; i++) {
		const struct cache_text *text = &record->field[i];

		if (text->data == NULL || text->len > CACHE_FIELD_MAX)
			continue;
		h.field_len[i] = (uint32_t)text->len + 1;
		buf_add(&c->pending, text->data, text->len);
	}
	while ((c->pending.len - start) % 8 != 0)
		buf_addc(&c->pending, '\0');
	h.len = (uint32_t)(c->pending.len - start);
	memcpy(c->pending.data + start, &h, sizeof h);
	h.crc = hash_crc32c(0, c->pending.data + start + 4, h.len - 4);
	memcpy(c->pending.data + start, &h.crc, 4);
	if (c->pending.len >= FLUSH_AT)
		cache_flush(c);
}

/* Is our descriptor still the file that others read? */
static bool
still_current(const struct cache *c)
{
	struct stat ours, named;

	return fstat(c->fd, &ours) == 0
	    && fstatat(c->mailbox->dirfd, CACHE_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0
	    && ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

void
cache_flush(struct cache *c)
{
	struct flock none = { .l_type = F_UNLCK, .l_whence = SEEK_SET };
	struct lock lock = { 0 };
	struct stat st;

	if (c->pending.len == 0)
		return;
	if (c->fd >= 0 && !still_current(c)) {
		unmap(c);
		io_close(&c->fd);
		forget_slots(c);
		open_file(c);
	}
	if (c->fd < 0 || c->damaged)
		start_file(c);
	if (c->fd < 0 || lock_try(&lock, c->mailbox->account, c->fd, c->mailbox->dirfd,
	    CACHE_NAME) < 1) {
		buf_fini(&c->pending);	/* somebody else is filling it; ask the file again next time */
		return;
	}
	if (fstat(c->fd, &st) == 0) {
		walk(c, (uint64_t)st.st_size);
		if (!c->damaged && c->known_end == (uint64_t)st.st_size
		    && pwrite(c->fd, c->pending.data, c->pending.len, st.st_size)
			== (ssize_t)c->pending.len)
			walk(c, (uint64_t)st.st_size + c->pending.len);
		else if (ftruncate(c->fd, st.st_size) < 0)
			c->damaged = true;
	}
	lock_give(&lock);
	fcntl(c->fd, F_OFD_SETLK, &none);
	buf_fini(&c->pending);
}

void
cache_fill_offsets(struct cache *c, struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = c->slot_size > 0 ? slot_of(c, rows[i].uid) : NULL;

		if (slot != NULL && slot->uid != 0)
			rows[i].cache = slot->at;
		else if (!c->index_fits)
			rows[i].cache = 0;
	}
}

size_t
cache_damaged(const struct cache *c)
{
	struct record_header h;
	size_t bad = 0;

	for (uint64_t at = CACHE_HEADER_SIZE; at < c->map_len; at += h.len) {
		if (!record_sound(c, at, &h))
			return bad + 1;	/* where the next one begins is not known */
		bad += hash_crc32c(0, c->map + at + 4, h.len - 4) != h.crc;
	}
	return bad;
}

uint64_t
cache_serial(const struct cache *c)
{
	return c->serial;
}

uint64_t
cache_position(const struct cache *c)
{
	return c->known_end;
}

bool
cache_wants_index(const struct cache *c, uint32_t messages)
{
	return c->slot_count > WANTS_INDEX_MIN && c->slot_count > messages / 16;
}
