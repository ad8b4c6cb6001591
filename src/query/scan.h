/*
 * Reading many messages for their text, on all processors: the last and dear
 * part of a search.
 *
 * The readers are forked, not threads. They die after the search and take with
 * them what decoding needs (the MIME module, its libraries, charsets), so that a
 * session which once searched is as small as before; and a message that crashes
 * a decoder costs a reader and one "no", not the session. Nothing but a byte a
 * message comes back, through shared memory.
 */
#ifndef QUERY_SCAN_H
#define QUERY_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "query/search.h"

/*
 * Answer what is SEARCH_UNKNOWN among n messages (answers holds enum
 * search_answer). 0, or -1 when progress said to end; no process is left behind.
 */
int scan_texts(struct search *search, const uint32_t *positions, uint8_t *answers, size_t n,
    const struct search_work *work);

/* Processors that this process may use, at most SCAN_WORKERS_MAX. */
unsigned scan_workers(void);

enum { SCAN_WORKERS_MAX = 8 };	/* more would only fight for one disk */

/*
 * The clock of progress: true when it is due to be told, at most once in
 * SCAN_TICK_MS. at holds the last time, 0 at first.
 */
bool scan_tick(int64_t *at);

enum { SCAN_TICK_MS = 250 };

#endif
