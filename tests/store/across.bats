# COPY and MOVE where a message cannot be linked or renamed: another file system, or one without links.
load ../lib

# apart CALL ERROR: a session whose calls of this kind fail so
apart() {
	needs strace
	mailbox inbox plain.eml:F multipart-mixed.eml@1400000000 plain.eml; mailbox box plain.eml
	start A --no-sandbox +under="strace -f -qq -o /dev/null -e trace=$1 -e inject=$1:error=$2"
	must A 'SELECT inbox'; must A 'STORE 2 +FLAGS (work)'
	must A 'FETCH 2 (BODY.PEEK[] INTERNALDATE EMAILID)'; save A 2 'BODY[]' "$T/before"; date=$(value A 2 INTERNALDATE); id=$(value A 2 EMAILID)
}

# the second message lies in box under UID 2, with all that belongs to it
arrived() {
	open B box; count B 2; must B 'FETCH 2 (UID FLAGS BODY.PEEK[] INTERNALDATE EMAILID)'
	save B 2 'BODY[]' "$T/after"; cmp "$T/before" "$T/after"
	[[ $(value B 2 INTERNALDATE) == "$date" && $(value B 2 EMAILID) == "$id" ]]; fetched B 2 FLAGS work; close B
	[[ -z $(ls "$MAILDIR/tmp" "$MAILDIR/.box/tmp" | grep -v :) ]]
}

@test "COPY to a file system of its own copies the octets, with date, flags and EMAILID" {
	apart linkat EXDEV; must A 'COPY 2 box'; [[ $(code A) == COPYUID\ *\ 2\ 2 ]]; count A 3; arrived
}

@test "COPY where the file system has no links copies the octets" {
	apart linkat EPERM; must A 'COPY 2 box'; arrived
}

@test "COPY of a file that has as many links as it may have copies the octets" {
	apart linkat EMLINK; must A 'COPY 2 box'; arrived
}

@test "MOVE to a file system of its own copies the octets, and the message is there no more" {
	apart renameat2 EXDEV:when=1; must A 'MOVE 2 box'; count A 2; arrived
	open C inbox; count C 2
}

@test "a disk that fills up in the middle of such a copy: NO, nothing half, the message stays" {
	needs strace
	mailbox inbox multipart-mixed.eml plain.eml; mailbox box plain.eml
	start A --no-sandbox +under="strace -f -qq -o /dev/null -e trace=linkat,utimensat -e inject=linkat:error=EXDEV -e inject=utimensat:error=ENOSPC"
	must A 'SELECT inbox'; say A 'COPY 1 box'; no A OVERQUOTA; count A 2
	open B box; count B 1; [[ $(ls "$MAILDIR/.box/cur" | wc -l) == 1 && -z $(ls "$MAILDIR/.box/tmp") ]]
}

@test "killed in the middle of such a copy: no half message, the original is there" {
	needs strace
	mailbox inbox multipart-mixed.eml plain.eml; mailbox box plain.eml
	for words in 'linkat COPY' 'renameat2 MOVE'; do
		open P inbox; close P; open P box; close P; [[ -e $MAILDIR/mayfly-index ]]	# or it is what utimensat is called for
		start A --no-sandbox +under="strace -f -qq -o /dev/null -e trace=${words% *},utimensat -e inject=${words% *}:error=EXDEV:when=1 -e inject=utimensat:signal=KILL"
		must A 'SELECT inbox'; excuse A; raw A "a ${words#* } 1 box\r\n"; exited A any; rm "$MAILDIR"/.box/tmp/*
		open B box; count B 1; close B; open C inbox; count C 2; must C 'FETCH 1 BODY.PEEK[]'; same C 1 'BODY[]' multipart-mixed.eml; close C
	done
}

@test "MOVE to another file system: the copy has its name on disk before the original goes" {
	needs strace
	mailbox inbox plain.eml; mailbox box plain.eml
	start A --no-sandbox +under="strace -f -qq -y -o $T/trace -e trace=renameat2,fsync,unlinkat -e inject=renameat2:error=EXDEV:when=1"
	must A 'SELECT inbox'; must A 'MOVE 1 box'; close A
	awk '/fsync\(.*\/\.box\/cur>\)/ { synced = 1 } /unlinkat\(.*Maildir\/cur>/ { exit !synced }' "$T/trace"; grep -q 'unlinkat(.*Maildir/cur>' "$T/trace"
}

@test "a message that another host renamed, which NFS tells by ESTALE, is looked for and read" {
	needs strace
	mailbox inbox plain.eml
	open B inbox; must B 'FETCH 1 (FLAGS)'; close B
	start A --no-sandbox +under="strace -f -qq -o $T/trace -P $MAILDIR/cur -e trace=openat -e inject=openat:error=ESTALE:when=1"
	must A 'SELECT inbox'; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
	grep -q ESTALE "$T/trace"
}

@test "a journal that another host replaced, of which NFS has nothing left: the session goes on in the new one" {
	needs strace
	mailbox inbox 2*plain.eml; open A inbox --no-sandbox; must A NOOP
	cp "$MAILDIR/mayfly-uidlist" "$MAILDIR/copy"; mv "$MAILDIR/copy" "$MAILDIR/mayfly-uidlist"; give "$MAILDIR"
	start B; must B 'APPEND inbox ' @plain-second.eml; close B
	strace -qq -p "$(pid A)" -o "$T/trace" -e trace=pread64 -e inject=pread64:error=ESTALE:when=1 3>&- 8>&- 9<&- & tracer=$!
	until grep -q '^TracerPid:.*[1-9]' "/proc/$(pid A)/status"; do kill -0 $tracer || skip 'no process may be traced here'; done
	must A NOOP; count A 3; must A 'FETCH 1:3 (UID BODY.PEEK[])'; same A 3 'BODY[]' plain-second.eml; must A 'STORE 1 +FLAGS (\Seen)'
	close A; wait $tracer; grep -q ESTALE "$T/trace"
}
