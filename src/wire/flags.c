/* Flags as words and bits; RFC 9051 section 9, "flag" and "atom". */
#include "wire/flags.h"

#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"

static const struct {
	const char *name;
	size_t len;
	unsigned bit;
} names[] = {
	{ "\\Answered", 9, FLAG_ANSWERED },
	{ "\\Flagged", 8, FLAG_FLAGGED },
	{ "\\Deleted", 8, FLAG_DELETED },
	{ "\\Seen", 5, FLAG_SEEN },
	{ "\\Draft", 6, FLAG_DRAFT },
	{ "\\Recent", 7, FLAG_RECENT },
};

bool
flags_is_keyword(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] <= 0x20 || word[i] >= 0x7f || strchr("(){%*\"\\]", word[i]) != NULL)
			return false;
	return len > 0;
}

enum flags_kind
flags_parse(const char *word, size_t len, unsigned *bit_out)
{
	*bit_out = 0;
	if (len == 0)
		return FLAGS_BAD;
	if (word[0] != '\\')
		return flags_is_keyword(word, len) ? FLAGS_KEYWORD : FLAGS_BAD;
	if (len == 2 && word[1] == '*')
		return FLAGS_STAR;
	if (!flags_is_keyword(word + 1, len - 1))
		return FLAGS_BAD;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (ascii_is(word, len, names[i].name)) {
			*bit_out = names[i].bit;
			return FLAGS_SYSTEM;
		}
	}
	return FLAGS_EXTENSION;
}

void
flags_print(unsigned bits, const char *const *keywords, size_t count, struct buf *out)
{
	char before = '(';

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(bits & names[i].bit))
			continue;
		buf_addc(out, before);
		buf_add(out, names[i].name, names[i].len);
		before = ' ';
	}
	for (size_t i = 0; i < count; i++) {
		buf_addc(out, before);
		buf_adds(out, keywords[i]);
		before = ' ';
	}
	if (before == '(')
		buf_addc(out, '(');
	buf_addc(out, ')');
}
