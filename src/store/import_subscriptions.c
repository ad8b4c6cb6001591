/*
 * Subscriptions of other servers, read as long as the account has none of ours:
 *
 *	subscriptions		Dovecot; in the root or in the control root. Without a
 *				header the parts of a name are joined by the layout's
 *				separator; behind "V<TAB>2" and an empty line by TABs,
 *				with 0x01 as the escape inside a part
 *	courierimapsubscribed	Courier's whole names, INBOX.Work.2024
 *	.bincimap-subscribed	BincIMAP, INBOX/Work/2024; bincimap-subscribed is the
 *				older form, values in the section "subscribed"
 *
 * A last line without LF counts: it says what it says. Names of mailboxes that do
 * not exist are kept (RFC 9051 6.3.7), names of shared ones are not: they mean
 * nothing here.
 */
#include "store/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/account.h"
#include "store/folder.h"
#include "store/names.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

enum { SUBSCRIPTIONS_MAX = 100000 };	/* names; clients show a few hundred */

struct names {
	struct account *account;
	struct notes *notes;
	int trouble;		/* errno of a failure that may be over the next time */
};

static void
add_name(struct names *n, const char *name)
{
	struct err ignored;
	struct note *note;

	if (n->notes->count >= SUBSCRIPTIONS_MAX || folder_check_name(n->account, name, &ignored) < 0
	    || notes_find(n->notes, name, "") != NULL)
		return;
	n->notes->at = mem_grow(n->notes->at, &n->notes->room, n->notes->count + 1,
	    sizeof *n->notes->at);
	note = &n->notes->at[n->notes->count++];
	note->name = mem_strdup(name);
	note->entry = mem_strdup("");
	note->value = mem_strdup("");
	note->value_len = 0;
}

/*
 * A name whose parts stand between separators, spelled as the folders on disk
 * are: made a path, and read as one.
 */
static void
add_spelled(struct names *n, const char *text, size_t len, char separator)
{
	bool maildirpp = n->account->layout == LAYOUT_MAILDIRPP;
	struct buf path = BUF_INIT, name = BUF_INIT;

	while (len > 0 && text[len - 1] == separator)
		len--;
	if (len == 0 || memchr(text, '\0', len) != NULL)
		return;
	if (ascii_is(text, len, "INBOX")) {
		add_name(n, "INBOX");
		return;
	}
	if (maildirpp)
		buf_addc(&path, '.');
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == separator)
			buf_addc(&path, maildirpp ? '.' : '/');
		else if (c == '.' && maildirpp)
			buf_adds(&path, "&AC4-");
		else
			buf_addc(&path, c);
	}
	if (names_from_disk(n->account, path.data, &name) == 0)
		add_name(n, name.data);
	buf_fini(&path);
	buf_fini(&name);
}

/* Names that Courier and BincIMAP see below INBOX. */
static void
add_below_inbox(struct names *n, const char *text, size_t len, char separator)
{
	if (len > 6 && ascii_ncasecmp(text, "INBOX", 5) == 0 && text[5] == separator) {
		text += 6;
		len -= 6;
	} else if (!ascii_is(text, len, "INBOX")) {
		return;	/* shared.team.x, #shared.team.x */
	}
	add_spelled(n, text, len, separator);
}

/* ---- Dovecot ---- */

