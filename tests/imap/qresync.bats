# QRESYNC, rule by rule: RFC 7162 section 3.2.
load ../lib

modseq() { ask value "$1" "$2" MODSEQ | tr -d '()'; }
highest() { must "$1" 'STATUS inbox (HIGHESTMODSEQ)'; ask status "$1" inbox HIGHESTMODSEQ; }
quick() { start "$1"; must "$1" 'ENABLE QRESYNC'; must "$1" 'SELECT inbox'; }
remove() { must "$1" "UID STORE $2 +FLAGS.SILENT (\\Deleted)"; must "$1" "UID EXPUNGE $2"; }
# Session A, for a client that left when UIDs 1 to N were there: $validity $left
leave() { quick A; validity=$(told A UIDVALIDITY); left=$(told A HIGHESTMODSEQ); close A; }

@test "EXPUNGE, UID EXPUNGE, CLOSE and MOVE each raise HIGHESTMODSEQ when something went, and only then (RFC 7162 3.2)" {
	mailbox inbox 9*plain.eml; mailbox box; open A inbox; a=$(highest A)
	must A EXPUNGE; [[ $(highest A) == "$a" ]]
	must A 'STORE 1 +FLAGS (\Deleted)'; a=$(highest A); must A EXPUNGE; b=$(highest A); (( b > a ))
	must A 'UID STORE 2 +FLAGS (\Deleted)'; a=$(highest A); must A 'UID EXPUNGE 2'; b=$(highest A); (( b > a ))
	must A 'MOVE 1 box'; a=$(highest A); (( a > b )); must A 'STORE 1 +FLAGS (\Deleted)'; a=$(highest A); must A CLOSE; b=$(highest A); (( b > a ))
	must A 'SELECT inbox'; must A CLOSE; [[ $(highest A) == "$b" ]]
}

@test "SETMETADATA raises HIGHESTMODSEQ of its mailbox (RFC 7162 3.2)" {
	mailbox inbox plain.eml; open A inbox; a=$(highest A)
	must A 'SETMETADATA inbox (/private/comment "x")'; b=$(highest A); (( b > a )); must A 'STORE 1 +FLAGS (k)'; (( $(modseq A 1) > b ))
	c=$(highest A); close A; start B; must B 'SETMETADATA inbox (/private/comment NIL)'; (( $(highest B) > c )); must B 'SELECT inbox'; (( $(told B HIGHESTMODSEQ) > c ))
}

@test "as long as an EXPUNGE waits, HIGHESTMODSEQ is told as below it (RFC 7162 3.2, 6)" {
	mailbox inbox 3*plain.eml; quick A; open B inbox; quick C
	remove B 1; gone=$(highest C)
	must A 'STORE 3 +FLAGS.SILENT (\Seen)'; unheard A '* VANISHED...'; (( $(modseq A 3) > gone )); held=$(told A HIGHESTMODSEQ); (( held < gone ))
	must A 'FETCH 2 (FLAGS MODSEQ)'; held=$(told A HIGHESTMODSEQ); (( held < gone ))
	must A NOOP; heard A '* VANISHED 1'; [[ $(told A HIGHESTMODSEQ) == "$(highest C)" ]]; must A NOOP; unheard A '...HIGHESTMODSEQ...'
}

@test "a client that was cut off while an EXPUNGE waited hears of it next time (RFC 7162 3.2)" {
	mailbox inbox 3*plain.eml; quick A; validity=$(told A UIDVALIDITY); open B inbox; remove B 1; must A 'STORE 3 +FLAGS.SILENT (\Seen)'
	held=$(told A HIGHESTMODSEQ); excuse A; signal A 9; exited A any
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $held))"; heard C '* VANISHED (EARLIER) 1'
}

@test "ENABLE QRESYNC, with or without CONDSTORE, in either order, enables both (RFC 7162 3.2.3)" {
	mailbox inbox plain.eml; n=1
	for words in QRESYNC 'QRESYNC CONDSTORE' 'CONDSTORE QRESYNC'; do
		start A; must A "ENABLE $words"; heard A '* ENABLED {{.*\bQRESYNC\b.*}}'; must A 'SELECT inbox'; open B inbox
		must B "STORE 1 +FLAGS (k$((n++)))"; must A NOOP; heard A '* 1 FETCH (...MODSEQ...)'; must B 'APPEND inbox ' @plain.eml; must A NOOP; remove B 2:9999
		must A NOOP; heard A '* VANISHED...'; close A; close B
	done
}

@test "QRESYNC in SELECT and VANISHED in FETCH without ENABLE are BAD (RFC 7162 3.2.3, 3.2.5, 3.2.6)" {
	mailbox inbox plain.eml; open A inbox; v=$(told A UIDVALIDITY)
	say A "SELECT inbox (QRESYNC ($v 1))"; bad A; say A "EXAMINE inbox (QRESYNC ($v 1))"; bad A
	say A 'UID FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)'; bad A; must A 'ENABLE CONDSTORE'; say A "SELECT inbox (QRESYNC ($v 1))"; bad A
}

