/*
 * imapdrill: run a script against IMAP servers (imapdrill(1)). Knows the command
 * line; drill/ does the rest.
 */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/drill.h"
#include "drill/script.h"
#include "util/ascii.h"

#define EXIT_USAGE 64

/* Without a byte from a server that owes an answer, unless told otherwise. */
#define TIMEOUT_US (30 * INT64_C(1000000))

/* Of a text in the log: enough for any line that a person reads. */
#define TEXT_MAX 1024

/* Answers to one command: more than a mailbox holds. */
#define ANSWER_MAX (UINT64_C(16) << 30)

#define SESSIONS_MAX 1000000

static const char usage[] =
    "usage: imapdrill [-qs] [-D name=value] [-l log] [-t timeout] [--json]\n"
    "                 [--sessions n] [--rate r] [--seconds s]\n"
    "                 [--table-json file] [--svg file] script\n"
    "       imapdrill --check script\n";

enum {
	OPTION_JSON = 256, OPTION_SESSIONS, OPTION_RATE, OPTION_SECONDS, OPTION_PROGRESS,
	OPTION_TABLE_JSON,
	OPTION_SVG, OPTION_SECRETS, OPTION_TEXT, OPTION_LINE, OPTION_LITERAL, OPTION_ANSWER,
	OPTION_CHECK, OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "define", required_argument, NULL, 'D' },
	{ "log", required_argument, NULL, 'l' },
	{ "timeout", required_argument, NULL, 't' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "strict", no_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "sessions", required_argument, NULL, OPTION_SESSIONS },
	{ "rate", required_argument, NULL, OPTION_RATE },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "progress", required_argument, NULL, OPTION_PROGRESS },
	{ "table-json", required_argument, NULL, OPTION_TABLE_JSON },
	{ "svg", required_argument, NULL, OPTION_SVG },
	{ "show-secrets", no_argument, NULL, OPTION_SECRETS },
	{ "text", required_argument, NULL, OPTION_TEXT },
	{ "max-line", required_argument, NULL, OPTION_LINE },
	{ "max-literal", required_argument, NULL, OPTION_LITERAL },
	{ "max-answer", required_argument, NULL, OPTION_ANSWER },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

_Noreturn static void
die_usage(const char *what, const char *value)
{
	if (what != NULL)
		fprintf(stderr, "imapdrill: %s: %s\n", what, value);
	fputs(usage, stderr);
	exit(EXIT_USAGE);
}

static uint64_t
number(const char *what, const char *text, uint64_t least, uint64_t most)
{
	uint64_t n;

	if (!ascii_number(text, strlen(text), most, &n) || n < least)
		die_usage(what, text);
	return n;
}

static void
define(struct names *names, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || !names_valid(text, (size_t)(equals - text)))
		die_usage("-D takes name=value", text);
	names_set(names, text, (size_t)(equals - text), equals + 1, true);
}

static double
positive(const char *what, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end != '\0' || !(value > 0) || value > 1e6)
		die_usage(what, text);
	return value;
}

/* One option; false when it asks for no run. */
static bool
take_option(int option, const char *value, struct options *options, struct names *names)
{
	switch (option) {
	case 'D':
		define(names, value);
		break;
	case 'l':
		options->log = value;
		break;
	case 't':
		if (!script_duration(value, &options->timeout_us) || options->timeout_us == 0)
			die_usage("-t takes a time, like 500ms or 10s", value);
		break;
	case 'q':
		options->quiet = true;
		break;
	case 's':
		options->strict = true;
		break;
	case OPTION_JSON:
		options->json = true;
		break;
	case OPTION_SESSIONS:
		options->sessions = (unsigned)number("--sessions", value, 1, SESSIONS_MAX);
		options->load = true;
		break;
	case OPTION_RATE:
		options->rate = positive("--rate", value);
		options->load = true;
		break;
	case OPTION_SECONDS:
		options->seconds = (int64_t)number("--seconds", value, 1, 1000000);
		options->load = true;
		break;
	case OPTION_PROGRESS:
		options->progress = (unsigned)number("--progress", value, 1, 86400);
		options->load = true;
		break;
	case OPTION_TABLE_JSON:
		options->table_json = value;
		options->load = true;
		break;
	case OPTION_SVG:
		options->svg = value;
		options->load = true;
		break;
	case OPTION_SECRETS:
		options->show_secrets = true;
		break;
	case OPTION_TEXT:
		options->text_max = (size_t)number("--text", value, 0, RESPONSE_KEEP);
		break;
	case OPTION_LINE:
		options->line_max = number("--max-line", value, 1, UINT64_MAX / 2);
		break;
	case OPTION_LITERAL:
		options->literal_max = number("--max-literal", value, 0, UINT64_MAX / 2);
		break;
	case OPTION_ANSWER:
		options->answer_max = number("--max-answer", value, 1, UINT64_MAX / 2);
		break;
	default:
		return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct options options = {
		.sessions = 1,
		.text_max = TEXT_MAX,
		.line_max = RESPONSE_LINE_MAX,
		.literal_max = RESPONSE_LITERAL_MAX,
		.answer_max = ANSWER_MAX,
	};
	struct names names = NAMES_INIT;
	struct script *script;
	bool check = false;
	int option, status;

	while ((option = getopt_long(argc, argv, "D:hl:qst:", long_options, NULL)) != -1) {
		if (take_option(option, optarg, &options, &names))
			continue;
		if (option == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (option == OPTION_VERSION) {
			puts("imapdrill " PACKAGE_VERSION);
			return 0;
		}
		if (option != OPTION_CHECK)
			die_usage(NULL, NULL);
		check = true;
	}
	if (optind + 1 != argc)
		die_usage(NULL, NULL);
	script = script_load(argv[optind], &names);
	if (script == NULL)
		return EXIT_USAGE;
	if (options.timeout_us == 0)
		options.timeout_us = script->timeout_us > 0 ? script->timeout_us : TIMEOUT_US;
	status = check ? 0 : drill_run(script, &options);
	script_free(&script);
	return status;
}
