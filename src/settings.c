/*
 * The table of settings, and the reader of "name = value". The file is small
 * and the administrator's own, yet it is read with bounds: a line that is too
 * long or a NUL is told with its line number like every other mistake.
 */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/io.h"
#include "util/mem.h"

enum {
	FILE_MAX = 1 << 20,	/* a file of settings is a page or two */
	NETWORKS_MAX = 1000,	/* ranges of one setting */
};

const struct setting_row settings_table[SETTING_COUNT] = {
	[SETTING_ANONYMOUS] = { "anonymous", TYPE_TEXT, "", NULL,
	    "Offer AUTH=ANONYMOUS: whoever asks is let in without a password, as the user of this "
	    "name, which\n.Ic users\nor\n.Ic system\nmust know. Nothing of that user's mail is secret "
	    "then." },
	[SETTING_ANONYMOUS_WRITE] = { "anonymous-write", TYPE_BOOL, "no", NULL,
	    "Let such a session change the mail; otherwise it is read-only." },
	[SETTING_CERTIFICATES] = { "certificates", TYPE_CHOICE, "no", "no cn",
	    "Offer AUTH=EXTERNAL to a client whose certificate the program in front has verified: "
	    "with\n.Cm cn\nthe common name of the certificate is the name of the user." },
	[SETTING_CHECKPASSWORD] = { "checkpassword", TYPE_TEXT, "", NULL,
	    "A program, with arguments, that checks passwords as\n.Xr checkpassword 8\ndoes: "
	    "name, password and time on descriptor 3. No shell sees this line." },
	[SETTING_FAILURE_DELAY] = { "failure-delay", TYPE_MS, "2s", NULL,
	    "How long after the attempt a refusal is sent. "
	    "It is the same for a wrong name and a wrong password." },
	[SETTING_LOG] = { "log", TYPE_CHOICE, "auto", "auto stderr syslog",
	    "Where the log goes:\n.Cm auto\nis\n.Cm stderr ,\nunless standard error is the connection "
	    "itself, as under\n.Xr inetd 8 ;\nthen it is\n.Cm syslog\nwith the facility\n.Dv LOG_MAIL ." },
	[SETTING_LOGIN_TIMEOUT] = { "login-timeout", TYPE_MS, "3m", NULL,
	    "How long a client may take from the greeting until it has logged in." },
	[SETTING_MAILDIR] = { "maildir", TYPE_TEXT, "~/Maildir", NULL,
	    "The Maildir of a user whose account does not name one. "
	    "A leading\n.Pa ~/\nis the home directory; nothing else is expanded." },
	[SETTING_PRIVATE] = { "private", TYPE_CHOICE, "auto", "auto yes no",
	    "Whether nobody can listen on the link, so that passwords may be sent:\n.Cm yes\n"
	    "when a program in front of this one does TLS,\n.Cm no\nnever,\n.Cm auto\n"
	    "when the peer is on this machine, or the environment or a PROXY header tells of TLS." },
	[SETTING_PROXY] = { "proxy", TYPE_NETWORKS, "", NULL,
	    "Peers that must begin with a PROXY header, version 1 or 2, "
	    "and are believed in what it says. Nobody else may send one." },
	[SETTING_SCRAM] = { "scram", TYPE_BOOL, "no", NULL,
	    "Offer SCRAM-SHA-256. Every user of\n.Ic users\nthen needs a verifier, made by\n"
	    ".Ql mayfly-passwd --method=scram-sha-256 :\nmost mail programs try no other way "
	    "once this one has failed." },
	[SETTING_SESSION] = { "session", TYPE_PATH, BINDIR "/mayfly-imap", NULL,
	    "The program that becomes the session." },
	[SETTING_SESSION_FILE_SIZE] = { "session-file-size", TYPE_SIZE, "0", NULL,
	    "The largest file that a session may write; 0 changes nothing." },
	[SETTING_SESSION_FILES] = { "session-files", TYPE_NUMBER, "1024", NULL,
	    "How many files a session may have open; 0 changes nothing." },
	[SETTING_SESSION_MEMORY] = { "session-memory", TYPE_SIZE, "4G", NULL,
	    "The address space of a session, mapped files included; 0 changes nothing." },
	[SETTING_SESSION_PROCESSES] = { "session-processes", TYPE_NUMBER, "0", NULL,
	    "How many processes the user of a session may have, all sessions "
	    "and all else of the same user id counted; 0 changes nothing." },
	[SETTING_SYSTEM] = { "system", TYPE_BOOL, "no", NULL,
	    "Let the accounts of the system in, with their passwords from\n.Xr shadow 5 ." },
	[SETTING_TALKER_ROOT] = { "talker-root", TYPE_PATH, TALKER_ROOT, NULL,
	    "An empty directory of root that nobody can write to: all that the process "
	    "which reads the network can see of the files." },
	[SETTING_TALKER_USER] = { "talker-user", TYPE_TEXT, "mayfly-login", NULL,
	    "The user, by name or number, that the process which reads the network "
	    "becomes. It must own nothing and run nothing else." },
	[SETTING_TOKEN_DISCOVERY] = { "token-discovery", TYPE_TEXT, "", NULL,
	    "The URL of the issuer's OpenID configuration, which a client is told whose token was "
	    "refused." },
	[SETTING_TOKEN_PROGRAM] = { "token-program", TYPE_TEXT, "", NULL,
	    "Offer OAUTHBEARER and XOAUTH2. This program, with arguments, says whose a token is; see\n"
	    ".Xr mayfly-login 8 .\nNo shell sees this line." },
	[SETTING_TOKEN_SCOPE] = { "token-scope", TYPE_TEXT, "", NULL,
	    "The scope that a token needs, which a client is told whose token was refused." },
	[SETTING_TOKEN_USER] = { "token-user", TYPE_TEXT, "mayfly-token", NULL,
	    "The user, by name, that\n.Ic token-program\nruns as. Not root; best one that owns nothing." },
	[SETTING_TRUSTED] = { "trusted", TYPE_NETWORKS, "", NULL,
	    "Clients, such as webmail and other proxies, whose ID command is believed when "
	    "it names their own client with\n.Li x-originating-ip .\n"
	    "Behind a PROXY header it is the client that the header names." },
	[SETTING_USERS] = { "users", TYPE_PATH, "none", NULL,
	    "A file of users that\n.Xr mayfly-passwd 8\nkeeps." },
};

