# CREATE, DELETE, RENAME: RFC 9051 sections 6.3.4, 6.3.5, 6.3.6; RFC 5530; RFC 6154 section 3.
load ../lib

@test "CREATE makes a mailbox that can be selected and lies where it should (RFC 9051 6.3.4)" {
	mailbox inbox
	start A; must A 'CREATE Work'
	[[ -d $MAILDIR/.Work/cur && -d $MAILDIR/.Work/new && -d $MAILDIR/.Work/tmp && -e $MAILDIR/.Work/maildirfolder ]]
	must A 'SELECT Work'; count A 0
}

@test "CREATE of what is there, and of INBOX, is NO (RFC 9051 6.3.4; RFC 5530)" {
	mailbox inbox; mailbox Work
	start A
	say A 'CREATE Work'; no A ALREADYEXISTS
	say A 'CREATE inbox'; no A ALREADYEXISTS
	say A 'CREATE INBOX'; no A ALREADYEXISTS
	say A 'CREATE Work/'; no A ALREADYEXISTS
}

@test "CREATE with a separator at the end makes the name without it (RFC 9051 6.3.4)" {
	mailbox inbox
	start A; must A 'CREATE Work/'; must A 'LIST "" *'; names A INBOX Work
	must A 'CREATE Work/2026/'; must A 'SELECT Work/2026'
}

@test "CREATE of a name deep down makes the names above it (RFC 9051 6.3.4)" {
	mailbox inbox
	start A; must A 'CREATE foo/bar/zap'
	must A 'LIST "" foo/bar/zap'; listed A foo/bar/zap
	must A 'LIST "" %'; listed A foo; must A 'LIST "" foo/%'; listed A foo/bar
	must A 'SELECT foo/bar/zap'
}

@test "CREATE of a name above one that is there makes it selectable (RFC 9051 6.3.4)" {
	mailbox inbox; mailbox a/b
	start A; must A 'LIST "" %'; listed A a '\Noselect'
	say A 'SELECT a'; no A
	must A 'CREATE a'; must A 'SELECT a'
	must A 'LIST "" %'; listed A a '-\NonExistent' '-\Noselect'
}

@test "CREATE below INBOX works (RFC 9051 5.1)" {
	mailbox inbox
	start A; must A 'CREATE inbox/below'; must A 'LIST "" *'; names A INBOX INBOX/below
	must A 'SELECT INBOX/below'; must A 'SELECT iNbOx/below'
	must A 'DELETE INBOX/below'; must A 'LIST "" *'; names A INBOX
}

@test "CREATE refuses names that no mailbox can have, and says why (RFC 5530 CANNOT)" {
	mailbox inbox
	start A
	long=$(printf 'x%.0s' {1..2000})
	for name in '""' '"/"' '"//"' '"/abs"' '"a//b"' '"a///b"' '".."' '"../x"' '"a/../b"' '"."' "$long"; do
		say A "CREATE $name"; no A
	done
	must A 'LIST "" *'; names A INBOX
	[[ $(ls -A "$T" | grep -vcE '^(Maildir|transcript|stderr|engine|py)') == 0 ]]
}

