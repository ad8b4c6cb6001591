/*
 * mayfly-admin: look after one user's mail while sessions are open. Runs as the
 * user; root names the user with --user and stops being root before any file of
 * the user is looked at.
 */
#include <errno.h>
#include <getopt.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "admin/admin.h"
#include "mail/module.h"
#include "store/quota.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"

static volatile sig_atomic_t stop;

static void
on_stop(int sig)
{
	(void)sig;
	stop = 1;
}

static const char help[] =
	"usage: mayfly-admin [options] VERB [MAILBOX...]\n"
	"\n"
	"  check [--repair]        read everything, say what is wrong, mend it\n"
	"  import [--dry-run]      take over what another server left (sessions do so by themselves)\n"
	"  import --again          take it over anew\n"
	"  export --to=dovecot|courier   write the files by which that server gives the same UIDs\n"
	"  stat [--json]           messages, unseen, sizes, UIDs, state of the index\n"
	"  dump [--what=uidlist|index|cache]   our files as text\n"
	"  index                   read all messages, so that clients need not wait for it\n"
	"  expire --older-than=DAYS [--seen] [--deleted] [--flagged] [--dry-run] MAILBOX...\n"
	"  merge [--dry-run] MAILDIR   put back what a restored Maildir has and this one has not\n"
	"  quota [recount]         what is in use; count it anew\n"
	"\n"
	"  --maildir=DIR           the mail (default: ~/Maildir)\n"
	"  --user=NAME             for root: be this user\n"
	"  --layout=maildir++|fs   how folders lie on disk\n"
	"  --dovecot-control=DIR   where Dovecot kept its uidlists, if not with the mail\n"
	"  --quota=SIZE[,MESSAGES] the limit, if maildirsize does not tell it\n"
	"  --no-fsync              do not wait for the disk\n"
	"  --lock=auto|dot         as for mayfly-imap\n"
	"  --help, --version\n";

static const struct {
	const char *name;
	int (*run)(struct admin *a);
} verbs[] = {
	{ "check", admin_check },
	{ "dump", admin_dump },
	{ "expire", admin_expire },
	{ "export", admin_export },
	{ "import", admin_import },
	{ "index", admin_index },
	{ "merge", admin_merge },
	{ "quota", admin_quota },
	{ "stat", admin_stat },
};

enum { OPT_AGAIN = 256, OPT_CONTROL, OPT_DELETED, OPT_DRY, OPT_FLAGGED, OPT_HELP, OPT_JSON, OPT_LAYOUT,
	OPT_LOCK, OPT_MAILDIR, OPT_MODULE, OPT_NO_FSYNC, OPT_OLDER, OPT_QUOTA, OPT_REPAIR, OPT_SEEN, OPT_TO, OPT_USER,
	OPT_VERSION, OPT_WHAT };

static const struct option long_options[] = {
	{ "again", no_argument, NULL, OPT_AGAIN },
	{ "deleted", no_argument, NULL, OPT_DELETED },
	{ "dovecot-control", required_argument, NULL, OPT_CONTROL },
	{ "dry-run", no_argument, NULL, OPT_DRY },
	{ "flagged", no_argument, NULL, OPT_FLAGGED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "layout", required_argument, NULL, OPT_LAYOUT },
	{ "lock", required_argument, NULL, OPT_LOCK },
	{ "maildir", required_argument, NULL, OPT_MAILDIR },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "no-fsync", no_argument, NULL, OPT_NO_FSYNC },
	{ "older-than", required_argument, NULL, OPT_OLDER },
	{ "quota", required_argument, NULL, OPT_QUOTA },
	{ "repair", no_argument, NULL, OPT_REPAIR },
	{ "seen", no_argument, NULL, OPT_SEEN },
	{ "to", required_argument, NULL, OPT_TO },
	{ "user", required_argument, NULL, OPT_USER },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "what", required_argument, NULL, OPT_WHAT },
	{ NULL, 0, NULL, 0 },
};

struct program {
	struct admin admin;
	const char *maildir, *user, *control;
	enum layout layout;
	uint64_t quota_bytes, quota_messages;
	bool no_fsync;
	enum lock_kind lock_kind;
};

static _Noreturn void
die_usage(const char *what, const char *value)
{
	fprintf(stderr, "mayfly-admin: %s%s%s; see mayfly-admin --help\n", what, *value ? ": " : "", value);
	exit(ADMIN_USAGE);
}

static void
read_number_of_days(struct admin *a, const char *text)
{
	uint64_t days;

	if (!ascii_number(text, strlen(text), 100000, &days))
		die_usage("bad number of days", text);
	a->older_than_s = (int64_t)days * 86400;
}

