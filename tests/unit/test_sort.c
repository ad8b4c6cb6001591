/* query/sort: every key, both ways, ties, long common beginnings. */
#include <stdio.h>
#include <stdlib.h>

#include "query/sort.h"
#include "test.h"
#include "util/arena.h"
#include "util/err.h"
#include "wire/parse.h"

struct message {
	const char *envelope;
	int64_t internal;
	uint64_t size;
	bool gone;
};

static const struct message *mailbox;

static enum document_answer
m_internal_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	(void)reach;
	*out = (struct document_time){ mailbox[d->row].internal, 120 };
	return mailbox[d->row].gone ? DOCUMENT_GONE : DOCUMENT_KNOWN;
}

static enum document_answer
m_size(struct document *d, enum document_reach reach, uint64_t *out)
{
	(void)reach;
	*out = mailbox[d->row].size;
	return mailbox[d->row].gone ? DOCUMENT_GONE : DOCUMENT_KNOWN;
}

static enum document_answer
m_envelope(struct document *d, enum document_reach reach, struct str *out)
{
	(void)reach;
	*out = (struct str){ mailbox[d->row].envelope, strlen(mailbox[d->row].envelope) };
	return mailbox[d->row].gone ? DOCUMENT_GONE : DOCUMENT_KNOWN;
}

static void
m_decode(void *ctx, const char *value, size_t len, struct buf *out)
{
	(void)ctx;
	(void)value;
	(void)len;
	buf_adds(out, "decoded");
}

static const struct document_ops ops = {
	.internal_date = m_internal_date, .size = m_size, .envelope = m_envelope,
	.decode = m_decode,
};

static struct arena arena;

static int
read_program(const char *text, struct sort_program *out, struct err *err)
{
	struct parse p = {
		.arena = &arena, .err = err, .line = text, .at = text, .end = text + strlen(text),
	};

	*err = (struct err){ ERR_NONE, "", "" };
	if (sort_parse(&p, out) < 0)
		return -1;
	return *p.at == '\0' ? 0 : err_set(err, ERR_NO, "the cursor stands at '%s'", p.at);
}

static void
sort_all(const char *text, const struct message *messages, uint32_t count, struct sort *sort)
{
	struct sort_program program;
	struct err err;

	if (read_program(text, &program, &err) < 0) {
		check(false, "%s: %s", text, err.client);
		exit(1);
	}
	mailbox = messages;
	sort_init(sort, &program);
	for (uint32_t i = 0; i < count; i++) {
		struct document d = { .ops = &ops, .number = i + 1, .uid = i + 1, .row = i };

		sort_add(sort, &d, i + 1);
	}
	sort_order(sort);
}

static void
test_orders(void)
{
	static const struct message messages[] = {
		{ "(\"Tue, 1 Feb 1994 12:00:00 +0100\" \"Re: b\" ((\"Zoe\" NIL \"anna\" \"x.org\"))"
		  " NIL NIL ((NIL NIL \"dan\" \"x.org\")) ((NIL NIL \"c\" \"x\")) NIL NIL NIL)",
		  500, 30, false },
		{ "(\"Tue, 1 Feb 1994 10:59:59 +0000\" \"B\" ((\"adam\" NIL \"Bert\" \"x.org\"))"
		  " NIL NIL ((\"\" NIL \"carl\" \"x.org\")(NIL NIL \"aa\" \"b\")) NIL NIL NIL NIL)",
		  400, 20, false },
		{ "(\"nonsense\" \"=?utf-8?q?=C3=84pfel?=\" ((NIL NIL \"berta\" \"x.org\"))"
		  " NIL NIL ((\"=?koi8-r?b?xQ==?=\" NIL \"x\" \"y\")) ((NIL NIL \"b\" \"x\"))"
		  " NIL NIL NIL)",
		  300, 10, false },
		{ "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", 1, 10, false },
		{ "(\"1 Jan 1960\" \"[list] a (fwd)\" ((NIL NIL \"team\" NIL)(NIL NIL \"z\" \"z\")"
		  "(NIL NIL NIL NIL)) NIL NIL NIL ((\"x\" NIL \"C\" \"y\")) NIL NIL NIL)",
		  -5, 40, false },
		{ "", 900, 90, true },
	};
	static const struct {
		const char *program, *order;
	} rows[] = {
		{ "(ARRIVAL)", "5 6 4 3 2 1" },
		{ "(REVERSE ARRIVAL)", "1 2 3 4 6 5" },
		{ "(SIZE)", "6 3 4 2 1 5" },
		{ "(REVERSE SIZE)", "5 1 2 3 4 6" },
		{ "(SIZE REVERSE SIZE)", "6 3 4 2 1 5" },
		{ "(DATE)", "5 6 4 3 2 1" },
		{ "(SUBJECT)", "4 6 5 3 1 2" },
		{ "(REVERSE SUBJECT)", "1 2 3 5 4 6" },
		{ "(SUBJECT ARRIVAL)", "6 4 5 3 2 1" },
		{ "(SUBJECT REVERSE ARRIVAL)", "4 6 5 3 1 2" },
		{ "(REVERSE SUBJECT ARRIVAL)", "2 1 3 5 6 4" },
		{ "(FROM)", "4 6 1 2 3 5" },
		{ "(REVERSE FROM)", "5 3 2 1 4 6" },
		{ "(TO)", "4 5 6 2 1 3" },
		{ "(CC)", "2 4 6 3 1 5" },
		{ "(DISPLAYFROM)", "4 6 2 3 5 1" },
		{ "(DISPLAYTO)", "4 5 6 2 1 3" },
		{ "(CC FROM)", "4 6 2 3 1 5" },
		{ "(CC REVERSE FROM)", "2 4 6 3 5 1" },
		{ "(from to cc reverse date arrival subject size displayfrom displayto from)",
		  "4 6 1 2 3 5" },
	};
	struct buf order = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sort sort;

		sort_all(rows[i].program, messages, 6, &sort);
		buf_reset(&order);
		for (size_t k = 0; k < sort.count; k++)
			buf_addf(&order, k > 0 ? " %u" : "%u", sort.ids[k]);
		check_str(buf_str(&order), rows[i].order, rows[i].program);
		sort_fini(&sort);
	}
	buf_fini(&order);
}

