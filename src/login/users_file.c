/*
 * Reading the file of users. It is the administrator's, not a stranger's, but a
 * bad line must not let anybody in or keep the others out: it is passed over.
 */
#include "login/users_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "login/password.h"
#include "util/ascii.h"
#include "util/err.h"
#include "util/hash.h"
#include "util/io.h"
#include "util/mem.h"
#include "wire/base64.h"

bool
users_name_is_good(const char *user, size_t len)
{
	if (len == 0 || len > USERS_NAME_MAX || user[0] == '#')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)user[i] < ' ' || user[i] == ':' || user[i] == 0x7f)
			return false;
	return true;
}

/* A uid or gid: a number above 0 and below the value that means "none". */
static bool
read_id(const char *text, unsigned *out)
{
	uint64_t number;

	if (!ascii_number(text, strlen(text), UINT32_MAX - 1, &number) || number == 0)
		return false;
	*out = (unsigned)number;
	return true;
}

/* A file that another system's editor saved would name a Maildir that is not there, and it would be made. */
static bool
has_control(const char *path)
{
	for (; *path != '\0'; path++)
		if ((unsigned char)*path < ' ' || *path == 0x7f)
			return true;
	return false;
}

int
users_entry_parse(char *line, struct users_entry *out, const char **why_out)
{
	char *fields[6];
	int count = 0;

	if (*line == '\0' || *line == '#')
		return 0;
	*why_out = "a line has six fields: user:hash:uid:gid:home:maildir";
	for (char *at = line; count < 6; at++) {
		fields[count++] = at;
		at = strchr(at, ':');
		if (at == NULL)
			break;
		if (count == 6)
			return -1;
		*at = '\0';
	}
	if (count != 6)
		return -1;
	*out = (struct users_entry){
		.user = fields[0], .hash = fields[1], .home = fields[4], .maildir = fields[5],
		.uid = geteuid(), .gid = getegid(),
	};
	if (!users_name_is_good(out->user, strlen(out->user))) {
		*why_out = "this is no name of a user";
		return -1;
	}
	if (*fields[2] != '\0' || *fields[3] != '\0') {
		unsigned uid, gid;

		if (!read_id(fields[2], &uid) || !read_id(fields[3], &gid)) {
			*why_out = "uid and gid must be numbers above 0, or both empty";
			return -1;
		}
		out->uid = uid;
		out->gid = gid;
	}
	if (has_control(out->home) || has_control(out->maildir)) {
		*why_out = "home and maildir cannot hold control characters "
		    "(a carriage return at the end of the line?)";
		return -1;
	}
	if ((*out->home != '\0' && *out->home != '/')
	    || (*out->maildir != '\0' && *out->maildir != '/' && strncmp(out->maildir, "~/", 2) != 0)) {
		*why_out = "home and maildir must begin with / (maildir also with ~/)";
		return -1;
	}
	if (*out->home == '\0' && *out->maildir != '/') {
		*why_out = "without a home, the maildir must begin with /";
		return -1;
	}
	return 1;
}

int
users_file_open(const char *path, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_errno(err, "open", path);
	if (fstat(fd, &st) < 0) {
		err_errno(err, "stat", path);
		io_close(&fd);
	} else if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_WORLD, "Bad configuration");
		err_detail(err, "%s is not a regular file", path);
		io_close(&fd);
	} else if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022) != 0) {
		err_set(err, ERR_WORLD, "Bad configuration");
		err_detail(err, "%s could be changed by others: it must belong to root or to "
		    "the user that runs this, and only the owner may write to it", path);
		io_close(&fd);
	}
	return fd;
}

static bool
is_verifier(const char *hash)
{
	struct scram_verifier verifier;
	bool is = scram_parse(hash, &verifier);

	mem_wipe(&verifier, sizeof verifier);
	return is;
}

/* What is looked for in the file, and what was found so far. */
struct search {
	const char *user;
	bool (*is_like)(const char *hash);	/* which hashes tell what the others are like */
	bool found;
	struct buf *line;
	struct buf *like;
};

/* One line of the file: is it the one, and what hash does it have? */
static void
look_at(struct search *search, char *text)
{
	size_t name_len = strcspn(text, ":");
	const char *hash = text + name_len;

	if (*text == '#' || *hash != ':')
		return;
	hash++;
	if (search->like->len == 0) {
		buf_add(search->like, hash, strcspn(hash, ":"));
		if (!search->is_like(search->like->data))
			buf_reset(search->like);
	}
	if (!search->found && strlen(search->user) == name_len
	    && memcmp(search->user, text, name_len) == 0) {
		search->found = true;
		buf_adds(search->line, text);
	}
}

