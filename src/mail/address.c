/*
 * Address lists. A list is read as far as it makes sense: at the first byte that
 * fits nowhere the rest is left out, and what a broken address lacks is named
 * (MISSING_MAILBOX, MISSING_DOMAIN, INVALID_ROUTE, SYNTAX_ERROR), for NIL would
 * turn it into the begin or end of a group.
 */
#include "mail/address.h"

#include <stdbool.h>

#include "mail/header.h"
#include "mail/lex.h"
#include "mail/nstring.h"
#include "util/buf.h"

/* One address being read: which of the texts are there. */
struct address {
	struct buf name, route, mailbox, domain;
	bool has_name, has_route, has_mailbox, has_domain;
};

struct list {
	struct lex lex;
	struct address now;
	size_t *left;
	struct buf *out;
};

static void
forget(struct address *address)
{
	buf_reset(&address->name);
	buf_reset(&address->route);
	buf_reset(&address->mailbox);
	buf_reset(&address->domain);
	address->has_name = address->has_route = address->has_mailbox = address->has_domain = false;
}

static void
add_or_nil(struct buf *out, bool there, const struct buf *text)
{
	if (there)
		nstring_add_unfolded(out, buf_str(text), text->len);
	else
		buf_adds(out, "NIL");
}

/* Write the address read last, if there is room for it, and forget it. */
static void
emit(struct list *list)
{
	struct address *now = &list->now;

	if (*list->left > 0) {
		--*list->left;
		buf_addc(list->out, '(');
		if (now->has_name)
			nstring_add_text(list->out, buf_str(&now->name), now->name.len);
		else
			buf_adds(list->out, "NIL");
		buf_addc(list->out, ' ');
		add_or_nil(list->out, now->has_route, &now->route);
		buf_addc(list->out, ' ');
		add_or_nil(list->out, now->has_mailbox, &now->mailbox);
		buf_addc(list->out, ' ');
		add_or_nil(list->out, now->has_domain, &now->domain);
		buf_addc(list->out, ')');
	}
	forget(now);
}

/* The same for a person, who has a mailbox and a host. */
static void
emit_person(struct list *list)
{
	struct address *now = &list->now;

	if (!now->has_mailbox) {
		buf_reset(&now->mailbox);
		buf_adds(&now->mailbox, "MISSING_MAILBOX");
		now->has_mailbox = true;
	}
	if (!now->has_domain) {
		buf_reset(&now->domain);
		buf_adds(&now->domain, "MISSING_DOMAIN");
		now->has_domain = true;
	}
	emit(list);
}

/* Atoms and dots in any order, blanks before a dot only: what really stands left of "@". */
static int
dots_and_atoms(struct lex *lex, struct buf *out)
{
	int more = -1;

	do {
		while (lex_at(lex, '.')) {
			buf_addc(out, '.');
			if (++lex->at == lex->end)
				return 0;
			more = 1;
		}
		if (lex_at(lex, '@'))
			return more;
		more = lex_atom(lex, out);
		if (more > 0)
			more = lex_blanks(lex);
	} while (more > 0 && *lex->at == '.');
	return more;
}

static int
local_part(struct list *list)
{
	struct address *now = &list->now;
	bool quoted = lex_at(&list->lex, '"');
	int more;

	buf_reset(&now->mailbox);
	if (quoted)
		more = lex_quoted(&list->lex, &now->mailbox);
	else
		more = dots_and_atoms(&list->lex, &now->mailbox);
	now->has_mailbox = more >= 0 && (quoted || now->mailbox.len > 0);
	return more;
}

static int
domain(struct list *list)
{
	int more;

	buf_reset(&list->now.domain);
	more = lex_domain(&list->lex, &list->now.domain);
	list->now.has_domain = more >= 0;
	return more;
}

/* "@a,@b:" in front of the address; -1 when no ":" ends it. */
static int
route(struct list *list)
{
	struct lex *lex = &list->lex;
	struct buf *text = &list->now.route;

	while (lex_at(lex, '@')) {
		if (text->len > 0)
			buf_addc(text, ',');
		buf_addc(text, '@');
		if (lex_domain(lex, text) <= 0)
			return -1;
		while (lex_blanks(lex) > 0 && *lex->at == ',')
			lex->at++;
	}
	list->now.has_route = true;
	if (!lex_at(lex, ':'))
		return -1;
	lex->at++;
	return 0;
}

