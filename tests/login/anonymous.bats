#!/usr/bin/env bats
# ANONYMOUS (RFC 4505) and LANGUAGE (RFC 5255) before login.

load login

setup() {
	login_setup
	take_session
}

teardown() {
	login_teardown
}

# "sirhc" in base64
TRACE=c2lyaGM=

@test "off unless it is configured" {
	say_local "a CAPABILITY\r\nb AUTHENTICATE ANONYMOUS $TRACE\r\nc LOGOUT\r\n"
	hasnt ANONYMOUS
	has 'b NO This mechanism is not offered'
	run "$LOGIN" --check "${OPTIONS[@]}" --users=none --checkpassword=/bin/false --anonymous=alice
	[[ $output == *'anonymous: '* && $status -eq 78 ]]
}

@test "it needs no password and no private link, and serves the mail of its user, read-only" {
	need_root
	printf 'Subject: there\n\nit is\n' >"$T/alice/Maildir/cur/1.a.b:2,"
	chown 61001 "$T/alice/Maildir/cur/1.a.b:2,"
	say_local "a CAPABILITY\r\nb AUTHENTICATE ANONYMOUS $TRACE\r\nc SELECT INBOX\r\nd FETCH 1 BODY[]\r\ne STORE 1 +FLAGS (\\\\Seen)\r\nf CREATE x\r\ng LOGOUT\r\n" \
		--anonymous=alice --session="$T/mayfly-imap" --private=no
	has 'LOGINDISABLED AUTH=ANONYMOUS'
	has 'c OK [READ-ONLY]'
	has 'Subject: there'
	has 'd OK'
	has 'e NO'
	has 'f NO'
	logged 'event=login-ok addr=local via=users user=alice method=anonymous private=no trace=sirhc'
	[ "$(ls "$T/alice/Maildir" | tr '\n' ' ')" = 'cur new tmp ' ]
	[ -e "$T/alice/Maildir/cur/1.a.b:2," ]
}

@test "anonymous-write lets it write" {
	need_root
	say_local "b AUTHENTICATE ANONYMOUS $TRACE\r\nf CREATE x\r\ng LOGOUT\r\n" \
		--anonymous=alice --anonymous-write --session="$T/mayfly-imap"
	has 'f OK'
	[ -d "$T/alice/Maildir/.x" ]
}

@test "a trace may be missing, empty, long or in any language; what is no text is BAD" {
	need_root
	local long=$(printf 'x%.0s' {1..600} | base64 -w0)
	local trace
	for trace in "AUTHENTICATE ANONYMOUS =" "AUTHENTICATE ANONYMOUS\r\n" "AUTHENTICATE ANONYMOUS $long" "AUTHENTICATE ANONYMOUS $(printf 'zoë' | base64)"; do
		say_local "b $trace\r\ng LOGOUT\r\n" --anonymous=alice --anonymous-write
		has 'b OK'
	done
	logged 'trace="zo\xc3\xab"'
	say_local "b AUTHENTICATE ANONYMOUS $(printf '\377' | base64)\r\nc AUTHENTICATE ANONYMOUS AAAA\r\ng LOGOUT\r\n" --anonymous=alice
	has 'b BAD'
	has 'c BAD'
}

@test "a user who is not there, or is root, is not served" {
	need_root
	printf 'root:x:0:0:/root:\n' >>"$T/users"
	say_local "a AUTHENTICATE ANONYMOUS $TRACE\r\ng LOGOUT\r\n" --anonymous=nobody-here
	has 'a NO [AUTHENTICATIONFAILED]'
	logged 'reason=unknown-user'
	say_local "a AUTHENTICATE ANONYMOUS $TRACE\r\ng LOGOUT\r\n" --anonymous=root
	hasnt 'a OK'
}

@test "GNU SASL and the name in LOGIN: the first comes in, the second has no password" {
	need_root
	need gsasl gsasl
	start_tcpserver --anonymous=alice --anonymous-write
	timeout 60 gsasl --imap --no-starttls -m ANONYMOUS -n me@example.org --connect="127.0.0.1:$PORT" </dev/null >"$T/out" 2>&1
	logged 'trace=me@example.org'
	say "$PORT" 'a LOGIN anonymous x\r\nb LOGIN alice ""\r\nc LOGOUT\r\n'
	has 'a NO'
	has 'b NO'
}

@test "LANGUAGE before login: there is one, and nobody else's is taken" {
	say_local 'a CAPABILITY\r\nb LANGUAGE\r\nc LANGUAGE DE I-DEFAULT\r\nd LANGUAGE de\r\ne LANGUAGE default\r\nf LANGUAGE (\r\ng LOGOUT\r\n'
	has ' LANGUAGE '
	has 'b NO'
	has '* LANGUAGE ("i-default")
c OK'
	has 'd NO'
	has 'e OK'
	has 'f BAD'
}
