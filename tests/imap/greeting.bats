# The first line, and what is allowed before and after it: RFC 9051 sections 3, 6.2 and 7.1.4.
load ../lib

@test "the greeting is PREAUTH and carries the capabilities (RFC 9051 7.1.4, 7.2.2)" {
	mailbox inbox
	start A
	heard A '* PREAUTH [CAPABILITY ...]...'
	heard A '...IMAP4rev1...'; heard A '...IMAP4rev2...'
}

@test "CAPABILITY says the same as the greeting (RFC 9051 6.1.1)" {
	mailbox inbox
	start A; greeting=$(text A)
	must A CAPABILITY
	list=$(text A | sed -n 's/^\* CAPABILITY //p')
	[[ $greeting == *"[CAPABILITY $list]"* ]]
}

@test "a session that is authenticated refuses LOGIN, AUTHENTICATE and STARTTLS (RFC 9051 6.2)" {
	mailbox inbox
	start A
	say A 'LOGIN user pass'; bad A
	say A 'AUTHENTICATE PLAIN'; bad A
	say A 'STARTTLS'; bad A
	alive A
}

@test "a session that is authenticated names no way to log in (RFC 9051 7.2.2)" {
	mailbox inbox
	start A; must A CAPABILITY
	unheard A '...AUTH=...'; unheard A '...STARTTLS...'; unheard A '...LOGINDISABLED...'
}

@test "commands of the selected state are refused before SELECT, and after CLOSE (RFC 9051 3, 6.4)" {
	mailbox inbox plain.eml
	start A
	for round in before after; do
		for command in CLOSE UNSELECT EXPUNGE CHECK 'SEARCH ALL' 'FETCH 1 FLAGS' 'STORE 1 FLAGS (\Seen)' \
			'COPY 1 inbox' 'MOVE 1 inbox' 'UID FETCH 1 FLAGS' 'UID SEARCH ALL' 'UID STORE 1 FLAGS ()' \
			'UID COPY 1 inbox' 'UID MOVE 1 inbox' 'UID EXPUNGE 1'; do
			say A "$command"; bad A
		done
		must A 'SELECT inbox'; must A CLOSE
	done
	alive A
}

@test "commands of the authenticated state work in the selected state too (RFC 9051 6.4)" {
	mailbox inbox plain.eml
	open A inbox
	must A 'CREATE box'; must A 'SUBSCRIBE box'; must A 'LIST "" *'; must A 'STATUS box (MESSAGES)'
	must A 'APPEND box ' @plain.eml; must A 'NAMESPACE'; must A 'UNSUBSCRIBE box'; must A 'RENAME box crate'
	must A 'DELETE crate'; must A 'FETCH 1 FLAGS'
}

@test "an internet socket is not greeted PREAUTH (RFC 9051 7.1.4)" {
	mailbox inbox
	start A +tcp +silent
	excuse A; await A '* BYE ...'
	unheard A '* PREAUTH...'
	exited A any
}

@test "--trust-socket: a page of the web cannot have a browser post commands" {
	mailbox inbox 3*plain.eml
	start A +tcp --trust-socket; excuse A
	raw A 'POST / HTTP/1.1\r\nHost: 127.0.0.1:1143\r\nConnection: keep-alive\r\nContent-Length: 70\r\n\r\na SELECT INBOX\r\nb STORE 1:* +FLAGS (\Deleted)\r\nc EXPUNGE\r\nd LOGOUT\r\n'
	await A '* BYE...'; close A
	unheard A 'a OK...'
	# who has said something right may be wrong now and then
	open B inbox +tcp --trust-socket; count B 3
	for i in 1 2 3 4 5; do say B nonsense; bad B; done
	alive B
}

@test "--trust-socket greets PREAUTH on an internet socket" {
	mailbox inbox plain.eml
	open A inbox +tcp --trust-socket
	must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
}

@test "a pair of sockets and a pair of pipes serve alike" {
	mailbox inbox plain.eml
	open A inbox +socket; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
	open B inbox; must B 'FETCH 1 BODY.PEEK[]'; same B 1 'BODY[]' plain.eml
}

@test "the Maildir is made when it is not there and its parent is" {
	start A
	must A 'SELECT inbox'; count A 0
	[[ -d $MAILDIR/cur && -d $MAILDIR/new && -d $MAILDIR/tmp ]]
}

@test "no Maildir is made where its parent is missing, and nothing is served" {
	start A +maildir="$T/not/there" +silent
	excuse A; await A '* ...'
	[[ ! -e $T/not ]]
}

@test "the Maildir is ~/Maildir when none is named" {
	mailbox inbox plain.eml
	start A +maildir=; must A 'SELECT inbox'; count A 1
}
