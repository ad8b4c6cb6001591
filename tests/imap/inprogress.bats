# INPROGRESS: RFC 9585. By the clock it comes after five seconds; a client that has closed its side
# is asked as soon as a search takes more than a moment: here files take long to open.
load ../lib

heard_by_script() {	# COMMANDS...: sent whole, the input closed behind them; what was heard is in $T/heard
	printf '%s\r\n' "$@" | as_user strace -f -qq -o /dev/null -e trace=openat \
		-e inject=openat:delay_enter=4000 $MAYFLY_IMAP --no-sandbox "$MAILDIR" 2>/dev/null | tr -d '\r' >"$T/heard"
}

@test "a search whose client only listens says how far it is, with its tag (RFC 9585 3)" {
	needs strace
	# two letters, of which no signature knows: each time all files are read
	mailbox inbox 400*plain.eml
	heard_by_script 'a SELECT INBOX' 'b SEARCH TEXT zq' 'c UID SEARCH TEXT zq' 'd LOGOUT'
	grep -q '^c OK' "$T/heard"; grep -q '^d OK' "$T/heard"
	for tag in b c; do
		lines=$(grep -c "^\* OK \[INPROGRESS (\"$tag\" " "$T/heard" || :); [[ $lines -ge 1 ]]
	done
	# numbers: never more done than there is, and a goal above 0 (RFC 9585 4)
	sed -n 's/^\* OK \[INPROGRESS ("[^"]*" \([0-9]*\) \([0-9]*\))\].*/\1 \2/p' "$T/heard" >"$T/numbers"
	cat "$T/numbers"; [[ -s $T/numbers ]]; as_user awk '$1 > $2 || $2 == 0 { exit 1 }' "$T/numbers"
	# it comes before the answer of its command
	sed -n '/INPROGRESS ("b"/,$p' "$T/heard" | grep -q '^b OK'
}

@test "short commands say nothing of it, and it is promised" {
	mailbox inbox 700*plain.eml; open A inbox
	must A 'SEARCH FLAGGED'; unheard A '* OK [INPROGRESS ...'; must A 'FETCH 1:* FLAGS'; unheard A '* OK [INPROGRESS ...'
	must A CAPABILITY; heard A '* CAPABILITY {{.* INPROGRESS( .*)?}}'
}
