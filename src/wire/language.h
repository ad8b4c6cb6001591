/*
 * LANGUAGE (RFC 5255 section 3), the same before and after login: the only
 * language spoken here is i-default, which is plain English.
 */
#ifndef WIRE_LANGUAGE_H
#define WIRE_LANGUAGE_H

#include "wire/parse.h"

struct output;

enum { LANGUAGES_MAX = 100 };	/* that one LANGUAGE names */

/* The arguments and the answer of the command. -1 with p->err. */
int language_run(struct parse *p, struct output *out);

#endif
