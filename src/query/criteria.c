/*
 * Search programs, read without recursion: NOT and OR and lists wait on a stack
 * of frames until their keys have come, so that "OR OR OR ..." of any client
 * costs heap and no stack. AND in AND and OR in OR become one list, which keeps
 * the tree shallow; its children stand in the order of their cost.
 */
#include "query/criteria.h"

#include <assert.h>
#include <string.h>

#include "query/charset.h"
#include "query/result.h"
#include "util/arena.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "wire/flags.h"

enum key_form {
	KEY_ALL,
	KEY_FLAGS,	/* a: mask, b: value */
	KEY_KEYWORD,	/* a: 1 for UNKEYWORD */
	KEY_DATE,	/* a: enum criterion_date, b: enum criterion_order */
	KEY_SIZE,	/* a: kind */
	KEY_WITHIN,	/* a: kind */
	KEY_FIELD,	/* a: enum field_kind */
	KEY_HEADER,
	KEY_TEXT,	/* a: kind */
	KEY_UID,
	KEY_MODSEQ,
	KEY_SAVEDATE,
	KEY_OBJECTID,	/* a: kind */
	KEY_FILTER,
	KEY_NOT,
	KEY_OR,
};

struct key_row {
	const char *name;
	enum key_form form;
	unsigned a, b;
};

static const struct key_row keys[] = {
	{ "ALL", KEY_ALL, 0, 0 },
	{ "ANSWERED", KEY_FLAGS, FLAG_ANSWERED, FLAG_ANSWERED },
	{ "BCC", KEY_FIELD, FIELD_BCC, 0 },
	{ "BEFORE", KEY_DATE, DATE_INTERNAL, DATE_BEFORE },
	{ "BODY", KEY_TEXT, CRITERION_BODY, 0 },
	{ "CC", KEY_FIELD, FIELD_CC, 0 },
	{ "DELETED", KEY_FLAGS, FLAG_DELETED, FLAG_DELETED },
	{ "DRAFT", KEY_FLAGS, FLAG_DRAFT, FLAG_DRAFT },
	{ "EMAILID", KEY_OBJECTID, CRITERION_EMAILID, 0 },
	{ "FILTER", KEY_FILTER, 0, 0 },
	{ "FLAGGED", KEY_FLAGS, FLAG_FLAGGED, FLAG_FLAGGED },
	{ "FROM", KEY_FIELD, FIELD_FROM, 0 },
	{ "HEADER", KEY_HEADER, 0, 0 },
	{ "KEYWORD", KEY_KEYWORD, 0, 0 },
	{ "LARGER", KEY_SIZE, CRITERION_LARGER, 0 },
	{ "MODSEQ", KEY_MODSEQ, 0, 0 },
	/* NEW, OLD and RECENT are of IMAP4rev1 only and do no harm to others */
	{ "NEW", KEY_FLAGS, FLAG_RECENT | FLAG_SEEN, FLAG_RECENT },
	{ "NOT", KEY_NOT, 0, 0 },
	{ "OLD", KEY_FLAGS, FLAG_RECENT, 0 },
	{ "OLDER", KEY_WITHIN, CRITERION_OLDER, 0 },
	{ "ON", KEY_DATE, DATE_INTERNAL, DATE_ON },
	{ "OR", KEY_OR, 0, 0 },
	{ "RECENT", KEY_FLAGS, FLAG_RECENT, FLAG_RECENT },
	{ "SAVEDATESUPPORTED", KEY_SAVEDATE, 0, 0 },
	{ "SAVEDBEFORE", KEY_DATE, DATE_SAVED, DATE_BEFORE },
	{ "SAVEDON", KEY_DATE, DATE_SAVED, DATE_ON },
	{ "SAVEDSINCE", KEY_DATE, DATE_SAVED, DATE_SINCE },
	{ "SEEN", KEY_FLAGS, FLAG_SEEN, FLAG_SEEN },
	{ "SENTBEFORE", KEY_DATE, DATE_SENT, DATE_BEFORE },
	{ "SENTON", KEY_DATE, DATE_SENT, DATE_ON },
	{ "SENTSINCE", KEY_DATE, DATE_SENT, DATE_SINCE },
	{ "SINCE", KEY_DATE, DATE_INTERNAL, DATE_SINCE },
	{ "SMALLER", KEY_SIZE, CRITERION_SMALLER, 0 },
	{ "SUBJECT", KEY_FIELD, FIELD_SUBJECT, 0 },
	{ "TEXT", KEY_TEXT, CRITERION_TEXT, 0 },
	{ "THREADID", KEY_OBJECTID, CRITERION_THREADID, 0 },
	{ "TO", KEY_FIELD, FIELD_TO, 0 },
	{ "UID", KEY_UID, 0, 0 },
	{ "UNANSWERED", KEY_FLAGS, FLAG_ANSWERED, 0 },
	{ "UNDELETED", KEY_FLAGS, FLAG_DELETED, 0 },
	{ "UNDRAFT", KEY_FLAGS, FLAG_DRAFT, 0 },
	{ "UNFLAGGED", KEY_FLAGS, FLAG_FLAGGED, 0 },
	{ "UNKEYWORD", KEY_KEYWORD, 1, 0 },
	{ "UNSEEN", KEY_FLAGS, FLAG_SEEN, 0 },
	{ "YOUNGER", KEY_WITHIN, CRITERION_YOUNGER, 0 },
};

