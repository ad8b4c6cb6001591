/*
 * The session's sandbox. The list of calls is one of those that are refused,
 * not of those that are let through: GLib and the C library change what they
 * use from release to release, and a session that is killed for a harmless new
 * call loses more than the list would win. What an attacker needs is on it.
 */
#include "util/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compat/sandbox.h"
#include "util/seccomp.h"

#ifdef COMPAT_LANDLOCK

#include <linux/landlock.h>

/* Names that came with later kernels than the header may be from (landlock(7)). */
enum {
	RIGHT_REFER = 1 << 13,		/* version 2 */
	RIGHT_TRUNCATE = 1 << 14,	/* 3 */
	RIGHT_IOCTL_DEV = 1 << 15,	/* 5 */
	NET_BIND_TCP = 1, NET_CONNECT_TCP = 2,		/* 4 */
	SCOPE_ABSTRACT_UNIX = 1, SCOPE_SIGNAL = 2,	/* 6 */

	RIGHTS_FILE = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE
	    | LANDLOCK_ACCESS_FS_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL_DEV,
	RIGHTS_READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	/* No devices, sockets or fifos are made, and nothing is run, in a place for mail. */
	RIGHTS_WRITE = RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE | RIGHT_REFER
	    | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE
	    | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG
	    | LANDLOCK_ACCESS_FS_MAKE_SYM,
	RIGHTS_ALL = (1 << 13) - 1,	/* version 1 */
};

struct ruleset {
	uint64_t fs;
	uint64_t net;		/* from version 4 on */
	uint64_t scoped;	/* from version 6 on */
};

/* Where the libraries live, and what they read at work. */
static const char *const system_paths[] = {
	"/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64",
	"/usr/libx32", "/usr/local/lib", "/usr/local/lib64",
	"/nix/store", "/gnu/store",
	"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime", "/etc/locale.alias",
	"/etc/timezone", "/usr/share/locale", "/usr/share/i18n", "/usr/share/zoneinfo",
	"/dev/null", "/dev/urandom", "/proc/self", "/sys/devices/system/cpu",
	PKGLIBDIR,
};

static void
allow(int ruleset_fd, const char *path, uint64_t rights)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0)
		return;
	rule.parent_fd = fd;
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rule.allowed_access &= RIGHTS_FILE;
	syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(fd);
}

static bool
enter_landlock(const struct sandbox_path *paths, size_t count)
{
	struct ruleset ruleset = { .fs = RIGHTS_ALL };
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	size_t size = version >= 6 ? sizeof ruleset : version >= 4 ? 16 : 8;
	int fd;
	bool ok;

	if (version < 1)
		return false;
	if (version >= 2)
		ruleset.fs |= RIGHT_REFER;
	if (version >= 3)
		ruleset.fs |= RIGHT_TRUNCATE;
	if (version >= 5)
		ruleset.fs |= RIGHT_IOCTL_DEV;
	if (version >= 4)
		ruleset.net = NET_BIND_TCP | NET_CONNECT_TCP;
	if (version >= 6)
		ruleset.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	if (fd < 0)
		return false;
	for (size_t i = 0; i < sizeof system_paths / sizeof system_paths[0]; i++)
		allow(fd, system_paths[i], ruleset.fs & RIGHTS_READ);
	for (size_t i = 0; i < count; i++)
		allow(fd, paths[i].path, ruleset.fs & (paths[i].write ? RIGHTS_WRITE : RIGHTS_READ));
	ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close(fd);
	return ok;
}

#else

static bool
enter_landlock(const struct sandbox_path *paths, size_t count)
{
	(void)paths;
	(void)count;
	return false;
}

#endif

#define KILL(name) { .call = SYS_##name, .action = SECCOMP_KILL }
#define REFUSE(name) { .call = SYS_##name, .action = SECCOMP_REFUSE }
#define REFUSE_IF(name, which, is) { .call = SYS_##name, .action = SECCOMP_REFUSE, .test = true, \
	.argument = (which), .mask = UINT32_MAX, .value = (is) }
/* Let through for process 0, which is the caller. */
#define OWN_ONLY(name) { .call = SYS_##name, .action = SECCOMP_LET, .test = true, .argument = 0, \
	.mask = UINT32_MAX, .value = 0 }, REFUSE(name)

enum {
	THREAD_FLAG = 0x00010000,	/* CLONE_THREAD */
	FORK_FLAGS = 0x01200000,	/* CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID: as fork(3) likes */
};

