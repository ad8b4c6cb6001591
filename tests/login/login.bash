# What the tests of the login program share: a place with a file of users, a
# server on a free port of the loopback, and what a client said and heard.

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "root is needed: a talker must become another user"
}

need() {	# need PROGRAM PACKAGE
	command -v "$1" >/dev/null || skip "$1 is not here (Debian: $2)"
}

# Was it built with --enable-sanitizers? Then there are no filters and no bound of memory.
sanitized() {
	readelf -d "$MAYFLY_BUILD/mayfly-login" | grep -q 'NEEDED.*asan'
}

# A place that other users can enter, with two virtual users (password: secret).
login_setup() {
	T=$(mktemp -d /tmp/mayfly-login.XXXXXX)
	chmod 755 "$T"
	mkdir "$T/empty"; chmod 555 "$T/empty"
	cp "$MAYFLY_BUILD/tests/login/stand_in" "$MAYFLY_BUILD/mayfly-login" "$T"
	chmod 755 "$T/stand_in" "$T/mayfly-login"
	LOGIN=$T/mayfly-login
	PASSWD=$MAYFLY_BUILD/mayfly-passwd
	: >"$T/log"
	chmod 644 "$T/log"
	PIDS=
	# a process that is not dumpable cannot look for its own leaks
	export ASAN_OPTIONS=detect_leaks=0
	local ids=
	for name in alice:61001 bob:61002; do
		mkdir -p "$T/${name%:*}/Maildir/cur" "$T/${name%:*}/Maildir/new" "$T/${name%:*}/Maildir/tmp"
		if [ "$(id -u)" -eq 0 ]; then
			chown -R "${name#*:}:${name#*:}" "$T/${name%:*}"
			ids="--uid=${name#*:} --gid=${name#*:}"
		fi
		echo secret | "$PASSWD" --file="$T/users" --method=sha512 --cost=1000 \
			add "${name%:*}" $ids --home="$T/${name%:*}"
	done
	OPTIONS=(--users="$T/users" --talker-root="$T/empty" --talker-user=61000
		--session="$T/stand_in" --failure-delay=10ms --login-timeout=20s)
}

# mayfly-imap itself in the place of the stand-in, where those users reach it: $T/mayfly-imap.
take_session() {
	cp "$MAYFLY_BUILD/mayfly-imap" "$MAYFLY_BUILD/mayfly-message.so" "$T"
}

login_teardown() {
	local pid
	for pid in $PIDS; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		echo "--- log"; cat "$T/log"
		echo "--- heard"; cat "$T/heard" 2>/dev/null
	fi
	rm -rf "$T"
}

# A connection by a pipe, as from a local program: say_local 'SCRIPT' [option ...].
# What was heard is in $heard and $T/heard, the exit status in $rc.
say_local() {
	local script=$1; shift
	rc=0
	printf "$script" | timeout 30 "$LOGIN" "${OPTIONS[@]}" "$@" >"$T/heard" 2>>"$T/log" 3>&- || rc=$?
	heard=$(tr -d '\r' <"$T/heard")
}

# Mounts that nobody else sees; a plain chroot, or a container without the right, has none.
own_mounts() {
	unshare -m mount --make-rprivate / 2>/dev/null || skip "no mounts of our own can be made here"
}

free_port() {
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die;
		print $s->sockport'
}

# Wait until somebody listens on the port: tried until it answers, at most 10 s.
wait_port() {
	perl -MIO::Socket::INET -e '
		for (1..500) {
			exit 0 if IO::Socket::INET->new(PeerAddr => $ARGV[1] // "127.0.0.1", PeerPort => $ARGV[0]);
			select undef, undef, undef, 0.02;
		}
		exit 1' "$@"
}

# Wait until a command is true: tried at most 10 s.
wait_until() {
	local i
	for i in $(seq 500); do
		"$@" && return 0
		read -rt 0.02 <> <(:) || true
	done
	return 1
}

# Start a server in the background, away from bats' descriptors.
start() {
	"$@" >>"$T/server" 2>>"$T/log" 3>&- 4>&- &
	PIDS="$! $PIDS"
	STARTED=$!
}

start_tcpserver() {	# [option of mayfly-login ...]; the port is in $PORT
	PORT=$(free_port)
	start tcpserver -HRl0 -c 50 127.0.0.1 "$PORT" "$LOGIN" "${OPTIONS[@]}" "$@"
	wait_port "$PORT"
}

# Speak with a port: say PORT 'SCRIPT'. The script should end in LOGOUT.
say() {
	local port=$1 script=$2
	rc=0
	printf "$script" | timeout 30 socat -t 20 - "TCP4:127.0.0.1:$port" >"$T/heard" || rc=$?
	heard=$(tr -d '\r' <"$T/heard")
}

# A command that must fail (a bare "!" would be passed over).
refute() {
	if "$@"; then
		echo "this should have failed: $*"
		return 1
	fi
}

has() {
	[[ $heard == *"$1"* ]] || { echo "not heard: $1"; echo "heard: $heard"; return 1; }
}

hasnt() {
	[[ $heard != *"$1"* ]] || { echo "heard, but should not: $1"; echo "heard: $heard"; return 1; }
}

logged() {
	wait_until grep -qF -- "$1" "$T/log" || { echo "not logged: $1"; return 1; }
}
