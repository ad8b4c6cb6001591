/*
 * A whole mailbox in passes: what index and cache answer, then what headers
 * answer, then texts. So the cheap part of a search costs no file, and what is
 * left for the dear part is known before it begins.
 */
#include "query/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "query/scan.h"
#include "util/mem.h"

/* When a few results are enough, messages are asked in chunks that grow from this size. */
enum { FIRST_CHUNK = 256 };

struct run {
	struct search *search;
	const struct search_work *work;
	int64_t tick;
	uint32_t asked;			/* in the first pass, to look at the clock now and then */
	uint32_t settled, total;	/* messages that are answered, of all that can match */
	/* the present chunk: those that match or may */
	uint32_t *positions;
	uint8_t *answers;
	size_t count, room, answer_room;
};

void
search_results_fini(struct search_results *results)
{
	free(results->positions);
	*results = SEARCH_RESULTS_INIT;
}

/* Time to say how far we are? False: to end. */
static bool
go_on(struct run *run)
{
	if (run->work->progress == NULL || !scan_tick(&run->tick))
		return true;
	return run->work->progress(run->work->progress_ctx, run->settled, run->total);
}

/* Positions + 1 of the messages that a set of numbers or UIDs leaves. */
static void
set_positions(struct search *s, const struct criterion *c, uint32_t count, struct seqset *out)
{
	const struct seqset *set = &c->set.bound;

	for (size_t i = 0; i < set->count; i++) {
		uint32_t first = set->ranges[i].first, last = set->ranges[i].last;

		if (c->kind == CRITERION_UIDS) {
			/* behind the last UID there is no message, so no overflow either */
			first = s->ops->find_uid(s->mailbox, first) + 1;
			last = last == UINT32_MAX ? count : s->ops->find_uid(s->mailbox, last + 1);
		}
		if (last > count)
			last = count;
		if (first <= last)
			seqset_add_range(out, first, last);
	}
}

/* Only these can match: what the sets that all messages must be in leave of the mailbox. */
static void
find_candidates(struct search *s, uint32_t count, struct seqset *out)
{
	const struct criterion *c = s->criteria->root;

	if (count > 0)
		seqset_add_range(out, 1, count);
	if (c->kind == CRITERION_AND && !c->not)
		c = c->first;
	for (; c != NULL; c = c->next) {
		struct seqset both = SEQSET_INIT, one = SEQSET_INIT;

		if ((c->kind != CRITERION_NUMBERS && c->kind != CRITERION_UIDS) || c->not)
			continue;
		set_positions(s, c, count, &one);
		seqset_intersect(out, &one, &both);
		seqset_fini(&one);
		seqset_fini(out);
		*out = both;
	}
}

static void
keep(struct run *run, uint32_t position, enum search_answer one)
{
	run->positions = mem_grow(run->positions, &run->room, run->count + 1,
	    sizeof *run->positions);
	run->answers = mem_grow(run->answers, &run->answer_room, run->count + 1, 1);
	run->positions[run->count] = position;
	run->answers[run->count++] = (uint8_t)one;
}

/* The first pass; the rest looks only at what it kept. */
static int
ask_memory(struct run *run, uint32_t first, uint32_t last)
{
	struct search *s = run->search;
	const struct criterion *root = s->criteria->root;
	bool all = root->kind == CRITERION_AND && root->first == NULL && !root->not;
	struct document d;

	for (uint32_t position = first; position <= last; position++) {
		enum search_answer one;

		if (++run->asked % 1024 == 0 && !go_on(run))
			return -1;
		if (!s->ops->open(s->mailbox, position, &d))
			continue;
		one = all ? SEARCH_YES : search_ask(s, &d, SEARCH_MEMORY);
		if (one != SEARCH_NO)
			keep(run, position, one);
		run->settled += one != SEARCH_UNKNOWN;
	}
	return 0;
}

static int
ask_headers(struct run *run)
{
	struct search *s = run->search;
	struct document d;

	for (size_t i = 0; i < run->count; i++) {
		if (run->answers[i] != SEARCH_UNKNOWN)
			continue;
		if (!go_on(run))
			return -1;
		run->answers[i] = SEARCH_NO;
		if (s->ops->open(s->mailbox, run->positions[i], &d))
			run->answers[i] = (uint8_t)search_ask(s, &d, SEARCH_HEADER);
		run->settled += run->answers[i] != SEARCH_UNKNOWN;
	}
	return 0;
}

/* What the readers have done, in terms of the whole. */
static bool
texts_progress(void *ctx, uint32_t done, uint32_t total)
{
	struct run *run = ctx;

	(void)total;
	return run->work->progress(run->work->progress_ctx, run->settled + done, run->total);
}

