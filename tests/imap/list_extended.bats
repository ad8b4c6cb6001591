# LIST, extended: RFC 9051 sections 6.3.9.1 to 6.3.9.8; RFC 5258; LIST-STATUS RFC 5819; SPECIAL-USE RFC 6154.
load ../lib

fruit() {
	mailbox inbox; mailbox Fruit; mailbox Fruit/Apple; mailbox Fruit/Banana; mailbox Tofu
	mailbox Vegetable; mailbox Vegetable/Broccoli; mailbox Vegetable/Corn
	start A
	for name in INBOX Fruit/Banana Fruit/Peach Vegetable Vegetable/Broccoli; do must A "SUBSCRIBE $name"; done
}

@test "LIST (SUBSCRIBED): the RFC's example 2 (RFC 9051 6.3.9.8)" {
	fruit; must A 'LIST (SUBSCRIBED) "" "*"'
	names A INBOX Fruit/Banana Fruit/Peach Vegetable Vegetable/Broccoli
	listed A INBOX '\Subscribed'; listed A Fruit/Banana '\Subscribed' '-\NonExistent'
	listed A Fruit/Peach '\Subscribed' '\NonExistent'; listed A Vegetable '\Subscribed'
}

@test "RETURN (CHILDREN): the RFC's example 3 (RFC 9051 6.3.9.5, 6.3.9.8)" {
	fruit; must A 'LIST () "" "%" RETURN (CHILDREN)'
	names A INBOX Fruit Tofu Vegetable
	listed A Fruit '\HasChildren' '-\HasNoChildren'; listed A Tofu '\HasNoChildren'; listed A Vegetable '\HasChildren'
}

@test "LIST (REMOTE) shows what is here: the RFC's examples 4 to 6 (RFC 9051 6.3.9.1)" {
	fruit; must A 'LIST (REMOTE) "" "%" RETURN (CHILDREN)'; names A INBOX Fruit Tofu Vegetable
	must A 'LIST (REMOTE SUBSCRIBED) "" *'; names A INBOX Fruit/Banana Fruit/Peach Vegetable Vegetable/Broccoli
	must A 'LIST (REMOTE) "" "*" RETURN (SUBSCRIBED)'
	names A INBOX Fruit Fruit/Apple Fruit/Banana Tofu Vegetable Vegetable/Broccoli Vegetable/Corn
	listed A Fruit '-\Subscribed'; listed A Vegetable '\Subscribed'
}

@test "RETURN (SUBSCRIBED) marks and does not select (RFC 9051 6.3.9.2)" {
	fruit; must A 'LIST "" "*" RETURN (SUBSCRIBED)'
	listed A Vegetable '\Subscribed'; listed A Vegetable/Corn '-\Subscribed'
	[[ $(text A) != *Peach* ]]
}

@test "RECURSIVEMATCH: the RFC's example 7 (RFC 9051 6.3.9.6, 6.3.9.8)" {
	mailbox inbox; mailbox Foo; mailbox Foo/Bar; mailbox Foo/Baz; mailbox Moo
	start A; must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"'; names A
	must A 'SUBSCRIBE Foo/Baz'
	must A 'LIST (SUBSCRIBED) "" *'; names A Foo/Baz
	must A 'LIST (SUBSCRIBED) "" %'; names A
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"'; names A Foo
	listed A Foo '-\Subscribed'; heard A '* LIST (...) "/" ...Foo... ({{"?CHILDINFO"?}} ("SUBSCRIBED"))'
	must A 'SUBSCRIBE Foo'
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"'; listed A Foo '\Subscribed'
	heard A '* LIST (...) "/" ...Foo... ({{"?CHILDINFO"?}} ("SUBSCRIBED"))'
	must A 'UNSUBSCRIBE Foo/Baz'; must A 'SUBSCRIBE Moo'
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)'; names A Foo Moo
	listed A Foo '\Subscribed' '\HasChildren'; listed A Moo '\Subscribed' '\HasNoChildren'; unheard A '...CHILDINFO...'
}

@test "RECURSIVEMATCH with a parent that does not exist (RFC 9051 6.3.9.6, 6.3.9.8 A2)" {
	mailbox inbox; mailbox Foo/Baz
	start A; must A 'SUBSCRIBE Foo/Baz'
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" "%"'; names A Foo; listed A Foo '\NonExistent'
	heard A '* LIST (...) "/" ...Foo... ({{"?CHILDINFO"?}} ("SUBSCRIBED"))'
}

