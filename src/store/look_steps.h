/*
 * What the files of one look share: look.c lists and compares, look_twins.c parts files
 * that have one base name.
 */
#ifndef STORE_LOOK_STEPS_H
#define STORE_LOOK_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct look;
struct row;

/* A file that no row names. */
struct stranger {
	char *name;
	unsigned flags;
	size_t base_len;
	const char *suffix;
	uint64_t sec, micro;
	bool taken;		/* turned out to be a known message under another name */
};

/* A row whose file has another suffix or place than we know. */
struct change {
	uint32_t row;
	unsigned flags;
	const char *suffix;	/* when MAIL_ODD */
	uint32_t set;
};

/* One more stranger, to be filled in. Valid until the next. */
struct stranger *look_add_stranger(struct look *look);

/* Does the row have this place and suffix? */
bool look_same_place(const struct row *row, unsigned flags, const char *suffix);

/*
 * A row whose file has another name now, while one is there under the name that we know
 * too (a copy, or what a restore brought back beside it): the row keeps its file, and the
 * other is a message of its own. Otherwise one would hide the other, each in its turn.
 */
void look_part_twins(struct look *look);

/*
 * Two strangers with one base name: a rename seen twice, or really two files.
 * Of a rename only the name that is there now stays; of two files the second
 * gets a base name of its own.
 */
void look_settle_twins(struct look *look);

#endif
