/*
 * Messages that another server compressed in its files (Dovecot's mail_compress,
 * once called zlib): known by their first bytes, never by their names. gzip is
 * always read; zstd, LZ4 in Dovecot's framing, bzip2 and xz where configure found
 * the header and the library is there when the first such message comes. The
 * library is loaded then and not before.
 */
#ifndef MAIL_UNPACK_H
#define MAIL_UNPACK_H

#include <stddef.h>

struct buf;
struct err;

enum unpacked {
	UNPACK_FAILED = -1,	/* err says what is missing */
	UNPACK_PLAIN = 0,	/* not compressed, or damaged, or too large: it is what lies there */
	UNPACK_DONE = 1,	/* the message is in out */
};

/*
 * What do these bytes say, in at most max octets? out is appended to and is the
 * caller's; a bomb makes it at most a megabyte longer than max. Fails with
 * ERR_CANNOT for what cannot be read here: compressed by a way that this host has
 * no library for, or encrypted by Dovecot's mail-crypt.
 * Not for two threads at once.
 */
enum unpacked unpack(const char *bytes, size_t len, size_t max, struct buf *out, struct err *err);

#endif
