/*
 * A failure, told twice: to the client in words that give nothing away, to the
 * log with the call, the path and the errno. Made where it happens, passed up
 * unchanged, turned into NO, BAD or BYE by wire/reply.c alone.
 */
#ifndef UTIL_ERR_H
#define UTIL_ERR_H

/*
 * Who is at fault, and the response code that says so (RFC 5530, RFC 9051 7.1).
 * The first group is the client's and is not logged; the second is the world's
 * and gives one log line; the last is our own.
 */
enum err_kind {
	ERR_NONE = 0,
	ERR_SYNTAX,		/* BAD: the words are not IMAP */
	ERR_CLIENTBUG,		/* BAD: good words in a state that forbids them */
	ERR_UIDREQUIRED,	/* BAD [UIDREQUIRED]: message numbers after ENABLE UIDONLY */
	ERR_NO,			/* NO without a code */
	ERR_NONEXISTENT,	/* NO [NONEXISTENT] */
	ERR_ALREADYEXISTS,	/* NO [ALREADYEXISTS] */
	ERR_TRYCREATE,		/* NO [TRYCREATE] */
	ERR_CANNOT,		/* NO [CANNOT]: this can never work here */
	ERR_READONLY,		/* NO [READ-ONLY]... sent as NOPERM outside SELECT */
	ERR_NOPERM,		/* NO [NOPERM] */
	ERR_HASCHILDREN,	/* NO [HASCHILDREN] */
	ERR_TOOBIG,		/* NO [TOOBIG] */
	ERR_LIMIT,		/* NO [LIMIT] */
	ERR_BADCHARSET,		/* NO [BADCHARSET] */
	ERR_UNKNOWN_CTE,	/* NO [UNKNOWN-CTE] */
	ERR_USEATTR,		/* NO [USEATTR] */
	ERR_NOTSAVED,		/* NO [NOTSAVED] */
	ERR_EXPUNGEISSUED,	/* NO [EXPUNGEISSUED] */
	ERR_AUTHFAILED,		/* NO [AUTHENTICATIONFAILED] */
	ERR_PRIVACYREQUIRED,	/* NO [PRIVACYREQUIRED] */
	ERR_BADURL,		/* NO [BADURL]; client holds the URL too */
	ERR_COMPRESSIONACTIVE,	/* NO [COMPRESSIONACTIVE] */
	ERR_MESSAGELIMIT,	/* NO [MESSAGELIMIT ...]; client begins with the rest of the code and "]" */
	ERR_BADEVENT,		/* NO [BADEVENT (...)]: NOTIFY of what we do not watch */
	ERR_NOTIFICATIONOVERFLOW,	/* NO [NOTIFICATIONOVERFLOW] */
	ERR_UNDEFINED_FILTER,	/* NO [UNDEFINED-FILTER ...]; likewise */
	ERR_METADATA,		/* NO [METADATA ...]; client begins with the rest of the code and "]" */

	ERR_WORLD,		/* NO [UNAVAILABLE]... logged: a call failed in a way of its own */
	ERR_OVERQUOTA,		/* NO [OVERQUOTA]: disk or quota is full */
	ERR_INUSE,		/* NO [INUSE]: a lock did not come free */
	ERR_UNAVAILABLE,	/* NO [UNAVAILABLE]: the store is not there */
	ERR_CORRUPTION,		/* NO [CORRUPTION]: our own file is damaged */

	ERR_BYE,		/* BYE and the end: the client went over a limit that ends the session */
};

struct err {
	enum err_kind kind;	/* picks NO, BAD or BYE and the code, in wire/reply.c */
	char client[160];	/* on the wire: no paths, no errno, nobody else's names */
	char detail[480];	/* in the log: which call, which path, which errno; "" logs nothing */
};

/* Fill err and return -1, so that a function may end in "return err_set(...)". */
int err_set(struct err *err, enum err_kind kind, const char *client, ...)
	__attribute__((format(printf, 3, 4)));

/* Add the log's half to an error already set; returns -1. */
int err_detail(struct err *err, const char *detail, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A system call failed: errno picks the kind (ENOSPC and EDQUOT: OVERQUOTA,
 * EACCES, EPERM and EROFS: NOPERM, EFBIG: LIMIT, EMFILE and ENFILE: UNAVAILABLE,
 * else WORLD) and what the client hears; call and path go to the log. Returns -1;
 * errno is kept.
 */
int err_errno(struct err *err, const char *call, const char *path);

#endif
