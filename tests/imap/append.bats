# APPEND: RFC 9051 sections 6.3.12, 7.1 (APPENDUID, TRYCREATE); RFC 3501 6.3.11; RFC 4315; RFC 3516 section 4.4; RFC 7888.
load ../lib

@test "APPEND adds the message octet for octet, and names its UID (RFC 9051 6.3.12)" {
	mailbox inbox plain.eml
	open A inbox; validity=$(told A UIDVALIDITY)
	must A 'APPEND inbox ' @pdf-attachment.eml
	[[ $(code A) == "APPENDUID $validity 2" ]]
	heard A '* 2 EXISTS'; count A 2
	must A 'FETCH 2 (UID FLAGS BODY.PEEK[])'; fetched A 2 UID 2; fetched A 2 FLAGS ''; same A 2 'BODY[]' pdf-attachment.eml
}

@test "APPEND of every odd message gives back what was sent" {
	mailbox inbox; mailbox box
	start A; n=0; sent=()
	for f in "$MAIL"/{address-,boundary-,header-,nested-,rfc2047-b,cr-,crlf-,lf-}*.eml; do
		[[ -s $f ]] || continue
		must A 'APPEND box ' "@+$f"; n=$((n + 1)); sent[n]=$f
	done
	must A 'SELECT box'; count A $n
	for ((i = 1; i <= n; i++)); do must A "FETCH $i (BODY.PEEK[] RFC822.SIZE)"; same A $i 'BODY[]' "${sent[i]}"; done
}

@test "APPEND sets flags and keywords (RFC 9051 6.3.12)" {
	mailbox inbox
	open A inbox; must A 'APPEND inbox (\Seen \Flagged $Forwarded Custom) ' @plain.eml
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '$Forwarded \Flagged \Seen Custom'
	must A 'APPEND inbox () ' @plain.eml; must A 'FETCH 2 FLAGS'; fetched A 2 FLAGS ''
	must A 'APPEND inbox (\Draft \Answered \Deleted) ' @plain.eml
	must A 'FETCH 3 FLAGS'; fetched A 3 FLAGS '\Answered \Deleted \Draft'
}

@test "APPEND sets the internal date (RFC 9051 6.3.12)" {
	mailbox inbox
	open A inbox
	must A 'APPEND inbox "17-Jul-1996 02:44:25 -0700" ' @plain.eml
	must A 'FETCH 1 INTERNALDATE'; date=$(value A 1 INTERNALDATE)
	[[ $(date -d "${date//\"/}" +%s) == $(date -d '1996-07-17 02:44:25 -0700' +%s) ]]
	must A 'APPEND inbox (\Seen) " 1-Jan-2020 00:00:00 +0000" ' @plain.eml
	must A 'FETCH 2 (INTERNALDATE FLAGS)'; fetched A 2 FLAGS '\Seen'
	[[ $(date -d "$(value A 2 INTERNALDATE)" +%s) == 1577836800 ]]
	must A 'SEARCH ON 1-Jan-2020'; searched A 2
}

@test "APPEND keeps dates far away (E.3 10)" {
	mailbox inbox
	open A inbox; n=0
	for date in '01-Jan-1970 00:00:01 +0000' '19-Jan-2038 03:14:08 +0000' '07-Feb-2106 06:28:16 +0000' '29-Feb-2024 23:59:59 +1400' '31-Dec-1999 23:59:59 -1200'; do
		must A "APPEND inbox \"$date\" " @plain.eml; n=$((n + 1))
	done
	must A 'FETCH 1:* INTERNALDATE'
	[[ $(date -d "$(value A 1 INTERNALDATE)" +%s) == 1 && $(date -d "$(value A 2 INTERNALDATE)" +%s) == 2147483648 ]]
	[[ $(date -d "$(value A 3 INTERNALDATE)" +%s) == 4294967296 ]]
}

