/*
 * `maildirsize` (Maildir++): the limits in the first line, "1000000S,1000C", then
 * lines "bytes messages" with signs, whose sum is what is in use. Everything that
 * lies in cur/ and new/ of any folder counts.
 *
 * Other programs remove mail without telling the file, and a session can die
 * between a change and its line. So the sum is believed only while the file is
 * newer than cur/ and new/ of every folder: whoever adds or removes a message
 * makes a directory newer. A change of flags does so too, and costs a count that
 * was not needed; a wrong sum would cost a user his mail. Our own change writes
 * its line only if the file was true before it: else that line would make an old
 * sum look fresh. (A whole folder that another program removes leaves no mark in
 * those that stay; it is noticed with the next change of any other.)
 *
 * A crash leaves: a directory newer than the file (counted anew), or a file in
 * tmp/ that was not renamed (swept by age).
 */
#include "store/quota.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/account.h"
#include "store/folder.h"
#include "store/names.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/safe_write.h"

#define QUOTA_NAME "maildirsize"

enum {
	FILE_MAX = 5120,	/* Maildir++: a longer one is counted anew */
	DOUBT_S = 15 * 60,	/* over quota is believed for so long */
};

/* ---- limits ---- */

static bool
scaled(const char *text, size_t len, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *unit = len > 0 ? strchr(units, ascii_upper(text[len - 1])) : NULL;
	unsigned shift = 0;

	if (unit != NULL && *unit != '\0') {
		shift = 10 * (unsigned)(unit - units + 1);
		len--;
	}
	if (!ascii_number(text, len, (uint64_t)INT64_MAX >> shift, out))
		return false;
	*out <<= shift;
	return true;
}

