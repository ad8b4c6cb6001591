# mayfly-admin as the user: each verb, beside open sessions.
load ../lib

admin() { as_user "$MAYFLY_BUILD/mayfly-admin" --module="$MAYFLY_BUILD/mayfly-message.so" --maildir="$MAILDIR" "$@"; }

@test "stat tells messages, unseen, sizes and the state of the index, as a table and as JSON" {
	mailbox inbox 3*plain.eml plain.eml:S; mailbox 'We"ird' plain.eml
	run admin stat; [[ $status == 0 && $output == *messages*unseen*octets* ]]; [[ ${lines[1]} =~ ^' '*4' '+3' '+0' '+[0-9]+' '+[0-9]+' '+[0-9]+' '+5' '.*INBOX$ ]]
	admin stat --json >"$T/json"; python3 -c '
import json, sys
inbox, other = json.load(open(sys.argv[1]))
assert inbox["messages"] == 4 and inbox["unseen"] == 3 and inbox["uidnext"] == 5 and inbox["octets"] > 100, inbox
assert other["mailbox"] == "We\"ird", other' "$T/json"
}

@test "check says nothing is wrong where nothing is, and 0" {
	mailbox inbox 3*plain.eml; open A inbox; must A 'FETCH 1:* ENVELOPE'; close A
	run admin check; [[ $status == 0 && $output == *'INBOX: 3 messages, all is well'* ]]
	start A; must A 'CREATE Empty'; must A 'SELECT Empty'; close A; run admin check; [[ $status == 0 && $output == *'Empty: 0 messages, all is well'* ]]
}

@test "check names damaged lines, a damaged index and wrong sizes; --repair keeps the UIDs" {
	mailbox inbox 5*plain.eml; open A inbox; valid=$(told A UIDVALIDITY); close A
	cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000000.M1P1.h,S=7:2,"; give "$MAILDIR"; open A inbox; must A 'UID FETCH 1:* UID'; before=$(uids A); close A
	sed -i '3s/^+/-/' "$MAILDIR/mayfly-uidlist"
	run admin check; [[ $status == 1 && $output == *'damaged; messages that only they named'* && $output == *',S=7'* ]]
	[[ $(admin check | md5sum) == $(admin check | md5sum) ]]
	run admin check --repair; [[ $status == 1 && $output == *mended* ]]
	run admin check; [[ $output != *damaged* ]]
	open B inbox; [[ $(told B UIDVALIDITY) == "$valid" ]]; must B 'UID FETCH 1:* UID'; [[ $(uids B) == "$before" ]]; close B
	printf 'x' | dd of="$MAILDIR/mayfly-index" bs=1 seek=700 conv=notrunc status=none
	run admin check; [[ $status == 1 && $output == *'mayfly-index is damaged'* ]]
	admin check --repair || :; run admin check; [[ $output != *'mayfly-index'* ]]
	open B inbox; [[ $(told B UIDVALIDITY) == "$valid" ]]; must B 'UID FETCH 1:* UID'; [[ $(uids B) == "$before" ]]
}

