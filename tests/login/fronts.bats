#!/usr/bin/env bats
# Real super-servers, real TLS, real clients: each file of contrib/ is started on
# the loopback, with nothing changed but ports and paths, and somebody logs in.

load login

setup() {
	login_setup
	take_session
	C=$MAYFLY_SRC/contrib
	# What the shipped files do not say is in the configuration, as on a real host.
	printf 'users = %s\ntalker-root = %s\ntalker-user = 61000\nsession = %s\nfailure-delay = 10ms\n' \
		"$T/users" "$T/empty" "$T/mayfly-imap" >"$T/conf"
	chmod 644 "$T/conf"
	printf '#!/bin/sh\nexec %s --config=%s "$@"\n' "$LOGIN" "$T/conf" >"$T/sbin-mayfly-login"
	chmod 755 "$T/sbin-mayfly-login"
	printf 'From: a@example.org\nSubject: hello\n\nhi\n' >"$T/alice/Maildir/new/1.M1.host"
	chown -R 61001:61001 "$T/alice"
}

teardown() {
	login_teardown
}

# A file of contrib/ for this place: shipped SOURCE DESTINATION [s/from/to/ ...]
shipped() {
	local from=$1 to=$2 edits=() edit; shift 2
	for edit; do edits+=(-e "$edit"); done
	sed -e "s|/usr/sbin/mayfly-login|$T/sbin-mayfly-login|" "${edits[@]}" "$C/$from" >"$to"
	chmod --reference="$C/$from" "$to"
}

make_certificate() {
	need openssl openssl
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
		-keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
}

start_stunnel() {	# start_stunnel FILE edits...; TLS is on $TLS_PORT
	need stunnel4 stunnel4
	make_certificate
	TLS_PORT=$(free_port)
	shipped "stunnel/$1" "$T/stunnel.conf" "s|:::[0-9]*|127.0.0.1:$TLS_PORT|" \
		"s|/etc/mayfly/cert.pem|$T/cert.pem|" "s|/etc/mayfly/key.pem|$T/key.pem|" '/^set[ug]id/d' 's/^pid = .*/pid =/' 's/^syslog.*/syslog = no/' \
		"${@:2}"
	sed -i '1i foreground = yes\noutput = '"$T/stunnel.log" "$T/stunnel.conf"
	start stunnel4 "$T/stunnel.conf"
	wait_port "$TLS_PORT"
}

# A real client: curl with password in a file, never on a command line.
fetch_with_curl() {	# fetch_with_curl URL [option ...]
	need curl curl
	printf 'user = "alice:secret"\ncacert = "%s"\n' "$T/cert.pem" >"$T/curlrc"
	curl -sS --max-time 20 -K "$T/curlrc" "$@" >"$T/heard"
	heard=$(tr -d '\r' <"$T/heard")
}

@test "tcpserver: the shipped run script, and curl reads a message" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	PORT=$(free_port)
	shipped tcpserver/run "$T/run" 's/--proxy=127.0.0.1 --private//'
	start env "PORT=$PORT" "$T/run"
	wait_port "$PORT"
	fetch_with_curl "imap://127.0.0.1:$PORT/INBOX;UID=1"
	has 'Subject: hello'
	# this super-server's supervisor collects standard error and output alike
	wait_until grep -q 'event=login-ok addr=127.0.0.1' "$T/server"
}

@test "xinetd: the shipped file with its numbers, and curl reads a message" {
	need_root
	need xinetd xinetd
	PORT=$(free_port)
	shipped xinetd/mayfly "$T/xinetd.conf" "s/1430/$PORT/" 's/--proxy=127.0.0.1 --private/--log=auto/'
	start xinetd -dontfork -f "$T/xinetd.conf" -pidfile "$T/pid" -filelog "$T/xinetd.log"
	wait_port "$PORT"
	fetch_with_curl "imap://127.0.0.1:$PORT/INBOX;UID=1"
	has 'Subject: hello'
	refute grep -i 'error\|bad' "$T/xinetd.log"
}

