/*
 * A run: sessions start, and start anew while there is time; what happened is
 * counted each second; at the end comes the summary. One session without load
 * options is the simple case of the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drill/drill.h"
#include "drill/load.h"
#include "drill/session.h"
#include "util/mem.h"

/* Errors told one by one; a failing load test has thousands of the same. */
#define ERRORS_TOLD 20

/* How long what is under way may take when a load test ends. */
#define GRACE_US (5 * 1000000)

/* How long programs of tunnels get to see that we have gone. */
#define TUNNEL_PATIENCE_MS 2000

static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

struct run {
	struct drill drill;
	struct session **slots;		/* options.sessions of them; NULL: free */
	unsigned *free_slots;		/* those that may start a session now */
	unsigned free_count;
	unsigned started, live;
	struct loop_timer starter;	/* the next session */
	struct loop_timer ticker;	/* the next second */
	struct loop_timer end;		/* time is up; then: grace is over */
	int64_t began_us;
	double due;			/* sessions that should have been started by now */
	struct load load;
};

static struct run *
run_of(struct drill *drill)
{
	return (struct run *)(void *)((char *)drill - offsetof(struct run, drill));
}

void
drill_error(struct drill *drill, unsigned line, const char *format, ...)
{
	va_list args;

	drill->errors_told++;
	if (drill->errors_told > ERRORS_TOLD)
		return;
	load_clear_line(&run_of(drill)->load);
	va_start(args, format);
	script_vcomplain(drill->script, line, format, args);
	va_end(args);
	if (drill->errors_told == ERRORS_TOLD)
		fputs("further errors are only counted\n", stderr);
}

void
drill_count(struct drill *drill, int64_t us, bool failed)
{
	drill->answers++;
	if (!drill->options.load)
		return;
	histogram_add(&drill->second, us);
	drill->second_failures += failed;
}

static void start_some(struct run *run);

static void
session_ended(struct session *session)
{
	struct run *run = run_of(session->drill);
	unsigned slot = session->number - 1;

	session_free(&run->slots[slot]);
	run->live--;
	if (run->drill.stopping || run->drill.options.seconds == 0) {
		if (run->live == 0 && run->started >= run->drill.options.sessions)
			run->drill.stopping = true;
		return;
	}
	run->free_slots[run->free_count++] = slot;
	start_some(run);
}

/* Start what is due, and set the clock for the next. */
static void
start_some(struct run *run)
{
	struct drill *drill = &run->drill;
	const struct options *options = &drill->options;
	int64_t now = drill->loop.now_us;

	while (!drill->stopping && run->free_count > 0) {
		unsigned slot;

		if (options->rate > 0 && (double)run->started >=
		    (double)(now - run->began_us) / 1e6 * options->rate + 1) {
			double next = ((double)run->started - 1) / options->rate * 1e6;

			loop_timer_set(&drill->loop, &run->starter,
			    run->began_us + (int64_t)next + 1);
			return;
		}
		slot = run->free_slots[--run->free_count];
		run->started++;
		run->live++;
		run->slots[slot] = session_new(drill, slot + 1, session_ended);
	}
}

static void
starter_fire(struct loop_timer *timer)
{
	start_some((struct run *)(void *)((char *)timer - offsetof(struct run, starter)));
}

static void
ticker_fire(struct loop_timer *timer)
{
	struct run *run = (struct run *)(void *)((char *)timer - offsetof(struct run, ticker));

	load_second(&run->load, &run->drill);
	loop_timer_set(&run->drill.loop, timer, timer->at_us + 1000000);
}

/* Nothing new begins; what is under way has a little time to end. */
static void
stop(struct run *run)
{
	struct drill *drill = &run->drill;

	drill->stopping = true;
	loop_timer_clear(&drill->loop, &run->starter);
	loop_timer_set(&drill->loop, &run->end, drill->loop.now_us + GRACE_US);
	for (unsigned i = 0; i < drill->options.sessions; i++)
		for (size_t k = 0; run->slots[i] != NULL && k < drill->script->block_count; k++)
			conn_stop(&run->slots[i]->conns[k]);
}

static void
end_fire(struct loop_timer *timer)
{
	struct run *run = (struct run *)(void *)((char *)timer - offsetof(struct run, end));
	struct drill *drill = &run->drill;

	if (!drill->stopping) {
		stop(run);
		return;
	}
	for (unsigned i = 0; i < drill->options.sessions; i++)
		for (size_t k = 0; run->slots[i] != NULL && k < drill->script->block_count; k++)
			conn_close(&run->slots[i]->conns[k], "time is up");
}

static void
after_round(struct loop *loop)
{
	struct drill *drill = (struct drill *)(void *)((char *)loop - offsetof(struct drill, loop));
	struct run *run = run_of(drill);

	if (!events_flush(&drill->events) && !drill->broken) {
		drill->broken = true;
		fprintf(stderr, "imapdrill: can't write the log: %s\n", strerror(errno));
		interrupted = 1;
	}
	if (interrupted && !drill->stopping)
		stop(run);
}

