/*
 * Header values decoded (RFC 2047), as one clean line. GMime's decoder puts
 * adjacent base64 words together before it decodes them, and loses all behind
 * the first padding; mail programs pad every word, so the work is done here.
 */
#include "message/words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mail/header.h"
#include "mail/lex.h"
#include "mail/param.h"
#include "mail/scan.h"
#include "message/charset.h"
#include "message/message.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

/* Bytes of any kind as UTF-8: what they are, or windows-1252. */
static void
add_guessed(const char *bytes, size_t len, struct buf *out)
{
	struct charset charset;

	charset_open(&charset, "us-ascii", 8);
	charset_feed(&charset, bytes, len, out);
	charset_end(&charset, out);
	charset_close(&charset);
}

/* An encoded word where it stands. */
struct word {
	const char *charset;
	size_t charset_len;
	char encoding;		/* 'B' or 'Q' */
	const char *text;
	size_t text_len;
};

/*
 * The end of a text: "?=", but in Q not one that is a question mark with an encoded
 * octet behind it ("=?utf-8?q?what?=20now?=", which no standard allows and mail has).
 * Where the next word begins before, this one was cut short and is none: its "?="
 * would be that of the next, with all between. *cut is set then.
 */
static const char *
find_end(const struct word *word, const char *end, bool *cut)
{
	const char *found = NULL;

	for (const char *at = word->text; end - at >= 2; at++) {
		if (found == NULL && end - at >= 3 && at[0] == '=' && at[1] == '?' && at[2] != '=') {
			*cut = true;
			break;
		}
		if (at[0] == '?' && at[1] == '=') {
			found = at++;
			if (word->encoding != 'Q' || end - at < 3 || ascii_hex(at[1]) < 0
			    || ascii_hex(at[2]) < 0)
				break;
		} else if (found != NULL && (at[0] == ' ' || (at[0] == '=' && at[1] == '?'))) {
			break;		/* what stood behind it was text after all */
		}
	}
	return found;
}

/*
 * The word that begins at "=?"; its octets, or 0 when it is none or of a charset
 * that nobody knows. *endless is set once there is no "?=" up to the end: then
 * nobody looks for it again.
 */
