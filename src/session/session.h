/*
 * One client, one conversation: every fact about it, and the only place where
 * its state changes. Members are grouped by when they are reset.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/file.h"
#include "store/account.h"
#include "wire/dispatch.h"
#include "wire/input.h"
#include "wire/output.h"
#include "wire/seqset.h"

struct mailbox;

/* How a session was started; plain data, never changed afterwards. */
struct session_options {
	const char *user;	/* for the log; NULL: whoever owns the process */
	const char *address;	/* of the client, for the log; NULL: not known */
	const char *maildir;
	const char *tag;	/* of the command that logged in, to be answered; NULL: greet with PREAUTH */
	const char *unread;	/* what the client sent behind that command */
	size_t unread_len;
	bool wary;		/* strangers can connect: who begins with what is no command is ended */
	bool sandbox;		/* give up all but the mail once it is open */
	const char *module;	/* a file that must stay readable then; NULL: the installed one */
	enum layout layout;
	char separator;		/* "/" or "." as the client sees it */
	const char *prefix;	/* "" or, say, "INBOX." before every name but INBOX */
	bool sync;		/* fsync before OK */
	enum lock_kind lock_kind;	/* LOCK_DOT, or LOCK_UNTRIED to find out */
	bool read_only;		/* nothing on disk is changed */
	uint64_t quota_bytes, quota_messages;	/* 0: none but what maildirsize says */
	const char *id;		/* what ID answers, as "name" "value" ... in quotes; NULL: the name only */
	const char *control;	/* Dovecot's control path, for the import; or NULL */
	bool share_letters;	/* new keywords get letters in dovecot-keywords */
	int idle_notify_s;	/* seconds between keepalive lines in IDLE; 0: none */
	const volatile int *stop;	/* set by SIGTERM */
	const struct command_row *commands;	/* what can be said, and what is promised for it */
	const char *capabilities;
};

/* What happened, for the one log line at the end. */
struct session_counts {
	uint64_t fetched;	/* messages whose body or header was read from its file */
	uint64_t appended;
	uint64_t expunged;
};

struct notify;
struct session;

/* What cmd/search_context.c does for the rooms below it. */
struct context_ops {
	/* Tell how results changed: by flags and expunges, or, with arrivals, by new messages. */
	void (*tell)(struct session *s, bool arrivals);
	void (*forget)(struct session *s);
};

struct session {
	/* the whole conversation */
	const struct session_options *options;
	struct account account;
	struct input in;
	struct output out;
	struct dispatch dispatch;
	struct compress *compress;	/* NULL until COMPRESS */
	enum state state;
	struct session_counts counts;
	int64_t started_ms;

	/* ENABLE, never undone */
	bool enabled_rev2;
	bool enabled_utf8;	/* UTF8=ACCEPT; rev2 brings the same names and strings */
	bool enabled_condstore;
	bool enabled_qresync;
	bool enabled_uidonly;	/* RFC 9586: no message numbers, in neither direction */

	/* NOTIFY: replaced by the next one */
	struct notify *notify;		/* NULL: never asked */

	/* the last mailbox name that was read, when it had to be composed: as given, and as it is */
	struct buf name_given, name_composed;

	/* the selected mailbox */
	struct mailbox *mailbox;
	bool examined;			/* opened by EXAMINE: nothing is changed for the client */
	bool condstore_told;		/* HIGHESTMODSEQ was said since CONDSTORE is enabled (RFC 7162 3.1) */
	bool expunge_held;		/* HIGHESTMODSEQ was told as lower than it is; see view.c */
	size_t keywords_told;		/* how many of the mailbox's keywords were in the last FLAGS */
	struct seqset saved;		/* SEARCHRES: "$", as UIDs */
	struct search_contexts *contexts;	/* searches to keep up to date; NULL: none yet */
	const struct context_ops *context_ops;	/* set while contexts is */
	unsigned own_changes;		/* enum notify_event: done by the client itself, told whatever it asks for */
	struct mail mail;		/* the message that is open; its memory serves the next one */
};

/* Serve one client on in and out until it is over. The exit status of the process. */
int session_run(const struct session_options *options, int in_fd, int out_fd);

/*
 * The mailbox becomes the selected one (taken over), or with NULL none is. The
 * previous one is closed.
 */
void session_select(struct session *s, struct mailbox *mailbox, bool examined);

/* From now on the session only says good-bye. */
void session_logout(struct session *s);

/* Are strings and names sent as UTF-8? */
static inline int
session_utf8(const struct session *s)
{
	return s->enabled_rev2 || s->enabled_utf8;
}

#endif
