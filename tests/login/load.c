/*
 * Clients for the tests of the login program, on the loopback only.
 *
 *	load splits PORT USER PASSWORD		one login a place to split the bytes at
 *	load logins PORT USER PASSWORD RATE SECONDS	so many logins a second are begun
 *	load half-open PORT COUNT SECONDS	connections that do not log in, until the server ends them
 *	load times PORT USER PASSWORD COUNT	the time of each answer to LOGIN, in microseconds
 *	load memory PID				is the line of standard input in its memory?
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_MAX = 1024, CONNECTIONS_MAX = 20000 };

static int64_t
clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int
dial(int port, int flags)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

/* All until the other end closes. */
static void
read_all(int fd, char reply[REPLY_MAX])
{
	size_t len = 0;
	ssize_t n;

	while (len < REPLY_MAX - 1 && (n = read(fd, reply + len, REPLY_MAX - 1 - len)) > 0)
		len += (size_t)n;
	reply[len] = '\0';
}

static int
run_splits(int port, const char *user, const char *password)
{
	char script[512], reply[REPLY_MAX];
	int len = snprintf(script, sizeof script, "a LOGIN %s %s\r\nb SELECT INBOX\r\nc LOGOUT\r\n", user,
	    password), bad = 0;

	for (int split = 0; split <= len; split++) {
		int fd = dial(port, 0), left = 1;

		if (write(fd, script, (size_t)split) != split)
			return 1;
		while (ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0)
			poll(NULL, 0, 1);
		if (write(fd, script + split, (size_t)(len - split)) != len - split)
			return 1;
		read_all(fd, reply);
		close(fd);
		if (strstr(reply, "\r\na OK") == NULL || strstr(reply, "\r\nb OK") == NULL
		    || strstr(reply, "\r\nc OK") == NULL) {
			printf("split at %d: %s\n", split, reply);
			bad++;
		}
	}
	printf("%d splits, %d bad\n", len + 1, bad);
	return bad != 0;
}

struct connection {
	int64_t began;
	int64_t next_byte;	/* half-open: when the slow kind sends again; 0: never */
	int len;
	int sent;
	char reply[REPLY_MAX];
};

static struct connection connections[CONNECTIONS_MAX];	/* by descriptor */

static int
compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
print_times(int64_t *times, int count)
{
	if (count == 0)
		return;
	qsort(times, (size_t)count, sizeof times[0], compare);
	printf("ms: least %.2f, median %.2f, 90%% %.2f, 99%% %.2f, most %.2f\n", times[0] / 1e3,
	    times[count / 2] / 1e3, times[count * 9 / 10] / 1e3, times[count * 99 / 100] / 1e3,
	    times[count - 1] / 1e3);
}

static int
run_logins(int port, const char *user, const char *password, int rate, int seconds)
{
	int total = rate * seconds, begun = 0, ended = 0, good = 0, epoll = epoll_create1(0);
	int64_t start = clock_us(), end = start + (seconds + 240) * (int64_t)1000000;
	int64_t *times = calloc((size_t)total, sizeof *times);
	char script[512];
	int script_len = snprintf(script, sizeof script, "a LOGIN %s %s\r\nb LOGOUT\r\n", user, password);

	while (ended < total && clock_us() < end) {
		struct epoll_event events[256];
		int64_t due = start + (int64_t)begun * 1000000 / rate;
		int wait = begun == total ? 1000 : (int)((due - clock_us()) / 1000), n;

		while (begun < total && clock_us() >= start + (int64_t)begun * 1000000 / rate) {
			int fd = dial(port, SOCK_NONBLOCK);
			struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

			begun++;
			if (fd < 0 || fd >= CONNECTIONS_MAX) {
				ended++;
				continue;
			}
			connections[fd] = (struct connection){ .began = clock_us() };
			epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
		}
		n = epoll_wait(epoll, events, 256, wait < 0 ? 0 : wait > 1000 ? 1000 : wait);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			struct connection *c = &connections[fd];
			ssize_t got = read(fd, c->reply + c->len, (size_t)(REPLY_MAX - 1 - c->len));

			if (got < 0 && errno == EAGAIN)
				continue;
			if (got > 0) {
				c->len += (int)got;
				if (!c->sent && strchr(c->reply, '\n') != NULL)
					c->sent = write(fd, script, (size_t)script_len) == script_len;
				continue;
			}
			close(fd);
			c->reply[c->len] = '\0';
			if (strstr(c->reply, "\r\na OK") != NULL && strstr(c->reply, "\r\nb OK") != NULL)
				times[good++] = clock_us() - c->began;
			else
				printf("bad: %s\n", c->reply);
			ended++;
		}
	}
	printf("%d logins offered at %d a second, %d good, in %.1f s\n", total, rate, good,
	    (double)(clock_us() - start) / 1e6);
	print_times(times, good);
	free(times);
	return good != total;
}