@test "systemd: socket activation as the shipped unit does it, and the address is known" {
	need_root
	need systemd-socket-activate systemd
	PORT=$(free_port)
	start systemd-socket-activate --accept --inetd -l "127.0.0.1:$PORT" "$T/sbin-mayfly-login"
	wait_port "$PORT"
	fetch_with_curl "imap://127.0.0.1:$PORT/INBOX;UID=1"
	has 'Subject: hello'
}

@test "systemd: the shipped units pass systemd-analyze verify" {
	need systemd-analyze systemd
	mkdir "$T/units"
	shipped systemd/mayfly@.service "$T/units/mayfly@.service"
	shipped systemd/mayfly.socket "$T/units/mayfly.socket"
	SYSTEMD_LOG_LEVEL=warning run systemd-analyze verify --man=no --recursive-errors=no \
		"$T/units/mayfly.socket" "$T/units/mayfly@test.service"
	echo "$output"
	[ "$status" -eq 0 ]
	refute grep -i "mayfly" <<<"$output"
}

@test "systemd: the shipped service is hardened as far as becoming a user allows" {
	need systemd-analyze systemd
	run systemd-analyze security --offline=yes --no-pager "$C/systemd/mayfly@.service"
	tail -1 <<<"$output"
	local score=$(sed -n 's/.*exposure level for .*: \([0-9.]*\).*/\1/p' <<<"$output")
	# The score as it is; whoever makes it worse should say why.
	perl -e 'exit !($ARGV[0] ne "" && $ARGV[0] <= 2.0)' "$score"
}

@test "systemd: the service's capabilities and system calls are enough for a whole session" {
	need_root
	! sanitized || skip "the leak checker of this build does not work under strace"
	need systemd-analyze systemd
	need strace strace
	need tcpserver ucspi-tcp-ipv6
	local unit=$C/systemd/mayfly@.service caps
	caps=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
	PORT=$(free_port)
	start setpriv --no-new-privs --bounding-set="-all,$caps" --inh-caps=-all \
		tcpserver -HRl0 127.0.0.1 "$PORT" "$T/sbin-mayfly-login"
	wait_port "$PORT"
	say "$PORT" 'a LOGIN alice wrong\r\nb LOGIN alice secret\r\nc SELECT INBOX\r\nd LOGOUT\r\n'
	has 'a NO'
	has 'c OK'
	# every system call that is made is one that the filter lets through
	printf 'a LOGIN alice secret\r\nb SELECT INBOX\r\nc FETCH 1 (ENVELOPE BODYSTRUCTURE BODY[])\r\nd LOGOUT\r\n' |
		strace -f -qq -o "$T/trace" "$T/sbin-mayfly-login" >"$T/heard" 2>>"$T/log"
	grep -q '^d OK' "$T/heard"
	sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$T/trace" | sort -u >"$T/made"
	systemd-analyze syscall-filter --no-pager >"$T/groups"
	# the filter's words, and of each group the words that stand below it, once each
	sed -n 's/^SystemCallFilter=//p' "$unit" | tr ' ' '\n' | awk -v groups="$T/groups" '
		BEGIN {
			while ((getline line < groups) > 0) {
				split(line, w, " ")
				if (line ~ /^@/) group = w[1]
				else if (line ~ /^[^ ]/) group = ""
				else if (group != "" && w[1] != "#" && w[1] != "") below[group] = below[group] " " w[1]
			}
		}
		{ todo[++n] = $1 }
		END {
			for (i = 1; i <= n; i++) {
				if (todo[i] !~ /^@/) { print todo[i]; continue }
				if (done[todo[i]]++) continue
				m = split(below[todo[i]], w, " ")
				for (k = 1; k <= m; k++) todo[++n] = w[k]
			}
		}' >"$T/let"
	sort -u -o "$T/let" "$T/let"
	comm -23 "$T/made" "$T/let" >"$T/refused"
	cat "$T/refused"
	[ "$(wc -l <"$T/made")" -gt 40 ]
	[ ! -s "$T/refused" ]
}

