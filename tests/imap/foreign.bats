# Other programs rename, remove, deliver and leave odd things: formats.md 2, 8; field.md C 1, 6, 31, E.3.
load ../lib

@test "a delivery is seen by NOOP, with the file moved to cur by SELECT (RFC 9051 7.4.1)" {
	mailbox inbox
	open A inbox; deliver inbox plain.eml; must A NOOP; heard A '* 1 EXISTS'; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
	close A; open B inbox; count B 1; must B 'FETCH 1 UID'; fetched B 1 UID 1
}

@test "a flag set by rename is told (formats 2)" {
	mailbox inbox 2*plain.eml
	open A inbox; must A 'FETCH 1:* FLAGS'
	f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f}RS"
	must A NOOP; fetched A 1 FLAGS '\Answered \Seen'; unfetched A 2 FLAGS
}

@test "a message removed and put back while nobody looked has its own UID again (C 6, C 33)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; close A
	f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "$T/away"
	mv "$T/away" "$f"; start B
	must B 'SELECT inbox'; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 2 3' ]]
}

@test "a hundred flags set by rename, in new and cur, and no message is lost or new (C 7)" {
	mailbox inbox 100*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; before=$(uids A)
	for round in S FS F RS ''; do
		for f in "$MAILDIR"/cur/*; do mv "$f" "${f%:2,*}:2,$round"; done
		must A NOOP; count A 100
	done
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == "$before" ]]; fetched A 50 FLAGS ''
}

@test ",U= , ,S= and ,W= that other tools add to names do not make new mail (C 31; formats 8)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; before=$(uids A); n=0
	for f in "$MAILDIR"/cur/*; do n=$((n + 1)); mv "$f" "${f%:2,*},U=$n:2,${f##*:2,}"; done
	must A NOOP; must A 'FETCH 1:* UID'; [[ $(uids A) == "$before" ]]; close A
	for f in "$MAILDIR"/cur/*; do mv "$f" "${f%,U=*},S=191,W=202:2,S"; done
	open B inbox; must B 'FETCH 1:* (UID FLAGS)'; [[ $(uids B) == "$before" ]]; fetched B 2 FLAGS '\Seen'
}

@test "files without :2, in cur, with :1, or with flags in disorder, are messages (formats 2)" {
	mailbox inbox; n=0
	for tail in '' ':2,' ':2,SF' ':2,SSFF' ':1,xyz' ':2,S,extra' ':2' ':' ':2,s' ':2,ab'; do n=$((n + 1)); cp "$MAIL/plain.eml" "$MAILDIR/cur/17000000$(printf %02d $n).M${n}P1.x$tail"; done; give "$MAILDIR"
	open A inbox; count A 10; must A 'FETCH 1:* (FLAGS BODY.PEEK[])'; fetched A 3 FLAGS '\Flagged \Seen'; fetched A 4 FLAGS '\Flagged \Seen'; same A 10 'BODY[]' plain.eml
	must A 'STORE 1:* +FLAGS (\Flagged)'; for i in {1..10}; do [[ $(value A $i FLAGS) == *Flagged* ]]; done
}

@test "dot files in cur and new are no messages (formats 1)" {
	mailbox inbox plain.eml; touch "$MAILDIR/cur/.hidden" "$MAILDIR/new/.nfs0000" "$MAILDIR/cur/.mbsyncstate"; give "$MAILDIR"
	open A inbox; count A 1; [[ -e $MAILDIR/cur/.hidden && -e $MAILDIR/new/.nfs0000 ]]
}

@test "odd file names are messages: blanks, quotes, 8-bit, very long, line feeds (E.3 11)" {
	mailbox inbox; n=0
	for name in 'with blank' 'quo"te' "ap'os" 'back\slash' $'8bit\xff\xfe' 'ünïcode' $'line\nfeed' $'esc\e[31m' '1' 'no-dots-at-all' "$(printf 'l%.0s' {1..240})" 'a:b' ',,,' '%s%n' '-rf'; do
		n=$((n + 1)); cp "$MAIL/plain.eml" "$MAILDIR/cur/$name:2,"
	done; give "$MAILDIR"
	open A inbox; count A $n; must A 'FETCH 1:* (UID FLAGS BODY.PEEK[])'; for ((i = 1; i <= n; i++)); do same A $i 'BODY[]' plain.eml; done
	must A 'STORE 1:* +FLAGS (\Seen)'; close A; open B inbox; count B $n; must B 'SEARCH UNSEEN'; searched B ''
	must B 'STORE 1:* +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; count B 0
}

@test "a Maildir without tmp or new is served (design: nothing stops a session)" {
	mailbox inbox plain.eml; rm -r "$MAILDIR/new" "$MAILDIR/tmp"
	open A inbox; count A 1; must A 'FETCH 1 BODY.PEEK[]'; must A 'APPEND inbox ' @plain.eml
}

@test "old files in tmp and strangers' files are left where they are" {
	mailbox inbox plain.eml; touch "$MAILDIR/notes.txt" "$MAILDIR/dovecot.index" "$MAILDIR/courierimapsubscribed"; mkdir "$MAILDIR/stuff"; give "$MAILDIR"
	open A inbox; must A 'FETCH 1 FLAGS'; must A 'LIST "" *'; close A
	[[ -e $MAILDIR/notes.txt && -e $MAILDIR/dovecot.index && -d $MAILDIR/stuff ]]
}

@test "the whole mailbox goes away under the session, and comes back" {
	mailbox inbox; mailbox box 3*plain.eml
	open A box; must A 'FETCH 1:* UID'; mv "$MAILDIR/.box" "$T/away"
	say A NOOP; say A 'FETCH 1 BODY.PEEK[]'; say A 'STORE 1 +FLAGS (\Seen)'; must A 'SELECT inbox'; say A 'SELECT box'; no A
	mv "$T/away" "$MAILDIR/.box"; must A 'SELECT box'; count A 3; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 2 3' ]]
}

@test "mail delivered while a session stores, copies and expunges is all told in the end" {
	mailbox inbox 10*plain.eml; mailbox box
	open A inbox
	for i in {1..20}; do
		deliver inbox plain.eml; must A "STORE 1 +FLAGS.SILENT (k$i)"; deliver inbox plain.eml:F; must A 'COPY 2 box'; deliver inbox plain.eml
		must A 'STORE 3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	done
	must A NOOP; count A 50; must A 'SEARCH FLAGGED'; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 20
}

@test "a delivery agent that puts into cur with flags is seen (Sieve)" {
	mailbox inbox
	open A inbox; deliver inbox plain.eml:SF; must A NOOP; count A 1; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged \Seen'
}

@test "two files of one base name are two messages, or one that is seen twice, and neither is lost (formats 1)" {
	mailbox inbox; cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000001.M1P1.x:2,S"; cp "$MAIL/plain-second.eml" "$MAILDIR/cur/1700000001.M1P1.x:2,F"; give "$MAILDIR"
	open A inbox; must A NOOP; must A 'FETCH 1:* (UID BODY.PEEK[])'; close A
	open B inbox; must B NOOP; [[ $(find "$MAILDIR/cur" -type f | wc -l) == 2 ]]
}

@test "a file that grows or changes after it was seen is served as it is, with its true size (C 15)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (RFC822.SIZE BODYSTRUCTURE)'; close A
	f=$(ls "$MAILDIR"/cur/*); cp "$MAIL/pdf-attachment.eml" "$f"
	open B inbox; must B 'FETCH 1 (RFC822.SIZE BODY.PEEK[] BODYSTRUCTURE)'; same B 1 'BODY[]' pdf-attachment.eml
}
