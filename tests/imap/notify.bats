# NOTIFY, RFC 5465. Events are caused by a second session, and by plain programs: mv, rm, mkdir. That nothing is told
# is seen by what comes after it: the last event of a test is one that is told.
load ../lib

news() { deliver "$1" plain.eml >/dev/null; }

# Two folders, and a second session that does what others do.
two() { mailbox inbox 2*plain.eml; mailbox work 2*plain.eml; mailbox play; start B; }

watch() { start "$1"; must "$1" "NOTIFY SET $2"; }
watch_inbox() { open "$1" inbox; must "$1" "NOTIFY SET $2"; }
expunge() { must B "SELECT $1"; must B "STORE $2 +FLAGS.SILENT (\\Deleted)"; must B CLOSE; }
path() { ls -d "$(folder "$1")"/cur/* | sed -n "${2}p"; }

# --- section 3.1: the command ---

@test "the words of the command: what is right (RFC 5465 8)" {
	two; start A
	for words in 'NONE' 'SET (selected (MessageNew MessageExpunge))' 'SET STATUS (selected (MessageNew MessageExpunge)) (personal NONE)' \
		'set status (Selected-Delayed (messagenew (uid flags body.peek[header.fields (from to)]) messageexpunge FLAGCHANGE))' \
		'SET (inboxes (MailboxName)) (subscribed (SubscriptionChange)) (subtree work (MailboxMetadataChange ServerMetadataChange))' \
		'SET (subtree (work play) NONE) (mailboxes ("work" play nowhere) (MessageNew MessageExpunge))' \
		'SET (selected MessageNew (uid body.peek[header.fields (from to subject)]) MessageExpunge) (subtree work MessageNew MessageExpunge)'; do
		must A "NOTIFY $words"
	done
}

@test "the words of the command: what is wrong is BAD (RFC 5465 8)" {
	two; start A
	for words in '' 'SET' 'SET ()' 'SET (selected)' 'SET (selected ())' 'NONE x' 'SET (elsewhere (MailboxName))' 'SET (subtree (MailboxName))' \
		'SET (mailboxes () (MailboxName))' 'SET (personal (MailboxName)' 'SET(personal (MailboxName))' 'SET STATUS' \
		'SET (selected NONE) (selected NONE)' 'SET (selected NONE) (selected-delayed NONE)' 'SET (selected (MailboxName))' \
		'SET (personal (MessageNew (uid) MessageExpunge))' 'SET (selected (MessageNew () MessageExpunge))'; do
		say A "NOTIFY $words"; bad A
	done
	must A 'NOTIFY SET (personal (MailboxName))'; mkdir -p "$MAILDIR"/.new/cur; give "$MAILDIR"/.new; await A '* LIST (...) "/" new'
}

@test "MessageNew and MessageExpunge go together, FlagChange and AnnotationChange with both: else BAD (RFC 5465 5)" {
	two; start A
	for filter in selected selected-delayed personal 'mailboxes work'; do
		for events in MessageNew MessageExpunge FlagChange 'MessageNew FlagChange' 'MessageExpunge FlagChange' AnnotationChange; do
			say A "NOTIFY SET ($filter ($events))"; bad A
		done
	done
}

@test "an event that we do not have is NO with BADEVENT and the list of those we have (RFC 5465 3.1)" {
	two; start A
	for events in 'Nonsense' 'MessageNew MessageExpunge AnnotationChange' 'MailboxName X-Thing'; do
		say A "NOTIFY SET (personal ($events))"
		no A; code A | grep -q '^BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange)$'
	done
}

@test "what was asked before goes on when the next NOTIFY is refused" {
	two; watch A '(personal (MessageNew MessageExpunge))'
	say A 'NOTIFY SET (personal (Nonsense))'; no A; say A 'NOTIFY SET nonsense'; bad A
	news work; await A '* STATUS work (MESSAGES 3...'
}

@test "NOTIFY SET tells at once what gathered in the selected mailbox: it is a NOOP (RFC 5465 3.1)" {
	two; open A inbox; expunge inbox 1; news inbox
	must A 'NOTIFY SET (selected NONE)'; heard A '* 1 EXPUNGE'; heard A '* 2 EXISTS'
	must B 'SELECT inbox'; must B 'STORE 1 +FLAGS (\Flagged)'; must A NOOP; unheard A '* 1 FETCH...'
	must A 'NOTIFY SET (selected-delayed (MessageNew MessageExpunge FlagChange))'; heard A '* 1 FETCH (UID 2 FLAGS (...\Flagged...))'
}

@test "STATUS: each watched mailbox but the selected one is told before the tagged OK (RFC 5465 3.1)" {
	two; open A inbox
	must A 'NOTIFY SET STATUS (personal (MessageNew MessageExpunge))'
	heard A '* STATUS work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY <n>)'; heard A '* STATUS play (MESSAGES 0 UIDNEXT 1 UIDVALIDITY <n>)'
	unheard A '* STATUS INBOX...'
	must A 'NOTIFY SET (personal (MessageNew MessageExpunge))'; unheard A '* STATUS...'
}

@test "STATUS with FlagChange has HIGHESTMODSEQ and UIDVALIDITY, and the unread (RFC 5465 3.1)" {
	two; start A; must A 'NOTIFY SET STATUS (mailboxes work (MessageNew MessageExpunge FlagChange))'
	heard A '* STATUS work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY <n> UNSEEN 2 HIGHESTMODSEQ <n>)'; unheard A '* STATUS {{[pI]}}...'
	must A 'ENABLE CONDSTORE'; must A 'NOTIFY SET STATUS (mailboxes work (MessageNew MessageExpunge))'
	heard A '* STATUS work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY <n> HIGHESTMODSEQ <n>)'
}

@test "STATUS with NONE is a snapshot, and nothing after it (RFC 5465 5)" {
	two; start A; must A 'NOTIFY SET STATUS (subtree work NONE)'; heard A '* STATUS work (MESSAGES 2 UIDNEXT 3 UIDVALIDITY <n> UNSEEN 2 HIGHESTMODSEQ <n>)'
	news work; must A NOOP; unheard A '* STATUS...'
}

@test "names of mailboxes that are not there are passed over, and watched when they come (RFC 5465 3.1)" {
	two; watch A '(mailboxes (nowhere work "&&&" later) (MessageNew MessageExpunge MailboxName))'; unheard A '* LIST...'
	must B 'CREATE later'; await A '* LIST (\HasNoChildren) "/" later'
	must B 'APPEND later ' @plain.eml; await A '* STATUS later (MESSAGES 1 UIDNEXT 2 UIDVALIDITY <n>)'
}

@test "a mailbox that may be listed and not read is told with \\NoAccess, also later, also back (RFC 5465 3.1, 5.9)" {
	two; chmod 0 "$(folder work)/cur"
	watch A '(personal (MessageNew MessageExpunge))'; heard A '* LIST (...\NoAccess...) "/" work'; unheard A '* LIST (...) "/" play'
	news work; chmod 700 "$(folder work)/cur"; await A '* LIST (\HasNoChildren) "/" work'; await A '* STATUS work (MESSAGES 3 UIDNEXT 4...)'
	chmod 0 "$(folder play)/cur"; await A '* LIST (...\NoAccess...) "/" play'
}

@test "without NOTIFY nothing is told of other mailboxes, and nothing between commands (RFC 5465 3.1)" {
	two; open A inbox; news work; must B 'CREATE more'; news inbox
	raw A 'i IDLE\r\n'; await A '* 3 EXISTS'; raw A 'DONE\r\n'; await A 'i OK...'; unheard A '* STATUS...'; unheard A '* LIST...'
}

@test "without a SELECTED group there are no events of the selected mailbox, as with SELECTED NONE (RFC 5465 3.1)" {
	two
	for group in '(personal (MessageNew MessageExpunge FlagChange))' '(selected NONE) (personal (MessageNew MessageExpunge FlagChange))'; do
		watch_inbox A "$group"; must B 'SELECT inbox'; must B 'STORE 1 +FLAGS (\Flagged)'; news inbox; news work
		await A '* STATUS work...'; must A NOOP; unheard A '* {{.*(EXISTS|FETCH|STATUS INBOX)}}...'
		must A LOGOUT; close A; forget A
	done
}

@test "NOTIFY NONE: nothing of any mailbox, in NOOP neither (RFC 5465 3.1)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge)) (personal (MessageNew MessageExpunge MailboxName))'
	must A 'NOTIFY NONE'; expunge inbox 1; news inbox; news work; must B 'CREATE more'
	must A NOOP; unheard A '* {{.*(EXISTS|EXPUNGE|LIST|STATUS)}}...'
	raw A 'i IDLE\r\nDONE\r\n'; await A 'i OK...'; unheard A '* {{.*(EXISTS|EXPUNGE|LIST|STATUS)}}...'
	must A 'NOTIFY SET (selected (MessageNew MessageExpunge))'; heard A '* 1 EXPUNGE'; heard A '* 2 EXISTS'
}

@test "what the client does itself to the selected mailbox is told whatever it asks for" {
	two; watch_inbox A '(selected NONE)'
	must A 'STORE 1 +FLAGS (\Deleted)'; heard A '* 1 FETCH (...\Deleted...)'; must A EXPUNGE; heard A '* 1 EXPUNGE'
	must A 'APPEND inbox ' @plain.eml; heard A '* 2 EXISTS'; must A 'FETCH 2 UID'; fetched A 2 UID 3
	must A 'MOVE 1 work'; heard A '* 1 EXPUNGE'; must A 'COPY 1 inbox'; heard A '* 2 EXISTS'
}

# --- section 4 ---

@test "IDLE tells the same events as NOTIFY asks for (RFC 5465 4)" {
	two; watch_inbox A '(selected (MessageNew (UID) MessageExpunge)) (mailboxes work (MessageNew MessageExpunge))'
	raw A 'i IDLE\r\n'; await A '+ ...'
	news play; news work; await A '* STATUS work (MESSAGES 3...'; unheard A '* STATUS play...'
	must B 'SELECT inbox'; must B 'STORE 2 +FLAGS (\Flagged)'; news inbox; await A '* 3 FETCH (UID 3)'; unheard A '* 2 FETCH...'
	raw A 'DONE\r\n'; await A 'i OK...'; news work; await A '* STATUS work (MESSAGES 4...'
}

# --- section 5: it is not told what the client did itself ---

@test "the client's own CREATE, RENAME, DELETE, SUBSCRIBE and SETMETADATA are not told to it (RFC 5465 5)" {
	two; watch A '(personal (MailboxName SubscriptionChange MailboxMetadataChange ServerMetadataChange))'
	must A 'CREATE more (USE (\Drafts))'; must A 'CREATE more/below'; must A 'RENAME more less'; must A 'SUBSCRIBE less'; must A 'UNSUBSCRIBE less'
	must A 'SETMETADATA less (/private/comment "x")'; must A 'SETMETADATA "" (/shared/comment "x")'; must A 'DELETE less/below'
	must B 'CREATE last'; await A '* LIST (...) "/" last'
	unheard A '* LIST (...) "/" {{(more|less).*}}'; unheard A '* METADATA...'
}

@test "the client's own APPEND and COPY to another mailbox are not told to it (RFC 5465 5)" {
	two; watch_inbox A '(selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge FlagChange))'
	must A 'APPEND play ' @plain.eml; must A 'COPY 1:2 play'; must A 'MOVE 2 play'; news work; await A '* STATUS work...'; unheard A '* STATUS play...'
	news play; await A '* STATUS play (MESSAGES 5 UIDNEXT 6...)'
}

@test "no FETCH for what the client itself put into the selected mailbox (RFC 5465 5.2)" {
	two; watch_inbox A '(selected (MessageNew (UID) MessageExpunge))'
	must A 'APPEND inbox ' @plain.eml; heard A '* 3 EXISTS'; must A 'COPY 1 inbox'; heard A '* 4 EXISTS'; unheard A '* 4 FETCH...'
	news inbox; await A '* 5 FETCH (UID 5)'; unheard A '* 3 FETCH...'
}

# --- 5.1 FlagChange ---

@test "FlagChange in the selected mailbox: FETCH with UID and FLAGS, by a session and by mv (RFC 5465 5.1)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge FlagChange))'
	must B 'SELECT inbox'; must B 'STORE 2 +FLAGS (\Flagged keyword)'; await A '* 2 FETCH (UID 2 FLAGS (...\Flagged...keyword...))'
	f=$(path inbox 1); mv "$f" "${f%:2,*}:2,S"; await A '* 1 FETCH (UID 1 FLAGS (...\Seen...))'
	must A 'ENABLE CONDSTORE'; must B 'STORE 2 -FLAGS (\Flagged)'; await A '* 2 FETCH (UID 2 FLAGS (...keyword...) MODSEQ (<n>))'
}

@test "FlagChange in the selected mailbox goes before the ESEARCH of a search that is kept (RFC 5465 5.1)" {
	two; open A inbox; must A 'UID SEARCH RETURN (UPDATE) FLAGGED'; must A 'NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))'
	must B 'SELECT inbox'; must B 'STORE 2 +FLAGS (\Flagged)'; await A '* ESEARCH (TAG "A2") UID ADDTO (0 2)'
	order A '* 2 FETCH (UID 2 FLAGS (...\Flagged...))' '* ESEARCH (TAG "A2") UID ADDTO (0 2)'
}

@test "FlagChange in another mailbox without CONDSTORE: told when the unread change, with UIDVALIDITY (RFC 5465 5.1)" {
	two; watch A '(personal (MessageNew MessageExpunge FlagChange))'; must B 'SELECT work'
	must B 'STORE 1 +FLAGS (\Flagged)'; must B 'STORE 1 +FLAGS (\Seen)'; await A '* STATUS work (UIDVALIDITY <n> UNSEEN 1)'
	unheard A '* STATUS work (...UNSEEN 2...)'
	f=$(path work 2); mv "$f" "${f%:2,*}:2,S"; await A '* STATUS work (UIDVALIDITY <n> UNSEEN 0)'
}

@test "FlagChange in another mailbox with CONDSTORE: HIGHESTMODSEQ and UIDVALIDITY (RFC 5465 5.1)" {
	two; start A; must A 'ENABLE CONDSTORE'; must A 'NOTIFY SET (personal (MessageNew MessageExpunge FlagChange))'
	must B 'SELECT work'; must B 'STORE 1 +FLAGS (\Flagged)'; await A '* STATUS work (UIDVALIDITY <n> HIGHESTMODSEQ <n>)'
	must B 'STORE 1 +FLAGS (\Seen)'; await A '* STATUS work (UIDVALIDITY <n> UNSEEN 1 HIGHESTMODSEQ <n>)'
}

@test "FlagChange tells a new UIDVALIDITY (RFC 5465 5.1)" {
	two; start A; must A 'NOTIFY SET STATUS (mailboxes work (MessageNew MessageExpunge FlagChange))'
	v=$(text A | sed -n 's/.*STATUS work .*UIDVALIDITY \([0-9]*\).*/\1/p')
	must A NOOP; must B 'DELETE work'; must B 'CREATE work'; await A '* STATUS work (...UIDVALIDITY...)'
	[[ $(text A | sed -n 's/.*STATUS work .*UIDVALIDITY \([0-9]*\).*/\1/p' | tail -1) -gt $v ]]
}

