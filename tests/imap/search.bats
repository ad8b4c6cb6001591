# SEARCH, its keys: RFC 9051 section 6.4.4; RFC 3501 section 6.4.4; WITHIN RFC 5032.
load ../lib

@test "SEARCH ALL, and a mailbox of flags: every flag key and its contrary (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml:R plain.eml:T plain.eml:D plain.eml:F plain.eml:S plain.eml plain.eml:DFRST
	open A inbox; must A 'SEARCH ALL'; searched A '1 2 3 4 5 6 7'
	must A 'SEARCH ANSWERED'; searched A '1 7';    must A 'SEARCH UNANSWERED'; searched A '2 3 4 5 6'
	must A 'SEARCH DELETED'; searched A '2 7';     must A 'SEARCH UNDELETED'; searched A '1 3 4 5 6'
	must A 'SEARCH DRAFT'; searched A '3 7';       must A 'SEARCH UNDRAFT'; searched A '1 2 4 5 6'
	must A 'SEARCH FLAGGED'; searched A '4 7';     must A 'SEARCH UNFLAGGED'; searched A '1 2 3 5 6'
	must A 'SEARCH SEEN'; searched A '5 7';        must A 'SEARCH UNSEEN'; searched A '1 2 3 4 6'
}

@test "SEARCH NEW, OLD and RECENT (RFC 3501 6.4.4)" {
	mailbox inbox 2*plain.eml plain.eml:new plain.eml:new
	start A; must A 'EXAMINE inbox'; must A CLOSE; must A 'SELECT inbox'
	must A 'SEARCH RECENT'; recent=$(text A | sed -n 's/^\* SEARCH//p')
	[[ $recent == *3*4* ]]
	must A 'STORE 3 +FLAGS (\Seen)'; must A 'SEARCH NEW'; [[ $(text A | sed -n 's/^\* SEARCH//p') == *4* ]]
	must A 'SEARCH RECENT SEEN'; searched A 3
	open B inbox; must B 'SEARCH RECENT'; searched B ''; must B 'SEARCH OLD'; searched B '1 2 3 4'; must B 'SEARCH NEW'; searched B ''
}

@test "KEYWORD and UNKEYWORD know no case (RFC 9051 6.4.4)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'STORE 2 +FLAGS ($Junk Project)'
	must A 'SEARCH KEYWORD $Junk'; searched A 2; must A 'SEARCH KEYWORD pRoJect'; searched A 2
	must A 'SEARCH UNKEYWORD Project'; searched A '1 3'; must A 'SEARCH KEYWORD Never'; searched A ''
	must A 'SEARCH UNKEYWORD Never'; searched A '1 2 3'
}

@test "FROM, TO, CC, BCC, SUBJECT find part of a word, in any case (RFC 9051 6.4.4)" {
	mailbox inbox all-envelope-fields.eml plain-second.eml
	open A inbox
	must A 'SEARCH FROM lark'; searched A 1; must A 'SEARCH FROM "CLEO FAIR"'; searched A 2
	must A 'SEARCH FROM "@example.com"'; searched A 2; must A 'SEARCH TO ben'; searched A '1 2'
	must A 'SEARCH CC dora'; searched A 1; must A 'SEARCH CC eve@'; searched A 1
	must A 'SEARCH BCC hidden'; searched A 1; must A 'SEARCH SUBJECT "field"'; searched A 1
	must A 'SEARCH SUBJECT "VERY FIELD"'; searched A 1; must A 'SEARCH FROM nobody'; searched A ''
	must A 'SEARCH TO ""'; searched A '1 2'
}

@test "HEADER finds any field, and an empty string its presence (RFC 9051 6.4.4)" {
	mailbox inbox plain-reply.eml plain.eml headers-list.eml header-odd-case.eml
	open A inbox
	must A 'SEARCH HEADER In-Reply-To ""'; searched A 1
	must A 'SEARCH HEADER IN-REPLY-TO "odd.001@example.org"'; searched A 1
	must A 'SEARCH HEADER List-Id lists.example'; searched A 3
	must A 'SEARCH HEADER "Message-ID" "<odd.001@example.org>"'; searched A 2
	must A 'SEARCH HEADER Subject "shouting"'; searched A 4
	must A 'SEARCH HEADER X-Nothing ""'; searched A ''
	must A 'SEARCH HEADER List-Unsubscribe "odd-leave"'; searched A 3
	must A 'SEARCH HEADER From ' =lark; searched A '2 3'
}

