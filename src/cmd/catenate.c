/*
 * CATENATE (RFC 4469): a message put together from literals and from parts of
 * messages that are here already. URLs are those of RFC 5092 without a server, as
 *
 *	/Drafts;UIDVALIDITY=7/;UID=20/;SECTION=1.2/;PARTIAL=0.1024
 *
 * with PARTIAL by RFC 5550 (URL-PARTIAL). A URL that begins with ";UID" means the
 * selected mailbox. A URL that names a server is refused: we fetch from nobody.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/append.h"
#include "cmd/cmd.h"
#include "mail/section.h"
#include "session/message.h"
#include "session/names.h"
#include "session/session.h"
#include "store/folder.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/utf8.h"
#include "wire/mutf7.h"

enum {
	CATENATE_PARTS_MAX = 1000,	/* clients take two or three */
	URL_SHOWN_MAX = 90,		/* octets of a refused URL that the answer repeats */
	URL_HEADERS_MAX = 100,		/* names in a SECTION=HEADER.FIELDS (...) */
};

struct url {
	struct buf mailbox;		/* UTF-8, as the client's hierarchy; empty: the selected one */
	uint32_t uidvalidity;		/* 0: not given */
	uint32_t uid;
	struct buf section;		/* "" is the whole message */
	uint64_t offset, count;
};

static int
bad_url(struct append *a, const struct str *text, const char *why)
{
	char shown[URL_SHOWN_MAX + 1];
	size_t len = 0;

	for (; len < text->len && len < URL_SHOWN_MAX; len++) {
		char c = text->data[len];

		shown[len] = c > ' ' && c < 0x7f && c != ']' && c != '"' && c != '\\' ? c : '?';
	}
	shown[len] = '\0';
	return err_set(&a->cmd->err, ERR_BADURL, "\"%s\"] %s", shown, why);
}

/* ---- reading a URL ---- */

/* "%2F" to "/"; false for a broken escape, a NUL or what is not UTF-8. */
static bool
unescape(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			if (i + 2 >= len || ascii_hex(text[i + 1]) < 0 || ascii_hex(text[i + 2]) < 0)
				return false;
			c = (char)(ascii_hex(text[i + 1]) << 4 | ascii_hex(text[i + 2]));
			i += 2;
		}
		if (c == '\0')
			return false;
		buf_addc(out, c);
	}
	return utf8_valid(buf_str(out), out->len);
}

/* Where this word begins, without case; NULL when it does not occur. */
static const char *
find_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (ascii_ncasecmp(text + i, word, n) == 0)
			return text + i;
	return NULL;
}

/* A number from *at up to end or "/"; *at moves behind it and the "/". */
static bool
url_number(const char **at, const char *end, uint64_t max, char stop, uint64_t *out)
{
	const char *start = *at;

	while (*at < end && ascii_is_digit(**at))
		(*at)++;
	if (!ascii_number(start, (size_t)(*at - start), max, out))
		return false;
	if (*at == end)
		return true;
	if (**at != stop)
		return false;
	(*at)++;
	return true;
}

static bool
url_partial(const char **at, const char *end, struct url *url)
{
	const char *dot = memchr(*at, '.', (size_t)(end - *at));

	if (dot == NULL)
		return url_number(at, end, INT64_MAX, '/', &url->offset);
	return url_number(at, end, INT64_MAX, '.', &url->offset)
	    && url_number(at, end, INT64_MAX, '/', &url->count) && url->count > 0;
}

