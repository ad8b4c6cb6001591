/*
 * SEARCH and UID SEARCH (RFC 9051 6.4.4) with RETURN options, the saved result
 * (RFC 5182) and MODSEQ (RFC 7162 3.1.5). The thinking is done in query/.
 */
#include <stdlib.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/search.h"
#include "cmd/search_context.h"
#include "cmd/search_source.h"
#include "session/session.h"
#include "session/view.h"
#include "store/mailbox.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/reply.h"
#include "wire/respond.h"

int
search_mailbox(struct search_source *source, struct criteria *criteria,
    const struct result_plan *plan, struct arena *arena, struct search_results *out,
    struct err *err)
{
	struct mailbox *m = source->mailbox;
	uint32_t told = mailbox_told(m), last_uid = 0;
	struct search_work work = search_source_work(source);
	struct search search;
	int result;

	if (told > 0)
		last_uid = mailbox_uid(m, mailbox_row_of_number(m, told));
	criteria_bind(criteria, told, last_uid, arena);
	search_init(&search, criteria, &search_source_ops, source, (int64_t)time(NULL));
	result = search_all(&search, told, plan, &work, out);
	if (result < 0) {
		/* nobody hears this unless the client is there and we are told to stop */
		err_set(err, ERR_UNAVAILABLE, "The search was given up, the session ends");
	} else if (search.unable) {
		*err = source->err;
		result = -1;
	}
	search_fini(&search);
	return result;
}

uint32_t *
search_ids(const struct search_results *results, const struct mailbox *m, bool uid)
{
	uint32_t *ids = mem_calloc(results->count, sizeof *ids);

	for (size_t i = 0; i < results->count; i++) {
		uint32_t number = results->positions[i] + 1;

		ids[i] = uid ? mailbox_uid(m, mailbox_row_of_number(m, number)) : number;
	}
	return ids;
}

uint64_t
search_modseq(const struct mailbox *m, const uint32_t *positions, size_t count,
    const struct result_options *options)
{
	struct result_span spans[3];
	size_t n = result_spans(options, count, spans);
	uint64_t highest = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = spans[i].from; k < spans[i].to; k++) {
			uint32_t row = mailbox_row_of_number(m, positions[k] + 1);
			uint64_t modseq = mailbox_modseq(m, row);

			if (modseq > highest)
				highest = modseq;
		}
	return highest;
}

void
search_save(struct session *s, const uint32_t *positions, size_t count,
    const struct result_options *options)
{
	struct result_span spans[3];
	size_t n = result_spans(options, count, spans);

	seqset_reset(&s->saved);
	for (size_t i = 0; i < n; i++)
		for (size_t k = spans[i].from; k < spans[i].to; k++)
			seqset_add(&s->saved, mailbox_uid(s->mailbox,
			    mailbox_row_of_number(s->mailbox, positions[k] + 1)));
	seqset_sort(&s->saved);
}

void
search_forget_saved(struct session *s, const struct err *err)
{
	if (!reply_is_bad(err))
		seqset_reset(&s->saved);
}

static void
send_esearch(struct session *s, const struct command *cmd, const struct result_options *options,
    const uint32_t *ids, size_t count, uint64_t modseq)
{
	output_text(&s->out, "* ESEARCH (TAG ");
	respond_nstring(&s->out, cmd->tag.data, cmd->tag.len, 0);
	output_text(&s->out, cmd->row->uid ? ") UID" : ")");
	result_print(options, ids, count, &s->out.buf);
	if (modseq != 0)
		output_format(&s->out, " MODSEQ %llu", (unsigned long long)modseq);
	output_text(&s->out, "\r\n");
}

static void
send_numbers(struct session *s, const char *name, const uint32_t *ids, size_t count,
    uint64_t modseq)
{
	output_text(&s->out, "* ");
	output_text(&s->out, name);
	for (size_t i = 0; i < count; i++) {
		output_char(&s->out, ' ');
		output_number(&s->out, ids[i]);
	}
	if (modseq != 0)
		output_format(&s->out, " (MODSEQ %llu)", (unsigned long long)modseq);
	output_text(&s->out, "\r\n");
}

void
search_answer(struct session *s, const struct command *cmd, const char *name,
    const struct criteria *criteria, const struct sort_program *program,
    const struct result_options *options, const struct search_results *results)
{
	const uint32_t *positions = results->positions;
	size_t count = results->count;
	uint32_t *ids = search_ids(results, s->mailbox, cmd->row->uid);
	uint64_t modseq = 0;

	if (criteria->uses_modseq)
		modseq = search_modseq(s->mailbox, positions, count, options);
	if (options->save)
		search_save(s, positions, count, options);
	if (options->update)
		search_context_keep(s, cmd, cmd->row->uid, criteria, program, positions, count,
		    options->update_ctx);
	if (!options->given)
		send_numbers(s, name, ids, count, modseq);
	else if (result_speaks(options))
		send_esearch(s, cmd, options, ids, count, modseq);
	free(ids);
}

int
search_check(struct session *s, struct command *cmd, const struct criteria *criteria)
{
	/* RFC 6855 section 3 */
	if (criteria->charset_given && s->enabled_utf8)
		return err_set(&cmd->err, ERR_SYNTAX, "CHARSET after ENABLE UTF8=ACCEPT");
	if (criteria->uses_numbers)
		cmd->hold_expunge = true;	/* also UID SEARCH (RFC 7162 3.2.10.2) */
	if (criteria->uses_modseq)
		s->enabled_condstore = true;	/* RFC 7162 3.1: asking is enabling */
	if (criteria->uses_numbers && s->enabled_uidonly)
		return err_set(&cmd->err, ERR_UIDREQUIRED, "No message numbers after ENABLE UIDONLY");
	return 0;
}

static int
answer_search(struct session *s, struct command *cmd, struct criteria *criteria,
    struct result_options *options)
{
	struct search_source source;
	struct search_results results = SEARCH_RESULTS_INIT;
	struct result_plan plan = result_plan(options);
	int result;

	search_source_init(&source, s, s->mailbox, &s->saved, cmd->tag.data);
	result = search_mailbox(&source, criteria, &plan, cmd->arena, &results, &cmd->err);
	search_source_fini(&source);
	/* IMAP4rev2 knows no other answer than ESEARCH (RFC 9051 appendix E) */
	if (!options->given && s->enabled_rev2)
		options->given = options->all = true;
	if (result == 0)
		search_answer(s, cmd, "SEARCH", criteria, NULL, options, &results);
	search_results_fini(&results);
	return result;
}

int
cmd_search(void *session, struct command *cmd)
{
	struct session *s = session;
	struct result_options options;
	struct search_update update;
	const struct criteria_filters filters = search_filters(s);
	struct criteria criteria;
	int result = 0;

	search_update_init(&update, cmd, &options);
	if (refuse_numbers(s, cmd) < 0 || parse_space(&cmd->parse) < 0
	    || result_parse(&cmd->parse, &options) < 0
	    || criteria_parse(&cmd->parse, CRITERIA_CHARSET_OPTIONAL, &filters, &criteria) < 0
	    || search_check(s, cmd, &criteria) < 0
	    || (options.update && search_context_check_tag(s, cmd, &cmd->err) < 0)
	    || view_refresh(s, &cmd->err) < 0
	    || answer_search(s, cmd, &criteria, &options) < 0) {
		if (options.save)
			search_forget_saved(s, &cmd->err);
		result = -1;
	}
	search_update_fini(&update);
	return result;
}
