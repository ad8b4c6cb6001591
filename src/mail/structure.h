/*
 * Find the parts of a message: one pass over its bytes that fills the part table
 * and remembers each part's MIME fields (RFC 2045, 2046) for BODYSTRUCTURE.
 */
#ifndef MAIL_STRUCTURE_H
#define MAIL_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "mail/param.h"
#include "mail/part.h"

/* Fields that describe a part; of each the first counts. */
enum mime_field {
	MIME_TYPE,
	MIME_ENCODING,
	MIME_ID,
	MIME_DESCRIPTION,
	MIME_DISPOSITION,
	MIME_LANGUAGE,
	MIME_LOCATION,
	MIME_MD5,
	MIME_FIELDS,
};

struct mime_value {
	const char *bytes;	/* folded, in the message; NULL: no such field */
	size_t len;
};

struct mime {
	struct mime_value fields[MIME_FIELDS];
	bool settled[MIME_FIELDS];	/* asked once whether it gives way: no */
	bool digest;		/* a multipart/digest */
};

struct structure {
	struct part_table *parts;
	struct mime *mimes;		/* one a part */
	size_t room;
	struct params params;		/* work space */
	struct buf text;
};

/*
 * A Content-Type read as far as it is valid: type and subtype go to text as
 * "type/subtype", lex stands at the parameters. False, and nothing, when it is
 * not: then it means nothing (RFC 2045 5.2 lets text/plain be assumed).
 */
bool structure_type(const struct mime_value *value, struct lex *lex, struct buf *text);

/* The one token of a Content-Transfer-Encoding in text; false when it is no token. */
bool structure_encoding(const struct mime_value *value, struct buf *text);

/* Fill parts and mimes; parts was set by the caller and is emptied first. */
void structure_scan(struct structure *structure, const char *bytes, size_t len);

void structure_fini(struct structure *structure);

#endif