@test "BODY and TEXT find what is in the text, decoded (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml encoding-base64.eml encoding-quoted-printable.eml multipart-alternative.eml charset-koi8-r.eml
	open A inbox
	must A 'SEARCH BODY "this is all"'; searched A 1
	must A 'SEARCH BODY "Subject"'; searched A ''
	must A 'SEARCH TEXT "A plain message"'; searched A 1
	must A 'SEARCH CHARSET UTF-8 BODY ' '=Köln'; searched A '2 3'
	must A 'SEARCH CHARSET UTF-8 BODY ' '=grüße'; searched A '2 3 4'
	must A 'SEARCH CHARSET UTF-8 TEXT ' '=ПРИВЕТ'; searched A 5
	must A 'SEARCH BODY "words that are nowhere"'; searched A ''
}

@test "TEXT finds MIME headers and nested messages (RFC 9051 6.4.4)" {
	mailbox inbox pdf-attachment.eml nested-rfc822-2.eml plain.eml
	open A inbox
	must A 'SEARCH TEXT "report.pdf"'; searched A 1
	must A 'SEARCH TEXT "innermost text"'; searched A 2
	must A 'SEARCH BODY "innermost text"'; searched A 2
	must A 'SEARCH TEXT "deep@example.org"'; searched A 2
}

@test "encoded words are decoded before comparing (RFC 9051 6.4.4)" {
	mailbox inbox rfc2047-q.eml rfc2047-b.eml rfc2047-split-in-character.eml 8bit-utf8-subject.eml rfc2047-koi8r.eml rfc2047-iso2022jp.eml
	open A inbox
	must A 'SEARCH CHARSET UTF-8 SUBJECT ' '=Köln'; searched A '1 2 4'
	must A 'SEARCH CHARSET UTF-8 SUBJECT ' '=+grüße aus'; searched A '1 2 4'
	must A 'SEARCH CHARSET UTF-8 FROM ' '=jürgen'; searched A '1 2'
	must A 'SEARCH CHARSET UTF-8 SUBJECT ' '=Привет'; searched A 5
	must A 'SEARCH CHARSET UTF-8 SUBJECT ' '=日本語'; searched A '4 6'
	must A 'SEARCH CHARSET UTF-8 HEADER Subject ' '=題名'; searched A 6
}

@test "a character cut in two by two encoded words is found" {
	mailbox inbox plain.eml rfc2047-split-in-character.eml
	open A inbox; must A 'SEARCH CHARSET UTF-8 SUBJECT ' '=ü here'; searched A 2
}

@test "a word that is folded over lines is found as if it were on one (RFC 9051 6.4.4)" {
	mailbox inbox folded-everything.eml header-very-long-folded.eml
	open A inbox
	must A 'SEARCH SUBJECT "every word on its own line"'; searched A 1
	must A 'SEARCH SUBJECT "here more words"'; searched A 2
}

@test "BEFORE, ON, SINCE look at the internal date (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml@1400000000 plain.eml@1500000000 plain.eml@1600000000
	open A inbox    # 13-May-2014, 14-Jul-2017, 13-Sep-2020
	must A 'SEARCH ON 14-Jul-2017'; searched A 2; must A 'SEARCH BEFORE 14-Jul-2017'; searched A 1
	must A 'SEARCH SINCE 14-Jul-2017'; searched A '2 3'; must A 'SEARCH SINCE 15-Jul-2017'; searched A 3
	must A 'SEARCH BEFORE "1-Jan-2030"'; searched A '1 2 3'; must A 'SEARCH ON 1-Jan-1971'; searched A ''
	must A 'SEARCH SINCE 13-May-2014 BEFORE 14-Sep-2020'; searched A '1 2 3'
}

