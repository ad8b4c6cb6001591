/*
 * Where an answer ends. A line that ends in "{n}" announces n octets and goes
 * on behind them; but the free text of OK, NO, BAD, BYE, PREAUTH and "+" may end
 * in those bytes too and announces nothing (RFC 9051 section 9, resp-text). Only
 * inside the brackets of a response code can such an answer hold a literal.
 */
#include "drill/response.h"

#include <string.h>

#include "util/ascii.h"

void
response_init(struct response *response)
{
	memset(response, 0, sizeof *response);
}

void
response_fini(struct response *response)
{
	buf_fini(&response->text);
}

/* No response code is longer; looked through once a literal, so it must be small. */
#define CODE_MAX 4096

bool
response_is_partial(const struct response *response)
{
	return !response->done && (response->size > 0 || response->line > 0);
}

static void
begin(struct response *response)
{
	buf_reset(&response->text);
	response->size = response->line = response->literal = 0;
	response->tail_len = 0;
	response->cr = response->done = false;
}

static void
keep(struct response *response, const char *bytes, size_t len)
{
	size_t room = RESPONSE_KEEP - response->text.len;

	response->size += len;
	buf_add(&response->text, bytes, len < room ? len : room);
}

/* Remember the end of the line, also of one that is not kept. */
static void
keep_tail(struct response *response, const char *bytes, size_t len)
{
	const size_t max = sizeof response->tail;
	size_t old = response->tail_len;

	if (len >= max) {
		memcpy(response->tail, bytes + len - max, max);
		response->tail_len = (unsigned char)max;
		return;
	}
	if (old + len > max) {
		memmove(response->tail, response->tail + (old + len - max), max - len);
		old = max - len;
	}
	memcpy(response->tail + old, bytes, len);
	response->tail_len = (unsigned char)(old + len);
}

static enum response_status
status_of(const char *word, size_t len)
{
	static const struct {
		const char *word;
		enum response_status status;
	} words[] = {
		{ "OK", STATUS_OK }, { "NO", STATUS_NO }, { "BAD", STATUS_BAD },
		{ "BYE", STATUS_BYE }, { "PREAUTH", STATUS_PREAUTH },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (ascii_is(word, len, words[i].word))
			return words[i].status;
	return STATUS_NONE;
}

static size_t
word_len(const char *text, size_t len)
{
	const char *space = memchr(text, ' ', len);

	return space ? (size_t)(space - text) : len;
}

void
response_read(const char *text, size_t len, struct answer *out)
{
	size_t first = word_len(text, len), second;

	*out = (struct answer){
		.kind = RESPONSE_GARBAGE,
		.tag = text,
		.rest = text,
		.rest_len = len,
	};
	if (first == 0)
		return;
	if (first < len)
		out->rest = text + first + 1, out->rest_len = len - first - 1;
	else
		out->rest = text + len, out->rest_len = 0;
	second = word_len(out->rest, out->rest_len);
	out->status = status_of(out->rest, second);
	if (first == 1 && *text == '+') {
		out->kind = RESPONSE_CONTINUE;
		out->status = STATUS_NONE;
	} else if (first == 1 && *text == '*') {
		if (second > 0)
			out->kind = RESPONSE_UNTAGGED;
	} else if (out->status == STATUS_OK || out->status == STATUS_NO ||
	    out->status == STATUS_BAD) {
		out->kind = RESPONSE_TAGGED;
		out->tag_len = first;
	}
	if (out->kind == RESPONSE_GARBAGE) {
		out->status = STATUS_NONE;
		out->rest = text;
		out->rest_len = len;
	}
}

/* May a literal stand at the end of what was read so far of this answer? */
static bool
literal_allowed(const char *text, size_t len)
{
	struct answer answer;
	const char *code;

	response_read(text, len, &answer);
	if (answer.kind == RESPONSE_GARBAGE || answer.kind == RESPONSE_CONTINUE)
		return false;
	if (answer.status == STATUS_NONE)
		return true;
	if (len > CODE_MAX)
		return false;
	code = memchr(answer.rest, '[', answer.rest_len);
	return code != NULL && code == answer.rest + word_len(answer.rest, answer.rest_len) + 1 &&
	    memchr(code, ']', answer.rest_len - (size_t)(code - answer.rest)) == NULL;
}

/* "{n}" at the end of a line: 1 and its number, 0 for none, -1 for a number beyond reason. */
static int
announced(const char *line, size_t len, uint64_t *n_out)
{
	size_t digits = 0;

	if (len < 3 || line[len - 1] != '}')
		return 0;
	while (digits < len - 1 && ascii_is_digit(line[len - 2 - digits]))
		digits++;
	if (digits == 0)
		return 0;
	if (digits == len - 1)	/* in a tail: more digits than one holds */
		return len == sizeof ((struct response *)NULL)->tail ? -1 : 0;
	if (line[len - 2 - digits] != '{')
		return 0;
	return ascii_number(line + len - 1 - digits, digits, UINT64_MAX, n_out) ? 1 : -1;
}

/* The present line is whole, its CRLF taken but not kept. */
static int
end_line(struct response *response, const struct response_limits *limits, const char **why_out)
{
	uint64_t n = 0;
	int r = announced(response->tail, response->tail_len, &n);

	if (r != 0 && literal_allowed(buf_str(&response->text), response->text.len)) {
		if (r < 0 || n > limits->literal) {
			*why_out = "it announced a literal over the limit";
			return -1;
		}
		keep(response, "\r\n", 2);
		response->literal = n;
		response->line = 0;
		response->tail_len = 0;
		return 0;
	}
	response->size += 2;
	response->done = true;
	return 1;
}

/* A piece of a line up to a LF or the end of what there is. */
static int
feed_line(struct response *response, const char **at, const char *end,
    const struct response_limits *limits, const char **why_out)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));
	const char *stop = lf ? lf : end;
	size_t len = (size_t)(stop - *at);
	bool cr = len > 0 ? stop[-1] == '\r' : response->cr;

	response->line += len;
	if (response->line > limits->line) {
		*why_out = "it sent a line without end";
		return -1;
	}
	if (response->cr && len > 0) {	/* that CR ended nothing: it is text */
		keep(response, "\r", 1);
		keep_tail(response, "\r", 1);
	}
	if (len > 0 && cr)
		len--;
	keep(response, *at, len);
	keep_tail(response, *at, len);
	response->cr = cr;
	*at = stop;
	if (lf == NULL)
		return 0;
	(*at)++;
	if (!cr) {
		*why_out = "it ended a line in LF without CR";
		return -1;
	}
	response->cr = false;
	return end_line(response, limits, why_out);
}

