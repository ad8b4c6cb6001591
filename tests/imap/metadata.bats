# METADATA: RFC 5464; LIST-METADATA: RFC 9590.
load ../lib

@test "entries of mailboxes and of the server are set, read, changed and removed (RFC 5464 4)" {
	mailbox inbox; mailbox box; start A
	must A 'SETMETADATA inbox (/private/comment "My own" /shared/comment "For all")'
	must A 'GETMETADATA inbox (/private/comment /shared/comment /private/none)'
	heard A '* METADATA INBOX (/private/comment "My own" /shared/comment "For all" /private/none NIL)'
	must A 'SETMETADATA inbox (/private/comment "Other" /shared/comment NIL)'
	must A 'GETMETADATA inbox /private/comment'; heard A '* METADATA INBOX (/private/comment "Other")'
	must A 'GETMETADATA inbox /shared/comment'; heard A '* METADATA INBOX (/shared/comment NIL)'
	must A 'SETMETADATA "" (/shared/admin "mailto:admin@example.org")'; must A 'GETMETADATA "" /shared/admin'
	heard A '* METADATA "" (/shared/admin "mailto:admin@example.org")'
	must A 'GETMETADATA box /private/comment'; heard A '* METADATA box (/private/comment NIL)'
}

@test "entry names know no case, values hold any octet (RFC 5464 3.1, 5)" {
	mailbox inbox; start A
	must A 'SETMETADATA inbox (/private/Color ' =+$'two\nlines' ')'; must A 'GETMETADATA inbox /PRIVATE/color'
	heard A '* METADATA INBOX (/private/Color {9}...'
	raw A 'x SETMETADATA inbox (/private/bin ~{4+}\r\na\0\xffb)\r\n'; await A 'x OK...'
	must A 'GETMETADATA inbox /private/bin'; heard A '* METADATA INBOX (/private/bin ~{4}...'
	must A 'SETMETADATA inbox (/private/Color "")'; must A 'GETMETADATA inbox /private/color'; heard A '* METADATA INBOX (/private/Color "")'
}

@test "an entry's name with specials is sent as a string (RFC 5464 3.1, 5)" {
	mailbox inbox; start A
	must A 'SETMETADATA inbox ("/private/a(b" "1" "/private/q\"\\" "2" "/private/two words" "3")'
	must A 'GETMETADATA (DEPTH infinity) inbox /private'
	heard A '* METADATA INBOX ("/private/a(b" "1" "/private/q\"\\" "2" "/private/two words" "3")'
	must A 'GETMETADATA inbox ("/private/no{ne" "/private/a(b")'; heard A '* METADATA INBOX ("/private/no{ne" NIL "/private/a(b" "1")'
	must A 'LIST "" inbox RETURN (METADATA ("/private/a(b"))'; heard A '* METADATA INBOX ("/private/a(b" "1")'
	for name in '/private/a*' '/private/a%' '/private//a' '/private/a/' '/other/a' 'private/a' '/private/'; do say A "SETMETADATA inbox (\"$name\" \"1\")"; bad A; done
	say A 'SETMETADATA inbox (' =+$'/private/a\tb' ' "1")'; bad A; say A 'SETMETADATA inbox ("/private/ä" "1")'; bad A
}

@test "DEPTH looks below an entry (RFC 5464 4.2.2)" {
	mailbox inbox; start A
	must A 'SETMETADATA inbox (/private/a "1" /private/a/b "2" /private/a/b/c "3" /private/ab "4")'
	must A 'GETMETADATA (DEPTH 0) inbox (/private/a)'; heard A '* METADATA INBOX (/private/a "1")'
	must A 'GETMETADATA (DEPTH 1) inbox (/private/a)'; heard A '* METADATA INBOX (/private/a "1" /private/a/b "2")'
	must A 'GETMETADATA inbox (DEPTH infinity) (/private/a)'; heard A '* METADATA INBOX (/private/a "1" /private/a/b "2" /private/a/b/c "3")'
	must A 'GETMETADATA (DEPTH infinity) inbox /private'; heard A '* METADATA INBOX (...c "3" /private/ab "4")'
}

@test "MAXSIZE leaves long values out and says so (RFC 5464 4.2.1)" {
	mailbox inbox; start A
	must A 'SETMETADATA inbox (/private/a "123456" /private/b "12")'
	must A 'GETMETADATA (MAXSIZE 5) inbox (/private/a /private/b)'; [[ $(code A) == 'METADATA LONGENTRIES 6' ]]
	heard A '* METADATA INBOX (/private/b "12")'
	must A 'GETMETADATA inbox (MAXSIZE 6) (/private/a)'; [[ -z $(code A) ]]
}

