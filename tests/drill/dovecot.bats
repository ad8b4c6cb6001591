#!/usr/bin/env bats
# Against Debian's Dovecot: what a real server makes of it all.
load helper

setup_file() { dovecot_start; }
teardown_file() { dovecot_stop; }
setup() { need_dovecot; }

# A script for the Dovecot of this file, login included; the rest comes from the standard input.
dovecot_script() {
	{ echo "127.0.0.1 $dovecot_port"; echo "login ${2-anna} secret"; echo 'require OK'; cat; } |
		script "$1"
}

@test "the example of the manual: parallel commands behind labels" {
	script s <<-E
	127.0.0.1 $dovecot_port
	CAPABILITY
	LOGIN anna secret
	a1 SELECT INBOX
	a2:a1 STATUS INBOX (MESSAGES)
	a3:a1 SEARCH UNSEEN
	a4:a2,a3 LOGOUT
	E
	run_drill --strict s; show
	[ "$status" -eq 0 ]
	awk -F '\t' '$4 ~ /^a/ && $6 ~ /^(command|tagged)$/ { printf "%s%s ", $5, $4 }' "$out" >"$BATS_TEST_TMPDIR/got"
	[ "$(cat "$BATS_TEST_TMPDIR/got")" = "Ca1 Sa1 Ca2 Ca3 Sa2 Sa3 Ca4 Sa4 " ]
}

@test "AUTHENTICATE PLAIN, with and without an initial response" {
	script s <<-E
	127.0.0.1 $dovecot_port
	AUTHENTICATE PLAIN anna secret
	expect OK
	expect continue
	LOGOUT

	127.0.0.1 $dovecot_port
	AUTHENTICATE PLAIN {base64:"\0anna\0secret"}
	expect OK
	expect not continue
	LOGOUT
	E
	run_drill s; show
	[ "$status" -eq 0 ]
}

@test "literals of every kind come back byte by byte" {
	printf 'From: a@example.org\nSubject: from a file\n\nline\n' >"$BATS_TEST_TMPDIR/m.eml"
	dovecot_script s <<-'E'
	CREATE lit
	APPEND lit {mail:m.eml}
	expect OK
	APPEND lit {+mail:m.eml}
	expect OK
	APPEND lit {"Subject: \"%n\"\r\n\r\n\\x\r\n"}
	expect OK
	APPEND lit {+fill:1000000}
	expect OK
	SELECT {"lit"}
	expect untagged /^4 EXISTS/
	FETCH 1:2 (BODY.PEEK[])
	expect 2 untagged /BODY\[\] "From: a@example.org\\r\\nSubject: from a file\\r\\n\\r\\nline\\r\\n"/
	FETCH 3 (BODY.PEEK[])
	expect untagged /Subject: \\"1\\"\\r\\n\\r\\n\\\\x/
	FETCH 4 (RFC822.SIZE)
	expect untagged /RFC822.SIZE 1000000/
	LOGOUT
	E
	run_drill s; show
	[ "$status" -eq 0 ]
}

@test "IDLE ends with DONE after an event, after a time, and when another is ready" {
	script s <<-E
	127.0.0.1 $dovecot_port
	login anna secret
	SELECT INBOX
	i1 IDLE until /EXISTS/ for 20s
	expect OK
	expect untagged /EXISTS/
	i2 IDLE for 50ms
	expect OK
	i3 IDLE until b3
	expect OK
	LOGOUT

	127.0.0.1 $dovecot_port
	login anna secret
	b1:i1+ APPEND INBOX {"Subject: x\r\n\r\nx\r\n"}
	b2:i3+ NOOP
	b3 NOOP
	LOGOUT
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(events 'done' | tr '\n' ' ')" = "i1 DONE i2 DONE i3 DONE " ]
}