@test "s6: the shipped service directory under s6-svscan, with its logger" {
	need_root
	need s6-svscan s6
	PORT=$(free_port)
	mkdir -p "$T/scan/mayfly/log" "$T/logs"
	shipped s6/mayfly/run "$T/scan/mayfly/run" 's/--proxy=127.0.0.1 --private//'
	shipped s6/mayfly/log/run "$T/scan/mayfly/log/run"
	start env "PORT=$PORT" "LOGDIR=$T/logs" s6-svscan -c 10 "$T/scan"
	local svscan=$STARTED
	wait_port "$PORT"
	fetch_with_curl "imap://127.0.0.1:$PORT/INBOX;UID=1"
	has 'Subject: hello'
	wait_until grep -q 'event=login-ok' "$T/logs/current"
	s6-svscanctl -t "$T/scan"
	wait "$svscan" || true
}

@test "stunnel connect: TLS in front of tcpserver, the address by PROXY, curl and openssl" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	PORT=$(free_port)
	shipped tcpserver/run "$T/run"
	start env "PORT=$PORT" "$T/run"
	start_stunnel connect.conf "s/127.0.0.1:1430/127.0.0.1:$PORT/"
	fetch_with_curl "imaps://localhost:$TLS_PORT/INBOX;UID=1"
	has 'Subject: hello'
	wait_until grep -q 'event=login-ok addr=127.0.0.1 .*private=yes peer=127.0.0.1' "$T/server"
	printf 'a LOGIN alice secret\r\nb SELECT INBOX\r\nc LOGOUT\r\n' |
		timeout 20 openssl s_client -quiet -CAfile "$T/cert.pem" -connect "localhost:$TLS_PORT" \
		>"$T/heard" 2>/dev/null || true
	heard=$(tr -d '\r' <"$T/heard")
	has 'a OK [CAPABILITY'
	has 'b OK'
}

@test "stunnel exec: no super-server at all, and the environment tells who is there" {
	need_root
	start_stunnel exec.conf
	fetch_with_curl --interface 127.0.0.2 "imaps://localhost:$TLS_PORT/INBOX;UID=1"
	has 'Subject: hello'
	wait_until grep -q 'event=login-ok addr=127.0.0.2 .*private=yes' "$T/log"
}

@test "stunnel STARTTLS: the first lines are stunnel's, the login comes after TLS" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --session="$T/mayfly-imap"
	start_stunnel starttls.conf "s/127.0.0.1:1431/127.0.0.1:$PORT/"
	fetch_with_curl --ssl-reqd "imap://localhost:$TLS_PORT/INBOX;UID=1"
	has 'Subject: hello'
	printf 'a LOGIN alice secret\r\nb LOGOUT\r\n' |
		timeout 20 openssl s_client -quiet -starttls imap -CAfile "$T/cert.pem" \
		-connect "localhost:$TLS_PORT" >"$T/heard" 2>/dev/null || true
	heard=$(tr -d '\r' <"$T/heard")
	has 'a OK [CAPABILITY'
}

@test "mbsync synchronises through stunnel, there and back" {
	need_root
	need mbsync isync
	need tcpserver ucspi-tcp-ipv6
	PORT=$(free_port)
	shipped tcpserver/run "$T/run"
	start env "PORT=$PORT" "$T/run"
	start_stunnel connect.conf "s/127.0.0.1:1430/127.0.0.1:$PORT/"
	mkdir "$T/near"
	cat >"$T/mbsyncrc" <<-END
		IMAPStore far
		Host localhost
		Port $TLS_PORT
		User alice
		PassCmd "echo secret"
		SSLType IMAPS
		CertificateFile $T/cert.pem

		MaildirStore near
		Path $T/near/
		Inbox $T/near/INBOX
		SubFolders Verbatim

		Channel c
		Far :far:
		Near :near:
		Create Near
		SyncState *
	END
	timeout 60 mbsync -c "$T/mbsyncrc" c
	grep -rq 'Subject: hello' "$T/near/INBOX"
	printf 'From: a@example.org\nSubject: second\n\nhi\n' >"$T/near/INBOX/new/2.M2.host"
	timeout 60 mbsync -c "$T/mbsyncrc" c
	grep -rq 'Subject: second' "$T/alice/Maildir/"
}

