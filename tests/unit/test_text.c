/* message/: the module loaded as the session does, decoding, text for search, previews. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail/module.h"
#include "message/message.h"
#include "test.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/utf8.h"

#define ROW(text) text, sizeof text - 1

static const struct message_ops *ops;

static void
test_load(void)
{
	static char path[4096];
	const char *build = getenv("MAYFLY_BUILD");
	struct err err = { 0 };

	module_path("/nonexistent/mayfly-message.so");
	check(module_ops(&err) == NULL && err.kind == ERR_WORLD && strstr(err.client, "/") == NULL
	    && strstr(err.detail, "nonexistent") != NULL, "a module that is not there is an error, told twice");
	snprintf(path, sizeof path, "%s/mayfly-message.so", build != NULL ? build : ".");
	module_path(path);
	ops = module_ops(&err);
	if (!check(ops != NULL, "the module loads"))
		printf("# %s\n", err.detail);
	check(module_ops(&err) == ops, "once");
}

static void
test_header_text(void)
{
	static const struct {
		const char *value;
		size_t len;
		const char *text;
	} rows[] = {
		{ ROW("plain"), "plain" },
		{ ROW("two\r\n lines"), "two lines" },
		{ ROW("=?utf-8?Q?Gr=C3=BC=C3=9Fe?="), "Grüße" },
		{ ROW("=?utf-8?b?R3LDvMOfZQ==?="), "Grüße" },
		{ ROW("=?UTF-8?B?w?= =?UTF-8?B?5w=?="), NULL },
		{ ROW("=?utf-8?q?=C3?= =?utf-8?q?=BC?="), "ü" },
		{ ROW("=?utf-8?q?a?=\r\n =?utf-8?q?b?="), "ab" },
		{ ROW("=?utf-8?q?a?= b =?utf-8?q?c?="), "a b c" },
		{ ROW("=?utf-8?b?YQ==?= =?utf-8?b?YmM=?= =?utf-8?b?ZGVm?="), "abcdef" },
		{ ROW("=?utf-8?b?w7w=?=\r\n =?koi8-r?b?8A==?=\t=?utf-8?q?=C3?= =?utf-8?b?vA==?="),
		  "üПü" },
		{ ROW("=?utf-8?q?what?=20now?= then"), "what? now then" },
		{ ROW("=?utf-8?q?one?=ab =?utf-8?q?two?=cd"), "oneab twocd" },
		{ ROW("a=?utf-8?q?b?=c=?=d =?utf-8?q?e"), "abc=?=d =?utf-8?q?e" },
		{ ROW("=?utf-8?q?a b?= =?utf-8?x?c?="), "a b =?utf-8?x?c?=" },
		/* a word cut short takes nothing of what stands behind it */
		{ ROW("=?utf-8?b?YWI <ab@x.org>, =?utf-8?b?Y2Q=?="), "=?utf-8?b?YWI <ab@x.org>, cd" },
		{ ROW("=?utf-8?q?ab cd =?utf-8?q?ef?= =?utf-8?q?gh"), "=?utf-8?q?ab cd ef =?utf-8?q?gh" },
		{ ROW("=?utf-8?b?YQ=?==?utf-8?q?b?="), "ab" },
		{ ROW("=?iso-8859-1*de?Q?_M=FCller_?="), " Müller " },
		{ ROW("=?koi8-r?B?8NLJ18XU?="), "Привет" },
		{ ROW("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?="), "日本" },
		{ ROW("=?gb2312?B?1tC5+g==?="), "中国" },
		{ ROW("=?no-such-charset?q?abc?="), "=?no-such-charset?q?abc?=" },
		{ ROW("Fr\xfchling"), "Frühling" },
		{ ROW("Fr\xc3\xbchling"), "Frühling" },
		{ ROW("a\0b\x01" "c"), "a b c" },
		{ ROW("=?utf-8?q?a=0Ab=00c?="), NULL },
		{ ROW("\"=?utf-8?q?=C3=A4?=\" <a@b>"), "\"ä\" <a@b>" },
		{ ROW(""), "" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = BUF_INIT;

		ops->header_text(rows[i].value, rows[i].len, &out);
		if (rows[i].text != NULL)
			check_str(buf_str(&out), rows[i].text, "header text");
		check(utf8_valid(buf_str(&out), out.len) && strlen(buf_str(&out)) == out.len
		    && strpbrk(buf_str(&out), "\r\n") == NULL, "clean: row %zu", i);
		buf_fini(&out);
	}
}