/* "<route local@domain>": -1 when anything in it is wrong. */
static int
angle(struct list *list)
{
	struct lex *lex = &list->lex;

	lex->at++;
	if (lex_blanks(lex) <= 0)
		return -1;
	if (*lex->at == '@') {
		if (route(list) < 0) {
			buf_reset(&list->now.route);
			buf_adds(&list->now.route, "INVALID_ROUTE");
			list->now.has_route = true;
		}
		if (lex_blanks(lex) <= 0)
			return -1;
	}
	if (!lex_at(lex, '>')) {
		if (local_part(list) <= 0)
			return -1;
		if (*lex->at == '@' && domain(list) <= 0)
			return -1;
	}
	if (!lex_at(lex, '>'))
		return -1;
	lex->at++;
	return lex_blanks(lex);
}

/* "ada@example.org (Ada Lark)": false when there is no comment to take. */
static bool
name_from_comment(struct list *list)
{
	if (list->lex.comment == NULL || list->lex.comment_len == 0)
		return false;
	lex_comment_text(&list->lex, &list->now.name);
	list->now.has_name = true;
	return true;
}

/*
 * Words in place of an address are a name whose address is missing. False when
 * no word follows what was read; after_dot: that ended in a dot and a blank.
 */
static bool
words_for_name(struct list *list, bool quoted, bool after_dot)
{
	struct lex *lex = &list->lex;
	struct address *now = &list->now;
	size_t before;

	if ((now->mailbox.len == 0 && !quoted) || lex_blanks(lex) <= 0
	    || !(lex_is_atext(*lex->at) || *lex->at == '"' || (after_dot && *lex->at == '.')))
		return false;
	buf_add(&now->name, buf_str(&now->mailbox), now->mailbox.len);
	buf_addc(&now->name, ' ');
	before = now->name.len;
	lex_phrase(lex, &now->name);
	if (now->name.len == before) {
		buf_reset(&now->name);
		return false;
	}
	now->has_name = true;
	now->has_mailbox = false;
	return true;
}

/* "local@domain (comment)", or whatever stands there. */
static int
addr_spec(struct list *list)
{
	struct lex *lex = &list->lex;
	struct address *now = &list->now;
	bool quoted = lex_at(lex, '"');
	int more;

	lex->comment = NULL;
	more = local_part(list);
	if (more != 0 && lex_at(lex, '@')) {
		more = domain(list);
		name_from_comment(list);
	} else if (!name_from_comment(list) && !words_for_name(list, quoted, more < 0)
	    && quoted && more >= 0) {
		buf_add(&now->name, buf_str(&now->mailbox), now->mailbox.len);
		now->has_name = true;
		now->has_mailbox = false;
	}
	return more;
}

static int
person(struct list *list)
{
	struct lex *lex = &list->lex;
	const char *start = lex->at;
	int more = -1;

	if (!lex_at(lex, '.'))
		more = lex_phrase(lex, &list->now.name);
	if (more > 0 && *lex->at == '<') {
		list->now.has_name = list->now.name.len > 0;
		more = angle(list);
		if (more < 0) {
			buf_reset(&list->now.domain);
			buf_adds(&list->now.domain, "SYNTAX_ERROR");
			list->now.has_domain = true;
		}
	} else {
		lex->at = start;
		buf_reset(&list->now.name);
		addr_spec(list);
	}
	emit_person(list);
	return lex->at < lex->end ? 1 : 0;
}

/* "name: a@b, c@d;": false, and nothing read, when it is no group. */
static bool
group(struct list *list)
{
	struct lex *lex = &list->lex;
	const char *start = lex->at;
	int more;

	if (lex_at(lex, '.') || lex_phrase(lex, &list->now.mailbox) <= 0 || *lex->at != ':') {
		lex->at = start;
		forget(&list->now);
		return false;
	}
	lex->at++;
	more = lex_blanks(lex);
	list->now.has_mailbox = true;
	emit(list);
	while (more > 0 && *lex->at != ';') {
		if (person(list) <= 0 || *lex->at != ',')
			break;
		lex->at++;
		if (lex_blanks(lex) <= 0)
			break;
		/* "a,;" has an empty address in front of its end */
		if (*lex->at == ';') {
			emit_person(list);
			break;
		}
	}
	if (lex_at(lex, ';')) {
		lex->at++;
		lex_blanks(lex);
	}
	emit(list);
	return true;
}

void
address_add_list(const char *value, size_t len, size_t *left, struct buf *out)
{
	struct list list = { .left = left, .out = out };
	int more;

	list.lex = lex_of(value, header_value_len(value, len));
	more = lex_blanks(&list.lex);
	while (more > 0 && *left > 0) {
		if (!group(&list))
			person(&list);
		if (!lex_at(&list.lex, ','))
			break;
		list.lex.at++;
		more = lex_blanks(&list.lex);
		if (more < 0)
			emit_person(&list);
	}
	buf_fini(&list.now.name);
	buf_fini(&list.now.route);
	buf_fini(&list.now.mailbox);
	buf_fini(&list.now.domain);
}