static const enum criterion_cost costs[] = {
	[CRITERION_FLAGS] = COST_INDEX, [CRITERION_KEYWORD] = COST_INDEX,
	[CRITERION_NUMBERS] = COST_INDEX, [CRITERION_UIDS] = COST_INDEX,
	[CRITERION_SAVED] = COST_INDEX, [CRITERION_MODSEQ] = COST_INDEX,
	[CRITERION_SAVEDATESUPPORTED] = COST_INDEX,
	[CRITERION_LARGER] = COST_STAT, [CRITERION_SMALLER] = COST_STAT,
	[CRITERION_OLDER] = COST_STAT, [CRITERION_YOUNGER] = COST_STAT,
	[CRITERION_EMAILID] = COST_INDEX, [CRITERION_THREADID] = COST_HEADER,
	[CRITERION_FIELD] = COST_HEADER,
	[CRITERION_BODY] = COST_TEXT, [CRITERION_TEXT] = COST_TEXT,
};

/* What waits for keys: a list (also the program itself), an OR, a NOT. */
struct frame {
	struct frame *up;
	struct criterion *node;		/* AND or OR under construction; NULL: a NOT */
	unsigned wanted;		/* keys still to come; 0: as many as there are up to ")" */
	bool parentheses;
};

struct reader {
	struct parse *p;
	struct criteria *out;
	struct charset charset;
	const struct criteria_filters *filters;
	unsigned filter_depth, filters_used;
	struct frame *top;
	struct frame *spare;		/* popped frames, used again */
	unsigned nodes, open;
	size_t field_room;
};

static struct criterion *
node_new(struct reader *r, enum criterion_kind kind)
{
	struct criterion *node = arena_alloc(r->p->arena, sizeof *node);

	node->kind = kind;
	node->depth = 1;
	if (kind != CRITERION_AND && kind != CRITERION_OR) {
		if (kind == CRITERION_DATE)	/* the kind of date is not set yet */
			node->cost_least = node->cost_most = COST_STAT;
		else
			node->cost_least = node->cost_most = (uint8_t)costs[kind];
	}
	return node;
}

static int
count(struct reader *r)
{
	if (++r->nodes > CRITERIA_NODES_MAX)
		return err_set(r->p->err, ERR_LIMIT, "More than %d search keys",
		    CRITERIA_NODES_MAX);
	return 0;
}

static int
push(struct reader *r, struct criterion *node, unsigned wanted, bool parentheses)
{
	struct frame *frame = r->spare;

	if (count(r) < 0)
		return -1;
	if (++r->open > CRITERIA_OPEN_MAX)
		return err_set(r->p->err, ERR_SYNTAX, "Search keys nest deeper than %d",
		    CRITERIA_OPEN_MAX);
	if (frame != NULL)
		r->spare = frame->up;
	else
		frame = arena_alloc(r->p->arena, sizeof *frame);
	*frame = (struct frame){ r->top, node, wanted, parentheses };
	r->top = frame;
	return 0;
}

static void
pop(struct reader *r)
{
	struct frame *frame = r->top;

	r->open--;
	r->top = frame->up;
	frame->up = r->spare;
	r->spare = frame;
}

