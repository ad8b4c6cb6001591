/* login/password and login/users_file: hashes, and the file that holds them. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "login/password.h"
#include "login/users_file.h"
#include "test.h"
#include "util/buf.h"
#include "util/err.h"

static void
test_hashes(void)
{
	static const char *const prefixes[] = { "$y$", "$6$", "$5$", "$2b$" };
	static const char *const secrets[] = { "secret", "", "with space", "t\tab", "line\nfeed",
	    "co:lon", "\xc3\xa4\xff", "%n%s" };
	char longest[PASSWORD_MAX + 2];
	struct buf hash = BUF_INIT;
	struct err err;

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		buf_reset(&hash);
		check(password_hash("secret", prefixes[i], 0, &hash, &err) == 0
		    && strncmp(hash.data, prefixes[i], strlen(prefixes[i])) == 0, "a hash of %s", prefixes[i]);
		check(password_is_hash(hash.data), "which is one");
		check(password_matches("secret", hash.data) && !password_matches("Secret", hash.data)
		    && !password_matches("secre", hash.data) && !password_matches("secret ", hash.data),
		    "and which its password alone gives");
	}
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		buf_reset(&hash);
		check(password_hash(secrets[i], "$5$", 1000, &hash, &err) == 0
		    && password_matches(secrets[i], hash.data), "an odd password, %zu", i);
	}
	memset(longest, 'x', sizeof longest);
	longest[PASSWORD_MAX] = '\0';
	buf_reset(&hash);
	check(password_hash(longest, "$5$", 1000, &hash, &err) == 0 && password_matches(longest, hash.data),
	    "the longest password");
	longest[PASSWORD_MAX] = 'x';
	longest[PASSWORD_MAX + 1] = '\0';
	check(!password_matches(longest, hash.data), "one octet more matches nothing");
	check(!password_is_hash("!") && !password_is_hash("*") && !password_is_hash("")
	    && !password_is_hash("!$6$abc$x") && !password_is_hash("x"), "what is no hash");
	check(!password_matches("x", "") && !password_matches("*0", "*0") && !password_matches("*1", "*1")
	    && !password_matches("x", "$9$y$z"), "what is no hash matches nothing");
	check(password_is_hash(password_nobody) && !password_matches("", password_nobody),
	    "the hash of nobody");
	buf_fini(&hash);
}

static void
test_lines(void)
{
	static const struct { const char *line; int result; } rows[] = {
		{ "alice:$5$a$b:1000:1000:/home/alice:", 1 },
		{ "alice:!:1000:1000:/home/alice:~/Mail", 1 },
		{ "alice@example.org:x:5000:5000::/srv/mail/alice", 1 },
		{ "al ice:x::::/srv/mail/alice", 1 },
		{ "", 0 }, { "# comment", 0 }, { "#", 0 },
		{ "alice", -1 }, { "alice:x:1:1:/h", -1 }, { "alice:x:1:1:/h:/m:more", -1 },
		{ ":x:1:1:/h:", -1 }, { "alice:x:0:1:/h:", -1 }, { "alice:x:1:0:/h:", -1 },
		{ "alice:x:1::/h:", -1 }, { "alice:x:-1:1:/h:", -1 }, { "alice:x:4294967295:1:/h:", -1 },
		{ "alice:x:4294967296:1:/h:", -1 }, { "alice:x:1x:1:/h:", -1 }, { "alice:x:root:1:/h:", -1 },
		{ "alice:x:1:1:h:", -1 }, { "alice:x:1:1::", -1 }, { "alice:x:1:1:/h:Mail", -1 },
		{ "alice:x:1:1:/h:/h/Maildir\r", -1 }, { "alice:x:1:1:/h\r:", -1 }, { "alice:x:1:1:/h:\r", -1 },
		{ "al\tice:x:1:1:/h:", -1 }, { "al\x7fice:x:1:1:/h:", -1 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char line[200];
		struct users_entry entry;
		const char *why;

		strcpy(line, rows[i].line);
		check(users_entry_parse(line, &entry, &why) == rows[i].result, "line \"%s\"", rows[i].line);
	}
}

static char path[] = "/tmp/test_users.XXXXXX";

static int
find(const char *content, size_t len, const char *user, char *hash_out)
{
	struct buf line = BUF_INIT, like = BUF_INIT;
	struct users_entry entry;
	struct err err;
	int fd = open(path, O_WRONLY | O_TRUNC), result;

	if (write(fd, content, len) != (ssize_t)len)
		abort();
	close(fd);
	fd = users_file_open(path, &err);
	result = users_file_find(fd, path, user, &line, &entry, &like, &err);
	if (result == 1)
		strcpy(hash_out, entry.hash);
	else
		strcpy(hash_out, like.len > 0 ? like.data : "");
	close(fd);
	buf_fini(&line);
	buf_fini(&like);
	return result;
}

static void
test_file(void)
{
	static const char text[] = "# users\nlocked:!:1:1:/h:\nalice:$5$a$1:1:1:/h:\n"
	    "alice:$5$a$2:1:1:/h:\nbob:$6$b$3:2:2:/h:";
	struct buf big = BUF_INIT;
	struct err err;
	char hash[200];
	int fd = mkstemp(path);

	close(fd);
	check(find(text, sizeof text - 1, "alice", hash) == 1 && strcmp(hash, "$5$a$1") == 0,
	    "the first line of a name counts");
	check(find(text, sizeof text - 1, "bob", hash) == 1 && strcmp(hash, "$6$b$3") == 0,
	    "a last line without its end");
	check(find(text, sizeof text - 1, "locked", hash) == 1 && strcmp(hash, "!") == 0, "a locked one");
	check(find(text, sizeof text - 1, "carol", hash) == 0 && strcmp(hash, "$5$a$1") == 0,
	    "not there: the first real hash of the file tells the work");
	check(find(text, sizeof text - 1, "ali", hash) == 0 && find(text, sizeof text - 1, "", hash) == 0
	    && find(text, sizeof text - 1, "#", hash) == 0
	    && find(text, sizeof text - 1, "# users", hash) == 0, "neither parts of names nor comments");
	check(find("a\0:x:1:1:/h:\n", 13, "a", hash) == 0, "a line with NUL is no entry");
	buf_adds(&big, "long:");
	while (big.len < 3 * 65536)
		buf_addc(&big, 'x');
	buf_adds(&big, ":1:1:/h:\nalice:$5$ok$1:1:1:/h:\n");
	check(find(big.data, big.len, "alice", hash) == 1, "a line of 200 kB does not hide the next");
	buf_reset(&big);
	for (int i = 0; i < 20000; i++)
		buf_addf(&big, "user%d:$5$a$%d:1:1:/h:\n", i, i);
	check(find(big.data, big.len, "user19999", hash) == 1 && strcmp(hash, "$5$a$19999") == 0
	    && find(big.data, big.len, "user7777", hash) == 1 && strcmp(hash, "$5$a$7777") == 0,
	    "20000 lines, across the bounds of reads");
	buf_fini(&big);
	chmod(path, 0620);
	check(users_file_open(path, &err) < 0, "a file that a group may write is refused");
	chmod(path, 0602);
	check(users_file_open(path, &err) < 0, "and one that all may");
	unlink(path);
	check(users_file_open("/dev/null", &err) < 0 && users_file_open("/", &err) < 0,
	    "devices and directories are no file of users");
}

int
main(void)
{
	test_hashes();
	test_lines();
	test_file();
	return test_done();
}
