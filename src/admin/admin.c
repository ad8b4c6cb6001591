/* What the verbs of mayfly-admin share. */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fcntl.h>

#include "store/folder.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"

enum { BAR_WIDTH = 30, BAR_STEP_MS = 100 };

void
progress(struct admin *a, const char *doing, uint64_t done, uint64_t total)
{
	struct timespec now;
	int64_t ms;
	char bar[BAR_WIDTH + 1];
	int filled;

	if (!isatty(STDERR_FILENO))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (a->shown && ms - a->shown_ms < BAR_STEP_MS && done < total)
		return;
	a->shown = true;
	a->shown_ms = ms;
	filled = total > 0 ? (int)(done * BAR_WIDTH / total) : BAR_WIDTH;
	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t)filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r\033[K%s [%s] %llu/%llu", admin_plain(a, doing), bar, (unsigned long long)done,
	    (unsigned long long)total);
	fflush(stderr);
}

void
progress_end(struct admin *a)
{
	if (a->shown)
		fputs("\r\033[K", stderr);
	a->shown = false;
}

/* C0, DEL, C1 in UTF-8, and bytes of no character, which a terminal may take for C1. */
static void
add_plain(const char *text, struct buf *out)
{
	for (const char *at = text, *end = text + strlen(text); at < end;) {
		const char *start = at;
		uint32_t c = 0;

		if (!utf8_next(&at, end, &c))
			at++;
		if (c >= ' ' && (c < 0x7f || c >= 0xa0)) {
			buf_add(out, start, (size_t)(at - start));
			continue;
		}
		for (; start < at; start++)
			buf_addf(out, "\\x%02x", (unsigned)(unsigned char)*start);
	}
}

const char *
admin_plain(struct admin *a, const char *text)
{
	struct buf *out = &a->plain[a->plain_next++ % (sizeof a->plain / sizeof a->plain[0])];

	buf_reset(out);
	add_plain(text, out);
	return buf_str(out);
}

void
admin_say_err(const char *mailbox, const struct err *err)
{
	struct buf line = BUF_INIT;

	buf_adds(&line, "mayfly-admin: ");
	add_plain(mailbox, &line);
	buf_adds(&line, ": ");
	add_plain(err->client, &line);
	if (err->detail[0] != '\0') {
		buf_adds(&line, " - ");
		add_plain(err->detail, &line);
	}
	fprintf(stderr, "%s\n", line.data);
	buf_fini(&line);
}

int
admin_each(struct admin *a, int (*step)(struct admin *a, const char *name))
{
	struct folder_list list;
	struct err err;
	int worst = ADMIN_OK;

	if (a->mailbox_count > 0) {
		for (size_t i = 0; i < a->mailbox_count && !admin_stopped(a); i++) {
			const char *name = ascii_casecmp(a->mailboxes[i], "INBOX") == 0 ? "INBOX"
			    : a->mailboxes[i];
			int status = step(a, name);

			if (status > worst)
				worst = status;
		}
	} else {
		if (folder_list(&a->account, &list, &err) < 0) {
			admin_say_err(a->account.path, &err);
			return ADMIN_FAILED;
		}
		for (size_t i = 0; i < list.count && !admin_stopped(a); i++) {
			int status = step(a, list.names[i]);

			if (status > worst)
				worst = status;
		}
		folder_list_fini(&list);
	}
	progress_end(a);
	return admin_stopped(a) ? ADMIN_STOPPED : worst;
}

struct mailbox *
admin_open(struct admin *a, const char *name, bool look)
{
	struct mailbox *m = NULL;
	struct err err;

	if (folder_open_mailbox(&a->account, name, ERR_NONEXISTENT, &m, &err) < 0
	    || (look && mailbox_sync(m, &err) < 0)) {
		progress_end(a);
		admin_say_err(name, &err);
		mailbox_close(&m);
		return NULL;
	}
	return m;
}

uint64_t
admin_file_size(struct mailbox *m, uint32_t number)
{
	struct buf name = BUF_INIT;
	struct stat st;
	struct row row;
	const char *size;
	uint64_t value = 0;
	int dir;

	mailbox_row(m, number, &row);
	size = strstr(row.base, ",S=");
	if (size != NULL && ascii_number(size + 3, strspn(size + 3, "0123456789"), INT64_MAX, &value))
		return value;
	dir = mailbox_file(m, &row, &name);
	if (dir >= 0 && fstatat(dir, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0)
		value = (uint64_t)st.st_size;
	buf_fini(&name);
	return value;
}
