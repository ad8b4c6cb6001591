# FETCH, its items: RFC 9051 sections 6.4.5, 7.5.2; RFC 3501 sections 6.4.5, 7.4.2.
load ../lib

@test "FLAGS, UID, INTERNALDATE, RFC822.SIZE (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml@1400000000:SF
	open A inbox; must A 'FETCH 1 (FLAGS UID INTERNALDATE RFC822.SIZE)'
	fetched A 1 FLAGS '\Flagged \Seen'; fetched A 1 UID 1; fetched A 1 RFC822.SIZE 202
	[[ $(date -d "$(value A 1 INTERNALDATE)" +%s) == 1400000000 ]]
	heard A '* 1 FETCH ...' 1
}

@test "the macros ALL, FAST and FULL (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml
	open A inbox
	must A 'FETCH 1 FAST'; for item in FLAGS INTERNALDATE RFC822.SIZE; do value A 1 $item; done; unfetched A 1 ENVELOPE
	must A 'FETCH 1 ALL'; for item in FLAGS INTERNALDATE RFC822.SIZE ENVELOPE; do value A 1 $item; done; unfetched A 1 BODY
	must A 'FETCH 1 FULL'; for item in FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY; do value A 1 $item; done
	must A 'FETCH 1 full'
}

@test "a macro is used by itself (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml
	open A inbox
	say A 'FETCH 1 (ALL)'; bad A
	say A 'FETCH 1 (FAST UID)'; bad A
	say A 'FETCH 1 ALL FULL'; bad A
	alive A
}

@test "ENVELOPE of a message with every field (RFC 9051 7.5.2)" {
	mailbox inbox all-envelope-fields.eml
	open A inbox; must A 'FETCH 1 ENVELOPE'
	fetched_like A 1 ENVELOPE '("Mon, ..." "Every field of an envelope" (("Ada Lark" NIL "ada" "example.org")) (("Secretary" NIL "office" "example.org")) (("Ada at home" NIL "ada" "home.example") ("Lark, Ada" NIL "lark" "example.org")) (("Ben Moor" NIL "ben" "example.net")) (("Dora" NIL "dora" "example.net") (NIL NIL "eve" "example.com")) (("Hidden, Henry" NIL "henry" "example.net")) "<before@example.net>" "<odd.004@example.org>")'
}

@test "ENVELOPE: Sender and Reply-To default to From (RFC 9051 7.5.2)" {
	mailbox inbox plain.eml header-empty-values.eml
	open A inbox; must A 'FETCH 1 ENVELOPE'
	fetched_like A 1 ENVELOPE '(... (("Ada Lark" NIL "ada" "example.org")) (("Ada Lark" NIL "ada" "example.org")) (("Ada Lark" NIL "ada" "example.org")) (("Ben Moor" NIL "ben" "example.net")) NIL NIL NIL "<odd.001@example.org>")'
}

@test "ENVELOPE: groups have a start and an end (RFC 9051 7.5.2)" {
	mailbox inbox address-group.eml address-group-empty.eml
	open A inbox; must A 'FETCH 1:2 ENVELOPE'
	fetched_like A 1 ENVELOPE '...((NIL NIL "Friends" NIL) (NIL NIL "ann" "example.org") ("Bob" NIL "bob" "example.org") (NIL NIL NIL NIL))...'
	fetched_like A 2 ENVELOPE '...((NIL NIL "undisclosed-recipients" NIL) (NIL NIL NIL NIL))...'
}

@test "ENVELOPE: what is missing is NIL, what is there and empty is an empty string or NIL (RFC 9051 7.5.2)" {
	mailbox inbox headers-none-known.eml empty-file.eml header-empty-values.eml
	open A inbox; must A 'FETCH 1:3 ENVELOPE'
	fetched A 1 ENVELOPE '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'
	fetched A 2 ENVELOPE '(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)'
}

@test "ENVELOPE: encoded words are given as they stand (RFC 9051 7.5.2)" {
	mailbox inbox rfc2047-q.eml
	open A inbox; must A 'FETCH 1 ENVELOPE'
	fetched_like A 1 ENVELOPE '(... "=?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?=" (("=?iso-8859-1?Q?J=FCrgen_Gro=DF?=" NIL "j" "example.org"))...'
}

@test "ENVELOPE: a folded subject comes on one line (RFC 9051 7.5.2)" {
	mailbox inbox folded-everything.eml
	open A inbox; must A 'FETCH 1 ENVELOPE'
	fetched_like A 1 ENVELOPE '(... "every word on its own line" ...'
}