/* The whole file, line by line. 0, or -1 with err filled. */
static int
read_lines(int fd, const char *path, struct search *search, struct err *err)
{
	enum { STEP = 65536 };
	char *room = mem_alloc(STEP + USERS_LINE_MAX + 1);
	size_t held = 0;
	uint64_t total = 0;
	bool too_long = false;
	int result = -1;

	buf_reserve(search->line, USERS_LINE_MAX);
	for (;;) {
		ssize_t n = read(fd, room + held, STEP);
		char *at = room, *end, *lf;

		if (n < 0) {
			err_errno(err, "read", path);
			goto out;
		}
		total += (uint64_t)n;
		if (total > USERS_FILE_MAX) {
			err_set(err, ERR_WORLD, "Bad configuration");
			err_detail(err, "%s is larger than %d octets", path, USERS_FILE_MAX);
			goto out;
		}
		end = room + held + n;
		if (n == 0 && held > 0)
			*end++ = '\n';	/* the last line lacks its end */
		while ((lf = memchr(at, '\n', (size_t)(end - at))) != NULL) {
			*lf = '\0';
			if (!too_long && strlen(at) == (size_t)(lf - at))
				look_at(search, at);
			too_long = false;
			at = lf + 1;
		}
		held = (size_t)(end - at);
		if (n == 0)
			break;
		if (held > USERS_LINE_MAX) {
			too_long = true;	/* no entry: drop it up to its end */
			held = 0;
		}
		memmove(room, at, held);
	}
	result = 0;
out:
	mem_wipe(room, STEP + USERS_LINE_MAX + 1);
	free(room);
	return result;
}

int
users_file_find(int fd, const char *path, const char *user, struct buf *line,
    struct users_entry *out, struct buf *like_out, struct err *err)
{
	struct search search = {
		.user = user, .is_like = password_is_hash, .line = line, .like = like_out,
	};
	const char *why;

	if (read_lines(fd, path, &search, err) < 0)
		return -1;
	if (search.found && users_entry_parse(line->data, out, &why) != 1) {
		err_set(err, ERR_WORLD, "Bad configuration");
		return err_detail(err, "%s: the line of the user is wrong: %s", path, why);
	}
	return search.found ? 1 : 0;
}

/* "#scram-key:" and the key at the start of a file. */
static const char key_word[] = "#scram-key:";

enum { KEY_TEXT = (SCRAM_OCTETS + 2) / 3 * 4 };	/* letters of a key in base64 */

bool
users_file_key(int fd, unsigned char key[SCRAM_OCTETS])
{
	char line[sizeof key_word - 1 + KEY_TEXT + 1];
	struct buf bytes = BUF_INIT;
	bool good = io_pread_all(fd, line, sizeof line, 0) == (ssize_t)sizeof line
	    && memcmp(line, key_word, sizeof key_word - 1) == 0 && line[sizeof line - 1] == '\n'
	    && base64_decode(line + sizeof key_word - 1, KEY_TEXT, &bytes) == 0
	    && bytes.len == SCRAM_OCTETS;

	if (good)
		memcpy(key, bytes.data, SCRAM_OCTETS);
	buf_wipe(&bytes);
	mem_wipe(line, sizeof line);
	return good;
}

void
users_key_make(struct buf *out)
{
	unsigned char key[SCRAM_OCTETS];

	hash_random(key, sizeof key);
	buf_adds(out, key_word);
	base64_encode(key, sizeof key, out);
	buf_addc(out, '\n');
	mem_wipe(key, sizeof key);
}

int
users_file_verifier(int fd, const char *path, const char *user, struct scram_verifier *out,
    struct err *err)
{
	struct buf line = BUF_INIT, like = BUF_INIT;
	struct search search = {
		.user = user, .is_like = is_verifier, .line = &line, .like = &like,
	};
	struct scram_verifier pretended, example = { .iterations = SCRAM_ITERATIONS_PRESET };
	unsigned char key[SCRAM_OCTETS];
	struct users_entry entry;
	const char *why;
	int result = -1;

	if (!users_file_key(fd, key)) {
		err_set(err, ERR_UNAVAILABLE, "Bad configuration");
		err_detail(err, "%s does not begin with a line of #scram-key; "
		    "mayfly-passwd --method=scram-sha-256 makes it", path);
		goto out;
	}
	if (read_lines(fd, path, &search, err) < 0)
		goto out;
	/* All of it each time, so that it takes the same time. */
	if (like.len > 0)
		scram_parse(like.data, &example);
	scram_pretend(key, user, example.iterations, &pretended);
	result = search.found && users_entry_parse(line.data, &entry, &why) == 1
	    && scram_parse(entry.hash, out);
	if (result == 0)
		*out = pretended;
	mem_wipe(key, sizeof key);
	mem_wipe(&pretended, sizeof pretended);
	mem_wipe(&example, sizeof example);
out:
	buf_wipe(&line);
	buf_wipe(&like);
	return result;
}