static bool
read_ms(const char *text, int64_t *out)
{
	static const struct { const char *unit; int64_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "", 1000 },
	};
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	/* A day is longer than all that is timed here, and a product stays far from overflow. */
	if (!ascii_number(text, digits, 86400000, &number))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (ascii_casecmp(text + digits, units[i].unit) == 0) {
			*out = (int64_t)number * units[i].ms;
			return *out <= 86400000;
		}
	}
	return false;
}

static bool
read_size(const char *text, int64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	uint64_t number;
	int shift;

	if (!ascii_number(text, digits, (uint64_t)1 << 50, &number))
		return false;
	if (*unit == '\0')
		shift = 0;
	else if (ascii_casecmp(unit, "k") == 0)
		shift = 10;
	else if (ascii_casecmp(unit, "m") == 0)
		shift = 20;
	else if (ascii_casecmp(unit, "g") == 0)
		shift = 30;
	else
		return false;
	if (number > (uint64_t)INT64_MAX >> shift)
		return false;
	*out = (int64_t)(number << shift);
	return true;
}

static bool
read_choice(const char *choices, const char *text, int64_t *out)
{
	int64_t which = 0;

	for (const char *at = choices; *at != '\0'; which++) {
		size_t len = strcspn(at, " ");

		if (ascii_is(at, len, text)) {
			*out = which;
			return true;
		}
		at += len;
		at += strspn(at, " ");
	}
	return false;
}

static bool
read_networks(const char *text, struct setting_value *value, struct err *err)
{
	size_t room = 0;

	for (;;) {
		size_t len;

		text += strspn(text, " \t,");
		len = strcspn(text, " \t,");
		if (len == 0)
			return true;
		if (value->network_count == NETWORKS_MAX) {
			err_detail(err, "more than %d addresses", NETWORKS_MAX);
			return false;
		}
		value->networks = mem_grow(value->networks, &room, value->network_count + 1,
		    sizeof value->networks[0]);
		if (!network_range_parse(text, len, &value->networks[value->network_count])) {
			err_detail(err, "\"%.*s\" is no address, address/bits or \"local\"",
			    (int)(len > 80 ? 80 : len), text);
			return false;
		}
		value->network_count++;
		text += len;
	}
}

