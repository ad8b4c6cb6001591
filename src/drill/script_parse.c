/*
 * The lines of a script to steps. Every fault is told with its line, and
 * reading goes on: the author sees all of them at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drill/compress.h"
#include "drill/script.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/io.h"
#include "util/mem.h"

/* Of a command in the table of latencies. */
#define SHOWN_MAX 48

/* A script is written by people and their generators; this is neither. */
#define SCRIPT_MAX (64u << 20)

/* Commands of one label that may be unanswered at a time; they are walked through. */
#define WINDOW_MAX 1000

#define REPEAT_MAX 1000000000

/* An IDLE without "for": servers may end one at 30 minutes (RFC 2177). */
#define IDLE_DEFAULT_US (INT64_C(29) * 60 * 1000000)

struct parser {
	struct script *script;
	unsigned line;
	bool in_block;
	bool failed;
	struct wanted *wanted;	/* one a step */
	size_t wanted_room;
	char why[256];
};

#define COMPLAIN(parser, ...) \
	do { \
		script_complain((parser)->script, (parser)->line, __VA_ARGS__); \
		(parser)->failed = true; \
	} while (0)

/* Cut the next word off *at. An empty one is the end. */
static char *
next_word(char **at)
{
	char *word = *at + strspn(*at, " \t");

	*at = word + strcspn(word, " \t");
	if (**at != '\0')
		*(*at)++ = '\0';
	*at += strspn(*at, " \t");
	return word;
}

/* The same, but a word may stand in double quotes. */
static char *
next_quoted(char **at)
{
	char *word = *at + strspn(*at, " \t"), *end;

	if (*word != '"')
		return next_word(at);
	end = strchr(++word, '"');
	if (end == NULL)
		end = word + strlen(word);
	*at = end;
	if (*end != '\0') {
		*end = '\0';
		*at = end + 1 + strspn(end + 1, " \t");
	}
	return word;
}

static struct step *
last_step(struct parser *parser)
{
	return &parser->script->steps[parser->script->step_count - 1];
}

static struct step *
add_step(struct parser *parser, enum step_kind kind)
{
	struct script *script = parser->script;
	struct step *step;

	script->steps = mem_grow(script->steps, &script->step_room, script->step_count + 1,
	    sizeof *script->steps);
	parser->wanted = mem_grow(parser->wanted, &parser->wanted_room, script->step_count + 1,
	    sizeof *parser->wanted);
	parser->wanted[script->step_count] = (struct wanted){ NULL, NULL };
	step = &script->steps[script->step_count++];
	*step = (struct step){
		.kind = kind,
		.block = (unsigned)script->block_count - 1,
		.line = parser->line,
		.repeat = 1,
		.window = 1,
		.until_step = SCRIPT_NONE,
	};
	script->blocks[step->block].count++;
	return step;
}

static void
parse_template(struct parser *parser, struct template *template, const char *text, size_t len)
{
	if (!template_parse(template, text, len, &parser->script->names, parser->script->directory,
	    parser->why, sizeof parser->why))
		COMPLAIN(parser, "%s", parser->why);
}

/* Replace {name} in a line that is needed now, before anything runs. */
static char *
substitute(struct parser *parser, const char *line)
{
	struct template template = TEMPLATE_INIT;
	struct template_values values = { .names = &parser->script->names };
	const char *missing = NULL;
	struct buf out = BUF_INIT;

	parse_template(parser, &template, line, strlen(line));
	if (!template_text(&template, &values, &out, &missing))
		COMPLAIN(parser, "{%s} has no value here; give it one with -D or set", missing);
	template_fini(&template);
	return buf_steal(&out);
}

static void
parse_tls(struct parser *parser, struct block *block, char *rest)
{
	char *word;

	block->tls = block->verify = true;
	while (*(word = next_word(&rest)) != '\0') {
		if (strcmp(word, "noverify") == 0)
			block->verify = false;
		else if (strncmp(word, "ca=", 3) == 0 && block->ca_file == NULL)
			block->ca_file = mem_strdup(word + 3);
		else
			COMPLAIN(parser, "not understood behind tls: %s", word);
	}
}

