/*
 * Mailbox names as directories (the rules are told atop folder.c).
 */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include <stdbool.h>

struct account;
struct buf;

/* Add the path of a mailbox relative to the root; "." for INBOX. */
void names_to_disk(struct account *account, const char *name, struct buf *out);

/* Add the name of a mailbox from its path. -1 when no mailbox can have that path. */
int names_from_disk(struct account *account, const char *path, struct buf *out);

/* Does every component of the path fit a directory entry? */
bool names_fit_disk(const char *path);

#endif
