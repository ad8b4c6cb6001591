/*
 * From events to a report. A connection's commands under way are a short list,
 * as on the wire; everything else is counted.
 */
#include "drill/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/escape.h"
#include "drill/logfile.h"
#include "drill/response.h"
#include "util/ascii.h"
#include "util/hash.h"
#include "util/mem.h"

/* A log that numbers connections higher is not ours. */
#define CONNECTIONS_MAX (1u << 26)

/* Of a kind of finding: a person reads the first, the count tells the rest. */
#define LISTED_MAX 20

/* Of a command in the table. */
#define SHOWN_MAX 48

struct pending {
	char *label;
	size_t row;
	int64_t sent_us;
	char verb[24];
	struct asked asked;
};

struct connection {
	struct pending *pending;
	size_t count, room;
	size_t server;
};

struct reading {
	struct report *report;
	struct connection *connections;
	size_t count, room;
	size_t *index;		/* hash of (server, label, verb) to row + 1 */
	size_t index_room;
	uint64_t key[2];
};

static size_t
find_server(struct report *report, const char *name)
{
	size_t i = 0;

	while (i < report->server_count && strcmp(report->servers[i].name, name) != 0)
		i++;
	if (i < report->server_count)
		return i;
	report->servers = mem_grow(report->servers, &report->server_room, i + 1,
	    sizeof *report->servers);
	report->servers[i] = (struct server){ .name = mem_strdup(name) };
	return report->server_count++;
}

static struct connection *
find_connection(struct reading *reading, const struct entry *entry)
{
	struct connection *connection;

	if (entry->connection == 0 || entry->connection > CONNECTIONS_MAX)
		return NULL;
	while (reading->count < entry->connection) {
		reading->connections = mem_grow(reading->connections, &reading->room,
		    reading->count + 1, sizeof *reading->connections);
		reading->connections[reading->count++] = (struct connection){ .server = SIZE_MAX };
	}
	connection = &reading->connections[entry->connection - 1];
	if (connection->server == SIZE_MAX)
		connection->server = find_server(reading->report, entry->server);
	return connection;
}

static uint64_t
hash_row(const struct reading *reading, const char *server, const char *label, const char *text)
{
	uint64_t h = hash_keyed(reading->key, server, strlen(server));

	h = h * 31 + hash_keyed(reading->key, label, strlen(label));
	return h * 31 + hash_keyed(reading->key, text, strcspn(text, " "));
}

static void
grow_index(struct reading *reading)
{
	struct table *table = &reading->report->table;
	size_t room = reading->index_room ? reading->index_room * 2 : 64;

	free(reading->index);
	reading->index = mem_calloc(room, sizeof *reading->index);
	reading->index_room = room;
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];
		size_t at = hash_row(reading, row->server, row->label, row->text) & (room - 1);

		while (reading->index[at] != 0)
			at = (at + 1) & (room - 1);
		reading->index[at] = i + 1;
	}
}

/* The row of a command: by server, label and first word, so that repeats are one. */
static size_t
find_row(struct reading *reading, const char *server, const char *label, const char *text)
{
	struct table *table = &reading->report->table;
	size_t at, word = strcspn(text, " ");

	if (2 * (table->count + 1) > reading->index_room)
		grow_index(reading);
	at = hash_row(reading, server, label, text) & (reading->index_room - 1);
	for (; reading->index[at] != 0; at = (at + 1) & (reading->index_room - 1)) {
		const struct row *row = &table->rows[reading->index[at] - 1];

		if (strcmp(row->server, server) == 0 && strcmp(row->label, label) == 0 &&
		    strcspn(row->text, " ") == word && memcmp(row->text, text, word) == 0)
			return reading->index[at] - 1;
	}
	table_add(table, server, label, text);
	reading->index[at] = table->count;
	return table->count - 1;
}

/* "a2.17" belongs to a2; "line.17" is its own. */
static void
base_label(const char *label, struct buf *out)
{
	size_t len = strncmp(label, "line.", 5) == 0 ? strlen(label) : strcspn(label, ".");

	buf_add(out, label, len);
}

