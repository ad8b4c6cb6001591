/*
 * A command that is not sent whole yet: one a connection, as its pieces must
 * not be parted by another command's.
 */
#ifndef DRILL_SENDER_H
#define DRILL_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drill/template.h"

struct conn;
struct flight;
struct step;

struct sender {
	struct expansion expansion;
	size_t at;		/* segment */
	uint64_t offset;	/* in it */
	unsigned step;
	uint32_t repetition;
	bool awaits;		/* the server's "+" is needed to go on */
	bool in_literal;	/* the present segment is one */
};

/* Make conn->sender for a flight. False when a variable has no value: its name in *missing_out. */
bool sender_begin(struct conn *conn, struct flight *flight, const char **missing_out);

/* Queue a piece. False when the server must speak first; conn->sender is NULL after the last. */
bool sender_more(struct conn *conn);

/* Does this flight wait for the server's go-ahead? */
bool sender_awaits(const struct conn *conn, const struct flight *flight);

void sender_free(struct sender **sender);

/*
 * Log what is sent for a step: len octets, of which the first kept are at text.
 * Of a secret step only the size is told.
 */
void sender_log(const struct conn *conn, const struct step *step, const char *tag,
    const char *kind, const char *text, size_t kept, uint64_t len);

#endif