@test "flags that others changed come with UID and mod-sequence once CONDSTORE is enabled (RFC 7162 3.2.4)" {
	mailbox inbox 3*plain.eml; start A; must A 'ENABLE CONDSTORE'; must A 'SELECT inbox'; open B inbox
	must B 'STORE 2 +FLAGS (k)'; must A NOOP; heard A '* 2 FETCH (UID 2 FLAGS (...k) MODSEQ (<n>))'
	must A 'STORE 1 +FLAGS (k)'; heard A '* 1 FETCH (UID 1 FLAGS (...k) MODSEQ (<n>))'; must A 'FETCH 3 BODY[TEXT]'; fetched A 3 UID 3; value A 3 MODSEQ; fetched A 3 FLAGS '\Seen'
	f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "${f}F"; must A NOOP; heard A '* 2 FETCH (UID 2 FLAGS (\Flagged ...k) MODSEQ (<n>))'
	must A 'FETCH 1 FLAGS'; heard A '* 1 FETCH (FLAGS (...k))'
}

@test "a syntax error in QRESYNC is BAD, and no mailbox is opened (RFC 7162 3.2.5)" {
	mailbox inbox plain.eml; start A; must A 'ENABLE QRESYNC'
	for args in '(QRESYNC)' '(QRESYNC ())' '(QRESYNC (1))' '(QRESYNC (0 1))' '(QRESYNC (1 x))' '(QRESYNC (1 1 *))' '(QRESYNC (1 1 1:*))' '(QRESYNC (1 1 1:2 (1 *)))' \
		'(QRESYNC (1 1 1:2 (1)))' '(QRESYNC (1 1 1:2 1:2))' '(QRESYNC (1 1)' '(QRESYNC (1 1) x)' 'QRESYNC (1 1)' '(QRESYNC 1 1)' '(CONDSTORE QRESYNC)'; do
		say A "SELECT inbox $args"; bad A; unheard A '* <n> EXISTS'; say A 'FETCH 1 FLAGS'; bad A; must A NOOP
	done
}

@test "with another UIDVALIDITY the rest is passed over, and SELECT answers as ever (RFC 7162 3.2.5)" {
	mailbox inbox 3*plain.eml; leave; open B inbox; remove B 2
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($((validity + 1)) $left 1:3))"
	unheard C '* VANISHED...'; unheard C '* <n> FETCH...'; heard C '* 2 EXISTS'; heard C "* OK [UIDVALIDITY $validity]..."; heard C '* OK [HIGHESTMODSEQ <n>]...'
}

@test "SELECT with QRESYNC tells all that SELECT tells, then what vanished, then what changed (RFC 7162 3.2.5)" {
	mailbox inbox 5*plain.eml; leave; open B inbox; remove B 2; must B 'UID STORE 4 +FLAGS (k)'
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $left 1:5))"
	for text in '* FLAGS...' '* 4 EXISTS' '* <n> RECENT' '* OK [UIDVALIDITY <n>]...' '* OK [UIDNEXT 6]...' '* OK [PERMANENTFLAGS...' '* OK [HIGHESTMODSEQ <n>]...'; do order C "$text" '* VANISHED (EARLIER) 2' '* 3 FETCH (UID 4 FLAGS (...k...) MODSEQ (<n>))'; done
	heard C '* <n> FETCH...' 1; heard C '* VANISHED...' 1; must C 'EXAMINE inbox (QRESYNC ('$validity' '$left' 1:5))'; order C '* OK [CLOSED]...' '* 4 EXISTS' '* VANISHED (EARLIER) 2'
}

@test "known UIDs are those that are told of; without them it is all (RFC 7162 3.2.5.1)" {
	mailbox inbox 6*plain.eml; leave; open B inbox; remove B 2,5; must B 'UID STORE 3,6 +FLAGS (k)'; deliver inbox plain.eml; must B NOOP
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $left 1:4))"; heard C '* VANISHED (EARLIER) 2'; heard C '* <n> FETCH...' 1; heard C '* 2 FETCH (UID 3...'
	must C "SELECT inbox (QRESYNC ($validity $left))"; heard C '* VANISHED (EARLIER) 2,5'; heard C '* <n> FETCH...' 3; heard C '* 5 FETCH (UID 7...'
	must C "UID FETCH 1:7 (FLAGS) (CHANGEDSINCE $left VANISHED)"; heard C '* VANISHED (EARLIER) 2,5'; heard C '* <n> FETCH...' 3
}

