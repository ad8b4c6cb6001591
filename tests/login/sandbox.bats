#!/usr/bin/env bats
# What a session gives up, and what it can still do.

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

# As the user, like the session itself.
planted() {
	cp "$MAYFLY_BUILD/tests/login/planted" "$T/planted"
	chmod 755 "$T/planted"
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=61001 --regid=61001 --clear-groups "$T/planted" session "$T/alice/Maildir" "$@"
	else
		"$T/planted" session "$T/alice/Maildir" "$@"
	fi
}

@test "a planted exec, socket, open, clone, kill or ptrace is refused in the session's sandbox" {
	! sanitized || skip "this build has no filter (sanitizers)"
	run planted
	echo "$output"
	[ "$status" -ne 77 ] || skip "${lines[0]}"
	refute grep -q 'not refused\|NOT POSSIBLE' <<<"$output"
	[ "$status" -eq 0 ]
}

@test "the MIME module still loads inside the sandbox" {
	! sanitized || skip "this build has no filter (sanitizers)"
	local module=$MAYFLY_BUILD/mayfly-message.so
	[ -e "$module" ]
	# Where the libraries of the system lie, as once it is installed.
	cp "$module" "$T/alice/Maildir/module.so"
	chmod 644 "$T/alice/Maildir/module.so"
	run planted "$T/alice/Maildir/module.so" "$(sed -n 's/^#define MESSAGE_OPS_SYMBOL "\(.*\)"/\1/p' "$MAYFLY_SRC/src/message/message.h")"
	echo "$output"
	[ "$status" -ne 77 ] || skip "${lines[0]}"
	grep -q 'load the module: as it should be' <<<"$output"
}

@test "mayfly-imap behind mayfly-login runs in the sandbox" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	take_session
	start_tcpserver --session="$T/mayfly-imap"
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	local line
	read -r line <&5
	printf 'a LOGIN alice secret\r\n' >&5
	read -r line <&5
	[[ $line == 'a OK [CAPABILITY IMAP4rev1 '* ]]
	local status=$(cat "/proc/$(pgrep -u 61001 -n mayfly-imap)/status")
	exec 5>&-
	[[ $status == *$'NoNewPrivs:\t1'* ]]
	[[ $status == *$'Seccomp:\t2'* ]] || skip "this build has no filter (sanitizers)"
}

@test "mayfly-imap: everything pipelined behind LOGIN is answered, in order" {
	need_root
	take_session
	say_local 'a LOGIN alice secret\r\nb SELECT INBOX\r\nc NOOP\r\nd LOGOUT\r\n' --session="$T/mayfly-imap"
	has 'a OK [CAPABILITY IMAP4rev1 '
	[ "$(grep -o '^[a-d] OK' "$T/heard" | tr '\n' ' ')" = 'a OK b OK c OK d OK ' ]
	[ "$rc" -eq 0 ]
}

@test "E6: SIGTERM says BYE in the session too" {
	need_root
	take_session
	mkfifo "$T/in"
	"$LOGIN" "${OPTIONS[@]}" --session="$T/mayfly-imap" <"$T/in" >"$T/heard" 2>>"$T/log" 3>&- &
	local pid=$!
	exec 6>"$T/in"
	printf 'a LOGIN alice secret\r\nb NOOP\r\n' >&6
	wait_until grep -q 'b OK' "$T/heard"
	kill "$pid"
	wait "$pid"
	exec 6>&-
	grep -q '^\* BYE' "$T/heard"
}

@test "E22: a Maildir of somebody else, open to all, or sticky: served as far as the kernel lets the user" {
	need_root
	take_session
	local box=$T/alice/Maildir
	say_inbox() {
		say_local 'a LOGIN alice secret\r\nb SELECT INBOX\r\nc LOGOUT\r\n' --session="$T/mayfly-imap"
	}
	chmod -R 0777 "$box"
	say_inbox; has 'b OK'
	# what the session itself makes is the user's alone
	[ -z "$(find "$box" -newer "$T/users" -type f -perm /077)" ]
	chmod -R 1777 "$box"; chown -R 61002:61002 "$box"
	say_inbox; has 'a '
	[ "$rc" -eq 0 ] || [ "$rc" -eq 75 ]
	chmod -R 0700 "$box"
	say_inbox; hasnt 'b OK'
	has '[UNAVAILABLE]'
}
