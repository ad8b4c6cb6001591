/*
 * fsync of several files in one wait. One after the other each waits for the disk
 * anew, also where the first has put everything there (a flush of the disk's own
 * memory for each, half a millisecond to four). Together they share what the file
 * system writes: two cost what one does, thirty hardly more.
 */
#ifndef UTIL_SYNC_H
#define UTIL_SYNC_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SYNC_AT_ONCE = 32,	/* more wait for a place; the kernel counts these for the whole machine */
};

struct sync_job {
	int fd;		/* below 0: nothing to do */
	bool data;	/* fdatasync, else fsync */
	int error;	/* afterwards: 0 or an errno */
};

/*
 * All of them, in no order; every one is tried, also when another fails. True when
 * none failed. Where the kernel cannot do it together (no AIO, or all of its places
 * taken), one after the other in the order given.
 */
bool sync_together(struct sync_job *jobs, size_t count);

#endif
