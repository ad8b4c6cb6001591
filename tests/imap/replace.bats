# REPLACE: RFC 8508.
load ../lib

@test "REPLACE adds the new message and removes the old (RFC 8508 3.2)" {
	mailbox inbox plain.eml plain-reply.eml plain.eml
	open A inbox; v=$(told A UIDVALIDITY)
	must A 'REPLACE 2 inbox (\Seen \Draft) ' @plain-second.eml
	heard A "* OK [APPENDUID $v 4] ..."; heard A '* 2 EXPUNGE'; count A 3
	must A 'FETCH 3 (UID FLAGS BODY.PEEK[])'; fetched A 3 UID 4; fetched A 3 FLAGS '\Draft \Seen'; same A 3 'BODY[]' plain-second.eml
}

@test "UID REPLACE into another mailbox (RFC 8508 3.3, 3.4)" {
	mailbox inbox plain.eml plain.eml; mailbox sent
	open A inbox; must A 'UID REPLACE 2 sent ' @+plain-second.eml; heard A '* 2 EXPUNGE'; count A 1
	must A 'STATUS sent (MESSAGES)'; status A sent MESSAGES 1
}

@test "REPLACE that fails changes nothing (RFC 8508 3.4)" {
	mailbox inbox plain.eml plain.eml
	open A inbox
	say A 'REPLACE 3 inbox ' @+plain.eml; bad A; say A 'UID REPLACE 9 inbox ' @+plain.eml; no A
	say A 'REPLACE 1 nowhere ' @+plain.eml; no A TRYCREATE; say A 'REPLACE 1 inbox ' =+; no A
	say A 'REPLACE 1:2 inbox ' @+plain.eml; bad A; say A 'REPLACE $ inbox ' @+plain.eml; bad A
	unheard A '* <n> EXPUNGE'; count A 2; must A 'EXAMINE inbox'; say A 'REPLACE 1 inbox ' @+plain.eml; no A; count A 2
}

@test "REPLACE is for the selected state (RFC 8508 3.5)" {
	mailbox inbox; start A; say A 'REPLACE 1 inbox ' @+plain.eml; bad A; alive A
}

@test "REPLACE takes CATENATE (RFC 8508 4.5)" {
	mailbox inbox plain.eml
	open A inbox; must A 'REPLACE 1 inbox CATENATE (TEXT ' =+'X: y
' ' URL "/INBOX/;UID=1")'; count A 1; must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS (X)]'; [[ $(value A 1 'BODY[HEADER.FIELDS (X)]') == *'X: y'* ]]
}

@test "REPLACE * and UID REPLACE * replace the last message (RFC 8508 5)" {
	mailbox inbox 3*plain.eml; open A inbox
	must A 'REPLACE * inbox ' @+plain-second.eml; heard A '* 3 EXPUNGE'; must A 'UID REPLACE * inbox ' @+plain.eml; heard A '* 3 EXPUNGE'
	must A 'FETCH 1:* (UID BODY.PEEK[])'; fetched A 3 UID 5; same A 3 'BODY[]' plain.eml
	must A 'CREATE empty'; open A empty; say A 'REPLACE * inbox ' @+plain.eml; bad A; say A 'UID REPLACE * inbox ' @+plain.eml; no A NONEXISTENT
}

@test "REPLACE tells the HIGHESTMODSEQ of the removal in its tagged OK (RFC 8508 4.5, RFC 7162 3.2.9)" {
	mailbox inbox 2*plain.eml; start A; must A 'ENABLE QRESYNC'; must A 'SELECT inbox'
	say A 'UID REPLACE 1 inbox ' @plain-second.eml; ok A HIGHESTMODSEQ; heard A '* VANISHED 1'; told=$(ask code A)
	must A 'STATUS inbox (HIGHESTMODSEQ)'; status A inbox HIGHESTMODSEQ "${told#* }"
	close A; open A inbox; say A 'REPLACE 1 inbox ' @plain-second.eml; ok A; heard A '* 1 EXPUNGE'
}
