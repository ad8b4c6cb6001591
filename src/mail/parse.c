/* One pass over a message for all that a list view wants; the parts do the work. */
#include "mail/parse.h"

#include <stdlib.h>

#include "mail/bodystructure.h"
#include "mail/envelope.h"
#include "mail/file.h"
#include "mail/header.h"
#include "mail/structure.h"
#include "util/mem.h"

struct parse_room {
	struct structure structure;
};

void
parse_message(const char *bytes, size_t len, unsigned want, struct parsed *out)
{
	size_t header;

	buf_reset(&out->envelope);
	buf_reset(&out->body);
	buf_reset(&out->bodystructure);
	part_table_reset(&out->parts);
	out->vsize = MAIL_UNKNOWN;
	if (want & ~(unsigned)PARSE_ENVELOPE) {
		struct structure *structure;

		if (out->room == NULL)
			out->room = mem_calloc(1, sizeof *out->room);
		structure = &out->room->structure;
		structure->parts = &out->parts;
		structure_scan(structure, bytes, len);
		header = out->parts.parts[0].body;
		out->vsize = out->parts.parts[0].header_size + out->parts.parts[0].body_size;
		if (want & PARSE_BODY)
			bodystructure_add(structure, bytes, false, &out->body);
		if (want & PARSE_BODYSTRUCTURE)
			bodystructure_add(structure, bytes, true, &out->bodystructure);
	} else {
		header = header_len(bytes, len);
	}
	if (want & PARSE_ENVELOPE)
		envelope_add(bytes, header, &out->envelope);
}

void
parsed_fini(struct parsed *parse)
{
	buf_fini(&parse->envelope);
	buf_fini(&parse->body);
	buf_fini(&parse->bodystructure);
	part_table_fini(&parse->parts);
	if (parse->room != NULL)
		structure_fini(&parse->room->structure);
	free(parse->room);
	parse->room = NULL;
}