@test "APPEND without a date is dated now (RFC 9051 6.3.12)" {
	mailbox inbox
	open A inbox; before=$(date +%s); must A 'APPEND inbox ' @plain.eml; after=$(date +%s)
	must A 'FETCH 1 INTERNALDATE'; got=$(date -d "$(value A 1 INTERNALDATE)" +%s)
	[[ $got -ge $before && $got -le $after ]]
}

@test "APPEND to what is not there is NO [TRYCREATE] and makes nothing (RFC 9051 6.3.12)" {
	mailbox inbox
	start A; say A 'APPEND nowhere ' @plain.eml; no A TRYCREATE
	say A 'APPEND nowhere ' @+plain.eml; no A TRYCREATE
	must A 'LIST "" *'; names A INBOX
	must A 'CREATE nowhere'; must A 'APPEND nowhere ' @plain.eml
}

@test "APPEND to a mailbox that is not selected leaves the selected one alone" {
	mailbox inbox plain.eml; mailbox box
	open A inbox; must A 'APPEND box ' @plain.eml; unheard A '* <n> EXISTS'; count A 1
	must A 'STATUS box (MESSAGES)'; status A box MESSAGES 1
}

@test "APPEND with a literal that does not wait (RFC 7888)" {
	mailbox inbox
	open A inbox; must A 'APPEND inbox (\Seen) ' @+plain.eml; unheard A '+...'
	must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
}

@test "APPEND with literal8 keeps NULs, and BINARY gives them back (RFC 3516 4.4)" {
	mailbox inbox
	open A inbox; must A 'APPEND inbox ' '@~nul-in-body.eml'; must A 'APPEND inbox ' '@~+encoding-binary.eml'
	must A 'FETCH 1 (RFC822.SIZE BINARY.PEEK[1])'; heard A '* 1 FETCH (...~{...'
	save A 1 'BINARY[1]' "$T/got"; [[ $(tr -dc '\0' <"$T/got" | wc -c) == 2 ]]
	must A 'FETCH 2 BINARY.PEEK[1]'
}

@test "APPEND of a NUL in an ordinary literal is refused (RFC 9051 4.3)" {
	mailbox inbox
	open A inbox; say A 'APPEND inbox ' @+nul-in-body.eml
	text A | grep -qE '^A2 (NO|BAD)'
	must A NOOP; count A 0
}

@test "APPEND of an empty literal is refused or kept, and the session goes on (E.3 24)" {
	mailbox inbox
	open A inbox; say A 'APPEND inbox ' =; alive A
	say A 'APPEND inbox ' =+; alive A
	say A 'APPEND inbox ' '=x\r\n'; ok A
}

@test "APPEND keeps bare CR and bare LF as sizes that are true (E.3 24)" {
	mailbox inbox
	open A inbox
	must A 'APPEND inbox ' '=Subject: bare\r\n\r\none\rtwo\nthree\r\r\nfour\r\n'
	must A 'FETCH 1 (RFC822.SIZE BODY.PEEK[])'
}

@test "APPEND keeps a last line that does not end, and one that ends in CR" {
	mailbox inbox
	open A inbox
	for end in 'no end' 'a CR\r' 'two\r\n\r' '\r\r\n'; do
		must A 'APPEND inbox ' "=Subject: end\r\n\r\n$end"
	done
	must A 'FETCH 1:* (RFC822.SIZE BODY.PEEK[TEXT])'
	fetched A 1 'BODY[TEXT]' 'no end'; fetched A 2 'BODY[TEXT]' 'a CR<CR>'
	fetched A 3 'BODY[TEXT]' $'two\n<CR>'; fetched A 4 'BODY[TEXT]' $'<CR>\n'
}

