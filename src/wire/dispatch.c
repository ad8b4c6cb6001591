/*
 * One turn: a line, a tag, a name, a row, the answer. A command whose row says
 * no is answered BAD and read past, literals and all; the world is untouched.
 */
#include "wire/dispatch.h"

#include <string.h>

#include "util/ascii.h"
#include "util/mem.h"
#include "wire/input.h"
#include "wire/output.h"
#include "wire/reply.h"

enum { NAME_MAX_LEN = 32 };	/* longer than every command name of the registry */

void
dispatch_fini(struct dispatch *d)
{
	arena_fini(&d->arena);
}

static const struct command_row *
find_row(const struct command_row *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (ascii_casecmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

/* The name of the command, with "UID" and the word behind it taken as one. */
static int
read_name(struct parse *p, char name[NAME_MAX_LEN * 2])
{
	size_t len = 0;

	for (int words = 0; words < 2; words++) {
		const char *start = p->at;

		while (p->at < p->end && parse_is_atom_char(*p->at))
			p->at++;
		if (p->at == start || p->at - start > NAME_MAX_LEN) {
			p->at = start;
			return parse_fail(p, "a command");
		}
		memcpy(name + len, start, (size_t)(p->at - start));
		len += (size_t)(p->at - start);
		name[len] = '\0';
		if (words > 0 || ascii_casecmp(name, "UID") != 0)
			return 0;
		if (parse_space(p) < 0)
			return -1;
		name[len++] = ' ';
	}
	return 0;
}

static int
refuse_state(struct dispatch *d, struct command *cmd, enum state state)
{
	const char *why = d->refusal != NULL ? d->refusal(d->session, cmd->row) : NULL;

	if (why == NULL && state == STATE_NOT_AUTHENTICATED)
		why = "Log in first";
	if (why == NULL && (cmd->row->states & STATE_SELECTED) && state == STATE_AUTHENTICATED)
		why = "Select a mailbox first";
	if (why == NULL)
		why = "This is not allowed now";
	return err_set(&cmd->err, ERR_CLIENTBUG, "%s: %s", cmd->row->name, why);
}

static int
run_command(struct dispatch *d, struct command *cmd)
{
	char name[NAME_MAX_LEN * 2];
	enum state state = d->state(d->session);

	if (parse_space(&cmd->parse) < 0 || read_name(&cmd->parse, name) < 0)
		return -1;
	cmd->row = find_row(d->rows, name);
	if (cmd->row == NULL)
		return err_set(&cmd->err, ERR_SYNTAX, "Unknown command %s", name);
	if (!(cmd->row->states & state))
		return refuse_state(d, cmd, state);
	return cmd->row->run(d->session, cmd);
}

static void
answer_ok(struct dispatch *d, const struct command *cmd)
{
	output_write(d->out, cmd->tag.data, cmd->tag.len);
	output_text(d->out, " OK ");
	if (cmd->code.len > 0) {
		output_char(d->out, '[');
		output_write(d->out, cmd->code.data, cmd->code.len);
		output_text(d->out, "] ");
	}
	if (cmd->done != NULL) {
		output_text(d->out, cmd->done);
	} else {
		output_text(d->out, cmd->row->name);
		output_text(d->out, " completed");
	}
	output_text(d->out, "\r\n");
}

/* One command whose first line is there. 0, or how the session ends. */
static int
one_turn(struct dispatch *d, const char *line, size_t len, enum dispatch_end *end_out)
{
	struct command cmd = { .arena = &d->arena };
	struct parse *p = &cmd.parse;
	int failed, skip;

	*p = (struct parse){
		.in = d->in, .out = d->out, .arena = &d->arena, .err = &cmd.err,
		.line = line, .at = line, .end = line + len,
		.held = len, .held_max = d->command_max, .literal_plus = d->literal_plus,
		.literals_max = d->literals_max, .skip_max = d->skip_max,
	};
	if (parse_tag(p, &cmd.tag) < 0) {
		cmd.tag = (struct str){ "*", 1 };
		failed = -1;
	} else {
		failed = run_command(d, &cmd);
	}
	skip = failed ? parse_skip(p) : 0;
	if (cmd.row != NULL && d->before_answer != NULL && p->lost == 0)
		d->before_answer(d->session, &cmd, failed != 0);
	d->commands++;
	d->bad = failed && reply_is_bad(&cmd.err) ? d->bad + 1 : 0;
	if (skip != 0 || p->lost != 0) {
		int why = skip != 0 ? skip : p->lost;

		*end_out = why == INPUT_TIMEOUT ? DISPATCH_TIMEOUT
		    : why == INPUT_SIGNAL ? DISPATCH_SIGNAL
		    : why == INPUT_TOO_LONG ? DISPATCH_LIMIT : DISPATCH_GONE;
		if (why == INPUT_TOO_LONG)
			reply_bye(d->out, "The command is too long");
		failed = 1;
	} else if (failed) {
		reply_err(d->out, cmd.tag.data, &cmd.err);
		*end_out = DISPATCH_LIMIT;
		failed = cmd.err.kind == ERR_BYE;
	} else if (!cmd.answered) {
		answer_ok(d, &cmd);
	}
	buf_fini(&cmd.code);
	if (d->wipe) {
		arena_wipe(&d->arena);
		input_wipe(d->in);
		mem_wipe(&cmd, sizeof cmd);
	}
	arena_reset(&d->arena);
	return failed;
}

enum dispatch_end
dispatch_run(struct dispatch *d)
{
	for (;;) {
		enum dispatch_end end = DISPATCH_GONE;
		const char *line;
		size_t len;
		int got;

		if (d->state(d->session) == STATE_LOGOUT)
			return DISPATCH_LOGOUT;
		if (d->out->dead)
			return DISPATCH_GONE;
		if (d->rest != NULL && !input_pending(d->in))
			d->rest(d->session);
		got = d->wait != NULL && !input_pending(d->in) ? d->wait(d->session) : INPUT_OK;
		if (d->state(d->session) == STATE_LOGOUT)
			return DISPATCH_LOGOUT;
		if (got == INPUT_OK)
			got = input_line(d->in, &line, &len);
		switch (got) {
		case INPUT_OK:
			break;
		case INPUT_TIMEOUT:
			return DISPATCH_TIMEOUT;
		case INPUT_SIGNAL:
			return DISPATCH_SIGNAL;
		case INPUT_TOO_LONG:
			reply_bye(d->out, "The command line is too long");
			return DISPATCH_LIMIT;
		default:
			return DISPATCH_GONE;
		}
		if (one_turn(d, line, len, &end) != 0)
			return end;
		if (d->bad_max > 0 && d->bad >= d->bad_max) {
			reply_bye(d->out, "Too many bad commands");
			return DISPATCH_LIMIT;
		}
	}
}
