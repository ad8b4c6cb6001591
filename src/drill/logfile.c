/* Lines of a log to events. */
#include "drill/logfile.h"

#include <stdlib.h>
#include <string.h>

#include "drill/escape.h"
#include "util/ascii.h"

enum { FIELDS = 8 };

int
logfile_open(struct logfile *log, const char *path)
{
	*log = (struct logfile){ .path = path };
	log->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	return log->file == NULL ? -1 : 0;
}

void
logfile_close(struct logfile *log)
{
	if (log->file != NULL && log->file != stdin)
		fclose(log->file);
	free(log->text);
	*log = (struct logfile){ .path = NULL };
}

void
entry_fini(struct entry *entry)
{
	buf_fini(&entry->text);
}

static int
broken(const struct logfile *log, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", log->path, log->line, what);
	return -1;
}

/* "12.345678" */
static bool
read_time(const char *text, int64_t *us_out)
{
	const char *dot = strchr(text, '.');
	uint64_t seconds, us;

	if (dot == NULL || strlen(dot + 1) != 6 ||
	    !ascii_number(text, (size_t)(dot - text), UINT32_MAX, &seconds) ||
	    !ascii_number(dot + 1, 6, 999999, &us))
		return false;
	*us_out = (int64_t)(seconds * 1000000 + us);
	return true;
}

int
logfile_next(struct logfile *log, struct entry *entry)
{
	ssize_t len = getline(&log->text, &log->room, log->file);
	char *fields[FIELDS], *at, *plus;

	if (len < 0)
		return ferror(log->file) ? broken(log, "can't be read") : 0;
	log->line++;
	if (log->text[0] == '{')
		return broken(log, "this is JSON; the report reads the log with tabs");
	if (log->text[len - 1] != '\n')
		return broken(log, "the line is not whole");
	log->text[len - 1] = '\0';
	at = log->text;
	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = strsep(&at, "\t");
	if (fields[FIELDS - 1] == NULL || at != NULL || strlen(fields[4]) != 1 ||
	    !read_time(fields[0], &entry->at_us) ||
	    !ascii_number(fields[2], strlen(fields[2]), UINT64_MAX, &entry->connection) ||
	    !ascii_number(fields[6], strlen(fields[6]), UINT64_MAX, &entry->bytes))
		return broken(log, "this is no line of a log");
	entry->server = fields[1];
	entry->label = fields[3];
	entry->more = 0;
	plus = strchr(entry->label, '+');
	if (plus != NULL) {
		*plus = '\0';
		if (!ascii_number(plus + 1, strlen(plus + 1), UINT64_MAX, &entry->more))
			return broken(log, "this is no line of a log");
	}
	entry->direction = *fields[4];
	entry->kind = fields[5];
	buf_reset(&entry->text);
	if (!escape_read(fields[7], strlen(fields[7]), &entry->text, &entry->left_out))
		return broken(log, "an unknown escape");
	return 1;
}