@test "CREATE takes a name with blanks, quotes, wildcards and every other printable character" {
	mailbox inbox
	start A
	for name in 'a b' 'quo"te' 'back\slash' 'per%cent' 'st*r' 'tilde~' 'co:lon' "ap'os" '(round)' '[square]' '{curly}' \
		'hash#' 'semi;colon' 'plus+' 'at@' 'equals=' 'question?' '-minus' '~' '!bang' 'a.b' '.hidden' 'dot.' 'new' 'cur' 'tmp'; do
		quoted=${name//\\/\\\\}; quoted=${quoted//\"/\\\"}
		must A "CREATE \"$quoted\""
		must A "SELECT \"$quoted\""
		must A "STATUS \"$quoted\" (MESSAGES)"; status A "$name" MESSAGES 0
		must A 'LIST "" *'; listed A "$name" '-\NonExistent'
		must A UNSELECT
		must A "DELETE \"$quoted\""
		must A 'LIST "" *'; names A INBOX
	done
}

@test "CREATE and DELETE in bad form are BAD" {
	mailbox inbox
	start A
	say A 'CREATE'; bad A
	say A 'CREATE a b'; bad A
	say A 'CREATE (a)'; bad A
	say A 'CREATE a*b'; bad A
	say A 'CREATE a%b'; bad A
	say A 'DELETE'; bad A
	say A 'DELETE a b'; bad A
	say A 'RENAME a'; bad A
	say A 'RENAME a b c'; bad A
	must A 'LIST "" *'; names A INBOX
}

@test "CREATE with a special use stores it with the mailbox (RFC 6154 3)" {
	mailbox inbox
	start A
	must A 'CREATE Gone (USE (\Trash))'
	must A 'CREATE "Sent Mail" (USE (\Sent \Archive))'
	must A 'LIST (SPECIAL-USE) "" *'; listed A Gone '\Trash'; listed A 'Sent Mail' '\Sent' '\Archive'
	open B inbox; must B 'LIST "" * RETURN (SPECIAL-USE)'; listed B Gone '\Trash'
}

@test "CREATE with a use that we cannot give is NO [USEATTR] and makes nothing (RFC 6154 3)" {
	mailbox inbox
	start A
	say A 'CREATE Bad (USE (\NoSuchUse))'; no A USEATTR
	say A 'CREATE Bad (USE (\Noselect))'; no A USEATTR
	say A 'CREATE Bad (USE)'; bad A
	say A 'CREATE Bad (XUNKNOWN (a))'; bad A
	must A 'LIST "" *'; names A INBOX
}

@test "DELETE removes mailbox and messages (RFC 9051 6.3.5)" {
	mailbox inbox; mailbox Work plain.eml
	start A; must A 'DELETE Work'
	[[ ! -e $MAILDIR/.Work ]]
	say A 'SELECT Work'; no A NONEXISTENT
	must A 'LIST "" *'; names A INBOX
}

@test "DELETE takes away what one that was killed left, and not what one beside it moves" {
	local deleted=$MAILDIR/..mayfly-deleted
	mailbox inbox; mailbox Work plain.eml
	as_user mkdir -p "$deleted."{0123456789abcdef/cur,fedcba9876543210/cur} "$MAILDIR/..mayfly-kept.0123456789abcdef"
	as_user touch "$deleted."{0123456789abcdef,fedcba9876543210}/cur/1.x:2,S
	touch -d '2 hours ago' "$deleted.0123456789abcdef" "$MAILDIR/..mayfly-kept.0123456789abcdef"
	start A; must A 'DELETE Work'
	[[ ! -e $deleted.0123456789abcdef && -e $deleted.fedcba9876543210/cur/1.x:2,S ]]
	[[ -d $MAILDIR/..mayfly-kept.0123456789abcdef ]]
}

@test "DELETE of INBOX or of what is not there is NO (RFC 9051 6.3.5; RFC 5530)" {
	mailbox inbox plain.eml
	start A
	say A 'DELETE inbox'; no A
	say A 'DELETE nowhere'; no A NONEXISTENT
	must A 'SELECT inbox'; count A 1
}

@test "DELETE leaves what is below (RFC 9051 6.3.5)" {
	mailbox inbox; mailbox foo; mailbox foo/bar plain.eml
	start A; must A 'DELETE foo'
	must A 'LIST "" *'; listed A foo/bar
	must A 'LIST "" %'; listed A foo '\Noselect'
	must A 'SELECT foo/bar'; count A 1
	say A 'SELECT foo'; no A
}

@test "DELETE of a name that is only a level above others is NO (RFC 9051 6.3.5)" {
	mailbox inbox; mailbox foo/bar plain.eml
	start A; say A 'DELETE foo'; no A
	must A 'SELECT foo/bar'; count A 1
}

@test "DELETE that may not take every part of a mailbox takes none: NO, and the mail is there" {
	layout fs; mailbox inbox; mailbox Work 2*plain.eml
	chmod 0500 "$MAILDIR/Work/tmp"
	start A --layout=fs; say A 'DELETE Work'; no A NOPERM
	must A 'SELECT Work'; count A 2; must A 'FETCH 1:2 BODY.PEEK[]'; same A 2 'BODY[]' plain.eml
	[[ -z $(ls -d "$MAILDIR"/..mayfly-* 2>/dev/null) ]]
	chmod 0700 "$MAILDIR/Work/tmp"; must A UNSELECT; must A 'DELETE Work'; [[ ! -e $MAILDIR/Work ]]
}

@test "a mailbox made again under a deleted name repeats no UID (RFC 9051 6.3.5, 2.3.1.1)" {
	mailbox inbox; mailbox Work 3*plain.eml
	open A Work; validity=$(told A UIDVALIDITY); must A CLOSE
	must A 'DELETE Work'; must A 'CREATE Work'; must A 'APPEND Work ' @plain.eml
	must A 'SELECT Work'; must A 'FETCH 1 UID'
	[[ $(told A UIDVALIDITY 2>&1) == "$validity" && $(value A 1 UID) -le 3 ]] && return 1
	must A 'STATUS Work (UIDVALIDITY)'; [[ $(status A Work UIDVALIDITY) != "$validity" ]] || [[ $(uids A) -gt 3 ]]
}

@test "DELETE does not unsubscribe (RFC 9051 6.3.7)" {
	mailbox inbox; mailbox Work
	start A; must A 'SUBSCRIBE Work'; must A 'DELETE Work'
	must A 'LIST (SUBSCRIBED) "" *'; listed A Work '\Subscribed' '\NonExistent'
	must A 'LSUB "" *'; listed A Work
}

@test "DELETE of the mailbox that is selected does not hurt the session" {
	mailbox inbox; mailbox Work plain.eml
	open A Work; say A 'DELETE Work'
	must A NOOP; must A 'SELECT inbox'
}

@test "RENAME of a name above the selected mailbox closes it, also where that name is no mailbox (RFC 9051 6.3.6, 7.1)" {
	mailbox inbox; start A; must A 'CREATE p/x'; must A 'CREATE q/x'; must A 'CREATE q'
	for parent in p q; do
		must A "SELECT $parent/x"; must A "RENAME $parent new$parent"; heard A '* OK [CLOSED]...'
		say A 'FETCH 1:* FLAGS'; bad A; must A "DELETE new$parent/x"; unheard A '* BYE...'
	done
	must A 'CREATE r/x'; must A 'SELECT r/x'; say A 'RENAME r q'; must A 'NOOP'
}

@test "RENAME gives the mailbox another name with messages, flags, UIDs and UIDVALIDITY (RFC 9051 6.3.6; C 5)" {
	mailbox inbox; mailbox Work plain.eml:S 2*plain.eml:F
	open A Work; validity=$(told A UIDVALIDITY)
	must A 'STORE 2 +FLAGS (keyword)'; must A 'STORE 1 +FLAGS (\Deleted)'; must A EXPUNGE
	must A 'FETCH 1:* UID'; before=$(uids A); must A UNSELECT
	must A 'RENAME Work Play'; must A 'LIST "" *'; names A INBOX Play
	must A 'SELECT Play'; [[ $(told A UIDVALIDITY) == "$validity" && $(told A UIDNEXT) == 4 ]]
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == "$before" ]]; fetched A 1 FLAGS '\Flagged keyword'
	say A 'SELECT Work'; no A NONEXISTENT
}

