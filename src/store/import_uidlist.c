/*
 * `dovecot-uidlist` and `courierimapuiddb`, line by line.
 *
 *	3 V1732288000 N5 G2f0c1d3a9be45a6700001234abcdef01
 *	1 :1732288001.M1P2.host,S=512,W=530
 *	3 W4222 Gabc-123 :1732288050.M9P2.host,S=4100
 *
 * is version 3 of Dovecot (1.1 and later): fields are a letter with a value, new
 * records are appended while the header stays. Version 1 is Dovecot's before,
 * and Courier's; the file was always replaced whole:
 *
 *	1 1732288000 5
 *	1 1732288001.M1P2.host,S=512
 *
 * UIDs rise. A UID that does not ends the trust in what follows; a record that
 * cannot be read harms no other. Every number that is seen counts as given away,
 * so that no UID of ours can mean another message than the one that it meant.
 * A record whose file is gone is an expunged message, not damage.
 */
#include "store/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/maildir_name.h"
#include "util/ascii.h"
#include "util/mem.h"

void
import_source_fini(struct import_source *source)
{
	free(source->hits);
	source->hits = NULL;
	arena_fini(&source->texts);
}

void
import_record(struct import_source *source, const struct import_files *files, uint32_t uid,
    const char *base, size_t len, const char *email_id)
{
	int64_t at = import_files_base(files, base, len);
	struct import_hit *hit;

	source->records++;
	if (at >= 0) {
		hit = &source->hits[at];
		source->named += hit->uid == 0;
		hit->uid = uid;	/* the same name again: removed and put back, the later UID is right */
		hit->email_id = email_id != NULL && *email_id != '\0'
		    ? arena_strndup(&source->texts, email_id, strlen(email_id)) : NULL;
		return;
	}
	at = import_files_core(files, base, len);
	if (at >= 0) {
		hit = &source->hits[at];
		hit->maybe_shared = hit->maybe != 0;
		hit->maybe = uid;
	}
}

void
import_records_end(struct import_source *source, const struct import_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		struct import_hit *hit = &source->hits[i];

		if (hit->uid == 0 && hit->maybe != 0 && !hit->maybe_shared) {
			hit->uid = hit->maybe;
			source->named++;
		}
	}
}

/* ---- words ---- */

struct words {
	const char *at, *end;
};

static bool
next_word(struct words *w, const char **word, size_t *len)
{
	const char *space;

	while (w->at < w->end && *w->at == ' ')
		w->at++;
	if (w->at == w->end)
		return false;
	space = memchr(w->at, ' ', (size_t)(w->end - w->at));
	*word = w->at;
	*len = (size_t)((space != NULL ? space : w->end) - w->at);
	w->at += *len;
	return true;
}

static bool
uid_number(const char *text, size_t len, uint32_t *out)
{
	uint64_t value;

	/* Dovecot has no message with the highest number either. */
	if (!ascii_number(text, len, UINT32_MAX - 1, &value) || value == 0)
		return false;
	*out = (uint32_t)value;
	return true;
}

static bool
is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_hex(text[i]) < 0)
			return false;
	return true;
}

/* ---- headers ---- */

/* The fields of version 3; of other versions that have them too, what is known is taken. */
static void
header_fields(struct import_source *source, struct words *w)
{
	const char *word;
	size_t len;

	while (next_word(w, &word, &len)) {
		uint64_t value;

		switch (word[0]) {
		case 'V':
			if (source->uidvalidity == 0 && ascii_number(word + 1, len - 1, UINT32_MAX, &value))
				source->uidvalidity = (uint32_t)value;
			break;
		case 'N':
			if (ascii_number(word + 1, len - 1, UINT32_MAX, &value) && value != 0)
				source->uidnext = (uint32_t)value;
			break;
		case 'G':
			if (len == MAILBOX_ID_LEN + 1 && is_hex(word + 1, MAILBOX_ID_LEN)) {
				for (size_t i = 0; i < MAILBOX_ID_LEN; i++)
					source->mailbox_id[i] = ascii_lower(word[1 + i]);
				source->mailbox_id[MAILBOX_ID_LEN] = '\0';
			}
			break;
		}
	}
}

