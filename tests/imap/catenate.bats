# CATENATE: RFC 4469; URL-PARTIAL: RFC 5550 section 3.
load ../lib

TEXT='Subject: new\r\n\r\n'

@test "CATENATE puts texts and a whole message together (RFC 4469 3)" {
	mailbox inbox plain.eml
	open A inbox; v=$(told A UIDVALIDITY)
	must A "APPEND inbox (\\Seen) CATENATE (TEXT " '=+X: y
' " URL \"/INBOX;UIDVALIDITY=$v/;UID=1\" TEXT " '=tail' ')'
	[[ $(code A) == "APPENDUID $v 2" ]]; must A 'FETCH 2 (FLAGS BODY.PEEK[])'; fetched A 2 FLAGS '\Seen'; save A 2 'BODY[]' "$T/got"
	crlf plain.eml "$T/plain"; { printf 'X: y\r\n'; cat "$T/plain"; printf tail; } | cmp - "$T/got"
}

@test "CATENATE takes sections and partial ranges (RFC 4469 3; RFC 5550 3)" {
	mailbox inbox multipart-mixed.eml
	open A inbox; must A 'FETCH 1 (BODY.PEEK[HEADER] BODY.PEEK[1] BODY.PEEK[2.MIME] BODY.PEEK[]<3.10> BODY.PEEK[]<5.100000>)'
	save A 1 'BODY[HEADER]' "$T/h"; save A 1 'BODY[1]' "$T/1"; save A 1 'BODY[2.MIME]' "$T/m"; save A 1 'BODY[]<3>' "$T/p"; save A 1 'BODY[]<5>' "$T/r"
	must A 'APPEND inbox CATENATE (URL "/inbox/;UID=1/;SECTION=HEADER" URL "/INBOX/;uid=1/;section=1" URL /INBOX/;UID=1/;SECTION=2.MIME URL "/INBOX/;UID=1/;PARTIAL=3.10" URL "/INBOX/;UID=1/;PARTIAL=5")'
	must A 'FETCH 2 BODY.PEEK[]'; save A 2 'BODY[]' "$T/got"; cat "$T/h" "$T/1" "$T/m" "$T/p" "$T/r" | cmp - "$T/got"
}

@test "a URL without a mailbox means the selected one, and header lists work" {
	mailbox inbox plain.eml
	open A inbox; must A 'APPEND inbox CATENATE (URL "/;UID=1/;SECTION=HEADER.FIELDS%20(Subject)" TEXT ' =+body ')'
	must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]'; save A 1 'BODY[HEADER.FIELDS (SUBJECT)]' "$T/h"
	must A 'FETCH 2 BODY.PEEK[]'; save A 2 'BODY[]' "$T/got"; { cat "$T/h"; printf body; } | cmp - "$T/got"
}

@test "URLs name mailboxes in UTF-8 with % escapes (RFC 5092 3)" {
	mailbox inbox; start A; must A 'CREATE "Entw&APw-rfe x"'; must A 'APPEND "Entw&APw-rfe x" ' @+plain.eml
	must A 'APPEND inbox CATENATE (URL "/Entw%C3%BCrfe%20x/;UID=1")'
	must A 'SELECT inbox'; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
}

@test "a URL that means nothing is NO [BADURL], and nothing is left (RFC 4469 4.1)" {
	mailbox inbox plain.eml
	open A inbox; v=$(told A UIDVALIDITY)
	for url in '/INBOX/;UID=2' "/INBOX;UIDVALIDITY=$((v + 1))/;UID=1" '/nowhere/;UID=1' '/INBOX/;UID=1/;SECTION=9' \
		'/INBOX/;UID=0' 'imap://host/INBOX/;UID=1' '//host/INBOX/;UID=1' '/INBOX' '/IN%0/;UID=1' '/INBOX/;UID=1/;SECTION=HEADER.FIELDS' \
		'/INBOX/;UID=1/;PARTIAL=x' '/INBOX/;UID=1/;PARTIAL=0.0' '/INBOX/;UID=1x' '/INBOX/;UID=1/;WHAT=1' '/%FF/;UID=1'; do
		say A "APPEND inbox CATENATE (TEXT " =+x " URL \"$url\" TEXT " =+y ')'; no A BADURL; [[ $(code A) == BADURL\ * ]]
	done
	count A 1; [[ $(ls "$MAILDIR/tmp" | wc -l) == 0 ]]
}

@test "CATENATE of nothing, of unknown parts and without an end is refused (RFC 4469 5)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'APPEND inbox CATENATE ()'; bad A; say A 'APPEND inbox CATENATE (FILE x)'; bad A
	say A 'APPEND inbox CATENATE (TEXT "x")'; bad A; say A 'APPEND inbox CATENATE (TEXT ' =+x; bad A
	say A 'APPEND inbox CATENATE (TEXT ' =+ ')'; no A; alive A; count A 1
}

@test "CATENATE works with several messages in one command (RFC 3502)" {
	mailbox inbox plain.eml
	open A inbox; must A 'APPEND inbox ' @+plain.eml ' CATENATE (URL "/INBOX/;UID=1") (\Seen) ' @+plain.eml; count A 4
	must A 'FETCH 2:4 BODY.PEEK[]'; for n in 2 3 4; do same A $n 'BODY[]' plain.eml; done
}
