# What the drill tests share: the programs, servers that end with the test, and
# small fake servers for a tunnel. Sourced by every file here.

drill=$MAYFLY_BUILD/imapdrill
report=$MAYFLY_BUILD/imapdrill-report
contrib=$MAYFLY_SRC/contrib/drill

# A script from the standard input: "script NAME <<E ... E"; then "$NAME" in the test's folder.
script() {
	cat >"$BATS_TEST_TMPDIR/$1"
}

# Run imapdrill in the test's folder, output and errors apart: $out, $err, $status.
run_drill() {
	status=0
	(cd "$BATS_TEST_TMPDIR" && exec "$drill" "$@") >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- 4>&- || status=$?
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
}

# On failure bats shows what a test has printed: call this before what may fail.
show() {
	echo "status $status"; head -c 3000 "$out"; echo ...; tail -c 2000 "$out"; echo "-- errors"; head -c 3000 "$err"
}

# The log's lines of a kind, as "label text".
events() {
	awk -F '\t' -v kind="$1" '$6 == kind { print $4 " " $8 }' "$out"
}

# Fake servers for "tunnel sh FILE". They read lines and answer each tag; $1 is the body of the
# loop, with $tag and $rest set, and "say" to answer.
fake() {
	cat >"$BATS_TEST_TMPDIR/$1" <<'E'
say() { printf '%s\r\n' "$*"; }
cr=$(printf '\r')
each() {
	say '* OK fake server ready'
	while IFS= read -r line; do
		line=${line%"$cr"}; tag=${line%% *}; rest=${line#* }
		turn || return 0
	done
}
E
	cat >>"$BATS_TEST_TMPDIR/$1"
	echo each >>"$BATS_TEST_TMPDIR/$1"
}

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 10000))
		(exec 5<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# Wait until something listens; gives up when the process has gone.
wait_port() {
	local tries=0
	until (exec 5<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
		kill -0 "$2" 2>/dev/null || return 1
		tries=$((tries + 1))
		[ "$tries" -lt 3000 ] || return 1
		read -r -t 0.01 <> <(:) || :
	done
}

# Debian's Dovecot, our own instance: users anna and bert, password secret. Sets $dovecot_port,
# $dovecot_dir, $dovecot_pid; call dovecot_stop in teardown_file. DOVECOT_LIBEXEC names its
# programs where they are not installed (another server's package may stand in their way).
dovecot_start() {
	local libexec=${DOVECOT_LIBEXEC:-/usr/lib/dovecot}
	command -v dovecot >/dev/null && [ -x "$libexec/imap-login" ] || return 0
	dovecot_dir=$(mktemp -d /tmp/drill.XXXXXX) || return 1
	chmod 755 "$dovecot_dir"
	mkdir "$dovecot_dir/run" "$dovecot_dir/mail"
	printf 'anna:{PLAIN}secret\nbert:{PLAIN}secret\n' >"$dovecot_dir/passwd"
	local user=nobody group=nogroup more=
	if [ "$(id -u)" -ne 0 ]; then
		user=$(id -un) group=$(id -gn)
		more="default_internal_user = $user
default_internal_group = $group
default_login_user = $user
service anvil {
  chroot =
}
service imap-login {
  chroot =
}"
	else
		chown nobody:nogroup "$dovecot_dir/mail"
	fi
	local try
	for try in 1 2 3 4 5; do
		dovecot_port=$(free_port)
		cat >"$dovecot_dir/conf" <<E
base_dir = $dovecot_dir/run
state_dir = $dovecot_dir/state
log_path = $dovecot_dir/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 0
mail_location = maildir:$dovecot_dir/mail/%u
libexec_dir = $libexec
mail_plugin_dir = $libexec/modules
mail_plugins = zlib
mail_max_userip_connections = 1000
protocol imap {
  mail_plugins = zlib imap_zlib
}
namespace inbox {
  inbox = yes
  separator = /
}
passdb {
  driver = passwd-file
  args = scheme=plain $dovecot_dir/passwd
}
userdb {
  driver = static
  args = uid=$user gid=$group home=$dovecot_dir/mail/%u
}
service imap-login {
  process_min_avail = 1
  service_count = 0
  inet_listener imap {
    port = $dovecot_port
  }
  inet_listener imaps {
    port = 0
  }
}
$more
E
		dovecot -F -c "$dovecot_dir/conf" </dev/null >"$dovecot_dir/out" 2>&1 3>&- 4>&- &
		dovecot_pid=$!
		wait_port "$dovecot_port" "$dovecot_pid" && break
		dovecot_stop_process
	done
	export dovecot_dir dovecot_pid dovecot_port
	[ "$try" -lt 5 ] || { cat "$dovecot_dir/out" "$dovecot_dir/log" >&2; return 1; }
}

dovecot_stop_process() {
	kill "$dovecot_pid" 2>/dev/null || :
	wait "$dovecot_pid" 2>/dev/null || :
}

dovecot_stop() {
	[ -n "${dovecot_pid-}" ] || return 0
	dovecot_stop_process
	rm -rf "$dovecot_dir"
}

need_dovecot() {
	[ -n "${dovecot_port-}" ] || skip "Dovecot is not installed or did not start"
}

# Run wait-mail.drill against a server until it idles, deliver by another script, and look at what
# it prints: wait_mail SERVER USER
wait_mail() {
	script deliver <<-E
	$1
	login $2 secret
	require OK
	APPEND INBOX {"From: Zoe \\"Zo\\" Ypsilon <zoe@example.org>\r\nTo: bert@example.org\r\nSubject: hello there\r\n\r\nhi\r\n"}
	expect OK
	LOGOUT
	E
	mkfifo "$BATS_TEST_TMPDIR/log"
	(cd "$BATS_TEST_TMPDIR" && exec "$drill" -q -l log -D server="$1" -D user="$2" -D password=secret \
		"$contrib/wait-mail.drill" >waited 2>wait.err) 3>&- 4>&- & local pid=$! line
	exec 7<"$BATS_TEST_TMPDIR/log"
	# it has selected and idles
	while read -r -u 7 line; do case $line in *"	command	"*" IDLE") break ;; esac; done
	while read -r -u 7 line; do case $line in *"	continue	"*) break ;; esac; done
	cat <&7 >/dev/null & local cat=$!
	run_drill deliver; show
	[ "$status" -eq 0 ]
	status=0; wait "$pid" || status=$?
	exec 7<&-; wait "$cat" || :
	cat "$BATS_TEST_TMPDIR/waited" "$BATS_TEST_TMPDIR/wait.err"
	[ "$status" -eq 0 ]
	grep -qF ' zoe@example.org: "hello there"' "$BATS_TEST_TMPDIR/waited"
}

# mayfly's own session program for a Maildir, as a command of one line; started as nobody when the
# tests run as root, since it refuses root's mail.
mayfly_command() {
	local as=
	[ "$(id -u)" -ne 0 ] || as='setpriv --reuid=nobody --regid=nogroup --clear-groups'
	echo "exec $as $MAYFLY_BUILD/mayfly-imap --module=$MAYFLY_BUILD/mayfly-message.so $1"
}

# A folder that mayfly's user may write to: $mayfly_dir; mayfly_clean in teardown.
mayfly_start() {
	[ -x "$MAYFLY_BUILD/mayfly-imap" ] || skip "mayfly-imap is not built"
	mayfly_dir=$(mktemp -d /tmp/drill.XXXXXX)
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$mayfly_dir"
}

mayfly_clean() {
	[ -z "${mayfly_dir-}" ] || rm -rf "$mayfly_dir"
}
