/*
 * mayfly-imap: serve one user's Maildir on stdin and stdout until LOGOUT. Started
 * by hand, over ssh or by a tunnel it greets with PREAUTH: whoever can start it
 * is the user. On a network socket that would let anybody in, so there it asks
 * for --trust-socket.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/table.h"
#include "handoff.h"
#include "mail/module.h"
#include "cmd/cmd.h"
#include "session/session.h"
#include "store/quota.h"
#include "util/ascii.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log.h"

enum {
	EXIT_USAGE = 64,	/* EX_USAGE: super-servers log it and do not try again */
	EXIT_REFUSED = 77,	/* EX_NOPERM */
	IDLE_NOTIFY_S = 120,	/* below the 5 minutes after which some clients give up */
};

static volatile int stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static const char help[] =
	"usage: mayfly-imap [options] [MAILDIR]\n"
	"Serve MAILDIR (default: ~/Maildir) over IMAP on standard input and output.\n"
	"\n"
	"  --layout=maildir++|fs   how folders lie on disk (default: maildir++)\n"
	"  --separator=/|.         between the parts of a mailbox name (default: /)\n"
	"  --prefix=TEXT           before every mailbox name but INBOX, such as INBOX.\n"
	"  --dovecot-control=DIR   where Dovecot kept its uidlists, if not with the mail\n"
	"  --share-keywords        give new keywords letters in dovecot-keywords\n"
	"  --idle-notify=SECONDS   a line in IDLE that often, 0 for none (default: 120)\n"
	"  --quota=SIZE[,MESSAGES] how much mail there may be, such as 2G,100000\n"
	"  --id=NAME=VALUE,...     what ID tells clients (default: name=mayfly)\n"
	"  --read-only             change nothing, not even what is seen\n"
	"  --no-fsync              do not wait for the disk (mail can be lost)\n"
	"  --lock=auto|dot         dot: for hosts that share the mail and do not see each other's locks\n"
	"  --handoff=FD            the session of mayfly-login, with its record on that descriptor\n"
	"  --no-sandbox            keep all rights of the user, not only those for the mail\n"
	"  --trust-socket          serve without login also on a network socket\n"
	"  --help, --version\n";

enum { OPT_LAYOUT = 256, OPT_SEPARATOR, OPT_PREFIX, OPT_IDLE, OPT_NO_FSYNC, OPT_TRUST, OPT_HELP,
	OPT_VERSION, OPT_MODULE, OPT_QUOTA, OPT_ID, OPT_HANDOFF, OPT_NO_SANDBOX, OPT_CONTROL, OPT_SHARE,
	OPT_READ_ONLY, OPT_LOCK };

static const struct option long_options[] = {
	{ "layout", required_argument, NULL, OPT_LAYOUT },
	{ "separator", required_argument, NULL, OPT_SEPARATOR },
	{ "prefix", required_argument, NULL, OPT_PREFIX },
	{ "dovecot-control", required_argument, NULL, OPT_CONTROL },
	{ "share-keywords", no_argument, NULL, OPT_SHARE },
	{ "idle-notify", required_argument, NULL, OPT_IDLE },
	{ "read-only", no_argument, NULL, OPT_READ_ONLY },
	{ "no-fsync", no_argument, NULL, OPT_NO_FSYNC },
	{ "lock", required_argument, NULL, OPT_LOCK },
	{ "trust-socket", no_argument, NULL, OPT_TRUST },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "handoff", required_argument, NULL, OPT_HANDOFF },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "quota", required_argument, NULL, OPT_QUOTA },
	{ "id", required_argument, NULL, OPT_ID },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static _Noreturn void
die_usage(const char *what, const char *value)
{
	fprintf(stderr, "mayfly-imap: bad %s '%s'; see mayfly-imap --help\n", what, value);
	exit(EXIT_USAGE);
}

struct program {
	struct session_options session;
	bool trust_socket;
	int handoff_fd;		/* -1: started by hand */
	struct handoff handoff;
	char address[NETWORK_TEXT];
};

