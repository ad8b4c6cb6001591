/* Groups first, the user last: after setuid there is no right left to set groups. */
#include "login/privs.h"

#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/err.h"

static int
refuse(struct err *err, const char *why)
{
	err_set(err, ERR_WORLD, "The session could not be started");
	return err_detail(err, "privileges: %s", why);
}

int
privs_prove(uid_t uid, gid_t gid, struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 }, { 0 } };
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 || getresgid(&gids[0], &gids[1], &gids[2]) < 0)
		return refuse(err, "cannot read the ids");
	for (int i = 0; i < 3; i++)
		if (uids[i] != uid || gids[i] != gid || uid == 0 || gid == 0)
			return refuse(err, "the ids are not what was asked for");
	/* What no call may do any more. A -1 leaves an id as it is and only reads the old one. */
	if (setuid(0) == 0 || seteuid(0) == 0 || setresuid(0, 0, 0) == 0
	    || setgid(0) == 0 || setegid(0) == 0 || setresgid(0, 0, 0) == 0)
		return refuse(err, "root can be regained");
	setfsuid(0);
	if ((uid_t)setfsuid((uid_t)-1) != uid)
		return refuse(err, "the file system id can be root's");
	if (setgroups(0, NULL) == 0)
		return refuse(err, "groups can still be set");
	if (syscall(SYS_capget, &head, data) < 0
	    || (data[0].effective | data[0].permitted | data[1].effective | data[1].permitted) != 0)
		return refuse(err, "capabilities are left");
	return 0;
}

int
privs_become(uid_t uid, gid_t gid, const char *group_name, struct err *err)
{
	if (uid == 0 || gid == 0)
		return refuse(err, "nobody becomes root here");
	/* Nothing of the kind was asked for, but a caller could have left it set. */
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (setresgid(gid, gid, gid) < 0)
		return err_errno(err, "setgid", "");
	if (group_name != NULL && *group_name != '\0') {
		if (initgroups(group_name, gid) < 0)
			return err_errno(err, "initgroups", group_name);
	} else if (setgroups(1, &gid) < 0) {
		return err_errno(err, "setgroups", "");
	}
	if (setresuid(uid, uid, uid) < 0)
		return err_errno(err, "setuid", "");
	return privs_prove(uid, gid, err);
}
