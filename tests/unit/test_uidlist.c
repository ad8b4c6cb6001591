/*
 * Lines of the journal: each kind there and back; every line cut short at every
 * place and with every byte changed says nothing. Buffers have exactly the size
 * of the line, so that a sanitizer sees a byte read too much.
 */
#include "store/uidlist.h"

#include <stdlib.h>

#include "store/keywords.h"
#include "store/maildir_name.h"
#include "test.h"
#include "util/buf.h"
#include "util/mem.h"

static bool
reads(const char *bytes, size_t len, struct keywords *kw, struct uidlist_line *line)
{
	char *exact = mem_alloc(len ? len : 1);
	bool ok;

	memcpy(exact, bytes, len);
	ok = uidlist_read_line(exact, len, kw, line);
	free(exact);
	return ok;
}

/* Nothing but the whole line, as it is, may be read. */
static void
torment(const struct buf *text, struct keywords *kw, const char *what)
{
	struct uidlist_line line = { .text = NULL };
	unsigned read = 0;
	char *copy = mem_strndup(text->data, text->len);

	for (size_t len = 0; len + 1 < text->len; len++)
		read += reads(text->data, len, kw, &line);
	check(read == 0, "%s cut short is nothing", what);
	for (size_t i = 0; i + 1 < text->len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy[i] ^= (char)(1 << bit);
			read += copy[i] != '\n' && reads(copy, text->len - 1, kw, &line);
			copy[i] ^= (char)(1 << bit);
		}
	}
	/* the checksum may be spelled in capitals */
	check(read <= 8, "%s with a changed bit is nothing (%u)", what, read);
	free(copy);
	uidlist_line_fini(&line);
}

static void
test_added(struct keywords *kw)
{
	static const struct {
		unsigned flags;
		const char *suffix, *base, *email_id;
		int keywords;
	} rows[] = {
		{ 0, "", "1.M2P3.h,S=5", "", 0 },
		{ MAIL_SEEN | MAIL_PASSED, "", "with blank", "abc", 2 },
		{ MAIL_IN_NEW, "", "%41", "", 0 },
		{ MAIL_BARE, "", "l\nf", "", 1 },
		{ MAIL_ODD | MAIL_SEEN, ":2,Sab", "8\xff", "", 2 },
		{ MAIL_ODD | MAIL_IN_NEW | MAIL_FLAGGED, ":2,Fz", "(", "", 0 },
	};
	struct uidlist_line line = { .text = NULL };
	struct buf buf = BUF_INIT;
	uint32_t ids[2] = { keywords_id(kw, "todo", 4), keywords_id(kw, "od d", 4) };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t set = keywords_set(kw, ids, (size_t)rows[i].keywords);

		buf_reset(&buf);
		uidlist_write_added(&buf, 4294967294u, 1ull << 60, 1732288050, rows[i].email_id,
		    rows[i].flags, rows[i].suffix, kw, set, rows[i].base);
		check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_ADDED
		    && line.uid == 4294967294u && line.modseq == 1ull << 60 && line.save_date == 1732288050
		    && line.flags == rows[i].flags && line.set == set, "a message, %zu", i);
		check_str(line.base, rows[i].base, "its base name");
		check_str(line.email_id, rows[i].email_id, "its email id");
		if (rows[i].flags & MAIL_ODD)
			check_str(line.suffix, rows[i].suffix, "its suffix");
		torment(&buf, kw, "a message");
	}
	uidlist_line_fini(&line);
	buf_fini(&buf);
}

