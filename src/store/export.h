/*
 * The way back: what we know, written into the files of other servers, so that
 * they give the same UIDs under the same UIDVALIDITY. Nothing of ours changes but
 * the names of files that get keyword letters or leave new/.
 */
#ifndef STORE_EXPORT_H
#define STORE_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

struct account;
struct err;
struct mailbox;

/*
 * `dovecot-uidlist` version 3 and `dovecot-keywords`, under Dovecot's lock.
 * without_out: keywords that got no letter, there being 26.
 */
int export_dovecot(struct mailbox *m, size_t *without_out, struct err *err);

/* `courierimapuiddb` and `courierimapkeywords/:list`; all messages go to cur/ first. */
int export_courier(struct mailbox *m, struct err *err);

/* `subscriptions` of Dovecot, or `courierimapsubscribed`. */
int export_subscriptions(struct account *account, bool dovecot, struct err *err);

#endif
