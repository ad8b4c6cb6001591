/*
 * ESEARCH (RFC 7377): one search in several mailboxes, whether one is selected
 * or not. Each is searched on its own, with its own numbers and "*"; only those
 * where something was found are told.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/search.h"
#include "cmd/search_context.h"
#include "cmd/search_source.h"
#include "session/names.h"
#include "session/session.h"
#include "session/view.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "store/notes.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

/* The mailboxes to search, as store names; the selected one may be among them. */
struct sources {
	const char **names;	/* in the command's arena or in one of the lists */
	size_t count, room;
	bool selected;		/* "selected", also when nothing was said */
	bool others;
	struct folder_list all;	/* read when first needed */
	bool has_all;
	struct notes subscriptions;
};

static void
add_name(struct sources *sources, const char *name)
{
	sources->names = mem_grow(sources->names, &sources->room, sources->count + 1,
	    sizeof *sources->names);
	sources->names[sources->count++] = name;
}

static int
list_all(struct session *s, struct sources *sources, struct err *err)
{
	if (sources->has_all)
		return 0;
	sources->has_all = true;
	return folder_list(&s->account, &sources->all, err);
}

static int
add_all(struct session *s, struct sources *sources, struct err *err)
{
	if (list_all(s, sources, err) < 0)
		return -1;
	for (size_t i = 0; i < sources->all.count; i++)
		add_name(sources, sources->all.names[i]);
	return 0;
}

/* top itself and what is below it; with one, only what is right below. */
static int
add_tree(struct session *s, struct sources *sources, const char *top, bool one, struct err *err)
{
	size_t len = strlen(top);

	if (list_all(s, sources, err) < 0)
		return -1;
	for (size_t i = 0; i < sources->all.count; i++) {
		const char *name = sources->all.names[i];

		if (strncmp(name, top, len) != 0)
			continue;
		if (name[len] == '\0'
		    || (name[len] == '/' && !(one && strchr(name + len + 1, '/') != NULL)))
			add_name(sources, name);
	}
	return 0;
}

static int
add_subscribed(struct session *s, struct sources *sources, struct err *err)
{
	if (sources->subscriptions.at != NULL)
		return 0;
	if (notes_read(&s->account, NOTES_SUBSCRIPTIONS, &sources->subscriptions, err) < 0)
		return -1;
	for (size_t i = 0; i < sources->subscriptions.count; i++)
		add_name(sources, sources->subscriptions.at[i].name);
	return 0;
}

enum extent { EXTENT_NAMED, EXTENT_TREE, EXTENT_TREE_ONE };

/*
 * one-or-more-mailbox of RFC 5465. A name that no mailbox can have is as good as
 * one that none has: it is passed over (RFC 7377 section 5).
 */
static int
read_names(struct session *s, struct command *cmd, struct sources *sources, enum extent extent)
{
	struct parse *p = &cmd->parse;
	bool list;
	const char *name;
	struct err why;

	if (parse_space(p) < 0)
		return -1;
	list = parse_try(p, '(');
	do {
		if (parse_mailbox(s, cmd, &name, &why) < 0)
			return -1;
		if (name == NULL)
			continue;
		if (extent == EXTENT_NAMED)
			add_name(sources, name);
		else if (add_tree(s, sources, name, extent == EXTENT_TREE_ONE, &cmd->err) < 0)
			return -1;
	} while (list && parse_try(p, ' '));
	return list ? parse_char(p, ')') : 0;
}

/* One of filter-mailboxes. */
static int
read_source(struct session *s, struct command *cmd, struct sources *sources)
{
	struct parse *p = &cmd->parse;

	if (parse_try_word(p, "selected")) {
		sources->selected = true;
		return 0;
	}
	sources->others = true;
	/* where delivery can go to any folder, the inboxes are all (RFC 5465 6.3) */
	if (parse_try_word(p, "personal") || parse_try_word(p, "inboxes"))
		return add_all(s, sources, &cmd->err);
	if (parse_try_word(p, "subscribed"))
		return add_subscribed(s, sources, &cmd->err);
	if (parse_try_word(p, "subtree"))
		return read_names(s, cmd, sources, EXTENT_TREE);
	if (parse_try_word(p, "subtree-one"))
		return read_names(s, cmd, sources, EXTENT_TREE_ONE);
	if (parse_try_word(p, "mailboxes"))
		return read_names(s, cmd, sources, EXTENT_NAMED);
	return parse_fail(p, "a mailbox source");
}

/* "IN (mailboxes a subtree b) ", if it is next. Scope options are yet to be invented. */
static int
read_sources(struct session *s, struct command *cmd, struct sources *sources)
{
	struct parse *p = &cmd->parse;

	if (!parse_try_word(p, "IN")) {
		sources->selected = true;
		return 0;
	}
	if (parse_space(p) < 0 || parse_char(p, '(') < 0)
		return -1;
	do {
		if (read_source(s, cmd, sources) < 0)
			return -1;
	} while (parse_try(p, ' '));
	return parse_char(p, ')') < 0 ? -1 : parse_space(p);
}

static int
by_name(const void *a, const void *b)
{
	return folder_compare(*(const char *const *)a, *(const char *const *)b);
}

/* In order, each once, and not the selected one a second time. */
static void
settle(const struct session *s, struct sources *sources)
{
	size_t kept = 0;

	if (sources->count > 1)
		qsort(sources->names, sources->count, sizeof *sources->names, by_name);
	for (size_t i = 0; i < sources->count; i++) {
		const char *name = sources->names[i];

		if ((kept > 0 && strcmp(sources->names[kept - 1], name) == 0)
		    || (sources->selected && strcmp(s->mailbox->name, name) == 0))
			continue;
		sources->names[kept++] = name;
	}
	sources->count = kept;
}

