/*
 * The backend that runs a program with the checkpassword interface: name,
 * password and time on descriptor 3, each with a NUL behind it, 512 octets at
 * most. The program exits 1 for a wrong password and 111 when it cannot tell;
 * when the password is right it becomes the user and runs what its arguments
 * name. They name this program, which then reports who it has become.
 *
 * That report comes from a process with the user's rights, so nothing in it is
 * believed that could give the user more: uid and gid are taken from the
 * kernel, which adds them to a message on a unix socket, and the further
 * groups from the system's own records. The home directory and the Maildir are
 * only used after the drop.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "login/auth.h"
#include "login/program.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	SECRETS_FD = 3,		/* the interface says so */
	REPORT_FD = 4,
	SECRETS_MAX = 512,	/* the interface says so */
	REPORT_MAX = HANDOFF_NAME_MAX + 2 * HANDOFF_PATH_MAX + 3,
};

int
auth_checkpassword_report(void)
{
	static const char *const names[] = { "USER", "HOME", "MAILDIR" };
	char report[REPORT_MAX];
	size_t len = 0;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *value = getenv(names[i]);
		size_t value_len = value != NULL ? strlen(value) : 0;

		if (value_len > sizeof report - len - sizeof names / sizeof names[0])
			return 111;
		if (value_len > 0)
			memcpy(report + len, value, value_len);
		len += value_len;
		report[len++] = '\0';
	}
	return send(REPORT_FD, report, len, MSG_NOSIGNAL) == (ssize_t)len ? 0 : 111;
}

/* In the child: nothing but the two descriptors of the interface. */
_Noreturn static void
run_program(struct auth *auth, char *words[], int secrets_fd, int report_fd)
{
	int null = open("/dev/null", O_RDWR);

	/* Out of the way of the places that they must be moved to. */
	secrets_fd = fcntl(secrets_fd, F_DUPFD, 10);
	report_fd = fcntl(report_fd, F_DUPFD, 10);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0
	    || secrets_fd < 0 || dup2(secrets_fd, SECRETS_FD) < 0
	    || report_fd < 0 || dup2(report_fd, REPORT_FD) < 0
	    || close_range(REPORT_FD + 1, ~0u, 0) < 0)
		_exit(111);
	program_exec(words, auth->client);
}

/* Read the report: its texts into the room, who sent it from the kernel. */
static bool
receive_report(int fd, char report[REPORT_MAX + 1], size_t *len_out, struct ucred *who)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof *who)];
	} control;
	struct iovec iov = { .iov_base = report, .iov_len = REPORT_MAX };
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control,
	};
	ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *head;

	if (n <= 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return false;
	head = CMSG_FIRSTHDR(&message);
	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_CREDENTIALS
	    || head->cmsg_len != CMSG_LEN(sizeof *who))
		return false;
	memcpy(who, CMSG_DATA(head), sizeof *who);
	*len_out = (size_t)n;
	return report[n - 1] == '\0';
}

static enum auth_result
take_report(struct auth *auth, int fd, const char *asked, struct account *out)
{
	char report[REPORT_MAX + 1];
	const char *texts[3], *at = report;
	struct ucred who;
	struct passwd *known;
	size_t len;

	if (!receive_report(fd, report, &len, &who))
		return AUTH_UNAVAILABLE;
	for (int i = 0; i < 3; i++) {
		if (at >= report + len)
			return AUTH_UNAVAILABLE;
		texts[i] = at;
		at += strlen(at) + 1;
	}
	known = getpwuid(who.uid);
	if (!account_set(auth, out, *texts[0] != '\0' ? texts[0] : asked, who.uid, who.gid, texts[1],
	    texts[2], known != NULL ? known->pw_name : ""))
		return AUTH_NO;
	return AUTH_YES;
}

/* What the program must be told, or false when the interface has no room for it. */
static bool
write_secrets(int fd, const char *user, const char *secret)
{
	char secrets[SECRETS_MAX];
	int len;
	bool ok;

	len = snprintf(secrets, sizeof secrets, "%s%c%s%cY%lld%c", user, '\0', secret, '\0',
	    (long long)time(NULL), '\0');
	ok = len > 0 && (size_t)len < sizeof secrets && io_write_all(fd, secrets, (size_t)len) == 0;
	mem_wipe(secrets, sizeof secrets);
	return ok;
}

enum auth_result
auth_checkpassword(struct auth *auth, const char *user, const char *secret, struct account *out)
{
	const char *const ourselves[] = { auth->self, "--report-account", NULL };
	char *words[PROGRAM_WORDS_MAX + 3];
	char *command = mem_strdup(settings_text(auth->settings, SETTING_CHECKPASSWORD));
	int secrets[2] = { -1, -1 }, report[2] = { -1, -1 }, status, on = 1;
	enum auth_result result = AUTH_UNAVAILABLE;
	struct err err;
	pid_t pid;

	if (secret == NULL) {
		result = AUTH_NO;	/* the interface has no way to ask without a password */
		goto out;
	}
	program_split(command, ourselves, words);
	if (pipe2(secrets, O_CLOEXEC) < 0
	    || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0
	    || setsockopt(report[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
		err_errno(&err, "pipe", "for checkpassword");
		log_err(&err);
		goto out;
	}
	if (!write_secrets(secrets[1], user, secret)) {
		result = AUTH_NO;
		auth->log_word = "malformed";
		/* The program still runs, and sees an empty pipe: the work is the same. */
	}
	pid = fork();
	if (pid == 0)
		run_program(auth, words, secrets[0], report[1]);
	io_close(&secrets[0]);
	io_close(&secrets[1]);
	io_close(&report[1]);
	if (pid < 0) {
		err_errno(&err, "fork", "for checkpassword");
		log_err(&err);
		goto out;
	}
	status = program_wait(pid);
	if (result == AUTH_NO)
		goto out;
	if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		result = take_report(auth, report[0], user, out);
		if (result == AUTH_UNAVAILABLE)
			log_line(LOG_LEVEL_ERROR, "checkpassword: %s did not run what it was given",
			    words[0]);
	} else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1) {
		result = AUTH_NO;
		auth->log_word = "checkpassword";
	} else {
		log_line(LOG_LEVEL_ERROR, "checkpassword: %s ended with status 0x%x", words[0],
		    (unsigned)status);
	}
out:
	io_close(&secrets[0]);
	io_close(&secrets[1]);
	io_close(&report[0]);
	io_close(&report[1]);
	free(command);
	return result;
}