static void
read_options(int argc, char **argv, struct program *program)
{
	struct session_options *o = &program->session;
	uint64_t seconds, number;
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (opt) {
		case OPT_LAYOUT:
			if (strcmp(optarg, "fs") == 0)
				o->layout = LAYOUT_FS;
			else if (strcmp(optarg, "maildir++") != 0)
				die_usage("layout", optarg);
			break;
		case OPT_SEPARATOR:
			if (strcmp(optarg, "/") != 0 && strcmp(optarg, ".") != 0)
				die_usage("separator", optarg);
			o->separator = *optarg;
			break;
		case OPT_PREFIX:
			o->prefix = optarg;
			break;
		case OPT_IDLE:
			if (!ascii_number(optarg, strlen(optarg), 86400, &seconds))
				die_usage("number of seconds", optarg);
			o->idle_notify_s = (int)seconds;
			break;
		case OPT_CONTROL:
			o->control = optarg;
			break;
		case OPT_SHARE:
			o->share_letters = true;
			break;
		case OPT_READ_ONLY:
			o->read_only = true;
			break;
		case OPT_LOCK:
			if (strcmp(optarg, "dot") == 0)
				o->lock_kind = LOCK_DOT;
			else if (strcmp(optarg, "auto") != 0)
				die_usage("kind of lock", optarg);
			break;
		case OPT_NO_FSYNC:
			o->sync = false;
			break;
		case OPT_TRUST:
			program->trust_socket = true;
			break;
		case OPT_HANDOFF:
			if (!ascii_number(optarg, strlen(optarg), 1023, &number))
				die_usage("descriptor", optarg);
			program->handoff_fd = (int)number;
			break;
		case OPT_NO_SANDBOX:
			o->sandbox = false;
			break;
		case OPT_MODULE:
			o->module = optarg;
			module_path(optarg);
			break;
		case OPT_QUOTA:
			if (!quota_parse(optarg, &o->quota_bytes, &o->quota_messages))
				die_usage("quota", optarg);
			break;
		case OPT_ID:
			if (!id_is_answerable(optarg))
				die_usage("ID", optarg);
			o->id = optarg;
			break;
		case OPT_HELP:
			fputs(help, stdout);
			exit(0);
		case OPT_VERSION:
			puts(PACKAGE_STRING);
			exit(0);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		o->maildir = argv[optind++];
	if (optind < argc)
		die_usage("argument", argv[optind]);
	if (o->prefix[0] != '\0' && o->prefix[strlen(o->prefix) - 1] != o->separator)
		die_usage("prefix (it must end in the separator)", o->prefix);
}

/* A socket of the internet families: whoever is behind it has shown no password. */
static bool
is_network_socket(int fd)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof name;

	if (getsockname(fd, (struct sockaddr *)&name, &len) < 0)
		return false;
	return name.ss_family == AF_INET || name.ss_family == AF_INET6;
}

static void
set_signals(void)
{
	struct sigaction term = { .sa_handler = on_term };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t mask;

	/* SIGTERM gets through only where the session waits: a command is finished or not begun. */
	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	/* A file may not grow further: the write says so, and the client hears NO. */
	sigaction(SIGXFSZ, &ignore, NULL);
}

/* What mayfly-login found out becomes this session's. False: it is not whole. */
static bool
take_handoff(struct program *program)
{
	struct session_options *o = &program->session;
	struct handoff *h = &program->handoff;
	struct err err;

	/* Who logged in is never root: mayfly-login refuses such accounts, and so would a bug end here. */
	if (geteuid() == 0 || getuid() == 0) {
		log_line(LOG_LEVEL_ERROR, "a login was handed over with the rights of root");
		return false;
	}
	if (handoff_receive(h, program->handoff_fd, &err) < 0) {
		log_err(&err);
		return false;
	}
	log_open("mayfly-imap", h->log == HANDOFF_LOG_SYSLOG ? LOG_TO_SYSLOG : LOG_TO_STDERR);
	o->user = buf_str(&h->user);
	o->maildir = buf_str(&h->maildir);
	o->tag = buf_str(&h->tag);
	o->unread = buf_str(&h->unread);
	o->unread_len = h->unread.len;
	if (h->client.family != 0)
		o->address = network_format(&h->client, program->address);
	return true;
}

int
main(int argc, char **argv)
{
	static struct program program = { .session = { .separator = '/', .prefix = "", .sync = true,
		.sandbox = true, .idle_notify_s = IDLE_NOTIFY_S, .stop = &stop }, .handoff_fd = -1 };
	struct buf home = BUF_INIT;
	int result;

	read_options(argc, argv, &program);
	log_open("mayfly-imap", LOG_TO_STDERR);
	if (program.handoff_fd >= 0) {
		if (!take_handoff(&program))
			return EXIT_REFUSED;
	} else if (!is_network_socket(STDIN_FILENO) && !is_network_socket(STDOUT_FILENO)) {
		/* a pipe, a terminal, a socket of this machine's own kind: whoever holds it is the user */
	} else if (program.trust_socket) {
		program.session.wary = true;
	} else {
		static const char bye[] = "* BYE mayfly-imap does not serve a network socket without login\r\n";

		log_line(LOG_LEVEL_ERROR, "refusing to greet PREAUTH on a network socket; "
		    "start mayfly-login there, or give --trust-socket");
		if (write(STDOUT_FILENO, bye, sizeof bye - 1) < 0)
			return EXIT_REFUSED;
		return EXIT_REFUSED;
	}
	if (program.session.maildir == NULL) {
		const char *dir = getenv("HOME");

		if (dir == NULL || *dir == '\0')
			die_usage("environment: HOME is not set, and no MAILDIR was given", "");
		buf_addf(&home, "%s/Maildir", dir);
		program.session.maildir = home.data;
	}
	program.session.commands = command_table;
	program.session.capabilities = command_capabilities();
	umask(077);
	set_signals();
	result = session_run(&program.session, STDIN_FILENO, STDOUT_FILENO);
	buf_fini(&home);
	handoff_fini(&program.handoff);
	return result;
}
