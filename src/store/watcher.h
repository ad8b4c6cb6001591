/*
 * Many directories watched by one inotify instance (NOTIFY): of which mailbox an
 * event is, and what kind of thing came or went. Knows no mailbox; an owner is
 * whatever the caller says.
 */
#ifndef STORE_WATCHER_H
#define STORE_WATCHER_H

#include <stdbool.h>
#include <stddef.h>

/* Which directory of a mailbox. */
enum watcher_part { WATCHER_DIR, WATCHER_CUR, WATCHER_NEW, WATCHER_PARTS };

struct watcher_event {
	void *owner;
	enum watcher_part part;
	const char *entry;	/* the name in the directory that it is about; "" for the directory itself */
	bool is_dir;		/* the entry is one */
	bool came;		/* made, or moved here */
	bool went;
	bool ended;		/* the directory is gone: this watch number means nothing any more */
};

struct watched {
	int wd;
	enum watcher_part part;
	void *owner;
};

struct watcher {
	int fd;			/* readable when there are events; -1: not open */
	struct watched *at;	/* ascending by wd */
	size_t count, room;
};

/* 0; -1 with errno when this user or host has no more instances. */
int watcher_open(struct watcher *w);
void watcher_close(struct watcher *w);

/*
 * Watch a directory. Its number, or -1 with errno; ENOSPC when the watches are used
 * up. A directory that is watched already, under whatever path, has its old number:
 * with take it belongs to this owner from now on, else the call fails with EEXIST.
 */
int watcher_add(struct watcher *w, const char *path, enum watcher_part part, void *owner,
    bool take);

/* Not any more, unless another owner has taken it over. */
void watcher_remove(struct watcher *w, int wd, const void *owner);

/*
 * Hand all waiting events to see. False: some were lost, all may have changed.
 * see may add and remove watches.
 */
bool watcher_read(struct watcher *w, void (*see)(void *ctx, const struct watcher_event *event),
    void *ctx);

#endif
