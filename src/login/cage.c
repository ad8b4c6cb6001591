/* The talker's cage. Without root it is what a plain process may do to itself. */
#include "login/cage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "login/privs.h"
#include "settings.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/seccomp.h"

enum {
	/*
	 * A number below which a new descriptor must be. Four are open: 0, 1, 2 and the
	 * record socket, which may have a higher number than 3.
	 */
	CAGE_FILES = 8,
	CAGE_CPU_SECONDS = 20,	/* three minutes of a hostile client at full speed cost less */
};

static int
wrong(struct err *err, const char *what, const char *path)
{
	err_set(err, ERR_WORLD, "Bad configuration");
	return err_detail(err, "%s: %s", path, what);
}

static int
check_directory(const char *path, struct err *err)
{
	struct stat st;
	struct dirent *entry;
	DIR *dir;
	int count = 0;

	if (lstat(path, &st) < 0) {
		err_set(err, ERR_WORLD, "Bad configuration");
		return err_detail(err, "talker-root %s: %s; an empty directory of root is needed: "
		    "install -d -o root -g root -m 0555 %s", path, strerror(errno), path);
	}
	if (!S_ISDIR(st.st_mode))
		return wrong(err, "talker-root is not a directory", path);
	if (st.st_uid != 0 || (st.st_mode & 022) != 0)
		return wrong(err, "talker-root must belong to root, and nobody else may write to it",
		    path);
	dir = opendir(path);
	if (dir == NULL)
		return err_errno(err, "open", path);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			count++;
	closedir(dir);
	if (count > 0)
		return wrong(err, "talker-root is not empty", path);
	return 0;
}

int
cage_prepare(struct cage *cage, const struct settings *settings, struct err *err)
{
	const char *name = settings_text(settings, SETTING_TALKER_USER);
	struct passwd *who = NULL;
	uint64_t number;

	*cage = (struct cage){ .root = geteuid() == 0, .uid = geteuid(), .gid = getegid() };
	if (!cage->root)
		return 0;
	cage->directory = settings_text(settings, SETTING_TALKER_ROOT);
	/*
	 * Digits are a number; a name that no database knows would make each connection
	 * ask all of them, and load their modules.
	 */
	if (ascii_number(name, strlen(name), UINT32_MAX - 1, &number)) {
		cage->uid = (uid_t)number;
		cage->gid = (gid_t)number;
	} else if ((who = getpwnam(name)) != NULL) {
		cage->uid = who->pw_uid;
		cage->gid = who->pw_gid;
	} else {
		err_set(err, ERR_WORLD, "Bad configuration");
		return err_detail(err, "talker-user: there is no user %.80s; make one that owns "
		    "nothing: useradd --system --user-group --no-create-home "
		    "--home-dir /nonexistent --shell /usr/sbin/nologin %.80s", name, name);
	}
	if (cage->uid == 0 || cage->gid == 0)
		return wrong(err, "talker-user may not be root", name);
	return check_directory(cage->directory, err);
}

static void
limit(int what, rlim_t value)
{
	struct rlimit now;

	if (getrlimit(what, &now) == 0 && now.rlim_max != RLIM_INFINITY && now.rlim_max < value)
		value = now.rlim_max;
	now.rlim_cur = now.rlim_max = value;
	setrlimit(what, &now);
}

#define LET(name) { .call = SYS_##name, .action = SECCOMP_LET }
#define LET_IF(name, which, is) { .call = SYS_##name, .action = SECCOMP_LET, .test = true, \
	.argument = (which), .mask = UINT32_MAX, .value = (is) }

/* All that the talker does once it is in. */
static const struct seccomp_rule talker_rules[] = {
	LET(read), LET(write), LET(readv), LET(writev), LET(close),
	LET(sendto), LET(sendmsg), LET(recvfrom), LET(recvmsg),
	LET(ppoll), LET(clock_gettime), LET(gettimeofday), LET(restart_syscall),
#ifdef SYS_poll
	LET(poll), LET(time),
#endif
#ifdef SYS_clock_gettime64
	LET(clock_gettime64), LET(ppoll_time64),
#endif
	LET(brk), LET(munmap), LET(mremap), LET(madvise),
	/* memory, but none that could be run */
	{ .call = SYS_mmap, .action = SECCOMP_LET, .test = true, .argument = 2, .mask = 4, .value = 0 },
#ifdef SYS_mmap2
	{ .call = SYS_mmap2, .action = SECCOMP_LET, .test = true, .argument = 2, .mask = 4, .value = 0 },
#endif
	LET(rt_sigreturn), LET(rt_sigprocmask), LET(rt_sigaction), LET(getpid),
	/* output_init asks what its descriptor is, and makes a pipe not block */
	LET(fstat), LET(newfstatat),
	LET_IF(fcntl, 1, F_GETFL), LET_IF(fcntl, 1, F_SETFL),	/* F_SETOWN would send signals */
#ifdef SYS_fcntl64
	LET_IF(fcntl64, 1, F_GETFL), LET_IF(fcntl64, 1, F_SETFL),
#endif
	LET(exit), LET(exit_group),
};

int
cage_enter(const struct cage *cage, int record_fd, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t parent = getppid();

	if (null < 0)
		return err_errno(err, "open", "/dev/null");
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NOFILE, CAGE_FILES);
	limit(RLIMIT_CPU, CAGE_CPU_SECONDS);
	if (seccomp_is_built_in())	/* sanitizers map terabytes */
		limit(RLIMIT_AS, CAGE_ADDRESS_SPACE);
	if (cage->root) {
		limit(RLIMIT_NPROC, 0);
		if (chroot(cage->directory) < 0 || chdir("/") < 0)
			return err_errno(err, "chroot", cage->directory);
		if (privs_become(cage->uid, cage->gid, NULL, err) < 0)
			return -1;
	}
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Set after setuid, which clears it. A monitor that was killed takes us along. */
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		return wrong(err, "the monitor is gone", "talker");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, "prctl", "no_new_privs");
	/*
	 * The log is the monitor's: a talker in a stranger's hands writes no line. Up
	 * to here it could, to say why the cage was not entered.
	 */
	if (dup2(null, STDERR_FILENO) < 0)
		return err_errno(err, "dup2", "/dev/null");
	if (record_fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)record_fd - 1, 0);
	close_range((unsigned)record_fd + 1, ~0u, 0);
	/* Kernels without the filter are rare, and the rest of the cage stands there too. */
	if (seccomp_enter(talker_rules, sizeof talker_rules / sizeof talker_rules[0],
	    SECCOMP_KILL) < 0 && errno != ENOSYS && errno != EINVAL)
		return err_errno(err, "seccomp", "");
	return 0;
}
