/*
 * Planted calls: inside a cage or a sandbox, try what an attacker would, each
 * in a process of its own, and tell how it ended.
 *
 *	planted talker EMPTY-DIRECTORY UID
 *	planted session MAIL-DIRECTORY [MODULE SYMBOL]
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "login/cage.h"
#include "settings.h"
#include "util/err.h"
#include "util/sandbox.h"

enum { UNTRIED = 9999 };

static const char *mail;
static char elsewhere[4096];	/* a directory of the user's own, above the mail */

/* Each returns 0 when the call worked, else -1 with errno. */
static int try_exec(void) { return execl("/bin/true", "true", (char *)NULL); }
static int try_open(void) { return open("/etc/passwd", O_RDONLY); }
static int try_open_proc(void) { return open("/proc/1/environ", O_RDONLY); }
static int try_create(void) { return open("/tmp/mayfly-planted", O_WRONLY | O_CREAT, 0600); }
static int try_list(void) { return open("/home", O_RDONLY | O_DIRECTORY); }
static int try_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static int try_unix(void) { return socket(AF_UNIX, SOCK_DGRAM, 0); }

static int
start_process(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int try_fork(void) { return start_process(0); }
static int try_fork_apart(void) { return start_process(0x10000000); }	/* CLONE_NEWUSER */
static int try_clone3(void) { return (int)syscall(SYS_clone3, NULL, 0); }
static int try_ptrace(void) { return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL); }
static int try_kill(void) { return kill(getppid(), 0); }

/* A process of the same user, in the same sandbox: what only the filter keeps apart. */
static int
against_another(int (*try)(pid_t pid))
{
	pid_t pid = start_process(0);
	int result, why;

	if (pid < 0)
		return 0;	/* what it was to be tried on is not there: not as it should be */
	result = try(pid);
	why = errno;
	waitpid(pid, NULL, 0);
	errno = why;
	return result;
}

static int by_tgkill(pid_t pid) { return (int)syscall(SYS_tgkill, pid, pid, 0); }
static int by_tkill(pid_t pid) { return (int)syscall(SYS_tkill, pid, 0); }
static int by_owner(pid_t pid) { return fcntl(0, F_SETOWN, pid); }
static int by_limit(pid_t pid) { return (int)syscall(SYS_prlimit64, pid, RLIMIT_CORE, NULL, NULL); }
static int by_priority(pid_t pid) { return setpriority(PRIO_PROCESS, (id_t)pid, 19); }
static int try_tgkill(void) { return against_another(by_tgkill); }
static int try_tkill(void) { return against_another(by_tkill); }
static int try_owner(void) { return against_another(by_owner); }
static int try_limit(void) { return against_another(by_limit); }
static int try_priority(void) { return against_another(by_priority); }
static int talker_owner(void) { return fcntl(3, F_SETOWN, 1); }
static int try_chmod(void) { return chmod(elsewhere, 0777); }
static int try_chown(void) { return chown(elsewhere, (uid_t)-1, (gid_t)-1); }
static int try_setxattr(void) { return setxattr(elsewhere, "user.x", "x", 1, 0); }
static int may_raise(void) { signal(SIGUSR1, SIG_IGN); return raise(SIGUSR1); }
static int may_ask_limit(void) { struct rlimit limit; return getrlimit(RLIMIT_NOFILE, &limit); }
static int try_setuid(void) { return setuid(0); }
static int try_chroot(void) { return chroot("/"); }
static int try_mount(void) { return (int)syscall(SYS_mount, "x", "/", "tmpfs", 0, NULL); }
static int try_bpf(void) { return (int)syscall(SYS_bpf, 0, NULL, 0); }
static int try_unshare(void) { return (int)syscall(SYS_unshare, 0); }
static int try_io_uring(void) { return (int)syscall(SYS_io_uring_setup, 1, NULL); }
static int try_tiocsti(void) { return ioctl(0, 0x5412, "x"); }

static int
try_vm_read(void)
{
	char room[8];
	struct iovec iov = { room, sizeof room };

	return process_vm_readv(getppid(), &iov, 1, &iov, 1, 0) < 0 ? -1 : 0;
}

static int
try_executable_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
	    == MAP_FAILED ? -1 : 0;
}

/* What the session must still be able to do. */
static int
may_write_mail(void)
{
	char path[4096], next[4096];
	int fd;

	snprintf(path, sizeof path, "%s/tmp/x", mail);
	snprintf(next, sizeof next, "%s/new/x", mail);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) < 0 || ftruncate(fd, 0) < 0)
		return -1;
	close(fd);
	if (link(path, next) < 0 || unlink(path) < 0 || rename(next, path) < 0 || unlink(path) < 0)
		return -1;
	return 0;
}

static int may_read_zone(void) { return access("/etc/localtime", F_OK) < 0 ? 0 : open("/etc/localtime", O_RDONLY); }

static const char *module, *symbol;

static int
may_load_module(void)
{
	void *handle;

	if (module == NULL)
		return 0;
	handle = dlopen(module, RTLD_NOW);
	if (handle == NULL || dlsym(handle, symbol) == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return -1;
	}
	return 0;
}

