/* Mailbox names, the client's way and the store's way. */
#include "session/names.h"

#include <string.h>

#include "mail/module.h"
#include "message/message.h"
#include "session/session.h"
#include "store/folder.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/utf8.h"
#include "wire/mutf7.h"

/*
 * Is the name that the client gave in UTF-8? Before ENABLE too, if it has octets
 * that modified UTF-7 has not (RFC 6855 3).
 */
static bool
given_in_utf8(const struct session *s, const char *name, size_t len)
{
	bool high = false;

	for (size_t i = 0; i < len && !high; i++)
		high = (unsigned char)name[i] >= 0x80;
	return high || session_utf8(s);
}

/* Decode a run of one part, without the two escapes. */
static int
run_from_client(const struct session *s, bool utf8, const char *text, size_t len, struct buf *out)
{
	size_t from = out->len;

	if (memchr(text, '/', len) != NULL && s->options->separator == '/')
		return -1;
	if (utf8) {
		if (!utf8_valid(text, len))
			return -1;
		buf_add(out, text, len);
	} else if (mutf7_decode(text, len, out) < 0) {
		return -1;
	}
	/* "/" inside a part is not ours to read as a separator. */
	for (size_t i = from; i < out->len; i++) {
		if (out->data[i] == FOLDER_SLASH)
			return -1;
		if (out->data[i] == '/')
			out->data[i] = FOLDER_SLASH;
	}
	return 0;
}

static int
part_from_client(const struct session *s, bool utf8, const char *part, size_t len, struct buf *out)
{
	size_t start = 0;

	for (size_t i = 0; i + 5 <= len;) {
		bool dot = memcmp(part + i, "&AC4-", 5) == 0;
		bool slash = memcmp(part + i, "&AC8-", 5) == 0;

		if (!dot && !slash) {
			i++;
			continue;
		}
		if (run_from_client(s, utf8, part + start, i - start, out) < 0)
			return -1;
		buf_addc(out, dot ? '.' : FOLDER_SLASH);
		start = i += 5;
	}
	return run_from_client(s, utf8, part + start, len - start, out);
}

static int
spell_for_store(const struct session *s, const char *name, size_t len, struct buf *out,
    struct err *err)
{
	const char *prefix = s->options->prefix;
	size_t prefix_len = strlen(prefix), start = out->len;
	char separator = s->options->separator;
	bool utf8 = given_in_utf8(s, name, len);

	if (memchr(name, '\0', len) != NULL)
		return err_set(err, ERR_CANNOT, "A mailbox name may not hold NUL");
	if (prefix_len > 0 && !ascii_is(name, len, "INBOX")) {
		if (len <= prefix_len || ascii_ncasecmp(name, prefix, prefix_len) != 0)
			return err_set(err, ERR_CANNOT, "Mailbox names begin with %s here", prefix);
		name += prefix_len;
		len -= prefix_len;
	}
	for (;;) {
		const char *end = memchr(name, separator, len);
		size_t n = end != NULL ? (size_t)(end - name) : len;
		size_t part = out->len;

		if (part_from_client(s, utf8, name, n, out) < 0)
			return err_set(err, ERR_CANNOT, utf8
			    ? "The mailbox name is not valid UTF-8"
			    : "The mailbox name is not valid modified UTF-7");
		/* INBOX is one mailbox in any case of its letters, also as a parent. */
		if (part == start && prefix_len == 0 && ascii_is(buf_str(out) + part, out->len - part, "INBOX"))
			memcpy(out->data + part, "INBOX", 5);
		if (end == NULL)
			break;
		buf_addc(out, '/');
		name += n + 1;
		len -= n + 1;
	}
	if (prefix_len > 0 && ascii_is(buf_str(out) + start, out->len - start, "INBOX"))
		memcpy(out->data + start, "INBOX", 5);
	return 0;
}

/*
 * May composing change this? Scripts whose characters stand alone never ask for the
 * module: below U+0300 nothing combines, and these blocks have neither combining
 * characters nor any that another form is preferred to.
 */
