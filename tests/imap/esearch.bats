# ESEARCH and the search result variable: RFC 9051 sections 6.4.4, 6.4.4.1 to 6.4.4.4, 7.3.4; RFC 4731; RFC 5182.
load ../lib

@test "RETURN (MIN MAX COUNT ALL), each alone and together (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml plain.eml:F plain.eml plain.eml:F plain.eml:F
	open A inbox
	must A 'SEARCH RETURN (MIN) FLAGGED'; esearched A MIN 2; esearched A MAX; esearched A COUNT; esearched A ALL
	must A 'SEARCH RETURN (MAX) FLAGGED'; esearched A MAX 5; esearched A MIN
	must A 'SEARCH RETURN (COUNT) FLAGGED'; esearched A COUNT 3; esearched A ALL
	must A 'SEARCH RETURN (ALL) FLAGGED'; esearched A ALL '2 4 5'
	must A 'SEARCH RETURN (MIN MAX COUNT ALL) FLAGGED'
	esearched A MIN 2; esearched A MAX 5; esearched A COUNT 3; esearched A ALL '2 4 5'
	heard A '* ESEARCH ...' 1; unheard A '* SEARCH...'
	must A 'SEARCH RETURN (max count) FLAGGED'; esearched A MAX 5; esearched A COUNT 3
}

@test "ESEARCH names the command by its tag (RFC 9051 7.3.4)" {
	mailbox inbox plain.eml
	open A inbox; raw A 'some.tag SEARCH RETURN (COUNT) ALL\r\n'; await A 'some.tag OK...'
	heard A '* ESEARCH (TAG "some.tag") COUNT 1'
}

@test "RETURN () means ALL (RFC 9051 6.4.4)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'SEARCH RETURN () 2:3'; esearched A ALL '2 3'
}

@test "nothing found: ESEARCH without MIN, MAX and ALL, with COUNT 0 (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml
	open A inbox; must A 'SEARCH RETURN (MIN MAX ALL) FLAGGED'; heard A '* ESEARCH (TAG "A2")'
	must A 'SEARCH RETURN (COUNT) FLAGGED'; esearched A COUNT 0; must A 'SEARCH RETURN () FLAGGED'; esearched A ALL
	must A 'UID SEARCH RETURN (MIN) FLAGGED'; heard A '* ESEARCH (TAG "A5") UID'
}

@test "UID SEARCH RETURN says UID and gives UIDs (RFC 9051 6.4.9)" {
	mailbox inbox 4*plain.eml
	open A inbox; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	must A 'UID SEARCH RETURN (MIN MAX COUNT ALL) ALL'
	esearched A MIN 2; esearched A MAX 4; esearched A COUNT 3; esearched A ALL '2 3 4'; heard A '* ESEARCH (...) UID ...'
}

@test "IMAP4rev2 answers SEARCH with ESEARCH; IMAP4rev1 with SEARCH (RFC 9051 6.4.4, appendix E)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'SEARCH ALL'; heard A '* SEARCH 1 2 3'; unheard A '* ESEARCH...'
	must A 'SEARCH FLAGGED'; heard A '* SEARCH'
	start B; must B 'ENABLE IMAP4rev2'; must B 'SELECT inbox'
	must B 'SEARCH ALL'; esearched B ALL '1 2 3'; unheard B '* SEARCH...'
	must B 'UID SEARCH 2'; esearched B ALL 2; heard B '* ESEARCH (TAG "B4") UID ALL 2'
	must B 'SEARCH FLAGGED'; heard B '* ESEARCH (TAG "B5")'
}

@test "a result option that nobody knows is BAD (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'SEARCH RETURN (BLURDYBLOOP) ALL'; bad A
	say A 'SEARCH RETURN (MIN'; bad A
	say A 'SEARCH RETURN MIN ALL'; bad A
	say A 'SEARCH RETURN (MIN)'; bad A
	say A 'SEARCH RETURN (MIN "MAX") ALL'; bad A
	alive A; unheard A '* ESEARCH...'
}

@test "CHARSET follows RETURN (RFC 4731 3)" {
	mailbox inbox plain.eml
	open A inbox; must A 'SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT plain'; esearched A ALL 1
}

