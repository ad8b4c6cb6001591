/*
 * A session for the tests of the login program: it takes the handoff as
 * mayfly-imap does, answers the tag, and then tells of itself what it is asked:
 * who it is, what it has open, what it may still do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "handoff.h"
#include "util/ascii.h"
#include "util/err.h"

extern char **environ;

static struct handoff handoff;

static void
tell_who(void)
{
	char text[NETWORK_TEXT], cwd[4096];
	gid_t groups[64];
	int count = getgroups(64, groups);

	printf("* WHO uid=%d/%d gid=%d/%d groups=", (int)getuid(), (int)geteuid(), (int)getgid(),
	    (int)getegid());
	for (int i = 0; i < count; i++)
		printf("%s%d", i > 0 ? "," : "", (int)groups[i]);
	printf(" user=%s home=%s maildir=%s client=%s private=%d log=%d config=%s cwd=%s\r\n",
	    buf_str(&handoff.user), buf_str(&handoff.home), buf_str(&handoff.maildir),
	    network_format(&handoff.client, text), handoff.private, handoff.log,
	    buf_str(&handoff.config), getcwd(cwd, sizeof cwd) != NULL ? cwd : "?");
}

static void
tell_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	printf("* FDS");
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir))
			printf(" %s", entry->d_name);
	printf("\r\n");
	closedir(dir);
}

static void
tell_limits(void)
{
	static const struct { const char *name; int which; } rows[] = {
		{ "AS", RLIMIT_AS }, { "CORE", RLIMIT_CORE }, { "FSIZE", RLIMIT_FSIZE },
		{ "NOFILE", RLIMIT_NOFILE }, { "NPROC", RLIMIT_NPROC },
	};

	printf("* LIMITS");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rlimit limit;

		getrlimit((__rlimit_resource_t)rows[i].which, &limit);
		printf(" %s=%lld", rows[i].name, limit.rlim_max == RLIM_INFINITY ? -1LL
		    : (long long)limit.rlim_max);
	}
	printf("\r\n");
}

static void
tell_regain(void)
{
	printf("* REGAIN %d %d %d %d %d %d\r\n", setuid(0), seteuid(0), setreuid(0, 0),
	    setresuid(0, 0, 0), setgid(0), setgroups(0, NULL));
}

static void
tell_process(void)
{
	struct sigaction term, pipe_action;
	sigset_t blocked;
	mode_t mask = umask(0);

	umask(mask);
	sigaction(SIGTERM, NULL, &term);
	sigaction(SIGPIPE, NULL, &pipe_action);
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	printf("* PROCESS umask=%03o term=%d pipe=%d chld-blocked=%d\r\n", (unsigned)mask,
	    term.sa_handler == SIG_DFL, pipe_action.sa_handler == SIG_DFL,
	    sigismember(&blocked, SIGCHLD));
}

static void
answer(char *line)
{
	char *tag = strtok(line, " \r\n"), *name = strtok(NULL, " \r\n");

	if (tag == NULL || name == NULL) {
		printf("* BAD\r\n");
		return;
	}
	if (ascii_casecmp(name, "X-WHO") == 0)
		tell_who();
	else if (ascii_casecmp(name, "X-FDS") == 0)
		tell_descriptors();
	else if (ascii_casecmp(name, "X-LIMITS") == 0)
		tell_limits();
	else if (ascii_casecmp(name, "X-REGAIN") == 0)
		tell_regain();
	else if (ascii_casecmp(name, "X-PROCESS") == 0)
		tell_process();
	else if (ascii_casecmp(name, "X-ENV") == 0)
		for (char **at = environ; *at != NULL; at++)
			printf("* ENV %s\r\n", *at);
	else if (ascii_casecmp(name, "CAPABILITY") == 0)
		printf("* CAPABILITY IMAP4rev1 XSTANDIN\r\n");
	else if (ascii_casecmp(name, "LIST") == 0)
		printf("* LIST () \".\" INBOX\r\n");
	else if (ascii_casecmp(name, "LOGOUT") == 0)
		printf("* BYE\r\n");
	printf("%s OK %s done\r\n", tag, name);
	fflush(stdout);
	if (ascii_casecmp(name, "LOGOUT") == 0)
		exit(0);
}

/* Lines first from what was read before, then from the client. */
static int
next_line(char *line, size_t room)
{
	static size_t at;
	size_t len = 0;
	char c;

	while (len < room - 1) {
		if (at < handoff.unread.len)
			c = handoff.unread.data[at++];
		else if (read(STDIN_FILENO, &c, 1) != 1)
			return 0;
		line[len++] = c;
		if (c == '\n')
			break;
	}
	line[len] = '\0';
	return 1;
}

int
main(int argc, char **argv)
{
	char line[16384];
	struct err err;

	if (argc == 2 && strncmp(argv[1], "--handoff=", 10) == 0) {
		if (handoff_receive(&handoff, atoi(argv[1] + 10), &err) < 0) {
			printf("* BYE %s\r\n", err.detail);
			return 111;
		}
		printf("%s OK [CAPABILITY IMAP4rev1 XSTANDIN] Logged in\r\n", handoff.tag.data);
	} else {
		printf("* PREAUTH [CAPABILITY IMAP4rev1 XSTANDIN] %s\r\n", argc > 1 ? argv[1] : "");
	}
	fflush(stdout);
	while (next_line(line, sizeof line))
		answer(line);
	return 0;
}
