#!/usr/bin/env bats
# mayfly-login as a black box: what a client hears, what the session finds, and
# what is left of the rights. The numbers are those of the checklist in
# mayfly-trust(7).

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

@test "commands behind LOGIN in the same packet are answered by the session" {
	need_root
	say_local 'a LOGIN alice secret\r\nb SELECT INBOX\r\nc X-WHO\r\nd LOGOUT\r\n'
	has 'a OK [CAPABILITY IMAP4rev1 XSTANDIN] Logged in
b OK SELECT done
* WHO uid=61001/61001'
	has 'd OK LOGOUT done'
	[ "$rc" -eq 0 ]
}

@test "what waits in the socket behind a login is not lost, split at every octet" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	run "$MAYFLY_BUILD/tests/login/load" splits "$PORT" alice secret
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "E1: gid, groups and uid are the user's, and root cannot be regained" {
	need_root
	say_local 'a LOGIN alice secret\r\nb X-WHO\r\nc X-REGAIN\r\nd LOGOUT\r\n'
	has 'uid=61001/61001 gid=61001/61001 groups=61001 user=alice'
	has '* REGAIN -1 -1 -1 -1 -1 -1'
}

@test "E1: an account with uid 0 or gid 0 is not let in, though its password is right" {
	need_root
	# written by hand: mayfly-passwd refuses such a line
	local hash=$(sed -n 's/^alice:\([^:]*\):.*/\1/p' "$T/users")
	printf 'root:%s:0:0:/root:\nwheel:%s:61005:0:%s:\n' "$hash" "$hash" "$T/alice" >>"$T/users"
	say_local 'a LOGIN root secret\r\nb LOGIN wheel secret\r\nc LOGOUT\r\n'
	hasnt 'Logged in'
}

@test "E2: the environment is made anew; what was in it is not believed" {
	need_root
	env LD_PRELOAD= LD_LIBRARY_PATH=/tmp TMPDIR=/tmp IFS=x MAILDIR=/root HOME=/root \
		BASH_ENV=/root TZ=../../etc/passwd MALLOC_CHECK_=1 GCONV_PATH=/tmp \
		bash -c 'source "$1/login.bash"; T=$2 LOGIN=$3; shift 3; OPTIONS=("$@")
			say_local "a LOGIN alice secret\r\nb X-ENV\r\nc X-WHO\r\nd LOGOUT\r\n"' \
		_ "$BATS_TEST_DIRNAME" "$T" "$LOGIN" "${OPTIONS[@]}"
	heard=$(tr -d '\r' <"$T/heard")
	has "* ENV PATH=/usr/local/bin:/usr/bin:/bin
* ENV USER=alice
* ENV LOGNAME=alice
* ENV HOME=$T/alice
b OK"
	has "maildir=$T/alice/Maildir"
}

@test "E3: descriptors of others are closed, in the talker and in the session" {
	need_root
	exec 7</etc/passwd 9>"$T/nine"
	say_local 'a LOGIN alice secret\r\nb X-FDS\r\nc LOGOUT\r\n'
	exec 7<&- 9>&-
	has '* FDS 0 1 2
'
	start_tcpserver
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	read -r greeting <&5
	local talker=$(pgrep -u 61000 -n mayfly-login)
	ls -l "/proc/$talker/fd"
	[ "$(ls "/proc/$talker/fd" | wc -l)" -eq 4 ]
	[ "$(readlink "/proc/$talker/fd/2")" = /dev/null ]
	exec 5>&-
}

@test "E4: closed, the same or one-way descriptors: it ends at once, without a loop" {
	need_root
	local run=(timeout 10 "$LOGIN" "${OPTIONS[@]}")
	"${run[@]}" <&- >"$T/out" 2>>"$T/log"
	"${run[@]}" <&- >&- 2>&-
	"${run[@]}" </dev/null >&- 2>>"$T/log"
	"${run[@]}" </dev/null >/dev/null 2>&-
	"${run[@]}" </etc/passwd >"$T/out" 2>>"$T/log"
	grep -q 'BAD' "$T/out"
	"${run[@]}" <"$T" >"$T/out" 2>>"$T/log"
	mkfifo "$T/fifo"
	"${run[@]}" <"$T/fifo" >"$T/out" 2>>"$T/log" &
	: >"$T/fifo"
	wait $!
}

