/*
 * Keywords that Courier keeps in the directory `courierimapkeywords`. The file
 * `:list` is the settled state: names one a line, an empty line, then a line
 * "<base name>:<i> <i> ..." a message, with indexes into the names. A file called
 * as a message's base name holds what is newer, one keyword a line, none when it
 * is empty; ".<N>.<base name>" the same but older, the largest N counts and only
 * when there is no plain one. A newer file replaces what `:list` says.
 */
#include "store/import.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/keywords.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/mem.h"

enum {
	KEYWORD_MAX = 255,		/* as in STORE */
	KEYWORDS_MAX = 10000,		/* names in a mailbox, keywords of a message */
	SCANS_MAX = 5,			/* Courier was writing while we looked */
};

bool
import_keyword(const char *name, size_t len, struct buf *out)
{
	buf_reset(out);
	if (len > KEYWORD_MAX)
		len = KEYWORD_MAX;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		/* what no atom may hold (RFC 9051 9, ATOM-CHAR) */
		buf_addc(out, c <= ' ' || c >= 0x7f || strchr("(){%*\"\\]", c) != NULL ? '_' : (char)c);
	}
	return len > 0;
}

/* The newest overlay of each file. */
struct overlay {
	char *entry;		/* its name in the directory */
	uint64_t time;		/* UINT64_MAX for the plain one */
};

struct ids {
	uint32_t *at;
	size_t count, room;
};

static void
add_id(struct ids *ids, uint32_t id)
{
	if (ids->count == KEYWORDS_MAX)
		return;
	ids->at = mem_grow(ids->at, &ids->room, ids->count + 1, sizeof *ids->at);
	ids->at[ids->count++] = id;
}

static int64_t
file_of(const struct import_files *files, const char *base, size_t len)
{
	int64_t at = import_files_base(files, base, len);

	return at >= 0 ? at : import_files_core(files, base, len);
}

static void
note_overlay(const struct import_files *files, struct overlay *overlays, const char *entry)
{
	const char *base = entry;
	uint64_t when = UINT64_MAX;
	int64_t at;

	if (*entry == '.') {
		const char *dot = strchr(entry + 1, '.');

		if (dot == NULL || !ascii_number(entry + 1, (size_t)(dot - entry - 1), INT64_MAX, &when))
			return;
		base = dot + 1;
	}
	at = file_of(files, base, strlen(base));
	if (at < 0 || (overlays[at].entry != NULL && overlays[at].time >= when))
		return;
	free(overlays[at].entry);
	overlays[at].entry = mem_strdup(entry);
	overlays[at].time = when;
}

static bool
read_overlay(struct mailbox *m, int dirfd, const char *entry, uint32_t *set_out, int *trouble)
{
	struct import_source file = { .name = entry };
	struct import_lines lines = { .fd = import_open(dirfd, entry, &file) };
	struct buf name = BUF_INIT;
	struct ids ids = { NULL, 0, 0 };
	char *text;
	size_t len;

	if (file.trouble != 0)
		*trouble = file.trouble;
	if (lines.fd < 0)
		return file.found;	/* vanished: the caller looks again; unreadable: no keywords */
	while (ids.count < KEYWORDS_MAX && import_line(&lines, &text, &len) != 0)
		if (import_keyword(text, len, &name))
			add_id(&ids, keywords_id(&m->keywords, name.data, name.len));
	if (lines.trouble != 0)
		*trouble = lines.trouble;
	*set_out = keywords_set(&m->keywords, ids.at, ids.count);
	close(lines.fd);
	free(ids.at);
	buf_fini(&name);
	buf_fini(&lines.buf);
	return true;
}

/* A line of `:list` behind the names. */
static void
take_line(struct mailbox *m, struct import_files *files, const struct overlay *overlays,
    uint32_t *sets, const struct ids *names, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len), *end = text + len, *at;
	struct ids ids = { NULL, 0, 0 };
	int64_t file;

	if (colon == NULL || (file = file_of(files, text, (size_t)(colon - text))) < 0
	    || overlays[file].entry != NULL)
		return;
	for (at = colon + 1; at < end;) {
		const char *space = memchr(at, ' ', (size_t)(end - at));
		const char *stop = space != NULL ? space : end;
		uint64_t index;

		if (ascii_number(at, (size_t)(stop - at), KEYWORDS_MAX, &index) && index < names->count)
			add_id(&ids, names->at[index]);
		at = stop + 1;
	}
	sets[file] = keywords_set(&m->keywords, ids.at, ids.count);
	free(ids.at);
}

static void
read_list(struct mailbox *m, int dirfd, struct import_files *files,
    const struct overlay *overlays, uint32_t *sets, int *trouble)
{
	struct import_source file = { .name = ":list" };
	struct import_lines lines = { .fd = import_open(dirfd, ":list", &file) };
	struct ids names = { NULL, 0, 0 };
	struct buf name = BUF_INIT;
	bool behind_names = false;
	char *text;
	size_t len;
	int what;

	if (file.trouble != 0)
		*trouble = file.trouble;
	if (lines.fd < 0)
		return;
	while ((what = import_line(&lines, &text, &len)) != 0) {
		if (what == 3)
			continue;
		if (behind_names)
			take_line(m, files, overlays, sets, &names, text, len);
		else if (len == 0)
			behind_names = true;
		else if (import_keyword(text, len, &name))
			add_id(&names, keywords_id(&m->keywords, name.data, name.len));
	}
	if (lines.trouble != 0)
		*trouble = lines.trouble;
	close(lines.fd);
	free(names.at);
	buf_fini(&name);
	buf_fini(&lines.buf);
}

/* One scan: overlays, then what they do not cover. False: an overlay vanished meanwhile. */
static bool
scan(struct mailbox *m, DIR *dir, struct import_files *files, uint32_t *sets, int *trouble)
{
	struct overlay *overlays = mem_calloc(files->count + 1, sizeof *overlays);
	struct dirent *entry;
	bool whole = true;

	memset(sets, 0, (files->count + 1) * sizeof *sets);
	rewinddir(dir);
	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != ':')
			note_overlay(files, overlays, entry->d_name);
	if (errno != 0)
		*trouble = errno;
	for (size_t i = 0; whole && i < files->count; i++)
		if (overlays[i].entry != NULL)
			whole = read_overlay(m, dirfd(dir), overlays[i].entry, &sets[i], trouble);
	if (whole)
		read_list(m, dirfd(dir), files, overlays, sets, trouble);
	for (size_t i = 0; i < files->count; i++)
		free(overlays[i].entry);
	free(overlays);
	return whole;
}

int
import_courier_keywords(struct mailbox *m, struct import_files *files)
{
	int fd = openat(m->dirfd, "courierimapkeywords",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	int trouble = dir == NULL && import_may_pass(errno) ? errno : 0;
	uint32_t *sets;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return trouble;
	}
	sets = mem_calloc(files->count + 1, sizeof *sets);
	for (int tries = 0; tries < SCANS_MAX && !scan(m, dir, files, sets, &trouble); tries++)
		continue;
	for (size_t i = 0; i < files->count; i++)
		files->at[i].keywords = keywords_union(&m->keywords, files->at[i].keywords, sets[i]);
	free(sets);
	closedir(dir);
	return trouble;
}
