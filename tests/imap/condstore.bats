# CONDSTORE, rule by rule: RFC 7162 section 3.1.
load ../lib

modseq() { ask value "$1" "$2" MODSEQ | tr -d '()'; }	# of the message, as the last command told it
highest() { must "$1" 'STATUS inbox (HIGHESTMODSEQ)'; ask status "$1" inbox HIGHESTMODSEQ; }
aware() { start "$1"; must "$1" 'ENABLE CONDSTORE'; must "$1" 'SELECT inbox'; }

@test "CONDSTORE is announced, and QRESYNC with it (RFC 7162 3.1.1, 3.2.2)" {
	mailbox inbox; start A; must A CAPABILITY; heard A '* CAPABILITY ...CONDSTORE...'; heard A '* CAPABILITY ...QRESYNC...'
}

@test "each message has a mod-sequence, positive and below 2^53, which doubles can hold (RFC 7162 3.1)" {
	mailbox inbox 5*plain.eml; open A inbox; must A 'FETCH 1:* (MODSEQ)'
	for i in 1 2 3 4 5; do n=$(modseq A $i); (( n > 0 && n < 1 << 53 )); done
}

@test "each STORE gives a mod-sequence of its own, higher than the one before (RFC 7162 3.1)" {
	mailbox inbox 3*plain.eml; aware A; aware B; last=0
	for step in 'A 1 +FLAGS (\Seen)' 'B 2 +FLAGS (k)' 'A 1 FLAGS (\Flagged)' 'B 1 -FLAGS (\Flagged)' 'A 3 +FLAGS (\Answered)'; do
		read -r s n rest <<<"$step"; must $s "STORE $n $rest"; now=$(modseq $s "$n"); (( now > last )); last=$now
	done
}

@test "a flag that is set already, or taken from where it was not, changes nothing (RFC 7162 3.1, 3.1.11)" {
	mailbox inbox plain.eml:S; aware A; before=$(highest A)
	for args in '+FLAGS (\Seen)' '-FLAGS (\Flagged)' 'FLAGS (\Seen)' '-FLAGS (nokeyword)'; do must A "STORE 1 $args"; [[ $(highest A) == "$before" ]]; done
	must A 'FETCH 1 BODY[]'; [[ $(highest A) == "$before" ]]
	must A 'STORE 1 +FLAGS (k)'; after=$(highest A); (( after > before )); must A 'STORE 1 +FLAGS (K)'; [[ $(highest A) == "$after" ]]
}

@test "what comes by APPEND, COPY or delivery is above all that was there (RFC 7162 3.1)" {
	mailbox inbox plain.eml; aware A; last=$(highest A)
	must A 'APPEND inbox ' @plain.eml; must A 'FETCH 2 MODSEQ'; now=$(modseq A 2); (( now > last )); last=$now
	must A 'COPY 1 inbox'; must A 'FETCH 3 MODSEQ'; now=$(modseq A 3); (( now > last )); last=$now
	deliver inbox plain.eml; must A NOOP; must A 'FETCH 4 MODSEQ'; now=$(modseq A 4); (( now > last )); [[ $(highest A) == "$now" ]]
}

@test "without an enabling command no mod-sequence is told (RFC 7162 3.1)" {
	mailbox inbox plain.eml; open A inbox; open B inbox
	must A 'STORE 1 +FLAGS (\Seen)'; unheard A '...MODSEQ...'; must B NOOP; fetched B 1 FLAGS '\Seen'; unheard B '...MODSEQ...'
	must A 'FETCH 1 FLAGS'; unheard A '...MODSEQ...'; must A 'STORE 1 +FLAGS.SILENT (\Flagged)'; unheard A '* <n> FETCH...'
}