@test "RECURSIVEMATCH: the RFC's example 8 (RFC 9051 6.3.9.8)" {
	mailbox inbox
	for name in foo2 foo2/bar1 foo2/bar2 baz2 baz2/bar2 baz2/bar22 baz2/bar222 eps2 eps2/mamba qux2/bar2; do mailbox "$name"; done
	start A
	for name in foo2/bar1 foo2/bar2 baz2/bar2 baz2/bar22 baz2/bar222 eps2 eps2/mamba qux2/bar2; do must A "SUBSCRIBE $name"; done
	must A 'LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"'
	listed A foo2 '-\Subscribed'; listed A foo2/bar2 '\Subscribed'; listed A baz2/bar2 '\Subscribed'
	listed A baz2/bar22 '\Subscribed'; listed A baz2/bar222 '\Subscribed'; listed A eps2 '\Subscribed'; listed A qux2/bar2 '\Subscribed'
	heard A '* LIST (...) "/" ...foo2... ({{"?CHILDINFO"?}} ("SUBSCRIBED"))'
	heard A '* LIST (...) "/" ...eps2... ({{"?CHILDINFO"?}} ("SUBSCRIBED"))'
}

@test "RECURSIVEMATCH alone, or with REMOTE only, is BAD (RFC 9051 6.3.9.1)" {
	fruit
	say A 'LIST (RECURSIVEMATCH) "" *'; bad A
	say A 'LIST (REMOTE RECURSIVEMATCH) "" *'; bad A
	must A 'LIST (REMOTE RECURSIVEMATCH SUBSCRIBED) "" %'
}

@test "CHILDINFO is not told unless asked (RFC 9051 6.3.9.6)" {
	fruit; must A 'LIST (SUBSCRIBED) "" %'; unheard A '...CHILDINFO...'; must A 'LIST "" % RETURN (SUBSCRIBED CHILDREN)'; unheard A '...CHILDINFO...'
}

@test "a level without a mailbox is \\NonExistent \\HasChildren: the RFC's example 10 (RFC 9051 6.3.9.8)" {
	mailbox inbox; mailbox music/rock
	start A; must A 'LIST () "" %'; listed A music '\NonExistent' '\HasChildren'
	must A 'LIST "" (% music/rock)'; listed A music/rock '-\NonExistent'
}

@test "several patterns, each name once (RFC 5258 3)" {
	fruit; must A 'LIST "" (INBOX Fruit/% "Tofu" "T*")'; names A INBOX Fruit/Apple Fruit/Banana Tofu
	must A 'LIST "Fruit/" (Apple Banana)'; names A Fruit/Apple Fruit/Banana
	must A 'LIST () "" ("Tofu")'; names A Tofu
}

@test "empty patterns are passed over in the extended form (RFC 9051 6.3.9)" {
	fruit; must A 'LIST () "" ("")'; names A
	must A 'LIST () "" ""'; names A
	must A 'LIST "" ("" Tofu)'; names A Tofu
}

@test "an option given twice counts once, and options know no case (RFC 9051 6.3.9)" {
	fruit; must A 'LIST (SUBSCRIBED subscribed) "" Vegetable RETURN (children CHILDREN Subscribed)'
	names A Vegetable; listed A Vegetable '\Subscribed' '\HasChildren'
	must A 'LIST "" Tofu RETURN ()'; names A Tofu
}

@test "options that nobody knows, and bad forms, are BAD (RFC 9051 6.3.9)" {
	fruit
	say A 'LIST (BLURDYBLOOP) "" *'; bad A
	say A 'LIST "" * RETURN (BLURDYBLOOP)'; bad A
	say A 'LIST "" * RETURN'; bad A
	say A 'LIST "" * RETURN CHILDREN'; bad A
	say A 'LIST "" * FOO (CHILDREN)'; bad A
	say A 'LIST "" ()'; bad A
	say A 'LIST (SUBSCRIBED "" *'; bad A
	say A 'LIST "" (* '; bad A
	say A 'LIST "" * RETURN (STATUS)'; bad A
	say A 'LIST "" * RETURN (STATUS ())'; bad A
	say A 'LIST "" * RETURN (STATUS (NONSENSE))'; bad A
	alive A
}