@test "BODYSTRUCTURE and BODY of plain text (RFC 9051 7.5.2)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (BODY BODYSTRUCTURE)'
	fetched_like A 1 BODY '("{{(?i:text)}}" "{{(?i:plain)}}" ("{{(?i:charset)}}" "{{(?i:us-ascii)}}") NIL NIL "{{(?i:7bit)}}" 35 5)'
	fetched_like A 1 BODYSTRUCTURE '("{{(?i:text)}}" "{{(?i:plain)}}" ("{{(?i:charset)}}" "{{(?i:us-ascii)}}") NIL NIL "{{(?i:7bit)}}" 35 5 NIL NIL NIL NIL)'
}

@test "BODYSTRUCTURE of an attachment (RFC 9051 7.5.2)" {
	mailbox inbox pdf-attachment.eml
	open A inbox; must A 'FETCH 1 BODYSTRUCTURE'
	fetched_like A 1 BODYSTRUCTURE '(("{{(?i:text)}}" "{{(?i:plain)}}" ("{{(?i:charset)}}" "us-ascii") NIL NIL "{{(?i:7bit)}}" <n> <n> NIL NIL NIL NIL) ("{{(?i:application)}}" "{{(?i:pdf)}}" ("{{(?i:name)}}" "report.pdf") NIL NIL "{{(?i:base64)}}" <n> NIL ("{{(?i:attachment)}}" ("{{(?i:filename)}}" "report.pdf" "{{(?i:size)}}" "1300")) NIL NIL) "{{(?i:mixed)}}" ("{{(?i:boundary)}}" "frontier") NIL NIL NIL)'
	must A 'FETCH 1 BODY'; fetched_like A 1 BODY '((...) (...) "{{(?i:mixed)}}")'
}

@test "BODYSTRUCTURE of a message in a message has its envelope, structure and lines (RFC 9051 7.5.2)" {
	mailbox inbox nested-rfc822-as-attachment.eml
	open A inbox; must A 'FETCH 1 BODYSTRUCTURE'
	fetched_like A 1 BODYSTRUCTURE '(("{{(?i:text)}}" ...) ("{{(?i:message)}}" "{{(?i:rfc822)}}" ("{{(?i:name)}}" "Re: lunch.eml") "<lunch@example.org>" "the message about lunch" "{{(?i:7bit)}}" <n> ("Tue, 2 Jun 2026 08:00:00 +0000" "innermost" ((...)) ((...)) ((...)) ((...)) NIL NIL NIL "<inner@example.org>") ("{{(?i:text)}}" "{{(?i:plain)}}" ... <n> <n> NIL NIL NIL NIL) <n> NIL ("{{(?i:attachment)}}" ("{{(?i:filename)}}" "Re: lunch.eml")) NIL NIL) "{{(?i:mixed)}}" ...)'
}

@test "BODYSTRUCTURE: MD5, language and location (RFC 9051 7.5.2)" {
	mailbox inbox content-language-location-md5.eml
	open A inbox; must A 'FETCH 1 BODYSTRUCTURE'
	fetched_like A 1 BODYSTRUCTURE '(... 3 1 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("{{(?i:inline)}}" ("{{(?i:filename)}}" "a.txt")) ("en" "de-AT" "fr") "http://example.org/a{{\s*}}b.txt")'
}

@test "parts of a digest are messages unless they say otherwise (RFC 2046 5.1.5)" {
	mailbox inbox multipart-digest.eml
	open A inbox; must A 'FETCH 1 BODY'
	fetched_like A 1 BODY '(("{{(?i:message)}}" "{{(?i:rfc822)}}" ... "first of the digest" ...) ("{{(?i:message)}}" "{{(?i:rfc822)}}" ...) ("{{(?i:text)}}" "{{(?i:plain)}}" ...) "{{(?i:digest)}}")'
}