static bool
url_parse(const char *text, size_t len, struct url *url)
{
	const char *end = text + len, *at = text, *stop = find_word(text, len, ";UID");
	uint64_t number;

	url->count = UINT64_MAX;
	if (stop == NULL)
		return false;
	if (at < stop && *at == '/')
		at++;
	if (stop > at && stop[-1] == '/')
		stop--;
	if (find_word(at, (size_t)(stop - at), "://") != NULL
	    || (at < stop && *at == '/') || !unescape(at, (size_t)(stop - at), &url->mailbox))
		return false;
	at = *stop == '/' ? stop + 1 : stop;
	if (find_word(at, (size_t)(end - at), ";UIDVALIDITY=") == at) {
		at += strlen(";UIDVALIDITY=");
		if (!url_number(&at, end, UINT32_MAX, '/', &number) || number == 0)
			return false;
		url->uidvalidity = (uint32_t)number;
	}
	if (find_word(at, (size_t)(end - at), ";UID=") != at)
		return false;
	at += strlen(";UID=");
	if (!url_number(&at, end, UINT32_MAX, '/', &number) || number == 0)
		return false;
	url->uid = (uint32_t)number;
	if (find_word(at, (size_t)(end - at), ";SECTION=") == at) {
		at += strlen(";SECTION=");
		stop = memchr(at, '/', (size_t)(end - at));
		if (!unescape(at, (size_t)((stop != NULL ? stop : end) - at), &url->section))
			return false;
		at = stop != NULL ? stop + 1 : end;
	}
	if (find_word(at, (size_t)(end - at), ";PARTIAL=") == at) {
		at += strlen(";PARTIAL=");
		if (!url_partial(&at, end, url))
			return false;
	}
	return at == end;
}

/* "HEADER.FIELDS (To Cc)": the names behind what section_parse took. */
static bool
section_names(struct append *a, const char *at, struct section *section)
{
	struct section_name *names = arena_alloc(a->cmd->arena, URL_HEADERS_MAX * sizeof *names);
	size_t count = 0;

	if (strncmp(at, " (", 2) != 0)
		return false;
	at += 2;
	for (;;) {
		size_t len = strcspn(at, " )");

		if (len == 0 || count == URL_HEADERS_MAX || at[len] == '\0')
			return false;
		names[count++] = (struct section_name){ at, len };
		at += len;
		if (*at++ == ')')
			break;
	}
	section->names = names;
	section->name_count = count;
	return *at == '\0';
}

static bool
url_section(struct append *a, const struct url *url, struct section *section)
{
	const char *text = buf_str(&url->section), *why;
	int used = section_parse(text, url->section.len, section, &why);

	if (used < 0)
		return false;
	if (section->kind == SECTION_HEADER_FIELDS || section->kind == SECTION_HEADER_FIELDS_NOT)
		return section_names(a, text + used, section);
	return text[used] == '\0';
}

/* ---- its octets ---- */

/* The mailbox that the URL names, open and looked at. NULL: there is none. */
static struct mailbox *
url_mailbox(struct append *a, const struct url *url)
{
	struct session *s = a->s;
	struct buf spelled = BUF_INIT, name = BUF_INIT;
	struct mailbox *found = NULL;
	struct err err;

	if (url->mailbox.len == 0)
		return s->mailbox;
	if (session_utf8(s))
		buf_add(&spelled, url->mailbox.data, url->mailbox.len);
	else
		mutf7_encode(url->mailbox.data, url->mailbox.len, &spelled);
	if (name_from_client(s, buf_str(&spelled), spelled.len, &name, &err) < 0)
		goto out;
	if (s->mailbox != NULL && strcmp(s->mailbox->name, name.data) == 0) {
		found = s->mailbox;
		goto out;
	}
	if (a->source != NULL && strcmp(a->source_name, name.data) == 0) {
		found = a->source;
		goto out;
	}
	mailbox_close(&a->source);
	free(a->source_name);
	a->source_name = buf_steal(&name);
	if (folder_open_mailbox(&s->account, a->source_name, ERR_NONEXISTENT, &a->source, &err) == 0
	    && mailbox_sync(a->source, &err) < 0)
		mailbox_close(&a->source);
	found = a->source;
out:
	buf_fini(&spelled);
	buf_fini(&name);
	return found;
}

struct copy {
	struct append *a;
	bool failed;
};

static void
copy_bytes(void *ctx, const char *bytes, size_t len)
{
	struct copy *copy = ctx;
	struct append *a = copy->a;

	if (!copy->failed && delivery_write(&a->deliveries[a->count - 1], bytes, len, &a->cmd->err) < 0)
		copy->failed = true;
}