@test "E5: a client that goes away in any state leaves nothing behind" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	local part
	for part in '' 'a' 'a LOGIN al' 'a LOGIN {5}\r\nal' 'a LOGIN alice secr' \
		'a AUTHENTICATE PLAIN\r\n' 'a LOGIN alice wrong\r\n' 'a LOGIN alice secret\r\n' \
		'a LOGIN alice secret\r\nb NO'; do
		# the second time with a reset in place of an end
		printf "$part" | socat -u - "TCP4:127.0.0.1:$PORT"
		printf "$part" | socat -u - "TCP4:127.0.0.1:$PORT,linger=0"
	done
	wait_until eval '! pgrep -u 61000,61001 >/dev/null'
}

@test "E6: SIGTERM before the login says BYE" {
	need_root
	local part
	mkfifo "$T/in"
	"$LOGIN" "${OPTIONS[@]}" <"$T/in" >"$T/heard" 2>>"$T/log" 3>&- &
	local pid=$!
	exec 6>"$T/in"
	printf 'a NOOP\r\n' >&6
	wait_until grep -q 'a OK' "$T/heard"
	kill "$pid"
	wait "$pid"
	exec 6>&-
	grep -q '^\* BYE' "$T/heard"
}

@test "E6: when the monitor is killed, its talker goes too" {
	need_root
	mkfifo "$T/in"
	"$LOGIN" "${OPTIONS[@]}" <"$T/in" >"$T/heard" 2>>"$T/log" 3>&- &
	local pid=$!
	exec 6>"$T/in"
	wait_until grep -q 'OK' "$T/heard"
	kill -9 "$pid"
	wait "$pid" || true
	wait_until eval '! pgrep -u 61000 >/dev/null'
	exec 6>&-
}

@test "E17: wrong name and wrong password: the same words, and BYE after the third" {
	need_root
	say_local 'a LOGIN alice wrong\r\nb LOGIN nobody wrong\r\nc AUTHENTICATE PLAIN AGFsaWNlAHg=\r\nd LOGIN alice secret\r\n'
	has 'a NO [AUTHENTICATIONFAILED] The name or the password is wrong
b NO [AUTHENTICATIONFAILED] The name or the password is wrong
c NO [AUTHENTICATIONFAILED] The name or the password is wrong
* BYE Too many failed logins'
	hasnt 'd OK'
	[ "$rc" -eq 0 ]
}

@test "E18: no password is left in the memory of talker and monitor" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local line needle=$(printf '%s-%s' Qz7 needle-in-the-hay)
	read -r line <&5
	printf 'a LOGIN alice %s\r\n' "$needle" >&5
	read -r line <&5
	[[ $line == 'a NO'* ]]
	printf 'b AUTHENTICATE PLAIN %s\r\n' "$(printf '\0alice\0%s' "$needle" | base64)" >&5
	read -r line <&5
	[[ $line == 'b NO'* ]]
	local talker=$(pgrep -u 61000 -n mayfly-login)
	local monitor=$(awk '/^PPid/ { print $2 }' "/proc/$talker/status")
	echo "$needle" | "$MAYFLY_BUILD/tests/login/load" memory "$talker"
	echo "$needle" | "$MAYFLY_BUILD/tests/login/load" memory "$monitor"
	# and the search finds what is there: the talker's own words
	run "$MAYFLY_BUILD/tests/login/load" memory "$talker" <<<'The name or the password'
	[ "$status" -eq 1 ]
	exec 5>&-
}

@test "E18: neither half can be looked into, and neither leaves a core" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local line
	read -r line <&5
	local talker=$(pgrep -u 61000 -n mayfly-login)
	local monitor=$(awk '/^PPid/ { print $2 }' "/proc/$talker/status")
	for pid in "$talker" "$monitor"; do
		grep -q '^Max core file size  *0  *0' "/proc/$pid/limits"
		# the files of a process that is not dumpable belong to root
		[ "$(stat -c %u "/proc/$pid/environ")" -eq 0 ]
		refute setpriv --reuid=61000 --regid=61000 --clear-groups cat "/proc/$pid/environ"
	done
	exec 5>&-
}

