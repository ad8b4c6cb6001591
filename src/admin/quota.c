/* quota: what is in use, as sessions tell it; quota recount: count everything, and write it down. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/admin.h"
#include "store/quota.h"
#include "util/err.h"

static bool
step(void *ctx, size_t done, size_t total)
{
	struct admin *a = ctx;

	progress(a, "counting", done, total);
	return !admin_stopped(a);
}

static void
print_use(const char *what, const struct quota *q)
{
	printf("%s: %" PRIu64 " octets in %" PRIu64 " messages\n", what, q->bytes, q->messages);
}

static void
print_limit(const struct quota *q)
{
	if (!q->on) {
		puts("limit: none, so no maildirsize is kept");
		return;
	}
	fputs("limit:", stdout);
	if (q->bytes_max > 0)
		printf(" %" PRIu64 " octets", q->bytes_max);
	if (q->messages_max > 0)
		printf("%s %" PRIu64 " messages", q->bytes_max > 0 ? "," : "", q->messages_max);
	putchar('\n');
}

int
admin_quota(struct admin *a)
{
	bool again = a->mailbox_count == 1 && strcmp(a->mailboxes[0], "recount") == 0;
	struct quota was, now;
	struct err err;
	int result;

	if (a->mailbox_count > 0 && !again) {
		fputs("mayfly-admin: quota is of the whole account: quota, or quota recount\n", stderr);
		return ADMIN_USAGE;
	}
	if (again)
		result = quota_recount(&a->account, &(struct quota_steps){ step, a }, &was, &now, &err);
	else
		result = quota_read(&a->account, &now, &err);
	progress_end(a);
	if (result < 0) {
		admin_say_err(a->account.path, &err);
		return ADMIN_FAILED;
	}
	if (result > 0)
		return ADMIN_STOPPED;
	if (again && was.on)
		print_use("written down", &was);
	if (again || now.on)
		print_use(again ? "counted" : "in use", &now);
	print_limit(&now);
	return ADMIN_OK;
}