/* "HOST PORT", "HOST PORT tls ...", "tunnel COMMAND". */
static void
parse_head(struct parser *parser, const char *line)
{
	struct script *script = parser->script;
	char *copy = substitute(parser, line), *at = copy, *word;
	struct buf server = BUF_INIT;
	struct block *block;
	struct step *greeting;

	script->blocks = mem_grow(script->blocks, &script->block_room, script->block_count + 1,
	    sizeof *script->blocks);
	block = &script->blocks[script->block_count++];
	*block = (struct block){ .line = parser->line, .first = (unsigned)script->step_count };
	parser->in_block = true;
	word = next_word(&at);
	if (strcmp(word, "tunnel") == 0) {
		block->tunnel = mem_strdup(at);
		buf_adds(&server, "tunnel");
		if (*at == '\0')
			COMPLAIN(parser, "tunnel needs a command");
	} else {
		block->host = mem_strdup(word);
		block->port = mem_strdup(next_word(&at));
		buf_addf(&server, strchr(block->host, ':') ? "[%s]:%s" : "%s:%s", block->host,
		    block->port);
		if (*block->port == '\0')
			COMPLAIN(parser, "a server is \"HOST PORT\", \"HOST PORT tls\" "
			    "or \"tunnel COMMAND\"");
		word = next_word(&at);
		if (strcmp(word, "tls") == 0)
			parse_tls(parser, block, at);
		else if (*word != '\0')
			COMPLAIN(parser, "not understood behind the port: %s", word);
	}
	block->server = buf_steal(&server);
	greeting = add_step(parser, STEP_GREETING);
	greeting->label = mem_strdup("greeting");
	greeting->verb = mem_strdup("greeting");
	greeting->shown = mem_strdup("greeting");
	free(copy);
}

static bool
is_label_char(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == '_' || c == '-';
}

/*
 * "LABEL", "LABEL*N", "LABEL*N/W", each perhaps with ":LABELS" behind it: any
 * first word with a digit in it.
 */
static void
parse_label(struct parser *parser, struct step *step, char *word)
{
	char *colon = strchr(word, ':'), *star, *slash;
	uint64_t n;

	if (colon != NULL) {
		*colon = '\0';
		parser->wanted[parser->script->step_count - 1].labels = mem_strdup(colon + 1);
	}
	star = strchr(word, '*');
	if (star != NULL) {
		*star++ = '\0';
		slash = strchr(star, '/');
		if (slash != NULL) {
			*slash++ = '\0';
			if (!ascii_number(slash, strlen(slash), WINDOW_MAX, &n) || n == 0)
				COMPLAIN(parser, "behind the slash stands a number from 1 to %d",
				    WINDOW_MAX);
			else
				step->window = (uint32_t)n;
		}
		if (!ascii_number(star, strlen(star), REPEAT_MAX, &n) || n == 0)
			COMPLAIN(parser, "behind the star stands a number from 1 to %d",
			    REPEAT_MAX);
		else
			step->repeat = (uint32_t)n;
	}
	for (const char *p = word; p == word || *p != '\0'; p++) {
		if (!is_label_char(*p)) {
			COMPLAIN(parser, "a label is made of letters, digits, \"_\" and \"-\"");
			break;
		}
	}
	step->label = mem_strdup(word);
	step->labelled = true;
}

/* "IDLE [until /RE/ | until LABEL] [for TIME]" */
static void
parse_idle(struct parser *parser, struct step *step, char *rest)
{
	step->kind = STEP_IDLE;
	step->for_us = IDLE_DEFAULT_US;
	parse_template(parser, &step->text, "IDLE", 4);
	if (strncmp(rest, "until ", 6) == 0) {
		rest += 6 + strspn(rest + 6, " ");
		if (*rest == '/' || *rest == '|') {
			const char *at = rest;

			step->has_until = check_regex(&at, &step->until, parser->why,
			    sizeof parser->why);
			if (!step->has_until)
				COMPLAIN(parser, "%s", parser->why);
			rest += at - rest;
			rest += strspn(rest, " ");
		} else {
			parser->wanted[parser->script->step_count - 1].until =
			    mem_strdup(next_word(&rest));
		}
	}
	if (strncmp(rest, "for ", 4) == 0) {
		rest += 4;
		if (!script_duration(next_word(&rest), &step->for_us) || step->for_us == 0)
			COMPLAIN(parser, "a time is needed behind for, like 500ms or 10s");
	}
	if (*rest != '\0')
		COMPLAIN(parser, "IDLE takes \"until /RE/\" or \"until LABEL\", and \"for TIME\"");
	if (step->repeat > 1 && step->window > 1)
		COMPLAIN(parser, "IDLE can't run twice at a time");
}

