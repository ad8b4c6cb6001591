# Mailbox names: RFC 9051 section 5.1, appendix A.1; RFC 3501 section 5.1.3; formats.md 3; traversal of field.md E.2.
load ../lib

@test "modified UTF-7 names go round: CREATE, LIST, SELECT, on disk (RFC 3501 5.1.3)" {
	mailbox inbox
	start A
	for name in 'Entw&APw-rfe' '&U,BTF2XlZyyKng-' 'R&-D' '~peter/mail/&U,BTF2XlZyyKng-' '&BB8EQAQ4BDIENQRC-' '&2Dzfig-party' 'a&AOk-b&AOk-c'; do
		must A "CREATE \"$name\""; must A "LIST \"\" \"$name\""; names A "$name"; must A "SELECT \"$name\""
	done
	[[ -d $MAILDIR/.Entw\&APw-rfe/cur || -d $MAILDIR/.Entwürfe/cur ]]
}

@test "names that are not modified UTF-7 are not created (RFC 3501 5.1.3)" {
	mailbox inbox
	start A
	for name in '&' 'a&b' '&Jjo!' '&AGE-' '&U,BTFw-&ZeVnLIqe-' '&AOk' '&AO' '&====-' '&2Dw-' '&AOl-' '&3wo-' '&/-'; do
		say A "CREATE \"$name\""; no A
	done
	must A 'LIST "" *'; names A INBOX
}

@test "IMAP4rev2: UTF-8 names in quoted strings and literals, both ways (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'ENABLE IMAP4rev2'
	must A 'CREATE "Entwürfe"'; must A 'CREATE ' '=日本語'; must A 'CREATE "R&D"'; must A 'CREATE "a&AOk-b"'
	must A 'LIST "" *'; names A INBOX 'Entwürfe' '日本語' 'R&D' 'a&AOk-b'
	must A 'SELECT "Entwürfe"'; listed A 'Entwürfe'; must A 'STATUS "日本語" (MESSAGES)'; status A '日本語' MESSAGES 0
	must A 'RENAME "日本語" "中文/ü"'; must A 'DELETE "中文/ü"'; must A 'SUBSCRIBE "Entwürfe"'; must A 'LIST (SUBSCRIBED) "" *'; listed A 'Entwürfe'
	start B; must B 'LIST "" *'; listed B 'Entw&APw-rfe'; listed B 'R&-D'; listed B 'a&-AOk-b'
}

@test "IMAP4rev2: a name that looks like the modified UTF-7 of another is a mailbox of its own (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'ENABLE IMAP4rev2'
	must A 'CREATE "R&D"'; must A 'CREATE "Entwürfe"'
	for name in 'R&-D' 'Entw&APw-rfe'; do
		say A "DELETE \"$name\""; no A NONEXISTENT; must A "CREATE \"$name\""; must A "LIST \"\" \"$name\""; names A "$name"
	done
	must A 'DELETE "R&-D"'; must A 'LIST "" *'; names A INBOX 'Entwürfe' 'Entw&APw-rfe' 'R&D'
}

@test "IMAP4rev2: names that are not valid UTF-8 are not created (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'ENABLE IMAP4rev2'
	for name in '\xff' 'a\xc3' '\xc0\x80' '\xed\xa0\x80' '\xf4\x90\x80\x80' 'gr\xfc\xdfe'; do say A 'CREATE ' "=$name"; text A | grep -qE '^A[0-9]+ (NO|BAD)'; done
	must A 'LIST "" *'; names A INBOX
}

