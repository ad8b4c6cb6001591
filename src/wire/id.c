/* The arguments of ID, with the bounds of RFC 2971 section 3.3. */
#include "wire/id.h"

#include "util/err.h"

int
id_parse(struct parse *p,
    void (*tell)(void *ctx, const struct str *field, const struct str *value), void *ctx)
{
	struct str field, value;
	int pairs = 0;

	if (parse_space(p) < 0)
		return -1;
	if (parse_try_word(p, "NIL"))
		return parse_end(p);
	if (parse_char(p, '(') < 0)
		return -1;
	while (!parse_try(p, ')')) {
		if (pairs > 0 && parse_space(p) < 0)
			return -1;
		if (parse_string(p, &field) < 0 || parse_space(p) < 0 || parse_nstring(p, &value) < 0)
			return -1;
		if (++pairs > ID_PAIRS_MAX)
			return err_set(p->err, ERR_SYNTAX, "ID takes at most %d pairs", ID_PAIRS_MAX);
		if (field.len > ID_FIELD_MAX || value.len > ID_VALUE_MAX)
			return err_set(p->err, ERR_SYNTAX,
			    "ID takes names of at most %d and values of at most %d octets",
			    ID_FIELD_MAX, ID_VALUE_MAX);
		tell(ctx, &field, &value);
	}
	return parse_end(p);
}
