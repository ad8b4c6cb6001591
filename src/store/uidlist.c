/*
 * The journal of a mailbox, `mayfly-uidlist`: text, one fact a line, each line
 * closed by a space and the CRC-32C of what stands before it, in 8 hex digits.
 *
 *	mayfly-uidlist 1 V1732288000 I<32 hex> S<16 hex> P<16 hex> E<12 digits> N<10> M<20> R<10> B<10> X<20> crc
 *	+ 12 1816...04 1732288050 - :FS (todo $Work) 1732288050.M9P2.host,S=4100 crc
 *	* 1816...05 3:5,9 :S () crc          flags, suffix and keywords of these UIDs are now
 *	- 1816...06 4 crc                    these UIDs are expunged
 *	@ 12 :FS 1732288050.M9P2.host,U=7 crc   the same message under another file name
 *	> 12 crc                             all UIDs up to here were told as \Recent
 *	N 13 crc                             UIDs below this are used up
 *	B 1000 crc                           the account file promises that no UID reaches this
 *	M 18160000007 crc                    the highest mod-sequence, though no message has it
 *	! 1732288050.5 1 1732288051.0 0 crc  times of cur/ and new/ that the lines above are true for
 *
 * Behind "+": UID, mod-sequence, save date, email id or -, place, keywords, base
 * name. The place is "new" (in new/, no suffix), "-" (in cur/ without ":2,"),
 * ":" and the letters behind ":2,", or "=" and the whole suffix of an odd name
 * ("n=" when that is in new/). Bytes that could be taken for grammar are %XX.
 *
 * Lines are only appended, under the lock, at a checked offset; a line that is
 * cut short or damaged says nothing and harms no other. UIDs of "+" rise. The
 * file is replaced as a whole when too much of it is history.
 */
#include "store/uidlist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/keywords.h"
#include "store/line.h"
#include "store/maildir_name.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/mem.h"

/* ---- writing ---- */

static void
add_place(struct buf *buf, unsigned flags, const char *suffix)
{
	if (flags & MAIL_ODD) {
		buf_adds(buf, flags & MAIL_IN_NEW ? "n=" : "=");
		line_escape(buf, suffix);
	} else if (flags & MAIL_IN_NEW) {
		buf_adds(buf, "new");
	} else if (flags & MAIL_BARE) {
		buf_addc(buf, '-');
	} else {
		size_t at = buf->len;

		/* ":2,FS" without its "2," */
		maildir_name_suffix(flags, buf);
		memmove(buf->data + at + 1, buf->data + at + 3, buf->len - at - 3);
		buf->len -= 2;
		buf->data[buf->len] = '\0';
	}
}

static void
add_keywords(struct buf *buf, const struct keywords *kw, uint32_t set)
{
	buf_addc(buf, '(');
	for (uint32_t i = 0; i < kw->sets[set].count; i++) {
		if (i > 0)
			buf_addc(buf, ' ');
		line_escape(buf, kw->names[kw->sets[set].ids[i]]);
	}
	buf_addc(buf, ')');
}

static void
add_ranges(struct buf *buf, const struct uid_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(buf, ',');
		buf_addu(buf, ranges[i].first);
		if (ranges[i].last != ranges[i].first) {
			buf_addc(buf, ':');
			buf_addu(buf, ranges[i].last);
		}
	}
}

void
uidlist_write_header(struct buf *buf, const struct uidlist_header *h)
{
	size_t start = buf->len;

	buf_addf(buf, "mayfly-uidlist 1 V%010" PRIu32 " I%-32s S%016" PRIx64 " P%016" PRIx64
	    " E%012" PRIu64 " N%010" PRIu32 " M%020" PRIu64 " R%010" PRIu32 " B%010" PRIu32 " X%020" PRIu64,
	    h->uidvalidity, h->mailbox_id, h->serial, h->previous, h->snapshot_end,
	    h->uidnext, h->modseq, h->recent, h->uid_bound, h->floor);
	line_close(buf, start);
}

void
uidlist_write_added(struct buf *buf, uint32_t uid, uint64_t modseq, int64_t save_date,
    const char *email_id, unsigned flags, const char *suffix, const struct keywords *kw,
    uint32_t set, const char *base)
{
	size_t start = buf->len;

	buf_adds(buf, "+ ");
	buf_addu(buf, uid);
	buf_addc(buf, ' ');
	buf_addu(buf, modseq);
	buf_addc(buf, ' ');
	buf_addu(buf, save_date < 0 ? 0 : (uint64_t)save_date);
	buf_addc(buf, ' ');
	if (*email_id == '\0')
		buf_addc(buf, '-');
	else
		line_escape(buf, email_id);
	buf_addc(buf, ' ');
	add_place(buf, flags, suffix);
	buf_addc(buf, ' ');
	add_keywords(buf, kw, set);
	buf_addc(buf, ' ');
	line_escape(buf, base);
	line_close(buf, start);
}

