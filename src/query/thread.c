/*
 * Threads after RFC 5256 section 3. Each step is one walk over messages, nodes
 * or roots; what has to be in order of dates is put in order once, and lists are
 * then filled in that order. Where the RFC leaves room this follows Dovecot:
 * a child of several missing parents goes to the highest of them, and dummies
 * stand where their first child would.
 */
#include "query/thread.h"

#include <stdlib.h>
#include <string.h>

#include "query/envelope.h"
#include "query/forest.h"
#include "query/hashes.h"
#include "query/keys.h"
#include "query/msgid.h"
#include "query/names.h"
#include "query/sort.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/order.h"
#include "wire/parse.h"

static const struct {
	const char *name;
	enum thread_algorithm algorithm;
} rows[] = {
	{ "ORDEREDSUBJECT", THREAD_ORDEREDSUBJECT },
	{ "REFERENCES", THREAD_REFERENCES },
	{ "REFS", THREAD_REFS },
};

struct message {
	uint32_t id;
	uint32_t position;	/* to ask it again */
	uint32_t node;
	uint32_t subject;	/* ORDEREDSUBJECT: number of its base subject */
	int64_t sent;
	int64_t arrival;	/* REFS */
	/* REFERENCES, where keys are kept */
	uint64_t subject_hash;	/* 0: to be asked for */
	bool reply, has_subject;
};

/* A node of the answer: the same numbers as in the forest, dummies of step 5 behind them. */
struct node {
	uint32_t message;	/* number + 1; 0: a dummy */
	uint32_t name;		/* number of its id; 0: none, or one that came before */
	uint32_t parent;
	uint32_t child, last;	/* its children, in order */
	uint32_t next;
};

struct thread {
	enum thread_algorithm algorithm;
	const struct document_ops *ops;
	void *mailbox;
	struct message *messages;
	size_t count, room;
	struct forest forest;		/* step 1 */
	struct names names;		/* of ids; of base subjects for ORDEREDSUBJECT */
	uint32_t *named;		/* node of each name */
	size_t named_room;
	bool hashed;			/* ids are known by their hashes, and have no names */
	uint64_t hash_key[2];
	struct hashes hashes;		/* to nodes */
	struct node *nodes;
	size_t node_count, node_room;
	uint32_t first, last;		/* roots, in order */
	struct buf id, decoded, scratch, key;
};

int
thread_parse(struct parse *p, enum thread_algorithm *out)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (parse_try_word(p, rows[i].name)) {
			*out = rows[i].algorithm;
			return 0;
		}
	return parse_fail(p, "a threading algorithm");
}

struct thread *
thread_new(enum thread_algorithm algorithm, const struct document_ops *ops, void *mailbox)
{
	struct thread *t = mem_calloc(1, sizeof *t);

	t->algorithm = algorithm;
	t->ops = ops;
	t->mailbox = mailbox;
	forest_init(&t->forest);
	names_init(&t->names);
	return t;
}

void
thread_free(struct thread **thread)
{
	struct thread *t = *thread;

	if (t == NULL)
		return;
	free(t->messages);
	forest_fini(&t->forest);
	names_fini(&t->names);
	free(t->named);
	hashes_fini(&t->hashes);
	free(t->nodes);
	buf_fini(&t->id);
	buf_fini(&t->decoded);
	buf_fini(&t->scratch);
	buf_fini(&t->key);
	free(t);
	*thread = NULL;
}

static uint32_t
new_node(struct thread *t)
{
	uint32_t node = forest_add(&t->forest);

	t->nodes = mem_grow(t->nodes, &t->node_room, node + 1, sizeof *t->nodes);
	if (node == 1)
		t->nodes[0] = (struct node){ 0 };
	t->nodes[node] = (struct node){ 0 };
	t->node_count = node + 1;
	return node;
}

/* The node of the name or hash of this number; a new one when that is new. */
static uint32_t
node_of(struct thread *t, uint32_t number, bool is_new)
{
	if (is_new) {
		uint32_t node = new_node(t);

		t->named = mem_grow(t->named, &t->named_room, number, sizeof *t->named);
		t->nodes[node].name = number;
		t->named[number - 1] = node;
	}
	return t->named[number - 1];
}

