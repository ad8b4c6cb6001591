/*
 * The directory of a mailbox is watched for its journal (whoever writes a line,
 * or replaces the file) and for folders; cur/ and new/ for messages. So a mailbox
 * costs three watches, about 1 kB of kernel memory each, and no look at a file.
 */
#include "store/watcher.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "util/io.h"
#include "util/mem.h"

enum {
	COME_AND_GO = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
	/* IN_ATTRIB: somebody lets us in, or not any more */
	DIR_EVENTS = COME_AND_GO | IN_MODIFY | IN_ATTRIB | IN_ONLYDIR,
	PART_EVENTS = COME_AND_GO | IN_ONLYDIR,
	READ_AT_ONCE = 65536,
};

int
watcher_open(struct watcher *w)
{
	*w = (struct watcher){ .fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK) };
	return w->fd < 0 ? -1 : 0;
}

void
watcher_close(struct watcher *w)
{
	io_close(&w->fd);
	free(w->at);
	w->at = NULL;
	w->count = w->room = 0;
}

/* The place of this number, or where it would be. */
static size_t
place(const struct watcher *w, int wd)
{
	size_t low = 0, high = w->count;

	/* the kernel counts upward: a new one goes to the end */
	if (high > 0 && w->at[high - 1].wd < wd)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->at[middle].wd < wd)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct watched *
find(const struct watcher *w, int wd)
{
	size_t at = place(w, wd);

	return at < w->count && w->at[at].wd == wd ? &w->at[at] : NULL;
}

int
watcher_add(struct watcher *w, const char *path, enum watcher_part part, void *owner, bool take)
{
	int wd = inotify_add_watch(w->fd, path, part == WATCHER_DIR ? DIR_EVENTS : PART_EVENTS);
	size_t at;

	if (wd < 0)
		return -1;
	at = place(w, wd);
	if (at == w->count || w->at[at].wd != wd) {
		w->at = mem_grow(w->at, &w->room, w->count + 1, sizeof *w->at);
		memmove(w->at + at + 1, w->at + at, (w->count - at) * sizeof *w->at);
		w->count++;
	} else if (!take) {
		errno = EEXIST;
		return -1;
	}
	w->at[at] = (struct watched){ wd, part, owner };
	return wd;
}

static void
forget(struct watcher *w, struct watched *one)
{
	size_t at = (size_t)(one - w->at);

	w->count--;
	memmove(one, one + 1, (w->count - at) * sizeof *one);
}

void
watcher_remove(struct watcher *w, int wd, const void *owner)
{
	struct watched *one = find(w, wd);

	if (one == NULL || one->owner != owner)
		return;
	forget(w, one);
	inotify_rm_watch(w->fd, wd);
}

static void
hand_on(struct watcher *w, const struct inotify_event *raw,
    void (*see)(void *ctx, const struct watcher_event *event), void *ctx)
{
	struct watched *one = find(w, raw->wd);
	struct watcher_event event;

	if (one == NULL)
		return;
	event = (struct watcher_event){
		.owner = one->owner, .part = one->part, .entry = raw->len > 0 ? raw->name : "",
		.is_dir = raw->mask & IN_ISDIR, .came = raw->mask & (IN_CREATE | IN_MOVED_TO),
		.went = raw->mask & (IN_DELETE | IN_MOVED_FROM), .ended = raw->mask & IN_IGNORED,
	};
	if (event.ended)
		forget(w, one);
	see(ctx, &event);
}

bool
watcher_read(struct watcher *w, void (*see)(void *ctx, const struct watcher_event *event),
    void *ctx)
{
	char *bytes = mem_alloc(READ_AT_ONCE);
	bool whole = true;
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, bytes, READ_AT_ONCE)) > 0)
		for (ssize_t at = 0; at < n && w->fd >= 0;) {
			const struct inotify_event *raw = (const struct inotify_event *)(void *)(bytes + at);

			if (raw->mask & IN_Q_OVERFLOW)
				whole = false;
			else
				hand_on(w, raw, see, ctx);
			at += (ssize_t)(sizeof *raw + raw->len);
		}
	free(bytes);
	return whole;
}
