#!/usr/bin/env bats
# OAUTHBEARER (RFC 7628) and XOAUTH2, with a program that knows the tokens, and
# with contrib's against an issuer (RFC 7662).

load login

setup() {
	login_setup
	# prints the name that stands behind "good-", and keeps what it saw
	cat >"$T/tokens" <<-'END'
		#!/bin/sh
		read -r user
		read -r token
		{ id -u; tr '\0' ' ' </proc/$$/cmdline; echo; env; ls /proc/$$/fd; } >"${0%/*}/seen/it" 2>/dev/null
		case $token in
		good-*)	echo "${token#good-}" ;;
		mute)	;;
		two)	printf 'alice\nbob\n' ;;
		long)	head -c 300 /dev/zero | tr '\0' x ;;
		later)	exit 111 ;;
		killed)	kill -9 $$ ;;
		*)	exit 1 ;;
		esac
	END
	chmod 755 "$T/tokens"
	install -d -m 777 "$T/seen"
	OPTIONS+=(--token-program="$T/tokens again" --token-user=nobody)
}

teardown() {
	login_teardown
}

bearer() {	# bearer USER TOKEN: the message of OAUTHBEARER
	printf 'n,%s,\001host=x\001port=143\001auth=Bearer %s\001\001' "${1:+a=$1}" "$2" | base64 -w0
}

xoauth2() {
	printf 'user=%s\001auth=Bearer %s\001\001' "$1" "$2" | base64 -w0
}

@test "a good token logs its user in, with both mechanisms, with and without an initial response" {
	need_root
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice good-alice)\r\nb X-WHO\r\nc LOGOUT\r\n"
	has 'a OK '
	has 'uid=61001/61001'
	logged 'event=login-ok addr=local via=users user=alice method=oauthbearer private=yes'
	say_local "a AUTHENTICATE XOAUTH2\r\n$(xoauth2 bob good-bob)\r\nb X-WHO\r\nc LOGOUT\r\n"
	has '+ 
a OK '
	has 'uid=61002/61002'
	logged 'via=users user=bob method=xoauth2'
	# the token alone says who it is
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer '' good-alice)\r\nc LOGOUT\r\n"
	has 'a OK '
}

@test "the program runs as token-user, sees the token on standard input alone, and nothing else of ours" {
	need_root
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice good-alice)\r\nc LOGOUT\r\n"
	has 'a OK '
	cat "$T/seen/it"
	[ "$(sed -n 1p "$T/seen/it")" = "$(id -u nobody)" ]
	[ "$(sed -n 2p "$T/seen/it")" = "/bin/sh $T/tokens again " ]
	refute grep -q 'good-alice' "$T/seen/it"
	refute grep -qv '^PATH=\|^PROTO=TCP\|^TCPREMOTEIP=\|^PWD=\|^[0-9]*$\|^/bin/sh\|^OLDPWD\|^_=\|^SHLVL' "$T/seen/it"
	# what the shell itself opens is 10 and above
	refute grep -q '^[3-9]$' "$T/seen/it"
}

@test "a token that is not good: JSON says why, any answer to it ends in NO" {
	local answer
	for answer in AQ== '' '*'; do
		say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice bad)\r\n$answer\r\nb LOGOUT\r\n" \
			--token-scope=mail --token-discovery=https://example.org/.well-known/openid-configuration
		has 'a NO [AUTHENTICATIONFAILED]'
		has 'b OK'
		[ "$(sed -n 's/^+ //p' <<<"$heard" | base64 -d | jq -c .)" = \
			'{"status":"invalid_token","scope":"mail","openid-configuration":"https://example.org/.well-known/openid-configuration"}' ]
	done
	say_local "a AUTHENTICATE XOAUTH2 $(xoauth2 alice bad)\r\n\r\nb LOGOUT\r\n"
	has 'a NO [AUTHENTICATIONFAILED]'
	[ "$(sed -n 's/^+ //p' <<<"$heard" | base64 -d | jq -c .)" = '{"status":"400","schemes":"Bearer"}' ]
	logged 'event=login-failed addr=local reason=token user=alice method=xoauth2'
}

@test "the examples of RFC 7628: the first logs in, the empty one asks for the scope" {
	need_root
	# section 4.1, with the token that the program knows; 4.3 as it stands
	say_local "a AUTHENTICATE OAUTHBEARER $(printf 'n,a=alice,\001host=server.example.com\001port=143\001auth=bEARER good-alice\001\001' | base64 -w0)\r\nc LOGOUT\r\n"
	has 'a OK '
	rm -f "$T/seen/it"
	say_local 't1 AUTHENTICATE OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=\r\nAQ==\r\nc LOGOUT\r\n' --token-scope=example_scope
	has 't1 NO [AUTHENTICATIONFAILED]'
	[ "$(sed -n 's/^+ //p' <<<"$heard" | base64 -d | jq -r .scope)" = example_scope ]
	[ ! -e "$T/seen/it" ]
}

@test "a good token of somebody else, of nobody here, or of root is refused" {
	need_root
	printf 'root:x:0:0:/root:\n' >>"$T/users"
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer bob good-alice)\r\nAQ==\r\nb AUTHENTICATE XOAUTH2 $(xoauth2 carol good-carol)\r\n\r\nc LOGOUT\r\n"
	has 'a NO [AUTHENTICATIONFAILED]'
	has 'b NO [AUTHENTICATIONFAILED]'
	logged 'reason=other-user user=bob'
	logged 'reason=unknown-user user=carol'
	say_local "a AUTHENTICATE XOAUTH2 $(xoauth2 root good-root)\r\n\r\nc LOGOUT\r\n"
	hasnt 'a OK'
}

