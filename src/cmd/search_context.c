/*
 * A context is a search program and the UIDs that it found. Whatever changed has a
 * mod-sequence above the last one that was looked at, so what is asked again is
 * those messages, the new ones, and nothing else. Expunged messages leave by
 * REMOVEFROM before their numbers shift, also while EXPUNGE itself is held back.
 *
 * Keys of SORT never change, so a sorted list only loses messages and gains some:
 * the place of a new one is found by halving, with a sort of two messages each time.
 */
#include "cmd/search_context.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/fetch_items.h"
#include "cmd/search.h"
#include "cmd/search_source.h"
#include "query/sort.h"
#include "session/message.h"
#include "session/notify.h"
#include "session/session.h"
#include "store/mailbox.h"
#include "util/err.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/respond.h"

struct context {
	struct context *next;
	struct arena arena;
	struct str tag;
	bool uid, sorted;
	struct criteria criteria;
	struct sort_program program;
	struct seqset found;		/* UIDs */
	uint32_t *order;		/* sorted: the same, in order */
	size_t count, room;
	struct arena update_arena;
	const struct fetch_items *items;	/* of new messages; NULL: none */
};

struct search_contexts {
	struct context *first;
	size_t count;
	uint64_t modseq;	/* changes up to here are told */
	uint32_t rows;		/* messages below this row are known */
};

static void
context_free(struct context *c)
{
	seqset_fini(&c->found);
	free(c->order);
	arena_fini(&c->arena);
	arena_fini(&c->update_arena);
	free(c);
}

static void
forget(struct session *s)
{
	struct search_contexts *all = s->contexts;

	while (all->first != NULL) {
		struct context *c = all->first;

		all->first = c->next;
		context_free(c);
	}
	free(all);
	s->contexts = NULL;
}

/* Rows as positions, for query/. */
static uint32_t
position_of(const struct mailbox *m, uint32_t row)
{
	return mailbox_number_of_row(m, row) - 1;
}

/* Which of these positions match now; those that cannot be asked do not. */
static void
ask(struct session *s, struct context *c, const uint32_t *positions, size_t n,
    struct search_results *out)
{
	struct search_source source;
	struct search_work work;
	struct search search;
	struct mailbox *m = s->mailbox;
	uint32_t told = mailbox_told(m);
	uint32_t last = told > 0 ? mailbox_uid(m, mailbox_row_of_number(m, told)) : 0;

	search_source_init(&source, s, m, NULL, c->tag.data);
	work = search_source_work(&source);
	criteria_bind(&c->criteria, told, last, &c->arena);
	search_init(&search, &c->criteria, &search_source_ops, &source, (int64_t)time(NULL));
	if (search_positions(&search, positions, n, &work, out) < 0)
		out->count = 0;
	search_fini(&search);
	search_source_fini(&source);
}

/* A search by message numbers that was there before ENABLE UIDONLY goes on with UIDs. */
static bool
by_uid(const struct session *s, const struct context *c)
{
	return c->uid || s->enabled_uidonly;
}

static void
begin_esearch(struct session *s, const struct context *c)
{
	output_text(&s->out, "* ESEARCH (TAG ");
	respond_nstring(&s->out, c->tag.data, c->tag.len, 0);
	output_text(&s->out, by_uid(s, c) ? ") UID" : ")");
}

static uint32_t
id_of(const struct session *s, const struct context *c, uint32_t uid)
{
	return by_uid(s, c) ? uid
	    : mailbox_number_of_row(s->mailbox, mailbox_row_of_uid(s->mailbox, uid));
}

/* " ADDTO (0 5:7)" or REMOVEFROM, with all of a set of UIDs. */
static void
send_set(struct session *s, const struct context *c, const char *verb, const uint32_t *uids,
    size_t n)
{
	struct seqset ids = SEQSET_INIT;

	begin_esearch(s, c);
	output_format(&s->out, " %s (0 ", verb);
	for (size_t i = 0; i < n; i++)
		seqset_add(&ids, id_of(s, c, uids[i]));
	seqset_print(&ids, &s->out.buf);
	output_text(&s->out, ")\r\n");
	seqset_fini(&ids);
}

static void
fill(struct session *s, struct search_source *source, uint32_t uid, struct document *out)
{
	search_source_ops.open(source, position_of(s->mailbox,
	    mailbox_row_of_uid(s->mailbox, uid)), out);
}