/* Hand what is unknown to the readers, in a list of its own: it may be little of much. */
static int
ask_texts(struct run *run)
{
	struct search_work work = *run->work;
	uint32_t *positions = NULL;
	uint8_t *answers = NULL;
	size_t n = 0, at = 0;
	int result;

	for (size_t i = 0; i < run->count; i++)
		n += run->answers[i] == SEARCH_UNKNOWN;
	if (n == 0)
		return 0;
	positions = mem_calloc(n, sizeof *positions);
	answers = mem_alloc(n);
	memset(answers, SEARCH_UNKNOWN, n);
	for (size_t i = 0; i < run->count; i++)
		if (run->answers[i] == SEARCH_UNKNOWN)
			positions[at++] = run->positions[i];
	if (work.progress != NULL) {
		work.progress = texts_progress;
		work.progress_ctx = run;
	}
	result = scan_texts(run->search, positions, answers, n, &work);
	run->settled += (uint32_t)n;
	at = 0;
	for (size_t i = 0; i < run->count; i++)
		if (run->answers[i] == SEARCH_UNKNOWN)
			run->answers[i] = answers[at++];
	free(positions);
	free(answers);
	return result;
}

/* The second and third pass; what matches is left at the start of run->positions. */
static int
settle(struct run *run, size_t *kept_out)
{
	size_t kept = 0;

	if (ask_headers(run) < 0 || ask_texts(run) < 0)
		return -1;
	for (size_t i = 0; i < run->count; i++) {
		if (run->answers[i] == SEARCH_YES)
			run->positions[kept++] = run->positions[i];
		else if (run->answers[i] == SEARCH_UNKNOWN)
			run->search->unable = true;
	}
	*kept_out = kept;
	return 0;
}

/* All passes over the candidates within [first, last]; what matches goes to one end of out. */
static int
ask_chunk(struct run *run, const struct seqset *candidates, uint32_t first, uint32_t last,
    bool before, struct search_results *out)
{
	size_t kept;

	run->count = 0;
	for (size_t i = seqset_find(candidates, first + 1); i < candidates->count; i++) {
		uint32_t from = candidates->ranges[i].first - 1;
		uint32_t to = candidates->ranges[i].last - 1;

		if (from > last)
			break;
		if (ask_memory(run, from > first ? from : first, to < last ? to : last) < 0)
			return -1;
	}
	if (settle(run, &kept) < 0)
		return -1;
	if (kept == 0)
		return 0;
	if (out->count == 0) {
		/* the usual case: one chunk, and its list is the result */
		free(out->positions);
		*out = (struct search_results){ run->positions, kept, run->room };
		run->positions = NULL;
		run->room = 0;
		return 0;
	}
	out->positions = mem_grow(out->positions, &out->room, out->count + kept,
	    sizeof *out->positions);
	if (before)
		memmove(out->positions + kept, out->positions,
		    out->count * sizeof *out->positions);
	memcpy(out->positions + (before ? 0 : out->count), run->positions,
	    kept * sizeof *out->positions);
	out->count += kept;
	return 0;
}

int
search_all(struct search *s, uint32_t count, const struct result_plan *plan,
    const struct search_work *work, struct search_results *out)
{
	struct run run = { .search = s, .work = work };
	struct seqset candidates = SEQSET_INIT;
	bool all = plan == NULL || plan->enough == SIZE_MAX, backwards = !all && plan->backwards;
	uint32_t chunk = all ? UINT32_MAX : FIRST_CHUNK, first, last;
	int result = 0;

	assert(out->count == 0);
	find_candidates(s, count, &candidates);
	run.total = (uint32_t)seqset_size(&candidates);
	if (candidates.count > 0) {
		first = candidates.ranges[0].first - 1;
		last = candidates.ranges[candidates.count - 1].last - 1;
		for (;;) {
			uint32_t length = last - first < chunk ? last - first : chunk - 1;
			uint32_t from = backwards ? last - length : first;

			result = ask_chunk(&run, &candidates, from, from + length, backwards, out);
			if (result < 0 || length == last - first
			    || (!all && out->count >= plan->enough))
				break;
			if (backwards)
				last -= length + 1;
			else
				first += length + 1;
			chunk *= 2;
		}
	}
	free(run.positions);
	free(run.answers);
	seqset_fini(&candidates);
	return result;
}

int
search_positions(struct search *s, const uint32_t *positions, size_t count,
    const struct search_work *work, struct search_results *out)
{
	struct run run = { .search = s, .work = work, .total = (uint32_t)count };
	int result = 0;

	assert(out->count == 0);
	for (size_t i = 0; i < count && result == 0; i++)
		result = ask_memory(&run, positions[i], positions[i]);
	if (result == 0)
		result = settle(&run, &out->count);
	free(out->positions);
	out->positions = run.positions;
	out->room = run.room;
	free(run.answers);
	return result;
}
