/*
 * Commands under way. Untagged answers belong to no command by the protocol, so
 * the expectations of all that are under way look at them.
 */
#include "drill/flight.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/drill.h"
#include "drill/escape.h"
#include "drill/sender.h"
#include "drill/session.h"
#include "util/mem.h"

/* Of an answer in an error message. */
#define TOLD_MAX 160

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

static struct row *
row_of(const struct conn *conn, unsigned step)
{
	return &drill_of(conn)->table.rows[step];
}

struct template_values
flight_values(const struct conn *conn, const struct flight *flight)
{
	return (struct template_values){
		.count = flight->repetition,
		.session = conn->session->number,
		.connection = conn->number,
		.names = &drill_of(conn)->script->names,
		.captured = conn->session->captured,
	};
}

/* Put a flight for the next repetition of this step at the end of the list. */
static struct flight *
begin(struct conn *conn, unsigned step)
{
	const struct step *what = step_of(conn, step);
	uint32_t repetition = conn->session->progress[step].sent + 1;
	struct flight *flight;
	char tag[300];
	size_t len;

	/* a label may be as long as its author likes; nobody likes more than this */
	if (what->repeat > 1)
		len = (size_t)snprintf(tag, sizeof tag, "%.280s.%" PRIu32, what->label, repetition);
	else
		len = (size_t)snprintf(tag, sizeof tag, "%.280s", what->label);
	flight = mem_calloc(1, sizeof *flight + what->check_count * sizeof flight->seen[0] +
	    len + 1);
	flight->tag = (char *)&flight->seen[what->check_count];
	memcpy(flight->tag, tag, len + 1);
	flight->step = step;
	flight->repetition = repetition;
	flight->sent_us = drill_of(conn)->loop.now_us;
	*conn->flights_end = flight;
	conn->flights_end = &flight->next;
	conn->flight_count++;
	return flight;
}

static void
unlink_flight(struct conn *conn, struct flight *flight)
{
	struct flight **at = &conn->flights;

	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
	if (conn->flights_end == &flight->next)
		conn->flights_end = at;
	conn->flight_count--;
}

static void
free_flight(struct flight *flight)
{
	free(flight->answer);
	free(flight->raw_tag);
	free(flight);
}

static bool
closes(const struct step *step)
{
	for (size_t i = 0; i < step->check_count; i++)
		if (step->checks[i].scope == CHECK_CLOSE && !step->checks[i].negative &&
		    step->checks[i].role != CHECK_ANSWER)
			return true;
	return false;
}

static void
tell_failure(struct conn *conn, const struct flight *flight, const struct check *check,
    unsigned times)
{
	struct drill *drill = drill_of(conn);
	struct buf text = BUF_INIT;

	buf_addf(&text, "%s %s: ", check->role == CHECK_REQUIRE ? "require" : "expect",
	    check->text);
	if (check->scope == CHECK_TAGGED && flight->answer != NULL)
		escape_field(flight->answer, strlen(flight->answer), TOLD_MAX, &text);
	else
		buf_addf(&text, "%s has seen it %u times in %u answers", flight->tag, times,
		    flight->untagged);
	conn_event(conn, flight->tag, 0, '-', "failed", 0, text.data, text.len);
	drill->expectations_failed++;
	drill_error(drill, check->line, "%s, connection %" PRIu64 ": %s", conn->block->server,
	    conn->number, text.data);
	buf_fini(&text);
}

/* Did all that was expected of it come true? False: leave the rest of the block. */
static bool
judge(struct conn *conn, const struct flight *flight)
{
	const struct step *step = step_of(conn, flight->step);
	struct drill *drill = drill_of(conn);
	bool go_on = true, judged = false;

	if (flight->skipped)
		return true;
	for (size_t i = 0; i < step->check_count; i++) {
		const struct check *check = &step->checks[i];

		judged = judged || check->scope == CHECK_TAGGED;
		if (check->role != CHECK_EXPECT && check->role != CHECK_REQUIRE)
			continue;
		if (check_holds(check, flight->seen[i]))
			continue;
		tell_failure(conn, flight, check, flight->seen[i]);
		if (check->role == CHECK_REQUIRE)
			go_on = false;
	}
	if (drill->options.strict && !judged &&
	    (flight->status == STATUS_NO || flight->status == STATUS_BAD)) {
		const char *answer = flight->answer ? flight->answer : "";

		drill->expectations_failed++;
		conn_event(conn, flight->tag, 0, '-', "failed", 0, answer, strlen(answer));
		drill_error(drill, step->line, "%s, connection %" PRIu64 ": not OK: %.160s",
		    conn->block->server, conn->number, answer);
	}
	return go_on;
}

