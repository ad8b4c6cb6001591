/*
 * imapdrill-report: read the log of imapdrill and tell a person what happened
 * (imapdrill-report(1)).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drill/report.h"

#define EXIT_USAGE 64

static const char usage[] =
    "usage: imapdrill-report [log]\n"
    "       imapdrill-report --compare log1 log2\n";

static int
tell(const struct buf *out, int status)
{
	if (fwrite(buf_str(out), 1, out->len, stdout) != out->len || fflush(stdout) != 0) {
		perror("imapdrill-report: stdout");
		return 2;
	}
	return status;
}

static int
compare(const char *a_path, const char *b_path)
{
	struct report a = { .server_count = 0 }, b = { .server_count = 0 };
	struct buf out = BUF_INIT;
	int status = 2;

	if (report_read(&a, a_path) == 0 && report_read(&b, b_path) == 0) {
		const char *a_name = a.server_count > 0 ? a.servers[0].name : a_path;
		const char *b_name = b.server_count > 0 ? b.servers[0].name : b_path;
		unsigned differ = report_compare(&a, &b, a_name, b_name, &out);

		status = tell(&out, differ > 0);
	}
	report_fini(&a);
	report_fini(&b);
	buf_fini(&out);
	return status;
}

int
main(int argc, char **argv)
{
	struct report report = { .server_count = 0 };
	struct buf out = BUF_INIT;
	int status = 2;

	if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("imapdrill-report " PACKAGE_VERSION);
		return 0;
	}
	if (argc == 4 && strcmp(argv[1], "--compare") == 0)
		return compare(argv[2], argv[3]);
	if (argc > 2 || (argc == 2 && argv[1][0] == '-' && argv[1][1] != '\0')) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (report_read(&report, argc == 2 ? argv[1] : "-") == 0) {
		report_print(&report, &out);
		status = tell(&out, 0);
	}
	report_fini(&report);
	buf_fini(&out);
	return status;
}
