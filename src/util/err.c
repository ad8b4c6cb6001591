/* A failure, told twice: once for the wire, once for the log. */
#include "util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *err, enum err_kind kind, const char *client, ...)
{
	va_list args;

	err->kind = kind;
	err->detail[0] = '\0';
	va_start(args, client);
	vsnprintf(err->client, sizeof err->client, client, args);
	va_end(args);
	return -1;
}

int
err_detail(struct err *err, const char *detail, ...)
{
	va_list args;

	va_start(args, detail);
	vsnprintf(err->detail, sizeof err->detail, detail, args);
	va_end(args);
	return -1;
}

int
err_errno(struct err *err, const char *call, const char *path)
{
	int saved = errno;

	switch (saved) {
	case ENOSPC:
	case EDQUOT:
		err_set(err, ERR_OVERQUOTA, "No room left on the disk or in the quota");
		break;
	case EACCES:
	case EPERM:
		err_set(err, ERR_NOPERM, "Permission denied");
		break;
	case EROFS:
		err_set(err, ERR_NOPERM, "The mail store is read-only");
		break;
	case EMFILE:
	case ENFILE:
		err_set(err, ERR_UNAVAILABLE, "Too many open files, try later");
		break;
	case EFBIG:
		err_set(err, ERR_LIMIT, "A file would be larger than it may be here");
		break;
	default:
		err_set(err, ERR_WORLD, "The mail store gave an error, try later");
		break;
	}
	snprintf(err->detail, sizeof err->detail, "%s %s: %s", call, path, strerror(saved));
	errno = saved;
	return -1;
}
