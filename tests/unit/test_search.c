/*
 * query/search, run and scan: every key asked of a mailbox of six messages, with
 * hits and misses, and what each question costs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "query/search.h"
#include "test.h"
#include "util/arena.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/log.h"
#include "wire/flags.h"

struct message {
	uint32_t uid;
	unsigned flags;
	const char *keywords;
	uint64_t modseq, size;
	int64_t internal, saved;
	int zone;
	bool in_result, gone, uncached, crashes;
	const char *email_id, *thread_id;
	const char *envelope, *header, *body;
};

#define DAY 86400
#define FEBRUARY 760060800	/* 1 February 1994, 00:00 */
#define NOW (FEBRUARY + 40 * DAY)	/* 13 March 1994 */

static struct message messages[] = {
	{ .uid = 2, .flags = FLAG_SEEN | FLAG_ANSWERED, .keywords = " $Junk ", .modseq = 10,
	  .size = 100, .internal = FEBRUARY, .saved = FEBRUARY + 10 * DAY, .in_result = true,
	  .email_id = "M1", .thread_id = "T1",
	  .envelope = "(\"Tue, 1 Feb 1994 12:00:00 +0100\" \"Re: plans for =?utf-8?q?caf=C3=A9?=\""
	  " ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) NIL NIL"
	  " ((NIL NIL \"imap\" \"cac.washington.edu\")(\"Bob\" NIL \"bob\" \"x.org\"))"
	  " ((\"Carol\" NIL \"carol\" \"y.org\")) NIL NIL \"<1@x>\")",
	  .header = "Subject: Re: plans\nX-Spam: yes\nReceived: from a\nReceived: from b",
	  .body = "The quick brown fox" },
	{ .uid = 3, .flags = FLAG_SEEN | FLAG_FLAGGED, .keywords = " $Junk work ",
	  .modseq = 20, .size = 200, .internal = FEBRUARY - 1,
	  .saved = FEBRUARY + 20 * DAY, .email_id = "M2", .thread_id = "T1",
	  .envelope = "(\"Mon, 31 Jan 1994 23:59:59 -0800\" \"=?koi8-r?b?z9TQ1dPL?=\""
	  " ((\"Gray, Terry\" NIL \"gray\" \"example.org\")) NIL NIL NIL NIL"
	  " ((NIL NIL \"hidden\" \"z.org\")) NIL \"<2@x>\")",
	  .header = "X-Spam: no\nX-Empty:", .body = "jumps over the lazy dog" },
	{ .uid = 5, .flags = FLAG_DELETED | FLAG_DRAFT | FLAG_RECENT, .keywords = " ",
	  .modseq = 30, .size = 300, .internal = FEBRUARY + 30 * DAY,
	  .saved = FEBRUARY + 30 * DAY, .email_id = "M3",
	  .envelope = "(\"no date\" NIL ((NIL NIL \"team\" NIL)(NIL NIL \"ann\" \"t.org\")"
	  "(NIL NIL \"ben\" \"t.org\")(NIL NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)",
	  .header = "", .body = "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, caf\xc3\xa9" },
	{ .uid = 8, .flags = 0, .keywords = " ", .modseq = 40, .size = 400, .uncached = true,
	  .internal = FEBRUARY + 39 * DAY, .saved = FEBRUARY + 39 * DAY, .zone = 600,
	  .email_id = "M4", .thread_id = "T4", .in_result = true,
	  .envelope = "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)",
	  .header = "Date: x\nSubject:", .body = "uncached fox" },
	{ .uid = 9, .gone = true, .keywords = " ", .uncached = true, .envelope = "", .header = "",
	  .body = "gone" },
	{ .uid = 12, .flags = FLAG_RECENT | FLAG_SEEN, .keywords = " ", .modseq = 60, .size = 600,
	  .internal = NOW, .saved = NOW, .email_id = "M6", .thread_id = "T6",
	  .envelope = "(\"Sun, 13 Mar 1994 00:00:00 +0000\" \"plain\""
	  " NIL NIL NIL NIL NIL NIL NIL NIL)",
	  .header = "Subject: plain", .body = "six" },
};

