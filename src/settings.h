/*
 * Every setting of the programs as one row: name, type, default and the
 * sentence that mayfly.conf(5) prints for it. A setting is written the same way
 * in the file ("name = value") and on the command line ("--name=value", where a
 * bare "--name" means yes); the command line wins, wherever it stands.
 *
 * A name, once released, is never given another meaning.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "util/network.h"

struct err;

/* In the order of the table in settings.c, which is the alphabet's. */
enum setting {
	SETTING_ANONYMOUS,
	SETTING_ANONYMOUS_WRITE,
	SETTING_CERTIFICATES,
	SETTING_CHECKPASSWORD,
	SETTING_FAILURE_DELAY,
	SETTING_LOG,
	SETTING_LOGIN_TIMEOUT,
	SETTING_MAILDIR,
	SETTING_PRIVATE,
	SETTING_PROXY,
	SETTING_SCRAM,
	SETTING_SESSION,
	SETTING_SESSION_FILE_SIZE,
	SETTING_SESSION_FILES,
	SETTING_SESSION_MEMORY,
	SETTING_SESSION_PROCESSES,
	SETTING_SYSTEM,
	SETTING_TALKER_ROOT,
	SETTING_TALKER_USER,
	SETTING_TOKEN_DISCOVERY,
	SETTING_TOKEN_PROGRAM,
	SETTING_TOKEN_SCOPE,
	SETTING_TOKEN_USER,
	SETTING_TRUSTED,
	SETTING_USERS,
	SETTING_COUNT,
};

enum setting_type {
	TYPE_BOOL,	/* yes or no */
	TYPE_CHOICE,	/* one of the words that the row lists */
	TYPE_MS,	/* a time: 500ms, 2s, 3m; a bare number is seconds */
	TYPE_NETWORKS,	/* addresses, address/bits and "local", with spaces between */
	TYPE_NUMBER,
	TYPE_PATH,	/* an absolute path, or "none" */
	TYPE_SIZE,	/* octets: 512k, 64M, 2G; 0 is no limit */
	TYPE_TEXT,
};

struct setting_row {
	const char *name;
	enum setting_type type;
	const char *preset;	/* as it would be written in the file; "" is not set */
	const char *choices;	/* TYPE_CHOICE: the words, with spaces between */
	const char *sentence;	/* for mayfly.conf(5), in mdoc(7) */
};

struct setting_value {
	char *text;		/* as written; for TYPE_PATH "" when none */
	int64_t number;		/* TYPE_BOOL, _MS, _NUMBER, _SIZE; TYPE_CHOICE: which word */
	struct network_range *networks;
	size_t network_count;
	bool from_options;	/* a file does not change it any more */
	unsigned line;		/* where the file set it; 0: it did not */
};

struct settings {
	struct setting_value values[SETTING_COUNT];
};

extern const struct setting_row settings_table[SETTING_COUNT];

/* Every setting at its default. */
void settings_init(struct settings *s);
void settings_fini(struct settings *s);

/*
 * One setting by its name. 0; or -1 with what is wrong in err->detail, in
 * words for the administrator. value NULL is the bare "--name".
 */
int settings_set(struct settings *s, const char *name, size_t name_len, const char *value,
    struct err *err);

/*
 * Is this word of a command line ("--name=value" or "--name") a setting? 1: it
 * was, and is taken; 0: it is none of ours; -1: ours, but wrong.
 */
int settings_option(struct settings *s, const char *word, struct err *err);

/*
 * Read a file. Each thing that is wrong with it is told to the reporter with
 * its line; the rest of the file is read all the same. Returns how many things
 * were wrong, or -1 when the file could not be read (err says why).
 */
int settings_read(struct settings *s, const char *path,
    void (*reporter)(void *ctx, const char *path, unsigned line, const char *what),
    void *ctx, struct err *err);

const char *settings_text(const struct settings *s, enum setting which);
int64_t settings_number(const struct settings *s, enum setting which);
bool settings_bool(const struct settings *s, enum setting which);

/* Is the address in one of the ranges of this setting? */
bool settings_network(const struct settings *s, enum setting which,
    const struct network_address *address);

/* The list of settings as mayfly.conf(5) has it, in mdoc(7). */
void settings_print_page(FILE *to);

#endif
