/*
 * What a message is, from the cache where it was asked for before, else from its
 * file: read once, remembered in the form that goes onto the wire.
 */
#ifndef SESSION_MESSAGE_H
#define SESSION_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/file.h"
#include "store/cache.h"

struct err;
struct mailbox;
struct message_scratch;

/* What message_load must give; a sum. */
enum {
	MESSAGE_WANT_SIZE = 1,
	MESSAGE_WANT_DATE = 2,		/* INTERNALDATE */
	MESSAGE_WANT_ENVELOPE = 4,
	MESSAGE_WANT_BODY = 8,
	MESSAGE_WANT_STRUCTURE = 16,
	MESSAGE_WANT_HEADER = 32,	/* the common header fields */
	MESSAGE_WANT_PARTS = 64,
	MESSAGE_WANT_PREVIEW = 256,	/* RFC 8970; loads the MIME module */
	MESSAGE_WANT_LAZY_PREVIEW = 512,	/* the preview if it is known already, else nothing */
	MESSAGE_WANT_FILE = 128,	/* reader->mail is open and holds the bytes */
};

enum message_result { MESSAGE_FAILED = -1, MESSAGE_GONE = 0, MESSAGE_OK = 1 };

/* One serves any number of messages, one after the other. */
struct message_reader {
	struct mail mail;
	struct message_scratch *scratch;
	uint64_t files_read;
};

#define MESSAGE_READER_INIT ((struct message_reader){ .mail = MAIL_INIT })

/*
 * Load a message of the mailbox. The record's texts stay valid until the next
 * call with this reader or the next cache_flush. MESSAGE_GONE: another session
 * or program removed it, which is no error in a shared mailbox.
 */
enum message_result message_load(struct message_reader *reader, struct mailbox *m,
    uint32_t row, unsigned want, struct cache_record *out, struct err *err);

/*
 * SAVEDATE (RFC 8514): what the journal noted when the message came, else the
 * time at which its file was last linked or renamed. False: not to be found out.
 */
bool message_save_date(struct mailbox *m, uint32_t row, int64_t *out);

/* Write what was learnt to the cache, and give the memory back. */
void message_reader_fini(struct message_reader *reader, struct mailbox *m);

/* Is every one of these header fields among those that MESSAGE_WANT_HEADER gives? */
bool message_header_has(const char *name, size_t len);

#endif