static void
test_refused(void)
{
	static const char *const rows[] = {
		"", "()", "DATE", "(DATE", "(DATE )", "( DATE)", "(REVERSE)",
		"(REVERSE REVERSE DATE)",
		"(DATES)", "(BCC)", "(DATE,SIZE)", "(REVERSEDATE)",
	};
	struct sort_program program;
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(read_program(rows[i], &program, &err) < 0, "refused: %s", rows[i]);
}

static uint32_t
next(uint32_t *seed)
{
	return (*seed = *seed * 1664525 + 1013904223) >> 8;
}

/* What sort.c should have done, in the plainest way. */
struct plain {
	char subject[80];
	uint32_t size, id;
};

static int
plain_order(const void *a, const void *b)
{
	const struct plain *left = a, *right = b;
	int order = strcmp(left->subject, right->subject);

	if (order == 0)
		order = left->size < right->size ? 1 : left->size > right->size ? -1 : 0;
	return order != 0 ? order : left->id < right->id ? -1 : 1;
}

static void
test_many(uint32_t count, unsigned longest, unsigned letters, const char *what)
{
	struct message *messages = calloc(count, sizeof *messages);
	struct plain *plain = calloc(count, sizeof *plain);
	struct sort sort;
	uint32_t seed = count + longest;
	bool same = true;

	for (uint32_t i = 0; i < count; i++) {
		size_t len = next(&seed) % (longest + 1);
		char *envelope = malloc(len + 60);

		for (size_t k = 0; k < len; k++)
			plain[i].subject[k] = (char)('A' + next(&seed) % letters);
		plain[i].size = next(&seed) % 3;
		plain[i].id = i + 1;
		sprintf(envelope, "(NIL \"%s\" NIL NIL NIL NIL NIL NIL NIL NIL)", plain[i].subject);
		messages[i] = (struct message){ envelope, 0, plain[i].size, false };
	}
	sort_all("(SUBJECT REVERSE SIZE)", messages, count, &sort);
	qsort(plain, count, sizeof *plain, plain_order);
	for (uint32_t i = 0; i < count; i++)
		same = same && plain[i].id == sort.ids[i];
	check(same, "%u messages, %s", count, what);
	sort_fini(&sort);
	for (uint32_t i = 0; i < count; i++)
		free((char *)messages[i].envelope);
	free(messages);
	free(plain);
}

int
main(void)
{
	test_orders();
	test_refused();
	test_many(0, 5, 3, "an empty mailbox");
	test_many(1, 5, 3, "one");
	test_many(2, 5, 3, "two");
	test_many(17, 5, 3, "behind a short run");
	test_many(1000, 3, 2, "many equals");
	test_many(3000, 70, 1, "long common beginnings");
	test_many(5000, 20, 20, "all different");
	arena_fini(&arena);
	return test_done();
}