@test "LIST-STATUS: each selectable mailbox has its STATUS behind its LIST (RFC 5819 2; RFC 9051 6.3.9.2)" {
	mailbox inbox 2*plain.eml plain.eml:S; mailbox foo plain.eml; mailbox bar/low
	start A; must A 'LIST "" % RETURN (STATUS (MESSAGES UNSEEN))'
	order A '* LIST ... INBOX' '* STATUS INBOX ...'
	order A '* LIST ... {{"?}}foo{{"?}}' '* STATUS {{"?}}foo{{"?}} ...'
	status A INBOX MESSAGES 3; status A INBOX UNSEEN 2; status A foo MESSAGES 1
	listed A bar '\Noselect'; unheard A '* STATUS ...bar...'
}

@test "LIST-STATUS: a mailbox that cannot be read is \\Noselect and has no STATUS (RFC 5819 2)" {
	mailbox inbox; mailbox box plain.eml; mailbox open plain.eml; as_user chmod 0 "$MAILDIR/.box/cur"
	start A; must A 'LIST "" (box open) RETURN (STATUS (MESSAGES UNSEEN))'
	listed A box '\Noselect'; unheard A '* STATUS box...'; heard A '* STATUS open (MESSAGES 1 UNSEEN 1)'; refute listed A open '\Noselect'
	as_user chmod 700 "$MAILDIR/.box/cur"; must A 'LIST "" box RETURN (STATUS (MESSAGES))'; listed A box '-\Noselect'; heard A '* STATUS box (MESSAGES 1)'
}

@test "LIST-STATUS: a name listed for its children has no STATUS (RFC 9051 6.3.9.8 example 11)" {
	mailbox inbox plain.eml; mailbox foo plain.eml; mailbox foo/bar
	start A; must A 'SUBSCRIBE inbox'; must A 'SUBSCRIBE foo/bar'
	must A 'LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))'
	names A INBOX foo; status A INBOX MESSAGES 1; unheard A '* STATUS ...foo...'
}

@test "LIST-STATUS gives every item, with other return options beside it (RFC 5819 2)" {
	mailbox inbox plain.eml:T; mailbox foo
	start A; must A 'LIST "" (INBOX foo) RETURN (SUBSCRIBED STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE RECENT) CHILDREN)'
	status A INBOX MESSAGES 1; status A INBOX UIDNEXT 2; status A INBOX DELETED 1; status A INBOX UNSEEN 1
	status A foo SIZE 0; status A foo UIDNEXT 1; listed A foo '\HasNoChildren'
}

@test "LIST-STATUS over all mailboxes counts what was delivered meanwhile" {
	mailbox inbox; mailbox foo plain.eml
	start A; must A 'LIST "" * RETURN (STATUS (MESSAGES UIDNEXT))'; status A foo MESSAGES 1
	deliver foo plain.eml; must A 'LIST "" * RETURN (STATUS (MESSAGES UIDNEXT))'; status A foo MESSAGES 2; status A foo UIDNEXT 3
}

@test "SPECIAL-USE selects and returns (RFC 6154 2, 5)" {
	mailbox inbox; mailbox Plain
	start A; must A 'CREATE S (USE (\Sent))'; must A 'CREATE D (USE (\Drafts))'; must A 'CREATE J (USE (\Junk))'
	say A 'CREATE F (USE (\Flagged))'; no A USEATTR
	must A 'LIST (SPECIAL-USE) "" *'; listed A S '\Sent'; listed A D '\Drafts'; listed A J '\Junk'
	[[ $(text A) != *Plain* && $(text A) != *INBOX* ]]
	must A 'LIST "" "*" RETURN (SPECIAL-USE)'; listed A S '\Sent'; listed A Plain '-\Sent'
	must A 'LIST (SPECIAL-USE SUBSCRIBED) "" *'; names A
}

@test "a mailbox of a usual name has its use without being asked to (formats 3)" {
	mailbox inbox; mailbox Sent; mailbox Drafts; mailbox Trash; mailbox Junk; mailbox Archive
	start A; must A 'LIST (SPECIAL-USE) "" *'
	listed A Sent '\Sent'; listed A Drafts '\Drafts'; listed A Trash '\Trash'; listed A Junk '\Junk'; listed A Archive '\Archive'
}

@test "IMAP4rev2: names in UTF-8, also in LIST (RFC 9051 5.1, 6.3.9)" {
	mailbox inbox; mailbox 'Entw&APw-rfe'
	start A; must A 'LIST "" E*'; names A 'Entw&APw-rfe'
	must A 'ENABLE IMAP4rev2'; must A 'LIST "" E*'; names A 'Entwürfe'
	must A 'LIST "" "*ü*"'; names A 'Entwürfe'
}
