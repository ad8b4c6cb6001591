/*
 * mayfly-login: from a connection to the session of a user. This file reads the
 * options and the configuration, looks who is there, and makes the process
 * clean; the two halves that do the work are login/talker.c and login/monitor.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "login/auth.h"
#include "login/cage.h"
#include "login/monitor.h"
#include "login/peer.h"
#include "login/scram.h"
#include "login/users_file.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"


static const char default_config[] = SYSCONFDIR "/mayfly/mayfly.conf";

struct options {
	const char *config;	/* NULL: the default one, if it is there */
	bool check;
};

/* One mistake in the file, on standard error for people (--check) or in the log. */
static void
report_mistake(void *ctx, const char *path, unsigned line, const char *what)
{
	const struct options *options = ctx;

	if (options->check)
		fprintf(stderr, "%s:%u: %s\n", path, line, what);
	else
		log_line(LOG_LEVEL_ERROR, "%s:%u: %s", path, line, what);
}

static void
report(const struct options *options, const char *what)
{
	if (options->check)
		fprintf(stderr, "mayfly-login: %s\n", what);
	else
		log_line(LOG_LEVEL_ERROR, "%s", what);
}

static void
usage(FILE *to)
{
	fputs("usage: mayfly-login [--config=FILE] [--check] [--NAME=VALUE ...]\n"
	    "       mayfly-login --help | --version | --settings\n"
	    "Started by a super-server with a connection on descriptors 0 and 1.\n"
	    "Each setting of mayfly.conf(5) is an option; see mayfly-login(8).\n", to);
}

/* 0: go on; 1: done, the status is in *status_out. */
static int
read_options(int argc, char **argv, struct options *options, struct settings *settings,
    int *status_out)
{
	*status_out = EXIT_DONE;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--check") == 0)
			options->check = true;
	for (int i = 1; i < argc; i++) {
		struct err err;
		int taken = settings_option(settings, argv[i], &err);
		char text[200];

		if (taken > 0 || strcmp(argv[i], "--check") == 0)
			continue;
		if (taken < 0) {
			report(options, err.detail);
			*status_out = EXIT_CONFIG;
		} else if (strncmp(argv[i], "--config=", 9) == 0) {
			options->config = argv[i] + 9;
		} else if (strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return 1;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("mayfly-login " PACKAGE_VERSION);
			return 1;
		} else if (strcmp(argv[i], "--settings") == 0) {
			settings_print_page(stdout);
			return 1;
		} else if (strcmp(argv[i], "--users") == 0 && i + 1 < argc) {
			/* The one option that has long been written with its value behind a space. */
			if (settings_set(settings, "users", 5, argv[++i], &err) < 0) {
				report(options, err.detail);
				*status_out = EXIT_CONFIG;
			} else {
				settings->values[SETTING_USERS].from_options = true;
			}
		} else {
			snprintf(text, sizeof text, "there is no option %.100s; see mayfly-login(8)",
			    argv[i]);
			report(options, text);
			*status_out = EXIT_CONFIG;
		}
	}
	return *status_out != EXIT_DONE;
}

/*
 * Root does what a file says, or runs it: nobody else may be able to change it. One
 * that cannot be looked at is told by who opens it.
 */
static bool
is_roots(const struct options *options, const char *path)
{
	char text[PATH_MAX + 100];
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode)
	    || (st.st_uid == 0 && (st.st_mode & 022) == 0))
		return true;
	snprintf(text, sizeof text, "%s could be changed by others: it must belong to root, and only "
	    "root may write to it", path);
	report(options, text);
	return false;
}

static bool
read_config(const struct options *options, struct settings *settings)
{
	const char *path = options->config != NULL ? options->config : default_config;
	struct err err;
	int wrong;

	if (options->config == NULL && access(path, F_OK) < 0 && errno == ENOENT)
		return true;	/* options alone are enough */
	if (!is_roots(options, path))
		return false;
	wrong = settings_read(settings, path, report_mistake, (void *)options, &err);
	if (wrong < 0)
		report(options, err.detail);
	return wrong == 0;
}

/* A name in the file of users, and where. */
struct named {
	const char *user;
	unsigned line;
};

static int
by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->user, y->user);

	return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* Names that stand there twice: a password that was changed in the wrong one of the two does nothing. */
static bool
check_names(const struct options *options, const char *path, struct named *names, size_t count)
{
	bool good = true;

	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 1, first = 0; i < count; i++) {
		char text[400];

		if (strcmp(names[i].user, names[first].user) != 0) {
			first = i;
			continue;
		}
		snprintf(text, sizeof text, "%s stands in line %u too, which counts", names[i].user,
		    names[first].line);
		report_mistake((void *)options, path, names[i].line, text);
		good = false;
	}
	return good;
}