/* All children are there: sort them by cost (a bucket a cost, order kept), sum up. */
static int
close_node(struct reader *r, struct criterion *node)
{
	struct criterion *heads[COST_TEXT + 1] = { NULL }, **tails[COST_TEXT + 1], **link;

	if (node->first == NULL || node->depth > 1)
		return 0;	/* a leaf, or closed before */
	for (unsigned cost = 0; cost <= COST_TEXT; cost++)
		tails[cost] = &heads[cost];
	node->cost_least = COST_TEXT;
	for (struct criterion *child = node->first; child != NULL; child = child->next) {
		*tails[child->cost_most] = child;
		tails[child->cost_most] = &child->next;
		if (child->cost_least < node->cost_least)
			node->cost_least = child->cost_least;
		if (child->cost_most > node->cost_most)
			node->cost_most = child->cost_most;
		if (child->depth >= node->depth)
			node->depth = (uint16_t)(child->depth + 1);
	}
	link = &node->first;
	for (unsigned cost = 0; cost <= COST_TEXT; cost++) {
		*link = heads[cost];
		if (heads[cost] != NULL)
			link = tails[cost];
	}
	*link = NULL;
	if (node->depth > CRITERIA_DEPTH_MAX)
		return err_set(r->p->err, ERR_LIMIT, "Search keys nest deeper than %d",
		    CRITERIA_DEPTH_MAX);
	return 0;
}

/*
 * AND in AND and OR in OR become one before they are closed: a chain of n is
 * then put in order once and not n times.
 */
static int
add_child(struct reader *r, struct frame *frame, struct criterion *child)
{
	struct criterion *node = frame->node, *last = child;

	if (child->kind == node->kind && !child->not) {
		if (child->first == NULL)
			return 0;	/* ALL among others */
		last = child->last;
		child = child->first;
	} else if (close_node(r, child) < 0) {
		return -1;
	}
	if (node->first == NULL)
		node->first = child;
	else
		node->last->next = child;
	node->last = last;
	return 0;
}

/* A list of one key is that key. */
static struct criterion *
reduce(struct criterion *node)
{
	struct criterion *only = node->first;

	if (node->kind != CRITERION_AND || only == NULL || only->next != NULL)
		return node;
	only->not ^= node->not;
	return only;
}

/* A string of the command as UTF-8. */
static int
read_string(struct reader *r, struct str *out)
{
	if (parse_astring(r->p, out) < 0)
		return -1;
	return charset_to_utf8(&r->charset, r->p->arena, out, r->p->err);
}

static int
read_needle(struct reader *r, struct criterion *node)
{
	struct buf key = BUF_INIT;
	struct str text;
	const char *kept;

	if (parse_space(r->p) < 0 || read_string(r, &text) < 0)
		return -1;
	collate_key(text.data, text.len, &key);
	kept = arena_strndup(r->p->arena, buf_str(&key), key.len);
	needle_init(&node->find.needle, kept, key.len);
	node->find.number = r->out->needle_count++;
	buf_fini(&key);
	return 0;
}

/* The number of a field in out->fields, a new one if no key looked there yet. */
static unsigned
field_number(struct reader *r, enum field_kind kind, struct str name)
{
	struct criteria *out = r->out;

	/* some hundred keys look at one field or two, so this is short */
	for (unsigned i = 0; i < out->field_count; i++)
		if (out->fields[i].kind == kind && out->fields[i].name.len == name.len
		    && ascii_ncasecmp(out->fields[i].name.data, name.data, name.len) == 0)
			return i;
	if (out->field_count == r->field_room) {
		struct criteria_field *more;

		r->field_room = r->field_room > 0 ? 2 * r->field_room : 8;
		more = arena_alloc(r->p->arena, r->field_room * sizeof *more);
		if (out->field_count > 0)
			memcpy(more, out->fields, out->field_count * sizeof *more);
		out->fields = more;
	}
	out->fields[out->field_count] = (struct criteria_field){ kind, name };
	return out->field_count++;
}

