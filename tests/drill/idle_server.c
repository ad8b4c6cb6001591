/*
 * A server that does next to nothing for very many clients: it greets, says OK
 * to every line, and lets IDLE idle. For tests that count connections.
 *
 *	idle_server		prints its port, serves until its stdin ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 200, FILES = 65536 };

/* By descriptor: what came of the present line, and the tag of an IDLE. */
static struct {
	char line[LINE], idle[LINE];
	size_t len;
} *clients;

static void
say(int fd, const char *tag, const char *text)
{
	char line[2 * LINE];
	int len = snprintf(line, sizeof line, "%s %s\r\n", tag, text);

	if (write(fd, line, (size_t)len) != len)
		fprintf(stderr, "idle_server: write: %s\n", strerror(errno));
}

static void
answer(int fd, char *line)
{
	char *tag = line, *word = strchr(line, ' ');

	if (strcmp(line, "DONE") == 0) {
		say(fd, clients[fd].idle, "OK idled");
	} else if (word == NULL) {
		say(fd, "*", "BAD what");
	} else {
		*word++ = '\0';
		if (strcmp(word, "IDLE") == 0) {
			memcpy(clients[fd].idle, tag, strlen(tag) + 1);
			say(fd, "+", "idling");
		} else {
			if (strcmp(word, "LOGOUT") == 0)
				say(fd, "*", "BYE then");
			say(fd, tag, "OK done");
			if (strcmp(word, "LOGOUT") == 0)
				shutdown(fd, SHUT_WR);
		}
	}
}

static void
serve(int fd)
{
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof bytes);

	if (n <= 0) {
		close(fd);
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			clients[fd].line[clients[fd].len] = '\0';
			answer(fd, clients[fd].line);
			clients[fd].len = 0;
		} else if (bytes[i] != '\r' && clients[fd].len < LINE - 1) {
			clients[fd].line[clients[fd].len++] = bytes[i];
		}
	}
}

int
main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	struct epoll_event events[256], event = { .events = EPOLLIN };
	struct rlimit limit;
	int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0);

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	clients = calloc(FILES, sizeof *clients);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (clients == NULL || bind(listener, (struct sockaddr *)&address, size) < 0 ||
	    listen(listener, 4096) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
		perror("idle_server");
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	event.data.fd = listener;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	event.data.fd = STDIN_FILENO;
	epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == STDIN_FILENO)
				return 0;
			if (fd != listener) {
				serve(fd);
				continue;
			}
			fd = accept(listener, NULL, NULL);
			if (fd < 0 || fd >= FILES)
				continue;
			clients[fd].len = 0;
			event.data.fd = fd;
			epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
			say(fd, "*", "OK ready");
		}
	}
}
