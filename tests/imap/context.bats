# CONTEXT=SEARCH and CONTEXT=SORT: results that are kept up to date, RFC 5267 section 4; in ESEARCH, RFC 7377 section 2.2.
load ../lib

letter() { printf 'Subject: %s\nFrom: %s\nDate: %d Jan 2020 00:00:00 +0000\n\ntext of %s\n' "$2" "$3" "$4" "$2" >"$T/$1"; }

@test "a flag that another session sets adds to the results, one that it takes removes (RFC 5267 4.3.3, 4.3.4)" {
	mailbox inbox 5*plain.eml; open A inbox; open B inbox
	must A 'SEARCH RETURN (UPDATE COUNT) FLAGGED'; heard A '* ESEARCH (TAG "A2") COUNT 0'
	must B 'STORE 2,4 +FLAGS (\Flagged)'; must A NOOP
	heard A '* ESEARCH (TAG "A2") ADDTO (0 2,4)'
	must B 'STORE 4 -FLAGS (\Flagged)'; must B 'STORE 5 +FLAGS (\Seen)'; must A NOOP
	heard A '* ESEARCH (TAG "A2") REMOVEFROM (0 4)'; unheard A '* ESEARCH ...ADDTO...'
	must A NOOP; unheard A '* ESEARCH...'
}

@test "also what this session does itself, in the answer to it" {
	mailbox inbox 3*plain.eml; open A inbox
	must A 'UID SEARCH RETURN (UPDATE ALL) UNSEEN'; heard A '* ESEARCH (TAG "A2") UID ALL 1:3'
	must A 'STORE 2 +FLAGS.SILENT (\Seen)'; heard A '* ESEARCH (TAG "A2") UID REMOVEFROM (0 2)'
	must A 'UID STORE 2 -FLAGS (\Seen)'; heard A '* ESEARCH (TAG "A2") UID ADDTO (0 2)'
}

@test "new mail is added behind its EXISTS, expunged mail removed before its EXPUNGE (RFC 5267 4.3.3, 4.3.4)" {
	mailbox inbox 3*plain.eml; open A inbox; open B inbox
	must A 'SEARCH RETURN (UPDATE) SUBJECT plain'; heard A '* ESEARCH (TAG "A2")'
	deliver inbox plain.eml >/dev/null; deliver inbox thread-1-root.eml >/dev/null; must A NOOP
	order A '* 5 EXISTS' '* ESEARCH (TAG "A2") ADDTO (0 4)'
	must B 'STORE 1:2 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; must A NOOP
	order A '* ESEARCH (TAG "A2") REMOVEFROM (0 1:2)' '* 1 EXPUNGE' '* 1 EXPUNGE'
	must A 'FETCH 1 FLAGS'; unheard A '* ESEARCH...'
}

@test "what is expunged is told at once though its number still holds (RFC 5267 A.3)" {
	mailbox inbox 3*plain.eml; open A inbox; open B inbox
	must A 'SEARCH RETURN (UPDATE) ALL'
	must B 'STORE 2 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A 'FETCH 1 FLAGS'; heard A '* ESEARCH (TAG "A2") REMOVEFROM (0 2)'; unheard A '* <n> EXPUNGE'
	must A NOOP; heard A '* 2 EXPUNGE'; unheard A '* ESEARCH...'
}

@test "IDLE tells results too (RFC 5267 4.3.2)" {
	mailbox inbox plain.eml; open A inbox
	must A 'UID SEARCH RETURN (UPDATE) ALL'; raw A 'i IDLE\r\n'; await A '+ ...'
	deliver inbox plain.eml >/dev/null; await A '* ESEARCH (TAG "A2") UID ADDTO (0 2)'
	raw A 'DONE\r\n'; await A 'i OK...'
}

@test "message numbers and \$ in the program are those of the time of the command (RFC 5267 4.3)" {
	mailbox inbox 4*plain.eml; open A inbox; must A 'SEARCH RETURN (SAVE) 3'
	must A 'SEARCH RETURN (UPDATE ALL) 2:3 UNSEEN'; must A 'SEARCH RETURN (UPDATE ALL) $'; heard A '* ESEARCH (TAG "A4") ALL 3'
	must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE    # 2:3 are now 1:2
	must A 'SEARCH RETURN (SAVE) 1'
	must A 'STORE 1 +FLAGS (\Seen)'; heard A '* ESEARCH (TAG "A3") REMOVEFROM (0 1)'; unheard A '* ESEARCH (TAG "A4")...'
	must A 'STORE 3 +FLAGS (\Seen)'; unheard A '* ESEARCH...'
}

@test "a sorted result gets new mail at its place (RFC 5267 4.3.3)" {
	letter 1 b Ann 3; letter 2 d Ann 2; letter 3 f Ann 1; letter 4 c Ben 4; letter 5 g Ben 5; letter 6 a Ben 6; letter 7 e Ben 7
	mailbox inbox "$T"/[123]; open A inbox
	must A 'UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 ALL'; heard A '* ESEARCH (TAG "A2") UID ALL 1:3'
	must A 'SORT RETURN (UPDATE ALL) (REVERSE DATE) UTF-8 NOT FLAGGED'; heard A '* ESEARCH (TAG "A3") ALL 1:3'
	deliver inbox "$T/4" >/dev/null; must A NOOP
	heard A '* ESEARCH (TAG "A2") UID ADDTO (2 4)'; heard A '* ESEARCH (TAG "A3") ADDTO (1 4)'
	deliver inbox "$T/5" >/dev/null; deliver inbox "$T/6" >/dev/null; deliver inbox "$T/7" >/dev/null; must A NOOP
	heard A '* ESEARCH (TAG "A2") UID ADDTO (1 6 5 7 7 5)'    # a b c d e f g
	heard A '* ESEARCH (TAG "A3") ADDTO (1 7,6,5)'
	must A 'STORE 2,6 +FLAGS (\Flagged)'; heard A '* ESEARCH (TAG "A3") REMOVEFROM (0 2,6)'; unheard A '* ESEARCH (TAG "A2")...'
	must A 'STORE 2 -FLAGS (\Flagged)'; heard A '* ESEARCH (TAG "A3") ADDTO (5 2)'    # 7 5 4 1 2 3
}