void
uidlist_write_flags(struct buf *buf, uint64_t modseq, const struct uid_range *ranges,
    size_t count, unsigned flags, const char *suffix, const struct keywords *kw, uint32_t set)
{
	/* Long sets are cut into several lines: a line has a bound. */
	enum { RANGES_A_LINE = 20000 };

	for (size_t at = 0; at < count; at += RANGES_A_LINE) {
		size_t start = buf->len;

		buf_adds(buf, "* ");
		buf_addu(buf, modseq);
		buf_addc(buf, ' ');
		add_ranges(buf, ranges + at, count - at < RANGES_A_LINE ? count - at : RANGES_A_LINE);
		buf_addc(buf, ' ');
		add_place(buf, flags, suffix);
		buf_addc(buf, ' ');
		add_keywords(buf, kw, set);
		line_close(buf, start);
	}
}

void
uidlist_write_expunged(struct buf *buf, uint64_t modseq, const struct uid_range *ranges,
    size_t count)
{
	enum { RANGES_A_LINE = 20000 };

	for (size_t at = 0; at < count; at += RANGES_A_LINE) {
		size_t start = buf->len;

		buf_adds(buf, "- ");
		buf_addu(buf, modseq);
		buf_addc(buf, ' ');
		add_ranges(buf, ranges + at, count - at < RANGES_A_LINE ? count - at : RANGES_A_LINE);
		line_close(buf, start);
	}
}

void
uidlist_write_moved(struct buf *buf, uint32_t uid, unsigned flags, const char *suffix,
    const char *base)
{
	size_t start = buf->len;

	buf_adds(buf, "@ ");
	buf_addu(buf, uid);
	buf_addc(buf, ' ');
	add_place(buf, flags, suffix);
	buf_addc(buf, ' ');
	line_escape(buf, base);
	line_close(buf, start);
}

static void
write_number(struct buf *buf, char kind, uint64_t number)
{
	size_t start = buf->len;

	buf_addc(buf, kind);
	buf_addc(buf, ' ');
	buf_addu(buf, number);
	line_close(buf, start);
}

void
uidlist_write_recent(struct buf *buf, uint32_t uid)
{
	write_number(buf, '>', uid);
}

void
uidlist_write_uidnext(struct buf *buf, uint32_t uidnext)
{
	write_number(buf, 'N', uidnext);
}

void
uidlist_write_modseq(struct buf *buf, uint64_t modseq)
{
	write_number(buf, 'M', modseq);
}

void
uidlist_write_bound(struct buf *buf, uint32_t bound)
{
	write_number(buf, 'B', bound);
}

void
uidlist_write_dirs(struct buf *buf, const struct dir_time *cur, const struct dir_time *new)
{
	size_t start = buf->len;

	buf_addf(buf, "! %" PRId64 ".%" PRId32 " %d %" PRId64 ".%" PRId32 " %d",
	    cur->sec, cur->nsec, cur->trusted, new->sec, new->nsec, new->trusted);
	line_close(buf, start);
}

/* ---- reading ---- */

struct reader {
	const char *at, *end;
	bool bad;
};

/* The next word, up to a space or the end; the space is passed. */
static size_t
word(struct reader *r, const char **start)
{
	const char *space = memchr(r->at, ' ', (size_t)(r->end - r->at));
	size_t len;

	*start = r->at;
	if (space == NULL)
		space = r->end;
	len = (size_t)(space - r->at);
	r->at = space < r->end ? space + 1 : r->end;
	if (len == 0)
		r->bad = true;
	return len;
}

static uint64_t
number(struct reader *r, char letter, uint64_t max)
{
	const char *start;
	size_t len = word(r, &start);
	uint64_t value = 0;

	if (letter != '\0' && (len == 0 || *start++ != letter || len-- == 0))
		r->bad = true;
	else if (!ascii_number(start, len, max, &value))
		r->bad = true;
	return value;
}

static uint64_t
hex_number(struct reader *r, char letter)
{
	const char *start;
	size_t len = word(r, &start);
	uint64_t value = 0;

	if (len != 17 || *start != letter) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 1; i < len; i++) {
		int digit = ascii_hex(start[i]);

		if (digit < 0)
			r->bad = true;
		value = value << 4 | (uint64_t)(digit & 15);
	}
	return value;
}

/* %XX back to bytes; "" and a bad line when that cannot be. */
static char *
unescape(struct reader *r, const char *bytes, size_t len, char **to)
{
	static char empty[1];
	char *text = line_unescape(bytes, len, false, to);

	if (text == NULL)
		r->bad = true;
	return text != NULL ? text : empty;
}