@test "each enabling command makes mod-sequences be told ever after, and the first one tells HIGHESTMODSEQ (RFC 7162 3.1)" {
	mailbox inbox plain.eml; n=1
	for command in 'STATUS inbox (HIGHESTMODSEQ)' 'FETCH 1 (MODSEQ)' 'UID FETCH 1 (FLAGS MODSEQ)' 'SEARCH MODSEQ 1' 'UID SEARCH MODSEQ 1' \
		'FETCH 1 FLAGS (CHANGEDSINCE 1)' 'STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\Seen)' 'ENABLE CONDSTORE' 'ENABLE QRESYNC' 'SORT (DATE) UTF-8 MODSEQ 1' \
		'SELECT inbox (CONDSTORE)' 'EXAMINE inbox (CONDSTORE)'; do
		open A inbox; open B inbox; n=$((n + 1))
		must A "$command"; heard A '* OK [HIGHESTMODSEQ <n>]...'
		must B "STORE 1 +FLAGS (k$n)"; must A NOOP; heard A '* 1 FETCH (...MODSEQ (<n>)...)'
		must A 'SELECT inbox'; must B "STORE 1 -FLAGS (k$n)"; must A NOOP; heard A '* 1 FETCH (...MODSEQ (<n>)...)'
		must A 'FETCH 1 MODSEQ'; unheard A '...HIGHESTMODSEQ...'; close A; close B
	done
}

@test "the HIGHESTMODSEQ of enabling is none that leaves out what was not told yet (RFC 7162 3.1, 3.2)" {
	mailbox inbox 2*plain.eml; open A inbox; open B inbox; aware C
	must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; high=$(highest C)
	must A 'FETCH 2 (MODSEQ)'; unheard A '* 1 EXPUNGE'; told=$(told A HIGHESTMODSEQ); (( told < high ))
}

@test "SELECT and EXAMINE tell HIGHESTMODSEQ, and never NOMODSEQ (RFC 7162 3.1.2)" {
	mailbox inbox plain.eml; mailbox empty; start A
	for command in 'SELECT inbox' 'EXAMINE inbox' 'SELECT inbox (CONDSTORE)' 'EXAMINE empty' 'SELECT empty'; do
		must A "$command"; heard A '* OK [HIGHESTMODSEQ <n>]...'; unheard A '...NOMODSEQ...'; (( $(told A HIGHESTMODSEQ) > 0 ))
	done
}

@test "HIGHESTMODSEQ is that of the message changed last, and stays over sessions (RFC 7162 3.1.2.1)" {
	mailbox inbox 3*plain.eml; aware A; must A 'STORE 2 +FLAGS (\Seen)'; high=$(modseq A 2); close A
	open B inbox; [[ $(told B HIGHESTMODSEQ) == "$high" ]]; close B; rm "$MAILDIR/mayfly-index"
	open C inbox; [[ $(told C HIGHESTMODSEQ) == "$high" ]]; must C 'FETCH 2 MODSEQ'; [[ $(modseq C 2) == "$high" ]]
}

@test "STATUS tells the same HIGHESTMODSEQ as SELECT (RFC 7162 3.1.7)" {
	mailbox inbox 2*plain.eml; aware A; must A 'STORE 1 +FLAGS (\Seen)'; must A 'SELECT inbox'; high=$(told A HIGHESTMODSEQ)
	start B; must B 'STATUS inbox (UIDNEXT MESSAGES HIGHESTMODSEQ)'; [[ $(status B inbox HIGHESTMODSEQ) == "$high" ]]
}

@test "a conditional STORE that nothing hinders stores, and tells the mod-sequence though it is .SILENT (RFC 7162 3.1.3, examples 3 and 4)" {
	mailbox inbox 3*plain.eml; aware A; high=$(told A HIGHESTMODSEQ)
	must A "UID STORE 3,1 (UNCHANGEDSINCE $high) +FLAGS.SILENT (\\Deleted)"
	heard A '* 1 FETCH (UID 1 MODSEQ (<n>))'; heard A '* 3 FETCH (UID 3 MODSEQ (<n>))'; unheard A '* 2 FETCH...'; [[ -z $(code A) ]]
	now=$(modseq A 1); (( now > high )); must A "STORE 1 (UNCHANGEDSINCE $now) -FLAGS.SILENT (\\Deleted)"; (( $(modseq A 1) > now ))
}

