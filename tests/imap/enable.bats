# ENABLE, and the commands that enable CONDSTORE by being used: RFC 5161; RFC 7162 section 3.1.
load ../lib

@test "the first CONDSTORE enabling command in a selected mailbox brings HIGHESTMODSEQ, once (RFC 7162 3.1)" {
	local command
	mailbox inbox 3*plain.eml
	for command in 'ENABLE CONDSTORE' 'ENABLE QRESYNC' 'FETCH 1 MODSEQ' 'UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)' \
		'SEARCH MODSEQ 1' 'SORT (ARRIVAL) UTF-8 MODSEQ 1' 'STATUS INBOX (HIGHESTMODSEQ)' 'LIST "" INBOX RETURN (STATUS (HIGHESTMODSEQ))' \
		'STORE 1 (UNCHANGEDSINCE 1) +FLAGS (\Seen)'; do
		open A inbox
		must A 'NOOP'; unheard A '* OK [HIGHESTMODSEQ...'
		must A "$command"; heard A '* OK [HIGHESTMODSEQ <n>]...'
		must A "$command"; unheard A '* OK [HIGHESTMODSEQ...'
		close A
	done
}

@test "SELECT itself says it, and then no other command does (RFC 7162 3.1, 3.1.2.1)" {
	mailbox inbox 3*plain.eml
	start A; must A 'ENABLE CONDSTORE'; unheard A '* OK [HIGHESTMODSEQ...'
	must A 'SELECT INBOX'; heard A '* OK [HIGHESTMODSEQ <n>]...'; must A 'FETCH 1 MODSEQ'; unheard A '* OK [HIGHESTMODSEQ...'
	start B; must B 'SELECT INBOX (CONDSTORE)'; heard B '* OK [HIGHESTMODSEQ <n>]...'; must B 'FETCH 1 MODSEQ'; unheard B '* OK [HIGHESTMODSEQ...'
}

@test "what is still to be told is not below the HIGHESTMODSEQ that is said (RFC 7162 3.1)" {
	local highest told
	mailbox inbox 3*plain.eml; open A inbox; open B inbox
	must B 'STORE 2 +FLAGS (\Deleted)'; must A NOOP; must B 'EXPUNGE'
	must A 'FETCH 1 MODSEQ'; unheard A '* 2 EXPUNGE'
	highest=$(grep -ao 'HIGHESTMODSEQ [0-9]*' <<<"$(text A)"); highest=${highest#* }
	must A NOOP; heard A '* 2 EXPUNGE'
	must B 'STATUS INBOX (HIGHESTMODSEQ)'
	told=$(grep -a STATUS <<<"$(text B)" | grep -ao 'HIGHESTMODSEQ [0-9]*' | head -n 1); told=${told#* }
	((highest < told))
}
