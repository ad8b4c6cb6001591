/*
 * One connection to one server: its bytes, its time limits, its end. The
 * commands on it are flights (flight.h).
 */
#ifndef DRILL_CONN_H
#define DRILL_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "drill/compress.h"
#include "drill/loop.h"
#include "drill/response.h"
#include "drill/script.h"

struct flight;
struct sender;
struct session;

enum conn_state {
	CONN_NEW,
	CONN_CONNECTING,
	CONN_GREETING,	/* connected, the server is to speak first */
	CONN_ACTIVE,
	CONN_LEAVING,	/* LOGOUT is answered, or nothing is left: the server is to close */
	CONN_CLOSED,
};

struct conn {
	struct loop_source source;
	struct loop_timer timer;
	struct session *session;
	const struct block *block;
	enum conn_state state;
	bool preauth;		/* greeted so */
	bool said_bye;
	bool busy;		/* the last command allows no other before its end */
	bool deaf;		/* the server takes no more bytes; what it still says is read */
	bool left_early;	/* a required expectation failed, or time is up: no more is sent */
	uint64_t number;	/* in the log; 0 before it begins */
	int64_t began_us;	/* this state's beginning, for connecting, greeting, leaving */
	int64_t active_us;	/* when a byte last went either way */
	unsigned ready;		/* first of the steps that may be sent, or SCRIPT_NONE */
	unsigned left;		/* steps of the block that have not ended */
	struct flight *flights;	/* in the order of their sending */
	struct flight **flights_end;
	unsigned flight_count;
	struct sender *sender;	/* a command that is not sent whole yet */
	struct buf out;		/* for the wire */
	struct response response;
	int64_t soonest_us;	/* when the first IDLE or wait may have enough; 0: none */
	uint64_t answered;	/* octets of untagged answers since a command was complete */
	struct compress *compress;
	struct addrinfo *address;	/* the one that is tried */
};

void conn_init(struct conn *conn, struct session *session, const struct block *block);
void conn_start(struct conn *conn);

/* Queue bytes for the wire (COMPRESS is applied); conn_pump sends them. */
void conn_write(struct conn *conn, const char *bytes, size_t len);

/*
 * Send what may be sent: queued bytes, the rest of a literal, commands that are
 * ready. May end the connection, when nothing is left to do.
 */
void conn_pump(struct conn *conn);

/* From the next answer on both directions are compressed. */
void conn_compress(struct conn *conn);

/* It is over; why is for the log. */
void conn_close(struct conn *conn, const char *why);

/* It is over, and somebody is at fault: told with the line of the script that suffers. */
void conn_fail(struct conn *conn, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The load test has lasted long enough: complete what is under way, then close. */
void conn_stop(struct conn *conn);

/* An event of this connection for the log. */
void conn_event(const struct conn *conn, const char *label, size_t more, char direction,
    const char *kind, uint64_t bytes, const char *text, size_t len);

/* Something elsewhere has changed what may be sent here: look soon. */
void conn_wake(struct conn *conn);

#endif