@test "what was changed since is left alone and named in MODIFIED, the others are stored (RFC 7162 3.1.3, example 6)" {
	mailbox inbox 4*plain.eml; aware A; high=$(told A HIGHESTMODSEQ)
	aware B; must B 'STORE 2,4 +FLAGS (\Flagged)'; was=$(modseq B 2)
	must A "STORE 1:4 (UNCHANGEDSINCE $high) +FLAGS.SILENT (\\Deleted)"; [[ $(code A) == 'MODIFIED 2,4' ]]
	must A 'FETCH 1:4 (FLAGS MODSEQ)'; fetched A 1 FLAGS '\Deleted'; fetched A 2 FLAGS '\Flagged'; fetched A 3 FLAGS '\Deleted'; fetched A 4 FLAGS '\Flagged'
	[[ $(modseq A 2) == "$was" ]]
}

@test "MODIFIED of UID STORE names UIDs (RFC 7162 3.1.3)" {
	mailbox inbox plain.eml:T 3*plain.eml; aware A; must A EXPUNGE; high=$(highest A); must A 'UID STORE 3 +FLAGS (k)'
	must A "UID STORE 2:4 (UNCHANGEDSINCE $high) +FLAGS (j)"; [[ $(code A) == 'MODIFIED 3' ]]
	must A "STORE 1:3 (UNCHANGEDSINCE $high) +FLAGS (j)"; [[ $(code A) == 'MODIFIED 1:3' ]]
}

@test "what failed the test is told with its flags, so that nobody need ask (RFC 7162 3.1.3, example 10)" {
	mailbox inbox 2*plain.eml; aware A; high=$(told A HIGHESTMODSEQ); must A 'STORE 2 +FLAGS.SILENT (k)'
	must A "STORE 1:2 (UNCHANGEDSINCE $high) +FLAGS.SILENT (j)"; [[ $(code A) == 'MODIFIED 2' ]]
	fetched A 2 FLAGS k; heard A '* 2 FETCH (...MODSEQ (<n>)...)'; heard A '* 1 FETCH (...MODSEQ (<n>)...)'; unfetched A 1 FLAGS
}

@test "UNCHANGEDSINCE 0 always fails (RFC 7162 3.1.3, example 8)" {
	mailbox inbox 2*plain.eml; aware A; must A 'STORE 1:2 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($MDNSent)'; [[ $(code A) == 'MODIFIED 1:2' ]]
	must A 'FETCH 1:2 FLAGS'; fetched A 1 FLAGS ''; fetched A 2 FLAGS ''
}

@test "expunged and changed messages in one conditional STORE: the rest is stored (RFC 7162 3.1.3, example 11)" {
	mailbox inbox 5*plain.eml; aware A; high=$(told A HIGHESTMODSEQ); aware B
	must B 'STORE 2 +FLAGS (\Flagged)'; must B 'STORE 4:5 +FLAGS (\Deleted)'; must B EXPUNGE
	say A "STORE 1:5 (UNCHANGEDSINCE $high) +FLAGS (\\Seen)"; heard A '... [MODIFIED 2] ...'; unheard A '* <n> EXPUNGE'
	must A NOOP; count A 3; must A 'FETCH 1:3 FLAGS'; fetched A 1 FLAGS '\Seen'; fetched A 2 FLAGS '\Flagged'; fetched A 3 FLAGS '\Seen'
}

@test "a message named twice does not fail by its first time (RFC 7162 3.1.3)" {
	mailbox inbox 9*plain.eml; aware A; high=$(told A HIGHESTMODSEQ)
	must A "STORE 7,3:9,7 (UNCHANGEDSINCE $high) +FLAGS.SILENT (\\Deleted)"; [[ -z $(code A) ]]; heard A '* 7 FETCH...' 1
}

