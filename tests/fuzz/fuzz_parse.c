/*
 * The command lexer: lines, literals and one function of wire/parse.c after the
 * other, as the first octet of each command's arguments says; also the search
 * program. What comes in pieces of any size must read as what comes at once.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/section.h"
#include "query/criteria.h"
#include "util/buf.h"
#include "wire/dispatch.h"
#include "wire/input.h"
#include "wire/output.h"
#include "wire/parse.h"
#include "wire/seqset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE_LEN = 5000, COMMAND_LEN = 20000 };

/* What the words were, so that two readings can be compared. */
static struct buf *said;

static void
note(const struct str *s)
{
	if (s->data == NULL) {
		buf_adds(said, "NIL ");
		return;
	}
	assert(s->data[s->len] == '\0');	/* the promise of wire/parse.h */
	buf_add(said, s->data, s->len);
	buf_addc(said, '|');
}

/* One word, of the kind that the letter asks for. */
static int
read_word(struct parse *p, char kind)
{
	struct seqset set = SEQSET_INIT;
	struct str s = { NULL, 0 };
	int64_t signed64 = 0;
	uint64_t number64 = 0;
	uint32_t number = 0;
	int result, zone = 0;

	switch (kind) {
	case 'a':
		result = parse_atom(p, &s);
		break;
	case 's':
		result = parse_string(p, &s);
		break;
	case 'n':
		result = parse_nstring(p, &s);
		break;
	case 'l':
		result = parse_list_mailbox(p, &s);
		break;
	case 'f':
		result = parse_flag(p, &s);
		break;
	case '1':
		result = parse_number(p, &number);
		break;
	case '2':
		result = parse_nz_number(p, &number);
		break;
	case '8':
		result = parse_number64(p, &number64);
		break;
	case 'd':
		result = parse_date(p, &signed64);
		break;
	case 't':
		result = parse_date_time(p, &signed64, &zone);
		break;
	case 'q':
		result = parse_sequence_set(p, &set);
		break;
	default:
		result = parse_astring(p, &s);
		break;
	}
	if (result == 0) {
		note(&s);
		buf_addf(said, "%lu %llu %lld %d %zu\n", (unsigned long)number, (unsigned long long)number64,
		    (long long)signed64, zone, set.count);
	}
	seqset_fini(&set);
	return result;
}

/* WORDS kinds SP word SP word ... : a letter of kinds a word, lists anywhere. */
static int
words(void *session, struct command *cmd)
{
	struct parse *p = &cmd->parse;
	struct str kinds;

	(void)session;
	if (parse_space(p) < 0 || parse_atom(p, &kinds) < 0)
		return -1;
	for (size_t i = 0; i < kinds.len; i++) {
		if (kinds.data[i] == '(') {
			if (parse_char(p, '(') < 0)
				return -1;
			continue;
		}
		if (parse_space(p) < 0 || read_word(p, kinds.data[i]) < 0)
			return -1;
	}
	return parse_end(p);
}

static int
search(void *session, struct command *cmd)
{
	struct criteria criteria;

	(void)session;
	if (parse_space(&cmd->parse) < 0
	    || criteria_parse(&cmd->parse, CRITERIA_CHARSET_OPTIONAL, NULL, &criteria) < 0)
		return -1;
	criteria_bind(&criteria, 10, 100, cmd->arena);
	buf_addf(said, "%u %u %d\n", criteria.field_count, criteria.text_count, criteria.root->kind);
	return 0;
}

/* A literal whose octets the handler reads itself, as APPEND does. */
static int
keep(void *ctx, const char *bytes, size_t len)
{
	(void)ctx;
	buf_add(said, bytes, len);
	return 0;
}

static int
stream(void *session, struct command *cmd)
{
	struct parse *p = &cmd->parse;
	struct literal literal;
	int end;

	(void)session;
	do {
		if (parse_space(p) < 0 || parse_literal_head(p, &literal) < 0)
			return -1;
		if (literal.size > 1000)
			return err_set(&cmd->err, ERR_LIMIT, "Too large");
		if (parse_literal_accept(p, &literal) < 0)
			return -1;
		end = input_octets(p->in, literal.size, keep, NULL);
		if (end < 0) {
			p->lost = end;
			return err_set(&cmd->err, ERR_SYNTAX, "cut");
		}
		if (parse_next_line(p) < 0)
			return -1;
	} while (parse_peek(p) == ' ');
	return parse_end(p);
}

