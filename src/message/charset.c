/*
 * Text in some charset to UTF-8. iconv does the work; its names are asked for
 * directly, never through GMime, which remembers every name that mail comes up
 * with for ever. Names go through a filter, since iconv gives some characters
 * ("/") a meaning of their own.
 */
#include "message/charset.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

enum {
	NAME_MAX_LEN = CHARSET_NAME_MAX,
	KNOWN_MAX = 16,
	KEPT_MAX = 8,		/* converters ready for the next text; a mailbox has a few charsets */
	/*
	 * Loaded for one message. Loading takes as long as a thousand words, and a header
	 * whose every word has another charset would take seconds a megabyte.
	 */
	LOADED_MAX = 1000,
};

static const char replacement[] = "\xef\xbf\xbd";	/* U+FFFD */

/* Names that iconv does not have, or has for less than mail means by them. */
static const struct {
	const char *name, *iconv;
} aliases[] = {
	{ "ansi_x3.4-1968", "" }, { "ascii", "" }, { "us-ascii", "" }, { "iso-8859-1", "CP1252" },
	{ "latin1", "CP1252" }, { "iso_8859-1", "CP1252" }, { "utf8", "UTF-8" }, { "utf-8", "UTF-8" },
	{ "unicode-1-1-utf-8", "UTF-8" }, { "unicode-1-1-utf-7", "UTF-7" }, { "gb2312", "GB18030" },
	{ "gbk", "GB18030" }, { "x-gbk", "GB18030" }, { "hz-gb-2312", "HZ" }, { "x-sjis", "CP932" },
	{ "shift_jis", "CP932" }, { "ks_c_5601-1987", "CP949" }, { "ks_c_5601", "CP949" },
	{ "euc-kr", "CP949" }, { "big5", "BIG5-HKSCS" }, { "x-big5", "BIG5-HKSCS" },
	{ "iso-8859-8-i", "ISO-8859-8" }, { "iso-8859-8-e", "ISO-8859-8" }, { "iso-8859-9", "CP1254" },
	{ "iso-8859-11", "CP874" }, { "tis-620", "CP874" }, { "x-mac-roman", "MACINTOSH" },
	{ "x-windows-1252", "CP1252" }, { "cp-850", "CP850" }, { "x-unknown", "" }, { "unknown-8bit", "" },
	{ "default", "" }, { "none", "" }, { "8bit", "" }, { "x-user-defined", "" },
};

/* The name for iconv in iconv_name, "" for a guess; false when it cannot be one. */
static bool
clean_name(const char *name, size_t len, char iconv_name[NAME_MAX_LEN + 1])
{
	while (len > 0 && (*name == ' ' || *name == '"' || *name == '\'')) {
		name++;
		len--;
	}
	while (len > 0 && strchr(" \"';,", name[len - 1]) != NULL)
		len--;
	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_alpha(name[i]) && !ascii_is_digit(name[i]) && strchr("-_.:+", name[i]) == NULL)
			return false;
		iconv_name[i] = ascii_upper(name[i]);
	}
	iconv_name[len] = '\0';
	for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
		if (ascii_casecmp(iconv_name, aliases[i].name) == 0) {
			strcpy(iconv_name, aliases[i].iconv);
			break;
		}
	return true;
}

/*
 * Converters that nobody uses just now. iconv_open loads a module from disk and
 * iconv_close may drop it again, which for a header word of ten characters would
 * be nearly all of the work.
 */
static _Thread_local struct kept {
	char name[NAME_MAX_LEN + 1];	/* "": a free place */
	iconv_t cd;
} kept[KEPT_MAX];
static _Thread_local unsigned next_kept;
static _Thread_local unsigned loaded;	/* since charset_begin */

void
charset_begin(void)
{
	loaded = 0;
}

static iconv_t
take_converter(const char *name)
{
	for (unsigned i = 0; i < KEPT_MAX; i++)
		if (strcmp(kept[i].name, name) == 0) {
			kept[i].name[0] = '\0';
			iconv(kept[i].cd, NULL, NULL, NULL, NULL);
			return kept[i].cd;
		}
	if (loaded == LOADED_MAX)
		return (iconv_t)-1;
	loaded++;
	return iconv_open("UTF-8", name);
}

