# Commands of any state and those about the session: RFC 9051 sections 6.1, 6.3.1, 6.3.10; RFC 2971.
load ../lib

@test "CAPABILITY lists what this server promises, each word once (RFC 9051 6.1.1)" {
	mailbox inbox
	start A; must A CAPABILITY
	heard A '* CAPABILITY ...' 1
	for word in IMAP4rev1 IMAP4rev2 ENABLE ID IDLE NAMESPACE UNSELECT UIDPLUS MOVE ESEARCH SEARCHRES WITHIN \
		LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE CHILDREN BINARY LITERAL+ STATUS=SIZE; do
		heard A "* CAPABILITY{{( .*)?}} $word{{( .*)?}}"
	done
}

@test "CAPABILITY does not change by ENABLE or by SELECT (RFC 9051 6.3.1)" {
	mailbox inbox
	start A; must A CAPABILITY; before=$(text A | grep '^\* CAP')
	must A 'ENABLE IMAP4rev2'; must A CAPABILITY; [[ $(text A | grep '^\* CAP') == "$before" ]]
	must A 'SELECT inbox'; must A CAPABILITY; [[ $(text A | grep '^\* CAP') == "$before" ]]
}

@test "CAPABILITY, NOOP, LOGOUT and CHECK take no arguments" {
	mailbox inbox
	open A inbox
	say A 'CAPABILITY x'; bad A
	say A 'NOOP x'; bad A
	say A 'CHECK x'; bad A
	say A 'LOGOUT x'; bad A
	alive A
}

@test "command names know no case, and tags are given back as they came (RFC 9051 2.2.1)" {
	mailbox inbox plain.eml
	start A
	say A 'nOoP'; ok A; say A 'select InBoX'; ok A; say A 'fetch 1 (fLaGs uid)'; ok A
	for tag in a A 1 000 abc.def '!#$&' "';:,=" '[x]' 'a]' '-_<>@~`|/?^}'; do
		raw A "$tag NOOP\r\n"; await A "$tag OK..."
	done
}

@test "NOOP tells new mail (RFC 9051 6.1.2)" {
	mailbox inbox plain.eml
	open A inbox; count A 1
	deliver inbox plain-second.eml
	must A NOOP; heard A '* 2 EXISTS'; count A 2
	must A NOOP; unheard A '* <n> EXISTS'
}

@test "CHECK does what NOOP does (RFC 3501 6.4.1)" {
	mailbox inbox plain.eml
	open A inbox
	deliver inbox plain-second.eml
	must A CHECK; heard A '* 2 EXISTS'
}

@test "LOGOUT says BYE, then OK, then closes (RFC 9051 6.1.3)" {
	mailbox inbox
	start A; must A LOGOUT
	order A '* BYE ...' 'A1 OK...'
	exited A 0
}

@test "LOGOUT in the selected state does not expunge (RFC 9051 6.4.1)" {
	mailbox inbox plain.eml:T
	open A inbox; must A LOGOUT; exited A 0
	open B inbox; count B 1
}

@test "what follows LOGOUT in the same packet is not done" {
	mailbox inbox
	start A; raw A 'a LOGOUT\r\nb CREATE after\r\n'; await A 'a OK...'; exited A 0
	unheard A 'b ...'
	[[ ! -e $MAILDIR/.after ]]
}

@test "ENABLE IMAP4rev2 is confirmed, and what is unknown is passed over (RFC 9051 6.3.1, 7.2.1)" {
	mailbox inbox
	start A
	must A 'ENABLE X-GOOD-IDEA IMAP4rev2 NAMESPACE'
	heard A '* ENABLED {{(?i:IMAP4rev2)}}'
}

@test "ENABLE of nothing known is answered by an empty ENABLED (RFC 9051 7.2.1)" {
	mailbox inbox
	start A; must A 'ENABLE X-GOOD-IDEA'
	heard A '* ENABLED'
}

@test "ENABLE without an argument is BAD (RFC 9051 6.3.1)" {
	mailbox inbox
	start A
	say A 'ENABLE'; bad A
	say A 'ENABLE ('; bad A
	say A 'ENABLE "IMAP4rev2"'; bad A
	alive A
}

@test "ENABLE right before SELECT in one packet holds for it (RFC 9051 6.3.1)" {
	mailbox inbox
	start A
	raw A 'e ENABLE IMAP4rev2\r\ns SELECT inbox\r\n'; await A 's OK...'
	heard A '* LIST ...INBOX...'
	unheard A '* <n> RECENT'
}

@test "NAMESPACE names one personal namespace and the separator (RFC 9051 6.3.10, 7.3.2)" {
	mailbox inbox
	start A; must A NAMESPACE
	heard A '* NAMESPACE (("" "/")) NIL NIL'
	say A 'NAMESPACE x'; bad A
}

@test "--prefix and --separator give the names that clients know from another server" {
	mailbox inbox; mailbox Work/2026
	start A --prefix=INBOX. --separator=.
	must A NAMESPACE; heard A '* NAMESPACE (("INBOX." ".")) NIL NIL'
	must A 'LIST "" *'; listed A INBOX; listed A INBOX.Work.2026
	must A 'SELECT INBOX.Work.2026'
	must A 'CREATE INBOX.Other'; [[ -d $MAILDIR/.Other/cur ]]
}

@test "ID is answered with name and version and no more about us than a user would tell (RFC 2971 3.1)" {
	mailbox inbox
	start A; must A 'ID NIL'
	heard A '* ID (..."name" "{{(?i:mayfly)}}"...)'
	unheard A "...$T..."
}

@test "ID takes fields, NIL values and an empty list (RFC 2971 3.1)" {
	mailbox inbox
	start A
	must A 'ID ("name" "test" "version" "1.0" "os" NIL)'; heard A '* ID ...'
	must A 'ID ()'; heard A '* ID ...'
	must A 'ID (' =name ' ' =+test ')'; heard A '* ID ...'
	must A 'id ("x-originating-ip" "192.0.2.1")'
}

@test "ID in bad form is BAD (RFC 2971 3.1)" {
	mailbox inbox
	start A
	say A 'ID'; bad A
	say A 'ID ("name")'; bad A
	say A 'ID (name test)'; bad A
	say A 'ID "name" "test"'; bad A
	say A 'ID ("name" "x"'; bad A
	alive A
}

@test "ID within its bounds is taken: 30 fields, names of 30 and values of 1024 octets (RFC 2971 3.3)" {
	mailbox inbox
	start A
	value=$(printf 'v%.0s' {1..1024}); fields=
	for i in {10..39}; do fields+=" \"field-with-a-name-of-thirty-$i\" \"$value\""; done
	must A "ID (${fields# })"
	alive A
}

@test "a command that nobody knows is BAD and named (RFC 9051 6.5, 7.1.3)" {
	mailbox inbox
	start A
	say A 'BLURDYBLOOP'; bad A
	say A 'XPIG-LATIN x y z'; bad A
	say A 'UID'; bad A
	say A 'UID NOOP'; bad A
	say A 'UID XYZ 1'; bad A
	alive A
}
