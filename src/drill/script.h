/*
 * A script, read once and never changed: servers, the commands to run there
 * and what must come first, and what to make of the answers. imapdrill(5) tells
 * the language; here is its result. Steps of all blocks stand in one array, so a
 * step is a number and a session keeps its own state beside them.
 */
#ifndef DRILL_SCRIPT_H
#define DRILL_SCRIPT_H

#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drill/check.h"
#include "drill/names.h"
#include "drill/template.h"

#define SCRIPT_NONE ((unsigned)-1)

enum step_kind {
	STEP_GREETING,	/* the first of each block: complete when the server has greeted */
	STEP_COMMAND,
	STEP_RAW,	/* bytes as they stand, with a tag of their own or none */
	STEP_SEND,	/* bytes that expect no answer */
	STEP_IDLE,
	STEP_LOGIN,	/* LOGIN unless greeted by PREAUTH */
	STEP_COMPRESS,
	STEP_LOGOUT,
	STEP_WAIT,	/* let time pass */
	STEP_CLOSE,	/* end the connection without a word */
};

/* What a step waits for in another. */
enum tie_kind {
	TIE_DONE,	/* it is complete */
	TIE_BEGUN,	/* "a1+": the server asked for more, or answered at all */
	TIE_OVER,	/* "a1?": it is complete, or never will be */
};

struct tie {
	unsigned step;
	enum tie_kind kind;
};

struct ties {
	struct tie *list;
	size_t count, room;
};

struct choice {
	char *name;
	unsigned check;	/* of the step, or SCRIPT_NONE: holds if nothing else does */
};

/* What is done when a step is complete, in the order of the script. */
struct action {
	enum { ACTION_PRINT, ACTION_QUESTION } kind;
	unsigned line;
	struct template text;		/* print */
	char *question;
	struct choice *choices;
	size_t choice_count, choice_room;
};

struct step {
	enum step_kind kind;
	unsigned block, line;
	char *label;		/* for the log: what the author wrote, or "line.12" */
	bool labelled;
	bool secret;		/* arguments and literals are not logged */
	char *verb;		/* the first word or two, in upper case: "UID FETCH" */
	char *shown;		/* the command for the table of latencies, cut short */
	struct template text;	/* without tag and CRLF; of STEP_LOGIN the user */
	struct template password;
	uint32_t repeat;	/* how often in all */
	uint32_t window;	/* how many may be unanswered at a time */
	struct ties after;	/* what it waits for */
	struct ties before;	/* what waits for it */
	struct check *checks;
	size_t check_count, check_room;
	struct template *replies;	/* to "+", one after another */
	size_t reply_count, reply_room;
	struct action *actions;
	size_t action_count, action_room;
	bool has_until;		/* IDLE: DONE when this is seen untagged */
	regex_t until;
	unsigned until_step;	/* IDLE: DONE when this step is complete, or SCRIPT_NONE */
	int64_t for_us;		/* IDLE and wait: how long at most; 0: for ever */
};

struct block {
	char *host, *port;	/* NULL for a tunnel */
	char *tunnel;		/* a command for the shell; NULL for a host */
	bool tls, verify;
	char *ca_file;		/* of tls; NULL: the system's */
	char *server;		/* its name in the log */
	unsigned line, first, count;	/* steps [first, first + count) */
};

struct script {
	char *path;		/* as given, for errors */
	char *directory;	/* of its literals; "" for the working directory */
	struct names names;
	struct block *blocks;
	size_t block_count, block_room;
	struct step *steps;
	size_t step_count, step_room;
	int64_t timeout_us;	/* from a "timeout" line; 0: none was given */
};

/*
 * Read a script; path "-" is the standard input. names holds the values from
 * the command line and is taken over. NULL when anything is wrong with it: then
 * each fault has been told on stderr as "FILE:LINE: what".
 */
struct script *script_load(const char *path, struct names *names);
void script_free(struct script **script);

/* "500ms", "5s", "29m", "2h"; a bare number is seconds. False for anything else. */
bool script_duration(const char *text, int64_t *us_out);

/*
 * Say what is wrong with a line on stderr, in one write: the programs of
 * tunnels write there too.
 */
void script_complain(const struct script *script, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void script_vcomplain(const struct script *script, unsigned line, const char *format,
    va_list args) __attribute__((format(printf, 3, 0)));

/*
 * Within script_*.c: resolve the labels in wanted[i] (of step i) to ties both
 * ways, and find circles. False when something was wrong.
 */
struct wanted {
	char *labels;		/* as written behind the colon; NULL: the step before */
	char *until;		/* IDLE until LABEL; NULL: none */
};
bool script_tie(struct script *script, const struct wanted *wanted);

#endif
