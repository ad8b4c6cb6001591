# UTF8=ACCEPT: RFC 6855, RFC 9755.
load ../lib

@test "names are modified UTF-7 before ENABLE and UTF-8 behind it (RFC 9755 3)" {
	mailbox inbox
	start A; must A 'CREATE "Entw&APw-rfe"'; must A 'LIST "" *'; names A INBOX 'Entw&APw-rfe'
	must A 'ENABLE UTF8=ACCEPT'; heard A '* ENABLED UTF8=ACCEPT'
	must A 'LIST "" *'; names A INBOX 'Entwürfe'; must A 'SELECT "Entwürfe"'; must A 'CREATE "日本語/台北"'; must A 'SUBSCRIBE "日本語/台北"'
	start B; must B 'LIST "" *'; names B INBOX 'Entw&APw-rfe' '&ZeVnLIqe-' '&ZeVnLIqe-/&U,BTFw-'
}

@test "an ampersand is only an ampersand behind ENABLE (RFC 9755 3)" {
	mailbox inbox
	start A; must A 'ENABLE UTF8=ACCEPT'; must A 'CREATE "R&D"'; must A 'LIST "" *'; names A INBOX 'R&D'; must A 'SELECT "R&D"'
	start B; must B 'LIST "" *'; names B INBOX 'R&-D'
}

@test "names that are not UTF-8 are refused (RFC 9755 3)" {
	mailbox inbox; start A; must A 'ENABLE UTF8=ACCEPT'
	raw A 'x CREATE "\xff\xfe"\r\n'; await A 'x BAD...'; raw A 'y CREATE {2+}\r\n\xff\xfe\r\n'; await A 'y NO...'; alive A
}

@test "APPEND takes UTF8 (~{n}) and keeps what was sent (RFC 6855 4)" {
	mailbox inbox
	open A inbox; must A 'ENABLE UTF8=ACCEPT'
	must A 'APPEND inbox (\Seen) UTF8 (' @~8bit-utf8-subject.eml ')'; must A 'FETCH 1 (FLAGS BODY.PEEK[])'; same A 1 'BODY[]' 8bit-utf8-subject.eml
	must A 'APPEND inbox ' @+8bit-utf8-subject.eml; must A 'FETCH 2 BODY.PEEK[]'; same A 2 'BODY[]' 8bit-utf8-subject.eml
	say A 'APPEND inbox UTF8 (' @+plain.eml ')'; bad A; say A 'APPEND inbox UTF8 (' @~plain.eml; bad A; count A 2
}

@test "APPEND UTF8 needs ENABLE first (RFC 6855 4)" {
	mailbox inbox; open A inbox; say A 'APPEND inbox UTF8 (~{4}'; bad A; alive A; count A 0
}

@test "ENVELOPE and BODYSTRUCTURE of 8-bit mail are answered in either mode" {
	mailbox inbox "$MAIL"/8bit-*.eml
	open A inbox; must A 'FETCH 1:* (ENVELOPE BODYSTRUCTURE)'; must A 'ENABLE UTF8=ACCEPT'; must A 'FETCH 1:* (ENVELOPE BODYSTRUCTURE)'
}
