# A disk that is full or broken, a Maildir that cannot be written: NO with the right code, and the session goes on.
# Faults are injected with strace, so the disk stays as it is; it does so by a call that the sandbox would not bear.
load ../lib

faulty() {    # faulty CALL ERROR [WHEN]: a session A whose call fails so
	needs strace
	start A --no-sandbox +silent +under="strace -f -qq -o /dev/null -e trace=$1 -e inject=$1:error=$2:when=${3:-1+}"
}

@test "APPEND that cannot be written whole is NO, and nothing is left behind (issue)" {
	mailbox inbox plain.eml
	open A inbox +rlimit=FSIZE=4096; { printf 'Subject: x\r\n\r\n'; head -c 50000 /dev/zero | tr '\0' y; } >"$T/big.eml"
	say A 'APPEND inbox ' "@$T/big.eml"; no A LIMIT; alive A; count A 1; [[ -z $(ls "$MAILDIR/tmp") ]]
}

@test "a disk that cannot sync: APPEND is not OK (issue: durable when OK is said)" {
	mailbox inbox plain.eml
	for error in EIO ENOSPC EDQUOT; do
		start P; must P 'SELECT inbox'; close P
		faulty fsync,fdatasync $error; say A 'APPEND inbox ' @+plain.eml; no A; alive A; close A
		[[ -z $(ls "$MAILDIR/tmp") ]]
	done
	open B inbox; count B 1
}

@test "each call of an APPEND fails in turn with ENOSPC: NO or OK, never something half" {
	mailbox inbox plain.eml; start P; must P 'SELECT inbox'; close P
	for call in write pwrite64 writev linkat renameat2 ftruncate; do
		for n in 1 2 3; do
			faulty $call ENOSPC $n; excuse A
			raw A 'a APPEND inbox {8+}\r\nnew mail\r\nz NOOP\r\n'; close A
			[[ -z $(ls "$MAILDIR/tmp") ]]
			start C; must C 'SELECT inbox'; must C 'FETCH 1:* (UID RFC822.SIZE BODY.PEEK[])'; close C
		done
	done
}

@test "a small file system fills up: APPEND and COPY are NO, STORE, EXPUNGE and reading work (C 9)" {
	[[ $(id -u) == 0 ]] || skip "root is needed to mount a small file system"
	mkdir "$T/small"; mount -t tmpfs -o size=600k tmpfs "$T/small" 2>/dev/null || skip "mount is not allowed here"
	MAILDIR=$T/small/Maildir; mkdir -p "$MAILDIR/"{cur,new,tmp}; cp "$MAIL/plain.eml" "$MAILDIR/cur/1.x:2,"; cp "$MAIL/plain.eml" "$MAILDIR/cur/2.x:2,T"; give "$T/small"
	start A +maildir="$MAILDIR"; must A 'SELECT inbox'; count A 2
	{ printf 'Subject: x\r\n\r\n'; head -c 300000 /dev/zero | tr '\0' y; } >"$T/big.eml"
	for i in 1 2 3; do say A 'APPEND inbox ' "@$T/big.eml"; done
	text A | grep -qE '^A[0-9]+ NO \[(OVERQUOTA|LIMIT|UNAVAILABLE)\]'
	[[ -z $(ls "$MAILDIR/tmp") ]]; head -c 1000000 /dev/zero >"$T/small/rest" 2>/dev/null || :
	must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml; must A 'STORE 1 +FLAGS (\Seen)'; say A EXPUNGE; alive A
	close A; umount "$T/small"
}

@test "a read-only Maildir is served: SELECT says READ-ONLY, reading works, writing is NO (design)" {
	mailbox inbox plain.eml:S plain-second.eml; mailbox box
	chmod -R a-w "$MAILDIR"
	start A; say A 'SELECT inbox'; ok A; count A 2
	must A 'FETCH 1:2 (UID FLAGS BODY.PEEK[])'; same A 2 'BODY[]' plain-second.eml; fetched A 1 FLAGS '\Seen'
	say A 'STORE 1 +FLAGS (\Flagged)'; say A 'APPEND inbox ' @+plain.eml; no A; say A 'CREATE x'; no A; say A 'COPY 1 box'; no A; alive A
	chmod -R u+w "$MAILDIR"
}