@test "too long and too many are refused, and nothing of the command is set (RFC 5464 4.3)" {
	mailbox inbox; start A; printf 'x%.0s' {1..65537} > "$T/long"
	say A 'SETMETADATA inbox (/private/ok "x" /private/long ' @+"$T/long" ')'; no A; [[ $(code A) == 'METADATA MAXSIZE 65536' ]]
	must A 'GETMETADATA inbox /private/ok'; heard A '* METADATA INBOX (/private/ok NIL)'
	must A "SETMETADATA inbox ($(printf '/private/n%s "" ' {1..250})/private/x \"\")"
	must A "SETMETADATA inbox ($(printf '/private/n%s "" ' {251..499})/private/x \"\")"
	say A 'SETMETADATA inbox (/private/more "" /private/x NIL /private/again "")'; no A; [[ $(code A) == 'METADATA TOOMANY' ]]
	must A 'SETMETADATA inbox (/private/more "" /private/x NIL)'
}

@test "entries go with RENAME and end with DELETE (RFC 5464 4.1)" {
	mailbox inbox; start A; must A 'CREATE box'; must A 'SETMETADATA box (/private/c "x")'; must A 'RENAME box other'
	must A 'GETMETADATA other /private/c'; heard A '* METADATA other (/private/c "x")'
	must A 'DELETE other'; must A 'CREATE other'; must A 'GETMETADATA other /private/c'; heard A '* METADATA other (/private/c NIL)'
	must A 'SETMETADATA inbox (/private/c "in")'; must A 'RENAME inbox moved'
	must A 'GETMETADATA moved /private/c'; heard A '* METADATA moved (/private/c "in")'; must A 'GETMETADATA inbox /private/c'; heard A '* METADATA INBOX (/private/c "in")'
}

@test "special use is an entry, and only what is known can be set (RFC 6154 5.4)" {
	mailbox inbox; start A; must A 'CREATE mine (USE (\Sent))'; must A 'GETMETADATA mine /private/specialuse'
	heard A '* METADATA mine (/private/specialuse "\\Sent")'
	must A 'SETMETADATA mine (/private/specialuse "\\Drafts")'; must A 'LIST (SPECIAL-USE) "" *'; listed A mine '\Drafts' '-\Sent'
	say A 'SETMETADATA mine (/private/specialuse "\\Nonsense")'; no A USEATTR
}

@test "bad names, mailboxes that are not there and bad words are refused (RFC 5464 5)" {
	mailbox inbox; start A
	for entry in comment /comment /private/ /private/a* /private/a% /private//a /other/a; do
		say A "SETMETADATA inbox ($entry \"x\")"; bad A; say A "GETMETADATA inbox $entry"; bad A
		start B; alive B; close B
		raw A 'n NOOP\r\n'; await A 'n OK...'
	done
	say A 'GETMETADATA nowhere /private/a'; no A NONEXISTENT; say A 'SETMETADATA nowhere (/private/a "x")'; no A NONEXISTENT
	say A 'SETMETADATA inbox ()'; bad A; say A 'SETMETADATA inbox (/private/a)'; bad A; say A 'GETMETADATA (DEPTH 2) inbox /private/a'; bad A
}

@test "what a mailbox is for reads as LIST says it (RFC 6154 5.4)" {
	mailbox inbox; mailbox box; start A
	must A 'SETMETADATA box (/private/specialuse "\\sent  \\DRAFTS \\Sent")'
	must A 'GETMETADATA box /private/specialuse'; heard A '* METADATA box (/private/specialuse "\\Sent \\Drafts")'
	must A 'LIST (SPECIAL-USE) "" *'; heard A '* LIST (...\Sent \Drafts) "/" box'
	must A 'SETMETADATA box (/private/specialuse NIL)'; must A 'GETMETADATA box /private/specialuse'; heard A '* METADATA box (/private/specialuse NIL)'
}

@test "LIST returns entries (RFC 9590 3)" {
	mailbox inbox; mailbox box; start A; must A 'SETMETADATA box (/private/color "red")'
	must A 'LIST "" * RETURN (METADATA (/private/color))'
	order A '* LIST ... INBOX' '* METADATA INBOX (/private/color NIL)' '* LIST ... box' '* METADATA box (/private/color "red")'
	must A 'LIST "" box RETURN (METADATA ("/private/color" /shared/comment) STATUS (MESSAGES))'; heard A '* METADATA box (/private/color "red" /shared/comment NIL)'
	say A 'LIST "" * RETURN (METADATA ())'; bad A
}

@test "of a METADATA option that LIST has twice the last one counts (RFC 5258 3)" {
	mailbox inbox; start A; must A 'SETMETADATA inbox (/private/a "1" /private/e "5")'
	must A 'LIST "" inbox RETURN (METADATA (/private/a /private/b /private/c /private/d) METADATA (/private/e /private/f))'
	heard A '* METADATA INBOX (/private/e "5" /private/f NIL)'
	must A 'LIST "" inbox RETURN (METADATA /private/a CHILDREN METADATA (/private/a))'; heard A '* METADATA INBOX (/private/a "1")'
}
