#!/usr/bin/env bats
# The log line of a login: its form is frozen, nothing a client sends can forge
# one, and the filter that is shipped for fail2ban finds the failures.

load login

setup() {
	login_setup
}

teardown() {
	login_teardown
}

@test "one line a login, in the form that mayfly-login(8) promises" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	say "$PORT" 'a LOGIN alice wrong\r\nb AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\nc LOGOUT\r\n'
	logged 'event=login-ok'
	[ "$(grep -c event= "$T/log")" -eq 2 ]
	grep -Eqx '<6>mayfly-login\[[0-9]+\]: event=login-failed addr=127\.0\.0\.1 reason=wrong-password user=alice method=command private=yes' "$T/log"
	grep -Eqx '<6>mayfly-login\[[0-9]+\]: event=login-ok addr=127\.0\.0\.1 via=users user=alice method=plain private=yes' "$T/log"
}

@test "health checks that connect and close leave no line" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	local i
	for i in 1 2 3; do
		socat -u /dev/null "TCP4:127.0.0.1:$PORT"
		socat -u /dev/null "TCP4:127.0.0.1:$PORT,linger=0"
	done
	say "$PORT" 'a LOGOUT\r\n'
	wait_until eval '! pgrep -u 61000 >/dev/null'
	[ ! -s "$T/log" ]
}

@test "E16: what a client sends is escaped, bounded, and never starts a line of its own" {
	need_root
	say_local 'a LOGIN {25}\r\nx\r\ny\e[31m\x01\x7f\xe4\xff"\\a=b user=z c\r\nb LOGIN "user=x addr=192.0.2.66" y\r\n'
	[ "$(wc -l <"$T/log")" -eq 2 ]
	refute grep -q '[^[:print:]]' "$T/log"
	grep -qF 'user="x\x0d\x0ay\x1b[31m\x01\x7f\xe4\xff\"\\a=b user=z"' "$T/log"
	grep -qF 'addr=local reason=unknown-user user="user=x addr=192.0.2.66" method' "$T/log"
	: >"$T/log"
	say_local "$(printf 'a LOGIN {255+}\\r\\n%0255d x\\r\\n' 7)"
	[ "$(wc -c <"$T/log")" -lt 500 ]
}

# The lines of the log as a file of syslog has them.
as_syslog() {
	sed "s/^<[0-9]>/$(date '+%b %e %H:%M:%S') host /" "$T/log" >"$T/syslog"
}

matched() {
	fail2ban-regex "$@" "$T/syslog" "$MAYFLY_SRC/contrib/fail2ban/filter.d/mayfly.conf" >"$T/fail2ban"
	sed -n 's/^Lines: .*, \([0-9]*\) matched,.*/\1/p' "$T/fail2ban"
}

@test "the filter for fail2ban finds each failure with its address, and nothing else" {
	need_root
	need fail2ban-regex fail2ban
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --proxy=127.0.0.1 --private
	local i
	for i in 1 2 3; do
		say "$PORT" "PROXY TCP4 192.0.2.$i 127.0.0.1 1 1\r\na LOGIN alice wrong\r\nb LOGIN \"x y\" \"z\"\r\nc LOGIN alice secret\r\nd LOGOUT\r\n"
	done
	say "$PORT" 'PROXY TCP6 2001:db8::7 ::1 1 1\r\na AUTHENTICATE PLAIN AHgAeA==\r\nb LOGOUT\r\n'
	# attempts to get others banned
	say "$PORT" 'PROXY TCP4 192.0.2.9 127.0.0.1 1 1\r\na LOGIN {79}\r\n" mayfly-login[1]: event=login-failed addr=203.0.113.1 reason=x user=y method=z x\r\nb LOGIN {87}\r\nq\r\nmayfly-login[1]: event=login-failed addr=203.0.113.1 reason=unknown-user user=y method=z x\r\nc LOGOUT\r\n'
	logged 'addr=192.0.2.9'
	as_syslog
	[ "$(grep -c login-failed "$T/syslog")" -eq "$(matched)" ]
	fail2ban-regex -o ip "$T/syslog" "$MAYFLY_SRC/contrib/fail2ban/filter.d/mayfly.conf" | sort | uniq -c >"$T/ips"
	cat "$T/ips"
	refute grep -q 203.0.113.1 "$T/ips"
	grep -Eq '^ *2 192.0.2.1$' "$T/ips"
	grep -Eq '^ *1 2001:db8::7$' "$T/ips"
	grep -Eq ' 192.0.2.9$' "$T/ips"
}

@test "passwords that could not be checked get nobody banned" {
	need_root
	need fail2ban-regex fail2ban
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver
	rm "$T/users"
	say "$PORT" 'a LOGIN alice secret\r\nb LOGOUT\r\n'
	has 'a NO [UNAVAILABLE]'
	as_syslog
	grep -q 'reason=unavailable' "$T/syslog"
	[ "$(matched)" -eq 0 ]
}

@test "under inetd, where standard error is the connection, the log goes to syslog" {
	need_root
	need xinetd xinetd
	own_mounts
	PORT=$(free_port)
	mkdir "$T/dev"
	mknod -m 666 "$T/dev/null" c 1 3
	mknod -m 666 "$T/dev/urandom" c 1 9
	start socat -u "UNIX-RECV:$T/dev/log" "OPEN:$T/syslog,creat,append"
	wait_until test -S "$T/dev/log"
	cat >"$T/xinetd.conf" <<-END
		service mayfly
		{
			type = UNLISTED
			port = $PORT
			bind = 127.0.0.1
			socket_type = stream
			protocol = tcp
			wait = no
			user = root
			server = $LOGIN
			server_args = ${OPTIONS[@]}
		}
	END
	start unshare -m bash -c 'mount --make-rprivate / && mount --bind "$0/dev" /dev &&
		exec xinetd -dontfork -f "$0/xinetd.conf" -pidfile "$0/pid" -filelog /dev/null' "$T"
	wait_port "$PORT"
	say "$PORT" 'a LOGIN alice wrong\r\nb LOGIN alice secret\r\nc X-WHO\r\nd LOGOUT\r\n'
	has 'b OK'
	has 'client=127.0.0.1'
	has 'log=1'
	hasnt 'event='
	wait_until grep -q 'login-ok' "$T/syslog"
	# facility mail (2), severity info (6)
	grep -Eqa '<22>.*mayfly-login\[[0-9]+\]: event=login-failed addr=127.0.0.1 ' "$T/syslog"
}