@test "nothing changed, nothing is told (RFC 7162 3.2.5.1)" {
	mailbox inbox 3*plain.eml; leave; start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $left))"; unheard C '* VANISHED...'; unheard C '* <n> FETCH...'
	mailbox empty; must C 'SELECT empty'; v=$(told C UIDVALIDITY); m=$(told C HIGHESTMODSEQ); must C "SELECT empty (QRESYNC ($v $m))"; unheard C '* VANISHED...'
}

@test "pairs of number and UID that fit prove what is still there, and of that no VANISHED is told (RFC 7162 3.2.5.2)" {
	mailbox inbox 30*plain.eml; quick A; validity=$(told A UIDVALIDITY); for ((i = 1; i < 30; i += 3)); do remove A "$i:$((i + 1))"; done; close A
	start C; must C 'ENABLE QRESYNC'    # left are 3 6 9 ... 30; mod-sequence 1 is older than all that is remembered
	must C "SELECT inbox (QRESYNC ($validity 1 1:30))"; heard C '* VANISHED (EARLIER) 1:2,4:5,7:8,10:11,13:14,16:17,19:20,22:23,25:26,28:29'
	must C "SELECT inbox (QRESYNC ($validity 1 1:30 (2,4,8,10 6,12,24,30)))"; unheard C '* VANISHED...'
	must C "SELECT inbox (QRESYNC ($validity 1 1:30 (4,8,9 12,24,28)))"; heard C '* VANISHED (EARLIER) 25:26,28:29'
	must C "SELECT inbox (QRESYNC ($validity 1 1:30 (1:3 3,6,10)))"; heard C '* VANISHED (EARLIER) 7:8,10:11,...'
	must C "SELECT inbox (QRESYNC ($validity 1 1:30 (50 60)))"; heard C '* VANISHED (EARLIER) 1:2,...'
}

@test "VANISHED goes with UID FETCH and CHANGEDSINCE only, else BAD (RFC 7162 3.2.6)" {
	mailbox inbox plain.eml; quick A
	for text in 'FETCH 1 (FLAGS) (CHANGEDSINCE 1 VANISHED)' 'UID FETCH 1 (FLAGS) (VANISHED)' 'FETCH 1 (FLAGS) (VANISHED)'; do say A "$text"; bad A; done
	must A 'UID FETCH 1 (FLAGS) (VANISHED CHANGEDSINCE 1)'
}

@test "VANISHED (EARLIER) names the UIDs of the set that went after the mod-sequence, before any FETCH (RFC 7162 3.2.6)" {
	mailbox inbox 8*plain.eml; quick A; zero=$(told A HIGHESTMODSEQ); remove A 2; one=$(highest A); remove A 5:6; two=$(highest A)
	must A "UID FETCH 1:8 (FLAGS) (CHANGEDSINCE $((zero - 1)) VANISHED)"; order A '* VANISHED (EARLIER) 2,5:6' '* <n> FETCH...'
	must A "UID FETCH 1:8 (FLAGS) (CHANGEDSINCE $one VANISHED)"; heard A '* VANISHED (EARLIER) 5:6'
	must A "UID FETCH 1:5 (FLAGS) (CHANGEDSINCE $one VANISHED)"; heard A '* VANISHED (EARLIER) 5'; must A "UID FETCH 1:8 (FLAGS) (CHANGEDSINCE $two VANISHED)"; unheard A '* VANISHED...'
}

@test "from before all that is remembered, every absent UID of the set is told (RFC 7162 3.2.6; B 5)" {
	mailbox inbox 6*plain.eml; quick A; validity=$(told A UIDVALIDITY); remove A 2:3; remove A 6; must A "UID FETCH 1:9 (FLAGS) (CHANGEDSINCE 1 VANISHED)"; heard A '* VANISHED (EARLIER) 2:3,6'
	start B; must B 'ENABLE QRESYNC'; must B "SELECT inbox (QRESYNC ($validity 1 2:5))"; heard B '* VANISHED (EARLIER) 2:3'
}

