/*
 * Is this person who they say they are? The backends are asked in a fixed
 * order: the file of users, the accounts of the system, the checkpassword
 * program. The first that says yes ends it; each no has cost the same work,
 * whether the name was known or not.
 */
#ifndef LOGIN_AUTH_H
#define LOGIN_AUTH_H

#include <stdbool.h>
#include <sys/types.h>

#include "login/record.h"
#include "util/buf.h"

struct err;
struct scram_verifier;
struct settings;

enum auth_result { AUTH_NO, AUTH_YES, AUTH_UNAVAILABLE };

/* Who the session will be. */
struct account {
	struct buf user;
	struct buf home;	/* may be empty */
	struct buf maildir;	/* absolute */
	struct buf group_name;	/* whose further groups it has, as initgroups(3) takes it; empty: none */
	uid_t uid;
	gid_t gid;
};

struct auth {
	const struct settings *settings;
	bool root;		/* can we become somebody else? */
	const char *log_word;	/* out: which backend let the user in, or why none did */
	const char *self;	/* our own program file, for the checkpassword program to run */
	const struct network_address *client;
};

void account_fini(struct account *account);

/*
 * Ask. certificate is the user whom a verified certificate names, or "". On
 * AUTH_YES the account is filled. Errors of the world are logged here.
 */
enum auth_result auth_check(struct auth *auth, const struct record_attempt *attempt,
    const char *certificate, struct account *out);

/*
 * The backends, each with the same answers. secret NULL: no password is asked
 * for, another proof was given; only the account is looked up.
 */
enum auth_result auth_file(struct auth *auth, const char *user, const char *secret,
    struct account *out);
enum auth_result auth_shadow(struct auth *auth, const char *user, const char *secret,
    struct account *out);
enum auth_result auth_checkpassword(struct auth *auth, const char *user, const char *secret,
    struct account *out);

/* The account of a name that another proof than a password was given for. */
enum auth_result auth_known(struct auth *auth, const char *user, struct account *out);

/* A token: the program says whose it is, and that user is looked up. */
enum auth_result auth_token(struct auth *auth, const struct record_token *token,
    struct account *out);

/* Who that program runs as when we are root. False: there is no such user, or it is root. */
struct token_user {
	uid_t uid;
	gid_t gid;
};
bool auth_token_user(const struct settings *settings, struct token_user *out);

/*
 * The verifier of SCRAM that the file of users has for a name. AUTH_YES: it is
 * one; AUTH_NO: nobody's, to go on with as if it were one.
 */
enum auth_result auth_file_verifier(struct auth *auth, const char *user,
    struct scram_verifier *out);

/* Can verifiers be asked for: is there a file of users with a key? */
bool auth_file_has_key(const struct settings *settings);

/*
 * The end of the checkpassword protocol: the program that checks passwords has
 * become the user and runs us; tell the monitor who we are now. An exit status.
 */
int auth_checkpassword_report(void);

/*
 * Put the account together from what a backend knows, and judge it: no uid 0,
 * no gid 0, a path for the mail; without root nobody but ourselves. False with
 * the reason in auth->log_word.
 */
bool account_set(struct auth *auth, struct account *out, const char *user, uid_t uid, gid_t gid,
    const char *home, const char *maildir, const char *group_name);

#endif
