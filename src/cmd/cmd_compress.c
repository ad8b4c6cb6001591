/* COMPRESS (RFC 4978). */
#include "cmd/cmd.h"
#include "session/session.h"
#include "util/ascii.h"
#include "wire/compress.h"

int
cmd_compress(void *session, struct command *cmd)
{
	struct session *s = session;
	struct str name;

	if (parse_space(&cmd->parse) < 0 || parse_atom(&cmd->parse, &name) < 0
	    || parse_end(&cmd->parse) < 0)
		return -1;
	if (ascii_casecmp(name.data, "DEFLATE") != 0)
		return err_set(&cmd->err, ERR_SYNTAX, "Only DEFLATE is known here");
	if (s->compress != NULL)
		return err_set(&cmd->err, ERR_COMPRESSIONACTIVE, "DEFLATE is active already");
	/* The answer is the last thing that goes out plain. */
	output_write(&s->out, cmd->tag.data, cmd->tag.len);
	output_text(&s->out, " OK DEFLATE is active\r\n");
	cmd->answered = true;
	s->compress = compress_start(&s->in, &s->out);
	if (s->compress == NULL) {
		session_logout(s);
		s->out.dead = true;	/* OK was said and cannot be kept */
	}
	return 0;
}