static void
value_fini(struct setting_value *value)
{
	free(value->text);
	free(value->networks);
	memset(value, 0, sizeof *value);
}

/* Read the text as the row's type wants it. The value is filled only when it is right. */
static int
value_read(const struct setting_row *row, const char *text, struct setting_value *out,
    struct err *err)
{
	struct setting_value value = { 0 };
	const char *wants = NULL;

	switch (row->type) {
	case TYPE_BOOL:
		if (!read_choice("no yes", text, &value.number))
			wants = "yes or no";
		break;
	case TYPE_CHOICE:
		if (!read_choice(row->choices, text, &value.number))
			wants = row->choices;
		break;
	case TYPE_MS:
		if (!read_ms(text, &value.number))
			wants = "a time like 500ms, 2s or 3m";
		break;
	case TYPE_NUMBER: {
		uint64_t number;

		if (ascii_number(text, strlen(text), INT32_MAX, &number))
			value.number = (int64_t)number;
		else
			wants = "a number";
		break;
	}
	case TYPE_SIZE:
		if (!read_size(text, &value.number))
			wants = "a size like 64M or 2G";
		break;
	case TYPE_PATH:
		if (strcmp(text, "none") == 0)
			text = "";
		else if (text[0] != '/')
			wants = "an absolute path or none";
		break;
	case TYPE_NETWORKS:
		if (!read_networks(text, &value, err)) {
			value_fini(&value);
			return -1;
		}
		break;
	case TYPE_TEXT:
		break;
	}
	if (wants != NULL)
		return err_detail(err, "%s wants %s, not \"%.100s\"", row->name, wants, text);
	value.text = mem_strdup(text);
	value_fini(out);
	*out = value;
	return 0;
}

void
settings_init(struct settings *s)
{
	memset(s, 0, sizeof *s);
	for (int i = 0; i < SETTING_COUNT; i++) {
		struct err err;

		/* The table's own texts are right; a test reads each of them. */
		if (value_read(&settings_table[i], settings_table[i].preset, &s->values[i], &err) < 0)
			abort();
	}
}

void
settings_fini(struct settings *s)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		value_fini(&s->values[i]);
}

static int
find(const char *name, size_t len)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		if (strlen(settings_table[i].name) == len
		    && memcmp(settings_table[i].name, name, len) == 0)
			return i;
	return -1;
}

int
settings_set(struct settings *s, const char *name, size_t name_len, const char *value,
    struct err *err)
{
	int which = find(name, name_len);
	const struct setting_row *row = &settings_table[which < 0 ? 0 : which];

	err_set(err, ERR_WORLD, "Bad configuration");
	if (which < 0)
		return err_detail(err, "there is no setting \"%.*s\"",
		    (int)(name_len > 80 ? 80 : name_len), name);
	if (value == NULL) {
		if (row->type != TYPE_BOOL
		    && (row->type != TYPE_CHOICE || strstr(row->choices, "yes") == NULL))
			return err_detail(err, "%s needs a value", row->name);
		value = "yes";
	}
	return value_read(row, value, &s->values[which], err);
}

int
settings_option(struct settings *s, const char *word, struct err *err)
{
	const char *name, *equals;
	size_t len;

	if (strncmp(word, "--", 2) != 0)
		return 0;
	name = word + 2;
	equals = strchr(name, '=');
	len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	if (find(name, len) < 0)
		return 0;
	if (settings_set(s, name, len, equals != NULL ? equals + 1 : NULL, err) < 0)
		return -1;
	s->values[find(name, len)].from_options = true;
	return 1;
}