static void
print_line(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		/* a stranger's bytes must not reach a terminal as orders */
		putchar(c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0 &&
		    (i == 0 || (unsigned char)text[i - 1] < 0x80)) ? '?' : c);
	}
	putchar('\n');
	fflush(stdout);
}

static void
answer_question(struct conn *conn, const struct flight *flight, const struct action *action)
{
	const struct step *step = step_of(conn, flight->step);
	struct buf text = BUF_INIT;
	const char *name = "none of these";

	for (size_t i = 0; i < action->choice_count; i++) {
		const struct choice *choice = &action->choices[i];

		if (choice->check == SCRIPT_NONE ||
		    check_holds(&step->checks[choice->check], flight->seen[choice->check])) {
			name = choice->name;
			break;
		}
	}
	buf_addf(&text, "%s => %s", action->question, name);
	conn_event(conn, flight->tag, 0, '-', "choice", 0, text.data, text.len);
	buf_fini(&text);
}

static void
act(struct conn *conn, const struct flight *flight)
{
	const struct step *step = step_of(conn, flight->step);
	struct template_values values = flight_values(conn, flight);
	struct drill *drill = drill_of(conn);

	for (size_t i = 0; i < step->action_count; i++) {
		const struct action *action = &step->actions[i];
		const char *missing = NULL;
		struct buf text = BUF_INIT;

		if (action->kind == ACTION_QUESTION) {
			answer_question(conn, flight, action);
			continue;
		}
		if (!template_text(&action->text, &values, &text, &missing)) {
			drill->expectations_failed++;
			drill_error(drill, action->line, "{%s} was not captured", missing);
		} else {
			conn_event(conn, flight->tag, 0, '-', "print", 0, buf_str(&text), text.len);
			if (drill->options.quiet)
				print_line(buf_str(&text), text.len);
		}
		buf_fini(&text);
	}
}

/* A command is complete. It may have been the last that this connection does. */
static void
finish(struct conn *conn, struct flight *flight)
{
	const struct step *step = step_of(conn, flight->step);
	struct row *row = row_of(conn, flight->step);
	struct drill *drill = drill_of(conn);
	int64_t us = loop_clock_us() - flight->sent_us;
	bool go_on;

	unlink_flight(conn, flight);
	if (step->kind == STEP_IDLE || step->kind == STEP_COMPRESS ||
	    strcmp(step->verb, "AUTHENTICATE") == 0)
		conn->busy = false;
	if (flight->status == STATUS_NO)
		row->no++;
	else if (flight->status == STATUS_BAD)
		row->bad++;
	else if (flight->status == STATUS_OK)
		row->ok++;
	else
		row->other++;
	if (step->kind != STEP_WAIT && step->kind != STEP_SEND && step->kind != STEP_CLOSE &&
	    !flight->skipped) {
		histogram_add(&row->latency, us);
		drill_count(drill, us, flight->status == STATUS_NO || flight->status == STATUS_BAD);
	}
	conn->answered = 0;
	go_on = judge(conn, flight);
	act(conn, flight);
	session_done(conn->session, flight->step);
	free_flight(flight);
	if (!go_on)
		conn->left_early = true;
}

void
flight_lose_all(struct conn *conn)
{
	struct flight *flight;

	while ((flight = conn->flights) != NULL) {
		enum step_kind kind = step_of(conn, flight->step)->kind;

		if (!conn->left_early && kind != STEP_WAIT)
			row_of(conn, flight->step)->lost++;
		unlink_flight(conn, flight);
		free_flight(flight);
	}
}