enum { COUNT = sizeof messages / sizeof messages[0] };

static struct message *mailbox = messages;
static uint32_t mailbox_count = COUNT;
static bool save_dates = true, use_index;
static unsigned opens, disk, texts;
static pid_t home;

static struct message *
of(const struct document *d)
{
	return &mailbox[d->row];
}

static bool
m_open(void *ctx, uint32_t position, struct document *out)
{
	extern const struct document_ops ops;
	const struct message *m = &mailbox[position];

	opens++;
	*out = (struct document){
		.ops = &ops, .mailbox = ctx, .number = position + 1,
		.uid = m->uid, .flags = m->flags,
		.modseq = m->modseq, .saved = m->in_result, .row = position,
	};
	return true;
}

static uint32_t
m_find_uid(void *ctx, uint32_t uid)
{
	uint32_t i = 0;

	(void)ctx;
	while (i < mailbox_count && mailbox[i].uid < uid)
		i++;
	return i;
}

static const char *const keyword_names[] = { "$Junk", "work", "unused" };

static int64_t
m_keyword(void *ctx, struct str name)
{
	(void)ctx;
	for (int i = 0; i < 3; i++)
		if (ascii_casecmp(name.data, keyword_names[i]) == 0)
			return i;
	return -1;
}

static bool
m_has_keyword(const struct document *d, int64_t keyword)
{
	return strstr(of(d)->keywords, keyword_names[keyword]) != NULL;
}

static bool
m_has_save_dates(void *ctx)
{
	(void)ctx;
	return save_dates;
}

static enum document_answer
look_up(const struct document *d, enum document_reach reach)
{
	if (of(d)->uncached && reach == REACH_MEMORY)
		return DOCUMENT_UNKNOWN;
	disk += of(d)->uncached;
	return of(d)->gone ? DOCUMENT_GONE : DOCUMENT_KNOWN;
}

static enum document_answer
m_internal_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	*out = (struct document_time){ of(d)->internal, of(d)->zone };
	return look_up(d, reach);
}

static enum document_answer
m_save_date(struct document *d, enum document_reach reach, struct document_time *out)
{
	*out = (struct document_time){ of(d)->saved, 0 };
	return look_up(d, reach);
}

static enum document_answer
m_size(struct document *d, enum document_reach reach, uint64_t *out)
{
	*out = of(d)->size;
	return look_up(d, reach);
}

static enum document_answer
m_size_bounds(struct document *d, enum document_reach reach, uint64_t *least, uint64_t *most)
{
	*least = of(d)->size - 10;
	*most = of(d)->size + 10;
	(void)reach;
	return of(d)->gone ? DOCUMENT_GONE : DOCUMENT_KNOWN;
}

static enum document_answer
id(const char *text, struct str *out)
{
	*out = (struct str){ text, text != NULL ? strlen(text) : 0 };
	return DOCUMENT_KNOWN;
}

static enum document_answer
m_email_id(struct document *d, enum document_reach reach, struct str *out)
{
	(void)reach;
	return id(of(d)->email_id, out);
}

static enum document_answer
m_thread_id(struct document *d, enum document_reach reach, struct str *out)
{
	(void)reach;
	return id(of(d)->thread_id, out);
}

static enum document_answer
m_envelope(struct document *d, enum document_reach reach, struct str *out)
{
	*out = (struct str){ of(d)->envelope, strlen(of(d)->envelope) };
	return look_up(d, reach);
}

static enum document_answer
m_header(struct document *d, enum document_reach reach, struct str name, document_value *value,
    void *ctx)
{
	enum document_answer known = look_up(d, reach);

	for (const char *at = of(d)->header; known == DOCUMENT_KNOWN && *at != '\0';) {
		size_t line = strcspn(at, "\n"), colon = strcspn(at, ":");

		if (colon == name.len && ascii_ncasecmp(at, name.data, colon) == 0) {
			size_t skip = colon + 1 + (at[colon + 1] == ' ');

			value(ctx, at + skip, line - skip);
		}
		at += line + (at[line] == '\n');
	}
	return known;
}