/* Does a message come before another in the order of the context? */
static bool
comes_before(struct session *s, struct search_source *source, const struct context *c,
    uint32_t a, uint32_t b)
{
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	struct document d;
	struct sort sort;
	bool result;

	sort_init(&sort, &c->program);
	fill(s, source, low, &d);
	sort_add(&sort, &d, low);
	fill(s, source, high, &d);
	sort_add(&sort, &d, high);
	sort_order(&sort);
	result = sort.ids[0] == a;
	sort_fini(&sort);
	return result;
}

static void
insert(struct session *s, struct search_source *source, struct context *c, uint32_t uid)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (comes_before(s, source, c, uid, c->order[middle]))
			high = middle;
		else
			low = middle + 1;
	}
	c->order = mem_grow(c->order, &c->room, c->count + 1, sizeof *c->order);
	memmove(c->order + low + 1, c->order + low, (c->count - low) * sizeof *c->order);
	c->order[low] = uid;
	c->count++;
}

/* Put new ones into their places, and tell each run of them with the place of its first. */
static void
add_sorted(struct session *s, struct context *c, const uint32_t *uids, size_t n)
{
	struct seqset added = SEQSET_INIT;
	struct search_source source;
	const char *before = " ADDTO (";

	search_source_init(&source, s, s->mailbox, NULL, c->tag.data);
	for (size_t i = 0; i < n; i++) {
		insert(s, &source, c, uids[i]);
		seqset_add(&added, uids[i]);
	}
	search_source_fini(&source);
	seqset_sort(&added);
	begin_esearch(s, c);
	for (size_t i = 0; i < c->count; i++) {
		struct seqset run = SEQSET_INIT;
		size_t start = i;

		for (; i < c->count && seqset_contains(&added, c->order[i]); i++)
			seqset_add(&run, id_of(s, c, c->order[i]));
		if (i > start) {
			output_format(&s->out, "%s%zu ", before, start + 1);
			seqset_print(&run, &s->out.buf);
			before = " ";
		}
		seqset_fini(&run);
	}
	output_text(&s->out, ")\r\n");
	seqset_fini(&added);
}

/* The items of two requests, each once; the array is the caller's to free. */
static struct fetch_items
join_items(const struct fetch_items *a, const struct fetch_items *b)
{
	struct fetch_items both = *a;

	both.at = mem_calloc(a->count + b->count + 1, sizeof *both.at);
	memcpy(both.at, a->at, a->count * sizeof *both.at);
	for (size_t i = 0; i < b->count; i++) {
		bool there = false;

		for (size_t k = 0; k < a->count; k++)
			there |= a->at[k].count == b->at[i].count
			    && a->at[k].label_len == b->at[i].label_len
			    && memcmp(a->at[k].label, b->at[i].label, b->at[i].label_len) == 0;
		if (!there)
			both.at[both.count++] = b->at[i];
	}
	both.want |= b->want;
	both.has_flags |= b->has_flags;
	both.has_uid |= b->has_uid;
	both.has_modseq |= b->has_modseq;
	return both;
}

/*
 * New messages that match are shown before their ADDTO (RFC 5465 section 7), with
 * what NOTIFY wants of every new message in the same response (5.2).
 */
static void
fetch_added(struct session *s, const struct context *c, const uint32_t *uids, size_t n)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	struct notify *notify = s->notify;
	struct mailbox *m = s->mailbox;
	struct fetch_items items = *c->items;
	struct err err;

	if (notify != NULL && notify->items != NULL) {
		items = join_items(c->items, notify->items);
		seqset_sort(&notify->own);
	}
	for (size_t i = 0; i < n && !s->out.dead; i++) {
		uint32_t row = mailbox_row_of_uid(m, uids[i]);

		if (notify != NULL && notify->items != NULL && seqset_contains(&notify->own, uids[i]))
			continue;
		if (write_fetch(s, &items, &reader, row, true, false, &err) < 0)
			log_err(&err);
	}
	for (size_t i = 0; notify != NULL && notify->items != NULL && i < n; i++)
		seqset_add(&notify->own, uids[i]);	/* shown: not once more */
	if (items.at != c->items->at)
		free(items.at);
	s->counts.fetched += reader.files_read;
	message_reader_fini(&reader, m);
}

static void
add(struct session *s, struct context *c, const uint32_t *uids, size_t n, bool arrivals)
{
	if (n == 0)
		return;
	if (arrivals && c->items != NULL)
		fetch_added(s, c, uids, n);
	if (c->sorted)
		add_sorted(s, c, uids, n);
	else
		send_set(s, c, "ADDTO", uids, n);
	for (size_t i = 0; i < n; i++)
		seqset_add(&c->found, uids[i]);
	seqset_sort(&c->found);
}