bool
flight_owed(const struct conn *conn, const struct flight *flight)
{
	enum step_kind kind = step_of(conn, flight->step)->kind;

	return kind != STEP_WAIT && (kind != STEP_IDLE || !flight->begun || flight->done_sent);
}

static void
set_clock(struct conn *conn, struct flight *flight, int64_t for_us)
{
	flight->until_us = drill_of(conn)->loop.now_us + for_us;
	if (conn->soonest_us == 0 || flight->until_us < conn->soonest_us)
		conn->soonest_us = flight->until_us;
}

/* The author ends the connection: what is under way has seen all that it will see. */
static void
finish_others(struct conn *conn, const struct flight *last)
{
	static const char by[] = "by the script's close";

	while (conn->flights != last) {
		conn_event(conn, conn->flights->tag, 0, '-', "complete", 0, by, sizeof by - 1);
		finish(conn, conn->flights);
	}
	sender_free(&conn->sender);
}

void
flight_send(struct conn *conn, unsigned step)
{
	const struct step *what = step_of(conn, step);
	struct flight *flight = begin(conn, step);
	const char *missing;

	session_sent(conn->session, step);
	switch (what->kind) {
	case STEP_GREETING:
		return;
	case STEP_WAIT:
		session_begun(conn->session, step);
		set_clock(conn, flight, what->for_us);
		return;
	case STEP_CLOSE:
		finish_others(conn, flight);
		finish(conn, flight);
		conn_close(conn, "by the script");
		return;
	case STEP_LOGIN:
		if (!conn->preauth)
			break;
		flight->skipped = true;
		finish(conn, flight);
		return;
	default:
		break;
	}
	if (!sender_begin(conn, flight, &missing)) {
		conn_fail(conn, what->line, "{%s} was not captured", missing);
		return;
	}
	conn->busy = what->kind == STEP_IDLE || what->kind == STEP_COMPRESS ||
	    strcmp(what->verb, "AUTHENTICATE") == 0;
	while (conn->sender != NULL && conn->out.len < DRILL_READ && sender_more(conn))
		;
	if (what->kind == STEP_SEND && !closes(what)) {
		conn_event(conn, flight->tag, 0, '-', "complete", 0, "by being sent", 13);
		finish(conn, flight);
	}
}

static void
send_done(struct conn *conn, struct flight *flight)
{
	if (!flight->begun || flight->done_sent)
		return;
	flight->done_sent = true;
	flight->until_us = 0;
	flight->sent_us = drill_of(conn)->loop.now_us;
	conn_event(conn, flight->tag, 0, 'C', "done", 6, "DONE", 4);
	conn_write(conn, "DONE\r\n", 6);
	conn->busy = false;
}

void
flight_time(struct conn *conn, struct flight *flight)
{
	flight->until_us = 0;
	if (step_of(conn, flight->step)->kind == STEP_WAIT)
		finish(conn, flight);
	else
		send_done(conn, flight);
}

void
flight_step_ended(struct conn *conn, unsigned step)
{
	for (struct flight *flight = conn->flights; flight != NULL; flight = flight->next) {
		if (step_of(conn, flight->step)->until_step == step && !flight->enough) {
			flight->enough = true;
			send_done(conn, flight);
			conn_wake(conn);
		}
	}
}

void
flight_stop(struct conn *conn)
{
	struct flight *next;

	for (struct flight *flight = conn->flights; flight != NULL; flight = next) {
		enum step_kind kind = step_of(conn, flight->step)->kind;

		next = flight->next;
		if (kind == STEP_WAIT)
			finish(conn, flight);
		else if (kind == STEP_IDLE)
			flight->enough = true, send_done(conn, flight);
	}
}

/* Show an answer to the expectations of one flight. */
static void
show(struct conn *conn, struct flight *flight, struct seen *seen)
{
	const struct step *step = step_of(conn, flight->step);

	for (size_t i = 0; i < step->check_count; i++) {
		const struct check *check = &step->checks[i];
		regmatch_t match;
		const char *base = NULL;

		if (!check_fits(check, seen, check->role == CHECK_CAPTURE ? &match : NULL, &base))
			continue;
		flight->seen[i]++;
		if (base != NULL)
			session_capture(conn->session, check->name, base +
			    (match.rm_so < 0 ? 0 : match.rm_so),
			    match.rm_so < 0 ? 0 : (size_t)(match.rm_eo - match.rm_so));
	}
}

