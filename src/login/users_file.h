/*
 * The file of users: one line each, six fields with colons between.
 *
 *	user:hash:uid:gid:home:maildir
 *
 * user is 1 to 255 octets without colon, NUL and line ends; hash is crypt(3)'s
 * or a verifier of SCRAM, or anything that is neither ("!") for a user who may
 * not log in; uid and gid
 * are numbers, not 0, or both empty: then they are those of the program that
 * reads the file (a server that runs without root). home and maildir may be
 * empty, but not both. Empty lines and lines that begin with # are passed over.
 * The first line of a name counts.
 *
 * A file with verifiers of SCRAM begins with the line
 *
 *	#scram-key:KEY		(32 octets in base64)
 *
 * from which the salts are made that names without a verifier show.
 */
#ifndef LOGIN_USERS_FILE_H
#define LOGIN_USERS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "login/scram.h"
#include "util/buf.h"

struct err;

enum {
	USERS_NAME_MAX = 255,
	USERS_LINE_MAX = 8192,		/* a name, a hash and two paths fit */
	USERS_FILE_MAX = 256 << 20,	/* a million users, and then some */
};

struct users_entry {
	const char *user;	/* all of them are parts of the line, with a NUL behind */
	const char *hash;
	const char *home;
	const char *maildir;
	uid_t uid;
	gid_t gid;
};

/*
 * One line, without its end, taken apart in place. 1: an entry; 0: empty or a
 * comment; -1: neither, with the reason in *why_out.
 */
int users_entry_parse(char *line, struct users_entry *out, const char **why_out);

/*
 * Open the file and see that only root, or whom we run as, can change it. The
 * descriptor, or -1 with err filled.
 */
int users_file_open(const char *path, struct err *err);

/*
 * Find a user. 1: found, the entry's texts are in line; 0: not there; -1 with
 * err filled. The whole file is read in each case, so that the place of a name
 * does not show in the time. like_out receives the first hash of the file: the
 * work that a wrong password costs here; it stays empty when there is none.
 */
int users_file_find(int fd, const char *path, const char *user, struct buf *line,
    struct users_entry *out, struct buf *like_out, struct err *err);

/*
 * Find a user's verifier of SCRAM. 1: it is in out; 0: there is none, be it that
 * the name is not there or has something else; then the verifier is one that
 * nobody has a password for. -1 with err filled, also when the first line is
 * not the key. The file is read as in users_file_find, and the work is the same.
 */
int users_file_verifier(int fd, const char *path, const char *user, struct scram_verifier *out,
    struct err *err);

/* Has the file a key in its first line? Filled in the same way each time, or left alone. */
bool users_file_key(int fd, unsigned char key[SCRAM_OCTETS]);

/* Add a first line with a new key. */
void users_key_make(struct buf *out);

/* A name that can stand in the file. */
bool users_name_is_good(const char *user, size_t len);

#endif
