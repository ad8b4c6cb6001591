#!/usr/bin/env bats
# SCRAM-SHA-256 (RFC 5802, RFC 7677). The peers are Python's hashlib, GNU SASL
# (which neomutt has), mbsync with Cyrus SASL, and Dovecot's verifiers.

load login

setup() {
	login_setup
	readelf -d "$PASSWD" | grep -q 'NEEDED.*nettle' || skip "built without nettle"
	add carol pencil --cost=4096
}

teardown() {
	login_teardown
}

# add NAME PASSWORD [option ...]: a user with a verifier
add() {
	local name=$1 password=$2 ids=; shift 2
	mkdir -p "$T/$name/Maildir/cur" "$T/$name/Maildir/new" "$T/$name/Maildir/tmp"
	if [ "$(id -u)" -eq 0 ]; then
		chown -R 61003:61003 "$T/$name"
		ids="--uid=61003 --gid=61003"
	fi
	printf '%s\n' "$password" | "$PASSWD" --file="$T/users" --method=scram-sha-256 "$@" \
		add "$name" $ids --home="$T/$name"
}

serve() {
	need tcpserver ucspi-tcp-ipv6
	need python3 python3
	start_tcpserver --scram "$@"
}

try() {	# try USER PASSWORD [WHAT]
	run python3 "$BATS_TEST_DIRNAME/scram.py" "$PORT" "$@"
	echo "$output"
}

verifier_of() {
	sed -n "s/^$1:\([^:]*\):.*/\1/p" "$T/users"
}

