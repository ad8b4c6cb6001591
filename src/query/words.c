/*
 * RFC 2047 for the usual cases. In doubt it gives up, so that there is one
 * opinion on odd words and not two: the module's.
 */
#include "query/words.h"

#include <stdint.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

#define ONES 0x0101010101010101u
#define HIGH (0x80 * ONES)

enum word_charset { WORD_UTF8, WORD_ASCII, WORD_LATIN1, WORD_OTHER };

struct word {
	enum word_charset charset;
	char encoding;		/* 'B' or 'Q' */
	const char *text;
	size_t len;
};

/* Does some octet of the eight need a look: a control, "=" or what is not ASCII? */
static inline bool
odd8(uint64_t w)
{
	uint64_t equals = w ^ '=' * ONES;

	return ((w | (w - 0x20 * ONES) | (equals - ONES)) & HIGH) != 0;
}

/* How many octets from the start are text that stays as it is. */
static size_t
plain_run(const char *text, size_t len)
{
	size_t at = 0;

	for (; len - at >= 8; at += 8) {
		uint64_t w;

		memcpy(&w, text + at, 8);
		if (odd8(w))
			break;
	}
	while (at < len && (text[at] & 0x80) == 0 && text[at] >= ' '
	    && !(text[at] == '=' && at + 1 < len && text[at + 1] == '?'))
		at++;
	return at;
}

static enum word_charset
charset_of(const char *name, size_t len)
{
	const char *language = memchr(name, '*', len);	/* RFC 2231 section 5 */

	if (language != NULL)
		len = (size_t)(language - name);
	if (ascii_is(name, len, "utf-8"))
		return WORD_UTF8;
	if (ascii_is(name, len, "us-ascii"))
		return WORD_ASCII;
	if (ascii_is(name, len, "iso-8859-1"))
		return WORD_LATIN1;
	return WORD_OTHER;
}

/* An encoded word at text: its octets, or 0 when it is none that we decode. */
static size_t
word_at(const char *text, size_t len, struct word *out)
{
	const char *end = text + len, *charset = text + 2, *mark, *stop;

	if (len < 2 || text[0] != '=' || text[1] != '?')
		return 0;
	mark = memchr(charset, '?', (size_t)(end - charset));
	if (mark == NULL || end - mark < 3 || mark[2] != '?')
		return 0;
	out->charset = charset_of(charset, (size_t)(mark - charset));
	out->encoding = ascii_upper(mark[1]);
	out->text = mark + 3;
	stop = memchr(out->text, '?', (size_t)(end - out->text));
	if (stop == NULL || stop + 1 == end || stop[1] != '=')
		return 0;
	out->len = (size_t)(stop - out->text);
	if (out->charset == WORD_OTHER || (out->encoding != 'B' && out->encoding != 'Q'))
		return 0;
	return (size_t)(stop + 2 - text);
}

static bool
decode_q(const struct word *word, struct buf *out)
{
	for (const char *at = word->text, *end = at + word->len; at < end; at++) {
		int high, low;

		if (*at == '_') {
			buf_addc(out, ' ');
		} else if (*at != '=') {
			if (*at <= ' ' || *at == 0x7f)
				return false;
			buf_addc(out, *at);
		} else {
			if (end - at < 3 || (high = ascii_hex(at[1])) < 0
			    || (low = ascii_hex(at[2])) < 0)
				return false;
			buf_addc(out, (char)(high << 4 | low));
			at += 2;
		}
	}
	return true;
}

static int
value64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whole groups of four, with padding or without; anything odd is not for us. */
static bool
decode_b(const struct word *word, struct buf *out)
{
	size_t len = word->len;
	uint32_t bits = 0;
	unsigned have = 0;

	if (len % 4 == 0)
		for (int pads = 0; pads < 2 && len > 0 && word->text[len - 1] == '='; pads++)
			len--;
	if (len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		int value = value64(word->text[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_addc(out, (char)(bits >> have));
		}
	}
	return (bits & ((1u << have) - 1)) == 0;
}

/* What one word, or a run of them in one charset, decoded to, from offset start of out on. */
static bool
accept(enum word_charset charset, size_t start, struct buf *out)
{
	char *text = out->data + start;
	size_t len = out->len - start;

	if (charset == WORD_LATIN1) {
		struct buf wide = BUF_INIT;
		bool good = true;

		for (size_t i = 0; i < len && good; i++) {
			unsigned char c = (unsigned char)text[i];
			char bytes[4];

			good = c < 0x80 || c >= 0xa0;	/* else windows-1252 is meant */
			buf_add(&wide, bytes, utf8_put(bytes, c));
		}
		out->len = start;
		buf_add(out, wide.data, wide.len);
		buf_fini(&wide);
		if (!good)
			return false;
	} else {
		for (size_t i = 0; charset == WORD_ASCII && i < len; i++)
			if (text[i] & 0x80)
				return false;
		if (!utf8_valid(text, len))
			return false;
	}
	for (size_t i = start; i < out->len; i++) {
		char *c = &out->data[i];

		if (*c == '\0' || *c == '\r' || *c == '\n')
			*c = ' ';
		else if (*c == '\x1b')
			return false;
	}
	return true;
}

static size_t
skip_blanks(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'
	    || text[at] == '\n'))
		at++;
	return at;
}

/* A run of encoded words and the blanks between them; the octets taken, or 0. */
static size_t
decode_run(const char *text, size_t len, struct buf *out)
{
	size_t at = 0, start = out->len, taken;
	enum word_charset charset = WORD_OTHER;
	struct word word;

	while ((taken = word_at(text + at, len - at, &word)) > 0) {
		size_t blanks;

		if (charset != WORD_OTHER && charset != word.charset) {
			if (!accept(charset, start, out))
				return 0;
			start = out->len;
		}
		charset = word.charset;
		buf_add(out, "", 0);
		if (!(word.encoding == 'B' ? decode_b : decode_q)(&word, out))
			return 0;
		at += taken;
		blanks = skip_blanks(text + at, len - at);
		if (len - at - blanks < 2 || memcmp(text + at + blanks, "=?", 2) != 0)
			return accept(charset, start, out) ? at : 0;
		at += blanks;
	}
	return 0;	/* a word that is not for us */
}

bool
words_decode(const char *value, size_t len, struct buf *out)
{
	const char *at = value, *end = value + len;
	size_t start = out->len;

	while (at < end) {
		size_t run = plain_run(at, (size_t)(end - at));
		const char *from;
		uint32_t c;

		if (run > 0)
			buf_add(out, at, run);
		at += run;
		from = at;
		if (at == end)
			break;
		if (*at == '=') {
			run = decode_run(at, (size_t)(end - at), out);
			if (run == 0)
				goto give_up;
			at += run;
		} else if (*at == '\t') {
			buf_addc(out, *at++);
		} else if (*at & 0x80) {
			if (!utf8_next(&at, end, &c))
				goto give_up;
			buf_add(out, from, (size_t)(at - from));
		} else if (*at == '\x1b') {
			goto give_up;	/* ISO-2022 in the raw */
		} else {
			/* a line end is folding and nothing; a bare CR or NUL is a blank */
			if (*at == '\0' || (*at == '\r' && (end - at < 2 || at[1] != '\n')))
				buf_addc(out, ' ');
			else if (*at != '\r' && *at != '\n')
				buf_addc(out, *at);
			at++;
		}
	}
	return true;

give_up:
	out->len = start;
	if (out->data != NULL)
		out->data[start] = '\0';
	return false;
}
