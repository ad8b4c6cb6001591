/* mail/parse: BODYSTRUCTURE, parts and sizes of messages of every shape; the limits. */
#include <stdlib.h>

#include "mail/file.h"
#include "mail/parse.h"
#include "mail/section.h"
#include "test.h"
#include "util/buf.h"

#define TEXT(size, lines) "\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" " #size " " #lines
#define REST " NIL NIL NIL NIL"

static void
test_bodystructure(void)
{
	static const struct {
		const char *title;
		const char *message;
		const char *structure;
	} rows[] = {
		{ "nothing", "", "(" TEXT(0, 0) REST ")" },
		{ "plain", "Subject: s\n\nbody\n", "(" TEXT(6, 1) REST ")" },
		{ "no line end at the end", "\na\nb", "(" TEXT(4, 1) REST ")" },
		{ "all fields", "Content-Type: text/HTML; charset=utf-8; name=\"a b\"\nContent-Transfer-Encoding: BASE64\n"
		    "Content-ID: <i>\nContent-Description: d\nContent-MD5: m\nContent-Disposition: inline; filename=f\n"
		    "Content-Language: en, de\nContent-Location: l\n\nx",
		    "(\"text\" \"HTML\" (\"charset\" \"utf-8\" \"name\" \"a b\") \"<i>\" \"d\" \"BASE64\" 1 0 \"m\""
		    " (\"inline\" (\"filename\" \"f\")) (\"en\" \"de\") \"l\")" },
		{ "no MIME: the encoding means nothing", "Content-Transfer-Encoding: base64\n\nx", "(" TEXT(1, 0) REST ")" },
		{ "a type that is none", "Content-Type: text\n\nx", "(" TEXT(1, 0) REST ")" },
		{ "a type with more behind it", "Content-Type: application/pdf name=x\n\nx", "(" TEXT(1, 0) REST ")" },
		{ "comments", "Content-Type: (a) image/png (b) ; (c) x = (d) y\n\nx",
		    "(\"image\" \"png\" (\"x\" \"y\") NIL NIL \"7bit\" 1" REST ")" },
		{ "continuations", "Content-Type: a/b; n*1=B; n*0=A; c*0*=u''%41; c*1=\"x y\"\n\nx",
		    "(\"a\" \"b\" (\"c*\" \"u''%41x%20y\" \"n\" \"AB\") NIL NIL \"7bit\" 1" REST ")" },
		{ "a continuation with a gap", "Content-Type: a/b; n*0=A; n*2=C\n\nx",
		    "(\"a\" \"b\" (\"n*0\" \"A\" \"n*2\" \"C\") NIL NIL \"7bit\" 1" REST ")" },
		{ "broken parameters", "Content-Type: a/b; x; y=\"z;; q=1; r=2 s; t=\"u\" v; w=3\n\nx",
		    "(\"a\" \"b\" (\"r\" \"2\" \"t\" \"u\" \"w\" \"3\") NIL NIL \"7bit\" 1" REST ")" },
		{ "two parts", "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b\nContent-Type: x/y\n\ntwo\n--b--\npost\n",
		    "((" TEXT(3, 0) REST ")(\"x\" \"y\" NIL NIL NIL \"7bit\" 3" REST ") \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "no boundary", "Content-Type: multipart/mixed\n\nx",
		    "((" TEXT(0, 0) REST ") \"mixed\" NIL NIL NIL NIL)" },
		{ "never closed", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n",
		    "((" TEXT(5, 1) REST ") \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "a boundary that begins another", "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
		    "Content-Type: multipart/related; boundary=bb\n\n--bb\n\nin\n--bb--\n--b\n\nout\n--b--\n",
		    "(((" TEXT(2, 0) REST ") \"related\" (\"boundary\" \"bb\") NIL NIL NIL)(" TEXT(3, 0) REST ")"
		    " \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "a message inside", "Content-Type: message/rfc822\n\nSubject: s\n\nin\n",
		    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 18 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) ("
		    TEXT(4, 1) REST ") 3" REST ")" },
		{ "a digest", "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\nx\n--b--\n",
		    "((\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 15 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) ("
		    TEXT(1, 0) REST ") 2" REST ") \"digest\" (\"boundary\" \"b\") NIL NIL NIL)" },
		{ "a header that a boundary ends", "Content-Type: multipart/mixed; boundary=b\n\n--b\nX: y\n--b--\n",
		    "((" TEXT(0, 0) REST ") \"mixed\" (\"boundary\" \"b\") NIL NIL NIL)" },
	};
	struct parsed parsed = PARSED_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].message);
		char *exact = malloc(len + 1);	/* so that a byte too far is seen */

		memcpy(exact, rows[i].message, len);
		parse_message(exact, len, PARSE_ALL, &parsed);
		check_str(buf_str(&parsed.bodystructure), rows[i].structure, rows[i].title);
		free(exact);
	}
	parsed_fini(&parsed);
}

