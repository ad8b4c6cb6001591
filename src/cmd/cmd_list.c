/*
 * LIST with all of LIST-EXTENDED, LIST-STATUS and SPECIAL-USE, and LSUB
 * (RFC 9051 6.3.9, RFC 5258, RFC 5819, RFC 6154, RFC 3501 6.3.9).
 *
 * One sorted table of nodes is made: mailboxes, subscribed names, and every name
 * above one of them, the parts of --prefix too. What an option asks of a name is a bit in it; RECURSIVEMATCH
 * is a bit carried from each node to those above it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/metadata.h"
#include "session/names.h"
#include "session/session.h"
#include "store/folder.h"
#include "store/notes.h"
#include "util/ascii.h"
#include "util/log.h"
#include "util/mem.h"
#include "wire/match.h"
#include "wire/respond.h"

enum {
	PATTERNS_MAX = 100,	/* in one LIST; clients send one or two */
};

enum node_bit {
	NODE_EXISTS = 1,
	NODE_SUBSCRIBED = 2,
	NODE_HAS_CHILDREN = 4,		/* a mailbox exists below it */
	NODE_SPECIAL = 8,
	NODE_MATCHES = 16,		/* one of the patterns */
	NODE_MEETS = 32,		/* the selection options */
	NODE_CHILD_MEETS = 64,		/* a name below it does */
	NODE_CHILD_HIDDEN = 128,	/* one that does, and is not returned itself */
	NODE_CHILD_SUBSCRIBED = 256,	/* a name below it is subscribed (LSUB) */
	NODE_PREFIX = 512,		/* a part of --prefix: .name is as the client sees it */
	NODE_SHUT = 1024,		/* exists, but we may not look into it */
};

struct node {
	char *name;
	const char *special_use;	/* "\Sent" ..., or NULL */
	unsigned bits;
};

struct tree {
	struct node *nodes;
	size_t count, room;
	/*
	 * What --prefix puts above every name but INBOX: one node for "Mail/", none for
	 * "INBOX.", which puts them below INBOX.
	 */
	struct node *above;
	size_t above_count, above_room;
	bool prefixed, below_inbox;
	struct notes metadata;
};

struct list_request {
	bool extended;			/* the command used the extended syntax */
	bool select_subscribed, recursive, select_special;
	bool return_subscribed, return_children, return_special, return_rights;
	const struct status_items *status;
	struct metadata_request metadata;	/* RFC 9590; .count 0: not asked for */
	struct str reference;
	struct str patterns[PATTERNS_MAX];
	size_t pattern_count;
};

/* ---- the tree ---- */

/* Every node: those of the prefix, then the names in their order. */
static struct node *
tree_node(const struct tree *tree, size_t i)
{
	if (i >= tree->above_count + tree->count)
		return NULL;
	return i < tree->above_count ? &tree->above[i] : &tree->nodes[i - tree->above_count];
}

static struct node *
add_node(struct tree *tree, const char *name, size_t len, unsigned bits)
{
	struct node *node;

	tree->nodes = mem_grow(tree->nodes, &tree->room, tree->count + 1, sizeof *tree->nodes);
	node = &tree->nodes[tree->count++];
	*node = (struct node){ mem_strndup(name, len), NULL, bits };
	return node;
}

