# STORE: RFC 9051 sections 6.4.6, 2.3.2; RFC 3501 section 6.4.6.
load ../lib

@test "FLAGS, +FLAGS and -FLAGS set, add and remove, and tell the result (RFC 9051 6.4.6)" {
	mailbox inbox plain.eml:S
	open A inbox
	must A 'STORE 1 FLAGS (\Flagged \Draft)'; fetched A 1 FLAGS '\Draft \Flagged'
	must A 'STORE 1 +FLAGS (\Answered)'; fetched A 1 FLAGS '\Answered \Draft \Flagged'
	must A 'STORE 1 -FLAGS (\Draft \Seen)'; fetched A 1 FLAGS '\Answered \Flagged'
	must A 'STORE 1 FLAGS ()'; fetched A 1 FLAGS ''
	must A 'STORE 1 +FLAGS \Seen'; fetched A 1 FLAGS '\Seen'
	must A 'STORE 1 FLAGS \Flagged \Answered'; fetched A 1 FLAGS '\Answered \Flagged'
}

@test ".SILENT tells nothing, and stores (RFC 9051 6.4.6)" {
	mailbox inbox 2*plain.eml
	open A inbox
	must A 'STORE 1:2 +FLAGS.SILENT (\Seen)'; unheard A '* <n> FETCH...'
	must A 'STORE 1 -FLAGS.SILENT (\Seen)'; unheard A '* <n> FETCH...'
	must A 'STORE 2 FLAGS.SILENT (\Flagged custom)'; unheard A '* <n> FETCH...'
	must A 'FETCH 1:2 FLAGS'; fetched A 1 FLAGS ''; fetched A 2 FLAGS '\Flagged custom'
}

@test "every message of the set is told, also one that was so before (RFC 9051 6.4.6)" {
	mailbox inbox plain.eml:S plain.eml plain.eml:F
	open A inbox; must A 'STORE 1:3 +FLAGS (\Seen)'
	fetched A 1 FLAGS '\Seen'; fetched A 2 FLAGS '\Seen'; fetched A 3 FLAGS '\Flagged \Seen'
}

@test "flags are stored in the file's name as all Maildir programs read them" {
	mailbox inbox plain.eml
	open A inbox
	must A 'STORE 1 FLAGS (\Seen \Answered \Flagged \Deleted \Draft)'; [[ $(ls "$MAILDIR/cur") == *:2,DFRST ]]
	must A 'STORE 1 -FLAGS (\Deleted \Draft)'; [[ $(ls "$MAILDIR/cur") == *:2,FRS ]]
	must A 'STORE 1 FLAGS ()'; [[ $(ls "$MAILDIR/cur") == *:2, ]]
}

@test "letters that we do not know stay in the name (formats 2)" {
	mailbox inbox; cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000001.M1P1.x:2,PXZ"; give "$MAILDIR"
	open A inbox; must A 'STORE 1 +FLAGS (\Seen)'
	name=$(ls "$MAILDIR/cur"); [[ $name == *X* && $name == *Z* && $name == *S* ]]
}

@test "P in the file's name is \$Forwarded, both ways (C 14)" {
	mailbox inbox plain.eml:P plain.eml
	open A inbox; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '$Forwarded'
	must A 'STORE 2 +FLAGS ($Forwarded)'; ls "$MAILDIR/cur" | grep -q '000002P1.*:2,P'
	must A 'STORE 1 -FLAGS ($Forwarded)'; refute grep -q '000001P1.*:2,.*P' <(ls "$MAILDIR/cur")
	must A 'FETCH 1:2 FLAGS'; fetched A 1 FLAGS ''; fetched A 2 FLAGS '$Forwarded'
}

@test "keywords are kept, over sessions, with their case (RFC 9051 2.3.2)" {
	mailbox inbox 2*plain.eml
	open A inbox; must A 'STORE 1 +FLAGS ($MDNSent $Junk Project.X a!#&-+.~)'; close A
	open B inbox; must B 'FETCH 1:2 FLAGS'; fetched B 1 FLAGS '$Junk $MDNSent a!#&-+.~ Project.X'; fetched B 2 FLAGS ''
	must B 'STORE 1 -FLAGS ($junk PROJECT.x)'; fetched B 1 FLAGS '$MDNSent a!#&-+.~'
}

@test "keywords that differ in case only are one (RFC 9051 2.3.2)" {
	mailbox inbox 2*plain.eml
	open A inbox; must A 'STORE 1 +FLAGS (Work)'; must A 'STORE 1 +FLAGS (WORK)'; fetched A 1 FLAGS Work
	must A 'STORE 2 +FLAGS (work)'; must A 'SEARCH KEYWORD wOrK'; searched A '1 2'
}

@test "a thousand keywords on one message, and all are kept (B 14, C 13)" {
	mailbox inbox plain.eml
	open A inbox
	for ((i = 0; i < 1000; i += 50)); do must A "STORE 1 +FLAGS.SILENT ($(printf 'keyword%04d ' $(seq $i $((i + 48))))keyword$(printf %04d $((i + 49))))"; done
	close A; open B inbox; must B 'FETCH 1 FLAGS'; [[ $(value B 1 FLAGS | wc -w) == 1000 ]]
	must B 'SEARCH KEYWORD keyword0999'; searched B 1
}

