# mayfly-admin where things are not as they should be: each is named, nothing is made worse.
load ../lib

admin() { as_user "$MAYFLY_BUILD/mayfly-admin" --module="$MAYFLY_BUILD/mayfly-message.so" --maildir="$MAILDIR" "$@"; }

# met MSG...: an INBOX that a session has seen
met() { mailbox inbox "$@"; open A inbox; must A 'UID FETCH 1:* (FLAGS)'; close A; forget A; }

@test "check tells of a journal that is gone, that cannot be read, and of one that is a directory" {
	met 3*plain.eml
	mv "$MAILDIR/mayfly-uidlist" "$T/kept"
	run admin check; [[ $status == 1 && $output == *'mayfly-uidlist is missing; the index holds the same UIDs'* ]]
	run admin dump --what=uidlist; [[ $output == *'uidlist: none'* ]]
	run admin check --repair; [[ $status == 1 && $output == *mended* && -e $MAILDIR/mayfly-uidlist ]]
	run admin check; [[ $status == 0 ]]
	open B inbox; must B 'UID FETCH 1:* UID'; [[ $(uids B) == '1 2 3' ]]; close B
	rm "$MAILDIR/mayfly-uidlist"; mkdir "$MAILDIR/mayfly-uidlist"; give "$MAILDIR"
	run admin check; [[ $status == 1 && $output == *'mayfly-uidlist cannot be read: Is a directory'* ]]
}

@test "check compares the mailbox with the account's second copy, and mends the copy" {
	met 3*plain.eml
	# another account's file: the same mailbox with another UIDVALIDITY
	mkdir -p "$T"/other/{cur,new,tmp}; cp "$MAIL/plain.eml" "$T/other/cur/1.M1P1.h:2,"; printf '3 V1234567890 N9\n8 :1.M1P1.h\n' >"$T/other/dovecot-uidlist"; give "$T/other"
	start O "+maildir=$T/other"; must O 'SELECT inbox'; [[ $(told O UIDVALIDITY) == 1234567890 ]]; must O 'UID FETCH 1:* UID'; close O
	cp "$T/other/mayfly-account" "$MAILDIR/mayfly-account"; give "$MAILDIR"
	run admin check; [[ $status == 1 && $output == *'mayfly-account has UIDVALIDITY'*'the mailbox'* ]]
	run admin check --repair; [[ $output == *mended* ]]; run admin check; [[ $status == 0 ]]
}

@test "check tells of a cur/ that cannot be listed" {
	met 2*plain.eml
	chmod 0 "$MAILDIR/cur"; chown 0:0 "$MAILDIR/cur" 2>/dev/null || :
	run admin check; chmod 755 "$MAILDIR/cur"
	[[ $status != 0 && $output == *'Permission denied'* ]]
}

@test "check tells of damaged subscriptions and annotations, and of files that cannot be read" {
	mailbox inbox plain.eml; start A; must A 'SUBSCRIBE box'; must A 'SUBSCRIBE other'; must A 'SETMETADATA "" (/shared/comment "x")'; close A
	sed -i '$s/o/0/' "$MAILDIR/mayfly-subscriptions"; give "$MAILDIR"
	run admin check; [[ $status == 1 && $output == *'1 lines of mayfly-subscriptions are damaged'* ]]
	run admin check --repair; [[ $status == 1 ]]; run admin check; [[ $output != *mayfly-subscriptions* ]]
	rm "$MAILDIR/mayfly-metadata"; mkdir "$MAILDIR/mayfly-metadata"; give "$MAILDIR"
	run admin check; [[ $status == 1 && $output == *'mayfly-metadata cannot be read: Is a directory'* ]]
}

@test "many wrong sizes are named in part, and counted" {
	mailbox inbox plain.eml; for i in {1..30}; do cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000000.M${i}P1.h,S=7:2,"; done; give "$MAILDIR"
	open A inbox; close A
	run admin check; [[ $status == 1 && $output == *'30 sizes in names are wrong and 0 messages cannot be read, in all'* ]]
	[[ $(grep -c 'and not those that its name tells' <<<"$output") -lt 30 ]]
}

@test "stat --json can be read whatever the names are, and tells of mailboxes without an index" {
	mailbox inbox plain.eml; mkdir -p "$MAILDIR"/.bad$'\xff'x/{cur,new,tmp}; give "$MAILDIR"
	admin stat --json >"$T/json"
	python3 -c 'import json, sys; print(sorted(m["mailbox"] for m in json.load(open(sys.argv[1]))))' "$T/json" >"$T/names"
	grep -q INBOX "$T/names"
	run admin dump --what=index; [[ $output == *'index: '* ]]
}

@test "dump tells of expunged UIDs, and of what is not there" {
	met 4*plain.eml
	open B inbox; must B 'STORE 2:3 +FLAGS (\Deleted)'; must B EXPUNGE; close B
	admin check >/dev/null; rm "$MAILDIR/mayfly-index"; open C inbox; must C NOOP; close C
	run admin dump --what=index; [[ $output == *'expunged 2:3 modseq '* ]]
	rm "$MAILDIR/mayfly-index"; run admin dump --what=index; [[ $output == *'index: none'* ]]
}

