/*
 * The log of changes: what was made, written, renamed and removed in the mail, in
 * order, with the inodes; tests/fault/disk.py makes disks of it.
 */
#include "fault.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

FIND(fstat) FIND(fstatat)

struct fault_place
fault_place_of(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct fault_place place = { 0, slash != NULL ? slash + 1 : path };
	char parent[4096] = ".";
	struct stat st;

	if (slash != NULL)
		snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (REAL(fstatat)(dir, parent, &st, 0) == 0)
		place.dir = st.st_ino;
	return place;
}

unsigned long long
fault_inode_of(int fd)
{
	struct stat st;

	return REAL(fstat)(fd, &st) == 0 ? st.st_ino : 0;
}

/* The time that the directory has now, in ns: a change of an entry is one of it. */
long long
fault_dir_time(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[4096] = ".";
	struct stat st;

	if (slash != NULL)
		snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (REAL(fstatat)(dir, parent, &st, 0) < 0)
		return 0;
	return (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

void
fault_log_entry(const char *op, int dir, const char *path, unsigned long long inode)
{
	struct fault_place at = fault_place_of(dir, path);

	if (fault_plan.log >= 0)
		fault_putf(fault_plan.log, "%s %llu %lld %llu %s\n", op, at.dir, fault_dir_time(dir, path), inode, at.base);
}

void
fault_log_bytes(const char *op, int fd, long long offset, const void *bytes, ssize_t len)
{
	if (fault_plan.log < 0 || len <= 0)
		return;
	fault_putf(fault_plan.log, "%s %llu %lld %zd\n", op, fault_inode_of(fd), offset, len);
	fault_put(fault_plan.log, bytes, (size_t)len);
	fault_put(fault_plan.log, "\n", 1);
}