static void
m_decode(void *ctx, const char *value, size_t len, struct buf *out)
{
	(void)ctx;
	if (len >= 20 && memcmp(value, "=?koi8-r?b?z9TQ1dPL?=", 20) == 0)
		buf_adds(out, "\xd0\xbe\xd1\x82\xd0\xbf\xd1\x83\xd1\x81\xd0\xba");
}

static enum document_answer
m_text(struct document *d, unsigned which, document_sink *sink, void *ctx)
{
	const char *text = which == DOCUMENT_HEADER ? of(d)->header : of(d)->body;

	texts++;
	if (of(d)->gone)
		return DOCUMENT_GONE;
	if (of(d)->crashes && getpid() != home)
		raise(SIGKILL);
	/* character by character: needles must be found across all borders but those of runs */
	for (bool first = true; *text != '\0'; first = false) {
		size_t len = 1;

		while ((text[len] & 0xc0) == 0x80)
			len++;
		if (!sink(ctx, text, len, first))
			break;
		text += len;
	}
	return DOCUMENT_KNOWN;
}

/* An index of bodies: what was signed is remembered by UID. */
static struct buf signatures[20000];	/* many() makes up to 10,000, with odd UIDs */

static bool
m_rules_out(struct document *d, const struct signature_probe *probe)
{
	const struct buf *bits = &signatures[d->uid];

	return use_index && signature_rules_out(bits->data, bits->len, probe);
}

static bool
m_wants_signature(struct document *d)
{
	return use_index && signatures[d->uid].len == 0;
}

static void
m_sign(struct document *d, const struct signature *signature)
{
	signature_finish(signature, 300, &signatures[d->uid]);
}

static void
forget_signatures(void)
{
	for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++)
		buf_fini(&signatures[i]);
}

extern const struct document_ops ops;
const struct document_ops ops = {
	.open = m_open, .find_uid = m_find_uid, .keyword = m_keyword, .has_keyword = m_has_keyword,
	.has_save_dates = m_has_save_dates, .internal_date = m_internal_date,
	.save_date = m_save_date, .size = m_size, .size_bounds = m_size_bounds,
	.email_id = m_email_id,
	.thread_id = m_thread_id, .envelope = m_envelope, .header = m_header, .decode = m_decode,
	.text = m_text, .rules_out = m_rules_out, .wants_signature = m_wants_signature,
	.sign = m_sign,
};

struct asked {
	struct arena arena;
	struct criteria criteria;
	struct search search;
	struct search_results results;
	int result;
};

static void
ask(struct asked *a, const char *program, const struct result_plan *plan,
    const struct search_work *work)
{
	struct err err = { ERR_NONE, "", "" };
	struct parse p = {
		.arena = &a->arena, .err = &err, .line = program, .at = program,
		.end = program + strlen(program), .held_max = 1 << 20,
	};

	*a = (struct asked){ .arena = ARENA_INIT };
	opens = disk = texts = 0;
	if (criteria_parse(&p, CRITERIA_CHARSET_OPTIONAL, NULL, &a->criteria) < 0) {
		check(false, "%s: %s", program, err.client);
		exit(1);
	}
	criteria_bind(&a->criteria, mailbox_count, mailbox[mailbox_count - 1].uid, &a->arena);
	search_init(&a->search, &a->criteria, &ops, NULL, NOW);
	a->result = search_all(&a->search, mailbox_count, plan, work, &a->results);
}

static void
forget(struct asked *a)
{
	search_fini(&a->search);
	search_results_fini(&a->results);
	arena_fini(&a->arena);
}