@test "a read-only Maildir gives the same UIDs each time" {
	mailbox inbox 5*plain.eml; chmod -R a-w "$MAILDIR"
	for i in 1 2 3; do open A inbox; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 2 3 4 5' ]]; close A; done
	chmod -R u+w "$MAILDIR"
}

@test "a folder that may not be entered is NO [NOPERM] or [UNAVAILABLE], and the others are served" {
	mailbox inbox plain.eml; mailbox shut plain.eml; mailbox open plain.eml
	chmod 000 "$MAILDIR/.shut"
	start A; say A 'SELECT shut'; no A; say A 'STATUS shut (MESSAGES)'; no A; must A 'SELECT open'; must A 'LIST "" * RETURN (STATUS (MESSAGES))'; status A open MESSAGES 1
	chmod 700 "$MAILDIR/.shut"
}

@test "every file of ours that is lost is made again with the same UIDs (design)" {
	mailbox inbox 3*plain.eml
	open A inbox; validity=$(told A UIDVALIDITY); must A 'STORE 2 +FLAGS.SILENT (\Deleted work)'; must A EXPUNGE; must A 'STORE 2 +FLAGS.SILENT (custom)'; must A 'FETCH 1:* (UID RFC822.SIZE ENVELOPE)'; close A
	for f in $(cd "$MAILDIR" && ls -d mayfly-*); do
		mv "$MAILDIR/$f" "$T/kept"
		open B inbox; [[ $(told B UIDVALIDITY) == "$validity" ]] || { echo "$f: UIDVALIDITY changed"; return 1; }
		must B 'FETCH 1:* UID'; [[ $(uids B) == '1 3' ]] || { echo "$f: UIDs changed"; return 1; }
		close B; rm -rf "$T/kept"
	done
}

@test "a torn, empty or foreign file of ours stops nothing (design)" {
	mailbox inbox 3*plain.eml
	open A inbox; validity=$(told A UIDVALIDITY); must A 'FETCH 1:* (UID RFC822.SIZE ENVELOPE)'; close A
	for f in $(cd "$MAILDIR" && ls -d mayfly-*); do
		[[ -f $MAILDIR/$f ]] || continue
		cp "$MAILDIR/$f" "$T/whole"; size=$(stat -c %s "$MAILDIR/$f")
		for damage in cut empty zeros garbage; do
			case $damage in
			cut) head -c $((size * 2 / 3)) "$T/whole" >"$MAILDIR/$f" ;;
			empty) : >"$MAILDIR/$f" ;;
			zeros) head -c "$((size + 10))" /dev/zero >"$MAILDIR/$f" ;;
			garbage) { head -c $((size / 2)) "$T/whole"; printf 'garbage\xff\0more'; tail -c $((size / 2)) "$T/whole"; } >"$MAILDIR/$f" ;;
			esac
			open B inbox; count B 3; must B 'FETCH 1:* (UID FLAGS RFC822.SIZE ENVELOPE BODY.PEEK[])'; same B 3 'BODY[]' plain.eml
			must B 'APPEND inbox ' @plain.eml; must B 'STORE 4 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; must B 'LIST "" *'; close B
			cp "$T/whole" "$MAILDIR/$f"; give "$MAILDIR/$f"
		done
	done
}

@test "in the place of each file of ours lies a directory, a link, a fifo: nothing is followed, nothing hangs (E.2)" {
	mailbox inbox 2*plain.eml; open A inbox; must A 'FETCH 1:* (UID ENVELOPE)'; close A
	ours=$(cd "$MAILDIR" && ls -d mayfly-*); echo precious >"$T/victim"; give "$T/victim"
	for f in $ours; do
		for kind in dir link fifo; do
			rm -rf "${MAILDIR:?}/$f"
			case $kind in dir) mkdir "$MAILDIR/$f" ;; link) ln -s "$T/victim" "$MAILDIR/$f" ;; fifo) mkfifo "$MAILDIR/$f" ;; esac
			give "$MAILDIR/$f"
			start B; say B 'SELECT inbox'; say B 'FETCH 1:* (UID FLAGS)'; say B 'STORE 1 +FLAGS (\Seen)'; say B 'LIST "" *'; alive B; close B
			rm -rf "${MAILDIR:?}/$f"
		done
	done
	[[ $(<"$T/victim") == precious ]]
}
