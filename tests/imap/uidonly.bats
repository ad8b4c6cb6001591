# UIDONLY, RFC 9586: after ENABLE no message number is said in either direction. The engine knows the mode: a FETCH
# or an EXPUNGE then fails any test.
load ../lib

enabled() { start "$1"; must "$1" 'ENABLE UIDONLY'; heard "$1" '* ENABLED UIDONLY'; must "$1" 'SELECT inbox'; }

# Messages with UIDs 3 4 5: none is its own number.
three() {
	mailbox inbox 5*plain.eml; open Z inbox
	must Z 'STORE 1:2 +FLAGS.SILENT (\Deleted)'; must Z EXPUNGE
}

@test "ENABLE UIDONLY is answered, and once is enough (RFC 9586 3)" {
	mailbox inbox plain.eml; start A
	must A 'ENABLE UIDONLY'; heard A '* ENABLED UIDONLY'
	must A 'ENABLE UIDONLY CONDSTORE'; heard A '* ENABLED CONDSTORE'
}

@test "every command with message numbers is BAD with UIDREQUIRED, and nothing happens (RFC 9586 3)" {
	three; must Z 'CREATE other'; enabled A
	for command in 'FETCH 1 FLAGS' 'FETCH * (UID)' 'FETCH $ FLAGS' 'STORE 1 +FLAGS (\Seen)' 'COPY 1:* other' 'MOVE 1 other' \
		'SEARCH ALL' 'SEARCH RETURN (COUNT) ALL' 'SORT (ARRIVAL) UTF-8 ALL' 'THREAD REFERENCES UTF-8 ALL' 'REPLACE 1 inbox {5}'; do
		say A "$command"; bad A UIDREQUIRED
	done
	must A 'UID FETCH 1:* FLAGS'; fetched A 3 FLAGS ''; must A 'STATUS other (MESSAGES)'; status A other MESSAGES 0
}

@test "what the refused command had for arguments is read past, literals too" {
	three; enabled A
	raw A 'x SEARCH SUBJECT {5+}\r\nhello\r\ny UID SEARCH ALL\r\n'; await A 'y OK...'
	heard A 'x BAD [UIDREQUIRED]...'; searched A '3 4 5'
}

@test "message numbers inside the keys of UID SEARCH, SORT, THREAD and ESEARCH are refused too (RFC 9586 3)" {
	three; enabled A
	for keys in '1' '1:*' '*' 'NOT 2' 'OR SEEN (FROM x 1:3)' 'UID 3 2'; do
		say A "UID SEARCH $keys"; bad A UIDREQUIRED
		say A "UID SORT (ARRIVAL) UTF-8 $keys"; bad A UIDREQUIRED
		say A "UID THREAD REFERENCES UTF-8 $keys"; bad A UIDREQUIRED
		say A "ESEARCH IN (selected) $keys"; bad A UIDREQUIRED
	done
	must A 'UID SEARCH UID 1:*'; searched A '3 4 5'; must A 'UID SEARCH UID *'; searched A 5
}

@test "UID FETCH is answered by UIDFETCH; the UID itself comes only when asked for (RFC 9586 3.3)" {
	three; enabled A
	must A 'UID FETCH 3:* (FLAGS RFC822.SIZE)'; heard A '* 3 UIDFETCH (FLAGS ... RFC822.SIZE <n>)'; heard A '* <n> UIDFETCH...' 3
	must A 'UID FETCH 4 (UID FLAGS)'; heard A '* 4 UIDFETCH (UID 4 FLAGS...)'
	must A 'UID FETCH 5 (BODY[] RFC822.SIZE)'; same A 5 'BODY[]' plain.eml; heard A '* 5 UIDFETCH (BODY[]...FLAGS...\Seen...)'
	must A 'UID FETCH * FLAGS'; heard A '* 5 UIDFETCH (FLAGS...\Seen...)'
}

@test "UID STORE is answered by UIDFETCH, with MODSEQ when CONDSTORE is on (RFC 9586 3.2)" {
	three; enabled A
	must A 'UID STORE 4 +FLAGS (\Flagged)'; heard A '* 4 UIDFETCH (FLAGS (...\Flagged...))'
	must A 'ENABLE CONDSTORE'; must A 'UID STORE 4 -FLAGS.SILENT (\Flagged)'; heard A '* 4 UIDFETCH (MODSEQ (<n>))'
	must A 'UID STORE 3:5 (UNCHANGEDSINCE 1) +FLAGS (\Seen)'; code A | grep -qx 'MODIFIED 3:5'
}