@test "a program that cannot tell is [UNAVAILABLE], however it goes wrong" {
	local token
	for token in later killed mute two long; do
		say_local "a AUTHENTICATE OAUTHBEARER $(bearer '' $token)\r\nc LOGOUT\r\n"
		has 'a NO [UNAVAILABLE]'
	done
	logged 'ended with status 0x6f00'
	logged 'ended with status 0x9'
	logged 'named no user'
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer '' x)\r\nc LOGOUT\r\n" --token-program="$T/nothing"
	has 'a NO [UNAVAILABLE]'
}

@test "what is no message is BAD, what can be no token is NO" {
	local message
	for message in '' n n, 'n,,' 'n,,\001' 'n,,\001auth=Bearer x\001' 'n,,\001auth\001\001' 'n,b=x,\001auth=Bearer x\001\001' \
		'n,,x\001auth=Bearer x\001\001' 'n,,\001auth=Bearer x\001\001more' 'n,,\001auth=Bearer \377\001\001'; do
		say_local "a AUTHENTICATE OAUTHBEARER $(printf "${message:-,}" | base64 -w0)\r\nc LOGOUT\r\n"
		has 'a BAD '
	done
	say_local "a AUTHENTICATE OAUTHBEARER $(printf 'p=x,,\001auth=Bearer x\001\001' | base64 -w0)\r\nc LOGOUT\r\n"
	has 'a NO Channel binding'
	for message in 'n,,\001auth=Basic x\001\001' 'n,,\001auth=Bearer a b\001\001' 'n,,\001auth=Bearer \001\001' '\001'; do
		say_local "a AUTHENTICATE OAUTHBEARER $(printf "$message" | base64 -w0)\r\nAQ==\r\nc LOGOUT\r\n"
		has 'a NO [AUTHENTICATIONFAILED]'
	done
	[ ! -e "$T/seen/it" ]
}

@test "announced when there is a program, on private links alone; three refusals end it" {
	say_local 'a CAPABILITY\r\nc LOGOUT\r\n'
	has ' AUTH=OAUTHBEARER AUTH=XOAUTH2'
	say_local "a CAPABILITY\r\nb AUTHENTICATE OAUTHBEARER\r\nc LOGOUT\r\n" --private=no
	hasnt AUTH=
	has 'b NO [PRIVACYREQUIRED]'
	say_local 'a CAPABILITY\r\nb AUTHENTICATE XOAUTH2\r\nc LOGOUT\r\n' --token-program=
	hasnt OAUTH
	has 'b NO This mechanism is not offered'
	local bad="AUTHENTICATE OAUTHBEARER $(bearer '' bad)\r\nAQ==\r\n"
	say_local "a ${bad}b ${bad}c ${bad}d LOGOUT\r\n"
	has '* BYE Too many failed logins'
	hasnt 'd OK'
}

@test "--check tells what is wrong with the settings" {
	need_root
	run "$LOGIN" --check "${OPTIONS[@]}" --token-program=tokens
	[[ $output == *'absolute path'* && $status -eq 78 ]]
	run "$LOGIN" --check "${OPTIONS[@]}" --token-user=no-such-user
	[[ $output == *'useradd --system'* && $status -eq 78 ]]
	run "$LOGIN" --check "${OPTIONS[@]}" --token-user=root
	[ "$status" -eq 78 ]
	run "$LOGIN" --check "${OPTIONS[@]}" --token-scope='a"b'
	[[ $output == *'printable ASCII'* && $status -eq 78 ]]
	run "$LOGIN" --check "${OPTIONS[@]}" --users=none --checkpassword=/bin/false
	[[ $output == *'must be in users or system'* && $status -eq 78 ]]
}

@test "curl logs in with OAUTHBEARER, Python's imaplib with XOAUTH2" {
	need_root
	need curl curl
	start_tcpserver
	curl -sS --url "imap://127.0.0.1:$PORT/" -u alice: --oauth2-bearer good-alice -X NOOP
	logged 'user=alice method=oauthbearer'
	need python3 python3
	python3 -c '
import imaplib, sys
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
print(c.authenticate("XOAUTH2", lambda _: b"user=bob\1auth=Bearer good-bob\1\1"))
c.logout()
c = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
try:
    c.authenticate("XOAUTH2", lambda challenge: b"" if challenge else b"user=bob\1auth=Bearer bad\1\1")
    sys.exit("let in")
except imaplib.IMAP4.error as error:
    print(error)
' "$PORT"
	logged 'user=bob method=xoauth2'
	run curl -sS --url "imap://127.0.0.1:$PORT/" -u alice: --oauth2-bearer bad -X NOOP
	[ "$status" -eq 67 ]
}

@test "contrib's program asks an issuer" {
	need_root
	need python3 python3
	start python3 "$BATS_TEST_DIRNAME/issuer.py"
	wait_until grep -q . "$T/server"
	echo '{ "url": "http://127.0.0.1:'"$(head -n 1 "$T/server")"'/", "client": "mayfly", "secret": "open", "scope": "mail" }' >"$T/introspect.json"
	chown nobody "$T/introspect.json"
	chmod 400 "$T/introspect.json"
	install -m 755 "$MAYFLY_SRC/contrib/token/introspect" "$T/introspect"
	OPTIONS+=(--token-program="$T/introspect $T/introspect.json")
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice good-alice)\r\nc LOGOUT\r\n"
	has 'a OK '
	local token
	for token in others-alice nothing good-; do
		say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice $token)\r\nAQ==\r\nc LOGOUT\r\n"
		has 'a NO [AUTHENTICATIONFAILED]'
	done
	say_local "a AUTHENTICATE OAUTHBEARER $(bearer alice broken)\r\nc LOGOUT\r\n"
	has 'a NO [UNAVAILABLE]'
}