static void
take_out(struct session *s, struct context *c, const uint32_t *uids, size_t n)
{
	struct seqset gone = SEQSET_INIT, left = SEQSET_INIT;
	size_t kept = 0;

	if (n == 0)
		return;
	send_set(s, c, "REMOVEFROM", uids, n);
	for (size_t i = 0; i < n; i++)
		seqset_add(&gone, uids[i]);
	seqset_sort(&gone);
	for (size_t i = 0; i < c->count; i++)
		if (!seqset_contains(&gone, c->order[i]))
			c->order[kept++] = c->order[i];
	c->count = kept;
	seqset_subtract(&c->found, &gone, &left);
	seqset_fini(&c->found);
	c->found = left;
	seqset_fini(&gone);
}

/* Rows in ascending order that one pass over the mailbox found to be news. */
struct news {
	uint32_t *rows, *positions;
	size_t count, room, position_room;
};

static void
note(struct news *news, const struct mailbox *m, uint32_t row)
{
	news->rows = mem_grow(news->rows, &news->room, news->count + 1, sizeof *news->rows);
	news->positions = mem_grow(news->positions, &news->position_room, news->count + 1,
	    sizeof *news->positions);
	news->positions[news->count] = position_of(m, row);
	news->rows[news->count++] = row;
}

/* What these messages are to one context now, against what they were. */
static void
compare(struct session *s, struct context *c, const struct news *news, bool arrivals)
{
	struct search_results results = SEARCH_RESULTS_INIT;
	uint32_t *in = mem_calloc(news->count, sizeof *in);
	uint32_t *out = mem_calloc(news->count, sizeof *out);
	size_t in_count = 0, out_count = 0, at = 0;

	ask(s, c, news->positions, news->count, &results);
	for (size_t i = 0; i < news->count; i++) {
		uint32_t uid = mailbox_uid(s->mailbox, news->rows[i]);
		bool was = seqset_contains(&c->found, uid), is;

		while (at < results.count && results.positions[at] < news->positions[i])
			at++;
		is = at < results.count && results.positions[at] == news->positions[i];
		if (is && !was)
			in[in_count++] = uid;
		else if (was && !is)
			out[out_count++] = uid;
	}
	take_out(s, c, out, out_count);
	add(s, c, in, in_count, arrivals);
	search_results_fini(&results);
	free(in);
	free(out);
}

static void
tell_changes(struct session *s, struct search_contexts *all)
{
	struct mailbox *m = s->mailbox;
	struct news changed = { .count = 0 };

	for (uint32_t row = mailbox_next_told(m, 0); row != UINT32_MAX && row < all->rows;
	    row = mailbox_next_told(m, row + 1))
		/* also what is gone: it matches nothing from now on */
		if (mailbox_modseq(m, row) > all->modseq || (mailbox_flags(m, row) & ROW_GONE))
			note(&changed, m, row);
	for (struct context *c = all->first; c != NULL && changed.count > 0; c = c->next)
		compare(s, c, &changed, false);
	free(changed.rows);
	free(changed.positions);
	all->modseq = m->facts.modseq;
}

static void
tell_arrivals(struct session *s, struct search_contexts *all)
{
	struct mailbox *m = s->mailbox;
	struct news new = { .count = 0 };

	for (uint32_t row = mailbox_next_told(m, all->rows); row != UINT32_MAX;
	    row = mailbox_next_told(m, row + 1))
		note(&new, m, row);
	for (struct context *c = all->first; c != NULL && new.count > 0; c = c->next)
		compare(s, c, &new, true);
	free(new.rows);
	free(new.positions);
	all->rows = m->told_rows;
}

static void
tell(struct session *s, bool arrivals)
{
	struct search_contexts *all = s->contexts;
	const struct mailbox *m = s->mailbox;

	if (all->first == NULL)
		return;
	if (arrivals && m->told_rows > all->rows)
		tell_arrivals(s, all);
	else if (!arrivals && (m->facts.modseq > all->modseq || m->gone.count > 0))
		tell_changes(s, all);
}

static const struct context_ops ops = { tell, forget };

static struct context **
find(const struct session *s, struct str tag)
{
	struct context **link = &s->contexts->first;

	while (*link != NULL && ((*link)->tag.len != tag.len
	    || memcmp((*link)->tag.data, tag.data, tag.len) != 0))
		link = &(*link)->next;
	return link;
}

int
search_context_check_tag(struct session *s, const struct command *cmd, struct err *err)
{
	if (s->contexts == NULL || *find(s, cmd->tag) == NULL)
		return 0;
	return err_set(err, ERR_CLIENTBUG, "This tag names a search that is kept up to date");
}

