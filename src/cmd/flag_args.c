/* Flags from the client, sorted into those that the file name holds and keywords. */
#include "cmd/flag_args.h"

#include <string.h>

#include "store/maildir_name.h"
#include "util/ascii.h"
#include "wire/dispatch.h"
#include "wire/flags.h"

enum {
	FLAGS_MAX = 10000,	/* flags in one command */
	KEYWORD_MAX = 255,	/* octets; every line of the journal repeats it */
};

static int
add_flag(struct command *cmd, const struct str *word, struct flag_args *out, size_t *room)
{
	unsigned bit = 0;

	switch (flags_parse(word->data, word->len, &bit)) {
	case FLAGS_SYSTEM:
		if (bit == FLAG_RECENT)
			return err_set(&cmd->err, ERR_SYNTAX, "No client can set \\Recent");
		out->flags |= bit;
		return 0;
	case FLAGS_KEYWORD:
		break;
	default:
		return err_set(&cmd->err, ERR_SYNTAX, "There is no flag %.40s", word->data);
	}
	if (ascii_is(word->data, word->len, "$Forwarded")) {
		out->flags |= MAIL_PASSED;
		return 0;
	}
	if (word->len > KEYWORD_MAX)
		return err_set(&cmd->err, ERR_LIMIT, "A keyword has at most %d octets", KEYWORD_MAX);
	if (out->count == FLAGS_MAX)
		return err_set(&cmd->err, ERR_LIMIT, "At most %d flags in one command", FLAGS_MAX);
	if (out->count == *room) {
		const char **more = arena_alloc(cmd->arena, (*room * 2 + 8) * sizeof *more);

		if (out->count > 0)
			memcpy(more, out->keywords, out->count * sizeof *more);
		out->keywords = more;
		*room = *room * 2 + 8;
	}
	out->keywords[out->count++] = word->data;
	return 0;
}

int
parse_flag_args(struct command *cmd, int bare, struct flag_args *out)
{
	struct parse *p = &cmd->parse;
	bool list = parse_try(p, '(');
	size_t room = 0;
	bool first = true;

	memset(out, 0, sizeof *out);
	if (!list && !bare)
		return parse_fail(p, "a list of flags");
	for (;;) {
		struct str word;

		if (list && parse_try(p, ')'))
			return 0;
		if (!first && !list && parse_peek(p) != ' ')
			return 0;
		if (!first && parse_space(p) < 0)
			return -1;
		if (parse_flag(p, &word) < 0 || add_flag(cmd, &word, out, &room) < 0)
			return -1;
		first = false;
	}
}
