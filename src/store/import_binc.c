/*
 * BincIMAP's two files, `bincimap-uidvalidity` and `bincimap-cache`, in the brace
 * syntax of all its files:
 *
 *	depot {
 *		_uidvalidity = 1084182000,
 *		_uidnext = 57,
 *		_version = 1.0.5
 *	}
 *	0 {
 *		_UID = 12, _Size = 5120, _ID = 1084182000.12345.host, _InternalDate = 1084182000
 *	}
 *
 * Tokens are bare words, "strings" with \" and \\, and <hex> for whole strings;
 * several words for one value join with a space. Bare words may hold "@" here,
 * which BincIMAP wrote and could not read again. Only version 1.0.5 is known.
 */
#include "store/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/io.h"
#include "util/mem.h"

enum { BINC_MAX = 1 << 28 };	/* octets: two million messages */

#define BINC_VERSION "1.0.5"

struct reader {
	const char *at, *end;
	bool line_start;
};

/* ---- tokens ---- */

static void
skip_line(struct reader *r)
{
	const char *lf = memchr(r->at, '\n', (size_t)(r->end - r->at));

	r->at = lf != NULL ? lf : r->end;
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end) {
		if (*r->at == '\n') {
			r->line_start = true;
			r->at++;
		} else if (r->line_start && (*r->at == '#' || *r->at == ';')) {
			skip_line(r);
		} else if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '/') {
			skip_line(r);
		} else if (r->end - r->at >= 2 && r->at[0] == '/' && r->at[1] == '*') {
			const char *close = memmem(r->at + 2, (size_t)(r->end - r->at - 2), "*/", 2);

			r->at = close != NULL ? close + 2 : r->end;
		} else if (*r->at == ' ' || *r->at == '\t' || *r->at == '\r') {
			r->line_start = false;
			r->at++;
		} else {
			break;
		}
	}
	r->line_start = false;
}

static bool
is_bare(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || strchr("._-^@", c) != NULL;
}

static bool
read_quoted(struct reader *r, struct buf *out)
{
	for (r->at++; r->at < r->end; r->at++) {
		if (*r->at == '"') {
			r->at++;
			return true;
		}
		if (*r->at == '\\' && r->end - r->at > 1)
			r->at++;
		buf_addc(out, *r->at);
	}
	return false;
}

static bool
read_hex(struct reader *r, struct buf *out)
{
	for (r->at++; r->end - r->at > 1 && *r->at != '>'; r->at += 2) {
		if (ascii_hex(r->at[0]) < 0 || ascii_hex(r->at[1]) < 0)
			return false;
		buf_addc(out, (char)(ascii_hex(r->at[0]) << 4 | ascii_hex(r->at[1])));
	}
	return r->at < r->end && *r->at++ == '>';
}

/* One or more words that make a value; false at anything else. */
static bool
read_value(struct reader *r, struct buf *out)
{
	bool any = false;

	buf_reset(out);
	for (;;) {
		skip_blanks(r);
		if (r->at == r->end || (*r->at != '"' && *r->at != '<'
		    && (*r->at == '\0' || !is_bare(*r->at))))
			return any;
		if (any)
			buf_addc(out, ' ');
		any = true;
		if (*r->at == '"') {
			if (!read_quoted(r, out))
				return false;
		} else if (*r->at == '<') {
			if (!read_hex(r, out))
				return false;
		} else {
			while (r->at < r->end && *r->at != '\0' && is_bare(*r->at))
				buf_addc(out, *r->at++);
		}
	}
}