/* Add what the URL means to the last delivery. */
static int
copy_section(struct append *a, const struct str *text, const struct url *url,
    const struct section *section, struct mailbox *m, uint32_t row)
{
	struct message_reader reader = MESSAGE_READER_INIT;
	struct part_table parts = PART_TABLE_INIT;
	struct section_data data = SECTION_DATA_INIT;
	struct cache_record record;
	struct copy copy = { .a = a };
	enum message_result loaded;
	int result = -1;

	loaded = message_load(&reader, m, row, MESSAGE_WANT_FILE | MESSAGE_WANT_PARTS, &record,
	    &a->cmd->err);
	if (loaded == MESSAGE_FAILED)
		goto out;
	if (loaded == MESSAGE_GONE) {
		bad_url(a, text, "There is no such message");
		goto out;
	}
	if (!part_table_load(&parts, record.field[CACHE_PARTS].data, record.field[CACHE_PARTS].len,
	    reader.mail.len) || !section_find(section, reader.mail.data, reader.mail.len,
	    MAIL_UNKNOWN, &parts, &data)) {
		bad_url(a, text, "The message has no such section");
		goto out;
	}
	if (append_fits(a, section_partial(&data, url->offset, url->count)) < 0)
		goto out;
	if (!section_send(&data, reader.mail.data, reader.mail.len, url->offset, url->count,
	    copy_bytes, &copy))
		bad_url(a, text, "The message changed while it was read");
	else if (!copy.failed)
		result = 0;
out:
	section_data_fini(&data);
	part_table_fini(&parts);
	message_reader_fini(&reader, m);
	return result;
}

static int
append_url(struct append *a, const struct str *text)
{
	struct url url = { 0 };
	struct section section;
	struct mailbox *m;
	uint32_t row;
	int result = -1;

	if (!url_parse(text->data, text->len, &url) || !url_section(a, &url, &section)) {
		bad_url(a, text, "This is no URL of a message here");
	} else if ((m = url_mailbox(a, &url)) == NULL) {
		bad_url(a, text, "There is no such mailbox");
	} else if (url.uidvalidity != 0 && url.uidvalidity != m->facts.uidvalidity) {
		bad_url(a, text, "The mailbox has another UIDVALIDITY");
	} else {
		row = mailbox_row_of_uid(m, url.uid);
		if (row >= mailbox_rows(m) || mailbox_uid(m, row) != url.uid)
			bad_url(a, text, "There is no such message");
		else
			result = copy_section(a, text, &url, &section, m, row);
	}
	buf_fini(&url.mailbox);
	buf_fini(&url.section);
	return result;
}

/* ---- the list ---- */

/* A literal, behind "TEXT " or inside "UTF8 (...)". */
static int
append_text(struct append *a, bool utf8)
{
	struct literal head;

	if (parse_literal_head(&a->cmd->parse, &head) < 0 || append_fits(a, head.size) < 0)
		return -1;
	if (utf8 && !head.binary)
		return err_set(&a->cmd->err, ERR_SYNTAX, "UTF8 takes a literal8 (~{n})");
	if (append_ready(a) < 0 || append_literal(a, &head) < 0)
		return -1;
	return utf8 ? parse_char(&a->cmd->parse, ')') : 0;
}

static int
append_part(struct append *a)
{
	struct parse *p = &a->cmd->parse;
	struct str url;

	if (parse_try_word(p, "TEXT"))
		return parse_space(p) < 0 ? -1 : append_text(a, false);
	if (parse_try_word(p, "UTF8")) {
		if (!session_utf8(a->s))
			return err_set(&a->cmd->err, ERR_SYNTAX, "ENABLE UTF8=ACCEPT before UTF8");
		return parse_space(p) < 0 || parse_char(p, '(') < 0 ? -1 : append_text(a, true);
	}
	if (!parse_try_word(p, "URL"))
		return parse_fail(p, "URL, TEXT or UTF8");
	if (parse_space(p) < 0 || parse_astring(p, &url) < 0 || append_ready(a) < 0)
		return -1;
	return append_url(a, &url);
}

int
append_catenate(struct append *a)
{
	struct parse *p = &a->cmd->parse;
	int parts = 0;

	if (parse_char(p, '(') < 0)
		return -1;
	do {
		if (parts++ == CATENATE_PARTS_MAX)
			return err_set(&a->cmd->err, ERR_LIMIT, "CATENATE takes at most %d parts",
			    CATENATE_PARTS_MAX);
		if (append_part(a) < 0)
			return -1;
	} while (parse_try(p, ' '));
	if (parse_char(p, ')') < 0)
		return -1;
	if (a->deliveries[a->count - 1].size == 0)
		return err_set(&a->cmd->err, ERR_NO, "An empty message is not kept");
	return 0;
}
