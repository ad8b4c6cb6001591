/* Foreign lists as tables, and cut short at every octet: never a crash, never a UID used twice. */
#include "store/import.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/account.h"
#include "store/mailbox.h"
#include "test.h"
#include "util/err.h"
#include "util/io.h"

static struct account account;
static struct mailbox mailbox;
static struct import_files files;

static void
put(const char *name, const char *text, size_t len)
{
	int fd = openat(mailbox.dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || io_write_all(fd, text, len) < 0)
		check(false, "cannot write the test's file");
	io_close(&fd);
}

static void
read_list(struct import_source *s, bool binc, const char *text, size_t len)
{
	memset(s, 0, sizeof *s);
	s->kind = binc ? IMPORT_BINC : IMPORT_DOVECOT;
	s->name = binc ? "bincimap-cache" : "dovecot-uidlist";
	put(s->name, text, len);
	(binc ? import_binc : import_uidlist)(s, mailbox.dirfd, &files);
}

static uint32_t
uid_of(const struct import_source *s, const char *name)
{
	int64_t at = import_files_base(&files, name, strlen(name));

	return at >= 0 && s->hits != NULL ? s->hits[at].uid : 0;
}

/* Of every beginning of a list, each UID is below UIDNEXT and stands once. */
static void
cut(bool binc, const char *text)
{
	unsigned bad = 0;

	for (size_t len = 0; len <= strlen(text); len++) {
		struct import_source s;

		read_list(&s, binc, text, len);
		for (size_t i = 0; s.hits != NULL && i < files.count; i++) {
			bad += s.hits[i].uid >= s.uidnext && s.hits[i].uid != 0;
			for (size_t k = 0; k < i; k++)
				bad += s.hits[i].uid != 0 && s.hits[i].uid == s.hits[k].uid;
		}
		import_source_fini(&s);
	}
	check(bad == 0, "%s cut at every octet", binc ? "BincIMAP's list" : "Dovecot's list");
}

static void
test_tables(void)
{
	static const struct {
		const char *text;
		bool usable;
		uint32_t validity, next, a, b;
	} rows[] = {
		{ "3 V5 N3\n1 :a\n2 :b,S=5\n", true, 5, 3, 1, 2 },
		{ "3 V5 N3\n1 :a\n2 :b\n", true, 5, 3, 1, 2 },
		{ "3 V5\n1 :a:2,S\n9 :b:2,\n", true, 5, 10, 1, 9 },
		{ "1 5 3\n1 a\n7 b\n", true, 5, 8, 1, 7 },
		{ "3 V5 N3\n4294967295 :a\n2 :b\n", true, 5, 3, 0, 2 },
		{ "3 V5 N3\n4294967294 :a\n", true, 5, 4294967295u, 4294967294u, 0 },
		{ "3 V5 N3\n1 :a/x\n2 :b\n", true, 5, 3, 0, 2 },
		{ "3 V5 N3\n 1 :a\n-2 :b\n", true, 5, 3, 1, 0 },
		{ "3 V5 V6 N3 N0\n", true, 5, 3, 0, 0 },
		{ "3 N3\n1 :a\n", false, 0, 3, 0, 0 },
		{ "3 V0 N3\n1 :a\n", false, 0, 3, 0, 0 },
		{ "2 5 3\n1 a\n", false, 0, 1, 0, 0 },
		{ "\n\n\n", false, 0, 1, 0, 0 },
		{ "", false, 0, 1, 0, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct import_source s;

		read_list(&s, false, rows[i].text, strlen(rows[i].text));
		if (!check(s.found && s.usable == rows[i].usable && s.uidvalidity == rows[i].validity
		    && s.uidnext == rows[i].next && uid_of(&s, "a") == rows[i].a
		    && uid_of(&s, "b,S=5") == rows[i].b, "list %zu", i))
			printf("# usable %d V%u N%u a=%u b=%u\n", s.usable, s.uidvalidity, s.uidnext,
			    uid_of(&s, "a"), uid_of(&s, "b,S=5"));
		import_source_fini(&s);
	}
}

static void
test_keyword_names(void)
{
	static const struct {
		const char *name, *want;
	} rows[] = {
		{ "$Label1", "$Label1" }, { "wo rk", "wo_rk" }, { "\\Seen", "_Seen" }, { "a(b)c{d}", "a_b_c_d}" },
		{ "x\"y%z*", "x_y_z_" }, { "\xc3\xa4", "__" },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (check(import_keyword(rows[i].name, strlen(rows[i].name), &out), "keyword %zu", i))
			check_str(out.data, rows[i].want, rows[i].name);
	check(!import_keyword("", 0, &out), "no name is no keyword");
	buf_fini(&out);
}

int
main(void)
{
	static const char *const names[] = { "cur/a:2,S", "cur/b,S=5:2,", "cur/c", NULL };
	static const char *const all[] = { "cur/a:2,S", "cur/b,S=5:2,", "cur/c", "dovecot-uidlist",
		"bincimap-cache", "bincimap-uidvalidity", NULL };
	static const char binc[] = "0 { _UID = 3, _ID = a, _InternalDate = 5 }\n1 {\n\t_UID = 4,\n\t_ID = \"b,S=5\"\n}\n"
	    "2 { _UID = 9, _ID = <63> }\ndepot { _version = 1.0.5 }\n";
	static const char head[] = "depot { _uidvalidity = 77, _uidnext = 5, _version = 1.0.5 }\n";
	char path[] = "/tmp/mayfly-test-import.XXXXXX";
	struct import_source s;
	struct err err;

	if (mkdtemp(path) == NULL || account_open(&account, path, LAYOUT_MAILDIRPP, false, &err) < 0)
		return check(false, "no place to test in"), test_done();
	mailbox.account = &account;
	mailbox.name = mailbox.path = path;
	mailbox.dirfd = account.dirfd;
	mailbox.curfd = mailbox.newfd = -1;
	mkdirat(account.dirfd, "cur", 0700);
	for (int i = 0; names[i] != NULL; i++)
		put(names[i], "x", 1);
	check(import_files_list(&files, &mailbox, &err) == 0 && files.count == 3, "three files");
	test_tables();
	test_keyword_names();
	cut(false, "3 V5 N3 G0123456789abcdef0123456789abcdef\n1 :a\n22 S5 :b\n333 Gx :c\n");
	put("bincimap-uidvalidity", head, strlen(head));
	read_list(&s, true, binc, strlen(binc));
	check(s.usable && s.uidvalidity == 77 && s.uidnext == 10 && uid_of(&s, "a") == 3
	    && uid_of(&s, "b,S=5") == 4 && uid_of(&s, "c") == 9, "BincIMAP's list");
	import_source_fini(&s);
	cut(true, binc);
	import_files_fini(&files);
	for (int i = 0; all[i] != NULL; i++)
		unlinkat(account.dirfd, all[i], 0);
	io_close(&mailbox.curfd);
	unlinkat(account.dirfd, "cur", AT_REMOVEDIR);
	account_close(&account);
	check(rmdir(path) == 0, "nothing is left behind");
	return test_done();
}
