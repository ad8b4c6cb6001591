# BODY[section]<partial>: RFC 9051 sections 6.4.5 and 6.4.5.1.
load ../lib

part() {    # part A N SECTION TEXT: what the section holds
	must "$1" "FETCH $2 BODY.PEEK[$3]"; fetched "$1" "$2" "BODY[$3]" "$4"
}

@test "the parts of the RFC's own example (RFC 9051 6.4.5.1)" {
	cat >"$T/complex.eml" <<-'END'
	Subject: complex
	Content-Type: multipart/mixed; boundary=a

	--a
	Content-Type: text/plain

	one
	--a
	Content-Type: application/octet-stream

	two
	--a
	Content-Type: message/rfc822

	Subject: three
	Content-Type: multipart/mixed; boundary=b

	--b

	three-one
	--b
	Content-Type: application/octet-stream

	three-two
	--b--
	--a
	Content-Type: multipart/mixed; boundary=c

	--c
	Content-Type: image/gif

	four-one
	--c
	Content-Type: message/rfc822

	Subject: four-two
	Content-Type: multipart/mixed; boundary=d

	--d
	Content-Type: text/plain

	four-two-one
	--d
	Content-Type: multipart/alternative; boundary=e

	--e
	Content-Type: text/plain

	four-two-two-one
	--e
	Content-Type: text/richtext

	four-two-two-two
	--e--
	--d--
	--c--
	--a--
	END
	mailbox inbox "$T/complex.eml"; open A inbox
	part A 1 HEADER $'Subject: complex\nContent-Type: multipart/mixed; boundary=a\n\n'
	part A 1 1 one; part A 1 2 two
	part A 1 3.HEADER $'Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n'
	must A 'FETCH 1 (BODY.PEEK[3] BODY.PEEK[3.TEXT])'    # whether the line end before --a is theirs is disputed
	fetched_like A 1 'BODY[3.TEXT]' $'--b\n\nthree-one\n--b\nContent-Type: application/octet-stream\n\nthree-two\n--b--{{\n?}}'
	fetched_like A 1 'BODY[3]' $'Subject: three\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nthree-one\n--b\nContent-Type: application/octet-stream\n\nthree-two\n--b--{{\n?}}'
	part A 1 3.1 three-one; part A 1 3.2 three-two
	part A 1 4.1 four-one; part A 1 4.1.MIME $'Content-Type: image/gif\n\n'
	part A 1 4.2.HEADER $'Subject: four-two\nContent-Type: multipart/mixed; boundary=d\n\n'
	part A 1 4.2.1 four-two-one; part A 1 4.2.2.1 four-two-two-one; part A 1 4.2.2.2 four-two-two-two
	part A 1 4.2.2.2.MIME $'Content-Type: text/richtext\n\n'
	part A 1 3.MIME $'Content-Type: message/rfc822\n\n'
	part A 1 '3.HEADER.FIELDS (subject)' $'Subject: three\n\n'
	part A 1 '4.2.HEADER.FIELDS.NOT (subject)' $'Content-Type: multipart/mixed; boundary=d\n\n'
}

@test "a message that is not multipart has part 1 (RFC 9051 6.4.5.1)" {
	mailbox inbox plain.eml
	open A inbox; part A 1 1 $'Hello Ben,\n\nthis is all.\n\nAda\n'; part A 1 TEXT $'Hello Ben,\n\nthis is all.\n\nAda\n'
	must A 'FETCH 1 (BODY.PEEK[1] BODY.PEEK[TEXT] BODY.PEEK[HEADER])'
}

@test "a part that is not there is NIL or empty, and OK (RFC 9051 6.4.5.1)" {
	mailbox inbox plain.eml multipart-mixed.eml nested-rfc822-1.eml
	open A inbox
	for section in 2 1.1 1.2.3 99 2.MIME 5.HEADER 1.HEADER 1.TEXT 4294967295; do
		must A "FETCH 1 BODY.PEEK[$section]"; [[ $(value A 1 "BODY[$section]") == @(NIL|) ]]
	done
	for section in 3 3.MIME 9.9 3.HEADER; do
		must A "FETCH 2 BODY.PEEK[$section]"; [[ $(value A 2 "BODY[$section]") == @(NIL|) ]]
	done
}