@test "COMPRESS: everything behind it goes compressed both ways" {
	run_drill --check - || :
	printf 'localhost 1\nCOMPRESS DEFLATE\n' >"$BATS_TEST_TMPDIR/z"
	run_drill --check z
	[ "$status" -eq 0 ] || skip "built without zlib"
	dovecot_script s <<-'E'
	COMPRESS DEFLATE
	expect OK
	CREATE squeezed
	APPEND squeezed {fill:2000000}
	expect OK
	SELECT squeezed
	FETCH 1 (BODY.PEEK[])
	expect OK
	n1*500/100 NOOP
	expect OK
	LOGOUT
	expect BYE
	E
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(awk -F '\t' '$6 == "untagged" && $8 ~ /BODY/ { print ($7 > 2000000) }' "$out")" = 1 ]
}

@test "many connections at once, each with its own number" {
	{
		for i in $(seq 20); do
			printf '127.0.0.1 %s\nlogin anna secret\nrequire OK\na1 SELECT INBOX\nLOGOUT\n\n' "$dovecot_port"
		done
	} | script s
	run_drill s; show
	[ "$status" -eq 0 ]
	[ "$(cut -f3 "$out" | sort -un | wc -l)" -eq 21 ]	# and the 0 of the start
	[ "$(events close | wc -l)" -eq 20 ]
}

@test "wait-mail tells who wrote" {
	wait_mail "127.0.0.1 $dovecot_port" bert
}

@test "tls goes through stunnel, and a certificate that nobody signed is refused" {
	command -v stunnel >/dev/null && command -v openssl >/dev/null || skip "stunnel or openssl is not installed"
	cd "$BATS_TEST_TMPDIR"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
		-subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
	port=$(free_port)
	cat >stunnel.conf <<-E
	foreground = yes
	syslog = no
	debug = err
	pid =
	[imaps]
	accept = 127.0.0.1:$port
	connect = 127.0.0.1:$dovecot_port
	cert = $BATS_TEST_TMPDIR/cert.pem
	key = $BATS_TEST_TMPDIR/key.pem
	E
	stunnel stunnel.conf </dev/null >/dev/null 2>&1 3>&- 4>&- & pid=$!
	wait_port "$port" "$pid"
	printf 'localhost %s tls ca=%s/cert.pem\nlogin anna secret\nrequire OK\nLOGOUT\n' "$port" "$PWD" >good
	printf 'localhost %s tls\nlogin anna secret\nLOGOUT\n' "$port" >bad
	printf 'localhost %s tls noverify\nlogin anna secret\nrequire OK\nLOGOUT\n' "$port" >blind
	run_drill good; show; good=$status
	run_drill bad; show; bad=$status
	run_drill blind; show; blind=$status
	kill "$pid"; wait "$pid" || :
	[ "$good" -eq 0 ]; [ "$bad" -eq 2 ]; [ "$blind" -eq 0 ]
}

@test "a load test: sessions, rate and seconds, and its results as text, JSON and SVG" {
	dovecot_script s <<-'E'
	a1 SELECT INBOX
	a2*5 NOOP
	LOGOUT
	E
	run_drill --sessions 10 --rate 50 --seconds 2 --table-json r.json --svg r.svg s; show
	[ "$status" -eq 0 ]
	grep -q 'LABEL .*COMMAND .*MEDIAN .*99% ' "$out"
	grep -Eq ' a2 +NOOP +[1-9][0-9]* +0 +0 +0 +[0-9]' "$out"
	[ -s "$BATS_TEST_TMPDIR/r.json" ] && [ -s "$BATS_TEST_TMPDIR/r.svg" ]
	if command -v jq >/dev/null; then
		jq -e '.sessions == 10 and .most_open <= 10 and .broken == 0 and .answers > 50 and
			(.commands | map(select(.label == "a2"))[0] | .ok > 0 and .min <= .median and .median <= .p99 and .p99 <= .max)
			and (.timeline | length >= 2)' "$BATS_TEST_TMPDIR/r.json"
	fi
	if command -v xmllint >/dev/null; then
		xmllint --noout "$BATS_TEST_TMPDIR/r.svg"
	fi
}