@test "E19: the session has the limits that the configuration names" {
	need_root
	say_local 'a LOGIN alice secret\r\nb X-LIMITS\r\nc X-PROCESS\r\nd LOGOUT\r\n' \
		--session-memory=512M --session-files=64 --session-processes=50 --session-file-size=1G
	sanitized && heard=${heard/AS=-1/AS=536870912}
	has '* LIMITS AS=536870912 CORE=0 FSIZE=1073741824 NOFILE=64 NPROC=50'
	has '* PROCESS umask=077 term=1 pipe=1 chld-blocked=0'
}

@test "E19: a session that cannot be started for a limit is a NO, not a crash" {
	need_root
	start setpriv --reuid=61001 --regid=61001 --clear-groups tail -f /dev/null
	start setpriv --reuid=61001 --regid=61001 --clear-groups tail -f /dev/null
	wait_until eval '[ "$(pgrep -cu 61001)" -eq 2 ]'
	say_local 'a LOGIN alice secret\r\nb NOOP\r\n' --session-processes=1
	has 'a NO [UNAVAILABLE]'
	has '* BYE'
	[ "$rc" -eq 111 ]
	# one in which no program could start is a mistake of the configuration
	say_local 'a LOGIN alice secret\r\n' --session-memory=64k
	[ "$rc" -eq 78 ]
	say_local 'a LOGIN alice secret\r\n' --session-files=3
	[ "$rc" -eq 78 ]
}

@test "E19: the talker has the limits that mayfly-trust(7) states" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local line
	read -r line <&5
	local limits=$(tr -s ' ' <"/proc/$(pgrep -u 61000 -n mayfly-login)/limits")
	echo "$limits"
	[[ $limits == *'Max processes 0 0'* ]]
	[[ $limits == *'Max open files 8 8'* ]]
	[[ $limits == *'Max cpu time 20 20'* ]]
	[[ $limits == *'Max address space 67108864 67108864'* ]] || skip "built with sanitizers"
	exec 5>&-
}

@test "E20: the talker is killed for a system call that talking does not need" {
	need_root
	! sanitized || skip "this build has no filter (sanitizers)"
	"$MAYFLY_BUILD/tests/login/planted" talker "$T/empty" 61000 >"$T/planted"
	cat "$T/planted"
	refute grep -q 'not refused' "$T/planted"
	[ "$(grep -c 'killed by SIGSYS' "$T/planted")" -ge 10 ]
}

@test "E20: the talker runs with no_new_privs, a filter, no capability and its own root" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local line
	read -r line <&5
	local talker=$(pgrep -u 61000 -n mayfly-login)
	local status=$(cat "/proc/$talker/status")
	[[ $status == *$'NoNewPrivs:\t1'* ]]
	[[ $status == *$'Seccomp:\t2'* ]] || skip "this build has no filter (sanitizers)"
	[[ $status == *$'CapEff:\t0000000000000000'* ]]
	[[ $status == *$'CapPrm:\t0000000000000000'* ]]
	[[ $status == *$'Uid:\t61000\t61000\t61000\t61000'* ]]
	[[ $status == *$'Groups:\t61000 '* ]]
	[ "$(readlink "/proc/$talker/root")" = "$T/empty" ]
	exec 5>&-
}

@test "a talker in a stranger's hands gets nothing by breaking the rules" {
	need_root
	cp "$MAYFLY_BUILD/tests/login/turncoat" "$T"
	turncoat() {
		rc=0
		timeout 30 "$T/turncoat" "$@" "${OPTIONS[@]}" </dev/null >"$T/heard" 2>>"$T/log" 3>&- || rc=$?
		heard=$(tr -d '\r' <"$T/heard")
	}
	turncoat honest; has 'a OK'
	for misdeed in certificate header client two-greetings no-greeting no-password wrong-password four-guesses anonymous; do
		: >"$T/log"
		turncoat "$misdeed" --certificates=cn
		hasnt 'a OK'; [ "$rc" -eq 111 ] || { echo "$misdeed: $rc"; false; }
		logged 'broke the rules'
	done
	# what was shown to the program in front counts, and nothing like it
	export SSL_CLIENT_DN='C = PL, O = Example, CN = alice'
	turncoat certificate --certificates=cn; has 'a OK'
	export SSL_CLIENT_DN='C = PL, O = Example, CN = malice'
	turncoat certificate --certificates=cn; hasnt 'a OK'; [ "$rc" -eq 111 ]
}

