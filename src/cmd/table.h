/*
 * Every command after login, one row each; and what the session promises.
 */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include "wire/dispatch.h"

extern const struct command_row command_table[];

/* "IMAP4rev1 ...": collected once from the rows of all tables. */
const char *command_capabilities(void);

#endif