static int
read_header(struct reader *r, struct criterion *node)
{
	struct str name;

	if (parse_space(r->p) < 0 || parse_astring(r->p, &name) < 0)
		return -1;
	if (r->out->field_count >= CRITERIA_FIELDS_MAX)
		return err_set(r->p->err, ERR_LIMIT, "More than %d header fields in one search",
		    CRITERIA_FIELDS_MAX);
	node->find.field = field_number(r, FIELD_NAMED, name);
	return read_needle(r, node);
}

/*
 * MODSEQ ["/flags/name" priv|shared|all] number. A message has one mod-sequence,
 * so which entry is meant does not matter (RFC 7162 3.1.5).
 */
static int
read_modseq(struct reader *r, struct criterion *node)
{
	struct parse *p = r->p;
	struct str entry;

	if (parse_space(p) < 0)
		return -1;
	if (parse_peek(p) == '"') {
		if (parse_string(p, &entry) < 0 || parse_space(p) < 0)
			return -1;
		if (!parse_try_word(p, "priv") && !parse_try_word(p, "shared")
		    && !parse_try_word(p, "all"))
			return parse_fail(p, "priv, shared or all");
		if (parse_space(p) < 0)
			return -1;
	}
	r->out->uses_modseq = true;
	return parse_number64(p, &node->number);
}

/* "$", or a set that is kept in the arena as the client gave it. */
static int
read_set(struct reader *r, enum criterion_kind kind, struct criterion **out)
{
	struct parse *p = r->p;
	struct seqset set = SEQSET_INIT;
	struct criterion *node;
	int result;

	if (parse_try(p, '$')) {
		r->out->uses_saved = true;
		*out = node_new(r, CRITERION_SAVED);
		return 0;
	}
	node = *out = node_new(r, kind);
	if (kind == CRITERION_NUMBERS)
		r->out->uses_numbers = true;
	result = parse_sequence_set(p, &set);
	if (result == 0) {
		node->set.asked = set;
		node->set.asked.room = set.count;
		node->set.asked.ranges = arena_alloc(p->arena, set.count * sizeof *set.ranges);
		memcpy(node->set.asked.ranges, set.ranges, set.count * sizeof *set.ranges);
	}
	seqset_fini(&set);
	return result;
}

static bool
is_object_id(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alpha(text[i]) && !ascii_is_digit(text[i])
		    && text[i] != '_' && text[i] != '-')
			return false;
	return len > 0 && len <= 255;
}

static int
read_object_id(struct reader *r, struct criterion *node)
{
	const char *start;

	if (parse_space(r->p) < 0)
		return -1;
	start = r->p->at;
	if (parse_atom(r->p, &node->word) < 0)
		return -1;
	if (!is_object_id(node->word.data, node->word.len)) {
		r->p->at = start;
		return parse_fail(r->p, "an object id");
	}
	return 0;
}

static int read_keys(struct reader *r);

/* A filter has no command around it: nothing follows its end, and no literal can. */
static struct parse
parse_of_filter(const char *program, size_t len, struct arena *arena, struct err *err)
{
	return (struct parse){ .arena = arena, .err = err, .line = program, .at = program,
		.end = program + len };
}

static int
undefined_filter(struct reader *r, const char *name, const char *why)
{
	return err_set(r->p->err, ERR_UNDEFINED_FILTER, "%.200s] %s", name, why);
}

/*
 * FILTER name: the program that is kept under this name stands here as one key,
 * between parentheses as it were (RFC 5466 3.1).
 */
static int
read_filter(struct reader *r, struct criterion **out)
{
	struct parse *p = r->p, inner;
	struct reader outer = *r;
	struct str name, value;
	struct err err = { .kind = ERR_SYNTAX };
	int result;

	if (parse_space(p) < 0 || parse_atom(p, &name) < 0)
		return -1;
	if (r->charset.iconv != NULL && r->filter_depth == 0)
		return err_set(p->err, ERR_SYNTAX, "[BADCHARSET (US-ASCII UTF-8)] Filters are in UTF-8");
	if (r->filters == NULL || r->filter_depth == CRITERIA_FILTER_DEPTH_MAX)
		return undefined_filter(r, name.data, "Filters name each other in a circle");
	if (++r->filters_used > CRITERIA_FILTERS_MAX)
		return err_set(p->err, ERR_LIMIT, "More than %d filters", CRITERIA_FILTERS_MAX);
	if (!r->filters->get(r->filters->ctx, name, p->arena, &value, p->err))
		return -1;
	if (value.data == NULL)
		return undefined_filter(r, name.data, "There is no such filter");
	inner = parse_of_filter(value.data, value.len, p->arena, &err);
	r->p = &inner;
	r->top = NULL;
	r->charset = CHARSET_INIT;
	r->filter_depth++;
	result = read_keys(r);
	*out = r->out->root;
	r->p = p;
	r->top = outer.top;
	r->charset = outer.charset;
	r->filter_depth--;
	if (result == 0)
		return 0;
	if (err.kind != ERR_SYNTAX) {
		*p->err = err;
		return -1;
	}
	return undefined_filter(r, name.data, "The filter is no whole search program");
}

