/* Telling the client what is true by now. */
#include "session/view.h"

#include <stdlib.h>

#include "session/notify.h"
#include "session/session.h"
#include "store/mailbox.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"
#include "wire/flags.h"
#include "wire/output.h"
#include "wire/reply.h"
#include "wire/respond.h"

/* The two rooms agree on the bits of the flags, and MAIL_PASSED is shown as a keyword. */
_Static_assert((int)MAIL_ANSWERED == (int)FLAG_ANSWERED && (int)MAIL_FLAGGED == (int)FLAG_FLAGGED
    && (int)MAIL_DELETED == (int)FLAG_DELETED && (int)MAIL_SEEN == (int)FLAG_SEEN
    && (int)MAIL_DRAFT == (int)FLAG_DRAFT, "flag bits");

#define SYSTEM_FLAGS "\\Answered \\Flagged \\Deleted \\Seen \\Draft"

int
view_refresh(struct session *s, struct err *err)
{
	return s->mailbox != NULL ? mailbox_sync(s->mailbox, err) : 0;
}

int
view_hear(struct session *s, struct err *err)
{
	return s->mailbox != NULL ? mailbox_hear(s->mailbox, err) : 0;
}

void
view_failed(struct session *s, const struct err *err)
{
	log_err(err);
	if (err->kind != ERR_UNAVAILABLE)
		return;
	reply_bye(&s->out, err->client);
	session_logout(s);
}

void
view_flags(const struct session *s, const struct row *row, struct buf *out)
{
	const struct keywords *kw = &s->mailbox->keywords;
	const struct keyword_set *set = &kw->sets[row->set];
	unsigned bits = row->flags & FLAGS_SETTABLE;

	if (!s->enabled_rev2 && mailbox_is_recent(s->mailbox, row->uid))
		bits |= FLAG_RECENT;
	flags_print(bits, NULL, 0, out);
	if (!(row->flags & MAIL_PASSED) && set->count == 0)
		return;
	/* The keywords go inside the closing parenthesis. */
	out->len--;
	if (row->flags & MAIL_PASSED)
		buf_adds(out, out->data[out->len - 1] == '(' ? "$Forwarded" : " $Forwarded");
	for (uint32_t i = 0; i < set->count; i++) {
		if (out->data[out->len - 1] != '(')
			buf_addc(out, ' ');
		buf_adds(out, kw->names[set->ids[i]]);
	}
	buf_addc(out, ')');
}

/* $Forwarded is the flag P, which is always told; as a keyword it comes from other servers. */
static void
send_keywords(struct session *s)
{
	const struct keywords *kw = &s->mailbox->keywords;

	for (size_t i = 0; i < kw->count; i++) {
		if (ascii_casecmp(kw->names[i], "$Forwarded") == 0)
			continue;
		output_char(&s->out, ' ');
		output_text(&s->out, kw->names[i]);
	}
}

void
view_tell_keywords(struct session *s, bool always)
{
	const struct keywords *kw = &s->mailbox->keywords;
	bool writable = !s->examined && !s->mailbox->read_only && !s->mailbox->unsaved;

	if (!always && s->keywords_told == kw->count)
		return;
	s->keywords_told = kw->count;
	output_text(&s->out, "* FLAGS (" SYSTEM_FLAGS " $Forwarded");
	send_keywords(s);
	output_text(&s->out, ")\r\n* OK [PERMANENTFLAGS (");
	if (writable) {
		output_text(&s->out, SYSTEM_FLAGS " $Forwarded");
		send_keywords(s);
		output_text(&s->out, " \\*");
	}
	output_text(&s->out, writable ? ")] Flags and keywords are kept\r\n"
	    : ")] Nothing can be changed here\r\n");
}

