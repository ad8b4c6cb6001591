#!/usr/bin/env bats
# Many at once, on the loopback: logins that all must succeed, and connections
# that never log in. The short form runs in make check; make load runs the long
# one (500 logins a second for 20 seconds, 1,000 half-open connections).

load login

setup() {
	login_setup
	if [ -n "${MAYFLY_LOAD:-}" ]; then
		RATE=500 SECONDS_LONG=20 HALF_OPEN=1000
	else
		RATE=100 SECONDS_LONG=3 HALF_OPEN=150
	fi
}

teardown() {
	login_teardown
}

start_big_tcpserver() {
	PORT=$(free_port)
	start tcpserver -HRl0 -c 3000 -b 4096 127.0.0.1 "$PORT" "$LOGIN" "${OPTIONS[@]}" "$@"
	wait_port "$PORT"
}

# The largest private memory, in kB, of the processes named after "mayfly-login" of a user.
largest_private() {
	local pid most=0 kb
	for pid in $(pgrep -u "$1" mayfly-login); do
		kb=$(awk '/^Private/ { sum += $2 } END { print sum + 0 }' "/proc/$pid/smaps_rollup" 2>/dev/null)
		[ "${kb:-0}" -le "$most" ] || most=$kb
	done
	echo "$most"
}

@test "no login of a correct user is lost when many come at once" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_big_tcpserver --login-timeout=3m
	"$MAYFLY_BUILD/tests/login/load" logins "$PORT" alice secret "$RATE" "$SECONDS_LONG" >"$T/result" || rc=$?
	cat "$T/result"
	[ "${rc:-0}" -eq 0 ]
	[ "$(grep -c event=login-ok "$T/log")" -eq $((RATE * SECONDS_LONG)) ]
}

@test "half-open connections, silent, slow or talking nonsense, cost little and are gone in time" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_big_tcpserver --login-timeout=6s
	"$MAYFLY_BUILD/tests/login/load" half-open "$PORT" "$HALF_OPEN" 60 >"$T/half" 3>&- &
	local load=$!
	wait_until grep -q open "$T/half"
	local talker=$(largest_private 61000) monitor=$(largest_private 0)
	echo "private memory at most: talker $talker kB, monitor $monitor kB"
	# somebody with a password still gets in
	say "$PORT" 'a LOGIN alice secret\r\nb LOGOUT\r\n'
	has 'a OK'
	wait "$load"
	cat "$T/half"
	# mayfly-trust(7) states these bounds
	[ "$talker" -le 1024 ]
	[ "$monitor" -le 1024 ]
	wait_until eval '! pgrep -u 61000 >/dev/null'
	refute grep -v 'event=login-ok' "$T/log"
}

@test "a full super-server makes others wait, and no one is lost" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	PORT=$(free_port)
	start tcpserver -HRl0 -c 5 -b 1024 127.0.0.1 "$PORT" "$LOGIN" "${OPTIONS[@]}"
	wait_port "$PORT"
	"$MAYFLY_BUILD/tests/login/load" logins "$PORT" alice secret 100 1
}
