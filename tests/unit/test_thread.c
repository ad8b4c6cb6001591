/* query/thread and query/msgid: small mailboxes, and such as were made to hurt. */
#include <stdio.h>
#include <stdlib.h>

#include "query/msgid.h"
#include "query/thread.h"
#include "test.h"
#include "util/buf.h"

struct message {
	const char *subject, *id, *references, *in_reply_to;
	int64_t date;		/* day of January 2020, or seconds */
	int64_t arrival;
};

static const struct message *mailbox;
static struct buf envelope;

static void
quote(struct buf *out, const char *text)
{
	if (text == NULL) {
		buf_adds(out, "NIL");
		return;
	}
	buf_addf(out, "{%zu}\r\n%s", strlen(text), text);
}

static enum document_answer
m_envelope(struct document *d, enum document_reach reach, struct str *out)
{
	const struct message *m = &mailbox[d->row];

	(void)reach;
	buf_reset(&envelope);
	if (m->date > 0 && m->date <= 31)
		buf_addf(&envelope, "(\"%d Jan 2020 12:00:00 +0000\" ", (int)m->date);
	else
		buf_adds(&envelope, "(NIL ");
	quote(&envelope, m->subject);
	buf_adds(&envelope, " NIL NIL NIL NIL NIL NIL ");
	quote(&envelope, m->in_reply_to);
	buf_addc(&envelope, ' ');
	quote(&envelope, m->id);
	buf_addc(&envelope, ')');
	*out = (struct str){ envelope.data, envelope.len };
	return DOCUMENT_KNOWN;
}

static enum document_answer
m_internal_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	const struct message *m = &mailbox[d->row];

	(void)reach;
	*out = (struct document_time){ m->arrival != 0 ? m->arrival : m->date, 0 };
	return DOCUMENT_KNOWN;
}

static enum document_answer
m_header(struct document *d, enum document_reach reach, struct str name, document_value *value,
    void *ctx)
{
	const char *references = mailbox[d->row].references;

	(void)reach;
	if (strcmp(name.data, "References") == 0 && references != NULL)
		value(ctx, references, strlen(references));
	return DOCUMENT_KNOWN;
}

static bool m_open(void *ctx, uint32_t position, struct document *out);

static const struct document_ops ops = {
	.open = m_open, .envelope = m_envelope, .internal_date = m_internal_date,
	.header = m_header,
};

static bool
m_open(void *ctx, uint32_t position, struct document *out)
{
	*out = (struct document){
		.ops = &ops, .mailbox = ctx, .number = position + 1, .uid = position + 1,
		.row = position,
	};
	return true;
}

static void
make(enum thread_algorithm algorithm, const struct message *messages, uint32_t count,
    struct buf *out)
{
	struct thread *thread = thread_new(algorithm, &ops, NULL);

	mailbox = messages;
	for (uint32_t i = 0; i < count; i++) {
		struct document d;

		m_open(NULL, i, &d);
		thread_add(thread, &d, i + 1);
	}
	thread_make(thread);
	buf_reset(out);
	thread_print(thread, out);
	thread_free(&thread);
}

