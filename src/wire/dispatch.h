/*
 * One turn of the conversation: read a command, find its row, ask whether it is
 * allowed now, run it, answer. The same loop serves the login program and the
 * session; each brings its own table.
 */
#ifndef WIRE_DISPATCH_H
#define WIRE_DISPATCH_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "wire/parse.h"

struct input;
struct output;

/* The states of RFC 9051 section 3, as bits, so that a row can allow several. */
enum state {
	STATE_NOT_AUTHENTICATED = 1,
	STATE_AUTHENTICATED = 2,
	STATE_SELECTED = 4,
	STATE_LOGOUT = 8,
	STATE_ANY = 7,
};

/*
 * What may be told behind the answers of this command, before its tagged line.
 * EXPUNGE shifts numbers, so it is held back where the client may have used
 * numbers in commands that we have not read yet (RFC 9051 7.5.1).
 */
enum tell {
	TELL_NOTHING,	/* no mailbox is touched (or a mailbox is being opened) */
	HOLD_EXPUNGE,	/* EXISTS and FETCH only */
	TELL_EXPUNGE,	/* everything */
};

struct command;

struct command_row {
	const char *name;	/* upper case; "UID FETCH" for the UID forms; NULL ends the table */
	unsigned states;	/* bits of enum state */
	enum tell tell;
	/*
	 * Reads all arguments, then checks, acts, and writes untagged answers. 0: the
	 * tagged OK goes out with cmd->done; -1: cmd->err says why not.
	 */
	int (*run)(void *session, struct command *cmd);
	const char *capability;	/* what this row promises, or NULL */
	bool uid;		/* the UID form of a command that has two */
};

struct command {
	const struct command_row *row;
	struct str tag;
	struct parse parse;
	struct arena *arena;
	struct err err;
	struct buf code;	/* response code of the tagged OK, without brackets; may be empty */
	const char *done;	/* its text; NULL: "NAME completed" */
	bool hold_expunge;	/* what it named by number must not shift, whatever the row says */
	bool answered;		/* the handler wrote the tagged answer itself */
};

struct dispatch {
	struct input *in;
	struct output *out;
	const struct command_row *rows;
	void *session;
	enum state (*state)(void *session);
	/* Called before the tagged answer of every command that a row was found for. */
	void (*before_answer)(void *session, const struct command *cmd, bool failed);
	/* Called between two commands when none is waiting to be run; NULL: nothing to do. */
	void (*rest)(void *session);
	/*
	 * Called where the next line would be waited for: 0 when the line may be read
	 * now, or an enum input_end. NULL: nothing else to wait for.
	 */
	int (*wait)(void *session);
	/* Why a known command is refused in this state; NULL: a standard text. */
	const char *(*refusal)(void *session, const struct command_row *row);
	uint64_t command_max;	/* octets of one command that are held in memory */
	unsigned bad_max;	/* bad commands in a row that end the session */
	bool literal_plus;
	unsigned literals_max;	/* literals of one command, 0: as many as command_max allows */
	uint64_t skip_max;	/* a refused literal over this ends the session; 0: 4 GiB */
	bool wipe;		/* commands hold secrets: overwrite each one after its turn */
	struct arena arena;
	unsigned bad;		/* bad commands in a row so far */
	uint64_t commands;	/* how many were read */
};

enum dispatch_end {
	DISPATCH_LOGOUT,	/* the state became STATE_LOGOUT */
	DISPATCH_GONE,		/* end of input or a broken connection */
	DISPATCH_TIMEOUT,
	DISPATCH_SIGNAL,
	DISPATCH_LIMIT,		/* too long, too often wrong; BYE was sent */
};

/* Turn after turn until the session ends. The memory of each turn is given back. */
enum dispatch_end dispatch_run(struct dispatch *d);

void dispatch_fini(struct dispatch *d);

#endif