static uint32_t
node_of_hash(struct thread *t, uint64_t hash)
{
	size_t known = t->hashes.count;
	uint32_t number = hashes_number(&t->hashes, hash);

	return node_of(t, number, number > known);
}

/* The node of the message id in t->id. */
static uint32_t
node_of_id(struct thread *t)
{
	size_t known = t->names.count;
	uint32_t number;

	if (t->hashed)
		return node_of_hash(t, keys_hash(t->hash_key, t->id.data, t->id.len));
	number = names_number(&t->names, t->id.data, t->id.len);
	return node_of(t, number, number > known);
}

/* The references of a message while they are linked, step 1.A. */
struct chain {
	struct thread *thread;
	uint32_t last;
	bool seen;	/* one References field is enough, more are an error of the sender */
};

static void
link_reference(struct chain *chain, uint32_t node)
{
	struct thread *t = chain->thread;

	if (chain->last != 0 && forest_parent(&t->forest, node) == 0)
		forest_join(&t->forest, node, chain->last);
	chain->last = node;
}

static void
take_references(void *ctx, const char *value, size_t len)
{
	struct chain *chain = ctx;
	struct thread *t = chain->thread;
	const char *at = value, *end = value + len;

	if (chain->seen)
		return;
	chain->seen = true;
	while (msgid_next(&at, end, &t->id))
		link_reference(chain, node_of_id(t));
}

/* The node of the next message; named: that of its id, or 0. */
static uint32_t
take_node(struct thread *t, uint32_t named)
{
	/* without an id, and with one that came before, it gets one of its own */
	uint32_t node = named == 0 || t->nodes[named].message != 0 ? new_node(t) : named;

	t->nodes[node].message = (uint32_t)t->count + 1;
	return node;
}

/* Step 1.B: its own word counts more than what others said. */
static void
put_under(struct thread *t, uint32_t node, uint32_t parent)
{
	if (forest_parent(&t->forest, node) == parent)
		return;
	if (forest_parent(&t->forest, node) != 0)
		forest_cut(&t->forest, node);
	if (parent != 0)
		forest_join(&t->forest, node, parent);
}

/* Step 1 for one message; returns its node. */
static uint32_t
link_message(struct thread *t, struct document *d, struct str envelope)
{
	static const struct str references = { "References", 10 };
	struct chain chain = { .thread = t };
	struct str text = envelope_string(envelope, ENVELOPE_MESSAGE_ID, &t->scratch);
	const char *at = text.data;
	uint32_t node = 0;

	if (at != NULL && msgid_next(&at, text.data + text.len, &t->id))
		node = node_of_id(t);
	node = take_node(t, node);
	d->ops->header(d, REACH_DISK, references, take_references, &chain);
	if (chain.last == 0) {
		text = envelope_string(envelope, ENVELOPE_IN_REPLY_TO, &t->scratch);
		at = text.data;
		if (at != NULL && msgid_next(&at, text.data + text.len, &t->id))
			chain.last = node_of_id(t);
	}
	put_under(t, node, chain.last);
	return node;
}

static uint32_t
link_kept(struct thread *t, const struct keys *keys)
{
	struct chain chain = { .thread = t };
	uint32_t node = take_node(t, keys->id != 0 ? node_of_hash(t, keys->id) : 0);

	for (size_t i = 0; i < keys->reference_count; i++)
		link_reference(&chain, node_of_hash(t, keys_reference(keys, i)));
	put_under(t, node, chain.last);
	return node;
}

/* A message of which keys are kept. */
static void
add_kept(struct thread *t, struct document *d, const struct keys *keys, struct message *m)
{
	struct str none = { "", 0 };

	m->sent = keys->has_date ? keys->sent : sort_sent_date(d, none, &t->scratch);
	if (t->algorithm == THREAD_ORDEREDSUBJECT) {
		m->subject = names_number(&t->names, keys->base.data, keys->base.len);
		m->node = take_node(t, 0);
		return;
	}
	m->node = link_kept(t, keys);
	if (t->algorithm == THREAD_REFERENCES) {
		m->subject_hash = keys->base_hash;
		m->has_subject = keys->base.len > 0;
		m->reply = keys->reply;
	}
}