static void
test_keys(void)
{
	static const struct search_work alone = { 0, NULL, NULL };
	static const struct {
		const char *program;
		const char *numbers;	/* that match; 4 is not in the cache, 5 is gone */
		unsigned disk, texts;	/* what it may cost at most */
	} rows[] = {
		{ "ALL", "1 2 3 4 5 6", 0, 0 },
		{ "NOT ALL", "", 0, 0 },
		{ "SEEN", "1 2 6", 0, 0 },
		{ "UNSEEN", "3 4 5", 0, 0 },
		{ "ANSWERED", "1", 0, 0 },
		{ "UNANSWERED", "2 3 4 5 6", 0, 0 },
		{ "FLAGGED", "2", 0, 0 },
		{ "DELETED", "3", 0, 0 },
		{ "DRAFT", "3", 0, 0 },
		{ "NEW", "3", 0, 0 },
		{ "OLD", "1 2 4 5", 0, 0 },
		{ "RECENT", "3 6", 0, 0 },
		{ "KEYWORD $junk", "1 2", 0, 0 },
		{ "KEYWORD work", "2", 0, 0 },
		{ "KEYWORD unused", "", 0, 0 },
		{ "KEYWORD never", "", 0, 0 },
		{ "UNKEYWORD never", "1 2 3 4 5 6", 0, 0 },
		{ "UNKEYWORD $Junk", "3 4 5 6", 0, 0 },
		{ "2:3", "2 3", 0, 0 },
		{ "*", "6", 0, 0 },
		{ "4:99", "4 5 6", 0, 0 },
		{ "77", "", 0, 0 },
		{ "NOT 2:5", "1 6", 0, 0 },
		{ "UID 3:8", "2 3 4", 0, 0 },
		{ "UID *", "6", 0, 0 },
		{ "UID 4", "", 0, 0 },
		{ "UID 100:*", "6", 0, 0 },
		{ "UID 1:4294967295 3:4", "3 4", 0, 0 },
		{ "UID 2,12 OR 1 6", "1 6", 0, 0 },
		{ "UID 1:2 UID 9:12", "", 0, 0 },
		{ "$", "1 4", 0, 0 },
		{ "NOT $", "2 3 5 6", 0, 0 },
		{ "UID $ SEEN", "1", 0, 0 },
		{ "MODSEQ 30", "3 4 6", 0, 0 },
		{ "EMAILID M2", "2", 0, 0 },
		{ "EMAILID m2", "", 0, 0 },
		{ "THREADID T1", "1 2", 0, 0 },
		{ "NOT THREADID T1", "3 4 5 6", 0, 0 },
		{ "SAVEDATESUPPORTED", "1 2 3 4 5 6", 0, 0 },
		/* 4 is asked of its file, and 5 too, which then matches neither way */
		{ "LARGER 300", "4 6", 2, 0 },
		{ "NOT LARGER 300", "1 2 3", 2, 0 },
		{ "SMALLER 300", "1 2", 2, 0 },
		{ "LARGER 300 SMALLER 500", "4", 4, 0 },
		{ "LARGER 350", "4 6", 0, 0 },
		{ "NOT SMALLER 420", "6", 0, 0 },
		{ "LARGER 399 SMALLER 401", "4", 2, 0 },
		{ "NOT LARGER 400", "1 2 3 4", 2, 0 },
		{ "BEFORE 1-Feb-1994", "2", 2, 0 },
		{ "ON 1-Feb-1994", "1", 2, 0 },
		{ "ON 31-Jan-1994", "2", 2, 0 },
		{ "SINCE 1-Feb-1994", "1 3 4 6", 2, 0 },
		{ "SINCE 3-Mar-1994", "3 4 6", 2, 0 },
		{ "ON 12-Mar-1994", "4", 2, 0 },
		{ "NOT SINCE 1-Feb-1994", "2", 2, 0 },
		{ "SENTON 1-Feb-1994", "1", 2, 0 },
		{ "SENTON 31-Jan-1994", "2", 2, 0 },
		{ "SENTBEFORE 1-Feb-1994", "2", 2, 0 },
		{ "SENTSINCE 1-Feb-1994", "1 6", 2, 0 },
		{ "NOT SENTSINCE 1-Feb-1994", "2 3 4", 2, 0 },
		{ "SAVEDON 11-Feb-1994", "1", 2, 0 },
		{ "SAVEDBEFORE 22-Feb-1994", "1 2", 2, 0 },
		{ "SAVEDSINCE 21-Feb-1994", "2 3 4 6", 2, 0 },
		{ "OLDER 86400", "1 2 3 4", 2, 0 },
		{ "YOUNGER 86400", "4 6", 2, 0 },
		{ "YOUNGER 86399", "6", 2, 0 },
		{ "YOUNGER 1", "6", 2, 0 },
		{ "SUBJECT plans", "1", 2, 0 },
		{ "SUBJECT \"CAF\xc3\x89\"", "1", 2, 0 },
		{ "SUBJECT \"for caf\"", "1", 2, 0 },
		{ "SUBJECT utf-8", "", 2, 0 },
		{ "SUBJECT \"\xd0\x9e\xd0\xa2\xd0\x9f\xd0\xa3\xd0\xa1\xd0\x9a\"", "2", 2, 0 },
		{ "SUBJECT \"\"", "1 2 4 6", 2, 0 },
		{ "FROM gray", "1 2", 2, 0 },
		{ "FROM \"Terry Gray\"", "1", 2, 0 },
		{ "FROM \"terry gray <GRAY@cac.washington.edu>\"", "1", 2, 0 },
		{ "FROM \"gray@example\"", "2", 2, 0 },
		{ "FROM team", "3", 2, 0 },
		{ "FROM \"ann@t.org>, <ben\"", "3", 2, 0 },
		{ "FROM \"\"", "1 2 3", 2, 0 },
		{ "TO bob", "1", 2, 0 },
		{ "TO imap@cac", "1", 2, 0 },
		{ "TO gray", "", 2, 0 },
		{ "CC carol", "1", 2, 0 },
		{ "CC bob", "", 2, 0 },
		{ "BCC hidden@z.org", "2", 2, 0 },
		{ "HEADER x-spam yes", "1", 2, 0 },
		{ "HEADER X-SPAM \"\"", "1 2", 2, 0 },
		{ "HEADER X-Empty \"\"", "2", 2, 0 },
		{ "HEADER X-Empty x", "", 2, 0 },
		{ "HEADER X-Spa yes", "", 2, 0 },
		{ "HEADER Received \"from b\"", "1", 2, 0 },
		{ "HEADER Received \"from afrom b\"", "", 2, 0 },
		{ "HEADER Received a NOT HEADER Received b", "", 4, 0 },
		{ "BODY fox", "1 4", 0, 6 },
		{ "BODY \"QUICK BROWN\"", "1", 0, 6 },
		{ "BODY plans", "", 0, 6 },
		{ "BODY \"\xd0\xbf\xd0\xa0\xd0\xb8\"", "3", 0, 6 },
		{ "BODY \"\xd1\x82, CAF\xc3\x89\"", "3", 0, 6 },
		{ "BODY gone", "", 0, 6 },
		{ "NOT BODY gone", "1 2 3 4 6", 0, 6 },
		{ "BODY \"\"", "1 2 3 4 5 6", 0, 0 },
		{ "TEXT plans", "1", 0, 12 },
		{ "TEXT plain", "6", 0, 12 },
		{ "TEXT fox", "1 4", 0, 12 },
		{ "TEXT x-spam", "1 2", 0, 12 },
		{ "NOT TEXT fox", "2 3 6", 0, 12 },
		{ "BODY fox BODY quick", "1", 0, 6 },
		{ "OR BODY fox BODY dog", "1 2 4", 0, 6 },
		{ "BODY quick TEXT spam", "1", 0, 12 },
		{ "BODY spam", "", 0, 6 },
		/* cheap keys leave little for dear ones */
		{ "BODY fox ANSWERED", "1", 0, 1 },
		{ "OR BODY fox SEEN", "1 2 4 6", 0, 3 },
		{ "BODY fox FROM gray", "1", 2, 2 },
		{ "BODY fox DELETED SEEN", "", 0, 0 },
		{ "BODY fox UID 8", "4", 0, 1 },
		{ "OR SEEN UNSEEN BODY fox", "1 4", 0, 6 },
		{ "NOT (SEEN BODY fox)", "2 3 4 5 6", 0, 3 },
		{ "SUBJECT plans SEEN", "1", 0, 0 },
		{ "SUBJECT plans OLDER 1 SMALLER 150", "1", 5, 0 },
		{ "BODY lazy SMALLER 250", "2", 2, 2 },
	};
	struct buf numbers = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct asked a;

		ask(&a, rows[i].program, NULL, &alone);
		buf_reset(&numbers);
		for (size_t k = 0; k < a.results.count; k++)
			buf_addf(&numbers, k > 0 ? " %u" : "%u", a.results.positions[k] + 1);
		check_str(buf_str(&numbers), rows[i].numbers, rows[i].program);
		if (disk > rows[i].disk || texts > rows[i].texts)
			check(false, "its cost: %u of the disk, %u texts", disk, texts);
		forget(&a);
	}
	save_dates = false;
	{
		struct asked a;

		ask(&a, "SAVEDON 1-Feb-1994", NULL, &alone);
		check(a.results.count == 1 && a.results.positions[0] == 0,
		    "without save dates, the internal date is asked");
		forget(&a);
		ask(&a, "SAVEDATESUPPORTED", NULL, &alone);
		check(a.results.count == 0, "and SAVEDATESUPPORTED matches nothing");
		forget(&a);
	}
	save_dates = true;
	use_index = true;
	{
		struct asked a;

		ask(&a, "BODY quick", NULL, &alone);
		check(a.results.count == 1 && texts == 11, "with an index each text is read once");
		forget(&a);
		ask(&a, "TEXT lazy", NULL, &alone);
		check(a.results.count == 1 && texts == 3, "then it spares texts");
		forget(&a);
		ask(&a, "NOT TEXT lazy", NULL, &alone);
		check(a.results.count == 4 && texts == 3, "also when asked for an absence");
		forget(&a);
		ask(&a, "HEADER X-Nowhere \"\"", NULL, &alone);
		check(a.results.count == 0 && disk == 1, "and headers, by name");
		forget(&a);
		ask(&a, "HEADER Date nothing", NULL, &alone);
		check(a.results.count == 0 && disk == 1, "and by value");
		forget(&a);
	}
	use_index = false;
	forget_signatures();
	buf_fini(&numbers);
}

