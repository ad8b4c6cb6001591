/*
 * inotify sees what this host does to a local file system. On a network file
 * system, and when the user's instances are used up (128 for one uid, and
 * virtual users share one), the mailbox is looked at in intervals instead.
 */
#include "store/watch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "store/dirs.h"
#include "store/mailbox.h"
#include "util/buf.h"
#include "util/io.h"
#include "util/log.h"

enum {
	POLL_LOCAL_MS = 1000,	/* three stat calls a second */
	POLL_REMOTE_MS = 15000,	/* as long as an NFS client keeps attributes anyway */
	DIR_EVENTS = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE,
	FILE_EVENTS = IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB,
};

static int
add(int fd, const struct mailbox *m, const char *name, uint32_t events)
{
	struct buf path = BUF_INIT;
	int wd;

	buf_addf(&path, "%s/%s", m->path, name);
	wd = inotify_add_watch(fd, path.data, events);
	buf_fini(&path);
	return wd;
}

void
watch_open(struct watch *watch, struct mailbox *m)
{
	static bool said;
	const char *why = NULL;

	*watch = (struct watch){ .fd = -1, .poll_ms = -1 };
	if (dirs_remote(m)) {
		watch->poll_ms = POLL_REMOTE_MS;
		why = "it is on a network file system";
	} else {
		watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
		if (watch->fd < 0 || add(watch->fd, m, "cur", DIR_EVENTS | IN_ONLYDIR) < 0
		    || add(watch->fd, m, "new", DIR_EVENTS | IN_ONLYDIR) < 0) {
			why = strerror(errno);
			io_close(&watch->fd);
			watch->poll_ms = POLL_LOCAL_MS;
		} else {
			watch->journal = add(watch->fd, m, UIDLIST_NAME, FILE_EVENTS) >= 0;
		}
	}
	if (why != NULL && !said) {
		said = true;
		log_line(LOG_LEVEL_WARNING, "%s: changes are looked for every %d ms, not by inotify: %s",
		    m->path, watch->poll_ms, why);
	}
}

/* Does any of these say that the journal is another file by now, or that something was missed? */
static bool
tells_of_end(const char *events, ssize_t len)
{
	for (ssize_t at = 0; at < len;) {
		const struct inotify_event *event = (const struct inotify_event *)(const void *)(events + at);

		if (event->mask & (IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED | IN_Q_OVERFLOW))
			return true;
		at += (ssize_t)(sizeof *event + event->len);
	}
	return false;
}

void
watch_drain(struct watch *watch, struct mailbox *m)
{
	char events[4096] __attribute__((aligned(8)));
	ssize_t n;

	if (watch->fd < 0)
		return;
	while ((n = read(watch->fd, events, sizeof events)) > 0)
		if (tells_of_end(events, n))
			watch->journal = false;
	/*
	 * Only then: the kernel goes through all who watch the file to find us, and where ten
	 * thousand do so at one delivery that is all that the machine does.
	 */
	if (!watch->journal)
		watch->journal = add(watch->fd, m, UIDLIST_NAME, FILE_EVENTS) >= 0;
}

void
watch_close(struct watch *watch)
{
	io_close(&watch->fd);
}