static enum state current;

static int
logout(void *session, struct command *cmd)
{
	(void)session;
	(void)cmd;
	current = STATE_LOGOUT;
	return 0;
}

static const struct command_row rows[] = {
	{ "WORDS", STATE_ANY, TELL_NOTHING, words, NULL, false },
	{ "SEARCH", STATE_ANY, TELL_NOTHING, search, NULL, false },
	{ "UID SEARCH", STATE_ANY, TELL_NOTHING, search, NULL, true },
	{ "STREAM", STATE_ANY, TELL_NOTHING, stream, NULL, false },
	{ "LOGOUT", STATE_ANY, TELL_NOTHING, logout, NULL, false },
	{ NULL, 0, TELL_NOTHING, NULL, NULL, false },
};

static enum state
state(void *session)
{
	(void)session;
	return current;
}

static void
before_answer(void *session, const struct command *cmd, bool failed)
{
	(void)session;
	(void)cmd;
	buf_adds(said, failed ? "no\n" : "ok\n");
}

/* Bytes in pieces: a filter that gives some at a time. */
struct pieces {
	const char *at, *end;
	size_t piece;
};

static int
give(void *ctx, const char *wire, size_t len, struct buf *plain)
{
	struct pieces *p = ctx;
	size_t n = (size_t)(p->end - p->at) < p->piece ? (size_t)(p->end - p->at) : p->piece;

	(void)wire;
	(void)len;
	buf_add(plain, p->at, n);
	p->at += n;
	return p->at < p->end;
}

/* What is said goes into the comparison, in the order in which it is said. */
static int
take(void *ctx, const char *bytes, size_t len, bool flush, struct buf *wire)
{
	(void)ctx;
	(void)flush;
	(void)wire;
	buf_add(said, bytes, len);
	return 0;
}

static void
converse(const char *bytes, size_t len, size_t piece, unsigned options, struct buf *out)
{
	struct pieces pieces = { bytes, bytes + len, piece };
	struct output output;
	struct input input;
	struct dispatch d;
	static int nowhere = -1;
	int fd[2];

	if (nowhere < 0)
		nowhere = open("/dev/null", O_WRONLY);
	if (pipe(fd) < 0)
		abort();
	/* one octet on the wire wakes the filter, which has all the others */
	if (write(fd[1], "x", 1) != 1)
		abort();
	close(fd[1]);
	said = out;
	current = STATE_AUTHENTICATED;
	output_init(&output, nowhere, -1);
	output.filter.write = take;
	input_init(&input, fd[0], &output, LINE_LEN, 1000);
	input.filter.read = give;
	input.filter.ctx = &pieces;
	d = (struct dispatch){ .in = &input, .out = &output, .rows = rows, .state = state,
		.before_answer = before_answer, .command_max = COMMAND_LEN, .bad_max = 100,
		.literal_plus = options & 1, .literals_max = options & 2 ? 3 : 0,
		.skip_max = options & 4 ? 10000 : 0, .wipe = options & 8 };
	buf_addf(out, "end %d\n", (int)dispatch_run(&d));
	output_flush(&output);
	dispatch_fini(&d);
	input_fini(&input);
	output_fini(&output);
	close(fd[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = BUF_INIT, pieces = BUF_INIT;
	char *copy;

	if (size < 2)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	converse(copy + 1, size - 1, size, copy[0] & 15, &whole);
	converse(copy + 1, size - 1, 1 + ((unsigned char)copy[0] >> 4), copy[0] & 15, &pieces);
	assert(whole.len == pieces.len);
	assert(whole.len == 0 || memcmp(whole.data, pieces.data, whole.len) == 0);
	buf_fini(&whole);
	buf_fini(&pieces);
	free(copy);
	return 0;
}
