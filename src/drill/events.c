/* The log of events, as tab-separated fields or JSON. */
#include "drill/events.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "drill/escape.h"
#include "drill/loop.h"

void
events_open(struct events *events, FILE *out, bool json, size_t text_max, int64_t start_us)
{
	struct event first = { .at_us = start_us, .server = "-", .label = "-", .direction = '-',
	    .kind = "start" };
	char text[64];
	time_t now = time(NULL);
	struct tm tm;

	*events = (struct events){ .out = out, .json = json, .text_max = text_max,
	    .start_us = start_us };
	if (out == NULL)
		return;
	gmtime_r(&now, &tm);
	first.len = strftime(text, sizeof text, "imapdrill 1 %Y-%m-%dT%H:%M:%SZ", &tm);
	first.text = text;
	events_write(events, &first);
}

static void
write_tabs(struct events *events, const struct event *event, int64_t us)
{
	struct buf *line = &events->line;

	buf_addf(line, "%" PRId64 ".%06d\t", us / 1000000, (int)(us % 1000000));
	escape_field(event->server, strlen(event->server), 0, line);
	buf_addf(line, "\t%" PRIu64 "\t%s", event->connection, event->label);
	if (event->more > 0)
		buf_addf(line, "+%zu", event->more);
	buf_addf(line, "\t%c\t%s\t%" PRIu64 "\t", event->direction, event->kind, event->bytes);
	escape_field(event->text, event->len, events->text_max, line);
}

static void
write_json(struct events *events, const struct event *event, int64_t us)
{
	struct buf *line = &events->line;

	buf_addf(line, "{\"time\":%" PRId64 ".%06d,\"server\":\"", us / 1000000,
	    (int)(us % 1000000));
	escape_json(event->server, strlen(event->server), 0, line);
	buf_addf(line, "\",\"connection\":%" PRIu64 ",\"label\":\"%s\",\"others\":%zu,"
	    "\"direction\":\"%c\",\"kind\":\"%s\",\"bytes\":%" PRIu64 ",\"text\":\"",
	    event->connection, event->label, event->more, event->direction, event->kind,
	    event->bytes);
	escape_json(event->text, event->len, events->text_max, line);
	buf_addf(line, "\",\"cut\":%zu}", events->text_max > 0 && event->len > events->text_max ?
	    event->len - events->text_max : 0);
}

void
events_write(struct events *events, const struct event *event)
{
	int64_t us = event->at_us - events->start_us;

	if (events->out == NULL)
		return;
	buf_reset(&events->line);
	if (us < 0)
		us = 0;
	if (events->json)
		write_json(events, event, us);
	else
		write_tabs(events, event, us);
	buf_addc(&events->line, '\n');
	fwrite(events->line.data, 1, events->line.len, events->out);
	events->dirty = true;
}

bool
events_flush(struct events *events)
{
	if (!events->dirty)
		return true;
	events->dirty = false;
	return fflush(events->out) == 0 && !ferror(events->out);
}

bool
events_close(struct events *events)
{
	bool ok = events_flush(events);

	if (events->out != NULL && events->out != stdout)
		ok = fclose(events->out) == 0 && ok;
	events->out = NULL;
	buf_fini(&events->line);
	return ok;
}
