/*
 * One epoll loop: descriptors that become ready, and moments that come. Nothing
 * else in this program waits.
 *
 * What a callback is given may be freed by another callback of the same round
 * only through a timer of its own (set to now): timers run between rounds.
 */
#ifndef DRILL_LOOP_H
#define DRILL_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop_source {
	int fd;			/* -1: none */
	uint32_t events;	/* EPOLLIN, EPOLLOUT as asked for last */
	void (*ready)(struct loop_source *source, uint32_t events);
};

struct loop_timer {
	int64_t at_us;
	size_t place;		/* in the heap, from 1; 0: not set */
	void (*fire)(struct loop_timer *timer);
};

struct loop {
	int epoll;
	int64_t now_us;		/* on the monotonic clock, of this round */
	struct loop_timer **heap;
	size_t count, room;
	size_t sources;
	void (*round)(struct loop *loop);	/* after each round, before waiting; or NULL */
};

/* 0, or -1 with errno. */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* Watch source->fd; -1 with errno when the kernel has no room. */
int loop_add(struct loop *loop, struct loop_source *source, uint32_t events);
void loop_want(struct loop *loop, struct loop_source *source, uint32_t events);
/* Forget it; before the descriptor is closed. No ready() comes any more, also in this round. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* Set, or set anew. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t at_us);
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/*
 * Wait for what comes first and deal with it; the mask holds while it waits.
 * False when there is nothing to wait for.
 */
bool loop_once(struct loop *loop, const sigset_t *wait_mask);

/* The clock, read anew. */
int64_t loop_clock_us(void);

#endif
