# PARTIAL: RFC 9394; the SEARCH half also RFC 5267 section 4.4.
load ../lib

@test "SEARCH RETURN (PARTIAL): pages from the front and from the back (RFC 9394 3.1)" {
	mailbox inbox 7*plain.eml; open A inbox
	must A 'SEARCH RETURN (PARTIAL 1:3) ALL'; heard A '* ESEARCH (TAG "A2") PARTIAL (1:3 1:3)'
	must A 'SEARCH RETURN (PARTIAL 3:1) ALL'; heard A '* ESEARCH (TAG "A3") PARTIAL (1:3 1:3)'
	must A 'SEARCH RETURN (PARTIAL 6:9) ALL'; heard A '* ESEARCH (TAG "A4") PARTIAL (6:9 6:7)'
	must A 'SEARCH RETURN (PARTIAL 8:9) ALL'; heard A '* ESEARCH (TAG "A5") PARTIAL (8:9 NIL)'
	must A 'UID SEARCH RETURN (PARTIAL -1:-2) NOT 7'; heard A '* ESEARCH (TAG "A6") UID PARTIAL (-1:-2 5:6)'
	must A 'SEARCH RETURN (PARTIAL -6:-100) ALL'; heard A '* ESEARCH (TAG "A7") PARTIAL (-6:-100 1:2)'
	must A 'SEARCH RETURN (PARTIAL 1:2) FLAGGED'; heard A '* ESEARCH (TAG "A8") PARTIAL (1:2 NIL)'
}

@test "PARTIAL with other options, and what \$ then holds (RFC 9394 3.2)" {
	mailbox inbox 7*plain.eml; open A inbox
	must A 'SEARCH RETURN (PARTIAL 2:3 MIN MAX COUNT) ALL'; heard A '* ESEARCH (TAG "A2") MIN 1 MAX 7 COUNT 7 PARTIAL (2:3 2:3)'
	must A 'SEARCH RETURN (SAVE PARTIAL 2:3) ALL'; must A 'SEARCH $'; searched A '2 3'
	must A 'SEARCH RETURN (SAVE PARTIAL 2:3 MIN) ALL'; must A 'SEARCH $'; searched A '1 2 3'
	must A 'SEARCH RETURN (SAVE PARTIAL 2:3 MAX) ALL'; must A 'SEARCH $'; searched A '2 3 7'
	must A 'SEARCH RETURN (SAVE PARTIAL 2:3 MIN MAX) ALL'; must A 'SEARCH $'; searched A '1 2 3 7'
	must A 'SEARCH RETURN (SAVE PARTIAL 2:3 COUNT) ALL'; must A 'SEARCH $'; searched A '1 2 3 4 5 6 7'
}

@test "PARTIAL beside ALL or PARTIAL, and ranges of no sense, are BAD (RFC 9394 3.1, 4)" {
	mailbox inbox plain.eml; open A inbox
	for option in 'PARTIAL' 'PARTIAL 1' 'PARTIAL 0:1' 'PARTIAL 1:*' 'PARTIAL 1:-1' 'PARTIAL -1:1' 'PARTIAL 1:2 ALL' 'ALL PARTIAL 1:2' 'PARTIAL 1:2 PARTIAL 3:4'; do
		say A "SEARCH RETURN ($option) ALL"; bad A; unheard A '* ESEARCH...'
	done
	must A CAPABILITY; heard A '* CAPABILITY ... PARTIAL ...'
}

@test "UID FETCH (PARTIAL) fetches only those of the messages named (RFC 9394 3.3)" {
	mailbox inbox 7*plain.eml; open A inbox
	must A 'UID FETCH 2:7 (UID) (PARTIAL -1:-2)'; fetched A 6 UID 6; fetched A 7 UID 7; unfetched A 5 UID
	must A 'UID FETCH 2:7 (UID) (PARTIAL 1:2)'; fetched A 2 UID 2; fetched A 3 UID 3; unfetched A 4 UID; unfetched A 1 UID
	must A 'UID FETCH 2:3 (UID) (PARTIAL 9:10)'; unheard A '* <n> FETCH...'
	must A 'UID FETCH 1:* (UID FLAGS) (PARTIAL 1:3 CHANGEDSINCE 1)'; fetched A 3 UID 3; unfetched A 4 UID
	for form in 'FETCH 1:* (UID) (PARTIAL 1:2)' 'UID FETCH 1:* (UID) (PARTIAL 1:2 PARTIAL 3:4)' 'UID FETCH 1:* (UID) (PARTIAL)'; do
		say A "$form"; bad A
	done
}

@test "CHANGEDSINCE is asked of what PARTIAL left, in either order (RFC 9394 3.4)" {
	mailbox inbox 5*plain.eml; open A inbox; must A 'FETCH 5 MODSEQ'; since=$(value A 5 MODSEQ); since=${since//[()]/}
	must A 'STORE 2 +FLAGS (\Flagged)'; must A 'STORE 5 +FLAGS (\Flagged)'
	must A "UID FETCH 1:* (UID) (PARTIAL -1:-3 CHANGEDSINCE $since)"; fetched A 5 UID 5; unfetched A 2 UID
	must A "UID FETCH 1:* (UID) (CHANGEDSINCE $since PARTIAL 1:3)"; fetched A 2 UID 2; unfetched A 5 UID
}