@test "E21: a talker-root that is not empty, not root's, or open to writers is refused" {
	need_root
	local wrong=() rc
	touch "$T/empty/file"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 78 ]
	rm "$T/empty/file"; chmod 775 "$T/empty"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 78 ]
	chmod 555 "$T/empty"; chown 61000 "$T/empty"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 78 ]
	chown 0 "$T/empty"; mv "$T/empty" "$T/real"; ln -s real "$T/empty"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 78 ]
	rm "$T/empty"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 78 ]
	has '* BYE [UNAVAILABLE]'
	mv "$T/real" "$T/empty"
	say_local 'a NOOP\r\n'; [ "$rc" -eq 0 ]
	has 'a OK'
}

@test "E29: each option that is wrong or missing is told, with status 78" {
	need_root
	local option
	for option in --users=relative --users=/nonexistent --session=/nonexistent --log=nowhere \
		--private=perhaps --proxy=everybody --failure-delay=soon --session-memory=much \
		--talker-user=no-such-user --talker-user=root --talker-root=/nonexistent --unknown \
		--system=perhaps --checkpassword=relative extra; do
		run "$LOGIN" "${OPTIONS[@]}" --check "$option"
		echo "$option: $output"
		[ "$status" -eq 78 ]
		[ -n "$output" ]
	done
	run "$LOGIN" --check --talker-root="$T/empty" --talker-user=61000 --session="$T/stand_in"
	[ "$status" -eq 78 ]
	[[ $output == *'nobody could log in'* ]]
	run "$LOGIN" --check "${OPTIONS[@]}"
	[ "$status" -eq 0 ]
}

@test "E29: --check names the line of each mistake in the file and in the file of users" {
	printf 'users = %s\n\nsystm = yes\nlog = loud\nnonsense\n' "$T/users" >"$T/conf"
	printf 'broken line\ncarol:x:0:0:/h:\nbob:x:1:1:/h:\nalice:x:1:1:/h:\nalice:x:2:2:/h:/h/Maildir\r\n' >>"$T/users"
	run "$LOGIN" --check --config="$T/conf" --talker-root="$T/empty" --talker-user=61000 \
		--session="$T/stand_in"
	echo "$output"
	[ "$status" -eq 78 ]
	[[ $output == *"$T/conf:3: there is no setting \"systm\""* ]]
	[[ $output == *"$T/conf:4: log wants"* ]]
	[[ $output == *"$T/conf:5: this is not \"name = value\""* ]]
	[[ $output == *"$T/users:3: "* ]]
	[[ $output == *"$T/users:4: "* ]]
	[[ $output == *"$T/users:5: bob stands in line 2 too, which counts"* ]]
	[[ $output == *"$T/users:6: alice stands in line 1 too, which counts"* ]]
	[[ $output == *"$T/users:7: home and maildir cannot hold control characters"*"carriage return"* ]]
}

@test "E29: a configuration or checkpassword program that others could change is refused" {
	need_root
	printf 'users = %s\n' "$T/users" >"$T/conf"
	printf '#!/bin/sh\nexit 1\n' >"$T/checker"; chmod 755 "$T/checker"
	look() { run "$LOGIN" "${OPTIONS[@]}" --check --config="$T/conf" --checkpassword="$T/checker x"; }
	look; [ "$status" -eq 0 ]
	for file in conf checker; do
		for mode in 0666 0664 0757; do
			chmod "$mode" "$T/$file"; look; [ "$status" -eq 78 ]
			[[ $output == *"$T/$file could be changed by others"* ]]
		done
		chmod 755 "$T/$file"; chown 61001 "$T/$file"; look; [ "$status" -eq 78 ]
		# neither is anything of it done at a login
		say_local 'a LOGIN alice secret\r\n' --config="$T/conf" --checkpassword="$T/checker x"
		[ "$rc" -eq 78 ]; has '* BYE [UNAVAILABLE]'
		chown 0 "$T/$file"; look; [ "$status" -eq 0 ]
	done
}

@test "E29: a session program that cannot run is a tagged NO and status 111" {
	need_root
	printf '#!/nonexistent/interpreter\n' >"$T/broken"; chmod 755 "$T/broken"
	say_local 'tag7 LOGIN alice secret\r\n' --session="$T/broken"
	has 'tag7 NO [UNAVAILABLE]'
	[ "$rc" -eq 111 ]
	logged 'exec'
}

