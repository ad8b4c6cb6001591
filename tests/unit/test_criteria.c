/* query/criteria: search programs read to trees, printed back and compared. */
#include <stdio.h>
#include <stdlib.h>

#include "query/criteria.h"
#include "test.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/datetime.h"
#include "wire/flags.h"

static void
print(const struct criteria *all, const struct criterion *node, struct buf *out)
{
	static const char *const names[] = {
		[CRITERION_AND] = "and", [CRITERION_OR] = "or", [CRITERION_FLAGS] = "flags",
		[CRITERION_KEYWORD] = "keyword", [CRITERION_NUMBERS] = "numbers",
		[CRITERION_UIDS] = "uids", [CRITERION_SAVED] = "$", [CRITERION_MODSEQ] = "modseq",
		[CRITERION_LARGER] = "larger", [CRITERION_SMALLER] = "smaller",
		[CRITERION_DATE] = "date", [CRITERION_OLDER] = "older",
		[CRITERION_YOUNGER] = "younger",
		[CRITERION_SAVEDATESUPPORTED] = "savedatesupported",
		[CRITERION_EMAILID] = "emailid", [CRITERION_THREADID] = "threadid",
		[CRITERION_FIELD] = "field", [CRITERION_BODY] = "body", [CRITERION_TEXT] = "text",
	};
	static const char *const fields[] = { "subject", "from", "to", "cc", "bcc", "named" };
	static const char *const dates[] = { "internal", "sent", "saved" };
	static const char orders[] = "<=>";
	const struct criteria_field *field;

	buf_adds(out, node->not ? "!" : "");
	buf_adds(out, names[node->kind]);
	switch (node->kind) {
	case CRITERION_AND:
	case CRITERION_OR:
		buf_addc(out, '(');
		for (struct criterion *child = node->first; child != NULL; child = child->next) {
			if (child != node->first)
				buf_addc(out, ' ');
			print(all, child, out);
		}
		buf_addc(out, ')');
		break;
	case CRITERION_FLAGS:
		buf_addf(out, " %x:%x", node->flags.mask, node->flags.value);
		break;
	case CRITERION_KEYWORD:
		buf_addf(out, " %s", node->keyword.name.data);
		break;
	case CRITERION_EMAILID:
	case CRITERION_THREADID:
		buf_addf(out, " %s", node->word.data);
		break;
	case CRITERION_NUMBERS:
	case CRITERION_UIDS:
		buf_addc(out, ' ');
		seqset_print(node->set.bound.ranges != NULL
		    ? &node->set.bound : &node->set.asked, out);
		break;
	case CRITERION_MODSEQ:
	case CRITERION_LARGER:
	case CRITERION_SMALLER:
	case CRITERION_OLDER:
	case CRITERION_YOUNGER:
		buf_addf(out, " %llu", (unsigned long long)node->number);
		break;
	case CRITERION_DATE:
		buf_addf(out, " %s%c", dates[node->date.date], orders[node->date.order]);
		datetime_print_date(node->date.day, out);
		break;
	case CRITERION_FIELD:
		field = &all->fields[node->find.field];
		buf_addf(out, " %s", fields[field->kind]);
		if (field->kind == FIELD_NAMED)
			buf_addf(out, ":%s", field->name.data);
		buf_addf(out, " [%s]", node->find.needle.key);
		break;
	case CRITERION_BODY:
	case CRITERION_TEXT:
		buf_addf(out, "#%u [%s]", node->find.text, node->find.needle.key);
		break;
	default:
		break;
	}
}

#define OPTIONAL CRITERIA_CHARSET_OPTIONAL
#define FIRST CRITERIA_CHARSET_FIRST

struct command {
	struct arena arena;
	struct err err;
	struct parse parse;
	struct criteria criteria;
	char *text;	/* exactly as long as it is, so that a sanitizer sees reads behind it */
};

