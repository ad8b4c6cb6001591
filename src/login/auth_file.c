/* The backend of virtual users: users_file.c finds the line, password.c judges. */
#include <string.h>

#include "login/auth.h"
#include "login/password.h"
#include "login/users_file.h"
#include "settings.h"
#include "util/err.h"
#include "util/io.h"
#include "util/log.h"
#include "util/mem.h"

enum auth_result
auth_file(struct auth *auth, const char *user, const char *secret, struct account *out)
{
	const char *path = settings_text(auth->settings, SETTING_USERS);
	struct buf line = BUF_INIT, like = BUF_INIT;
	struct users_entry entry;
	enum auth_result result = AUTH_UNAVAILABLE;
	struct err err;
	int found = -1, fd = users_file_open(path, &err);

	if (fd >= 0)
		found = users_file_find(fd, path, user, &line, &entry, &like, &err);
	if (found < 0) {
		log_err(&err);
		goto out;
	}
	result = AUTH_NO;
	if (secret != NULL) {
		/* One crypt(3) in each case, of a method and cost that this file uses. */
		bool usable = found && password_is_hash(entry.hash);
		const char *hash = usable ? entry.hash : like.len > 0 ? like.data : password_nobody;
		bool matches = password_matches(secret, hash);

		auth->log_word = !found ? "unknown-user" : !usable ? "locked" : "wrong-password";
		if (!usable || !matches)
			goto out;
	} else if (!found) {
		auth->log_word = "unknown-user";
		goto out;
	}
	if (account_set(auth, out, entry.user, entry.uid, entry.gid, entry.home, entry.maildir, ""))
		result = AUTH_YES;
out:
	buf_wipe(&line);
	buf_wipe(&like);
	io_close(&fd);
	return result;
}

enum auth_result
auth_file_verifier(struct auth *auth, const char *user, struct scram_verifier *out)
{
	const char *path = settings_text(auth->settings, SETTING_USERS);
	enum auth_result result = AUTH_UNAVAILABLE;
	struct err err;
	int found = -1, fd = users_file_open(path, &err);

	if (fd >= 0)
		found = users_file_verifier(fd, path, user, out, &err);
	if (found >= 0) {
		result = found ? AUTH_YES : AUTH_NO;
	} else {
		auth->log_word = "unavailable";
		log_err(&err);
	}
	io_close(&fd);
	return result;
}

bool
auth_file_has_key(const struct settings *settings)
{
	unsigned char key[SCRAM_OCTETS];
	struct err err;
	int fd = users_file_open(settings_text(settings, SETTING_USERS), &err);
	bool has = fd >= 0 && users_file_key(fd, key);

	mem_wipe(key, sizeof key);
	io_close(&fd);
	return has;
}