static int
run_half_open(int port, int count, int seconds)
{
	int open_now = 0, opened = 0, epoll = epoll_create1(0);
	int64_t end = clock_us() + seconds * (int64_t)1000000;

	/* One after another: the server's backlog is its own business. */
	for (int i = 0; i < count; i++) {
		int fd = dial(port, 0);
		struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

		if (fd < 0 || fd >= CONNECTIONS_MAX)
			continue;
		opened++;
		open_now++;
		connections[fd] = (struct connection){ .sent = i % 3 };
		fcntl(fd, F_SETFL, O_NONBLOCK);
		if (i % 3 == 1)
			connections[fd].next_byte = 1;
		if (i % 3 == 2 && write(fd, "\x16\x03\x01\x02 garbage \xff\xfe\r\n\r\nx\r\n{9999999+}\r\n", 34) < 0)
			continue;
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
	printf("%d open\n", opened);
	fflush(stdout);
	while (open_now > 0 && clock_us() < end) {
		struct epoll_event events[256];
		int n = epoll_wait(epoll, events, 256, 200);
		int64_t now = clock_us();

		for (int i = 0; i < n; i++) {
			char room[512];
			ssize_t got = read(events[i].data.fd, room, sizeof room);

			if (got > 0 || (got < 0 && errno == EAGAIN))
				continue;
			close(events[i].data.fd);
			connections[events[i].data.fd].next_byte = 0;
			open_now--;
		}
		for (int fd = 0; fd < CONNECTIONS_MAX; fd++) {
			if (connections[fd].next_byte == 0 || connections[fd].next_byte > now)
				continue;
			connections[fd].next_byte = now + 1000000;
			if (send(fd, "a", 1, MSG_NOSIGNAL) < 0)
				connections[fd].next_byte = 0;
		}
	}
	printf("%d were opened, %d are left\n", opened, open_now);
	return opened != count || open_now != 0;
}

static int
run_times(int port, const char *user, const char *password, int count)
{
	int64_t *times = calloc((size_t)count, sizeof *times);
	char script[512];
	int script_len = snprintf(script, sizeof script, "a LOGIN %s %s\r\n", user, password);

	for (int i = 0; i < count; i++) {
		int fd = dial(port, 0);
		char room[REPLY_MAX];
		int64_t start;

		if (read(fd, room, sizeof room) <= 0)
			return 1;
		start = clock_us();
		if (write(fd, script, (size_t)script_len) != script_len || read(fd, room, sizeof room) <= 0)
			return 1;
		times[i] = clock_us() - start;
		close(fd);
	}
	print_times(times, count);
	free(times);
	return 0;
}

static int
run_memory(const char *pid)
{
	char path[64], line[512], needle[256];
	FILE *maps;
	int mem, found = 0;

	if (fgets(needle, sizeof needle, stdin) == NULL)
		return 2;
	needle[strcspn(needle, "\n")] = '\0';
	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof path, "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY);
	if (maps == NULL || mem < 0) {
		perror(path);
		return 2;
	}
	while (fgets(line, sizeof line, maps) != NULL) {
		unsigned long from, to;
		char mode[8], *room;
		ssize_t n;

		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r'
		    || to - from > 256 << 20)
			continue;
		room = malloc(to - from);
		n = pread(mem, room, to - from, (off_t)from);
		if (n > 0 && memmem(room, (size_t)n, needle, strlen(needle)) != NULL) {
			printf("found in %s", line);
			found = 1;
		}
		free(room);
	}
	fclose(maps);
	close(mem);
	return found;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "splits") == 0)
		return run_splits(atoi(argv[2]), argv[3], argv[4]);
	if (argc == 7 && strcmp(argv[1], "logins") == 0)
		return run_logins(atoi(argv[2]), argv[3], argv[4], atoi(argv[5]), atoi(argv[6]));
	if (argc == 5 && strcmp(argv[1], "half-open") == 0)
		return run_half_open(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
	if (argc == 6 && strcmp(argv[1], "times") == 0)
		return run_times(atoi(argv[2]), argv[3], argv[4], atoi(argv[5]));
	if (argc == 3 && strcmp(argv[1], "memory") == 0)
		return run_memory(argv[2]);
	fprintf(stderr, "usage: see the top of tests/login/load.c\n");
	return 2;
}
