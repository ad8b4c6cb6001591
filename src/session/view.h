/*
 * What the client was told against what is true: EXPUNGE or VANISHED, EXISTS,
 * RECENT, FLAGS and FETCH of what others changed, in the order that RFC 9051 7.4
 * and 7.5 and RFC 7162 3.2.10 ask for.
 */
#ifndef SESSION_VIEW_H
#define SESSION_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/dispatch.h"

struct buf;
struct err;
struct row;
struct seqset;
struct session;

/*
 * Looking failed. A mailbox that is not there any more, or was replaced by
 * another, ends the session with BYE (RFC 2180 3.3); all else is for the log.
 */
void view_failed(struct session *s, const struct err *err);

/* Look at the disk; what is new waits in the mailbox until view_tell. */
int view_refresh(struct session *s, struct err *err);

/*
 * The same for one who is woken by every change: where another session is looking, ours
 * does not wait for it. 1: so it was; what it finds will wake us.
 */
int view_hear(struct session *s, struct err *err);

/*
 * Tell the client. tell says whether EXPUNGE may be told now; uid, whether the
 * command that this stands in is a UID command (FETCH then shows the UID too).
 */
void view_tell(struct session *s, enum tell tell, bool uid);

/* "* FLAGS" and "* OK [PERMANENTFLAGS ...]", when there are keywords that were not in the last one. */
void view_tell_keywords(struct session *s, bool always);

/*
 * The first command that enables CONDSTORE while a mailbox is selected brings
 * HIGHESTMODSEQ (RFC 7162 3.1), and so does every one after which an expunge is
 * still to be told (3.2, 6): not above that, or a client that goes now would never
 * hear of it. A part of view_tell.
 */
void view_tell_modseq(struct session *s);

/*
 * "* VANISHED (EARLIER) ..." for the messages expunged after a mod-sequence (RFC
 * 7162 3.2.5.2, 3.2.6), limited to the UIDs of known when it is not NULL. seqs
 * and uids, when not NULL, are what the client believes about numbers and UIDs
 * (ordered sets): what they prove to be still there is left out.
 */
void view_tell_vanished(struct session *s, uint64_t modseq, const struct seqset *known,
    const struct seqset *seqs, const struct seqset *uids);

/* "(\Seen $Junk)": the flags of a message as this session sees them. */
void view_flags(const struct session *s, const struct row *row, struct buf *out);

/* "* 7 FETCH (", or "* 42 UIDFETCH (" after ENABLE UIDONLY (RFC 9586), for one row. */
void view_begin_fetch(struct session *s, uint32_t row);

/* "* 7 FETCH (UID 42 FLAGS (...) MODSEQ (n))" for one row that has a number. */
void view_fetch_flags(struct session *s, uint32_t row, bool uid, bool flags);

#endif
