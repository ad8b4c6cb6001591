# LIST, basic: RFC 9051 sections 6.3.9, 7.3.1; RFC 3501 section 6.3.8; RFC 3348.
load ../lib

tree() {
	mailbox inbox; mailbox Fruit; mailbox Fruit/Apple; mailbox Fruit/Banana; mailbox Tofu
	mailbox Vegetable; mailbox Vegetable/Broccoli; mailbox Vegetable/Corn; mailbox music/rock/hard
}

@test "LIST \"\" * lists every mailbox once (RFC 9051 6.3.9)" {
	tree
	start A; must A 'LIST "" *'
	for name in INBOX Fruit Fruit/Apple Fruit/Banana Tofu Vegetable Vegetable/Broccoli Vegetable/Corn music/rock/hard; do
		listed A "$name" '-\Noselect'
	done
}

@test "LIST with % stays on its level, and shows levels without a mailbox as \\Noselect (RFC 9051 6.3.9)" {
	tree
	start A; must A 'LIST "" %'; names A INBOX Fruit Tofu Vegetable music
	listed A music '\Noselect'; listed A Tofu '-\Noselect'
	must A 'LIST "" %/%'; names A Fruit/Apple Fruit/Banana Vegetable/Broccoli Vegetable/Corn music/rock
	listed A music/rock '\Noselect'
	must A 'LIST "" %/%/%'; names A music/rock/hard
	must A 'LIST "" %/%/%/%'; names A
}

@test "a level without a mailbox is \\Noselect in so many words, for clients that know no other (RFC 3501 6.3.8)" {
	mailbox inbox; mailbox music/rock
	start A; must A 'LIST "" %'
	[[ $(attributes A music) == *Noselect* ]]
}

@test "LIST with wildcards inside a name (RFC 9051 6.3.9)" {
	tree
	start A
	must A 'LIST "" Fru*'; names A Fruit Fruit/Apple Fruit/Banana
	must A 'LIST "" Fru%'; names A Fruit
	must A 'LIST "" *an*'; names A Fruit/Banana
	must A 'LIST "" Fruit/*a'; names A Fruit/Banana
	must A 'LIST "" F%t/A%e'; names A Fruit/Apple
	must A 'LIST "" T*u'; names A Tofu
	must A 'LIST "" *ofu*'; names A Tofu
	must A 'LIST "" **'; listed A Fruit/Apple
	must A 'LIST "" %%'; listed A Fruit; listed A music
	must A 'LIST "" *%'; listed A Fruit/Apple
	must A 'LIST "" %*'; listed A Fruit/Apple
}

@test "LIST of one name lists it, or nothing (RFC 9051 6.3.9)" {
	tree
	start A
	must A 'LIST "" Tofu'; names A Tofu
	must A 'LIST "" tofu'; names A
	must A 'LIST "" Tof'; names A
	must A 'LIST "" Fruit/'; names A
	must A 'LIST "" nowhere'; names A
}

@test "LIST knows INBOX in any case, and gives it as INBOX (RFC 9051 6.3.9)" {
	tree
	start A
	for pattern in INBOX inbox iNbOx 'INB%' 'I*'; do must A "LIST \"\" $pattern"; names A INBOX; done
}

@test "LIST \"\" \"\" asks for the separator only (RFC 9051 6.3.9)" {
	tree
	start A; must A 'LIST "" ""'; names A ''
	heard A '* LIST (\Noselect) "/" ""'
}

@test "LIST with a reference and an empty name answers its root (RFC 9051 6.3.9)" {
	tree
	start A; must A 'LIST Fruit/ ""'; [[ $(text A | grep -c '^\* LIST') == 1 ]]
	heard A '* LIST (...\Noselect...) "/" ...'
}

@test "LIST puts the reference before the name (RFC 9051 6.3.9)" {
	tree
	start A
	must A 'LIST Fruit/ %'; names A Fruit/Apple Fruit/Banana
	must A 'LIST Fruit/ Apple'; names A Fruit/Apple
	must A 'LIST "music/" *'; listed A music/rock/hard
	must A 'LIST nowhere/ *'; names A
	must A 'LIST "" ' =Tofu; names A Tofu
	must A 'LIST ' =+Fruit/ ' ' =+%; names A Fruit/Apple Fruit/Banana
}

@test "LIST tells children (RFC 3348; RFC 9051 6.3.9.5)" {
	tree
	start A; must A 'LIST "" *'
	listed A Fruit '\HasChildren' '-\HasNoChildren'; listed A Tofu '\HasNoChildren' '-\HasChildren'
	must A 'LIST "" %'; listed A music '\HasChildren'
}

@test "LIST of what no mailbox can match is OK and lists nothing (RFC 9051 6.3.9)" {
	tree
	start A
	for pattern in '"../*"' '"/etc/%"' '"~root/*"' '"#news.*"' '"//"' '"*/../*"' "$(printf 'x%.0s' {1..3000})"; do
		must A "LIST \"\" $pattern"; names A
	done
	must A 'LIST "../" *'; names A
	must A 'LIST "/" "%"'
}

@test "LIST in bad form is BAD" {
	tree
	start A
	say A LIST; bad A
	say A 'LIST ""'; bad A
	say A 'LIST "" *x* *y*'; bad A
	say A 'LIST "" "'; bad A
	alive A
}

@test "LIST does not walk out of the Maildir by links" {
	mailbox inbox; mkdir -p "$T/elsewhere/cur" "$T/elsewhere/new" "$T/elsewhere/tmp"
	ln -s "$T/elsewhere" "$MAILDIR/.Linked"; ln -s .. "$MAILDIR/.Up"; ln -s . "$MAILDIR/.Loop"
	start A; must A 'LIST "" *'; listed A INBOX
	alive A
}