static bool
add_parsed(struct thread *t, struct document *d, struct message *m)
{
	struct str envelope;

	if (d->ops->envelope(d, REACH_DISK, &envelope) != DOCUMENT_KNOWN)
		return false;
	m->sent = sort_sent_date(d, envelope, &t->scratch);
	if (t->algorithm == THREAD_ORDEREDSUBJECT) {
		buf_reset(&t->key);
		sort_subject(d, envelope, &t->decoded, &t->scratch, &t->key);
		m->subject = names_number(&t->names, buf_str(&t->key), t->key.len);
		m->node = take_node(t, 0);
	} else {
		m->node = link_message(t, d, envelope);
	}
	return true;
}

void
thread_add(struct thread *t, struct document *d, uint32_t id)
{
	struct message m = { .id = id, .position = d->number - 1 };
	struct document_time arrival = { 0, 0 };
	const struct keys *kept = t->hashed ? d->ops->keys(d, REACH_DISK) : NULL;

	if (kept != NULL)
		add_kept(t, d, kept, &m);
	else if (!add_parsed(t, d, &m))
		return;
	if (t->algorithm == THREAD_REFS
	    && d->ops->internal_date(d, REACH_DISK, &arrival) != DOCUMENT_KNOWN)
		arrival.utc = 0;
	m.arrival = arrival.utc;
	t->messages = mem_grow(t->messages, &t->room, t->count + 1, sizeof *t->messages);
	t->messages[t->count++] = m;
}

void
thread_use_keys(struct thread *t)
{
	t->hashed = t->ops->hash_key != NULL && t->ops->hash_key(t->mailbox, t->hash_key);
	if (t->hashed)
		hashes_init(&t->hashes);
}

size_t
thread_links(const struct thread *t)
{
	return t->node_count > 0 ? t->node_count - 1 : 0;
}

uint32_t
thread_link_of(const struct thread *t, size_t i)
{
	return t->messages[i].node;
}

uint32_t
thread_link(const struct thread *t, uint32_t node)
{
	return forest_parent(&t->forest, node);
}

bool
thread_link_name(const struct thread *t, uint32_t node, struct str *out)
{
	const struct name *name;

	if (t->nodes[node].name == 0 || t->hashed)
		return false;
	name = &t->names.names[t->nodes[node].name - 1];
	*out = (struct str){ t->names.texts.data + name->at, name->len };
	return true;
}

bool
thread_has_message(const struct thread *t, uint32_t node)
{
	return t->nodes[node].message != 0;
}

size_t
thread_count(const struct thread *t)
{
	return t->count;
}

/* Numbers of messages in order of their sent dates, equal ones as they stand in the mailbox. */
static uint32_t *
by_date(const struct thread *t)
{
	struct order_item *items = mem_calloc(t->count, sizeof *items);
	struct order_item *spare = mem_calloc(t->count, sizeof *spare);
	uint32_t *order = mem_calloc(t->count, sizeof *order);

	for (size_t i = 0; i < t->count; i++)
		items[i] = (struct order_item){ sort_unsigned(t->messages[i].sent), (uint32_t)i };
	order_items(items, spare, t->count);
	for (size_t i = 0; i < t->count; i++)
		order[i] = items[i].at;
	free(items);
	free(spare);
	return order;
}

static void
hang(struct thread *t, uint32_t node)
{
	uint32_t parent = t->nodes[node].parent;
	uint32_t *first = parent != 0 ? &t->nodes[parent].child : &t->first;
	uint32_t *last = parent != 0 ? &t->nodes[parent].last : &t->last;

	if (*first == 0)
		*first = node;
	else
		t->nodes[*last].next = node;
	*last = node;
}

/*
 * Fill all lists from the parents, in order of dates. A dummy has none; it comes
 * among the roots where its first child comes (steps 4 and 6).
 */
static void
hang_all(struct thread *t, const uint32_t *order)
{
	t->first = t->last = 0;
	for (size_t i = 0; i < t->node_count; i++)
		t->nodes[i].child = t->nodes[i].last = t->nodes[i].next = 0;
	for (size_t i = 0; i < t->count; i++) {
		uint32_t node = t->messages[order[i]].node, parent = t->nodes[node].parent;

		if (parent != 0 && t->nodes[parent].message == 0 && t->nodes[parent].child == 0)
			hang(t, parent);
		hang(t, node);
	}
}

/*
 * Step 3: where a child of a dummy belongs: to the nearest message above, or
 * else to the highest dummy. What was found is noted in the dummies' parents, so
 * that a long chain of them is climbed once. The answer is the parent's parent
 * for a dummy that has been noted.
 */
