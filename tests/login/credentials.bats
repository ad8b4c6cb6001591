#!/usr/bin/env bats
# Where passwords come from: the file of users and the program that keeps it,
# the system's accounts, programs with the checkpassword interface.

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

# Run a command with our own /etc/passwd, shadow and group: the machine's stay as they are.
with_accounts() {
	unshare -m bash -c '
		mount --make-rprivate /
		for file in passwd shadow group; do mount --bind "$0/$file" "/etc/$file"; done
		exec "$@"' "$T" "$@"
}

make_accounts() {
	own_mounts
	local hash=$(sed -n 's/^alice:\([^:]*\):.*/\1/p' "$T/users") today=$(($(date +%s) / 86400))
	cat /etc/passwd - >"$T/passwd" <<-END
		sally:x:61011:61011::$T/sally:/bin/sh
		locked:x:61012:61012::$T/sally:/bin/sh
		expired:x:61013:61013::$T/sally:/bin/sh
		oldpass:x:61014:61014::$T/sally:/bin/sh
		toor:x:0:0::/root:/bin/sh
	END
	cat /etc/shadow - >"$T/shadow" <<-END
		sally:$hash:$today:0:99999:7:::
		locked:!$hash:$today:0:99999:7:::
		expired:$hash:$today:0:99999:7::1:
		oldpass:$hash:$((today - 100)):0:30:7:10::
		toor:$hash:$today:0:99999:7:::
	END
	cat /etc/group - >"$T/group" <<-END
		sally:x:61011:
		readers:x:61020:sally
	END
	mkdir -p "$T/sally/Maildir/new" "$T/sally/Maildir/cur" "$T/sally/Maildir/tmp"
	chown -R 61011:61011 "$T/sally"
}

say_with_accounts() {
	local script=$1; shift
	rc=0
	printf "$script" | with_accounts timeout 30 "$LOGIN" "$@" >"$T/heard" 2>>"$T/log" 3>&- || rc=$?
	heard=$(tr -d '\r' <"$T/heard")
}

SYSTEM=()
system_options() {
	SYSTEM=(--system --talker-root="$T/empty" --talker-user=61000 --session="$T/stand_in"
		--failure-delay=10ms)
}

@test "an account of the system logs in with its groups and its home" {
	need_root
	make_accounts; system_options
	say_with_accounts 'a LOGIN sally secret\r\nb X-WHO\r\nc LOGOUT\r\n' "${SYSTEM[@]}"
	has "uid=61011/61011 gid=61011/61011 groups=61011,61020 user=sally home=$T/sally maildir=$T/sally/Maildir"
	logged 'via=system'
}

@test "locked, expired and unknown accounts and root hear the same words" {
	need_root
	make_accounts; system_options
	for name in locked expired oldpass toor nobody-at-all; do
		say_with_accounts "a LOGIN $name secret\r\nb LOGOUT\r\n" "${SYSTEM[@]}"
		has 'a NO [AUTHENTICATIONFAILED] The name or the password is wrong'
	done
	logged 'reason=locked user=locked method=command'
	logged 'reason=expired user=expired method=command'
	logged 'reason=root-account user=toor method=command'
	logged 'reason=unknown-user user=nobody-at-all method=command'
}

@test "several backends are asked in turn, and the first yes ends it" {
	need_root
	make_accounts; system_options
	say_with_accounts 'a LOGIN sally secret\r\nb LOGOUT\r\n' "${SYSTEM[@]}" --users="$T/users"
	has 'a OK'
	say_with_accounts 'a LOGIN alice secret\r\nb LOGOUT\r\n' "${SYSTEM[@]}" --users="$T/users"
	has 'a OK'
	logged 'event=login-ok addr=local via=users user=alice method=command'
	# the same name in both: each has its own password
	echo other | "$PASSWD" --file="$T/users" --method=sha512 --cost=1000 add sally \
		--uid=61002 --gid=61002 --home="$T/bob"
	say_with_accounts 'a LOGIN sally other\r\nb X-WHO\r\nc LOGOUT\r\n' "${SYSTEM[@]}" --users="$T/users"
	has 'uid=61002'
	say_with_accounts 'a LOGIN sally secret\r\nb X-WHO\r\nc LOGOUT\r\n' "${SYSTEM[@]}" --users="$T/users"
	has 'uid=61011'
}

