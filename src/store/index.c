/*
 * The image: a header of 512 bytes, then columns, each at a multiple of 8:
 *
 *	uid u32, flags u16, set u32, modseq u64, save_date i64, cache u64 (one a row)
 *	name_at u32 (rows + 1), names (base names, each with its NUL)
 *	slots u32 (hash table of base names: row + 1; size a power of two, half full at most)
 *	extras (row, suffix, email id: for the few rows that have either), texts
 *	keyword names, keyword sets; expunged ranges in order of mod-sequence
 *
 * Written beside, synced, renamed: a reader sees a whole file, also after a power
 * failure. The header's checksum is looked at each time; the body's would cost a
 * SELECT of a million messages 10 ms, so the file is given a modification time
 * that also stands in the header, and where the two differ (somebody else wrote,
 * restored or copied it) the body is checked whole. What changes octets and keeps
 * the time, a failing disk, is left to mayfly-admin check. All column offsets are
 * checked against the size when the file is mapped, row numbers and text offsets
 * when they are used.
 */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/keywords.h"
#include "store/maildir_name.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/mem.h"
#include "util/safe_write.h"

enum column {
	COL_UID, COL_FLAGS, COL_SET, COL_MODSEQ, COL_SAVE_DATE, COL_CACHE, COL_NAME_AT, COL_NAMES,
	COL_SLOTS, COL_EXTRAS, COL_TEXTS, COL_KEYWORDS, COL_SETS, COL_EXPUNGED, COLUMNS
};

struct extra {
	uint32_t row;
	uint32_t suffix_at;	/* in texts; offset 0 is "" */
	uint32_t email_id_at;
};

static const char index_magic[8] = "MAYFLYIX";
enum { INDEX_VERSION = 3, ORDER_MARK = 0x01020304 };

struct index_header {
	char magic[8];
	uint32_t version;
	uint32_t order;
	uint64_t size;
	uint32_t rows;
	uint32_t unseen;
	uint32_t deleted;
	uint32_t first_unseen;
	struct mailbox_facts facts;
	uint64_t cache_serial;
	uint64_t cache_position;
	uint64_t key[2];
	int64_t written;	/* the file's modification time as long as it is the one that we wrote */
	uint64_t at[COLUMNS + 1];	/* where each column starts; the last is the size */
	uint32_t slot_count;
	uint32_t extra_count;
	uint32_t keyword_count;
	uint32_t set_words;
	uint32_t expunged_count;
	uint32_t body_crc;
	uint32_t header_crc;	/* of all before it */
};
_Static_assert(sizeof(struct index_header) <= 512, "the header has 512 bytes");
enum { HEADER_SIZE = 512 };

static const void *
column(const struct index *index, enum column col)
{
	return (const char *)index->header + index->header->at[col];
}

static void
set_pointers(struct index *index)
{
	index->count = index->header->rows;
	index->uid = column(index, COL_UID);
	index->flags = column(index, COL_FLAGS);
	index->set = column(index, COL_SET);
	index->modseq = column(index, COL_MODSEQ);
	index->save_date = column(index, COL_SAVE_DATE);
	index->cache = column(index, COL_CACHE);
	index->name_at = column(index, COL_NAME_AT);
	index->names = column(index, COL_NAMES);
	index->slots = column(index, COL_SLOTS);
	index->expunged = column(index, COL_EXPUNGED);
	index->expunged_count = index->header->expunged_count;
}

/* The length that each column must have, from the counts. */
static uint64_t
column_size(const struct index_header *h, enum column col)
{
	switch (col) {
	case COL_UID:
	case COL_SET:
		return 4ull * h->rows;
	case COL_FLAGS:
		return 2ull * h->rows;
	case COL_MODSEQ:
	case COL_SAVE_DATE:
	case COL_CACHE:
		return 8ull * h->rows;
	case COL_NAME_AT:
		return 4ull * h->rows + 4;
	case COL_SLOTS:
		return 4ull * h->slot_count;
	case COL_EXTRAS:
		return sizeof(struct extra) * (uint64_t)h->extra_count;
	case COL_SETS:
		return 4ull * h->set_words;
	case COL_EXPUNGED:
		return sizeof(struct expunged) * (uint64_t)h->expunged_count;
	default:
		return 0;	/* texts: any length */
	}
}

