/* query/collate: keys of RFC 5051 and looking for them. */
#include <stdint.h>
#include <stdlib.h>

#include "query/collate.h"
#include "test.h"
#include "util/buf.h"
#include "util/utf8.h"

static void
test_keys(void)
{
	static const struct {
		const char *text, *key, *what;
	} rows[] = {
		{ "", "", "nothing" },
		{ "Hello, World 42!", "HELLO, WORLD 42!", "ASCII" },
		{ "@[`{az\x7f", "@[`{AZ\x7f", "the neighbours of the letters stay" },
		{ "abcdefgh", "ABCDEFGH", "a whole word of eight" },
		{ "caf\xc3\xa9", "CAFE\xcc\x81", "decomposed" },
		{ "CAF\xc3\x89", "CAFE\xcc\x81", "the same in capitals" },
		{ "cafe\xcc\x81", "CAFE\xcc\x81", "the same written with a combining mark" },
		{ "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
		  "\xd0\x9f\xd0\xa0\xd0\x98\xd0\x92\xd0\x95\xd0\xa2", "Cyrillic" },
		{ "\xd0\xb9", "\xd0\x98\xcc\x86", "Cyrillic short i" },
		{ "\xcf\x82\xcf\x83", "\xce\xa3\xce\xa3", "both Greek sigmas" },
		{ "\xc7\x84", "Dz\xcc\x8c", "U+01C4, the example of RFC 5051" },
		{ "\xc7\x86", "Dz\xcc\x8c", "U+01C6 titles to U+01C5 too" },
		{ "\xc3\x9f", "\xc3\x9f", "sharp s has no simple title case" },
		{ "\xef\xac\x81", "fi", "a ligature decomposes and is not mapped again" },
		{ "\xef\xbd\x81\xef\xbc\xa1", "AA", "full width" },
		{ "\xc4\xb1", "I", "dotless i" },
		{ "\xc4\xb0", "I\xcc\x87", "dotted capital I" },
		{ "\xe2\x84\xaa", "K", "the Kelvin sign" },
		{ "\xc5\xbf", "S", "long s" },
		{ "\xc2\xb5", "\xce\x9c", "micro sign titles to capital mu" },
		{ "\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "Hangul with tail" },
		{ "\xea\xb0\x80", "\xe1\x84\x80\xe1\x85\xa1", "the first Hangul syllable" },
		{ "\xed\x9e\xa3", "\xe1\x84\x92\xe1\x85\xb5\xe1\x87\x82", "the last Hangul" },
		{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac", "ideographs stay" },
		{ "\xe3\x82\xac", "\xe3\x82\xab\xe3\x82\x99", "katakana ga" },
		{ "\xef\xa4\x80", "\xe8\xb1\x88", "a compatibility ideograph" },
		{ "\xf0\x90\x90\xa8", "\xf0\x90\x90\x80", "Deseret, outside the first plane" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "emoji stay" },
		{ "\xf0\xaf\xa8\x9d", "\xf0\xaa\x98\x80", "the last mapping of the table" },
		{ "a\xff" "b\xc3", "A\xff" "B\xc3", "what is no UTF-8 stays" },
		{ "\xc0\xaf\xed\xa0\x80", "\xc0\xaf\xed\xa0\x80", "overlong and surrogate stay" },
	};
	struct buf key = BUF_INIT;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_reset(&key);
		collate_key(rows[i].text, strlen(rows[i].text), &key);
		check_str(buf_str(&key), rows[i].key, rows[i].what);
	}
	buf_fini(&key);
}

/* The key does not depend on how text is cut, on what surrounds it, or on being made twice. */
static void
test_pieces(void)
{
	struct buf text = BUF_INIT, whole = BUF_INIT, pieces = BUF_INIT, one = BUF_INIT;
	uint32_t seed = 7;
	size_t starts[4000], count = 0;

	for (; count < 4000; count++) {
		char character[4];
		uint32_t c;

		seed = seed * 1664525 + 1013904223;
		c = (seed >> 8) % 3 == 0 ? (seed >> 10) % 0x30000 : (seed >> 10) % 0x500;
		if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
			c = 0xfdfa;
		starts[count] = text.len;
		buf_add(&text, character, utf8_put(character, c));
	}
	collate_key(text.data, text.len, &whole);
	for (size_t i = 0; i < count; i += 7) {
		size_t end = i + 7 < count ? starts[i + 7] : text.len;

		collate_key(text.data + starts[i], end - starts[i], &pieces);
	}
	check(whole.len == pieces.len && memcmp(whole.data, pieces.data, whole.len) == 0,
	    "the key of pieces is the pieces of the key");
	check(utf8_valid(whole.data, whole.len), "the key of UTF-8 is UTF-8");
	for (size_t i = 0; i < 1000; i++)
		buf_adds(&one, "\xef\xb7\xba");
	buf_reset(&whole);
	collate_key(one.data, one.len, &whole);
	check(whole.len == 33000, "a text that grows elevenfold fits");
	buf_fini(&text);
	buf_fini(&whole);
	buf_fini(&pieces);
	buf_fini(&one);
}

static void
test_compare(void)
{
	check(collate_compare("", 0, "", 0) == 0, "empty is empty");
	check(collate_compare("", 0, "A", 1) < 0, "empty comes first");
	check(collate_compare("AB", 2, "A", 1) > 0, "the longer comes last");
	check(collate_compare("AB", 2, "AC", 2) < 0, "by octet");
	check(collate_compare("Z", 1, "\xc3\x9f", 2) < 0, "octets have no sign");
}

static bool
in(const char *key, size_t len, const char *text, size_t text_len)
{
	struct needle needle;

	needle_init(&needle, key, len);
	return needle_in(&needle, text, text_len);
}

static void
test_needle(void)
{
	static const char text[] = "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG";
	size_t len = strlen(text);
	bool hits = true, misses = true, agree = true;
	uint32_t seed = 1;
	char *long_text, *long_needle;

	check(in("", 0, "", 0), "nothing is in nothing");
	check(in("", 0, text, len), "nothing is in everything");
	check(!in("A", 1, "", 0), "something is not in nothing");
	for (size_t from = 0; from < len; from++)
		for (size_t to = from + 1; to <= len; to++)
			hits = hits && in(text + from, to - from, text, len);
	check(hits, "every part of a text is found in it");
	for (size_t from = 0; from + 1 < len; from++)
		misses = misses && !in(text + from, len - from, text, len - 1)
		    && !in(text, len - from, text + 1, len - 1 - from);
	check(misses, "what lacks an octet at an end is not");
	for (int round = 0; round < 20000; round++) {
		char hay[24], key[4];
		size_t hay_len, key_len;

		seed = seed * 1664525 + 1013904223;
		hay_len = (seed >> 8) % sizeof hay;
		key_len = 1 + (seed >> 16) % sizeof key;
		for (size_t i = 0; i < hay_len; i++)
			hay[i] = "AB E"[(seed = seed * 1664525 + 1013904223) >> 30];
		for (size_t i = 0; i < key_len; i++)
			key[i] = "AB E"[(seed = seed * 1664525 + 1013904223) >> 30];
		agree = agree && in(key, key_len, hay, hay_len)
		    == (memmem(hay, hay_len, key, key_len) != NULL);
	}
	check(agree, "random texts of few letters: as memmem says");

	/* quadratic work here would be 10^10 steps and be noticed */
	long_text = malloc(1000000);
	long_needle = malloc(100001);
	memset(long_text, 'A', 1000000);
	memset(long_needle, 'A', 100000);
	long_needle[50000] = 'B';
	check(!in(long_needle, 100000, long_text, 1000000), "a needle that nearly fits everywhere");
	long_needle[50000] = 'A';
	long_needle[0] = 'B';
	check(!in(long_needle, 100000, long_text, 1000000), "and one that differs at its start");
	long_text[700000] = 'B';
	check(in(long_needle, 100000, long_text, 1000000), "and is found where it is");
	free(long_text);
	free(long_needle);
}

int
main(void)
{
	test_keys();
	test_pieces();
	test_compare();
	test_needle();
	return test_done();
}
