/* login/proxy and login/certificate: what a proxy says of a client, and what it may not say. */
#include <stdlib.h>

#include "login/certificate.h"
#include "login/proxy.h"
#include "test.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(text) (text), sizeof(text) - 1

struct row {
	const char *name;
	const char *bytes;
	size_t len;
	int result;		/* the length of the header, PROXY_MORE or PROXY_BAD */
	const char *client;	/* "local" when it is not told */
	bool tls, certificate;
	const char *cn;
};

static const struct row rows[] = {
	{ "v1, IPv4", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 56324 143\r\na NOOP\r\n"), 42,
	    "192.0.2.1", false, false, "" },
	{ "v1, IPv6", BYTES("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"), 36, "2001:db8::1",
	    false, false, "" },
	{ "v1, unknown", BYTES("PROXY UNKNOWN\r\n"), 15, "local", false, false, "" },
	{ "v1, unknown with more", BYTES("PROXY UNKNOWN ffff::1 x\r\n"), 25, "local", false, false, "" },
	{ "v1, not all of it", BYTES("PROXY TCP4 192.0.2.1"), PROXY_MORE, NULL, false, false, "" },
	{ "v1, one byte", BYTES("P"), PROXY_MORE, NULL, false, false, "" },
	{ "v1, nothing", BYTES(""), PROXY_MORE, NULL, false, false, "" },
	{ "a command", BYTES("a NOOP\r\n"), PROXY_BAD, NULL, false, false, "" },
	{ "v1, port 65536", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 1\r\n"), PROXY_BAD, NULL, false,
	    false, "" },
	{ "v1, a name", BYTES("PROXY TCP4 localhost 192.0.2.2 1 1\r\n"), PROXY_BAD, NULL, false, false, "" },
	{ "v1, family and address differ", BYTES("PROXY TCP4 ::1 ::1 1 1\r\n"), PROXY_BAD, NULL, false,
	    false, "" },
	{ "v1, two spaces", BYTES("PROXY TCP4  192.0.2.1 192.0.2.2 1 1\r\n"), PROXY_BAD, NULL, false,
	    false, "" },
	{ "v1, one word more", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 1 1\r\n"), PROXY_BAD, NULL, false,
	    false, "" },
	{ "v1, LF alone", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 1\n"), PROXY_BAD, NULL, false, false, "" },
	{ "v1, CR inside", BYTES("PROXY TCP4 192.0.2.1\r192.0.2.2 1 1\r\n"), PROXY_BAD, NULL, false, false,
	    "" },
	{ "v1, NUL in the address", BYTES("PROXY TCP4 192.0.2.1\0x 192.0.2.2 1 1\r\n"), PROXY_BAD, NULL,
	    false, false, "" },
	{ "v1, 107 octets without an end", BYTES("PROXY UNKNOWN 0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"), PROXY_BAD, NULL,
	    false, false, "" },
	{ "v2, local", BYTES(SIGNATURE "\x20\x00\x00\x00" "a NOOP"), 16, "local", false, false, "" },
	{ "v2, local with more", BYTES(SIGNATURE "\x20\x11\x00\x03" "abc"), 19, "local", false, false, "" },
	{ "v2, unspecified", BYTES(SIGNATURE "\x21\x00\x00\x00"), 16, "local", false, false, "" },
	{ "v2, IPv4", BYTES(SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x34\x00\x8f"),
	    28, "192.0.2.1", false, false, "" },
	{ "v2, IPv4, not all", BYTES(SIGNATURE "\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02"), PROXY_MORE,
	    NULL, false, false, "" },
	{ "v2, half a signature", BYTES("\r\n\r\n\0\r\nQU"), PROXY_MORE, NULL, false, false, "" },
	{ "v2, wrong signature", BYTES("\r\n\r\n\0\r\nQUIX"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, version 3", BYTES(SIGNATURE "\x31\x11\x00\x00"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, command 2", BYTES(SIGNATURE "\x22\x11\x00\x00"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, family 4", BYTES(SIGNATURE "\x21\x41\x00\x00"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, too short for its family", BYTES(SIGNATURE "\x21\x11\x00\x04" "abcd"), PROXY_BAD, NULL,
	    false, false, "" },
	{ "v2, 65535 octets", BYTES(SIGNATURE "\x21\x11\xff\xff"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, a record beyond the end", BYTES(SIGNATURE "\x21\x11\x00\x0f\xc0\x00\x02\x01\xc0\x00\x02\x02"
	    "\x12\x34\x00\x8f\x04\x00\x01"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, two octets of a record", BYTES(SIGNATURE "\x21\x11\x00\x0e\xc0\x00\x02\x01\xc0\x00\x02\x02"
	    "\x12\x34\x00\x8f\x04\x00"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, TLS without a certificate", BYTES(SIGNATURE "\x21\x11\x00\x14\xc0\x00\x02\x01\xc0\x00\x02"
	    "\x02\x12\x34\x00\x8f\x20\x00\x05\x01\x00\x00\x00\x01"), 36, "192.0.2.1", true, false, "" },
	{ "v2, TLS and a verified certificate", BYTES(SIGNATURE "\x21\x11\x00\x1c\xc0\x00\x02\x01\xc0\x00"
	    "\x02\x02\x12\x34\x00\x8f\x20\x00\x0d\x03\x00\x00\x00\x00\x22\x00\x05" "alice"), 44,
	    "192.0.2.1", true, true, "alice" },
	{ "v2, TLS and a certificate that was not verified", BYTES(SIGNATURE "\x21\x11\x00\x1c\xc0\x00\x02"
	    "\x01\xc0\x00\x02\x02\x12\x34\x00\x8f\x20\x00\x0d\x03\x00\x00\x00\x01\x22\x00\x05" "alice"),
	    44, "192.0.2.1", true, false, "alice" },
	{ "v2, no TLS in the record of TLS", BYTES(SIGNATURE "\x21\x11\x00\x14\xc0\x00\x02\x01\xc0\x00\x02"
	    "\x02\x12\x34\x00\x8f\x20\x00\x05\x00\x00\x00\x00\x00"), 36, "192.0.2.1", false, false, "" },
	{ "v2, a record of TLS that is too short", BYTES(SIGNATURE "\x21\x11\x00\x13\xc0\x00\x02\x01\xc0"
	    "\x00\x02\x02\x12\x34\x00\x8f\x20\x00\x04\x01\x00\x00\x00"), PROXY_BAD, NULL, false, false, "" },
	{ "v2, IPv6, mapped", BYTES(SIGNATURE "\x21\x21\x00\x24\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x09"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50\x00\x8f"), 52, "192.0.2.9", false, false, "" },
};

static void
test_headers(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		/* A copy of exactly that size: reading beyond it is seen by the sanitizer. */
		unsigned char *copy = malloc(row->len > 0 ? row->len : 1);
		struct proxy proxy;
		char text[NETWORK_TEXT];
		int got, early = 0;

		memcpy(copy, row->bytes, row->len);
		got = proxy_parse(copy, row->len, &proxy);
		check(got == row->result, "%s: %d", row->name, got);
		if (got > 0) {
			check_str(network_format(&proxy.client, text), row->client, row->name);
			check(proxy.tls == row->tls && proxy.certificate == row->certificate
			    && strcmp(proxy.name, row->cn) == 0, "%s: TLS", row->name);
			for (int len = 0; len < got; len++)
				early += proxy_parse(copy, (size_t)len, &proxy) != PROXY_MORE;
			check(early == 0, "%s: no verdict before it is whole", row->name);
		}
		free(copy);
	}
}

static void
test_subjects(void)
{
	static const struct { const char *subject, *name; } names[] = {
		{ "C = PL, O = Example, CN = alice", "alice" },
		{ "CN=alice,O=Example,C=PL", "alice" },
		{ "CN = alice@example.org", "alice@example.org" },
		{ "cn=al-i_c+e", NULL },		/* + joins two values */
		{ "O = CN", NULL }, { "", NULL }, { "CN = ", NULL }, { "CN", NULL },
		{ "O = \"x, CN = bob\", CN = alice", NULL },
		{ "O = x\\, CN = bob", NULL },
		{ "CN = alice, CN = bob", NULL },
		{ "CN = al ice", NULL }, { "CN = ../alice", NULL }, { "CN = alice:0", NULL },
		{ "/O=x/CN=bob", NULL },
		{ "CNX = alice", NULL },
		{ "OU = CN = bob, CN = alice", "alice" },
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char name[64] = "";
		bool ok = certificate_name(names[i].subject, name, sizeof name);

		check_str(ok ? name : NULL, names[i].name, names[i].subject);
	}
}

int
main(void)
{
	test_headers();
	test_subjects();
	return test_done();
}