static void
read_place(struct reader *r, struct uidlist_line *line, char **to)
{
	const char *start;
	size_t len = word(r, &start);
	struct maildir_name parsed;
	unsigned in_new = 0;

	if (len == 3 && memcmp(start, "new", 3) == 0) {
		line->flags = MAIL_IN_NEW;
		line->suffix = unescape(r, "", 0, to);
		return;
	}
	if (len == 1 && *start == '-') {
		line->flags = MAIL_BARE;
		line->suffix = unescape(r, "", 0, to);
		return;
	}
	if (len >= 1 && *start == ':') {
		line->suffix = *to;
		memcpy(*to, ":2,", 3);
		*to += 3;
		unescape(r, start + 1, len - 1, to);
	} else {
		if (len >= 2 && *start == 'n') {
			in_new = MAIL_IN_NEW;
			start++;
			len--;
		}
		if (len < 1 || *start != '=') {
			r->bad = true;
			return;
		}
		line->suffix = unescape(r, start + 1, len - 1, to);
		if (line->suffix[0] != ':')
			r->bad = true;
	}
	if (r->bad)
		return;		/* and the suffix perhaps without an end */
	maildir_name_parse(line->suffix, &parsed);
	line->flags = parsed.flags | in_new | (in_new ? MAIL_ODD : 0);
}

static void
read_keywords(struct reader *r, struct uidlist_line *line, struct keywords *kw, char *scratch)
{
	uint32_t *ids = NULL;
	size_t count = 0, room = 0;
	const char *close = memchr(r->at, ')', (size_t)(r->end - r->at));

	line->set = 0;
	if (close == NULL || *r->at != '(') {
		r->bad = true;
		return;
	}
	r->at++;
	while (!r->bad && r->at < close) {
		const char *space = memchr(r->at, ' ', (size_t)(close - r->at));
		size_t len = (size_t)((space != NULL ? space : close) - r->at);
		char *to = scratch;
		char *name = unescape(r, r->at, len, &to);

		if (len == 0)
			r->bad = true;
		ids = mem_grow(ids, &room, count + 1, sizeof *ids);
		if (!r->bad)
			ids[count++] = keywords_id(kw, name, (size_t)(to - name) - 1);
		r->at += len;
		if (space != NULL)
			r->at++;
	}
	if (!r->bad)
		line->set = keywords_set(kw, ids, count);
	free(ids);
	r->at = close + 1;
	if (r->at < r->end && *r->at++ != ' ')
		r->bad = true;
}

static void
read_ranges(struct reader *r, struct uidlist_line *line)
{
	const char *at, *end;
	size_t len = word(r, &at);

	line->range_count = 0;
	for (end = at + len; at < end && !r->bad;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		const char *colon = memchr(at, ':', (size_t)(stop - at));
		uint64_t first = 0, last = 0;
		bool ok;

		if (colon != NULL)
			ok = ascii_number(at, (size_t)(colon - at), UINT32_MAX, &first)
			    && ascii_number(colon + 1, (size_t)(stop - colon - 1), UINT32_MAX, &last);
		else
			ok = ascii_number(at, (size_t)(stop - at), UINT32_MAX, &first), last = first;
		if (!ok || first == 0 || last < first || (line->range_count > 0
		    && first <= line->ranges[line->range_count - 1].last)) {
			r->bad = true;
			return;
		}
		line->ranges = mem_grow(line->ranges, &line->range_room, line->range_count + 1,
		    sizeof *line->ranges);
		line->ranges[line->range_count++] =
		    (struct uid_range){ (uint32_t)first, (uint32_t)last };
		at = comma != NULL ? comma + 1 : end;
	}
}

static void
read_time(struct reader *r, struct dir_time *out)
{
	const char *start, *dot;
	size_t len = word(r, &start);
	bool negative = len > 0 && *start == '-';
	uint64_t sec, nsec;

	start += negative;
	len -= negative;
	dot = memchr(start, '.', len);
	if (dot == NULL || !ascii_number(start, (size_t)(dot - start), INT64_MAX, &sec)
	    || !ascii_number(dot + 1, len - (size_t)(dot + 1 - start), 999999999, &nsec)) {
		r->bad = true;
		return;
	}
	out->sec = negative ? -(int64_t)sec : (int64_t)sec;
	out->nsec = (int32_t)nsec;
	out->trusted = number(r, '\0', 1) != 0;
}

