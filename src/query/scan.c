/*
 * Forked readers take one message after the other from a common counter, so
 * that a large one holds up nobody else. A pipe that all of them hold tells the
 * end: it is at its end when the last reader is gone, however it went.
 */
#include "query/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"

/* A message that a reader has begun: its answer while it is read is TAKEN + the reader's number. */
enum {
	TAKEN = 64,
	STOP_TICKS = 8,		/* how long readers may take to stop, in SCAN_TICK_MS */
};

struct shared {
	_Atomic size_t next;	/* message to be taken */
	_Atomic size_t done;
	_Atomic bool stop;
	_Atomic uint8_t answers[];
};

struct readers {
	pid_t pids[SCAN_WORKERS_MAX];
	unsigned count;
	int pipe;		/* reads end of file once all are gone */
};

unsigned
scan_workers(void)
{
	cpu_set_t set;
	int n = 1;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		n = CPU_COUNT(&set);
	return n > SCAN_WORKERS_MAX ? SCAN_WORKERS_MAX : n < 1 ? 1 : (unsigned)n;
}

bool
scan_tick(int64_t *at)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (*at != 0 && ms - *at < SCAN_TICK_MS)
		return false;
	if (*at == 0) {
		*at = ms;	/* the first tick comes after some work */
		return false;
	}
	*at = ms;
	return true;
}

static enum search_answer
read_one(struct search *s, uint32_t position)
{
	struct document d;

	return s->ops->open(s->mailbox, position, &d) ? search_ask(s, &d, SEARCH_TEXT) : SEARCH_NO;
}

static int
scan_here(struct search *s, const uint32_t *positions, uint8_t *answers, size_t n,
    const struct search_work *work)
{
	int64_t tick = 0;

	for (size_t i = 0; i < n; i++) {
		if (answers[i] == SEARCH_UNKNOWN)
			answers[i] = (uint8_t)read_one(s, positions[i]);
		if (work->progress != NULL && scan_tick(&tick)
		    && !work->progress(work->progress_ctx, (uint32_t)i, (uint32_t)n))
			return -1;
	}
	return 0;
}

static _Noreturn void
reader(struct search *s, const uint32_t *positions, size_t n, struct shared *shared,
    unsigned number)
{
	size_t i;

	s->stop = &shared->stop;
	while (!shared->stop && (i = atomic_fetch_add(&shared->next, 1)) < n) {
		if (shared->answers[i] == SEARCH_UNKNOWN) {
			shared->answers[i] = (uint8_t)(TAKEN + number);
			shared->answers[i] = (uint8_t)read_one(s, positions[i]);
		}
		atomic_fetch_add(&shared->done, 1);
	}
	if (s->ops->keep_signatures != NULL)
		s->ops->keep_signatures(s->mailbox);
	_exit(0);
}

/* Start as many readers as can be had; false when there is none. */
static bool
start(struct readers *readers, unsigned wanted, struct search *s, const uint32_t *positions,
    size_t n, struct shared *shared)
{
	pid_t parent = getpid();
	int ends[2];

	readers->count = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	while (readers->count < wanted && readers->count < SCAN_WORKERS_MAX) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (pid == 0) {
			/* what asks the session to end must end us too, and so must its death */
			signal(SIGTERM, SIG_DFL);
			signal(SIGHUP, SIG_DFL);
			signal(SIGINT, SIG_DFL);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			close(ends[0]);
			reader(s, positions, n, shared, readers->count);
		}
		readers->pids[readers->count++] = pid;
	}
	close(ends[1]);
	readers->pipe = ends[0];
	if (readers->count == 0)
		close(ends[0]);
	return readers->count > 0;
}

/*
 * Wait for all, telling progress; -1 when that said to end. Readers then stop at
 * the next piece of text. A session may not kill (its sandbox); a reader that
 * does not hear is left behind, and the kernel ends it with the session.
 */
static int
attend(struct readers *readers, size_t n, struct shared *shared, const struct search_work *work)
{
	struct pollfd end = { .fd = readers->pipe, .events = POLLIN };
	int ticks_left = STOP_TICKS, ready;

	for (;;) {
		ready = poll(&end, 1, SCAN_TICK_MS);
		if (ready == 1 || ticks_left == 0)
			break;
		if (shared->stop)
			ticks_left--;
		else if (work->progress != NULL
		    && !work->progress(work->progress_ctx, (uint32_t)shared->done, (uint32_t)n))
			shared->stop = true;
	}
	close(readers->pipe);
	for (unsigned i = 0; i < readers->count; i++) {
		int status;

		while (waitpid(readers->pids[i], &status, ready == 1 ? 0 : WNOHANG) < 0
		    && errno == EINTR)
			continue;
	}
	return shared->stop ? -1 : 0;
}

int
scan_texts(struct search *s, const uint32_t *positions, uint8_t *answers, size_t n,
    const struct search_work *work)
{
	size_t size = sizeof(struct shared) + n;
	struct shared *shared;
	struct readers readers;
	int result = 0;
	size_t lost = 0;

	if (n == 0)
		return 0;
	shared = work->workers == 0 ? MAP_FAILED
	    : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return scan_here(s, positions, answers, n, work);
	memcpy((void *)shared->answers, answers, n);
	if (s->ops->open_signatures != NULL)
		s->ops->open_signatures(s->mailbox);
	/* again only after a crash: messages behind it may be left */
	while (result == 0 && shared->next < n) {
		if (!start(&readers, work->workers, s, positions, n, shared))
			break;
		result = attend(&readers, n, shared, work);
	}
	for (size_t i = 0; i < n; i++) {
		answers[i] = shared->answers[i];
		if (answers[i] >= TAKEN) {
			answers[i] = SEARCH_NO;
			lost++;
		}
	}
	munmap(shared, size);
	if (lost > 0 && result == 0)
		log_line(LOG_LEVEL_WARNING,
		    "search: %zu messages could not be decoded and do not match", lost);
	return result < 0 ? -1 : scan_here(s, positions, answers, n, work);
}