@test "IMAP4rev2: a name that is decomposed is composed, and found again by the name given (RFC 9051 5.1, 6.3.4)" {
	mailbox inbox
	start A; must A 'ENABLE IMAP4rev2'
	must A 'CREATE ' '=Cafe\xcc\x81'; must A 'LIST "" *'; names A INBOX 'Café'
	for command in 'SELECT %' 'STATUS % (MESSAGES)' 'SUBSCRIBE %' 'APPEND % {1+}\r\nx' 'RENAME % {4+}\r\nA\xcc\x8ax' 'UNSUBSCRIBE %' 'DELETE {4+}\r\nA\xcc\x8ax'; do
		raw A "x ${command/\%/{6+\}\\r\\nCafe\\xcc\\x81}\\r\\n"; await A "x OK..."
	done
	must A 'LIST "" *'; names A INBOX
	# Hangul in letters, a vowel sign in two parts
	must A 'CREATE ' '=\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab'; must A 'CREATE ' '=\xe0\xae\x95\xe0\xaf\x86\xe0\xae\xbe'
	must A 'LIST "" *'; names A INBOX 한 கொ
}

@test "IMAP4rev2: a name that was composed is told, with OLDNAME (RFC 9051 6.3.2, 6.3.4 to 6.3.6, 6.3.12, 6.3.9.7)" {
	local told='"Café" ("OLDNAME" ({{"?}}Cafe\xcc\x81{{"?}}))'
	told=$(printf '%b' "$told")
	mailbox inbox; start A; must A 'ENABLE IMAP4rev2'
	must A 'CREATE ' '=Cafe\xcc\x81'; heard A "* LIST (...) \"/\" $told"
	must A 'SELECT ' '=Cafe\xcc\x81'; heard A "* LIST (...) \"/\" $told"; unheard A '* LIST (...) "/" "Café"'
	must A 'EXAMINE ' '=Cafe\xcc\x81'; heard A "* LIST (...) \"/\" $told"
	must A 'APPEND ' '=Cafe\xcc\x81' ' ' @plain.eml; heard A "* LIST (...) \"/\" $told"
	must A 'SELECT "Café"'; heard A '* LIST (...) "/" "Café"'
	must A 'DELETE ' '=Cafe\xcc\x81'; heard A "* LIST (...\\NonExistent...) \"/\" $told"
	must A 'RENAME inbox ' '=Cafe\xcc\x81'
	must A 'RENAME "Café" x'; must A 'RENAME x ' '=Cafe\xcc\x81'; heard A "* LIST (...) \"/\" $told"
	start B; must B 'ENABLE UTF8=ACCEPT'; must B 'SELECT ' '=Cafe\xcc\x81'; unheard B '* LIST...'
}

@test "IMAP4rev2: a decomposed name that another program made stays what it is, and can be opened" {
	mailbox inbox; mkdir -p "$T/Maildir/.Cafe"$'\xcc\x81'/{cur,new,tmp}; give "$T/Maildir/.Cafe"$'\xcc\x81'
	start A; must A 'ENABLE IMAP4rev2'; must A 'SELECT ' '=Cafe\xcc\x81'; must A 'LIST "" *'; names A INBOX $'Cafe\xcc\x81'
	say A 'SELECT "Café"'; no A NONEXISTENT
}

@test "names with controls, line separators or a byte order mark are not created (RFC 6855 3; RFC 5198 2)" {
	mailbox inbox; start A; must A 'ENABLE IMAP4rev2'
	for name in '\xc2\x85' 'a\xe2\x80\xa8b' '\xe2\x80\xa9' '\xef\xbb\xbfa' '\x7f' '\x01'; do say A 'CREATE ' "=$name"; no A CANNOT; done
	must A 'LIST "" *'; names A INBOX
}

@test "IMAP4rev2: OLDNAME tells how a name was given to RENAME INBOX and REPLACE too (RFC 9051 6.3.6, RFC 8508 3.4)" {
	mailbox inbox plain.eml plain.eml; start A; must A 'ENABLE IMAP4rev2'
	must A 'RENAME INBOX ' '=Cafe\xcc\x81'; heard A '* LIST (...) "/" "Café" ("OLDNAME" (...))'
	must A 'SELECT "Café"'; must A 'REPLACE 1 ' '=Cafe\xcc\x81' ' ' @+plain.eml; heard A '* LIST (...) "/" "Café" ("OLDNAME" (...))'
	must A 'REPLACE 1 "Café" ' @+plain.eml; unheard A '* LIST...'
}