static struct message *
many(uint32_t count)
{
	struct message *all = calloc(count, sizeof *all);

	for (uint32_t i = 0; i < count; i++)
		all[i] = (struct message){
			.uid = 2 * i + 1, .flags = i % 10 == 0 ? FLAG_FLAGGED : 0, .keywords = " ",
			.envelope = "", .header = "X: y", .body = i % 7 == 0 ? "a needle" : "hay",
		};
	return all;
}

static bool
refuse(void *ctx, uint32_t done, uint32_t total)
{
	(void)done;
	(void)total;
	++*(int *)ctx;
	return false;
}

static void
test_readers(void)
{
	struct search_work alone = { 0, NULL, NULL }, four = { 4, NULL, NULL };
	struct asked a, b;
	int told = 0;

	mailbox = many(mailbox_count = 3000);
	ask(&a, "TEXT needle", NULL, &alone);
	ask(&b, "TEXT needle", NULL, &four);
	check(a.results.count == 429, "one process finds all");
	check(b.result == 0 && b.results.count == 429
	    && memcmp(a.results.positions, b.results.positions, 429 * sizeof(uint32_t)) == 0,
	    "four find the same, in order");
	check(texts == 0, "and read nothing in the session's own process");
	forget(&a);
	forget(&b);

	mailbox[70].crashes = mailbox[700].crashes = mailbox[701].crashes = true;
	ask(&a, "BODY needle", NULL, &four);
	check(a.result == 0 && a.results.count == 427,
	    "messages that kill their reader do not match, all others are found");
	ask(&b, "NOT BODY needle", NULL, &four);
	check(b.results.count == 3000 - 429 - 1, "neither way");
	forget(&a);
	forget(&b);

	four.progress = refuse;
	four.progress_ctx = &told;
	for (uint32_t i = 0; i < mailbox_count; i++)
		mailbox[i].crashes = false;
	{
		/* enough text that a tick passes, however fast the machine is */
		char *body = malloc(4000001);

		memset(body, 'x', 4000000);
		body[4000000] = '\0';
		for (uint32_t i = 0; i < mailbox_count; i++)
			mailbox[i].body = body;
		ask(&a, "BODY needle", NULL, &four);
		check(a.result < 0 && told >= 1, "when progress says so, readers are ended");
		forget(&a);
		free(body);
	}
	free(mailbox);
}

