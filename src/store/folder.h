/*
 * The tree of mailboxes on disk. A mailbox's name here is UTF-8 with "/" between
 * its parts, INBOX in capitals; a "/" that belongs to a part (possible where the
 * client's separator is ".") is FOLDER_SLASH. How a client spells names is
 * session/names.c's matter, how they are spelled on disk is told in folder.c.
 */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "store/folder_list.h"

struct account;
struct buf;
struct err;
struct mailbox;

enum {
	FOLDER_SLASH = 0x1f,
	FOLDER_NAME_MAX = 1000,	/* octets of a whole name; clients have shorter bounds */
	FOLDER_DEPTH_MAX = 100,
};

/*
 * Can a mailbox have this name? Refused (ERR_CANNOT): empty parts, "." and "..",
 * what is not UTF-8, what is too long for the disk. For a mailbox to be made also
 * controls, which those that other programs made may have.
 */
int folder_check_name(struct account *account, const char *name, struct err *err);

/* The directory of the mailbox, opened; ERR_NONEXISTENT when there is none. */
int folder_open(struct account *account, const char *name, struct err *err);

/* Is there such a mailbox? */
bool folder_exists(struct account *account, const char *name);

/* May we look into this mailbox? True also where it cannot be known. */
bool folder_may_read(struct account *account, const char *name);

/*
 * Open the mailbox itself. missing is the kind of error for a mailbox that is
 * not there (ERR_NONEXISTENT, or ERR_TRYCREATE for APPEND and COPY).
 */
int folder_open_mailbox(struct account *account, const char *name, int missing,
    struct mailbox **out, struct err *err);

/* ERR_ALREADYEXISTS, ERR_CANNOT, ERR_NOPERM ...; missing parents need not be made. */
int folder_create(struct account *account, const char *name, struct err *err);

/* Remove the mailbox with its messages; mailboxes below it stay. */
int folder_delete(struct account *account, const char *name, struct err *err);

/* Rename the mailbox and all below it; UIDs and UIDVALIDITY stay. Not for INBOX. */
int folder_rename(struct account *account, const char *from, const char *to, struct err *err);

#endif
