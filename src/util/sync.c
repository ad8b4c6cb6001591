/*
 * By the kernel's own AIO (io_submit(2)), which knows fsync since Linux 4.18 for every
 * file and directory: no thread, no process, and nothing that the sandbox must let
 * in. The context is made at the first use and stays, since giving it back takes
 * the kernel some twenty milliseconds; a session that changes nothing has none.
 */
#include "util/sync.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	aio_context_t id;
	enum { UNTRIED, THERE, ABSENT } state;
} context;

static bool
have_context(void)
{
	if (context.state == UNTRIED)
		context.state = syscall(SYS_io_setup, SYNC_AT_ONCE, &context.id) == 0 ? THERE : ABSENT;
	return context.state == THERE;
}

static void
sync_one(struct sync_job *job)
{
	job->error = (job->data ? fdatasync(job->fd) : fsync(job->fd)) < 0 ? errno : 0;
}

/* Hand one over; false when it has to be done here. */
static bool
submit(struct sync_job *job, struct iocb *block)
{
	*block = (struct iocb){
		.aio_fildes = (uint32_t)job->fd, .aio_data = (uint64_t)(uintptr_t)job,
		.aio_lio_opcode = job->data ? IOCB_CMD_FDSYNC : IOCB_CMD_FSYNC,
	};
	return syscall(SYS_io_submit, context.id, 1L, &block) == 1;
}

/* Wait until so many at least have ended; how many did. EINTR is no end: nothing may be left behind. */
static size_t
await(size_t least, size_t running)
{
	struct io_event ended[SYNC_AT_ONCE];
	long n;

	do
		n = syscall(SYS_io_getevents, context.id, (long)least, (long)running, ended, NULL);
	while (n < 0 && errno == EINTR);
	for (long i = 0; i < n; i++) {
		struct sync_job *job = (struct sync_job *)(uintptr_t)ended[i].data;

		job->error = ended[i].res < 0 ? (int)-ended[i].res : 0;
	}
	return n < 0 ? 0 : (size_t)n;
}

bool
sync_together(struct sync_job *jobs, size_t count)
{
	size_t running = 0, files = 0;
	bool together, good = true;

	for (size_t i = 0; i < count; i++)
		files += jobs[i].fd >= 0;
	together = files > 1 && have_context();
	for (size_t i = 0; i < count; i++) {
		struct iocb block;

		jobs[i].error = 0;
		if (jobs[i].fd < 0)
			continue;
		if (together && running == SYNC_AT_ONCE)
			running -= await(1, running);
		if (together && running < SYNC_AT_ONCE && submit(&jobs[i], &block)) {
			jobs[i].error = EIO;	/* until it is known to have ended well */
			running++;
		} else {
			sync_one(&jobs[i]);
		}
	}
	while (running > 0) {
		size_t ended = await(running, running);

		if (ended == 0) {
			/* it never is; but what ends later must not be taken for another's */
			context.state = ABSENT;
			break;
		}
		running -= ended;
	}
	for (size_t i = 0; i < count; i++)
		good = good && jobs[i].error == 0;
	return good;
}