bool
quota_parse(const char *text, uint64_t *bytes, uint64_t *messages)
{
	*bytes = *messages = 0;
	for (int place = 0;; place++) {
		size_t len = strcspn(text, ",");
		char last = len > 0 ? text[len - 1] : '\0';

		if (last == 'S' || last == 'C') {
			if (!ascii_number(text, len - 1, INT64_MAX, last == 'S' ? bytes : messages))
				return false;
		} else if (place > 1 || !scaled(text, len, place == 0 ? bytes : messages)) {
			return false;
		}
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
}

int64_t
quota_size_in_name(const char *name)
{
	const char *at = strstr(name, ",S=");
	uint64_t size;

	if (at == NULL || !ascii_number(at + 3, strspn(at + 3, "0123456789"), INT64_MAX, &size))
		return -1;
	return (int64_t)size;
}

/* ---- the file ---- */

struct state {
	struct quota quota;
	bool believable;	/* the text is whole and in its bounds */
	struct timespec time;	/* of the file */
};

/* "-512" behind blanks. */
static bool
signed_number(const char **at, const char *end, int64_t *out)
{
	bool minus;
	uint64_t n;
	size_t len = 0;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	minus = *at < end && **at == '-';
	*at += minus;
	while (*at + len < end && ascii_is_digit((*at)[len]))
		len++;
	if (!ascii_number(*at, len, INT64_MAX, &n))
		return false;
	*at += len;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool
read_sum(const char *text, size_t len, struct quota *q, size_t *lines)
{
	int64_t bytes = 0, messages = 0;

	for (const char *at = text, *end = text + len; at < end; (*lines)++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		int64_t b, m;

		if (lf == NULL || !signed_number(&at, lf, &b) || !signed_number(&at, lf, &m))
			return false;
		while (at < lf && (*at == ' ' || *at == '\t' || *at == '\r'))
			at++;
		if (at != lf || __builtin_add_overflow(bytes, b, &bytes)
		    || __builtin_add_overflow(messages, m, &messages))
			return false;
		at = lf + 1;
	}
	if (bytes < 0 || messages < 0)
		return false;
	q->bytes = (uint64_t)bytes;
	q->messages = (uint64_t)messages;
	return true;
}

static bool
is_over(const struct quota *q)
{
	return (q->bytes_max > 0 && q->bytes > q->bytes_max)
	    || (q->messages_max > 0 && q->messages > q->messages_max);
}

/* Limits of the settings and of the file; 1 when there is a file, 0, or -1. */
static int
read_file(struct account *account, struct state *state, struct err *err)
{
	struct quota *q = &state->quota;
	struct buf text = BUF_INIT;
	struct stat st;
	size_t lines = 0, first;
	int fd, result = 1;

	memset(state, 0, sizeof *state);
	q->bytes_max = account->quota_bytes;
	q->messages_max = account->quota_messages;
	q->on = q->bytes_max > 0 || q->messages_max > 0;
	fd = openat(account->dirfd, QUOTA_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? 0 : err_errno(err, "open", QUOTA_NAME);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		result = 0;
	} else if (io_read_file(fd, &text, 1 << 20) < 0) {
		result = errno == EFBIG ? 1 : err_errno(err, "read", QUOTA_NAME);
	} else {
		uint64_t bytes, messages;
		char *line;
		bool limits;

		state->time = st.st_mtim;
		first = strcspn(buf_str(&text), "\n");
		line = mem_strndup(buf_str(&text), first);
		line[strcspn(line, " \r\t")] = '\0';
		limits = quota_parse(line, &bytes, &messages);
		free(line);
		if (limits && !q->on) {
			q->bytes_max = bytes;
			q->messages_max = messages;
			q->on = bytes > 0 || messages > 0;
		}
		state->believable = limits && bytes == q->bytes_max && messages == q->messages_max
		    && text.len < FILE_MAX && first < text.len
		    && read_sum(text.data + first + 1, text.len - first - 1, q, &lines)
		    && !(is_over(q) && (lines > 1 || time(NULL) - st.st_mtim.tv_sec > DOUBT_S));
	}
	close(fd);
	buf_fini(&text);
	return result;
}

/* ---- the folders ---- */

/* The later of the newest directory time so far and those of this folder. */
static void
newest_of(struct account *account, const char *path, struct timespec *newest)
{
	static const char *const parts[] = { "/cur", "/new" };

	for (size_t i = 0; i < 2; i++) {
		struct buf name = BUF_INIT;
		struct stat st;

		buf_adds(&name, path);
		buf_adds(&name, parts[i]);
		if (fstatat(account->dirfd, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0
		    && (st.st_mtim.tv_sec > newest->tv_sec || (st.st_mtim.tv_sec == newest->tv_sec
		    && st.st_mtim.tv_nsec > newest->tv_nsec)))
			*newest = st.st_mtim;
		buf_fini(&name);
	}
}

static void
count_directory(struct account *account, const char *path, struct quota *q)
{
	int fd = openat(account->dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		int64_t size = quota_size_in_name(entry->d_name);
		struct stat st;

		if (*entry->d_name == '.' || (entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN))
			continue;
		if (size < 0) {
			if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
				continue;
			size = st.st_size;
		}
		q->bytes += (uint64_t)size;
		q->messages++;
	}
	closedir(dir);
}

/* The newest directory of all, and with q also what lies in them. 0, -1, or 1 when steps said no. */
static int
walk(struct account *account, struct timespec *newest, struct quota *q,
    const struct quota_steps *steps, struct err *err)
{
	struct folder_list list;
	int result = 0;

	*newest = (struct timespec){ 0, 0 };
	if (folder_list(account, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		struct buf path = BUF_INIT;
		size_t len;

		if (steps != NULL && !steps->step(steps->ctx, i, list.count)) {
			result = 1;
			break;
		}
		names_to_disk(account, list.names[i], &path);
		newest_of(account, path.data, newest);
		len = path.len;
		if (q != NULL) {
			buf_adds(&path, "/cur");
			count_directory(account, path.data, q);
			memcpy(path.data + len, "/new", 4);
			count_directory(account, path.data, q);
		}
		buf_fini(&path);
	}
	folder_list_fini(&list);
	return result;
}

static bool
is_newer(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

void
quota_forget(struct account *account)
{
	static const struct timespec long_ago[2] = { { 0, 0 }, { 0, 0 } };

	/* not removed: it may be the only place where the limits stand */
	utimensat(account->dirfd, QUOTA_NAME, long_ago, AT_SYMLINK_NOFOLLOW);
}

/* Count, and write the file anew if there is a limit. 0, 1 stopped, -1 not counted, -2 counted but not written. */
static int
recount(struct account *account, struct quota *q, const struct quota_steps *steps, struct err *err)
{
	struct timespec before, after;
	struct buf text = BUF_INIT;
	struct err late;
	int result;

	q->bytes = q->messages = 0;
	result = walk(account, &before, q, steps, err);
	if (result != 0 || account->read_only || !q->on)
		return result;
	if (q->bytes_max > 0)
		buf_addf(&text, "%lluS", (unsigned long long)q->bytes_max);
	if (q->messages_max > 0)
		buf_addf(&text, "%s%lluC", text.len > 0 ? "," : "", (unsigned long long)q->messages_max);
	buf_addf(&text, "\n%llu %llu\n", (unsigned long long)q->bytes,
	    (unsigned long long)q->messages);
	if (safe_write(account->dirfd, QUOTA_NAME, text.data, text.len, 0600, false, account->path,
	    err) < 0)
		result = -2;
	else if (walk(account, &after, NULL, NULL, &late) < 0 || is_newer(after, before))
		quota_forget(account);	/* somebody came meanwhile: the next one counts */
	buf_fini(&text);
	return result;
}

static bool
is_true(struct account *account, const struct state *state)
{
	struct timespec newest;
	struct err err;

	return state->believable && walk(account, &newest, NULL, NULL, &err) == 0
	    && is_newer(state->time, newest);
}

/* ---- questions ---- */

int
quota_read(struct account *account, struct quota *out, struct err *err)
{
	struct state state;

	if (read_file(account, &state, err) < 0)
		return -1;
	*out = state.quota;
	if (!out->on || is_true(account, &state))
		return 0;
	switch (recount(account, out, NULL, err)) {
	case -1:
		return -1;
	case -2:
		log_err(err);	/* one that cannot be written is no failure to count */
	}
	return 0;
}

int
quota_recount(struct account *account, const struct quota_steps *steps, struct quota *was,
    struct quota *now, struct err *err)
{
	struct state state;
	int result;

	if (read_file(account, &state, err) < 0)
		return -1;
	*was = *now = state.quota;
	result = recount(account, now, steps, err);
	return result < 0 ? -1 : result;
}

int
quota_check(struct account *account, uint64_t bytes, size_t messages, struct err *err)
{
	struct quota q;

	if (quota_read(account, &q, err) < 0)
		return -1;
	if (!q.on)
		return 0;
	q.bytes -= account->quota_credit < q.bytes ? account->quota_credit : q.bytes;
	q.messages -= account->quota_credit > 0 && q.messages > 0;
	q.bytes += bytes;
	q.messages += messages;
	if (is_over(&q))
		return err_set(err, ERR_OVERQUOTA, "The account's quota would be exceeded");
	return 0;
}

bool
quota_begin(struct account *account)
{
	struct state state;
	struct err err;

	return read_file(account, &state, &err) > 0 && state.quota.on && is_true(account, &state);
}

void
quota_end(struct account *account, bool was_true, int64_t bytes, int64_t messages)
{
	struct buf line = BUF_INIT;
	int fd;

	if (!was_true)
		return;
	if (bytes == 0 && messages == 0) {
		utimensat(account->dirfd, QUOTA_NAME, NULL, AT_SYMLINK_NOFOLLOW);
		return;
	}
	fd = openat(account->dirfd, QUOTA_NAME, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW
	    | O_NONBLOCK);
	buf_addf(&line, "%lld %lld\n", (long long)bytes, (long long)messages);
	/* a line that is lost leaves a file older than the directories: it is counted anew */
	if (fd >= 0 && write(fd, line.data, line.len) < 0)
		log_line(LOG_LEVEL_WARNING, "%s: cannot add to " QUOTA_NAME, account->path);
	io_close(&fd);
	buf_fini(&line);
}