static void
sent(struct reading *reading, struct connection *connection, const struct entry *entry)
{
	const char *text = buf_str(&entry->text);
	size_t skip = strlen(entry->label), len;
	struct buf label = BUF_INIT, shown = BUF_INIT;
	struct pending *pending;

	/* without the tag, if this command bears ours */
	if (strncmp(text, entry->label, skip) == 0 && text[skip] == ' ')
		text += skip + 1;
	base_label(entry->label, &label);
	buf_add(&shown, text, strnlen(text, SHOWN_MAX));
	connection->pending = mem_grow(connection->pending, &connection->room,
	    connection->count + 1, sizeof *connection->pending);
	pending = &connection->pending[connection->count++];
	*pending = (struct pending){ .label = mem_strdup(entry->label), .sent_us = entry->at_us };
	pending->row = find_row(reading, entry->server, buf_str(&label), buf_str(&shown));
	len = strcspn(text, " ");
	if (ascii_is(text, len, "UID") && text[len] == ' ')
		len += 1 + strcspn(text + len + 1, " ");
	for (size_t i = 0; i < len && i + 1 < sizeof pending->verb; i++)
		pending->verb[i] = ascii_upper(text[i]);
	buf_fini(&label);
	buf_fini(&shown);
}

static struct pending *
find_pending(struct connection *connection, const char *label)
{
	for (size_t i = 0; i < connection->count; i++)
		if (strcmp(connection->pending[i].label, label) == 0)
			return &connection->pending[i];
	return NULL;
}

static void
forget(struct connection *connection, struct pending *pending)
{
	size_t at = (size_t)(pending - connection->pending);

	free(pending->label);
	memmove(pending, pending + 1, (connection->count - at - 1) * sizeof *pending);
	connection->count--;
}

static void
note(struct buf *out, unsigned *count, const struct entry *entry, const char *text)
{
	if ((*count)++ >= LISTED_MAX)
		return;
	buf_addf(out, "  %s, connection %" PRIu64 ": ", entry->server, entry->connection);
	escape_field(text, strlen(text), 0, out);
	buf_addc(out, '\n');
}

/* A command is complete, by a tagged answer or without one. */
static void
completed(struct reading *reading, struct connection *connection, const struct entry *entry,
    bool tagged)
{
	struct report *report = reading->report;
	struct pending *pending = find_pending(connection, entry->label);
	struct answer answer;
	struct row *row;
	char text[400];

	if (pending == NULL)
		return;
	row = &report->table.rows[pending->row];
	pending->asked.verb = pending->verb;
	histogram_add(&row->latency, entry->at_us - pending->sent_us);
	response_read(buf_str(&entry->text), entry->text.len, &answer);
	if (!tagged)
		row->other++;
	else if (answer.status == STATUS_OK)
		row->ok++;
	else if (answer.status == STATUS_NO)
		row->no++;
	else
		row->bad++;
	if (tagged)
		facts_tagged(&report->servers[connection->server].facts, entry, &pending->asked,
		    pending != connection->pending);
	if (tagged && pending != connection->pending) {
		snprintf(text, sizeof text, "%.80s (%s) before %.80s (%s)", pending->label,
		    pending->verb, connection->pending[0].label, connection->pending[0].verb);
		note(&report->disorder, &report->disorder_count, entry, text);
	}
	forget(connection, pending);
}

static void
untagged(struct reading *reading, struct connection *connection, const struct entry *entry)
{
	struct facts *facts = &reading->report->servers[connection->server].facts;

	if (connection->count == 0) {
		facts_untagged(facts, entry, NULL);
		return;
	}
	/* of several under way, the first is what a server works on; all may have asked */
	connection->pending[0].asked.verb = connection->pending[0].verb;
	facts_untagged(facts, entry, &connection->pending[0].asked);
	for (size_t i = 1; i < connection->count; i++) {
		struct asked *asked = &connection->pending[i].asked;

		asked->saw_search |= connection->pending[0].asked.saw_search;
		asked->saw_capability |= connection->pending[0].asked.saw_capability;
		asked->saw_bye |= connection->pending[0].asked.saw_bye;
	}
}

