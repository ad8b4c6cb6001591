/*
 * Programs of the administrator that the monitor runs to learn whether somebody
 * may come in: started by their words, without a shell, with an environment made
 * anew, and killed when they take too long.
 */
#ifndef LOGIN_PROGRAM_H
#define LOGIN_PROGRAM_H

#include <sys/types.h>

struct network_address;

enum { PROGRAM_WORDS_MAX = 32 };	/* of a command */

/*
 * Cut the command into words, in place, with as many of the more behind them as
 * there are; words has room for PROGRAM_WORDS_MAX, those and a NULL.
 */
void program_split(char *command, const char *const more[], char *words[]);

/*
 * In the child: signals as usual, then the program, with PATH, PROTO and
 * TCPREMOTEIP. Its descriptors are the caller's work. Ends with 111 when it
 * cannot be started.
 */
_Noreturn void program_exec(char *words[], const struct network_address *client);

/*
 * Wait for the child, half a minute at most: one that asks a directory far away
 * needs some, a hung one is killed. Its wait status, or -1. SIGCHLD is blocked.
 */
int program_wait(pid_t pid);

#endif
