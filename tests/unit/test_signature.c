/* query/signature: nothing that is in a text is ever ruled out, and most of what is not, is. */
#include <stdio.h>
#include <stdlib.h>

#include "query/collate.h"
#include "query/signature.h"
#include "test.h"
#include "util/buf.h"
#include "util/utf8.h"

static uint32_t seed = 1;

static uint32_t
next(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

/* First and last characters of scripts to make words of. */
static const struct {
	uint32_t first, last;
	const char *name;
} scripts[] = {
	{ 'a', 'z', "Latin" }, { 0xc0, 0x17f, "Latin with accents" }, { 0x391, 0x3c9, "Greek" },
	{ 0x410, 0x44f, "Cyrillic" }, { 0x5d0, 0x5ea, "Hebrew" }, { 0x621, 0x64a, "Arabic" },
	{ 0x905, 0x939, "Devanagari" }, { 0xe01, 0xe2e, "Thai" }, { 0x3041, 0x3096, "Hiragana" },
	{ 0x4e00, 0x9fa5, "Han" }, { 0xac00, 0xd7a3, "Hangul" }, { 0x1f600, 0x1f64f, "emoji" },
};

static void
add_words(struct buf *text, size_t script, size_t words)
{
	uint32_t span = scripts[script].last - scripts[script].first + 1;
	char character[4];

	for (size_t i = 0; i < words; i++) {
		size_t len = 1 + next(9);

		for (size_t k = 0; k < len; k++)
			buf_add(text, character,
			    utf8_put(character, scripts[script].first + next(span)));
		buf_addc(text, next(8) == 0 ? '\n' : ' ');
	}
}

/* The place of a character at or behind an offset. */
static size_t
whole(const struct buf *text, size_t at)
{
	while (at < text->len && ((unsigned char)text->data[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static bool
is_in(const struct buf *text, const char *part, size_t len)
{
	return memmem(text->data, text->len, part, len) != NULL;
}

static void
test_scripts(void)
{
	struct signature signature;
	struct buf text = BUF_INIT, key = BUF_INIT, bits = BUF_INIT, part = BUF_INIT;
	struct buf other = BUF_INIT;

	signature_init(&signature);
	for (size_t script = 0; script < sizeof scripts / sizeof scripts[0]; script++) {
		bool sound = true;
		size_t absent = 0, ruled_out = 0;

		for (int round = 0; round < 60; round++) {
			struct signature_probe probe;

			buf_reset(&text);
			buf_reset(&key);
			buf_reset(&bits);
			signature_reset(&signature);
			add_words(&text, script, 1 + next(300));
			add_words(&text, next(sizeof scripts / sizeof scripts[0]), next(100));
			collate_key(text.data, text.len, &key);
			for (size_t at = 0; at < key.len;) {
				size_t end = whole(&key, at + 1 + next(50));

				if (end > key.len)
					end = key.len;
				signature_feed(&signature, key.data + at, end - at);
				at = end;
			}
			signature_finish(&signature,
			    round % 3 ? SIGNATURE_MAX : text.len / 16, &bits);
			for (int k = 0; k < 200; k++) {
				size_t from = whole(&text, next((uint32_t)text.len));
				size_t to = whole(&text, from + 1 + next(30));

				buf_reset(&part);
				if (to > text.len)
					to = text.len;
				collate_key(text.data + from, to - from, &part);
				signature_probe_init(&probe, buf_str(&part), part.len);
				sound = sound && !signature_rules_out(bits.data, bits.len, &probe);
			}
			for (int k = 0; k < 20; k++) {
				buf_reset(&other);
				buf_reset(&part);
				add_words(&other, script, 2);
				collate_key(other.data, other.len, &part);
				if (is_in(&key, part.data, part.len))
					continue;
				signature_probe_init(&probe, part.data, part.len);
				absent++;
				ruled_out += signature_rules_out(bits.data, bits.len, &probe);
			}
		}
		check(sound, "%s: no part of a text is ruled out", scripts[script].name);
		check(ruled_out > absent / 2, "%s: %zu of %zu words that are not there are",
		    scripts[script].name, ruled_out, absent);
	}
	signature_fini(&signature);
	buf_fini(&text);
	buf_fini(&key);
	buf_fini(&bits);
	buf_fini(&part);
	buf_fini(&other);
}

static size_t
sign(const char *key, size_t most, struct buf *bits)
{
	struct signature signature;

	signature_init(&signature);
	buf_reset(bits);
	signature_feed(&signature, key, strlen(key));
	signature_finish(&signature, most, bits);
	signature_fini(&signature);
	return bits->len;
}

static bool
out(const struct buf *bits, const char *key)
{
	struct signature_probe probe;

	signature_probe_init(&probe, key, strlen(key));
	return signature_rules_out(bits->data, bits->len, &probe);
}

static void
test_edges(void)
{
	struct buf bits = BUF_INIT, large = BUF_INIT;

	check(sign("", SIGNATURE_MAX, &bits) == 8, "an empty text has a signature");
	check(out(&bits, "ABC") && out(&bits, "ANYTHING"), "which rules out all words");
	check(!out(&bits, "") && !out(&bits, "A") && !out(&bits, "AB"), "but nothing short");
	check(out(&bits, "\xe4\xbc\x9a\xe8\xad\xb0"), "two ideographs are enough");
	check(sign("AB\xff" "CD", SIGNATURE_MAX, &bits) == 8 && out(&bits, "ABC")
	    && out(&bits, "BCD"), "runs that are parted have nothing in common");
	sign("THE QUICK BROWN FOX", SIGNATURE_MAX, &bits);
	check(!out(&bits, "QUICK") && !out(&bits, "ICK BRO") && !out(&bits, "FOX"), "parts");
	check(out(&bits, "QUICKLY") && out(&bits, "SLOW") && out(&bits, "FOXES"), "and others");
	bits.len = 0;
	check(!out(&bits, "QUICK"), "without a signature nothing is ruled out");
	for (int i = 0; i < 400000; i++)
		buf_addc(&large, (char)(' ' + next(90)));
	check(sign(large.data, SIGNATURE_MAX, &bits) <= SIGNATURE_MAX, "a large one is bounded");
	check(!out(&bits, large.data + 1000) && !out(&bits, large.data + 399000), "and has it all");
	buf_fini(&bits);
	buf_fini(&large);
}

int
main(void)
{
	test_edges();
	test_scripts();
	return test_done();
}