/* Each line of the file of users, for --check. */
static bool
check_users(const struct options *options, const char *path)
{
	struct buf file = BUF_INIT;
	struct err err;
	struct named *names = NULL;
	size_t count = 0, room = 0;
	unsigned line = 0;
	bool good = false;
	int fd = users_file_open(path, &err);

	if (fd < 0 || io_read_file(fd, &file, USERS_FILE_MAX) < 0) {
		if (fd >= 0)
			err_errno(&err, "read", path);
		report(options, err.detail);
		goto out;
	}
	good = true;
	if (!options->check)
		goto out;
	for (char *at = file.data, *end = file.data + file.len; at < end;) {
		char *lf = memchr(at, '\n', (size_t)(end - at));
		struct users_entry entry;
		const char *why;

		if (lf == NULL)
			lf = end;
		*lf = '\0';
		line++;
		switch (users_entry_parse(at, &entry, &why)) {
		case -1:
			report_mistake((void *)options, path, line, why);
			good = false;
			break;
		case 1:
			names = mem_grow(names, &room, count + 1, sizeof *names);
			names[count++] = (struct named){ entry.user, line };
			break;
		}
		at = lf + 1;
	}
	good = check_names(options, path, names, count) && good;
out:
	free(names);
	buf_fini(&file);
	io_close(&fd);
	return good;
}

/* Below these the kernel kills a program before its first instruction, or it cannot open its libraries. */
enum { SESSION_MEMORY_LEAST = 64 << 20, SESSION_FILES_LEAST = 32 };

static bool
is_below(const struct settings *settings, enum setting which, int64_t least)
{
	int64_t value = settings_number(settings, which);

	return value != 0 && value < least;
}

/* May this stand between the quotes of JSON as it is? */
static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\')
			return false;
	return true;
}

/* Whoever has a good token must also have an account. */
static bool
check_tokens(const struct options *options, const struct settings *settings, bool accounts)
{
	const char *program = settings_text(settings, SETTING_TOKEN_PROGRAM);
	struct token_user who;
	bool good = true;

	if (!is_plain(settings_text(settings, SETTING_TOKEN_SCOPE))
	    || !is_plain(settings_text(settings, SETTING_TOKEN_DISCOVERY))) {
		report(options, "token-scope and token-discovery: printable ASCII without \" and \\");
		good = false;
	}
	if (*program == '\0')
		return good;
	if (*program != '/') {
		report(options, "token-program wants an absolute path");
		good = false;
	}
	if (!accounts) {
		report(options, "token-program: the users of tokens must be in users or system");
		good = false;
	}
	if (geteuid() == 0 && !auth_token_user(settings, &who)) {
		report(options, "token-user: there is no such user, or it is root; make one that owns "
		    "nothing: useradd --system --user-group --no-create-home --home-dir /nonexistent "
		    "--shell /usr/sbin/nologin mayfly-token");
		good = false;
	}
	return good;
}

/* Is there somebody to ask, and can we do what is asked of us? All that is wrong is told. */
static bool
check_settings(const struct options *options, const struct settings *settings)
{
	const char *users = settings_text(settings, SETTING_USERS);
	const char *checkpassword = settings_text(settings, SETTING_CHECKPASSWORD);
	const char *session = settings_text(settings, SETTING_SESSION);
	bool system = settings_bool(settings, SETTING_SYSTEM), good = true;
	char text[PATH_MAX + 100];

	if (*users == '\0' && *checkpassword == '\0' && !system) {
		report(options, "nobody could log in: set users, system or checkpassword");
		good = false;
	}
	if (system && geteuid() != 0) {
		report(options, "system: only root can read the passwords of the system's accounts");
		good = false;
	}
	if (*checkpassword != '\0' && *checkpassword != '/') {
		report(options, "checkpassword wants an absolute path");
		good = false;
	} else if (*checkpassword != '\0') {
		snprintf(text, sizeof text, "%.*s", (int)strcspn(checkpassword, " \t"), checkpassword);
		good = is_roots(options, text) && good;
	}
	if (options->check && *users != '\0' && !check_users(options, users))
		good = false;
	if (settings_bool(settings, SETTING_SCRAM) && (*users == '\0' || !scram_is_built_in())) {
		report(options, *users == '\0' ? "scram: only the file of users has verifiers; set users"
		    : "scram: this program was built without nettle");
		good = false;
	}
	if (!check_tokens(options, settings, *users != '\0' || system))
		good = false;
	if (*settings_text(settings, SETTING_ANONYMOUS) != '\0' && *users == '\0' && !system) {
		report(options, "anonymous: its user must be one of users or system");
		good = false;
	}
	if (is_below(settings, SETTING_SESSION_MEMORY, SESSION_MEMORY_LEAST)
	    || is_below(settings, SETTING_SESSION_FILES, SESSION_FILES_LEAST)) {
		report(options, "session-memory or session-files: with so little no session can start");
		good = false;
	}
	if (access(session, X_OK) < 0) {
		snprintf(text, sizeof text, "session %s: %s", session, strerror(errno));
		report(options, text);
		good = false;
	}
	return good;
}

