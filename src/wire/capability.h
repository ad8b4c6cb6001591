/*
 * What we promise, collected from the rows that keep the promise: each table of
 * commands, data items, search keys and so on has a column that names the
 * capability that its row brings, so that none can be announced without code.
 */
#ifndef WIRE_CAPABILITY_H
#define WIRE_CAPABILITY_H

#include <stdbool.h>

struct buf;

/* Add each word of a space-separated list to "IMAP4rev1 IDLE ..." once. NULL adds none. */
void capability_add(struct buf *list, const char *words);

/* Does the list hold this word (without case)? */
bool capability_has(const char *list, const char *word);

#endif