@test "RENAME takes along what is below (RFC 9051 6.3.6)" {
	mailbox inbox; mailbox foo; mailbox foo/bar plain.eml; mailbox foo/bar/deep; mailbox food
	start A; must A 'RENAME foo zap'
	must A 'LIST "" *'; names A INBOX zap zap/bar zap/bar/deep food
	must A 'SELECT zap/bar'; count A 1
}

@test "RENAME of a name that is only a level above others moves those (RFC 9051 6.3.6)" {
	mailbox inbox; mailbox foo/bar plain.eml
	start A; must A 'RENAME foo zap'
	must A 'LIST "" *'; listed A zap/bar
	must A 'SELECT zap/bar'; count A 1
}

@test "RENAME makes the names above the new one (RFC 9051 6.3.6)" {
	mailbox inbox; mailbox foo plain.eml
	start A; must A 'RENAME foo baz/rag/zowie'
	must A 'SELECT baz/rag/zowie'; count A 1
	must A 'LIST "" %'; listed A baz
}

@test "RENAME from what is not there, or to what is, is NO (RFC 9051 6.3.6; RFC 5530)" {
	mailbox inbox; mailbox a plain.eml; mailbox b 2*plain.eml
	start A
	say A 'RENAME nowhere c'; no A NONEXISTENT
	say A 'RENAME a b'; no A ALREADYEXISTS
	say A 'RENAME a a'; no A ALREADYEXISTS
	say A 'RENAME a INBOX'; no A ALREADYEXISTS
	must A 'STATUS a (MESSAGES)'; status A a MESSAGES 1
	must A 'STATUS b (MESSAGES)'; status A b MESSAGES 2
}

