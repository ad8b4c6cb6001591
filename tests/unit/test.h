/*
 * The smallest TAP writer: a check a line, a table a test. main() ends in
 * "return test_done();".
 */
#ifndef TEST_H
#define TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_count, test_failures;

__attribute__((format(printf, 2, 3), unused)) static bool
check(bool ok, const char *format, ...)
{
	va_list args;

	printf("%s %d - ", ok ? "ok" : "not ok", ++test_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (!ok)
		test_failures++;
	return ok;
}

__attribute__((unused)) static bool
check_str(const char *got, const char *want, const char *name)
{
	bool ok = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;

	check(ok, "%s", name);
	if (!ok)
		printf("# got:  %s\n# want: %s\n", got ? got : "(null)", want ? want : "(null)");
	return ok;
}

__attribute__((unused)) static int
test_done(void)
{
	printf("1..%d\n", test_count);
	return test_failures != 0;
}

#endif
