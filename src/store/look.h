/*
 * One look at the directories of a mailbox, and the journal's lines for what other
 * programs did to it. sync.c decides when to look, and writes the lines.
 */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/mailbox.h"
#include "util/arena.h"

struct buf;
struct change;
struct err;
struct stranger;

/* To begin with: { .m = mailbox, .cur = m->facts.cur, .new = m->facts.new }. */
struct look {
	struct mailbox *m;
	unsigned char *seen;	/* a bit a row */
	struct stranger *strangers;	/* files that no row names */
	size_t stranger_count, stranger_room;
	struct change *changes;		/* rows whose file has another suffix or place */
	size_t change_count, change_room;
	uint32_t *slots;	/* overlay rows by base name; row + 1 */
	size_t slot_count;
	uint64_t key[2];
	struct arena texts;
	size_t in_new;		/* files in new/ */
	int looks;		/* listings so far */
	struct dir_time cur, new;	/* the directories' times that were true before the listing */
};

/*
 * List the directories that may have changed, and list again until every missing name
 * is missing for good. 0 or -1.
 */
int look_around(struct look *look, bool cur, bool new, struct err *err);

/*
 * Add lines for all that the look found. UIDs are given here, so under the lock:
 * returns the last one, or 0.
 */
uint32_t look_compose(struct look *look, struct buf *lines);

/*
 * The news cannot be written down, and so get no mod-sequence. But what is told
 * must be found: rows take the names that their files have now, in memory alone
 * and with the flags that everybody knows, and those without a file are gone for
 * this client. The names are kept as odd ones, so that they are news again at the
 * next look.
 */
void look_follow(struct look *look);

void look_fini(struct look *look);

#endif
