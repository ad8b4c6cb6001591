# SELECT, EXAMINE, CLOSE, UNSELECT: RFC 9051 sections 6.3.2, 6.3.3, 6.4.1, 6.4.2, 7.3.5, 7.4.1; RFC 3501 6.3.1.
load ../lib

@test "SELECT tells all that it must (RFC 9051 6.3.2; RFC 3501 6.3.1)" {
	mailbox inbox plain.eml:S plain.eml plain.eml
	start A; must A 'SELECT inbox'
	heard A '* FLAGS (...)'; heard A '* 3 EXISTS'; heard A '* <n> RECENT'
	heard A '* OK [UIDVALIDITY <n>]...'; heard A '* OK [UIDNEXT 4]...'
	heard A '* OK [PERMANENTFLAGS (...)]...'; heard A '* OK [UNSEEN 2]...'
	heard A '... OK [READ-WRITE]...'
}

@test "FLAGS lists all system flags, PERMANENTFLAGS says that keywords can be made (RFC 9051 7.3.5, 7.1)" {
	mailbox inbox plain.eml
	start A; must A 'SELECT inbox'
	for flag in Answered Flagged Deleted Seen Draft; do
		heard A "* FLAGS (...\\$flag...)"; heard A "* OK [PERMANENTFLAGS (...\\$flag...)]..."
	done
	heard A '* OK [PERMANENTFLAGS (...\*...)]...'
	unheard A '* FLAGS (...\Recent...)'
	unheard A '* OK [PERMANENTFLAGS (...\Recent...)]...'
}

@test "UNSEEN is the number of the first unseen message, and is not told when all are seen (RFC 3501 6.3.1)" {
	mailbox inbox plain.eml:S plain.eml:S
	start A; must A 'SELECT inbox'; unheard A '...[UNSEEN...'
	deliver inbox plain.eml
	must A 'SELECT inbox'; heard A '* OK [UNSEEN 3]...'
}

@test "an empty mailbox is selected (RFC 9051 6.3.2)" {
	mailbox inbox; mailbox empty
	start A; must A 'SELECT empty'
	heard A '* 0 EXISTS'; heard A '* OK [UIDNEXT 1]...'; unheard A '...[UNSEEN...'
	must A 'SEARCH ALL'; searched A ''
	must A 'UID FETCH 1:* FLAGS'; unheard A '* <n> FETCH...'
	must A EXPUNGE
	must A 'UID SEARCH *'; searched A ''
}

@test "SELECT of what is not there is NO, and no mailbox is selected then (RFC 9051 6.3.2)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'SELECT nowhere'; no A NONEXISTENT
	say A 'FETCH 1 FLAGS'; bad A
	alive A
}

@test "SELECT with bad arguments is BAD, and the mailbox stays selected (RFC 9051 6.3.2)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'SELECT'; bad A
	say A 'SELECT inbox extra'; bad A
	say A 'SELECT (inbox)'; bad A
	must A 'FETCH 1 FLAGS'
}

@test "SELECT of another mailbox says CLOSED between the two (RFC 9051 6.3.2, 7.1)" {
	mailbox inbox plain.eml; mailbox other 2*plain.eml
	open A inbox
	must A 'SELECT other'
	order A '* OK [CLOSED]...' '* 2 EXISTS'
	must A 'EXAMINE other'; order A '* OK [CLOSED]...' '* 2 EXISTS'
}

@test "CLOSED is not said when nothing was selected (RFC 9051 7.1)" {
	mailbox inbox
	start A; must A 'SELECT inbox'; unheard A '...[CLOSED]...'
	must A CLOSE; must A 'SELECT inbox'; unheard A '...[CLOSED]...'
}

@test "SELECT of another mailbox does not expunge the first (RFC 9051 6.4.1)" {
	mailbox inbox plain.eml:T; mailbox other
	open A inbox; must A 'SELECT other'; must A 'SELECT inbox'; count A 1
}

@test "SELECT of the mailbox that is selected starts afresh" {
	mailbox inbox plain.eml
	open A inbox; deliver inbox plain.eml
	must A 'SELECT inbox'; count A 2
}

@test "EXAMINE is READ-ONLY and changes nothing (RFC 9051 6.3.3)" {
	mailbox inbox plain.eml plain.eml:T
	start A; must A 'EXAMINE inbox'
	heard A '... OK [READ-ONLY]...'
	must A 'FETCH 1 BODY[]'; unfetched A 1 FLAGS
	say A 'STORE 1 +FLAGS (\Seen)'; no A
	say A 'EXPUNGE'; no A
	say A 'UID EXPUNGE 2'; no A
	say A 'MOVE 1 inbox'; no A
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
	must A CLOSE
	open B inbox; count B 2; must B 'FETCH 1 FLAGS'; fetched B 1 FLAGS ''
}

@test "EXAMINE permits no flag to be changed (RFC 9051 6.3.3)" {
	mailbox inbox plain.eml
	start A; must A 'EXAMINE inbox'
	heard A '* OK [PERMANENTFLAGS ()]...'
}

@test "EXAMINE leaves mail recent for the next SELECT (RFC 3501 6.3.2, 2.3.2)" {
	mailbox inbox plain.eml:new
	start A; must A 'EXAMINE inbox'; heard A '* 1 RECENT'; must A CLOSE
	must A 'SELECT inbox'; heard A '* 1 RECENT'
}

