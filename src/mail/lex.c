/* The tokens of mail headers; lex.h tells which and how. */
#include "mail/lex.h"

#include <stdint.h>
#include <string.h>

#include "util/buf.h"

/* 1: atext, 2: also in a MIME token. "=", "?" and "/" are atext but no token. */
static const unsigned char classes[128] = {
	['!'] = 3, ['#'] = 3, ['$'] = 3, ['%'] = 3, ['&'] = 3, ['\''] = 3, ['*'] = 3, ['+'] = 3,
	['-'] = 3, ['/'] = 1, ['='] = 1, ['?'] = 1, ['^'] = 3, ['_'] = 3, ['`'] = 3, ['{'] = 3,
	['|'] = 3, ['}'] = 3, ['~'] = 3, ['.'] = 2,
	['0' ... '9'] = 3, ['A' ... 'Z'] = 3, ['a' ... 'z'] = 3,
};

bool
lex_is_atext(char c)
{
	return (unsigned char)c >= 0x80 || (classes[(unsigned char)c] & 1) != 0;
}

static bool
is_token(char c)
{
	return (unsigned char)c >= 0x80 || (classes[(unsigned char)c] & 2) != 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The comment whose "(" we stand on; nesting is counted, not followed. */
static int
skip_comment(struct lex *lex)
{
	const char *start = ++lex->at;
	size_t level = 1;

	lex->comment = NULL;
	for (; lex->at < lex->end; lex->at++) {
		if (*lex->at == '\\' && lex->end - lex->at > 1) {
			lex->at++;
		} else if (*lex->at == '(') {
			level++;
		} else if (*lex->at == ')' && --level == 0) {
			lex->comment = start;
			lex->comment_len = (size_t)(lex->at - start);
			lex->at++;
			return 0;
		}
	}
	return -1;
}

int
lex_blanks(struct lex *lex)
{
	while (lex->at < lex->end) {
		if (is_blank(*lex->at))
			lex->at++;
		else if (*lex->at != '(')
			return 1;
		else if (skip_comment(lex) < 0)
			return -1;
	}
	return 0;
}

int
lex_atom(struct lex *lex, struct buf *out)
{
	const char *start = lex->at;

	while (lex->at < lex->end && lex_is_atext(*lex->at))
		lex->at++;
	if (lex->at == start)
		return -1;
	buf_add(out, start, (size_t)(lex->at - start));
	return lex->at < lex->end;
}

int
lex_dot_atom(struct lex *lex, struct buf *out)
{
	for (;;) {
		int more = lex_atom(lex, out);

		if (more <= 0 || (more = lex_blanks(lex)) <= 0)
			return more;
		if (*lex->at != '.')
			return 1;
		lex->at++;
		buf_addc(out, '.');
		if (lex_blanks(lex) <= 0)
			return -1;
	}
}

int
lex_quoted(struct lex *lex, struct buf *out)
{
	const char *start = ++lex->at;
	size_t kept = out->len;

	for (; lex->at < lex->end; lex->at++) {
		char c = *lex->at;

		if (c != '"' && c != '\\' && c != '\n'
		    && (c != '\r' || lex->end - lex->at < 2 || lex->at[1] != '\n'))
			continue;
		buf_add(out, start, (size_t)(lex->at - start));
		if (c == '"') {
			lex->at++;
			return lex_blanks(lex);
		}
		start = lex->at + 1;
		kept = out->len;
		if (c == '\\') {
			if (start == lex->end)
				break;
			lex->at++;	/* the next byte is itself: start is on it */
		}
	}
	/* not closed: nobody knows where it should have been; nothing behind the last "\" is taken */
	lex->at = lex->end;
	out->len = kept;
	return -1;
}

/* "[...]" with its brackets and backslashes, without line ends. */
static int
domain_literal(struct lex *lex, struct buf *out)
{
	const char *start = lex->at++;

	for (; lex->at < lex->end && *lex->at != '['; lex->at++) {
		if (*lex->at == '\\' && lex->end - lex->at > 1) {
			lex->at++;
		} else if (*lex->at == ']') {
			lex->at++;
			buf_add(out, start, (size_t)(lex->at - start));
			return lex_blanks(lex);
		}
	}
	return -1;
}

int
lex_domain(struct lex *lex, struct buf *out)
{
	lex->at++;
	if (lex_blanks(lex) <= 0)
		return -1;
	return *lex->at == '[' ? domain_literal(lex, out) : lex_dot_atom(lex, out);
}

int
lex_phrase(struct lex *lex, struct buf *out)
{
	for (bool first = true;; first = false) {
		int more;

		if (lex->at == lex->end)
			return first ? 0 : -1;
		if (!first)
			buf_addc(out, ' ');
		if (*lex->at == '"') {
			more = lex_quoted(lex, out);
		} else {
			const char *start = lex->at;

			while (lex->at < lex->end && (lex_is_atext(*lex->at) || *lex->at == '.'))
				lex->at++;
			buf_add(out, start, (size_t)(lex->at - start));
			more = lex_blanks(lex);
		}
		if (more <= 0)
			return more;
		if (!lex_is_atext(*lex->at) && *lex->at != '"' && *lex->at != '.')
			return 1;
	}
}

int
lex_token(struct lex *lex, struct buf *out)
{
	const char *start = lex->at;

	while (lex->at < lex->end && is_token(*lex->at))
		lex->at++;
	if (lex->at == start)
		return -1;
	buf_add(out, start, (size_t)(lex->at - start));
	return lex_blanks(lex);
}

void
lex_comment_text(const struct lex *lex, struct buf *out)
{
	for (size_t i = 0; i < lex->comment_len; i++) {
		char c = lex->comment[i];

		if (c == '\\' && i + 1 < lex->comment_len)
			c = lex->comment[++i];
		if (c != '\r' && c != '\n')
			buf_addc(out, c);
	}
}
