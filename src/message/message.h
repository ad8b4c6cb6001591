/*
 * What the MIME module can do: everything that needs charsets and decoding, and
 * so GMime, GLib and iconv. This header names none of them. Finding parts and
 * describing them needs no module: that is mail/parse.h.
 *
 * Get the functions from module_ops() in mail/module.h. They may be called from
 * several threads at once, each on its own data.
 */
#ifndef MESSAGE_MESSAGE_H
#define MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/part.h"
#include "mail/sink.h"

struct buf;
struct err;

/* Raised with any change below; a module of another version is not used. */
#define MESSAGE_OPS_VERSION 2
/* Raised when text() gives another text than before: what was kept of texts is then made anew. */
#define MESSAGE_TEXT_VERSION 3
/* The symbol that dlsym finds: a const struct message_ops. */
#define MESSAGE_OPS_SYMBOL "mayfly_message_ops"

/* Which texts of a message; a sum. */
enum message_texts {
	MESSAGE_HEADER = 1,	/* the top header: each field as "Name: decoded value" */
	MESSAGE_BODY = 2,	/* all else: bodies of text parts, headers of parts and of messages inside */
	MESSAGE_TEXT = 3,	/* SEARCH TEXT; SEARCH BODY is MESSAGE_BODY alone */
};

/*
 * Takes decoded UTF-8 in pieces, each of whole characters. first: a run begins
 * (a field, a body, a file name), nothing that is searched for reaches across
 * from the run before. False stops the work.
 */
typedef bool message_text_sink(void *ctx, const char *utf8, size_t len, bool first);

enum {
	/* Decoded text of one message, in octets; the rest is not looked at. */
	MESSAGE_TEXT_MAX = 64 << 20,
	/* Header value that is decoded; behind it the bytes stand as they are. */
	MESSAGE_VALUE_MAX = 1 << 20,
	/* Characters of a preview (RFC 8970 3.3: 200 wanted, 256 at most). */
	MESSAGE_PREVIEW_CHARS = 200,
};

struct message_ops {
	unsigned version;	/* MESSAGE_OPS_VERSION */

	/*
	 * The body of a leaf without its transfer encoding, for BINARY[]: sent
	 * to sink in pieces, or only counted when sink is NULL; *size_out is the
	 * number of octets either way. A body in 7bit, 8bit or binary is sent as
	 * BODY[] shows it (LF as CRLF) but with its NULs; what base64 gives is
	 * sent untouched; lines of quoted-printable end in CRLF. 0, or -1 with
	 * ERR_UNKNOWN_CTE when the encoding is PART_UNKNOWN_ENCODING; what is
	 * broken inside a known one is decoded as far as it goes.
	 */
	int (*decode)(const char *bytes, size_t len, enum part_encoding encoding,
	    mail_sink *sink, void *ctx, uint64_t *size_out, struct err *err);

	/*
	 * All text of a message that a person could search for, decoded: header
	 * fields with RFC 2047 words and RFC 2231 parameters, text parts in
	 * their charset, HTML without its tags, file names, messages inside.
	 * parts: the table if the caller has it, else NULL. False: sink said stop.
	 */
	bool (*text)(const char *bytes, size_t len, const struct part_table *parts,
	    unsigned texts, message_text_sink *sink, void *ctx);

	/*
	 * One header value (as header.h gives it, folded) decoded to UTF-8, added
	 * to out: for SEARCH SUBJECT, FROM, HEADER and for SORT. Raw 8-bit bytes
	 * are UTF-8 where they can be, else windows-1252; line ends and control
	 * characters become blanks. mail/header.h tells when it is not needed.
	 */
	void (*header_text)(const char *value, size_t len, struct buf *out);

	/*
	 * The first readable words (RFC 8970), UTF-8 on one line, added to out;
	 * nothing is added when there is no text to show.
	 */
	void (*preview)(const char *bytes, size_t len, const struct part_table *parts,
	    struct buf *out);

	/*
	 * Text in a charset (RFC 2978 name) to UTF-8, added to out: for SEARCH
	 * CHARSET. 0; -1 with ERR_BADCHARSET for an unknown charset, with
	 * ERR_SYNTAX when the bytes are not of it.
	 */
	int (*to_utf8)(const char *charset, const char *bytes, size_t len, struct buf *out,
	    struct err *err);

	/*
	 * Valid UTF-8 in Normalization Form C, as Net-Unicode has it (RFC 5198),
	 * added to out: for mailbox names.
	 */
	void (*compose)(const char *utf8, size_t len, struct buf *out);
};

#endif