@test "expire takes those marked as deleted alone, and asks the file where no save date is known" {
	mailbox inbox 2*plain.eml plain.eml:T plain.eml:FT
	run admin expire --older-than=0 --deleted --dry-run INBOX; [[ $status == 0 && $output == *'1 of 4 messages would be removed'* ]]
	run admin --no-fsync --lock=auto expire --older-than=0 --deleted INBOX; [[ $status == 0 && $output == *'1 of 4 messages removed'* ]]
	run admin --lock=dot expire --older-than=0 INBOX; [[ $status == 0 && $output == *'2 of 3 messages removed'* && ! -e $MAILDIR/mayfly-lock.dot ]]
}

@test "a verb that cannot open a mailbox says so, does the others, and ends with 2" {
	mailbox inbox plain.eml; mailbox one plain.eml; mailbox two plain.eml
	open A inbox; close A; forget A
	chmod 0 "$MAILDIR/.one"; chown 0:0 "$MAILDIR/.one" 2>/dev/null || :
	for words in 'stat INBOX one two' 'index INBOX one two' 'check INBOX one two' 'expire --older-than=30 INBOX one two'; do
		run admin $words
		[[ $status == 2 && $output == *one:* && $output == *INBOX* && $output == *two* ]] || { echo "$words: $status: $output"; false; }
	done
}

@test "merge of a backup that is none, or cannot be read, changes nothing" {
	met 2*plain.eml; (cd "$MAILDIR" && ls cur) >"$T/before"
	run admin merge "$T/nowhere"; [[ $status == 2 && -n $output ]]
	cp -a "$MAILDIR" "$T/backup"; open B inbox; must B 'STORE 1 +FLAGS (\Deleted)'; must B EXPUNGE; close B
	chmod 0 "$T/backup"/cur/*; chown 0:0 "$T/backup"/cur/* 2>/dev/null || :
	run admin merge "$T/backup"; [[ $status == 2 && $output == *'could not'* || $status == 2 ]]
	open C inbox; count C 1; close C
	[[ -z $(ls "$MAILDIR/tmp") ]]
}

@test "import --again where no other server was says so" {
	met plain.eml
	run admin import --again INBOX; [[ $status == 0 && $output == *'nothing to take over'* ]]
}

@test "import --dry-run tells of mail that is not mounted, of keyword letters that are all in use, and of access lists" {
	mkdir -p "$MAILDIR"/{cur,new,tmp}; { echo '3 V1234567890 N9999'; for i in {1..999}; do echo "$i :a.b.$i"; done; } >"$MAILDIR/dovecot-uidlist"
	for i in {0..25}; do echo "$i word$i"; done >"$MAILDIR/dovecot-keywords"; echo 'anyone lr' >"$MAILDIR/dovecot-acl"; give "$MAILDIR"
	run admin import --dry-run INBOX
	[[ $output == *'is the mail mounted?'* && $output == *'all 26 keyword letters are in use'* && $output == *'access lists are there'* ]]
}

@test "an answer that cannot be written is an error" {
	met plain.eml; [[ -w /dev/full ]] || skip 'no /dev/full'
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" stat >/dev/full 2>"$T/said" && status=0 || status=$?
	[[ $status == 2 ]]; grep -q 'cannot write the answer: No space left' "$T/said"
}

@test "whose mail it is: HOME, --user, and neither" {
	met 2*plain.eml
	run as_user env HOME="$T" "$MAYFLY_BUILD/mayfly-admin" stat; [[ $status == 0 && $output == *INBOX* ]]
	run as_user env -u HOME "$MAYFLY_BUILD/mayfly-admin" stat; [[ $status == 64 && $output == *'HOME is not set'* ]]
	run admin --user=nobody-of-this-name stat; [[ $status == 64 && $output == *'there is no user'* ]]
	run admin --user=daemon stat; [[ $status == 64 && $output == *'only root can be another user'* ]]
	run admin --nonsense stat; [[ $status == 64 ]]
	run admin --lock=x stat; [[ $status == 64 && $output == *'bad kind of lock'* ]]
}

@test "folders in the other layout, and Dovecot's files elsewhere, are found when told" {
	layout fs; mailbox Work/2024 2*plain.eml; mkdir "$T/control"; give "$T/control"
	run admin --layout=fs --dovecot-control="$T/control" stat; [[ $status == 0 && $output == *Work/2024* ]]
}

@test "nothing in a Maildir speaks to the administrator's terminal" {
	mailbox inbox plain.eml; local esc=$'\e]0;pwned\a' c1=$'\xc2\x9b31m'
	mkdir -p "$MAILDIR/.a$esc"/{cur,new,tmp} "$MAILDIR/.b$c1"/{cur,new,tmp}
	cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000000.M1P1.h$esc,S=7:2,"
	mkfifo "$MAILDIR/cur/x$esc"$'\nINBOX: all is well'; give "$MAILDIR"
	for words in check stat 'stat --json' 'import --dry-run' import index dump quota 'quota recount' 'expire --older-than=1 INBOX' \
		'export --to=dovecot' 'merge /nonexistent' 'check --repair' "check no$esc"; do
		run admin $words
		[[ -n $output && $output != *$'\e'* && $output != *$'\a'* && $output != *$'\x9b'* ]] || { echo "$words:"; cat -v <<<"$output"; false; }
		refute grep -q '^INBOX: all is well' <<<"$output"
	done
	# the rest of a name stands as it is
	run admin check; [[ $output == *'cur/x\x1b]0;pwned\x07\x0aINBOX: all is well is not a regular file'* && $output == *'b\xc2\x9b31m: '* ]]
	printf 'x\e[2J\n' >>"$MAILDIR/mayfly-uidlist"
	run admin dump --what=uidlist; [[ $output == *'x\x1b[2J'* ]]
}
