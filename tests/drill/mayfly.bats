#!/usr/bin/env bats
# Against mayfly: through a tunnel on stdin and stdout, and by TCP through tcpserver.
load helper

setup() { mayfly_start; }
teardown() {
	[ -z "${tcp_pid-}" ] || { kill "$tcp_pid" && wait "$tcp_pid" || :; }
	mayfly_clean
}

# The body of a script, whatever carries it.
body() {
	cat <<-'E'
	login anna secret
	require OK
	CREATE box
	APPEND box {"Subject: one\r\n\r\n1\r\n"}
	expect OK /APPENDUID/
	APPEND box {+fill:200000}
	expect OK
	a1 SELECT box
	expect untagged /^2 EXISTS/
	a2:a1 FETCH 1:* (FLAGS UID)
	a3:a1 STATUS INBOX (MESSAGES)
	a4*100/20:a2,a3 NOOP
	a5 FETCH 1 (BODY.PEEK[])
	expect untagged /BODY\[\] "Subject: one\\r\\n\\r\\n1\\r\\n"/
	i1 IDLE until /EXISTS/ for 20s
	expect OK
	expect untagged /^3 EXISTS/
	LOGOUT
	expect BYE

	E
}

other() {
	cat <<-'E'
	login anna secret
	b1:i1+ APPEND box {"Subject: two\r\n\r\n2\r\n"}
	expect OK
	LOGOUT
	E
}

@test "a tunnel runs mayfly-imap on its stdin and stdout" {
	tunnel="tunnel $(mayfly_command "$mayfly_dir/Maildir") 2>/dev/null"
	{ echo "$tunnel"; body; echo "$tunnel"; other; } | script s
	run_drill --strict s; show
	[ "$status" -eq 0 ]
	events greeting | grep -q PREAUTH
	[ -z "$(events command | grep LOGIN || :)" ]
}

# tcpserver in front of mayfly-imap; $tcp_port.
tcp_start() {
	command -v tcpserver >/dev/null || skip "tcpserver is not installed (ucspi-tcp)"
	local try
	for try in 1 2 3 4 5; do
		tcp_port=$(free_port)
		# a socket of the internet is greeted PREAUTH only when that is wished
		tcpserver -HRl0 -c 200 127.0.0.1 "$tcp_port" sh -c \
			"$(mayfly_command "--trust-socket $mayfly_dir/Maildir")" </dev/null >/dev/null 2>&1 3>&- 4>&- &
		tcp_pid=$!
		wait_port "$tcp_port" "$tcp_pid" && return
	done
	return 1
}

@test "TCP through tcpserver" {
	tcp_start
	{ echo "127.0.0.1 $tcp_port"; body; echo "127.0.0.1 $tcp_port"; other; } | script s
	run_drill --strict s; show
	[ "$status" -eq 0 ]
}

@test "a load test by TCP: many sessions, each with its own process" {
	tcp_start
	script s <<-E
	127.0.0.1 $tcp_port
	login anna secret
	a1 SELECT INBOX
	a2*20/5 NOOP
	LOGOUT
	E
	run_drill --strict --sessions 20 --rate 100 --seconds 2 --table-json r.json s; show
	[ "$status" -eq 0 ]
	grep -q '^0 connections broken, 0 expectations failed' "$out"
	grep -Eq ' a2 +NOOP +[1-9][0-9]+ +0 +0 +0 ' "$out"
}

@test "wait-mail tells who wrote" {
	wait_mail "tunnel $(mayfly_command "$mayfly_dir/Maildir") 2>/dev/null" anna
}

@test "everything goes compressed both ways behind COMPRESS" {
	printf 'localhost 1\nCOMPRESS DEFLATE\n' | script z
	run_drill --check z; [ "$status" -eq 0 ] || skip "imapdrill was built without zlib"
	tunnel="tunnel $(mayfly_command "$mayfly_dir/Maildir") 2>/dev/null"
	{ echo "$tunnel"; echo CAPABILITY; } | script s
	run_drill s; grep -q COMPRESS=DEFLATE "$out" || skip "this mayfly does not compress"
	{ echo "$tunnel"; echo COMPRESS DEFLATE; echo 'expect OK'; body; echo "$tunnel"; other; } | script s
	run_drill --strict s; show
	[ "$status" -eq 0 ]
}

@test "a client's first connections, all at once, are all served and see one mailbox" {
	strace -o /dev/null true 2>/dev/null || skip "strace is not installed or may not trace"
	script s <<-'E'
	{server}
	expect /PREAUTH/
	a1 SELECT INBOX
	expect OK
	capture uidvalidity untagged /UIDVALIDITY ([0-9]+)/
	print {uidvalidity}
	LOGOUT
	E
	# each finds no Maildir, and then takes its time to make it
	command="$(mayfly_command "--no-sandbox $mayfly_dir/Maildir")"
	run_drill --sessions 5 -l log -D server="tunnel ${command/exec /exec strace -f -o /dev/null \
		-e inject=mkdir:delay_enter=500000 } 2>/dev/null" s
	show
	[ "$status" -eq 0 ]
	[ "$(grep '	print	' "$BATS_TEST_TMPDIR/log" | cut -f8 | sort -u | wc -l)" -eq 1 ]
}