@test "expunges are remembered over sessions, and without index (B 5)" {
	mailbox inbox 4*plain.eml; leave; open B inbox; remove B 3; close B; rm -f "$MAILDIR/mayfly-index"; rm "$MAILDIR"/cur/*000001P1*
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $left))"; heard C '* VANISHED (EARLIER) 1,3'; count C 2
}

@test "EXPUNGE and UID EXPUNGE answer with VANISHED, and the new HIGHESTMODSEQ in the tagged OK (RFC 7162 3.2.7, 3.2.9)" {
	mailbox inbox 5*plain.eml; quick A; must A 'STORE 1,3:4 +FLAGS.SILENT (\Deleted)'
	must A 'UID EXPUNGE 3'; heard A '* VANISHED 3'; unheard A '* <n> EXPUNGE'; [[ $(code A) == "HIGHESTMODSEQ $(highest A)" ]]
	must A EXPUNGE; heard A '* VANISHED 1,4'; [[ $(code A) == "HIGHESTMODSEQ $(highest A)" ]]; count A 2; must A EXPUNGE; unheard A '* VANISHED...'; [[ -z $(code A) ]]
}

@test "CLOSE tells neither VANISHED nor HIGHESTMODSEQ (RFC 7162 3.2.8)" {
	mailbox inbox plain.eml:T plain.eml; quick A; must A CLOSE; unheard A '* VANISHED...'; unheard A '...HIGHESTMODSEQ...'; [[ -z $(code A) ]]; must A 'SELECT inbox'; count A 1
}

@test "MOVE answers with VANISHED behind COPYUID (RFC 7162 3.2.10, RFC 6851 4.4)" {
	mailbox inbox 4*plain.eml; mailbox box; quick A; must A 'UID MOVE 2:3 box'; order A '* OK [COPYUID <n> 2:3 1:2]...' '* VANISHED 2:3'; [[ $(code A) == "HIGHESTMODSEQ $(highest A)" ]]
}

@test "what another session or program removed is VANISHED here, without EARLIER (RFC 7162 3.2.10)" {
	mailbox inbox 4*plain.eml; quick A; open B inbox; remove B 2; must A NOOP; heard A '* VANISHED 2'; count A 3
	rm "$MAILDIR"/cur/*000003P1*; must A NOOP; heard A '* VANISHED 3'; unheard A '* <n> EXPUNGE'; must B NOOP; heard B '* 2 EXPUNGE'
}

@test "VANISHED is not told during FETCH, STORE and SEARCH, also not in EARLIER (RFC 7162 3.2.10.2)" {
	mailbox inbox 4*plain.eml; quick A; open B inbox; remove B 2
	for text in 'FETCH 3 FLAGS' 'STORE 3 +FLAGS (k)' 'SEARCH ALL' 'SORT (DATE) UTF-8 ALL'; do must A "$text"; unheard A '* VANISHED...'; done
	must A NOOP; heard A '* VANISHED 2'
}

@test "VANISHED may come in UID commands, but not in UID SEARCH with message numbers (RFC 7162 3.2.10.2)" {
	mailbox inbox 5*plain.eml; quick A; open B inbox; remove B 2
	must A 'UID SEARCH 3:4'; unheard A '* VANISHED...'; searched A '3 4'; must A 'UID SEARCH NOT (OR 1 2)'; unheard A '* VANISHED...'; must A 'UID SEARCH UID 3:4'; heard A '* VANISHED 2'
	open C inbox; remove B 3; must C 'UID SEARCH 1:2'; unheard C '* <n> EXPUNGE'; must C 'UID SEARCH ALL'; heard C '* 2 EXPUNGE'
	remove B 4; must A 'UID FETCH 1:* FLAGS'; heard A '* VANISHED 3:4'; must A NOOP; unheard A '* VANISHED...'
}

@test "no UID vanishes that was not there for the client: mail that came and went unseen (RFC 7162 3.2.10.2)" {
	mailbox inbox 2*plain.eml; quick A; open B inbox; deliver inbox plain.eml; must B NOOP; remove B 3; must A NOOP; unheard A '* VANISHED...'; unheard A '* <n> EXISTS'; count A 2
	must A 'APPEND inbox ' @plain.eml; heard A '* 3 EXISTS'; heard A '... OK [APPENDUID <n> 4]...'
}

@test "VANISHED (EARLIER) moves no numbers, and leaves out what VANISHED tells (RFC 7162 3.2.10, 3.2.10.1)" {
	mailbox inbox 5*plain.eml; quick A; high=$(told A HIGHESTMODSEQ); remove A 1; open B inbox; remove B 4
	must A "UID FETCH 1:5 (FLAGS) (CHANGEDSINCE $high VANISHED)"; heard A '* VANISHED (EARLIER) 1'; heard A '* VANISHED 4'; count A 3; must A 'FETCH 1:* UID'; [[ $(uids A) == '2 3 5' ]]
}

@test "CLOSED parts the answers of one mailbox from those of the next (RFC 7162 3.2.11)" {
	mailbox inbox 2*plain.eml; mailbox box plain.eml; quick A; open B inbox; remove B 1; must A 'SELECT box'; order A '* OK [CLOSED]...' '* 1 EXISTS'; unheard A '* VANISHED...'
}

@test "QRESYNC with a thousand holes and a set of many thousand UIDs (B 5, C 20)" {
	mailbox inbox 2000*plain.eml; leave; open B inbox; remove B "$(seq -s, 1 2 1999)"; close B
	start C; must C 'ENABLE QRESYNC'; must C "SELECT inbox (QRESYNC ($validity $left $(seq -s, 1 2000)))"; count C 1000; [[ $(text C | grep 'VANISHED (EARLIER)' | tr , '\n' | wc -l) == 1000 ]]
}
