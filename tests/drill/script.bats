#!/usr/bin/env bats
# The language: what is refused, with file and line, and what is sent when.
load helper

# faults FILE:LINE: ... ; each must be told, status 64
refused() {
	run_drill --check bad
	show
	[ "$status" -eq 64 ]
	for line; do grep -qF "$line" "$err"; done
}

@test "every fault of a script is told with file and line before anything is sent" {
	script bad <<-'E'
	# a comment
	localhost 1 tls what

	localhost 1
	a1 NOOP
	a1 NOOP
	a3:nowhere NOOP
	LOGIN {nobody} x
	expect
	expect /(/
	expect nonsense
	b1*0 NOOP
	b2*3/9999 NOOP
	b3.x NOOP
	wait long
	IDLE until
	print {unknown}
	capture 9x /y/
	capture x=7 /(y)/
	answer lonely
	timeout never
	set 9 x
	x9
	APPEND INBOX {file:missing}
	E
	refused 'bad:2: not understood behind tls: what' \
		'bad:8: nothing of this name is known: {nobody}' \
		'bad:9: an expression is needed' 'bad:10: ' 'bad:11: ' \
		'bad:12: behind the star stands a number' 'bad:13: behind the slash stands a number' \
		'bad:14: a label is made of' 'bad:15: wait takes a time' 'bad:16: IDLE takes' \
		'bad:17: nothing of this name is known: {unknown}' 'bad:18: capture needs a name' \
		'bad:19: the expression has no group 7' 'bad:20: an answer has a name' \
		'bad:21: timeout takes a time' 'bad:22: set needs a name' \
		'bad:23: a command is missing' 'bad:24: No such file or directory: missing'
}

@test "labels twice, unknown or in a circle are told with their lines" {
	script bad <<-'E'
	localhost 1
	a1 NOOP
	a1 NOOP
	a3:nowhere NOOP

	localhost 1
	b1:b2 NOOP
	b2:b1 NOOP

	localhost 1
	c1:a1 NOOP
	x1 NOOP

	localhost 1
	x1 NOOP

	localhost 1
	d1:x1 NOOP
	E
	refused 'bad:3: label a1 is already that of line 2' 'bad:4: there is no label nowhere' \
		'bad:18: label x1 is in several other blocks'
	script bad <<-'E'
	localhost 1
	b1:b2 NOOP
	b2:b1 NOOP
	E
	refused 'bad:2: b1 waits, over others, for itself'
}

@test "a script without a server, a missing script and unknown options are refused" {
	script bad </dev/null
	refused 'bad:1: no server is named'
	run_drill missing; show
	[ "$status" -eq 64 ]; grep -q 'missing: No such file' "$err"
	run_drill --nonsense bad; show
	[ "$status" -eq 64 ]; grep -q '^usage:' "$err"
	run_drill -D novalue bad; [ "$status" -eq 64 ]
	run_drill -t never bad; [ "$status" -eq 64 ]
}

@test "commands without labels wait for the one before, labels only for what they name" {
	fake server <<-'E'
	turn() { held="$held $tag"; case $rest in
		GO) say "$tag OK"; for t in $held; do [ "$t" = "$tag" ] || say "$t OK"; done; held= ;;
		LATER*) ;;
		*) held=${held% *}; say "$tag OK" ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	ONE
	TWO
	a1 THREE
	b1:a1 LATER
	b2:a1 LATER
	b3:a1 GO
	c1:b1,b2,b3 LAST
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	# what went out and came in, in order: b1 b2 b3 in parallel, answered b3 first
	awk -F '\t' '$6 == "command" || $6 == "tagged" { printf "%s%s ", $5, $4 }' "$out" >"$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = "Cline.2 Sline.2 Cline.3 Sline.3 Ca1 Sa1 Cb1 Cb2 Cb3 Sb3 Sb1 Sb2 Cc1 Sc1 " ]
}