@test "a message in a message: parts, header and text of the inner one (RFC 9051 6.4.5.1)" {
	mailbox inbox nested-rfc822-1.eml nested-rfc822-2.eml nested-rfc822-5.eml
	open A inbox
	part A 1 1.TEXT $'The innermost text.\n'; part A 1 1.1 $'The innermost text.\n'
	part A 1 '1.HEADER.FIELDS (SUBJECT)' $'Subject: innermost\n\n'
	part A 2 '1.1.HEADER.FIELDS (SUBJECT)' $'Subject: innermost\n\n'; part A 2 1.1.1 $'The innermost text.\n'
	part A 3 '1.1.1.1.1.HEADER.FIELDS (SUBJECT)' $'Subject: innermost\n\n'; part A 3 1.1.1.1.1.1 $'The innermost text.\n'
	part A 3 1.1.1.1.1.TEXT $'The innermost text.\n'
}

@test "MIME gives the header of the part (RFC 9051 6.4.5.1)" {
	mailbox inbox multipart-related.eml
	open A inbox
	part A 1 1.MIME $'Content-Type: text/html; charset=utf-8\nContent-ID: <page@example.org>\nContent-Location: page.html\nContent-Language: en\n\n'
	part A 1 2.MIME $'Content-Type: image/png\nContent-ID: <dot@example.org>\nContent-Transfer-Encoding: base64\nContent-Location: dot.png\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\nContent-Disposition: inline\n\n'
}

@test "HEADER.FIELDS gives those fields and the blank line, in the message's order and spelling (RFC 9051 6.4.5.1)" {
	mailbox inbox plain.eml headers-duplicated.eml header-odd-case.eml folded-with-tabs.eml
	open A inbox
	part A 1 'HEADER.FIELDS (SUBJECT FROM)' $'From: Ada Lark <ada@example.org>\nSubject: A plain message\n\n'
	part A 1 'HEADER.FIELDS (X-NONE)' $'\n'
	part A 2 'HEADER.FIELDS (CC)' $'Cc: cc1@example.org\nCc: cc2@example.org\n\n'
	part A 3 'HEADER.FIELDS (FROM)' $'fROM: ada@example.org\n\n'
	part A 4 'HEADER.FIELDS (REFERENCES)' $'References: <a@example.org>\n\t<b@example.org>\n\t<c@example.org>\n\n'
}

@test "HEADER.FIELDS.NOT gives the others (RFC 9051 6.4.5.1)" {
	mailbox inbox plain.eml
	open A inbox
	part A 1 'HEADER.FIELDS.NOT (FROM TO DATE MESSAGE-ID)' $'Subject: A plain message\n\n'
	part A 1 'HEADER.FIELDS.NOT (X-NONE)' $'From: Ada Lark <ada@example.org>\nTo: Ben Moor <ben@example.net>\nSubject: A plain message\nDate: Mon, 8 Jun 2026 01:01:00 +0200\nMessage-ID: <odd.001@example.org>\n\n'
	part A 1 'HEADER.FIELDS.NOT (FROM TO DATE MESSAGE-ID SUBJECT)' $'\n'
}

@test "field names match whole, not in part (RFC 9051 6.4.5.1)" {
	mailbox inbox headers-resent.eml
	open A inbox; part A 1 'HEADER.FIELDS (TO)' $'To: Ben Moor <ben@example.net>\n\n'
	part A 1 'HEADER.FIELDS (RESENT-TO)' $'Resent-To: gus@example.org\n\n'
	part A 1 'HEADER.FIELDS (RESENT)' $'\n'
}

@test "field names come as atoms, quoted strings and literals (RFC 9051 9, header-fld-name)" {
	mailbox inbox plain.eml
	open A inbox
	must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS ("Subject" To)]'; heard A $'...Subject: A plain message\n...'
	must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS (' =+Subject ' "To")]'; heard A $'...Subject: A plain message\n...'
	must A 'FETCH 1 (BODY.PEEK[HEADER.FIELDS (' =Subject ')] UID)'; heard A $'...Subject: A plain message\n...'; fetched A 1 UID 1
}