/* It is answered: complete, unless it is to see the connection close too. */
static void
complete(struct conn *conn, struct flight *flight, const struct seen *seen)
{
	static const char by[] = "by an untagged BAD";
	const struct step *step = step_of(conn, flight->step);

	flight->status = seen->answer.status;
	if (sender_awaits(conn, flight))
		sender_free(&conn->sender);	/* the literal was refused */
	if (step->check_count > 0 || drill_of(conn)->options.strict)
		flight->answer = mem_strndup(seen->text,
		    seen->len < TOLD_MAX ? seen->len : TOLD_MAX);
	if (seen->answer.kind != RESPONSE_TAGGED)
		conn_event(conn, flight->tag, 0, '-', "complete", 0, by, sizeof by - 1);
	if (step->kind == STEP_COMPRESS && flight->status == STATUS_OK)
		conn_compress(conn);
	if (closes(step))
		flight->answered = true;
	else
		finish(conn, flight);
}

static void
tagged(struct conn *conn, struct seen *seen, uint64_t size)
{
	const struct answer *answer = &seen->answer;
	struct flight *flight, *raw = NULL;

	for (flight = conn->flights; flight != NULL; flight = flight->next) {
		const char *tag = flight->raw_tag ? flight->raw_tag : flight->tag;

		if (strlen(tag) == answer->tag_len && !flight->answered &&
		    memcmp(tag, answer->tag, answer->tag_len) == 0)
			break;
		if (raw == NULL && flight->raw_tag != NULL)
			raw = flight;
	}
	if (flight == NULL)
		flight = raw;
	conn_event(conn, flight ? flight->tag : "-", 0, 'S', "tagged", size, seen->text, seen->len);
	if (flight == NULL) {
		conn_fail(conn, 0, "an answer to a command that was not sent: %.*s",
		    (int)(answer->tag_len < 40 ? answer->tag_len : 40), answer->tag);
		return;
	}
	show(conn, flight, seen);
	complete(conn, flight, seen);
}

/* What a "+" is for: the next reply of the script, or the end of an exchange. */
static void
reply(struct conn *conn, struct flight *flight)
{
	const struct step *step = step_of(conn, flight->step);
	struct template_values values = flight_values(conn, flight);
	const char *missing = NULL;
	struct buf line = BUF_INIT;

	if (flight->replies < step->reply_count) {
		if (!template_text(&step->replies[flight->replies++], &values, &line, &missing)) {
			buf_fini(&line);
			conn_fail(conn, step->line, "{%s} was not captured", missing);
			return;
		}
	} else if (strcmp(step->verb, "AUTHENTICATE") == 0) {
		buf_addc(&line, '*');	/* RFC 9051 section 6.2.2: give up */
	} else {
		return;
	}
	buf_adds(&line, "\r\n");
	sender_log(conn, step, flight->tag, "reply", line.data, line.len, line.len);
	conn_write(conn, line.data, line.len);
	mem_wipe(line.data, line.len);
	buf_fini(&line);
}

static void
go_ahead(struct conn *conn, struct seen *seen, uint64_t size)
{
	struct flight *flight = conn->flights, *any = conn->flights;

	if (conn->sender != NULL && conn->sender->awaits) {
		while (flight != NULL && !sender_awaits(conn, flight))
			flight = flight->next;
	} else {
		while (flight != NULL &&
		    step_of(conn, flight->step)->reply_count <= flight->replies &&
		    (step_of(conn, flight->step)->kind != STEP_IDLE || flight->begun) &&
		    strcmp(step_of(conn, flight->step)->verb, "AUTHENTICATE") != 0)
			flight = flight->next;
	}
	if (flight == NULL)
		flight = any;
	conn_event(conn, flight ? flight->tag : "-", 0, 'S', "continue", size, seen->text,
	    seen->len);
	if (flight == NULL)
		return;
	show(conn, flight, seen);
	if (conn->sender != NULL && conn->sender->awaits) {
		conn->sender->awaits = false;
		return;
	}
	session_begun(conn->session, flight->step);
	if (step_of(conn, flight->step)->kind == STEP_IDLE && !flight->begun) {
		const struct step *step = step_of(conn, flight->step);

		flight->begun = true;
		set_clock(conn, flight, step->for_us);
		if (step->until_step != SCRIPT_NONE &&
		    conn->session->progress[step->until_step].ended)
			flight->enough = true;
		if (flight->enough)
			send_done(conn, flight);
		return;
	}
	flight->begun = true;
	reply(conn, flight);
}

