# --read-only: everything can be read, nothing on disk changes.
load ../lib

# All names, sizes, times of change and links below the Maildir.
state() { find "$(folder inbox)" -printf '%p %s %T@ %m %l\n' | LC_ALL=C sort; }

# $1: sandboxed or not
try_everything() {
	mailbox inbox 3*plain.eml plain.eml:new; mailbox box plain.eml:T
	open A inbox; must A 'SETMETADATA "" (/private/comment "x")'; must A 'SUBSCRIBE box'; close A
	# no UID can be written down for this one, so it is not shown
	deliver inbox plain.eml
	state >"$T/before"
	start A --read-only "$@"; say A 'SELECT inbox'; ok A READ-ONLY; count A 4
	must A 'FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY[] PREVIEW)'
	must A 'FETCH 1:* (EMAILID THREADID SAVEDATE)'; fetched A 1 THREADID NIL
	must A 'THREAD REFS UTF-8 ALL'; must A 'SEARCH TEXT plain'; must A 'SORT (SUBJECT) UTF-8 ALL'; must A 'LIST "" * RETURN (STATUS (MESSAGES) MYRIGHTS)'
	heard A '* MYRIGHTS INBOX lr'
	must A 'STATUS box (MESSAGES UIDNEXT)'; must A 'GETMETADATA "" /private/comment'; must A 'LIST (SUBSCRIBED) "" *'; listed A box
	must A CHECK; must A NOOP
	for command in 'STORE 1 +FLAGS (\Seen)' 'STORE 1 +FLAGS (word)' 'COPY 1 box' 'COPY 1 inbox' 'MOVE 1 box' \
		'CREATE new' 'CREATE new (USE (\Drafts))' 'DELETE box' 'RENAME box bin' 'RENAME inbox bin' 'SUBSCRIBE inbox' 'UNSUBSCRIBE box' \
		'SETMETADATA "" (/private/comment "y")' 'SETMETADATA inbox (/shared/comment "y")'; do
		say A "$command"; no A
	done
	say A 'APPEND inbox ' @plain.eml; no A
	say A 'APPEND inbox ' @plain.eml ' ' @plain.eml; no A
	say A 'APPEND inbox CATENATE (URL "/INBOX;UIDVALIDITY=1/;UID=1")'; no A
	say A 'REPLACE 1 inbox ' @plain.eml; no A
	say A EXPUNGE; must A 'FETCH 1 BODY[]'; must A 'SELECT box'
	say A 'UID EXPUNGE 1'; must A CLOSE; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 1
	close A; exited A 0
	diff "$T/before" <(state)
}

@test "every command that would change something is refused, and nothing changes" {
	try_everything
}

@test "without the sandbox too: the program itself holds back" {
	try_everything --no-sandbox
}

@test "a Maildir that was never opened can be read, and gets no file of ours" {
	mailbox inbox 3*plain.eml
	start A --read-only; say A 'SELECT inbox'; ok A READ-ONLY; count A 3; must A 'FETCH 1:* (UID BODY.PEEK[HEADER])'; [[ $(uids A) == '1 2 3' ]]
	deliver inbox plain.eml; must A NOOP; count A 4; close A
	[[ -z $(find "$(folder inbox)" -name 'mayfly-*') ]]
}

@test "a Maildir that is not there is not made" {
	start A --read-only +silent +maildir="$T/none"
	excuse A; await A '* BYE [UNAVAILABLE] ...'; [[ ! -e $T/none ]]
}

@test "what others change is seen while it is open" {
	mailbox inbox 2*plain.eml
	open B inbox; start A --read-only; say A 'SELECT inbox'
	must B 'STORE 1 +FLAGS (\Flagged)'; must B 'APPEND inbox ' @plain.eml; must A NOOP; count A 3; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged'
}