@test "a header without a blank line behind it: nothing is made up (RFC 9051 6.4.5.1)" {
	mailbox inbox header-only.eml empty-file.eml body-only.eml one-newline.eml
	open A inbox
	must A 'FETCH 1 (BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT])'; same A 1 'BODY[]' header-only.eml; fetched A 1 'BODY[TEXT]' ''
	must A 'FETCH 2 (BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] RFC822.SIZE)'; fetched A 2 'BODY[]' ''; fetched A 2 RFC822.SIZE 0
	must A 'FETCH 3 (BODY.PEEK[HEADER] BODY.PEEK[TEXT])'; fetched A 3 'BODY[HEADER]' $'\n'; fetched A 3 'BODY[TEXT]' $'This message has no header at all.\n'
	must A 'FETCH 4 (BODY.PEEK[] RFC822.SIZE)'; fetched A 4 RFC822.SIZE 2
}

@test "partials: from, within and beyond the end (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml
	open A inbox
	must A 'FETCH 1 BODY.PEEK[TEXT]<0.5>'; fetched A 1 'BODY[TEXT]<0>' Hello
	must A 'FETCH 1 BODY.PEEK[TEXT]<6.3>'; fetched A 1 'BODY[TEXT]<6>' Ben
	must A 'FETCH 1 BODY.PEEK[]<0.2048>'; fetched_like A 1 'BODY[]<0>' $'From: ...Ada\n'
	must A 'FETCH 1 BODY.PEEK[]<200.2048>'; fetched A 1 'BODY[]<200>' $'\n'
	must A 'FETCH 1 BODY.PEEK[]<202.10>'; fetched A 1 'BODY[]<202>' ''
	must A 'FETCH 1 BODY.PEEK[]<4294967290.10>'; fetched A 1 'BODY[]<4294967290>' ''
	must A 'FETCH 1 BODY.PEEK[HEADER.FIELDS (SUBJECT)]<9.5>'; fetched A 1 'BODY[HEADER.FIELDS (SUBJECT)]<9>' 'A pla'
	must A 'FETCH 1 BODY.PEEK[1]<10.4>'; fetched_like A 1 'BODY[1]<10>' '...'
}

@test "the pieces of a message put together are the message, also where CR and LF are cut (RFC 9051 6.4.5)" {
	mailbox inbox pdf-attachment.eml cr-cr-lf.eml crlf-line-ends.eml
	open A inbox
	for n in 1 2 3; do
		must A "FETCH $n RFC822.SIZE"; size=$(value A $n RFC822.SIZE)
		for step in 1 2 37; do
			[[ $step -gt 2 || $size -lt 500 ]] || continue
			items= names=()
			for ((at = 0; at < size; at += step)); do items+=" BODY.PEEK[]<$at.$step>"; names+=("BODY[]<$at>"); done
			must A "FETCH $n (BODY.PEEK[]$items)"; joined A $n 'BODY[]' "${names[@]}"
		done
	done
}

@test "several sections of one message in one command, with partials of the same section" {
	mailbox inbox multipart-mixed.eml
	open A inbox; must A 'FETCH 1 (BODY.PEEK[1] BODY.PEEK[2] BODY.PEEK[1.MIME] BODY.PEEK[1]<0.4> BODY.PEEK[1]<4.4> BODY.PEEK[HEADER])'
	fetched A 1 'BODY[1]' 'implicitly typed'; fetched A 1 'BODY[2]' 'explicitly typed'; fetched A 1 'BODY[1]<0>' impl; fetched A 1 'BODY[1]<4>' icit
}

@test "every part that BODYSTRUCTURE shows can be fetched, with the size that it says (B 12)" {
	for f in "$MAIL"/{multipart,boundary,nested,content,encoding,rfc2231}-*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	open A inbox; n=0
	for ((i = 1; i <= ${#specs[@]}; i++)); do parts=$(parts A $i) || { echo "${specs[i - 1]}: $parts"; return 1; }; n=$((n + parts)); done
	[[ $n -gt 200 ]]
}

@test "the header fields that Thunderbird, Apple Mail and others ask for (B)" {
	mailbox inbox priority-headers.eml headers-list.eml
	open A inbox
	must A 'UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])'
	must A 'FETCH 1:* (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc message-id in-reply-to references x-priority x-uniform-type-identifier x-universally-unique-identifier)])'
	must A 'UID FETCH 1:2 (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE X-MICROSOFT-ORIGINAL-MESSAGE-ID FROM CONTENT-TYPE SECURE-JOIN CHAT-VERSION)])'
	must A 'UID FETCH 1 (BODY.PEEK[1]<0.393216>)'
}
