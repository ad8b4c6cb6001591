/*
 * Parameters of Content-Type and Content-Disposition (RFC 2045 5.1) with the
 * continuations of RFC 2231 put together: "n*0=a; n*1=b" is n=ab. Values stay in
 * their charset and encoding: "n*=utf-8''%41" is shown as it is, for ENVELOPE and
 * BODYSTRUCTURE show what the message says.
 */
#ifndef MAIL_PARAM_H
#define MAIL_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/lex.h"
#include "util/buf.h"

struct param {
	size_t name, name_len;		/* in params.text */
	size_t value, value_len;
	uint32_t section;		/* of a continuation */
	bool continued, encoded;	/* "name*3" or "name*"; an asterisk at the end */
};

struct params {
	struct buf text;
	struct param *list;
	size_t count, room;
};

#define PARAMS_INIT ((struct params){ .list = NULL })

void params_fini(struct params *params);

/*
 * Read "; name=value" up to the end of the value, at most PARSE_PARAM_MAX of
 * them. What is broken is left out, reading goes on at the next ";".
 */
void params_read(struct params *params, struct lex *lex);

/* The value of that name, in any case: true, *value stays valid until the next params_read. */
bool params_find(const struct params *params, const char *name, const char **value, size_t *len);

/*
 * Add ("name" "value" ...) or NIL. default_charset: ("charset" "us-ascii") is
 * added when no charset is there.
 */
void params_add(const struct params *params, bool default_charset, struct buf *out);

#endif