static void
read_options(int argc, char **argv, struct program *p)
{
	struct admin *a = &p->admin;
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_AGAIN: a->again = true; break;
		case OPT_CONTROL: p->control = optarg; break;
		case OPT_DELETED: a->only_deleted = true; break;
		case OPT_DRY: a->dry_run = true; break;
		case OPT_FLAGGED: a->also_flagged = true; break;
		case OPT_HELP: fputs(help, stdout); exit(0);
		case OPT_JSON: a->json = true; break;
		case OPT_LAYOUT:
			if (strcmp(optarg, "fs") == 0)
				p->layout = LAYOUT_FS;
			else if (strcmp(optarg, "maildir++") != 0)
				die_usage("bad layout", optarg);
			break;
		case OPT_LOCK:
			if (strcmp(optarg, "dot") == 0)
				p->lock_kind = LOCK_DOT;
			else if (strcmp(optarg, "auto") != 0)
				die_usage("bad kind of lock", optarg);
			break;
		case OPT_MAILDIR: p->maildir = optarg; break;
		case OPT_MODULE: module_path(optarg); break;
		case OPT_NO_FSYNC: p->no_fsync = true; break;
		case OPT_OLDER: read_number_of_days(a, optarg); break;
		case OPT_QUOTA:
			if (!quota_parse(optarg, &p->quota_bytes, &p->quota_messages))
				die_usage("bad quota", optarg);
			break;
		case OPT_REPAIR: a->repair = true; break;
		case OPT_SEEN: a->only_seen = true; break;
		case OPT_TO: a->to = optarg; break;
		case OPT_USER: p->user = optarg; break;
		case OPT_VERSION: puts(PACKAGE_STRING); exit(0);
		case OPT_WHAT:
			if (strcmp(optarg, "uidlist") != 0 && strcmp(optarg, "index") != 0
			    && strcmp(optarg, "cache") != 0)
				die_usage("dump knows uidlist, index and cache, not", optarg);
			a->what = optarg;
			break;
		default: exit(ADMIN_USAGE);
		}
	}
}

/* Become the user for good, and prove that there is no way back. */
static void
become(const struct passwd *pw)
{
	if (setgid(pw->pw_gid) < 0 || initgroups(pw->pw_name, pw->pw_gid) < 0
	    || setuid(pw->pw_uid) < 0) {
		fprintf(stderr, "mayfly-admin: cannot become %s: %s\n", pw->pw_name, strerror(errno));
		exit(ADMIN_REFUSED);
	}
	if (getuid() != pw->pw_uid || geteuid() != pw->pw_uid || getgid() != pw->pw_gid
	    || setuid(0) == 0 || seteuid(0) == 0) {
		fputs("mayfly-admin: root's rights can be had back; nothing is done with them\n", stderr);
		exit(ADMIN_REFUSED);
	}
}

/* Whose mail it is; returns the default path when none was given. */
static void
settle_user(struct program *p, struct buf *home)
{
	const char *dir = getenv("HOME");

	if (p->user != NULL) {
		struct passwd *pw = getpwnam(p->user);

		if (pw == NULL)
			die_usage("there is no user", p->user);
		if (pw->pw_uid == 0)
			die_usage("root has no mail here", "");
		if (geteuid() == 0)
			become(pw);
		else if (pw->pw_uid != geteuid())
			die_usage("only root can be another user", p->user);
		dir = pw->pw_dir;
		if (p->maildir == NULL) {
			buf_addf(home, "%s/Maildir", dir);
			p->maildir = home->data;
		}
	}
	if (geteuid() == 0) {
		fputs("mayfly-admin: nothing is done as root; name the user with --user\n", stderr);
		exit(ADMIN_REFUSED);
	}
	if (p->maildir != NULL)
		return;
	if (dir == NULL || *dir == '\0')
		die_usage("HOME is not set, and no --maildir was given", "");
	buf_addf(home, "%s/Maildir", dir);
	p->maildir = home->data;
}

static int
run(struct program *p, int verb)
{
	struct admin *a = &p->admin;
	/* The second signal ends the program at once, as kill -9 may at any time. */
	struct sigaction action = { .sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct err err;
	int status;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGXFSZ, &ignore, NULL);	/* a write that a limit of the shell ends says so itself */
	a->stop = &stop;
	if (account_open(&a->account, p->maildir, p->layout, false, &err) < 0) {
		admin_say_err(p->maildir, &err);
		return ADMIN_FAILED;
	}
	a->account.sync = !p->no_fsync;
	if (p->lock_kind != LOCK_UNTRIED)
		a->account.lock_kind = p->lock_kind;
	a->account.control = p->control;
	a->account.quota_bytes = p->quota_bytes;
	a->account.quota_messages = p->quota_messages;
	status = verbs[verb].run(a);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "mayfly-admin: cannot write the answer: %s\n", strerror(errno));
		status = ADMIN_FAILED;
	}
	if (status == ADMIN_STOPPED)
		fputs("mayfly-admin: stopped; what was done is whole\n", stderr);
	account_close(&a->account);
	for (size_t i = 0; i < sizeof a->plain / sizeof a->plain[0]; i++)
		buf_fini(&a->plain[i]);
	return status;
}

int
main(int argc, char **argv)
{
	struct program p = { .admin = { .older_than_s = -1 } };
	struct buf home = BUF_INIT;
	int verb = -1, status;

	read_options(argc, argv, &p);
	if (optind == argc)
		die_usage("no verb", "");
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[optind], verbs[i].name) == 0)
			verb = (int)i;
	if (verb < 0)
		die_usage("there is no verb", argv[optind]);
	optind++;
	if (verbs[verb].run == admin_merge && optind < argc)
		p.admin.from = argv[optind++];
	p.admin.mailboxes = argv + optind;
	p.admin.mailbox_count = (size_t)(argc - optind);
	log_open("mayfly-admin", LOG_TO_STDERR);
	log_threshold(LOG_LEVEL_WARNING);
	umask(077);
	settle_user(&p, &home);
	status = run(&p, verb);
	buf_fini(&home);
	return status;
}
