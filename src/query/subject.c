/*
 * Steps 1 to 7 of RFC 5256 2.1 on a run [at, end). Steps 3 and 4 repeat "as
 * long as something matches"; a row of blobs is walked once for both, so that
 * 10,000 of them cost 10,000.
 */
#include "query/subject.h"

#include "util/ascii.h"
#include "util/buf.h"

struct run {
	const char *at, *end;
	bool reply;
};

/* Step 1: tabs and line ends are blanks, several blanks are one. */
static void
squeeze(const char *text, size_t len, struct buf *out)
{
	char *to;
	bool blank = false;

	buf_reset(out);
	to = buf_reserve(out, len);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			if (!blank)
				*to++ = ' ';
			blank = true;
		} else {
			*to++ = c;
			blank = false;
		}
	}
	*to = '\0';
	out->len = (size_t)(to - out->data);
}

static bool
starts(const char *at, const char *end, const char *word, size_t len)
{
	return (size_t)(end - at) >= len && ascii_ncasecmp(at, word, len) == 0;
}

static const char *
skip_blank(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP; where it ends, or at itself. */
static const char *
skip_blob(const char *at, const char *end)
{
	const char *c = at;

	if (c == end || *c != '[')
		return at;
	for (c++; c < end && *c != '[' && *c != ']' && *c != '\0'; c++)
		continue;
	if (c == end || *c != ']')
		return at;
	return skip_blank(c + 1, end);
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":" */
static const char *
skip_refwd(const char *at, const char *end)
{
	const char *c;

	if (starts(at, end, "re", 2))
		c = at + 2;
	else if (starts(at, end, "fwd", 3))
		c = at + 3;
	else if (starts(at, end, "fw", 2))
		c = at + 2;
	else
		return at;
	c = skip_blob(skip_blank(c, end), end);
	return c < end && *c == ':' ? c + 1 : at;
}

/* Step 2: trailers. */
static void
cut_end(struct run *run)
{
	for (;;) {
		if (run->at < run->end && run->end[-1] == ' ') {
			run->end--;
		} else if (run->end - run->at >= 5 && starts(run->end - 5, run->end, "(fwd)", 5)) {
			run->end -= 5;
			run->reply = true;
		} else {
			return;
		}
	}
}

/* Steps 3 to 5: leaders, and blobs that have something behind them. */
static void
cut_start(struct run *run)
{
	for (;;) {
		const char *blobs_end, *last, *next, *behind;

		run->at = skip_blank(run->at, run->end);
		last = blobs_end = run->at;
		while ((next = skip_blob(blobs_end, run->end)) != blobs_end) {
			last = blobs_end;
			blobs_end = next;
		}
		behind = skip_refwd(blobs_end, run->end);
		if (behind == blobs_end) {
			/* no leader: blobs go, but the last one stays when it is all there is */
			run->at = blobs_end < run->end ? blobs_end : last;
			return;
		}
		run->at = behind;
		run->reply = true;
	}
}

struct str
subject_base(const char *text, size_t len, struct buf *room, bool *reply_out)
{
	struct run run;

	squeeze(text, len, room);
	run = (struct run){ room->data, room->data + room->len, false };
	for (;;) {
		cut_end(&run);
		cut_start(&run);
		/* step 6: "[fwd:" subject "]" */
		if (!starts(run.at, run.end, "[fwd:", 5) || run.end[-1] != ']')
			break;
		run.at += 5;
		run.end--;
		run.reply = true;
	}
	*reply_out = run.reply;
	return (struct str){ run.at, (size_t)(run.end - run.at) };
}