@test "the options win over the file, and the file is enough alone" {
	need_root
	printf '%s\n' "${OPTIONS[@]#--}" | sed 's/=/ = /' >"$T/conf"
	OPTIONS=(--config="$T/conf")
	say_local 'a LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n'
	has "config=$T/conf"
	say_local 'a LOGIN alice secret\r\n' --users=/nonexistent
	has 'a NO [UNAVAILABLE]'
}

@test "a client that is silent, slow or talks nonsense is gone when its time is over" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --login-timeout=1s
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local all=$(timeout 20 cat <&5)
	exec 5>&-
	[[ $all == *'* BYE The login took too long'* ]]
	wait_until eval '! pgrep -u 61000 >/dev/null'
}

@test "without root it serves virtual users under its own uid" {
	need_root	# to become somebody who is not root
	OPTIONS=(--users="$T/users" --session="$T/stand_in" --failure-delay=10ms)
	local hash=$(sed -n 's/^alice:\([^:]*\):.*/\1/p' "$T/users")
	printf 'alice:%s:::%s:\nother:%s:61009:61009:%s:\n' "$hash" "$T/alice" "$hash" "$T/bob" >"$T/users"
	chown 61001 "$T/users"; chmod 666 "$T/log"; touch "$T/heard"; chmod 666 "$T/heard"
	LOGIN="setpriv --reuid=61001 --regid=61001 --clear-groups $LOGIN"
	say_unprivileged() {
		printf "$1" | timeout 30 $LOGIN "${OPTIONS[@]}" >"$T/heard" 2>>"$T/log" 3>&-
		heard=$(tr -d '\r' <"$T/heard")
	}
	say_unprivileged 'x LOGIN other secret\r\na LOGIN alice secret\r\nb X-WHO\r\nc X-REGAIN\r\nd LOGOUT\r\n'
	has 'x NO [AUTHENTICATIONFAILED]'
	has 'uid=61001/61001 gid=61001/61001 groups= user=alice'
	has '* REGAIN -1 -1 -1 -1 -1 -1'
	run $LOGIN --check --system
	[ "$status" -eq 78 ]
}

@test "E22: the Maildir's owner and mode are judged by the kernel, as the user" {
	need_root
	# The login program looks at no Maildir: with the user's rights the session may
	# do what the kernel lets it, and nothing was done before with more.
	mkdir "$T/closed"; chmod 700 "$T/closed"
	"$PASSWD" --file="$T/users" change alice --no-password --home="$T/closed"
	say_local 'a LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n'
	has 'uid=61001/61001'
	has 'cwd=/'$'\n'
	"$PASSWD" --file="$T/users" change alice --no-password --home="$T/nowhere"
	say_local 'a LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n'
	has 'cwd=/'$'\n'
	[ ! -e "$T/nowhere" ]
}

@test "mayfly-login links the C library, libcrypt, and nettle where SCRAM is built in" {
	run readelf -d "$MAYFLY_BUILD/mayfly-login"
	local needed=$(grep NEEDED <<<"$output" | sed 's/.*\[\(.*\)\]/\1/' | sort | tr '\n' ' ')
	if [[ $needed == *asan* ]]; then skip "built with sanitizers"; fi
	echo "$needed"
	[[ $needed =~ ^libc\.so\.[0-9]+\ libcrypt\.so\.[0-9]+\ (libnettle\.so\.[0-9]+\ )?$ ]]
}

@test "mayfly-imap takes no login over as root; by hand it serves root's own mail" {
	need_root
	rc=0
	timeout 20 "$MAYFLY_BUILD/mayfly-imap" --handoff=3 "$T/alice/Maildir" 3</dev/null </dev/null >"$T/heard" 2>"$T/log" || rc=$?
	[ "$rc" -eq 77 ]
	logged 'with the rights of root'
	[ ! -s "$T/heard" ]
	mkdir -p "$T/mine/cur" "$T/mine/new" "$T/mine/tmp"
	printf 'a SELECT INBOX\r\nb LOGOUT\r\n' | timeout 20 "$MAYFLY_BUILD/mayfly-imap" "$T/mine" >"$T/heard" 2>>"$T/log"
	grep -q '^a OK' "$T/heard"
}