/* The table of parts survives being saved, and leads to the right bytes. */
static void
test_parts(void)
{
	static const char message[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	    "--b\r\nA: 1\r\n\r\none\r\n"
	    "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
	    "--c\r\n\r\ndeep\r\n--c--\r\n--b\r\n\r\n--b--\r\n";
	static const struct {
		const char *words, *content;
	} rows[] = {
		{ "1", "one" }, { "1.MIME", "A: 1\r\n\r\n" }, { "2.HEADER", "Subject: s\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" },
		{ "2.TEXT", "--c\r\n\r\ndeep\r\n--c--" }, { "2.1", "deep" }, { "2.1.MIME", "\r\n" }, { "3", "" }, { "3.MIME", "" },
	};
	struct parsed parsed = PARSED_INIT;
	struct part_table again = PART_TABLE_INIT;
	struct buf saved = BUF_INIT, out = BUF_INIT;
	struct section_data data = SECTION_DATA_INIT;

	parse_message(message, sizeof message - 1, PARSE_PARTS, &parsed);
	check(parsed.envelope.len == 0 && parsed.body.len == 0 && parsed.vsize == sizeof message - 1, "only what was asked for");
	part_table_save(&parsed.parts, &saved);
	check(part_table_load(&again, saved.data, saved.len, sizeof message - 1), "the table loads");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct section section;
		const char *why;

		buf_reset(&out);
		section_parse(rows[i].words, strlen(rows[i].words), &section, &why);
		check(section_find(&section, message, sizeof message - 1, MAIL_UNKNOWN, &again, &data), "there");
		section_send(&data, message, sizeof message - 1, 0, UINT64_MAX, sink_buf, &out);
		check_str(buf_str(&out), rows[i].content, rows[i].words);
	}
	parsed_fini(&parsed);
	part_table_fini(&again);
	buf_fini(&saved);
	buf_fini(&out);
	section_data_fini(&data);
}

/* Much too deep, much too many: bounded, and every byte is still somebody's. */
static void
test_limits(void)
{
	struct buf message = BUF_INIT;
	struct parsed parsed = PARSED_INIT;
	size_t deepest = 0;

	for (int i = 0; i < 1000; i++)
		buf_addf(&message, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	buf_adds(&message, "\nbottom\n");
	parse_message(message.data, message.len, PARSE_ALL, &parsed);
	for (size_t i = 0; i < parsed.parts.count; i++) {
		size_t depth = 0;

		for (size_t at = i; at != 0; at = parsed.parts.parts[at].parent)
			depth++;
		deepest = depth > deepest ? depth : deepest;
	}
	check(deepest == PART_DEPTH_MAX, "multiparts in multiparts, a thousand deep");
	check(parsed.parts.parts[parsed.parts.count - 1].end == message.len, "and the last part has the rest");

	buf_reset(&message);
	for (int i = 0; i < 1000; i++)
		buf_adds(&message, "Content-Type: message/rfc822\n\n");
	parse_message(message.data, message.len, PARSE_ALL, &parsed);
	check(parsed.parts.count == PART_DEPTH_MAX + 1, "messages in messages, a thousand deep");
	check(strstr(buf_str(&parsed.bodystructure), "\"application\" \"octet-stream\"") != NULL, "the last is octets");

	buf_reset(&message);
	buf_adds(&message, "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < PART_COUNT_MAX * 3; i++)
		buf_adds(&message, "--b\n\nx\n");
	parse_message(message.data, message.len, PARSE_ALL, &parsed);
	check(parsed.parts.count == PART_COUNT_MAX && parsed.parts.parts[0].end == message.len, "thirty thousand parts");

	/* a long value that stays, and many that would take its place: minutes, if each asked it again */
	for (int which = 0; which < 2; which++) {
		buf_reset(&message);
		buf_adds(&message, which ? "Content-Transfer-Encoding: (" : "Content-Disposition: a; (");
		for (int i = 0; i < 500000; i++)
			buf_addc(&message, 'a');
		buf_adds(&message, which ? ") 8bit\n" : ") f=x\n");
		for (int i = 0; i < 20000; i++)
			buf_adds(&message, which ? "Content-Transfer-Encoding: b\n"
			    : "Content-Disposition: b; f=y\n");
		buf_adds(&message, "MIME-Version: 1.0\n\nx");
		parse_message(message.data, message.len, PARSE_ALL, &parsed);
		check(strstr(buf_str(&parsed.bodystructure),
		    which ? "\"8bit\"" : "(\"a\" (\"f\" \"x\"))") != NULL, "the first of 20,000 counts");
	}
	/* and each part of a digest asks for the type above it */
	buf_reset(&message);
	buf_adds(&message, "Content-Type: multipart/digest (");
	for (int i = 0; i < 500000; i++)
		buf_addc(&message, 'a');
	buf_adds(&message, "); boundary=b\n\n");
	for (int i = 0; i < 9000; i++)
		buf_adds(&message, "--b\n\nSubject: x\n\ny\n");
	parse_message(message.data, message.len, PARSE_ALL, &parsed);
	check(parsed.parts.count > 9000 && parsed.parts.parts[1].kind == PART_MESSAGE,
	    "the parts of a digest are messages");
	buf_fini(&message);
	parsed_fini(&parsed);
}

int
main(void)
{
	test_bodystructure();
	test_parts();
	test_limits();
	return test_done();
}
