/*
 * THREAD (RFC 5256 section 3): ORDEREDSUBJECT, REFERENCES, and REFS of
 * draft-ietf-morg-inthread. Costs n log n in messages and linear in the length
 * of their headers, whatever they claim to refer to.
 */
#ifndef QUERY_THREAD_H
#define QUERY_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "query/document.h"

struct buf;
struct parse;
struct thread;

enum thread_algorithm { THREAD_ORDEREDSUBJECT, THREAD_REFERENCES, THREAD_REFS };

/* thread-alg. */
int thread_parse(struct parse *p, enum thread_algorithm *out);

struct thread *thread_new(enum thread_algorithm algorithm, const struct document_ops *ops,
    void *mailbox);
void thread_free(struct thread **thread);

/*
 * Before anything is added: take what the mailbox keeps (keys.h), where it does.
 * Ids are then known by hashes of 64 bits, and thread_link_name has none.
 */
void thread_use_keys(struct thread *thread);

/*
 * Add a message, in the order of the mailbox, under the id that the answer will
 * name. Asks as far as the disk; what is gone is left out.
 */
void thread_add(struct thread *thread, struct document *document, uint32_t id);

/*
 * What is linked so far (REFERENCES and REFS, before thread_make): nodes from 1 to
 * thread_links for messages and for ids that they refer to; the node of the i-th
 * message that was added; the node above one (0: none); its message id; whether
 * there is a message.
 */
size_t thread_links(const struct thread *thread);
uint32_t thread_link_of(const struct thread *thread, size_t i);
uint32_t thread_link(const struct thread *thread, uint32_t node);
bool thread_link_name(const struct thread *thread, uint32_t node, struct str *out);
bool thread_has_message(const struct thread *thread, uint32_t node);

/* How many were added, and were not gone. */
size_t thread_count(const struct thread *thread);

/* All are there: make the threads. */
void thread_make(struct thread *thread);

/*
 * The threads in order, as a tree over nodes that are numbered from 1: a node's
 * id (0: a parent that is not there), its first child, the next one of the same
 * parent, and that parent. 0 means none. A dummy has two children or more and
 * no parent.
 */
uint32_t thread_first(const struct thread *thread);
uint32_t thread_id(const struct thread *thread, uint32_t node);
uint32_t thread_child(const struct thread *thread, uint32_t node);
uint32_t thread_next(const struct thread *thread, uint32_t node);
uint32_t thread_parent(const struct thread *thread, uint32_t node);

/* "(2)(3 6 (4 23)(44 7 96))": thread-data without its name, added to out (thread_print.c). */
void thread_print(const struct thread *thread, struct buf *out);

#endif