/* One line without its end: nothing, a comment, or "name = value". */
static int
read_line(struct settings *s, char *text, unsigned line, struct err *err)
{
	char *end = text + strlen(text), *value;
	size_t name_len;
	int which;

	text += strspn(text, " \t");
	while (end > text && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		*--end = '\0';
	if (*text == '\0' || *text == '#')
		return 0;
	err_set(err, ERR_WORLD, "Bad configuration");
	value = strchr(text, '=');
	if (value == NULL)
		return err_detail(err, "this is not \"name = value\": \"%.80s\"", text);
	name_len = (size_t)(value - text);
	while (name_len > 0 && (text[name_len - 1] == ' ' || text[name_len - 1] == '\t'))
		name_len--;
	value++;
	value += strspn(value, " \t");
	which = find(text, name_len);
	if (which >= 0 && s->values[which].line != 0)
		return err_detail(err, "%s was set before, in line %u",
		    settings_table[which].name, s->values[which].line);
	if (which >= 0 && s->values[which].from_options) {
		struct setting_value ignored = { 0 };
		int result = value_read(&settings_table[which], value, &ignored, err);

		value_fini(&ignored);
		return result;
	}
	if (settings_set(s, text, name_len, value, err) < 0)
		return -1;
	s->values[which].line = line;
	return 0;
}

int
settings_read(struct settings *s, const char *path,
    void (*reporter)(void *ctx, const char *path, unsigned line, const char *what),
    void *ctx, struct err *err)
{
	struct buf file = BUF_INIT;
	int wrong = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	unsigned line = 0;

	if (fd < 0)
		return err_errno(err, "open", path);
	if (io_read_file(fd, &file, FILE_MAX) < 0) {
		wrong = err_errno(err, "read", path);
		goto out;
	}
	for (char *at = file.data, *end = file.data + file.len; at < end;) {
		char *lf = memchr(at, '\n', (size_t)(end - at));
		struct err mistake;

		if (lf == NULL)
			lf = end;
		*lf = '\0';
		line++;
		if (strlen(at) != (size_t)(lf - at)) {
			reporter(ctx, path, line, "there is a NUL in this line");
			wrong++;
		} else if (read_line(s, at, line, &mistake) < 0) {
			reporter(ctx, path, line, mistake.detail);
			wrong++;
		}
		at = lf + 1;
	}
out:
	buf_fini(&file);
	io_close(&fd);
	return wrong;
}

const char *
settings_text(const struct settings *s, enum setting which)
{
	return s->values[which].text;
}

int64_t
settings_number(const struct settings *s, enum setting which)
{
	return s->values[which].number;
}

bool
settings_bool(const struct settings *s, enum setting which)
{
	return s->values[which].number != 0;
}

bool
settings_network(const struct settings *s, enum setting which,
    const struct network_address *address)
{
	const struct setting_value *value = &s->values[which];

	for (size_t i = 0; i < value->network_count; i++)
		if (network_in(&value->networks[i], address))
			return true;
	return false;
}

/* What stands behind the name of a setting in the page. */
static void
print_type(FILE *to, const struct setting_row *row)
{
	static const char *const args[] = {
		[TYPE_BOOL] = " Cm yes | no", [TYPE_MS] = " Ar time",
		[TYPE_NETWORKS] = " Ar networks", [TYPE_NUMBER] = " Ar number",
		[TYPE_PATH] = " Ar path | Cm none", [TYPE_SIZE] = " Ar size",
		[TYPE_TEXT] = " Ar text",
	};

	fprintf(to, ".It Ic %s No =", row->name);
	if (row->type == TYPE_CHOICE) {
		for (const char *at = row->choices; *at != '\0';) {
			size_t len = strcspn(at, " ");

			fprintf(to, "%s %.*s", at == row->choices ? " Cm" : " |", (int)len, at);
			at += len;
			at += strspn(at, " ");
		}
	} else {
		fputs(args[row->type], to);
	}
	fputc('\n', to);
}

/* A line for each sentence, and none longer than mdoc(7) likes. */
static void
print_sentence(FILE *to, const char *text)
{
	enum { WIDTH = 76 };
	size_t column = 0;

	for (; *text != '\0'; text++) {
		bool ends = column > 0 && (text[-1] == '.' || text[-1] == ':');

		if (*text == '\n' || (*text == ' '
		    && (ends || column + strcspn(text + 1, " \n") >= WIDTH))) {
			fputc('\n', to);
			column = 0;
		} else {
			fputc(*text, to);
			column++;
		}
	}
	fputc('\n', to);
}

void
settings_print_page(FILE *to)
{
	for (int i = 0; i < SETTING_COUNT; i++) {
		const struct setting_row *row = &settings_table[i];

		print_type(to, row);
		print_sentence(to, row->sentence);
		if (row->preset[0] == '\0')
			fputs("Not set by default.\n", to);
		else
			fprintf(to, "Default:\n.Cm %s .\n", row->preset);
	}
}