bool
uidlist_read_header(const char *bytes, size_t len, struct uidlist_header *h)
{
	static const char magic[] = "mayfly-uidlist 1 ";
	struct reader r;
	const char *id;
	size_t id_len;

	if (len < sizeof magic - 1 || memcmp(bytes, magic, sizeof magic - 1) != 0
	    || !line_whole(bytes, &len))
		return false;
	r = (struct reader){ bytes + sizeof magic - 1, bytes + len, false };
	h->uidvalidity = (uint32_t)number(&r, 'V', UINT32_MAX);
	id_len = word(&r, &id);
	if (id_len != MAILBOX_ID_LEN + 1 || *id != 'I')
		return false;
	memcpy(h->mailbox_id, id + 1, MAILBOX_ID_LEN);
	h->mailbox_id[MAILBOX_ID_LEN] = '\0';
	h->serial = hex_number(&r, 'S');
	h->previous = hex_number(&r, 'P');
	h->snapshot_end = number(&r, 'E', INT64_MAX);
	h->uidnext = (uint32_t)number(&r, 'N', UINT32_MAX);
	h->modseq = number(&r, 'M', INT64_MAX);
	h->recent = (uint32_t)number(&r, 'R', UINT32_MAX);
	h->uid_bound = (uint32_t)number(&r, 'B', UINT32_MAX);
	h->floor = number(&r, 'X', INT64_MAX);
	return !r.bad && h->uidvalidity != 0 && h->uidnext != 0;
}

bool
uidlist_header_is(const char *bytes, size_t len, uint64_t serial)
{
	/* "mayfly-uidlist 1 ", "V" and 10 digits, "I" and the id: as uidlist_write_header has it */
	enum { SERIAL_AT = 17 + 12 + MAILBOX_ID_LEN + 2 };
	struct reader r = { bytes + SERIAL_AT, bytes + len, false };

	return len > SERIAL_AT && memcmp(bytes, "mayfly-uidlist 1 ", 17) == 0
	    && line_whole(bytes, &len) && hex_number(&r, 'S') == serial && !r.bad;
}

bool
uidlist_read_line(const char *bytes, size_t len, struct keywords *kw,
    struct uidlist_line *line)
{
	struct reader r;
	const char *start;
	size_t word_len;
	char *to;

	if (!line_whole(bytes, &len) || len < 3 || bytes[1] != ' ')
		return false;
	line->text = mem_grow(line->text, &line->text_room, 2 * len + 16, 1);
	to = line->text;
	r = (struct reader){ bytes + 2, bytes + len, false };
	line->kind = (enum uidlist_kind)bytes[0];
	switch (line->kind) {
	case UIDLIST_ADDED:
		line->uid = (uint32_t)number(&r, '\0', UINT32_MAX);
		line->modseq = number(&r, '\0', INT64_MAX);
		line->save_date = (int64_t)number(&r, '\0', INT64_MAX);
		word_len = word(&r, &start);
		if (word_len == 1 && *start == '-')
			word_len = 0;
		line->email_id = unescape(&r, start, word_len, &to);
		read_place(&r, line, &to);
		if (!r.bad)
			read_keywords(&r, line, kw, to);
		word_len = word(&r, &start);
		line->base = unescape(&r, start, word_len, &to);
		return !r.bad && line->uid != 0;
	case UIDLIST_FLAGS:
		line->modseq = number(&r, '\0', INT64_MAX);
		read_ranges(&r, line);
		read_place(&r, line, &to);
		if (!r.bad)
			read_keywords(&r, line, kw, to);
		return !r.bad;
	case UIDLIST_EXPUNGED:
		line->modseq = number(&r, '\0', INT64_MAX);
		read_ranges(&r, line);
		return !r.bad;
	case UIDLIST_MOVED:
		line->uid = (uint32_t)number(&r, '\0', UINT32_MAX);
		read_place(&r, line, &to);
		word_len = word(&r, &start);
		line->base = unescape(&r, start, word_len, &to);
		return !r.bad;
	case UIDLIST_RECENT:
	case UIDLIST_UIDNEXT:
	case UIDLIST_BOUND:
		line->uid = (uint32_t)number(&r, '\0', UINT32_MAX);
		return !r.bad;
	case UIDLIST_MODSEQ:
		line->modseq = number(&r, '\0', INT64_MAX);
		return !r.bad;
	case UIDLIST_DIRS:
		read_time(&r, &line->cur);
		read_time(&r, &line->new);
		return !r.bad;
	}
	return false;
}

void
uidlist_line_fini(struct uidlist_line *line)
{
	free(line->ranges);
	free(line->text);
	memset(line, 0, sizeof *line);
}

void
uid_ranges_add(struct uid_range **ranges, size_t *count, size_t *room, uint32_t uid)
{
	struct uid_range *last = *count > 0 ? &(*ranges)[*count - 1] : NULL;

	if (last != NULL && uid == last->last + 1) {
		last->last = uid;
		return;
	}
	*ranges = mem_grow(*ranges, room, *count + 1, sizeof **ranges);
	(*ranges)[(*count)++] = (struct uid_range){ uid, uid };
}