static uint32_t
climb(struct thread *t, uint32_t dummy, uint8_t *noted)
{
	uint32_t top = dummy, answer;

	while (!noted[top]) {
		uint32_t up = forest_parent(&t->forest, top);

		if (up == 0 || t->nodes[up].message != 0) {
			t->nodes[top].parent = up != 0 ? up : top;
			noted[top] = 1;
			break;
		}
		top = up;
	}
	answer = t->nodes[top].parent;
	for (uint32_t at = dummy; at != top; at = forest_parent(&t->forest, at)) {
		t->nodes[at].parent = answer;
		noted[at] = 1;
	}
	return answer;
}

/* Steps 2 and 3: messages under messages or under dummies that are roots of two or more. */
static void
prune(struct thread *t)
{
	uint8_t *noted = mem_calloc(t->node_count, 1);
	uint32_t *children = mem_calloc(t->node_count, sizeof *children);

	for (size_t i = 0; i < t->count; i++) {
		uint32_t node = t->messages[i].node, up = forest_parent(&t->forest, node);

		if (up != 0 && t->nodes[up].message == 0)
			up = climb(t, up, noted);
		t->nodes[node].parent = up;
		if (up != 0)
			children[up]++;
	}
	for (size_t i = 1; i < t->node_count; i++)
		if (t->nodes[i].message == 0)
			t->nodes[i].parent = 0;
	for (size_t i = 0; i < t->count; i++) {
		struct node *node = &t->nodes[t->messages[i].node];

		if (t->nodes[node->parent].message == 0 && children[node->parent] == 1)
			node->parent = 0;
	}
	free(noted);
	free(children);
}

/* A root of step 5: its thread subject, and whether that says "reply" or "forward". */
struct root {
	uint32_t node;
	uint32_t subject;	/* number of the name; 0: empty */
	bool reply;
};

/* A row of the subject table: the node that stands for the subject. */
struct holder {
	uint32_t node;
	bool reply;
};

/* Numbers for subjects: by their hashes where ids go by theirs, or by their text. */
struct subjects {
	struct names names;
	struct hashes hashes;
};

static void
find_subject(struct thread *t, struct subjects *subjects, struct root *root)
{
	uint32_t node = t->nodes[root->node].message != 0 ? root->node : t->nodes[root->node].child;
	const struct message *m = &t->messages[t->nodes[node].message - 1];
	struct document d;
	struct str envelope;

	root->subject = 0;
	root->reply = m->reply;
	if (m->subject_hash != 0) {
		if (m->has_subject)
			root->subject = hashes_number(&subjects->hashes, m->subject_hash);
		return;
	}
	if (!t->ops->open(t->mailbox, m->position, &d)
	    || t->ops->envelope(&d, REACH_DISK, &envelope) != DOCUMENT_KNOWN)
		return;
	buf_reset(&t->key);
	root->reply = sort_subject(&d, envelope, &t->decoded, &t->scratch, &t->key);
	if (t->key.len == 0)
		return;
	if (t->hashed)
		root->subject = hashes_number(&subjects->hashes,
		    keys_hash(t->hash_key, t->key.data, t->key.len));
	else
		root->subject = names_number(&subjects->names, t->key.data, t->key.len);
}

/* Step 5.B (iv). */
static void
offer(struct thread *t, struct holder *holder, const struct root *root)
{
	bool dummy = t->nodes[root->node].message == 0;

	if (holder->node == 0 || (t->nodes[holder->node].message != 0
	    && (dummy || (holder->reply && !root->reply))))
		*holder = (struct holder){ root->node, root->reply };
}

/* Step 5.C: put a root together with the one that stands for its subject. */
static void
merge(struct thread *t, struct holder *holder, const struct root *root)
{
	uint32_t held = holder->node;

	if (t->nodes[root->node].message == 0) {
		/* two dummies: the children change hands; 5.B leaves no message to hold here */
		for (uint32_t c = t->nodes[root->node].child; c != 0; c = t->nodes[c].next)
			t->nodes[c].parent = held;
	} else if (t->nodes[held].message == 0 || (root->reply && !holder->reply)) {
		t->nodes[root->node].parent = held;
	} else {
		uint32_t dummy = new_node(t);

		t->nodes[held].parent = dummy;
		t->nodes[root->node].parent = dummy;
		holder->node = dummy;
	}
}