@test "a real checkpassword program (checkpw) lets its user in" {
	need_root
	need checkpw checkpw
	make_accounts
	printf 'pw-of-checkpw' >"$T/sally/Maildir/.password"
	chown 61011 "$T/sally/Maildir/.password"
	chmod 600 "$T/sally/Maildir/.password"
	local options=(--checkpassword="$(command -v checkpw)" --talker-root="$T/empty"
		--talker-user=61000 --session="$T/stand_in" --failure-delay=10ms)
	say_with_accounts 'a LOGIN sally wrong\r\nb LOGIN nobody-there x\r\nc LOGIN sally pw-of-checkpw\r\nd X-WHO\r\ne LOGOUT\r\n' \
		"${options[@]}"
	has 'a NO [AUTHENTICATIONFAILED]'
	has 'b NO [UNAVAILABLE]'	# this program exits 111 for a name that it does not know
	has 'c OK'
	has "uid=61011/61011 gid=61011/61011 groups=61011,61020 user=sally home=$T/sally maildir=$T/sally/Maildir"
	logged 'via=checkpassword'
}

# A checkpassword program of our own, for what a good one does not do.
checkpassword() {
	printf '#!/bin/bash\n%s\n' "$1" >"$T/check"
	chmod 755 "$T/check"
	OPTIONS=(--checkpassword="$T/check ${2:-}" --talker-root="$T/empty" --talker-user=61000
		--session="$T/stand_in" --failure-delay=10ms)
}

@test "checkpassword gets name, password and time on descriptor 3, and nothing else of ours" {
	need_root
	checkpassword "cat <&3 | tr '\0' '|' >$T/got; env >$T/environment; ls -l /proc/\$\$/fd >$T/fds
		echo \"\$@\" >$T/words; exit 1" 'one two'
	say_local 'a LOGIN "al ice" "p w\\\\"\r\nb LOGOUT\r\n'
	has 'a NO'
	grep -Eq '^al ice\|p w\\\|Y[0-9]+\|$' "$T/got"
	grep -Eq '^one two .*/mayfly-login --report-account$' "$T/words"
	refute grep -Ev '^(PATH|PROTO|TCPREMOTEIP|PWD|SHLVL|_|OLDPWD)=' "$T/environment"
	[ "$(grep -c -- '->' "$T/fds")" -le 6 ]
}

@test "passwords with TAB, LF, colon, eight bits: as they are; NUL, empty and too long never" {
	need_root
	checkpassword "cat <&3 | tr '\0' '|' >>$T/got; exit 1"
	say_local 'a LOGIN u {11}\r\na\tb\nc:d\\e\xe4f\r\nb AUTHENTICATE PLAIN AHUA\r\nc LOGIN u "%%s%%n"\r\n'
	[[ $(<"$T/got") == *$'u|a\tb\nc:d\\e\xe4f|Y'* ]]
	[[ $(<"$T/got") == *'u|%s%n|Y'* ]]
	checkpassword 'cat <&3 >/dev/null; exec setpriv --reuid=61001 --regid=61001 --clear-groups env HOME=/tmp "$@"'
	say_local 'a LOGIN u ""\r\nb LOGIN "" x\r\nc LOGOUT\r\n'
	has 'a NO [AUTHENTICATIONFAILED]'
	has 'b NO [AUTHENTICATIONFAILED]'
	printf 'a LOGIN u {600+}\r\n%0600d\r\nb LOGIN u {1000000}\r\nc LOGOUT\r\n' 1 >"$T/script"
	say_local "$(cat "$T/script")"
	has 'a NO [AUTHENTICATIONFAILED]'
	say_local 'a LOGIN u fine\r\nb X-WHO\r\nc LOGOUT\r\n'
	has 'uid=61001/61001 gid=61001/61001 groups=61001 user=u home=/tmp maildir=/tmp/Maildir'
}

@test "checkpassword that ends with 111, by a signal, or without running us: try later" {
	need_root
	for end in 'exit 111' 'exit 2' 'kill -9 $$' 'exit 0' 'exec /nonexistent'; do
		checkpassword "cat <&3 >/dev/null; $end"
		say_local 'a LOGIN u p\r\nb LOGOUT\r\n'
		has 'a NO [UNAVAILABLE]'
	done
	logged 'ended with status'
	logged 'did not run what it was given'
}

