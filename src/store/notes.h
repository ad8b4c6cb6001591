/*
 * What is said about mailboxes by name, in two text files in the root:
 * `mayfly-subscriptions`, a name a line, and `mayfly-metadata`, entries with
 * values (special use is the entry /private/specialuse, RFC 6154 5.4). Names may
 * belong to mailboxes that do not exist.
 */
#ifndef STORE_NOTES_H
#define STORE_NOTES_H

#include <stdbool.h>
#include <stddef.h>

struct account;
struct err;

struct note {
	char *name;	/* mailbox as folder.h spells it; "" for the server itself */
	char *entry;	/* "" in subscriptions */
	char *value;	/* octets with a NUL behind; "" in subscriptions */
	size_t value_len;
};

struct notes {
	struct note *at;
	size_t count, room;
};

enum notes_file { NOTES_SUBSCRIPTIONS, NOTES_METADATA };

extern const char *const notes_file_names[];

/*
 * Read a file whole; a missing one is empty, but for subscriptions that another
 * server left (import.h). Damaged lines are passed over.
 */
int notes_read(struct account *account, enum notes_file file, struct notes *out, struct err *err);
void notes_fini(struct notes *notes);

/*
 * Set the note of name and entry to a value, or remove it (value NULL); the file
 * is replaced under a lock. Entries compare without case.
 */
int notes_set(struct account *account, enum notes_file file, const char *name,
    const char *entry, const char *value, size_t value_len, struct err *err);

/*
 * The same for several at once, all or none. check is asked with the notes as
 * they would be: -1 with err leaves everything as it was. Every change has name,
 * entry and value; nothing of it is kept.
 */
int notes_change(struct account *account, enum notes_file file, const struct note *changes,
    size_t count, int (*check)(void *ctx, const struct notes *notes, struct err *err), void *ctx,
    struct err *err);

/* Write the file anew without its damaged lines. */
int notes_rewrite(struct account *account, enum notes_file file, struct err *err);

/* All notes about a name, or (tree) also about those below it, are dropped. */
int notes_drop(struct account *account, enum notes_file file, const char *name, bool tree,
    struct err *err);

/* What is said about from and all below it is said about to as well, and nothing else is. */
int notes_copy(struct account *account, enum notes_file file, const char *from,
    const char *to, struct err *err);

const struct note *notes_find(const struct notes *notes, const char *name, const char *entry);

#define NOTE_SPECIAL_USE "/private/specialuse"

#endif