static size_t
word_at(const char *at, const char *end, bool *endless, struct word *word)
{
	const char *mark, *stop;
	bool cut = false;

	if (*endless || end - at < 2 || at[0] != '=' || at[1] != '?')
		return 0;
	word->charset = at + 2;
	mark = memchr(word->charset, '?', (size_t)(end - word->charset));
	if (mark == NULL || end - mark < 3 || mark[2] != '?')
		return 0;
	/* "charset*language?" (RFC 2231 5) */
	stop = memchr(word->charset, '*', (size_t)(mark - word->charset));
	word->charset_len = (size_t)((stop != NULL ? stop : mark) - word->charset);
	if (memchr(word->charset, ' ', word->charset_len) != NULL)
		return 0;
	word->encoding = ascii_upper(mark[1]);
	word->text = mark + 3;
	if (word->encoding != 'B' && word->encoding != 'Q')
		return 0;
	if (!charset_known(word->charset, word->charset_len))
		return 0;
	stop = find_end(word, end, &cut);
	*endless = stop == NULL && !cut;
	if (stop == NULL)
		return 0;
	word->text_len = (size_t)(stop - word->text);
	return (size_t)(stop + 2 - at);
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

/* The octets that the word stands for; what is no base64 in it is passed over. */
static void
decode_word(const struct word *word, struct buf *out)
{
	const char *end = word->text + word->text_len;
	uint32_t bits = 0;
	unsigned have = 0;

	for (const char *at = word->text; at < end; at++) {
		int value = word->encoding == 'B' ? value64(*at) : -1;

		if (word->encoding == 'B') {
			if (value < 0)
				continue;
			bits = bits << 6 | (uint32_t)value;
			have += 6;
			if (have >= 8) {
				have -= 8;
				buf_addc(out, (char)(bits >> have));
			}
		} else if (*at == '_') {
			buf_addc(out, ' ');
		} else if (*at == '=' && end - at > 2 && ascii_hex(at[1]) >= 0
		    && ascii_hex(at[2]) >= 0) {
			buf_addc(out, (char)(ascii_hex(at[1]) << 4 | ascii_hex(at[2])));
			at += 2;
		} else {
			buf_addc(out, *at);
		}
	}
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/*
 * Words from here on that have nothing but blanks between them; returns how many
 * octets they take. Those of one charset go through one converter, so that a
 * character may begin in one and end in the next.
 */
static size_t
decode_run(const char *start, const char *end, bool *endless, struct buf *out)
{
	struct charset charset = { .cd = (iconv_t)-1 };
	struct word word, before = { .charset = NULL };
	struct buf octets = BUF_INIT;
	const char *at = start, *behind = start;
	size_t len;

	while ((len = word_at(at, end, endless, &word)) > 0) {
		if (before.charset == NULL || word.charset_len != before.charset_len
		    || ascii_ncasecmp(word.charset, before.charset, word.charset_len) != 0) {
			if (before.charset != NULL)
				charset_end(&charset, out);
			charset_close(&charset);
			charset_open(&charset, word.charset, word.charset_len);
		}
		before = word;
		buf_reset(&octets);
		decode_word(&word, &octets);
		charset_feed(&charset, buf_str(&octets), octets.len, out);
		behind = at + len;
		at = skip_blanks(behind, end);
	}
	if (before.charset != NULL)
		charset_end(&charset, out);
	charset_close(&charset);
	buf_fini(&octets);
	return (size_t)(behind - start);
}

static void
decode_text(const char *text, size_t len, struct buf *out)
{
	const char *at = text, *end = text + len;
	bool endless = false;

	while (at < end) {
		const char *mark = memchr(at, '=', (size_t)(end - at));
		size_t taken;

		if (mark == NULL)
			mark = end;
		buf_add(out, at, (size_t)(mark - at));
		at = mark;
		if (at == end)
			break;
		taken = decode_run(at, end, &endless, out);
		if (taken == 0)
			buf_addc(out, *at++);
		at += taken;
	}
}

/* Line ends and other control characters become blanks. */
static void
clean(struct buf *out, size_t from)
{
	if (!(scan_kinds(out->data + from, out->len - from) & SCAN_CONTROL))
		return;
	for (size_t i = from; i < out->len; i++)
		if ((unsigned char)out->data[i] < ' ' || out->data[i] == 0x7f)
			out->data[i] = ' ';
}

void
words_decode(const char *value, size_t len, struct buf *out)
{
	struct buf text = BUF_INIT;
	size_t from = out->len, head;

	header_unfold(value, len, out);
	if (header_is_plain(out->data + from, out->len - from)) {
		clean(out, from);
		return;
	}
	add_guessed(out->data + from, out->len - from, &text);
	out->len = from;
	head = text.len < MESSAGE_VALUE_MAX ? text.len : MESSAGE_VALUE_MAX;
	while (head > 0 && head < text.len && ((unsigned char)text.data[head] & 0xc0) == 0x80)
		head--;
	decode_text(text.data, head, out);
	buf_add(out, text.data + head, text.len - head);
	clean(out, from);
	buf_fini(&text);
}

/* "charset'language'%41bc" */
static void
add_encoded(const char *value, size_t len, struct buf *out)
{
	const char *end = value + len, *quote = memchr(value, '\'', len), *second;
	struct charset charset;
	struct buf bytes = BUF_INIT;

	second = quote != NULL ? memchr(quote + 1, '\'', (size_t)(end - quote - 1)) : NULL;
	if (second != NULL)
		charset_open(&charset, value, (size_t)(quote - value));
	else
		charset_open(&charset, "us-ascii", 8);
	for (const char *at = second != NULL ? second + 1 : value; at < end; at++) {
		if (*at == '%' && end - at > 2 && ascii_hex(at[1]) >= 0 && ascii_hex(at[2]) >= 0) {
			buf_addc(&bytes, (char)(ascii_hex(at[1]) << 4 | ascii_hex(at[2])));
			at += 2;
		} else {
			buf_addc(&bytes, *at);
		}
	}
	charset_feed(&charset, buf_str(&bytes), bytes.len, out);
	charset_end(&charset, out);
	charset_close(&charset);
	buf_fini(&bytes);
}

void
words_file_name(const char *value, size_t len, const char *parameter, struct buf *out)
{
	const char *start = memchr(value, ';', len), *found;
	struct params params = PARAMS_INIT;
	struct lex lex;
	char encoded[32];
	size_t found_len, from = out->len;

	if (start == NULL)
		return;
	lex = lex_of(start, len - (size_t)(start - value));
	params_read(&params, &lex);
	stpcpy(stpcpy(encoded, parameter), "*");
	if (params_find(&params, encoded, &found, &found_len))
		add_encoded(found, found_len, out);
	else if (params_find(&params, parameter, &found, &found_len))
		words_decode(found, found_len, out);
	clean(out, from);
	params_fini(&params);
}
