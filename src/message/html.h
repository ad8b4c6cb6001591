/*
 * HTML as the words that a reader sees: no tags, comments, scripts or styles,
 * entities as characters, runs of blanks as one. Works on pieces; broken HTML
 * gives some text, never an error.
 */
#ifndef MESSAGE_HTML_H
#define MESSAGE_HTML_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum { HTML_NAME_MAX = 12 };	/* the longest name of a tag or entity that matters, and some */

struct html {
	enum html_state {
		HTML_TEXT, HTML_ENTITY, HTML_TAG_NAME, HTML_TAG, HTML_TAG_QUOTE, HTML_MARKUP, HTML_COMMENT,
	} state;
	char name[HTML_NAME_MAX + 1];	/* of the tag or entity being read */
	size_t name_len;
	char quote;			/* of an attribute */
	unsigned dashes;		/* just read in a comment */
	char hidden[HTML_NAME_MAX + 1];	/* inside this element nothing is text: "script", "style", ... */
	bool blank;			/* a blank is due before the next word */
	bool any;			/* there was text */
};

#define HTML_INIT ((struct html){ .state = HTML_TEXT })

/* Add the text of the next piece of UTF-8 to out. */
void html_feed(struct html *html, const char *utf8, size_t len, struct buf *out);

#endif