static bool
resolve(struct drill *drill)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	bool ok = true;

	drill->addresses = mem_calloc(drill->script->block_count, sizeof *drill->addresses);
	for (size_t i = 0; i < drill->script->block_count; i++) {
		const struct block *block = &drill->script->blocks[i];
		int r;

		if (block->tunnel != NULL || block->tls)
			continue;
		r = getaddrinfo(block->host, block->port, &hints, &drill->addresses[i]);
		if (r != 0) {
			drill_error(drill, block->line, "%s: %s", block->server, gai_strerror(r));
			drill->incomplete++;
			ok = false;
		}
	}
	return ok;
}

static void
make_rows(struct drill *drill)
{
	const struct script *script = drill->script;

	for (size_t i = 0; i < script->step_count; i++) {
		const struct step *step = &script->steps[i];

		table_add(&drill->table, script->blocks[step->block].server, step->label,
		    step->shown);
	}
	for (size_t i = 0; i < script->block_count; i++)
		table_add(&drill->table, script->blocks[i].server, "-", "connect");
}

/* As many connections as the system lets us have. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Signals come only while we wait, so that nothing is half done when they do. */
static void
catch_signals(sigset_t *wait_mask)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t caught;

	sigemptyset(&caught);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGTERM);
	sigprocmask(SIG_BLOCK, &caught, wait_mask);
	sigdelset(wait_mask, SIGINT);
	sigdelset(wait_mask, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool
open_log(struct drill *drill)
{
	const struct options *options = &drill->options;
	FILE *out = options->quiet || options->load ? NULL : stdout;

	if (options->log != NULL) {
		out = fopen(options->log, "we");
		if (out == NULL) {
			fprintf(stderr, "%s: %s\n", options->log, strerror(errno));
			return false;
		}
	}
	events_open(&drill->events, out, options->json, options->text_max, loop_clock_us());
	return true;
}

static void
finish(struct run *run)
{
	struct drill *drill = &run->drill;

	for (size_t i = 0; i < drill->script->block_count && drill->addresses != NULL; i++)
		if (drill->addresses[i] != NULL)
			freeaddrinfo(drill->addresses[i]);
	free(drill->addresses);
	free(drill->wire);
	free(drill->plain);
	buf_fini(&drill->spare);
	table_fini(&drill->table);
	histogram_fini(&drill->second);
	loop_fini(&drill->loop);
	load_fini(&run->load);
	free(run->slots);
	free(run->free_slots);
}

int
drill_run(const struct script *script, const struct options *options)
{
	struct run run = {
		.drill = { .options = *options, .script = script },
		.starter = { .fire = starter_fire },
		.ticker = { .fire = ticker_fire },
		.end = { .fire = end_fire },
	};
	struct drill *drill = &run.drill;
	sigset_t wait_mask;
	int status = 2;

	raise_limits();
	if (loop_init(&drill->loop) < 0) {
		fprintf(stderr, "imapdrill: epoll: %s\n", strerror(errno));
		return 2;
	}
	drill->loop.round = after_round;
	drill->wire = mem_alloc(DRILL_READ);
	drill->plain = mem_alloc(DRILL_READ);
	make_rows(drill);
	run.slots = mem_calloc(options->sessions, sizeof *run.slots);
	run.free_slots = mem_calloc(options->sessions, sizeof *run.free_slots);
	for (unsigned i = options->sessions; i > 0; i--)
		run.free_slots[run.free_count++] = i - 1;
	if (!resolve(drill) || !open_log(drill))
		goto out;
	catch_signals(&wait_mask);
	run.began_us = drill->loop.now_us = loop_clock_us();
	load_begin(&run.load, drill);
	if (options->load)
		loop_timer_set(&drill->loop, &run.ticker, run.began_us + 1000000);
	if (options->seconds > 0)
		loop_timer_set(&drill->loop, &run.end, run.began_us + options->seconds * 1000000);
	start_some(&run);
	while (run.live > 0 || (!drill->stopping && run.free_count > 0))
		loop_once(&drill->loop, &wait_mask);
	if (options->load)
		load_end(&run.load, drill);
	if (!events_close(&drill->events) && !drill->broken) {
		fprintf(stderr, "imapdrill: can't write the log: %s\n", strerror(errno));
		drill->broken = true;
	}
	tunnel_finish(&drill->tunnels, TUNNEL_PATIENCE_MS);
	status = drill->incomplete > 0 || drill->broken || run.load.broken ||
	    (interrupted && !options->load) ? 2 : drill->expectations_failed > 0 ? 1 : 0;
out:
	finish(&run);
	return status;
}
