/*
 * SASLprep (RFC 4013) as far as it can be told honestly without the tables of
 * normalisation: whether a text is one that SASLprep leaves as it is. Passwords
 * of SCRAM are made of such texts alone; what a client and a server could
 * prepare differently is refused when the password is set.
 */
#ifndef LOGIN_PREPARE_H
#define LOGIN_PREPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Printable ASCII, and the letters, digits and signs of Unicode 3.2 that are
 * composed, in their usual form and allowed; right-to-left text as RFC 3454
 * section 6 wants it. Not empty.
 */
bool prepare_is_stable(const char *text, size_t len);

/* The table, made by contrib/unicode/saslprep-table, in the order of its characters. */
struct prepare_range {
	uint32_t first, last;
	char direction;		/* L, R, or N for neither */
};

extern const size_t prepare_rows;
extern const struct prepare_range prepare_table[];

#endif
