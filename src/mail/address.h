/*
 * Address lists of ENVELOPE (RFC 9051 7.5.2): RFC 5322 3.4 with the obsolete
 * forms of 4.4, routes and groups, names raw as in the header, and for broken
 * lists the same sense that Dovecot makes of them, since clients have grown
 * used to it.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stddef.h>

struct buf;

/*
 * Add each address of a header value as "(name adl mailbox host)", at most *left
 * of them (which is counted down); nothing for an empty list. What ENVELOPE
 * needs around them, parentheses or NIL, is the caller's.
 */
void address_add_list(const char *value, size_t len, size_t *left, struct buf *out);

#endif