static int
by_name(const void *a, const void *b)
{
	return folder_compare(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static void
sort_and_join(struct tree *tree)
{
	size_t kept = 0;

	qsort(tree->nodes, tree->count, sizeof *tree->nodes, by_name);
	for (size_t i = 0; i < tree->count; i++) {
		if (kept > 0 && strcmp(tree->nodes[kept - 1].name, tree->nodes[i].name) == 0) {
			tree->nodes[kept - 1].bits |= tree->nodes[i].bits;
			free(tree->nodes[i].name);
		} else {
			tree->nodes[kept++] = tree->nodes[i];
		}
	}
	tree->count = kept;
}

static struct node *
find_node(struct tree *tree, const char *name, size_t len)
{
	char *key = mem_strndup(name, len);
	struct node wanted = { key, NULL, 0 }, *found;

	found = bsearch(&wanted, tree->nodes, tree->count, sizeof *tree->nodes, by_name);
	free(key);
	return found;
}

static void
add_prefix(struct tree *tree, const char *prefix, char separator)
{
	tree->prefixed = *prefix != '\0';
	for (size_t len = 1; tree->prefixed && prefix[len] != '\0'; len++) {
		if (prefix[len] != separator)
			continue;
		if (ascii_is(prefix, len, "INBOX")) {
			tree->below_inbox = true;
			continue;
		}
		tree->above = mem_grow(tree->above, &tree->above_room, tree->above_count + 1,
		    sizeof *tree->above);
		tree->above[tree->above_count++] = (struct node){ mem_strndup(prefix, len), NULL,
			NODE_PREFIX };
	}
}

static void
mark_prefix(struct tree *tree, unsigned bits)
{
	for (size_t i = 0; i < tree->above_count; i++)
		tree->above[i].bits |= bits;
	if (tree->below_inbox) {
		struct node *inbox = find_node(tree, "INBOX", 5);

		if (inbox != NULL)
			inbox->bits |= bits;
	}
}

/* Set bits on every name above this one. */
static void
mark_above(struct tree *tree, const char *name, unsigned bits)
{
	if (strcmp(name, "INBOX") != 0)
		mark_prefix(tree, bits);
	for (size_t len = strlen(name); len > 0; len--) {
		struct node *above;

		if (name[len] != '/')
			continue;
		/* "Mail/INBOX/x" is not below "INBOX" */
		if (tree->prefixed && ascii_is(name, len, "INBOX"))
			return;
		above = find_node(tree, name, len);
		if (above == NULL)
			continue;
		/* whoever set these bits here went on to the top */
		if ((above->bits & bits) == bits)
			return;
		above->bits |= bits;
	}
}

/* Usual names, for accounts where nobody has said which folder is for what. */
static const struct {
	const char *name;
	const char *use;
} usual_names[] = {
	{ "Archive", "\\Archive" }, { "Archives", "\\Archive" }, { "Drafts", "\\Drafts" },
	{ "Junk", "\\Junk" }, { "Sent", "\\Sent" }, { "Sent Items", "\\Sent" },
	{ "Sent Messages", "\\Sent" }, { "Spam", "\\Junk" }, { "Trash", "\\Trash" },
	{ "Deleted Items", "\\Trash" }, { "Deleted Messages", "\\Trash" },
};

static void
guess_special_use(struct tree *tree)
{
	const char *given[16];
	size_t count = 0;

	for (size_t i = 0; i < sizeof usual_names / sizeof usual_names[0]; i++) {
		struct node *node = find_node(tree, usual_names[i].name, strlen(usual_names[i].name));
		bool taken = false;

		for (size_t k = 0; k < count; k++)
			taken = taken || strcmp(given[k], usual_names[i].use) == 0;
		if (node == NULL || !(node->bits & NODE_EXISTS) || taken)
			continue;
		node->special_use = given[count++] = usual_names[i].use;
		node->bits |= NODE_SPECIAL;
	}
}

static void
add_special_use(struct session *s, struct tree *tree)
{
	bool any = false;
	struct err err;

	if (notes_read(&s->account, NOTES_METADATA, &tree->metadata, &err) < 0)
		log_err(&err);
	for (size_t i = 0; i < tree->metadata.count; i++) {
		const struct note *note = &tree->metadata.at[i];
		struct node *node;

		if (ascii_casecmp(note->entry, NOTE_SPECIAL_USE) != 0)
			continue;
		any = true;
		node = find_node(tree, note->name, strlen(note->name));
		if (node == NULL || !(node->bits & NODE_EXISTS) || note->value_len == 0)
			continue;
		node->special_use = note->value;
		node->bits |= NODE_SPECIAL;
	}
	if (!any)
		guess_special_use(tree);
}

static int
make_tree(struct session *s, struct tree *tree, struct err *err)
{
	struct folder_list list;
	struct notes subscriptions;
	size_t named;

	memset(tree, 0, sizeof *tree);
	if (folder_list(&s->account, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		add_node(tree, list.names[i], strlen(list.names[i]), NODE_EXISTS);
	folder_list_fini(&list);
	if (notes_read(&s->account, NOTES_SUBSCRIPTIONS, &subscriptions, err) < 0)
		return -1;
	for (size_t i = 0; i < subscriptions.count; i++)
		add_node(tree, subscriptions.at[i].name, strlen(subscriptions.at[i].name),
		    NODE_SUBSCRIBED);
	notes_fini(&subscriptions);
	sort_and_join(tree);
	named = tree->count;
	for (size_t i = 0; i < named; i++)
		for (size_t len = strlen(tree->nodes[i].name); len > 0; len--)
			if (tree->nodes[i].name[len] == '/')
				add_node(tree, tree->nodes[i].name, len, 0);
	sort_and_join(tree);
	add_prefix(tree, s->options->prefix, s->options->separator);
	for (size_t i = 0; i < tree->count; i++) {
		if (tree->nodes[i].bits & NODE_EXISTS)
			mark_above(tree, tree->nodes[i].name, NODE_HAS_CHILDREN);
		if (tree->nodes[i].bits & NODE_SUBSCRIBED)
			mark_above(tree, tree->nodes[i].name, NODE_CHILD_SUBSCRIBED);
	}
	add_special_use(s, tree);
	return 0;
}

static void
tree_fini(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->nodes[i].name);
	for (size_t i = 0; i < tree->above_count; i++)
		free(tree->above[i].name);
	free(tree->nodes);
	free(tree->above);
	notes_fini(&tree->metadata);
}

/* ---- arguments ---- */

static int
parse_selection(struct parse *p, struct list_request *r)
{
	bool first = true;

	while (!parse_try(p, ')')) {
		if (!first && parse_space(p) < 0)
			return -1;
		first = false;
		if (parse_try_word(p, "SUBSCRIBED"))
			r->select_subscribed = true;
		else if (parse_try_word(p, "RECURSIVEMATCH"))
			r->recursive = true;
		else if (parse_try_word(p, "SPECIAL-USE"))
			r->select_special = true;
		else if (!parse_try_word(p, "REMOTE"))
			return parse_fail(p, "a LIST selection option");
	}
	if (r->recursive && !r->select_subscribed && !r->select_special)
		return err_set(p->err, ERR_SYNTAX, "RECURSIVEMATCH needs another selection option");
	return 0;
}

static int
parse_return(struct command *cmd, struct list_request *r)
{
	struct parse *p = &cmd->parse;
	bool first = true;

	if (parse_char(p, '(') < 0)
		return -1;
	while (!parse_try(p, ')')) {
		if (!first && parse_space(p) < 0)
			return -1;
		first = false;
		if (parse_try_word(p, "SUBSCRIBED")) {
			r->return_subscribed = true;
		} else if (parse_try_word(p, "CHILDREN")) {
			r->return_children = true;
		} else if (parse_try_word(p, "SPECIAL-USE")) {
			r->return_special = true;
		} else if (parse_try_word(p, "STATUS")) {
			if (parse_space(p) < 0 || parse_status_items(cmd, &r->status) < 0)
				return -1;
		} else if (parse_try_word(p, "MYRIGHTS")) {
			r->return_rights = true;
		} else if (parse_try_word(p, "METADATA")) {
			r->metadata.max_size = UINT64_MAX;
			if (parse_space(p) < 0 || parse_metadata_entries(cmd, &r->metadata) < 0)
				return -1;
		} else {
			return parse_fail(p, "a LIST return option");
		}
	}
	return 0;
}

static int
parse_patterns(struct parse *p, struct list_request *r)
{
	if (!parse_try(p, '(')) {
		r->pattern_count = 1;
		return parse_list_mailbox(p, &r->patterns[0]);
	}
	r->extended = true;
	do {
		if (r->pattern_count == PATTERNS_MAX)
			return err_set(p->err, ERR_SYNTAX, "LIST takes at most %d patterns", PATTERNS_MAX);
		if (parse_list_mailbox(p, &r->patterns[r->pattern_count++]) < 0)
			return -1;
	} while (parse_try(p, ' '));
	return parse_char(p, ')');
}

static int
parse_list(struct command *cmd, struct list_request *r)
{
	struct parse *p = &cmd->parse;

	if (parse_space(p) < 0)
		return -1;
	if (parse_try(p, '(')) {
		r->extended = true;
		if (parse_selection(p, r) < 0 || parse_space(p) < 0)
			return -1;
	}
	if (parse_astring(p, &r->reference) < 0 || parse_space(p) < 0 || parse_patterns(p, r) < 0)
		return -1;
	if (parse_peek(p) == ' ' && p->at + 1 < p->end) {
		parse_space(p);
		if (!parse_try_word(p, "RETURN"))
			return parse_fail(p, "RETURN");
		r->extended = true;
		if (parse_space(p) < 0 || parse_return(cmd, r) < 0)
			return -1;
	}
	return parse_end(p);
}

/* ---- choosing ---- */

static void
show_name(const struct session *s, const struct node *node, struct buf *out)
{
	if (node->bits & NODE_PREFIX)
		buf_adds(out, node->name);
	else
		name_to_client(s, node->name, out);
}

/* The name, as the client would see it, against the reference and each pattern. */
static void
match_nodes(struct session *s, struct tree *tree, const struct list_request *r)
{
	struct buf shown = BUF_INIT, pattern = BUF_INIT;

	for (size_t k = 0; k < r->pattern_count; k++) {
		struct match *match;
		struct node *node;

		buf_reset(&pattern);
		buf_add(&pattern, r->reference.data, r->reference.len);
		buf_add(&pattern, r->patterns[k].data, r->patterns[k].len);
		if (memchr(buf_str(&pattern), '\0', pattern.len) != NULL)
			continue;
		match = match_new(buf_str(&pattern), pattern.len, s->options->separator);
		for (size_t i = 0; (node = tree_node(tree, i)) != NULL; i++) {
			buf_reset(&shown);
			if (node->bits & NODE_PREFIX)
				buf_adds(&shown, node->name);
			else
				name_like_pattern(s, &pattern, node->name, &shown);
			if (match_name(match, shown.data, shown.len) & MATCH_NAME)
				node->bits |= NODE_MATCHES;
		}
		match_free(&match);
	}
	buf_fini(&shown);
	buf_fini(&pattern);
}

static bool
meets(const struct node *node, const struct list_request *r)
{
	if (r->select_subscribed && !(node->bits & NODE_SUBSCRIBED))
		return false;
	if (r->select_special && !(node->bits & NODE_SPECIAL))
		return false;
	/* Without options: what exists, and what is only on the way to it. */
	return r->select_subscribed || (node->bits & NODE_EXISTS)
	    || (!r->select_special && (node->bits & NODE_HAS_CHILDREN));
}

static void
choose(struct tree *tree, const struct list_request *r)
{
	struct node *node;

	for (size_t i = 0; (node = tree_node(tree, i)) != NULL; i++)
		if (meets(node, r))
			node->bits |= NODE_MEETS;
	if (!r->recursive)
		return;
	for (size_t i = 0; i < tree->count; i++) {
		unsigned bits = tree->nodes[i].bits;

		if (bits & NODE_MEETS)
			mark_above(tree, tree->nodes[i].name, bits & NODE_MATCHES
			    ? NODE_CHILD_MEETS : NODE_CHILD_MEETS | NODE_CHILD_HIDDEN);
	}
}

/* ---- answering ---- */

static void
add_attribute(struct buf *out, const char *attribute)
{
	if (out->data[out->len - 1] != '(')
		buf_addc(out, ' ');
	buf_adds(out, attribute);
}

static void
add_uses(struct buf *attributes, const struct node *node)
{
	struct buf uses = BUF_INIT;

	if (node->special_use != NULL)
		special_use_spell(node->special_use, &uses);
	if (uses.len > 0)
		add_attribute(attributes, uses.data);
	buf_fini(&uses);
}

static void
send_node(struct session *s, const char *verb, const struct node *node, const struct buf *attributes,
    const char *more)
{
	struct buf shown = BUF_INIT;

	show_name(s, node, &shown);
	output_format(&s->out, "* %s %s) \"%c\" ", verb, buf_str(attributes),
	    s->options->separator);
	respond_astring(&s->out, shown.data, shown.len, session_utf8(s));
	output_text(&s->out, more);
	output_text(&s->out, "\r\n");
	buf_fini(&shown);
}

static void
send_list_node(struct session *s, const struct node *node, const struct list_request *r,
    const struct list_event *event)
{
	struct buf attributes = BUF_INIT, old = BUF_INIT, shown = BUF_INIT;
	const char *more = "";

	buf_addc(&attributes, '(');
	if (!(node->bits & NODE_EXISTS))
		add_attribute(&attributes, s->enabled_rev2 ? "\\NonExistent" : "\\Noselect \\NonExistent");
	else if (node->bits & NODE_SHUT)
		add_attribute(&attributes, "\\Noselect");
	if (node->bits & NODE_HAS_CHILDREN)
		add_attribute(&attributes, "\\HasChildren");
	else if (node->bits & NODE_EXISTS || r->return_children)
		add_attribute(&attributes, "\\HasNoChildren");
	if ((r->select_subscribed || r->return_subscribed) && (node->bits & NODE_SUBSCRIBED))
		add_attribute(&attributes, "\\Subscribed");
	add_uses(&attributes, node);
	if (r->recursive && (node->bits & NODE_CHILD_MEETS))
		more = r->select_subscribed && r->select_special
		    ? " (\"CHILDINFO\" (\"SUBSCRIBED\" \"SPECIAL-USE\"))"
		    : r->select_subscribed ? " (\"CHILDINFO\" (\"SUBSCRIBED\"))"
		    : " (\"CHILDINFO\" (\"SPECIAL-USE\"))";
	if (event != NULL && event->no_access)
		add_attribute(&attributes, "\\NoAccess");
	if (event != NULL && event->old_name != NULL) {
		name_to_client(s, event->old_name, &shown);
		buf_adds(&old, " (\"OLDNAME\" (");
		respond_buf_nstring(&old, shown.data, shown.len, session_utf8(s));
		buf_adds(&old, "))");
		more = old.data;
	}
	send_node(s, "LIST", node, &attributes, more);
	buf_fini(&attributes);
	buf_fini(&old);
	buf_fini(&shown);
}

/* LIST "" "" asks for the separator and the root of the reference. */
static void
send_root(struct session *s)
{
	output_format(&s->out, "* LIST (\\Noselect) \"%c\" \"\"\r\n", s->options->separator);
}

int
cmd_list(void *session, struct command *cmd)
{
	struct session *s = session;
	struct list_request *r = arena_alloc(cmd->arena, sizeof *r);
	struct node *node;
	struct tree tree;

	if (parse_list(cmd, r) < 0)
		return -1;
	if (!r->extended && r->patterns[0].len == 0) {
		send_root(s);
		return 0;
	}
	if (make_tree(s, &tree, &cmd->err) < 0) {
		tree_fini(&tree);
		return -1;
	}
	match_nodes(s, &tree, r);
	choose(&tree, r);
	for (size_t i = 0; (node = tree_node(&tree, i)) != NULL; i++) {
		struct err err;

		if (!(node->bits & NODE_MATCHES)
		    || !(node->bits & (NODE_MEETS | NODE_CHILD_HIDDEN)))
			continue;
		/* RFC 5819 2: what cannot be read is said to be so before its STATUS is missed */
		if (r->status != NULL && (node->bits & NODE_EXISTS)
		    && !folder_may_read(&s->account, node->name))
			node->bits |= NODE_SHUT;
		send_list_node(s, node, r, NULL);
		if (r->return_rights && (node->bits & NODE_EXISTS)
		    && send_myrights(s, node->name, &err) < 0)
			log_err(&err);
		if (r->metadata.count > 0 && (node->bits & NODE_EXISTS))
			send_metadata(s, &tree.metadata, node->name, &r->metadata);
		if (r->status != NULL && (node->bits & NODE_EXISTS) && (node->bits & NODE_MEETS)
		    && !(node->bits & NODE_SHUT) && send_status(s, node->name, r->status, &err) < 0)
			log_err(&err);	/* no OK is lost for one STATUS (RFC 5819 2) */
	}
	tree_fini(&tree);
	return 0;
}

void
send_list_composed(struct session *s, const char *name)
{
	struct list_event event = { .name = name, .old_name = name_given_for(s, name) };

	if (s->enabled_rev2 && event.old_name != NULL)
		send_list_events(s, &event, 1);
}

void
send_list_of(struct session *s, const char *name)
{
	struct list_request r = { .extended = true };
	struct tree tree;
	struct err err;
	struct node *node;

	if (make_tree(s, &tree, &err) < 0) {
		log_err(&err);
	} else {
		node = find_node(&tree, name, strlen(name));
		if (node != NULL)
			send_list_node(s, node, &r, NULL);
	}
	tree_fini(&tree);
}

void
send_list_events(struct session *s, const struct list_event *events, size_t count)
{
	const struct list_request r = { .extended = true, .return_subscribed = true };
	struct tree tree;
	struct err err;

	if (make_tree(s, &tree, &err) < 0)
		log_err(&err);
	for (size_t i = 0; i < count; i++) {
		const struct node nowhere = { (char *)events[i].name, NULL, 0 };
		const struct node *node = find_node(&tree, events[i].name, strlen(events[i].name));

		send_list_node(s, node != NULL ? node : &nowhere, &r, &events[i]);
	}
	tree_fini(&tree);
}

/*
 * LSUB: subscribed names; with "%", a name that is not subscribed but has
 * subscribed ones below it is shown as \Noselect (RFC 3501 6.3.9).
 */
int
cmd_lsub(void *session, struct command *cmd)
{
	struct session *s = session;
	struct list_request *r = arena_alloc(cmd->arena, sizeof *r);
	struct parse *p = &cmd->parse;
	const struct node *node;
	struct tree tree;
	bool percent;

	if (parse_space(p) < 0 || parse_astring(p, &r->reference) < 0 || parse_space(p) < 0
	    || parse_list_mailbox(p, &r->patterns[0]) < 0 || parse_end(p) < 0)
		return -1;
	r->pattern_count = 1;
	percent = memchr(r->patterns[0].data, '%', r->patterns[0].len) != NULL;
	if (make_tree(s, &tree, &cmd->err) < 0) {
		tree_fini(&tree);
		return -1;
	}
	match_nodes(s, &tree, r);
	for (size_t i = 0; (node = tree_node(&tree, i)) != NULL; i++) {
		struct buf attributes = BUF_INIT;

		buf_addc(&attributes, '(');
		if ((node->bits & NODE_MATCHES) && (node->bits & NODE_SUBSCRIBED)) {
			/* Outlook takes the special folders from LSUB. */
			add_uses(&attributes, node);
			send_node(s, "LSUB", node, &attributes, "");
		} else if ((node->bits & NODE_MATCHES) && percent && (node->bits & NODE_CHILD_SUBSCRIBED)) {
			add_attribute(&attributes, "\\Noselect");
			send_node(s, "LSUB", node, &attributes, "");
		}
		buf_fini(&attributes);
	}
	tree_fini(&tree);
	return 0;
}
