/*
 * mayfly-passwd: the file of users, seen by its administrator. It is replaced
 * as a whole, with owner and mode kept, so a login in between sees the old or
 * the new one. Two of us at once wait for each other.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "login/password.h"
#include "login/scram.h"
#include "login/users_file.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"
#include "util/safe_write.h"

static const char default_file[] = SYSCONFDIR "/mayfly/users";

enum { STATUS_OK = 0, STATUS_NO = 1, STATUS_USAGE = 2, STATUS_TROUBLE = 111 };

/* What the command line asks for; NULL where it says nothing. */
struct request {
	const char *file;
	const char *uid;
	const char *gid;
	const char *home;
	const char *maildir;
	const char *method;
	const char *cost;
	bool no_password;
	const char *user;
};

static int
complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
complain(int status, const char *format, ...)
{
	va_list args;

	fputs("mayfly-passwd: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static int
usage(int status)
{
	fputs("usage: mayfly-passwd [--file=FILE] add USER [--uid=N --gid=N] [--home=DIR] [--maildir=DIR]\n"
	    "       mayfly-passwd [--file=FILE] change USER [the same options] [--no-password]\n"
	    "       mayfly-passwd [--file=FILE] check USER\n"
	    "       mayfly-passwd [--file=FILE] remove USER\n"
	    "       mayfly-passwd [--file=FILE] list\n"
	    "--method=yescrypt|sha512|bcrypt|scram-sha-256 and --cost=N choose the hash of add and change.\n",
	    status == STATUS_OK ? stdout : stderr);
	return status;
}

static volatile sig_atomic_t stopped_by;

static void
on_signal(int sig)
{
	stopped_by = sig;
}

/*
 * A line from the terminal without echo. A signal that ends us does so once the
 * terminal is as it was: or nobody sees what is typed there from then on.
 */
static int
ask(int tty, const char *prompt, char *secret, size_t room)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	enum { SIGNALS = sizeof signals / sizeof signals[0] };
	struct sigaction note = { .sa_handler = on_signal }, usual[SIGNALS];
	struct termios old, quiet;
	size_t len = 0;
	char c;
	ssize_t n = -1;

	if (tcgetattr(tty, &old) < 0)
		return -1;
	for (int i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &usual[i]) == 0 && usual[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &note, NULL);
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ECHONL;
	/* Quiet first, then the question: what is typed behind it is neither shown nor lost. */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) < 0)
		return -1;
	if (io_write_all(tty, prompt, strlen(prompt)) < 0) {
		tcsetattr(tty, TCSAFLUSH, &old);
		return -1;
	}
	while (stopped_by == 0 && (n = read(tty, &c, 1)) == 1 && c != '\n')
		if (len < room)
			secret[len++] = c;
	tcsetattr(tty, TCSADRAIN, &old);
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &usual[i], NULL);
	if (stopped_by != 0) {
		mem_wipe(secret, room);
		raise(stopped_by);
	}
	if (n < 0 || len == room)
		return -1;
	secret[len] = '\0';
	return 0;
}

/* The first line of standard input; what follows it is not ours. */
static int
read_line(char *secret, size_t room)
{
	size_t len = 0;
	char c;
	ssize_t n;

	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n') {
		if (len == room - 1 || c == '\0')
			return -1;
		secret[len++] = c;
	}
	if (n < 0)
		return -1;
	secret[len] = '\0';
	return 0;
}

/* The password: from the terminal, twice when it is a new one, else the first line of input. */
static int
read_secret(char secret[PASSWORD_MAX + 2], bool new)
{
	char again[PASSWORD_MAX + 2];
	int result = STATUS_OK, tty = -1;

	if (isatty(STDIN_FILENO))
		tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (tty < 0) {
		if (read_line(secret, PASSWORD_MAX + 1) < 0)
			return complain(STATUS_USAGE, "a password has at most %d octets, and no NUL",
			    PASSWORD_MAX);
	} else if (ask(tty, new ? "New password: " : "Password: ", secret, PASSWORD_MAX + 1) < 0) {
		result = complain(STATUS_USAGE, "no password was read");
	} else if (new) {
		if (ask(tty, "The same again: ", again, PASSWORD_MAX + 1) < 0
		    || strcmp(secret, again) != 0)
			result = complain(STATUS_USAGE, "the two are not the same");
		mem_wipe(again, sizeof again);
	}
	io_close(&tty);
	if (result == STATUS_OK && new && *secret == '\0')
		result = complain(STATUS_USAGE, "the empty password is not taken");
	return result;
}

/*
 * Open the file for a change and lock it. While we waited another may have put
 * a new file in its place: then the lock is on the wrong one. -1 when there is
 * none and create is false.
 */
static int
open_locked(const char *path, bool create)
{
	for (;;) {
		struct stat ours, there;
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);

		if (fd < 0)
			return -1;
		if (flock(fd, LOCK_EX) < 0 || fstat(fd, &ours) < 0) {
			io_close(&fd);
			return -1;
		}
		if (!S_ISREG(ours.st_mode)) {
			io_close(&fd);
			errno = EINVAL;
			return -1;
		}
		if (stat(path, &there) == 0 && there.st_ino == ours.st_ino && there.st_dev == ours.st_dev)
			return fd;
		io_close(&fd);
	}
}

