/* Subscriptions and metadata: any octet in a value, damaged lines passed over. */
#include "store/notes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/account.h"
#include "test.h"
#include "util/err.h"

int
main(void)
{
	static const char value[] = "a\0b\xff\n%%41 c";
	char path[] = "/tmp/mayfly-test-notes.XXXXXX";
	struct account a;
	struct notes notes;
	const struct note *note;
	struct err err;
	int fd;

	if (mkdtemp(path) == NULL || account_open(&a, path, LAYOUT_MAILDIRPP, false, &err) < 0)
		return check(false, "no place to test in"), test_done();
	a.sync = false;
	check(notes_set(&a, NOTES_METADATA, "Work/2024", "/private/x", value, sizeof value, &err) == 0, "set");
	check(notes_set(&a, NOTES_METADATA, "", "/shared/admin", "-", 1, &err) == 0, "of the server");
	check(notes_read(&a, NOTES_METADATA, &notes, &err) == 0 && notes.count == 2, "read");
	note = notes_find(&notes, "Work/2024", "/PRIVATE/X");
	check(note != NULL && note->value_len == sizeof value
	    && memcmp(note->value, value, sizeof value) == 0, "all octets are there");
	note = notes_find(&notes, "", "/shared/admin");
	check(note != NULL && note->value_len == 1 && *note->value == '-', "a value of one dash");
	notes_fini(&notes);
	fd = openat(a.dirfd, "mayfly-metadata", O_WRONLY | O_APPEND);
	check(fd >= 0 && write(fd, "torn /private/y zz", 18) == 18, "a torn line");
	close(fd);
	check(notes_read(&a, NOTES_METADATA, &notes, &err) == 0 && notes.count == 2, "is passed over");
	notes_fini(&notes);
	check(notes_set(&a, NOTES_METADATA, "Play", "/private/old", "x", 1, &err) == 0
	    && notes_copy(&a, NOTES_METADATA, "Work", "Play", &err) == 0
	    && notes_read(&a, NOTES_METADATA, &notes, &err) == 0
	    && notes_find(&notes, "Play/2024", "/private/x") != NULL
	    && notes_find(&notes, "Work/2024", "/private/x") != NULL, "copied with its parent");
	check(notes_find(&notes, "Play", "/private/old") == NULL, "in the place of what was there");
	notes_fini(&notes);
	check(notes_drop(&a, NOTES_METADATA, "Work", false, &err) == 0
	    && notes_read(&a, NOTES_METADATA, &notes, &err) == 0
	    && notes_find(&notes, "Work/2024", "/private/x") != NULL, "those below stay");
	notes_fini(&notes);
	check(notes_drop(&a, NOTES_METADATA, "Work", true, &err) == 0
	    && notes_read(&a, NOTES_METADATA, &notes, &err) == 0
	    && notes_find(&notes, "Work/2024", "/private/x") == NULL, "or go too");
	notes_fini(&notes);
	check(notes_set(&a, NOTES_METADATA, "Play/2024", "/private/x", NULL, 0, &err) == 0
	    && notes_read(&a, NOTES_METADATA, &notes, &err) == 0 && notes.count == 1, "removed");
	notes_fini(&notes);
	fd = openat(a.dirfd, "subscriptions", O_WRONLY | O_CREAT, 0600);
	check(fd >= 0 && write(fd, "INBOX\nWork.2024\n.x..y\n\xff\nWork", 28) == 28, "another server's list");
	close(fd);
	check(notes_read(&a, NOTES_SUBSCRIPTIONS, &notes, &err) == 0
	    && notes_find(&notes, "INBOX", "") != NULL && notes_find(&notes, "Work/2024", "") != NULL
	    && notes_find(&notes, "Work", "") != NULL && notes.count == 3, "counts while there is none of ours");
	notes_fini(&notes);
	check(notes_set(&a, NOTES_SUBSCRIPTIONS, "Work", "", NULL, 0, &err) == 0
	    && notes_read(&a, NOTES_SUBSCRIPTIONS, &notes, &err) == 0 && notes.count == 2, "and is left then");
	notes_fini(&notes);
	unlinkat(a.dirfd, "subscriptions", 0);
	unlinkat(a.dirfd, "mayfly-subscriptions", 0);
	unlinkat(a.dirfd, "mayfly-metadata", 0);
	unlinkat(a.dirfd, "mayfly-notes.lock", 0);
	account_close(&a);
	check(rmdir(path) == 0, "nothing is left behind");
	return test_done();
}
