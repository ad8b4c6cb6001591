/* util/network: addresses and ranges, read and compared. */
#include "test.h"
#include "util/network.h"

static void
test_addresses(void)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:DB8::1", "2001:db8::1" },
		{ "fe80::1%eth0", "fe80::1" },
		{ "::1", "::1" },
		{ "", NULL }, { "192.0.2", NULL }, { "192.0.2.256", NULL }, { "192.0.2.1 ", NULL },
		{ "example.org", NULL }, { "%eth0", NULL }, { "0x7f.1", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999", NULL },
		{ "00000000000000000000000000000000000000000000000000000000000000000000001", NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct network_address address;
		char text[NETWORK_TEXT];
		bool ok = network_parse(rows[i].text, strlen(rows[i].text), &address);

		check_str(ok ? network_format(&address, text) : NULL, rows[i].want, rows[i].text);
	}
}

static void
test_ranges(void)
{
	static const struct { const char *range, *address; int in; } rows[] = {
		{ "192.0.2.0/24", "192.0.2.255", 1 },
		{ "192.0.2.0/24", "192.0.3.0", 0 },
		{ "192.0.2.128/25", "192.0.2.127", 0 },
		{ "192.0.2.128/25", "192.0.2.200", 1 },
		{ "0.0.0.0/0", "203.0.113.9", 1 },
		{ "0.0.0.0/0", "2001:db8::1", 0 },
		{ "192.0.2.7", "192.0.2.7", 1 },
		{ "192.0.2.7", "::ffff:192.0.2.7", 1 },
		{ "2001:db8::/33", "2001:db8:7fff::1", 1 },
		{ "2001:db8::/33", "2001:db8:8000::1", 0 },
		{ "::/0", "::1", 1 },
		{ "local", "", 1 },
		{ "local", "127.0.0.1", 0 },
		{ "127.0.0.1", "", 0 },
		{ "192.0.2.0/33", NULL, -1 }, { "192.0.2.0/", NULL, -1 }, { "192.0.2.0/x", NULL, -1 },
		{ "2001:db8::/129", NULL, -1 }, { "/8", NULL, -1 }, { "all", NULL, -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct network_range range;
		struct network_address address = { 0 };
		bool ok = network_range_parse(rows[i].range, strlen(rows[i].range), &range);

		if (!ok || rows[i].in < 0) {
			check(!ok && rows[i].in < 0, "range \"%s\"", rows[i].range);
			continue;
		}
		if (*rows[i].address != '\0')
			network_parse(rows[i].address, strlen(rows[i].address), &address);
		check(network_in(&range, &address) == (rows[i].in == 1), "\"%s\" in %s: %d",
		    rows[i].address, rows[i].range, rows[i].in);
	}
}

int
main(void)
{
	test_addresses();
	test_ranges();
	return test_done();
}
