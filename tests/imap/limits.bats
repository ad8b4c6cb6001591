# Nothing that a client sends, and no message, makes the server crash, hang or grow: field.md E.2, E.3.
load ../lib

memory() { awk '/RssAnon/ { print $2 }' "/proc/$(pid "$1")/status"; }

# the server's own memory is below so many kB (sanitizers need much more, and are not asked)
lean() { grep -q __asan_init "${MAYFLY_IMAP%% *}" || [[ $(memory "$1") -lt $2 ]]; }

@test "a line of 100 MB without an end neither grows memory nor is waited for forever (E.2)" {
	mailbox inbox
	start A; excuse A
	head -c 100000000 /dev/zero | tr '\0' x >"$T/endless"
	pour A "$T/endless"; raw A '\r\nz NOOP\r\n'; await A '{{z OK.*|\* BYE.*|\S+ BAD.*}}'
	unheard A '...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...'
}

@test "a command of 1 MB is taken after login (C 20)" {
	mailbox inbox 3*plain.eml
	open A inbox; set=$(seq -s, 1000000 1124000); [[ ${#set} -gt 990000 ]]
	printf 'x UID FETCH %s FLAGS\r\n' "$set" >"$T/long"; pour A "$T/long"; await A 'x OK...'; alive A
}

@test "ten thousand literals in one command are bounded (E.2)" {
	mailbox inbox
	start A; excuse A
	{ printf 'a ID ('; yes '{1+}' | head -n 10000 | sed 's/$/\r\nx /' | tr -d '\n' | sed 's/\r/\r\n/g'; printf '{1+}\r\nx)\r\nz NOOP\r\n'; } >"$T/literals"
	pour A "$T/literals"; await A '{{z OK.*|\* BYE.*}}'
}

@test "literals of 100 MB that do not wait are read past or end the session, memory flat (E.2)" {
	mailbox inbox
	start A; excuse A
	{ printf 'a CREATE {100000000+}\r\n'; head -c 100000000 /dev/zero | tr '\0' x; printf '\r\nz NOOP\r\n'; } >"$T/huge"
	pour A "$T/huge"; await A '{{z OK.*|\* BYE.*}}'; refute grep -q '^a OK' <(text A)
}

@test "parentheses a hundred thousand deep are refused (E.2)" {
	mailbox inbox plain.eml
	open A inbox
	deep=$(head -c 100000 /dev/zero | tr '\0' '(')
	for command in "SEARCH $deep" "FETCH 1 $deep" "ID $deep" "STORE 1 FLAGS $deep" "LIST $deep" "STATUS inbox $deep" "LIST \"\" $deep" "APPEND inbox $deep" "SELECT inbox $deep"; do
		say A "$command"; bad A
	done
	alive A
}

@test "LIST patterns full of stars take no time worth speaking of (E.2)" {
	mailbox inbox
	for i in {1..50}; do mailbox "$(printf 'a%.0s' {1..100})$i"; done
	start A
	stars=$(printf '*a%.0s' {1..100}); mixed=$(printf '*%%a%.0s' {1..60})
	must A "LIST \"\" ${stars}b"; must A "LIST \"\" \"${mixed}b\""; must A "LIST \"\" $(printf '%%%.0s' {1..500})z"; must A "LIST \"\" $(printf '*%.0s' {1..500})z"
}

@test "a flag list of ten thousand words, a thousand fields, a thousand patterns" {
	mailbox inbox plain.eml
	open A inbox
	say A "STORE 1 +FLAGS ($(printf 'k%d ' {1..9999})k)"; alive A
	say A "FETCH 1 BODY.PEEK[HEADER.FIELDS ($(printf 'X-Field-%d ' {1..1000})Subject)]"; alive A
	say A "LIST \"\" ($(printf 'box%d ' {1..1000})x)"; alive A
	say A "SEARCH $(printf 'OR ALL %.0s' {1..50})ALL"; alive A
}

@test "an atom, a keyword, a mailbox name of 100,000 octets" {
	mailbox inbox plain.eml
	open A inbox; long=$(head -c 100000 /dev/zero | tr '\0' k)
	say A "STORE 1 +FLAGS ($long)"; alive A
	say A "CREATE $long"; no A; say A "SELECT $long"; no A; must A 'SELECT inbox'; say A "STATUS $long (MESSAGES)"; no A
	say A "LIST \"\" $long"; say A "RENAME inbox $long"; no A; say A "COPY 1 $long"; no A; say A "SUBSCRIBE $long"; no A
	say A "$long"; bad A; alive A; must A 'LIST "" *'; names A INBOX
}

@test "the large odd messages are served: sizes, header, structure, text (E.2)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large"
	mailbox inbox "$T"/large/*.eml; n=$(ls "$T/large" | wc -l)
	open A inbox; count A "$n"
	must A 'FETCH 1:* RFC822.SIZE'; i=0
	for f in "$T"/large/*.eml; do
		i=$((i + 1)); crlf "$f" "$T/want"; fetched A $i RFC822.SIZE "$(stat -c %s "$T/want")"
	done
	must A 'FETCH 1:* (BODY.PEEK[HEADER.FIELDS (Subject)] INTERNALDATE)'
	must A 'FETCH 1:* ENVELOPE'
	alive A
}

@test "BODYSTRUCTURE of the large odd messages is told within its bounds (E.2)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" parts-10000 parts-100000 multipart-1000-deep multipart-10000-deep rfc822-1000-deep \
		rfc822-10000-deep digest-10000-deep parameters-100000 parameter-in-100000-pieces boundaries-1000000 almost-boundaries-200000
	mailbox inbox "$T"/large/*.eml; open A inbox
	for ((i = 1; i <= 11; i++)); do must A "FETCH $i BODYSTRUCTURE"; must A "FETCH $i BODY"; done
	must A 'FETCH 1:* (BODY.PEEK[1]<0.10> BODY.PEEK[1.1.1.1.1.1]<0.10> BODY.PEEK[9999]<0.10>)'
	alive A
}

@test "SEARCH through the large odd messages ends (E.2)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" addresses-100000 headers-100000 encoded-words-100000 references-100000 line-of-20-MB parts-10000 multipart-10000-deep
	mailbox inbox "$T"/large/*.eml; open A inbox
	must A 'SEARCH TEXT "nowhere in here"'; searched A ''; must A 'SEARCH CC user99999@'; searched A 1
	must A 'SEARCH HEADER X-Field-99999 "value 99999"'; must A 'SEARCH SUBJECT references'
}

@test "20 MB are fetched in pieces, and as a whole, in memory that does not grow with them (B 13)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" body-of-20-MB
	mailbox inbox "$T/large/body-of-20-MB.eml"; open A inbox; must A 'FETCH 1 RFC822.SIZE'; size=$(value A 1 RFC822.SIZE); : >"$T/all"
	for ((at = 0; at < size; at += 1048576)); do must A "FETCH 1 BODY.PEEK[]<$at.1048576>"; save A 1 "BODY[]<$at>" "$T/piece"; cat "$T/piece" >>"$T/all"; done
	crlf "$T/large/body-of-20-MB.eml" "$T/want"; cmp "$T/all" "$T/want"
	must A 'FETCH 1 BODY.PEEK[]'; save A 1 'BODY[]' "$T/all"; cmp "$T/all" "$T/want"
	lean A 5000
}

@test "a client that does not read does not make us grow (E.3)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" body-of-20-MB
	mailbox inbox "$T/large/body-of-20-MB.eml"; open A inbox
	raw A 'a FETCH 1 BODY.PEEK[]\r\nb FETCH 1 BODY.PEEK[]\r\nc FETCH 1 BODY.PEEK[]\r\n'; clogged A
	lean A 5000; await A 'c OK...'; lean A 5000
}

@test "ten thousand messages: every command is done at once" {
	mailbox inbox 10000*plain.eml
	open A inbox; count A 10000
	must A 'FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE)'; [[ $(text A | grep -c '^\* [0-9]* FETCH') == 10000 ]]
	must A 'UID SEARCH SUBJECT plain'; must A 'STORE 1:* +FLAGS.SILENT (\Seen)'; must A 'SEARCH UNSEEN'; searched A ''
	must A 'STORE 1:5000 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; count A 5000
	must A 'STATUS inbox (MESSAGES SIZE)'; status A INBOX MESSAGES 5000; status A INBOX SIZE $((5000 * 202))
}

@test "the input ends, or the client is gone, in any state: a quiet exit (E.3 4, 5)" {
	mailbox inbox 200*pdf-attachment.eml
	for script in '' 'a' 'a NOOP' 'a SELECT inbox\r\n' 'a SELECT inbox\r\nb FETCH 1:* BODY.PEEK[]\r\n' 'a IDLE\r\n' 'a APPEND inbox {100}\r\n' 'a APPEND inbox {100}\r\nhalf' \
		'a APPEND inbox {100+}\r\nhalf' 'a CREATE {3}\r\n' 'a CREATE {3+}\r\na' 'a SEARCH (' 'a LOGOUT\r\n'; do
		start A; raw A "$script"; close A; exited A 0
	done
}

@test "the connection is reset in the middle of an answer: an exit, nothing left behind (E.3 5)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" body-of-20-MB
	mailbox inbox "$T/large/body-of-20-MB.eml"
	printf 'a SELECT inbox\r\nb FETCH 1 BODY.PEEK[]\r\n' >"$T/script"
	for i in 1 2 3; do
		as_user $MAYFLY_IMAP "$MAILDIR" <"$T/script" 2>"$T/err" | head -c 100000 >/dev/null
	done
	[[ -z $(ls "$MAILDIR/tmp") ]]
}

@test "/dev/null, a file and a closed descriptor for input and output: no loop, an exit (E.3 4)" {
	mailbox inbox
	as_user $MAYFLY_IMAP "$MAILDIR" </dev/null >"$T/out" 2>"$T/err" || :
	as_user $MAYFLY_IMAP "$MAILDIR" </dev/null >/dev/full 2>>"$T/err" || :
	as_user $MAYFLY_IMAP "$MAILDIR" <&- >"$T/out" 2>>"$T/err" || :
	as_user $MAYFLY_IMAP "$MAILDIR" </dev/null >&- 2>>"$T/err" || :
	as_user $MAYFLY_IMAP "$MAILDIR" </dev/null >/dev/null 2>&- || :
	printf 'a NOOP\r\n' >"$T/in"; as_user $MAYFLY_IMAP "$MAILDIR" <"$T/in" >"$T/out" 2>>"$T/err"; grep -q '^a OK' "$T/out"
	refute grep -qE 'Sanitizer|runtime error' "$T/err"
}