static void
test_threads(void)
{
	static const struct {
		const char *what;
		struct message messages[10];
		const char *references, *refs, *subjects;
	} rows[] = {
		{ "one", { { "a", "<1@x>", NULL, NULL, 1, 0 } }, "(1)", "(1)", "(1)" },
		{ "nothing in common",
		  { { "a", "<1@x>", NULL, NULL, 2, 0 }, { "b", "<2@x>", NULL, NULL, 1, 0 } },
		  "(2)(1)", "(2)(1)", "(2)(1)" },
		{ "a reply",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "Re: a", "<2@x>", "<1@x>", NULL, 2, 0 } },
		  "(1 2)", "(1 2)", "(1 2)" },
		{ "a reply by In-Reply-To with an address behind it",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 },
		    { "b", "<2@x>", NULL, "<1@x> from <j@y>", 2, 0 } },
		  "(1 2)", "(1 2)", "(1)(2)" },
		{ "References without an id count as none",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 },
		    { "b", "<2@x>", "nothing <here", "<1@x>", 2, 0 } },
		  "(1 2)", "(1 2)", "(1)(2)" },
		{ "References count more than In-Reply-To",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", NULL, NULL, 2, 0 },
		    { "c", "<3@x>", "<1@x>", "<2@x>", 3, 0 } },
		  "(1 3)(2)", "(2)(1 3)", "(1)(2)(3)" },
		{ "the answer came before the question",
		  { { "Re: a", "<2@x>", "<1@x>", NULL, 2, 0 }, { "a", "<1@x>", NULL, NULL, 1, 0 } },
		  "(2 1)", "(2 1)", "(2 1)" },
		{ "two answers to what is not here",
		  { { "Re: a", "<2@x>", "<1@x>", NULL, 2, 0 },
		    { "Re: b", "<3@x>", "<1@x>", NULL, 1, 0 } },
		  "((2)(1))", "((2)(1))", "(2)(1)" },
		{ "one answer to what is not here",
		  { { "Re: a", "<2@x>", "<0@x> <1@x>", NULL, 2, 0 },
		    { "b", "<3@x>", NULL, NULL, 1, 0 } },
		  "(2)(1)", "(2)(1)", "(2)(1)" },
		{ "missing ones in the middle are left out",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 },
		    { "Re: a", "<4@x>", "<1@x> <2@x> <3@x>", NULL, 2, 0 },
		    { "Re: a", "<5@x>", "<1@x> <2@x>", NULL, 3, 0 } },
		  "(1 (2)(3))", "(1 (2)(3))", "(1 (2)(3))" },
		{ "missing ones above missing ones: the highest has all",
		  { { "p", "<4@x>", "<1@x> <2@x>", NULL, 1, 0 },
		    { "q", "<5@x>", "<1@x> <3@x>", NULL, 2, 0 },
		    { "r", "<6@x>", "<1@x> <3@x> <5@x>", NULL, 3, 0 } },
		  "((1)(2 3))", "((1)(2 3))", "(1)(2)(3)" },
		{ "siblings in order of dates, then of the mailbox",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", "<1@x>", NULL, 5, 0 },
		    { "c", "<3@x>", "<1@x>", NULL, 3, 0 }, { "d", "<4@x>", "<1@x>", NULL, 3, 0 } },
		  "(1 (3)(4)(2))", "(1 (3)(4)(2))", "(1)(3)(4)(2)" },
		{ "deeper",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", "<1@x>", NULL, 2, 0 },
		    { "c", "<3@x>", "<1@x> <2@x>", NULL, 3, 0 },
		    { "d", "<4@x>", "<1@x> <2@x>", NULL, 4, 0 },
		    { "e", "<5@x>", "<1@x> <2@x> <4@x>", NULL, 5, 0 },
		    { "f", "<6@x>", "<1@x>", NULL, 6, 0 } },
		  "(1 (2 (3)(4 5))(6))", "(1 (2 (3)(4 5))(6))", "(1)(2)(3)(4)(5)(6)" },
		{ "the same id twice: the first has it",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<1@x>", NULL, NULL, 2, 0 },
		    { "c", "<3@x>", "<1@x>", NULL, 3, 0 } },
		  "(1 3)(2)", "(2)(1 3)", "(1)(2)(3)" },
		{ "the second of an id has its own references",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<1@x>", "<1@x>", NULL, 2, 0 } },
		  "(1 2)", "(1 2)", "(1)(2)" },
		{ "no ids at all",
		  { { "a", NULL, NULL, NULL, 1, 0 }, { "b", "", NULL, NULL, 2, 0 },
		    { "c", "no id", NULL, NULL, 3, 0 } },
		  "(1)(2)(3)", "(1)(2)(3)", "(1)(2)(3)" },
		{ "two that refer to each other",
		  { { "a", "<1@x>", "<2@x>", NULL, 1, 0 }, { "b", "<2@x>", "<1@x>", NULL, 2, 0 } },
		  "(2 1)", "(2 1)", "(1)(2)" },
		{ "one that refers to itself",
		  { { "a", "<1@x>", "<1@x>", NULL, 1, 0 },
		    { "b", "<2@x>", "<2@x> <1@x> <2@x>", NULL, 2, 0 } },
		  "(2 1)", "(2 1)", "(1)(2)" },
		{ "a circle of three",
		  { { "a", "<1@x>", "<3@x>", NULL, 1, 0 }, { "b", "<2@x>", "<1@x>", NULL, 2, 0 },
		    { "c", "<3@x>", "<2@x>", NULL, 3, 0 } },
		  "(3 1 2)", "(3 1 2)", "(1)(2)(3)" },
		{ "its own word counts more than what others said",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", NULL, NULL, 2, 0 },
		    { "c", "<4@x>", "<1@x> <3@x>", NULL, 4, 0 },
		    { "d", "<3@x>", "<2@x>", NULL, 3, 0 } },
		  "(1)(2 4 3)", "(1)(2 4 3)", "(1)(2)(4)(3)" },
		{ "without references it leaves those that claimed it, until one claims it again",
		  { { "c", "<3@x>", "<1@x> <2@x>", NULL, 3, 0 },
		    { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", NULL, NULL, 2, 0 } },
		  "(2)(3 1)", "(2)(3 1)", "(2)(3)(1)" },
		{ "the first link to a message stays",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", NULL, NULL, 2, 0 },
		    { "p", "<8@x>", "<1@x> <7@x>", NULL, 3, 0 },
		    { "q", "<9@x>", "<2@x> <7@x>", NULL, 4, 0 } },
		  "(1 (3)(4))(2)", "(2)(1 (3)(4))", "(1)(2)(3)(4)" },
		{ "quotes, comments and folding in ids",
		  { { "a", "<\"1\"@x>", NULL, NULL, 1, 0 },
		    { "b", "<2@x>", "(c <0@x>)\r\n <1(one)@ x>", NULL, 2, 0 } },
		  "(1 2)", "(1 2)", "(1)(2)" },
		{ "ids have case",
		  { { "a", "<A@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", "<a@x>", NULL, 2, 0 } },
		  "(1)(2)", "(1)(2)", "(1)(2)" },
		/* step 5 */
		{ "a reply by its subject alone",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "RE: A", "<2@x>", NULL, NULL, 2, 0 } },
		  "(1 2)", "(1)(2)", "(1 2)" },
		{ "the reply was sent first",
		  { { "Re: a", "<1@x>", NULL, NULL, 1, 0 }, { "a", "<2@x>", NULL, NULL, 2, 0 } },
		  "(2 1)", "(1)(2)", "(1 2)" },
		{ "two of one subject that are no replies",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "[l] a", "<2@x>", NULL, NULL, 2, 0 } },
		  "((1)(2))", "(1)(2)", "(1 2)" },
		{ "two replies to what is not here",
		  { { "Re: a", "<1@x>", NULL, NULL, 1, 0 },
		    { "Fwd: a", "<2@x>", NULL, NULL, 2, 0 } },
		  "((1)(2))", "(1)(2)", "(1 2)" },
		{ "three of one subject",
		  { { "a", "<1@x>", NULL, NULL, 2, 0 }, { "a", "<2@x>", NULL, NULL, 1, 0 },
		    { "Re: a", "<3@x>", NULL, NULL, 3, 0 } },
		  "((2)(1)(3))", "(2)(1)(3)", "(2 (1)(3))" },
		{ "a subject joins what is missing",
		  { { "Re: a", "<2@x>", "<1@x>", NULL, 1, 0 },
		    { "Re: a", "<3@x>", "<1@x>", NULL, 2, 0 },
		    { "a", "<4@x>", NULL, NULL, 3, 0 } },
		  "((1)(2)(3))", "((1)(2))(3)", "(1 (2)(3))" },
		{ "two missing ones of one subject",
		  { { "Re: a", "<2@x>", "<1@x>", NULL, 1, 0 },
		    { "b", "<3@x>", "<1@x>", NULL, 4, 0 },
		    { "Re: a", "<6@x>", "<5@x>", NULL, 3, 0 },
		    { "c", "<7@x>", "<5@x>", NULL, 5, 0 } },
		  "((1)(3)(2)(4))", "((1)(2))((3)(4))", "(1 3)(2)(4)" },
		{ "empty subjects are not gathered, but ordered ones are",
		  { { "Re:", "<1@x>", NULL, NULL, 1, 0 }, { NULL, "<2@x>", NULL, NULL, 2, 0 },
		    { "", "<3@x>", NULL, NULL, 3, 0 } },
		  "(1)(2)(3)", "(1)(2)(3)", "(1 (2)(3))" },
		{ "a thread with children is gathered whole",
		  { { "a", "<1@x>", NULL, NULL, 1, 0 }, { "b", "<2@x>", "<1@x>", NULL, 4, 0 },
		    { "Re: a", "<3@x>", NULL, NULL, 2, 0 }, { "c", "<4@x>", "<3@x>", NULL, 3, 0 } },
		  "(1 (3 4)(2))", "(3 4)(1 2)", "(1 3)(4)(2)" },
		/* REFS orders by arrival */
		{ "the latest arrival is last",
		  { { "a", "<1@x>", NULL, NULL, 1, 100 }, { "b", "<2@x>", NULL, NULL, 2, 200 },
		    { "c", "<3@x>", "<1@x>", NULL, 3, 300 } },
		  "(1 3)(2)", "(2)(1 3)", "(1)(2)(3)" },
		{ "also below what is missing",
		  { { "a", "<1@x>", "<0@x>", NULL, 1, 500 }, { "b", "<2@x>", NULL, NULL, 2, 400 },
		    { "c", "<3@x>", "<0@x>", NULL, 3, 300 } },
		  "((1)(3))(2)", "(2)((1)(3))", "(1)(2)(3)" },
		{ "without a Date the arrival counts",
		  { { "a", "<1@x>", NULL, NULL, 0, 1900000000 }, { "b", "<2@x>", NULL, NULL, 5, 1 },
		    { "c", "<3@x>", NULL, NULL, 0, 3 } },
		  "(3)(2)(1)", "(2)(3)(1)", "(3)(2)(1)" },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint32_t count = 0;

		while (count < 10 && (rows[i].messages[count].date != 0
		    || rows[i].messages[count].arrival != 0))
			count++;
		make(THREAD_REFERENCES, rows[i].messages, count, &out);
		check_str(buf_str(&out), rows[i].references, rows[i].what);
		make(THREAD_REFS, rows[i].messages, count, &out);
		check_str(buf_str(&out), rows[i].refs, "and by references alone");
		make(THREAD_ORDEREDSUBJECT, rows[i].messages, count, &out);
		check_str(buf_str(&out), rows[i].subjects, "and by subject");
	}
	make(THREAD_REFERENCES, NULL, 0, &out);
	check_str(buf_str(&out), "", "nothing gives nothing");
	buf_fini(&out);
}

