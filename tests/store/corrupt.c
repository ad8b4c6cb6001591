/*
 * Damage to each file of the store: every octet flipped in several ways, lost, said
 * twice, changed with its neighbour; the file cut behind it; every line lost, said
 * twice, changed with the next. After each: sessions that look, and add a message.
 *
 *	corrupt [-e N] [-o FIRST] [-v] [FILE...]	every N-th state from FIRST on (default: all)
 *
 * What must hold, whatever one file says:
 *   all messages are there, once, with the content that is theirs
 *   while UIDVALIDITY is the same, a UID names the message that it named, or is a new one
 *   what the first session after the damage told is true in the second
 * and, where the other copy is whole, that the client sees no difference at all.
 */
#include <assert.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../fuzz/place.h"

enum { MESSAGES_MAX = 16 };

struct message {
	unsigned long uid;
	char *content;		/* all but flags: what never changes */
	char *flags;
};

struct view {
	unsigned long validity, next;
	struct message at[MESSAGES_MAX];
	int count;
	char *order;		/* what SORT and SEARCH say */
};

/* What is damaged, and what is lost with it. */
static const struct trial {
	const char *name;
	const char *lost[3];
	bool same;	/* another copy tells all of it: no difference may be seen */
} trials[] = {
	{ "mayfly-uidlist", { NULL }, true },
	{ "mayfly-uidlist", { "mayfly-index" }, false },
	{ "mayfly-uidlist", { "mayfly-index", "mayfly-account" }, false },
	{ "mayfly-index", { NULL }, true },
	{ "mayfly-index", { "mayfly-uidlist" }, false },
	{ "mayfly-index", { "mayfly-uidlist", "mayfly-account" }, false },
	{ "mayfly-cache", { NULL }, true },
	{ "mayfly-cache", { "mayfly-index" }, true },
	{ "mayfly-keys", { NULL }, true },
	{ "mayfly-keys", { "mayfly-cache" }, true },
	{ "mayfly-account", { NULL }, true },
	{ "mayfly-account", { "mayfly-uidlist", "mayfly-index" }, false },
	{ "mayfly-subscriptions", { NULL }, true },
	{ "mayfly-metadata", { NULL }, true },
	{ "mayfly-import", { NULL }, true },
};

/*
 * All messages, in so many words that it pays to keep their keys (cmd/search_keys.c).
 * No THREAD: that goes by dates, here those of files, which are made anew each time.
 */
#define NEVER "NOT SENTON 2-Feb-1971 "
#define EACH NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER \
	NEVER NEVER NEVER NEVER NEVER NEVER NEVER
#define ORDERS \
	"o1 UID SORT (SUBJECT FROM) UTF-8 " EACH "ALL\r\n" \
	"o2 UID SEARCH " EACH "SUBJECT e\r\n"

static const char make_up[] =
	"a SELECT INBOX\r\nb STORE 1 +FLAGS (\\Answered todo)\r\nc APPEND INBOX (\\Seen $Work) {16+}\r\nSubject: five\r\n\r\n"
	"d STORE 3 +FLAGS (\\Deleted)\r\ne EXPUNGE\r\nf APPEND INBOX {16+}\r\nSubject: five\r\n\r\n"
	"g SUBSCRIBE box\r\nh SETMETADATA INBOX (/private/comment \"hello\")\r\n"
	"i UID FETCH 1:* (ENVELOPE BODYSTRUCTURE PREVIEW)\r\n" ORDERS "z LOGOUT\r\n";
static const char probe[] =
	"a EXAMINE INBOX\r\nb UID FETCH 1:* (EMAILID RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])\r\n"
	"c UID FETCH 1:* FLAGS\r\nd LSUB \"\" *\r\ne GETMETADATA INBOX (/private/comment)\r\n" ORDERS "z LOGOUT\r\n";
static const char probe_writing[] =
	"a SELECT INBOX\r\nb UID FETCH 1:* (EMAILID RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])\r\n"
	"c UID FETCH 1:* FLAGS\r\n" ORDERS "z LOGOUT\r\n";
static const char append[] = "a APPEND INBOX {15+}\r\nSubject: six\r\n\r\n\r\nz LOGOUT\r\n";

/*
 * With all copies lost, a UIDVALIDITY is the time: the damage comes later than the
 * second in which the mailbox was made.
 */
static time_t later;

