/*
 * Values as IMAP strings inside ENVELOPE and BODYSTRUCTURE (RFC 9051 4.3): quoted
 * where that can be, as a literal when there are 8-bit bytes. NUL becomes
 * U+FFFD, so that nobody takes two words for one.
 */
#ifndef MAIL_NSTRING_H
#define MAIL_NSTRING_H

#include <stddef.h>

struct buf;

/* The bytes as they are. */
void nstring_add(struct buf *out, const char *bytes, size_t len);

/* Text for people: every run of blanks and line ends is one space, none at the ends. */
void nstring_add_text(struct buf *out, const char *bytes, size_t len);

/* Line ends are dropped, what blank follows them stays. */
void nstring_add_unfolded(struct buf *out, const char *bytes, size_t len);

/*
 * The value of a header field, as struct header_field has it, unfolded. What
 * stands in front of the first word stays when it was folded ("Message-ID:\r\n <x>"
 * is " <x>"), and of a first line of blanks all but one, as clients know it from
 * Dovecot: so the blanks before the value are looked at.
 */
void nstring_add_value(struct buf *out, const char *bytes, size_t len);

#endif