@test "sshd: a forced command with a key, PREAUTH, and mbsync through the tunnel" {
	need_root
	need sshd openssh-server
	need mbsync isync
	own_mounts
	PORT=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f "$T/hostkey"
	ssh-keygen -q -t ed25519 -N '' -f "$T/key"
	chmod 755 "$T/mayfly-imap"
	(cat /etc/passwd; echo "alice:x:61001:61001::$T/alice:/bin/sh") >"$T/passwd"
	(cat /etc/group; echo 'mail-only:x:61030:alice'; echo 'alice:x:61001:') >"$T/group"
	(cat /etc/shadow; echo 'alice:*:19000:0:99999:7:::') >"$T/shadow"
	cat "$T/key.pub" >"$T/authorized_keys"
	{
		printf 'Port %s\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\n' \
			"$PORT" "$T/hostkey" "$T/authorized_keys"
		printf 'StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\n'
		sed "s|/usr/bin/mayfly-imap|$T/mayfly-imap|" "$C/sshd/mayfly.conf"
	} >"$T/sshd_config"
	start unshare -m bash -c 'mount --make-rprivate / && for file in passwd shadow group; do
			mount --bind "$0/$file" "/etc/$file"; done
		mkdir -p "$0/run/sshd" && mount --bind "$0/run" /run
		exec /usr/sbin/sshd -D -e -f "$0/sshd_config"' "$T"
	wait_port "$PORT"
	local ssh="ssh -F none -i $T/key -p $PORT -o StrictHostKeyChecking=no -o UserKnownHostsFile=$T/known -o BatchMode=yes alice@127.0.0.1"
	printf 'a SELECT INBOX\r\nb LOGOUT\r\n' | timeout 30 $ssh anything at all >"$T/heard" 2>>"$T/log"
	heard=$(tr -d '\r' <"$T/heard")
	has '* PREAUTH [CAPABILITY'
	has 'a OK'
	mkdir "$T/near"
	cat >"$T/mbsyncrc" <<-END
		IMAPStore far
		Tunnel "$ssh"

		MaildirStore near
		Path $T/near/
		Inbox $T/near/INBOX
		SubFolders Verbatim

		Channel c
		Far :far:
		Near :near:
		Create Near
		SyncState *
	END
	timeout 60 mbsync -c "$T/mbsyncrc" c
	grep -rq 'Subject: hello' "$T/near/INBOX"
}

@test "E25: the PROXY header counts from configured peers only, before the greeting" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --proxy=127.0.0.1 --private
	say "$PORT" 'PROXY TCP4 192.0.2.7 127.0.0.1 4711 143\r\na LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n'
	[[ $heard == '* OK'* ]]
	has 'client=192.0.2.7'
	logged 'addr=192.0.2.7 via=users user=alice method=command private=yes peer=127.0.0.1'
	say "$PORT" 'a LOGIN alice secret\r\nb LOGOUT\r\n'
	[ -z "$heard" ]
	logged 'sent no PROXY header'
	start_tcpserver --proxy=192.0.2.0/24
	say "$PORT" 'PROXY TCP4 192.0.2.8 127.0.0.1 1 1\r\na LOGIN alice wrong\r\nb LOGOUT\r\n'
	has 'PROXY BAD'
	refute grep -q 'addr=192.0.2.8' "$T/log"
	logged 'event=login-failed addr=127.0.0.1'
}

@test "E25: HAProxy ends TLS and says so in version 2; without TLS no password is taken" {
	need_root
	need haproxy haproxy
	need tcpserver ucspi-tcp-ipv6
	make_certificate
	cat "$T/cert.pem" "$T/key.pem" >"$T/both.pem"
	start_tcpserver --proxy=127.0.0.1 --session="$T/mayfly-imap"
	TLS_PORT=$(free_port); local plain=$(free_port)
	cat >"$T/haproxy.cfg" <<-END
		defaults
			mode tcp
			timeout connect 10s
			timeout client 60s
			timeout server 60s
		listen tls
			bind 127.0.0.1:$TLS_PORT ssl crt $T/both.pem
			server mayfly 127.0.0.1:$PORT send-proxy-v2-ssl-cn check inter 500ms check-send-proxy
		listen plain
			bind 127.0.0.1:$plain
			server mayfly 127.0.0.1:$PORT send-proxy-v2
	END
	start haproxy -db -f "$T/haproxy.cfg"
	wait_port "$TLS_PORT"
	fetch_with_curl "imaps://localhost:$TLS_PORT/INBOX;UID=1"
	has 'Subject: hello'
	say "$plain" 'a LOGIN alice secret\r\nb LOGOUT\r\n'
	has 'LOGINDISABLED'
	has 'a NO [PRIVACYREQUIRED]'
	# its health checks leave no line
	refute grep -v 'event=login-ok' < <(grep mayfly-login "$T/log")
}

