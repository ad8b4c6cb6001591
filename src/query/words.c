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
	char *to = buf_reserve(out, word->len);

	for (const char *at = word->text, *end = at + word->len; at < end; at++) {
		int high, low;

		if (*at == '_') {
			*to++ = ' ';
		} else if (*at != '=') {
			if (*at <= ' ' || *at == 0x7f)
				return false;
			*to++ = *at;
		} else {
			if (end - at < 3 || (high = ascii_hex(at[1])) < 0
			    || (low = ascii_hex(at[2])) < 0)
				return false;
			*to++ = (char)(high << 4 | low);
			at += 2;
		}
	}
	out->len = (size_t)(to - out->data);
	*to = '\0';
	return true;
}

/* The value of each base64 character, 64 for all that is none. */
static const uint8_t values64[256] = {
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 62, 64, 64, 64, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 64, 64, 64, 64, 64, 64,
	64,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 64, 64, 64, 64, 64,
	64, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64,
};

/* Whole groups of four, with padding or without; anything odd is not for us. */
static bool
decode_b(const struct word *word, struct buf *out)
{
	const unsigned char *text = (const unsigned char *)word->text;
	char *to = buf_reserve(out, word->len);
	size_t len = word->len, i = 0;
	uint32_t bits = 0, bad = 0;
	unsigned have = 0;

	if (len % 4 == 0)
		for (int pads = 0; pads < 2 && len > 0 && word->text[len - 1] == '='; pads++)
			len--;
	if (len % 4 == 1)
		return false;
	for (; len - i >= 4; i += 4) {
		uint32_t a = values64[text[i]], b = values64[text[i + 1]];
		uint32_t c = values64[text[i + 2]], d = values64[text[i + 3]];

		bad |= a | b | c | d;
		bits = a << 18 | b << 12 | c << 6 | d;
		*to++ = (char)(bits >> 16);
		*to++ = (char)(bits >> 8);
		*to++ = (char)bits;
	}
	for (bits = 0; i < len; i++) {
		bad |= values64[text[i]];
		bits = bits << 6 | values64[text[i]];
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(bits >> have);
		}
	}
	out->len = (size_t)(to - out->data);
	*to = '\0';
	return bad < 64 && (bits & ((1u << have) - 1)) == 0;
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
