# COPY, MOVE: RFC 9051 sections 6.4.7, 6.4.8, 7.1 (COPYUID, TRYCREATE); RFC 4315 section 3; RFC 6851.
load ../lib

@test "COPY copies text, flags, keywords and internal date, and names the UIDs (RFC 9051 6.4.7)" {
	mailbox inbox plain.eml plain-second.eml@1400000000:SF plain.eml; mailbox box 2*plain.eml
	open A inbox; must A 'STORE 2 +FLAGS.SILENT (custom)'; must A 'STATUS box (UIDVALIDITY)'; validity=$(status A box UIDVALIDITY)
	must A 'COPY 2:3 box'; [[ $(code A) == "COPYUID $validity 2:3 3:4" ]]
	count A 3; must A 'SELECT box'; count A 4
	must A 'FETCH 3 (UID FLAGS INTERNALDATE BODY.PEEK[])'; same A 3 'BODY[]' plain-second.eml; fetched A 3 FLAGS '\Flagged \Seen custom'
	[[ $(date -d "$(value A 3 INTERNALDATE)" +%s) == 1400000000 ]]
}

@test "COPYUID pairs source and copy in order, whatever order was asked (RFC 4315 3; B 3)" {
	mailbox inbox plain.eml plain-second.eml plain-reply.eml pdf-attachment.eml; mailbox box
	open A inbox; must A 'COPY 4,1,3 box'
	read -r _ _ from to <<<"$(code A)"
	expand() { local piece; for piece in ${1//,/ }; do seq "${piece%:*}" "${piece#*:}"; done; }
	mapfile -t sources < <(expand "$from"); mapfile -t copies < <(expand "$to"); [[ ${#sources[@]} == 3 && ${#copies[@]} == 3 ]]
	files=(plain.eml plain-second.eml plain-reply.eml pdf-attachment.eml)
	must A 'SELECT box'; must A 'UID FETCH 1:* BODY.PEEK[]'
	for i in 0 1 2; do same A "${copies[i]}" 'BODY[]' "${files[sources[i] - 1]}"; done
}

@test "COPY to what is not there is NO [TRYCREATE] and makes nothing (RFC 9051 6.4.7)" {
	mailbox inbox plain.eml
	open A inbox; say A 'COPY 1 nowhere'; no A TRYCREATE; say A 'UID COPY 1 nowhere'; no A TRYCREATE
	say A 'MOVE 1 nowhere'; no A TRYCREATE; say A 'UID MOVE 1 nowhere'; no A TRYCREATE
	count A 1; must A 'LIST "" *'; names A INBOX
}

@test "COPY into the mailbox that is selected (RFC 9051 6.4.7)" {
	mailbox inbox plain.eml:S plain-second.eml
	open A inbox; must A 'COPY 1:2 inbox'; heard A '* 4 EXISTS'; count A 4
	must A 'FETCH 3:4 (UID FLAGS BODY.PEEK[])'; same A 3 'BODY[]' plain.eml; fetched A 3 FLAGS '\Seen'; fetched A 4 UID 4
}

@test "COPY of nothing is OK (RFC 9051 6.4.9)" {
	mailbox inbox plain.eml; mailbox box
	open A inbox; must A 'UID COPY 100:200 box'; [[ $(code A) != COPYUID* ]]; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 0
}

@test "UID COPY (RFC 9051 6.4.9)" {
	mailbox inbox 4*plain.eml; mailbox box
	open A inbox; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	must A 'UID COPY 2,4 box'; [[ $(code A) == *' 2,4 1:2' ]]; must A 'UID COPY 3:* box'; [[ $(code A) == *' 3:4 3:4' ]]
}

@test "COPY of all or nothing: one message is gone (RFC 9051 6.4.7)" {
	mailbox inbox plain.eml plain-second.eml plain.eml; mailbox box
	open A inbox; rm "$MAILDIR"/cur/*second*
	say A 'COPY 1:3 box'; n=0; text A | grep -q '^A2 OK' && n=2
	must A 'STATUS box (MESSAGES)'; status A box MESSAGES $n
	must A NOOP; count A 2
}

@test "COPY by number of a message that another expunged is NO, by UID it is passed over (RFC 2180 4.4, RFC 5530 3)" {
	mailbox inbox 4*plain.eml; mailbox box; open A inbox; open B inbox
	must B 'STORE 2 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	say A 'COPY 1:2 box'; no A EXPUNGEISSUED; heard A '* 2 EXPUNGE'; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 0
	must B 'UID STORE 3 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A 'UID COPY 1:3 box'; [[ $(code A) == *' 1 1' ]]; heard A '* 2 EXPUNGE'
	must B 'UID STORE 4 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	must A 'MOVE 1:2 box'; heard A '* OK [COPYUID <n> 1 2]...'; must A NOOP; count A 0
	mailbox more plain.eml; must A 'SELECT more'; must B 'SELECT more'; must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE
	say A 'MOVE 1 box'; no A EXPUNGEISSUED; heard A '* 1 EXPUNGE'
}

@test "a copy and its original are two: flags and removal of one leave the other (RFC 9051 6.4.7)" {
	mailbox inbox plain.eml; mailbox box
	open A inbox; must A 'COPY 1 box'; must A 'STORE 1 FLAGS (\Deleted)'; must A EXPUNGE
	must A 'SELECT box'; count A 1; must A 'FETCH 1 (FLAGS BODY.PEEK[])'; fetched A 1 FLAGS ''; same A 1 'BODY[]' plain.eml
}

@test "COPY out of EXAMINE works, MOVE does not (RFC 9051 6.3.3)" {
	mailbox inbox plain.eml; mailbox box
	start A; must A 'EXAMINE inbox'; must A 'COPY 1 box'; say A 'MOVE 1 box'; no A
	must A 'STATUS box (MESSAGES)'; status A box MESSAGES 1; count A 1
}

@test "MOVE moves with text, flags, keywords and internal date: COPYUID first, then EXPUNGE (RFC 9051 6.4.8)" {
	mailbox inbox plain.eml plain-second.eml@1400000000:SF plain.eml; mailbox box
	open A inbox; must A 'STORE 2 +FLAGS.SILENT (custom)'; must A 'STATUS box (UIDVALIDITY)'; validity=$(status A box UIDVALIDITY)
	must A 'MOVE 2 box'
	order A "* OK [COPYUID $validity 2 1]..." '* 2 EXPUNGE' 'A4 OK...'; unheard A '...FETCH...\Deleted...'
	count A 2; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 3' ]]
	must A 'SELECT box'; count A 1; must A 'FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])'; same A 1 'BODY[]' plain-second.eml; fetched A 1 FLAGS '\Flagged \Seen custom'
	[[ $(date -d "$(value A 1 INTERNALDATE)" +%s) == 1400000000 ]]
	[[ $(ls "$MAILDIR/cur" | wc -l) == 2 ]]
}

@test "UID MOVE of several, with holes (RFC 9051 6.4.8)" {
	mailbox inbox 6*plain.eml; mailbox box
	open A inbox; must A 'UID MOVE 2,4:5,100 box'; heard A '* OK [COPYUID <n> 2,4:5 1:3]...'; count A 3
	must A 'FETCH 1:* UID'; [[ $(uids A) == '1 3 6' ]]; must A 'UID MOVE 2,4:5 box'; unheard A '* <n> EXPUNGE'
}

@test "MOVE leaves messages that are \\Deleted where they are (RFC 9051 6.4.8)" {
	mailbox inbox plain.eml:T plain.eml; mailbox box
	open A inbox; must A 'MOVE 2 box'; count A 1; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Deleted'
}

@test "MOVE into the mailbox that is selected gives new UIDs and loses nothing (RFC 9051 6.4.8)" {
	mailbox inbox plain.eml:S plain-second.eml
	open A inbox; must A 'MOVE 1 inbox'; must A NOOP; count A 2
	must A 'FETCH 1:2 (UID FLAGS BODY.PEEK[])'; fetched A 1 UID 2; same A 1 'BODY[]' plain-second.eml
	fetched A 2 UID 3; same A 2 'BODY[]' plain.eml; fetched A 2 FLAGS '\Seen'
}

@test "MOVE is told to others as expunge here and new mail there" {
	mailbox inbox 3*plain.eml; mailbox box
	open A inbox; open B inbox; open C box; must A 'MOVE 2 box'
	must B NOOP; heard B '* 2 EXPUNGE'; must C NOOP; heard C '* 1 EXISTS'
}

@test "MOVE there and back, and each time a new UID (RFC 9051 6.4.8)" {
	mailbox inbox plain.eml:S; mailbox box
	open A inbox
	for i in 1 2 3; do
		must A 'SELECT inbox'; must A 'MOVE * box'; must A 'SELECT box'; must A 'MOVE * inbox'
	done
	must A 'SELECT inbox'; count A 1; must A 'FETCH 1 (UID FLAGS BODY.PEEK[])'; fetched A 1 UID 4; fetched A 1 FLAGS '\Seen'; same A 1 'BODY[]' plain.eml
}

@test "COPY and MOVE in bad form are BAD" {
	mailbox inbox plain.eml; mailbox box
	open A inbox
	for command in COPY MOVE 'UID COPY' 'UID MOVE'; do
		for args in '' '1' 'x box' '0 box' '1 box x' '1 (box)' '1  box' '1, box' '(1) box'; do say A "$command $args"; bad A; done
	done
	alive A; count A 1; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 0
}

@test "COPY of a thousand messages, MOVE of a thousand" {
	mailbox inbox 1000*plain.eml; mailbox box
	open A inbox; must A 'COPY 1:* box'; [[ $(code A) == *' 1:1000 1:1000' ]]
	must A 'MOVE 1:* box'; count A 0; must A 'SELECT box'; count A 2000
}

@test "COPY of mail that was recent: it is recent in its new place (RFC 3501 6.4.7)" {
	mailbox inbox plain.eml:new; mailbox box
	open A inbox; must A 'COPY 1 box'; must A 'STATUS box (RECENT)'; status A box RECENT 1
}

@test "COPY and MOVE within a mailbox keep keywords though another message of the set was just renamed or removed" {
	mailbox inbox 4*plain.eml
	open A inbox; must A 'STORE 1 +FLAGS ($Junk)'; open B inbox
	rm "$MAILDIR"/cur/*000002P1*; f=$(ls "$MAILDIR"/cur/*000003P1*); mv "$f" "${f}F"
	must B 'UID COPY 1:4 inbox'; heard B '... OK [COPYUID <n> 1,3:4 5:7]...'; must B 'UID FETCH 5:7 FLAGS'; fetched B 4 FLAGS '$Junk'; fetched B 5 FLAGS '\Flagged'
	rm "$MAILDIR"/cur/*000003P1*; must A 'UID MOVE 1,3 inbox'; must A NOOP; must A 'UID FETCH 8 FLAGS'; fetched A 5 FLAGS '$Junk'
}

@test "flags that another program sets while MOVE has begun go along" {
	needs strace
	mailbox inbox 2*plain.eml; mailbox box; for name in inbox box; do open P $name; close P; done
	start A --no-sandbox +under="strace -f -qq -o $T/trace -e trace=fdatasync -e inject=fdatasync:signal=STOP:when=1"
	must A 'SELECT inbox'; raw A 'm MOVE 1 box\r\n'
	until grep -q 'stopped by' "$T/trace"; do :; done
	f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f}FS"; kill -CONT "$(awk '{ print $1; exit }' "$T/trace")"
	await A 'm OK...'; close A; open B box; must B 'FETCH 1 FLAGS'; fetched B 1 FLAGS '\Flagged \Seen'
}
