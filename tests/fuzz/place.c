/* The throw-away Maildir of the targets that run whole sessions. */
#include "place.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/table.h"
#include "drill/response.h"
#include "mail/module.h"
#include "session/session.h"
#include "util/io.h"
#include "util/log.h"

static const struct letter {
	const char *name, *text;
} letters[] = {
	{ "cur/1400000001.M1P1.host,S=92:2,", "From: Ann <ann@example.org>\nTo: bob@example.org\n"
	    "Subject: one\nMessage-ID: <1@x>\n\nhello world\n" },
	{ "cur/1400000002.M2P1.host:2,FS", "From: bob@example.org\nSubject: =?utf-8?Q?Re:_=C3=A9ne?=\n"
	    "References: <1@x>\nDate: Mon, 1 Feb 2010 10:00:00 +0100\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nfirst =E9\n--b\n"
	    "Content-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
	    "<p>caf=E9</p>\n--b\nContent-Type: application/x-y; name*0=\"a\"; name*1=\"b\"\n"
	    "Content-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ=\n--b--\n" },
	{ "new/1400000003.M3P1.host", "Subject: Re: one\r\nIn-Reply-To: <1@x>\r\n"
	    "Content-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\nbody\r\n" },
	{ "cur/1400000004.M4P1.host:2,a", "" },
	{ ".box/cur/1400000005.M5P1.host:2,T", "Subject: deleted\n\nx\n" },
};

static char base[PATH_MAX], root[PATH_MAX + 16];
static pid_t owner;
static const struct session_options *special;

static void
remove_tree(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (dir == NULL) {
		unlinkat(at, name, 0);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (entry->d_type == DT_DIR || unlinkat(fd, entry->d_name, 0) < 0)
			remove_tree(fd, entry->d_name);
	}
	closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
}

static void
clean_up(void)
{
	if (base[0] != '\0' && getpid() == owner)
		remove_tree(AT_FDCWD, base);
}

/* The module of the same build tree: two folders above the program. */
static void
find_module(void)
{
	static char path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

	for (int up = 0; n > 0 && up < 3; n--)
		up += path[n - 1] == '/';
	snprintf(path + (n > 0 ? n : 0), 32, "/mayfly-message.so");
	module_path(path);
}

const char *
place_path(void)
{
	const char *tmp = getenv("TMPDIR");

	if (base[0] != '\0')
		return root;
	if (tmp == NULL || *tmp == '\0')
		tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(base, sizeof base, "%s/mayfly-fuzz.XXXXXX", tmp);
	if (mkdtemp(base) == NULL) {
		perror(base);
		exit(2);
	}
	snprintf(root, sizeof root, "%s/Maildir", base);
	owner = getpid();
	atexit(clean_up);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	log_open("fuzz", getenv("FUZZ_LOG") != NULL ? LOG_TO_STDERR : LOG_TO_NOWHERE);
	find_module();
	return root;
}

static void
in_root(char *out, const char *name)
{
	snprintf(out, PATH_MAX + 256, "%s/%s", place_path(), name);
}

