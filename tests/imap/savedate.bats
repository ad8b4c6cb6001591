# SAVEDATE: RFC 8514.
load ../lib

seconds() { date -d "${1//\"/}" +%s; }

@test "SAVEDATE is when the message came here, not what APPEND says (RFC 8514 3)" {
	mailbox inbox
	open A inbox; before=$(date +%s)
	must A 'APPEND inbox "17-Jul-1996 02:44:25 -0700" ' @plain.eml; after=$(date +%s)
	must A 'FETCH 1 (SAVEDATE INTERNALDATE)'; saved=$(seconds "$(value A 1 SAVEDATE)")
	[[ $saved -ge $before && $saved -le $after ]]
	[[ $(seconds "$(value A 1 INTERNALDATE)") -lt 1000000000 ]]
}

@test "mail that was delivered has a SAVEDATE too (RFC 8514 4.2)" {
	mailbox inbox plain.eml@1400000000
	open A inbox; must A 'FETCH 1 SAVEDATE'; [[ $(seconds "$(value A 1 SAVEDATE)") -gt 1500000000 ]]
}

@test "SAVEDATE does not change by STORE (RFC 8514 3)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 SAVEDATE'; first=$(value A 1 SAVEDATE)
	must A 'STORE 1 +FLAGS (\Seen custom)'; must A 'FETCH 1 SAVEDATE'; [[ $(value A 1 SAVEDATE) == "$first" ]]
	close A; open A inbox; must A 'FETCH 1 SAVEDATE'; [[ $(value A 1 SAVEDATE) == "$first" ]]
}

@test "a copy has a SAVEDATE of its own (RFC 8514 3)" {
	mailbox inbox plain.eml; mailbox box
	open A inbox; before=$(date +%s); must A 'COPY 1 box'; must A 'SELECT box'; must A 'FETCH 1 SAVEDATE'
	[[ $(seconds "$(value A 1 SAVEDATE)") -ge $before ]]
}

@test "a message that was moved was saved where it is now (RFC 8514 4.2)" {
	mailbox inbox plain.eml; mailbox box
	open A inbox; before=$(date +%s); must A 'MOVE 1 box'; must A 'SELECT box'; must A 'FETCH 1 SAVEDATE'
	[[ $(seconds "$(value A 1 SAVEDATE)") -ge $before ]]
}
