#!/usr/bin/env bats
# imapdrill-report: what a log says, for a person.
load helper

# A log whose lines come from the standard input, fields parted by "|".
log() {
	tr '|' '\t' >"$BATS_TEST_TMPDIR/$1"
}

run_report() {
	status=0
	(cd "$BATS_TEST_TMPDIR" && exec "$report" "$@") >"$BATS_TEST_TMPDIR/out" \
		2>"$BATS_TEST_TMPDIR/err" </dev/null 3>&- 4>&- || status=$?
	out=$BATS_TEST_TMPDIR/out err=$BATS_TEST_TMPDIR/err
	show
}

@test "latencies and outcomes of each command, repetitions in one row" {
	log l <<-'E'
	0.000000|-|0|-|-|start|0|imapdrill 1 2026-01-01T00:00:00Z
	0.100000|s|1|a1.1|C|command|9|a1.1 NOOP
	0.101000|s|1|a1.1|S|tagged|9|a1.1 OK x
	0.200000|s|1|a1.2|C|command|9|a1.2 NOOP
	0.203000|s|1|a1.2|S|tagged|9|a1.2 NO x
	0.300000|s|2|a1.1|C|command|9|a1.1 NOOP
	0.302000|s|2|a1.1|S|tagged|9|a1.1 BAD x
	0.400000|s|2|a1.2|C|command|9|a1.2 NOOP
	0.500000|s|2|-|-|close|0|by the server
	0.500000|s|3|i1|C|command|9|i1 IDLE
	9.500000|s|3|i1|C|done|6|DONE
	9.504000|s|3|i1|S|tagged|9|i1 OK x
	9.600000|t|4|line.7|C|command|9|line.7 NOOP
	9.605000|t|4|line.7|S|tagged|9|line.7 OK x
	E
	run_report l
	[ "$status" -eq 0 ]
	grep -Eq '^s +a1 +NOOP +1 +1 +1 +1 +1\.00 ms +2\.0[0-9] ms +3\.00 ms +3\.00 ms$' "$out"
	grep -Eq '^s +i1 +IDLE +1 +0 +0 +0 +4\.00 ms ' "$out"
	grep -Eq '^t +line\.7 +NOOP +1 +0 +0 +0 +5\.00 ms ' "$out"
}

@test "what was answered out of order is told" {
	log l <<-'E'
	0.100000|s|1|a1|C|command|9|a1 FETCH 1 X
	0.100000|s|1|a2|C|command|9|a2 NOOP
	0.101000|s|1|a2|S|tagged|9|a2 OK x
	0.102000|s|1|a1|S|tagged|9|a1 OK x
	E
	run_report l
	grep -q '^Answered out of order (1)' "$out"
	grep -q 's, connection 1: a2 (NOOP) before a1 (FETCH)' "$out"
	grep -q 'tagged answers .* 1 of 2 before' "$out"
}