static int
read_text(struct command *c, const char *text, enum criteria_charset charset)
{
	size_t len = strlen(text);

	*c = (struct command){ .arena = ARENA_INIT };
	c->text = malloc(len ? len : 1);
	memcpy(c->text, text, len);
	c->parse = (struct parse){
		.arena = &c->arena, .err = &c->err, .line = c->text, .at = c->text,
		.end = c->text + len, .held_max = 1 << 20,
	};
	return criteria_parse(&c->parse, charset, NULL, &c->criteria);
}

static void
forget(struct command *c)
{
	free(c->text);
	arena_fini(&c->arena);
}

static void
test_trees(void)
{
	static const struct {
		const char *text, *tree;
	} rows[] = {
		{ "ALL", "and()" },
		{ "all ", "and()" },
		{ "NOT ALL", "!and()" },
		{ "ANSWERED", "flags 1:1" },
		{ "Answered Deleted Draft Flagged Seen",
		  "and(flags 1:1 flags 4:4 flags 10:10 flags 2:2 flags 8:8)" },
		{ "UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNSEEN",
		  "and(flags 1:0 flags 4:0 flags 10:0 flags 2:0 flags 8:0)" },
		{ "NEW", "flags 28:20" },
		{ "OLD", "flags 20:0" },
		{ "RECENT", "flags 20:20" },
		{ "KEYWORD $Junk", "keyword $Junk" },
		{ "UNKEYWORD a", "!keyword a" },
		{ "NOT UNKEYWORD a", "keyword a" },
		{ "BEFORE 1-Feb-1994", "date internal<1-Feb-1994" },
		{ "ON \"1-Feb-1994\"", "date internal=1-Feb-1994" },
		{ "SINCE 01-Feb-1994", "date internal>1-Feb-1994" },
		{ "SENTBEFORE 1-Feb-1994 SENTON 2-Feb-1994 SENTSINCE 3-Feb-1994",
		  "and(date sent<1-Feb-1994 date sent=2-Feb-1994 date sent>3-Feb-1994)" },
		{ "SAVEDBEFORE 1-Feb-1994 SAVEDON 2-Feb-1994 SAVEDSINCE 3-Feb-1994",
		  "and(date saved<1-Feb-1994 date saved=2-Feb-1994 date saved>3-Feb-1994)" },
		{ "SAVEDATESUPPORTED", "savedatesupported" },
		{ "LARGER 0 SMALLER 9223372036854775807",
		  "and(larger 0 smaller 9223372036854775807)" },
		{ "OLDER 1 YOUNGER 4294967295", "and(older 1 younger 4294967295)" },
		{ "MODSEQ 0", "modseq 0" },
		{ "MODSEQ \"/flags/\\\\draft\" all 620162338", "modseq 620162338" },
		{ "MODSEQ \"/flags/\\\\draft\" PRIV 5", "modseq 5" },
		{ "EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9",
		  "and(emailid M6d99ac3275bb4e threadid T64b478a75b7ea9)" },
		{ "SUBJECT hello", "field subject [HELLO]" },
		{ "FROM a TO b CC c BCC d",
		  "and(field from [A] field to [B] field cc [C] field bcc [D])" },
		{ "HEADER X-Foo \"\"", "field named:X-Foo []" },
		{ "HEADER a b HEADER A c HEADER d e",
		  "and(field named:a [B] field named:a [C] field named:d [E])" },
		{ "BODY x TEXT y", "and(body#0 [X] text#1 [Y])" },
		{ "TEXT \"caf\xc3\xa9\"", "text#0 [CAFE\xcc\x81]" },
		{ "CHARSET UTF-8 TEXT x", "text#0 [X]" },
		{ "charset \"us-ascii\" TEXT x", "text#0 [X]" },
		{ "CHARSET ISO-8859-15 TEXT x", "text#0 [X]" },
		{ "1:3,5", "numbers 1:3,5" },
		{ "*", "numbers *" },
		{ "1:* UID 7:*", "and(numbers 1:* uids 7:*)" },
		{ "$", "$" },
		{ "UID $", "$" },
		{ "OR $ 1,3000:3021", "or($ numbers 1,3000:3021)" },
		/* cheap ones first, otherwise in the client's order */
		{ "TEXT a SUBJECT b LARGER 1 SEEN FLAGGED BODY c",
		  "and(flags 8:8 flags 2:2 larger 1 field subject [B] text#0 [A] body#1 [C])" },
		{ "OR TEXT a SEEN", "or(flags 8:8 text#0 [A])" },
		{ "(OR TEXT a SEEN) SUBJECT b", "and(field subject [B] or(flags 8:8 text#0 [A]))" },
		/* lists in lists, ORs in ORs */
		{ "(SEEN)", "flags 8:8" },
		{ "((((SEEN))) ((DELETED)))", "and(flags 8:8 flags 4:4)" },
		{ "SEEN (DELETED (DRAFT ALL)) ALL", "and(flags 8:8 flags 4:4 flags 10:10)" },
		{ "OR OR SEEN DELETED OR DRAFT FLAGGED",
		  "or(flags 8:8 flags 4:4 flags 10:10 flags 2:2)" },
		{ "OR SEEN (OR DELETED DRAFT)", "or(flags 8:8 flags 4:4 flags 10:10)" },
		{ "OR SEEN NOT OR DELETED DRAFT", "or(flags 8:8 !or(flags 4:4 flags 10:10))" },
		{ "OR SEEN NOT NOT OR DELETED DRAFT", "or(flags 8:8 flags 4:4 flags 10:10)" },
		{ "NOT (SEEN DELETED)", "!and(flags 8:8 flags 4:4)" },
		{ "NOT (NOT SEEN)", "flags 8:8" },
		{ "NOT NOT NOT SEEN", "!flags 8:8" },
		{ "SEEN NOT (NOT (DELETED DRAFT))", "and(flags 8:8 flags 4:4 flags 10:10)" },
		{ "OR (SEEN DELETED) (DRAFT FLAGGED)",
		  "or(and(flags 8:8 flags 4:4) and(flags 10:10 flags 2:2))" },
		{ "OR ALL SEEN", "or(and() flags 8:8)" },
	};
	struct buf tree = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct command c;

		buf_reset(&tree);
		if (read_text(&c, rows[i].text, OPTIONAL) < 0)
			buf_addf(&tree, "refused: %s", c.err.client);
		else
			print(&c.criteria, c.criteria.root, &tree);
		check_str(buf_str(&tree), rows[i].tree, rows[i].text);
		forget(&c);
	}
	buf_fini(&tree);
}

