# Many commands in one packet, and packets cut anywhere: RFC 9051 sections 5.5, 2.2; RFC 7888; field B 6, 7.
load ../lib

@test "a hundred commands in one write are answered in order (RFC 9051 5.5)" {
	mailbox inbox 5*plain.eml; mailbox box
	open A inbox; script=
	for ((i = 1; i <= 20; i++)); do
		script+="a$i NOOP\r\nb$i FETCH 1:* (FLAGS UID)\r\nc$i STATUS box (MESSAGES)\r\nd$i UID SEARCH ALL\r\ne$i LIST \"\" *\r\n"
	done
	raw A "$script"; await A 'e20 OK...'
	[[ $(text A | grep -c ' OK ') == 100 ]]
}

@test "every octet a write of its own" {
	mailbox inbox plain.eml
	open A inbox
	trickle A 'a NOOP\r\nb FETCH 1 (FLAGS UID BODY.PEEK[HEADER.FIELDS (Subject)])\r\nc SEARCH SUBJECT "plain"\r\nd APPEND inbox (\\Seen) {5+}\r\nhello\r\ne CREATE {3+}\r\nabc\r\n'
	await A 'e OK...'; order A 'a OK...' '* 1 FETCH...' 'b OK...' '* SEARCH 1' 'c OK...' 'd OK...' 'e OK...'
}

@test "a script cut in two at every place is understood alike (B 6)" {
	mailbox inbox plain.eml
	open A inbox
	cleave A '%T NOOP\r\n%T FETCH 1 (FLAGS BODY.PEEK[HEADER.FIELDS ("Subject" From)]<0.7>)\r\n%T SEARCH CHARSET UTF-8 SUBJECT {5+}\r\nplain OR SEEN NOT ALL\r\n%T IDLE\r\nDONE\r\n%T UID FETCH 1:* UID\r\n'
}

@test "literals cut in two at every place (B 6)" {
	mailbox inbox
	start A
	cleave A '%T STATUS {5+}\r\ninbox (MESSAGES)\r\n%T LIST {0+}\r\n {1+}\r\n*\r\n%T ID ({1+}\r\na {2+}\r\n\r\n)\r\n%T STATUS inbox (UIDNEXT)\r\n'
}

@test "APPENDs with literals that do not wait, and commands behind them, in one packet (RFC 7888)" {
	mailbox inbox
	open A inbox; script=
	for i in 1 2 3 4 5; do script+="a$i APPEND inbox (\\\\Seen) {27+}\r\nSubject: number $i\r\n\r\nbody\r\n\r\nb$i NOOP\r\n"; done
	raw A "$script"; await A 'b5 OK...'; count A 5
	must A 'FETCH 1:* (FLAGS RFC822.SIZE)'; fetched A 5 RFC822.SIZE 27; fetched A 1 FLAGS '\Seen'
}

@test "a literal that waits, with the next command right behind it in one packet" {
	mailbox inbox
	open A inbox; raw A 'a APPEND inbox {27}\r\n'; await A '+...'
	raw A 'Subject: number 1\r\n\r\nbody\r\n\r\nb NOOP\r\nc FETCH 1 RFC822.SIZE\r\n'; await A 'c OK...'
	order A 'a OK [APPENDUID...' 'b OK...' 'c OK...'; fetched A 1 RFC822.SIZE 27
}

@test "a client that does not wait for + is served all the same (B 6)" {
	mailbox inbox
	open A inbox; raw A 'a APPEND inbox {27}\r\nSubject: number 1\r\n\r\nbody\r\n\r\nb NOOP\r\n'; await A 'b OK...'; order A '+...' 'a OK...' 'b OK...'
}

@test "a refused literal that waits: what follows is a command again" {
	mailbox inbox
	open A inbox; raw A 'a APPEND nowhere {5}\r\n'; await A '{{a NO|\+}}...'
	if text A | grep -q '^+'; then raw A 'hello\r\n'; await A 'a NO...'; fi
	alive A
}

@test "a slow command and a quick one: the answers keep their order (B 7)" {
	mailbox inbox 300*pdf-attachment.eml
	open A inbox; raw A 'a SEARCH BODY "nowhere to be found"\r\nb NOOP\r\nc FETCH 1:* BODYSTRUCTURE\r\nd NOOP\r\n'; await A 'd OK...'
	order A 'a OK...' 'b OK...' 'c OK...' 'd OK...'
}

@test "commands that change the mailbox, in one packet (RFC 9051 5.5)" {
	mailbox inbox 4*plain.eml; mailbox box
	open A inbox
	raw A 'a STORE 2 +FLAGS.SILENT (\\Deleted)\r\nb EXPUNGE\r\nc FETCH 2 UID\r\nd UID MOVE 4 box\r\ne UID FETCH 1:* FLAGS\r\nf SELECT box\r\ng FETCH 1 UID\r\n'
	await A 'g OK...'; order A '* 2 EXPUNGE' 'b OK...' '* 2 FETCH (UID 3)' 'c OK...' '* 3 EXPUNGE' 'd OK...' 'e OK...' '* 1 EXISTS' 'f OK...' '* 1 FETCH (UID 1)'
}

@test "an error in the middle of a packet stops nothing behind it" {
	mailbox inbox plain.eml
	open A inbox; raw A 'a NOOP\r\nb FETCH (\r\nc FETCH 1 FLAGS\r\nd SELECT nowhere\r\ne SELECT inbox\r\nf FETCH 1 FLAGS\r\n'; await A 'f OK...'
	order A 'a OK...' 'b BAD...' 'c OK...' 'd NO...' 'e OK...' 'f OK...'
}

@test "ten thousand commands in one go, read only at the end" {
	mailbox inbox plain.eml
	open A inbox; repeat A 10000 'a UID FETCH 1 FLAGS\r\n'; raw A 'z NOOP\r\n'; await A 'z OK...'
}

@test "the client sends and closes at once: all is still done" {
	mailbox inbox
	start A; raw A 'a CREATE one\r\nb APPEND one {5+}\r\nhello\r\nc CREATE two\r\n'; close A
	[[ -d $MAILDIR/.one && -d $MAILDIR/.two && $(find "$MAILDIR/.one/cur" "$MAILDIR/.one/new" -type f | wc -l) == 1 ]]
}

@test "a command cut off by the end of the input is not done" {
	mailbox inbox
	start A; raw A 'a CREATE one\r\nb CREATE two'; close A
	[[ -d $MAILDIR/.one && ! -e $MAILDIR/.two ]]
}
