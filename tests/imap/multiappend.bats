# MULTIAPPEND: RFC 3502.
load ../lib

@test "several messages in one APPEND, each with its own flags and date (RFC 3502 3)" {
	mailbox inbox plain.eml
	open A inbox; validity=$(told A UIDVALIDITY)
	must A 'APPEND inbox (\Seen) ' @plain.eml ' (\Flagged custom) "17-Jul-1996 02:44:25 -0700" ' @+plain-second.eml ' ' @pdf-attachment.eml
	[[ $(code A) == "APPENDUID $validity 2:4" ]]; count A 4
	must A 'FETCH 2:4 (UID FLAGS INTERNALDATE BODY.PEEK[])'
	same A 2 'BODY[]' plain.eml; fetched A 2 FLAGS '\Seen'
	same A 3 'BODY[]' plain-second.eml; fetched A 3 FLAGS '\Flagged custom'
	[[ $(date -d "$(value A 3 INTERNALDATE)" +%s) == $(date -d '1996-07-17 02:44:25 -0700' +%s) ]]
	same A 4 'BODY[]' pdf-attachment.eml; fetched A 4 FLAGS ''
}

@test "a hundred messages at once, and another session sees all of them" {
	mailbox inbox; words=('APPEND inbox')
	for ((i = 0; i < 100; i++)); do words+=(' ' @+plain.eml); done
	open B inbox; open A inbox; must A "${words[@]}"; count A 100
	must B NOOP; count B 100; must B 'FETCH 1:100 BODY.PEEK[]'; same B 100 'BODY[]' plain.eml
	close A; open A inbox; count A 100
	[[ $(ls "$MAILDIR/tmp" | wc -l) == 0 ]]
}

@test "an empty message cancels them all (RFC 3502 3)" {
	mailbox inbox
	open A inbox; say A 'APPEND inbox ' @+plain.eml ' ' @+plain-second.eml ' ' =+; no A; count A 0
	say A 'APPEND inbox ' @plain.eml ' {0}'; no A; must A NOOP; count A 0
	[[ $(ls "$MAILDIR/tmp" | wc -l) == 0 ]]
}

@test "a bad word behind the first message leaves nothing (RFC 3502 3)" {
	mailbox inbox
	open A inbox; say A 'APPEND inbox ' @+plain.eml ' (\Seen ' @+plain.eml; bad A; must A NOOP; count A 0
	say A 'APPEND inbox ' @+plain.eml ' rubbish'; bad A; must A NOOP; count A 0
	[[ $(ls "$MAILDIR/tmp" "$MAILDIR/cur" | grep -c eml) == 0 ]]
}

@test "a place that is not there is named before the first message, and the second is read past" {
	mailbox inbox
	start A; say A 'APPEND nowhere ' @+plain.eml ' ' @+plain.eml; no A TRYCREATE; alive A
}

@test "killed at any rename, either all messages are there or none (RFC 3502 3)" {
	needs strace
	local totals= n=0 at
	for at in renameat:{1,2,3,4,5,6} renameat2:{1,2,3,4}; do
		n=$((n + 1)); mailbox box$n plain.eml
		start K$n +under="strace -f -qq -o /dev/null -e trace=${at%:*} -e inject=${at%:*}:signal=KILL:when=${at#*:}"
		excuse K$n; raw K$n "a APPEND box$n {19+}\r\nSubject: 1\r\n\r\none\r\n {19+}\r\nSubject: 2\r\n\r\ntwo\r\n {19+}\r\nSubject: 3\r\n\r\nthr\r\n\r\nb LOGOUT\r\n"
		exited K$n || :
		open A$n box$n; must A$n "STATUS box$n (MESSAGES)"; total=$(status A$n box$n MESSAGES)
		echo "killed at $at: $total"; [[ $total == 1 || $total == 4 ]]; totals+=$total
		must A$n 'FETCH 1:* BODY.PEEK[]'; close A$n
		rm -f "$MAILDIR/.box$n/tmp"/*	# what the dead session left is swept by age
	done
	[[ $totals == 1*44* ]]	# too early, and in the middle of placing them
}
