/* The image: built, written, mapped; and every header byte changed, every length cut. */
#include "store/index.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/keywords.h"
#include "store/maildir_name.h"
#include "test.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

static int
open_it(int dir, struct index *index, struct mailbox_facts *facts)
{
	struct keywords kw;
	struct err err;
	int result;

	keywords_init(&kw);
	result = index_open(index, dir, facts, &kw, "test", &err);
	keywords_fini(&kw);
	return result;
}

static void
put(int dir, const char *bytes, size_t len)
{
	int fd = openat(dir, INDEX_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || io_write_all(fd, bytes, len) < 0)
		check(false, "cannot write the test's file");
	io_close(&fd);
}

int
main(void)
{
	enum { ROWS = 300 };
	char path[] = "/tmp/mayfly-test-index.XXXXXX", names[ROWS][64];
	struct mailbox_facts facts = { .uidvalidity = 7, .uidnext = 1000, .modseq = 99, .serial = 5 }, got;
	struct row rows[ROWS];
	struct expunged gone = { 3, 4, 50 };
	struct keywords kw;
	struct index index;
	struct buf whole = BUF_INIT;
	struct err err;
	struct row row;
	int dir = mkdtemp(path) != NULL ? open(path, O_RDONLY | O_DIRECTORY) : -1, fd;
	unsigned bad = 0;
	uint32_t id;

	keywords_init(&kw);
	id = keywords_id(&kw, "todo", 4);
	memset(rows, 0, sizeof rows);
	for (int i = 0; i < ROWS; i++) {
		snprintf(names[i], sizeof names[i], "%d.M%dP.h", i, i);
		rows[i] = (struct row){ .uid = (uint32_t)i * 3 + 1, .flags = i % 2 ? MAIL_SEEN : 0,
			.modseq = (uint64_t)i, .base = names[i], .suffix = "", .email_id = "" };
	}
	rows[7].flags = MAIL_ODD | MAIL_SEEN;
	rows[7].suffix = ":2,Sx";
	rows[8].email_id = "other";
	rows[9].set = keywords_set(&kw, &id, 1);
	index_build(&index, rows, ROWS, &gone, 1, &facts, &kw, 0, 0);
	check(index_write(&index, dir, false, "test", &err) == 0, "written");
	index_close(&index);
	check(open_it(dir, &index, &got) == 1 && got.uidnext == 1000 && index.count == ROWS
	    && index_whole(&index), "mapped");
	check(index_find_name(&index, names[123], strlen(names[123])) == 123, "found by name");
	check(index_find_name(&index, "nothing", 7) == -1, "and what is not there, not");
	check(index_lower_bound(&index, 1) == 0 && index_lower_bound(&index, 2) == 1
	    && index_lower_bound(&index, 100000) == ROWS, "found by UID");
	index_row(&index, 7, &row);
	check_str(row.suffix, ":2,Sx", "an odd suffix");
	index_row(&index, 8, &row);
	check_str(row.email_id, "other", "an email id");
	check(index_unseen(&index) == ROWS / 2 && index.expunged_count == 1, "counts");
	index_close(&index);
	fd = openat(dir, INDEX_NAME, O_RDONLY);
	if (fd < 0 || io_read_file(fd, &whole, 1 << 20) < 0)
		check(false, "cannot read the test's file");
	io_close(&fd);
	for (size_t i = 0; i < 512; i++) {
		char saved = whole.data[i];

		whole.data[i] = (char)~saved;
		put(dir, whole.data, whole.len);
		if (open_it(dir, &index, &got) == 1) {
			/* what stands behind the header's checksum says nothing */
			bad += index.header != NULL && !index_whole(&index);
			for (uint32_t r = 0; r < index.count; r++)
				index_row(&index, r, &row);
		}
		index_close(&index);
		whole.data[i] = saved;
	}
	check(bad == 0, "no changed header is taken");
	bad = 0;
	for (size_t len = 0; len < whole.len; len += 61) {
		put(dir, whole.data, len);
		bad += open_it(dir, &index, &got) != 0;
		index_close(&index);
	}
	check(bad == 0, "no image that was cut short is taken");
	/* a body with wrong octets is for check to see, and must not lead anybody astray */
	for (size_t i = 512; i < whole.len; i += 7) {
		char saved = whole.data[i];

		whole.data[i] = (char)~saved;
		put(dir, whole.data, whole.len);
		if (open_it(dir, &index, &got) == 1) {
			bad += index_whole(&index);
			for (uint32_t r = 0; r < index.count; r++)
				index_row(&index, r, &row);
			index_find_name(&index, names[5], strlen(names[5]));
		}
		index_close(&index);
		whole.data[i] = saved;
	}
	check(bad == 0, "every changed octet of the body is seen by the checksum");
	unlinkat(dir, INDEX_NAME, 0);
	close(dir);
	rmdir(path);
	keywords_fini(&kw);
	buf_fini(&whole);
	return test_done();
}