@test "E26: ID x-originating-ip counts from trusted peers only" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	local id='a ID ("x-originating-ip" "192.0.2.55" "x-originating-port" "99")\r\nb LOGIN alice secret\r\nc X-WHO\r\nd LOGOUT\r\n'
	start_tcpserver
	say "$PORT" "$id"
	has 'client=127.0.0.1'
	start_tcpserver --trusted='127.0.0.0/8 ::1'
	say "$PORT" "$id"
	has 'client=192.0.2.55'
	hasnt '"192.0.2.55"'
	logged 'event=login-ok addr=192.0.2.55 via=users user=alice method=command private=yes peer=127.0.0.1'
}

@test "E26: behind a PROXY header the client that it names must be trusted, not the proxy" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	local id='a ID ("x-originating-ip" "192.0.2.55")\r\nb LOGIN alice wrong\r\nc LOGOUT\r\n'
	start_tcpserver --proxy=127.0.0.1 --trusted='127.0.0.1 203.0.113.10' --private
	# a stranger from the internet, through the same proxy, could have others banned in his place
	say "$PORT" "PROXY TCP4 203.0.113.66 127.0.0.1 4711 143\r\n$id"
	logged 'event=login-failed addr=203.0.113.66 '
	refute grep -q 'addr=192.0.2.55' "$T/log"
	# the webmail comes through the proxy too
	say "$PORT" "PROXY TCP4 203.0.113.10 127.0.0.1 4711 143\r\n$id"
	logged 'event=login-failed addr=192.0.2.55 reason=wrong-password user=alice method=command private=yes peer=127.0.0.1'
}

@test "E28: the environment of a front is data: addresses are read, the rest does nothing" {
	need_root
	local evil='$(touch /tmp/x)"; x=`y` %n %s' name
	for name in TCPREMOTEIP REMOTE_HOST REMOTE_ADDR REMOTE_PORT SSL_CLIENT_DN SSL_PROTOCOL PROTO \
		SSH_CLIENT TCPREMOTEPORT; do
		printf 'a LOGIN alice secret\r\nb X-WHO\r\nc X-ENV\r\nd LOGOUT\r\n' |
			env "$name=$evil" "$LOGIN" "${OPTIONS[@]}" --certificates=cn >"$T/heard" 2>>"$T/log"
		heard=$(tr -d '\r' <"$T/heard")
		has 'client=local'
		hasnt 'touch'
		env "$name=$(printf '%0100000d' 1)" "$LOGIN" "${OPTIONS[@]}" --certificates=cn \
			</dev/null >"$T/heard" 2>>"$T/log"
	done
	for name in TCPREMOTEIP REMOTE_HOST REMOTE_ADDR SSLREMOTEIP; do
		printf 'a CAPABILITY\r\n' | env "$name=192.0.2.33" "$LOGIN" "${OPTIONS[@]}" >"$T/heard" 2>>"$T/log"
		heard=$(tr -d '\r' <"$T/heard")
		has 'LOGINDISABLED'	# recordio(1) on a plain connection looks like this
		printf 'a LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n' |
			env "$name=192.0.2.33" SSL_PROTOCOL=TLSv1.3 "$LOGIN" "${OPTIONS[@]}" >"$T/heard" 2>>"$T/log"
		heard=$(tr -d '\r' <"$T/heard")
		has 'client=192.0.2.33 private=1'
	done
	printf 'a LOGIN alice secret\r\nb X-WHO\r\nc LOGOUT\r\n' |
		env SSH_CLIENT='192.0.2.44 5 22' "$LOGIN" "${OPTIONS[@]}" >"$T/heard" 2>>"$T/log"
	grep -q 'client=192.0.2.44 private=1' "$T/heard"
}