static void
test_plans(void)
{
	static const struct search_work alone = { 0, NULL, NULL };
	static const struct {
		const char *program;
		bool backwards;
		size_t enough;
		uint32_t first, last;	/* numbers of results, at the wanted end */
		unsigned opens, texts;	/* at most */
	} rows[] = {
		{ "FLAGGED", false, 1, 1, 0, 600, 0 },
		{ "FLAGGED", true, 1, 0, 9991, 600, 0 },
		{ "NOT FLAGGED", true, 30, 0, 10000, 600, 0 },
		{ "BODY needle", false, 1, 1, 0, 1000, 300 },
		{ "BODY needle", true, 2, 0, 9997, 1000, 300 },
		{ "UID 5001:*", false, 1, 2501, 0, 600, 0 },
		{ "FLAGGED 4000:5000", true, 1, 0, 4991, 600, 0 },
		{ "DELETED", false, 1, 0, 0, 10000, 0 },
		{ "DELETED", true, 1, 0, 0, 10000, 0 },
		{ "FLAGGED", true, 900, 0, 9991, 20000, 0 },
		{ "FLAGGED", false, 5000, 1, 9991, 20000, 0 },
	};

	mailbox = many(mailbox_count = 10000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct result_plan plan = { rows[i].backwards, rows[i].enough };
		struct asked a;
		const struct search_results *r = &a.results;
		bool ascending = true;

		ask(&a, rows[i].program, &plan, &alone);
		for (size_t k = 1; k < r->count; k++)
			ascending = ascending && r->positions[k - 1] < r->positions[k];
		check(ascending
		    && (rows[i].first == 0
		    || (r->count > 0 && r->positions[0] + 1 == rows[i].first))
		    && (rows[i].last == 0
		    || (r->count > 0 && r->positions[r->count - 1] + 1 == rows[i].last))
		    && opens <= rows[i].opens && texts <= rows[i].texts,
		    "%zu of %s from the %s", rows[i].enough, rows[i].program,
		    rows[i].backwards ? "end" : "start");
		forget(&a);
	}
	free(mailbox);
}