/* Put the new content in the place of the file that fd is open on. */
static int
replace(const char *path, int fd, const struct buf *content)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL ? mem_strdup(".")
	    : mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
	int dirfd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status = STATUS_OK;
	struct stat like;
	struct err err;

	if (dirfd < 0 || fstat(fd, &like) < 0)
		status = complain(STATUS_TROUBLE, "%s: %s", directory, strerror(errno));
	else if (safe_write_like(dirfd, slash != NULL ? slash + 1 : path, content->data, content->len,
	    &like, path, &err) < 0)
		status = complain(STATUS_TROUBLE, "%s", err.detail);
	io_close(&dirfd);
	free(directory);
	return status;
}

/* The next line of a user in the file, from an octet on: where it begins and ends (with its LF), or false. */
static bool
find_line(const struct buf *file, size_t from, const char *user, size_t *start_out, size_t *end_out)
{
	size_t name_len = strlen(user);

	for (size_t at = from; at < file->len;) {
		const char *lf = memchr(file->data + at, '\n', file->len - at);
		size_t end = lf != NULL ? (size_t)(lf - file->data) + 1 : file->len;

		if (end - at > name_len && memcmp(file->data + at, user, name_len) == 0
		    && file->data[at + name_len] == ':') {
			*start_out = at;
			*end_out = end;
			return true;
		}
		at = end;
	}
	return false;
}

static int
make_hash(const struct request *request, struct buf *out)
{
	static const struct { const char *name, *prefix; } methods[] = {
		{ "yescrypt", "$y$" }, { "sha512", "$6$" }, { "bcrypt", "$2b$" },
		{ "scram-sha-256", SCRAM_PREFIX },
	};
	char secret[PASSWORD_MAX + 2];
	const char *prefix = NULL;
	uint64_t cost = 0;
	struct err err;
	int status;

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (request->method == NULL || strcmp(request->method, methods[i].name) == 0) {
			prefix = methods[i].prefix;
			break;
		}
	if (prefix == NULL)
		return complain(STATUS_USAGE, "there is no method %s", request->method);
	if (request->cost != NULL && !ascii_number(request->cost, strlen(request->cost), 999999999, &cost))
		return complain(STATUS_USAGE, "a cost is a number");
	status = read_secret(secret, true);
	if (status == STATUS_OK && password_hash(secret, prefix, (unsigned long)cost, out, &err) < 0)
		status = complain(err.kind == ERR_NO ? STATUS_USAGE : STATUS_TROUBLE, "%s", err.detail);
	mem_wipe(secret, sizeof secret);
	return status;
}

static const char *
either(const char *asked, const char *old)
{
	return asked != NULL ? asked : old != NULL ? old : "";
}

/* The new line of a user, from what is asked and what was there. It is read as a login would. */
static int
make_line(const struct request *request, char *old[6], const char *hash, struct buf *out)
{
	struct users_entry entry;
	const char *why;
	char *copy;
	int status = STATUS_OK;

	buf_addf(out, "%s:%s:%s:%s:%s:%s", request->user, hash, either(request->uid, old[2]),
	    either(request->gid, old[3]), either(request->home, old[4]),
	    either(request->maildir, old[5]));
	copy = mem_strdup(out->data);
	if (out->len > USERS_LINE_MAX || strchr(out->data, '\n') != NULL
	    || users_entry_parse(copy, &entry, &why) != 1)
		status = complain(STATUS_USAGE, "%s", out->len > USERS_LINE_MAX ? "this is too long"
		    : strchr(out->data, '\n') != NULL ? "a line end cannot stand in the file" : why);
	mem_wipe(copy, strlen(copy));
	free(copy);
	buf_addc(out, '\n');
	return status;
}

