/*
 * How much mail an account holds, and how much it may: Maildir++ quota, kept in
 * `maildirsize` in the root, which delivery programs read and write too. Without
 * a limit there is no such file and nothing here costs anything.
 */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct err;

struct quota {
	bool on;			/* there is a limit; all else is 0 when not */
	uint64_t bytes_max, messages_max;	/* 0: no limit for it */
	uint64_t bytes, messages;	/* in use now */
};

/* "1000000S,1000C", "500M", "1G,20000": what --quota takes. False: it is none. */
bool quota_parse(const char *text, uint64_t *bytes_out, uint64_t *messages_out);

/*
 * What is in use, exactly: counted anew when another program changed any folder
 * since the file was written. Limits are those of the account's settings, or
 * those that stand in the file.
 */
int quota_read(struct account *account, struct quota *out, struct err *err);

/*
 * Count everything, whatever the file says, and write the file if there is a limit.
 * was_out gets what the file said before. step is called before each folder; when it
 * says false nothing is written. 0; 1 stopped; -1 not counted, or not written.
 */
struct quota_steps {
	bool (*step)(void *ctx, size_t done, size_t total);
	void *ctx;
};
int quota_recount(struct account *account, const struct quota_steps *steps, struct quota *was_out,
    struct quota *now_out, struct err *err);

/* Is there room for so much more? ERR_OVERQUOTA. */
int quota_check(struct account *account, uint64_t bytes, size_t messages, struct err *err);

/*
 * Around a change by this session: quota_begin says whether the file was true
 * before it, quota_end then adds what changed. When it was not true it stays so,
 * and the next question counts. Nothing changed but directories: 0 and 0.
 */
bool quota_begin(struct account *account);
void quota_end(struct account *account, bool was_true, int64_t bytes, int64_t messages);

/* A folder is gone, which no directory that is left tells: the next question counts. */
void quota_forget(struct account *account);

/* The size of a message's file from its name's ",S=", or -1. */
int64_t quota_size_in_name(const char *name);

#endif