@test "another program's change hinders a conditional STORE as a session's does (RFC 7162 3.1.3)" {
	mailbox inbox 2*plain.eml; aware A; high=$(told A HIGHESTMODSEQ); f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "${f}F"
	must A "STORE 1:2 (UNCHANGEDSINCE $high) FLAGS (\\Seen)"; [[ $(code A) == 'MODIFIED 2' ]]; [[ $(ls "$MAILDIR"/cur/*000002P1*) == *:2,F ]]
}

@test "of two sessions that store on the same condition one succeeds (RFC 7162 3.1.3)" {
	mailbox inbox plain.eml; aware A; aware B; high=$(told A HIGHESTMODSEQ)
	must A "STORE 1 (UNCHANGEDSINCE $high) +FLAGS (mine)"; [[ -z $(code A) ]]
	must B "STORE 1 (UNCHANGEDSINCE $high) +FLAGS (mine)"; [[ $(code B) == 'MODIFIED 1' ]]
}

@test "an unconditional STORE tells the mod-sequence too, to all who are aware (RFC 7162 3.1.3, example 14)" {
	mailbox inbox plain.eml; aware A; aware B; open C inbox
	must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; n=$(modseq A 1); unfetched A 1 FLAGS
	must B NOOP; fetched B 1 FLAGS '\Deleted'; [[ $(modseq B 1) == "$n" ]]; must C NOOP; fetched C 1 FLAGS '\Deleted'; unfetched C 1 MODSEQ
}

@test "STORE with a modifier in bad form is BAD and stores nothing (RFC 7162 7)" {
	mailbox inbox plain.eml; aware A
	for args in '(UNCHANGEDSINCE) FLAGS (k)' '(UNCHANGEDSINCE x) FLAGS (k)' '(UNCHANGEDSINCE 1 FLAGS (k)' '() FLAGS (k)' '(CHANGEDSINCE 1) FLAGS (k)' '(UNCHANGEDSINCE 99999999999999999999) FLAGS (k)'; do
		say A "STORE 1 $args"; bad A
	done
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
}

@test "CHANGEDSINCE tells what changed after, with its mod-sequence, and nothing else (RFC 7162 3.1.4.1)" {
	mailbox inbox 4*plain.eml; open A inbox; high=$(told A HIGHESTMODSEQ); aware B; must B 'STORE 2 +FLAGS (k)'; n=$(modseq B 2); must B 'STORE 4 +FLAGS (k)'; must A NOOP
	must A "UID FETCH 1:* (FLAGS) (CHANGEDSINCE $high)"; heard A '* <n> FETCH...' 2; fetched A 2 FLAGS k; [[ $(modseq A 2) == "$n" ]]; fetched A 4 FLAGS k
	must A "FETCH 1:* (FLAGS) (CHANGEDSINCE $n)"; heard A '* <n> FETCH...' 1; heard A '* 4 FETCH...'
	must A "FETCH 1:3 (UID) (CHANGEDSINCE $n)"; unheard A '* <n> FETCH...'; must A 'FETCH 1:* (FLAGS) (CHANGEDSINCE 1)'; heard A '* <n> FETCH...' 4
	for args in '(CHANGEDSINCE)' '(CHANGEDSINCE x)' '()' '(UNCHANGEDSINCE 1)' '(CHANGEDSINCE 1'; do say A "FETCH 1 (FLAGS) $args"; bad A; done
}

@test "MODSEQ is a FETCH item of its own (RFC 7162 3.1.4.2)" {
	mailbox inbox 3*plain.eml; open A inbox; must A 'FETCH 1:3 (MODSEQ)'; heard A '* <n> FETCH (MODSEQ (<n>))' 3
}

@test "SEARCH MODSEQ finds what is as high or higher, and tells the highest of them (RFC 7162 3.1.5, 3.1.6)" {
	mailbox inbox 3*plain.eml; aware A; must A 'STORE 1 +FLAGS (k)'; one=$(modseq A 1); must A 'STORE 3 +FLAGS (k)'; three=$(modseq A 3)
	must A "SEARCH MODSEQ $one"; heard A "* SEARCH 1 3 (MODSEQ $three)"; must A "UID SEARCH MODSEQ $three"; heard A "* SEARCH 3 (MODSEQ $three)"
	must A "SEARCH MODSEQ $((three + 1))"; heard A '* SEARCH'; must A "SEARCH NOT MODSEQ $one"; heard A '* SEARCH 2 (MODSEQ <n>)'
	must A "SEARCH OR NOT MODSEQ 1 LARGER 5000000"; heard A '* SEARCH'; must A 'SEARCH ALL'; heard A '* SEARCH 1 2 3'
}

@test "SEARCH MODSEQ takes the name of a flag, and passes over it (RFC 7162 3.1.5)" {
	mailbox inbox 2*plain.eml; aware A; must A 'STORE 2 +FLAGS (\Draft)'; n=$(modseq A 2)
	for type in all shared priv; do must A "SEARCH MODSEQ \"/flags/\\\\draft\" $type $n"; heard A "* SEARCH 2 (MODSEQ $n)"; done
	say A "SEARCH MODSEQ \"/flags/\\\\draft\" $n"; bad A; say A 'SEARCH MODSEQ'; bad A
}

@test "SORT with MODSEQ tells the highest, THREAD is as ever (RFC 7162 3.1.9)" {
	mailbox inbox 3*plain.eml; aware A; must A 'STORE 2 +FLAGS (k)'; n=$(modseq A 2)
	must A "SORT (REVERSE ARRIVAL) UTF-8 MODSEQ 1"; heard A "* SORT 3 2 1 (MODSEQ $n)"; must A "SORT (DATE) UTF-8 MODSEQ $((n + 1))"; heard A '* SORT'
	must A "THREAD REFERENCES UTF-8 MODSEQ $n"; heard A '* THREAD (2)'
}

@test "ESEARCH and ESORT tell the highest of what they return (RFC 7162 3.1.10)" {
	mailbox inbox 5*plain.eml; aware A; must A 'STORE 2 +FLAGS (k)'; two=$(modseq A 2); must A 'STORE 4 +FLAGS (k)'; four=$(modseq A 4)
	must A "SEARCH RETURN (ALL) MODSEQ $two"; heard A "* ESEARCH (TAG \"...\") ALL 2,4 MODSEQ $four"
	must A "SEARCH RETURN (MIN) MODSEQ $two"; heard A "* ESEARCH (TAG \"...\") MIN 2 MODSEQ $two"
	must A "SORT RETURN (ALL) (REVERSE ARRIVAL) UTF-8 MODSEQ $two"; heard A "* ESEARCH (TAG \"...\") ALL 4,2 MODSEQ $four"
	must A "SEARCH RETURN (COUNT) MODSEQ $((four + 1))"; unheard A '...MODSEQ...'
}

@test "FETCH that sets \\Seen gives a mod-sequence and tells it (RFC 7162 3.1.11, 3.2.4)" {
	mailbox inbox plain.eml; aware A; high=$(told A HIGHESTMODSEQ); must A 'FETCH 1 BODY[TEXT]'; fetched A 1 FLAGS '\Seen'; (( $(modseq A 1) > high )); fetched A 1 UID 1
}

@test "a flag set by another program's rename raises HIGHESTMODSEQ, and is told (B 4)" {
	mailbox inbox 3*plain.eml; aware A; before=$(highest A); f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "${f}S"
	after=$(highest A); (( after > before )); must A "FETCH 1:* FLAGS (CHANGEDSINCE $before)"; heard A '* <n> FETCH...' 1; fetched A 2 FLAGS '\Seen'
}

@test "what another program does raises HIGHESTMODSEQ once: a delivery, a removal (B 4)" {
	mailbox inbox 3*plain.eml; aware A; a=$(highest A); deliver inbox plain.eml; b=$(highest A); (( b > a )); [[ $(highest A) == "$b" ]]
	rm "$MAILDIR"/cur/*000001P1*; c=$(highest A); (( c > b )); must A NOOP; must A 'SELECT inbox'; [[ $(told A HIGHESTMODSEQ) == "$c" ]]
}

@test "HIGHESTMODSEQ does not rise when nothing changed: sessions, times, infixes, moves to cur (B 4, C 31)" {
	mailbox inbox 3*plain.eml plain.eml:new; aware A; before=$(highest A)
	open B inbox; must B 'FETCH 1:* (BODY.PEEK[] ENVELOPE)'; must B NOOP; close B; [[ $(highest A) == "$before" ]]
	touch "$MAILDIR"/cur/* "$MAILDIR/cur" "$MAILDIR/new"; [[ $(highest A) == "$before" ]]
	f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f%:2,*},U=7:2,${f##*:2,}"; [[ $(highest A) == "$before" ]]
	f=$(ls "$MAILDIR"/new/*); mv "$f" "$MAILDIR/cur/${f##*/}:2,"; [[ $(highest A) == "$before" ]]
	f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "${f}S"; mv "${f}S" "$f"; [[ $(highest A) == "$before" ]]
	rm -f "$MAILDIR/mayfly-index" "$MAILDIR/mayfly-cache"; must A 'SELECT inbox'; [[ $(told A HIGHESTMODSEQ) == "$before" ]]
}