# --- 5.2 MessageNew ---

@test "MessageNew in the selected mailbox: EXISTS, then FETCH of what was asked for (RFC 5465 5.2)" {
	two; watch_inbox A '(selected (MessageNew (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge))'
	news inbox; await A '* 3 FETCH (UID 3 FLAGS (...) BODY[HEADER.FIELDS (SUBJECT)] ...)'; order A '* 3 EXISTS' '* 3 FETCH (UID 3...'
	must B 'APPEND inbox ' @plain-second.eml; await A '* 4 FETCH (UID 4...)'; order A '* 4 EXISTS' '* 4 FETCH (UID 4...'
}

@test "MessageNew without items tells EXISTS alone; several messages may have one EXISTS (RFC 5465 5.2)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge))'
	must B 'APPEND inbox ' @plain.eml ' ' @plain.eml ' ' @plain.eml; await A '* 5 EXISTS'; unheard A '* <n> FETCH...'
	must A 'UID FETCH 3:5 UID'; count A 5
}

@test "items that would set \\Seen do not when nobody asked for this message (RFC 5465 5.2)" {
	two; watch_inbox A '(selected (MessageNew (BODY[]) MessageExpunge))'
	news inbox; await A '* 3 FETCH (UID 3 BODY[] ...)'; same A 3 'BODY[]' plain.eml; must A 'FETCH 3 FLAGS'; fetched A 3 FLAGS ''
}