static void
test_decode(void)
{
	static const struct {
		const char *body;
		size_t len;
		enum part_encoding encoding;
		const char *out;
		size_t out_len;
	} rows[] = {
		{ ROW("a\nb\r\nc"), PART_7BIT, ROW("a\r\nb\r\nc") },
		{ ROW("a\0b\n"), PART_BINARY, ROW("a\0b\r\n") },
		{ ROW("AAECAwo=\n"), PART_BASE64, ROW("\0\1\2\3\n") },
		{ ROW("AAEC\r\nAwo="), PART_BASE64, ROW("\0\1\2\3\n") },
		{ ROW("a=3D=\nb=0Ac=\r\nd\ne"), PART_QUOTED_PRINTABLE, ROW("a=b\ncd\r\ne") },
		{ ROW("a  \nb=20 \t\r\nc=  \nd "), PART_QUOTED_PRINTABLE, ROW("a\r\nb \r\ncd") },
		{ ROW("begin 644 x\n#86)C\n`\nend\n"), PART_UUENCODE, ROW("abc") },
		{ ROW(""), PART_BASE64, ROW("") },
	};
	struct err err = { 0 };
	uint64_t size;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = BUF_INIT;
		int result = ops->decode(rows[i].body, rows[i].len, rows[i].encoding, sink_buf, &out, &size, &err);

		check(result == 0 && size == rows[i].out_len && out.len == size
		    && (size == 0 || memcmp(out.data, rows[i].out, size) == 0), "decoded: row %zu", i);
		size = 0;
		ops->decode(rows[i].body, rows[i].len, rows[i].encoding, NULL, NULL, &size, &err);
		check(size == rows[i].out_len, "only counted: row %zu", i);
		buf_fini(&out);
	}
	check(ops->decode("x", 1, PART_UNKNOWN_ENCODING, NULL, NULL, &size, &err) < 0
	    && err.kind == ERR_UNKNOWN_CTE, "an encoding that nobody knows");
}

struct runs {
	struct buf text;	/* each run in front of its "|" */
	int stop_after;
};

static bool
add_run(void *ctx, const char *utf8, size_t len, bool first)
{
	struct runs *runs = ctx;

	if (first && runs->text.len > 0)
		buf_addc(&runs->text, '|');
	buf_add(&runs->text, utf8, len);
	return runs->stop_after == 0 || --runs->stop_after > 0;
}