@test "the client of these tests computes the example of RFC 7677" {
	need python3 python3
	run python3 "$BATS_TEST_DIRNAME/scram.py" --example
	[ "$output" = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=
6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=' ]
}

@test "the right password logs in, the server shows that it knows the verifier, a wrong one does not" {
	serve
	try carol pencil
	[[ $output == "s="*" i=4096
a OK "* ]]
	logged 'event=login-ok addr=127.0.0.1 via=users user=carol method=scram-sha-256 private=yes'
	try carol Pencil
	[[ $output == *"
a NO [AUTHENTICATIONFAILED]"* ]]
	logged 'event=login-failed addr=127.0.0.1 reason=wrong-password user=carol method=scram-sha-256'
	refute grep -q abandoned "$T/log"
}

@test "without an initial response, with extensions, an authzid of one's own, or the flag y: let in" {
	serve
	local what
	for what in slow extensions authzid y longnonce; do
		echo "$what"
		try carol pencil "$what"
		[[ $output == *"
a OK "* ]]
	done
}

@test "a proof with one bit wrong, another nonce, another header or another name: not let in" {
	serve
	local what
	for what in flip nonce binding other short; do
		echo "$what"
		try carol pencil "$what"
		[[ $output == *"
a NO [AUTHENTICATIONFAILED]"* ]]
	done
}

@test "channel binding and mandatory extensions are refused, and what is no message is BAD" {
	serve
	try carol pencil p
	[ "$output" = 'a NO Channel binding is not offered' ]
	try carol pencil mandatory
	[ "$output" = 'a NO This extension of SCRAM is not known' ]
	try carol pencil escape
	[[ $output == 'a BAD '* ]]
	local message
	for message in '' n n, n,, n,,n=carol n,,n=carol, n,,n=carol,r= n,,r=x,n=carol x,,n=carol,r=x n,,n=,r=x \
		n,,n=carol,r=$'\x7f' n,,n=$'\xff',r=x ny,,n=carol,r=x n,b=x,n=carol,r=x "n,,n=carol,r=$(printf 'x%.0s' {1..256})" \
		"n,,n=carol,r=x,y=$(printf 'x%.0s' {1..3000})"; do
		say "$PORT" "a AUTHENTICATE SCRAM-SHA-256 $(printf '%s' "${message:-,}" | base64 -w0)\r\nz LOGOUT\r\n"
		has 'a BAD '
	done
	refute grep -q 'login-' "$T/log"
	for message in '' c=biws c=biws,r=x 'c=biws,p=AAAA' 'r=x,c=biws,p=AAAA' ',p=' 'c=biws,r=x,p=*'; do
		say "$PORT" "a AUTHENTICATE SCRAM-SHA-256 $(printf 'n,,n=carol,r=x' | base64 -w0)\r\n$(printf '%s' "$message" | base64 -w0)\r\nz LOGOUT\r\n"
		has 'a BAD '
		logged 'reason=abandoned user=carol method=scram-sha-256'
	done
}

@test "names that do not exist have a salt too: a stable one, with the same count" {
	serve
	local first
	for name in nobody alice carol; do
		try "$name" x
		[[ $output == "s="*" i=4096
a NO [AUTHENTICATIONFAILED] The name or the password is wrong" ]]
		first=$output
		try "$name" x
		[ "$output" = "$first" ]
	done
	try nobody2 x
	[ "$output" != "$first" ]
	logged 'reason=unknown-user user=nobody'
	logged 'reason=no-verifier user=alice'
	# also after somebody else got a new password
	try nobody x; first=$output
	add dave sesame --cost=4096
	try nobody x
	[ "$output" = "$first" ]
	# a name that is too long for any account, and one of odd octets
	try "$(printf 'x%.0s' {1..700})" x
	[[ $output == *'a NO [AUTHENTICATIONFAILED]'* ]]
}

@test "names with a verifier, with another hash and without an account cost the same reads" {
	need strace strace
	need_root
	local name
	for name in carol alice nobody; do
		printf 'x' >"$T/trace"
		serve
		local server=$STARTED
		strace -f -qq -o "$T/trace" -e trace=openat,read,pread64,lseek,getrandom -p "$server" 2>/dev/null 3>&- 4>&- &
		local tracer=$!
		wait_until grep -q TracerPid:.*[1-9] "/proc/$server/status"
		try "$name" wrong
		[[ $output == *'a NO [AUTHENTICATIONFAILED]'* ]]
		kill "$server" && wait "$server" || true
		wait "$tracer" || true
		# what was done with the file of users, in its order
		sed -n 's/^[0-9]* *\(openat([^"]*"[^"]*users"\).*/\1/p; s/^[0-9]* *\(pread64\|getrandom\)(.*/\1/p' "$T/trace" >"$T/reads.$name"
		cat "$T/reads.$name"
	done
	grep -q 'users"' "$T/reads.carol"
	cmp "$T/reads.carol" "$T/reads.alice"
	cmp "$T/reads.carol" "$T/reads.nobody"
}

@test "a client that says no to the server's signature is not logged in, and may try again" {
	serve
	try carol pencil cancel
	[[ $output == *'a BAD AUTHENTICATE was cancelled'* ]]
	logged 'reason=abandoned user=carol'
	refute grep -q login-ok "$T/log"
	try carol pencil again
	[[ $output == *'a BAD '*'b OK '* ]]
	logged login-ok
}

@test "who only collects salts is counted like who guesses" {
	serve
	try carol x three
	[[ $output == *'a BAD '*'b BAD '*'c BAD '*'* BYE '* ]]
	wait_until eval '[ "$(grep -c reason=abandoned "$T/log")" -eq 3 ]'
}

@test "a name with comma and equals sign, and a password that is not ASCII" {
	add 'a,b=c' 'pässwörd' --cost=4096
	serve
	try 'a,b=c' 'pässwörd'
	[[ $output == *"
a OK "* ]]
}

@test "a verifier serves PLAIN and LOGIN too" {
	say_local 'a LOGIN carol pencil\r\nb LOGOUT\r\n'
	has 'a OK '
	say_local 'a LOGIN carol Pencil\r\nb LOGIN alice pencil\r\nc LOGOUT\r\n'
	has 'a NO '
	has 'b NO '
	echo pencil | "$PASSWD" --file="$T/users" check carol
	refute eval 'echo pencil2 | "$PASSWD" --file="$T/users" check carol'
}

@test "announced when it is configured and can be used, on private links alone" {
	need socat socat
	say_local 'a CAPABILITY\r\nb AUTHENTICATE SCRAM-SHA-256\r\nc LOGOUT\r\n'
	hasnt SCRAM-SHA-256
	has 'b NO This mechanism is not offered'
	say_local 'a CAPABILITY\r\nc LOGOUT\r\n' --scram
	has ' AUTH=SCRAM-SHA-256 AUTH=PLAIN '
	say_local 'a CAPABILITY\r\nb AUTHENTICATE SCRAM-SHA-256\r\nc LOGOUT\r\n' --scram --private=no
	hasnt AUTH=
	has 'b NO [PRIVACYREQUIRED]'
	# a file that lost its key: told, and all else goes on
	sed -i 1d "$T/users"
	say_local 'a CAPABILITY\r\nb LOGIN carol pencil\r\nc LOGOUT\r\n' --scram
	hasnt SCRAM-SHA-256
	has 'b OK '
	logged 'does not begin with a line of #scram-key'
	run "$LOGIN" --check "${OPTIONS[@]}" --scram
	[ "$status" -eq 78 ]
	[[ $output == *'#scram-key'* ]]
	run "$LOGIN" --check --system --session=/bin/true --talker-root="$T/empty" --talker-user=61000 --scram
	[[ $output == *'only the file of users has verifiers'* ]]
}

@test "mayfly-passwd: the key is made once, a password that programs prepare in two ways is refused" {
	local key=$(head -n 1 "$T/users")
	[[ $key == '#scram-key:'* ]]
	echo other | "$PASSWD" --file="$T/users" --method=scram-sha-256 change carol
	[ "$(head -n 1 "$T/users")" = "$key" ]
	[ "$(grep -c scram-key "$T/users")" -eq 1 ]
	[[ $(verifier_of carol) == '{SCRAM-SHA-256}15000,'* ]]
	cp "$T/users" "$T/before"
	local password
	for password in $'pa\xcc\x88ss' $'\xff' $'a\tb' $'a\xc2\xa0b' $'\xc2\xaa'; do
		run "$PASSWD" --file="$T/users" --method=scram-sha-256 change carol <<<"$password"
		[ "$status" -eq 2 ]
		[[ $output == *'prepare in different ways'* ]]
	done
	for cost in 4095 1000001; do
		run "$PASSWD" --file="$T/users" --method=scram-sha-256 --cost=$cost change carol <<<x
		[ "$status" -eq 2 ]
	done
	cmp "$T/users" "$T/before"
}

@test "Dovecot takes our verifiers and we take Dovecot's" {
	need doveadm dovecot-core
	need_root
	doveadm pw -t "$(verifier_of carol)" -p pencil
	refute doveadm pw -t "$(verifier_of carol)" -p pencil2
	printf 'dora:%s:61003:61003:%s:\n' "$(doveadm pw -s SCRAM-SHA-256 -p sesame)" "$T/carol" >>"$T/users"
	serve
	try dora sesame
	[[ $output == *"
a OK "* ]]
}

@test "GNU SASL logs in" {
	need gsasl gsasl
	serve
	gsasl --imap --no-starttls -m SCRAM-SHA-256 -a carol -z carol -p pencil \
		--connect="127.0.0.1:$PORT" </dev/null >"$T/out" 2>&1
	logged 'login-ok addr=127.0.0.1 via=users user=carol method=scram-sha-256'
	refute gsasl --imap --no-starttls -m SCRAM-SHA-256 -a carol -p pencil2 \
		--connect="127.0.0.1:$PORT" </dev/null
}

@test "mbsync with Cyrus SASL logs in" {
	need_root
	need mbsync isync
	ls /usr/lib/*/sasl2/libscram.so >/dev/null 2>&1 || skip "Cyrus has no SCRAM here (Debian: libsasl2-modules)"
	take_session
	serve --session="$T/mayfly-imap"
	cat >"$T/mbsyncrc" <<-END
		IMAPStore far
		Host 127.0.0.1
		Port $PORT
		User carol
		Pass pencil
		SSLType None
		AuthMechs SCRAM-SHA-256

		MaildirStore near
		Path $T/near/
		Inbox $T/near/INBOX

		Channel both
		Far :far:
		Near :near:
		Create Near
		SyncState *
	END
	printf 'Subject: there\n\nit is\n' >"$T/carol/Maildir/new/1.a.b"
	chown 61003 "$T/carol/Maildir/new/1.a.b"
	mkdir "$T/near"
	timeout 60 mbsync -c "$T/mbsyncrc" -a >"$T/out" 2>&1 </dev/null || { cat "$T/out"; false; }
	grep -rq 'Subject: there' "$T/near/INBOX"
	logged 'user=carol method=scram-sha-256'
}
