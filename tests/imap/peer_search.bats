# SEARCH, SORT and THREAD beside Debian's Dovecot, on generated mailboxes (RFC 9051 6.4.4, RFC 5256, RFC 5957).
# The differences that are meant are listed, each with its section, in tests/peer/compare-search.
load ../lib

compare() {
	export DOVECOT_IMAP=${DOVECOT_IMAP:-/usr/lib/dovecot/imap} PEER_INDEX=
	[[ -x $DOVECOT_IMAP ]] || skip 'no Dovecot (Debian: dovecot-imapd)'
	"$MAYFLY_SRC/tests/peer/make-mailbox" -w "$T/box" "$1"
	read -ra ours <<<"$MAYFLY_IMAP"
	"$MAYFLY_SRC/tests/peer/compare-search" -o "$2" "$T/box" "${ours[@]}" -- "$MAYFLY_SRC/tests/peer/dovecot-imap" 2>"$T/log" \
		|| { tail -n 40 "$T/log"; return 1; }
}

@test "SORT and THREAD of 20,000 messages are as Dovecot's" {
	compare 20000 '^(UID )?(SORT|THREAD)'
}

@test "SEARCH in 2,000 messages is as Dovecot's, key by key" {
	compare 2000 '^SEARCH'
}
