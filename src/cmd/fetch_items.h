/*
 * The items of a FETCH: read from the command, then written for one message
 * after the other (RFC 9051 6.4.5, RFC 3501 6.4.5, RFC 3516).
 */
#ifndef CMD_FETCH_ITEMS_H
#define CMD_FETCH_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/section.h"

struct command;
struct err;
struct message_reader;
struct search_source;
struct session;

enum item_kind {
	ITEM_UID,
	ITEM_FLAGS,
	ITEM_INTERNALDATE,
	ITEM_RFC822_SIZE,
	ITEM_MODSEQ,
	ITEM_ENVELOPE,
	ITEM_BODY,		/* without brackets */
	ITEM_BODYSTRUCTURE,
	ITEM_SECTION,		/* BODY[...], BODY.PEEK[...], RFC822, RFC822.HEADER, RFC822.TEXT */
	ITEM_BINARY,
	ITEM_BINARY_SIZE,
	ITEM_EMAILID,
	ITEM_THREADID,
	ITEM_SAVEDATE,
	ITEM_PREVIEW,
};

struct fetch_item {
	enum item_kind kind;
	const char *label;	/* as the answer names it: made once, not for each message */
	size_t label_len;
	struct section section;
	bool partial;
	uint64_t offset, count;
	bool from_header;	/* the common header fields answer it: no file is needed */
};

struct fetch_items {
	struct fetch_item *at;	/* in the command's arena */
	size_t count, room;
	unsigned want;		/* of message_load */
	bool sets_seen;
	bool has_flags, has_uid, has_modseq, has_thread_id;
	struct search_source *threads;	/* for thread ids of many messages; NULL: each asks by itself */
};

/* Read "ALL", one item, or a list of items. */
int parse_fetch_items(struct command *cmd, struct fetch_items *out);

/* Show the mod-sequence too, as if it had been asked for (RFC 7162 3.1.4.1). */
void fetch_items_add_modseq(struct command *cmd, struct fetch_items *items);

/*
 * Write "* n FETCH (...)" for one message. extra_flags: the flags changed, show
 * them although they were not asked for. 1: written; 0: the message is gone and
 * nothing was written; -1: err, and nothing was written.
 */
int write_fetch(struct session *s, const struct fetch_items *items,
    struct message_reader *reader, uint32_t row, bool uid, bool extra_flags, struct err *err);

#endif