/* "* ESEARCH (TAG "x" MAILBOX name UIDVALIDITY n) UID ALL ..." */
static void
send_found(struct session *s, const struct command *cmd, const struct mailbox *m,
    const struct result_options *options, const uint32_t *uids, size_t count, uint64_t modseq)
{
	struct buf name = BUF_INIT;

	name_to_client(s, m->name, &name);
	output_text(&s->out, "* ESEARCH (TAG ");
	respond_nstring(&s->out, cmd->tag.data, cmd->tag.len, 0);
	output_text(&s->out, " MAILBOX ");
	respond_astring(&s->out, name.data, name.len, session_utf8(s));
	output_format(&s->out, " UIDVALIDITY %u) UID", (unsigned)m->facts.uidvalidity);
	result_print(options, uids, count, &s->out.buf);
	if (modseq != 0)
		output_format(&s->out, " MODSEQ %llu", (unsigned long long)modseq);
	output_text(&s->out, "\r\n");
	buf_fini(&name);
}

static int
search_one(struct session *s, struct command *cmd, struct mailbox *m, struct criteria *criteria,
    const struct result_options *options)
{
	struct search_results results = SEARCH_RESULTS_INIT;
	struct result_plan plan = result_plan(options);
	struct search_source source;
	uint64_t modseq = 0;
	uint32_t *uids;
	int result;

	search_source_init(&source, s, m, m == s->mailbox ? &s->saved : NULL, cmd->tag.data);
	result = search_mailbox(&source, criteria, &plan, cmd->arena, &results, &cmd->err);
	search_source_fini(&source);
	if (result == 0 && options->save)
		search_save(s, results.positions, results.count, options);
	/* of the mailboxes that are searched only the selected one can be kept up to date */
	if (result == 0 && options->update && m == s->mailbox)
		search_context_keep(s, cmd, true, criteria, NULL, results.positions, results.count,
		    options->update_ctx);
	if (result == 0 && results.count > 0 && result_speaks(options)) {
		if (criteria->uses_modseq)
			modseq = search_modseq(m, results.positions, results.count, options);
		uids = search_ids(&results, m, true);
		send_found(s, cmd, m, options, uids, results.count, modseq);
		free(uids);
	}
	search_results_fini(&results);
	return result;
}

/* A mailbox that is not selected: opened for this, closed after. */
static int
search_other(struct session *s, struct command *cmd, const char *name,
    struct criteria *criteria, const struct result_options *options)
{
	struct mailbox *m;
	struct err err;
	int result;

	if (s->mailbox != NULL && strcmp(s->mailbox->name, name) == 0)
		return search_one(s, cmd, s->mailbox, criteria, options);
	if (folder_open_mailbox(&s->account, name, ERR_NONEXISTENT, &m, &err) < 0) {
		/* one that is not there, or not for us, is no error (RFC 7377 2.2) */
		if (err.kind != ERR_NONEXISTENT)
			log_err(&err);
		return 0;
	}
	if (mailbox_sync(m, &err) < 0) {
		log_err(&err);
		mailbox_close(&m);
		return 0;
	}
	mailbox_tell_all(m);
	result = search_one(s, cmd, m, criteria, options);
	mailbox_tidy(m);
	mailbox_close(&m);
	return result;
}

static int
check(struct session *s, const struct command *cmd, const struct sources *sources,
    const struct result_options *options, struct err *err)
{
	if (sources->selected && s->mailbox == NULL)
		return err_set(err, ERR_CLIENTBUG, "No mailbox is selected");
	if (options->save && sources->others)
		return err_set(err, ERR_SYNTAX, "SAVE is for the selected mailbox alone");
	if (options->update && s->mailbox == NULL)
		return err_set(err, ERR_SYNTAX, "UPDATE is for the selected mailbox");
	return options->update ? search_context_check_tag(s, cmd, err) : 0;
}

static int
run(struct session *s, struct command *cmd, struct sources *sources,
    struct result_options *options)
{
	struct parse *p = &cmd->parse;
	const struct criteria_filters filters = search_filters(s);
	struct criteria criteria;
	int result;

	if (parse_space(p) < 0 || read_sources(s, cmd, sources) < 0
	    || result_parse(p, options) < 0
	    || criteria_parse(p, CRITERIA_CHARSET_OPTIONAL, &filters, &criteria) < 0
	    || search_check(s, cmd, &criteria) < 0
	    || check(s, cmd, sources, options, &cmd->err) < 0
	    || view_refresh(s, &cmd->err) < 0)
		return -1;
	if (!options->given)
		options->given = options->all = true;
	settle(s, sources);
	result = sources->selected ? search_one(s, cmd, s->mailbox, &criteria, options) : 0;
	for (size_t i = 0; i < sources->count && result == 0 && !s->out.dead; i++)
		result = search_other(s, cmd, sources->names[i], &criteria, options);
	if (result < 0 && options->save)
		search_forget_saved(s, &cmd->err);
	return result;
}

int
cmd_esearch(void *session, struct command *cmd)
{
	struct sources sources = { .count = 0 };
	struct result_options options;
	struct search_update update;
	int result;

	search_update_init(&update, cmd, &options);
	result = run(session, cmd, &sources, &options);
	search_update_fini(&update);
	free(sources.names);
	folder_list_fini(&sources.all);
	notes_fini(&sources.subscriptions);
	return result;
}
