/*
 * What kinds of bytes a run holds, 16 at a step: most values of most mail are
 * plain, and this says so quickly.
 */
#ifndef MAIL_SCAN_H
#define MAIL_SCAN_H

#include <stddef.h>

enum {
	SCAN_HIGH = 1,		/* 0x80 and above */
	SCAN_CONTROL = 2,	/* below the blank, and 0x7f */
	SCAN_EQUALS = 4,	/* "=", which encoded words begin with */
};

unsigned scan_kinds(const char *bytes, size_t len);

#endif