@test "MessageNew and a search that is kept: EXISTS before ADDTO, FETCH behind it (RFC 5465 5.2)" {
	two; open A inbox; must A 'UID SEARCH RETURN (UPDATE) ALL'; must A 'NOTIFY SET (selected (MessageNew (UID) MessageExpunge))'
	news inbox; await A '* 3 FETCH (UID 3)'; order A '* 3 EXISTS' '* ESEARCH (TAG "A2") UID ADDTO (0 3)' '* 3 FETCH (UID 3)'
}

@test "MessageNew in another mailbox: STATUS with UIDNEXT and MESSAGES, by MDA, session and mv (RFC 5465 5.2)" {
	two; watch A '(personal (MessageNew MessageExpunge))'
	news work; await A '* STATUS work (MESSAGES 3 UIDNEXT 4 UIDVALIDITY <n>)'
	must B 'APPEND play ' @plain.eml; await A '* STATUS play (MESSAGES 1 UIDNEXT 2 UIDVALIDITY <n>)'
	f=$(path work 1); mv "$f" "$(folder inbox)/new/${f##*/}"; await A '* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY <n>)'
	await A '* STATUS work (MESSAGES 2 UIDNEXT 4 UIDVALIDITY <n>)'
}

@test "MessageNew in another mailbox with CONDSTORE or QRESYNC: HIGHESTMODSEQ too (RFC 5465 5.2)" {
	two; start A; must A 'ENABLE QRESYNC'; must A 'NOTIFY SET (personal (MessageNew MessageExpunge))'
	news work; await A '* STATUS work (MESSAGES 3 UIDNEXT 4 UIDVALIDITY <n> HIGHESTMODSEQ <n>)'
}