@test "SENTBEFORE, SENTON, SENTSINCE look at the Date field without its zone (RFC 9051 6.4.4)" {
	mailbox inbox date-zone-half-hour.eml date-before-epoch.eml date-year-2038.eml date-zone-absurd.eml
	open A inbox    # 1 Jun 2026, 31 Dec 1969, 19 Jan 2038, 1 Jun 2026
	must A 'SEARCH SENTON 1-Jun-2026'; searched A '1 4'
	must A 'SEARCH SENTBEFORE 1-Jun-2026'; searched A 2
	must A 'SEARCH SENTSINCE 1-Jun-2026'; searched A '1 3 4'
	must A 'SEARCH SENTSINCE 19-Jan-2038'; searched A 3
	must A 'SEARCH SENTBEFORE 1-Jan-1970'; searched A 2
}

@test "the date that was sent and the date of arrival are two (RFC 9051 6.4.4)" {
	mailbox inbox date-year-2038.eml@1400000000
	open A inbox; must A 'SEARCH SENTON 19-Jan-2038 ON 13-May-2014'; searched A 1
}

@test "LARGER and SMALLER compare RFC822.SIZE (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml pdf-attachment.eml
	open A inbox; must A 'FETCH 1:2 RFC822.SIZE'; size=$(value A 1 RFC822.SIZE)
	must A "SEARCH LARGER $size"; searched A 2; must A "SEARCH LARGER $((size - 1))"; searched A '1 2'
	must A "SEARCH SMALLER $size"; searched A ''; must A "SEARCH SMALLER $((size + 1))"; searched A 1
	must A 'SEARCH LARGER 0'; searched A '1 2'; must A 'SEARCH SMALLER 4294967295'; searched A '1 2'
	must A 'SEARCH LARGER 4294967296'; searched A ''
}

@test "sequence sets and UID sets are keys (RFC 9051 6.4.4)" {
	mailbox inbox 6*plain.eml
	open A inbox; must A 'STORE 1:2 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE    # UIDs 3 4 5 6
	must A 'SEARCH 2:3'; searched A '2 3'; must A 'SEARCH UID 3,5'; searched A '1 3'
	must A 'SEARCH *'; searched A 4; must A 'SEARCH 3:*'; searched A '3 4'; must A 'SEARCH *:3'; searched A '3 4'
	must A 'SEARCH UID *'; searched A 4; must A 'SEARCH UID 100:*'; searched A 4; must A 'SEARCH UID 100:200'; searched A ''
	must A 'SEARCH 1:100 UID 1:4'; searched A '1 2'
	must A 'UID SEARCH 2:3'; searched A '4 5'; must A 'UID SEARCH UID 3:4 NOT 1'; searched A 4
	must A 'SEARCH NOT 1:2,4'; searched A 3
}

@test "AND, OR, NOT and parentheses to some depth (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml:S plain.eml:F plain.eml:SF plain.eml
	open A inbox
	must A 'SEARCH SEEN FLAGGED'; searched A 3; must A 'SEARCH OR SEEN FLAGGED'; searched A '1 2 3'
	must A 'SEARCH NOT SEEN'; searched A '2 4'; must A 'SEARCH NOT (SEEN FLAGGED)'; searched A '1 2 4'
	must A 'SEARCH OR (SEEN NOT FLAGGED) (FLAGGED UNSEEN)'; searched A '1 2'
	must A 'SEARCH NOT NOT SEEN'; searched A '1 3'; must A 'SEARCH (((SEEN)))'; searched A '1 3'
	must A 'SEARCH OR OR 1 2 OR 3 4'; searched A '1 2 3 4'; must A 'SEARCH (1:3 SEEN) (2:4)'; searched A 3
	must A 'SEARCH NOT OR SEEN FLAGGED'; searched A 4; must A 'SEARCH ALL UNSEEN ALL'; searched A '2 4'
}

@test "OLDER and YOUNGER (RFC 5032 3)" {
	now=$(date +%s)
	mailbox inbox "plain.eml@$((now - 100))" "plain.eml@$((now - 100000))"
	open A inbox; must A 'SEARCH YOUNGER 50000'; searched A 1; must A 'SEARCH OLDER 50000'; searched A 2
	must A 'SEARCH OLDER 4294967295'; searched A ''; must A 'SEARCH YOUNGER 4294967295'; searched A '1 2'
	say A 'SEARCH OLDER 0'; bad A
	say A 'SEARCH YOUNGER x'; bad A
}