static struct template *
add_reply(struct step *step)
{
	step->replies = mem_grow(step->replies, &step->reply_room, step->reply_count + 1,
	    sizeof *step->replies);
	step->replies[step->reply_count] = TEMPLATE_INIT;
	return &step->replies[step->reply_count++];
}

/* "PLAIN USER PASSWORD [AUTHORIZE-AS]": RFC 4616, sent behind the server's "+". */
static void
parse_plain(struct parser *parser, struct step *step, char *user, char *rest)
{
	struct template inner = TEMPLATE_INIT;
	char *password = next_quoted(&rest), *other = next_quoted(&rest);

	parse_template(parser, &step->text, "AUTHENTICATE PLAIN", 18);
	parse_template(parser, &inner, other, strlen(other));
	template_add_text(&inner, "", 1);
	parse_template(parser, &inner, user, strlen(user));
	template_add_text(&inner, "", 1);
	parse_template(parser, &inner, password, strlen(password));
	template_add_base64(add_reply(step), &inner);
	if (*rest != '\0')
		COMPLAIN(parser, "AUTHENTICATE PLAIN takes a user, a password "
		    "and a user to act as");
}

/* The words for which there is more to do than to send them. */
static void
parse_command(struct parser *parser, struct step *step, char *text)
{
	char *copy = mem_strdup(text), *rest = copy, *first = next_word(&rest);
	char *kept = mem_strdup(rest), *left = kept, *second = next_word(&left);
	struct buf verb = BUF_INIT;

	buf_adds(&verb, first);
	if (strcasecmp(first, "UID") == 0 && *second != '\0')
		buf_addf(&verb, " %s", second);
	step->verb = buf_steal(&verb);
	for (char *p = step->verb; *p != '\0'; p++)
		*p = ascii_upper(*p);
	step->secret = strcmp(step->verb, "LOGIN") == 0 || strcmp(step->verb, "AUTHENTICATE") == 0;
	if (strcmp(step->verb, "IDLE") == 0) {
		parse_idle(parser, step, rest);
	} else if (strcmp(step->verb, "AUTHENTICATE") == 0 && strcasecmp(second, "PLAIN") == 0 &&
	    strpbrk(left, " \t") != NULL) {
		char *user = next_quoted(&left);

		parse_plain(parser, step, user, left);
	} else {
		if (strcmp(step->verb, "LOGOUT") == 0)
			step->kind = STEP_LOGOUT;
		if (strcmp(step->verb, "COMPRESS") == 0) {
			step->kind = STEP_COMPRESS;
			if (!compress_available())
				COMPLAIN(parser, "COMPRESS needs zlib, "
				    "which this imapdrill was built without");
		}
		parse_template(parser, &step->text, text, strlen(text));
	}
	free(copy);
	free(kept);
}

/* Our own words, which are steps as commands are; false when this is none of them. */
static bool
parse_own_step(struct parser *parser, struct step *step, char *text)
{
	static const struct {
		const char *word;
		enum step_kind kind;
	} words[] = {
		{ "raw", STEP_RAW }, { "send", STEP_SEND }, { "wait", STEP_WAIT },
		{ "close", STEP_CLOSE }, { "login", STEP_LOGIN },
	};
	size_t len = strcspn(text, " \t"), i = 0;
	char *rest = text + len + strspn(text + len, " \t"), *user;

	while (i < sizeof words / sizeof words[0] &&
	    (strlen(words[i].word) != len || memcmp(words[i].word, text, len) != 0))
		i++;
	if (i == sizeof words / sizeof words[0])
		return false;
	step->kind = words[i].kind;
	step->verb = mem_strdup(words[i].word);
	switch (step->kind) {
	case STEP_WAIT:
		if (!script_duration(next_word(&rest), &step->for_us) || *rest != '\0')
			COMPLAIN(parser, "wait takes a time, like 500ms or 10s");
		break;
	case STEP_LOGIN:
		free(step->verb);
		step->verb = mem_strdup("LOGIN");
		step->secret = true;
		user = next_quoted(&rest);
		parse_template(parser, &step->text, user, strlen(user));
		user = next_quoted(&rest);
		parse_template(parser, &step->password, user, strlen(user));
		if (*rest != '\0')
			COMPLAIN(parser, "login takes a user and a password");
		break;
	case STEP_CLOSE:
		if (*rest != '\0')
			COMPLAIN(parser, "close takes no words");
		break;
	default:
		parse_template(parser, &step->text, rest, strlen(rest));
	}
	return true;
}

