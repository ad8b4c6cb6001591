/* HTML as the words that a reader sees: a state machine over single bytes. */
#include "message/html.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message/entities.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static void
add_text(struct html *html, const char *bytes, size_t len, struct buf *out)
{
	if (html->hidden[0] != '\0')
		return;
	if (html->blank && html->any)
		buf_addc(out, ' ');
	html->blank = false;
	html->any = true;
	buf_add(out, bytes, len);
}

static void
add_character(struct html *html, uint32_t character, struct buf *out)
{
	char text[4];

	if (character == 0xa0 || character <= ' ') {
		html->blank = true;
		return;
	}
	if (character > 0x10ffff || (character >= 0xd800 && character < 0xe000))
		character = 0xfffd;
	add_text(html, text, utf8_put(text, character), out);
}

static int
compare_entity(const void *key, const void *element)
{
	return strcmp(key, ((const struct entity *)element)->name);
}

/* The entity whose name was read; a name that is none is text. */
static void
end_entity(struct html *html, bool semicolon, struct buf *out)
{
	const char *name = html->name;
	const struct entity *entity;

	html->state = HTML_TEXT;
	html->name[html->name_len] = '\0';
	if (name[0] == '#') {
		bool hex = name[1] == 'x' || name[1] == 'X';
		uint32_t number = 0;
		const char *digit = name + (hex ? 2 : 1);
		bool any = *digit != '\0';

		for (; *digit != '\0'; digit++) {
			int value = hex ? ascii_hex(*digit) : ascii_is_digit(*digit) ? *digit - '0' : -1;

			if (value < 0 || number > 0x10ffff)
				break;
			number = number * (hex ? 16 : 10) + (uint32_t)value;
		}
		if (any && *digit == '\0') {
			add_character(html, number, out);
			return;
		}
	} else {
		entity = bsearch(name, entities, sizeof entities / sizeof entities[0],
		    sizeof entities[0], compare_entity);
		if (entity != NULL) {
			add_character(html, entity->character, out);
			return;
		}
	}
	add_text(html, "&", 1, out);
	if (html->name_len > 0)
		add_text(html, name, html->name_len, out);
	if (semicolon)
		add_text(html, ";", 1, out);
}

static bool
name_in(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* The tag whose name was read ends. */
static void
end_tag(struct html *html)
{
	/* elements within a line: a word goes on across them */
	static const char *const in_line[] = {
		"a", "abbr", "acronym", "b", "bdo", "big", "cite", "code", "dfn", "em", "font", "i", "ins", "kbd",
		"label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u",
		"var", "wbr", NULL,
	};
	static const char *const hide[] = { "script", "style", "template", "svg", "title", NULL };
	const char *name = html->name;
	bool end = name[0] == '/';

	html->state = HTML_TEXT;
	html->name[html->name_len] = '\0';
	if (html->hidden[0] != '\0') {
		if (end && strcmp(name + 1, html->hidden) == 0)
			html->hidden[0] = '\0';
		return;
	}
	if (!end && name_in(name, hide))
		strcpy(html->hidden, name);
	if (!name_in(name + end, in_line))
		html->blank = true;
}

/* A byte of plain text or one that begins something else. */
static void
feed_text(struct html *html, char c, struct buf *out)
{
	if (c == '<') {
		html->state = HTML_TAG_NAME;
		html->name_len = 0;
	} else if (html->hidden[0] != '\0') {
		return;
	} else if (c == '&') {
		html->state = HTML_ENTITY;
		html->name_len = 0;
	} else if (is_blank(c)) {
		html->blank = true;
	} else {
		add_text(html, &c, 1, out);
	}
}

/* A byte behind "<"; false when the "<" was only text, and the byte is still to be read. */
static bool
feed_tag_name(struct html *html, char c, struct buf *out)
{
	if (html->name_len == 0 && c == '!' ) {
		html->state = HTML_MARKUP;
		html->dashes = 0;
		return true;
	}
	if (html->name_len == 0 && c == '?') {
		html->state = HTML_TAG;
		return true;
	}
	if (html->name_len == 0 && !ascii_is_alpha(c) && c != '/') {
		html->state = HTML_TEXT;
		add_text(html, "<", 1, out);
		return false;
	}
	if (html->hidden[0] != '\0' && html->name_len == 0 && c != '/') {
		html->state = HTML_TEXT;	/* "a<b" in a script */
		return false;
	}
	if (c == '>') {
		html->name[html->name_len] = '\0';
		end_tag(html);
	} else if (is_blank(c) || (c == '/' && html->name_len > 0)) {
		html->state = HTML_TAG;
		html->quote = '\0';
	} else if (html->name_len < HTML_NAME_MAX) {
		html->name[html->name_len++] = ascii_lower(c);
	}
	return true;
}

static void
feed_tag(struct html *html, char c)
{
	if (html->state == HTML_TAG_QUOTE) {
		if (c == html->quote)
			html->state = HTML_TAG;
		return;
	}
	if (c == '>') {
		end_tag(html);
	} else if (html->quote == '=' && (c == '"' || c == '\'')) {
		html->state = HTML_TAG_QUOTE;
		html->quote = c;
	} else if (!is_blank(c)) {
		html->quote = c == '=' ? '=' : '\0';	/* a quote counts only behind "=" */
	}
}

/* Behind "<!": a comment begins with two dashes and ends with two and ">". */
static void
feed_markup(struct html *html, char c)
{
	if (html->state == HTML_MARKUP) {
		if (c == '>')
			html->state = HTML_TEXT;
		else if (c != '-' || html->dashes > 2)
			html->dashes = 3;	/* a doctype, no comment */
		else if (++html->dashes == 2)
			html->state = HTML_COMMENT;
		return;
	}
	if (c == '>' && html->dashes >= 2)
		html->state = HTML_TEXT;
	html->dashes = c == '-' ? html->dashes + 1 : 0;
}

static bool
feed_entity(struct html *html, char c, struct buf *out)
{
	if (c == ';') {
		end_entity(html, true, out);
		return true;
	}
	if (html->name_len < HTML_NAME_MAX && (ascii_is_alpha(c) || ascii_is_digit(c)
	    || (c == '#' && html->name_len == 0))) {
		html->name[html->name_len++] = c;
		return true;
	}
	end_entity(html, false, out);
	return false;
}

void
html_feed(struct html *html, const char *utf8, size_t len, struct buf *out)
{
	const char *end = utf8 + len;

	while (utf8 < end) {
		bool taken = true;

		switch (html->state) {
		case HTML_TEXT:
			/* a run of plain text at once */
			if (html->hidden[0] == '\0') {
				const char *start = utf8;

				while (utf8 < end && *utf8 != '<' && *utf8 != '&' && !is_blank(*utf8))
					utf8++;
				if (utf8 > start) {
					add_text(html, start, (size_t)(utf8 - start), out);
					continue;
				}
			}
			feed_text(html, *utf8, out);
			break;
		case HTML_ENTITY:
			taken = feed_entity(html, *utf8, out);
			break;
		case HTML_TAG_NAME:
			taken = feed_tag_name(html, *utf8, out);
			break;
		case HTML_TAG:
		case HTML_TAG_QUOTE:
			feed_tag(html, *utf8);
			break;
		case HTML_MARKUP:
		case HTML_COMMENT:
			feed_markup(html, *utf8);
			break;
		}
		utf8 += taken;
	}
}
