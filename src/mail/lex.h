/*
 * The tokens of mail headers: blanks and comments, atoms, quoted strings,
 * domains (RFC 5322 3.2, 3.4.1, obsolete forms of 4), MIME tokens (RFC 2045 5.1).
 * Works on raw, folded values: line ends are blanks. Texts are added to a buffer
 * as bytes, never decoded.
 *
 * Each reader says what stands there: 1, read and more follows (blanks and
 * comments behind it are skipped); 0, read and the value ends; -1, no such token
 * (or it breaks off): at then stands at the byte that did not fit.
 */
#ifndef MAIL_LEX_H
#define MAIL_LEX_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct lex {
	const char *at, *end;
	const char *comment;	/* content of the last comment passed, NULL: none */
	size_t comment_len;
};

static inline struct lex
lex_of(const char *value, size_t len)
{
	return (struct lex){ value, value + len, NULL, 0 };
}

static inline bool
lex_at(const struct lex *lex, char c)
{
	return lex->at < lex->end && *lex->at == c;
}

/* May the byte stand in an atom (RFC 5322 atext and every 8-bit byte)? */
bool lex_is_atext(char c);

/* Skip blanks, line ends and comments. -1: a comment that does not end; all is skipped then. */
int lex_blanks(struct lex *lex);

/* One atom, without blanks behind it. -1 when there is none. */
int lex_atom(struct lex *lex, struct buf *out);

/* "a.b.c" of a domain: blanks and comments may stand around the dots, which stand single. */
int lex_dot_atom(struct lex *lex, struct buf *out);

/* "quoted string", out without quotes, backslashes and line ends. at stands on the '"'. */
int lex_quoted(struct lex *lex, struct buf *out);

/* The "@" at which we stand and the domain or [literal] behind it. */
int lex_domain(struct lex *lex, struct buf *out);

/* Words and dots of a display name, with single blanks between words. */
int lex_phrase(struct lex *lex, struct buf *out);

/* A MIME token; blanks behind it are skipped. */
int lex_token(struct lex *lex, struct buf *out);

/* A comment's content without its backslashes, nested parentheses kept. */
void lex_comment_text(const struct lex *lex, struct buf *out);

#endif
