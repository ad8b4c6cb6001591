/*
 * Tunnels. The program gets one end of a socket pair as both its standard input
 * and output. A host with "tls" is such a tunnel too: stunnel with a
 * configuration that is made up here and read from a descriptor, so that this
 * program needs no TLS of its own.
 */
#include "drill/tunnel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drill/script.h"
#include "util/buf.h"
#include "util/io.h"
#include "util/mem.h"

/* Where the child finds stunnel's configuration. */
#define CONFIG_FD 3

/* The configuration of stunnel as a client, in memory; the descriptor or -1. */
static int
stunnel_config(const struct block *block)
{
	struct buf text = BUF_INIT;
	int fd = memfd_create("stunnel", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	buf_addf(&text, "foreground = quiet\nsyslog = no\ndebug = err\npid =\nclient = yes\n"
	    "connect = %s:%s\nsni = %s\n", block->host, block->port, block->host);
	if (block->verify) {
		if (block->ca_file != NULL)
			buf_addf(&text, "CAfile = %s\n", block->ca_file);
		else
			buf_adds(&text, "CApath = /etc/ssl/certs\n");
		buf_addf(&text, "verifyChain = yes\ncheckHost = %s\n", block->host);
	}
	if (io_write_all(fd, text.data, text.len) < 0 || lseek(fd, 0, SEEK_SET) < 0) {
		int saved = errno;

		io_close(&fd);
		errno = saved;
	}
	buf_fini(&text);
	return fd;
}

/* In the child; only what may be done between fork and exec. */
_Noreturn static void
run(const struct block *block, int fd, int config)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(126);
	if (block->tunnel != NULL) {
		execl("/bin/sh", "sh", "-c", block->tunnel, (char *)NULL);
	} else {
		if (config == CONFIG_FD)
			fcntl(config, F_SETFD, 0);
		else if (dup2(config, CONFIG_FD) < 0)
			_exit(126);
		execlp("stunnel", "stunnel", "-fd", "3", (char *)NULL);
		execlp("stunnel4", "stunnel4", "-fd", "3", (char *)NULL);
		dprintf(STDERR_FILENO, "imapdrill: tls needs the program stunnel: %s\n",
		    strerror(errno));
	}
	_exit(127);
}

int
tunnel_open(struct tunnels *tunnels, const struct block *block)
{
	int pair[2] = { -1, -1 }, config = -1, saved;
	pid_t pid = -1;

	tunnel_reap(tunnels);
	if (block->tls && (config = stunnel_config(block)) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 &&
	    fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0) {
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			run(block, pair[1], config);
	}
	saved = errno;
	if (config >= 0)
		close(config);
	if (pair[1] >= 0)
		close(pair[1]);
	if (pid < 0) {
		if (pair[0] >= 0)
			close(pair[0]);
		errno = saved;
		return -1;
	}
	setpgid(pid, pid);
	tunnels->pids = mem_grow(tunnels->pids, &tunnels->room, tunnels->count + 1,
	    sizeof *tunnels->pids);
	tunnels->pids[tunnels->count++] = pid;
	return pair[0];
}

void
tunnel_reap(struct tunnels *tunnels)
{
	for (size_t i = 0; i < tunnels->count;) {
		pid_t pid = waitpid(tunnels->pids[i], NULL, WNOHANG);

		if (pid == tunnels->pids[i] || (pid < 0 && errno == ECHILD))
			tunnels->pids[i] = tunnels->pids[--tunnels->count];
		else
			i++;
	}
}

void
tunnel_finish(struct tunnels *tunnels, int patience_ms)
{
	static const struct timespec tick = { 0, 10000000 };

	for (int left = patience_ms; left > 0; left -= 10) {
		tunnel_reap(tunnels);
		if (tunnels->count == 0)
			break;
		nanosleep(&tick, NULL);
	}
	for (size_t i = 0; i < tunnels->count; i++) {
		kill(-tunnels->pids[i], SIGTERM);
		kill(tunnels->pids[i], SIGTERM);
	}
	for (int left = 1000; left > 0 && tunnels->count > 0; left -= 10) {
		tunnel_reap(tunnels);
		nanosleep(&tick, NULL);
	}
	for (size_t i = 0; i < tunnels->count; i++)
		kill(-tunnels->pids[i], SIGKILL);
	while (tunnels->count > 0 && waitpid(tunnels->pids[0], NULL, 0) > 0)
		tunnel_reap(tunnels);
	free(tunnels->pids);
	*tunnels = (struct tunnels){ NULL, 0, 0 };
}