static bool
header_sound(const struct index_header *h, uint64_t size)
{
	if (size < HEADER_SIZE || memcmp(h->magic, index_magic, sizeof h->magic) != 0
	    || h->version != INDEX_VERSION || h->order != ORDER_MARK || h->size != size
	    || hash_crc32c(0, h, offsetof(struct index_header, header_crc)) != h->header_crc)
		return false;
	if (h->rows > INDEX_ROWS_MAX || h->at[0] != HEADER_SIZE || h->at[COLUMNS] != size
	    || h->slot_count == 0 || (h->slot_count & (h->slot_count - 1)) != 0
	    || h->slot_count <= h->rows || h->facts.uidvalidity == 0 || h->facts.uidnext == 0
	    || h->facts.mailbox_id[MAILBOX_ID_LEN] != '\0')
		return false;
	for (int i = 0; i < COLUMNS; i++)
		if (h->at[i] % 8 != 0 || h->at[i + 1] < h->at[i] || h->at[i + 1] > size
		    || h->at[i + 1] - h->at[i] < column_size(h, i))
			return false;
	return true;
}

/* Texts must end in a NUL, so that no offset inside them runs out of the column. */
static bool
texts_closed(const struct index *index)
{
	static const enum column texts[] = { COL_NAMES, COL_TEXTS, COL_KEYWORDS };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		uint64_t end = index->header->at[texts[i] + 1];

		if (end == index->header->at[texts[i]]
		    || ((const char *)index->header)[end - 1] != '\0')
			return false;
	}
	return true;
}

static bool
load_keywords(const struct index *index, struct keywords *kw)
{
	const struct index_header *h = index->header;
	const char *name = column(index, COL_KEYWORDS);
	const char *end = (const char *)h + h->at[COL_KEYWORDS + 1];
	const uint32_t *words = column(index, COL_SETS), *words_end = words + h->set_words;

	for (uint32_t i = 0; i < h->keyword_count; i++) {
		size_t len;

		if (name >= end || (len = strlen(name)) == 0)
			return false;
		if (keywords_id(kw, name, len) != i)
			return false;
		name += len + 1;
	}
	for (uint32_t number = 1; words < words_end; number++) {
		uint32_t n = *words++;

		if (n == 0 || n > (size_t)(words_end - words))
			return false;
		for (uint32_t i = 0; i < n; i++)
			if (words[i] >= h->keyword_count)
				return false;
		if (keywords_set(kw, words, n) != number)
			return false;
		words += n;
	}
	return true;
}

bool
index_whole(const struct index *index)
{
	const struct index_header *h = index->header;

	return hash_crc32c(0, (const char *)h + HEADER_SIZE, h->size - HEADER_SIZE) == h->body_crc;
}

void
index_close(struct index *index)
{
	if (index->header != NULL) {
		if (index->mapped)
			munmap((void *)index->header, index->size);
		else
			free((void *)index->header);
	}
	memset(index, 0, sizeof *index);
}

static bool
untouched(const struct index_header *h, const struct stat *st)
{
	return st->st_mtim.tv_sec == h->written && st->st_mtim.tv_nsec == 0;
}

