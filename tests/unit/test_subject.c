/* query/subject: base subjects of RFC 5256 2.1. */
#include <stdio.h>
#include <stdlib.h>

#include "query/subject.h"
#include "test.h"
#include "util/buf.h"

static void
test_table(void)
{
	static const struct {
		const char *subject, *base;
		bool reply;
	} rows[] = {
		{ "", "", false },
		{ " ", "", false },
		{ "hello", "hello", false },
		{ "Hello  World", "Hello World", false },
		{ " \t hello\r\n\tworld \t ", "hello world", false },
		{ "Re: hello", "hello", true },
		{ "re:hello", "hello", true },
		{ "RE : hello", "hello", true },
		{ "Re: Re: re: hello", "hello", true },
		{ "Re[2]: hello", "hello", true },
		{ "Re [2] : hello", "hello", true },
		{ "Re[2][3]: hello", "Re[2][3]: hello", false },
		{ "Fw: hello", "hello", true },
		{ "Fwd: hello", "hello", true },
		{ "FWD: Re: Fw: hello", "hello", true },
		{ "Fwdd: hello", "Fwdd: hello", false },
		{ "F: hello", "F: hello", false },
		{ "Regarding: hello", "Regarding: hello", false },
		{ "Re hello", "Re hello", false },
		{ "Re", "Re", false },
		{ "Re:", "", true },
		{ "Re: ", "", true },
		{ "Re: Re:", "", true },
		{ "[list] hello", "hello", false },
		{ "[list]hello", "hello", false },
		{ "[a] [b] hello", "hello", false },
		{ "[a][b]", "[b]", false },
		{ "[a]", "[a]", false },
		{ "[]", "[]", false },
		{ "[] hello", "hello", false },
		{ "[a] Re: hello", "hello", true },
		{ "Re: [a] hello", "hello", true },
		{ "Re: [a] Re: [b] hello", "hello", true },
		{ "[a] [b] Re: [c] [d] hello", "hello", true },
		{ "Re: [a]", "[a]", true },
		{ "[a] Re:", "", true },
		{ "[a [b] hello", "[a [b] hello", false },
		{ "[a] b] hello", "b] hello", false },
		{ "[unclosed hello", "[unclosed hello", false },
		{ "hello (fwd)", "hello", true },
		{ "hello(FWD)", "hello", true },
		{ "hello (fwd) (Fwd)  ", "hello", true },
		{ "(fwd)", "", true },
		{ "(fwd) hello", "(fwd) hello", false },
		{ "hello (fwd", "hello (fwd", false },
		{ "[fwd: hello]", "hello", true },
		{ "[Fwd: Re: hello (fwd)]", "hello", true },
		{ "[fwd:hello", "[fwd:hello", false },
		{ "[fwd: [fwd: hello]]", "hello", true },
		{ "[fwd: [a] hello]", "hello", true },
		{ "[fwd: a] b", "b", false },
		{ "[fwd: a] [b]", "[b]", false },
		{ "[fwd: a] b]", "b]", false },
		{ "[fwd:]", "", true },
		{ "[fwd]", "[fwd]", false },
		{ "Re: [fwd: hello] (fwd)", "hello", true },
		{ "[list] [fwd: hello]", "hello", true },
		{ "hello Re: world", "hello Re: world", false },
		{ "AW: hallo", "AW: hallo", false },
		{ "Re: \xd0\x9f\xd1\x80\xd0\xb8", "\xd0\x9f\xd1\x80\xd0\xb8", true },
		{ "[\xd0\x9f] \xd1\x80", "\xd1\x80", false },
		{ "\xef\xbc\xb2\xef\xbd\x85: hello", "\xef\xbc\xb2\xef\xbd\x85: hello", false },
		{ "Re: hello: Re:", "hello: Re:", true },
	};
	struct buf room = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].subject);
		char *exact = malloc(len ? len : 1), *got;
		struct str base;
		bool reply;

		memcpy(exact, rows[i].subject, len);
		base = subject_base(exact, len, &room, &reply);
		got = strndup(base.data, base.len);
		if (!check_str(got, rows[i].base, "base subject")
		    || !check(reply == rows[i].reply, "reply or not"))
			printf("# of row %zu\n", i);
		free(got);
		free(exact);
	}
	buf_fini(&room);
}

/* What would be seconds if some step looked twice at what it cannot use. */
static void
test_long(void)
{
	static const struct {
		const char *head, *again, *tail, *base;
	} rows[] = {
		{ "", "[a]", "x", "x" },
		{ "", "[a]", "", "[a]" },
		{ "", "Re: ", "x", "x" },
		{ "", "[a] Re: ", "x", "x" },
		{ "x", " (fwd)", "", "x" },
		{ "", "[fwd:", "x", NULL },
		{ "", "[", "x", NULL },
		{ "", "re[", "x", NULL },
		{ "[", "re ", "x", NULL },
		{ "", "]", "x", NULL },
	};
	struct buf text = BUF_INIT, room = BUF_INIT;
	struct str base;
	bool reply;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_reset(&text);
		buf_adds(&text, rows[i].head);
		for (int k = 0; k < 200000; k++)
			buf_adds(&text, rows[i].again);
		buf_adds(&text, rows[i].tail);
		base = subject_base(text.data, text.len, &room, &reply);
		if (rows[i].base != NULL)
			check(base.len == strlen(rows[i].base)
			    && memcmp(base.data, rows[i].base, base.len) == 0,
			    "200,000 times %s", rows[i].again);
		else
			check(base.len > 0, "200,000 times %s", rows[i].again);
	}
	buf_reset(&text);
	for (int k = 0; k < 200000; k++)
		buf_adds(&text, "[fwd:");
	buf_addc(&text, 'x');
	for (int k = 0; k < 200000; k++)
		buf_addc(&text, ']');
	base = subject_base(text.data, text.len, &room, &reply);
	check(base.len == 1 && base.data[0] == 'x', "forwarded 200,000 times");
	buf_fini(&text);
	buf_fini(&room);
}

int
main(void)
{
	test_table();
	test_long();
	return test_done();
}