@test "checkpassword cannot hand out root, and its word about groups does not count" {
	need_root
	checkpassword 'exec "$@"'
	say_local 'a LOGIN u p\r\nb LOGOUT\r\n'
	has 'a NO [AUTHENTICATIONFAILED]'
	logged 'reason=root-account'
	checkpassword 'exec setpriv --reuid=61001 --regid=61001 --groups=0,4,6 env HOME=/tmp USER=x "$@"'
	say_local 'a LOGIN u p\r\nb X-WHO\r\nc LOGOUT\r\n'
	has 'gid=61001/61001 groups=61001 user=x'
	# without a home there is no ~/Maildir, and none in the root directory
	checkpassword 'exec setpriv --reuid=61001 --regid=61001 --clear-groups env -u HOME "$@"'
	say_local 'a LOGIN u p\r\nb X-WHO\r\nc LOGOUT\r\n'
	hasnt 'maildir=/Maildir'
	logged 'reason=no-maildir'
}

# The processor time, in ticks, of all that tcpserver started and saw end.
ticks() { sed 's/.*) //' "/proc/$STARTED/stat" | awk '{ print $14 + $15 }'; }

# What so many wrong logins cost: work NAME COUNT.
work() {
	local before=$(ticks)
	"$MAYFLY_BUILD/tests/login/load" times "$PORT" "$1" wrong "$2" >/dev/null
	wait_until eval '! pgrep -P "$STARTED" >/dev/null'
	echo $(($(ticks) - before))
}

@test "a wrong name costs the work of a wrong password" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	# ten times the work of all the rest: whoever skips it is found, whatever else is done
	for name in alice bob; do
		echo secret | "$PASSWD" --file="$T/users" --method=yescrypt --cost=7 change "$name"
	done
	start_tcpserver --failure-delay=0
	local wrong=$(work alice 5) unknown=$(work nobody-at-all 5)
	echo "$wrong ticks for a wrong password, $unknown for a wrong name"
	[ "$((2 * unknown))" -gt "$wrong" ]
	[ "$((2 * wrong))" -gt "$unknown" ]
}

@test "mayfly-passwd adds, changes, checks, lists and removes" {
	local file=$T/new/users
	mkdir "$T/new"
	echo 'first pass' | "$PASSWD" --file="$file" add carol --uid=5001 --gid=5001 --home=/srv/carol
	[ "$(stat -c %a "$file")" = 600 ]
	grep -Eq '^carol:\$y\$[^:]+:5001:5001:/srv/carol:$' "$file"
	echo 'first pass' | "$PASSWD" --file="$file" check carol
	refute "$PASSWD" --file="$file" check carol < <(echo 'first pas')
	refute "$PASSWD" --file="$file" check nobody < <(echo 'first pass')
	refute "$PASSWD" --file="$file" add carol --home=/ < <(echo x)
	echo second | "$PASSWD" --file="$file" change carol --maildir=/srv/mail/carol
	echo second | "$PASSWD" --file="$file" check carol
	grep -Eq '^carol:[^:]+:5001:5001:/srv/carol:/srv/mail/carol$' "$file"
	"$PASSWD" --file="$file" list | grep -Pq '^carol\t5001\t5001\t/srv/carol\t/srv/mail/carol$'
	refute "$PASSWD" --file="$file" remove nobody
	"$PASSWD" --file="$file" remove carol
	[ ! -s "$file" ]
	refute "$PASSWD" --file="$T/nowhere/users" list
}

@test "mayfly-passwd removes a user who stands in the file twice" {
	local file=$T/users
	# an older line must not come into force when the newer one goes
	{ sed 's/^alice:/carol:/' "$file"; sed -n 's/^alice:/carol:/p' "$file"; } >"$T/twice"
	chmod 600 "$T/twice"
	[ "$(cut -d: -f1 "$T/twice" | tr '\n' ' ')" = 'carol bob carol ' ]
	"$PASSWD" --file="$T/twice" remove carol
	[ "$(cut -d: -f1 "$T/twice" | tr '\n' ' ')" = 'bob ' ]
	refute "$PASSWD" --file="$T/twice" check carol < <(echo secret)
}