@test "the server's choices are found unasked, and answers to questions told" {
	log l <<-'E'
	0.100000|s|1|greeting|S|greeting|9|* OK [CAPABILITY IMAP4rev1] hi
	0.100000|s|1|a1|C|command|9|a1 LOGIN ***
	0.101000|s|1|a1|S|untagged|9|* CAPABILITY IMAP4rev1
	0.101000|s|1|a1|S|tagged|9|a1 OK in
	0.100000|s|1|a2|C|command|9|a2 FETCH 1 BODY[]
	0.100000|s|1|a2|S|untagged|9|* 1 FETCH (ENVELOPE ("a" NIL "b") BODY[] {3}\r\na"b)
	0.101000|s|1|a2|S|tagged|9|a2 OK in
	0.100000|s|1|a3|C|command|9|a3 UID SEARCH ALL
	0.100000|s|1|a3|S|untagged|9|* SEARCH
	0.100000|s|1|a3|S|untagged|9|* 2 EXPUNGE
	0.101000|s|1|a3|S|tagged|9|a3 OK in
	0.100000|s|1|a4|C|command|9|a4 COPY 1 x
	0.101000|s|1|a4|S|tagged|9|a4 NO [TRYCREATE] no
	0.102000|s|1|a4|-|choice|0|What? => this
	0.102000|s|2|a4|-|choice|0|What? => that
	0.102000|s|3|a4|-|choice|0|What? => this
	0.102000|s|3|a4|-|choice|0|Who? => me
	0.100000|s|1|a5|C|command|9|a5 LOGOUT
	0.100000|s|1|a5|S|untagged|9|* BYE x
	0.101000|s|1|a5|S|tagged|9|a5 OK no
	0.101000|s|1|-|S|close|0|by the server
	E
	run_report l
	[ "$status" -eq 0 ]
	for line in 'greeting  *OK, with capabilities' 'capabilities after login  *untagged' \
		'strings in FETCH  *2 quoted, 1 literals' 'EXPUNGE told during  *UID SEARCH' \
		'a SEARCH that finds nothing  *an empty line' 'refusals  *NO \[TRYCREATE\]' \
		'LOGOUT  *BYE before the OK' 'What?: this (2), that (1)' 'Who?: me'; do
		grep -q "^  $line\$" "$out"
	done
}

@test "failures and broken connections are listed, the first twenty of them" {
	for i in $(seq 25); do printf '0.100000|s|%s|a1|-|failed|0|expect OK: a1 NO\n' "$i"; done | log l
	run_report l
	grep -q '^Failed (25)' "$out"
	[ "$(grep -c 's, connection [0-9]*: expect OK: a1 NO' "$out")" -eq 20 ]
	grep -q '^  and 5 more' "$out"
}

@test "two logs are compared by their questions; the status tells whether they differ" {
	log a <<-'E'
	0.100000|one|1|a4|-|choice|0|Same? => yes
	0.100000|one|1|a4|-|choice|0|Which? => this
	0.100000|one|1|a4|-|choice|0|Only here? => yes
	E
	log b <<-'E'
	0.100000|two|1|a4|-|choice|0|Which? => that
	0.100000|two|1|a4|-|choice|0|Same? => yes
	0.100000|two|1|a4|-|choice|0|Only there? => yes
	E
	run_report --compare a b
	[ "$status" -eq 1 ]
	[ "$(cat "$out")" = "Which?
  one: this
  two: that
Only here?
  one: yes
  two: (not asked)
Only there?
  one: (not asked)
  two: yes" ]
	run_report --compare a a
	[ "$status" -eq 0 ]; [ ! -s "$out" ]
}

@test "what is no log is told with its line" {
	for text in '{"time":0}' 'nonsense' '0.1|s|1|a|C|command|9|x' '0.100000|s|1|a|C|command|9|\q' \
		'0.100000|s|x|a|C|command|9|x' '0.100000|s|1|a|C|command|9|x|y'; do
		printf '0.000000|-|0|-|-|start|0|x\n%s\n' "$text" | log l
		run_report l
		[ "$status" -eq 2 ]; grep -q '^l:2: ' "$err"
	done
	printf '0.000000|-|0|-|-|start|0|x' | log l
	run_report l; [ "$status" -eq 2 ]; grep -q 'not whole' "$err"
	printf '0.000000|s|99999999999|a|C|command|9|a NOOP\n' | log l
	run_report l; [ "$status" -eq 0 ]
	run_report missing; [ "$status" -eq 2 ]; grep -q '^missing: ' "$err"
	run_report --nonsense; [ "$status" -eq 64 ]
	head -c 100000 /dev/urandom >"$BATS_TEST_TMPDIR/l"
	run_report l; [ "$status" -eq 2 ]
}

@test "the log of a real run reads back, strange bytes and all" {
	cat >"$BATS_TEST_TMPDIR/server" <<-'E'
	printf '* OK \001\t\\x41 \377\r\n'
	while read -r tag rest; do printf '* X {6}\r\n\000\r\n\t\\"\r\n%s OK\r\n' "$tag"; done
	E
	script s <<-'E'
	tunnel sh server
	name a	b
	a1*3 NOOP
	expect raw untagged /^X [{]6[}]/
	E
	run_drill -l log s; show
	[ "$status" -eq 0 ]
	run_report log
	[ "$status" -eq 0 ]
	grep -Eq '^a.tb +a1 +NOOP +3 ' "$out"
}