static void
test_ids(void)
{
	static const struct {
		const char *value, *ids;
	} rows[] = {
		{ "", "" },
		{ "<a@b>", "a@b;" },
		{ " <a@b> <c@d>\r\n\t<e@f>", "a@b;c@d;e@f;" },
		{ "<a@b><c@d>", "a@b;c@d;" },
		{ "a@b", "" },
		{ "<a>", "" },
		{ "<@b>", "" },
		{ "<a@>", "" },
		{ "<a@b", "" },
		{ "<a@b <c@d>", "c@d;" },
		{ "<a> <b@c>", "b@c;" },
		{ "<\"a b\"@c>", "a b@c;" },
		{ "<\"a\\\"b\"@c>", "a\"b@c;" },
		{ "<\"a@b\"@c>", "a@b@c;" },
		{ "<\"unclosed@b> <c@d>", "" },
		{ "<a(x(y)z)b@c>", "ab@c;" },
		{ "<a(unclosed@b>", "" },
		{ "<a @ b\r\n .c>", "a@b.c;" },
		{ "<a@[1.2.3.4]>", "a@[1.2.3.4];" },
		{ "In reply to your message of <yesterday> <a@b> said", "a@b;" },
		{ "<a@b@c>", "a@b@c;" },
		{ "<\xc3\xa9@b>", "\xc3\xa9@b;" },
	};
	struct buf id = BUF_INIT, ids = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *at = rows[i].value, *end = at + strlen(at);

		buf_reset(&ids);
		while (msgid_next(&at, end, &id))
			buf_addf(&ids, "%s;", id.data);
		if (!check_str(buf_str(&ids), rows[i].ids, "message ids"))
			printf("# of row %zu\n", i);
	}
	buf_fini(&id);
	buf_fini(&ids);
}