time_t __real_time(time_t *out);
time_t __wrap_time(time_t *out);

time_t
__wrap_time(time_t *out)
{
	time_t now = __real_time(NULL) + later;

	if (out != NULL)
		*out = now;
	return now;
}

static char state[200];		/* which damage is on, for the message when all ends in it */

static void
died(int sig)
{
	static const char words[] = "\nended by a signal in: ";

	if (write(STDERR_FILENO, words, sizeof words - 1) < 0 || write(STDERR_FILENO, state, strlen(state)) < 0
	    || write(STDERR_FILENO, "\n", 1) < 0)
		_exit(4);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* ---- what a client sees ---- */

static unsigned long
code(const char *answer, const char *name)
{
	char words[64];
	const char *at;

	snprintf(words, sizeof words, "\r\n* OK [%s ", name);
	at = strstr(answer, words);
	return at != NULL ? strtoul(at + strlen(words), NULL, 10) : 0;
}

/* What is \Recent depends on who looked before: nobody relies on it. */
static char *
flags_of(const char *at, const char *end)
{
	char *copy = strndup(at, (size_t)(end - at)), *recent = strstr(copy, "\\Recent");

	if (recent != NULL) {
		size_t len = recent[7] == ' ' ? 8 : 7;

		if (len == 7 && recent[-1] == ' ') {
			recent--;
			len++;
		}
		memmove(recent, recent + len, strlen(recent + len) + 1);
	}
	return copy;
}

/* The answers to ORDERS. */
static char *
order_of(const char *answer)
{
	static const char *const starts[] = { "\r\n* SORT", "\r\n* SEARCH" };
	struct buf all = BUF_INIT;

	for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		const char *at = strstr(answer, starts[i]);

		if (at != NULL)
			buf_add(&all, at + 2, strcspn(at + 2, "\r"));
	}
	return all.data != NULL ? all.data : strdup("");
}

static void
look(const char *says, struct view *v)
{
	struct buf answer = BUF_INIT;
	const char *at, *text;

	memset(v, 0, sizeof *v);
	place_serve(says, strlen(says), &answer);
	text = buf_str(&answer);
	v->validity = code(text, "UIDVALIDITY");
	v->next = code(text, "UIDNEXT");
	for (at = text; (at = strstr(at, " FETCH (UID ")) != NULL; at++) {
		char *behind;
		unsigned long uid = strtoul(at + 12, &behind, 10);
		const char *end = behind;

		/* up to the next answer; no message here has such a line */
		while ((end = strstr(end, ")\r\n")) != NULL && end[3] != '*' && end[4] != ' ')
			end++;
		if (end == NULL)
			break;
		if (strncmp(behind, " FLAGS ", 7) == 0) {
			for (int i = 0; i < v->count; i++)
				if (v->at[i].uid == uid && v->at[i].flags == NULL)
					v->at[i].flags = flags_of(behind, end);
		} else if (v->count < MESSAGES_MAX) {
			v->at[v->count].uid = uid;
			v->at[v->count++].content = strndup(behind, (size_t)(end - behind));
		}
	}
	v->order = order_of(text);
	buf_fini(&answer);
}

static void
view_fini(struct view *v)
{
	for (int i = 0; i < v->count; i++) {
		free(v->at[i].content);
		free(v->at[i].flags);
	}
	free(v->order);
	memset(v, 0, sizeof *v);
}

/* ---- what must hold ---- */

static int failures;

static void
fail(const char *why, const struct view *before, const struct view *after)
{
	printf("not ok - %s: %s\n", state, why);
	printf("#   before: UIDVALIDITY %lu UIDNEXT %lu, UIDs", before->validity, before->next);
	for (int i = 0; i < before->count; i++)
		printf(" %lu", before->at[i].uid);
	printf("\n#   after:  UIDVALIDITY %lu UIDNEXT %lu, UIDs", after->validity, after->next);
	for (int i = 0; i < after->count; i++)
		printf(" %lu", after->at[i].uid);
	printf("\n#   before: %s\n#   after:  %s\n", before->order, after->order);
	if (++failures == 20) {
		puts("# and so on");
		exit(1);
	}
}

/* The object id is kept in the journal alone where it is not that of the name. */
static const char *
body(const char *content)
{
	const char *size = strstr(content, "RFC822.SIZE");

	return size != NULL ? size : content;
}

