/*
 * What other servers left in a mailbox, taken over when mayfly first meets it:
 * UIDVALIDITY, UIDs, ids and keywords out of the files of Dovecot, Courier and
 * BincIMAP. Their files are only read. The rules, and what each file looks like,
 * are told atop the import*.c that reads it; import.c chooses and applies.
 */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/uidlist.h"
#include "util/arena.h"
#include "util/buf.h"

struct account;
struct err;
struct mailbox;
struct notes;

/* ---- the messages that lie in cur/ and new/ ---- */

struct import_file {
	const char *name;	/* whole */
	const char *suffix;	/* points into name */
	size_t base_len, core_len;
	unsigned flags;		/* as in a row */
	bool core_shared;	/* another file has the same core: a match by core says nothing */
	uint32_t keywords;	/* set in the mailbox's keywords */
	int64_t save_date;	/* ctime; 0 unknown */
	int64_t mtime;
};

struct import_files {
	struct import_file *at;
	size_t count, room;
	uint32_t *slots, *core_slots;	/* hash tables: file + 1 */
	size_t slot_count;
	uint64_t key[2];
	struct arena texts;
};

int import_files_list(struct import_files *files, struct mailbox *m, struct err *err);
void import_files_fini(struct import_files *files);

/* The file of this base name, or of this core if no other file has it too; -1: none. */
int64_t import_files_base(const struct import_files *files, const char *base, size_t len);
int64_t import_files_core(const struct import_files *files, const char *base, size_t len);

/* ---- one source of UIDs ---- */

enum import_kind { IMPORT_DOVECOT, IMPORT_DOVECOT_OLD, IMPORT_COURIER, IMPORT_BINC, IMPORT_KINDS };

/* What a source says of one file. */
struct import_hit {
	uint32_t uid;		/* 0: nothing */
	uint32_t maybe;		/* UID of a record that agrees but for ,S= and the like */
	bool maybe_shared;	/* more than one record does */
	const char *email_id;	/* or NULL */
	int64_t internal_date;	/* BincIMAP's; 0 unknown */
};

struct import_source {
	enum import_kind kind;
	const char *name;	/* of the file */
	bool found;		/* there is such a file */
	bool usable;		/* and it has a UIDVALIDITY */
	uint32_t uidvalidity, uidnext;
	char mailbox_id[MAILBOX_ID_LEN + 1];
	struct import_hit *hits;	/* one a file */
	size_t records, named;	/* in the source; and those that name a file */
	size_t bad;		/* records that could not be read */
	uint64_t device, inode;
	int64_t size, mtime;
	char problem[120];	/* why it is not usable, or what was wrong; "" nothing */
	int trouble;		/* errno of a failure that may be over the next time; 0 */
	struct arena texts;
};

void import_source_fini(struct import_source *source);

/* Take one record: the base name (cut at the first ":" already) has this UID. */
void import_record(struct import_source *source, const struct import_files *files,
    uint32_t uid, const char *base, size_t len, const char *email_id);

/* When all records are in: names that agree but for known parts get their UIDs. */
void import_records_end(struct import_source *source, const struct import_files *files);

/* Readers. dirfd holds the file; a missing one leaves found false. */
void import_uidlist(struct import_source *source, int dirfd, const struct import_files *files);
void import_binc(struct import_source *source, int dirfd, const struct import_files *files);

/* Keywords that Courier keeps in courierimapkeywords/, into the files' sets; 0, or an errno as trouble. */
int import_courier_keywords(struct mailbox *m, struct import_files *files);

/* A keyword's name made one that IMAP can spell; false: nothing is left of it. */
bool import_keyword(const char *name, size_t len, struct buf *out);

/* ---- files of others, read with care ---- */

/*
 * Open a file of another program for reading: no link is followed, nothing but
 * a regular file is read, no open waits. -1: there is none (errno ENOENT), or
 * it cannot be used; problem then says why.
 */
int import_open(int dirfd, const char *name, struct import_source *source);

/*
 * What stands in the way for good (no such file, not ours to read, a link) only
 * hides what is behind it. All else may be over at once, and then to go on without
 * would throw UIDs or keywords away: -1 is the answer to that.
 */
bool import_may_pass(int error);

/* Lines of any file, in bounded memory: longer lines are cut away and count as bad. */
struct import_lines {
	int fd;
	struct buf buf;
	size_t at;
	bool end;
	int trouble;		/* errno that ended the reading; 0 */
	char start[32];		/* of a line that was too long */
};

enum { IMPORT_LINE_MAX = 8192 };	/* a file name has 255 bytes; the rest is fields */

/*
 * The next line without LF and CR. 1; 2 for one without LF at the end of the
 * file; 3 for one that was too long (its start is given); 0 at the end.
 */
int import_line(struct import_lines *lines, char **text, size_t *len);

/* The directory that holds a mailbox's Dovecot files: -1, or a descriptor to close. */
int import_control(struct mailbox *m);

/* ---- the whole ---- */

struct import_report {
	struct import_source source[IMPORT_KINDS];
	int winner;		/* -1: nothing to take over */
	size_t files, matched;	/* messages in the mailbox; those that keep a UID */
	size_t expunged;	/* records whose file is gone */
	bool waiting;		/* many records, not one file: see import.c */
	bool letters_full;	/* all 26 letters are in use: Dovecot may know more keywords */
	bool acl;		/* access lists are there, which are not taken over */
};

/*
 * First meeting, called with the mailbox's lock held (or nothing writable): fill
 * the facts and the rows in memory; the next commit writes all of it at once.
 * 1: taken over; 0: there was nothing to take; -1: ERR_INUSE, the other server
 * holds its lock, or its files cannot be read just now.
 */
int import_mailbox(struct mailbox *m, struct err *err);

/* The same look, without taking anything; the caller ends it with import_report_fini. */
int import_look(struct mailbox *m, struct import_files *files, struct import_report *report,
    struct err *err);
void import_report_fini(struct import_report *report);

/*
 * A mailbox without a single message that was taken over while its files were
 * away: have they come back? Called before the directories are listed.
 */
int import_resume(struct mailbox *m, struct err *err);

/* Say so in the log, once a day, when the other server is still in use. */
void import_watch_source(struct mailbox *m);

/* Subscriptions of other servers, their union, added to notes that are empty; 0, or an errno as trouble. */
int import_subscriptions(struct account *account, struct notes *notes);

extern const char *const import_kind_names[IMPORT_KINDS];

#endif