# --- 5.3 MessageExpunge ---

@test "MessageExpunge in the selected mailbox: EXPUNGE, by a session and by rm (RFC 5465 5.3)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge))'
	expunge inbox 2; await A '* 2 EXPUNGE'; rm "$(path inbox 1)"; await A '* 1 EXPUNGE'; count A 0
}

@test "MessageExpunge in the selected mailbox with QRESYNC: VANISHED (RFC 5465 5.3)" {
	two; start A; must A 'ENABLE QRESYNC'; must A 'SELECT inbox'; must A 'NOTIFY SET (selected (MessageNew MessageExpunge))'
	expunge inbox 2; await A '* VANISHED 2'; rm "$(path inbox 1)"; await A '* VANISHED 1'
}

@test "MessageExpunge and a search that is kept: REMOVEFROM is told (RFC 5465 5.3)" {
	two; open A inbox; must A 'UID SEARCH RETURN (UPDATE) ALL'; must A 'NOTIFY SET (selected (MessageNew MessageExpunge))'
	expunge inbox 2; await A '* 2 EXPUNGE'; heard A '* ESEARCH (TAG "A2") UID REMOVEFROM (0 2)'
}

@test "MessageExpunge in another mailbox: STATUS with UIDNEXT and MESSAGES (RFC 5465 5.3)" {
	two; watch A '(personal (MessageNew MessageExpunge))'
	expunge work 1; await A '* STATUS work (MESSAGES 1 UIDNEXT 3 UIDVALIDITY <n>)'
	rm "$(path work 1)"; await A '* STATUS work (MESSAGES 0 UIDNEXT 3 UIDVALIDITY <n>)'
}

