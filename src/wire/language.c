/* One language, asked for by its name, as the default, or as any. */
#include "wire/language.h"

#include <stdbool.h>

#include "util/ascii.h"
#include "util/err.h"
#include "wire/output.h"

int
language_run(struct parse *p, struct output *out)
{
	bool known = false;
	int count = 0;

	while (parse_peek(p) == ' ' && p->at + 1 < p->end) {
		struct str tag;

		if (parse_space(p) < 0 || parse_astring(p, &tag) < 0)
			return -1;
		if (++count > LANGUAGES_MAX)
			return err_set(p->err, ERR_SYNTAX, "At most %d languages", LANGUAGES_MAX);
		known |= ascii_casecmp(tag.data, "i-default") == 0
		    || ascii_casecmp(tag.data, "default") == 0
		    || ascii_casecmp(tag.data, "*") == 0;	/* any: RFC 4647 2.1 */
	}
	if (parse_end(p) < 0)
		return -1;
	/* also when asked for a list: RFC 5255 3.2 wants NO where i-default is all that it would hold */
	if (!known)
		return err_set(p->err, ERR_NO, "Only i-default is spoken here");
	output_text(out, "* LANGUAGE (\"i-default\")\r\n");
	return 0;
}