/* A line of version 2: parts between TABs, escapes inside them. */
static void
add_parts(struct names *n, const char *text, size_t len)
{
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == 1 && i + 1 < len) {
			switch (text[++i]) {
			case '0': c = '\0'; break;
			case '1': c = 1; break;
			case 't': c = '\t'; break;
			case 'r': c = '\r'; break;
			case 'n': c = '\n'; break;
			default: c = text[i];
			}
			if (c < ' ')
				goto out;	/* no mailbox of ours can have that name */
		} else if (c == '\t') {
			c = '/';
		} else if (c == '/') {
			c = FOLDER_SLASH;
		}
		buf_addc(&name, c);
	}
	if (name.len > 0) {
		struct buf disk = BUF_INIT, out = BUF_INIT;

		/* Each part is spelled as on disk; "." in it is itself. */
		for (size_t i = 0; i < name.len; i++) {
			if (name.data[i] == '.' && n->account->layout == LAYOUT_MAILDIRPP)
				buf_adds(&disk, "&AC4-");
			else if (name.data[i] == FOLDER_SLASH)
				buf_adds(&disk, "&AC8-");
			else if (name.data[i] == '/' && n->account->layout == LAYOUT_MAILDIRPP)
				buf_addc(&disk, '.');
			else
				buf_addc(&disk, name.data[i]);
		}
		if (ascii_is(name.data, name.len, "INBOX")) {
			add_name(n, "INBOX");
		} else {
			struct buf path = BUF_INIT;

			if (n->account->layout == LAYOUT_MAILDIRPP)
				buf_addc(&path, '.');
			buf_adds(&path, disk.data);
			if (names_from_disk(n->account, path.data, &out) == 0)
				add_name(n, out.data);
			buf_fini(&path);
		}
		buf_fini(&disk);
		buf_fini(&out);
	}
out:
	buf_fini(&name);
}

static void
read_lines(struct names *n, int dirfd, const char *file,
    void (*take)(struct names *n, const char *text, size_t len, char separator), char separator)
{
	struct import_source source = { .name = file };
	struct import_lines lines = { .fd = import_open(dirfd, file, &source) };
	bool first = true, parts = false;
	char *text;
	size_t len;
	int what;

	if (source.trouble != 0)
		n->trouble = source.trouble;
	if (lines.fd < 0)
		return;
	while ((what = import_line(&lines, &text, &len)) != 0) {
		if (first && len == 3 && memcmp(text, "V\t2", 3) == 0)
			parts = true;
		else if (what != 3 && len > 0 && parts)
			add_parts(n, text, len);
		else if (what != 3 && len > 0)
			take(n, text, len, separator);
		first = false;
	}
	if (lines.trouble != 0)
		n->trouble = lines.trouble;
	close(lines.fd);
	buf_fini(&lines.buf);
}

/* ---- BincIMAP's older form ---- */

/* subscribed { a = "INBOX", b = "INBOX/Work" }: keys do not matter, values are names. */
static void
read_old_binc(struct names *n)
{
	struct import_source source = { .name = "bincimap-subscribed" };
	struct buf text = BUF_INIT;
	int fd = import_open(n->account->dirfd, source.name, &source);
	char *at;

	if (source.trouble != 0)
		n->trouble = source.trouble;
	if (fd < 0)
		return;
	if (io_read_file(fd, &text, 1 << 24) < 0)
		n->trouble = import_may_pass(errno) ? errno : 0;
	else if ((at = strstr(buf_str(&text), "subscribed")) != NULL) {
		while ((at = strchr(at, '=')) != NULL) {
			size_t len;

			at += 1 + strspn(at + 1, " \t\r\n");
			if (*at == '"') {
				at++;
				len = strcspn(at, "\"\n");
			} else {
				len = strcspn(at, ",} \t\r\n");
			}
			add_below_inbox(n, at, len, '/');
			at += len;
		}
	}
	close(fd);
	buf_fini(&text);
}

int
import_subscriptions(struct account *account, struct notes *notes)
{
	struct names n = { account, notes, 0 };
	char separator = account->layout == LAYOUT_MAILDIRPP ? '.' : '/';
	int control = account->control != NULL
	    ? open(account->control, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (control < 0 && account->control != NULL && import_may_pass(errno))
		n.trouble = errno;
	if (control >= 0)
		read_lines(&n, control, "subscriptions", add_spelled, separator);
	read_lines(&n, account->dirfd, "subscriptions", add_spelled, separator);
	read_lines(&n, account->dirfd, "courierimapsubscribed", add_below_inbox, '.');
	if (faccessat(account->dirfd, ".bincimap-subscribed", F_OK, AT_SYMLINK_NOFOLLOW) == 0
	    || import_may_pass(errno))
		read_lines(&n, account->dirfd, ".bincimap-subscribed", add_below_inbox, '/');
	else
		read_old_binc(&n);
	io_close(&control);
	return n.trouble;
}