static void
chose(struct report *report, const struct entry *entry)
{
	static const char arrow[] = " => ";
	const char *text = buf_str(&entry->text), *at = NULL, *next = text;

	while ((next = strstr(next, arrow)) != NULL)
		at = next++;
	if (at == NULL)
		return;
	/* few questions, few answers: a walk finds them, however many sessions asked */
	for (size_t i = 0; i < report->chosen_count; i++) {
		struct chosen *chosen = &report->chosen[i];

		if (strcmp(chosen->server, entry->server) == 0 &&
		    strncmp(chosen->question, text, (size_t)(at - text)) == 0 &&
		    chosen->question[at - text] == '\0' &&
		    strcmp(chosen->answer, at + sizeof arrow - 1) == 0) {
			chosen->times++;
			return;
		}
	}
	report->chosen = mem_grow(report->chosen, &report->chosen_room, report->chosen_count + 1,
	    sizeof *report->chosen);
	report->chosen[report->chosen_count++] = (struct chosen){
		.server = mem_strdup(entry->server),
		.question = mem_strndup(text, (size_t)(at - text)),
		.answer = mem_strdup(at + sizeof arrow - 1),
		.times = 1,
		.connection = entry->connection,
	};
}

static void
lose_all(struct reading *reading, struct connection *connection)
{
	while (connection->count > 0) {
		reading->report->table.rows[connection->pending[0].row].lost++;
		forget(connection, &connection->pending[0]);
	}
}

static void
take(struct reading *reading, const struct entry *entry)
{
	struct connection *connection = find_connection(reading, entry);
	struct report *report = reading->report;
	struct pending *pending;

	if (connection == NULL)
		return;
	if (strcmp(entry->kind, "command") == 0) {
		sent(reading, connection, entry);
	} else if (strcmp(entry->kind, "done") == 0) {
		/* of IDLE, latency is what follows DONE */
		pending = find_pending(connection, entry->label);
		if (pending != NULL)
			pending->sent_us = entry->at_us;
	} else if (strcmp(entry->kind, "tagged") == 0) {
		completed(reading, connection, entry, true);
	} else if (strcmp(entry->kind, "complete") == 0) {
		completed(reading, connection, entry, false);
	} else if (strcmp(entry->kind, "greeting") == 0) {
		facts_greeting(&report->servers[connection->server].facts, entry);
	} else if (strcmp(entry->kind, "untagged") == 0) {
		untagged(reading, connection, entry);
	} else if (strcmp(entry->kind, "choice") == 0) {
		chose(report, entry);
	} else if (strcmp(entry->kind, "failed") == 0 || strcmp(entry->kind, "error") == 0) {
		note(&report->failures, &report->failure_count, entry, buf_str(&entry->text));
	} else if (strcmp(entry->kind, "close") == 0) {
		lose_all(reading, connection);
	}
}

static int
by_connection(const void *a, const void *b)
{
	const struct chosen *left = a, *right = b;

	if (left->connection != right->connection)
		return left->connection < right->connection ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

int
report_read(struct report *report, const char *path)
{
	struct reading reading = { .report = report };
	struct entry entry = { .text = BUF_INIT };
	struct logfile log;
	int r = -1;

	hash_random(reading.key, sizeof reading.key);
	if (logfile_open(&log, path) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((r = logfile_next(&log, &entry)) > 0)
		take(&reading, &entry);
	for (size_t i = 0; i < report->chosen_count; i++)
		report->chosen[i].order = i;
	if (report->chosen_count > 0)
		qsort(report->chosen, report->chosen_count, sizeof *report->chosen, by_connection);
	for (size_t i = 0; i < reading.count; i++) {
		lose_all(&reading, &reading.connections[i]);
		free(reading.connections[i].pending);
	}
	free(reading.connections);
	free(reading.index);
	entry_fini(&entry);
	logfile_close(&log);
	return r;
}

void
report_fini(struct report *report)
{
	table_fini(&report->table);
	for (size_t i = 0; i < report->server_count; i++)
		free(report->servers[i].name);
	free(report->servers);
	for (size_t i = 0; i < report->chosen_count; i++) {
		free(report->chosen[i].server);
		free(report->chosen[i].question);
		free(report->chosen[i].answer);
	}
	free(report->chosen);
	buf_fini(&report->disorder);
	buf_fini(&report->failures);
}

static void
print_list(const char *title, const struct buf *lines, unsigned count, struct buf *out)
{
	if (count == 0)
		return;
	buf_addf(out, "\n%s (%u)\n%s", title, count, buf_str(lines));
	if (count > LISTED_MAX)
		buf_addf(out, "  and %u more\n", count - LISTED_MAX);
}

/* Is there an earlier answer to the same question of the same server? */
static bool
asked_before(const struct report *report, size_t at, bool any_server)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(report->chosen[i].question, report->chosen[at].question) == 0 &&
		    (any_server ||
		    strcmp(report->chosen[i].server, report->chosen[at].server) == 0))
			return true;
	return false;
}

