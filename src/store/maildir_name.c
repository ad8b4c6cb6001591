/* File names of messages, taken apart and put together. Knows no directory. */
#include "store/maildir_name.h"

#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/hash.h"

/* Letters in ASCII order, which is how they are written. */
static const struct {
	char letter;
	unsigned flag;
} letters[] = {
	{ 'D', MAIL_DRAFT },
	{ 'F', MAIL_FLAGGED },
	{ 'P', MAIL_PASSED },
	{ 'R', MAIL_ANSWERED },
	{ 'S', MAIL_SEEN },
	{ 'T', MAIL_DELETED },
};
enum { LETTERS = sizeof letters / sizeof letters[0] };

static unsigned
flag_of(char letter)
{
	for (int i = 0; i < LETTERS; i++)
		if (letters[i].letter == letter)
			return letters[i].flag;
	return 0;
}

void
maildir_name_parse(const char *name, struct maildir_name *out)
{
	size_t len = strcspn(name, ":");
	char last = 0;

	out->base_len = len;
	out->suffix = name + len;
	out->flags = 0;
	if (name[len] == '\0') {
		out->flags = MAIL_BARE;
		return;
	}
	if (strncmp(out->suffix, ":2,", 3) != 0) {
		out->flags = MAIL_ODD;
		return;
	}
	for (const char *c = out->suffix + 3; *c != '\0'; c++) {
		unsigned flag = flag_of(*c);

		if (*c == ',') {
			out->flags |= MAIL_ODD;
			break;
		}
		if (flag == 0 || *c <= last)
			out->flags |= MAIL_ODD;
		out->flags |= flag;
		last = *c;
	}
}

void
maildir_name_suffix(unsigned flags, struct buf *out)
{
	if (flags & (MAIL_IN_NEW | MAIL_BARE))
		return;
	buf_adds(out, ":2,");
	for (int i = 0; i < LETTERS; i++)
		if (flags & letters[i].flag)
			buf_addc(out, letters[i].letter);
}

void
maildir_name_merge(const char *old_suffix, unsigned flags, struct buf *out)
{
	bool present[128] = { false };
	const char *extra = "";

	if (strncmp(old_suffix, ":2,", 3) == 0) {
		const char *c = old_suffix + 3;

		for (; *c != '\0' && *c != ','; c++)
			if (*c > ' ' && *c < 0x7f && flag_of(*c) == 0)
				present[(unsigned char)*c] = true;
		extra = c;
	}
	for (int i = 0; i < LETTERS; i++)
		if (flags & letters[i].flag)
			present[(unsigned char)letters[i].letter] = true;
	buf_adds(out, ":2,");
	for (int c = '!'; c < 0x7f; c++)
		if (present[c])
			buf_addc(out, (char)c);
	buf_adds(out, extra);
}

size_t
maildir_name_core(const char *base, size_t len)
{
	static const char *const parts[] = { ",S=", ",W=", ",U=", ",FMD5=" };
	bool found = true;

	/* They stand at the end, in any order: take them off one by one. */
	while (found) {
		size_t comma = len;

		found = false;
		while (comma > 0 && base[comma - 1] != ',')
			comma--;
		if (comma-- == 0)
			break;
		for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
			size_t n = strlen(parts[i]);

			if (len - comma > n && memcmp(base + comma, parts[i], n) == 0) {
				len = comma;
				found = true;
				break;
			}
		}
	}
	return len;
}

void
maildir_name_time(const char *base, uint64_t *seconds_out, uint64_t *micro_out)
{
	size_t n = strspn(base, "0123456789");
	const char *m;

	*seconds_out = *micro_out = 0;
	if (base[n] != '.' || !ascii_number(base, n, UINT32_MAX * 16ull, seconds_out))
		return;
	m = strchr(base + n, 'M');
	if (m == NULL)
		return;
	n = strspn(m + 1, "0123456789");
	if (!ascii_number(m + 1, n, 1000000, micro_out))
		*micro_out = 0;
}

void
maildir_name_unique(struct buf *out)
{
	static unsigned counter;
	static char host[64];
	struct timespec now;
	uint32_t random;

	if (host[0] == '\0') {
		char raw[48] = "";

		if (gethostname(raw, sizeof raw - 1) < 0 || raw[0] == '\0')
			strcpy(raw, "localhost");
		/* '/' and ':' may not stand in a base name; ',' would read as a part. */
		for (char *c = raw; *c != '\0'; c++)
			if (*c == '/' || *c == ':' || *c == ',' || *c <= ' ' || *c >= 0x7f)
				*c = '_';
		snprintf(host, sizeof host, "%s", raw);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	hash_random(&random, sizeof random);
	buf_addf(out, "%lld.M%06ldP%ldQ%uR%08x.%s", (long long)now.tv_sec,
	    now.tv_nsec / 1000, (long)getpid(), ++counter, random, host);
}