@test "a label with nothing behind its colon waits for the greeting alone" {
	fake server <<-'E'
	turn() { n=$((n + 1)); [ $n -lt 3 ] && { held="$held $tag"; return; }
		for t in $tag $held; do say "$t OK"; done; }
	E
	script s <<-'E'
	tunnel sh server
	a1: ONE
	a2: TWO
	a3: THREE
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events tagged)" = "$(printf 'a3 a3 OK\na1 a1 OK\na2 a2 OK')" ]
}

@test "repeats count with %n, one after another or so many at a time" {
	fake server <<-'E'
	turn() { say "$tag OK $rest"; }
	E
	script s <<-'E'
	tunnel sh server
	a1*3 X%n %%n
	a2*7/7:a1 Y%n
	a3*9/2 Z%n
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events tagged | head -3)" = "$(printf 'a1.1 a1.1 OK X1 %%n\na1.2 a1.2 OK X2 %%n\na1.3 a1.3 OK X3 %%n')" ]
	# the most that were unanswered at a time
	awk -F '\t' '{ l = substr($4, 1, 2) } $6 == "command" { if (++n[l] > most[l]) most[l] = n[l] }
		$6 == "tagged" { n[l]-- } END { print most["a1"], most["a2"], most["a3"] }' "$out" >"$BATS_TEST_TMPDIR/most"
	[ "$(cat "$BATS_TEST_TMPDIR/most")" = "1 7 2" ]
}

@test "labels tie connections: one waits for what another has done or begun" {
	fake server <<-'E'
	turn() { case $rest in
		IDLE) idle=$tag; say '+ idling' ;;
		esac
		case $line in
		DONE) say "$idle OK idled" ;;
		*IDLE) ;;
		*) say "$tag OK $rest" ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	name one
	i1 IDLE until b2
	z1 LAST

	tunnel sh server
	name two
	b1:i1+ WHILE
	b2 THEN

	tunnel sh server
	name three
	c1:z1 AFTER
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	awk -F '\t' '$6 ~ /^(command|continue|done|tagged)$/ { printf "%s:%s ", $4, $6 }' "$out" >"$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = "i1:command i1:continue b1:command b1:tagged b2:command b2:tagged i1:done i1:tagged z1:command z1:tagged c1:command c1:tagged " ]
}

@test "literals wait for the server, also two in one command, and come from files" {
	fake server <<-'E'
	turn() {
		got="$got<$line>"
		case $line in
		*'{4}') say '+ go' ;;
		*end) say "* GOT $got"; say 'a1 OK' ;;
		esac; }
	E
	printf 'ab\r\n' >"$BATS_TEST_TMPDIR/four"
	script s <<-'E'
	tunnel sh server
	a1 X {file:four} {"cd\r\n"} end
	expect untagged /GOT <a1 X \{4\}><ab>< \{4\}><cd>< end>$/
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events literal)" = "$(printf 'a1 ab\\r\\n\na1 cd\\r\\n')" ]
	# each literal stands behind its go-ahead
	awk -F '\t' '$6 ~ /^(continue|literal)$/ { printf "%s ", $6 }' "$out" >"$BATS_TEST_TMPDIR/order"
	[ "$(cat "$BATS_TEST_TMPDIR/order")" = "continue literal continue literal " ]
}

@test "a refused literal is not sent" {
	fake server <<-'E'
	turn() { case $rest in
		*'}') say "$tag NO too big" ;;
		*) say "$tag OK $rest" ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	a1 APPEND x {fill:1000000}
	expect NO
	a2 NOOP
	expect OK /NOOP/
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ -z "$(events literal)" ]
}

@test "expectations that fail name file and line, and the status is 1" {
	fake server <<-'E'
	turn() { say '* 3 EXISTS'; say '* 3 EXISTS'; say "$tag NO [X] nope"; }
	E
	script s <<-'E'
	tunnel sh server
	expect untagged /fake/
	a1 ONE
	expect NO /\[X\]/
	expect 2 untagged /EXISTS/
	expect not BYE
	a2 TWO
	expect OK
	expect 3+ untagged /EXISTS/
	expect not /EXISTS/
	E
	run_drill s; show
	[ "$status" -eq 1 ]
	[ "$(cut -d: -f1,2 "$err" | tr '\n' ' ')" = "s:8 s:9 s:10 " ]
	grep -q 's:8: tunnel, connection 1: expect OK: a2 NO \[X\] nope' "$err"
	[ "$(events failed | wc -l)" -eq 3 ]
}