@test "mayfly-passwd refuses what the file cannot hold" {
	for name in '' 'a:b' $'a\nb' '#a' "$(printf 'x%.0s' {1..256})"; do
		refute "$PASSWD" --file="$T/users" add "$name" --home=/x < <(echo secret)
	done
	for option in --uid=0 --uid=-1 --uid=x --uid=4294967296 --home=relative --maildir=relative \
		--home=/a:b $'--home=/a\nmallory:x:1:1:/:' --method=rot13 --cost=x; do
		refute "$PASSWD" --file="$T/users" add new --uid=1 --gid=1 --home=/x "$option" < <(echo secret)
	done
	refute "$PASSWD" --file="$T/users" add new --home=/x < <(printf '')
	refute "$PASSWD" --file="$T/users" add new --home=/x < <(printf 'a\0b\n')
	refute "$PASSWD" --file="$T/users" add new --home=/x < <(printf '%0512d\n' 1)
	[ "$(wc -l <"$T/users")" -eq 2 ]
}

@test "mayfly-passwd keeps owner and mode, comments and other lines, and leaves no temporary" {
	need_root
	local dir=$T/etc
	mkdir "$dir"
	printf '# our users\nold:!:1:1:/:\nbad line\n' >"$dir/users"
	chown 61001:61002 "$dir/users"; chmod 640 "$dir/users"
	echo secret | "$PASSWD" --file="$dir/users" add new --uid=1 --gid=1 --home=/x
	echo secret | "$PASSWD" --file="$dir/users" change new
	[ "$(stat -c %u:%g:%a "$dir/users")" = 61001:61002:640 ]
	[ "$(head -3 "$dir/users")" = $'# our users\nold:!:1:1:/:\nbad line' ]
	[ "$(ls -A "$dir")" = users ]
	ln -s users "$dir/link"
	refute "$PASSWD" --file="$dir/link" change new < <(echo secret)
}

@test "twenty mayfly-passwd at once lose no user" {
	local i pids=
	for i in $(seq 20); do
		echo secret | "$PASSWD" --file="$T/users" --method=sha512 --cost=1000 add "user$i" \
			--uid=1 --gid=1 --home=/x &
		pids="$pids $!"
	done
	wait $pids
	[ "$(grep -c '^user' "$T/users")" -eq 20 ]
}

@test "mayfly-passwd asks twice on a terminal, without echo" {
	need python3 python3
	# Each line is typed when its prompt is there: what is typed before that is thrown away.
	python3 - "$PASSWD" --file="$T/users" add typist --uid=1 --gid=1 --home=/x >"$T/typescript" 3>&- <<-'END'
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execv(sys.argv[1], sys.argv[1:])
		seen = b''
		for prompt in b'New password: ', b'The same again: ':
		    while not seen.endswith(prompt):
		        seen += os.read(fd, 100)
		    os.write(fd, b'typed\n')
		try:
		    while more := os.read(fd, 100):
		        seen += more
		except OSError:
		    pass    # the other side of the terminal is closed
		print(seen.decode())
		sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
	END
	grep -q 'The same again' "$T/typescript"
	! grep -q typed "$T/typescript" || false
	echo typed | "$PASSWD" --file="$T/users" check typist
}

@test "mayfly-passwd, ended at the question for a password, leaves the terminal as it was" {
	need python3 python3
	for number in INT TERM HUP; do
		python3 - "$number" "$PASSWD" --file="$T/users" add typist --uid=1 --gid=1 --home=/x 3>&- <<-'END'
			import os, pty, signal, sys, termios
			pid, fd = pty.fork()
			if pid == 0:
			    # what holds the terminal outlives the program
			    if (child := os.fork()) == 0:
			        signal.signal(signal.SIGINT, signal.SIG_DFL)
			        os.execv(sys.argv[2], sys.argv[2:])
			    signal.signal(signal.SIGINT, signal.SIG_IGN)
			    signal.signal(signal.SIGHUP, signal.SIG_IGN)
			    input_seen = os.read(0, 1)    # not before the test lets us
			    os._exit(0)
			seen = b''
			while not seen.endswith(b'New password: '):
			    seen += os.read(fd, 100)
			children = open('/proc/%d/task/%d/children' % (pid, pid)).read().split()
			os.kill(int(children[0]), getattr(signal, 'SIG' + sys.argv[1]))
			# it is a zombie, and its parent does not wait: then it has ended
			while open('/proc/%s/stat' % children[0]).read().rsplit(')', 1)[1].split()[0] != 'Z':
			    pass
			echo = termios.tcgetattr(fd)[3] & termios.ECHO
			os.kill(pid, signal.SIGKILL)
			os.waitpid(pid, 0)
			sys.exit(0 if echo else 1)
		END
	done
}
