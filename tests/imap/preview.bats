# PREVIEW: RFC 8970.
load ../lib

@test "PREVIEW shows the first words of a message (RFC 8970 3)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (UID PREVIEW)'
	[[ -n $(value A 1 PREVIEW) && $(value A 1 PREVIEW) != NIL ]]
}

@test "PREVIEW (LAZY) is NIL until somebody asked, and never makes the server read a file (RFC 8970 4)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (PREVIEW (LAZY))'; fetched A 1 PREVIEW NIL
	must A 'FETCH 1 PREVIEW'; first=$(value A 1 PREVIEW)
	must A 'FETCH 1 (PREVIEW (LAZY) FLAGS)'; [[ $(value A 1 PREVIEW) == "$first" ]]
	close A; open A inbox; must A 'FETCH 1 (PREVIEW (LAZY))'; [[ $(value A 1 PREVIEW) == "$first" ]]
}

@test "PREVIEW does not set Seen (RFC 8970 3)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 PREVIEW'; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
}

@test "PREVIEW is decoded text without markup, of at most 256 characters (RFC 8970 3.3)" {
	mailbox inbox content-type-html.eml encoding-base64.eml multipart-alternative.eml body-very-long-line.eml
	open A inbox; must A 'FETCH 1:* PREVIEW'
	[[ $(value A 1 PREVIEW) != *'<'* ]]
	for n in 1 2 3 4; do text=$(value A $n PREVIEW); [[ $(LC_ALL=C.UTF-8 awk '{ print length($0) }' <<<"$text") -le 258 ]]; done
}

@test "PREVIEW of every odd message is a string, never NIL (RFC 8970 3.2)" {
	mailbox inbox "$MAIL"/{charset-,encoding-,multipart-,nul-,empty-,boundary-}*.eml
	open A inbox; must A 'FETCH 1:* PREVIEW'; unheard A '* <n> FETCH (PREVIEW NIL)'
}

@test "PREVIEW is UTF-8 in a quoted string once that is enabled (RFC 8970 3.3, RFC 9755 3)" {
	mailbox inbox text-emoji.eml
	open A inbox; must A 'FETCH 1 PREVIEW'; first=$(value A 1 PREVIEW)
	must A 'ENABLE UTF8=ACCEPT'; must A 'FETCH 1 PREVIEW'; heard A '* 1 FETCH (PREVIEW "...")'
	[[ $(value A 1 PREVIEW) == "$first" ]]
}

@test "PREVIEW takes no modifier but LAZY (RFC 8970 6)" {
	mailbox inbox plain.eml
	open A inbox; say A 'FETCH 1 (PREVIEW (HASTY))'; bad A; say A 'FETCH 1 (PREVIEW ())'; bad A
	must A 'FETCH 1 PREVIEW (LAZY)'
}

@test "a list behind PREVIEW that is not in parentheses may be the modifiers of FETCH (RFC 8970 6, RFC 7162 3.1.4)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 PREVIEW (CHANGEDSINCE 1)'; fetched_like A 1 PREVIEW '...'; value A 1 MODSEQ
	must A 'FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 1)'; must A 'UID FETCH 1 PREVIEW (PARTIAL 1:10)'; fetched_like A 1 PREVIEW '...'
	say A 'FETCH 1 PREVIEW (CHANGEDSINCE 1) (LAZY)'; bad A
}