@test "MessageExpunge in another mailbox with QRESYNC: HIGHESTMODSEQ too (RFC 5465 5.3)" {
	two; start A; must A 'ENABLE QRESYNC'; must A 'NOTIFY SET (personal (MessageNew MessageExpunge))'
	rm "$(path work 1)"; await A '* STATUS work (MESSAGES 1 UIDNEXT 3 UIDVALIDITY <n> HIGHESTMODSEQ <n>)'
}

# --- 5.4 MailboxName ---

@test "MailboxName: CREATE and DELETE are told by LIST, of the mailbox and of the one above (RFC 5465 5.4)" {
	two; watch A '(personal (MailboxName))'
	must B 'CREATE more'; await A '* LIST (\HasNoChildren) "/" more'
	must B 'CREATE work/new'; await A '* LIST (\HasNoChildren) "/" work/new'; await A '* LIST (\HasChildren) "/" work'
	must B 'DELETE work/new'; await A '* LIST (...\NonExistent...) "/" work/new'; await A '* LIST (\HasNoChildren) "/" work'
	must B 'CREATE a/b'; await A '* LIST (\HasNoChildren) "/" a/b'; await A '* LIST (...\NonExistent...\HasChildren...) "/" a'
}

@test "MailboxName: folders that other programs make, move and remove (RFC 5465 5.4)" {
	two; watch A '(personal (MailboxName))'
	as_user mkdir "$MAILDIR/.more"; as_user mkdir "$MAILDIR/.more/new" "$MAILDIR/.more/tmp"; as_user mkdir "$MAILDIR/.more/cur"
	await A '* LIST (\HasNoChildren) "/" more'
	as_user mv "$MAILDIR/.more" "$MAILDIR/.less"; await A '* LIST (\HasNoChildren) "/" less ("OLDNAME" ("more"))'
	as_user rm -r "$MAILDIR/.less"; await A '* LIST (...\NonExistent...) "/" less'
}

@test "MailboxName in nested directories, too" {
	layout fs; mailbox inbox; mailbox work; start B '--layout=fs'; start A '--layout=fs'; must A 'NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))'
	must B 'CREATE work/deep/er'; await A '* LIST (\HasNoChildren) "/" work/deep/er'
	as_user mkdir "$MAILDIR/work/deep/cur"; await A '* LIST (\HasChildren) "/" work/deep'
	as_user mkdir -p "$MAILDIR/a/b/c/cur"; await A '* LIST (\HasNoChildren) "/" a/b/c'
	must B 'APPEND work/deep/er ' @plain.eml; await A '* STATUS work/deep/er (MESSAGES 1...'
	must B 'RENAME work/deep work/shallow'; await A '* LIST (...) "/" work/shallow ("OLDNAME" ("work/deep"))'
}

@test "MailboxName: RENAME is told once, with OLDNAME, and not for what is below it (RFC 5465 5.4)" {
	two; must B 'CREATE work/a'; must B 'CREATE work/a/b'; watch A '(personal (MailboxName MessageNew MessageExpunge))'
	must B 'RENAME work job'; await A '* LIST (...) "/" job ("OLDNAME" ("work"))'
	await A '* LIST (\HasChildren) "/" job...'; must B 'CREATE last'; await A '* LIST (...) "/" last'; unheard A '* LIST (...) "/" job/...'; unheard A '* LIST (...) "/" work...'
	must B 'APPEND job/a/b ' @plain.eml; await A '* STATUS job/a/b (MESSAGES 1 UIDNEXT 2...)'; news job; await A '* STATUS job (MESSAGES 3 UIDNEXT 4...)'
}

@test "MailboxName: RENAME INBOX makes a mailbox, and nothing is told of INBOX (RFC 5465 5.4)" {
	two; watch A '(personal (MailboxName))'; must B 'RENAME inbox old'; await A '* LIST (...) "/" old...'
	must B 'CREATE last'; await A '* LIST (...) "/" last'; unheard A '* LIST (...) "/" INBOX...'
}

@test "MailboxName: a mailbox that is made and subscribed before shows \\Subscribed (RFC 5465 5.4)" {
	two; must B 'SUBSCRIBE later'; watch A '(personal (MailboxName))'; must B 'CREATE later'; await A '* LIST (\HasNoChildren \Subscribed) "/" later'
}

# --- 5.5 SubscriptionChange ---

@test "SubscriptionChange: LIST with \\Subscribed, and without it; attributes are true (RFC 5465 5.5)" {
	two; must B 'CREATE work/new'; watch A '(personal (SubscriptionChange))'
	must B 'SUBSCRIBE work'; await A '* LIST (\HasChildren \Subscribed) "/" work'
	must B 'UNSUBSCRIBE work'; await A '* LIST (\HasChildren) "/" work'
	must B 'SUBSCRIBE nowhere'; await A '* LIST (...\NonExistent...\Subscribed) "/" nowhere'
}

# --- 5.6, 5.7 metadata ---

