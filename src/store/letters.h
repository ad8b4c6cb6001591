/*
 * Keyword letters: Dovecot writes the first 26 keywords of a mailbox as letters
 * a-z into the file names, and what each means into `dovecot-keywords`. Names are
 * read so as long as that file is there, and a keyword that has a letter gets it
 * also from us. A letter without a meaning stays where it is and says nothing.
 */
#ifndef STORE_LETTERS_H
#define STORE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct mailbox;
struct row;

enum { LETTERS = 26 };

struct letters {
	bool looked, any;
	uint64_t inode;
	int64_t size, mtime_sec, mtime_nsec;
	uint32_t keyword[LETTERS];	/* id + 1; 0: no meaning */
	int forwarded;			/* the letter of $Forwarded, or -1 */
};

/* Read the file again if it changed; one stat when it did not. */
void letters_refresh(struct mailbox *m);

/* The keywords that the letters of a suffix mean, all but $Forwarded. */
uint32_t letters_set(struct mailbox *m, const char *suffix);

/* A row's keywords when its file has another suffix now: gained and lost letters count. */
uint32_t letters_follow(struct mailbox *m, const struct row *row, const char *suffix);

/* Is $Forwarded there as a letter, and P, by which everybody knows it, is not? */
bool letters_lack_passed(const struct mailbox *m, const char *suffix);

/* Rename a file of cur/ so that it has P; name (whole) becomes the new one. False: it stayed. */
bool letters_write_passed(struct mailbox *m, struct buf *name, size_t base_len);

/* Put the letters of these keywords behind the base name, and take those of others away. */
void letters_apply(struct mailbox *m, unsigned flags, uint32_t set, struct buf *name,
    size_t base_len);

/* Would that change the suffix of the row? */
bool letters_differ(struct mailbox *m, const struct row *row, unsigned flags, uint32_t set);

/* Has this keyword a letter? */
bool letters_have(const struct mailbox *m, uint32_t keyword);

/*
 * Give letters that are free to keywords that have none, in `dovecot-keywords`,
 * under Dovecot's lock. Keywords beyond 26 stay without. 0 or -1.
 */
int letters_share(struct mailbox *m, uint32_t set, struct err *err);

/* Dovecot's lock on its files; -1 with ERR_INUSE. Given back by letters_unlock. */
int letters_lock(int dirfd, const char *name, int stale_s, const char *path, bool *held,
    struct err *err);
void letters_unlock(int dirfd, const char *name, bool held);

#endif