@test "EXTERNAL: a certificate that stunnel verified is enough, any other is not" {
	need_root
	need stunnel4 stunnel4
	make_certificate
	cd "$T"
	local who
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -days 2 -keyout ca.key -out ca.pem 2>/dev/null
	for who in alice nobody-here; do
		openssl req -newkey rsa:2048 -nodes -subj "/C=PL/O=Example/CN=$who" -keyout "$who.key" \
			-out "$who.csr" 2>/dev/null
		openssl x509 -req -in "$who.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
			-out "$who.pem" 2>/dev/null
	done
	printf 'certificates = cn\n' >>"$T/conf"
	start_stunnel exec.conf
	kill "$STARTED"; wait "$STARTED" || true
	sed -i "s|^cert = .*|&\nCAfile = $T/ca.pem\nverifyChain = yes\nrequireCert = yes|" "$T/stunnel.conf"
	start stunnel4 "$T/stunnel.conf"
	wait_port "$TLS_PORT"
	external() {
		printf 'a AUTHENTICATE EXTERNAL %s\r\nb NOOP\r\nc LOGOUT\r\n' "$2" |
			timeout 20 openssl s_client -quiet -CAfile "$T/cert.pem" -cert "$1.pem" -key "$1.key" \
			-connect "localhost:$TLS_PORT" >"$T/heard" 2>/dev/null || true
		heard=$(tr -d '\r' <"$T/heard")
	}
	external alice =; has 'AUTH=EXTERNAL'; has 'a OK [CAPABILITY'
	external alice "$(printf alice | base64)"; has 'a OK [CAPABILITY'
	external alice "$(printf bob | base64)"; has 'a NO [AUTHENTICATIONFAILED]'
	external nobody-here =; has 'a NO [AUTHENTICATIONFAILED]'
}

@test "nginx's mail proxy logs in with literals that wait, behind its PROXY header" {
	need_root
	need nginx nginx-light
	local module=/usr/lib/nginx/modules/ngx_mail_module.so
	[ -e "$module" ] || skip "nginx's mail module is not here (Debian: libnginx-mod-mail)"
	need tcpserver ucspi-tcp-ipv6
	start_tcpserver --proxy=127.0.0.1 --private --session="$T/mayfly-imap"
	local front=$(free_port) auth=$(free_port)
	cat >"$T/nginx.conf" <<-END
		load_module $module;
		daemon off;
		master_process off;
		pid $T/nginx.pid;
		error_log $T/nginx.log;
		events { }
		http {
			access_log off;
			client_body_temp_path $T/nb; proxy_temp_path $T/np; fastcgi_temp_path $T/nf;
			uwsgi_temp_path $T/nu; scgi_temp_path $T/ns;
			server {
				listen 127.0.0.1:$auth;
				location / {
					add_header Auth-Status OK;
					add_header Auth-Server 127.0.0.1;
					add_header Auth-Port $PORT;
					return 204;
				}
			}
		}
		mail {
			auth_http 127.0.0.1:$auth/;
			proxy_protocol on;
			server { listen 127.0.0.1:$front; protocol imap; }
		}
	END
	start nginx -p "$T" -c "$T/nginx.conf"
	wait_port "$front"
	fetch_with_curl "imap://127.0.0.1:$front/INBOX;UID=1"
	has 'Subject: hello'
}

@test "options of all sessions: the setting session names a script of two lines (mayfly-migrate 7)" {
	need_root
	need tcpserver ucspi-tcp-ipv6
	need curl
	sed -n '/^#!\/bin\/sh$/,/^\.Ed/p' "$MAYFLY_SRC/man/mayfly-migrate.7" | sed '/^\./d' | sed "s|/usr/bin/mayfly-imap|$T/mayfly-imap|" >"$T/wrapper"
	chmod 755 "$T/wrapper"
	start_tcpserver --session="$T/wrapper"
	curl -sS --max-time 20 --user "alice:secret" "imap://127.0.0.1:$PORT/" >"$T/heard"
	grep -q '"\." INBOX' "$T/heard"
}