@test "MailboxMetadataChange: METADATA with the names of what changed, was set or removed (RFC 5465 5.6)" {
	two; must B 'SETMETADATA work (/private/comment "a" /shared/comment "b")'; watch A '(personal (MailboxMetadataChange))'
	must B 'SETMETADATA work (/private/comment "c")'; await A '* METADATA work /private/comment'
	must B 'SETMETADATA work (/shared/comment NIL /private/new "x")'; await A '* METADATA work /private/new /shared/comment'
	must B 'SETMETADATA work ("/private/a(b" "x")'; await A '* METADATA work "/private/a(b"'
	must B 'SETMETADATA "" (/shared/comment "x")'; must B 'SETMETADATA INBOX (/shared/comment "x")'; await A '* METADATA INBOX /shared/comment'
	unheard A '* METADATA ""...'
}

@test "ServerMetadataChange: METADATA with an empty name (RFC 5465 5.7)" {
	two; watch A '(personal (ServerMetadataChange))'
	must B 'SETMETADATA work (/private/comment "c")'; must B 'SETMETADATA "" (/shared/comment "x")'; await A '* METADATA "" /shared/comment'
	must B 'SETMETADATA "" (/shared/comment NIL)'; await A '* METADATA "" /shared/comment'; unheard A '* METADATA work...'
}

# --- 6 ---

@test "SELECTED tells at once, between commands, an EXPUNGE too (RFC 5465 6.1.1)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge FlagChange))'
	expunge inbox 1; await A '* 1 EXPUNGE'; news inbox; await A '* 2 EXISTS'
}

@test "SELECTED-DELAYED keeps EXPUNGE for a command that allows it, or IDLE (RFC 5465 6.1.2)" {
	two; watch_inbox A '(selected-delayed (MessageNew MessageExpunge FlagChange))'
	expunge inbox 1; news inbox; await A '* 3 EXISTS'; must A 'FETCH 1 UID'; unheard A '* 1 EXPUNGE'
	must A NOOP; heard A '* 1 EXPUNGE'
	must A 'FETCH 1 UID'; expunge inbox 1; news inbox; await A '* 3 EXISTS'; unheard A '* 1 EXPUNGE'; raw A 'i IDLE\r\n'; await A '* 1 EXPUNGE'; raw A 'DONE\r\n'; await A 'i OK...'
}

@test "SELECTED is whatever is selected at the time, also by EXAMINE, and none when none is (RFC 5465 6.1)" {
	two; watch A '(selected (MessageNew (UID) MessageExpunge))'
	news inbox; must A 'SELECT work'; news work; await A '* 3 FETCH (UID 3)'
	must A 'EXAMINE play'; news work; news play; await A '* 1 FETCH (UID 1)'; unheard A '* 4 EXISTS' ; must A UNSELECT; news play; must A NOOP; unheard A '* <n> EXISTS'
	must A 'SELECT work'; news work; await A '* 5 FETCH (UID 5)'
}

@test "the selected mailbox is told by SELECTED alone though another group names it; the others by theirs (RFC 5465 6)" {
	two; watch_inbox A '(selected (MessageNew MessageExpunge)) (mailboxes (INBOX work) (MessageNew MessageExpunge FlagChange))'
	must B 'SELECT inbox'; must B 'STORE 1 +FLAGS (\Seen)'; news inbox; await A '* 3 EXISTS'; unheard A '* {{.*(FETCH|STATUS)}}...'
	must A 'SELECT work'; news inbox; await A '* STATUS INBOX (MESSAGES 4...'; unheard A '* STATUS work...'; news work; await A '* 3 EXISTS'
}

@test "what happened unheard in the selected mailbox is told when it is closed and one of the others" {
	two; watch_inbox A '(personal (MessageNew MessageExpunge))'
	news inbox; news work; await A '* STATUS work...'; raw A 'u UNSELECT\r\n'; await A '* STATUS INBOX (MESSAGES 3 UIDNEXT 4...)'
}

@test "PERSONAL and INBOXES are all mailboxes, SUBSCRIBED those of the list as it is by now (RFC 5465 6.2, 6.3, 6.4)" {
	two; must B 'SUBSCRIBE work'
	watch A '(inboxes (MessageNew MessageExpunge))'; watch C '(subscribed (MessageNew MessageExpunge))'
	news play; news work; await A '* STATUS play...'; await A '* STATUS work...'; await C '* STATUS work...'; unheard C '* STATUS play...'
	must B 'SUBSCRIBE play'; must B 'UNSUBSCRIBE work'; must C NOOP; news work; news play; await C '* STATUS play (MESSAGES 2...'; unheard C '* STATUS work...'
	must C 'SUBSCRIBE work'; news work; await C '* STATUS work (MESSAGES 5...'
}

@test "SUBTREE is the mailbox and all below it, MAILBOXES the names as they are: no wildcards (RFC 5465 6.5, 6.6)" {
	two; must B 'CREATE work/a/b'; must B 'CREATE workshop'
	watch A '(subtree work (MessageNew MessageExpunge))'; watch C '(mailboxes ("*" "wor%" work/a) (MessageNew MessageExpunge MailboxName))'
	news workshop; news work/a/b; await A '* STATUS work/a/b...'; news work; await A '* STATUS work (...'; unheard A '* STATUS workshop...'
	must B 'CREATE work/a'; await C '* LIST (\HasChildren) "/" work/a'; news work/a; await C '* STATUS work/a (...'; unheard C '* STATUS {{work |work/a/b|workshop}}...'
}