@test "RENAME of a mailbox to a name below itself is NO and loses nothing" {
	mailbox inbox; mailbox a plain.eml; mailbox a/b 2*plain.eml
	start A; say A 'RENAME a a/c'; no A
	must A 'STATUS a (MESSAGES)'; status A a MESSAGES 1
	must A 'STATUS a/b (MESSAGES)'; status A a/b MESSAGES 2
}

@test "RENAME is refused when a name below would meet one that is there, and nothing moves" {
	mailbox inbox; mailbox a; mailbox a/x plain.eml; mailbox b/x 2*plain.eml
	start A; say A 'RENAME a b'
	must A 'STATUS b/x (MESSAGES)'; status A b/x MESSAGES 2
	must A 'LIST "" *'
	if text A | grep -q ' a/x'; then must A 'STATUS a/x (MESSAGES)'; status A a/x MESSAGES 1; fi
}

@test "RENAME of INBOX moves its messages and leaves INBOX empty (RFC 9051 6.3.6)" {
	mailbox inbox plain.eml:S 2*plain.eml; mailbox INBOX/below plain.eml
	start A; must A 'RENAME inbox old-mail'
	must A 'STATUS inbox (MESSAGES)'; status A INBOX MESSAGES 0
	must A 'SELECT old-mail'; count A 3; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Seen'
	must A 'LIST "" *'; names A INBOX INBOX/below old-mail
	must A 'SELECT INBOX/below'; count A 1
	deliver inbox plain.eml; must A 'SELECT inbox'; count A 1
}

@test "INBOX after RENAME repeats no UID under its UIDVALIDITY (RFC 9051 6.3.6, 2.3.1.1)" {
	mailbox inbox 3*plain.eml
	open A inbox; validity=$(told A UIDVALIDITY); must A UNSELECT
	must A 'RENAME inbox old'
	deliver inbox plain.eml
	must A 'SELECT inbox'; new=$(told A UIDVALIDITY); must A 'FETCH 1 UID'
	[[ $new != "$validity" || $(value A 1 UID) -gt 3 ]]
}

@test "RENAME and RENAME back restore everything" {
	mailbox inbox; mailbox a plain.eml:S plain.eml:F
	open A a; validity=$(told A UIDVALIDITY); must A 'FETCH 1:* UID'; before=$(uids A); must A UNSELECT
	must A 'RENAME a b'; must A 'RENAME b a'
	must A 'SELECT a'; [[ $(told A UIDVALIDITY) == "$validity" ]]
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == "$before" ]]; fetched A 2 FLAGS '\Flagged'
}

