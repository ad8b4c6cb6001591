/*
 * The record between the two programs of a session, format version 1:
 *
 *	"mayfly handoff 1\n"	17 octets
 *	fields			until the end; each: 1 octet kind, 4 octets length, the octets
 *
 * Numbers are in the machine's order: both ends run on the same machine, one
 * exec apart. A field comes at most once; an unknown one is an error, because
 * both programs are of the same version.
 */
#include "handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

static const char magic[] = "mayfly handoff 1\n";

enum field {
	FIELD_USER = 1,
	FIELD_HOME,
	FIELD_MAILDIR,
	FIELD_TAG,
	FIELD_UNREAD,
	FIELD_CONFIG,
	FIELD_CLIENT,	/* struct network_address */
	FIELD_LINK,	/* 2 octets: private, log */
	FIELD_END,
};

enum { NOEXEC_SEAL = 8 };	/* MFD_NOEXEC_SEAL, Linux 6.3 */

/* Larger than the sum of all bounds. */
enum { RECORD_MAX = 1 << 18 };

static struct buf *
text_field(struct handoff *h, enum field field, size_t *max_out)
{
	switch (field) {
	case FIELD_USER:
		*max_out = HANDOFF_NAME_MAX;
		return &h->user;
	case FIELD_HOME:
		*max_out = HANDOFF_PATH_MAX;
		return &h->home;
	case FIELD_MAILDIR:
		*max_out = HANDOFF_PATH_MAX;
		return &h->maildir;
	case FIELD_TAG:
		*max_out = HANDOFF_TAG_MAX;
		return &h->tag;
	case FIELD_UNREAD:
		*max_out = HANDOFF_UNREAD_MAX;
		return &h->unread;
	case FIELD_CONFIG:
		*max_out = HANDOFF_PATH_MAX;
		return &h->config;
	default:
		return NULL;
	}
}

void
handoff_init(struct handoff *h)
{
	memset(h, 0, sizeof *h);
}

void
handoff_fini(struct handoff *h)
{
	for (int field = FIELD_USER; field < FIELD_END; field++) {
		size_t max;
		struct buf *buf = text_field(h, field, &max);

		if (buf != NULL)
			buf_wipe(buf);
	}
	memset(h, 0, sizeof *h);
}

static void
add_field(struct buf *to, enum field field, const void *bytes, size_t len)
{
	uint32_t length = (uint32_t)len;

	buf_addc(to, (char)field);
	buf_add(to, &length, sizeof length);
	buf_add(to, bytes, len);
}

int
handoff_send(const struct handoff *h, struct err *err)
{
	struct buf record = BUF_INIT;
	struct handoff view = *h;
	char link[2] = { h->private, (char)h->log };
	int fd;

	buf_reserve(&record, RECORD_MAX);	/* all at once: growing would leave copies behind */
	buf_adds(&record, magic);
	for (int field = FIELD_USER; field < FIELD_END; field++) {
		size_t max;
		const struct buf *buf = text_field(&view, field, &max);

		if (buf != NULL && buf->len > max) {
			err_set(err, ERR_WORLD, "The session could not be started");
			err_detail(err, "handoff: field %d has %zu octets", field, buf->len);
			fd = -1;
			goto out;
		}
		if (buf != NULL)
			add_field(&record, field, buf_str(buf), buf->len);
	}
	add_field(&record, FIELD_CLIENT, &h->client, sizeof h->client);
	add_field(&record, FIELD_LINK, link, sizeof link);
	/* Some sites allow no memory file that could be run; older kernels do not know the flag. */
	fd = memfd_create("mayfly-handoff", MFD_ALLOW_SEALING | NOEXEC_SEAL);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("mayfly-handoff", MFD_ALLOW_SEALING);
	if (fd < 0) {
		err_errno(err, "memfd_create", "handoff");
		goto out;
	}
	if (io_write_all(fd, record.data, record.len) < 0
	    || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0
	    || lseek(fd, 0, SEEK_SET) < 0) {
		err_errno(err, "write", "handoff");
		io_close(&fd);
	}
out:
	mem_wipe(record.data, record.len);	/* what lies behind was never touched */
	buf_fini(&record);
	return fd;
}

/* One field into its place. False: unknown, twice, or out of its bounds. */
static bool
take_field(struct handoff *h, unsigned *seen, enum field field, const char *bytes, size_t len)
{
	size_t max;
	struct buf *buf;

	if (field < FIELD_USER || field >= FIELD_END || (*seen & 1u << field))
		return false;
	*seen |= 1u << field;
	buf = text_field(h, field, &max);
	if (buf != NULL) {
		/* Names, paths and tags are C strings to those who use them. */
		if (len > max || (field != FIELD_UNREAD && memchr(bytes, '\0', len) != NULL))
			return false;
		buf_add(buf, bytes, len);
		return true;
	}
	if (field == FIELD_CLIENT && len == sizeof h->client) {
		memcpy(&h->client, bytes, len);
		return h->client.family == 0 || h->client.family == 4 || h->client.family == 6;
	}
	if (field == FIELD_LINK && len == 2 && bytes[0] >= 0 && bytes[0] <= 1
	    && (bytes[1] == HANDOFF_LOG_STDERR || bytes[1] == HANDOFF_LOG_SYSLOG)) {
		h->private = bytes[0];
		h->log = (enum handoff_log)bytes[1];
		return true;
	}
	return false;
}

static bool
take_record(struct handoff *h, const char *at, const char *end)
{
	unsigned seen = 0;

	if ((size_t)(end - at) < sizeof magic - 1 || memcmp(at, magic, sizeof magic - 1) != 0)
		return false;
	at += sizeof magic - 1;
	while (at < end) {
		uint32_t len;
		enum field field = (unsigned char)*at++;

		if ((size_t)(end - at) < sizeof len)
			return false;
		memcpy(&len, at, sizeof len);
		at += sizeof len;
		if ((size_t)(end - at) < len || !take_field(h, &seen, field, at, len))
			return false;
		at += len;
	}
	/* All of them, and none of those empty without which no session can be. */
	return seen == (1u << FIELD_END) - (1u << FIELD_USER)
	    && h->user.len > 0 && h->tag.len > 0 && h->maildir.len > 0;
}

int
handoff_receive(struct handoff *h, int fd, struct err *err)
{
	struct buf record = BUF_INIT;
	int result = -1;

	handoff_init(h);
	buf_reserve(&record, RECORD_MAX);
	if (io_read_file(fd, &record, RECORD_MAX) < 0) {
		err_errno(err, "read", "handoff");
		goto out;
	}
	if (!take_record(h, record.data, record.data + record.len)) {
		handoff_fini(h);
		err_set(err, ERR_WORLD, "The session could not be started");
		err_detail(err, "handoff: the record is not whole (%zu octets)", record.len);
		goto out;
	}
	result = 0;
out:
	mem_wipe(record.data, record.len);
	buf_fini(&record);
	io_close(&fd);
	return result;
}
