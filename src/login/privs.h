/*
 * To become somebody, and to prove that there is no way back.
 */
#ifndef LOGIN_PRIVS_H
#define LOGIN_PRIVS_H

#include <sys/types.h>

struct err;

/*
 * From root to this uid and gid for good, with the further groups of a name as
 * initgroups(3) knows them (NULL or "": none). Then proof: every id is as
 * asked, root is not regained by any call, no capability is left. uid and gid 0
 * are refused. -1 with err filled: then end at once, half way is no state to
 * go on in.
 */
int privs_become(uid_t uid, gid_t gid, const char *group_name, struct err *err);

/*
 * The proof alone: we are this uid and gid and cannot become root. Also for a
 * program that never had root.
 */
int privs_prove(uid_t uid, gid_t gid, struct err *err);

#endif
