# Several sessions on one mailbox tell each other's changes: RFC 9051 sections 5.2, 7.4, 7.5; RFC 2180.
load ../lib

@test "new mail, flags and expunge by one session are told to another at NOOP (RFC 9051 5.2)" {
	mailbox inbox 3*plain.eml
	open A inbox; open B inbox
	must A 'STORE 2 +FLAGS (\Flagged)'; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must A 'APPEND inbox ' @plain.eml
	must B NOOP; count B 3; must B 'FETCH 1:* (UID FLAGS)'; [[ $(uids B) == '2 3 4' ]]; fetched B 1 FLAGS '\Flagged'
}

@test "EXISTS comes before FETCH of a new message (B 9)" {
	mailbox inbox plain.eml
	open A inbox; open B inbox; must B 'APPEND inbox (\Seen) ' @plain.eml; must B 'STORE 2 +FLAGS.SILENT (\Flagged)'
	must A NOOP; count A 2; must A 'FETCH 2 FLAGS'; fetched A 2 FLAGS '\Flagged \Seen'
}

@test "a message appended and expunged between two looks is never told" {
	mailbox inbox plain.eml
	open A inbox; open B inbox
	must B 'APPEND inbox ' @plain.eml; must B 'STORE 2 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A NOOP; count A 1; must A 'STATUS inbox (UIDNEXT)'; status A INBOX UIDNEXT 3
}

@test "every command of the selected state may tell news, and numbers stay right" {
	mailbox inbox 5*plain.eml; mailbox box
	open A inbox; open B inbox
	for command in 'CAPABILITY' 'LIST "" *' 'STATUS box (MESSAGES)' 'CHECK' 'UID FETCH 1:* FLAGS' 'UID STORE 1:* FLAGS.SILENT ()' 'UID SEARCH ALL' 'CREATE x' 'APPEND box {1+}
x' 'NAMESPACE' 'ID NIL'; do
		deliver inbox plain.eml; must B NOOP; must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
		say A "${command/$'\n'/$'\r\n'}"
	done
	must A NOOP; count A 5; must A 'FETCH 1:* UID'; must B 'FETCH 1:* UID'; [[ $(uids A) == "$(uids B)" ]]
}

@test "two sessions expunge the same message" {
	mailbox inbox 3*plain.eml:T
	open A inbox; open B inbox; must A EXPUNGE; must B EXPUNGE; count A 0; count B 0
}

@test "one expunges while the other stores to the same messages" {
	mailbox inbox 4*plain.eml
	open A inbox; open B inbox
	must A 'STORE 1,3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	say B 'STORE 1:4 +FLAGS (\Seen)'; must B NOOP; count B 2
	must A NOOP; must A 'FETCH 1:* (UID FLAGS)'; fetched A 1 FLAGS '\Seen'; fetched A 2 FLAGS '\Seen'; [[ $(uids A) == '2 4' ]]
}

@test "one moves away what the other is reading" {
	mailbox inbox 3*plain.eml; mailbox box
	open A inbox; open B inbox; must A 'MOVE 1:2 box'
	say B 'FETCH 1:3 BODY.PEEK[]'; same B 3 'BODY[]' plain.eml; must B NOOP; count B 1
}

@test "three sessions with a hundred changes end with one view" {
	mailbox inbox 10*plain.eml
	open A inbox; open B inbox; open C inbox
	for i in {1..11}; do
		must A "STORE $((i % 5 + 1)) +FLAGS (a$i)"; must B 'APPEND inbox ' @plain.eml; must C 'STORE 2 +FLAGS.SILENT (\Deleted)'
		must A EXPUNGE; must B "UID STORE $((i + 2)) +FLAGS (\\Flagged)"; must C "UID COPY $((i + 4)) inbox"; must B NOOP; must C NOOP; must A NOOP
	done
	for s in A B C; do must $s NOOP; must $s 'FETCH 1:* (UID FLAGS)'; done
	for s in B C; do
		[[ $(uids A) == "$(uids $s)" ]]
		for ((n = 1; n <= $(wc -w <<<"$(uids A)"); n++)); do fetched $s $n FLAGS "$(value A $n FLAGS)"; done
	done
}

@test "EXAMINE sees what a SELECT beside it does, and cannot change it" {
	mailbox inbox 2*plain.eml
	open A inbox; start B; must B 'EXAMINE inbox'
	must A 'STORE 1 +FLAGS (\Flagged)'; must B NOOP; fetched B 1 FLAGS '\Flagged'; say B 'STORE 1 -FLAGS (\Flagged)'; no B
	must A 'STORE 2 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must B NOOP; heard B '* 2 EXPUNGE'
}

@test "a keyword that one session makes is told to the other with the flags" {
	mailbox inbox plain.eml
	open A inbox; open B inbox; must A 'STORE 1 +FLAGS (brandnew)'
	must B NOOP; order B '* FLAGS (...brandnew...)' '* 1 FETCH (...brandnew...)'
}