@test "two mailboxes change names with a third, and each keeps its own UIDVALIDITY" {
	mailbox inbox; mailbox a plain.eml; mailbox b 2*plain.eml
	start A
	must A 'STATUS a (UIDVALIDITY)'; va=$(status A a UIDVALIDITY)
	must A 'STATUS b (UIDVALIDITY)'; vb=$(status A b UIDVALIDITY)
	must A 'RENAME a c'; must A 'RENAME b a'; must A 'RENAME c b'
	must A 'STATUS a (UIDVALIDITY MESSAGES)'; status A a MESSAGES 2; status A a UIDVALIDITY "$vb"
	must A 'STATUS b (UIDVALIDITY MESSAGES)'; status A b MESSAGES 1; status A b UIDVALIDITY "$va"
}

@test "RENAME does not change subscriptions (RFC 9051 6.3.6)" {
	mailbox inbox; mailbox a
	start A; must A 'SUBSCRIBE a'; must A 'RENAME a b'
	must A 'LIST (SUBSCRIBED) "" *'; names A a; listed A a '\Subscribed'
}

@test "RENAME keeps the special use with the mailbox (RFC 6154 3)" {
	mailbox inbox
	start A; must A 'CREATE Gone (USE (\Trash))'; must A 'RENAME Gone Lost'
	must A 'LIST (SPECIAL-USE) "" *'; names A Lost; listed A Lost '\Trash'
}

@test "RENAME of the mailbox that is selected does not hurt the session" {
	mailbox inbox; mailbox a plain.eml
	open A a; say A 'RENAME a b'; must A NOOP; must A 'SELECT inbox'; must A 'STATUS b (MESSAGES)'; status A b MESSAGES 1
}

@test "a mailbox renamed by one session is gone for another, which goes on (RFC 9051 6.3.6)" {
	mailbox inbox; mailbox a plain.eml
	open A a; start B; must B 'RENAME a b'
	say A 'FETCH 1 BODY.PEEK[]'
	say A NOOP
	must A 'SELECT b'; count A 1
}

@test "a mailbox deleted by one session is gone for another, which is told BYE (RFC 2180 3.3.3)" {
	mailbox inbox; mailbox a plain.eml
	open A a; start B; must B 'DELETE a'
	say A NOOP; heard A '* BYE...deleted...'
	[[ ! -e $MAILDIR/.a ]]; open C inbox
}

@test "a mailbox deleted above others (--layout=fs) is gone for another session too, which does not bring it back" {
	layout fs; mailbox inbox; mailbox a plain.eml; mailbox a/b; start C --layout=fs; must C 'SELECT a'; close C
	for first in NOOP 'FETCH 1 BODY.PEEK[]'; do
		start A --layout=fs; must A 'SELECT a'; must A "$first"; start B --layout=fs; must B 'DELETE a'
		say A NOOP; heard A '* BYE...deleted...'
		must B 'LIST "" %'; listed B a '\Noselect'; must B 'CREATE a'; must B 'APPEND a ' @plain.eml; close B
	done
}

@test "CREATE, RENAME and DELETE deep in the tree (--layout=fs) are on disk before they are confirmed" {
	needs strace
	layout fs; mailbox inbox; mailbox a/x; mailbox b/z; mailbox a/d; mailbox a/d/e
	start A --layout=fs --no-sandbox +under="strace -f -qq -y -o $T/trace -e trace=renameat,renameat2,fsync,mkdirat,fcntl"
	must A 'RENAME a/x b/y'; must A 'DELETE a/d'; must A 'CREATE k/l/m'; close A
	for dir in k k/l; do sed -n '/mkdirat(.*"k\/l\/m"/,$p' "$T/trace" | grep -q "fsync(.*Maildir/$dir>"; done
	# nobody looks at the mailbox meanwhile
	sed '/renameat(.*a\/d>, "cur"/,$d' "$T/trace" | grep -q 'fcntl(.*a/d/mayfly-lock>, F_OFD_SETLK'
	for dir in a b; do sed -n '/renameat2(.*"a\/x"/,$p' "$T/trace" | grep -q "fsync(.*Maildir/$dir>"; done
	sed -n '/renameat(.*a\/d>, "cur"/,$p' "$T/trace" | grep -q 'fsync(.*Maildir/a/d>'
}
