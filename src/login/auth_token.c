/*
 * Tokens (OAUTHBEARER, XOAUTH2). What a token is worth only its issuer can tell,
 * and asking that takes HTTP, TLS, JSON and keys: a program of the administrator
 * does it, as a user without rights, because the token is a stranger's text.
 *
 * On its standard input: a line with the name that the client gave, which may be
 * empty, and a line with the token. On its standard output: a line with the name
 * of the user whose token it is. It ends with 0; with 1 when the token is not
 * good; with anything else when it cannot tell. The account is then looked up
 * under that name like any other.
 */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "login/auth.h"
#include "login/privs.h"
#include "login/program.h"
#include "login/users_file.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

bool
auth_token_user(const struct settings *settings, struct token_user *out)
{
	const char *name = settings_text(settings, SETTING_TOKEN_USER);
	struct passwd *who = getpwnam(name);

	if (who == NULL || who->pw_uid == 0 || who->pw_gid == 0)
		return false;
	*out = (struct token_user){ .uid = who->pw_uid, .gid = who->pw_gid };
	return true;
}

/* In the child: the two pipes, the user without rights, the program. */
_Noreturn static void
run_program(struct auth *auth, char *words[], int in_fd, int out_fd)
{
	struct token_user who;
	struct err err;

	in_fd = fcntl(in_fd, F_DUPFD, 10);
	out_fd = fcntl(out_fd, F_DUPFD, 10);
	if (in_fd < 0 || out_fd < 0 || dup2(in_fd, STDIN_FILENO) < 0
	    || dup2(out_fd, STDOUT_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0u, 0) < 0)
		_exit(111);
	if (auth->root && (!auth_token_user(auth->settings, &who)
	    || privs_become(who.uid, who.gid, NULL, &err) < 0))
		_exit(111);
	program_exec(words, auth->client);
}

/* The two lines. They fit into the pipe, so nobody waits. */
static bool
write_question(int fd, const struct record_token *token)
{
	char text[HANDOFF_NAME_MAX + TOKEN_MAX + 3];
	int len = snprintf(text, sizeof text, "%s\n%s\n", token->user, token->token);
	bool good = io_write_all(fd, text, (size_t)len) == 0;

	mem_wipe(text, sizeof text);
	return good;
}

/* One line with a name, and nothing behind it. */
static bool
read_answer(int fd, char name[HANDOFF_NAME_MAX + 1])
{
	char text[HANDOFF_NAME_MAX + 2];
	ssize_t n = read(fd, text, sizeof text);

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n <= 0 || n > HANDOFF_NAME_MAX || !users_name_is_good(text, (size_t)n))
		return false;
	memcpy(name, text, (size_t)n);
	name[n] = '\0';
	return true;
}

/* What the end of the program means. */
static enum auth_result
judge(struct auth *auth, const char *program, int status, int fd, char name[HANDOFF_NAME_MAX + 1])
{
	if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (read_answer(fd, name))
			return AUTH_YES;
		log_line(LOG_LEVEL_ERROR, "token-program: %s named no user", program);
	} else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 1) {
		auth->log_word = "token";
		return AUTH_NO;
	} else {
		log_line(LOG_LEVEL_ERROR, "token-program: %s ended with status 0x%x", program,
		    (unsigned)status);
	}
	auth->log_word = "unavailable";
	return AUTH_UNAVAILABLE;
}

enum auth_result
auth_token(struct auth *auth, const struct record_token *token, struct account *out)
{
	static const char *const nothing[] = { NULL };
	char *words[PROGRAM_WORDS_MAX + 1];
	char *command = mem_strdup(settings_text(auth->settings, SETTING_TOKEN_PROGRAM));
	char name[HANDOFF_NAME_MAX + 1];
	int question[2] = { -1, -1 }, answer[2] = { -1, -1 };
	enum auth_result result = AUTH_UNAVAILABLE;
	struct err err;
	pid_t pid;

	auth->log_word = "malformed";
	if (token->hopeless || strpbrk(token->user, "\n\r") != NULL) {
		result = AUTH_NO;
		goto out;
	}
	auth->log_word = "unavailable";
	program_split(command, nothing, words);
	if (pipe2(question, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC | O_NONBLOCK) < 0
	    || fcntl(answer[1], F_SETFL, 0) < 0 || !write_question(question[1], token)) {
		err_errno(&err, "pipe", "for token-program");
		log_err(&err);
		goto out;
	}
	pid = fork();
	if (pid == 0)
		run_program(auth, words, question[0], answer[1]);
	io_close(&question[0]);
	io_close(&question[1]);
	io_close(&answer[1]);
	if (pid < 0) {
		err_errno(&err, "fork", "for token-program");
		log_err(&err);
		goto out;
	}
	result = judge(auth, words[0], program_wait(pid), answer[0], name);
	if (result != AUTH_YES)
		goto out;
	if (token->user_len > 0 && strcmp(token->user, name) != 0) {
		auth->log_word = "other-user";
		result = AUTH_NO;
	} else {
		result = auth_known(auth, name, out);
	}
out:
	io_close(&question[0]);
	io_close(&question[1]);
	io_close(&answer[0]);
	io_close(&answer[1]);
	free(command);
	return result;
}
