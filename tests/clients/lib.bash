# For the tests with real clients: a server that they can start, or reach on loopback.

# Print a script that runs the server on its standard input and output, for those that call it a tunnel.
tunnel() {
	printf '#!/bin/sh\nexec %s %s %s 2>>%s\n' "$MAYFLY_IMAP" "$*" "$MAILDIR" "$T/tunnel.log"
	: >"$T/tunnel.log"; chmod 666 "$T/tunnel.log"; [[ ! -e $T/server ]] || chmod 755 "$T/server"
}

# Serve the Maildir on loopback at a port that the kernel picks: $PORT. The super-server is tcpserver.
listen() {
	: >"$T/port"; : >"$T/tunnel.log"; chmod 666 "$T/tunnel.log"
	local user=()
	[[ $(id -u) != 0 ]] || user=(-u "$(id -u nobody)" -g "$(id -g nobody)")
	HOME=$T tcpserver -1 -R -H -l localhost -c 50 "${user[@]}" 127.0.0.1 0 $MAYFLY_IMAP --trust-socket "$@" "$MAILDIR" \
		>"$T/port" 2>>"$T/tunnel.log" 3>&- 8>&- 9<&- &
	LISTENER=$!
	until [[ -s $T/port ]]; do kill -0 "$LISTENER"; done
	PORT=$(<"$T/port")
}

# Compare what a client downloaded with the files: same_mail mbsync DIR, same_mail curl DIR.
same_mail() { python3 "$MAYFLY_SRC/tests/clients/same_mail.py" "$1" "$MAILDIR" "$2"; }

teardown() {
	if [[ -n ${LISTENER-} ]]; then kill "$LISTENER"; wait "$LISTENER" || :; fi
	[[ -n ${BATS_TEST_COMPLETED-} ]] || tail -n 20 "$T/tunnel.log" || :
	end_engine
}
