/*
 * Conditions on answers: what stands behind "expect", "require", "answer" and
 * "capture" in a script, one grammar for all of them (imapdrill(5)).
 */
#ifndef DRILL_CHECK_H
#define DRILL_CHECK_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "drill/response.h"

struct buf;

enum check_role {
	CHECK_EXPECT,
	CHECK_REQUIRE,	/* the rest of the block is left out when it does not hold */
	CHECK_ANSWER,	/* of a question: asked, never failed */
	CHECK_CAPTURE,	/* sets a variable when it is seen */
};

enum check_scope {
	CHECK_ANY,	/* the whole line */
	CHECK_TAGGED,	/* behind the tag */
	CHECK_UNTAGGED,	/* behind "* " */
	CHECK_CONTINUE,	/* behind "+ " */
	CHECK_CLOSE,	/* the server ends the connection */
};

struct check {
	enum check_role role;
	enum check_scope scope;
	enum response_status status;	/* NONE: any */
	bool raw;			/* look at the bytes as they came, literals and all */
	bool negative;			/* must not be seen */
	bool at_least;			/* "2+": count is the least, not the only number */
	unsigned count;			/* how often it must be seen */
	bool has_regex;
	regex_t regex;
	size_t name;			/* CHECK_CAPTURE: the variable */
	unsigned group;			/* CHECK_CAPTURE: of the expression; 0: all it matched */
	unsigned line;
	char *text;			/* as it stands in the script, for the error */
};

/*
 * Read a condition. False with why filled. The role is the caller's to set
 * before; it says which words make sense.
 */
bool check_parse(struct check *check, const char *text, char *why, size_t why_size);
void check_fini(struct check *check);

/* An answer made ready to be looked at by many checks. */
struct seen {
	struct answer answer;
	const char *text;		/* as it came, NUL behind it */
	size_t len;
	struct buf canonical;		/* see response_canonical; made when needed */
	bool has_canonical;
	unsigned literals;
};

void seen_init(struct seen *seen, const char *text, size_t len);
void seen_fini(struct seen *seen);

/* Groups that an expression may capture. */
#define CHECK_GROUPS 20

/*
 * Does this answer fit? match, when not NULL, gets where the group of the check
 * matched in *base_out; -1 for a group that took no part. *base_out stays when
 * there is no expression.
 */
bool check_fits(const struct check *check, struct seen *seen, regmatch_t *match,
    const char **base_out);

/* Did it hold, having been seen this often? */
bool check_holds(const struct check *check, unsigned times);

/*
 * "/RE/" or "|RE|" with an optional i behind it, at *at, which is moved behind
 * it. False with why filled.
 */
bool check_regex(const char **at, regex_t *regex, char *why, size_t why_size);

#endif
