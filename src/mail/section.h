/*
 * BODY[1.2.HEADER.FIELDS (From)]<0.100>: what stands between the brackets, and
 * which bytes of the file it means (RFC 9051 6.4.5.1, RFC 3516).
 *
 * A FETCH goes: section_parse on the words, the caller reads the names of a
 * header list itself (astrings may be literals); then for each message
 * section_find, which knows the size before anything is sent, and
 * section_send, once or in pieces.
 */
#ifndef MAIL_SECTION_H
#define MAIL_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/crlf.h"
#include "mail/part.h"
#include "mail/sink.h"

struct buf;

enum section_kind {
	SECTION_ALL,			/* [] or [1.2]: all of the message, or the body of the part */
	SECTION_HEADER,
	SECTION_HEADER_FIELDS,
	SECTION_HEADER_FIELDS_NOT,
	SECTION_TEXT,
	SECTION_MIME,			/* only behind a part number */
};

struct section_name {
	const char *bytes;
	size_t len;
};

struct section {
	enum section_kind kind;
	uint32_t path[PART_DEPTH_MAX + 1];
	size_t depth;			/* numbers in path; PART_DEPTH_MAX + 1: deeper than any part is */
	const struct section_name *names;	/* of HEADER.FIELDS and .NOT; the caller's, set by it */
	size_t name_count;
};

/*
 * Read the words at text: part numbers and the kind, in any case, up to the "]"
 * or to the SP in front of a header list; neither is taken. Returns how many
 * bytes were read, or -1 with *why_out naming what is wrong (for a BAD): a
 * number that is 0 or above 2^32 - 1, an unknown word, MIME without a number.
 * names stays empty. BINARY allows no more than numbers: check kind ==
 * SECTION_ALL.
 */
int section_parse(const char *text, size_t len, struct section *out, const char **why_out);

/*
 * The words back, as an answer shows them: BODY[ + this + ]. Names go out as
 * they came when they are atoms, else quoted, else as literals.
 */
void section_print(const struct section *section, struct buf *out);

/*
 * Does it need the part table, or do the top header's end and the file do? Not
 * needed by [], [HEADER...], [TEXT]; [1] and the rest need it.
 */
bool section_needs_parts(const struct section *section);

/* One piece of the file. */
struct section_span {
	uint64_t start, end;
};

/* What a section is in one message; start with SECTION_DATA_INIT, use it again for the next. */
struct section_data {
	struct section_span *spans;
	size_t count, room;
	uint64_t size;		/* octets as sent: the literal's {size} of a whole section */

	size_t span_at;		/* where section_send stopped: steps in sequence cost one pass */
	uint64_t span_wire;	/* octets before that span */
	struct crlf_place place;
};

#define SECTION_DATA_INIT ((struct section_data){ .spans = NULL })

void section_data_fini(struct section_data *data);

/*
 * Find the section in the message. parts may be NULL when !section_needs_parts.
 * known_size is RFC822.SIZE when the caller has it, else MAIL_UNKNOWN: BODY[]
 * is then not counted again.
 *
 * False: the message has no such part, or HEADER or TEXT of a part that is no
 * message; the answer is NIL.
 */
bool section_find(const struct section *section, const char *bytes, size_t len,
    uint64_t known_size, const struct part_table *parts, struct section_data *data);

/*
 * How many octets a partial <offset.count> has; 0 when offset is at or behind
 * the end. The whole is (0, UINT64_MAX).
 */
uint64_t section_partial(const struct section_data *data, uint64_t offset, uint64_t count);

/*
 * Send them: exactly section_partial() octets, since a literal that promised
 * them is already on its way. bytes and len as in section_find. False when the
 * file had fewer (it was cut short, or known_size was another file's): blanks
 * went out for the rest, and the caller tells the log.
 */
bool section_send(struct section_data *data, const char *bytes, size_t len,
    uint64_t offset, uint64_t count, mail_sink *sink, void *ctx);

#endif
