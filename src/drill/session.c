/* A walk through the script: what waits for what, and what is lost with what. */
#include "drill/session.h"

#include <stdlib.h>
#include <string.h>

#include "drill/drill.h"
#include "drill/flight.h"
#include "util/mem.h"

static void
reap(struct loop_timer *timer)
{
	struct session *session = (struct session *)(void *)((char *)timer -
	    offsetof(struct session, reaper));

	session->ended(session);
}

void
session_free(struct session **session_in)
{
	struct session *session = *session_in;

	loop_timer_clear(&session->drill->loop, &session->reaper);
	if (session->captured != NULL)
		for (size_t i = 0; i < session->drill->script->names.count; i++)
			free(session->captured[i]);
	free(session->captured);
	free(session->progress);
	free(session);
	*session_in = NULL;
}

/* Into the connection's list of what may be sent, which is in the order of the script. */
static void
make_ready(struct session *session, unsigned step)
{
	struct conn *conn = &session->conns[session->drill->script->steps[step].block];
	struct progress *progress = &session->progress[step];
	unsigned *at = &conn->ready;

	if (progress->ready || progress->ended)
		return;
	while (*at != SCRIPT_NONE && *at < step)
		at = &session->progress[*at].next;
	progress->next = *at;
	progress->ready = true;
	*at = step;
}

static void
unready(struct session *session, unsigned step)
{
	struct conn *conn = &session->conns[session->drill->script->steps[step].block];
	struct progress *progress = &session->progress[step];
	unsigned *at = &conn->ready;

	if (!progress->ready)
		return;
	while (*at != step)
		at = &session->progress[*at].next;
	*at = progress->next;
	progress->next = SCRIPT_NONE;
	progress->ready = false;
}

struct session *
session_new(struct drill *drill, unsigned number, void (*ended)(struct session *session))
{
	const struct script *script = drill->script;
	struct session *session = mem_calloc(1, sizeof *session +
	    script->block_count * sizeof session->conns[0]);

	session->drill = drill;
	session->number = number;
	session->ended = ended;
	session->reaper.fire = reap;
	session->live = (unsigned)script->block_count;
	session->progress = mem_calloc(script->step_count, sizeof *session->progress);
	for (size_t i = 0; i < script->step_count; i++) {
		session->progress[i].missing = (uint32_t)script->steps[i].after.count;
		session->progress[i].next = SCRIPT_NONE;
	}
	for (size_t i = 0; i < script->block_count; i++)
		conn_init(&session->conns[i], session, &script->blocks[i]);
	for (unsigned i = 0; i < script->step_count; i++)
		if (session->progress[i].missing == 0 && script->steps[i].kind != STEP_GREETING)
			make_ready(session, i);
	/* all exist before the first acts: a failure at once must find the others */
	for (size_t i = 0; i < script->block_count; i++)
		conn_start(&session->conns[i]);
	return session;
}

void
session_sent(struct session *session, unsigned step)
{
	const struct step *what = &session->drill->script->steps[step];
	struct progress *progress = &session->progress[step];

	progress->sent++;
	if (progress->sent == what->repeat || progress->sent - progress->done >= what->window)
		unready(session, step);
}

/* One thing less is missing to a step. */
static void
release_one(struct session *session, unsigned from, unsigned then)
{
	const struct step *steps = session->drill->script->steps;
	struct progress *progress = &session->progress[then];

	if (progress->missing == 0 || --progress->missing > 0 || progress->ended)
		return;
	make_ready(session, then);
	/* our own connection goes on by itself; another may be asleep */
	if (steps[then].block != steps[from].block)
		conn_wake(&session->conns[steps[then].block]);
}

/* Tell those that wait for this step in one of two ways. */
static void
release(struct session *session, unsigned step, enum tie_kind kind, enum tie_kind or_kind)
{
	const struct ties *before = &session->drill->script->steps[step].before;

	for (size_t i = 0; i < before->count; i++)
		if (before->list[i].kind == kind || before->list[i].kind == or_kind)
			release_one(session, step, before->list[i].step);
}

void
session_begun(struct session *session, unsigned step)
{
	if (session->progress[step].begun)
		return;
	session->progress[step].begun = true;
	release(session, step, TIE_BEGUN, TIE_BEGUN);
}

void
session_done(struct session *session, unsigned step)
{
	const struct script *script = session->drill->script;
	struct progress *progress = &session->progress[step];

	session_begun(session, step);
	progress->done++;
	if (progress->done < script->steps[step].repeat) {
		if (progress->sent < script->steps[step].repeat)
			make_ready(session, step);
		return;
	}
	progress->ended = true;
	session->conns[script->steps[step].block].left--;
	release(session, step, TIE_DONE, TIE_OVER);
	for (size_t i = 0; i < script->block_count; i++)
		flight_step_ended(&session->conns[i], step);
}

/* A step will never be complete: nor will what waits for it, here or elsewhere. */
unsigned
session_lose(struct session *session, struct conn *conn)
{
	const struct script *script = session->drill->script;
	unsigned *queue = mem_calloc(script->step_count, sizeof *queue);
	size_t head = 0, tail = 0;

	for (unsigned i = 0; i < conn->block->count; i++) {
		unsigned step = conn->block->first + i;

		if (!session->progress[step].ended) {
			session->progress[step].ended = true;
			queue[tail++] = step;
		}
	}
	while (head < tail) {
		unsigned lost = queue[head++];
		const struct ties *before = &script->steps[lost].before;
		struct conn *owner = &session->conns[script->steps[lost].block];

		unready(session, lost);
		owner->left--;
		for (size_t i = 0; i < before->count; i++) {
			struct progress *then = &session->progress[before->list[i].step];

			if (before->list[i].kind == TIE_OVER) {
				release_one(session, lost, before->list[i].step);
				continue;
			}
			/* its beginning came before its end was lost: nothing is missing */
			if (then->ended ||
			    (before->list[i].kind == TIE_BEGUN && session->progress[lost].begun))
				continue;
			then->ended = true;
			queue[tail++] = before->list[i].step;
		}
		for (size_t i = 0; i < script->block_count; i++)
			flight_step_ended(&session->conns[i], lost);
		if (owner != conn)
			conn_wake(owner);
	}
	free(queue);
	return (unsigned)tail;
}

void
session_closed(struct session *session)
{
	if (--session->live == 0)
		loop_timer_set(&session->drill->loop, &session->reaper,
		    session->drill->loop.now_us);
}

void
session_capture(struct session *session, size_t name, const char *value, size_t len)
{
	if (session->captured == NULL)
		session->captured = mem_calloc(session->drill->script->names.count,
		    sizeof *session->captured);
	free(session->captured[name]);
	session->captured[name] = mem_strndup(value, len);
}
