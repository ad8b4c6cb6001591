# The UID forms: RFC 9051 section 6.4.9; RFC 3501 section 6.4.8.
load ../lib

holes() { mailbox inbox 6*plain.eml; open A inbox; must A 'STORE 1,4 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; }    # UIDs 2 3 5 6

@test "UID FETCH takes UIDs, and always tells the UID (RFC 9051 6.4.9)" {
	holes; must A 'UID FETCH 3,5 FLAGS'
	fetched A 2 UID 3; fetched A 3 UID 5; value A 2 FLAGS; heard A '* <n> FETCH...' 2
	must A 'UID FETCH 2 (UID)'; heard A '* 1 FETCH (UID 2)'
}

@test "UIDs that are not there are no error (RFC 9051 6.4.9)" {
	holes; must A 'UID FETCH 1 FLAGS'; unheard A '* <n> FETCH...'
	must A 'UID FETCH 4,100:200 FLAGS'; unheard A '* <n> FETCH...'
	must A 'UID STORE 1,4 +FLAGS (\Seen)'; unheard A '* <n> FETCH...'
	must A 'UID FETCH 1:4294967295 UID'; heard A '* <n> FETCH...' 4
}

@test "n:* is never empty: it has the last message (RFC 9051 6.4.9)" {
	holes; must A 'UID FETCH 100:* FLAGS'; heard A '* 4 FETCH...' 1; heard A '* <n> FETCH...' 1
	must A 'UID FETCH *:100 UID'; fetched A 4 UID 6; must A 'UID FETCH * UID'; fetched A 4 UID 6
	must A 'UID FETCH 5:* UID'; heard A '* <n> FETCH...' 2
	must A 'UID FETCH 4294967295:* UID'; heard A '* <n> FETCH...' 1
}

@test "UID STORE tells the UID with the flags (RFC 9051 6.4.9)" {
	holes; must A 'UID STORE 5 +FLAGS (\Seen)'; fetched A 3 FLAGS '\Seen'; fetched A 3 UID 5
	must A 'UID STORE 2:* FLAGS.SILENT ()'; unheard A '* <n> FETCH...'
}

@test "UID SEARCH gives UIDs (RFC 9051 6.4.9)" {
	holes; must A 'UID SEARCH ALL'; searched A '2 3 5 6'; must A 'UID SEARCH 2'; searched A 3
	must A 'UID SEARCH UID 3:5'; searched A '3 5'; must A 'UID SEARCH 1:2 UID 3:500'; searched A 3
	must A 'UID SEARCH NOT UID 3:5'; searched A '2 6'
}

@test "UID FETCH of a body sets \\Seen and tells it with the UID (RFC 9051 6.4.9)" {
	holes; must A 'UID FETCH 5 BODY[TEXT]'; fetched A 3 FLAGS '\Seen'; fetched A 3 UID 5
}

@test "a set of many thousand UIDs is taken (C 20)" {
	holes; set=$(seq -s, 1 2 60000); must A "UID FETCH $set FLAGS"; heard A '* <n> FETCH...' 2
	must A "UID SEARCH UID $set"; searched A '3 5'
}

@test "UIDs rise from the lowest number to the highest, whatever is delivered, copied or appended (RFC 9051 2.3.1.1)" {
	mailbox inbox 3*plain.eml; open A inbox
	for i in 1 2 3 4 5; do deliver inbox plain.eml; must A 'COPY 1 inbox'; must A 'APPEND inbox ' @plain.eml; must A "STORE $((i + 1)) +FLAGS.SILENT (\\Deleted)"; must A EXPUNGE; must A NOOP; done
	must A 'FETCH 1:* UID'; must A 'STATUS inbox (UIDNEXT)'; status A INBOX UIDNEXT 19
}

@test "IMAP4rev2: flags told without being asked come with the UID (RFC 9051 7.5.2, appendix E 21)" {
	mailbox inbox 2*plain.eml
	start A; must A 'ENABLE IMAP4rev2'; must A 'SELECT inbox'; open B inbox; must B 'STORE 2 +FLAGS (\Flagged)'
	must A NOOP; fetched A 2 UID 2; fetched A 2 FLAGS '\Flagged'
}
