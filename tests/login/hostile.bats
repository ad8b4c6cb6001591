#!/usr/bin/env bats
# Before login, a client that means harm: each is refused or ended, by a talker that may use 64 MB
# and 20 s of processor time in all (mayfly-trust(7)), so what grows or loops dies here.
load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

# pour FILE: what stands in it is said; what was heard is in $heard
pour() {
	rc=0
	timeout 60 "$LOGIN" "${OPTIONS[@]}" <"$1" >"$T/heard" 2>>"$T/log" 3>&- || rc=$?
	heard=$(head -c 100000 "$T/heard" | tr -d '\r')
	[ "$rc" -lt 124 ] || { echo "ended by a signal or not at all: $rc"; return 1; }
}

@test "a thousand literals in one command, waited for and not" {
	need_root
	{ printf 'a LOGIN'; for i in {1..1000}; do printf ' {1}\r\nx'; done; printf '\r\nb NOOP\r\n'; } >"$T/in"
	pour "$T/in"; [[ $heard == *'a BAD'* || $heard == *'* BYE'* ]]; [[ $heard != *'a OK'* ]]
	{ printf 'a ID ('; for i in {1..1000}; do printf ' {1+}\r\nx'; done; printf ')\r\nb NOOP\r\n'; } >"$T/in"
	pour "$T/in"; [[ $heard == *'a BAD'* || $heard == *'* BYE'* ]]
}

@test "literals of sizes that nobody sends: 2^32, 2^64, beyond, signs, none" {
	need_root
	for size in 4294967295 4294967296 9223372036854775808 18446744073709551615 18446744073709551616 99999999999999999999999999 -1 +1 0x10 '' ' 1'; do
		printf 'a LOGIN {%s}\r\nb NOOP\r\nc LOGOUT\r\n' "$size" >"$T/in"; pour "$T/in"
		[[ $heard == *'a BAD'* || $heard == *'a NO'* || $heard == *'* BYE'* ]]; [[ $heard != *'a OK'* ]]
		printf 'a LOGIN {%s+}\r\nb NOOP\r\nc LOGOUT\r\n' "$size" >"$T/in"; pour "$T/in"
		[[ $heard == *'a BAD'* || $heard == *'a NO'* || $heard == *'* BYE'* ]]; [[ $heard != *'a OK'* ]]
	done
}

@test "parentheses, quotes, backslashes and stars without end" {
	need_root
	for word in '(' ')' '"' '\' '*' '[' '{1'; do
		for command in LOGIN ID AUTHENTICATE ENABLE CAPABILITY ''; do
			{ printf 'a %s ' "$command"; head -c 60000 /dev/zero | tr '\0' x | sed "s/x/${word//\\/\\\\}/g"; printf '\r\nb NOOP\r\nc LOGOUT\r\n'; } >"$T/in"
			pour "$T/in"; [[ $heard == *'a BAD'* || $heard == *'* B'* ]]; [[ $heard != *'a OK'* ]]
		done
	done
}

@test "a line that never ends" {
	need_root
	head -c 50000000 /dev/zero | tr '\0' x >"$T/in"; pour "$T/in"; [[ $heard == *'* BYE'* ]]
	{ printf 'a LOGIN "'; head -c 50000000 /dev/zero | tr '\0' x; } >"$T/in"; pour "$T/in"; [[ $heard == *'* BYE'* ]]
	{ printf 'a AUTHENTICATE PLAIN\r\n'; head -c 50000000 /dev/zero | tr '\0' A; } >"$T/in"; pour "$T/in"; [[ $heard == *'* BYE'* || $heard == *'a BAD'* ]]
}

@test "an octet now and then does not stretch the time for a login" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --login-timeout=1s
	# each octet would begin the time anew, if it were counted from the last one
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	(trap '' PIPE; for i in {1..400}; do printf x >&5 || exit 0; read -r -t 0.05 <> <(:) || :; done) 2>/dev/null &
	slow=$!
	all=$(timeout 30 cat <&5); exec 5>&-
	kill "$slow" 2>/dev/null || :; wait "$slow" 2>/dev/null || :
	[[ $all == *'* BYE The login took too long'* ]]
}

@test "every command without each argument, with each twice, with one too many" {
	need_root
	for command in 'CAPABILITY' 'NOOP' 'ID ("a" "b")' 'ENABLE CONDSTORE' 'LOGIN alice wrong' 'AUTHENTICATE PLAIN AGEAYg==' 'STARTTLS' 'LANGUAGE de' 'SELECT inbox' 'UID FETCH 1 FLAGS'; do
		read -ra words <<<"$command"
		for ((i = 0; i < ${#words[@]}; i++)); do
			less=("${words[@]:0:i}" "${words[@]:i+1}"); twice=("${words[@]:0:i+1}" "${words[@]:i}")
			for variant in "${less[*]}" "${twice[*]}" "${words[*]} extra" "${words[*]} "; do
				printf 'a %s\r\n=\r\nb NOOP\r\nc LOGOUT\r\n' "$variant" >"$T/in"; pour "$T/in"
				[[ $heard == *$'\na '* && $heard == *'BYE'* ]] || { echo "$variant: $heard"; false; }
			done
		done
	done
}