static const struct seccomp_rule session_rules[] = {
	/* other programs and other processes */
	KILL(execve), KILL(execveat), KILL(ptrace), KILL(process_vm_readv), KILL(process_vm_writev),
	{ .call = SYS_clone, .action = SECCOMP_LET, .test = true, .argument = 0,
	    .mask = THREAD_FLAG, .value = THREAD_FLAG },
	/*
	 * Readers of a long search (query/scan.h): the same program under the same
	 * filter, which dies with its session. Nothing comes in that the session
	 * could not do itself.
	 */
	{ .call = SYS_clone, .action = SECCOMP_LET, .test = true, .argument = 0,
	    .mask = ~(uint32_t)FORK_FLAGS, .value = SIGCHLD },	/* and nothing that shares or parts */
	REFUSE(clone),
	/* Its flags lie in memory, where no filter sees them; the C library then uses clone. */
	{ .call = SYS_clone3, .action = SECCOMP_PRETEND_ABSENT },
#ifdef SYS_fork
	REFUSE(fork), REFUSE(vfork),
#endif
	/*
	 * Other sessions of the same user, and shared vmail accounts, are not ours to
	 * end: by a signal, by one that a descriptor sends, by a limit, by starving.
	 * What raise(3) and abort(3) need comes before these, in sandbox_enter.
	 */
	REFUSE(kill), REFUSE(tkill), REFUSE(tgkill), REFUSE(rt_sigqueueinfo),
	REFUSE(rt_tgsigqueueinfo), REFUSE(pidfd_send_signal), REFUSE(pidfd_getfd),
	REFUSE_IF(fcntl, 1, F_SETOWN), REFUSE_IF(fcntl, 1, F_SETSIG),
	REFUSE_IF(fcntl, 1, F_SETOWN_EX),
#ifdef SYS_fcntl64
	REFUSE_IF(fcntl64, 1, F_SETOWN), REFUSE_IF(fcntl64, 1, F_SETSIG),
	REFUSE_IF(fcntl64, 1, F_SETOWN_EX),
#endif
	REFUSE_IF(ioctl, 1, FIOSETOWN), REFUSE_IF(ioctl, 1, SIOCSPGRP),
	OWN_ONLY(prlimit64), OWN_ONLY(sched_setaffinity), OWN_ONLY(sched_setattr),
	OWN_ONLY(sched_setparam), OWN_ONLY(sched_setscheduler),
	REFUSE(setpriority), REFUSE(ioprio_set),
	/* Landlock does not look at these: a home or a key could be opened to all, or shut */
	REFUSE(fchmodat), REFUSE(fchownat),
	REFUSE(setxattr), REFUSE(lsetxattr), REFUSE(removexattr), REFUSE(lremovexattr),
#ifdef SYS_chmod
	REFUSE(chmod), REFUSE(chown), REFUSE(lchown),
#endif
#ifdef SYS_chown32
	REFUSE(chown32), REFUSE(lchown32),
#endif
#ifdef SYS_fchmodat2
	REFUSE(fchmodat2),
#endif
#ifdef SYS_setxattrat
	REFUSE(setxattrat), REFUSE(removexattrat),
#endif
#ifdef SYS_file_setattr
	REFUSE(file_setattr),
#endif
	/* the network; EPERM, because syslog(3) looks for a log daemon that was started anew */
	REFUSE(socket), REFUSE(socketpair), REFUSE(bind), REFUSE(connect), REFUSE(listen),
	REFUSE(accept4),
#ifdef SYS_accept
	REFUSE(accept),
#endif
	/* input for the terminal of whoever started us by hand: TIOCSTI, TIOCLINUX */
	{ .call = SYS_ioctl, .action = SECCOMP_KILL, .test = true, .argument = 1,
	    .mask = UINT32_MAX, .value = 0x5412 },
	{ .call = SYS_ioctl, .action = SECCOMP_KILL, .test = true, .argument = 1,
	    .mask = UINT32_MAX, .value = 0x541C },
	/* the kernel: what only root can use, and what had most of the holes */
	KILL(bpf), KILL(perf_event_open), KILL(userfaultfd), KILL(io_uring_setup),
	KILL(io_uring_enter), KILL(io_uring_register), KILL(add_key), KILL(keyctl),
	KILL(request_key), KILL(kexec_load), KILL(init_module), KILL(finit_module),
	KILL(delete_module), KILL(mount), KILL(umount2), KILL(pivot_root), KILL(chroot),
	KILL(unshare), KILL(setns), KILL(swapon), KILL(swapoff), KILL(reboot), KILL(acct),
	KILL(open_by_handle_at), KILL(sethostname), KILL(setdomainname), KILL(settimeofday),
	KILL(clock_settime), REFUSE(personality), REFUSE(quotactl),
	KILL(setuid), KILL(setgid), KILL(setreuid), KILL(setregid), KILL(setresuid),
	KILL(setresgid), KILL(setgroups), KILL(setfsuid), KILL(setfsgid), KILL(capset),
	KILL(mknodat),
#ifdef SYS_mknod
	KILL(mknod),
#endif
};

unsigned
sandbox_enter(const struct sandbox_path *paths, size_t count)
{
	struct seccomp_rule rules[1 + sizeof session_rules / sizeof session_rules[0]] = {
		{ .call = SYS_tgkill, .action = SECCOMP_LET, .test = true, .argument = 0,
		    .mask = UINT32_MAX, .value = (uint32_t)getpid() },
	};
	unsigned got = 0;

	memcpy(rules + 1, session_rules, sizeof session_rules);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 0;	/* both others need it */
	got |= SANDBOX_NO_NEW_PRIVS;
	if (enter_landlock(paths, count))
		got |= SANDBOX_LANDLOCK;
	if (seccomp_enter(rules, sizeof rules / sizeof rules[0], SECCOMP_LET) == 0)
		got |= SANDBOX_SECCOMP;
	return got;
}
