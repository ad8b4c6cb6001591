/*
 * What kinds of bytes a run holds, 16 at a step: most values of most mail are
 * plain, and this says so quickly.
 */
#ifndef MAIL_SCAN_H
#define MAIL_SCAN_H

#include <stddef.h>

enum {
	SCAN_CONTROL = 1,	/* below the blank, and 0x7f */
	SCAN_EQUALS = 2,	/* "=", which encoded words begin with */
	SCAN_QUOTED = 4,	/* what a quoted string needs a backslash before */
	SCAN_HIGH = 0x80,	/* 0x80 and above: the bit that says so */
};

unsigned scan_kinds(const char *bytes, size_t len);

#endif
