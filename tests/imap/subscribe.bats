# SUBSCRIBE, UNSUBSCRIBE, LSUB: RFC 9051 sections 6.3.7, 6.3.8; RFC 3501 section 6.3.9.
load ../lib

@test "SUBSCRIBE and UNSUBSCRIBE change what LSUB and LIST (SUBSCRIBED) list (RFC 9051 6.3.7, 6.3.8)" {
	mailbox inbox; mailbox Work; mailbox Play
	start A; must A 'LSUB "" *'; names A
	must A 'SUBSCRIBE Work'; must A 'SUBSCRIBE inbox'
	must A 'LSUB "" *'; names A INBOX Work
	must A 'LIST (SUBSCRIBED) "" *'; names A INBOX Work; listed A Work '\Subscribed'
	must A 'UNSUBSCRIBE Work'; must A 'LSUB "" *'; names A INBOX
}

@test "mailboxes called like our own files keep subscriptions and metadata (RFC 9051 6.3.7, RFC 5464 4.3)" {
	mailbox inbox
	start A; must A 'CREATE mayfly-index (USE (\Junk))'; must A 'SUBSCRIBE mayfly-index'; must A 'SUBSCRIBE mayfly-subscriptions'
	must A 'SETMETADATA mayfly-index (/private/comment "ours")'; must A 'SUBSCRIBE Work'
	must A 'LSUB "" *'; names A Work mayfly-index mayfly-subscriptions
	must A 'GETMETADATA mayfly-index /private/comment'; heard A '* METADATA mayfly-index (/private/comment "ours")'
	must A 'LIST "" mayfly-index RETURN (SPECIAL-USE)'; listed A mayfly-index '\Junk'
}

@test "SUBSCRIBE twice is OK and listed once; UNSUBSCRIBE of what is not subscribed is OK (RFC 9051 6.3.7, 6.3.8)" {
	mailbox inbox; mailbox Work
	start A; must A 'SUBSCRIBE Work'; must A 'SUBSCRIBE Work'; must A 'LSUB "" *'; names A Work
	must A 'UNSUBSCRIBE Work'; must A 'UNSUBSCRIBE Work'; must A 'LSUB "" *'; names A
}

@test "a subscription outlives the mailbox, and the session (RFC 9051 6.3.7)" {
	mailbox inbox; mailbox Work
	start A; must A 'SUBSCRIBE Work'; close A
	rm -r "$MAILDIR/.Work"
	start B; must B 'LSUB "" *'; names B Work
	must B 'LIST (SUBSCRIBED) "" *'; listed B Work '\NonExistent' '\Subscribed'
	must B 'UNSUBSCRIBE Work'; must B 'LSUB "" *'; names B
}

@test "INBOX is subscribed under whatever case" {
	mailbox inbox
	start A; must A 'SUBSCRIBE iNbOx'; must A 'SUBSCRIBE INBOX'; must A 'LSUB "" *'; names A INBOX
	must A 'UNSUBSCRIBE inbox'; must A 'LSUB "" *'; names A
}

@test "LSUB with % shows a level above a subscribed name as \\Noselect (RFC 3501 6.3.9)" {
	mailbox inbox; mailbox foo; mailbox foo/bar; mailbox own
	start A; must A 'SUBSCRIBE foo/bar'; must A 'SUBSCRIBE own'
	must A 'LSUB "" %'; names A foo own; listed A foo '\Noselect'; listed A own '-\Noselect'
	must A 'LSUB "" *'; names A foo/bar own
	must A 'SUBSCRIBE foo'; must A 'LSUB "" %'; listed A foo '-\Noselect'
}

@test "LSUB takes a reference and patterns as LIST does (RFC 3501 6.3.9)" {
	mailbox inbox; mailbox foo/bar; mailbox foo/baz; mailbox other
	start A; for name in foo/bar foo/baz other; do must A "SUBSCRIBE $name"; done
	must A 'LSUB "foo/" *'; names A foo/bar foo/baz
	must A 'LSUB "" foo/%r'; names A foo/bar
	must A 'LSUB "" nothing'; names A
	must A 'LSUB foo/ bar'; names A foo/bar
}

@test "the subscriptions of two sessions are one list" {
	mailbox inbox; mailbox a; mailbox b
	start A; start B
	must A 'SUBSCRIBE a'; must B 'SUBSCRIBE b'; must A 'LSUB "" *'; names A a b
	must B 'UNSUBSCRIBE a'; must A 'LSUB "" *'; names A b
}

@test "SUBSCRIBE, UNSUBSCRIBE and LSUB in bad form are BAD" {
	mailbox inbox
	start A
	say A SUBSCRIBE; bad A
	say A 'SUBSCRIBE a b'; bad A
	say A UNSUBSCRIBE; bad A
	say A 'LSUB ""'; bad A
	say A 'LSUB'; bad A
	say A 'LSUB "" * x'; bad A
	alive A
}

@test "SUBSCRIBE refuses names that no mailbox can have" {
	mailbox inbox
	start A
	for name in '"../x"' '"a//b"' '""' '"/etc/passwd"'; do say A "SUBSCRIBE $name"; no A; done
	must A 'LSUB "" *'; names A
}

@test "a thousand subscriptions are kept" {
	mailbox inbox
	start A
	seq -f '%.0f' 1000 | awk '{ printf "x%d SUBSCRIBE box/%04d\r\n", $1, $1 }' >"$T/subscribe"
	pour A "$T/subscribe"; await A 'x1000 ...'
	must A 'LSUB "" box/*'; [[ $(text A | grep -c '^\* LSUB') == 1000 ]]
}

@test "LSUB shows special uses too, for those who list by it" {
	mailbox inbox
	start A; must A 'CREATE Gone (USE (\Trash))'; must A 'SUBSCRIBE Gone'
	must A 'LSUB "" *'; listed A Gone '\Trash'
}
