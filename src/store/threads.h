/*
 * `mayfly-threads`, in the root of the account: which thread each message was
 * put into, by the key of its Message-ID (query/lineage.h). A thread id that was
 * told must not change (RFC 8474 5.2), so what is in here stays as it is. The
 * file is made when a client first asks for thread ids.
 */
#ifndef STORE_THREADS_H
#define STORE_THREADS_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct err;
struct mailbox_facts;
struct threads;

#define THREADS_NAME "mayfly-threads"

/* What the file says now; never NULL. Without a file, or with a foreign one, nothing is known. */
struct threads *threads_open(struct account *account);
void threads_close(struct threads **threads);

/* The thread of a key; 0: not known. */
uint64_t threads_get(const struct threads *threads, uint64_t key);

/* Put a key that is not known into a thread, neither 0. Told to nobody before threads_commit. */
void threads_add(struct threads *threads, uint64_t key, uint64_t thread);

/* All messages of a mailbox below this UID were added. */
uint32_t threads_mark(const struct threads *threads, const struct mailbox_facts *facts);
void threads_set_mark(struct threads *threads, const struct mailbox_facts *facts, uint32_t uid);

/*
 * Write down what was added. Where another session has put a key somewhere
 * meanwhile, that counts. -1: nothing was written, and what was added is forgotten.
 */
int threads_commit(struct threads *threads, struct err *err);

#endif
