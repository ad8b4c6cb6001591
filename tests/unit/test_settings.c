/* settings: every type of value, every kind of mistake, and which place wins. */
#include <stdlib.h>
#include <unistd.h>

#include "settings.h"
#include "test.h"
#include "util/err.h"

static void
test_values(void)
{
	static const struct {
		enum setting which;
		const char *text;
		bool ok;
		int64_t number;
	} rows[] = {
		{ SETTING_SYSTEM, "yes", true, 1 }, { SETTING_SYSTEM, "NO", true, 0 },
		{ SETTING_SYSTEM, "maybe", false, 0 }, { SETTING_SYSTEM, "", false, 0 },
		{ SETTING_SYSTEM, NULL, true, 1 },
		{ SETTING_PRIVATE, NULL, true, 1 }, { SETTING_PRIVATE, "auto", true, 0 },
		{ SETTING_PRIVATE, "no", true, 2 }, { SETTING_PRIVATE, "n", false, 0 },
		{ SETTING_LOG, NULL, false, 0 },
		{ SETTING_FAILURE_DELAY, "500ms", true, 500 }, { SETTING_FAILURE_DELAY, "2s", true, 2000 },
		{ SETTING_FAILURE_DELAY, "2", true, 2000 }, { SETTING_FAILURE_DELAY, "3m", true, 180000 },
		{ SETTING_FAILURE_DELAY, "25h", false, 0 }, { SETTING_FAILURE_DELAY, "-1s", false, 0 },
		{ SETTING_FAILURE_DELAY, "s", false, 0 }, { SETTING_FAILURE_DELAY, "1 s", false, 0 },
		{ SETTING_FAILURE_DELAY, "99999999999999999999", false, 0 },
		{ SETTING_SESSION_MEMORY, "0", true, 0 }, { SETTING_SESSION_MEMORY, "64k", true, 65536 },
		{ SETTING_SESSION_MEMORY, "2G", true, 2147483648 },
		{ SETTING_SESSION_MEMORY, "9999999999999g", false, 0 },
		{ SETTING_SESSION_MEMORY, "2GB", false, 0 }, { SETTING_SESSION_MEMORY, "", false, 0 },
		{ SETTING_SESSION_FILES, "1024", true, 1024 }, { SETTING_SESSION_FILES, "4294967296", false, 0 },
		{ SETTING_USERS, "/etc/x", true, 0 }, { SETTING_USERS, "x", false, 0 },
		{ SETTING_USERS, "none", true, 0 }, { SETTING_USERS, "", false, 0 },
		{ SETTING_PROXY, "", true, 0 }, { SETTING_PROXY, "10.0.0.0/8, ::1 local", true, 0 },
		{ SETTING_PROXY, "10.0.0.0/8 everybody", false, 0 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *name = settings_table[rows[i].which].name;
		struct settings s;
		struct err err;
		bool ok;

		settings_init(&s);
		ok = settings_set(&s, name, strlen(name), rows[i].text, &err) == 0;
		check(ok == rows[i].ok && (!ok || settings_number(&s, rows[i].which) == rows[i].number),
		    "%s = %s", name, rows[i].text != NULL ? rows[i].text : "(bare)");
		settings_fini(&s);
	}
}

static unsigned reported[20];
static int reported_count;
static char last_report[200];

static void
reporter(void *ctx, const char *path, unsigned line, const char *what)
{
	(void)ctx;
	(void)path;
	if (reported_count < 20)
		reported[reported_count++] = line;
	snprintf(last_report, sizeof last_report, "%s", what);
}

/* Write the bytes to a file and read it; how many things were wrong. */
static int
read_bytes(struct settings *s, const char *bytes, size_t len)
{
	char path[] = "/tmp/test_settings.XXXXXX";
	int fd = mkstemp(path), wrong;
	struct err err;

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
	reported_count = 0;
	wrong = settings_read(s, path, reporter, NULL, &err);
	unlink(path);
	return wrong;
}

static void
test_file(void)
{
	static const char good[] = "# a comment\n\n  users=/etc/mayfly/users  \r\n"
	    "failure-delay =\t3s\nproxy = ::1 192.0.2.0/24\nsession = /bin/true";
	static const char bad[] = "users = users\nnonsense\nunknown = 1\n= 1\nlog = stderr\n"
	    "log = syslog\nuse\0rs = /x\nsystem = yes\n";
	struct settings s;
	struct network_address address;
	struct err err;

	settings_init(&s);
	check(read_bytes(&s, good, sizeof good - 1) == 0, "a good file");
	check_str(settings_text(&s, SETTING_USERS), "/etc/mayfly/users", "blanks around are not part of it");
	check(settings_number(&s, SETTING_FAILURE_DELAY) == 3000, "a time");
	check_str(settings_text(&s, SETTING_SESSION), "/bin/true", "a last line without its end");
	network_parse("192.0.2.77", 10, &address);
	check(settings_network(&s, SETTING_PROXY, &address), "an address in a range");
	check(!settings_network(&s, SETTING_TRUSTED, &address), "and not in the empty one");
	settings_fini(&s);

	settings_init(&s);
	check(read_bytes(&s, bad, sizeof bad - 1) == 6, "six mistakes");
	check(reported_count == 6 && reported[0] == 1 && reported[1] == 2 && reported[2] == 3
	    && reported[3] == 4 && reported[4] == 6 && reported[5] == 7, "each with its line");
	check(settings_bool(&s, SETTING_SYSTEM), "what follows a mistake is read all the same");
	settings_fini(&s);

	settings_init(&s);
	check(settings_option(&s, "--users=/from/option", &err) == 1, "an option");
	check(settings_option(&s, "--nothing=1", &err) == 0, "not an option of ours");
	check(settings_option(&s, "--users=relative", &err) == -1, "an option with a wrong value");
	check(read_bytes(&s, "users = /from/file\n", 19) == 0, "a file that sets it too");
	check_str(settings_text(&s, SETTING_USERS), "/from/option", "the option wins");
	check(read_bytes(&s, "users = wrong\n", 14) == 1, "a mistake is told though the option wins");
	settings_fini(&s);
}

static void
test_table(void)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = &settings_table[i];

		check(row->name != NULL && row->sentence != NULL && strlen(row->sentence) > 20,
		    "row %d (%s) has its sentence", i, row->name);
		check(i == 0 || strcmp(settings_table[i - 1].name, row->name) < 0,
		    "row %d stands in the order of the alphabet", i);
	}
}

int
main(void)
{
	test_table();
	test_values();
	test_file();
	return test_done();
}
