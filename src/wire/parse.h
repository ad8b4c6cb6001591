/*
 * A cursor over one command (RFC 9051 section 9). It walks the line in place
 * and fetches what follows a literal by itself: a synchronizing literal gets
 * its "+" at the moment that its place in the grammar is reached, so a wrong
 * word before it costs the client nothing.
 *
 * Every function takes what it names, moves the cursor behind it and returns
 * 0, or fills the error (ERR_SYNTAX with the words that were wrong, or ERR_BYE
 * for a limit that ends the session) and returns -1. Results live in the
 * command's arena and have a NUL behind them that len does not count.
 */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "util/arena.h"
#include "util/err.h"

struct input;
struct output;
struct seqset;

struct str {
	const char *data;
	size_t len;
};

struct parse {
	struct input *in;	/* NULL for a text that is no command: it has no literals */
	struct output *out;
	struct arena *arena;
	struct err *err;
	const char *line;	/* the present line, from its start */
	const char *at;		/* what is left of it */
	const char *end;
	uint64_t held;		/* octets of this command that we hold in memory */
	uint64_t held_max;	/* the bound for them */
	uint64_t skip_max;	/* a refused literal up to this size is read past; 0: a large one */
	unsigned literals;	/* how many the command had so far */
	unsigned literals_max;	/* the bound for them; 0: none but held_max */
	bool literal_plus;	/* may a non-synchronizing literal be longer than 4096 (LITERAL+)? */
	bool skipped;		/* the rest of the command was already read past */
	int lost;		/* an enum input_end once the connection ended inside a command */
};

/* What is next, without taking it; 0 at the end of the line. */
char parse_peek(const struct parse *p);

/* Take this character if it is next. */
bool parse_try(struct parse *p, char c);

/* Take this word if it is next, without case, and if no atom character follows it. */
bool parse_try_word(struct parse *p, const char *word);

int parse_char(struct parse *p, char c);
int parse_space(struct parse *p);

/* Nothing may be left. */
int parse_end(struct parse *p);

/* "Bad NAME: ..." with the next word of the line quoted in it; returns -1. */
int parse_fail(struct parse *p, const char *expected);

int parse_atom(struct parse *p, struct str *out);
int parse_astring(struct parse *p, struct str *out);
int parse_string(struct parse *p, struct str *out);	/* quoted or literal */
int parse_nstring(struct parse *p, struct str *out);	/* NIL leaves data NULL */
int parse_list_mailbox(struct parse *p, struct str *out);	/* LIST patterns: atoms with % and * */
int parse_number(struct parse *p, uint32_t *out);
int parse_nz_number(struct parse *p, uint32_t *out);
int parse_number64(struct parse *p, uint64_t *out);	/* below 2^63 */
int parse_sequence_set(struct parse *p, struct seqset *set);

/* A date, quoted or bare ("1-Feb-1994"), as days since 1970-01-01. */
int parse_date(struct parse *p, int64_t *days_out);

/* A quoted date-time as seconds since 1970 UTC, and the zone in minutes east. */
int parse_date_time(struct parse *p, int64_t *utc_out, int *zone_out);

/* A tag: the first word of a command (no "+"). */
int parse_tag(struct parse *p, struct str *out);

/* One flag, with its backslash if it has one; not checked further. */
int parse_flag(struct parse *p, struct str *out);

/*
 * The head of a literal whose octets the caller will read itself (APPEND):
 * "{n}", "{n+}" or, when binary_out is not NULL, "~{n}". The line must end
 * behind it. The octets are then read with input_octets after
 * parse_literal_accept, which sends the "+" if one is due; when the caller
 * refuses, it just fails and parse_skip does the rest.
 */
struct literal {
	uint64_t size;
	bool synchronizing;
	bool binary;
};
int parse_literal_head(struct parse *p, struct literal *out);
int parse_literal_accept(struct parse *p, const struct literal *literal);

/* After a literal's octets: fetch the line that goes on behind it. */
int parse_next_line(struct parse *p);

/*
 * Read past what is left of a command that was refused: literals that the
 * client sends without waiting are read and dropped. 0, or an enum input_end.
 */
int parse_skip(struct parse *p);

/* May this byte stand in an atom (RFC 9051: ATOM-CHAR)? */
bool parse_is_atom_char(char c);

#endif