/* add, change and remove: read, alter one line, write. */
static int
alter(const struct request *request, const char *verb)
{
	bool add = strcmp(verb, "add") == 0, remove = strcmp(verb, "remove") == 0, found;
	struct buf file = BUF_INIT, next = BUF_INIT, line = BUF_INIT, hash = BUF_INIT;
	char *old[6] = { NULL }, *old_line = NULL;
	unsigned char key[SCRAM_OCTETS];
	size_t start = 0, end = 0, again;
	int status = STATUS_TROUBLE, fd = -1;

	if (!users_name_is_good(request->user, strlen(request->user)))
		return complain(STATUS_USAGE, "this cannot be the name of a user");
	/* The password comes first: nobody else waits at the lock while it is typed. */
	if (!remove && !request->no_password) {
		status = make_hash(request, &hash);
		if (status != STATUS_OK)
			goto out;
	}
	fd = open_locked(request->file, add);
	if (fd < 0 || io_read_file(fd, &file, USERS_FILE_MAX) < 0) {
		status = complain(STATUS_TROUBLE, "%s: %s", request->file, strerror(errno));
		goto out;
	}
	found = find_line(&file, 0, request->user, &start, &end);
	if (found == add) {
		status = complain(STATUS_NO, found ? "%s is there already" : "there is no %s",
		    request->user);
		goto out;
	}
	if (found) {
		old_line = mem_strndup(file.data + start, end - start);
		old_line[strcspn(old_line, "\n")] = '\0';
		old[0] = old_line;
		for (int i = 1; i < 6 && old[i - 1] != NULL; i++) {
			old[i] = strchr(old[i - 1], ':');
			if (old[i] != NULL)
				*old[i]++ = '\0';
		}
	} else {
		start = end = file.len;
	}
	status = remove ? STATUS_OK
	    : make_line(request, old, hash.len > 0 ? hash.data : either(old[1], "!"), &line);
	if (status != STATUS_OK)
		goto out;
	if (strncmp(buf_str(&hash), SCRAM_PREFIX, strlen(SCRAM_PREFIX)) == 0
	    && !users_file_key(fd, key))
		users_key_make(&next);
	buf_add(&next, file.data, start);
	if (!remove && next.len > 0 && next.data[next.len - 1] != '\n')
		buf_addc(&next, '\n');
	buf_add(&next, line.data, line.len);
	while (remove && find_line(&file, end, request->user, &start, &again)) {
		/* an older line, which must not count from now on */
		buf_add(&next, file.data + end, start - end);
		end = again;
	}
	buf_add(&next, file.data + end, file.len - end);
	status = replace(request->file, fd, &next);
	mem_wipe(key, sizeof key);
out:
	buf_fini(&file);
	buf_fini(&next);
	buf_fini(&line);
	buf_fini(&hash);
	free(old_line);
	io_close(&fd);
	return status;
}

static int
check(const struct request *request)
{
	char secret[PASSWORD_MAX + 2];
	struct buf line = BUF_INIT, like = BUF_INIT;
	struct users_entry entry;
	struct err err;
	int status = read_secret(secret, false), found = 0, fd;

	if (status != STATUS_OK)
		return status;
	fd = users_file_open(request->file, &err);
	if (fd < 0 || (found = users_file_find(fd, request->file, request->user, &line, &entry, &like,
	    &err)) < 0)
		status = complain(STATUS_TROUBLE, "%s", err.detail);
	else if (!found || !password_is_hash(entry.hash) || !password_matches(secret, entry.hash))
		status = STATUS_NO;
	puts(status == STATUS_OK ? "The password is right."
	    : status == STATUS_NO ? "The name or the password is wrong." : "");
	mem_wipe(secret, sizeof secret);
	buf_fini(&line);
	buf_fini(&like);
	io_close(&fd);
	return status;
}

static int
list(const struct request *request)
{
	struct buf file = BUF_INIT;
	struct err err;
	int fd = users_file_open(request->file, &err);

	if (fd < 0)
		return complain(STATUS_TROUBLE, "%s", err.detail);
	if (io_read_file(fd, &file, USERS_FILE_MAX) < 0) {
		io_close(&fd);
		return complain(STATUS_TROUBLE, "%s: %s", request->file, strerror(errno));
	}
	for (char *line = strtok(file.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		struct users_entry entry;
		const char *why;
		int result = users_entry_parse(line, &entry, &why);

		if (result < 0)
			complain(0, "a line that begins with \"%.40s\": %s", line, why);
		else if (result > 0)
			printf("%s\t%u\t%u\t%s\t%s%s\n", entry.user, (unsigned)entry.uid,
			    (unsigned)entry.gid, entry.home, entry.maildir,
			    password_is_hash(entry.hash) ? "" : "\t(locked)");
	}
	buf_fini(&file);
	io_close(&fd);
	return STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct request request = { .file = default_file };
	const struct { const char *name; const char **to; } options[] = {
		{ "--file=", &request.file }, { "--uid=", &request.uid }, { "--gid=", &request.gid },
		{ "--home=", &request.home }, { "--maildir=", &request.maildir },
		{ "--method=", &request.method }, { "--cost=", &request.cost },
	};
	const char *words[2] = { NULL, NULL };
	int count = 0;

	for (int i = 1; i < argc; i++) {
		size_t o = 0, room = sizeof options / sizeof options[0];

		while (o < room && strncmp(argv[i], options[o].name, strlen(options[o].name)) != 0)
			o++;
		if (o < room)
			*options[o].to = argv[i] + strlen(options[o].name);
		else if (strcmp(argv[i], "--no-password") == 0)
			request.no_password = true;
		else if (strcmp(argv[i], "--help") == 0)
			return usage(STATUS_OK);
		else if (strncmp(argv[i], "--", 2) == 0 || count == 2)
			return usage(STATUS_USAGE);
		else
			words[count++] = argv[i];
	}
	umask(077);
	request.user = words[1];
	if (count == 1 && strcmp(words[0], "list") == 0)
		return list(&request);
	if (count != 2)
		return usage(STATUS_USAGE);
	if (strcmp(words[0], "check") == 0)
		return check(&request);
	if (strcmp(words[0], "add") == 0 || strcmp(words[0], "change") == 0
	    || strcmp(words[0], "remove") == 0)
		return alter(&request, words[0]);
	return usage(STATUS_USAGE);
}
