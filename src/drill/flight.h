/*
 * A command under way: from the moment that it is sent until it is complete,
 * with all that its expectations have seen.
 */
#ifndef DRILL_FLIGHT_H
#define DRILL_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/check.h"
#include "drill/conn.h"
#include "drill/template.h"

struct flight {
	struct flight *next;
	unsigned step;
	uint32_t repetition;	/* from 1 */
	int64_t sent_us;	/* what latency counts from; of IDLE the DONE */
	int64_t until_us;	/* IDLE and wait: when it is enough; 0: never by itself */
	unsigned replies;	/* given to "+" so far */
	unsigned untagged;	/* answers seen, for the words of an error */
	bool begun;		/* "+" came */
	bool enough;		/* IDLE: DONE is due */
	bool done_sent;		/* IDLE: DONE is sent */
	bool skipped;		/* LOGIN that was not needed */
	bool answered;		/* tagged; waits for the connection to close */
	enum response_status status;
	char *answer;		/* the tagged line, when there are expectations */
	char *tag;		/* what it is called in the log; behind seen */
	char *raw_tag;		/* of raw: the tag that the author wrote, perhaps "" */
	unsigned seen[];	/* how often each check of the step fitted */
};

/* Send this step, or as much of it as can be sent at once: the rest stays in conn->sender. */
void flight_send(struct conn *conn, unsigned step);

/*
 * An answer is whole: log it, show it to those that it may belong to, complete
 * what it completes.
 */
void flight_answer(struct conn *conn, const char *text, size_t len, uint64_t size);

/* The server has closed: flights that expected it are complete. */
void flight_server_closed(struct conn *conn);

/* All that is under way is given up: freed and counted as lost. */
void flight_lose_all(struct conn *conn);

/* Time has come for IDLE or wait. */
void flight_time(struct conn *conn, struct flight *flight);

/* A step is complete somewhere: an IDLE may have waited for it. */
void flight_step_ended(struct conn *conn, unsigned step);

/* No new beginnings: IDLE and wait end now. */
void flight_stop(struct conn *conn);

/* Does the server owe it an answer? */
bool flight_owed(const struct conn *conn, const struct flight *flight);

/* For sender.c: what a template of this flight is filled in with. */
struct template_values flight_values(const struct conn *conn, const struct flight *flight);

#endif