@test "a name in UTF-8 is understood before ENABLE too, and answered in modified UTF-7 (RFC 6855 3)" {
	mailbox inbox
	start A; must A 'CREATE "Entwürfe"'; must A 'CREATE ' '=R&D ä'; say A 'CREATE "Entw&APw-rfe"'; no A ALREADYEXISTS
	must A 'LIST "" *'; names A INBOX 'Entw&APw-rfe' 'R&-D &AOQ-'
	must A 'STATUS "Entwürfe" (MESSAGES)'; heard A '* STATUS Entw&APw-rfe (MESSAGES 0)'; must A 'SELECT "Entwürfe"'
	must A 'LIST "" "Entw%"'; names A 'Entw&APw-rfe'; must A 'LIST "" "%ürf%"'; names A 'Entw&APw-rfe'; must A 'LIST "R&D" (" ä" INBOX)'; names A 'R&-D &AOQ-'
	must A 'SUBSCRIBE "Entwürfe"'; must A 'LSUB "" "Entwü*"'; heard A '* LSUB () "/" Entw&APw-rfe'
	raw A 'x CREATE {6+}\r\nCafe\xcc\x81\r\n'; await A 'x OK...'; must A 'SELECT "Caf&AOk-"'
	raw A 'y CREATE "\xe4"\r\n'; await A 'y BAD...'; raw A 'z CREATE {1+}\r\n\xe4\r\n'; await A 'z NO [CANNOT]...'
	must A 'LIST "" *'; names A INBOX 'Entw&APw-rfe' 'R&-D &AOQ-' 'Caf&AOk-'
}

@test "folders that stand on disk in modified UTF-7 or in UTF-8 are listed right (formats 3)" {
	mailbox inbox; mkdir -p "$MAILDIR/.Entw&APw-rfe/"{cur,new,tmp}; give "$MAILDIR"
	start A; must A 'LIST "" *'; names A INBOX 'Entw&APw-rfe'; must A 'SELECT "Entw&APw-rfe"'; close A
	rm -r "$MAILDIR"/.Entw*; mkdir -p "$MAILDIR/.Größe/"{cur,new,tmp} "$MAILDIR/.R&D/"{cur,new,tmp}; give "$MAILDIR"
	start B; must B 'LIST "" *'; names B INBOX 'Gr&APYA3w-e' 'R&-D'; must B 'SELECT "Gr&APYA3w-e"'; must B 'SELECT "R&-D"'
}

@test "odd names on disk stop nothing: not UTF-8, control characters, quotes, very long (E.3 11)" {
	mailbox inbox; mailbox Good
	for name in $'.bad\xff\xfe' $'.line\nfeed' $'.esc\e[31m' '.quo"te' '.back\slash' ".$(printf 'x%.0s' {1..250})" '.&' '.a&b' '. ' '.%' '.*' '.a..b' '.end.'; do mkdir -p "$MAILDIR/$name/"{cur,new,tmp}; done
	give "$MAILDIR"
	start A; must A 'LIST "" *'; listed A INBOX; listed A Good; must A 'LSUB "" *'; must A 'SELECT Good'
	must A 'LIST "" % RETURN (STATUS (MESSAGES) CHILDREN)'
	# what is listed can be opened, and got rid of
	for name in 'line&AAo-feed' 'esc&ABs-[31m'; do
		must A 'LIST "" *'; listed A "$name"; must A "STATUS \"$name\" (MESSAGES)"; must A "SELECT \"$name\""; must A "RENAME \"$name\" better"; must A 'SELECT better'; must A 'DELETE better'
		say A "CREATE \"$name\""; no A CANNOT
	done
}

