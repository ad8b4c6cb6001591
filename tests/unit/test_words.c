/* query/words and query/envelope: header text from what a cache keeps. */
#include <stdio.h>
#include <stdlib.h>

#include "query/envelope.h"
#include "query/words.h"
#include "test.h"
#include "util/buf.h"

static void
test_words(void)
{
	static const struct {
		const char *value, *text;	/* NULL: left to the module */
	} rows[] = {
		{ "", "" },
		{ "plain text, 42!", "plain text, 42!" },
		{ "tab\there", "tab\there" },
		{ "folded\r\n here and\n\tthere", "folded here and\tthere" },
		{ "bare\rCR", "bare CR" },
		{ "a = b =? c", NULL },
		{ "a=b==", "a=b==" },
		{ "ends in =", "ends in =" },
		{ "ends in =?", NULL },
		{ "raw caf\xc3\xa9", "raw caf\xc3\xa9" },
		{ "raw caf\xe9 latin", NULL },
		{ "\x1b$B<+M3\x1b(B", NULL },
		{ "=?utf-8?q?caf=C3=A9_au_lait?=", "caf\xc3\xa9 au lait" },
		{ "=?UTF-8?B?Y2Fmw6k=?=", "caf\xc3\xa9" },
		{ "=?UTF-8?B?Y2Fmw6k?=", "caf\xc3\xa9" },
		{ "=?iso-8859-1?Q?caf=E9?=", "caf\xc3\xa9" },
		{ "=?iso-8859-1*fr?Q?caf=E9?=", "caf\xc3\xa9" },
		{ "=?iso-8859-1?Q?=80uro?=", NULL },
		{ "=?us-ascii?Q?plain?= text", "plain text" },
		{ "=?us-ascii?Q?=E9?=", NULL },
		{ "Re: =?utf-8?q?one?= =?utf-8?q?two?=", "Re: onetwo" },
		{ "=?utf-8?q?one?=\r\n =?utf-8?b?dHdv?= three", "onetwo three" },
		{ "=?utf-8?q?one?= and =?utf-8?q?two?=", "one and two" },
		{ "=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "caf\xc3\xa9" },
		{ "=?utf-8?q?caf=C3?= and", NULL },
		{ "=?utf-8?q?caf=C3?= =?iso-8859-1?q?=E9?=", NULL },
		{ "=?utf-8?q?a=C3=A9?= =?iso-8859-1?q?=E9b?=", "a\xc3\xa9\xc3\xa9" "b" },
		{ "x=?utf-8?q?y?=z", "xyz" },
		{ "=?utf-8?q?" "?=", "" },
		{ "=?utf-8?q?a=00b=0D=0Ac?=", "a b  c" },
		{ "=?koi8-r?b?z9TQ1dPL?=", NULL },
		{ "=?utf-8?q?x?= =?koi8-r?b?z9TQ1dPL?=", NULL },
		{ "=?utf-8?x?abc?=", NULL },
		{ "=?utf-8?q?two words?=", NULL },
		{ "=?utf-8?q?=4?=", NULL },
		{ "=?utf-8?b?A?=", NULL },
		{ "=?utf-8?b?Y2Fm_w6k?=", NULL },
		{ "=?utf-8?q?unterminated", NULL },
		{ "=?utf-8?q?unterminated?", NULL },
		{ "=?utf-8", NULL },
		{ "=?=", NULL },
		{ "=???" "?" "?=", NULL },
		{ "1234567=?utf-8?q?=F0=9F=98=80?= 1234567", "1234567\xf0\x9f\x98\x80 1234567" },
	};
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].value);
		char *exact = malloc(len ? len : 1);
		bool done;

		memcpy(exact, rows[i].value, len);
		buf_reset(&out);
		buf_adds(&out, "<");
		done = words_decode(exact, len, &out);
		if (rows[i].text == NULL)
			check(!done && strcmp(out.data, "<") == 0, "value %zu is left alone", i);
		else if (!check_str(done ? out.data + 1 : NULL, rows[i].text, "value decoded"))
			printf("# value %zu\n", i);
		free(exact);
	}
	buf_fini(&out);
}

#define ADDRESS "(\"A\" NIL \"a\" \"x\")"
static const char usual[] =
	"(\"Mon, 7 Feb 1994 21:52:25 -0800\" {5}\r\nsu)bj ("
	"(\"Terry \\\"T\\\" Gray\" NIL \"gr\\\\ay\" \"cac\")"
	" (NIL NIL \"bob\" {4}\r\nhost)) NIL (" ADDRESS ")"
	" ((NIL NIL \"group\" NIL)" ADDRESS "(NIL NIL NIL NIL)) NIL NIL \"<r\\\"eply>\" \"<id>\")";

static struct str
copy(const char *text, size_t len)
{
	char *bytes = malloc(len ? len : 1);

	memcpy(bytes, text, len);
	return (struct str){ bytes, len };
}

static void
print(struct buf *out, struct str part)
{
	if (part.data == NULL)
		buf_adds(out, "NIL");
	else
		buf_add(out, part.data, part.len);
}

static void
print_all(struct str envelope, struct buf *out)
{
	struct buf room = BUF_INIT;
	struct envelope_address address;

	for (enum envelope_field field = ENVELOPE_DATE; field <= ENVELOPE_MESSAGE_ID; field++) {
		struct envelope_walk walk;

		if (field < ENVELOPE_FROM || field > ENVELOPE_BCC) {
			print(out, envelope_string(envelope, field, &room));
		} else {
			walk = envelope_addresses(envelope, field);
			while (envelope_next(&walk, &address, &room)) {
				buf_addc(out, '<');
				print(out, address.name);
				buf_addc(out, ',');
				print(out, address.mailbox);
				buf_addc(out, ',');
				print(out, address.host);
				buf_addc(out, '>');
			}
		}
		buf_addc(out, ';');
	}
	buf_fini(&room);
}

static void
test_envelope(void)
{
	struct buf out = BUF_INIT;
	struct str envelope = copy(usual, strlen(usual));
	bool quiet = true;

	print_all(envelope, &out);
	check_str(out.data, "Mon, 7 Feb 1994 21:52:25 -0800;su)bj;<Terry \"T\" Gray,gr\\ay,cac>"
	    "<NIL,bob,host>;;<A,a,x>;<NIL,group,NIL><A,a,x><NIL,NIL,NIL>;;;<r\"eply>;<id>;",
	    "all fields");
	free((char *)envelope.data);
	/* cut anywhere, or with an octet changed: no read behind the end, no endless loop */
	for (size_t len = 0; len < strlen(usual); len++) {
		envelope = copy(usual, len);
		buf_reset(&out);
		print_all(envelope, &out);
		quiet = quiet && out.len < 1000;
		free((char *)envelope.data);
		for (const char *c = "()\"\\{} 9N"; *c != '\0'; c++) {
			envelope = copy(usual, strlen(usual));
			((char *)envelope.data)[len] = *c;
			buf_reset(&out);
			print_all(envelope, &out);
			quiet = quiet && out.len < 1000;
			free((char *)envelope.data);
		}
	}
	check(quiet, "damaged envelopes read as less");
	buf_fini(&out);
}

int
main(void)
{
	test_words();
	test_envelope();
	return test_done();
}