/* Mailboxes that quadratic work would make take minutes. */
static void
hurt(uint32_t count, void (*fill)(struct message *m, uint32_t i, uint32_t count),
    const char *start, const char *what)
{
	struct message *messages = calloc(count, sizeof *messages);
	struct buf out = BUF_INIT;
	size_t ids = 0;

	for (uint32_t i = 0; i < count; i++) {
		fill(&messages[i], i, count);
		if (messages[i].date == 0)
			messages[i].date = 1600000000 + i;
	}
	for (int algorithm = THREAD_ORDEREDSUBJECT; algorithm <= THREAD_REFS; algorithm++) {
		make((enum thread_algorithm)algorithm, messages, count, &out);
		ids = 0;
		for (size_t i = 0; i < out.len; i++)
			ids += out.data[i] >= '0' && out.data[i] <= '9'
			    && (out.data[i + 1] < '0' || out.data[i + 1] > '9');
		check(ids == count, "%s: all are there", what);
		if (algorithm == THREAD_REFERENCES && start != NULL)
			check(strncmp(out.data, start, strlen(start)) == 0,
			    "and begin as they should");
	}
	for (uint32_t i = 0; i < count; i++) {
		free((char *)messages[i].id);
		free((char *)messages[i].references);
	}
	free(messages);
	buf_fini(&out);
}