int
index_open(struct index *index, int dirfd, struct mailbox_facts *facts,
    struct keywords *kw, const char *path, struct err *err)
{
	int fd = openat(dirfd, INDEX_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	void *map;

	memset(index, 0, sizeof *index);
	if (fd < 0) {
		if (errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EACCES)
			return 0;
		return err_errno(err, "open " INDEX_NAME " in", path);
	}
	if (fstat(fd, &st) < 0) {
		err_errno(err, "stat " INDEX_NAME " in", path);
		close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < HEADER_SIZE) {
		close(fd);
		return 0;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_errno(err, "mmap " INDEX_NAME " in", path);
	index->header = map;
	index->size = (size_t)st.st_size;
	index->mapped = true;
	if (!header_sound(index->header, index->size)
	    || (!untouched(index->header, &st) && !index_whole(index)) || !texts_closed(index)) {
		index_close(index);
		return 0;
	}
	set_pointers(index);
	if (!load_keywords(index, kw)) {
		index_close(index);
		return 0;
	}
	*facts = index->header->facts;
	return 1;
}

bool
index_read_header(const char *bytes, struct mailbox_facts *facts, uint32_t *rows_out,
    uint32_t *unseen_out, uint32_t *deleted_out)
{
	const struct index_header *h = (const void *)bytes;

	if (!header_sound(h, h->size))
		return false;
	*facts = h->facts;
	*rows_out = h->rows;
	*unseen_out = h->unseen;
	*deleted_out = h->deleted;
	return true;
}

int
index_write(const struct index *index, int dirfd, bool sync, const char *path, struct err *err)
{
	const struct timespec times[2] = { { 0, UTIME_OMIT }, { index->header->written, 0 } };

	if (safe_write(dirfd, INDEX_NAME, index->header, index->size, 0600, sync, path, err) < 0)
		return -1;
	/* Where this fails, or meets the file of a later writer, readers check the body: no harm. */
	utimensat(dirfd, INDEX_NAME, times, AT_SYMLINK_NOFOLLOW);
	return 0;
}

/* ---- building ---- */

static uint64_t
align8(uint64_t n)
{
	return (n + 7) & ~7ull;
}

struct texts {
	struct buf bytes;
	struct extra *extras;
	size_t count, room;
};

static uint32_t
add_text(struct texts *t, const char *text)
{
	uint32_t at = (uint32_t)t->bytes.len;

	if (*text == '\0')
		return 0;
	buf_add(&t->bytes, text, strlen(text) + 1);
	return at;
}

static void
gather_extras(struct texts *t, const struct row *rows, size_t count)
{
	buf_addc(&t->bytes, '\0');
	for (size_t i = 0; i < count; i++) {
		const char *suffix = rows[i].flags & MAIL_ODD ? rows[i].suffix : "";

		if (*suffix == '\0' && *rows[i].email_id == '\0')
			continue;
		t->extras = mem_grow(t->extras, &t->room, t->count + 1, sizeof *t->extras);
		t->extras[t->count].row = (uint32_t)i;
		t->extras[t->count].suffix_at = add_text(t, suffix);
		t->extras[t->count++].email_id_at = add_text(t, rows[i].email_id);
	}
}

static void
gather_keywords(const struct keywords *kw, struct buf *names, struct buf *sets)
{
	for (size_t i = 0; i < kw->count; i++)
		buf_add(names, kw->names[i], strlen(kw->names[i]) + 1);
	if (names->len == 0)
		buf_addc(names, '\0');
	for (size_t i = 1; i < kw->set_count; i++) {
		buf_add(sets, &kw->sets[i].count, sizeof kw->sets[i].count);
		buf_add(sets, kw->sets[i].ids, kw->sets[i].count * sizeof *kw->sets[i].ids);
	}
}

static void
fill_rows(char *image, const struct index_header *h, const struct row *rows)
{
	uint32_t *uid = (uint32_t *)(image + h->at[COL_UID]);
	uint16_t *flags = (uint16_t *)(image + h->at[COL_FLAGS]);
	uint32_t *set = (uint32_t *)(image + h->at[COL_SET]);
	uint64_t *modseq = (uint64_t *)(image + h->at[COL_MODSEQ]);
	int64_t *save_date = (int64_t *)(image + h->at[COL_SAVE_DATE]);
	uint64_t *cache = (uint64_t *)(image + h->at[COL_CACHE]);
	uint32_t *name_at = (uint32_t *)(image + h->at[COL_NAME_AT]);
	uint32_t *slots = (uint32_t *)(image + h->at[COL_SLOTS]);
	char *names = image + h->at[COL_NAMES];
	uint32_t at = 0;

	for (uint32_t i = 0; i < h->rows; i++) {
		size_t len = strlen(rows[i].base);
		size_t slot = hash_keyed(h->key, rows[i].base, len) & (h->slot_count - 1);

		uid[i] = rows[i].uid;
		flags[i] = (uint16_t)rows[i].flags;
		set[i] = rows[i].set;
		modseq[i] = rows[i].modseq;
		save_date[i] = rows[i].save_date;
		cache[i] = rows[i].cache;
		name_at[i] = at;
		memcpy(names + at, rows[i].base, len + 1);
		at += (uint32_t)len + 1;
		while (slots[slot] != 0)
			slot = (slot + 1) & (h->slot_count - 1);
		slots[slot] = i + 1;
	}
	name_at[h->rows] = at;
}

static void
count_rows(struct index_header *h, const struct row *rows)
{
	h->first_unseen = h->rows;
	for (uint32_t i = h->rows; i-- > 0;) {
		if (!(rows[i].flags & MAIL_SEEN)) {
			h->unseen++;
			h->first_unseen = i;
		}
		if (rows[i].flags & MAIL_DELETED)
			h->deleted++;
	}
}

void
index_build(struct index *index, const struct row *rows, size_t count,
    const struct expunged *expunged, size_t expunged_count,
    const struct mailbox_facts *facts, const struct keywords *kw,
    uint64_t cache_serial, uint64_t cache_position)
{
	struct index_header h = { .version = INDEX_VERSION, .order = ORDER_MARK };
	struct buf keyword_names = BUF_INIT, sets = BUF_INIT;
	struct texts texts = { BUF_INIT, NULL, 0, 0 };
	uint64_t text_size[COLUMNS] = { 0 }, at = HEADER_SIZE;
	struct index_header *out;
	char *image;

	memcpy(h.magic, index_magic, sizeof h.magic);
	memset(&h.facts, 0, sizeof h.facts);
	h.facts = *facts;
	h.rows = (uint32_t)count;
	h.cache_serial = cache_serial;
	h.cache_position = cache_position;
	h.expunged_count = (uint32_t)expunged_count;
	hash_random(h.key, sizeof h.key);
	h.written = (int64_t)time(NULL) & ~(int64_t)1;	/* there are file systems that count in 2 s */
	for (h.slot_count = 16; h.slot_count < 2 * count;)
		h.slot_count *= 2;
	count_rows(&h, rows);
	gather_extras(&texts, rows, count);
	gather_keywords(kw, &keyword_names, &sets);
	h.extra_count = (uint32_t)texts.count;
	h.keyword_count = (uint32_t)kw->count;
	h.set_words = (uint32_t)(sets.len / 4);
	for (size_t i = 0; i < count; i++)
		text_size[COL_NAMES] += strlen(rows[i].base) + 1;
	/* 8 zeros behind the texts: the column ends in a NUL whatever its length. */
	text_size[COL_NAMES] += 8;
	text_size[COL_TEXTS] = texts.bytes.len + 8;
	text_size[COL_KEYWORDS] = keyword_names.len + 8;
	for (int i = 0; i < COLUMNS; i++) {
		h.at[i] = at;
		at += align8(text_size[i] ? text_size[i] : column_size(&h, i));
	}
	h.at[COLUMNS] = h.size = at;
	image = mem_calloc(1, at);
	fill_rows(image, &h, rows);
	if (texts.count > 0)
		memcpy(image + h.at[COL_EXTRAS], texts.extras, texts.count * sizeof *texts.extras);
	memcpy(image + h.at[COL_TEXTS], texts.bytes.data, texts.bytes.len);
	memcpy(image + h.at[COL_KEYWORDS], keyword_names.data, keyword_names.len);
	if (sets.len > 0)
		memcpy(image + h.at[COL_SETS], sets.data, sets.len);
	if (expunged_count > 0)
		memcpy(image + h.at[COL_EXPUNGED], expunged, expunged_count * sizeof *expunged);
	h.body_crc = hash_crc32c(0, image + HEADER_SIZE, at - HEADER_SIZE);
	h.header_crc = hash_crc32c(0, &h, offsetof(struct index_header, header_crc));
	out = (struct index_header *)image;
	memcpy(out, &h, sizeof h);
	memset(index, 0, sizeof *index);
	index->header = out;
	index->size = at;
	set_pointers(index);
	buf_fini(&keyword_names);
	buf_fini(&sets);
	buf_fini(&texts.bytes);
	free(texts.extras);
}

/* ---- asking ---- */

const char *
index_name(const struct index *index, uint32_t row)
{
	uint64_t size = index->header->at[COL_NAMES + 1] - index->header->at[COL_NAMES];
	uint32_t at = index->name_at[row];

	return at < size ? index->names + at : "";
}

int64_t
index_find_name(const struct index *index, const char *base, size_t len)
{
	uint32_t mask, slot;

	if (index->header == NULL || index->count == 0)
		return -1;
	mask = index->header->slot_count - 1;
	slot = (uint32_t)hash_keyed(index->header->key, base, len) & mask;
	for (uint32_t tried = 0; tried <= mask && index->slots[slot] != 0; tried++) {
		uint32_t row = index->slots[slot] - 1;

		if (row < index->count) {
			const char *name = index_name(index, row);

			if (strncmp(name, base, len) == 0 && name[len] == '\0')
				return row;
		}
		slot = (slot + 1) & mask;
	}
	return -1;
}

uint32_t
index_lower_bound(const struct index *index, uint32_t uid)
{
	uint32_t low = 0, high = index->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index->uid[middle] < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct extra *
find_extra(const struct index *index, uint32_t row)
{
	const struct extra *extras = column(index, COL_EXTRAS);
	uint32_t low = 0, high = index->header->extra_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (extras[middle].row < row)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < index->header->extra_count && extras[low].row == row)
		return &extras[low];
	return NULL;
}

static const char *
text_at(const struct index *index, uint32_t at)
{
	uint64_t size = index->header->at[COL_TEXTS + 1] - index->header->at[COL_TEXTS];

	return at < size ? (const char *)column(index, COL_TEXTS) + at : "";
}

void
index_row(const struct index *index, uint32_t row, struct row *out)
{
	const struct extra *extra = index->header->extra_count > 0 ? find_extra(index, row) : NULL;

	out->uid = index->uid[row];
	out->flags = index->flags[row];
	out->set = index->set[row];
	out->modseq = index->modseq[row];
	out->save_date = index->save_date[row];
	out->cache = index->cache[row];
	out->base = index_name(index, row);
	out->suffix = extra != NULL ? text_at(index, extra->suffix_at) : "";
	out->email_id = extra != NULL ? text_at(index, extra->email_id_at) : "";
}

uint32_t
index_unseen(const struct index *index)
{
	return index->header->unseen;
}

uint32_t
index_deleted(const struct index *index)
{
	return index->header->deleted;
}

uint32_t
index_first_unseen(const struct index *index)
{
	return index->header->first_unseen;
}

uint64_t
index_cache_serial(const struct index *index)
{
	return index->header->cache_serial;
}

uint64_t
index_cache_position(const struct index *index)
{
	return index->header->cache_position;
}
