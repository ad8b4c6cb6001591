/*
 * ENVELOPE. Of a field that stands there twice, the last text counts and the
 * addresses add up, as Dovecot has it; RFC 5322 3.6 allows each but once.
 */
#include "mail/envelope.h"

#include <stdbool.h>
#include <stdint.h>

#include "mail/address.h"
#include "mail/header.h"
#include "mail/nstring.h"
#include "mail/parse.h"
#include "util/ascii.h"
#include "util/buf.h"

/* In the order of the answer. */
enum { DATE, SUBJECT, FROM, SENDER, REPLY_TO, TO, CC, BCC, IN_REPLY_TO, MESSAGE_ID, FIELDS };

static const char *const names[FIELDS] = {
	"Date", "Subject", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "In-Reply-To", "Message-ID",
};

static bool
is_text(int which)
{
	return which == DATE || which == SUBJECT || which == IN_REPLY_TO || which == MESSAGE_ID;
}

static int
which_field(const struct header_field *field)
{
	/* most fields of most mail are none of these: length and first letter tell */
	if (field->name_len < 2 || field->name_len > 11)
		return FIELDS;
	for (int i = 0; i < FIELDS; i++)
		if (ascii_upper(field->name[0]) == names[i][0] && header_is(field, names[i]))
			return i;
	return FIELDS;
}

static void
add_text(const struct header_field *field, int which, struct buf *out)
{
	if (field->line == NULL)
		buf_adds(out, "NIL");
	else if (which == SUBJECT)
		nstring_add_text(out, field->value, field->value_len);
	else
		nstring_add_value(out, field->value, field->value_len);
}

/* Every address of the fields called `which`; 0 when there is none. */
static size_t
add_addresses(const char *header, size_t len, int which, size_t *left, struct buf *out)
{
	struct header_walk walk = header_walk(header, len);
	struct header_field field;
	size_t before = *left, at = out->len;

	buf_addc(out, '(');
	while (header_next(&walk, &field))
		if (header_is(&field, names[which]))
			address_add_list(field.value, field.value_len, left, out);
	if (*left == before) {
		out->len = at;
		out->data[at] = '\0';
		return 0;
	}
	buf_addc(out, ')');
	return before - *left;
}

void
envelope_add(const char *header, size_t len, struct buf *out)
{
	struct header_walk walk = header_walk(header, len);
	struct header_field field, last[FIELDS] = { 0 };
	size_t count[FIELDS] = { 0 };
	size_t left = PARSE_ADDRESS_MAX, from_at = 0, from_len = 0;

	while (header_next(&walk, &field)) {
		int which = which_field(&field);

		if (which < FIELDS) {
			last[which] = field;
			count[which]++;
		}
	}
	buf_addc(out, '(');
	for (int i = 0; i < FIELDS; i++) {
		size_t at, got = 0;

		if (i > 0)
			buf_addc(out, ' ');
		if (is_text(i)) {
			add_text(&last[i], i, out);
			continue;
		}
		at = out->len;
		if (count[i] == 1) {
			buf_addc(out, '(');
			got = left;
			address_add_list(last[i].value, last[i].value_len, &left, out);
			got -= left;
			if (got > 0)
				buf_addc(out, ')');
			else
				out->len = at;
		} else if (count[i] > 1) {
			got = add_addresses(header, len, i, &left, out);
		}
		if (i == FROM) {
			from_at = at;
			from_len = out->len - at;
		}
		if (got > 0)
			continue;
		if ((i == SENDER || i == REPLY_TO) && from_len > 0) {
			buf_reserve(out, from_len);
			buf_add(out, out->data + from_at, from_len);
		} else {
			buf_adds(out, "NIL");
		}
	}
	buf_addc(out, ')');
}
