/* One line an event, logfmt; what strangers chose can never start a line of its own. */
#include "util/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "util/err.h"

enum {
	VALUE_MAX = 256,	/* longest value, before escapes: names and paths fit */
	LINE_ROOM = 2000,	/* syslog relays cut at 2048 (RFC 5424 6.1) */
};

static const char *log_program = "mayfly";
static enum log_target log_target = LOG_TO_STDERR;
static enum log_level log_max = LOG_LEVEL_INFO;

void
log_open(const char *program, enum log_target target)
{
	log_program = program;
	log_target = target;
	if (target == LOG_TO_SYSLOG)
		openlog(program, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void
log_threshold(enum log_level level)
{
	log_max = level;
}

static void
add_char(struct log_event *event, char c)
{
	if (event->len < LINE_ROOM)
		event->line[event->len++] = c;
}

static void
add_text(struct log_event *event, const char *text)
{
	while (*text != '\0')
		add_char(event, *text++);
}

/* No quotes needed: graphic ASCII without the characters that logfmt gives a meaning. */
static bool
is_plain(const char *value)
{
	if (*value == '\0')
		return false;
	for (size_t i = 0; value[i] != '\0'; i++) {
		if (i == VALUE_MAX || value[i] <= ' ' || value[i] >= 0x7f
		    || value[i] == '"' || value[i] == '\\' || value[i] == '=')
			return false;
	}
	return true;
}

static void
add_value(struct log_event *event, const char *value)
{
	static const char hex[] = "0123456789abcdef";

	if (is_plain(value)) {
		add_text(event, value);
		return;
	}
	add_char(event, '"');
	for (size_t i = 0; i < VALUE_MAX && value[i] != '\0' && event->len < LINE_ROOM - 8; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '"' || c == '\\') {
			add_char(event, '\\');
			add_char(event, (char)c);
		} else if (c < ' ' || c >= 0x7f) {
			add_text(event, "\\x");
			add_char(event, hex[c >> 4]);
			add_char(event, hex[c & 15]);
		} else {
			add_char(event, (char)c);
		}
	}
	add_char(event, '"');
}

void
log_begin(struct log_event *event, const char *name)
{
	event->len = 0;
	log_field(event, "event", name);
}

void
log_field(struct log_event *event, const char *key, const char *value)
{
	if (event->len > 0)
		add_char(event, ' ');
	add_text(event, key);
	add_char(event, '=');
	add_value(event, value);
}

void
log_number(struct log_event *event, const char *key, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
	log_field(event, key, digits);
}

void
log_end(struct log_event *event, enum log_level level)
{
	char out[2200];
	int n;

	if (level > log_max || log_target == LOG_TO_NOWHERE)
		return;
	event->line[event->len] = '\0';
	if (log_target == LOG_TO_SYSLOG) {
		syslog((int)level, "%s", event->line);
		return;
	}
	n = snprintf(out, sizeof out, "<%d>%s[%ld]: %s\n", (int)level, log_program,
	    (long)getpid(), event->line);
	while (n > 0 && write(STDERR_FILENO, out, (size_t)n) < 0 && errno == EINTR)
		continue;
}

void
log_line(enum log_level level, const char *format, ...)
{
	struct log_event event;
	char text[VALUE_MAX + 1];
	va_list args;

	if (level > log_max)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	event.len = 0;
	log_field(&event, "msg", text);
	log_end(&event, level);
}

void
log_err(const struct err *err)
{
	struct log_event event;

	if (err->detail[0] == '\0')
		return;
	log_begin(&event, "error");
	log_field(&event, "told", err->client);
	log_field(&event, "detail", err->detail);
	log_end(&event, LOG_LEVEL_ERROR);
}
