/* mail/envelope and mail/address: what each header becomes, in the words of RFC 9051 7.5.2. */
#include "mail/envelope.h"
#include "mail/parse.h"
#include "test.h"
#include "util/buf.h"

#define ROW(text) text, sizeof text - 1

static void
test_fields(void)
{
	static const struct {
		const char *header;
		size_t len;
		const char *envelope;
	} rows[] = {
		{ ROW(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject: s\r\nDate: d\nMessage-ID: <m>\nIn-Reply-To: <i>\n\n"),
		    "(\"d\" \"s\" NIL NIL NIL NIL NIL NIL \"<i>\" \"<m>\")" },
		{ ROW("Subject:\n\n"), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject: a \"q\" and \\\n\n"),
		    "(NIL \"a \\\"q\\\" and \\\\\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject:  a \n\t b  \n\n"), "(NIL \"a b\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject: \xc3\xa4\n\n"), "(NIL {2}\r\n\xc3\xa4 NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject: a\0b\n\n"), "(NIL {5}\r\na\xef\xbf\xbd" "b NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Subject: one\nSubject: two\n\n"), "(NIL \"two\" NIL NIL NIL NIL NIL NIL NIL NIL)" },
		{ ROW("Message-ID:\r\n <a>\r\n\t<b>\r\n\r\n"),
		    "(NIL NIL NIL NIL NIL NIL NIL NIL NIL \" <a>\t<b>\")" },
		{ ROW("From: a@b\n\n"), "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\"))"
		    " NIL NIL NIL NIL NIL)" },
		{ ROW("From: a@b\nSender: c@d\nReply-To:\n\n"),
		    "(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"c\" \"d\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL NIL)" },
		{ ROW("To: a@b\nTo: c@d\n\n"),
		    "(NIL NIL NIL NIL NIL ((NIL NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")) NIL NIL NIL NIL)" },
		{ ROW("Sender: c@d\n\n"), "(NIL NIL NIL ((NIL NIL \"c\" \"d\")) NIL NIL NIL NIL NIL NIL)" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = BUF_INIT;

		envelope_add(rows[i].header, rows[i].len, &out);
		check_str(buf_str(&out), rows[i].envelope, "envelope");
		buf_fini(&out);
	}
}

static void
test_addresses(void)
{
	static const struct {
		const char *value;
		const char *list;	/* without the outer parentheses; "" is NIL */
	} rows[] = {
		{ "ada@example.org", "(NIL NIL \"ada\" \"example.org\")" },
		{ "<ada@example.org>", "(NIL NIL \"ada\" \"example.org\")" },
		{ "Ada Lark <ada@example.org>", "(\"Ada Lark\" NIL \"ada\" \"example.org\")" },
		{ "\"Lark, Ada\" <a@b>, c@d", "(\"Lark, Ada\" NIL \"a\" \"b\")(NIL NIL \"c\" \"d\")" },
		{ "a@b (Ada (L) \\) Lark)", "(\"Ada (L) ) Lark\" NIL \"a\" \"b\")" },
		{ "=?utf-8?q?=C3=A4?= <a@b>", "(\"=?utf-8?q?=C3=A4?=\" NIL \"a\" \"b\")" },
		{ "Ada\r\n Lark\r\n <a@b>", "(\"Ada Lark\" NIL \"a\" \"b\")" },
		{ "<@r1,@r2:a@b>", "(NIL \"@r1,@r2\" \"a\" \"b\")" },
		{ "a . b @ c . d", "(\"a. b\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")" },
		{ "<a .b @ c . d>", "(NIL NIL \"a.b\" \"c.d\")" },
		{ "a@[192.0.2.1]", "(NIL NIL \"a\" \"[192.0.2.1]\")" },
		{ "\"a b\"@c", "(NIL NIL \"a b\" \"c\")" },
		{ "undisclosed-recipients:;", "(NIL NIL \"undisclosed-recipients\" NIL)(NIL NIL NIL NIL)" },
		{ "A B: c@d, E <f@g>;, h@i", "(NIL NIL \"A B\" NIL)(NIL NIL \"c\" \"d\")(\"E\" NIL \"f\" \"g\")"
		    "(NIL NIL NIL NIL)(NIL NIL \"h\" \"i\")" },
		{ "G: a@b", "(NIL NIL \"G\" NIL)(NIL NIL \"a\" \"b\")(NIL NIL NIL NIL)" },
		{ "", "" },
		{ "(nobody)", "" },
		{ "<>", "(NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")" },
		{ "ada", "(NIL NIL \"ada\" \"MISSING_DOMAIN\")" },
		{ "Ada Lark", "(\"Ada Lark\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")" },
		{ "@b", "(NIL NIL \"MISSING_MAILBOX\" \"b\")" },
		{ "Ada <a@b", "(\"Ada\" NIL \"a\" \"SYNTAX_ERROR\")" },
		{ "<@r>", "(NIL \"INVALID_ROUTE\" \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")" },
		{ "a@b,,c@d,", "(NIL NIL \"a\" \"b\")(NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")(NIL NIL \"c\" \"d\")" },
		{ "a@b junk, c@d", "(NIL NIL \"a\" \"b\")" },
		{ "\"never closed <a@b>", "(NIL NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")" },
		{ "a@b (never closed", "(NIL NIL \"a\" \"MISSING_DOMAIN\")" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf header = BUF_INIT, want = BUF_INIT, out = BUF_INIT;

		buf_addf(&header, "To: %s\n\n", rows[i].value);
		buf_addf(&want, "(NIL NIL NIL NIL NIL %s%s%s NIL NIL NIL NIL)", rows[i].list[0] ? "(" : "",
		    rows[i].list[0] ? rows[i].list : "NIL", rows[i].list[0] ? ")" : "");
		envelope_add(header.data, header.len, &out);
		check_str(buf_str(&out), want.data, rows[i].value);
		buf_fini(&header);
		buf_fini(&want);
		buf_fini(&out);
	}
}

static void
test_many(void)
{
	struct buf header = BUF_INIT, out = BUF_INIT;
	size_t count = 0;

	buf_adds(&header, "To: a@b");
	for (int i = 0; i < PARSE_ADDRESS_MAX * 2; i++)
		buf_adds(&header, ",a@b");
	envelope_add(header.data, header.len, &out);
	for (const char *at = out.data; (at = strstr(at, "(NIL NIL \"a\" \"b\")")) != NULL; at++)
		count++;
	check(count == PARSE_ADDRESS_MAX, "so many addresses and no more");
	buf_fini(&header);
	buf_fini(&out);
}

int
main(void)
{
	test_fields();
	test_addresses();
	test_many();
	return test_done();
}
