/*
 * Wait for a mailbox to change: inotify on its directories and its journal where
 * the kernel can see all changes, else looking again after a while.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include <stdbool.h>

struct mailbox;

struct watch {
	int fd;			/* readable when something changed; -1: poll */
	int poll_ms;		/* look again after this long; -1: no need to */
	bool journal;		/* the journal that is there is watched */
};

/* Begin to watch. Falls back to polling, and says so once in the log. */
void watch_open(struct watch *watch, struct mailbox *m);

/* Take the events that woke us, and watch the journal that is there now. */
void watch_drain(struct watch *watch, struct mailbox *m);

void watch_close(struct watch *watch);

#endif