/* The items outlive the command: they are read into an arena of their own. */
static int
read_update(void *ctx)
{
	struct search_update *update = ctx;
	struct command *cmd = update->cmd;
	struct arena *present = cmd->arena;
	int result;

	update->items = arena_alloc(&update->arena, sizeof *update->items);
	cmd->arena = cmd->parse.arena = &update->arena;
	result = parse_fetch_items(cmd, update->items);
	cmd->arena = cmd->parse.arena = present;
	return result;
}

void
search_update_init(struct search_update *update, struct command *cmd,
    struct result_options *options)
{
	*update = (struct search_update){ cmd, ARENA_INIT, NULL };
	*options = (struct result_options){ .read_update = read_update, .update_ctx = update };
}

void
search_update_fini(struct search_update *update)
{
	arena_fini(&update->arena);
}

/* Message numbers are those of now, for ever (RFC 5267 4.3). */
static void
uids_of_numbers(void *ctx, const struct seqset *numbers, struct seqset *uids)
{
	struct session *s = ctx;
	uint32_t told = mailbox_told(s->mailbox);

	for (size_t i = 0; i < numbers->count; i++) {
		uint32_t n = numbers->ranges[i].first, last = numbers->ranges[i].last;

		for (; n <= last && n <= told; n++)
			seqset_add(uids, mailbox_uid(s->mailbox,
			    mailbox_row_of_number(s->mailbox, n)));
	}
}

void
search_context_keep(struct session *s, const struct command *cmd, bool uid,
    const struct criteria *criteria, const struct sort_program *program,
    const uint32_t *positions, size_t count, struct search_update *update)
{
	struct search_contexts *all = s->contexts;
	struct mailbox *m = s->mailbox;
	struct context *c;

	if (all == NULL) {
		all = s->contexts = mem_calloc(1, sizeof *all);
		s->context_ops = &ops;
	}
	if (all->count >= SEARCH_CONTEXTS_MAX
	    || (program != NULL && count > SEARCH_CONTEXT_SORTED_MAX)) {
		output_text(&s->out, "* NO [NOUPDATE ");
		respond_nstring(&s->out, cmd->tag.data, cmd->tag.len, 0);
		output_text(&s->out, "] There are too many searches to keep up to date\r\n");
		return;
	}
	/* the others first, so that all of them stand at one place in the mailbox's history */
	tell(s, false);
	tell(s, true);
	all->modseq = m->facts.modseq;
	all->rows = m->told_rows;
	c = mem_calloc(1, sizeof *c);
	c->arena = ARENA_INIT;
	c->update_arena = update->arena;
	c->items = update->items;
	update->arena = ARENA_INIT;
	c->tag.data = arena_strndup(&c->arena, cmd->tag.data, cmd->tag.len);
	c->tag.len = cmd->tag.len;
	c->uid = uid;
	c->sorted = program != NULL;
	if (program != NULL)
		c->program = *program;
	criteria_copy(criteria, &c->criteria, &c->arena);
	criteria_bind(&c->criteria, mailbox_told(m), 0, &c->arena);
	criteria_freeze(&c->criteria, uids_of_numbers, s, &s->saved, &c->arena);
	for (size_t i = 0; i < count; i++) {
		uint32_t one = mailbox_uid(m, mailbox_row_of_number(m, positions[i] + 1));

		seqset_add(&c->found, one);
		if (c->sorted) {
			c->order = mem_grow(c->order, &c->room, c->count + 1, sizeof *c->order);
			c->order[c->count++] = one;
		}
	}
	seqset_sort(&c->found);
	c->next = all->first;
	all->first = c;
	all->count++;
}

/* CANCELUPDATE 1*(SP quoted). */
int
cmd_cancelupdate(void *session, struct command *cmd)
{
	struct session *s = session;
	struct parse *p = &cmd->parse;
	struct tags {
		struct tags *next;
		struct str tag;
	} *tags = NULL;

	if (parse_space(p) < 0)
		return -1;
	do {
		struct tags *more = arena_alloc(cmd->arena, sizeof *more);

		if (parse_string(p, &more->tag) < 0)
			return -1;
		more->next = tags;
		tags = more;
	} while (parse_try(p, ' '));
	if (parse_end(p) < 0)
		return -1;
	for (struct tags *t = tags; t != NULL; t = t->next)
		if (s->contexts == NULL || *find(s, t->tag) == NULL)
			return err_set(&cmd->err, ERR_CLIENTBUG, "No search with this tag is kept");
	for (struct tags *t = tags; t != NULL; t = t->next) {
		struct context **link = find(s, t->tag), *c = *link;

		if (c == NULL)
			continue;	/* named twice */
		*link = c->next;
		s->contexts->count--;
		context_free(c);
	}
	return 0;
}
