# OBJECTID: RFC 8474.
load ../lib

# The value between the parentheses of an item or code.
id() { sed -n "s/.*$1 (\([A-Za-z0-9_-]*\)).*/\1/p" <<<"$2" | head -n 1; }

@test "SELECT, EXAMINE, CREATE and STATUS name the same MAILBOXID (RFC 8474 4)" {
	mailbox inbox
	start A; must A 'CREATE box'; created=$(id MAILBOXID "$(code A)"); [[ -n $created ]]
	must A 'SELECT box'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'EXAMINE box'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'STATUS box (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'STATUS inbox (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") != "$created" ]]
}

@test "MAILBOXID stays by RENAME, and a new mailbox of the old name has another (RFC 8474 4)" {
	mailbox inbox
	start A; must A 'CREATE box'; created=$(id MAILBOXID "$(code A)")
	must A 'RENAME box other'; must A 'STATUS other (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'CREATE box'; [[ $(id MAILBOXID "$(code A)") != "$created" ]]
}

@test "EMAILID stays by COPY and MOVE, and differs between messages (RFC 8474 5.1)" {
	mailbox inbox plain.eml plain-second.eml; mailbox box
	open A inbox; must A 'FETCH 1:2 EMAILID'
	first=$(value A 1 EMAILID) second=$(value A 2 EMAILID); [[ $first != "$second" ]]
	must A 'COPY 1 box'; must A 'MOVE 2 box'; must A 'FETCH 1 EMAILID'; fetched A 1 EMAILID "$first"
	must A 'SELECT box'; must A 'FETCH 1:2 EMAILID'; fetched A 1 EMAILID "$first"; fetched A 2 EMAILID "$second"
}

@test "EMAILID is the same in the next session and after the index is lost (RFC 8474 5.1)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 EMAILID'; first=$(value A 1 EMAILID); close A
	rm -f "$MAILDIR"/mayfly-index "$MAILDIR"/mayfly-cache
	open B inbox; must B 'FETCH 1 EMAILID'; fetched B 1 EMAILID "$first"
}

@test "THREADID has a value or is NIL (RFC 8474 5.2)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 THREADID'; heard A '* 1 FETCH (THREADID {{(NIL|\([A-Za-z0-9_-]+\))}})'
}