@test "what others change is told by UIDFETCH and VANISHED, also in IDLE (RFC 9586 3.3, 3.4)" {
	three; enabled A; enabled B
	must Z 'STORE 1 +FLAGS (\Answered)'; must Z 'STORE 3 +FLAGS.SILENT (\Deleted)'; must Z EXPUNGE
	must A NOOP; heard A '* 3 UIDFETCH (FLAGS (...\Answered...))'; heard A '* VANISHED 5'
	raw A 'i IDLE\r\n'; await A '+ ...'; deliver inbox plain.eml >/dev/null; await A '* 3 EXISTS'
	must Z 'STORE 1 +FLAGS.SILENT (\Deleted)'; must Z EXPUNGE; await A '* VANISHED 3'
	raw A 'DONE\r\n'; await A 'i OK...'
}

@test "EXPUNGE, UID EXPUNGE, UID MOVE and UID REPLACE tell VANISHED (RFC 9586 3.4)" {
	three; must Z 'CREATE other'; enabled A
	must A 'UID STORE 3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; heard A '* VANISHED 3'
	must A 'UID MOVE 4 other'; order A '* OK [COPYUID <n> 4 1]...' '* VANISHED 4'
	must A 'UID REPLACE 5 inbox ' @plain.eml; heard A '* VANISHED 5'; heard A '* 1 EXISTS'
	must A 'UID STORE 6 +FLAGS.SILENT (\Deleted)'; must A 'UID EXPUNGE 6'; heard A '* VANISHED 6'; count A 0
}

@test "SELECT and EXAMINE do not say which message is the first unseen (RFC 9586 3.1)" {
	three; start A; must A 'EXAMINE inbox'; heard A '* OK [UNSEEN 1]...'
	must A 'ENABLE UIDONLY'; must A 'SELECT inbox'; unheard A '* OK [UNSEEN...'; must A 'EXAMINE inbox'; unheard A '* OK [UNSEEN...'
	heard A '* 3 EXISTS'
}

@test "SELECT (QRESYNC ...) goes without the numbers of what is known (RFC 9586 3.6)" {
	three; start A; must A 'ENABLE QRESYNC UIDONLY'; must A 'SELECT inbox'
	v=$(told A UIDVALIDITY); n=$(told A HIGHESTMODSEQ); must Z 'STORE 1 +FLAGS (\Seen)'
	say A "SELECT inbox (QRESYNC ($v $n 1:9 (1:3 3:5)))"; bad A UIDREQUIRED
	must A "SELECT inbox (QRESYNC ($v 1 1:9))"; heard A '* VANISHED (EARLIER) 1:2...'; heard A '* 3 UIDFETCH (FLAGS (...\Seen...) MODSEQ (<n>))'
	must A "UID FETCH 1:* (FLAGS) (CHANGEDSINCE $n VANISHED)"; heard A '* <n> UIDFETCH ...' 1
}

@test "\$, PARTIAL and COUNT are of use without numbers" {
	three; enabled A
	must A 'UID SEARCH RETURN (SAVE COUNT) UNSEEN'; esearched A COUNT 3; must A 'UID FETCH $ FLAGS'; heard A '* <n> UIDFETCH (FLAGS...)' 3
	must A 'UID SEARCH RETURN (PARTIAL -1:-2) $'; heard A '* ESEARCH (TAG "...") UID PARTIAL (-1:-2 4:5)'
	must A 'UID FETCH 1:* FLAGS (PARTIAL 1:1)'; heard A '* 3 UIDFETCH ...'; heard A '* <n> UIDFETCH ...' 1
}

@test "searches that are kept up to date speak of UIDs, also one that began with numbers" {
	three; open A inbox; must A 'SEARCH RETURN (UPDATE ALL) FLAGGED'; must A 'ENABLE UIDONLY'
	must A 'UID SEARCH RETURN (UPDATE ALL) ALL'
	must Z 'STORE 2 +FLAGS (\Flagged)'; must A NOOP; heard A '* ESEARCH (TAG "A2") UID ADDTO (0 4)'
	must Z 'STORE 2 +FLAGS.SILENT (\Deleted)'; must Z EXPUNGE; must A NOOP
	order A '* ESEARCH (TAG "A2") UID REMOVEFROM (0 4)' '* VANISHED 4'; order A '* ESEARCH (TAG "A4") UID REMOVEFROM (0 4)' '* VANISHED 4'
}

@test "with IMAP4rev2 and QRESYNC beside it" {
	three; start A; must A 'ENABLE IMAP4rev2 QRESYNC UIDONLY'; must A 'SELECT inbox'
	must Z 'STORE 1 +FLAGS (\Flagged)'; must A NOOP; heard A '* 3 UIDFETCH (FLAGS (\Flagged) MODSEQ (<n>))'
	must A 'UID SEARCH FLAGGED'; esearched A ALL 3
}
