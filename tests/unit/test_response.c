/* drill/response: where answers end, whatever pieces they come in, and what is none. */
#include <stdlib.h>

#include "drill/response.h"
#include "test.h"

static const struct response_limits limits = { 100000, 1000000 };

/* Feed in pieces of this size; the texts of all answers, each behind its kind and a colon. */
static const char *
read_all(const char *bytes, size_t len, size_t piece, struct buf *out)
{
	static const char kinds[] = "*+tg";
	struct response response;
	const char *why = NULL;

	buf_reset(out);
	response_init(&response);
	for (size_t i = 0; i < len && why == NULL; i += piece) {
		size_t n = piece < len - i ? piece : len - i;
		char *copy = malloc(n);	/* of exactly this size, for the sanitizer */
		const char *at = copy, *end = copy + n;

		memcpy(copy, bytes + i, n);
		while (at < end) {
			struct answer answer;
			int r = response_feed(&response, &at, end, &limits, &why);

			if (r <= 0)
				break;
			response_read(response.text.data, response.text.len, &answer);
			buf_addc(out, kinds[answer.kind]);
			buf_addc(out, ':');
			buf_add(out, response.text.data, response.text.len);
			buf_addc(out, '|');
			buf_addu(out, response.size);
			buf_addc(out, '|');
		}
		free(copy);
	}
	if (why != NULL)
		buf_adds(out, why);
	else if (response_is_partial(&response))
		buf_adds(out, "...");
	response_fini(&response);
	return buf_str(out);
}

static void
test_framing(void)
{
	static const struct {
		const char *bytes, *answers;
	} rows[] = {
		{ "* OK hello\r\n", "*:* OK hello|12|" },
		{ "a OK x\r\n+ go\r\n* 1 EXISTS\r\n", "t:a OK x|8|+:+ go|6|*:* 1 EXISTS|12|" },
		{ "* 1 FETCH (BODY[] {5}\r\nab\r\nc)\r\n", "*:* 1 FETCH (BODY[] {5}\r\nab\r\nc)|31|" },
		{ "* X {0}\r\n\r\n", "*:* X {0}\r\n|11|" },
		{ "* X {2}\r\nab {1}\r\nc\r\n", "*:* X {2}\r\nab {1}\r\nc|20|" },
		{ "* X ~{2}\r\nab\r\n", "*:* X ~{2}\r\nab|14|" },
		{ "* OK text {5}\r\n* 1 EXISTS\r\n", "*:* OK text {5}|15|*:* 1 EXISTS|12|" },
		{ "a NO no {5}\r\n", "t:a NO no {5}|13|" },
		{ "+ go {5}\r\n", "+:+ go {5}|10|" },
		{ "+\r\n", "+:+|3|" },
		{ "* NO [BADCHARSET ({3}\r\nabc)] x\r\n", "*:* NO [BADCHARSET ({3}\r\nabc)] x|32|" },
		{ "* OK [CODE] x {3}\r\n", "*:* OK [CODE] x {3}|19|" },
		{ "* STATUS {x}\r\n", "*:* STATUS {x}|14|" },
		{ "* X {5}x\r\n", "*:* X {5}x|10|" },
		{ "* a\rb\r\n", "*:* a\rb|7|" },
		{ "* a\r\r\n", "*:* a\r|6|" },
		{ "hello\r\n", "g:hello|7|" },
		{ "\r\n", "g:|2|" },
		{ "*\r\n", "g:*|3|" },
		{ "* \r\n", "g:* |4|" },
		{ " OK\r\n", "g: OK|5|" },
		{ "a OKAY\r\n", "g:a OKAY|8|" },
		{ "a BYE\r\n", "g:a BYE|7|" },
		{ "a OK\r\n", "t:a OK|6|" },
		{ "a ok x\r\n", "t:a ok x|8|" },
		{ "* OK half", "..." },
		{ "* X {5}\r\nab", "..." },
		{ "\r", "..." },
		{ "* OK\n", "it ended a line in LF without CR" },
		{ "* X {1000001}\r\n", "it announced a literal over the limit" },
		{ "* X {99999999999999999999}\r\n", "it announced a literal over the limit" },
		{ "* X {9999999999999999999999999999999999999999}\r\n",
		    "it announced a literal over the limit" },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].bytes);

		for (size_t piece = 1; piece <= len && piece < 8; piece++)
			if (strcmp(read_all(rows[i].bytes, len, piece, &out), rows[i].answers) != 0)
				break;
		check_str(buf_str(&out), rows[i].answers, "in small pieces");
		check_str(read_all(rows[i].bytes, len, len, &out), rows[i].answers, "and whole");
	}
	buf_fini(&out);
}

/* Memory stays small whatever comes. */
static void
test_bounds(void)
{
	struct response response;
	const char *why = NULL, *at, *end;
	char block[4096];
	int r = 0;

	memset(block, 'x', sizeof block);
	response_init(&response);
	for (int i = 0; i < 100 && r == 0; i++) {
		at = block, end = block + sizeof block;
		r = response_feed(&response, &at, end, &limits, &why);
	}
	check(r == -1 && why != NULL, "an endless line ends in an error");
	check(response.text.cap < 4 * RESPONSE_KEEP, "and was not kept");
	response_fini(&response);
	response_init(&response);
	at = "* 1 FETCH (BODY[] {900000}\r\n";
	end = at + strlen(at);
	r = response_feed(&response, &at, end, &limits, &why);
	for (int i = 0; i < 900000 / 3000 && r == 0; i++) {
		at = block, end = block + 3000;
		r = response_feed(&response, &at, end, &limits, &why);
	}
	check(r == 0, "a big literal is read past");
	at = ")\r\n", end = at + 3;
	check(response_feed(&response, &at, end, &limits, &why) == 1, "to its end");
	check(response.size == 900000 + 28 + 3, "counted");
	check(response.text.len == RESPONSE_KEEP, "and cut");
	response_fini(&response);
}

static void
test_canonical(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *canonical;
		unsigned literals;
	} rows[] = {
		{ "* 1 EXISTS", 10, "* 1 EXISTS", 0 },
		{ "* X {3}\r\na\"b y", 14, "* X \"a\\\"b\" y", 1 },
		{ "* X ~{3}\r\na\\b", 13, "* X \"a\\\\b\"", 1 },
		{ "* X {4}\r\na\r\nb {0}\r\n)", 20, "* X \"a\\r\\nb\" \"\")", 2 },
		{ "* X {2}\r\na\0", 11, "* X \"a\\0\"", 1 },
		{ "* X {90}\r\nabc", 13, "* X \"abc\"", 1 },
		{ "* OK text {3}", 13, "* OK text {3}", 0 },
		{ "a\0b", 3, "a\\0b", 0 },
		{ "", 0, "", 0 },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		unsigned literals = 99;

		buf_reset(&out);
		response_canonical(rows[i].text, rows[i].len, &out, &literals);
		check_str(buf_str(&out), rows[i].canonical, "canonical");
		check(literals == rows[i].literals, "literals counted");
	}
	buf_fini(&out);
}

int
main(void)
{
	test_framing();
	test_bounds();
	test_canonical();
	return test_done();
}
