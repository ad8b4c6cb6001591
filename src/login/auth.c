/* The order of the backends, and the account that comes out of one. */
#include "login/auth.h"

#include <string.h>
#include <unistd.h>

#include "settings.h"
#include "util/err.h"
#include "util/log.h"

void
account_fini(struct account *account)
{
	buf_fini(&account->user);
	buf_fini(&account->home);
	buf_fini(&account->maildir);
	buf_fini(&account->group_name);
	memset(account, 0, sizeof *account);
}

bool
account_set(struct auth *auth, struct account *out, const char *user, uid_t uid, gid_t gid,
    const char *home, const char *maildir, const char *group_name)
{
	if (maildir == NULL || *maildir == '\0')
		maildir = settings_text(auth->settings, SETTING_MAILDIR);
	if (uid == 0 || gid == 0) {
		auth->log_word = "root-account";
		return false;
	}
	if (!auth->root && (uid != geteuid() || gid != getegid())) {
		auth->log_word = "other-uid";
		return false;
	}
	account_fini(out);
	out->uid = uid;
	out->gid = gid;
	buf_adds(&out->user, user);
	buf_adds(&out->home, home);
	if (strncmp(maildir, "~/", 2) == 0 && *home != '\0') {
		buf_adds(&out->maildir, home);
		maildir++;
	}
	buf_adds(&out->maildir, maildir);
	buf_adds(&out->group_name, group_name);
	if (buf_str(&out->maildir)[0] != '/' || out->maildir.len > HANDOFF_PATH_MAX
	    || out->home.len > HANDOFF_PATH_MAX || out->user.len > HANDOFF_NAME_MAX
	    || out->user.len == 0) {
		account_fini(out);
		auth->log_word = "no-maildir";
		return false;
	}
	return true;
}

static enum auth_result
ask_all(struct auth *auth, const char *user, const char *secret, struct account *out)
{
	static const struct {
		enum auth_result (*ask)(struct auth *, const char *, const char *, struct account *);
		const char *word;
		enum setting setting;
	} backends[] = {
		{ auth_file, "users", SETTING_USERS },
		{ auth_shadow, "system", SETTING_SYSTEM },
		{ auth_checkpassword, "checkpassword", SETTING_CHECKPASSWORD },
	};
	bool unavailable = false;

	for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
		const char *text = settings_text(auth->settings, backends[i].setting);

		if (*text == '\0' || strcmp(text, "no") == 0)
			continue;
		switch (backends[i].ask(auth, user, secret, out)) {
		case AUTH_YES:
			auth->log_word = backends[i].word;
			return AUTH_YES;
		case AUTH_UNAVAILABLE:
			unavailable = true;
			break;
		case AUTH_NO:
			break;
		}
	}
	if (unavailable)
		auth->log_word = "unavailable";
	return unavailable ? AUTH_UNAVAILABLE : AUTH_NO;
}

enum auth_result
auth_known(struct auth *auth, const char *user, struct account *out)
{
	auth->log_word = "unknown-user";
	return ask_all(auth, user, NULL, out);
}

enum auth_result
auth_check(struct auth *auth, const struct record_attempt *attempt, const char *certificate,
    struct account *out)
{
	enum auth_result result;

	auth->log_word = "unknown-user";
	if (attempt->mechanism == MECHANISM_EXTERNAL) {
		if (*certificate == '\0' || attempt->hopeless
		    || strcmp(certificate, attempt->user) != 0) {
			auth->log_word = "certificate";
			return AUTH_NO;
		}
		return auth_known(auth, attempt->user, out);
	}
	if (attempt->mechanism == MECHANISM_ANONYMOUS) {
		if (!attempt->hopeless)
			return auth_known(auth, settings_text(auth->settings, SETTING_ANONYMOUS), out);
		auth->log_word = "malformed";
		return AUTH_NO;
	}
	result = ask_all(auth, attempt->user, attempt->secret, out);
	/* An empty password is one that somebody forgot to set; a bind to some directories lets it in. */
	if (result == AUTH_YES && (attempt->hopeless || attempt->secret_len == 0
	    || attempt->user_len == 0)) {
		account_fini(out);
		auth->log_word = "malformed";
		return AUTH_NO;
	}
	return result;
}
