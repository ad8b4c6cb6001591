/*
 * The arguments of ID (RFC 2971 section 3.1), for both programs: before login
 * and after it.
 */
#ifndef WIRE_ID_H
#define WIRE_ID_H

#include "wire/parse.h"

enum {
	ID_PAIRS_MAX = 30,	/* RFC 2971 3.3 */
	ID_FIELD_MAX = 30,
	ID_VALUE_MAX = 1024,
};

/*
 * SP and "NIL" or a list of pairs, to the end of the command. Each pair is
 * told: the field's name, and its value with data NULL for NIL. 0 or -1.
 */
int id_parse(struct parse *p,
    void (*tell)(void *ctx, const struct str *field, const struct str *value), void *ctx);

#endif
