/*
 * The list of all mailboxes of an account, and how a mailbox is known. Names are
 * those of folder.h, which most others include.
 */
#ifndef STORE_FOLDER_LIST_H
#define STORE_FOLDER_LIST_H

#include <dirent.h>
#include <stddef.h>

struct account;
struct err;

enum { FOLDER_TREE_MAX = 64 };	/* directories deep that DELETE and LIST follow */

/* All mailboxes, in ascending order of their parts; INBOX is always among them. */
struct folder_list {
	char **names;
	size_t count, room;
};
int folder_list(struct account *account, struct folder_list *out, struct err *err);
void folder_list_fini(struct folder_list *list);

/* strcmp with "/" below every other character, so that children follow their parent. */
int folder_compare(const char *a, const char *b);

/* Is a mailbox in the directory path? 1, 0, or -1 with errno: who cannot look does not know. */
int folder_is_mailbox(int dirfd, const char *path);

/* A directory to be read, with these flags of open beside; NULL with errno. */
DIR *folder_open_dir(int dirfd, const char *path, int how);

#endif