@test "mail is recent for one session only (RFC 3501 2.3.2)" {
	mailbox inbox plain.eml:new plain.eml:new
	open A inbox; heard A '* 2 RECENT'; must A 'FETCH 1 FLAGS'; heard A '* 1 FETCH (FLAGS (...\Recent...)...)'
	open B inbox; heard B '* 0 RECENT'; must B 'FETCH 1 FLAGS'; unheard B '...\Recent...'
}

@test "UIDVALIDITY and UIDs stay as they are over many sessions (RFC 9051 2.3.1.1; B 1, C 3, C 4)" {
	mailbox inbox 3*plain.eml
	open A inbox; validity=$(told A UIDVALIDITY); must A 'FETCH 1:* UID'; first=$(uids A); close A
	for i in 1 2 3; do
		open B inbox; [[ $(told B UIDVALIDITY) == "$validity" ]]
		must B 'FETCH 1:* UID'; [[ $(uids B) == "$first" ]]; close B
	done
}

@test "UIDNEXT is right though mail still lies in new, and holds what it says (RFC 9051 2.3.1.1; B 2)" {
	mailbox inbox plain.eml plain.eml:new plain.eml:new
	start A; must A 'STATUS inbox (UIDNEXT MESSAGES)'; status A inbox MESSAGES 3; next=$(status A inbox UIDNEXT)
	must A 'SELECT inbox'; [[ $(told A UIDNEXT) == "$next" ]]
	deliver inbox plain.eml; must A NOOP; must A 'FETCH 4 UID'; fetched A 4 UID "$next"
}

@test "CLOSE removes what is deleted, without EXPUNGE responses (RFC 9051 6.4.1)" {
	mailbox inbox plain.eml:T plain.eml plain.eml:T
	open A inbox; must A CLOSE; unheard A '* <n> EXPUNGE'
	must A 'SELECT inbox'; count A 1; must A 'FETCH 1 UID'; fetched A 1 UID 2
	say A 'CLOSE x'; bad A
}

@test "CLOSE leaves alone what another session or program undeleted (C 45)" {
	mailbox inbox 3*plain.eml:T
	open A inbox; open B inbox; must B 'STORE 2 -FLAGS (\Deleted)'; f=$(ls "$MAILDIR"/cur/*000003P1*); mv "$f" "${f%T}"
	must A CLOSE; must B NOOP; count B 2; must B 'FETCH 1:* UID'; [[ $(uids B) == '2 3' ]]
}

@test "CLOSE after EXAMINE removes nothing and gives no error (RFC 9051 6.4.1)" {
	mailbox inbox plain.eml:T
	start A; must A 'EXAMINE inbox'; must A CLOSE; must A 'SELECT inbox'; count A 1
}

@test "UNSELECT leaves what is deleted alone (RFC 9051 6.4.2)" {
	mailbox inbox plain.eml:T plain.eml
	open A inbox
	say A 'UNSELECT x'; bad A
	must A UNSELECT; unheard A '* <n> EXPUNGE'
	say A 'FETCH 1 FLAGS'; bad A
	must A 'SELECT inbox'; count A 2
}

@test "IMAP4rev2: SELECT and EXAMINE answer LIST and neither RECENT nor UNSEEN (RFC 9051 6.3.2, appendix E)" {
	mailbox inbox plain.eml:new; mailbox 'a box' plain.eml
	start A; must A 'ENABLE IMAP4rev2'
	must A 'SELECT "a box"'
	listed A 'a box'; unheard A '* <n> RECENT'; unheard A '...[UNSEEN...'
	heard A '* OK [UIDNEXT <n>]...'; heard A '* OK [PERMANENTFLAGS ...]...'
	must A 'EXAMINE inbox'; order A '* OK [CLOSED]...' '* 1 EXISTS'; listed A INBOX
	must A 'FETCH 1 FLAGS'; unheard A '...\Recent...'
}

@test "IMAP4rev1: SELECT answers without LIST (RFC 3501 6.3.1)" {
	mailbox inbox
	start A; must A 'SELECT inbox'; unheard A '* LIST...'
}

@test "INBOX knows no case, whatever form it comes in (RFC 9051 5.1)" {
	mailbox inbox plain.eml
	start A
	for name in inbox INBOX InBoX '"inbox"'; do must A "SELECT $name"; count A 1; done
	must A 'SELECT ' =iNbOx; count A 1
	must A 'SELECT ' =+inbox; count A 1
}

@test "a keyword in use is among the FLAGS of the next SELECT (RFC 9051 7.3.5)" {
	mailbox inbox plain.eml
	open A inbox; must A 'STORE 1 +FLAGS ($Label1 Project-X)'; must A 'SELECT inbox'
	heard A '* FLAGS (...$Label1...)'; heard A '* FLAGS (...Project-X...)'
	heard A '* OK [PERMANENTFLAGS (...Project-X...)]...'
}

@test "a parameter that SELECT does not know is BAD (RFC 4466 2.1)" {
	mailbox inbox
	start A; say A 'SELECT inbox (BLURDYBLOOP)'; bad A
	alive A
}
