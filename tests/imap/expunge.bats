# EXPUNGE, UID EXPUNGE: RFC 9051 sections 6.4.3, 6.4.9, 7.5.1; RFC 4315 section 2.1.
load ../lib

@test "EXPUNGE removes what is deleted and tells each: the RFC's example (RFC 9051 6.4.3)" {
	mailbox inbox 2*plain.eml 2*plain.eml:T 2*plain.eml plain.eml:T 3*plain.eml plain.eml:T
	open A inbox; must A 'UID FETCH 1:* FLAGS'; must A EXPUNGE
	[[ $(text A | grep -c '^\* [0-9]* EXPUNGE') == 4 ]]
	count A 7; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 2 5 6 8 9 10' ]]
	[[ $(ls "$MAILDIR/cur" | wc -l) == 7 ]]
}

@test "EXPUNGE of nothing is OK and says nothing (RFC 9051 6.4.3)" {
	mailbox inbox plain.eml
	open A inbox; must A EXPUNGE; unheard A '* <n> EXPUNGE'; count A 1
	say A 'EXPUNGE x'; bad A
}

@test "EXPUNGE of everything leaves an empty mailbox" {
	mailbox inbox 10*plain.eml:T
	open A inbox; must A EXPUNGE; count A 0; must A 'UID SEARCH ALL'; searched A ''
	must A 'STATUS inbox (MESSAGES UIDNEXT)'; status A INBOX MESSAGES 0; status A INBOX UIDNEXT 11
}

@test "a UID is not given again after the highest was expunged (RFC 9051 2.3.1.1; B 2)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'STORE 3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; close A
	deliver inbox plain.eml
	open B inbox; must B 'FETCH 3 UID'; fetched B 3 UID 4; [[ $(told B UIDNEXT 2>/dev/null) != 4 ]]
}

@test "UID EXPUNGE removes what is deleted and in the set (RFC 9051 6.4.9)" {
	mailbox inbox plain.eml:T plain.eml:T plain.eml plain.eml:T
	open A inbox; must A 'UID EXPUNGE 2:3'; heard A '* 2 EXPUNGE'; count A 3
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == '1 3 4' ]]; fetched A 1 FLAGS '\Deleted'
	must A 'UID EXPUNGE 100:200'; unheard A '* <n> EXPUNGE'
	must A 'UID EXPUNGE 1,4:*'; count A 1
}

@test "UID EXPUNGE in bad form is BAD" {
	mailbox inbox plain.eml:T
	open A inbox
	say A 'UID EXPUNGE'; bad A
	say A 'UID EXPUNGE x'; bad A
	say A 'UID EXPUNGE 0'; bad A
	say A 'UID EXPUNGE 1 2'; bad A
	alive A; count A 1
}

@test "EXPUNGE in one session is told to another at NOOP (RFC 9051 7.5.1)" {
	mailbox inbox 4*plain.eml
	open A inbox; open B inbox
	must B 'STORE 2,3 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A NOOP; count A 2; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 4' ]]
}

@test "numbers hold still during FETCH, STORE and SEARCH though another session expunged (RFC 9051 7.5.1)" {
	mailbox inbox 3*plain.eml
	open A inbox; open B inbox
	must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A 'FETCH 2 (UID)'; unheard A '* <n> EXPUNGE'; fetched A 2 UID 2
	must A 'STORE 3 +FLAGS (\Seen)'; unheard A '* <n> EXPUNGE'
	must A 'SEARCH UID 3'; unheard A '* <n> EXPUNGE'; searched A 3
	must A NOOP; heard A '* 1 EXPUNGE'; count A 2
}

@test "an expunged message that the client still sees is no error for FETCH, STORE and COPY (RFC 2180)" {
	mailbox inbox 3*plain.eml; mailbox box
	open A inbox; open B inbox
	must B 'STORE 2 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	say A 'FETCH 1:3 (UID FLAGS)'; fetched A 1 UID 1; fetched A 3 UID 3
	say A 'FETCH 1:3 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml; same A 3 'BODY[]' plain.eml
	say A 'STORE 1:3 +FLAGS (\Flagged)'
	say A 'SEARCH ALL'
	must A NOOP; heard A '* 2 EXPUNGE'; must A 'FETCH 1:* FLAGS'; fetched A 1 FLAGS '\Flagged'; fetched A 2 FLAGS '\Flagged'
}

@test "a file removed by another program is an expunge (C 1)" {
	mailbox inbox plain.eml plain-second.eml plain.eml
	open A inbox; validity=$(told A UIDVALIDITY); rm "$MAILDIR"/cur/*second*
	must A NOOP; heard A '* 2 EXPUNGE'; count A 2; close A
	open B inbox; [[ $(told B UIDVALIDITY) == "$validity" ]]; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 3' ]]
}

@test "EXPUNGE leaves what was delivered meanwhile alone" {
	mailbox inbox plain.eml:T
	open A inbox; deliver inbox plain.eml; must A EXPUNGE; must A NOOP; count A 1
	must A 'FETCH 1 UID'; fetched A 1 UID 2
}

@test "EXPUNGE leaves alone what another session undeleted (C 45)" {
	mailbox inbox 2*plain.eml:T
	open A inbox; open B inbox; must B 'STORE 2 -FLAGS (\Deleted)'; must A EXPUNGE
	must A NOOP; count A 1; must A 'FETCH 1 UID'; fetched A 1 UID 2
}

@test "EXPUNGE leaves alone what another program undeleted (C 45)" {
	mailbox inbox 2*plain.eml:T
	open A inbox; must A 'FETCH 1:* FLAGS'; f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f%T}S"
	must A EXPUNGE; count A 1; must A 'FETCH 1 (UID FLAGS)'; fetched A 1 UID 1; fetched A 1 FLAGS '\Seen'
}

@test "a thousand are expunged at once" {
	mailbox inbox 1000*plain.eml:T 3*plain.eml
	open A inbox; must A EXPUNGE; count A 3; must A 'FETCH 1:* UID'; [[ $(uids A) == '1001 1002 1003' ]]
}