@test "several groups may cover a mailbox: the first that names a kind of event decides that kind (RFC 5465 6)" {
	two; watch A '(mailboxes INBOX (MessageNew MessageExpunge)) (mailboxes work NONE) (personal (SubscriptionChange MessageNew MessageExpunge FlagChange))'
	must B 'SUBSCRIBE work'; must B 'SUBSCRIBE inbox'; await A '* LIST (...) "/" INBOX'; unheard A '* LIST (...) "/" work'
	must B 'SELECT inbox'; must B 'STORE 1 +FLAGS (\Seen)'; news work; news inbox; await A '* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY <n>)'
	news play; await A '* STATUS play (...UNSEEN 1)'; unheard A '* STATUS work...'
}

@test "NOTIFY SET again, without STATUS: what happened in between is not lost" {
	two; watch A '(mailboxes work (MessageNew MessageExpunge))'
	for i in 3 4 5 6 7; do
		news work; raw A "x$i NOTIFY SET (mailboxes (work play) (MessageNew MessageExpunge))\r\n"; await A "* STATUS work (MESSAGES $i UIDNEXT..."
	done
}

# --- 7 ---

@test "UPDATE with items: EXISTS, FETCH of a new message that matches, ADDTO (RFC 5465 7)" {
	two; open A inbox; must A 'SEARCH RETURN (COUNT UPDATE (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])) SUBJECT plain'
	deliver inbox thread-1-root.eml >/dev/null; news inbox; must A NOOP
	order A '* 4 EXISTS' '* 4 FETCH (UID 4 BODY[HEADER.FIELDS (SUBJECT)] ...)' '* ESEARCH (TAG "A2") ADDTO (0 4)'; unheard A '* 3 FETCH...'
	say A 'SEARCH RETURN (UPDATE (NONSENSE)) ALL'; bad A; must A 'UID SORT RETURN (UPDATE (UID) ALL) (SUBJECT) UTF-8 ALL'
	must A 'ESEARCH IN (selected) RETURN (UPDATE (FLAGS)) UNSEEN'; news inbox; must A NOOP
	order A '* 5 FETCH (UID 5)' '* ESEARCH (TAG "A5") UID ADDTO ...'; heard A '* 5 FETCH (UID 5 FLAGS (...))'
}

@test "UPDATE with items: nothing is fetched when a flag makes a message match (RFC 5465 7)" {
	two; open A inbox; must A 'SEARCH RETURN (UPDATE (UID INTERNALDATE)) FLAGGED'; must B 'SELECT inbox'; must B 'STORE 2 +FLAGS (\Flagged)'
	must A NOOP; heard A '* ESEARCH (TAG "A2") ADDTO (0 2)'; unheard A '* 2 FETCH (...INTERNALDATE...)'
}

@test "items of UPDATE and of MessageNew come in one FETCH (RFC 5465 5.2)" {
	two; open A inbox; must A 'UID SEARCH RETURN (UPDATE (UID INTERNALDATE)) SUBJECT plain'
	must A 'NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge))'
	news inbox; await A '* 3 FETCH (UID 3 INTERNALDATE "..." FLAGS (...))'; deliver inbox thread-1-root.eml >/dev/null; await A '* 4 FETCH (UID 4 FLAGS (...))'
	heard A '* 3 FETCH...' 1; heard A '* 4 FETCH...' 1
}

# --- others ---

@test "a client in the middle of its pipeline hears everything once" {
	two; watch_inbox A '(selected (MessageNew (UID) MessageExpunge)) (personal (MessageNew MessageExpunge))'
	for i in {1..10}; do news inbox; news work; raw A "p$i NOOP\r\nq$i UID FETCH 1 FLAGS\r\n"; done
	await A '* 12 FETCH (UID 12)'; await A '* STATUS work (MESSAGES 12...'; must A NOOP; unheard A '* <n> EXISTS'
}

@test "UIDONLY: new mail by UIDFETCH, what goes by VANISHED (RFC 9586)" {
	two; start A; must A 'ENABLE UIDONLY'; must A 'SELECT inbox'; must A 'NOTIFY SET (selected (MessageNew (FLAGS) MessageExpunge FlagChange))'
	news inbox; await A '* 3 UIDFETCH (FLAGS (...))'; expunge inbox 1; await A '* VANISHED 1'
	f=$(path inbox 1); mv "$f" "${f%:2,*}:2,S"; await A '* 2 UIDFETCH (FLAGS (...\Seen...))'
}

@test "names in UTF-8 after ENABLE IMAP4rev2, in UTF-7 before" {
	two; watch A '(personal (MailboxName))'; start C; must C 'ENABLE IMAP4rev2'; must C 'NOTIFY SET (personal (MailboxName))'
	must B 'CREATE "Entw&APw-rfe"'; await A '* LIST (\HasNoChildren) "/" Entw&APw-rfe'; await C '* LIST (\HasNoChildren) "/" "Entwürfe"'
	must B 'RENAME "Entw&APw-rfe" plain'; await C '* LIST (\HasNoChildren) "/" plain ("OLDNAME" ("Entwürfe"))'
}

