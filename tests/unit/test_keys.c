/* query/keys: kept keys say what the message says, and bytes that are no keys are not read. */
#include <stdlib.h>

#include "query/collate.h"
#include "query/hashes.h"
#include "query/keys.h"
#include "query/sort.h"
#include "test.h"

static const uint64_t hash_key[2] = { 1, 2 };

struct mail {
	const char *envelope, *references;	/* NULL: not in memory */
};

static enum document_answer
m_envelope(struct document *d, enum document_reach reach, struct str *out)
{
	const struct mail *mail = d->mailbox;

	(void)reach;
	*out = (struct str){ mail->envelope, strlen(mail->envelope) };
	return DOCUMENT_KNOWN;
}

static enum document_answer
m_header(struct document *d, enum document_reach reach, struct str name, document_value *value,
    void *ctx)
{
	const struct mail *mail = d->mailbox;

	check(reach == REACH_MEMORY && strcmp(name.data, "References") == 0,
	    "only what is in memory is asked for References");
	if (mail->references == NULL)
		return DOCUMENT_UNKNOWN;
	if (mail->references[0] != '\0')
		value(ctx, mail->references, strlen(mail->references));
	return DOCUMENT_KNOWN;
}

static void
m_decode(void *mailbox, const char *value, size_t len, struct buf *out)
{
	(void)mailbox;
	buf_add(out, value, len);
}

static const struct document_ops ops = {
	.envelope = m_envelope, .header = m_header, .decode = m_decode,
};

static const struct row {
	struct mail mail;
	const char *subject, *base, *from, *mailbox, *shown, *id, *first_reference;
	size_t references;
	int64_t sent;
	int zone;
	bool has_date, has_subject, has_from, reply;
} rows[] = {
	{ { "(\"Tue, 1 Feb 1994 12:00:00 +0100\" \"Re: [x] plans  for =?utf-8?q?caf=C3=A9?=\""
	  " ((\"Terry Gray\" NIL \"gray\" \"w.edu\")(NIL NIL \"b\" \"x\")) NIL NIL NIL NIL NIL"
	  " \"<up@x>\" \"<1@x>\")", " <a@b> <c@d>" },
	  "RE: [X] PLANS  FOR CAFE\xcc\x81", "PLANS FOR CAFE\xcc\x81",
	  "TERRY GRAY <GRAY@W.EDU>, <B@X>", "GRAY", "TERRY GRAY", "1@x", "a@b", 2,
	  760100400, 60, true, true, true, true },
	{ { "(\"no date\" \"plain\" ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL \"<up@x>\" \"none\")", "" },
	  "PLAIN", "PLAIN", "<A@B>", "A", "A@B", NULL, "up@x", 1, 0, 0, false, true, true, false },
	{ { "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)", "nothing <here>" },
	  "", "", "", "", "", NULL, NULL, 0, 0, 0, false, false, false, false },
	{ { "(NIL \"\" ((NIL NIL \"team\" NIL)(NIL NIL \"ann\" \"t\")(NIL NIL NIL NIL)) NIL NIL NIL NIL NIL NIL NIL)", "" },
	  "", "", "TEAM: <ANN@T>;", "TEAM", "TEAM", NULL, NULL, 0, 0, 0, false, true, true, false },
	{ { "(NIL \"Fwd: Fwd:\" ((\"\" NIL \"a\" NIL)) NIL NIL NIL NIL NIL NIL \"<1@x> <2@x>\")", "<r@r>" },
	  "FWD: FWD:", "", "A: ", "A", "A", "1@x", "r@r", 1, 0, 0, false, true, true, true },
};

static bool
is(struct str s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.data, text, s.len) == 0;
}

static uint64_t
hash(const char *text)
{
	return text != NULL ? keys_hash(hash_key, text, strlen(text)) : 0;
}

