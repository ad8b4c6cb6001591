/* stat: each mailbox in a line, or as JSON; dump: our files as text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "store/cache.h"
#include "store/mailbox.h"
#include "util/utf8.h"

static bool first_object;

static void
print_json_text(const char *text)
{
	putchar('"');
	for (const char *at = text, *end = text + strlen(text); at < end;) {
		const char *before = at;
		uint32_t c;

		if (!utf8_next(&at, end, &c)) {
			at++;
			fputs("\xef\xbf\xbd", stdout);
		} else if (c == '"' || c == '\\') {
			printf("\\%c", (char)c);
		} else if (c < ' ' || (c >= 0x7f && c < 0xa0)) {
			printf("\\u%04x", (unsigned)c);
		} else {
			fwrite(before, 1, (size_t)(at - before), stdout);
		}
	}
	putchar('"');
}

static const char *
index_state(const struct mailbox *m)
{
	if (m->unsaved)
		return "unwritable";
	if (m->index.header == NULL)
		return "none";
	return m->tail > 0 ? "behind" : "current";
}

static int
stat_one(struct admin *a, const char *name)
{
	struct mailbox *m = admin_open(a, name, true);
	uint64_t octets = 0, texts, text_octets;
	uint32_t cached = 0;

	if (m == NULL)
		return ADMIN_FAILED;
	for (uint32_t row = 0; row < mailbox_rows(m) && !admin_stopped(a); row++) {
		struct cache_record record;
		struct row r;

		if (mailbox_flags(m, row) & (ROW_GONE | ROW_REMOVED))
			continue;
		octets += admin_file_size(m, row);
		mailbox_row(m, row, &r);
		cached += cache_get(cache_of(m), &r, &record);
		if (row % 256 == 0)
			progress(a, name, row, mailbox_rows(m));
	}
	progress_end(a);
	admin_signed(m, &texts, &text_octets);
	if (a->json) {
		printf("%s\n  {\"mailbox\": ", first_object ? "" : ",");
		print_json_text(name);
		printf(", \"messages\": %u, \"unseen\": %u, \"deleted\": %u, \"octets\": %" PRIu64
		    ", \"uidvalidity\": %u, \"uidnext\": %u, \"highestmodseq\": %" PRIu64
		    ", \"mailboxid\": \"%s\", \"index\": \"%s\", \"journal_octets\": %" PRIu64
		    ", \"cached\": %u, \"texts_indexed\": %" PRIu64 ", \"text_index_octets\": %" PRIu64
		    "}", m->exists, m->unseen, m->deleted, octets, m->facts.uidvalidity,
		    m->facts.uidnext, m->facts.modseq, m->facts.mailbox_id, index_state(m),
		    m->facts.position, cached, texts, text_octets);
		first_object = false;
	} else {
		printf("%9u %9u %9u %14" PRIu64 " %12" PRIu64 " %10u %10u %-10s %s\n", m->exists, m->unseen,
		    m->deleted, octets, text_octets, m->facts.uidvalidity, m->facts.uidnext, index_state(m),
		    admin_plain(a, name));
	}
	mailbox_close(&m);
	return ADMIN_OK;
}

int
admin_stat(struct admin *a)
{
	int status;

	first_object = true;
	if (a->json)
		putchar('[');
	else
		printf("%9s %9s %9s %14s %12s %10s %10s %-10s %s\n", "messages", "unseen", "deleted",
		    "octets", "text index",
		    "validity", "uidnext", "index", "mailbox");
	status = admin_each(a, stat_one);
	if (a->json)
		puts("\n]");
	return status;
}

/* ---- dump ---- */

static void
dump_index(struct admin *a, struct mailbox *m)
{
	const struct mailbox_facts *f = &m->facts;

	if (m->index.header == NULL) {
		puts("index: none");
		return;
	}
	printf("index: %u rows, %u unseen, journal %016" PRIx64 " up to octet %" PRIu64 "%s\n",
	    m->index.count, index_unseen(&m->index), f->serial, f->position - m->tail,
	    index_whole(&m->index) ? "" : ", DAMAGED");
	for (uint32_t i = 0; i < m->index.count; i++) {
		struct row row;

		index_row(&m->index, i, &row);
		printf("%u flags %03x set %u modseq %" PRIu64 " saved %" PRId64 " cache %" PRIu64 " %s%s\n",
		    row.uid, row.flags, row.set, row.modseq, row.save_date, row.cache,
		    admin_plain(a, row.base), admin_plain(a, row.suffix));
	}
	for (size_t i = 0; i < m->index.expunged_count; i++)
		printf("expunged %u:%u modseq %" PRIu64 "\n", m->index.expunged[i].first,
		    m->index.expunged[i].last, m->index.expunged[i].modseq);
}

static void
dump_uidlist(struct mailbox *m)
{
	char step[1 << 14];
	ssize_t n;

	if (m->journal_fd < 0) {
		puts("uidlist: none");
		return;
	}
	/* It is text already, and escaped, unless somebody else wrote there. */
	for (off_t at = 0; (n = pread(m->journal_fd, step, sizeof step, at)) > 0; at += n)
		for (ssize_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)step[i];

			if (c == '\n' || (c >= ' ' && c < 0x7f))
				putchar(c);
			else
				printf("\\x%02x", c);
		}
}

static void
dump_text(const char *name, const struct cache_text *text)
{
	if (text->data == NULL)
		return;
	printf("  %s: ", name);
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = (unsigned char)text->data[i];

		if (c >= ' ' && c < 0x7f)
			putchar(c);
		else
			printf("\\x%02x", c);
	}
	putchar('\n');
}

static void
dump_cache(struct mailbox *m)
{
	static const char *const names[CACHE_FIELDS] = { [CACHE_ENVELOPE] = "envelope",
		[CACHE_BODY] = "body", [CACHE_STRUCTURE] = "bodystructure", [CACHE_HEADER] = "header",
		[CACHE_PARTS] = "parts", [CACHE_PREVIEW] = "preview" };

	for (uint32_t i = 0; i < mailbox_rows(m); i++) {
		struct cache_record record;
		struct row row;

		mailbox_row(m, i, &row);
		if (!cache_get(cache_of(m), &row, &record))
			continue;
		printf("%u size %" PRIu64 " file %" PRIu64 " date %" PRId64 "\n", record.uid, record.size,
		    record.file_size, record.internal_date);
		for (int k = 0; k < CACHE_FIELDS; k++)
			if (names[k] != NULL)
				dump_text(names[k], &record.field[k]);
	}
}

static int
dump_one(struct admin *a, const char *name)
{
	struct mailbox *m = admin_open(a, name, false);

	if (m == NULL)
		return ADMIN_FAILED;
	if (a->what == NULL || strcmp(a->what, "uidlist") == 0)
		dump_uidlist(m);
	if (a->what == NULL || strcmp(a->what, "index") == 0)
		dump_index(a, m);
	if (a->what == NULL || strcmp(a->what, "cache") == 0)
		dump_cache(m);
	mailbox_close(&m);
	return ADMIN_OK;
}

int
admin_dump(struct admin *a)
{
	return admin_each(a, dump_one);
}
