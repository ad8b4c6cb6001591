/*
 * Text in some charset to UTF-8, piece by piece. Whatever mail claims, something
 * readable comes out: what no charset explains becomes U+FFFD.
 */
#ifndef MESSAGE_CHARSET_H
#define MESSAGE_CHARSET_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

enum { CHARSET_NAME_MAX = 40 };	/* the longest registered name has 45; those have short aliases */

struct charset {
	enum charset_kind {
		CHARSET_GUESS,	/* none said, or one that means little: UTF-8 where it is, else windows-1252 */
		CHARSET_UTF8,
		CHARSET_ICONV,
	} kind;
	iconv_t cd;
	char name[CHARSET_NAME_MAX + 1];	/* of cd */
	char carry[16];		/* the begin of a character whose rest is to come */
	size_t carried;
};

/*
 * A new message, or a text that stands for one: so many converters are loaded for
 * it at most, then charsets that are not at hand count as unknown.
 */
void charset_begin(void);

/*
 * Set up for the charset of that name (RFC 2978, in any case, with the names that
 * mail programs invented). False when nobody knows it: it then guesses, and
 * works all the same. To be closed in any case.
 */
bool charset_open(struct charset *charset, const char *name, size_t len);

/* Is the name known? Cheap when it was asked for lately. */
bool charset_known(const char *name, size_t len);

/* Convert the next piece, add UTF-8 of whole characters to out; NUL becomes a blank. */
void charset_feed(struct charset *charset, const char *bytes, size_t len, struct buf *out);

/* The text ends: what was carried is broken. */
void charset_end(struct charset *charset, struct buf *out);

void charset_close(struct charset *charset);

#endif
