#!/usr/bin/env bats
# Servers that mean harm or are broken: bounded memory, a clear error, status 2.
load helper

# The server's words come from the standard input, run by sh; the script is one NOOP.
against() {
	cat >"$BATS_TEST_TMPDIR/server"
	script s <<-'E'
	tunnel exec sh server
	a1 NOOP
	E
	# sanitizers need address space for themselves: then only the errors are looked at
	if ! grep -q -- '-fsanitize' "$MAYFLY_BUILD/Makefile"; then
		ulimit -v 100000
	fi
	run_drill -t 20s "$@" s
	show
}

# fails WORDS: the error says this with file and line, and nothing crashed
fails() {
	[ "$status" -eq 2 ]
	grep -q '^s:[0-9]*: tunnel, connection 1: ' "$err"
	grep -qF -- "$*" "$err"
}

@test "an endless line" {
	against --max-line 10000000 <<-'E'
	printf '* OK '; exec tr '\0' x </dev/zero 2>/dev/null
	E
	fails 'it sent a line without end'
}

@test "an endless line of numbers that would be a literal" {
	against --max-line 10000000 <<-'E'
	printf '* OK x\r\n* X {'; exec tr '\0' 9 </dev/zero 2>/dev/null
	E
	fails 'it sent a line without end'
}

@test "endless answers" {
	against --max-answer 20000000 <<-'E'
	printf '* OK x\r\n'; exec yes "$(printf '* 1 EXISTS\r')" 2>/dev/null
	E
	fails 'octets of answers and no end'
}

@test "endless go-aheads that nobody asked for" {
	against --max-answer 20000000 <<-'E'
	printf '* OK x\r\n'; exec yes "$(printf '+ go\r')" 2>/dev/null
	E
	fails 'octets of answers and no end'
}

@test "endless literals in a response code" {
	against --max-answer 3000000 <<-'E'
	printf '* OK x\r\n* OK [X '; exec yes "$(printf '{0}\r')" 2>/dev/null
	E
	[ "$status" -eq 2 ]
}

@test "a literal beyond the limit, beyond 64 bits, and one that never ends" {
	against --max-literal 1000 <<-'E'
	printf '* OK x\r\n* X {1001}\r\n'; cat >/dev/null
	E
	fails 'it announced a literal over the limit'
	against <<-'E'
	printf '* OK x\r\n* X {99999999999999999999999}\r\n'; cat >/dev/null
	E
	fails 'it announced a literal over the limit'
	against <<-'E'
	printf '* OK x\r\n* X {300000000}\r\n'; head -c 299999999 /dev/zero
	E
	fails 'the server closed in the middle of an answer'
}

@test "a literal of 300 MB is read past in little memory" {
	against <<-'E'
	printf '* OK x\r\n'; read -r tag rest
	printf '* X {300000000}\r\n'; head -c 300000000 /dev/zero; printf '\r\n%s OK\r\n' "$tag"
	cat >/dev/null
	E
	[ "$status" -eq 0 ]
	grep -q '	untagged	300000019	' "$out"
}

@test "garbage in place of a greeting, and in place of an answer" {
	against <<-'E'
	exec head -c 1000000 /dev/urandom
	E
	[ "$status" -eq 2 ]; [ -s "$err" ]
	against <<-'E'
	printf 'HTTP/1.1 400 Bad Request\r\n\r\n'; cat >/dev/null
	E
	fails 'this is not IMAP: HTTP/1.1 400 Bad Request'
	against <<-'E'
	printf 'a1 OK\r\n'; cat >/dev/null
	E
	fails 'this is not IMAP: a1 OK'
	against <<-'E'
	printf '* 3 EXISTS\r\n'; cat >/dev/null
	E
	fails 'a greeting was expected'
	against <<-'E'
	printf '* OK x\r\n'; printf '\033]0;owned\007\r\n'; cat >/dev/null
	E
	fails 'this is not IMAP: \x1b]0;owned\x07'
}

@test "a line that ends in LF alone" {
	against <<-'E'
	printf '* OK x\n'; cat >/dev/null
	E
	fails 'it ended a line in LF without CR'
}

@test "an answer to a command that was not sent" {
	against <<-'E'
	printf '* OK x\r\nzz OK\r\n'; cat >/dev/null
	E
	fails 'an answer to a command that was not sent: zz'
}

@test "the same answer twice" {
	against <<-'E'
	printf '* OK x\r\n'; read -r tag rest; printf '%s OK\r\n%s OK\r\n' "$tag" "$tag"; cat >/dev/null
	E
	fails 'an answer to a command that was not sent: a1'
}

