/* The account file: what it remembers, and that no UIDVALIDITY comes twice. */
#include "store/account.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "test.h"
#include "util/err.h"

static void
put(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		check(false, "cannot write the test's file");
	close(fd);
}

int
main(void)
{
	static const char id[] = "0123456789abcdef0123456789abcdef";
	static const char *const files[] = { "mayfly-account", "mayfly-account.lock", "dovecot-uidvalidity",
		NULL };
	char path[] = "/tmp/mayfly-test-account.XXXXXX";
	struct account a, b;
	const struct account_entry *entry;
	uint32_t first, second;
	struct err err;

	if (mkdtemp(path) == NULL || account_open(&a, path, LAYOUT_MAILDIRPP, false, &err) < 0)
		return check(false, "no place to test in"), test_done();
	a.sync = false;
	check(account_find(&a, "INBOX") == NULL, "nothing at first");
	check(account_new_mailbox(&a, "Neu", id, 1, &first, &err) == 0
	    && account_new_mailbox(&a, "Neu", id, 1, &second, &err) == 0
	    && second > first, "two UIDVALIDITYs in one second differ");
	check(account_find(&a, "Neu") == NULL && !a.unsynced, "a mailbox without UIDs is not remembered");
	put(a.dirfd, "dovecot-uidvalidity", "7ffffff0");
	check(account_new_mailbox(&a, "Neu", id, 1, &first, &err) == 0 && first == 0x7ffffff1,
	    "above what Dovecot gave");
	put(a.dirfd, "dovecot-uidvalidity", "nonsense");
	check(account_remember(&a, "Entwürfe/a b", id, 4000000000u, 1234, &err) == 0, "remember");
	check(account_open(&b, path, LAYOUT_MAILDIRPP, false, &err) == 0, "opened again");
	b.sync = false;
	entry = account_find(&b, "Entwürfe/a b");
	check(entry != NULL && entry->uidvalidity == 4000000000u && entry->uid_bound > 1234
	    && strcmp(entry->mailbox_id, id) == 0, "and it remembers");
	check(account_new_mailbox(&b, "Neu", id, 1, &first, &err) == 0 && first > 4000000000u, "above a high one");
	b.sync = true;
	check(account_new_mailbox(&b, "Neu", id, 77, &first, &err) == 0 && b.unsynced
	    && (entry = account_find(&b, "Neu")) != NULL && entry->uid_bound > 77 && entry->uidvalidity == first,
	    "a UIDVALIDITY and a bound in one, for the journal to sync");
	check(account_remember(&b, "Neu", id, first, 2000, &err) == 0 && !b.unsynced, "or for the next write");
	b.sync = false;
	check(account_rename(&b, "Entwürfe", "Drafts", true, &err) == 0
	    && account_find(&b, "Drafts/a b") != NULL && account_find(&b, "Entwürfe/a b") == NULL, "renamed");
	check(account_rename(&b, "Drafts/a b", NULL, false, &err) == 0
	    && account_find(&b, "Drafts/a b") == NULL, "forgotten");
	account_close(&b);
	put(a.dirfd, ACCOUNT_NAME, "mayfly-account 1 Arubbish\nM x\n\xff\xff\xff");
	check(account_open(&b, path, LAYOUT_MAILDIRPP, false, &err) == 0
	    && account_find(&b, "INBOX") == NULL, "damage is no mailbox");
	account_close(&b);
	for (int i = 0; files[i] != NULL; i++)
		unlinkat(a.dirfd, files[i], 0);
	account_close(&a);
	check(rmdir(path) == 0, "nothing is left behind");
	return test_done();
}