/* Step 5: roots of one subject become one thread. */
static void
gather(struct thread *t)
{
	struct subjects subjects;
	struct root *roots = NULL;
	struct holder *holders;
	size_t count = 0, room = 0;

	names_init(&subjects.names);
	hashes_init(&subjects.hashes);
	for (uint32_t node = t->first; node != 0; node = t->nodes[node].next) {
		roots = mem_grow(roots, &room, count + 1, sizeof *roots);
		roots[count].node = node;
		find_subject(t, &subjects, &roots[count++]);
	}
	holders = mem_calloc(subjects.names.count + subjects.hashes.count + 1, sizeof *holders);
	for (size_t i = 0; i < count; i++)
		if (roots[i].subject != 0)
			offer(t, &holders[roots[i].subject], &roots[i]);
	for (size_t i = 0; i < count; i++)
		if (roots[i].subject != 0 && holders[roots[i].subject].node != roots[i].node)
			merge(t, &holders[roots[i].subject], &roots[i]);
	names_fini(&subjects.names);
	hashes_fini(&subjects.hashes);
	free(roots);
	free(holders);
}

/*
 * REFS: no step 5, and the thread that got a message last comes last, so that
 * new mail shows at the end however old its thread is.
 */
static void
order_by_arrival(struct thread *t)
{
	uint64_t *latest = mem_calloc(t->node_count, sizeof *latest);
	uint32_t *tops = mem_calloc(t->node_count, sizeof *tops);
	struct order_item *items, *spare;
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		uint32_t node = t->messages[i].node, top = node;
		uint64_t arrival = sort_unsigned(t->messages[i].arrival);

		while (tops[top] == 0 && t->nodes[top].parent != 0)
			top = t->nodes[top].parent;
		if (tops[top] != 0)
			top = tops[top];
		for (; node != top && tops[node] == 0; node = t->nodes[node].parent)
			tops[node] = top;
		if (arrival > latest[top])
			latest[top] = arrival;
	}
	for (uint32_t node = t->first; node != 0; node = t->nodes[node].next)
		count++;
	items = mem_calloc(count, sizeof *items);
	spare = mem_calloc(count, sizeof *spare);
	count = 0;
	for (uint32_t node = t->first; node != 0; node = t->nodes[node].next)
		items[count++] = (struct order_item){ latest[node], node };
	order_items(items, spare, count);
	t->first = t->last = 0;
	for (size_t i = 0; i < count; i++) {
		t->nodes[items[i].at].next = 0;
		hang(t, items[i].at);
	}
	free(latest);
	free(tops);
	free(items);
	free(spare);
}

/* The first message of a subject is the root, all others are its children. */
static void
group_subjects(struct thread *t, const uint32_t *order)
{
	uint32_t *heads = mem_calloc(t->names.count + 1, sizeof *heads);

	for (size_t i = 0; i < t->count; i++) {
		const struct message *m = &t->messages[order[i]];

		if (heads[m->subject] == 0)
			heads[m->subject] = m->node;
		else
			t->nodes[m->node].parent = heads[m->subject];
	}
	free(heads);
}

void
thread_make(struct thread *t)
{
	uint32_t *order = by_date(t);

	if (t->algorithm == THREAD_ORDEREDSUBJECT)
		group_subjects(t, order);
	else
		prune(t);
	hang_all(t, order);
	if (t->algorithm == THREAD_REFERENCES) {
		gather(t);
		hang_all(t, order);
	} else if (t->algorithm == THREAD_REFS) {
		order_by_arrival(t);
	}
	free(order);
}

uint32_t
thread_first(const struct thread *t)
{
	return t->first;
}

uint32_t
thread_id(const struct thread *t, uint32_t node)
{
	uint32_t message = t->nodes[node].message;

	return message != 0 ? t->messages[message - 1].id : 0;
}

uint32_t
thread_child(const struct thread *t, uint32_t node)
{
	return t->nodes[node].child;
}

uint32_t
thread_next(const struct thread *t, uint32_t node)
{
	return t->nodes[node].next;
}

uint32_t
thread_parent(const struct thread *t, uint32_t node)
{
	return t->nodes[node].parent;
}
