/*
 * Header values decoded. GMime decodes RFC 2047 words, also those that break a
 * character in two; it gets values of bounded size, in valid UTF-8, whose
 * charsets we know (see charset.c for why), and what it gives is made one clean
 * line.
 */
#include "message/words.h"

#include <gmime/gmime.h>
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

/* Is there an encoded word, and does each name a charset that we know? */
static bool
decodable(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	bool any = false;

	while ((at = memchr(at, '=', (size_t)(end - at))) != NULL) {
		const char *name, *stop;

		at++;
		if (end - at < 2 || *at != '?')
			continue;
		name = stop = at + 1;
		/* "charset*language?" (RFC 2231 5) */
		while (stop < end && *stop != '?' && *stop != '*' && *stop != ' ' && *stop != '=')
			stop++;
		if (stop == end || *stop == ' ' || *stop == '=')
			continue;
		if (!charset_known(name, (size_t)(stop - name)))
			return false;
		any = true;
	}
	return any;
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
	char *decoded;

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
	if (decodable(text.data, head)) {
		char kept = text.data[head];

		text.data[head] = '\0';
		decoded = g_mime_utils_header_decode_text(NULL, text.data);
		text.data[head] = kept;
		/* GMime may give back what it could not read */
		add_guessed(decoded, strlen(decoded), out);
		g_free(decoded);
	} else {
		buf_add(out, text.data, head);
	}
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
