# BINARY, BINARY.PEEK, BINARY.SIZE: RFC 9051 sections 6.4.5, 7.5.2; RFC 3516.
load ../lib

@test "BINARY decodes base64 and quoted-printable, BINARY.SIZE agrees (RFC 3516 4.2, 4.3)" {
	mailbox inbox encoding-base64-binary.eml encoding-quoted-printable.eml pdf-attachment.eml plain.eml
	open A inbox
	must A 'FETCH 1 (BINARY.PEEK[1] BINARY.SIZE[1])'; fetched A 1 'BINARY.SIZE[1]' 768; save A 1 'BINARY[1]' "$T/got"
	cmp "$T/got" <(python3 -c 'import sys; sys.stdout.buffer.write(bytes(range(256)) * 3)')
	must A 'FETCH 2 (BINARY.PEEK[1] BINARY.SIZE[1])'; save A 2 'BINARY[1]' "$T/got"
	[[ $(value A 2 'BINARY.SIZE[1]') == $(stat -c %s "$T/got") ]]; grep -q 'Grüße aus Köln' "$T/got"
	must A 'FETCH 3 (BINARY.PEEK[2] BINARY.SIZE[2] BINARY.SIZE[1])'; fetched A 3 'BINARY.SIZE[2]' 1300
	save A 3 'BINARY[2]' "$T/got"; [[ $(stat -c %s "$T/got") == 1300 ]]
	must A 'FETCH 4 (BINARY.PEEK[1] BINARY.SIZE[1])'; fetched A 4 'BINARY.SIZE[1]' 35
}

@test "data with NUL comes as literal8, data without as a string (RFC 3516 4.2; RFC 9051 7.5.2)" {
	mailbox inbox encoding-base64-binary.eml encoding-quoted-printable-nul.eml encoding-base64.eml
	open A inbox
	must A 'FETCH 1 BINARY.PEEK[1]'; heard A '* 1 FETCH (...BINARY[1] ~{768}...'
	must A 'FETCH 2 BINARY.PEEK[1]'; heard A '* 2 FETCH (...~{...'
	must A 'FETCH 3 BINARY.PEEK[1]'; unheard A '...~{...'
}

@test "BINARY sets \\Seen, BINARY.PEEK does not (RFC 3516 4.2)" {
	mailbox inbox 2*encoding-base64.eml
	open A inbox; must A 'FETCH 1 BINARY.PEEK[1]'; unfetched A 1 FLAGS; must A 'FETCH 1 BINARY.SIZE[1]'; unfetched A 1 FLAGS
	must A 'FETCH 2 BINARY[1]'; fetched A 2 FLAGS '\Seen'; must A 'FETCH 1:2 FLAGS'; fetched A 1 FLAGS ''
}

@test "partials count decoded octets (RFC 3516 4.2)" {
	mailbox inbox encoding-base64-binary.eml
	open A inbox; must A 'FETCH 1 BINARY.PEEK[1]<65.3>'; fetched A 1 'BINARY[1]<65>' ABC
	must A 'FETCH 1 BINARY.PEEK[1]<760.100>'; save A 1 'BINARY[1]<760>' "$T/got"; [[ $(stat -c %s "$T/got") == 8 ]]
	must A 'FETCH 1 BINARY.PEEK[1]<768.10>'; fetched A 1 'BINARY[1]<768>' ''
	must A 'FETCH 1 BINARY.PEEK[1]<0.1>'; save A 1 'BINARY[1]<0>' "$T/got"; cmp "$T/got" <(printf '\0')
}

@test "an encoding that we do not know is NO [UNKNOWN-CTE] (RFC 3516 4.3)" {
	mailbox inbox encoding-unknown.eml plain.eml
	open A inbox
	say A 'FETCH 1 BINARY.PEEK[1]'; no A UNKNOWN-CTE
	say A 'FETCH 1 BINARY.SIZE[1]'; no A UNKNOWN-CTE
	# what became \Seen is told, though there is no other answer
	say A 'FETCH 1 BINARY[1]'; no A UNKNOWN-CTE; heard A '* 1 FETCH (...FLAGS (\Seen...'
	must A 'FETCH 2 BINARY.PEEK[1]'
}

