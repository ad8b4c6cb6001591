#!/usr/bin/env bats
# Many connections: pace, limits, memory, results.
load helper

# A server that does nothing for any number of clients: $idle_port; ends with the test.
idle_server() {
	mkfifo "$BATS_TEST_TMPDIR/hold" "$BATS_TEST_TMPDIR/port"
	"$MAYFLY_BUILD/tests/drill/idle_server" <"$BATS_TEST_TMPDIR/hold" >"$BATS_TEST_TMPDIR/port" 3>&- 4>&- &
	idle_pid=$!
	exec 8>"$BATS_TEST_TMPDIR/hold"
	read -r idle_port <"$BATS_TEST_TMPDIR/port"
}

teardown() {
	exec 8>&-
	[ -z "${idle_pid-}" ] || wait "$idle_pid" || :
}

@test "10,000 connections idle at once on one core, in little memory each" {
	limit=$(ulimit -H -n)
	[ "$limit" = unlimited ] || [ "$limit" -ge 10100 ] || skip "the hard limit of open files is $limit"
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	login anna secret
	expect OK
	SELECT INBOX
	i1 IDLE for 1h
	expect OK
	LOGOUT
	E
	pin=; command -v taskset >/dev/null && pin="taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')"
	status=0
	(cd "$BATS_TEST_TMPDIR" && exec $pin "$drill" --sessions 10000 --rate 5000 --seconds 6 -t 60s \
		--table-json r.json --svg r.svg s) >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- 8>&- || status=$?
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err; show
	[ "$status" -eq 0 ]
	grep -q '^10000 connections, at most 10000 at once; ' "$out"
	grep -Eq "^imapdrill's own memory: [0-9.]+ kB for each of 10000 connections" "$out"
	grep -q '^0 connections broken, 0 expectations failed' "$out"
	# every IDLE was ended and answered
	grep -Eq ' i1 +IDLE for 1h +10000 +0 +0 +0 ' "$out"
	# less than a page each; sanitizers keep what was freed, so their build is not measured
	grep -q -- -fsanitize "$MAYFLY_BUILD/Makefile" ||
		awk '/own memory/ { exit !($4 < 4) }' "$out"
}

@test "sessions start no faster than the rate, and start anew until time is up" {
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	a1 NOOP
	a2 LOGOUT
	E
	run_drill --sessions 1000 --rate 20 --seconds 2 -q -l log s; show
	[ "$status" -eq 0 ]
	# at most rate * seconds and one for each end of the time
	[ "$(grep -c '	connect	' "$BATS_TEST_TMPDIR/log")" -le 42 ]
	run_drill --sessions 2 --seconds 1 s; show
	[ "$status" -eq 0 ]
	# two at a time, but many in all
	grep -Eq '^[0-9]{2,} connections, at most 2 at once' "$out"
}

@test "sessions without seconds run once each; {session} tells them apart" {
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	a1 LOGIN user{session} x
	a2 X{connection}
	E
	run_drill --sessions 50 --show-secrets -l log s; show
	[ "$status" -eq 0 ]
	[ "$(grep -o 'LOGIN user[0-9]*' "$BATS_TEST_TMPDIR/log" | sort -u | wc -l)" -eq 50 ]
	[ "$(grep -o 'a2 X[0-9]*' "$BATS_TEST_TMPDIR/log" | sort -u | wc -l)" -eq 50 ]
	grep -q '^50 connections, at most 50 at once; ' "$out"
}

@test "progress goes to stderr, results to stdout as text or JSON" {
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	a1 wait 1h
	E
	run_drill --sessions 3 --seconds 3 --progress 2 s; show
	[ "$status" -eq 0 ]
	grep -Eq '^2 s: 3 open, [0-9]+ answers \(' "$err"
	[ "$(grep -c ' open, ' "$err")" -le 2 ]
	run_drill --sessions 3 --seconds 3 --progress 1 -q s
	[ ! -s "$err" ]
	grep -q '^SERVER ' "$out"
	script s <<-E
	127.0.0.1 $idle_port
	a1 NOOP
	E
	run_drill --sessions 3 --json s
	[ "$status" -eq 0 ]
	[ "$(head -c 14 "$out")" = '{"sessions":3,' ]
	if command -v jq >/dev/null; then jq -e '.connections == 3 and .answers == 6' "$out"; fi
}

@test "on a terminal the progress is one line, written over itself, and gone at the end" {
	command -v script >/dev/null || skip "script is not installed (bsdutils)"
	idle_server
	printf '127.0.0.1 %s\na1 wait 1h\n' "$idle_port" >"$BATS_TEST_TMPDIR/s"
	(cd "$BATS_TEST_TMPDIR" && command script -qec "$drill --sessions 3 --seconds 3 s" typescript) \
		</dev/null >/dev/null 3>&- 4>&- 8>&-
	out=$BATS_TEST_TMPDIR/typescript err=/dev/null status=0; show
	grep -q "$(printf '1 s: 3 open, .*\r\033\\[K2 s: 3 open, .*\r\033\\[KSERVER')" "$out"
}

@test "a thousand failures are told twenty times and counted to the end" {
	script s <<-E
	127.0.0.1 $(free_port)
	a1 NOOP
	E
	run_drill --sessions 1000 s; show
	[ "$status" -eq 2 ]
	[ "$(grep -c "^s:1: .*can't connect" "$err")" -eq 20 ]
	grep -q '^further errors are only counted' "$err"
	grep -q '^1000 connections broken' "$out"
}

@test "a server that dies under load ends the test with its losses told" {
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	a1 IDLE for 1h
	E
	mkfifo "$BATS_TEST_TMPDIR/log"
	(cd "$BATS_TEST_TMPDIR" && exec "$drill" --sessions 100 -l log s) >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err" 3>&- 4>&- 8>&- & pid=$!
	exec 7<"$BATS_TEST_TMPDIR/log"
	n=0
	while [ "$n" -lt 100 ] && read -r -u 7 line; do case $line in *idling*) n=$((n + 1)) ;; esac; done
	exec 8>&-	# the server ends
	wait "$idle_pid"; idle_pid=
	cat <&7 >/dev/null
	status=0; wait "$pid" || status=$?
	exec 7<&-
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err; show
	[ "$status" -eq 2 ]
	grep -q '^100 connections broken' "$out"
	grep -Eq ' a1 +IDLE for 1h +0 +0 +0 +100 ' "$out"
}

@test "the plot shows a line for the median, 99 % and the maximum" {
	idle_server
	script s <<-E
	127.0.0.1 $idle_port
	a1*50 NOOP
	E
	run_drill --sessions 5 --seconds 3 --svg plot.svg s; show
	[ "$status" -eq 0 ]
	[ "$(grep -c '<polyline' "$BATS_TEST_TMPDIR/plot.svg")" -eq 4 ]
	[ "$(wc -c <"$BATS_TEST_TMPDIR/plot.svg")" -lt 20000 ]
	for word in median '99 %' maximum connections; do grep -q ">$word<" "$BATS_TEST_TMPDIR/plot.svg"; done
	! command -v xmllint >/dev/null || xmllint --noout "$BATS_TEST_TMPDIR/plot.svg"
	run_drill --sessions 1 --svg no/such/dir s; [ "$status" -eq 2 ]; grep -q 'no/such/dir: ' "$err"
}
