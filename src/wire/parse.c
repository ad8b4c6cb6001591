/*
 * A cursor over one command (RFC 9051 section 9). Lenient only where a real
 * client needs it; each such place says which.
 */
#include "wire/parse.h"

#include <stdio.h>
#include <string.h>

#include "util/ascii.h"
#include "util/utf8.h"
#include "wire/datetime.h"
#include "wire/input.h"
#include "wire/output.h"
#include "wire/seqset.h"

enum {
	LITERAL_MINUS_MAX = 4096,	/* RFC 7888 5: what LITERAL- allows without waiting */
	QUOTE_MAX = 40,			/* how much of the client's words an error repeats */
};

/* A refused literal of up to this size is read past; a larger one ends the session. */
static const uint64_t SKIP_MAX = 1ull << 32;

bool
parse_is_atom_char(char c)
{
	/* CTL, SP, ( ) { % * " \ ] and all that is not ASCII */
	return c > ' ' && c < 0x7f && strchr("(){%*\"\\]", c) == NULL;
}

/* ASTRING-CHAR also allows ]. */
static bool
is_astring_char(char c)
{
	return parse_is_atom_char(c) || c == ']';
}

char
parse_peek(const struct parse *p)
{
	return p->at < p->end ? *p->at : '\0';
}

bool
parse_try(struct parse *p, char c)
{
	if (p->at >= p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

bool
parse_try_word(struct parse *p, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || ascii_ncasecmp(p->at, word, len) != 0)
		return false;
	if (p->at + len < p->end && parse_is_atom_char(p->at[len]) && p->at[len] != '['
	    && p->at[len] != '<')
		return false;
	p->at += len;
	return true;
}

int
parse_fail(struct parse *p, const char *expected)
{
	char quote[QUOTE_MAX + 1];
	size_t len = 0;

	for (const char *c = p->at; c < p->end && len < QUOTE_MAX; c++) {
		if (len > 0 && *c == ' ')
			break;
		quote[len++] = *c >= ' ' && *c < 0x7f && *c != '"' && *c != '\\' ? *c : '?';
	}
	quote[len] = '\0';
	if (len == 0)
		return err_set(p->err, ERR_SYNTAX, "Expected %s, but the command ends there", expected);
	return err_set(p->err, ERR_SYNTAX, "Expected %s, got '%s'", expected, quote);
}

int
parse_char(struct parse *p, char c)
{
	char expected[4] = { '\'', c, '\'', '\0' };

	if (parse_try(p, c))
		return 0;
	return parse_fail(p, c == ' ' ? "a space" : expected);
}

int
parse_space(struct parse *p)
{
	return parse_char(p, ' ');
}

int
parse_end(struct parse *p)
{
	/* A space before CRLF is an old habit of clients, and nothing else can be meant. */
	while (parse_try(p, ' '))
		continue;
	if (p->at == p->end)
		return 0;
	return parse_fail(p, "the end of the command");
}

/* Count octets against the bound of what one command may hold. */
static int
hold(struct parse *p, uint64_t octets)
{
	if (octets > p->held_max || p->held > p->held_max - octets)
		return err_set(p->err, ERR_TOOBIG, "The command is larger than %llu octets",
		    (unsigned long long)p->held_max);
	p->held += octets;
	return 0;
}

static int
run(struct parse *p, bool (*may)(char), const char *expected, struct str *out)
{
	const char *start = p->at;

	while (p->at < p->end && may(*p->at))
		p->at++;
	if (p->at == start)
		return parse_fail(p, expected);
	out->len = (size_t)(p->at - start);
	out->data = arena_strndup(p->arena, start, out->len);
	return 0;
}

int
parse_atom(struct parse *p, struct str *out)
{
	return run(p, parse_is_atom_char, "an atom", out);
}

static bool
is_tag_char(char c)
{
	return is_astring_char(c) && c != '+';
}

int
parse_tag(struct parse *p, struct str *out)
{
	return run(p, is_tag_char, "a tag", out);
}

static int
quoted(struct parse *p, struct str *out)
{
	const char *c = p->at + 1;
	char *copy;
	size_t len = 0;

	copy = arena_alloc(p->arena, (size_t)(p->end - c) + 1);
	for (; c < p->end && *c != '"'; c++) {
		if (*c == '\\') {
			c++;
			if (c == p->end || (*c != '"' && *c != '\\')) {
				p->at = c;
				return parse_fail(p, "\\\" or \\\\ in a quoted string");
			}
		}
		if (*c == '\r' || *c == '\0') {
			p->at = c;
			return parse_fail(p, "text without CR and NUL in a quoted string");
		}
		copy[len++] = *c;
	}
	if (c == p->end) {
		p->at = p->end;
		return parse_fail(p, "a closing quote");
	}
	if (!utf8_valid(copy, len))
		return err_set(p->err, ERR_SYNTAX, "A quoted string must be ASCII or UTF-8");
	p->at = c + 1;
	out->data = copy;
	out->len = len;
	return 0;
}

int
parse_literal_head(struct parse *p, struct literal *out)
{
	const char *digits;

	out->binary = parse_try(p, '~');
	if (parse_char(p, '{') < 0)
		return -1;
	digits = p->at;
	while (p->at < p->end && ascii_is_digit(*p->at))
		p->at++;
	if (!ascii_number(digits, (size_t)(p->at - digits), INT64_MAX, &out->size)) {
		p->at = digits;
		return parse_fail(p, "the size of a literal");
	}
	out->synchronizing = !parse_try(p, '+');
	if (parse_char(p, '}') < 0)
		return -1;
	if (p->at != p->end)
		return parse_fail(p, "the end of the line behind a literal's size");
	return 0;
}

int
parse_literal_accept(struct parse *p, const struct literal *literal)
{
	if (literal->synchronizing)
		output_text(p->out, "+ Go ahead\r\n");
	return 0;
}

/* The connection ended in the middle of a command: no answer is due any more. */
static int
lost(struct parse *p, int end)
{
	p->lost = end;
	p->skipped = true;
	if (end == INPUT_TOO_LONG)
		return err_set(p->err, ERR_BYE, "The command line is too long");
	return err_set(p->err, ERR_BYE, "The connection ended inside a command");
}

int
parse_next_line(struct parse *p)
{
	const char *line;
	size_t len;
	int end = input_line(p->in, &line, &len);

	if (end != INPUT_OK)
		return lost(p, end);
	p->line = p->at = line;
	p->end = line + len;
	return hold(p, len);
}

struct copy_to {
	char *at;
};

static int
copy_octets(void *ctx, const char *bytes, size_t len)
{
	struct copy_to *to = ctx;

	memcpy(to->at, bytes, len);
	to->at += len;
	return 0;
}

static int
literal(struct parse *p, struct str *out)
{
	struct literal head;
	struct copy_to to;
	const char *start = p->at;
	char *copy;
	int end;

	if (parse_literal_head(p, &head) < 0)
		return -1;
	if (!head.synchronizing && !p->literal_plus && head.size > LITERAL_MINUS_MAX) {
		p->at = start;
		return err_set(p->err, ERR_SYNTAX,
		    "A literal of more than %d octets must wait for the +", LITERAL_MINUS_MAX);
	}
	if (p->in == NULL) {
		p->at = start;
		return parse_fail(p, "no literal in a text that is kept");
	}
	if (p->literals_max > 0 && p->literals >= p->literals_max) {
		p->at = start;
		return err_set(p->err, ERR_TOOBIG, "The command has more than %u literals",
		    p->literals_max);
	}
	p->literals++;
	if (hold(p, head.size) < 0) {
		p->at = start;
		return -1;
	}
	parse_literal_accept(p, &head);
	copy = arena_alloc(p->arena, (size_t)head.size + 1);
	to.at = copy;
	end = input_octets(p->in, head.size, copy_octets, &to);
	if (end != INPUT_OK)
		return lost(p, end);
	out->data = copy;
	out->len = (size_t)head.size;
	if (parse_next_line(p) < 0)
		return -1;
	if (!head.binary && memchr(copy, '\0', out->len) != NULL)
		return err_set(p->err, ERR_SYNTAX, "A literal may not hold NUL");
	return 0;
}

int
parse_string(struct parse *p, struct str *out)
{
	switch (parse_peek(p)) {
	case '"':
		return quoted(p, out);
	case '{':
		return literal(p, out);
	default:
		return parse_fail(p, "a string");
	}
}

int
parse_nstring(struct parse *p, struct str *out)
{
	if (parse_try_word(p, "NIL")) {
		out->data = NULL;
		out->len = 0;
		return 0;
	}
	if (parse_peek(p) == '~') {
		struct str value;

		if (p->at + 1 < p->end && p->at[1] == '{' && literal(p, &value) == 0) {
			*out = value;
			return 0;
		}
		return p->err->kind != ERR_NONE ? -1 : parse_fail(p, "a string or NIL");
	}
	return parse_string(p, out);
}

int
parse_astring(struct parse *p, struct str *out)
{
	char c = parse_peek(p);

	if (c == '"' || c == '{')
		return parse_string(p, out);
	return run(p, is_astring_char, "a string or an atom", out);
}

static bool
is_list_char(char c)
{
	return is_astring_char(c) || c == '%' || c == '*';
}

int
parse_list_mailbox(struct parse *p, struct str *out)
{
	char c = parse_peek(p);

	if (c == '"' || c == '{')
		return parse_string(p, out);
	return run(p, is_list_char, "a mailbox name or pattern", out);
}

int
parse_number64(struct parse *p, uint64_t *out)
{
	const char *digits = p->at, *c = digits;

	while (c < p->end && ascii_is_digit(*c))
		c++;
	if (!ascii_number(digits, (size_t)(c - digits), INT64_MAX, out))
		return parse_fail(p, "a number below 2^63");
	p->at = c;
	return 0;
}

int
parse_number(struct parse *p, uint32_t *out)
{
	const char *start = p->at;
	uint64_t value;

	if (!ascii_is_digit(parse_peek(p)))
		return parse_fail(p, "a number");
	if (parse_number64(p, &value) < 0)
		return -1;
	if (value > UINT32_MAX) {
		p->at = start;
		return parse_fail(p, "a number below 2^32");
	}
	*out = (uint32_t)value;
	return 0;
}

int
parse_nz_number(struct parse *p, uint32_t *out)
{
	const char *start = p->at;

	if (parse_number(p, out) < 0)
		return -1;
	if (*out == 0) {
		p->at = start;
		return parse_fail(p, "a number above 0");
	}
	return 0;
}

int
parse_sequence_set(struct parse *p, struct seqset *set)
{
	if (seqset_parse(set, &p->at, p->end) < 0)
		return parse_fail(p, "a sequence set");
	return 0;
}

int
parse_date(struct parse *p, int64_t *days_out)
{
	const char *start = p->at;
	struct str text;
	bool in_quotes = parse_peek(p) == '"';

	if ((in_quotes ? quoted(p, &text) : parse_atom(p, &text)) < 0)
		return -1;
	if (!datetime_parse_date(text.data, text.len, days_out)) {
		p->at = start;
		return parse_fail(p, "a date like 1-Feb-1994");
	}
	return 0;
}

int
parse_date_time(struct parse *p, int64_t *utc_out, int *zone_out)
{
	const char *start = p->at;
	struct str text;

	if (parse_peek(p) != '"')
		return parse_fail(p, "a date-time in quotes");
	if (quoted(p, &text) < 0)
		return -1;
	if (!datetime_parse(text.data, text.len, utc_out, zone_out)) {
		p->at = start;
		return parse_fail(p, "a date-time like \"17-Jul-1996 02:44:25 -0700\"");
	}
	return 0;
}

int
parse_flag(struct parse *p, struct str *out)
{
	const char *start = p->at;

	parse_try(p, '\\');
	while (p->at < p->end && parse_is_atom_char(*p->at))
		p->at++;
	if (p->at == start || (*start == '\\' && p->at == start + 1)) {
		p->at = start;
		return parse_fail(p, "a flag");
	}
	out->len = (size_t)(p->at - start);
	out->data = arena_strndup(p->arena, start, out->len);
	return 0;
}

/* Does the line announce a literal at its end that the client sends at once? */
static bool
ends_in_literal_plus(const char *line, size_t len, uint64_t *size_out)
{
	size_t at = len;

	if (len < 4 || line[len - 1] != '}' || line[len - 2] != '+')
		return false;
	at = len - 2;
	while (at > 0 && ascii_is_digit(line[at - 1]))
		at--;
	if (at == 0 || line[at - 1] != '{')
		return false;
	if (!ascii_number(line + at, len - 2 - at, UINT64_MAX, size_out))
		*size_out = UINT64_MAX;
	return at < len - 2;
}

int
parse_skip(struct parse *p)
{
	uint64_t size;

	if (p->skipped)
		return p->lost;
	p->skipped = true;
	while (ends_in_literal_plus(p->line, (size_t)(p->end - p->line), &size)) {
		int end;

		if (size > (p->skip_max > 0 ? p->skip_max : SKIP_MAX))
			return INPUT_TOO_LONG;
		end = input_octets(p->in, size, NULL, NULL);
		if (end != INPUT_OK)
			return end;
		if (parse_next_line(p) < 0 && p->lost != 0)
			return p->lost;
	}
	return INPUT_OK;
}
