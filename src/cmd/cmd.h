/*
 * The handlers of the commands (struct command_row's run: session is a struct
 * session), one file a family, and the few things that families share.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Octets of a message that APPEND takes (RFC 7889): larger than any mail that is
 * passed on, below what a 32-bit client can count.
 */
#define APPEND_MAX 2000000000

/*
 * Messages that one APPEND or COPY may add (RFC 9738): they are placed under one
 * lock, all or none, and other sessions wait for that long.
 */
#define SAVELIMIT 100000

struct buf;
struct command;
struct err;
struct mailbox;
struct seqset;
struct session;

int cmd_append(void *session, struct command *cmd);
int cmd_cancelupdate(void *session, struct command *cmd);
int cmd_capability(void *session, struct command *cmd);
int cmd_close(void *session, struct command *cmd);
int cmd_compress(void *session, struct command *cmd);
int cmd_copy(void *session, struct command *cmd);
int cmd_create(void *session, struct command *cmd);
int cmd_deleteacl(void *session, struct command *cmd);
int cmd_delete(void *session, struct command *cmd);
int cmd_enable(void *session, struct command *cmd);
int cmd_esearch(void *session, struct command *cmd);
int cmd_examine(void *session, struct command *cmd);
int cmd_expunge(void *session, struct command *cmd);
int cmd_fetch(void *session, struct command *cmd);
int cmd_getacl(void *session, struct command *cmd);
int cmd_getmetadata(void *session, struct command *cmd);
int cmd_getquota(void *session, struct command *cmd);
int cmd_getquotaroot(void *session, struct command *cmd);
int cmd_id(void *session, struct command *cmd);
int cmd_idle(void *session, struct command *cmd);
int cmd_language(void *session, struct command *cmd);
int cmd_list(void *session, struct command *cmd);
int cmd_logout(void *session, struct command *cmd);
int cmd_listrights(void *session, struct command *cmd);
int cmd_lsub(void *session, struct command *cmd);
int cmd_move(void *session, struct command *cmd);
int cmd_myrights(void *session, struct command *cmd);
int cmd_namespace(void *session, struct command *cmd);
int cmd_notify(void *session, struct command *cmd);
int cmd_noop(void *session, struct command *cmd);
int cmd_rename(void *session, struct command *cmd);
int cmd_replace(void *session, struct command *cmd);
int cmd_search(void *session, struct command *cmd);
int cmd_select(void *session, struct command *cmd);
int cmd_setacl(void *session, struct command *cmd);
int cmd_setmetadata(void *session, struct command *cmd);
int cmd_sort(void *session, struct command *cmd);
int cmd_status(void *session, struct command *cmd);
int cmd_store(void *session, struct command *cmd);
int cmd_subscribe(void *session, struct command *cmd);
int cmd_thread(void *session, struct command *cmd);
int cmd_unselect(void *session, struct command *cmd);
int cmd_unsubscribe(void *session, struct command *cmd);

/* ---- sets of messages (cmd_sets.c) ---- */

/* After ENABLE UIDONLY only the UID form of a command is left (RFC 9586): ERR_UIDREQUIRED. */
int refuse_numbers(const struct session *s, struct command *cmd);

/*
 * Read a sequence-set, or "$" (RFC 5182), of numbers or UIDs. The set is the
 * caller's, initialised and to be freed; "$" gives UIDs and *saved_out true.
 */
int parse_message_set(struct session *s, struct command *cmd, struct seqset *set,
    bool *saved_out);

/*
 * The rows that the set means, ascending, in memory that the caller frees.
 * uid says what the set holds. ERR_SYNTAX for a number that no message has;
 * UIDs that no message has are passed over (RFC 9051 6.4.9).
 */
int rows_of_set(struct session *s, struct seqset *set, bool uid, uint32_t **rows_out,
    size_t *count_out, struct err *err);

/* ---- ID (cmd_basic.c) ---- */

/* Is this a list "name=value,..." that ID can answer (RFC 2971 3.3)? "" answers NIL. */
bool id_is_answerable(const char *list);

/* ---- STATUS (cmd_status.c), also for LIST RETURN (STATUS) ---- */

struct status_items;

/* Read "(MESSAGES UNSEEN ...)"; the result lives in the command's arena. */
int parse_status_items(struct command *cmd, const struct status_items **out);

/* Send "* STATUS name (...)". */
int send_status(struct session *s, const char *name, const struct status_items *items,
    struct err *err);

/* ---- ACL (cmd_acl.c), also for LIST RETURN (MYRIGHTS) ---- */

/* "* MYRIGHTS name lrswi...". */
int send_myrights(struct session *s, const char *name, struct err *err);

/* ---- LIST (cmd_list.c), also for SELECT under IMAP4rev2 ---- */

/* "* LIST (...) "/" name" for one mailbox that exists. */
void send_list_of(struct session *s, const char *name);

/* A mailbox of which NOTIFY tells (RFC 5465 5.4, 5.5, 5.9). */
struct list_event {
	const char *name;
	const char *old_name;	/* it was renamed; else NULL */
	bool no_access;
};

/* "* LIST (...) "/" name" for each: whether it is there and subscribed by now is looked up. */
void send_list_events(struct session *s, const struct list_event *events, size_t count);

/* Under IMAP4rev2, if the client gave a name that had to be composed: the same with OLDNAME. */
void send_list_composed(struct session *s, const char *name);

/* ---- CREATE (cmd_folder.c), also for SETMETADATA ---- */

/* May a mailbox be for this: "\\Sent", "\\Drafts" ... (RFC 6154)? */
bool special_use_known(const char *word, size_t len);
/* Add the known ones among those that blanks part: each once, as the RFC spells it. */
void special_use_spell(const char *uses, struct buf *out);

#endif