int
response_feed(struct response *response, const char **at, const char *end,
    const struct response_limits *limits, const char **why_out)
{
	if (response->done)
		begin(response);
	while (*at < end) {
		if (response->literal > 0) {
			size_t len = (size_t)(end - *at);

			if (len > response->literal)
				len = (size_t)response->literal;
			keep(response, *at, len);
			response->literal -= len;
			*at += len;
		} else {
			int r = feed_line(response, at, end, limits, why_out);

			if (r != 0)
				return r;
		}
	}
	return 0;
}

/* One octet inside a quoted string that we write. */
static void
quote(char c, struct buf *out)
{
	switch (c) {
	case '"':
		buf_adds(out, "\\\"");
		break;
	case '\\':
		buf_adds(out, "\\\\");
		break;
	case '\r':
		buf_adds(out, "\\r");
		break;
	case '\n':
		buf_adds(out, "\\n");
		break;
	case '\0':
		buf_adds(out, "\\0");
		break;
	default:
		buf_addc(out, c);
	}
}

/* Octets outside strings, or inside a quoted one: as they are, but no NUL ends the text. */
static void
copy(const char *bytes, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\0')
			buf_adds(out, "\\0");
		else
			buf_addc(out, bytes[i]);
	}
}

void
response_canonical(const char *text, size_t len, struct buf *out, unsigned *literals_out)
{
	size_t start = 0, from = 0;	/* of what is to be copied; where to look for CRLF */

	*literals_out = 0;
	for (;;) {
		const char *crlf = memmem(text + from, len - from, "\r\n", 2);
		size_t head = crlf ? (size_t)(crlf - text) : len, body;
		uint64_t n;

		if (crlf == NULL || announced(text, head, &n) != 1 ||
		    !literal_allowed(text, head)) {
			if (crlf != NULL) {	/* in no literal: not from response_feed */
				from = head + 2;
				continue;
			}
			copy(text + start, len - start, out);
			return;
		}
		body = head + 2;
		while (head > start && text[head - 1] != '{')
			head--;
		head -= head > start;
		if (head > start && text[head - 1] == '~')	/* literal8 */
			head--;
		copy(text + start, head - start, out);
		if (n > len - body)
			n = len - body;
		buf_addc(out, '"');
		for (uint64_t i = 0; i < n; i++)
			quote(text[body + i], out);
		buf_addc(out, '"');
		(*literals_out)++;
		start = from = body + (size_t)n;
		if (start == len)
			return;
	}
}