void
place_write(const char *name, const void *bytes, size_t len)
{
	char path[PATH_MAX + 256];
	int fd;

	in_root(path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

bool
place_read(const char *name, struct buf *out)
{
	char path[PATH_MAX + 256];
	bool good;
	int fd;

	in_root(path, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	buf_reset(out);
	good = io_read_file(fd, out, 1 << 24) >= 0;
	close(fd);
	return good;
}

void
place_remove(const char *name)
{
	char path[PATH_MAX + 256];

	in_root(path, name);
	unlink(path);
}

void
place_fresh(void)
{
	static const char *const dirs[] = { "", "cur", "new", "tmp", ".box", ".box/cur", ".box/new", ".box/tmp" };
	char path[PATH_MAX + 256];

	remove_tree(AT_FDCWD, place_path());
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		in_root(path, dirs[i]);
		if (mkdir(path, 0700) < 0)
			abort();
	}
	place_write(".box/maildirfolder", "", 0);
	for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
		place_write(letters[i].name, letters[i].text, strlen(letters[i].text));
}

/* ---- a state to come back to ---- */

static struct kept {
	char *name;
	struct buf bytes;
	bool dir;
} kept[200];
static size_t kept_count;

static void
keep_below(const char *name)
{
	char path[PATH_MAX + 256];
	struct dirent *entry;
	DIR *dir;

	in_root(path, name);
	if ((dir = opendir(path)) == NULL)
		abort();
	while ((entry = readdir(dir)) != NULL) {
		struct kept *k = &kept[kept_count];
		size_t len = strlen(name) + strlen(entry->d_name) + 2;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++kept_count == sizeof kept / sizeof kept[0])
			abort();
		k->name = malloc(len);
		snprintf(k->name, len, "%s/%s", name, entry->d_name);
		k->dir = entry->d_type == DT_DIR;
		k->bytes = BUF_INIT;
		if (k->dir)
			keep_below(k->name);
		else if (!place_read(k->name, &k->bytes))
			abort();
	}
	closedir(dir);
}

static void
forget_kept(void)
{
	while (kept_count > 0) {
		free(kept[--kept_count].name);
		buf_fini(&kept[kept_count].bytes);
	}
}

void
place_keep(void)
{
	forget_kept();
	keep_below(".");
	atexit(forget_kept);
}

void
place_back(void)
{
	char path[PATH_MAX + 256];

	remove_tree(AT_FDCWD, place_path());
	if (mkdir(place_path(), 0700) < 0)
		abort();
	/* a directory stands before what lies in it */
	for (size_t i = 0; i < kept_count; i++) {
		in_root(path, kept[i].name);
		if (!kept[i].dir)
			place_write(kept[i].name, buf_str(&kept[i].bytes), kept[i].bytes.len);
		else if (mkdir(path, 0700) < 0)
			abort();
	}
}

void
place_options(const struct session_options *options)
{
	special = options;
}

static int
memory_file(const void *bytes, size_t len)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (len > 0 && write(fd, bytes, len) != (ssize_t)len))
		abort();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* One entry only, or none but these two. */
static void
check_place(void)
{
	char path[PATH_MAX + 256];
	struct dirent *entry;
	DIR *dir = opendir(base);

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		assert(entry->d_name[0] == '.' || strcmp(entry->d_name, "Maildir") == 0);
	if (dir != NULL)
		closedir(dir);
	in_root(path, "tmp");
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		assert(entry->d_name[0] == '.');
	if (dir != NULL)
		closedir(dir);
}

static int
lowest_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(fd);
	return fd;
}

void
place_serve(const void *says, size_t len, struct buf *answer)
{
	struct session_options options = { .user = "fuzz", .maildir = place_path(), .separator = '/', .prefix = "" };
	int lowest = lowest_descriptor(), in = memory_file(says, len), out = memory_file(NULL, 0);
	int copy = fcntl(out, F_DUPFD_CLOEXEC, 0);

	if (special != NULL) {
		options = *special;
		options.maildir = place_path();
	}
	options.commands = command_table;
	options.capabilities = command_capabilities();
	session_run(&options, in, out);	/* closes both, unless there was no account */
	if (fcntl(in, F_GETFD) >= 0 && in != copy) {
		close(in);
		close(out);
	}
	lseek(copy, 0, SEEK_SET);
	if (answer != NULL && io_read_file(copy, answer, 1u << 30) < 0)
		abort();
	close(copy);
	assert(lowest_descriptor() == lowest);
	check_place();
}

bool
place_is_imap(const struct buf *answer)
{
	static const struct response_limits limits = { RESPONSE_LINE_MAX, RESPONSE_LITERAL_MAX };
	const char *at = buf_str(answer), *end = at + answer->len, *why = NULL;
	struct response response;
	int r = 0;

	response_init(&response);
	while (at < end && (r = response_feed(&response, &at, end, &limits, &why)) >= 0)
		if (r == 0)
			break;	/* cut in the middle: as bad as garbage */
	if ((why != NULL || (answer->len > 0 && r == 0)) && getenv("FUZZ_LOG") != NULL)
		fprintf(stderr, "not IMAP: %s\n", why != NULL ? why : "an answer is not whole");
	response_fini(&response);
	return why == NULL && (answer->len == 0 || r == 1);
}
