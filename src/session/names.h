/*
 * Mailbox names as the client spells them, and as the store does (store/folder.h).
 * The client's form has the session's prefix and separator, in modified UTF-7
 * until it enables UTF8=ACCEPT or IMAP4rev2 (RFC 9051 5.1, RFC 9755 3); a name that
 * it gives in UTF-8 before that is understood (RFC 6855 3). A "." or "/" inside a
 * part that would read as the separator is "&AC4-" or "&AC8-".
 */
#ifndef SESSION_NAMES_H
#define SESSION_NAMES_H

#include <stddef.h>

struct buf;
struct command;
struct err;
struct session;

/*
 * The store's name behind out. ERR_CANNOT when no mailbox can have that name.
 * In UTF-8, a name that is not in Normalization Form C means the mailbox of just
 * that name where there is one (another program made it), else the one of its
 * composed form, as CREATE would have made it (RFC 9051 5.1).
 */
int name_from_client(struct session *s, const char *name, size_t len, struct buf *out,
    struct err *err);

/* The same for a mailbox that is to be made: always the composed form (RFC 9051 6.3.4). */
int name_for_new(struct session *s, const char *name, size_t len, struct buf *out,
    struct err *err);

/*
 * How the client spelled the mailbox that this command is about, if it had to be
 * composed: what OLDNAME tells (RFC 9051 6.3.9.7). In the store's way; else NULL.
 */
const char *name_given_for(const struct session *s, const char *name);

/* The client's name behind out. */
void name_to_client(const struct session *s, const char *name, struct buf *out);

/* The name behind out, spelled as the client has spelled this pattern of LIST. */
void name_like_pattern(const struct session *s, const struct buf *pattern, const char *name,
    struct buf *out);

/*
 * Read a mailbox argument of a command. The result lives in the command's arena;
 * a name that no mailbox can have gives *out NULL, and *why says why: each
 * command answers that in its own way, after it has read all its arguments.
 */
int parse_mailbox(struct session *s, struct command *cmd, const char **out, struct err *why);

#endif