static void
test_refused(void)
{
	static const struct {
		const char *text;
		enum err_kind kind;
		const char *why;
	} rows[] = {
		{ "", ERR_SYNTAX, "Expected a search key, but the command ends there" },
		{ " SEEN", ERR_SYNTAX, NULL },
		{ "SEEN  DELETED", ERR_SYNTAX, NULL },
		{ "FOO", ERR_SYNTAX, "Expected a search key, got 'FOO'" },
		{ "SEENX", ERR_SYNTAX, "Expected a search key, got 'SEENX'" },
		{ "NOT", ERR_SYNTAX, NULL },
		{ "OR SEEN", ERR_SYNTAX, NULL },
		{ "OR", ERR_SYNTAX, NULL },
		{ "()", ERR_SYNTAX, NULL },
		{ "(SEEN", ERR_SYNTAX, NULL },
		{ "(SEEN ", ERR_SYNTAX, NULL },
		{ "(SEEN )", ERR_SYNTAX, NULL },
		{ "SEEN)", ERR_SYNTAX, NULL },
		{ "KEYWORD", ERR_SYNTAX, NULL },
		{ "KEYWORD \\Seen", ERR_SYNTAX, NULL },
		{ "BEFORE 31-Feb-1994", ERR_SYNTAX, NULL },
		{ "BEFORE", ERR_SYNTAX, NULL },
		{ "LARGER -1", ERR_SYNTAX, NULL },
		{ "LARGER 9223372036854775808", ERR_SYNTAX, NULL },
		{ "OLDER 0", ERR_SYNTAX, NULL },
		{ "YOUNGER 4294967296", ERR_SYNTAX, NULL },
		{ "0", ERR_SYNTAX, NULL },
		{ "1:", ERR_SYNTAX, NULL },
		{ "UID", ERR_SYNTAX, NULL },
		{ "UID x", ERR_SYNTAX, NULL },
		{ "$Junk", ERR_SYNTAX, NULL },
		{ "MODSEQ", ERR_SYNTAX, NULL },
		{ "MODSEQ \"/flags/x\" 5", ERR_SYNTAX,
		  "Expected priv, shared or all, got '5'" },
		{ "EMAILID a.b", ERR_SYNTAX, "Expected an object id, got 'a.b'" },
		{ "SUBJECT", ERR_SYNTAX, NULL },
		{ "SUBJECT \"a", ERR_SYNTAX, NULL },
		{ "HEADER a", ERR_SYNTAX, NULL },
		{ "FUZZY SUBJECT x", ERR_SYNTAX, NULL },
		{ "CHARSET", ERR_SYNTAX, NULL },
		{ "CHARSET UTF-8", ERR_SYNTAX, NULL },
		{ "SEEN CHARSET UTF-8", ERR_SYNTAX, NULL },
		{ "CHARSET X-NO-SUCH SEEN", ERR_BADCHARSET,
		  "This character set is not known here" },
		{ "CHARSET UTF-8//TRANSLIT SEEN", ERR_BADCHARSET, NULL },
		{ "CHARSET \"\" SEEN", ERR_BADCHARSET, NULL },
		{ "CHARSET \"../../etc\" SEEN", ERR_BADCHARSET, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct command c;
		int result = read_text(&c, rows[i].text, OPTIONAL);

		check(result < 0 && c.err.kind == rows[i].kind, "refused: '%s'", rows[i].text);
		if (rows[i].why != NULL)
			check_str(c.err.client, rows[i].why, rows[i].text);
		forget(&c);
	}
}

static void
test_charsets(void)
{
	struct buf tree = BUF_INIT;
	struct command c;

	check(read_text(&c, "UTF-8 SEEN", FIRST) == 0
	    && c.criteria.root->kind == CRITERION_FLAGS, "SORT and THREAD have the charset first");
	forget(&c);
	check(read_text(&c, "SEEN DELETED", FIRST) < 0
	    && c.err.kind == ERR_BADCHARSET, "and need it");
	forget(&c);
	check(read_text(&c, "CHARSET UTF-8 SEEN", OPTIONAL) == 0
	    && c.criteria.charset_given, "SEARCH says that one was given");
	forget(&c);

	/* what UTF-7 means is in the string, so a quoted one can show it */
	check(read_text(&c, "CHARSET UTF-7 TEXT \"+BB8EQAQ4-\"", OPTIONAL) == 0,
	    "another charset");
	print(&c.criteria, c.criteria.root, &tree);
	check_str(buf_str(&tree), "text#0 [\xd0\x9f\xd0\xa0\xd0\x98]", "is converted, then mapped");
	forget(&c);
	check(read_text(&c, "CHARSET UTF-7 TEXT \"+-~\xc3\xa9\"", OPTIONAL) < 0
	    && c.err.kind == ERR_SYNTAX, "what is not of it is refused");
	forget(&c);
	buf_fini(&tree);
}

static void
test_bind(void)
{
	struct buf tree = BUF_INIT;
	struct command c;
	struct criteria copy;
	struct arena other = ARENA_INIT;

	read_text(&c, "9:3,*,5 UID 90:* KEYWORD k HEADER n v EMAILID e", OPTIONAL);
	check(c.criteria.uses_numbers && !c.criteria.uses_saved && !c.criteria.uses_modseq,
	    "what the program uses");
	criteria_bind(&c.criteria, 7, 60, &c.arena);
	print(&c.criteria, c.criteria.root, &tree);
	check_str(buf_str(&tree),
	    "and(numbers 3:9 uids 60:90 keyword k emailid e field named:n [V])",
	    "bound to a mailbox");
	criteria_copy(&c.criteria, &copy, &other);
	forget(&c);
	buf_reset(&tree);
	print(&copy, copy.root, &tree);
	check_str(buf_str(&tree),
	    "and(numbers 3:9,*,5 uids 90:* keyword k emailid e field named:n [V])",
	    "a copy outlives its command, unbound");
	criteria_bind(&copy, 0, 0, &other);
	buf_reset(&tree);
	print(&copy, copy.root, &tree);
	check_str(buf_str(&tree), "and(numbers 3:9 uids  keyword k emailid e field named:n [V])",
	    "bound to an empty mailbox, * is nothing");
	criteria_bind(&copy, 100, 100, &other);
	buf_reset(&tree);
	print(&copy, copy.root, &tree);
	check_str(buf_str(&tree),
	    "and(numbers 3:9,100 uids 90:100 keyword k emailid e field named:n [V])",
	    "and bound again");
	arena_fini(&other);
	buf_fini(&tree);
}

/* Long and deep programs: refused or read, never slow, never out of stack. */
static void
repeat(const char *head, const char *before, const char *middle, const char *after, int times,
    enum err_kind kind, const char *what)
{
	struct buf text = BUF_INIT;
	struct command c;
	int result;

	buf_adds(&text, head);
	for (int i = 0; i < times; i++)
		buf_adds(&text, before);
	buf_adds(&text, middle);
	for (int i = 0; i < times; i++)
		buf_adds(&text, after);
	result = read_text(&c, text.data, OPTIONAL);
	check(result == (kind == ERR_NONE ? 0 : -1) && c.err.kind == kind, "%s", what);
	forget(&c);
	buf_fini(&text);
}

static void
test_limits(void)
{
	repeat("", "NOT ", "SEEN", "", 9000, ERR_NONE, "9,000 NOTs are a NOT or none");
	repeat("", "NOT ", "SEEN", "", CRITERIA_OPEN_MAX + 1, ERR_SYNTAX, "too many NOTs");
	repeat("", "OR ", "SEEN", " SEEN", 6000, ERR_NONE, "an OR of 6,000, nested on the left");
	repeat("", "OR SEEN ", "SEEN", "", 6000, ERR_NONE, "an OR of 6,000, nested on the right");
	repeat("", "(", "OR SEEN SEEN", ")", 9000, ERR_NONE, "9,000 parentheses are none");
	repeat("", "(", "SEEN", ")", CRITERIA_OPEN_MAX + 1, ERR_SYNTAX, "many parentheses");
	repeat("", "(SEEN ", "SEEN", ")", 6000, ERR_NONE, "lists in lists are one list");
	repeat("", "SEEN ", "SEEN", "", 19990, ERR_NONE, "a long list");
	repeat("", "SEEN ", "SEEN", "", CRITERIA_NODES_MAX, ERR_LIMIT, "too long a list");
	repeat("", "OR SEEN (DELETED ", "SEEN", ")", CRITERIA_DEPTH_MAX / 2 - 1, ERR_NONE, "deep");
	repeat("", "OR SEEN (DELETED ", "SEEN", ")", CRITERIA_DEPTH_MAX / 2 + 1, ERR_LIMIT,
	    "too deep");
	repeat("", "NOT (DELETED ", "SEEN", ")", CRITERIA_DEPTH_MAX + 1, ERR_LIMIT, "deep NOTs");
}

int
main(void)
{
	test_trees();
	test_refused();
	test_charsets();
	test_bind();
	test_limits();
	return test_done();
}
