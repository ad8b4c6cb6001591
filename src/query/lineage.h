/*
 * Thread ids (RFC 8474 5.2): which thread a message belongs to, once and for ever.
 * A thread is what steps 1 to 4 of THREAD=REFERENCES link; its id follows from
 * the Message-ID of its root, so that it is the same in every mailbox, and, after
 * all memory was lost, as a rule the same again.
 *
 * What was told must not change, so the first word counts: a parent that comes
 * late joins the thread of its children; where it would make two threads one,
 * they stay two. Equal subjects (step 5) make no thread here: strangers write
 * them, and what they put together could never be taken apart.
 */
#ifndef QUERY_LINEAGE_H
#define QUERY_LINEAGE_H

#include <stddef.h>
#include <stdint.h>

struct document;
struct thread;

/* The memory: which thread a key is in (0: none yet), and that it is in one from now on. */
struct lineage {
	uint64_t (*get)(void *ctx, uint64_t key);
	void (*add)(void *ctx, uint64_t key, uint64_t thread);
	void *ctx;
};

/*
 * The key of a message, never 0: of its Message-ID, or of its email id where it
 * has none. 0: it cannot be read, or not from memory. reach: enum document_reach.
 */
uint64_t lineage_key(struct document *document, int reach);

/*
 * Find threads for messages that were added to thread (THREAD_REFERENCES, not
 * made) in the order of the mailbox, keys[i] being that of the i-th. All are
 * then in memory, with those that they refer to.
 */
void lineage_find(const struct thread *thread, const uint64_t *keys, size_t count,
    const struct lineage *lineage);

#endif