static bool
compare(const struct view *before, const struct view *after, bool same)
{
	int old = failures, there;

	if (before->count != after->count && failures == old)
		fail("messages are missing, or too many", before, after);
	for (int i = 0; i < after->count && failures == old; i++) {
		const struct message *m = &after->at[i];

		if (i > 0 && m->uid <= after->at[i - 1].uid)
			fail("UIDs do not rise", before, after);
		else if (m->uid >= after->next)
			fail("a UID is not below UIDNEXT", before, after);
		there = 0;
		for (int k = 0; k < before->count; k++) {
			const struct message *b = &before->at[k];

			there += strcmp(body(b->content), body(m->content)) == 0;
			if (before->validity != after->validity || b->uid != m->uid)
				continue;
			if (strcmp(body(b->content), body(m->content)) != 0)
				fail("a UID names another message", before, after);
			else if (same && strcmp(b->content, m->content) != 0)
				fail("an object id is another one", before, after);
			else if (same && (b->flags == NULL || m->flags == NULL || strcmp(b->flags, m->flags) != 0))
				fail("flags or keywords are other ones", before, after);
			there = 1000;
		}
		if (there == 0)
			fail("a content that no message has", before, after);
		else if (there < 1000 && before->validity == after->validity && m->uid < before->next)
			fail("a UID was given that may have been another's", before, after);
		else if (there < 1000 && same)
			fail("a message lost its UID", before, after);
	}
	if (same && before->count == after->count && strcmp(before->order, after->order) != 0 && failures == old)
		fail("messages are found or ordered in another way", before, after);
	if (same && before->validity != after->validity && failures == old)
		fail("UIDVALIDITY is another one", before, after);
	return failures == old;
}

/* Sessions after the damage: one that only looks, one that may write, one more message, one that looks. */
static void
use(const struct view *before, bool same, long *kept)
{
	struct view looked, first, last;

	look(probe, &looked);
	if (compare(before, &looked, same)) {
		look(probe_writing, &first);
		if (compare(before, &first, same) && compare(&first, &looked, false))
			*kept += first.validity == before->validity && first.count == before->count
			    && first.at[first.count - 1].uid == before->at[before->count - 1].uid
			    && first.at[0].uid == before->at[0].uid;
		place_serve(append, strlen(append), NULL);
		look(probe, &last);
		if (last.validity != first.validity || last.count != first.count + 1)
			fail("the second session sees another mailbox than the first", &first, &last);
		else if (last.at[first.count].uid < first.next
		    || (last.validity == before->validity && last.at[first.count].uid < before->next))
			fail("a new message got an old UID", &first, &last);
		else {
			last.count--;
			free(last.order);	/* which has the new one */
			last.order = strdup(first.order);
			compare(&first, &last, true);
			last.count++;
		}
		view_fini(&first);
		view_fini(&last);
	}
	view_fini(&looked);
}

/* ---- damage ---- */

enum { WAYS = 11, LINE_WAYS = 3 };

static const char *const ways[WAYS] = { "bit 0", "bit 5", "bit 7", "NUL", "LF", "blank", "digit", "lost", "twice",
	"changed with the next", "cut" };
static const char *const line_ways[LINE_WAYS] = { "lost", "twice", "changed with the next" };

/* False: this changes nothing. */
static bool
damage_octet(const struct buf *whole, size_t at, int way, struct buf *out)
{
	static const unsigned char bits[] = { 1, 32, 128 }, values[] = { '\0', '\n', ' ', '7' };
	char c = whole->data[at];

	buf_reset(out);
	buf_add(out, whole->data, at);
	if (way < 3) {
		buf_addc(out, (char)(c ^ bits[way]));
	} else if (way < 7) {
		if (c == (char)values[way - 3])
			return false;
		buf_addc(out, (char)values[way - 3]);
	} else if (way == 8) {
		buf_addc(out, c);
		buf_addc(out, c);
	} else if (way == 9) {
		if (at + 1 == whole->len || whole->data[at + 1] == c)
			return false;
		buf_addc(out, whole->data[at + 1]);
		buf_addc(out, c);
		at++;
	} else if (way == 10) {
		return true;
	}
	buf_add(out, whole->data + at + 1, whole->len - at - 1);
	return true;
}

