/*
 * The backend of the system's accounts: getpwnam(3) and shadow(5), as the
 * name-service switch has them. PAM is not asked: libpam and its modules would
 * be more code in the process with root's rights than all the rest of it.
 */
#include <errno.h>
#include <pwd.h>
#include <shadow.h>
#include <string.h>
#include <time.h>

#include "login/auth.h"
#include "login/password.h"
#include "util/err.h"
#include "util/log.h"

enum { SECONDS_A_DAY = 86400 };

/* Has the account, or its password, come to its end (shadow(5))? */
static bool
is_expired(const struct spwd *entry)
{
	long today = (long)(time(NULL) / SECONDS_A_DAY);

	if (entry->sp_expire > 0 && today >= entry->sp_expire)
		return true;
	if (entry->sp_lstchg == 0)
		return true;	/* must be changed before it may be used */
	return entry->sp_lstchg > 0 && entry->sp_max >= 0 && entry->sp_inact >= 0
	    && today > entry->sp_lstchg + entry->sp_max + entry->sp_inact;
}

/* The first hash of the system: what a wrong password costs here. */
static void
find_like(struct buf *like)
{
	struct spwd *entry;

	setspent();
	while ((entry = getspent()) != NULL) {
		if (entry->sp_pwdp != NULL && password_is_hash(entry->sp_pwdp)) {
			buf_adds(like, entry->sp_pwdp);
			break;
		}
	}
	endspent();
}

enum auth_result
auth_shadow(struct auth *auth, const char *user, const char *secret, struct account *out)
{
	struct passwd *who;
	struct spwd *entry = NULL;
	struct buf hash = BUF_INIT;
	bool usable = false, expired = false, known, matches;
	enum auth_result result = AUTH_NO;
	struct err err;

	find_like(&hash);
	errno = 0;
	who = getpwnam(user);
	known = who != NULL;
	if (who == NULL && errno != 0 && errno != ENOENT && errno != ESRCH && errno != EBADF
	    && errno != EPERM) {
		err_errno(&err, "getpwnam", "");
		log_err(&err);
		result = AUTH_UNAVAILABLE;
	}
	if (known)
		entry = getspnam(user);
	if (entry != NULL) {
		expired = is_expired(entry);
		usable = entry->sp_pwdp != NULL && password_is_hash(entry->sp_pwdp);
		if (usable) {
			buf_reset(&hash);
			buf_adds(&hash, entry->sp_pwdp);
		}
	}
	if (secret == NULL) {
		matches = known && !expired;
	} else {
		/* One crypt(3) in each case. */
		matches = password_matches(secret, hash.len > 0 ? hash.data : password_nobody)
		    && usable && !expired;
		if (known)
			auth->log_word = expired ? "expired" : !usable ? "locked" : "wrong-password";
	}
	if (matches && account_set(auth, out, who->pw_name, who->pw_uid, who->pw_gid, who->pw_dir,
	    NULL, who->pw_name))
		result = AUTH_YES;
	buf_wipe(&hash);
	return result;
}