static bool
take(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

/* ---- sections ---- */

struct section {
	struct buf name, id, version;
	uint64_t uid, date, uidvalidity, uidnext;
};

static void
set_number(uint64_t *to, const struct buf *value)
{
	if (!ascii_number(buf_str(value), value->len, INT64_MAX, to))
		*to = 0;
}

/* The next section; false at the end of what can be read. */
static bool
next_section(struct reader *r, struct section *s)
{
	struct buf key = BUF_INIT, value = BUF_INIT;
	bool ok = false;

	buf_reset(&s->id);
	buf_reset(&s->version);
	s->uid = s->date = s->uidvalidity = s->uidnext = 0;
	if (!read_value(r, &s->name) || !take(r, '{'))
		goto out;
	for (;;) {
		if (take(r, '}')) {
			ok = true;
			break;
		}
		if (!read_value(r, &key) || !take(r, '='))
			break;
		if (!read_value(r, &value))
			buf_reset(&value);
		if (strcmp(buf_str(&key), "_UID") == 0)
			set_number(&s->uid, &value);
		else if (strcmp(buf_str(&key), "_InternalDate") == 0)
			set_number(&s->date, &value);
		else if (strcmp(buf_str(&key), "_uidvalidity") == 0)
			set_number(&s->uidvalidity, &value);
		else if (strcmp(buf_str(&key), "_uidnext") == 0)
			set_number(&s->uidnext, &value);
		else if (strcmp(buf_str(&key), "_ID") == 0)
			buf_add(&s->id, buf_str(&value), value.len);
		else if (strcmp(buf_str(&key), "_version") == 0)
			buf_add(&s->version, buf_str(&value), value.len);
		if (!take(r, ',')) {
			ok = take(r, '}');
			break;
		}
	}
out:
	buf_fini(&key);
	buf_fini(&value);
	return ok;
}

static void
section_fini(struct section *s)
{
	buf_fini(&s->name);
	buf_fini(&s->id);
	buf_fini(&s->version);
}

/* ---- the two files ---- */

static bool
read_whole(struct import_source *source, int dirfd, const char *name, struct buf *out)
{
	int fd = import_open(dirfd, name, source);
	bool ok;

	if (fd < 0)
		return false;
	ok = io_read_file(fd, out, BINC_MAX) == 0;
	if (!ok) {
		snprintf(source->problem, sizeof source->problem, "%s cannot be read: %s", name,
		    strerror(errno));
		if (import_may_pass(errno))
			source->trouble = errno;
	}
	close(fd);
	return ok;
}

static void
take_message(struct import_source *source, const struct import_files *files,
    const struct section *s, uint32_t *last)
{
	int64_t at;

	if (s->uid == 0 || s->uid >= UINT32_MAX || s->uid <= *last || s->id.len == 0
	    || s->id.len > 255 || memchr(s->id.data, '/', s->id.len) != NULL) {
		source->bad++;
		return;
	}
	*last = (uint32_t)s->uid;
	import_record(source, files, *last, s->id.data, strcspn(s->id.data, ":"), NULL);
	at = import_files_base(files, s->id.data, strcspn(s->id.data, ":"));
	if (at >= 0)
		source->hits[at].internal_date = (int64_t)s->date;
}

/* Is the version that the last section tells the one that we know? */
static bool
known_version(const struct buf *text)
{
	struct reader r = { buf_str(text), buf_str(text) + text->len, true };
	struct section s = { .name = BUF_INIT };
	bool known = false;

	while (next_section(&r, &s))
		if (strcmp(buf_str(&s.name), "depot") == 0)
			known = strcmp(buf_str(&s.version), BINC_VERSION) == 0;
	section_fini(&s);
	return known;
}

void
import_binc(struct import_source *source, int dirfd, const struct import_files *files)
{
	struct buf head = BUF_INIT, cache = BUF_INIT;
	struct section s = { .name = BUF_INIT };
	struct reader r;
	uint32_t last = 0;

	if (!read_whole(source, dirfd, "bincimap-uidvalidity", &head)
	    || !read_whole(source, dirfd, source->name, &cache)) {
		if (source->found && source->problem[0] == '\0')
			snprintf(source->problem, sizeof source->problem, "its companion is missing");
		goto out;
	}
	source->hits = mem_calloc(files->count + 1, sizeof *source->hits);
	r = (struct reader){ buf_str(&head), buf_str(&head) + head.len, true };
	if (!known_version(&head) || !known_version(&cache) || !next_section(&r, &s)
	    || s.uidvalidity == 0 || s.uidvalidity > UINT32_MAX) {
		snprintf(source->problem, sizeof source->problem,
		    "it has no UIDVALIDITY, or is of another version than " BINC_VERSION);
		goto out;
	}
	source->usable = true;
	source->uidvalidity = (uint32_t)s.uidvalidity;
	source->uidnext = s.uidnext > 0 && s.uidnext <= UINT32_MAX ? (uint32_t)s.uidnext : 1;
	r = (struct reader){ buf_str(&cache), buf_str(&cache) + cache.len, true };
	while (next_section(&r, &s))
		if (strcmp(buf_str(&s.name), "depot") != 0)
			take_message(source, files, &s, &last);
	if (last >= source->uidnext)
		source->uidnext = last + 1;
	import_records_end(source, files);
out:
	section_fini(&s);
	buf_fini(&head);
	buf_fini(&cache);
}