@test "a tag that is in use is BAD, and nothing is done (RFC 5267 4.3)" {
	mailbox inbox plain.eml; open A inbox
	raw A 'x SEARCH RETURN (UPDATE) ALL\r\n'; await A 'x OK...'
	raw A 'x SORT RETURN (UPDATE) (DATE) UTF-8 ALL\r\n'; await A 'x BAD...'
	raw A 'x SEARCH RETURN (COUNT) ALL\r\n'; await A 'x OK...'
}

@test "CANCELUPDATE ends it (RFC 5267 4.3.5)" {
	mailbox inbox 2*plain.eml; open A inbox
	must A 'SEARCH RETURN (UPDATE) FLAGGED'; must A 'SEARCH RETURN (UPDATE) SEEN'; must A 'SEARCH RETURN (UPDATE) DRAFT'
	must A 'CANCELUPDATE "A2" "A4"'; must A 'STORE 1 +FLAGS (\Flagged \Seen \Draft)'
	heard A '* ESEARCH (TAG "A3") ADDTO (0 1)'; unheard A '* ESEARCH (TAG "A2")...'; unheard A '* ESEARCH (TAG "A4")...'
	say A 'CANCELUPDATE "A2"'; bad A; say A 'CANCELUPDATE'; bad A; say A 'CANCELUPDATE A3'; bad A
	say A 'CANCELUPDATE "A3" "A2"'; bad A; must A 'STORE 2 +FLAGS (\Seen)'; heard A '* ESEARCH (TAG "A3") ADDTO (0 2)'
}

@test "another mailbox ends it too (RFC 5267 4.3)" {
	mailbox inbox plain.eml; mailbox box plain.eml; open A inbox; must A 'SEARCH RETURN (UPDATE) FLAGGED'
	must A 'SELECT box'; must A 'STORE 1 +FLAGS (\Flagged)'; unheard A '* ESEARCH...'
	say A 'CANCELUPDATE "A2"'; bad A
	must A 'SELECT inbox'; must A 'STORE 1 +FLAGS (\Flagged)'; unheard A '* ESEARCH...'
}

@test "too many are refused with NOUPDATE, and searched all the same (RFC 5267 4.3.1)" {
	mailbox inbox plain.eml; open A inbox
	for ((i = 0; i < 16; i++)); do must A 'SEARCH RETURN (UPDATE) ALL'; unheard A '* NO...'; done
	must A 'SEARCH RETURN (UPDATE COUNT) ALL'; heard A '* NO [NOUPDATE "A18"]...'; heard A '* ESEARCH (TAG "A18") COUNT 1'
	must A 'CANCELUPDATE "A5"'; must A 'SEARCH RETURN (UPDATE) ALL'; unheard A '* NO...'
}

@test "CONTEXT is a hint, UPDATE in ESEARCH is for the selected mailbox (RFC 5267 4.2, RFC 7377 2.2)" {
	mailbox inbox plain.eml; mailbox box plain.eml; open A inbox
	must A 'SEARCH RETURN (CONTEXT COUNT) ALL'; heard A '* ESEARCH (TAG "A2") COUNT 1'
	must A 'ESEARCH IN (selected mailboxes box) RETURN (UPDATE COUNT) UNFLAGGED'
	must A 'STORE 1 +FLAGS (\Flagged)'; heard A '* ESEARCH (TAG "A3") UID REMOVEFROM (0 1)'
	start B; say B 'ESEARCH IN (mailboxes box) RETURN (UPDATE) ALL'; bad B
}

@test "a program with BODY is kept up to date as well" {
	letter 1 one Ann 1; letter 2 two Ann 2; mailbox inbox "$T/1"; open A inbox
	must A 'SEARCH RETURN (UPDATE ALL) BODY "text of two"'
	deliver inbox "$T/2" >/dev/null; must A NOOP; heard A '* ESEARCH (TAG "A2") ADDTO (0 2)'
}

@test "SORT takes RETURN behind the charset too, where drafts of RFC 5267 had it" {
	mailbox inbox 5*plain.eml; open A inbox
	must A 'SORT (REVERSE ARRIVAL) US-ASCII RETURN (PARTIAL 4:2) 1:5'; heard A '* ESEARCH (TAG "A2") PARTIAL (2:4 4,3,2)'
	must A 'SORT (ARRIVAL) US-ASCII RETURN (COUNT) ALL'; heard A '* ESEARCH (TAG "A3") COUNT 5'
	for wrong in 'RETURN (PARTIAL 1) ALL' 'RETURN (PARTIAL *:1) ALL' 'RETURN ALL' 'RETURN (COUNT)'; do
		say A "SORT (ARRIVAL) US-ASCII $wrong"; bad A
	done
	say A 'SORT RETURN (COUNT) (ARRIVAL) US-ASCII RETURN (COUNT) ALL'; bad A
}