static char *
id_text(uint32_t n)
{
	char *text = malloc(32);

	sprintf(text, "<%u@x>", n);
	return text;
}

static void
same_subject(struct message *m, uint32_t i, uint32_t count)
{
	(void)count;
	m->subject = i % 2 ? "Re: hello" : "hello";
	m->id = id_text(i);
}

static void
one_chain(struct message *m, uint32_t i, uint32_t count)
{
	(void)count;
	m->subject = "chain";
	m->id = id_text(i);
	m->references = i > 0 ? id_text(i - 1) : NULL;
}

static void
chain_from_its_end(struct message *m, uint32_t i, uint32_t count)
{
	m->subject = "chain";
	m->id = id_text(count - i);
	m->references = id_text(count - i - 1);
}

/* Each claims to answer the next, and the last the first: one loop of all. */
static void
one_circle(struct message *m, uint32_t i, uint32_t count)
{
	m->id = id_text(i);
	m->references = id_text((i + 1) % count);
}

static void
many_references(struct message *m, uint32_t i, uint32_t count)
{
	struct buf text = BUF_INIT;

	(void)count;
	for (uint32_t k = 0; k < 10000; k++)
		buf_addf(&text, "<missing%u@x> ", (k * 7919u + i) % 10000u);
	m->id = id_text(i);
	m->references = buf_steal(&text);
}

/* Deep below parents that are not there: all of the chain is missing. */
static void
below_missing(struct message *m, uint32_t i, uint32_t count)
{
	struct buf text = BUF_INIT;

	(void)count;
	if (i == 0)
		for (uint32_t k = 0; k < 20000; k++)
			buf_addf(&text, "<missing%u@x> ", k);
	else
		buf_addf(&text, "<missing%u@x>", 19999 - i % 100);
	m->id = id_text(i);
	m->references = buf_steal(&text);
}

static void
one_parent(struct message *m, uint32_t i, uint32_t count)
{
	(void)count;
	m->id = id_text(i + 1);
	m->references = id_text(1);
}

int
main(void)
{
	test_ids();
	test_threads();
	hurt(100000, same_subject, "((1 2)(3)(4)(", "100,000 of one subject");
	hurt(100000, one_chain, "(1 2 3 4", "a chain of 100,000");
	hurt(100000, chain_from_its_end, "(100000 99999 ", "a chain that arrives from its end");
	hurt(100000, one_circle, NULL, "a circle of 100,000");
	hurt(100, many_references, NULL, "100 with 10,000 references each");
	hurt(50000, below_missing, NULL, "50,000 below 20,000 missing ones");
	hurt(100000, one_parent, "(1 (2)(3)", "100,000 of one parent");
	buf_fini(&envelope);
	return test_done();
}