struct row {
	const char *name;
	int (*run)(void);
	int wants_talker;	/* SIGSYS: killed; minus an errno; 0: works; UNTRIED */
	int wants_session;
};

static const struct row rows[] = {
	{ "exec", try_exec, SIGSYS, SIGSYS },
	{ "open /etc/passwd", try_open, SIGSYS, -EACCES },
	{ "open /proc/1/environ", try_open_proc, SIGSYS, -EACCES },
	{ "create in /tmp", try_create, SIGSYS, -EACCES },
	{ "list /home", try_list, SIGSYS, -EACCES },
	{ "inet socket", try_socket, SIGSYS, -EPERM },
	{ "unix socket", try_unix, SIGSYS, -EPERM },
	{ "fork", try_fork, SIGSYS, 0 },
	{ "fork into namespaces", try_fork_apart, SIGSYS, -EPERM },
	{ "clone3", try_clone3, SIGSYS, -ENOSYS },
	{ "ptrace", try_ptrace, SIGSYS, SIGSYS },
	{ "process_vm_readv", try_vm_read, SIGSYS, SIGSYS },
	{ "kill", try_kill, SIGSYS, -EPERM },
	{ "tgkill", try_tgkill, UNTRIED, -EPERM },
	{ "tkill", try_tkill, UNTRIED, -EPERM },
	{ "signals by F_SETOWN", try_owner, UNTRIED, -EPERM },
	{ "signals by F_SETOWN, talker", talker_owner, SIGSYS, UNTRIED },
	{ "limits of others", try_limit, UNTRIED, -EPERM },
	{ "priority of others", try_priority, UNTRIED, -EPERM },
	{ "chmod elsewhere", try_chmod, UNTRIED, -EPERM },
	{ "chown elsewhere", try_chown, UNTRIED, -EPERM },
	{ "setxattr elsewhere", try_setxattr, UNTRIED, -EPERM },
	{ "setuid", try_setuid, SIGSYS, SIGSYS },
	{ "chroot", try_chroot, SIGSYS, SIGSYS },
	{ "mount", try_mount, SIGSYS, SIGSYS },
	{ "bpf", try_bpf, SIGSYS, SIGSYS },
	{ "unshare", try_unshare, SIGSYS, SIGSYS },
	{ "io_uring", try_io_uring, SIGSYS, SIGSYS },
	{ "TIOCSTI", try_tiocsti, SIGSYS, SIGSYS },
	{ "executable memory", try_executable_memory, SIGSYS, UNTRIED },
	{ "write mail", may_write_mail, UNTRIED, 0 },
	{ "raise a signal", may_raise, UNTRIED, 0 },
	{ "ask for a limit", may_ask_limit, UNTRIED, 0 },
	{ "read the time zone", may_read_zone, UNTRIED, 0 },
	{ "load the module", may_load_module, UNTRIED, 0 },
};

static void
go_in(bool talker, char **argv)
{
	struct err err;

	if (talker) {
		struct cage cage = { .root = true, .uid = (uid_t)atoi(argv[3]),
			.gid = (gid_t)atoi(argv[3]), .directory = argv[2] };

		if (cage_enter(&cage, 3, &err) < 0) {
			printf("cage: %s\n", err.detail);
			exit(1);
		}
	} else {
		struct sandbox_path path = { argv[2], true };

		if (sandbox_enter(&path, 1) != (SANDBOX_NO_NEW_PRIVS | SANDBOX_LANDLOCK | SANDBOX_SECCOMP)) {
			printf("the kernel lacks a part of the sandbox\n");
			exit(77);
		}
	}
}

/* How one call ended: the signal, minus the errno, or 0. */
static int
run_row(const struct row *row, bool talker, char **argv)
{
	int pipe_ends[2], status, result = 0;
	pid_t pid;

	if (pipe(pipe_ends) < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		/* The place of the record socket: what a cage leaves open. */
		dup2(pipe_ends[1], 3);
		go_in(talker, argv);
		errno = 0;
		result = row->run() < 0 ? -errno : 0;
		if (write(3, &result, sizeof result) < 0)
			_exit(1);
		_exit(0);
	}
	close(pipe_ends[1]);
	if (read(pipe_ends[0], &result, sizeof result) != sizeof result)
		result = 1;
	close(pipe_ends[0]);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : result;
}

int
main(int argc, char **argv)
{
	bool talker = argc >= 4 && strcmp(argv[1], "talker") == 0;
	int bad = 0;

	if (argc < 3)
		return 2;
	mail = argv[2];
	snprintf(elsewhere, sizeof elsewhere, "%s/..", mail);
	if (!talker && argc >= 5) {
		module = argv[3];
		symbol = argv[4];
	}
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int wants = talker ? rows[i].wants_talker : rows[i].wants_session, got;

		if (wants == UNTRIED)
			continue;
		got = run_row(&rows[i], talker, argv);
		printf("%s: %s %s%d\n", rows[i].name,
		    got == wants ? "as it should be," : wants == 0 ? "NOT POSSIBLE," : "not refused,",
		    got == SIGSYS ? "killed by SIGSYS " : "", got);
		bad += got != wants;
	}
	return bad != 0;
}