@test "SAVE keeps what was found for \$, without an ESEARCH of its own (RFC 9051 6.4.4.1)" {
	mailbox inbox plain.eml plain.eml:F plain.eml:F plain.eml
	open A inbox; must A 'SEARCH RETURN (SAVE) FLAGGED'; unheard A '* ESEARCH...'; unheard A '* SEARCH...'
	must A 'FETCH $ (UID FLAGS)'; fetched A 2 UID 2; fetched A 3 UID 3; unfetched A 1 UID; unfetched A 4 UID
	must A 'UID FETCH $ FLAGS'; fetched A 2 UID 2
	must A 'SEARCH $'; searched A '2 3'; must A 'UID SEARCH UID $'; searched A '2 3'
	must A 'SEARCH NOT $'; searched A '1 4'; must A 'SEARCH OR $ 1'; searched A '1 2 3'
	must A 'STORE $ +FLAGS (\Seen)'; must A 'SEARCH SEEN'; searched A '2 3'
}

@test "SAVE with MIN, MAX, COUNT, ALL: what \$ holds then (RFC 9051 table 4)" {
	mailbox inbox 2*plain.eml 3*plain.eml:F
	open A inbox
	must A 'SEARCH RETURN (SAVE MIN) FLAGGED'; esearched A MIN 3; must A 'SEARCH $'; searched A 3
	must A 'SEARCH RETURN (SAVE MAX) FLAGGED'; esearched A MAX 5; must A 'SEARCH $'; searched A 5
	must A 'SEARCH RETURN (SAVE MIN MAX) FLAGGED'; must A 'SEARCH $'; searched A '3 5'
	must A 'SEARCH RETURN (SAVE COUNT) FLAGGED'; esearched A COUNT 3; must A 'SEARCH $'; searched A '3 4 5'
	must A 'SEARCH RETURN (SAVE ALL MIN) FLAGGED'; must A 'SEARCH $'; searched A '3 4 5'
	must A 'SEARCH RETURN (SAVE MIN COUNT) FLAGGED'; must A 'SEARCH $'; searched A '3 4 5'
	must A 'UID SEARCH RETURN (SAVE) 1:2'; must A 'SEARCH $'; searched A '1 2'
}

@test "\$ that is empty is valid and matches nothing (RFC 9051 6.4.4.1 example 5)" {
	mailbox inbox 2*plain.eml; mailbox box
	open A inbox; must A 'FETCH $ FLAGS'; unheard A '* <n> FETCH...'
	must A 'SEARCH RETURN (SAVE) FLAGGED'
	must A 'FETCH $ FLAGS'; unheard A '* <n> FETCH...'; must A 'STORE $ +FLAGS (\Deleted)'; must A 'COPY $ box'; must A 'MOVE $ box'
	must A 'SEARCH $'; searched A ''; must A 'SEARCH NOT $'; searched A '1 2'; must A 'UID EXPUNGE $'
	must A 'UID FETCH $ FLAGS'; must A 'UID COPY $ box'; count A 2
}

@test "\$ follows EXPUNGE (RFC 9051 6.4.4.1)" {
	mailbox inbox 5*plain.eml
	open A inbox; must A 'SEARCH RETURN (SAVE) 2:4'
	must A 'STORE 1,3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	must A 'SEARCH $'; searched A '1 2'; must A 'UID SEARCH $'; searched A '2 4'
}

@test "\$ is emptied by SELECT, and by a SAVE that fails with NO, not by BAD or a plain SEARCH (RFC 9051 6.4.4.1)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'SEARCH RETURN (SAVE) 2'
	must A 'SEARCH 3'; must A 'SEARCH $'; searched A 2
	say A 'SEARCH RETURN (SAVE) NONSENSE'; bad A; must A 'SEARCH $'; searched A 2
	say A 'SEARCH RETURN (COUNT) CHARSET X-MARTIAN SUBJECT x'; no A; must A 'SEARCH $'; searched A 2
	say A 'SEARCH RETURN (SAVE) CHARSET X-MARTIAN SUBJECT x'; no A; must A 'SEARCH $'; searched A ''
	must A 'SEARCH RETURN (SAVE) 2'; must A 'SELECT inbox'; must A 'SEARCH $'; searched A ''
}

@test "SEARCH SAVE and a command with \$ in one packet (RFC 9051 6.4.4.2)" {
	mailbox inbox plain.eml 2*plain.eml:F; mailbox box
	open A inbox
	raw A 'a SEARCH RETURN (SAVE) FLAGGED\r\nb COPY $ box\r\nc STORE $ +FLAGS.SILENT (\\Deleted)\r\nd UID EXPUNGE $\r\n'; await A 'd OK...'
	count A 1; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 2
}

@test "\$ works in COPY, MOVE, STORE and UID forms (RFC 9051 6.4.4.4)" {
	mailbox inbox 4*plain.eml; mailbox box
	open A inbox; must A 'SEARCH RETURN (SAVE) 1:2'; must A 'UID COPY $ box'; must A 'UID MOVE $ box'
	count A 2; must A 'SEARCH $'; searched A ''; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 4
}
