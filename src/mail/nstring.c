/* Values as IMAP strings; each caller's way of cleaning, then one way of writing. */
#include "mail/nstring.h"

#include <stdbool.h>
#include <string.h>

#include "mail/parse.h"
#include "mail/scan.h"
#include "util/buf.h"

static const char nul_text[] = "\xef\xbf\xbd";	/* U+FFFD */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* How to write it: 0 quoted as it is, 1 quoted with backslashes, 2 literal. */
static int
form(const char *bytes, size_t len)
{
	unsigned kinds = scan_kinds(bytes, len);

	if (kinds & SCAN_HIGH)
		return 2;
	for (size_t i = 0; (kinds & SCAN_CONTROL) && i < len; i++)
		if (bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == '\0')
			return 2;
	return kinds & SCAN_QUOTED ? 1 : 0;
}

void
nstring_add(struct buf *out, const char *bytes, size_t len)
{
	int how;
	size_t nuls = 0;

	if (len > PARSE_TEXT_MAX)
		len = PARSE_TEXT_MAX;
	how = form(bytes, len);
	if (how < 2) {
		buf_addc(out, '"');
		if (how == 0)
			buf_add(out, bytes, len);
		else
			for (size_t i = 0; i < len; i++) {
				if (bytes[i] == '"' || bytes[i] == '\\')
					buf_addc(out, '\\');
				buf_addc(out, bytes[i]);
			}
		buf_addc(out, '"');
		return;
	}
	for (size_t i = 0; i < len; i++)
		nuls += bytes[i] == '\0';
	buf_addc(out, '{');
	buf_addu(out, len + nuls * (sizeof nul_text - 2));
	buf_adds(out, "}\r\n");
	if (nuls == 0) {
		buf_add(out, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\0')
			buf_adds(out, nul_text);
		else
			buf_addc(out, bytes[i]);
	}
}

void
nstring_add_text(struct buf *out, const char *bytes, size_t len)
{
	struct buf clean = BUF_INIT;
	const char *end = bytes + len, *at;
	bool tidy = true;

	while (bytes < end && is_blank(*bytes))
		bytes++;
	while (end > bytes && is_blank(end[-1]))
		end--;
	for (at = bytes; at < end && tidy; at++)
		tidy = !is_blank(*at) || (*at == ' ' && !is_blank(at[1]));
	if (tidy) {
		nstring_add(out, bytes, (size_t)(end - bytes));
		return;
	}
	while (bytes < end) {
		for (at = bytes; at < end && !is_blank(*at); at++)
			;
		buf_add(&clean, bytes, (size_t)(at - bytes));
		if (at < end)
			buf_addc(&clean, ' ');
		for (bytes = at; bytes < end && is_blank(*bytes); bytes++)
			;
	}
	nstring_add(out, buf_str(&clean), clean.len);
	buf_fini(&clean);
}

void
nstring_add_unfolded(struct buf *out, const char *bytes, size_t len)
{
	struct buf clean = BUF_INIT;

	if (memchr(bytes, '\n', len) == NULL && memchr(bytes, '\r', len) == NULL) {
		nstring_add(out, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		size_t end = i;

		while (end < len && bytes[end] == '\r')
			end++;
		if (end > i && end < len && !is_blank(bytes[end]))
			buf_addc(&clean, ' ');	/* a bare CR folds nothing */
		else if (end == i && bytes[i] != '\n')
			buf_addc(&clean, bytes[i]);
		i = end > i ? end - 1 : i;
	}
	nstring_add(out, buf_str(&clean), clean.len);
	buf_fini(&clean);
}

void
nstring_add_value(struct buf *out, const char *bytes, size_t len)
{
	size_t blanks = 0;

	if (len == 0 || *bytes == '\n' || (*bytes == '\r' && len > 1 && bytes[1] == '\n'))
		/* the colon stops us */
		while (bytes[-1] == ' ' || bytes[-1] == '\t') {
			bytes--;
			blanks++;
		}
	if (blanks > 0) {
		bytes++;
		blanks--;
	}
	nstring_add_unfolded(out, bytes, len + blanks);
}
