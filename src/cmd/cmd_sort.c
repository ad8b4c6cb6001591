/*
 * SORT and THREAD with their UID forms (RFC 5256, RFC 5957), SORT with RETURN
 * (RFC 5267 section 3): a search, and what it found put in order.
 */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/search.h"
#include "cmd/search_context.h"
#include "cmd/search_source.h"
#include "query/sort.h"
#include "query/thread.h"
#include "session/session.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "util/err.h"
#include "util/mem.h"
#include "wire/output.h"

static int
interrupted(struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "The command was given up, the session ends");
}

/* The positions of the results in the order of the program. */
static int
sort_results(struct search_source *source, const struct sort_program *program,
    struct search_results *results, struct err *err)
{
	struct sort sort;
	struct document d;
	int result = 0;

	sort_init(&sort, program);
	if (sort.wants_envelope && sort.may_be_kept)
		search_source_expect(source, results->count);
	for (size_t i = 0; i < results->count && result == 0; i++) {
		/* what went away since it was found keeps its number and has a place */
		search_source_ops.open(source, results->positions[i], &d);
		sort_add(&sort, &d, results->positions[i]);
		if (!search_source_go_on(source, (uint32_t)i, (uint32_t)results->count))
			result = interrupted(err);
	}
	if (result == 0) {
		sort_order(&sort);
		free(results->positions);
		results->positions = sort.ids;
		results->room = sort.id_room;
		sort.ids = NULL;
	}
	sort_fini(&sort);
	return result;
}

static int
answer_sort(struct session *s, struct command *cmd, const struct sort_program *program,
    struct criteria *criteria, const struct result_options *options)
{
	struct search_source source;
	struct search_results results = SEARCH_RESULTS_INIT;
	int result;

	search_source_init(&source, s, s->mailbox, &s->saved, cmd->tag.data);
	result = search_mailbox(&source, criteria, NULL, cmd->arena, &results, &cmd->err);
	if (result == 0)
		result = sort_results(&source, program, &results, &cmd->err);
	search_source_fini(&source);
	if (result == 0)
		search_answer(s, cmd, "SORT", criteria, program, options, &results);
	search_results_fini(&results);
	return result;
}

int
cmd_sort(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	struct result_options options;
	struct search_update update;
	struct sort_program program;
	const struct criteria_filters filters = search_filters(s);
	struct criteria criteria;
	int result = 0;

	search_update_init(&update, cmd, &options);
	if (refuse_numbers(s, cmd) < 0 || parse_space(p) < 0 || result_parse(p, &options) < 0
	    || sort_parse(p, &program) < 0
	    || parse_space(p) < 0
	    || criteria_parse_sort(p, &options, &filters, &criteria) < 0
	    || search_check(s, cmd, &criteria) < 0
	    || (options.update && search_context_check_tag(s, cmd, &cmd->err) < 0)
	    || view_refresh(s, &cmd->err) < 0
	    || answer_sort(s, cmd, &program, &criteria, &options) < 0) {
		if (options.save)
			search_forget_saved(s, &cmd->err);
		result = -1;
	}
	search_update_fini(&update);
	return result;
}

static int
answer_thread(struct session *s, struct command *cmd, enum thread_algorithm algorithm,
    struct criteria *criteria)
{
	struct search_source source;
	struct search_results results = SEARCH_RESULTS_INIT;
	struct thread *thread = NULL;
	struct document d;
	int result;

	search_source_init(&source, s, s->mailbox, &s->saved, cmd->tag.data);
	result = search_mailbox(&source, criteria, NULL, cmd->arena, &results, &cmd->err);
	if (result == 0) {
		thread = thread_new(algorithm, &search_source_ops, &source);
		search_source_expect(&source, results.count);
		thread_use_keys(thread);
	}
	for (size_t i = 0; i < results.count && result == 0; i++) {
		if (search_source_ops.open(&source, results.positions[i], &d))
			thread_add(thread, &d, cmd->row->uid ? d.uid : d.number);
		if (!search_source_go_on(&source, (uint32_t)i, (uint32_t)results.count))
			result = interrupted(&cmd->err);
	}
	if (result == 0) {
		thread_make(thread);
		output_text(&s->out, thread_first(thread) != 0 ? "* THREAD " : "* THREAD");
		thread_print(thread, &s->out.buf);
		output_text(&s->out, "\r\n");
	}
	thread_free(&thread);
	search_source_fini(&source);
	search_results_fini(&results);
	return result;
}

int
cmd_thread(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	enum thread_algorithm algorithm;
	const struct criteria_filters filters = search_filters(s);
	struct criteria criteria;

	if (refuse_numbers(s, cmd) < 0 || parse_space(p) < 0 || thread_parse(p, &algorithm) < 0 || parse_space(p) < 0
	    || criteria_parse(p, CRITERIA_CHARSET_FIRST, &filters, &criteria) < 0
	    || search_check(s, cmd, &criteria) < 0
	    || view_refresh(s, &cmd->err) < 0)
		return -1;
	return answer_thread(s, cmd, algorithm, &criteria);
}
