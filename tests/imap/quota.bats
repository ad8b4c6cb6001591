# QUOTA: RFC 9208; Maildir++ maildirsize.
load ../lib

used() { must A 'GETQUOTA ""'; text A | sed -n 's/^\* QUOTA "" (STORAGE [0-9]* [0-9]* MESSAGE \([0-9]*\) .*/\1/p'; }
# The sum of the lines behind the first: bytes and messages.
sums() { as_user awk 'NR > 1 { b += $1; m += $2 } END { print b, m }' "$MAILDIR/maildirsize"; }
# What really lies there.
truth() { find "$MAILDIR" -path '*/cur/*' -type f -printf '%s\n' -o -path '*/new/*' -type f -printf '%s\n' | awk '{ b += $1; n++ } END { print b + 0, n + 0 }'; }

@test "GETQUOTAROOT and GETQUOTA tell limits and usage (RFC 9208 4)" {
	mailbox inbox plain.eml plain.eml; start A --quota=1M,50
	must A 'GETQUOTAROOT inbox'; heard A '* QUOTAROOT INBOX ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 2 50)'
	must A 'GETQUOTA ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 2 50)'
	say A 'GETQUOTA other'; no A NONEXISTENT
}

@test "GETQUOTAROOT tells of a mailbox before it is made (RFC 9208 4.1.2)" {
	mailbox inbox plain.eml; start A --quota=1M,50
	must A 'GETQUOTAROOT "no where"'; heard A '* QUOTAROOT "no where" ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 1 50)'
	say A 'GETQUOTAROOT ""'; no A CANNOT; say A 'GETQUOTAROOT a//b'; no A CANNOT
}

@test "without a limit there is no root, and no file is made" {
	mailbox inbox plain.eml; start A; must A 'GETQUOTAROOT inbox'; heard A '* QUOTAROOT INBOX'; unheard A '* QUOTA ...'
	say A 'GETQUOTA ""'; no A NONEXISTENT; must A 'APPEND inbox ' @+plain.eml; [[ ! -e $MAILDIR/maildirsize ]]
}

@test "usage is exact after every kind of change (C 10)" {
	mailbox inbox 5*plain.eml; mailbox box; open A inbox --quota=1G,1000
	[[ $(used) == 5 ]]; must A 'APPEND inbox ' @+plain.eml ' ' @+plain-second.eml; [[ $(used) == 7 && $(sums) == $(truth) ]]
	must A 'COPY 1:2 box'; [[ $(used) == 9 && $(sums) == $(truth) ]]
	must A 'MOVE 3 box'; [[ $(used) == 9 && $(sums) == $(truth) ]]
	must A 'STORE 1:2 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; [[ $(used) == 7 && $(sums) == $(truth) ]]
	must A 'REPLACE 1 inbox ' @+pdf-attachment.eml; [[ $(used) == 7 && $(sums) == $(truth) ]]
	must A 'DELETE box'; [[ $(used) == 4 && $(sums) == $(truth) ]]
}

@test "what other programs add and remove is counted (C 10)" {
	mailbox inbox 3*plain.eml; start A --quota=1G,1000; [[ $(used) == 3 ]]
	deliver inbox plain.eml >/dev/null; [[ $(used) == 4 ]]
	rm "$MAILDIR"/cur/*; [[ $(used) == 1 && $(sums) == $(truth) ]]
}

@test "a change of ours does not make an old sum look true (C 10)" {
	mailbox inbox 4*plain.eml; mailbox box 4*plain.eml; open A inbox --quota=1G,1000; [[ $(used) == 8 ]]
	rm "$MAILDIR"/.box/cur/*; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must A 'COPY 1 box'; [[ $(used) == 4 && $(sums) == $(truth) ]]
}

@test "usage is exact after a session that died in the middle of a change (C 10)" {
	needs strace
	local n=0 at
	mailbox box; mailbox inbox 30*plain.eml; start A --quota=1G,1000; [[ $(used) == 30 ]]; close A
	for at in renameat:{1,2,3} renameat2:{1,2} write:{2,4,6,8,10} unlinkat:{1,2} fsync:{1,2,3,4}; do
		n=$((n + 1))
		start K$n --quota=1G,1000 +under="strace -f -qq -o /dev/null -e trace=${at%:*} -e inject=${at%:*}:signal=KILL:when=${at#*:}"
		excuse K$n; raw K$n "a APPEND box {19+}\r\nSubject: 1\r\n\r\none\r\n\r\nb SELECT inbox\r\nc COPY 1:2 box\r\nd MOVE 3 box\r\ne STORE 1 +FLAGS.SILENT (\\\\Deleted)\r\nf EXPUNGE\r\ng LOGOUT\r\n"
		exited K$n || :
		open A$n inbox --quota=1G,1000; must A$n 'GETQUOTA ""'
		told=$(text A$n | sed -n 's/^\* QUOTA "" (STORAGE [0-9]* [0-9]* MESSAGE \([0-9]*\) .*/\1/p'); close A$n
		rm -f "$MAILDIR"/tmp/* "$MAILDIR"/.box/tmp/*	# what the dead session left is swept by age
		echo "killed at $at: $told, sums $(sums), truth $(truth)"
		[[ $told == "$(truth | cut -d' ' -f2)" && $(sums) == "$(truth)" ]]
	done
}

@test "APPEND and COPY over quota are NO [OVERQUOTA], MOVE and removal work (RFC 9208 4)" {
	mailbox inbox 3*plain.eml; mailbox box; open A inbox --quota=1M,3
	say A 'APPEND inbox ' @+plain.eml; no A OVERQUOTA; say A 'COPY 1 box'; no A OVERQUOTA
	must A 'MOVE 1 box'; must A 'REPLACE 1 inbox ' @+plain.eml; count A 2
	must A 'STORE 1 +FLAGS (\Deleted)'; must A EXPUNGE; must A 'APPEND inbox ' @+plain.eml; say A 'APPEND inbox ' @+plain.eml ' ' @+plain.eml; no A OVERQUOTA
	[[ $(used) == 3 && -z $(ls "$MAILDIR/tmp") ]]
}

@test "bytes are limited as messages are" {
	mailbox inbox; open A inbox --quota=1000; must A 'APPEND inbox ' @+plain.eml; say A 'APPEND inbox ' @+body-very-long-line.eml; no A OVERQUOTA
}

@test "limits of an existing maildirsize count, odd files are counted anew (formats 7)" {
	mailbox inbox 2*plain.eml
	for text in '1048576S,50C\n404 2\n' '1048576S,50C\n        4325           3\n' '1048576S,50C\n-5 -1\n' '1048576S,50C\nrubbish\n' '1048576S,50C\n1 1' '1048576S,50C\n99999999999999999999 1\n' '1048576S,50C\n\0\n'; do
		printf "$text" > "$MAILDIR/maildirsize"; touch -d '2020-01-01' "$MAILDIR/maildirsize"; give "$MAILDIR/maildirsize"
		start A; must A 'GETQUOTA ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 2 50)'; close A
	done
	printf '\0\0garbage' > "$MAILDIR/maildirsize"; give "$MAILDIR/maildirsize"; start A; say A 'GETQUOTA ""'; no A
	must A 'APPEND inbox ' @+plain.eml
}

@test "STATUS tells what an EXPUNGE would give back (RFC 9208 4.1.4)" {
	mailbox inbox plain.eml:T plain.eml plain.eml:T; start A; must A 'STATUS inbox (DELETED DELETED-STORAGE)'
	status A inbox DELETED 2; status A inbox DELETED-STORAGE 404
}