static void
greeted(struct conn *conn, struct seen *seen)
{
	enum response_status status = seen->answer.status;

	if (status != STATUS_OK && status != STATUS_PREAUTH && status != STATUS_BYE) {
		conn_fail(conn, 0, "a greeting was expected");
		return;
	}
	conn->state = CONN_ACTIVE;
	conn->preauth = status == STATUS_PREAUTH;
	if (!closes(step_of(conn, conn->flights->step)))
		finish(conn, conn->flights);
}

static void
untagged(struct conn *conn, struct seen *seen, uint64_t size)
{
	bool greeting = conn->state == CONN_GREETING;
	struct flight *raw = NULL;

	conn_event(conn, conn->flights ? conn->flights->tag : "-",
	    conn->flight_count > 1 ? conn->flight_count - 1 : 0, 'S',
	    greeting ? "greeting" : "untagged", size, seen->text, seen->len);
	if (seen->answer.status == STATUS_BYE)
		conn->said_bye = true;
	for (struct flight *flight = conn->flights; flight != NULL; flight = flight->next) {
		const struct step *step = step_of(conn, flight->step);

		flight->untagged++;
		show(conn, flight, seen);
		if (raw == NULL && flight->raw_tag != NULL && !flight->answered)
			raw = flight;
		if (step->has_until && !flight->enough &&
		    regexec(&step->until, seen->answer.rest, 0, NULL, 0) == 0) {
			flight->enough = true;
			send_done(conn, flight);
		}
	}
	if (greeting)
		greeted(conn, seen);
	else if (raw != NULL && seen->answer.status == STATUS_BAD)
		complete(conn, raw, seen);	/* a line without a tag is refused without one */
}

void
flight_answer(struct conn *conn, const char *text, size_t len, uint64_t size)
{
	struct buf told = BUF_INIT;
	struct seen seen;

	conn->answered += size;
	if (conn->answered > drill_of(conn)->options.answer_max) {
		conn_fail(conn, 0, "%" PRIu64 " octets of answers and no end", conn->answered);
		return;
	}
	seen_init(&seen, text, len);
	if (conn->state == CONN_GREETING && seen.answer.kind != RESPONSE_UNTAGGED)
		seen.answer.kind = RESPONSE_GARBAGE;
	switch (seen.answer.kind) {
	case RESPONSE_UNTAGGED:
		untagged(conn, &seen, size);
		break;
	case RESPONSE_CONTINUE:
		go_ahead(conn, &seen, size);
		break;
	case RESPONSE_TAGGED:
		tagged(conn, &seen, size);
		break;
	case RESPONSE_GARBAGE:
		conn_event(conn, "-", 0, 'S', "garbage", size, text, len);
		escape_field(text, len, 60, &told);
		conn_fail(conn, 0, "this is not IMAP: %s", buf_str(&told));
		buf_fini(&told);
		break;
	}
	seen_fini(&seen);
}

void
flight_server_closed(struct conn *conn)
{
	static const char by[] = "by the end of the connection";
	struct flight *next;

	for (struct flight *flight = conn->flights; flight != NULL; flight = next) {
		const struct step *step = step_of(conn, flight->step);

		next = flight->next;
		for (size_t i = 0; i < step->check_count; i++)
			flight->seen[i] += step->checks[i].scope == CHECK_CLOSE;
		/* nobody can say what a raw line deserves, so BYE may be its answer */
		if (!closes(step) && (step->kind != STEP_RAW || !conn->said_bye))
			continue;
		if (!flight->answered)
			conn_event(conn, flight->tag, 0, '-', "complete", 0, by, sizeof by - 1);
		finish(conn, flight);
	}
}
