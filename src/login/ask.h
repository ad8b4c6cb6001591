/*
 * The talker's end of the line to the monitor: a record out, a reply in.
 */
#ifndef LOGIN_ASK_H
#define LOGIN_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "login/record.h"

struct ask {
	int fd;
	bool lost;		/* the monitor is gone: nothing more can be asked */
	unsigned asked;		/* questions so far */
	struct record_reply reply;	/* to the last one; its text has a NUL behind it */
	size_t text_len;
};

/* One record that has no reply. False when the monitor is gone. */
bool ask_tell(struct ask *ask, const void *record, size_t len);

/* One record and the reply to it. VERDICT_UNAVAILABLE with ask->lost when the monitor is gone. */
enum verdict ask_verdict(struct ask *ask, const void *record, size_t len);

#endif