@test "APPEND leaves a message that other Maildir programs can read" {
	mailbox inbox
	open A inbox; must A 'APPEND inbox (\Seen \Flagged) ' @plain.eml
	f=$(ls "$MAILDIR"/cur/*); [[ $f == *:2,FS ]]
	diff <(tr -d '\r' <"$f") "$MAIL/plain.eml"
	[[ $(stat -c %a "$f") == 600 ]]
}

@test "APPEND in bad form is BAD before the literal is asked for, and changes nothing (RFC 9051 6.3.12)" {
	mailbox inbox
	open A inbox
	for args in '' 'inbox' 'inbox plain' 'inbox (\Seen' 'inbox (\Seen) "not a date" {5}' 'inbox "17-Jul-1996" {5}' \
		'inbox "32-Jul-1996 02:44:25 -0700" {5}' 'inbox (\Seen) (\Seen) {5}' 'inbox {x}' 'inbox {-1}' 'inbox {5' \
		'inbox (bad flag(s)) {5}' 'inbox (\Recent \Seen' 'inbox "17-Foo-1996 02:44:25 -0700" {5}' 'inbox \Seen {5}'; do
		say A "APPEND $args"; bad A
		unheard A '+...'
	done
	alive A; count A 0
}

@test "APPEND with bad flags behind a literal that does not wait: the literal is not taken for commands" {
	mailbox inbox
	open A inbox
	raw A 'x APPEND inbox (\\Seen "oops" {24+}\r\ny CREATE smuggled\r\n12345\r\nz NOOP\r\n'
	await A 'x BAD...'; await A 'z OK...'; unheard A 'y ...'
	[[ ! -e $MAILDIR/.smuggled ]]
}

@test "what follows the literal must be the end of the command" {
	mailbox inbox
	open A inbox
	say A 'APPEND inbox ' @+plain.eml ' rubbish'; bad A
	alive A; count A 0
	must A 'SELECT inbox'; count A 0
}

@test "\\Recent cannot be set by APPEND (RFC 3501 2.3.2)" {
	mailbox inbox
	open A inbox; say A 'APPEND inbox (\Recent) ' @+plain.eml
	must A NOOP
}

@test "APPEND that the client breaks off leaves nothing behind" {
	mailbox inbox
	open A inbox; raw A 'x APPEND inbox {1000}\r\n'; await A '+...'
	raw A 'Subject: half\r\n\r\n'; close A
	[[ -z $(find "$MAILDIR"/{tmp,new,cur} -type f) ]]
}

@test "APPEND of 5 MB streams through" {
	mailbox inbox
	{ printf 'Subject: large\r\n\r\n'; yes 'all work and no play makes jack a dull boy' | head -n 110000 | sed 's/$/\r/'; } >"$T/large.eml"
	open A inbox; must A 'APPEND inbox ' "@$T/large.eml"; must A 'FETCH 1 (RFC822.SIZE BODY.PEEK[])'
	save A 1 'BODY[]' "$T/got"; cmp "$T/got" "$T/large.eml"
}

@test "APPEND of more than there may be is NO [TOOBIG] or BAD without reading it (RFC 7889 3)" {
	mailbox inbox
	open A inbox
	for size in 99999999999 4611686018427387904 9223372036854775807; do
		say A "APPEND inbox {$size}"; text A | grep -qE '^A[0-9]+ (NO|BAD)'
	done
	alive A
}

@test "two sessions append at once, and each UID is named once" {
	mailbox inbox
	start A; start B
	for i in {1..20}; do raw A "a$i APPEND inbox {3+}\r\nx\r\n\r\n"; raw B "b$i APPEND inbox {3+}\r\ny\r\n\r\n"; done
	await A 'a20 OK...'; await B 'b20 OK...'
	must A 'SELECT inbox'; count A 40; must A 'UID SEARCH ALL'; searched A "$(echo {1..40})"
}

@test "an appended message is there for other sessions and other programs at once" {
	mailbox inbox
	open A inbox; open B inbox
	must A 'APPEND inbox ' @plain.eml
	[[ $(ls "$MAILDIR"/cur "$MAILDIR"/new | grep -c .) -ge 1 ]]
	must B NOOP; heard B '* 1 EXISTS'; must B 'FETCH 1 BODY.PEEK[]'; same B 1 'BODY[]' plain.eml
}