static int
read_leaf(struct reader *r, const struct key_row *row, struct criterion **out)
{
	struct parse *p = r->p;
	struct criterion *node;
	uint32_t seconds;

	switch (row->form) {
	case KEY_ALL:
		*out = node_new(r, CRITERION_AND);
		return 0;
	case KEY_FLAGS:
		node = *out = node_new(r, CRITERION_FLAGS);
		node->flags.mask = row->a;
		node->flags.value = row->b;
		return 0;
	case KEY_KEYWORD:
		node = *out = node_new(r, CRITERION_KEYWORD);
		node->not = row->a != 0;
		return parse_space(p) < 0 || parse_atom(p, &node->keyword.name) < 0 ? -1 : 0;
	case KEY_DATE:
		node = *out = node_new(r, CRITERION_DATE);
		node->date.date = (enum criterion_date)row->a;
		node->date.order = (enum criterion_order)row->b;
		if (row->a == DATE_SENT)
			node->cost_least = node->cost_most = COST_HEADER;
		return parse_space(p) < 0 || parse_date(p, &node->date.day) < 0 ? -1 : 0;
	case KEY_SIZE:
		node = *out = node_new(r, (enum criterion_kind)row->a);
		return parse_space(p) < 0 || parse_number64(p, &node->number) < 0 ? -1 : 0;
	case KEY_WITHIN:
		node = *out = node_new(r, (enum criterion_kind)row->a);
		if (parse_space(p) < 0 || parse_nz_number(p, &seconds) < 0)
			return -1;
		node->number = seconds;
		return 0;
	case KEY_FIELD:
		node = *out = node_new(r, CRITERION_FIELD);
		node->find.field = field_number(r, (enum field_kind)row->a, (struct str){ "", 0 });
		return read_needle(r, node);
	case KEY_HEADER:
		*out = node_new(r, CRITERION_FIELD);
		return read_header(r, *out);
	case KEY_TEXT:
		node = *out = node_new(r, (enum criterion_kind)row->a);
		node->find.text = r->out->text_count++;
		return read_needle(r, node);
	case KEY_UID:
		return parse_space(p) < 0 ? -1 : read_set(r, CRITERION_UIDS, out);
	case KEY_MODSEQ:
		*out = node_new(r, CRITERION_MODSEQ);
		return read_modseq(r, *out);
	case KEY_SAVEDATE:
		*out = node_new(r, CRITERION_SAVEDATESUPPORTED);
		return 0;
	case KEY_OBJECTID:
		*out = node_new(r, (enum criterion_kind)row->a);
		return read_object_id(r, *out);
	case KEY_FILTER:
		return read_filter(r, out);
	case KEY_NOT:
	case KEY_OR:
		break;
	}
	assert(!"the caller takes NOT and OR");
	return -1;
}

static const struct key_row *
find_row(struct parse *p)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (parse_try_word(p, keys[i].name))
			return &keys[i];
	return NULL;
}

/* The next key, or the start of one: NOT, OR and "(" leave *out NULL and a frame that waits. */
static int
read_key(struct reader *r, struct criterion **out)
{
	struct parse *p = r->p;
	const struct key_row *row;
	char c = parse_peek(p);

	*out = NULL;
	if (parse_try(p, '('))
		return push(r, node_new(r, CRITERION_AND), 0, true);
	if (ascii_is_digit(c) || c == '*' || c == '$')
		return count(r) < 0 ? -1 : read_set(r, CRITERION_NUMBERS, out);
	row = find_row(p);
	if (row == NULL)
		return parse_fail(p, "a search key");
	if (row->form == KEY_NOT)
		return push(r, NULL, 1, false) < 0 ? -1 : parse_space(p);
	if (row->form == KEY_OR)
		return push(r, node_new(r, CRITERION_OR), 2, false) < 0 ? -1 : parse_space(p);
	return count(r) < 0 ? -1 : read_leaf(r, row, out);
}

