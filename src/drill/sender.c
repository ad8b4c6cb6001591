/*
 * The bytes of a command, sent piece by piece: what fits now, what waits for
 * the server's go-ahead, and literals that are never in memory as a whole.
 */
#include "drill/sender.h"

#include <stdlib.h>
#include <string.h>

#include "drill/drill.h"
#include "drill/flight.h"
#include "drill/session.h"
#include "util/mem.h"

static struct drill *
drill_of(const struct conn *conn)
{
	return conn->session->drill;
}

static const struct step *
step_of(const struct conn *conn, unsigned step)
{
	return &drill_of(conn)->script->steps[step];
}

void
sender_free(struct sender **sender)
{
	if (*sender == NULL)
		return;
	if ((*sender)->expansion.text.data != NULL)
		mem_wipe((*sender)->expansion.text.data, (*sender)->expansion.text.len);
	expansion_fini(&(*sender)->expansion);
	free(*sender);
	*sender = NULL;
}

/* A piece of a command for the log; of a secret one only its size. */
void
sender_log(const struct conn *conn, const struct step *step, const char *tag, const char *kind,
    const char *text, size_t kept, uint64_t len)
{
	struct buf shown = BUF_INIT;

	if (drill_of(conn)->events.out == NULL)
		return;
	if (step->secret && !drill_of(conn)->options.show_secrets) {
		if (strcmp(kind, "command") == 0)
			buf_addf(&shown, "%s %s ", tag, step->verb);
		buf_adds(&shown, "***");
	} else {
		buf_add(&shown, text, kept);
		while (shown.len > 0 && strcmp(kind, "literal") != 0 &&
		    (shown.data[shown.len - 1] == '\n' || shown.data[shown.len - 1] == '\r'))
			shown.data[--shown.len] = '\0';
	}
	conn_event(conn, tag, 0, 'C', kind, len, buf_str(&shown), shown.len);
	buf_fini(&shown);
}

/* The label that the pieces of the command in conn->sender are logged with. */
static const char *
sender_tag(const struct conn *conn)
{
	for (const struct flight *flight = conn->flights; flight != NULL; flight = flight->next)
		if (flight->step == conn->sender->step &&
		    flight->repetition == conn->sender->repetition)
			return flight->tag;
	return "-";
}

bool
sender_more(struct conn *conn)
{
	struct sender *sender = conn->sender;
	const struct step *step = step_of(conn, sender->step);
	const struct segment *segment;
	const char *bytes;
	char made[4096];
	uint64_t len;

	if (sender->awaits)
		return false;
	if (sender->at == sender->expansion.count) {
		sender_free(&conn->sender);
		return true;
	}
	segment = &sender->expansion.segments[sender->at];
	if (segment->kind == SEGMENT_AWAIT) {
		sender->at++;
		sender->awaits = true;
		return false;
	}
	len = segment->len - sender->offset;
	if (segment->kind == SEGMENT_FILL) {
		len = len < sizeof made ? len : sizeof made;
		template_fill(sender->offset, segment->len, made, (size_t)len);
		bytes = made;
	} else {
		len = len < DRILL_READ ? len : DRILL_READ;
		bytes = segment->bytes ? segment->bytes :
		    buf_str(&sender->expansion.text) + segment->offset;
		bytes += sender->offset;
	}
	if (sender->offset == 0)
		sender_log(conn, step, sender_tag(conn), sender->at == 0 ? "command" :
		    sender->in_literal ? "literal" : "more", bytes, (size_t)len, segment->len);
	conn_write(conn, bytes, (size_t)len);
	sender->offset += len;
	if (sender->offset == segment->len) {
		sender->at++;
		sender->offset = 0;
		/* text and literals take turns: the one ends in "{n}" */
		sender->in_literal = !sender->in_literal;
	}
	return true;
}

/* Quoted if that is possible, else a literal. */
static void
add_astring(struct template *template, const char *bytes, size_t len)
{
	bool plain = true;

	for (size_t i = 0; i < len; i++)
		plain = plain && bytes[i] >= 0x20 && bytes[i] <= 0x7e;
	if (!plain) {
		template_add_literal(template, bytes, len);
		return;
	}
	template_add_text(template, "\"", 1);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			template_add_text(template, "\\", 1);
		template_add_text(template, bytes + i, 1);
	}
	template_add_text(template, "\"", 1);
}

/* LOGIN with user and password as the server can read them. */
static bool
expand_login(const struct step *step, const struct template_values *values,
    struct expansion *out, const char **missing)
{
	struct buf user = BUF_INIT, password = BUF_INIT;
	struct template login = TEMPLATE_INIT;
	bool ok = template_text(&step->text, values, &user, missing) &&
	    template_text(&step->password, values, &password, missing);

	if (ok) {
		template_add_text(&login, "LOGIN ", 6);
		add_astring(&login, buf_str(&user), user.len);
		template_add_text(&login, " ", 1);
		add_astring(&login, buf_str(&password), password.len);
		ok = template_expand(&login, values, "\r\n", out, missing);
	}
	mem_wipe(password.data, password.len);
	buf_fini(&user);
	buf_fini(&password);
	template_fini(&login);
	return ok;
}

/* A raw line may bring a tag: then its answer is known by it. */
static void
take_raw_tag(struct flight *flight, const struct expansion *expansion)
{
	const char *text = buf_str(&expansion->text);

	flight->raw_tag = mem_strndup(text, strcspn(text, " \r\n"));
}

/* Make the bytes of a step that sends some. False when a variable is missing. */
static bool
expand(struct conn *conn, struct flight *flight, struct expansion *out, const char **missing)
{
	const struct step *step = step_of(conn, flight->step);
	struct template_values values = flight_values(conn, flight);
	const struct template *text = &step->text;
	const struct part *last;
	bool ended;

	switch (step->kind) {
	case STEP_SEND:
		return template_expand(text, &values, "", out, missing);
	case STEP_RAW:
		/* the author may have ended the line in his own way */
		last = text->count > 0 ? &text->parts[text->count - 1] : NULL;
		ended = last != NULL && last->kind == PART_TEXT &&
		    last->bytes.data[last->bytes.len - 1] == '\n';
		if (!template_expand(text, &values, ended ? "" : "\r\n", out, missing))
			return false;
		take_raw_tag(flight, out);
		return true;
	default:
		buf_addf(&out->text, "%s ", flight->tag);
		if (step->kind == STEP_LOGIN)
			return expand_login(step, &values, out, missing);
		return template_expand(text, &values, "\r\n", out, missing);
	}
}

bool
sender_begin(struct conn *conn, struct flight *flight, const char **missing_out)
{
	struct sender *sender = mem_calloc(1, sizeof *sender);

	sender->step = flight->step;
	sender->repetition = flight->repetition;
	if (!expand(conn, flight, &sender->expansion, missing_out)) {
		sender_free(&sender);
		return false;
	}
	conn->sender = sender;
	return true;
}

bool
sender_awaits(const struct conn *conn, const struct flight *flight)
{
	const struct sender *sender = conn->sender;

	return sender != NULL && sender->awaits && sender->step == flight->step &&
	    sender->repetition == flight->repetition;
}
