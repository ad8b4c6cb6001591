/* Character sets of commands, by iconv of the C library. */
#include "query/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "util/arena.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/utf8.h"

enum {
	NAME_MAX_LEN = 40,	/* the longest of IANA's names (RFC 2978 section 2.3) */
	GROWTH_MAX = 4,		/* octets of UTF-8 for one octet of another charset: 3 at most */
};

/*
 * mime-charset of RFC 2978 2.3, less what means something to iconv_open ("/" of
 * "//TRANSLIT") or to the file system.
 */
static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alpha(name[i]) && !ascii_is_digit(name[i])
		    && strchr("-_+:()", name[i]) == NULL)
			return false;
	return len > 0 && len <= NAME_MAX_LEN;
}

int
charset_open(struct charset *charset, const char *name, struct err *err)
{
	iconv_t opened;

	*charset = (struct charset){ NULL, name };
	if (ascii_casecmp(name, "UTF-8") == 0 || ascii_casecmp(name, "US-ASCII") == 0)
		return 0;
	opened = is_name(name) ? iconv_open("UTF-8", name) : (iconv_t)-1;
	if (opened == (iconv_t)-1)
		return err_set(err, ERR_BADCHARSET, "This character set is not known here");
	charset->iconv = opened;
	return 0;
}

void
charset_close(struct charset *charset)
{
	if (charset->iconv != NULL)
		iconv_close(charset->iconv);
	charset->iconv = NULL;
}

static int
not_of(const struct charset *charset, struct err *err)
{
	return err_set(err, ERR_SYNTAX, "A string of the search is not %s", charset->name);
}

int
charset_to_utf8(struct charset *charset, struct arena *arena, struct str *string, struct err *err)
{
	char *to, *from = (char *)string->data;
	size_t from_left = string->len, room = GROWTH_MAX * string->len + 16, left = room;

	if (charset->iconv == NULL)
		return utf8_valid(string->data, string->len) ? 0 : not_of(charset, err);
	to = arena_alloc(arena, room + 1);
	string->data = to;
	iconv(charset->iconv, NULL, NULL, NULL, NULL);
	if (iconv(charset->iconv, &from, &from_left, &to, &left) == (size_t)-1
	    || iconv(charset->iconv, NULL, NULL, &to, &left) == (size_t)-1)
		return not_of(charset, err);
	string->len = room - left;
	return 0;
}