/*
 * Where a mark at the start tells the order of octets, the C library goes on with
 * the order of the last text in the next one, whatever its mark and though the
 * converter was set back.
 */
static bool
remembers(const char *name)
{
	static const char *const parts[] = { "UTF-16", "UTF16", "UTF-32", "UTF32", "UCS", "UNICODE",
		"10646" };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strstr(name, parts[i]) != NULL)
			return true;
	return false;
}

static void
keep_converter(const char *name, iconv_t cd)
{
	struct kept *place = &kept[next_kept];

	if (remembers(name)) {
		iconv_close(cd);
		return;
	}
	next_kept = (next_kept + 1) % KEPT_MAX;
	if (place->name[0] != '\0')
		iconv_close(place->cd);
	strcpy(place->name, name);
	place->cd = cd;
}

bool
charset_open(struct charset *charset, const char *name, size_t len)
{
	char iconv_name[NAME_MAX_LEN + 1];

	*charset = (struct charset){ .kind = CHARSET_GUESS, .cd = (iconv_t)-1 };
	if (!clean_name(name, len, iconv_name))
		return false;
	if (iconv_name[0] == '\0')
		return true;
	if (strcmp(iconv_name, "UTF-8") == 0) {
		charset->kind = CHARSET_UTF8;
		return true;
	}
	charset->cd = take_converter(iconv_name);
	if (charset->cd == (iconv_t)-1)
		return false;
	strcpy(charset->name, iconv_name);
	charset->kind = CHARSET_ICONV;
	return true;
}

bool
charset_known(const char *name, size_t len)
{
	static _Thread_local struct {
		char name[NAME_MAX_LEN + 1];
		bool known;
	} lately[KNOWN_MAX];
	static _Thread_local unsigned next;
	char iconv_name[NAME_MAX_LEN + 1];
	struct charset charset;
	bool known;

	if (!clean_name(name, len, iconv_name))
		return false;
	if (iconv_name[0] == '\0' || strcmp(iconv_name, "UTF-8") == 0)
		return true;
	if (loaded == LOADED_MAX) {
		/* known perhaps, but to the next message */
		for (unsigned i = 0; i < KEPT_MAX; i++)
			if (strcmp(kept[i].name, iconv_name) == 0)
				return true;
		return false;
	}
	for (unsigned i = 0; i < KNOWN_MAX; i++)
		if (strcmp(lately[i].name, iconv_name) == 0)
			return lately[i].known;
	known = charset_open(&charset, name, len);
	charset_close(&charset);
	strcpy(lately[next].name, iconv_name);
	lately[next].known = known;
	next = (next + 1) % KNOWN_MAX;
	return known;
}

/* Bytes 0x80 to 0x9f of windows-1252; 0: none. */
static const uint16_t cp1252[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

static void
add_stray_byte(const struct charset *charset, unsigned char c, struct buf *out)
{
	uint32_t character = c < 0xa0 ? cp1252[c - 0x80] : c;
	char text[4];

	if (charset->kind == CHARSET_UTF8 || character == 0)
		buf_adds(out, replacement);
	else
		buf_add(out, text, utf8_put(text, character));
}

/* How many bytes the character that begins with c has in UTF-8, 0 for no such begin. */
static size_t
utf8_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* Where the run of ASCII without NUL at `at` ends, eight bytes a step. */
static const char *
ascii_run(const char *at, const char *end)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t word;

	for (; end - at >= 8; at += 8) {
		memcpy(&word, at, 8);
		if (((word | (word - ones)) & tops) != 0)	/* a top bit, or below 1 */
			break;
	}
	while (at < end && (unsigned char)*at < 0x80 && *at != '\0')
		at++;
	return at;
}