static int
by_row(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Ascending, each once. */
static void
settle(struct rows *rows)
{
	size_t kept = 0;

	if (rows->count > 1)
		qsort(rows->at, rows->count, sizeof *rows->at, by_row);
	for (size_t i = 0; i < rows->count; i++)
		if (kept == 0 || rows->at[kept - 1] != rows->at[i])
			rows->at[kept++] = rows->at[i];
	rows->count = kept;
}

/* The highest UID up to which the client's belief is right, so that nothing below it vanished. */
static uint32_t
proven(const struct mailbox *m, const struct seqset *seqs, const struct seqset *uids)
{
	uint32_t right = 0;
	size_t u = 0;
	uint64_t used = 0;

	for (size_t i = 0; i < seqs->count; i++)
		for (uint64_t n = seqs->ranges[i].first; n <= seqs->ranges[i].last; n++) {
			uint32_t uid;

			while (u < uids->count
			    && used > uids->ranges[u].last - uids->ranges[u].first) {
				u++;
				used = 0;
			}
			if (u == uids->count || n > mailbox_told(m))
				return right;
			uid = uids->ranges[u].first + (uint32_t)used++;
			if (mailbox_uid(m, mailbox_row_of_number(m, (uint32_t)n)) != uid)
				return right;
			right = uid;
		}
	return right;
}

void
view_tell_vanished(struct session *s, uint64_t modseq, const struct seqset *known,
    const struct seqset *seqs, const struct seqset *uids)
{
	struct uid_range *ranges;
	struct seqset vanished = SEQSET_INIT, told = SEQSET_INIT, numbered = SEQSET_INIT;
	uint32_t right = seqs != NULL && uids != NULL ? proven(s->mailbox, seqs, uids) : 0;
	size_t count;

	/* What still has a number is told by VANISHED without EARLIER (RFC 7162 3.2.10). */
	for (size_t i = 0; i < s->mailbox->gone.count; i++)
		seqset_add(&numbered, mailbox_uid(s->mailbox, s->mailbox->gone.at[i]));
	seqset_sort(&numbered);
	ranges = mailbox_expunged_since(s->mailbox, modseq, &count);
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].last <= right)
			continue;
		seqset_add_range(&vanished, ranges[i].first > right ? ranges[i].first : right + 1,
		    ranges[i].last);
	}
	free(ranges);
	seqset_sort(&vanished);
	if (known != NULL) {
		struct seqset asked = SEQSET_INIT;

		seqset_intersect(&vanished, known, &asked);
		seqset_subtract(&asked, &numbered, &told);
		seqset_fini(&asked);
	} else {
		seqset_subtract(&vanished, &numbered, &told);
	}
	seqset_fini(&numbered);
	if (told.count > 0) {
		output_text(&s->out, "* VANISHED (EARLIER) ");
		seqset_print(&told, &s->out.buf);
		output_text(&s->out, "\r\n");
	}
	seqset_fini(&vanished);
	seqset_fini(&told);
}

static void
tell_expunged(struct session *s)
{
	struct mailbox *m = s->mailbox;
	struct seqset uids = SEQSET_INIT;

	bool by_uid = s->enabled_qresync || s->enabled_uidonly;

	if (m->gone.count == 0)
		return;
	settle(&m->gone);
	for (size_t i = 0; i < m->gone.count; i++) {
		if (by_uid) {
			seqset_add(&uids, mailbox_uid(m, m->gone.at[i]));
			continue;
		}
		/* Each line shifts the numbers of those that follow. */
		output_text(&s->out, "* ");
		output_number(&s->out, mailbox_number_of_row(m, m->gone.at[i]) - i);
		output_text(&s->out, " EXPUNGE\r\n");
	}
	if (by_uid) {
		output_text(&s->out, "* VANISHED ");
		seqset_print(&uids, &s->out.buf);
		output_text(&s->out, "\r\n");
	}
	/* "$" names no message that is gone (RFC 5182 2.1). */
	for (size_t i = 0; s->saved.count > 0 && i < m->gone.count; i++) {
		uint32_t uid = mailbox_uid(m, m->gone.at[i]);

		if (seqset_contains(&s->saved, uid)) {
			struct seqset gone = SEQSET_INIT, left = SEQSET_INIT;

			seqset_add(&gone, uid);
			seqset_subtract(&s->saved, &gone, &left);
			seqset_fini(&gone);
			seqset_fini(&s->saved);
			s->saved = left;
		}
	}
	mailbox_remove(m, m->gone.at, m->gone.count);
	m->gone.count = 0;
	seqset_fini(&uids);
}

static void
tell_new(struct session *s)
{
	struct mailbox *m = s->mailbox;
	uint32_t before = mailbox_told(m);
	struct err err;

	if (m->told_rows == mailbox_rows(m))
		return;
	if (!s->enabled_rev2 && mailbox_claim_recent(m, &err) < 0)
		log_err(&err);
	mailbox_tell_all(m);
	if (mailbox_told(m) == before)
		return;	/* it came and went */
	output_text(&s->out, "* ");
	output_number(&s->out, mailbox_told(m));
	output_text(&s->out, " EXISTS\r\n");
	if (!s->enabled_rev2) {
		output_text(&s->out, "* ");
		output_number(&s->out, mailbox_recent(m));
		output_text(&s->out, " RECENT\r\n");
	}
}

void
view_begin_fetch(struct session *s, uint32_t row)
{
	output_text(&s->out, "* ");
	output_number(&s->out, s->enabled_uidonly ? mailbox_uid(s->mailbox, row)
	    : mailbox_number_of_row(s->mailbox, row));
	output_text(&s->out, s->enabled_uidonly ? " UIDFETCH (" : " FETCH (");
}