/* Says whether records follow in the form of version 1. */
static bool
read_header(struct import_source *source, const char *line, size_t len)
{
	struct words w = { line, line + len };
	const char *version, *word;
	size_t version_len, word_len;
	uint64_t value;

	if (!next_word(&w, &version, &version_len))
		return false;
	if (version_len != 1 || *version != '1') {
		if (source->kind == IMPORT_DOVECOT)
			header_fields(source, &w);
		return false;
	}
	if (source->kind == IMPORT_DOVECOT)
		source->kind = IMPORT_DOVECOT_OLD;
	if (next_word(&w, &word, &word_len) && ascii_number(word, word_len, UINT32_MAX, &value))
		source->uidvalidity = (uint32_t)value;
	if (next_word(&w, &word, &word_len) && ascii_number(word, word_len, UINT32_MAX, &value)
	    && value != 0)
		source->uidnext = (uint32_t)value;
	return true;
}

/* ---- records ---- */

/* EMAILID's alphabet (RFC 8474 4). */
static bool
fits_email_id(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_alpha(text[i]) && !ascii_is_digit(text[i]) && text[i] != '-'
		    && text[i] != '_')
			return false;
	return len > 0 && len <= 255;
}

/* The fields up to ":"; false when there is none. The message's own id goes to email_id. */
static bool
record_fields(struct words *w, char *email_id)
{
	const char *word;
	size_t len;

	for (;;) {
		while (w->at < w->end && *w->at == ' ')
			w->at++;
		if (w->at < w->end && *w->at == ':') {
			w->at++;
			return true;
		}
		if (!next_word(w, &word, &len))
			return false;
		if (*word == 'G' && fits_email_id(word + 1, len - 1)) {
			memcpy(email_id, word + 1, len - 1);
			email_id[len - 1] = '\0';
		}
	}
}

static void
read_record(struct import_source *source, const struct import_files *files, bool old,
    uint32_t uid, struct words *w)
{
	char email_id[256] = "";
	const char *colon;
	size_t len;

	if (old) {
		while (w->at < w->end && *w->at == ' ')
			w->at++;
	} else if (!record_fields(w, email_id)) {
		source->bad++;
		return;
	}
	/* Old writers stored the flags too: the base name ends at the first ":". */
	colon = memchr(w->at, ':', (size_t)(w->end - w->at));
	len = (size_t)((colon != NULL ? colon : w->end) - w->at);
	if (len == 0 || len > 255 || memchr(w->at, '/', len) != NULL
	    || memchr(w->at, '\0', len) != NULL) {
		source->bad++;
		return;
	}
	import_record(source, files, uid, w->at, len, email_id);
}

static void
read_records(struct import_source *source, const struct import_files *files,
    struct import_lines *lines, bool old)
{
	uint32_t last = 0, highest = 0;
	bool trusted = true;
	char *line;
	size_t len;
	int what;

	while ((what = import_line(lines, &line, &len)) != 0) {
		struct words w = { line, line + len };
		const char *word;
		size_t word_len;
		uint32_t uid;

		if (!next_word(&w, &word, &word_len) || !uid_number(word, word_len, &uid)) {
			source->bad++;
			continue;
		}
		if (uid > highest)
			highest = uid;
		if (uid <= last)
			trusted = false;
		if (!trusted || what != 1) {
			/* out of order, torn, or longer than any record: only its number counts */
			source->bad++;
			continue;
		}
		last = uid;
		read_record(source, files, old, uid, &w);
	}
	if (highest >= source->uidnext)
		source->uidnext = highest + 1;
}

void
import_uidlist(struct import_source *source, int dirfd, const struct import_files *files)
{
	struct import_lines lines = { .fd = import_open(dirfd, source->name, source) };
	char *line;
	size_t len;

	if (lines.fd < 0)
		return;
	source->hits = mem_calloc(files->count + 1, sizeof *source->hits);
	source->uidnext = 1;
	if (import_line(&lines, &line, &len) == 0) {
		snprintf(source->problem, sizeof source->problem, "it is empty");
	} else {
		bool old = read_header(source, line, len);

		if (source->uidvalidity == 0) {
			snprintf(source->problem, sizeof source->problem,
			    "no UIDVALIDITY can be read in its first line");
		} else {
			source->usable = true;
			read_records(source, files, &lines, old);
			import_records_end(source, files);
		}
	}
	if (source->bad > 0)
		snprintf(source->problem, sizeof source->problem,
		    "%zu of its lines could not be used", source->bad);
	source->trouble = lines.trouble;
	close(lines.fd);
	buf_fini(&lines.buf);
}