@test "LIST passes over what is no mailbox (formats 3)" {
	mailbox inbox; mailbox Good
	mkdir -p "$MAILDIR/.NoCur/new" "$MAILDIR/..x/cur" "$MAILDIR/..DOVECOT-TRASHED/cur" "$MAILDIR/courierimapkeywords" "$MAILDIR/plain/cur"
	touch "$MAILDIR/.dotfile" "$MAILDIR/dovecot-uidlist" "$MAILDIR/subscriptions"
	mkfifo "$MAILDIR/.fifo"; give "$MAILDIR"
	start A; must A 'LIST "" *'; names A INBOX Good
}

@test "LIST is done without looking into the mailboxes, though there be a thousand" {
	mailbox inbox
	folders 1000 box
	start A; must A 'LIST "" *'; [[ $(text A | grep -c '^\* LIST') == 1001 ]]
}

@test "LIST shows a mailbox that another program made meanwhile" {
	mailbox inbox
	start A; must A 'LIST "" *'; names A INBOX
	mailbox Late; must A 'LIST "" *'; names A INBOX Late
	rm -r "$MAILDIR/.Late"; must A 'LIST "" *'; names A INBOX
}

@test "every name that LIST gives can be selected by that name (RFC 9051 7.3.1)" {
	tree; mailbox 'with blank'; mailbox '&AOk-t&AOk-'; mailbox 'a&-b'
	start A; must A 'LIST "" *'
	text A | sed -n 's/^\* LIST ([^)]*) "\/" //p' >"$T/names"; sel=0
	while read -r name; do say A "SELECT $name"; ok A && sel=$((sel + 1)); done <"$T/names"
	[[ $sel -ge 12 ]]
}

@test "--layout=fs serves nested directories" {
	layout fs; mailbox inbox plain.eml; mailbox Work/2026 plain.eml; mailbox a.b
	start A --layout=fs; must A 'LIST "" *'; listed A INBOX; listed A Work/2026; listed A a.b
	must A 'SELECT Work/2026'; count A 1
	must A 'CREATE Work/2027'; [[ -d $MAILDIR/Work/2027/cur ]]
	must A 'RENAME Work Play'; must A 'SELECT Play/2026'; count A 1
	must A 'DELETE Play/2027'; [[ ! -e $MAILDIR/Play/2027 ]]
}

@test "--layout=fs follows a link to another place, and none that leads back to where it lies" {
	layout fs; mailbox inbox plain.eml; mailbox Work/2026 plain.eml; mailbox Play plain.eml; mkdir "$T/away"; mv "$MAILDIR/Play" "$T/away/Play"; ln -s "$T/away/Play" "$MAILDIR/Play"
	ln -s . "$MAILDIR/Work/a"; ln -s . "$MAILDIR/Work/b"; ln -s .. "$MAILDIR/Work/2026/up"; ln -s . "$MAILDIR/root"; ln -s ../Play "$MAILDIR/Work/Play"; ln -s "$MAILDIR/Work" "$T/away/Play/Work"
	start A --layout=fs --no-sandbox; must A 'LIST "" *'; names A INBOX Play Play/Work Play/Work/2026 Work Work/2026 Work/Play
	must A 'STATUS Play (MESSAGES)'; status A Play MESSAGES 1
}

@test "with --prefix=INBOX. every other mailbox is below INBOX (RFC 9051 6.3.9, RFC 5258 4)" {
	mailbox inbox; start A --prefix=INBOX. --separator=.
	must A 'LIST "" %'; listed A INBOX '\HasNoChildren'
	must A 'CREATE INBOX.Work'; must A 'SUBSCRIBE INBOX.Work'
	must A 'LIST "" %'; names A INBOX; listed A INBOX '\HasChildren'
	must A 'LIST "" INBOX.%'; names A INBOX.Work; must A 'LIST "" *'; names A INBOX INBOX.Work
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" %'; names A INBOX; heard A '* LIST (...) "." INBOX ("CHILDINFO" ("SUBSCRIBED"))'
	must A 'LSUB "" %'; heard A '* LSUB (\Noselect) "." INBOX'; must A 'LSUB "" *'; names A INBOX.Work
}

@test "the parts of a prefix are levels of names, found with % (RFC 9051 6.3.9)" {
	mailbox inbox; start A --prefix=My/Mail/
	must A 'LIST "" *'; names A INBOX
	must A 'CREATE My/Mail/Play/Work'
	must A 'LIST "" %'; names A INBOX My; listed A INBOX '\HasNoChildren'; listed A My '\Noselect' '\NonExistent' '\HasChildren'
	must A 'LIST "" My/%'; names A My/Mail; must A 'LIST "My/" "Mail/%"'; names A My/Mail/Play
	must A 'LIST (SUBSCRIBED) "" *'; names A; must A 'SUBSCRIBE My/Mail/Play/Work'
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" %'; names A My; must A 'LSUB "" %'; names A My
	must A 'LIST "" My RETURN (STATUS (MESSAGES))'; unheard A '* STATUS...'
}

@test "what a mailbox is for is told once and well spelled, however it was said (RFC 6154 3, 5.4)" {
	mailbox inbox; start A; must A 'CREATE a (USE (\Sent \SENT \Drafts))'; must A 'CREATE b'
	must A 'SETMETADATA b (/private/specialuse "\\junk  \\Junk \\trash ")'
	must A 'LIST "" *'; heard A '* LIST (\HasNoChildren \Sent \Drafts) "/" a'; heard A '* LIST (\HasNoChildren \Junk \Trash) "/" b'
}