@test "no name leads out of the Maildir (E.2)" {
	mailbox inbox plain.eml; mkdir -p "$T/victim/"{cur,new,tmp}; cp "$MAIL/plain.eml" "$T/victim/cur/1.x:2,"; give "$T/victim"
	find "$T/victim" | sort >"$T/before"
	open A inbox
	for name in '..' '../victim' '../../victim' '/' "$T/victim" './../victim' 'a/../../victim' '.././victim' '..//victim' '~/victim' '~root' '&AC4ALg-/victim' '..&AC8-victim' \
		'%2e%2e%2fvictim' 'inbox/../../victim' 'INBOX/..' '.../victim' '/../victim' '..\victim' 'victim/../..' '&AAA-' 'x/..' 'x/.' './x' 'x//y' '//x'; do
		quoted=${name//\\/\\\\}
		for command in "SELECT \"$quoted\"" "EXAMINE \"$quoted\"" "DELETE \"$quoted\"" "STATUS \"$quoted\" (MESSAGES)" "RENAME \"$quoted\" stolen"; do
			say A "$command"; no A
		done
		say A "RENAME inbox \"$quoted\""; say A "CREATE \"$quoted\""; say A "SUBSCRIBE \"$quoted\""; say A "UNSUBSCRIBE \"$quoted\""; say A "LIST \"$quoted\" *"; say A "LIST \"\" \"$quoted\""
		must A 'SELECT inbox'; say A "COPY 1 \"$quoted\""; say A "MOVE 1 \"$quoted\""; say A "APPEND \"$quoted\" " @+plain.eml
		alive A
	done
	find "$T/victim" | sort | diff - "$T/before"
	[[ -z $(find "$T" -maxdepth 1 -newer "$T/before" ! -name 'transcript*' ! -name 'stderr*' ! -path "$T" ! -name Maildir ! -name engine) ]]
}

@test "links, fifos and devices in the place of folders and messages are not followed (E.2)" {
	mailbox inbox plain.eml; mkdir -p "$T/other/"{cur,new,tmp}; cp "$MAIL/plain-second.eml" "$T/other/cur/1.x:2,"; give "$T/other"
	ln -s "$T/other" "$MAILDIR/.Linked"; mkdir -p "$MAILDIR/.Half"/{new,tmp}; ln -s "$T/other/cur" "$MAILDIR/.Half/cur"
	ln -s "$T/other/cur/1.x:2," "$MAILDIR/cur/1700000009.M9P1.link:2,"; mkfifo "$MAILDIR/cur/1700000010.M10P1.fifo:2,"; mkdir "$MAILDIR/cur/1700000011.M11P1.dir:2,"; give "$MAILDIR"
	open A inbox; must A 'FETCH 1:* (FLAGS RFC822.SIZE)'; say A 'FETCH 1:* BODY.PEEK[]'; unheard A '...Second message...'
	alive A; say A 'SELECT Linked'; say A 'SELECT Half'; must A 'SELECT inbox'
}

@test "names that differ in case only are two (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'CREATE Work'; must A 'CREATE work'; must A 'CREATE WORK'; must A 'LIST "" *'; names A INBOX Work work WORK
}

@test "inbox as a part of a longer name is an ordinary name, but for its own children (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'CREATE inboxes'; must A 'CREATE myinbox'; must A 'CREATE Work/inbox'; must A 'LIST "" *'; names A INBOX inboxes myinbox Work/inbox Work 2>/dev/null || names A INBOX inboxes myinbox Work/inbox
	must A 'SELECT Work/inbox'; say A 'SELECT Work/INBOX'; no A
}

@test "names up to the file system's bound, and no further (formats 3)" {
	mailbox inbox
	start A
	must A "CREATE $(printf 'x%.0s' {1..200})"; must A "SELECT $(printf 'x%.0s' {1..200})"
	say A "CREATE $(printf 'y%.0s' {1..300})"; no A
	say A "CREATE $(printf 'a/%.0s' {1..200})z"; say A "RENAME inbox $(printf 'y%.0s' {1..300})"; no A
	alive A; must A 'STATUS inbox (MESSAGES)'
}
