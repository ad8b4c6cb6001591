/*
 * A look at a mailbox from outside, for STATUS and for LIST with STATUS: the
 * header of the index, when nothing has happened since it was written.
 */
#ifndef STORE_GLANCE_H
#define STORE_GLANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/index.h"

struct account;

struct glance {
	struct mailbox_facts facts;
	uint32_t exists, unseen, deleted;
};

/*
 * True: these are the facts and counts that opening the mailbox and
 * mailbox_sync would find now. False: that is not known, and nothing is said
 * about why; whoever needs an answer opens the mailbox. Writes nothing.
 */
bool mailbox_glance(struct account *account, const char *name, struct glance *out);

#endif