/*
 * A key is whole: hand it to what waits for it, and that to what waits above,
 * until something wants more. 1: the program is whole; 0: go on reading.
 */
static int
hand_up(struct reader *r, struct criterion *node)
{
	struct parse *p = r->p;

	for (;;) {
		struct frame *frame = r->top;

		if (frame->node == NULL) {
			node->not = !node->not;
			pop(r);
			continue;
		}
		if (add_child(r, frame, node) < 0)
			return -1;
		if (frame->wanted > 1) {
			frame->wanted--;
			return parse_space(p);
		}
		if (frame->wanted == 0) {
			/* a blank at the end of the command is an old habit, as in parse_end */
			if (parse_try(p, ' ') && (parse_peek(p) != '\0' || frame->parentheses))
				return 0;
			if (frame->parentheses && parse_char(p, ')') < 0)
				return -1;
		}
		node = reduce(frame->node);
		pop(r);
		if (r->top == NULL) {
			r->out->root = node;
			return close_node(r, node) < 0 || parse_end(p) < 0 ? -1 : 1;
		}
	}
}

static int
read_charset(struct reader *r, enum criteria_charset where)
{
	struct parse *p = r->p;
	struct str name = { "UTF-8", 5 };

	if (where == CRITERIA_CHARSET_OPTIONAL) {
		r->out->charset_given = parse_try_word(p, "CHARSET");
		if (r->out->charset_given && parse_space(p) < 0)
			return -1;
	}
	if (where == CRITERIA_CHARSET_FIRST || r->out->charset_given) {
		if (parse_astring(p, &name) < 0)
			return -1;
		if (charset_open(&r->charset, name.data, p->err) < 0)
			return -1;
		return parse_space(p);
	}
	return charset_open(&r->charset, name.data, p->err);
}

/* Keys up to the end, as one: out->root. */
static int
read_keys(struct reader *r)
{
	struct criterion *node;
	int result = push(r, node_new(r, CRITERION_AND), 0, false);

	while (result == 0) {
		result = read_key(r, &node);
		if (result == 0 && node != NULL)
			result = hand_up(r, node);
	}
	return result < 0 ? -1 : 0;
}

/* late: where to keep a RETURN that stands behind the charset, NULL where none may. */
static int
read_program(struct parse *p, enum criteria_charset charset, struct result_options *late,
    const struct criteria_filters *filters, struct criteria *out)
{
	struct reader r = { .p = p, .out = out, .charset = CHARSET_INIT, .filters = filters };
	int result;

	*out = (struct criteria){ .root = NULL };
	result = read_charset(&r, charset);
	if (result == 0 && late != NULL)
		result = result_parse(p, late);
	if (result == 0)
		result = read_keys(&r);
	charset_close(&r.charset);
	return result;
}

int
criteria_parse(struct parse *p, enum criteria_charset charset,
    const struct criteria_filters *filters, struct criteria *out)
{
	return read_program(p, charset, NULL, filters, out);
}

int
criteria_parse_sort(struct parse *p, struct result_options *options,
    const struct criteria_filters *filters, struct criteria *out)
{
	return read_program(p, CRITERIA_CHARSET_FIRST, options->given ? NULL : options, filters, out);
}

/* Filters that this one names are looked up when it is used: they may come later. */
static bool
any_filter(void *ctx, struct str name, struct arena *arena, struct str *value, struct err *err)
{
	(void)ctx, (void)name, (void)arena, (void)err;
	*value = (struct str){ "ALL", 3 };
	return true;
}

int
criteria_check_filter(const char *program, size_t len, struct arena *arena, struct err *err)
{
	const struct criteria_filters any = { .get = any_filter };
	struct parse p = parse_of_filter(program, len, arena, err);
	struct criteria criteria = { .root = NULL };
	struct reader r = { .p = &p, .out = &criteria, .charset = CHARSET_INIT, .filters = &any };

	return read_keys(&r);
}