@test "BINARY[] is the whole message as it stands (RFC 3516 4.2)" {
	mailbox inbox multipart-mixed.eml nul-in-body.eml
	open A inbox; must A 'FETCH 1:2 BINARY.PEEK[]'; same A 1 'BINARY[]' multipart-mixed.eml
	save A 2 'BINARY[]' "$T/got"; crlf nul-in-body.eml "$T/want"; cmp "$T/got" "$T/want"
}

@test "text has CRLF line ends, whatever its lines end in on disk (RFC 9051 7.5.2)" {
	mailbox inbox encoding-quoted-printable.eml
	open A inbox; must A 'FETCH 1 BINARY.PEEK[1]'; save A 1 'BINARY[1]' "$T/got"
	[[ -s $T/got && $(tr -dc '\n' <"$T/got" | wc -c) == $(tr -dc '\r' <"$T/got" | wc -c) ]]
}

@test "broken base64 and quoted-printable decode as far as they can, the size agreeing" {
	for f in "$MAIL"/encoding-{base64,quoted-printable}*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	open A inbox
	for ((i = 1; i <= ${#specs[@]}; i++)); do
		say A "FETCH $i (BINARY.SIZE[1] BINARY.PEEK[1])"; ok A || { echo "${specs[i - 1]}"; return 1; }
		save A $i 'BINARY[1]' "$T/got"; [[ $(stat -c %s "$T/got") == "$(value A $i 'BINARY.SIZE[1]')" ]] || { echo "${specs[i - 1]}"; return 1; }
	done
}

@test "BINARY of a part that is not there is NIL or empty (RFC 3516 4.2)" {
	mailbox inbox plain.eml
	open A inbox; say A 'FETCH 1 BINARY.PEEK[7]'; alive A
	say A 'FETCH 1 BINARY.SIZE[7]'; alive A
}

@test "BINARY of a multipart or of a message in a message does no harm (RFC 9051 6.4.5)" {
	mailbox inbox multipart-alternative-in-related-in-mixed.eml nested-rfc822-1.eml
	open A inbox; say A 'FETCH 1 BINARY.PEEK[1]'; alive A; say A 'FETCH 2 BINARY.PEEK[1]'; alive A; say A 'FETCH 1 BINARY.SIZE[1]'; alive A
}

@test "UID FETCH BINARY, several parts and sizes in one command (RFC 3516 4.2)" {
	mailbox inbox multipart-alternative-in-related-in-mixed.eml
	open A inbox; must A 'UID FETCH 1 (BINARY.PEEK[1.1.1] BINARY.PEEK[1.2] BINARY.SIZE[2] BINARY.PEEK[2]<0.2>)'
	fetched_like A 1 'BINARY[1.1.1]' 'text{{\n?}}'; fetched A 1 'BINARY.SIZE[2]' 22; fetched A 1 'BINARY[2]<0>' PK
	save A 1 'BINARY[1.2]' "$T/got"; [[ $(head -c 4 "$T/got" | tail -c 3) == PNG ]]
}

@test "sections beside part numbers, which RFC 3516 has not, are what BODY shows; <n> goes to the end" {
	mailbox inbox pdf-attachment.eml; open A inbox
	for section in HEADER TEXT 1.MIME 2.MIME 'HEADER.FIELDS (SUBJECT FROM)'; do
		must A "FETCH 1 (BODY.PEEK[$section] BINARY.PEEK[$section] BINARY.SIZE[$section])"
		save A 1 "BODY[$section]" "$T/body"; same A 1 "BINARY[$section]" "$T/body"
		fetched A 1 "BINARY.SIZE[$section]" "$(stat -c %s "$T/body")"
	done
	must A 'FETCH 1 (BINARY.PEEK[2] BINARY.PEEK[2]<100>)'; save A 1 'BINARY[2]' "$T/whole"; save A 1 'BINARY[2]<100>' "$T/rest"
	cmp <(tail -c +101 "$T/whole") "$T/rest"
	must A 'FETCH 1 BINARY.PEEK[3.MIME]'; fetched A 1 'BINARY[3.MIME]' NIL
}