/* Copy what is UTF-8, repair what is not; returns where an unfinished character begins, or end. */
static const char *
feed_utf8(const struct charset *charset, const char *at, const char *end, struct buf *out)
{
	while (at < end) {
		const char *start = at;
		uint32_t ignored;

		at = ascii_run(at, end);
		buf_add(out, start, (size_t)(at - start));
		start = at;
		if (at == end)
			break;
		if (*at == '\0') {
			buf_addc(out, ' ');
			at++;
		} else if (utf8_next(&at, end, &ignored)) {
			buf_add(out, start, (size_t)(at - start));
		} else if ((size_t)(end - at) < utf8_len((unsigned char)*at)) {
			return at;
		} else {
			add_stray_byte(charset, (unsigned char)*at++, out);
		}
	}
	return end;
}

/*
 * UCS-4 and its kin can say numbers that are no characters, and the C library
 * writes them down in the manner of UTF-8: from `from` on, each run of those
 * becomes one U+FFFD.
 */
static void
repair(struct buf *out, size_t from)
{
	struct buf text = BUF_INIT;
	const char *at, *end;
	bool broken = false;

	buf_add(&text, out->data + from, out->len - from);
	out->len = from;
	for (at = text.data, end = at + text.len; at < end;) {
		const char *start = at;
		uint32_t ignored;

		if (utf8_next(&at, end, &ignored)) {
			buf_add(out, start, (size_t)(at - start));
			broken = false;
		} else {
			if (!broken)
				buf_adds(out, replacement);
			broken = true;
			at++;
		}
	}
	buf_fini(&text);
}

/* The same through iconv. */
static const char *
feed_iconv(const struct charset *charset, const char *at, const char *end, struct buf *out)
{
	while (at < end) {
		char *in = (char *)(uintptr_t)at;	/* iconv does not write there */
		size_t in_left = (size_t)(end - at), room = in_left * 2 + 64, out_left = room;
		size_t before = out->len;
		char *to = buf_reserve(out, room);
		size_t result = iconv(charset->cd, &in, &in_left, &to, &out_left);
		int why = errno;
		bool odd = false;

		out->len += room - out_left;
		out->data[out->len] = '\0';
		for (size_t i = before; i < out->len; i++) {
			unsigned char c = (unsigned char)out->data[i];

			if (c == '\0')
				out->data[i] = ' ';
			odd |= c >= 0xf4 || c == 0xed;	/* above U+10FFFF, or a surrogate? */
		}
		if (odd && !utf8_valid(out->data + before, out->len - before))
			repair(out, before);
		at = end - in_left;
		if (result != (size_t)-1 || why == E2BIG)
			continue;
		if (why == EINVAL && in_left < sizeof charset->carry)
			return at;
		buf_adds(out, replacement);
		at++;
	}
	return end;
}

void
charset_feed(struct charset *charset, const char *bytes, size_t len, struct buf *out)
{
	const char *end = bytes + len, *rest;

	/* an unfinished character first, byte by byte until it is one or broken */
	while (charset->carried > 0 && bytes < end) {
		charset->carry[charset->carried++] = *bytes++;
		rest = charset->kind == CHARSET_ICONV
		    ? feed_iconv(charset, charset->carry, charset->carry + charset->carried, out)
		    : feed_utf8(charset, charset->carry, charset->carry + charset->carried, out);
		charset->carried = (size_t)(charset->carry + charset->carried - rest);
		memmove(charset->carry, rest, charset->carried);
		if (charset->carried == sizeof charset->carry) {
			buf_adds(out, replacement);
			charset->carried = 0;
		}
	}
	rest = charset->kind == CHARSET_ICONV ? feed_iconv(charset, bytes, end, out)
	    : feed_utf8(charset, bytes, end, out);
	if (rest < end) {
		charset->carried = (size_t)(end - rest);
		memcpy(charset->carry, rest, charset->carried);
	}
}

void
charset_end(struct charset *charset, struct buf *out)
{
	for (size_t i = 0; i < charset->carried; i++) {
		if (charset->kind == CHARSET_ICONV)
			buf_adds(out, replacement);
		else if ((unsigned char)charset->carry[i] >= 0x80)
			add_stray_byte(charset, (unsigned char)charset->carry[i], out);
	}
	charset->carried = 0;
}

void
charset_close(struct charset *charset)
{
	if (charset->cd != (iconv_t)-1)
		keep_converter(charset->name, charset->cd);
	charset->cd = (iconv_t)-1;
}