/* All answers to a question; where sessions differed, each with its number. */
static void
add_answers(const struct report *report, const char *server, const char *question, struct buf *out)
{
	size_t start = out->len, last = 0;
	unsigned different = 0;

	for (size_t i = 0; i < report->chosen_count; i++) {
		const struct chosen *chosen = &report->chosen[i];

		if ((server != NULL && strcmp(chosen->server, server) != 0) ||
		    strcmp(chosen->question, question) != 0)
			continue;
		last = i;
		buf_addf(out, "%s%s (%u)", different++ > 0 ? ", " : "", chosen->answer,
		    chosen->times);
	}
	if (different == 1) {
		out->len = start;
		buf_adds(out, report->chosen[last].answer);
	} else if (different == 0) {
		buf_adds(out, "(not asked)");
	}
}

static void
print_chosen(const struct report *report, const char *server, struct buf *out)
{
	for (size_t i = 0; i < report->chosen_count; i++) {
		const struct chosen *chosen = &report->chosen[i];

		if (strcmp(chosen->server, server) != 0 || asked_before(report, i, false))
			continue;
		buf_addf(out, "  %s: ", chosen->question);
		add_answers(report, server, chosen->question, out);
		buf_addc(out, '\n');
	}
}

void
report_print(const struct report *report, struct buf *out)
{
	table_print(&report->table, out);
	for (size_t i = 0; i < report->server_count; i++) {
		buf_addf(out, "\nWhat %s chose\n", report->servers[i].name);
		facts_print(&report->servers[i].facts, out);
		print_chosen(report, report->servers[i].name, out);
	}
	print_list("Answered out of order", &report->disorder, report->disorder_count, out);
	print_list("Failed", &report->failures, report->failure_count, out);
}

/* The questions of a (or those that only b was asked) that were answered differently. */
static unsigned
compare_from(const struct report *a, const struct report *b, bool only_new, const char *names[2],
    bool swapped, struct buf *out)
{
	unsigned differ = 0;

	for (size_t i = 0; i < a->chosen_count; i++) {
		const char *question = a->chosen[i].question;
		struct buf mine = BUF_INIT, other = BUF_INIT;
		bool new;

		if (asked_before(a, i, true))
			continue;
		add_answers(a, NULL, question, &mine);
		add_answers(b, NULL, question, &other);
		new = strcmp(other.data, "(not asked)") == 0;
		if (strcmp(mine.data, other.data) != 0 && (!only_new || new)) {
			buf_addf(out, "%s\n  %s: %s\n  %s: %s\n", question,
			    names[0], swapped ? other.data : mine.data,
			    names[1], swapped ? mine.data : other.data);
			differ++;
		}
		buf_fini(&mine);
		buf_fini(&other);
	}
	return differ;
}

unsigned
report_compare(const struct report *a, const struct report *b, const char *a_name,
    const char *b_name, struct buf *out)
{
	const char *names[2] = { a_name, b_name };

	return compare_from(a, b, false, names, false, out) +
	    compare_from(b, a, true, names, true, out);
}
