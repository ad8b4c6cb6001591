# ACL: RFC 4314; LIST-MYRIGHTS: RFC 8440.
load ../lib

@test "MYRIGHTS tells what the file system allows (RFC 4314 3.5)" {
	mailbox inbox plain.eml; mailbox box; mailbox shut; chmod 500 "$MAILDIR/.shut" "$MAILDIR/.shut/cur" "$MAILDIR/.shut/new"
	start A; must A 'MYRIGHTS inbox'; heard A '* MYRIGHTS INBOX lrswiptedkc'
	must A 'MYRIGHTS box'; heard A '* MYRIGHTS box lrswiptedkxc'
	must A 'MYRIGHTS shut'; heard A '* MYRIGHTS shut lrkxc'
	must A 'SELECT shut'; [[ $(code A) == READ-ONLY ]]; chmod -R u+w "$MAILDIR/.shut"
	say A 'MYRIGHTS nowhere'; no A NONEXISTENT
}

@test "GETACL and LISTRIGHTS know the owner, SETACL and DELETEACL are NO [NOPERM] (RFC 4314 3)" {
	mailbox inbox; start A
	must A 'GETACL inbox'; heard A '* ACL INBOX owner lrswiptedkc'
	must A 'LISTRIGHTS inbox owner'; heard A '* LISTRIGHTS INBOX owner lrswiptedkc'
	must A 'LISTRIGHTS inbox smith'; heard A '* LISTRIGHTS INBOX smith ""'
	say A 'SETACL inbox smith lr'; no A NOPERM; say A 'DELETEACL inbox smith'; no A NOPERM; say A 'SETACL nowhere smith lr'; no A NONEXISTENT
	say A 'SETACL inbox'; bad A; alive A
}

@test "SETACL with a right that is unknown is BAD (RFC 4314 3.1)" {
	mailbox inbox; start A
	for rights in lrQswicda lrqswicda +z -9 l+r 'lr s'; do say A "SETACL inbox smith \"$rights\""; bad A; done
	for rights in lrswipkxteacd +cda - '' +; do say A "SETACL inbox smith \"$rights\""; no A NOPERM; done
}

@test "LIST returns rights (RFC 8440 4)" {
	mailbox inbox; mailbox box; start A; must A 'LIST "" * RETURN (MYRIGHTS)'
	order A '* LIST ... INBOX' '* MYRIGHTS INBOX lr...' '* LIST ... box' '* MYRIGHTS box lr...'
}
