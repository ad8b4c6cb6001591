/* One child at a time; nothing of it is believed but its status. */
#include "login/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util/network.h"

enum { RUN_SECONDS = 30 };

void
program_split(char *command, const char *const more[], char *words[])
{
	int count = 0;

	for (char *at = strtok(command, " \t"); at != NULL && count < PROGRAM_WORDS_MAX;
	    at = strtok(NULL, " \t"))
		words[count++] = at;
	for (; *more != NULL; more++)
		words[count++] = (char *)*more;
	words[count] = NULL;
}

_Noreturn void
program_exec(char *words[], const struct network_address *client)
{
	char address[NETWORK_TEXT + 16], text[NETWORK_TEXT];
	char *environment[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin", (char *)"PROTO=TCP",
	    address, NULL };
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	snprintf(address, sizeof address, "TCPREMOTEIP=%s", network_format(client, text));
	sigemptyset(&none);
	sigaction(SIGPIPE, &usual, NULL);
	sigaction(SIGTERM, &usual, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(words[0], words, environment);
	_exit(111);
}

int
program_wait(pid_t pid)
{
	struct timespec end, now;
	sigset_t child;
	int status;

	/* SIGCHLD is blocked in the monitor, so none is lost between the two calls. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += RUN_SECONDS;
	for (;;) {
		struct timespec left;
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return status;
		if (got < 0 && errno != EINTR)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = (struct timespec){ .tv_sec = end.tv_sec - now.tv_sec };
		if (left.tv_sec <= 0 || (sigtimedwait(&child, NULL, &left) < 0 && errno == EAGAIN)) {
			kill(pid, SIGKILL);
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				continue;
			return -1;
		}
	}
}