/* Needles longer than a piece, at the border of what is looked at together. */
static void
test_long_needles(void)
{
	static const struct search_work alone = { 0, NULL, NULL };
	struct message one = { .uid = 1, .keywords = "", .envelope = "", .header = "" };
	struct buf body = BUF_INIT, program = BUF_INIT;
	bool hits = true, misses = true;

	mailbox = &one;
	mailbox_count = 1;
	for (size_t at = 16384 - 700; at < 16384 + 100; at += 53) {
		struct asked a;

		buf_reset(&body);
		buf_reset(&program);
		for (size_t i = 0; i < 40000; i++)
			buf_addc(&body, (char)('a' + i % 7 + i / 700 % 11));
		buf_adds(&program, "BODY ");
		buf_add(&program, body.data + at, 600);
		one.body = body.data;
		ask(&a, program.data, NULL, &alone);
		hits = hits && a.results.count == 1;
		forget(&a);
		program.data[500] = 'z';
		ask(&a, program.data, NULL, &alone);
		misses = misses && a.results.count == 0;
		forget(&a);
	}
	check(hits && misses, "long needles across pieces");
	buf_fini(&body);
	buf_fini(&program);
}

int
main(void)
{
	home = getpid();
	log_open("test", LOG_TO_NOWHERE);
	test_keys();
	test_readers();
	test_plans();
	test_long_needles();
	return test_done();
}
