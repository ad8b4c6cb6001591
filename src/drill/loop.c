/* One epoll loop with a heap of timers. */
#include "drill/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

#define BATCH 256

int64_t
loop_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int
loop_init(struct loop *loop)
{
	*loop = (struct loop){ .now_us = loop_clock_us() };
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -1 : 0;
}

void
loop_fini(struct loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	free(loop->heap);
}

int
loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	source->events = events;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return -1;
	loop->sources++;
	return 0;
}

void
loop_want(struct loop *loop, struct loop_source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (events == source->events)
		return;
	source->events = events;
	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, source->fd, &event);
}

void
loop_remove(struct loop *loop, struct loop_source *source)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	source->fd = -1;	/* events of this round that name it are passed over */
	loop->sources--;
}

/* The heap stands in heap[1..count]; a timer knows its place. */
static void
put(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->heap[place] = timer;
	timer->place = place;
}

static void
sift(struct loop *loop, size_t place, struct loop_timer *timer)
{
	while (place > 1 && loop->heap[place / 2]->at_us > timer->at_us) {
		put(loop, place, loop->heap[place / 2]);
		place /= 2;
	}
	for (;;) {
		size_t child = 2 * place;

		if (child > loop->count)
			break;
		if (child < loop->count && loop->heap[child + 1]->at_us < loop->heap[child]->at_us)
			child++;
		if (loop->heap[child]->at_us >= timer->at_us)
			break;
		put(loop, place, loop->heap[child]);
		place = child;
	}
	put(loop, place, timer);
}

void
loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_us)
{
	timer->at_us = at_us;
	if (timer->place == 0) {
		loop->heap = mem_grow(loop->heap, &loop->room, loop->count + 2, sizeof *loop->heap);
		timer->place = ++loop->count;
	}
	sift(loop, timer->place, timer);
}

void
loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;

	if (place == 0)
		return;
	timer->place = 0;
	loop->count--;
	if (place <= loop->count)
		sift(loop, place, loop->heap[loop->count + 1]);
}

static int
wait_ms(const struct loop *loop)
{
	int64_t us;

	if (loop->count == 0)
		return -1;
	us = loop->heap[1]->at_us - loop_clock_us();
	if (us <= 0)
		return 0;
	/* rounded up, or the last millisecond would be spent turning in circles */
	return us > 60000000 ? 60000 : (int)((us + 999) / 1000);
}

bool
loop_once(struct loop *loop, const sigset_t *wait_mask)
{
	struct epoll_event events[BATCH];
	int n;

	if (loop->count == 0 && loop->sources == 0)
		return false;
	n = epoll_pwait(loop->epoll, events, BATCH, wait_ms(loop), wait_mask);
	loop->now_us = loop_clock_us();
	for (int i = 0; i < n; i++) {
		struct loop_source *source = events[i].data.ptr;

		if (source->fd >= 0)
			source->ready(source, events[i].events);
	}
	/* no more than there are now: a timer that is set to now each time starves nobody */
	for (size_t left = loop->count; left > 0 && loop->count > 0; left--) {
		struct loop_timer *timer = loop->heap[1];

		if (timer->at_us > loop->now_us)
			break;
		loop_timer_clear(loop, timer);
		timer->fire(timer);
	}
	if (loop->round != NULL)
		loop->round(loop);
	return true;
}
