/*
 * The lines of `mayfly-uidlist`, the journal of one mailbox: how each is
 * written and read. Who may write, and what a line does to the open mailbox,
 * is told in store/mailbox.h. The format is the first comment of uidlist.c.
 */
#ifndef STORE_UIDLIST_H
#define STORE_UIDLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct keywords;

#define UIDLIST_NAME "mayfly-uidlist"

enum {
	MAILBOX_ID_LEN = 32,	/* hex digits of a mailbox id */
	UIDLIST_LINE_MAX = 1 << 20,	/* longer lines are damage: no name and no set needs it */
};

/* The first line. Everything in it is as of the moment when the file was made. */
struct uidlist_header {
	uint32_t uidvalidity;
	char mailbox_id[MAILBOX_ID_LEN + 1];
	uint64_t serial;	/* random: which file this is */
	uint64_t previous;	/* serial of the file that it replaced, 0 for none */
	uint64_t snapshot_end;	/* octets of the file that were written at once when it was made */
	uint32_t uidnext;
	uint64_t modseq;	/* highest mod-sequence given so far */
	uint32_t recent;	/* every UID up to this one was told as \Recent to somebody */
	uint32_t uid_bound;	/* what the account file remembers as above every UID given */
	uint64_t floor;		/* expunges at or below this mod-sequence are forgotten */
};

/* The state of the two directories at a moment; see sync.c. */
struct dir_time {
	int64_t sec;
	int32_t nsec;
	bool trusted;	/* nothing can have changed since without a later time */
};

enum uidlist_kind {
	UIDLIST_ADDED = '+',
	UIDLIST_FLAGS = '*',
	UIDLIST_EXPUNGED = '-',
	UIDLIST_MOVED = '@',	/* the file has another base name or suffix; the message is the same */
	UIDLIST_RECENT = '>',
	UIDLIST_DIRS = '!',
	UIDLIST_UIDNEXT = 'N',
	UIDLIST_BOUND = 'B',
	UIDLIST_MODSEQ = 'M',
};

struct uid_range {
	uint32_t first, last;
};

/* One line, taken apart. Texts and arrays live in the struct and are reused. */
struct uidlist_line {
	enum uidlist_kind kind;
	uint32_t uid;		/* ADDED, MOVED, RECENT, UIDNEXT, BOUND */
	uint64_t modseq;	/* ADDED, FLAGS, EXPUNGED, MODSEQ */
	int64_t save_date;	/* ADDED: seconds since 1970, 0 unknown */
	char *email_id;		/* ADDED: "" when it follows from the base name */
	unsigned flags;		/* ADDED, FLAGS, MOVED: as maildir_name_parse gives them, and IN_NEW */
	char *suffix;		/* ADDED, FLAGS, MOVED: the suffix as it is on disk */
	char *base;		/* ADDED, MOVED */
	uint32_t set;		/* ADDED, FLAGS: keyword set in the given struct keywords */
	struct uid_range *ranges;	/* FLAGS, EXPUNGED */
	size_t range_count, range_room;
	struct dir_time cur, new;	/* DIRS */
	char *text;		/* what the texts above point into */
	size_t text_room;
};

void uidlist_line_fini(struct uidlist_line *line);

/*
 * Read one line of len bytes without its LF. False when the checksum or the
 * grammar is wrong: the line is damaged and says nothing.
 */
bool uidlist_read_line(const char *bytes, size_t len, struct keywords *kw,
    struct uidlist_line *out);
bool uidlist_read_header(const char *bytes, size_t len, struct uidlist_header *out);

/* Is this line, whole, the header of the journal with this serial? The rest of it is not read. */
bool uidlist_header_is(const char *bytes, size_t len, uint64_t serial);

/* Append a line to buf. The header's line always has the same length. */
void uidlist_write_header(struct buf *buf, const struct uidlist_header *header);
void uidlist_write_added(struct buf *buf, uint32_t uid, uint64_t modseq, int64_t save_date,
    const char *email_id, unsigned flags, const char *suffix, const struct keywords *kw,
    uint32_t set, const char *base);
void uidlist_write_flags(struct buf *buf, uint64_t modseq, const struct uid_range *ranges,
    size_t count, unsigned flags, const char *suffix, const struct keywords *kw, uint32_t set);
void uidlist_write_expunged(struct buf *buf, uint64_t modseq, const struct uid_range *ranges,
    size_t count);
void uidlist_write_moved(struct buf *buf, uint32_t uid, unsigned flags, const char *suffix,
    const char *base);
void uidlist_write_recent(struct buf *buf, uint32_t uid);
void uidlist_write_uidnext(struct buf *buf, uint32_t uidnext);
void uidlist_write_modseq(struct buf *buf, uint64_t modseq);
void uidlist_write_bound(struct buf *buf, uint32_t bound);
void uidlist_write_dirs(struct buf *buf, const struct dir_time *cur, const struct dir_time *new);

/* Add a UID to a growing array of ranges; cheap when UIDs come in ascending order. */
void uid_ranges_add(struct uid_range **ranges, size_t *count, size_t *room, uint32_t uid);

#endif
