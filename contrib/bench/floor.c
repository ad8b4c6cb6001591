/*
 * What the machine itself takes, measured with as little as can be: nothing of a
 * mail server is in here. Prints seconds (the shortest of some rounds).
 *
 *	floor spawn RUNS INPUT PROGRAM ARGS...  start to end of a program, on the average
 *	floor list DIR                          getdents64 of a directory
 *	floor open DIR                          open, read, close of each file in it
 *	floor socket OCTETS                     copy so much through a loopback socket
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEP = 1 << 16, ROUNDS = 5 };
static char step[STEP];
extern char **environ;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
do_spawn(char **argv)
{
	int runs = atoi(argv[0]), status;
	double start = now();
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, argv[1], O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < runs; i++) {
		if (posix_spawn(&pid, argv[2], &files, NULL, argv + 2, environ) != 0)
			die(argv[2]);
		if (waitpid(pid, &status, 0) < 0 || status != 0)
			die("the program failed");
	}
	return (now() - start) / runs;
}

static double
do_list(char **argv)
{
	double start = now();
	int fd = open(argv[0], O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		die(argv[0]);
	while (getdents64(fd, step, STEP) > 0)
		continue;
	close(fd);
	return now() - start;
}

static double
do_open(char **argv)
{
	double start = now();
	DIR *dir = opendir(argv[0]);
	struct dirent *entry;

	if (dir == NULL)
		die(argv[0]);
	while ((entry = readdir(dir)) != NULL) {
		int fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		while (read(fd, step, STEP) > 0)
			continue;
		close(fd);
	}
	closedir(dir);
	return now() - start;
}

static double
do_socket(char **argv)
{
	long long octets = atoll(argv[0]), got = 0;
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof name;
	int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), fd;
	double start;
	pid_t pid;

	if (bind(server, (struct sockaddr *)&name, len) < 0 || listen(server, 1) < 0
	    || getsockname(server, (struct sockaddr *)&name, &len) < 0)
		die("listen");
	pid = fork();
	if (pid == 0) {
		fd = accept(server, NULL, NULL);
		while (octets > 0) {
			ssize_t n = write(fd, step, octets < STEP ? (size_t)octets : STEP);

			if (n <= 0)
				_exit(1);
			octets -= n;
		}
		_exit(0);
	}
	if (connect(client, (struct sockaddr *)&name, len) < 0)
		die("connect");
	start = now();
	for (ssize_t n; (n = read(client, step, STEP)) > 0;)
		got += n;
	start = now() - start;
	waitpid(pid, NULL, 0);
	close(client);
	close(server);
	return got == atoll(argv[0]) ? start : -1;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		double (*run)(char **argv);
	} rows[] = { { "spawn", do_spawn }, { "list", do_list }, { "open", do_open },
		{ "socket", do_socket } };
	double best = 1e9;

	for (size_t i = 0; argc > 2 && i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(argv[1], rows[i].name) != 0)
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			double took = rows[i].run(argv + 2);

			best = took < best ? took : best;
		}
		printf("%.9f\n", best);
		return 0;
	}
	fprintf(stderr, "usage: floor spawn|list|open|socket ARGS\n");
	return 64;
}