static void
test_others(struct keywords *kw)
{
	static const struct uid_range ranges[] = { { 1, 1 }, { 3, 5 }, { 4294967295u, 4294967295u } };
	struct dir_time cur = { 1732288050, 5, true }, new = { -3, 999999999, false };
	struct uidlist_line line = { .text = NULL };
	struct buf buf = BUF_INIT;

	uidlist_write_flags(&buf, 7, ranges, 3, MAIL_SEEN, "", kw, 0);
	check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_FLAGS && line.modseq == 7
	    && line.range_count == 3 && line.ranges[1].last == 5 && line.flags == MAIL_SEEN, "flags");
	torment(&buf, kw, "flags");
	buf_reset(&buf);
	uidlist_write_expunged(&buf, 8, ranges, 3);
	check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_EXPUNGED
	    && line.ranges[2].first == 4294967295u, "expunged");
	torment(&buf, kw, "expunged");
	buf_reset(&buf);
	uidlist_write_moved(&buf, 9, MAIL_BARE, "", "a,U=7");
	check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_MOVED && line.uid == 9
	    && line.flags == MAIL_BARE && strcmp(line.base, "a,U=7") == 0, "moved");
	torment(&buf, kw, "moved");
	buf_reset(&buf);
	uidlist_write_dirs(&buf, &cur, &new);
	check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_DIRS && line.cur.sec == cur.sec
	    && line.cur.trusted && line.new.sec == -3 && line.new.nsec == 999999999 && !line.new.trusted,
	    "times of the directories");
	buf_reset(&buf);
	uidlist_write_uidnext(&buf, 12);
	check(reads(buf.data, buf.len - 1, kw, &line) && line.kind == UIDLIST_UIDNEXT && line.uid == 12, "next");
	uidlist_line_fini(&line);
	buf_fini(&buf);
}

static void
test_header(void)
{
	struct uidlist_header h = { .uidvalidity = 4294967295u, .serial = UINT64_MAX, .previous = 1,
		.snapshot_end = 123456, .uidnext = 17, .modseq = 1ull << 52, .recent = 3, .uid_bound = 1000,
		.floor = 5 }, got;
	struct buf buf = BUF_INIT, other = BUF_INIT;

	memcpy(h.mailbox_id, "0123456789abcdef0123456789abcdef", 33);
	uidlist_write_header(&buf, &h);
	check(uidlist_header_is(buf.data, buf.len - 1, h.serial), "the header is known by its serial");
	check(!uidlist_header_is(buf.data, buf.len - 1, h.serial + 1), "another serial is another header");
	buf.data[buf.len - 30] ^= 1;
	check(!uidlist_header_is(buf.data, buf.len - 1, h.serial), "a damaged header is none");
	buf.data[buf.len - 30] ^= 1;
	for (size_t len = 0; len < buf.len - 1; len++)
		if (uidlist_header_is(buf.data, len, h.serial))
			check(false, "a header cut at %zu is none", len);
	check(uidlist_read_header(buf.data, buf.len - 1, &got) && got.uidvalidity == h.uidvalidity
	    && got.serial == h.serial && got.snapshot_end == h.snapshot_end && got.uidnext == 17
	    && got.modseq == h.modseq && got.floor == 5 && strcmp(got.mailbox_id, h.mailbox_id) == 0,
	    "the header there and back");
	for (size_t len = 0; len + 1 < buf.len; len++)
		if (uidlist_read_header(buf.data, len, &got))
			check(false, "a header of %zu octets was read", len);
	h.snapshot_end = 0;
	h.uidnext = 1;
	uidlist_write_header(&other, &h);
	check(other.len == buf.len, "all headers have one length");
	h.uidvalidity = 0;
	buf_reset(&other);
	uidlist_write_header(&other, &h);
	check(!uidlist_read_header(other.data, other.len - 1, &got), "UIDVALIDITY 0 is none");
	buf_fini(&buf);
	buf_fini(&other);
}

int
main(void)
{
	struct keywords kw;
	struct uid_range *ranges = NULL;
	size_t count = 0, room = 0;

	keywords_init(&kw);
	test_added(&kw);
	test_others(&kw);
	test_header();
	for (uint32_t uid = 1; uid < 10; uid++)
		if (uid != 5)
			uid_ranges_add(&ranges, &count, &room, uid);
	check(count == 2 && ranges[0].last == 4 && ranges[1].first == 6 && ranges[1].last == 9, "ranges");
	free(ranges);
	keywords_fini(&kw);
	return test_done();
}
