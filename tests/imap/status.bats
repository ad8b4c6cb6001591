# STATUS: RFC 9051 sections 6.3.11, 7.3.3; RFC 3501 section 6.3.10; RFC 8438.
load ../lib

@test "STATUS tells each item (RFC 9051 6.3.11; RFC 3501 6.3.10)" {
	mailbox inbox plain.eml:S plain.eml:ST 2*plain.eml plain.eml:new
	start A; must A 'STATUS inbox (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE)'
	status A INBOX MESSAGES 5; status A INBOX UIDNEXT 6; status A INBOX UNSEEN 3; status A INBOX DELETED 1
	[[ $(status A INBOX UIDVALIDITY) -gt 0 && $(status A INBOX RECENT) -ge 1 ]]
	status A INBOX SIZE $((5 * 202))
	heard A '* STATUS ...' 1
}

@test "STATUS SIZE is the sum of RFC822.SIZE, CRLF counted (RFC 8438 2; RFC 9051 6.3.11)" {
	mailbox inbox plain.eml crlf-line-ends.eml multipart-mixed.eml empty-file.eml cr-cr-lf.eml
	open A inbox; must A 'FETCH 1:* RFC822.SIZE'; sum=0
	for i in 1 2 3 4 5; do sum=$((sum + $(value A $i RFC822.SIZE))); done
	must A UNSELECT; must A 'STATUS inbox (SIZE)'; status A INBOX SIZE $sum
}

@test "STATUS tells the items that were asked for and no others (RFC 9051 6.3.11)" {
	mailbox inbox plain.eml
	start A; must A 'STATUS inbox (MESSAGES)'; heard A '* STATUS {{(?i:inbox)}} (MESSAGES 1)'
	must A 'STATUS inbox (messages Unseen)'; status A INBOX UNSEEN 1
}

@test "STATUS does not change what is selected, nor what is recent (RFC 9051 6.3.11)" {
	mailbox inbox plain.eml; mailbox other 2*plain.eml:new
	open A inbox; must A 'STATUS other (MESSAGES RECENT UNSEEN)'; status A other MESSAGES 2; status A other RECENT 2; count A 1
	must A 'FETCH 1 FLAGS'; must A 'STATUS other (RECENT)'; status A other RECENT 2
	must A 'SELECT other'; heard A '* 2 RECENT'
}

@test "STATUS of the mailbox that is selected works (RFC 9051 6.3.11)" {
	mailbox inbox plain.eml
	open A inbox; must A 'STATUS inbox (MESSAGES UIDNEXT)'; status A INBOX MESSAGES 1; status A INBOX UIDNEXT 2
	deliver inbox plain.eml; must A NOOP; count A 2
	must A 'STATUS inbox (MESSAGES UIDNEXT)'; status A INBOX MESSAGES 2; status A INBOX UIDNEXT 3
}

@test "STATUS of what is not there is NO (RFC 9051 6.3.11; RFC 5530)" {
	mailbox inbox; mailbox foo/bar
	start A
	say A 'STATUS nowhere (MESSAGES)'; no A NONEXISTENT
	say A 'STATUS foo (MESSAGES)'; no A
	unheard A '* STATUS...'
}

@test "STATUS in bad form is BAD" {
	mailbox inbox
	start A
	say A 'STATUS'; bad A
	say A 'STATUS inbox'; bad A
	say A 'STATUS inbox MESSAGES'; bad A
	say A 'STATUS inbox ()'; bad A
	say A 'STATUS inbox (NONSENSE)'; bad A
	say A 'STATUS inbox (MESSAGES'; bad A
	say A 'STATUS inbox (MESSAGES UNSEEN) x'; bad A
	say A 'STATUS (MESSAGES)'; bad A
	alive A; unheard A '* STATUS...'
}

@test "STATUS UIDNEXT and UIDVALIDITY are those of SELECT (RFC 9051 2.3.1.1)" {
	mailbox inbox 3*plain.eml; mailbox empty
	start A
	for name in inbox empty; do
		must A "STATUS $name (UIDNEXT UIDVALIDITY)"; next=$(status A $name UIDNEXT); validity=$(status A $name UIDVALIDITY)
		must A "SELECT $name"; [[ $(told A UIDNEXT) == "$next" && $(told A UIDVALIDITY) == "$validity" ]]
	done
}

@test "STATUS follows flags that another session or program changes" {
	mailbox inbox; mailbox other 2*plain.eml
	start A; open B other
	must A 'STATUS other (UNSEEN)'; status A other UNSEEN 2
	must B 'STORE 1 +FLAGS.SILENT (\Seen)'; must A 'STATUS other (UNSEEN)'; status A other UNSEEN 1
	f=$(ls -d "$MAILDIR"/.other/cur/*:2,); mv "$f" "${f}S"; must A 'STATUS other (UNSEEN)'; status A other UNSEEN 0
	rm "$MAILDIR"/.other/cur/*; must A 'STATUS other (MESSAGES UIDNEXT)'; status A other MESSAGES 0; status A other UIDNEXT 3
}

@test "STATUS of a mailbox that was quiet for long sees what happens then, and what is lost or damaged" {
	mailbox inbox; mailbox other 3*plain.eml:S plain.eml:T; dir=$MAILDIR/.other
	rest() { touch -d 2020-01-0$1 "$dir/cur" "$dir/new"; look; look; }
	look() { must A 'STATUS other (MESSAGES UNSEEN DELETED UIDNEXT UIDVALIDITY MAILBOXID HIGHESTMODSEQ DELETED-STORAGE)'; }
	start A; rest 1; validity=$(status A other UIDVALIDITY)
	for item in 'MESSAGES 4' 'UNSEEN 1' 'DELETED 1' 'UIDNEXT 5' 'DELETED-STORAGE 202'; do status A other $item; done
	deliver other plain.eml; look; status A other MESSAGES 5; status A other UNSEEN 2
	rest 2; status A other MESSAGES 5
	f=$(ls -d "$dir"/new/*); mv "$f" "$dir/cur/${f##*/}:2,S"; look; status A other UNSEEN 1
	rest 3; open B other; must B 'STORE 1 -FLAGS.SILENT (\Seen)'; touch -d 2020-01-03 "$dir/cur"; look; status A other UNSEEN 2
	rest 4; modseq=$(status A other HIGHESTMODSEQ); must B 'STORE 1 +FLAGS.SILENT ($Work)'; look
	[[ $(status A other HIGHESTMODSEQ) -gt $modseq ]]
	rest 5; rm "$dir/mayfly-index"; look; status A other MESSAGES 5; status A other UNSEEN 2
	rest 6; must B UNSELECT; must B 'SELECT other'; look; printf 'X' | dd of="$dir/mayfly-index" bs=1 seek=40 conv=notrunc status=none
	look; status A other MESSAGES 5; status A other UNSEEN 2; status A other UIDNEXT 6; status A other UIDVALIDITY "$validity"
	rm -r "$dir"; say A 'STATUS other (MESSAGES)'; no A NONEXISTENT
	refute ls "$dir"
}

@test "IMAP4rev2 asks STATUS for DELETED and SIZE too (RFC 9051 6.3.11)" {
	mailbox inbox plain.eml:T
	start A; must A 'ENABLE IMAP4rev2'; must A 'STATUS inbox (DELETED SIZE)'; status A INBOX DELETED 1; status A INBOX SIZE 202
}