static enum document_answer
make(const struct mail *mail, struct buf *out)
{
	struct document d = { .ops = &ops, .mailbox = (void *)mail, .number = 1, .uid = 1 };
	struct keys_scratch scratch = { .value = BUF_INIT };
	enum document_answer answer = keys_make(&d, REACH_DISK, hash_key, &scratch, out);

	keys_scratch_fini(&scratch);
	return answer;
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct buf bytes = BUF_INIT;
		struct keys k;
		bool read = make(&r->mail, &bytes) == DOCUMENT_KNOWN && keys_read(bytes.data, bytes.len, &k);

		check(read, "%zu: made and read", i);
		check(read && is(k.subject, r->subject) && is(k.base, r->base)
		    && k.base_hash == keys_hash(hash_key, r->base, strlen(r->base))
		    && k.has_subject == r->has_subject && k.reply == r->reply, "%zu: subject", i);
		check(read && is(k.from, r->from) && is(k.mailbox, r->mailbox) && is(k.shown, r->shown)
		    && k.has_from == r->has_from, "%zu: from", i);
		check(read && k.has_date == r->has_date && k.sent == r->sent && k.zone == r->zone,
		    "%zu: date", i);
		check(read && k.id == hash(r->id) && k.reference_count == r->references
		    && (r->references == 0 || keys_reference(&k, 0) == hash(r->first_reference)),
		    "%zu: ids", i);
		buf_fini(&bytes);
	}
}

/* What is too much to keep is not kept. */
static void
test_bounds(void)
{
	struct buf text = BUF_INIT, bytes = BUF_INIT;
	struct mail mail = { rows[0].mail.envelope, NULL };

	check(make(&mail, &bytes) == DOCUMENT_UNKNOWN, "References are not in memory");
	buf_adds(&text, "(NIL \"");
	for (int i = 0; i < 9000; i++)
		buf_addc(&text, 'x');
	buf_adds(&text, "\" NIL NIL NIL NIL NIL NIL NIL NIL)");
	mail = (struct mail){ text.data, "" };
	check(make(&mail, &bytes) == DOCUMENT_UNKNOWN, "a subject of 9,000 octets");
	buf_reset(&text);
	for (int i = 0; i < 1001; i++)
		buf_adds(&text, "<a@b>");
	mail = (struct mail){ rows[1].mail.envelope, text.data };
	check(make(&mail, &bytes) == DOCUMENT_UNKNOWN, "1,001 references");
	buf_drop(&text, 5);
	check(make(&mail, &bytes) == DOCUMENT_KNOWN, "1,000 references");
	buf_fini(&text);
	buf_fini(&bytes);
}

/* Whatever the bytes are: no keys, or keys whose strings lie in them. */
static void
test_hostile(void)
{
	struct buf bytes = BUF_INIT;
	unsigned state = 7;
	bool inside = true;

	make(&rows[0].mail, &bytes);
	for (int i = 0; i < 200000; i++) {
		size_t len = (size_t)i % (bytes.len + 1), at;
		char *copy = malloc(len > 0 ? len : 1);
		struct keys k;

		memcpy(copy, bytes.data, len);
		for (int n = 0; n < 3 && len > 0; n++) {
			state = state * 1103515245 + 12345;
			at = (state >> 8) % len;
			copy[at] = (char)(state >> 24);
		}
		if (keys_read(copy, len, &k)) {
			const struct str all[] = { k.subject, k.base, k.from, k.mailbox, k.shown,
				{ k.references, 8 * k.reference_count } };

			for (size_t s = 0; s < sizeof all / sizeof all[0]; s++)
				inside = inside && all[s].data >= copy && all[s].data + all[s].len <= copy + len;
		}
		free(copy);
	}
	check(inside, "nothing outside of the bytes");
	check(!keys_read(bytes.data, bytes.len - 1, &(struct keys){ 0 }), "cut off");
	buf_fini(&bytes);
}

static void
test_hashes(void)
{
	struct hashes h;
	bool right = true;

	hashes_init(&h);
	for (int round = 0; round < 2; round++)
		for (uint64_t i = 0; i < 50000; i++)
			/* alike above and below, also 0 */
			right = right && hashes_number(&h, i << 20) == i + 1
			    && (i % 7 != 0 || hashes_number(&h, i << 20) == i + 1);
	check(right && h.count == 50000, "numbers in order, and the same again");
	hashes_fini(&h);
}

int
main(void)
{
	test_rows();
	test_bounds();
	test_hostile();
	test_hashes();
	return test_done();
}