# --- bounds ---

# inotify fails with this error, from the Nth call on.
without_inotify() { echo "+under=strace -f --seccomp-bpf -qq -o /dev/null -e trace=$1 -e inject=$1:error=$2:when=${3:-1+}"; }

@test "without inotify the mail is looked at in intervals, and the log says so once (C17)" {
	needs strace
	two; start A +silent +env=ASAN_OPTIONS=detect_leaks=0 "$(without_inotify inotify_init1 EMFILE)"; must A 'SELECT inbox'
	must A 'NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName SubscriptionChange MailboxMetadataChange))'
	news work; await A '* STATUS work (MESSAGES 3...'; news inbox; await A '* 3 FETCH (UID 3)'
	must B 'RENAME work job'; await A '* LIST (...) "/" job ("OLDNAME" ("work"))'; news job; await A '* STATUS job (MESSAGES 4...'
	must B 'SUBSCRIBE play'; await A '* LIST (...\Subscribed) "/" play'; must B 'SETMETADATA play (/private/comment "a")'; await A '* METADATA play /private/comment'
	must B 'DELETE play'; await A '* LIST (...\NonExistent...) "/" play'
	stderr A | grep -c 'not by inotify' | grep -qx 1
}

@test "when the watches are used up half-way, the rest is looked at too" {
	needs strace
	two; folders 20 box; start A +silent +env=ASAN_OPTIONS=detect_leaks=0 "$(without_inotify inotify_add_watch ENOSPC 30+)"; must A 'NOTIFY SET (personal (MessageNew MessageExpunge))'
	news box1; await A '* STATUS box1 (MESSAGES 1...'; news box20; await A '* STATUS box20 (MESSAGES 1...'; news work; await A '* STATUS work (MESSAGES 3...'
	must B 'DELETE box1'; must B 'CREATE new'; must B 'APPEND new ' @plain.eml; await A '* STATUS new (MESSAGES 1...'
}

@test "a thousand folders are watched by one process, one instance and three watches each" {
	mailbox inbox; folders 1000 box; start A
	must A 'NOTIFY SET STATUS (personal (MessageNew MessageExpunge MailboxName))'; heard A '* STATUS box...(MESSAGES 0...' 1000
	for i in 1 500 1000; do news "box$i"; await A "* STATUS box$i (MESSAGES 1...)"; done
	must A NOOP; f=$(grep -l inotify /proc/$(pid A)/fdinfo/*); [[ $(wc -w <<<"$f") -eq 1 ]]; [[ $(grep -c ^inotify "$f") -le 3003 ]]
	must A 'NOTIFY SET (personal (MailboxName))'; [[ $(grep -l inotify /proc/$(pid A)/fdinfo/* | wc -l) -eq 1 ]]
	must A 'NOTIFY NONE'; refute grep -q inotify /proc/$(pid A)/fdinfo/*
}

@test "too much to look at is NO with NOTIFICATIONOVERFLOW, and when it comes later the end of NOTIFY (RFC 5465 3.1, 5.8)" {
	needs strace
	mailbox inbox; folders 2000 box; start A +silent +env=ASAN_OPTIONS=detect_leaks=0 "$(without_inotify inotify_init1 EMFILE)"
	say A 'NOTIFY SET (personal (MessageNew MessageExpunge))'; no A NOTIFICATIONOVERFLOW; must A NOOP
	start B; must B 'DELETE box7'; must A 'NOTIFY SET (personal (MailboxName))'
	must B 'CREATE box7'; await A '* OK [NOTIFICATIONOVERFLOW]...'
	must A NOOP; must B 'DELETE box7'; raw A 'i IDLE\r\nDONE\r\n'; await A 'i OK...'; unheard A '* LIST...'
	must B 'DELETE box8'; must A 'NOTIFY SET (personal (MailboxName))'
}

@test "a storm of deliveries into forty folders: the last word on each is right" {
	mailbox inbox; folders 40 box; watch A '(personal (MessageNew MessageExpunge))'
	for round in 1 2 3 4 5; do for i in {1..40}; do f=$(mktemp -u "$T/XXXXXXXX"); cp "$MAIL/plain.eml" "$f"; give "$f"; mv "$f" "$(folder "box$i")/new/"; done; done
	for i in {1..40}; do await A "* STATUS box$i (MESSAGES 5 UIDNEXT 6...)"; done
}

@test "a folder that another program removes piece by piece does not come back" {
	mailbox inbox; watch A '(personal (MessageNew MessageExpunge MailboxName))'
	for i in {1..20}; do
		mailbox "gone$i" 5*plain.eml; await A "* LIST (...) \"/\" gone$i"; news "gone$i"
		d=$(folder "gone$i"); as_user rm -r "$d/new" "$d/tmp"; as_user rm -r "$d"; await A "* LIST (...\\NonExistent...) \"/\" gone$i"; [[ ! -e $d ]]
	done
}