static void
parse_step(struct parser *parser, char *line)
{
	struct step *step = add_step(parser, STEP_COMMAND);
	size_t len = strcspn(line, " \t");
	struct buf label = BUF_INIT;
	char *word;

	if (memchr(line, ' ', len + (line[len] != '\0')) == NULL && line[len] == '\0' &&
	    strpbrk(line, "0123456789") != NULL) {
		COMPLAIN(parser, "a command is missing behind the label");
		step->label = mem_strdup(line);
		step->verb = mem_strdup("");
		step->shown = mem_strdup("");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (ascii_is_digit(line[i])) {
			word = next_word(&line);
			parse_label(parser, step, word);
			break;
		}
	}
	if (step->label == NULL) {
		buf_addf(&label, "line.%u", parser->line);
		step->label = buf_steal(&label);
	}
	if (!parse_own_step(parser, step, line))
		parse_command(parser, step, line);
	if (step->secret)
		buf_addf(&label, "%s ***", step->verb);
	else
		buf_add(&label, line, strnlen(line, SHOWN_MAX));
	step->shown = buf_steal(&label);
}

static struct check *
add_check(struct step *step, enum check_role role, unsigned line)
{
	struct check *check;

	step->checks = mem_grow(step->checks, &step->check_room, step->check_count + 1,
	    sizeof *step->checks);
	check = &step->checks[step->check_count++];
	*check = (struct check){ .role = role, .line = line };
	return check;
}

/* What "NAME" stands for in place of "NAME=GROUP". */
#define GROUP_FIRST CHECK_GROUPS

/* "NAME" or "NAME=GROUP" behind capture. */
static void
parse_captured(struct parser *parser, struct check *check, char *name)
{
	char *equals = strchr(name, '=');
	uint64_t group = GROUP_FIRST;

	if (equals != NULL) {
		*equals++ = '\0';
		if (!ascii_number(equals, strlen(equals), CHECK_GROUPS - 1, &group))
			COMPLAIN(parser, "a group is a number from 0 to %d", CHECK_GROUPS - 1);
	}
	check->group = (unsigned)group;
	if (!names_valid(name, strlen(name)))
		COMPLAIN(parser, "capture needs a name and a condition");
	else
		check->name = names_add(&parser->script->names, name, strlen(name));
}

static void
parse_check(struct parser *parser, enum check_role role, char *rest)
{
	struct check *check = add_check(last_step(parser), role, parser->line);

	if (role == CHECK_CAPTURE)
		parse_captured(parser, check, next_word(&rest));
	if (!check_parse(check, rest, parser->why, sizeof parser->why))
		COMPLAIN(parser, "%s", parser->why);
	else if (role == CHECK_CAPTURE && check->group == GROUP_FIRST)
		check->group = check->regex.re_nsub > 0;
	else if (role == CHECK_CAPTURE && check->group > check->regex.re_nsub)
		COMPLAIN(parser, "the expression has no group %u", check->group);
	if (role == CHECK_CAPTURE && (check->negative || check->count != 1))
		COMPLAIN(parser, "capture takes no count");
}

static struct action *
add_action(struct parser *parser, int kind)
{
	struct step *step = last_step(parser);
	struct action *action;

	step->actions = mem_grow(step->actions, &step->action_room, step->action_count + 1,
	    sizeof *step->actions);
	action = &step->actions[step->action_count++];
	*action = (struct action){ .kind = kind, .line = parser->line };
	return action;
}

/* "answer NAME [CONDITION]" below a question. */
static void
parse_answer(struct parser *parser, char *rest)
{
	struct step *step = last_step(parser);
	struct action *action = step->action_count > 0 ?
	    &step->actions[step->action_count - 1] : NULL;
	char *name = next_quoted(&rest);
	struct choice *choice;

	if (action == NULL || action->kind != ACTION_QUESTION || *name == '\0') {
		COMPLAIN(parser, "an answer has a name and stands below a question");
		return;
	}
	action->choices = mem_grow(action->choices, &action->choice_room, action->choice_count + 1,
	    sizeof *action->choices);
	choice = &action->choices[action->choice_count++];
	*choice = (struct choice){ mem_strdup(name), SCRIPT_NONE };
	if (*rest != '\0') {
		choice->check = (unsigned)step->check_count;
		parse_check(parser, CHECK_ANSWER, rest);
	}
}

