/*
 * The log: one line an event, logfmt (key=value), every byte that a stranger
 * chose escaped. Goes to stderr with systemd's level prefix, or to syslog's
 * mail facility. Nothing here may fail a session.
 */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

#include <stdint.h>

struct err;

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

enum log_target {
	LOG_TO_STDERR,	/* the default: super-servers hand stderr to a logger */
	LOG_TO_SYSLOG,
	LOG_TO_NOWHERE,
};

/* Call once at the start; program must outlive the process. */
void log_open(const char *program, enum log_target target);

/* Lines above this level are dropped; LOG_LEVEL_INFO at the start. */
void log_threshold(enum log_level level);

/* A line in plain words: msg="..." with the text escaped. */
void log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The log's half of an error, if it has one; once an error, by whoever answers it. */
void log_err(const struct err *err);

/*
 * An event put together field by field:
 *	struct log_event e;
 *	log_begin(&e, "session-end");
 *	log_field(&e, "user", user);
 *	log_number(&e, "bytes_in", n);
 *	log_end(&e, LOG_LEVEL_INFO);
 * A value with anything but plain graphic ASCII in it is quoted, with \", \\
 * and \xHH; each value is cut at 256 bytes, the line at 2000.
 */
struct log_event {
	char line[2048];
	unsigned len;
};

void log_begin(struct log_event *event, const char *name);
void log_field(struct log_event *event, const char *key, const char *value);
void log_number(struct log_event *event, const char *key, uint64_t value);
void log_end(struct log_event *event, enum log_level level);

#endif