@test "a new keyword is told with FLAGS before or with its first use (neomutt 4356)" {
	mailbox inbox plain.eml
	open A inbox; must A 'STORE 1 +FLAGS (brandnew)'; heard A '* FLAGS (...brandnew...)'
	open B inbox; heard B '* FLAGS (...brandnew...)'
}

@test "system flags know no case (RFC 9051 2.3.2)" {
	mailbox inbox plain.eml
	open A inbox; must A 'STORE 1 +FLAGS (\SEEN \flagged)'; fetched A 1 FLAGS '\Flagged \Seen'
	must A 'STORE 1 -flags (\seen)'; fetched A 1 FLAGS '\Flagged'
}

@test "\\Recent cannot be stored (RFC 3501 2.3.2)" {
	mailbox inbox plain.eml
	open B inbox; close B    # it is recent to the first session
	open A inbox; say A 'STORE 1 +FLAGS (\Recent)'; alive A
	must A 'FETCH 1 FLAGS'; unheard A '...\Recent...'
}

@test "a system flag that nobody knows is refused or passed over, and stores nothing (RFC 9051 2.3.2)" {
	mailbox inbox plain.eml
	open A inbox; say A 'STORE 1 +FLAGS (\Blurdybloop)'; alive A
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
}

@test "STORE in bad form is BAD and stores nothing (RFC 9051 6.4.6)" {
	mailbox inbox plain.eml
	open A inbox
	for args in '' '1' '1 FLAGS' '1 +FLAGS' '1 FLAGS (' '1 FLAGS (\Seen' '1 FLAGS \Seen)' '1 *FLAGS (\Seen)' '1 FLAGS.LOUD (\Seen)' '1 +-FLAGS (\Seen)' \
		'1 NONSENSE (\Seen)' '0 FLAGS (\Seen)' 'x FLAGS (\Seen)' '1 FLAGS (\Seen) x' '1 FLAGS ("Seen")' '1 FLAGS (\Seen (\Flagged))' '1 FLAGS (\)' \
		'1 FLAGS (\*)' '1 FLAGS (a{3})' '1 FLAGS (a%b)' '1 FLAGS (a*b)' '1 UID 5' '1 FLAGS ( \Seen)' '1  FLAGS (\Seen)' '1 FLAGS (\Seen  \Flagged)'; do
		say A "STORE $args"; bad A
	done
	alive A; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS ''
}

@test "one who stores and one who looks on agree (RFC 9051 6.4.6)" {
	mailbox inbox 3*plain.eml
	open A inbox; open B inbox
	must A 'STORE 1:2 +FLAGS (\Seen)'; must B NOOP; fetched B 1 FLAGS '\Seen'; fetched B 2 FLAGS '\Seen'; unfetched B 3 FLAGS
	must B 'STORE 2 FLAGS (\Flagged)'; must A NOOP; fetched A 2 FLAGS '\Flagged'; unfetched A 1 FLAGS
}

@test "two sessions add different flags, and both stay" {
	mailbox inbox plain.eml
	open A inbox; open B inbox
	must A 'STORE 1 +FLAGS.SILENT (\Seen a)'; must B 'STORE 1 +FLAGS.SILENT (\Flagged b)'; must A 'STORE 1 -FLAGS.SILENT (b)'; must B 'STORE 1 +FLAGS.SILENT (\Answered)'
	open C inbox; must C 'FETCH 1 FLAGS'; fetched C 1 FLAGS '\Answered \Flagged \Seen a'
	must A NOOP; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Answered \Flagged \Seen a'
}

@test ".SILENT hides one's own change, not another's (RFC 9051 6.4.6)" {
	mailbox inbox plain.eml
	open A inbox; open B inbox; must B 'STORE 1 +FLAGS (\Flagged)'
	must A 'STORE 1 +FLAGS.SILENT (\Seen)'; must A NOOP; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged \Seen'
}

@test "a flag that another program set by rename is not lost by STORE" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 FLAGS'
	f=$(ls "$MAILDIR"/cur/*); mv "$f" "${f}F"
	must A 'STORE 1 +FLAGS (\Seen)'; must A NOOP; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged \Seen'
	[[ $(ls "$MAILDIR/cur") == *:2,FS ]]
}

@test "a flag that another program took away by rename is set again by STORE" {
	mailbox inbox plain.eml:S
	open A inbox; must A 'FETCH 1 FLAGS'; f=$(ls "$MAILDIR"/cur/*); mv "$f" "${f%S}"
	must A 'STORE 1 +FLAGS (\Seen)'; fetched A 1 FLAGS '\Seen'; [[ $(ls "$MAILDIR/cur") == *:2,S ]]
}

@test "STORE to a thousand messages" {
	mailbox inbox 1000*plain.eml
	open A inbox; must A 'STORE 1:* +FLAGS (\Seen work)'; [[ $(text A | grep -c FETCH) == 1000 ]]
	[[ $(ls "$MAILDIR/cur" | grep -c ':2,.*S') == 1000 ]]
	must A 'STORE 1:* -FLAGS.SILENT (\Seen)'; must A 'SEARCH SEEN'; searched A ''
}