/* Lines that set something, in a block or outside; false when this is none of them. */
static bool
parse_setting(struct parser *parser, char *line)
{
	struct script *script = parser->script;
	char *copy = mem_strdup(line), *rest = copy, *word = next_word(&rest), *value;
	bool known = true;

	if (strcmp(word, "set") == 0) {
		word = next_word(&rest);
		value = substitute(parser, rest);
		if (!names_valid(word, strlen(word)))
			COMPLAIN(parser, "set needs a name that begins with a letter, and a value");
		else
			names_set(&script->names, word, strlen(word), value, false);
		free(value);
	} else if (strcmp(word, "timeout") == 0) {
		if (!script_duration(next_word(&rest), &script->timeout_us) || *rest != '\0' ||
		    script->timeout_us == 0)
			COMPLAIN(parser, "timeout takes a time, like 500ms or 10s");
	} else {
		known = false;
	}
	free(copy);
	return known;
}

/* Lines that say more of the step before them; false when this is none of them. */
static bool
parse_attribute(struct parser *parser, char *line)
{
	struct script *script = parser->script;
	char *copy = mem_strdup(line), *rest = copy, *word = next_word(&rest);
	struct block *block = &script->blocks[script->block_count - 1];
	bool known = true;

	if (strcmp(word, "expect") == 0) {
		parse_check(parser, CHECK_EXPECT, rest);
	} else if (strcmp(word, "require") == 0) {
		parse_check(parser, CHECK_REQUIRE, rest);
	} else if (strcmp(word, "capture") == 0) {
		parse_check(parser, CHECK_CAPTURE, rest);
	} else if (strcmp(word, "reply") == 0) {
		parse_template(parser, add_reply(last_step(parser)), rest, strlen(rest));
	} else if (strcmp(word, "print") == 0) {
		parse_template(parser, &add_action(parser, ACTION_PRINT)->text, rest, strlen(rest));
	} else if (strcmp(word, "question") == 0) {
		add_action(parser, ACTION_QUESTION)->question = substitute(parser, rest);
	} else if (strcmp(word, "answer") == 0) {
		parse_answer(parser, rest);
	} else if (strcmp(word, "name") == 0) {
		free(block->server);
		block->server = substitute(parser, rest);
	} else {
		known = false;
	}
	free(copy);
	return known;
}

/* One line without its end. */
static void
parse_line(struct parser *parser, char *line, size_t len)
{
	if (strlen(line) != len) {
		COMPLAIN(parser, "a NUL in the script; {hex:00} sends one");
		return;
	}
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		line[--len] = '\0';
	line += strspn(line, " \t");
	if (*line == '#')
		return;
	if (*line == '\0') {
		parser->in_block = false;
		return;
	}
	if (parse_setting(parser, line))
		return;
	if (!parser->in_block)
		parse_head(parser, line);
	else if (!parse_attribute(parser, line))
		parse_step(parser, line);
}

static bool
read_script(const char *path, struct buf *text)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && io_read_file(fd, text, SCRIPT_MAX) == 0;

	if (!ok)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	if (fd > STDIN_FILENO)
		io_close(&fd);
	return ok;
}

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup("");
	return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Every line, the last one with or without its end. */
static void
parse_lines(struct parser *parser, char *text, size_t len)
{
	char *end = text + len;

	while (text < end) {
		char *lf = memchr(text, '\n', (size_t)(end - text));
		char *stop = lf ? lf : end;

		*stop = '\0';
		parser->line++;
		parse_line(parser, text, (size_t)(stop - text));
		text = stop + (lf != NULL);
	}
}

struct script *
script_load(const char *path, struct names *names)
{
	struct script *script = mem_calloc(1, sizeof *script);
	struct parser parser = { .script = script };
	struct buf text = BUF_INIT;

	script->path = mem_strdup(strcmp(path, "-") == 0 ? "(standard input)" : path);
	script->directory = directory_of(path);
	script->names = *names;
	*names = NAMES_INIT;
	names_add(&script->names, "session", 7);
	names_add(&script->names, "connection", 10);
	if (!read_script(path, &text)) {
		parser.failed = true;
	} else {
		if (text.len > 0)
			parse_lines(&parser, text.data, text.len);
		if (script->block_count == 0) {
			script_complain(script, 1, "no server is named");
			parser.failed = true;
		}
	}
	if (!parser.failed && !script_tie(script, parser.wanted))
		parser.failed = true;
	for (size_t i = 0; i < script->step_count; i++) {
		free(parser.wanted[i].labels);
		free(parser.wanted[i].until);
	}
	free(parser.wanted);
	buf_fini(&text);
	if (parser.failed)
		script_free(&script);
	return script;
}
