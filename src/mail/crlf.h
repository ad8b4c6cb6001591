/*
 * Lines as IMAP sends them: a file's bare LF becomes CRLF, an existing CRLF
 * stays, a bare CR stays. NUL, which no IMAP literal but a literal8 may hold
 * (RFC 9051 9, char8), becomes 0x80: one octet for one, so no size changes.
 *
 * A run always begins at the start of a line or of the file: an LF that is its
 * first byte is bare.
 */
#ifndef MAIL_CRLF_H
#define MAIL_CRLF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/sink.h"

/* How many octets the run has when it is sent. */
uint64_t crlf_size(const char *bytes, size_t len);

/* The same, and how many LFs. */
uint64_t crlf_size_lines(const char *bytes, size_t len, uint64_t *lines_out);

/*
 * LFs in bytes[from, to) that have no CR before them (the byte before from is
 * looked at), and in *lines_out all LFs: size and lines of many neighbours in one pass.
 */
uint64_t crlf_count(const char *bytes, size_t from, size_t to, uint64_t *lines_out);

/*
 * A place in a run, known both ways. Keep it between calls on the same run and
 * a fetch in steps costs one pass in all; start with { 0, 0 } for a new run.
 */
struct crlf_place {
	uint64_t file;		/* this byte of the run ... */
	uint64_t wire;		/* ... is this octet as sent (the CR that is put in front of it, if any) */
};

/*
 * Send count octets of the run from octet offset on (as sent), or as many as
 * there are; returns how many. place is moved to the end of what was sent.
 * keep_nul: leave NUL as it is, for a literal8.
 */
uint64_t crlf_send(const char *bytes, size_t len, struct crlf_place *place,
    uint64_t offset, uint64_t count, bool keep_nul, mail_sink *sink, void *ctx);

#endif
