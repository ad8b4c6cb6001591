/*
 * The files that the store reads: ours, with their checksums put right or left as
 * they come, and those of other servers. The first octet says which file the rest
 * is, the second how the Maildir was before. Then two sessions use it all.
 *
 * Whoever can write these files is the user, so a lie with a true checksum may
 * show wrong mail; what must hold is that nothing crashes, hangs or is not IMAP.
 * tests/store/corrupt.c has the other half: what damage may show to a client.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "place.h"
#include "session/session.h"
#include "store/index.h"
#include "store/line.h"
#include "util/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned flags);
time_t __wrap_time(time_t *out);

enum kind { PLAIN, LINES, INDEX, CACHE, PIECES };

static const struct file {
	const char *name;
	enum kind kind;
	bool ours;	/* read behind a first session, which made its companions */
} files[] = {
	{ "mayfly-uidlist", LINES, true },
	{ "mayfly-index", INDEX, true },
	{ "mayfly-cache", CACHE, true },
	{ "mayfly-account", LINES, true },
	{ "mayfly-subscriptions", LINES, true },
	{ "mayfly-metadata", LINES, true },
	{ "maildirsize", PLAIN, true },
	{ "mayfly-import", LINES, true },
	{ "dovecot-uidlist", PLAIN, false },
	{ "dovecot-keywords", PLAIN, false },
	{ "courierimapuiddb", PLAIN, false },
	{ "courierimapkeywords/:list", PLAIN, false },
	{ "courierimapkeywords/1400000001.M1P1.host,S=92", PLAIN, false },
	{ "bincimap-cache", PLAIN, false },
	{ "bincimap-uidvalidity", PLAIN, false },
	{ "subscriptions", PLAIN, false },
	{ "courierimapsubscribed", PLAIN, false },
	{ ".bincimap-subscribed", PLAIN, false },
	{ "bincimap-subscribed", PLAIN, false },
	{ "mayfly-keys", PIECES, true },
};
enum { FILES = sizeof files / sizeof files[0] };

/* The same "random" octets and the same hour in each run: serials and keys agree with those of the seeds. */
static uint64_t random_state;

ssize_t
__wrap_getrandom(void *bytes, size_t len, unsigned flags)
{
	unsigned char *p = bytes;

	(void)flags;
	for (size_t i = 0; i < len; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		p[i] = (unsigned char)(random_state >> 56);
	}
	return (ssize_t)len;
}

time_t
__wrap_time(time_t *out)
{
	if (out != NULL)
		*out = 1732288000;
	return 1732288000;
}

/* ---- checksums made true ---- */

static void
close_lines(struct buf *bytes)
{
	struct buf out = BUF_INIT;
	const char *at = buf_str(bytes), *end = at + bytes->len;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((lf != NULL ? lf : end) - at), start = out.len;

		if (lf == NULL) {
			buf_add(&out, at, len);
			break;
		}
		if (len > 9 && at[len - 9] == ' ')
			len -= 9;
		buf_add(&out, at, len);
		line_close(&out, start);
		at = lf + 1;
	}
	buf_fini(bytes);
	*bytes = out;
}

static void
put32(struct buf *bytes, size_t at, uint32_t value)
{
	memcpy(bytes->data + at, &value, 4);
}

/* As struct index_header in store/index.c, which keeps it to itself; the first run checks that it is so. */
enum {
	INDEX_COLUMNS = 40 + sizeof(struct mailbox_facts) + 40,
	INDEX_END = INDEX_COLUMNS + 14 * 8,
	INDEX_BODY_CRC = INDEX_END + 8 + 20,
	INDEX_HEADER_CRC = INDEX_BODY_CRC + 4,
};

static void
close_index(struct buf *bytes)
{
	uint64_t size = bytes->len;

	if (size < 512)
		return;
	memcpy(bytes->data + 16, &size, 8);
	memcpy(bytes->data + INDEX_END, &size, 8);
	put32(bytes, INDEX_BODY_CRC, hash_crc32c(0, bytes->data + 512, size - 512));
	put32(bytes, INDEX_HEADER_CRC, hash_crc32c(0, bytes->data, INDEX_HEADER_CRC));
}

/* Pieces (store/pieces.c) too: header and records have their checksums in the same places. */
static void
close_cache(struct buf *bytes)
{
	if (bytes->len < 64)
		return;
	put32(bytes, 28, hash_crc32c(0, bytes->data, 28));
	for (size_t at = 64; at + 8 <= bytes->len;) {
		uint32_t len;

		memcpy(&len, bytes->data + at + 4, 4);
		if (len < 8 || len > bytes->len - at)
			break;
		put32(bytes, at, hash_crc32c(0, bytes->data + at + 4, len - 4));
		at += len;
	}
}

/* ---- the runs ---- */

/* So many questions that it pays to keep keys of a few messages (cmd/search_keys.c). */
#define NEVER "NOT SENTON 2-Feb-1971 "
#define EIGHT NEVER NEVER NEVER NEVER NEVER NEVER NEVER NEVER
#define MANY EIGHT EIGHT EIGHT EIGHT EIGHT

