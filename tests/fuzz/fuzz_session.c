/*
 * A whole session with a client that says anything, in a throw-away Maildir: all
 * commands, the store and the module below them. "\n--\n" ends a session and
 * begins the next in the same Maildir, which so is opened again as it was left.
 * The first octet chooses the settings.
 *
 * What must hold: all that is said is IMAP, no descriptor or temporary file
 * stays, and a last session that only looks sees UIDs ascending below UIDNEXT.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "session/session.h"
#include "util/ascii.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
serve(const char *says, size_t len)
{
	struct buf answer = BUF_INIT;

	place_serve(says, len, &answer);
	/* behind COMPRESS the answer is not to be read so */
	if (memmem(buf_str(&answer), answer.len, "DEFLATE is active", 17) == NULL)
		assert(place_is_imap(&answer));
	buf_fini(&answer);
}

/* What the mailbox is afterwards, by a client without tricks. */
static void
look(void)
{
	static const char says[] = "a EXAMINE INBOX\r\nb UID FETCH 1:* (FLAGS RFC822.SIZE INTERNALDATE)\r\nc LOGOUT\r\n";
	struct buf answer = BUF_INIT;
	unsigned long last = 0, next = 0;
	const char *at;

	place_serve(says, strlen(says), &answer);
	assert(place_is_imap(&answer));
	/* a keyword may look like a response code */
	if ((at = strstr(buf_str(&answer), "\r\n* OK [UIDNEXT ")) != NULL)
		next = strtoul(at + 16, NULL, 10);
	/* "(UID " alone may be a list of flags */
	for (at = buf_str(&answer); (at = strstr(at, " FETCH (UID ")) != NULL; at++) {
		unsigned long uid = strtoul(at + 12, NULL, 10);

		assert(uid > last && uid < next);
		last = uid;
	}
	assert(strstr(buf_str(&answer), "\r\nc OK") != NULL);
	buf_fini(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct session_options options = { .user = "fuzz", .separator = '/', .prefix = "" };
	const char *at, *end, *cut;

	if (size < 1)
		return 0;
	options.layout = data[0] & 1 ? LAYOUT_FS : LAYOUT_MAILDIRPP;
	options.separator = data[0] & 2 ? '.' : '/';
	if (data[0] & 4)
		options.prefix = data[0] & 2 ? "INBOX." : "INBOX/";
	if (data[0] & 8) {
		options.quota_bytes = 10000;
		options.quota_messages = 10;
	}
	options.share_letters = data[0] & 16;
	options.sync = data[0] & 128;
	place_options(&options);
	place_fresh();
	at = (const char *)data + 1;
	end = (const char *)data + size;
	while (at < end) {
		cut = memmem(at, (size_t)(end - at), "\n--\n", 4);
		serve(at, (size_t)((cut != NULL ? cut + 1 : end) - at));
		at = cut != NULL ? cut + 4 : end;
	}
	look();
	place_options(NULL);
	return 0;
}