@test "every odd message has ENVELOPE, BODY, BODYSTRUCTURE and a size by the grammar (RFC 9051 7.5.2)" {
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	open A inbox; count A ${#specs[@]}
	must A 'FETCH 1:* (UID ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE INTERNALDATE FLAGS)'
	must A 'FETCH 1:* BODY.PEEK[]'
	[[ $(text A | grep -c '^\* [0-9]* FETCH') == "${#specs[@]}" ]]
	for ((i = 0; i < ${#specs[@]}; i++)); do same A $((i + 1)) 'BODY[]' "${specs[i]}"; done
	must A 'FETCH 1:* (BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[1] BODY.PEEK[1.MIME])'
	must A 'FETCH 1:* (BODY.PEEK[HEADER.FIELDS (From To Subject Date Message-ID Content-Type)])'
}

@test "the header and the text of every odd message are the whole of it (RFC 9051 6.4.5.1)" {
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	open A inbox; must A 'FETCH 1:* (BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[])'
	for ((i = 1; i <= ${#specs[@]}; i++)); do joined A $i 'BODY[]' 'BODY[HEADER]' 'BODY[TEXT]' || { echo "${specs[i - 1]}"; return 1; }; done
}

@test "what FETCH said once it says again, in this session and the next (RFC 9051 6.4.5)" {
	mailbox inbox pdf-attachment.eml nested-rfc822-5.eml address-groups-several.eml boundary-unterminated-inner.eml
	open A inbox; must A 'FETCH 1:4 (ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)'; first=$(text A | grep '^\* .*FETCH')
	must A 'FETCH 1:4 (ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)'; [[ $(text A | grep '^\* .*FETCH') == "$first" ]]; close A
	open B inbox; must B 'FETCH 1:4 (ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)'; [[ $(text B | grep '^\* .*FETCH') == "$first" ]]
}

@test "RFC822, RFC822.HEADER and RFC822.TEXT are BODY[], BODY.PEEK[HEADER] and BODY[TEXT] (RFC 3501 6.4.5)" {
	mailbox inbox 3*plain.eml
	open A inbox
	must A 'FETCH 1 RFC822.HEADER'; fetched_like A 1 RFC822.HEADER $'From: ...\n\n'; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
	must A 'FETCH 2 RFC822.TEXT'; fetched_like A 2 RFC822.TEXT $'Hello Ben,\n...Ada\n'; must A 'FETCH 2 FLAGS'; fetched A 2 FLAGS '\Seen'
	must A 'FETCH 3 RFC822'; same A 3 RFC822 plain.eml; must A 'FETCH 3 FLAGS'; fetched A 3 FLAGS '\Seen'
}

@test "BODY[...] sets \\Seen and tells it, BODY.PEEK[...] does not (RFC 9051 6.4.5)" {
	mailbox inbox 4*plain.eml
	open A inbox
	must A 'FETCH 1 BODY.PEEK[]'; unfetched A 1 FLAGS; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
	must A 'FETCH 1 BODY[]'; fetched A 1 FLAGS '\Seen'
	must A 'FETCH 1 BODY[]'; unfetched A 1 FLAGS
	must A 'FETCH 2 BODY[HEADER]'; fetched A 2 FLAGS '\Seen'
	must A 'FETCH 3 BODY[]<0.1>'; fetched A 3 FLAGS '\Seen'
	must A 'FETCH 4 (ENVELOPE BODY RFC822.SIZE)'; must A 'FETCH 4 FLAGS'; fetched A 4 FLAGS ''
	ls "$MAILDIR/cur" | grep -c ':2,S$' | grep -x 3
}

@test "FLAGS asked for beside BODY[] shows the flag that it sets (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (FLAGS BODY[TEXT])'; fetched A 1 FLAGS '\Seen'
}

@test "sequence sets: single, ranges, backwards, star, lists, overlaps (RFC 9051 9)" {
	mailbox inbox 5*plain.eml
	open A inbox
	for set in 1:5 5:1 1:* '*:1' 1,2,3,4,5 1:3,2:5 3:4,1:2,5 1:1,2:2,3:5 '*,1:4'; do
		must A "FETCH $set UID"; [[ $(text A | grep -c '^\* [0-9]* FETCH') == 5 ]]
	done
	must A 'FETCH * UID'; heard A '* 5 FETCH (UID 5)' 1
	must A 'FETCH 2,4 UID'; heard A '* 2 FETCH...'; heard A '* 4 FETCH...'; unheard A '* 3 FETCH...'
	must A 'FETCH 4:* UID'; [[ $(text A | grep -c '^\* [0-9]* FETCH') == 2 ]]
}

@test "a number beyond the last message is BAD (RFC 3501 9, seq-number)" {
	mailbox inbox 3*plain.eml
	open A inbox
	say A 'FETCH 4 UID'; bad A
	say A 'STORE 4 +FLAGS (\Seen)'; bad A
	say A 'COPY 4 inbox'; bad A
	say A 'MOVE 4 inbox'; bad A
	alive A; count A 3
}

@test "FETCH in bad form is BAD and fetches nothing (RFC 9051 6.4.5)" {
	mailbox inbox plain.eml
	open A inbox
	for args in '' '1' '1 ()' '1 (FLAGS' '1 FLAGS)' '1 NONSENSE' '1 (FLAGS NONSENSE)' '0 FLAGS' '1:0 FLAGS' '-1 FLAGS' '1: FLAGS' ',1 FLAGS' \
		'1,,1 FLAGS' '1;2 FLAGS' 'x FLAGS' '$x FLAGS' '1 FLAGS UID' '1 (FLAGS) UID' '1 (FLAGS  UID)' '1 ( FLAGS)' '1  FLAGS' \
		'1 BODY[' '1 BODY[]<' '1 BODY[]<0>' '1 BODY[]<0.>' '1 BODY[]<.1>' '1 BODY[]<0.0>' '1 BODY[]<-1.1>' '1 BODY[]<a.b>' '1 BODY[]<0.1' \
		'1 BODY[HEADER.FIELDS]' '1 BODY[HEADER.FIELDS ()]' '1 BODY[HEADER.FIELDS From]' '1 BODY[HEADER.FIELDS (From]' '1 BODY[MIME]' \
		'1 BODY[1.]' '1 BODY[.1]' '1 BODY[0]' '1 BODY[1.0]' '1 BODY[1..2]' '1 BODY[01]' '1 BODY[1.NONSENSE]' '1 BODY[HEADER.1]' '1 BODY[TEXT.1]' \
		'1 BODY.PEEK' '1 BINARY' '1 BINARY.SIZE' '1 BINARY.SIZE[1]<0.1>' '1 RFC822.PEEK' '4294967296 FLAGS' \
		'1 BODY[4294967296]' '1 (ENVELOPE ENVELOPE' '1 "FLAGS"' '1 {5}'; do
		say A "FETCH $args"; bad A; unheard A '* <n> FETCH...'
	done
	alive A; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
}

@test "an item asked for twice is told once (RFC 9051 7.5.2)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (UID UID FLAGS FLAGS BODY.PEEK[TEXT] BODY.PEEK[TEXT])'
	value A 1 'BODY[TEXT]'
}

@test "items know no case, and come back under their names (RFC 9051 7.5.2)" {
	mailbox inbox plain.eml
	open A inbox; must A 'fetch 1 (flags body.peek[header.fields (sUbJeCt)] body.peek[text]<0.5> envelope)'
	value A 1 'BODY[HEADER.FIELDS (SUBJECT)]' >/dev/null; fetched A 1 'BODY[TEXT]<0>' Hello
}

@test "INTERNALDATE stays as it is over flags, sessions and moves of the file (RFC 9051 2.3.3)" {
	mailbox inbox plain.eml@1400000000
	open A inbox; must A 'FETCH 1 INTERNALDATE'; date=$(value A 1 INTERNALDATE)
	must A 'STORE 1 FLAGS (\Seen)'; must A 'FETCH 1 INTERNALDATE'; fetched A 1 INTERNALDATE "$date"; close A
	open B inbox; must B 'FETCH 1 INTERNALDATE'; fetched B 1 INTERNALDATE "$date"
}

@test "a wrong S= or W= in the file's name is not believed (B 11, C 15)" {
	mailbox inbox
	cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000001.M1P1.x,S=5,W=7:2,"; cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000002.M2P1.x,S=99999,W=99999:2,S"; give "$MAILDIR"
	open A inbox; must A 'FETCH 1:2 RFC822.SIZE'; fetched A 1 RFC822.SIZE 202; fetched A 2 RFC822.SIZE 202
	must A 'FETCH 1:2 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml; same A 2 'BODY[]' plain.eml
	must A 'SEARCH SMALLER 203'; searched A '1 2'
}

@test "a message whose file is gone is passed over, and the others are served (RFC 2180 4.1.2; B 10)" {
	mailbox inbox plain.eml plain-second.eml plain.eml
	open A inbox; rm "$MAILDIR"/cur/*second*
	say A 'FETCH 1:3 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml; same A 3 'BODY[]' plain.eml
	alive A; count A 2
}

@test "a message that cannot be read is NO, and the session goes on (B 10)" {
	mailbox inbox plain.eml plain-second.eml
	chmod 000 "$MAILDIR"/cur/*second*
	open A inbox; must A 'FETCH 1:2 FLAGS'; say A 'FETCH 1:2 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
	alive A; count A 2
}

@test "flags of another session are told with FETCH at the next chance (RFC 9051 7.5.2)" {
	mailbox inbox 2*plain.eml
	open A inbox; open B inbox; must B 'STORE 1 +FLAGS (\Flagged custom)'
	must A NOOP; heard A '* 1 FETCH (...)'; fetched A 1 FLAGS '\Flagged custom'; unheard A '* 2 FETCH...'
}