@test "a required expectation ends the block, and what waits for it elsewhere is not sent" {
	fake server <<-'E'
	turn() { say "$tag NO"; }
	E
	script s <<-'E'
	tunnel sh server
	a1 ONE
	require OK
	a2 TWO

	tunnel sh server
	b1 ONE
	b2:a2 TWO
	b3:b1 THREE
	E
	run_drill s; show
	[ "$status" -eq 1 ]
	[ "$(events command | cut -d' ' -f1 | sort | tr '\n' ' ')" = "a1 b1 b3 " ]
}

@test "a label with a question mark is waited for, and does no harm when it is lost" {
	fake good <<-'E'
	turn() { say "$tag OK"; }
	E
	fake bad <<-'E'
	turn() { return 1; }
	E
	script s <<-'E'
	tunnel sh good
	name good
	b1:a2? ONE
	expect OK
	b2:c1? TWO

	tunnel sh bad
	name bad
	a1 ONE
	a2 TWO

	tunnel sh good
	name good
	c1:b1 ONE
	E
	run_drill s; show
	[ "$status" -eq 2 ]
	[ "$(events tagged | cut -d' ' -f1 | tr '\n' ' ')" = "b1 c1 b2 " ]
	[ "$(wc -l <"$err")" -eq 1 ]
}

@test "--strict wants OK from every command that nothing is expected of" {
	fake server <<-'E'
	turn() { say "$tag NO"; }
	E
	script s <<-'E'
	tunnel sh server
	a1 ONE
	expect NO
	a2 TWO
	E
	run_drill s; [ "$status" -eq 0 ]
	run_drill --strict s; show
	[ "$status" -eq 1 ]; grep -q '^s:4: .*not OK: a2 NO' "$err"
}

@test "captured words are used later, printed, and missed with their line" {
	fake server <<-'E'
	turn() { say '* 7 EXISTS'; printf '* X {3}\r\na"b\r\n'; say "$tag OK [APPENDUID 4 12] $rest"; }
	E
	script s <<-'E'
	tunnel sh server
	a1 ONE
	capture n untagged /^([0-9]+) EXISTS/
	capture both=0 OK /APPENDUID ([0-9]+) ([0-9]+)/
	capture uid=2 OK /APPENDUID ([0-9]+) ([0-9]+)/
	capture text untagged /X "(.*)"/
	a2 FETCH {n} {uid}
	expect OK /FETCH 7 12/
	print {both}: {text}
	capture never /nothing/
	a3 STORE {never}
	E
	run_drill -q s; show
	[ "$status" -eq 2 ]
	[ "$(cat "$out")" = 'APPENDUID 4 12: a\"b' ]
	grep -q '^s:11: .*{never} was not captured' "$err"
}

@test "values come from -D before set, and a server's name may be one" {
	fake server <<-'E'
	turn() { say "$tag OK $rest"; }
	E
	script s <<-'E'
	set what one
	set where tunnel false
	{where}
	a1 {what}
	expect OK /two/
	E
	run_drill -D what=two -D where='tunnel sh server' s; show
	[ "$status" -eq 0 ]
}

@test "questions are answered by the first answer that holds" {
	fake server <<-'E'
	turn() { say '* 3 EXISTS'; say "$tag OK"; }
	E
	script s <<-'E'
	tunnel sh server
	a1 ONE
	question How many?
	answer few untagged /^[12] /
	answer "quite a few" untagged /^3 /
	answer many
	question Who?
	answer nobody not /who/
	question What?
	answer this /that/
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events choice)" = "$(printf 'a1 How many? => quite a few\na1 Who? => nobody\na1 What? => none of these')" ]
}