static void
test_text(void)
{
	static const struct {
		const char *title;
		const char *message;
		unsigned texts;
		const char *want;
	} rows[] = {
		{ "plain text", "Subject: s\n\nbody\n", MESSAGE_TEXT, "Subject: s|body\r\n" },
		{ "the body alone", "Subject: s\n\nbody\n", MESSAGE_BODY, "body\r\n" },
		{ "the header alone", "Subject: s\nTo: =?utf-8?q?=C3=A4?=\n\nbody\n", MESSAGE_HEADER, "Subject: s|To: ä" },
		{ "charset and transfer encoding",
		    "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
		    "Gr=FC=\n=DFe", MESSAGE_BODY, "Grüße" },
		{ "base64 in koi8-r",
		    "Content-Type: text/plain; charset=koi8-r\nContent-Transfer-Encoding: base64\n\n8NLJ\n18XU\n",
		    MESSAGE_BODY, "Привет" },
		{ "HTML", "Content-Type: text/html\n\n<html><style>x{}</style><body>a<b>b</b>c<br>d &amp;&#228;&euml; <!-- <b>no -->e"
		    "<script>if (a<b) x()</script><a href=\"x>y\">f</a></body>", MESSAGE_BODY, "abc d &äë e f" },
		{ "a file name (RFC 2231) and no text in an attachment",
		    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pdf\n"
		    "Content-Disposition: attachment; filename*0*=utf-8''%C3%84; filename*1=.pdf\n\n%PDF\n--b--\n",
		    MESSAGE_BODY, "Content-Type: application/pdf"
		    "|Content-Disposition: attachment; filename*0*=utf-8''%C3%84; filename*1=.pdf|Ä.pdf" },
		{ "messages inside, their headers too",
		    "Content-Type: message/rfc822\n\nSubject: =?utf-8?q?in=C3=9Fide?=\n\ntext\n",
		    MESSAGE_BODY, "Subject: inßide|text\r\n" },
		{ "a charset that nobody knows", "Content-Type: text/plain; charset=\"../x\"\n\nna\xefve", MESSAGE_BODY, "naïve" },
		{ "UTF-7", "Content-Type: text/plain; charset=utf-7\n\n+AOQ-x", MESSAGE_BODY, "äx" },
		{ "nothing", "", MESSAGE_TEXT, "" },
	};
	struct runs runs = { .stop_after = 0 };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_reset(&runs.text);
		check(ops->text(rows[i].message, strlen(rows[i].message), NULL, rows[i].texts, add_run, &runs),
		    "read to the end");
		check_str(buf_str(&runs.text), rows[i].want, rows[i].title);
	}
	buf_reset(&runs.text);
	runs.stop_after = 1;
	check(!ops->text("A: 1\nB: 2\n\nx", 13, NULL, MESSAGE_TEXT, add_run, &runs), "stopped");
	check_str(buf_str(&runs.text), "A: 1", "where it was stopped");
	buf_fini(&runs.text);
}

/* A character cut in two by the size of the pieces that the decoder works in. */
static void
test_seams(void)
{
	size_t len = 200000;
	char *message = malloc(len + 100);
	struct runs runs = { .stop_after = 0 };
	size_t head = (size_t)sprintf(message, "Content-Type: text/plain; charset=utf-8\n\n"), at, i;
	bool same = true;

	for (at = head; at < head + len; at += 3)
		memcpy(message + at, "\xe2\x82\xac", 3);
	ops->text(message, at, NULL, MESSAGE_BODY, add_run, &runs);
	for (i = 0; i + 2 < runs.text.len; i += 3)
		same = same && memcmp(runs.text.data + i, "\xe2\x82\xac", 3) == 0;
	check(same && runs.text.len == at - head, "no character is lost at a seam");
	free(message);
	buf_fini(&runs.text);
}

static void
test_preview(void)
{
	static const struct {
		const char *message;
		const char *want;
	} rows[] = {
		{ "Subject: s\n\nHello,\n\n> old\n> older\nnew   words\n", "Hello, new words" },
		{ "Content-Type: text/html\n\n<p>Hi&nbsp;there</p><p>you\xe2\x80\x8b</p>", "Hi there you" },
		{ "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>rich</b>\n"
		  "--b\nContent-Type: text/plain\n\npoor\n--b--\n", "poor" },
		{ "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: attachment\n\nfile\n"
		  "--b\n\n  \n--b\nContent-Type: text/html\n\nword\n--b--\n", "word" },
		{ "Content-Type: image/png\n\nPNG", "" },
		{ "", "" },
	};
	struct buf out = BUF_INIT, lots = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_reset(&out);
		ops->preview(rows[i].message, strlen(rows[i].message), NULL, &out);
		check_str(buf_str(&out), rows[i].want, "preview");
	}
	buf_adds(&lots, "\n");
	for (int i = 0; i < 1000; i++)
		buf_adds(&lots, "\xc3\xa4");
	buf_reset(&out);
	ops->preview(lots.data, lots.len, NULL, &out);
	check(out.len == 400 && utf8_valid(out.data, out.len), "two hundred characters and no more");
	buf_fini(&out);
	buf_fini(&lots);
}