@test "CHARSET: US-ASCII and UTF-8 are known, in any case (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml
	open A inbox
	must A 'SEARCH CHARSET US-ASCII SUBJECT plain'; searched A 1
	must A 'SEARCH CHARSET utf-8 SUBJECT plain'; searched A 1
	must A 'SEARCH CHARSET "UTF-8" ALL'; searched A 1
	must A 'UID SEARCH CHARSET UTF-8 SUBJECT plain'; searched A 1
}

@test "CHARSET that we do not know is NO [BADCHARSET] (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml
	open A inbox; say A 'SEARCH CHARSET X-MARTIAN SUBJECT x'; no A BADCHARSET
	unheard A '* SEARCH...'; unheard A '* ESEARCH...'
	alive A
}

@test "bytes that are not in the charset find nothing or are refused, and do no harm" {
	mailbox inbox plain.eml
	open A inbox; say A 'SEARCH CHARSET UTF-8 SUBJECT ' '=\xff\xfe'; alive A
	say A 'SEARCH CHARSET US-ASCII SUBJECT ' '=\xe9'; alive A
	say A 'SEARCH SUBJECT ' '=\xe9'; alive A
}

@test "SEARCH in bad form is BAD and says what was wrong (RFC 9051 6.4.4)" {
	mailbox inbox plain.eml
	open A inbox
	for args in '' 'NONSENSE' 'NOT' 'OR SEEN' 'FROM' 'HEADER Subject' 'ON' 'ON yesterday' 'ON 32-Jan-2020' 'ON 1-Foo-2020' 'ON 1-Jan-20' \
		'LARGER' 'LARGER x' 'LARGER -1' 'KEYWORD' 'KEYWORD (x)' 'KEYWORD \Seen' '(SEEN' 'SEEN)' '()' '0' '1:' ':1' '1,' ',1' '1::2' 'UID' 'UID x' 'UID 0' \
		'CHARSET' 'CHARSET UTF-8' 'SEEN CHARSET UTF-8 SEEN' 'ALL  SEEN' '4294967296' 'SUBJECT "x' 'SUBJECT (x)' 'RETURN' 'ALL RETURN ()'; do
		say A "SEARCH $args"; bad A; unheard A '* SEARCH...'; unheard A '* ESEARCH...'
	done
	alive A
}

@test "SEARCH nested deeper than there is reason for is refused, and the session goes on (E.2)" {
	mailbox inbox plain.eml
	open A inbox
	deep=$(printf '(%.0s' {1..5000}); close=$(printf ')%.0s' {1..5000})
	say A "SEARCH ${deep}ALL${close}"; alive A
	say A "SEARCH $(printf 'NOT %.0s' {1..5000})ALL"; alive A
	say A "SEARCH $(printf 'OR ALL %.0s' {1..5000})ALL"; alive A
	must A 'SEARCH ALL'; searched A 1
}

@test "SEARCH of a string that is a literal, quoted, or an atom finds the same" {
	mailbox inbox plain.eml subject-quotes-and-backslash.eml
	open A inbox
	must A 'SEARCH SUBJECT plain'; searched A 1; must A 'SEARCH SUBJECT "plain"'; searched A 1
	must A 'SEARCH SUBJECT ' =plain; searched A 1; must A 'SEARCH SUBJECT ' =+plain ' FROM ' =lark; searched A 1
	must A 'SEARCH SUBJECT "\"hi\" \\"'; searched A 2
}

@test "SEARCH finds nothing wrong with any odd message" {
	mailbox inbox
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"
	open A inbox; n=${#specs[@]}; count A "$n"
	must A 'SEARCH TEXT "no such words in any of them at all"'; searched A ''
	must A 'SEARCH BODY "zzzzzzzzzzzzz"'; must A 'SEARCH OR FROM "q" HEADER Content-Type "q"'
	must A 'SEARCH SENTSINCE 1-Jan-1900'; must A 'SEARCH NOT TEXT ""'
	must A 'SEARCH ALL'; searched A "$(seq -s ' ' "$n")"
}

@test "SEARCH follows a change by another session" {
	mailbox inbox 2*plain.eml
	open A inbox; open B inbox; must B 'STORE 2 +FLAGS (\Flagged)'
	must A NOOP; must A 'SEARCH FLAGGED'; searched A 2
}