/*
 * Is SCRAM offered? A file without its key is told in the log at each connection
 * and by --check, but those who use another mechanism must not suffer for it.
 */
static bool
offers_scram(const struct options *options, const struct settings *settings)
{
	char text[PATH_MAX + 100];

	if (!settings_bool(settings, SETTING_SCRAM))
		return false;
	if (auth_file_has_key(settings))
		return true;
	snprintf(text, sizeof text, "scram: %s does not begin with a line of #scram-key; "
	    "mayfly-passwd --method=scram-sha-256 makes it", settings_text(settings, SETTING_USERS));
	report(options, text);
	return false;
}

/* 0, 1 and 2 are open, so that nothing else lands there; everything above is closed. */
static void
clean_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close_range(STDERR_FILENO + 1, ~0u, 0);
}

/* Is standard error the connection itself, as inetd(8) and its kin leave it? */
static bool
stderr_is_connection(void)
{
	struct stat err, other;

	if (fstat(STDERR_FILENO, &err) < 0 || !S_ISSOCK(err.st_mode))
		return false;
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (fstat(fd, &other) == 0 && other.st_dev == err.st_dev && other.st_ino == err.st_ino)
			return true;
	return false;
}

static bool
open_log(const char *where)
{
	bool syslog = strcmp(where, "syslog") == 0
	    || (strcmp(where, "auto") == 0 && stderr_is_connection());

	log_open("mayfly-login", syslog ? LOG_TO_SYSLOG : LOG_TO_STDERR);
	if (stderr_is_connection()) {
		/* Whatever else writes there must not speak to the client. */
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null >= 0)
			dup2(null, STDERR_FILENO);
		close(null);
	}
	return syslog;
}

/* Not readable by others of the same user, no core, and nothing from the environment but this. */
static void
clean_process(void)
{
	static const struct rlimit none = { 0, 0 };

	umask(077);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	if (chdir("/") < 0)
		exit(EXIT_TEMPORARY);
}

/* A client that came to a server with a broken configuration hears that it may try later. */
static void
refuse_client(void)
{
	static const char bye[] = "* BYE [UNAVAILABLE] The server is not ready, try later\r\n";

	io_write_all(STDOUT_FILENO, bye, sizeof bye - 1);
}

int
main(int argc, char **argv)
{
	static struct peer peer;
	struct options options = { 0 };
	struct settings settings;
	struct cage cage;
	struct err err;
	char self[PATH_MAX] = "";
	int status;
	bool good, syslog, scram;

	if (argc == 2 && strcmp(argv[1], "--report-account") == 0)
		return auth_checkpassword_report();
	clean_descriptors();
	syslog = open_log("auto");
	settings_init(&settings);
	if (read_options(argc, argv, &options, &settings, &status) != 0)
		goto out;
	good = read_config(&options, &settings);
	syslog = open_log(syslog ? "syslog" : settings_text(&settings, SETTING_LOG));
	good = check_settings(&options, &settings) && good;
	if (cage_prepare(&cage, &settings, &err) < 0) {
		report(&options, err.detail);
		good = false;
	}
	scram = good && offers_scram(&options, &settings);
	if (options.check || !good) {
		good = good && scram == settings_bool(&settings, SETTING_SCRAM);
		if (options.check && good)
			puts("The configuration is good.");
		status = good ? EXIT_DONE : EXIT_CONFIG;
		goto out;
	}
	peer_read(&peer, STDIN_FILENO);
	clean_process();
	if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
		strcpy(self, BINDIR "/mayfly-login");
	status = monitor_run(&(struct monitor_setup){
		.settings = &settings, .peer = &peer, .cage = &cage, .self = self,
		.scram = scram, .config = options.config != NULL ? options.config : "", .syslog = syslog,
	});
out:
	if (status == EXIT_CONFIG && !options.check)
		refuse_client();
	settings_fini(&settings);
	return status;
}