@test "secrets stay out of the log unless asked for" {
	fake server <<-'E'
	turn() { case $line in
		*AUTHENTICATE*) auth=$tag; say '+ ' ;;
		*LOGIN*|*NOOP*) say "$tag OK" ;;
		*) say "* GOT $line"; say "$auth OK" ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	LOGIN anna geheim
	login anna geh"eim
	a1 AUTHENTICATE PLAIN anna geheim
	expect untagged /GOT AGFubmEAZ2VoZWlt/
	a2 NOOP
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events command)" = "$(printf 'line.2 line.2 LOGIN ***\nline.3 line.3 LOGIN ***\na1 a1 AUTHENTICATE ***\na2 a2 NOOP')" ]
	run_drill --show-secrets s
	grep -q 'LOGIN "anna" "geh\\\\"eim"' "$out"
}

@test "AUTHENTICATE gives the replies of the script, then gives up" {
	fake server <<-'E'
	turn() { case $line in
		*AUTHENTICATE*) auth=$tag; say '+ one' ;;
		dXNlcg==) say '+ two' ;;
		'*') say "$auth BAD given up" ;;
		*) say "$auth NO $line" ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	a1 AUTHENTICATE LOGIN
	reply {base64:"user"}
	expect BAD /given up/
	expect 2 continue
	E
	run_drill s; show
	[ "$status" -eq 0 ]
}

@test "login is left out after PREAUTH, and what was expected of it holds" {
	cat >"$BATS_TEST_TMPDIR/server" <<-'E'
	printf '* PREAUTH hello\r\n'
	while read -r tag rest; do printf '%s OK\r\n' "$tag"; done
	E
	script s <<-'E'
	tunnel sh server
	login anna secret
	require OK
	a1 NOOP
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events command | wc -l)" -eq 1 ]
}

@test "raw lines bring their own tag or none, close ends without a word" {
	fake server <<-'E'
	turn() { case $line in
		t1*) say 't1 OK mine' ;;
		odd*) say 'whatever BAD odd' ;;
		*) say '* BAD what' ;;
		esac; }
	E
	script s <<-'E'
	tunnel sh server
	a1 raw t1 NOOP
	expect OK /mine/
	a2 raw
	expect /BAD what/
	a3 raw odd+tag NOOP
	expect BAD
	a4 close
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	events close | grep -q 'by the script'
}

@test "the JSON log has the same events, one object a line" {
	command -v jq >/dev/null || skip "jq is not installed"
	cat >"$BATS_TEST_TMPDIR/server" <<-'E'
	printf '* OK \001"\\\377 ready\r\n'
	while read -r tag rest; do printf '%s OK\r\n' "$tag"; done
	E
	script s <<-'E'
	tunnel sh server
	a1 NOOP
	E
	run_drill --json s; show
	[ "$status" -eq 0 ]
	[ "$(jq -r .kind "$out" | tr '\n' ' ')" = "start connect greeting command tagged close " ]
	jq -es 'any(.[]; .text == "* OK \u0001\"\\\u00ff ready")' "$out"
}

@test "the log can go to a file, and one that can't be written is told" {
	fake server <<-'E'
	turn() { say "$tag OK"; }
	E
	script s <<-'E'
	tunnel sh server
	a1*2000 NOOP
	E
	run_drill -q -l log s; show
	[ "$status" -eq 0 ]; [ ! -s "$out" ]
	[ "$(grep -c "	tagged	" "$BATS_TEST_TMPDIR/log")" -eq 2000 ]
	run_drill -q -l no/such/log s; [ "$status" -eq 2 ]; grep -q 'no/such/log: ' "$err"
	[ -e /dev/full ] || return 0
	run_drill -q -l /dev/full s; show
	[ "$status" -eq 2 ]; grep -q "can't write the log" "$err"
}

@test "a session can be interrupted, and says so by its status" {
	fake server <<-'E'
	turn() { :; }
	E
	script s <<-'E'
	tunnel sh server
	a1 wait 1h
	E
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	(cd "$BATS_TEST_TMPDIR" && exec "$drill" s >pipe 2>err) 3>&- 4>&- & pid=$!
	exec 7<"$BATS_TEST_TMPDIR/pipe"
	while read -r -u 7 line; do case $line in *greeting*) break ;; esac; done
	kill -INT "$pid"
	status=0; wait "$pid" || status=$?
	exec 7<&-
	[ "$status" -eq 2 ]
}