void
view_fetch_flags(struct session *s, uint32_t number, bool uid, bool flags)
{
	struct mailbox *m = s->mailbox;
	struct buf *out = &s->out.buf;
	struct row row;
	bool first = true;

	mailbox_row(m, number, &row);
	view_begin_fetch(s, number);
	/* RFC 7162 3.2.4, RFC 9051 7.5.2 */
	if (!s->enabled_uidonly && (uid || s->enabled_condstore || s->enabled_rev2)) {
		output_text(&s->out, "UID ");
		output_number(&s->out, row.uid);
		first = false;
	}
	if (flags) {
		output_text(&s->out, first ? "FLAGS " : " FLAGS ");
		view_flags(s, &row, out);
		first = false;
	}
	if (s->enabled_condstore) {
		output_text(&s->out, first ? "MODSEQ (" : " MODSEQ (");
		output_number(&s->out, row.modseq);
		output_char(&s->out, ')');
	}
	output_text(&s->out, ")\r\n");
}

static void
tell_flags(struct session *s, bool uid)
{
	struct mailbox *m = s->mailbox;

	if (m->flagged.count == 0)
		return;
	settle(&m->flagged);
	for (size_t i = 0; i < m->flagged.count; i++) {
		uint32_t row = m->flagged.at[i];

		if (mailbox_is_told(m, row) && !(mailbox_flags(m, row) & ROW_GONE))
			view_fetch_flags(s, row, uid, true);
	}
	m->flagged.count = 0;
}

/*
 * The mod-sequence up to which the client has been told everything. A client that
 * leaves now asks next time for what came after it, so no expunge that is held
 * back may lie below (RFC 7162 3.2 and 6).
 */
static uint64_t
told_up_to(const struct mailbox *m)
{
	uint64_t highest = m->facts.modseq;

	for (int queue = 0; queue < 2; queue++) {
		const struct rows *rows = queue == 0 ? &m->gone : &m->flagged;

		for (size_t i = 0; i < rows->count; i++)
			if (mailbox_modseq(m, rows->at[i]) <= highest)
				highest = mailbox_modseq(m, rows->at[i]) - 1;
	}
	for (uint32_t row = m->told_rows; row < mailbox_rows(m); row++)
		if (mailbox_modseq(m, row) <= highest)
			highest = mailbox_modseq(m, row) - 1;
	return highest;
}

void
view_tell_modseq(struct session *s)
{
	struct mailbox *m = s->mailbox;
	bool held;

	if (m == NULL || !s->enabled_condstore)
		return;
	/*
	 * Mod-sequences above one of an expunge that has to wait must not be taken for
	 * the highest. NOTIFY may keep back EXISTS and FETCH too.
	 */
	held = m->gone.count > 0 || m->flagged.count > 0 || m->told_rows < mailbox_rows(m);
	if (s->condstore_told && !held && !s->expunge_held)
		return;
	s->condstore_told = true;
	s->expunge_held = held;
	output_format(&s->out, "* OK [HIGHESTMODSEQ %llu] %s\r\n",
	    (unsigned long long)told_up_to(m), held ? "There is more to be told" : "All is told");
}

void
view_tell(struct session *s, enum tell tell, bool uid)
{
	struct mailbox *m = s->mailbox;
	unsigned events = notify_selected(s);
	uint32_t known;

	if (m == NULL || tell == TELL_NOTHING)
		return;
	/* RFC 5465 5.1: FETCH before the ESEARCH that follows from it */
	if (s->notify != NULL && s->contexts != NULL && (events & NOTIFY_FLAGS)) {
		view_tell_keywords(s, false);
		tell_flags(s, true);
	}
	/* numbers in REMOVEFROM are those before EXPUNGE, in ADDTO those after EXISTS (RFC 5267 4.3) */
	if (s->contexts != NULL)
		s->context_ops->tell(s, false);
	if (tell == TELL_EXPUNGE && ((events | s->own_changes) & NOTIFY_EXPUNGE)) {
		tell_expunged(s);
		s->own_changes &= ~(unsigned)NOTIFY_EXPUNGE;
	}
	known = m->told_rows;
	if ((events | s->own_changes) & NOTIFY_NEW) {
		tell_new(s);
		s->own_changes &= ~(unsigned)NOTIFY_NEW;
	}
	if (s->contexts != NULL)
		s->context_ops->tell(s, true);
	/* behind ADDTO (RFC 5465 5.2) */
	if (s->notify != NULL && s->notify->items != NULL && m->told_rows > known)
		s->notify->ops->fetch_new(s, known);
	if (!(events & NOTIFY_FLAGS)) {
		settle(&m->flagged);	/* kept for a NOTIFY that asks; each row once */
		view_tell_modseq(s);
		return;
	}
	view_tell_keywords(s, false);
	tell_flags(s, uid || s->notify != NULL);
	view_tell_modseq(s);
}
