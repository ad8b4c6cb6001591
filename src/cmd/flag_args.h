/*
 * Flag lists in arguments of STORE and APPEND (RFC 9051 section 9, flag-list).
 */
#ifndef CMD_FLAG_ARGS_H
#define CMD_FLAG_ARGS_H

#include <stddef.h>

struct command;

struct flag_args {
	unsigned flags;			/* MAIL_FLAGS; $Forwarded is MAIL_PASSED */
	const char **keywords;		/* in the command's arena */
	size_t count;
};

/* "(\Seen todo)"; with bare, also flags without parentheses. \Recent and unknown \Words are ERR_SYNTAX. */
int parse_flag_args(struct command *cmd, int bare, struct flag_args *out);

#endif