@test "check finds what crashes leave in tmp/, links and unreadable mail, and writes nothing by itself" {
	mailbox inbox 2*plain.eml; open A inbox; close A
	touch -d '3 days ago' "$MAILDIR/tmp/old"; ln -s /etc/passwd "$MAILDIR/cur/link"; mkfifo "$MAILDIR/new/fifo"
	f=$(ls "$MAILDIR"/cur/*000001P1*); chmod 0 "$f"; chown 0:0 "$f"
	(cd "$MAILDIR" && find . -type f ! -name '*P1*' -exec md5sum {} + | sort) >"$T/before"
	run admin check; [[ $status == 1 && $output == *'cur/link is not a regular file'* && $output == *'new/fifo'* && $output == *'UID 1 cannot be read'* ]]
	(cd "$MAILDIR" && find . -type f ! -name '*P1*' -exec md5sum {} + | sort) | diff "$T/before" -
	admin check --repair || :; [[ ! -e $MAILDIR/tmp/old ]] || rm "$MAILDIR/tmp/old"
}

@test "check mends the account's second copy" {
	mailbox inbox 2*plain.eml; open A inbox; close A; rm "$MAILDIR/mayfly-account"
	run admin check; [[ $status == 1 && $output == *'does not know the mailbox'* ]]; admin check --repair || :; run admin check; [[ $status == 0 ]]
}

@test "index fills the cache, so that a session opens no file" {
	mailbox inbox 40*plain.eml; run admin index; [[ $status == 0 && $output == *'40 messages, 40 read anew'* ]]
	[[ $output == *'40 texts indexed'* ]]
	run admin index; [[ $output == *'40 messages, 0 read anew, 0 texts indexed'* ]]
	admin stat --json >"$T/json"; python3 -c '
import json, os, sys
inbox = json.load(open(sys.argv[1]))[0]
assert inbox["texts_indexed"] == 40 and inbox["text_index_octets"] == os.stat(sys.argv[2]).st_size - 64, inbox
' "$T/json" "$MAILDIR/mayfly-signatures"
	open A inbox; must A 'FETCH 1:* (ENVELOPE BODYSTRUCTURE RFC822.SIZE INTERNALDATE)'; close A; [[ $(stderr A) == *' fetched=0 '* ]]
}

@test "expire removes by save date and flags, keeps what is flagged, and open sessions hear of it" {
	mailbox inbox 2*plain.eml plain.eml:S plain.eml:FS; mailbox Other 2*plain.eml; open A inbox
	run admin expire --older-than=0 --seen --dry-run INBOX; [[ $status == 0 && $output == *'1 of 4 messages would be removed'* ]]
	run admin expire --older-than=30 INBOX; [[ $output == *'0 of 4'* ]]
	run admin expire --older-than=0 --seen INBOX; [[ $output == *'1 of 4 messages removed'* ]]
	must A NOOP; heard A '* 3 EXPUNGE'; count A 3
	run admin expire --older-than=0 --flagged INBOX; [[ $output == *'3 of 3'* ]]; must A NOOP; count A 0
	run admin expire --older-than=0; [[ $status == 64 ]]; run admin expire INBOX; [[ $status == 64 ]]
	start B; must B 'STATUS Other (MESSAGES)'; status B Other MESSAGES 2
}

@test "merge puts back what a backup has, with flags and keywords; UIDs where they can be kept" {
	mailbox inbox 3*plain.eml; mailbox Gone 2*plain.eml; open A inbox; must A 'STORE 2 +FLAGS (\Flagged todo)'; must A 'UID FETCH 1:* UID'; must A 'SELECT Gone'; close A
	cp -a "$MAILDIR" "$T/backup"; open A inbox; must A 'STORE 2 +FLAGS (\Deleted)'; must A EXPUNGE; must A 'DELETE Gone'; close A
	(cd "$T/backup" && find . -type f -exec md5sum {} + | sort) >"$T/before"
	run admin merge --dry-run "$T/backup"; [[ $status == 0 && $output == *'INBOX: 1 of 3 messages are missing'* && $output == *'Gone'*missing* ]]
	open A inbox; run admin merge "$T/backup"; [[ $status == 0 && $output == *'INBOX: 1 of 3 messages put back'* && $output == *'Gone: 2 of 2'* ]]
	must A NOOP; count A 3; must A 'FETCH 3 (UID FLAGS BODY.PEEK[])'; fetched A 3 UID 4; fetched A 3 FLAGS '\Flagged todo'; same A 3 'BODY[]' plain.eml
	run admin merge "$T/backup"; [[ $output == *'INBOX: 0 of 3'* ]]
	(cd "$T/backup" && find . -type f -exec md5sum {} + | sort) | diff "$T/before" -
	# the live one is older than the backup: nobody was given these UIDs
	rm -rf "$T/live"; cp -a "$MAILDIR" "$T/live"; deliver inbox plain.eml plain.eml:cur || deliver inbox plain.eml; open B inbox; must B 'UID FETCH 1:* UID'; want=$(uids B); close B
	mv "$MAILDIR" "$T/newer"; mv "$T/live" "$MAILDIR"; admin merge "$T/newer"; open C inbox; must C 'UID FETCH 1:* UID'; [[ $(uids C) == "$want" ]]
}

@test "dump shows our files as text" {
	mailbox inbox 2*plain.eml; open A inbox; must A 'FETCH 1:* ENVELOPE'; close A; admin index
	run admin dump INBOX; [[ $status == 0 && $output == *'mayfly-uidlist 1 V'* && $output == *'index: 2 rows'* && $output == *'envelope: ('* ]]
	run admin dump --what=index INBOX; [[ $output != *'mayfly-uidlist 1'* ]]
}

@test "import --dry-run tells what would be taken and leaves nothing behind" {
	mailbox inbox; for n in 1 2 3; do cp "$MAIL/plain.eml" "$MAILDIR/cur/$n.M$n.h:2,"; done
	printf '3 V77 N9\n5 :1.M1.h\n6 :2.M2.h\n7 :gone\n' >"$MAILDIR/dovecot-uidlist"; give "$MAILDIR"; (cd "$MAILDIR" && find . | sort) >"$T/before"
	run admin import --dry-run; [[ $status == 0 && $output == *'would be taken over'* && $output == *'UIDVALIDITY 77'* && $output == *'2 messages keep their UID, 1 get new ones, 1 records are of expunged'* ]]
	(cd "$MAILDIR" && find . | sort) | diff "$T/before" -
	run admin import; [[ $output == *'INBOX: taken over, UIDVALIDITY 77, UIDNEXT 10'* ]]
	run admin import --dry-run; [[ $output == *'served by mayfly already'* ]]
}

@test "import --again follows the other server, and refuses where UIDs would mean other messages" {
	mailbox inbox; for n in 1 2 3; do cp "$MAIL/plain.eml" "$MAILDIR/cur/$n.M$n.h:2,"; done
	printf '3 V77 N9\n5 :1.M1.h\n6 :2.M2.h\n' >"$MAILDIR/dovecot-uidlist"; give "$MAILDIR"; admin import
	printf '3 V77 N9\n5 :1.M1.h\n6 :2.M2.h\n9 :4.M4.h\n' >"$MAILDIR/dovecot-uidlist"; cp "$MAIL/plain.eml" "$MAILDIR/cur/4.M4.h:2,"; give "$MAILDIR"
	run admin import --again; [[ $status == 2 && $output == *'mean other messages'* ]]
	open A inbox; must A 'UID FETCH 1:* UID'; [[ $(uids A) == '5 6 9 10' ]]; close A
	sed -i 's/V77/V99/' "$MAILDIR/dovecot-uidlist"; run admin import --again; [[ $status == 0 && $output == *'UIDVALIDITY 99'* ]]
	open A inbox; [[ $(told A UIDVALIDITY) == 99 ]]; must A 'UID FETCH 1:* UID'; [[ $(uids A) == '5 6 9 10' ]]
}

@test "quota tells what is in use; recount sees what no session can, and keeps the limit" {
	mailbox inbox 3*plain.eml; mailbox Old 2*plain.eml; size=$(stat -c %s "$MAIL/plain.eml")
	run admin quota; [[ $status == 0 && $output == 'limit: none, so no maildirsize is kept' && ! -e $MAILDIR/maildirsize ]]
	run admin quota recount; [[ $status == 0 && $output == *"counted: $((5 * size)) octets in 5 messages"* && ! -e $MAILDIR/maildirsize ]]
	run admin --quota=1M,50 quota recount; [[ $status == 0 && $output == *'limit: 1048576 octets, 50 messages' ]]; [[ $(head -1 "$MAILDIR/maildirsize") == 1048576S,50C ]]
	rm -r "$MAILDIR/.Old"; touch "$MAILDIR/maildirsize"; start A; must A 'GETQUOTA ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 5 50)'
	run admin quota recount; [[ $status == 0 && ${lines[0]} == "written down: $((5 * size)) octets in 5 messages" && ${lines[1]} == "counted: $((3 * size)) octets in 3 messages" ]]
	must A 'GETQUOTA ""'; heard A '* QUOTA "" (STORAGE 1 1024 MESSAGE 3 50)'
	[[ $(id -u) != 0 ]] || { chown 0:0 "$MAILDIR"; chmod 755 "$MAILDIR"; run admin quota recount; [[ $status == 2 && $output == *"Permission denied"* ]]; }
}

@test "root must say whose mail it is, and is that user before a file is opened" {
	[[ $(id -u) == 0 ]] || skip 'needs root'
	mailbox inbox plain.eml
	run "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" stat; [[ $status == 77 && $output == *--user* ]]
	run "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" --user=root stat; [[ $status == 64 ]]
	run "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" --user=nobody stat; [[ $status == 0 && $output == *INBOX ]]
	[[ $(stat -c %U "$MAILDIR/mayfly-uidlist") == nobody ]]
	mkdir -m 700 "$T/roots"; mkdir "$T/roots/"{cur,new,tmp}; run "$MAYFLY_BUILD/mayfly-admin" --maildir="$T/roots" --user=nobody stat; [[ $status == 2 ]]
}

@test "interrupted, it stops between two steps and says so; in a pipe there is no bar" {
	needs script bsdutils; mailbox inbox 200*plain.eml
	run admin stat; [[ $output != *'[#'* ]]
	script -qec "setpriv --reuid=nobody --regid=nogroup --clear-groups '$MAYFLY_BUILD/mayfly-admin' --maildir='$MAILDIR' index" "$T/typed" >/dev/null 3>&- 8>&- 9<&- || :
	grep -q 'INBOX \[' "$T/typed"
}

@test "every wrong option is named, with status 64" {
	mailbox inbox
	for words in '' 'nonsense' '--older-than=x expire INBOX' '--layout=y stat' '--what=z dump' 'export' 'merge' 'quota x' '--quota=y quota'; do
		run admin $words; [[ $status == 64 && -n $output ]] || { echo "$words: $status"; false; }
	done
	run admin --help; [[ $status == 0 && $output == *merge* ]]; run admin --version; [[ $status == 0 ]]
	run admin stat nosuch; [[ $status == 2 && $output == *'no such mailbox'* ]]
}

@test "the pages are clean for mandoc, and have each option that --help tells" {
	needs mandoc
	for page in "$MAYFLY_SRC"/man/*.[1578]; do
		mandoc -T lint -W style "$page" | grep -v 'referenced manual not found\|outdated mandoc\|Mdocdate\|input text line longer' >"$T/lint" || :
		[[ ! -s $T/lint ]] || { cat "$T/lint"; false; }
	done
	for program in mayfly-imap mayfly-admin; do
		mandoc -T ascii "$MAYFLY_SRC/man/$program.8" | sed 's/.\x08//g' >"$T/page"
		for option in $("$MAYFLY_BUILD/$program" --help | grep -o -- '--[a-z-]*' | sort -u); do
			grep -q -- "$option" "$T/page" || { echo "$program.8 has no $option"; false; }
		done
	done
	refute grep -n '@[a-z]*@' "$MAYFLY_BUILD/man/mayfly.conf.5"
}