static bool
may_need_composing(const char *text, size_t len)
{
	static const struct {
		uint32_t first, last;
	} safe[] = {
		{ 0, 0x2ff }, { 0x388, 0x482 }, { 0x48a, 0x590 }, { 0x10a0, 0x10ff },
		{ 0x3041, 0x3098 }, { 0x309b, 0x30ff }, { 0x4e00, 0x9fff }, { 0xac00, 0xd7a3 },
		{ 0x1f300, 0x1faff },
	};
	const char *end = text + len;
	uint32_t c;

	while (utf8_next(&text, end, &c)) {
		size_t i = 0;

		while (i < sizeof safe / sizeof safe[0] && (c < safe[i].first || c > safe[i].last))
			i++;
		if (i == sizeof safe / sizeof safe[0])
			return true;
	}
	return false;
}

static int
spell_composed(struct session *s, const char *name, size_t len, bool for_new, struct buf *out,
    struct err *err)
{
	size_t start = out->len;
	const struct message_ops *ops;
	struct buf composed = BUF_INIT;

	buf_reset(&s->name_given);
	if (spell_for_store(s, name, len, out, err) < 0)
		return -1;
	/* Modified UTF-7 has no rule of forms, and its clients look for just the name that they gave. */
	if (!given_in_utf8(s, name, len) || !may_need_composing(out->data + start, out->len - start)
	    || (!for_new && folder_exists(&s->account, buf_str(out) + start)))
		return 0;
	ops = module_ops(err);
	if (ops == NULL)
		return -1;
	ops->compose(out->data + start, out->len - start, &composed);
	if (strcmp(buf_str(&composed), buf_str(out) + start) != 0) {
		buf_adds(&s->name_given, buf_str(out) + start);
		buf_reset(&s->name_composed);
		buf_adds(&s->name_composed, buf_str(&composed));
		out->len = start;
		buf_add(out, composed.data, composed.len);
	}
	buf_fini(&composed);
	return 0;
}

const char *
name_given_for(const struct session *s, const char *name)
{
	return s->name_given.len > 0 && strcmp(buf_str(&s->name_composed), name) == 0
	    ? buf_str(&s->name_given) : NULL;
}

int
name_from_client(struct session *s, const char *name, size_t len, struct buf *out, struct err *err)
{
	return spell_composed(s, name, len, false, out, err);
}

int
name_for_new(struct session *s, const char *name, size_t len, struct buf *out, struct err *err)
{
	return spell_composed(s, name, len, true, out, err);
}

static void
part_to_client(const struct session *s, bool utf8, const char *part, size_t len, struct buf *out)
{
	size_t start = 0;

	for (size_t i = 0; i <= len; i++) {
		const char *escape = NULL;

		if (i < len && part[i] == '.' && s->options->separator == '.')
			escape = "&AC4-";
		else if (i < len && part[i] == FOLDER_SLASH)
			escape = s->options->separator == '/' ? "&AC8-" : "/";
		else if (i < len)
			continue;
		if (utf8)
			buf_add(out, part + start, i - start);
		else
			mutf7_encode(part + start, i - start, out);
		if (escape != NULL)
			buf_adds(out, escape);
		start = i + 1;
	}
}

static void
spell_for_client(const struct session *s, bool utf8, const char *name, struct buf *out)
{
	if (strcmp(name, "INBOX") == 0) {
		buf_adds(out, name);
		return;
	}
	buf_adds(out, s->options->prefix);
	for (;;) {
		size_t len = strcspn(name, "/");

		part_to_client(s, utf8, name, len, out);
		if (name[len] == '\0')
			return;
		buf_addc(out, s->options->separator);
		name += len + 1;
	}
}

void
name_to_client(const struct session *s, const char *name, struct buf *out)
{
	spell_for_client(s, session_utf8(s), name, out);
}

void
name_like_pattern(const struct session *s, const struct buf *pattern, const char *name,
    struct buf *out)
{
	spell_for_client(s, given_in_utf8(s, buf_str(pattern), pattern->len), name, out);
}

int
parse_mailbox(struct session *s, struct command *cmd, const char **out, struct err *why)
{
	struct buf name = BUF_INIT;
	struct str text;

	*out = NULL;
	if (parse_astring(&cmd->parse, &text) < 0)
		return -1;
	if (text.len == 0)
		err_set(why, ERR_CANNOT, "A mailbox name may not be empty");
	else if (name_from_client(s, text.data, text.len, &name, why) == 0)
		*out = arena_strndup(cmd->arena, name.data, name.len);
	buf_fini(&name);
	return 0;
}