static void
test_charset(void)
{
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	check(ops->to_utf8("iso-8859-15", "\xa4", 1, &out, &err) == 0, "a charset of iconv");
	check_str(buf_str(&out), "\xe2\x82\xac", "converted");
	check(ops->to_utf8("nope", "a", 1, &out, &err) < 0 && err.kind == ERR_BADCHARSET, "an unknown one");
	check(ops->to_utf8("utf-8", "\xff", 1, &out, &err) < 0 && err.kind == ERR_SYNTAX, "bytes that are not of it");
	check(ops->to_utf8("us-ascii", "\xe4", 1, &out, &err) < 0 && err.kind == ERR_SYNTAX, "8 bits are not ASCII");
	check(ops->to_utf8("UTF-8", "", 0, &out, &err) == 0, "nothing");
	/* big endian by its mark, then little endian: no text tells the next one its order */
	buf_reset(&out);
	ops->header_text(ROW("=?utf-16?B?/v8AaQBu?="), &out);
	ops->header_text(ROW("=?utf-16?B?//5HAHIA/AA=?="), &out);
	check_str(buf_str(&out), "inGrü", "the order of octets is each text's own");
	buf_fini(&out);
}

/* Words of twenty charsets in turn: some are decoded, then no more are loaded, and the next text has its own. */
static void
test_many_charsets(void)
{
	static const char *const names[] = { "ibm037", "ibm038", "ibm273", "ibm274", "ibm275", "ibm277", "ibm278",
		"ibm280", "ibm281", "ibm284", "ibm285", "ibm290", "ibm297", "ibm420", "ibm423", "ibm424", "ibm500",
		"ibm870", "ibm871", "ibm875" };
	struct buf value = BUF_INIT, out = BUF_INIT;

	for (int i = 0; i < 3000; i++)
		buf_addf(&value, "=?%s?q?=C1?=, ", names[i % 20]);
	for (int round = 0; round < 2; round++) {
		const char *rest;
		unsigned left = 0;

		buf_reset(&out);
		ops->header_text(value.data, value.len, &out);
		check(strncmp(out.data, "A, A, A, ", 9) == 0, "the first of many charsets are decoded, round %d", round);
		rest = strstr(out.data, "=?ibm");
		check(rest != NULL && rest - out.data > 3 * 400, "and hundreds behind them");
		for (; rest != NULL; rest = strstr(rest + 1, "=?ibm"))
			left++;
		check(left > 1000, "then those that are not at hand stand as they are");
	}
	buf_reset(&out);
	ops->header_text("=?ibm875?q?=C1?=", 16, &out);
	check_str(out.data, "A", "a charset that was not loaded is known to the next text");
	buf_fini(&value);
	buf_fini(&out);
}

/* What comes out is UTF-8, also where the charset can say what is no character. */
static void
test_no_characters(void)
{
	static const char *const names[] = { "ucs-4", "ucs-4le", "wchar_t", "internal", "iso-10646/ucs4", "iso-ir-193",
		"osf05010001", "utf-16be", "utf-32", "cp949" };
	static const char body[] = "\x7f\xff\xff\xff\0\0\xd8\0\0\0\xdc\0\0\0\0A\0\x11\0\0A\0\0\0\xf4\xa5\x8f\x90";

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buf message = BUF_INIT, preview = BUF_INIT;
		struct runs runs = { .stop_after = 0 };

		buf_addf(&message, "Subject: =?%s?b?f////wAA2AA=?=\nContent-Type: text/plain; charset=\"%s\"\n\n",
		    names[i], names[i]);
		buf_add(&message, body, sizeof body - 1);
		ops->text(message.data, message.len, NULL, MESSAGE_TEXT, add_run, &runs);
		check(utf8_valid(buf_str(&runs.text), runs.text.len), "%s gives UTF-8", names[i]);
		ops->preview(message.data, message.len, NULL, &preview);
		check(utf8_valid(buf_str(&preview), preview.len), "and a preview of it");
		buf_fini(&message);
		buf_fini(&preview);
		buf_fini(&runs.text);
	}
}

int
main(void)
{
	test_load();
	if (ops == NULL)
		return 1;
	test_header_text();
	test_decode();
	test_text();
	test_seams();
	test_preview();
	test_charset();
	test_many_charsets();
	test_no_characters();
	return test_done();
}