@test "closing before the greeting, before an answer, and within one" {
	against <<-'E'
	exit 0
	E
	fails 'the server closed without an answer to greeting'
	against <<-'E'
	printf '* OK x\r\n'; read -r tag rest
	E
	fails 'the server closed without an answer to a1'
	against <<-'E'
	printf '* OK x\r\n'; read -r tag rest; printf '* BYE tired\r\n'
	E
	fails 'the server closed with BYE without an answer to a1'
	against <<-'E'
	printf '* OK x\r\n'; read -r tag rest; printf '%s OK half' "$tag"
	E
	fails 'the server closed in the middle of an answer'
}

@test "half closed: a server that shuts its input still gets heard" {
	against <<-'E'
	exec <&-; printf '* OK x\r\n* BYE no more input\r\n'
	E
	fails 'the server closed with BYE without an answer to a1'
}

@test "silence before the greeting, before an answer and before a go-ahead ends in a timeout" {
	against -t 300ms <<-'E'
	cat >/dev/null
	E
	fails 'waited 0.300 s in vain for the greeting'
	against -t 300ms <<-'E'
	printf '* OK x\r\n'; cat >/dev/null
	E
	fails 'waited 0.300 s in vain for a1'
	script s <<-'E'
	tunnel sh server
	a1 X {"literal"}
	E
	run_drill -t 300ms s; show
	fails 'waited 0.300 s in vain for the go-ahead for a literal'
}

@test "a server that stops reading in the middle of a literal ends in a timeout" {
	fake server <<-'E'
	turn() { say '+ go'; exec sleep 1000; }
	E
	script s <<-'E'
	tunnel exec sh server
	a1 APPEND x {fill:100000000}
	E
	run_drill -t 300ms s; show
	fails 'waited 0.300 s in vain for'
}

@test "a server that does not close after LOGOUT is told" {
	fake server <<-'E'
	turn() { say '* BYE'; say "$tag OK"; exec cat >/dev/null; }
	E
	script s <<-'E'
	tunnel exec sh server
	a1 LOGOUT
	E
	run_drill -t 300ms s; show
	fails 'waited 0.300 s in vain for the server to close after LOGOUT'
}

@test "a program that can't be started, a port where nobody listens, a name that is none" {
	script s <<-'E'
	tunnel exec /no/such/program
	a1 NOOP
	E
	run_drill s; show
	fails 'the server closed without an answer to greeting'
	script s <<-E
	127.0.0.1 $(free_port)
	a1 NOOP
	E
	run_drill s; show
	[ "$status" -eq 2 ]; grep -q "^s:1: .*can't connect: Connection refused" "$err"
	script s <<-'E'
	no.such.host.invalid 143
	a1 NOOP
	E
	run_drill s; show
	[ "$status" -eq 2 ]; grep -q '^s:1: no.such.host.invalid:143: ' "$err"
}

@test "programs of tunnels that do not end by themselves are ended" {
	script s <<-'E'
	tunnel echo $$ >pid; printf '* OK x\r\n'; trap '' HUP; sleep 1000 & wait
	a1 close
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	! kill -0 "$(cat "$BATS_TEST_TMPDIR/pid")" 2>/dev/null
}

@test "a compressed stream that is broken, and a deflate bomb" {
	command -v python3 >/dev/null || skip "python3 makes the bytes and is not installed"
	"$drill" --check - <<<"$(printf 'localhost 1\nCOMPRESS DEFLATE')" 2>/dev/null ||
		skip "built without zlib"
	cat >"$BATS_TEST_TMPDIR/bytes" <<-'E'
	import sys, zlib
	out = sys.stdout.buffer
	out.write(b"* OK x\r\n"); out.flush()
	tag = sys.stdin.buffer.readline().split()[0]
	out.write(tag + b" OK\r\n")
	if sys.argv[1] == "bomb":
	    z = zlib.compressobj(9, zlib.DEFLATED, -15)
	    out.write(z.compress(b"* X {400000000}\r\n"))
	    for i in range(400): out.write(z.compress(b"\0" * 1000000))
	    out.write(z.compress(b"\r\na2 OK\r\n") + z.flush())
	else:
	    out.write(b"\xff\xff\xff\xff garbage")
	out.flush()
	sys.stdin.buffer.read()
	E
	script s <<-'E'
	tunnel exec python3 bytes bomb
	a1 COMPRESS DEFLATE
	expect OK
	a2 NOOP
	expect OK
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	sed -i s/bomb/garbage/ "$BATS_TEST_TMPDIR/s"
	run_drill s; show
	fails 'the compressed stream is broken'
}