static const char usual[] =
	"a1 CAPABILITY\r\na2 LIST \"\" * RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT SIZE MAILBOXID))\r\n"
	"a3 LSUB \"\" *\r\na4 GETMETADATA (DEPTH infinity) \"\" (/shared /private)\r\na5 GETQUOTAROOT INBOX\r\n"
	"b1 SELECT INBOX\r\nb2 UID FETCH 1:* (FLAGS EMAILID SAVEDATE INTERNALDATE RFC822.SIZE MODSEQ)\r\n"
	"b3 FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY PREVIEW BODY.PEEK[HEADER.FIELDS (SUBJECT FROM)] BODY.PEEK[1])\r\n"
	"b4 UID SEARCH KEYWORD todo TEXT hello\r\nb5 UID SORT (SUBJECT DATE) UTF-8 ALL\r\nb6 UID THREAD REFERENCES UTF-8 ALL\r\n"
	"b7 SORT (SUBJECT DISPLAYFROM DATE) UTF-8 " MANY "ALL\r\nb8 SEARCH " MANY "SUBJECT e FROM e\r\n"
	"c1 STORE 1:* +FLAGS (\\Flagged todo new$kw)\r\nc2 STORE 1 -FLAGS (todo)\r\nc3 COPY 1:* box\r\n"
	"c4 STORE 2 +FLAGS (\\Deleted)\r\nc5 EXPUNGE\r\nc6 APPEND INBOX (todo) {10+}\r\nSubject: x\r\nc7 NOOP\r\n"
	"d1 CREATE more\r\nd2 SUBSCRIBE more\r\nd3 RENAME more less\r\nd4 SETMETADATA \"\" (/private/comment \"hi\")\r\n"
	"d5 STATUS box (MESSAGES UNSEEN RECENT UIDNEXT UIDVALIDITY)\r\nd6 MOVE 1 box\r\nd7 UNSELECT\r\n"
	"d8 DELETE less\r\nz LOGOUT\r\n";
static const char again[] =
	"a ENABLE QRESYNC\r\nb SELECT INBOX (QRESYNC (1732288000 1 1:100))\r\nc UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)\r\n"
	"d FETCH 1:* (ENVELOPE BODYSTRUCTURE)\r\ne STORE 1:* FLAGS ()\r\nf CLOSE\r\ng SELECT box\r\nh FETCH 1:* FLAGS\r\nz LOGOUT\r\n";

/* A cache holds what goes onto the wire as it stands: with true checksums it can say anything. */
static void
serve(const char *says, bool sound)
{
	struct buf answer = BUF_INIT;

	random_state = 77;
	place_serve(says, strlen(says), &answer);
	assert(place_is_imap(&answer) || !sound);
	buf_fini(&answer);
}

static void
make_place(const struct file *file)
{
	char path[4200];

	static bool kept;

	random_state = 1;
	if (file->ours && kept) {
		place_back();
		return;
	}
	place_fresh();
	snprintf(path, sizeof path, "%s/courierimapkeywords", place_path());
	mkdir(path, 0700);
	if (strcmp(file->name, "dovecot-keywords") != 0)
		place_write("dovecot-keywords", "0 todo\n1 $Work\n", 15);
	if (file->ours) {
		serve(usual, true);
		place_keep();
		kept = true;
	}
}

/* Closing what the store wrote changes nothing. */
static void
check_closing(void)
{
	static const char *const names[] = { "mayfly-uidlist", "mayfly-index", "mayfly-cache", "mayfly-keys" };
	static void (*const closing[])(struct buf *) = { close_lines, close_index, close_cache, close_cache };

	make_place(&files[0]);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buf before = BUF_INIT, after = BUF_INIT;

		assert(place_read(names[i], &before) && place_read(names[i], &after));
		closing[i](&after);
		assert(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
		buf_fini(&before);
		buf_fini(&after);
	}
}

/* FUZZ_SEEDS=DIRECTORY: what the store wrote, as inputs of this target. */
static void
save_seeds(const char *dir)
{
	for (unsigned i = 0; i < FILES; i++) {
		struct buf bytes = BUF_INIT;
		char path[4200];
		FILE *out;

		if (!files[i].ours)
			continue;
		make_place(&files[i]);
		if (!place_read(files[i].name, &bytes))
			continue;
		snprintf(path, sizeof path, "%s/ours-%s", dir, files[i].name);
		if ((out = fopen(path, "wb")) == NULL)
			abort();
		fputc((int)i, out);
		fputc(1, out);
		fwrite(bytes.data, 1, bytes.len, out);
		fclose(out);
		buf_fini(&bytes);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_options options = { .user = "fuzz", .separator = '/', .prefix = "" };
	struct buf bytes = BUF_INIT;
	static bool ready;
	const struct file *file;

	if (!ready) {
		check_closing();
		if (getenv("FUZZ_SEEDS") != NULL)
			save_seeds(getenv("FUZZ_SEEDS"));
		ready = true;
	}
	if (size < 2)
		return 0;
	file = &files[data[0] % FILES];
	options.layout = data[1] & 8 ? LAYOUT_FS : LAYOUT_MAILDIRPP;
	options.share_letters = data[1] & 16;
	options.quota_bytes = data[1] & 32 ? 100000 : 0;
	make_place(file);
	buf_add(&bytes, (const char *)data + 2, size - 2);
	if (bytes.len > 0 && (data[1] & 1)) {
		if (file->kind == LINES)
			close_lines(&bytes);
		else if (file->kind == INDEX)
			close_index(&bytes);
		else if (file->kind == CACHE || file->kind == PIECES)
			close_cache(&bytes);
	}
	/* two copies of what matters: damage to one finds the other there, or not */
	if (data[1] & 2)
		place_remove(file->kind == INDEX ? "mayfly-uidlist" : "mayfly-index");
	if (data[1] & 4)
		place_remove("mayfly-account");
	place_write(file->name, buf_str(&bytes), bytes.len);
	buf_fini(&bytes);
	place_options(&options);
	serve(usual, file->kind != CACHE);
	serve(again, file->kind != CACHE);
	place_options(NULL);
	return 0;
}
