/*
 * Text of a script with what is filled in when it is sent (imapdrill(5),
 * SUBSTITUTION): %n, {variables}, literals from files. A template is made once
 * and never changes; each sending expands it into an expansion.
 */
#ifndef DRILL_TEMPLATE_H
#define DRILL_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct names;	/* the script's variables, names.h */

enum part_kind {
	PART_TEXT,	/* bytes */
	PART_COUNT,	/* %n */
	PART_VARIABLE,	/* {name} */
	PART_BASE64,	/* {base64:"..."}: inner, expanded and coded */
	PART_LITERAL,	/* {"..."}: inner, expanded, behind "{n}" */
	PART_BYTES,	/* {file:PATH}, {mail:PATH}: bytes, behind "{n}" */
	PART_FILL,	/* {fill:N}: number octets made up, behind "{n}" */
};

struct part {
	enum part_kind kind;
	bool plus;		/* "{n+}": does not wait for the server */
	struct buf bytes;
	uint64_t number;	/* variable, or octets to make up */
	struct template *inner;
};

struct template {
	struct part *parts;
	size_t count, room;
};

#define TEMPLATE_INIT ((struct template){ NULL, 0, 0 })

void template_fini(struct template *template);

/*
 * Read the text of one line. Paths that do not begin with a slash are taken
 * from directory. False with why filled (at most why_size bytes) when it is no
 * template: an unknown name, a file that can't be read.
 */
bool template_parse(struct template *template, const char *text, size_t len,
    struct names *names, const char *directory, char *why, size_t why_size);

/* Add bytes that stand for themselves. */
void template_add_text(struct template *template, const char *bytes, size_t len);

/* Add the base64 of what inner will be; inner is taken over and empty then. */
void template_add_base64(struct template *template, struct template *inner);

/* Add octets as a literal that waits for the server. */
void template_add_literal(struct template *template, const char *bytes, size_t len);

/* What the numbers and names are for one sending. */
struct template_values {
	uint64_t count;			/* %n */
	uint64_t session, connection;	/* {session}, {connection} */
	const struct names *names;
	char *const *captured;		/* one a name, NULL: not captured; or NULL: none at all */
};

/* A piece of what is to be sent. */
struct segment {
	enum { SEGMENT_BYTES, SEGMENT_FILL, SEGMENT_AWAIT } kind;
	const char *bytes;	/* NULL: from the text of the expansion at offset */
	size_t offset;
	uint64_t len;
};

struct expansion {
	struct buf text;	/* all that is not a big literal, one behind the other */
	struct segment *segments;
	size_t count, room;
};

void expansion_fini(struct expansion *expansion);

/*
 * Fill in, behind the text that the expansion may already hold, and end the
 * last line with end. Each literal is its own segment, behind a SEGMENT_AWAIT if
 * the server must first ask for it. False, with the name in *missing_out, when a
 * variable has no value yet. Segments point into the template.
 */
bool template_expand(const struct template *template, const struct template_values *values,
    const char *end, struct expansion *out, const char **missing_out);

/* The same where no literal makes sense (print): its octets are put in the line. */
bool template_text(const struct template *template, const struct template_values *values,
    struct buf *out, const char **missing_out);

/* The octet at this place of made-up content: lines of text with CRLF. */
void template_fill(uint64_t offset, uint64_t total, char *to, size_t len);

#endif