static bool
damage_line(const struct buf *whole, size_t at, int way, struct buf *out)
{
	const char *end = whole->data + whole->len, *line = whole->data + at;
	const char *next = memchr(line, '\n', (size_t)(end - line)), *behind;

	if (next == NULL)
		return false;
	next++;
	behind = memchr(next, '\n', (size_t)(end - next));
	behind = behind != NULL ? behind + 1 : end;
	if (way == 2 && behind == next)
		return false;
	buf_reset(out);
	buf_add(out, whole->data, at);
	if (way == 1) {
		buf_add(out, line, (size_t)(next - line));
		buf_add(out, line, (size_t)(next - line));
	} else if (way == 2) {
		buf_add(out, next, (size_t)(behind - next));
		buf_add(out, line, (size_t)(next - line));
		next = behind;
	}
	buf_add(out, next, (size_t)(end - next));
	return true;
}

static struct {
	long every, number, tried, kept;
	bool verbose;
} run = { .every = 1 };

static void
try(const struct trial *trial, const struct view *before, const struct buf *bytes)
{
	place_back();
	for (int i = 0; i < 3 && trial->lost[i] != NULL; i++)
		place_remove(trial->lost[i]);
	place_write(trial->name, buf_str(bytes), bytes->len);
	if (run.verbose) {
		puts(state);
		fflush(stdout);
	}
	use(before, trial->same, &run.kept);
	run.tried++;
}

static bool
due(void)
{
	return run.number++ % run.every == 0;
}

static void
each_damage(const struct trial *trial, const struct view *before)
{
	struct buf whole = BUF_INIT, bytes = BUF_INIT;
	long tried = run.tried, kept = run.kept;
	char title[100];
	bool line = true;

	snprintf(title, sizeof title, "%s%s%s%s%s", trial->name, trial->lost[0] != NULL ? " without " : "",
	    trial->lost[0] != NULL ? trial->lost[0] : "", trial->lost[1] != NULL ? ", " : "",
	    trial->lost[1] != NULL ? trial->lost[1] : "");
	place_back();
	if (!place_read(trial->name, &whole))
		return;	/* this mailbox has no such file */
	for (size_t at = 0; at < whole.len; at++) {
		for (int way = 0; way < WAYS; way++) {
			snprintf(state, sizeof state, "%s: octet %zu %s", title, at, ways[way]);
			if (due() && damage_octet(&whole, at, way, &bytes))
				try(trial, before, &bytes);
		}
		for (int way = 0; line && way < LINE_WAYS; way++) {
			snprintf(state, sizeof state, "%s: line at %zu %s", title, at, line_ways[way]);
			if (due() && damage_line(&whole, at, way, &bytes))
				try(trial, before, &bytes);
		}
		line = whole.data[at] == '\n';
	}
	snprintf(state, sizeof state, "%s: empty", title);
	buf_reset(&bytes);
	try(trial, before, &bytes);
	printf("# %s: %ld states, in %ld all UIDs kept\n", title, run.tried - tried, run.kept - kept);
	fflush(stdout);
	buf_fini(&whole);
	buf_fini(&bytes);
}

static bool
asked_for(const char *name, char **names)
{
	if (*names == NULL)
		return true;
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	struct view before, again;
	int opt;

	while ((opt = getopt(argc, argv, "e:o:v")) != -1) {
		if (opt == 'e')
			run.every = atol(optarg);
		else if (opt == 'o')
			run.number = -atol(optarg);
		else
			run.verbose = true;
	}
	if (run.every < 1)
		return 2;
	signal(SIGABRT, died);
	signal(SIGSEGV, died);
	signal(SIGBUS, died);
	place_fresh();
	place_serve(make_up, strlen(make_up), NULL);
	place_remove("mayfly-index");
	place_serve(probe_writing, strlen(probe_writing), NULL);	/* which leaves an index that knows all */
	place_keep();
	later = 1000;
	look(probe, &before);
	place_back();
	look(probe, &again);
	snprintf(state, sizeof state, "no damage");
	if (before.count != 5 || before.next <= 5 || !compare(&before, &again, true)) {
		fail("the mailbox is not what this test needs", &before, &again);
		return 1;
	}
	view_fini(&again);
	for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++)
		if (asked_for(trials[i].name, argv + optind))
			each_damage(&trials[i], &before);
	view_fini(&before);
	printf("%ld states tried, in %ld all UIDs kept, %d wrong\n", run.tried, run.kept, failures);
	return failures > 0;
}
