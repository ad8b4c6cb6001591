# The session as a process: options, signals, its log line, what it leaves: issue; field.md E.3.
load ../lib

@test "--help and --version say so and end" {
	for option in --help --version; do as_user $MAYFLY_IMAP $option >"$T/out"; grep -qi mayfly "$T/out"; done
	as_user $MAYFLY_IMAP --help | grep -q -- --layout
}

@test "a wrong option is named, and the exit is 78 or 64 (E.3 29)" {
	run as_user $MAYFLY_IMAP --no-such-option; [[ $status != 0 && $output == *no-such-option* ]]
	run as_user $MAYFLY_IMAP --layout=sideways; [[ $status != 0 && $output == *layout* ]]
	run as_user $MAYFLY_IMAP --separator=ab; [[ $status != 0 && $output == *separator* ]]
	run as_user $MAYFLY_IMAP a b c; [[ $status != 0 ]]
}

@test "SIGTERM says BYE and ends (E.3 6)" {
	mailbox inbox plain.eml
	open A inbox; signal A 15; await A '* BYE...'; exited A any
}

@test "SIGTERM in the middle of an APPEND leaves nothing half (E.3 6)" {
	mailbox inbox
	open A inbox; raw A 'a APPEND inbox {1000}\r\n'; await A '+...'; raw A 'half'; signal A 15; exited A any
	[[ -z $(find "$MAILDIR"/{cur,new,tmp} -type f) ]]
}

@test "SIGHUP and SIGINT end the session too" {
	mailbox inbox
	open A inbox; signal A 1; exited A any; open B inbox; signal B 2; exited B any
}

@test "one line at the end tells what the session did (issue: log)" {
	mailbox inbox 2*plain.eml
	open A inbox; must A 'FETCH 1:2 BODY.PEEK[]'; must A 'APPEND inbox ' @plain.eml; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must A LOGOUT; exited A 0
	stderr A >"$T/log"; [[ $(grep -c 'fetched=2' "$T/log") == 1 ]]
	for word in user= in= out= commands= appended=1 expunged=1 cpu_ms=; do grep 'fetched=2' "$T/log" | grep -q "$word"; done
}

@test "log lines hold no control characters from the client (E.3 16)" {
	mailbox inbox
	start A; raw A 'a \x1b[31mEVIL\r\nb CREATE {12+}\r\nx\x1b[31m\x07\nfoo\r\n'; raw A 'z NOOP\r\n'; await A 'z OK...'; close A
	refute env LC_ALL=C grep -q $'[\x01-\x08\x0b-\x1f\x7f]' <(stderr A)
}

@test "the environment does not matter: odd TZ, LANG, IFS, no HOME (E.3 2)" {
	mailbox inbox plain.eml@1400000000
	open A inbox +env=TZ=Asia/Kathmandu +env=LANG=tr_TR.UTF-8 +env=LC_ALL=tr_TR.UTF-8 +env=IFS=x +env=TMPDIR=/nonexistent +env=MAILDIR=/nonexistent
	must A 'FETCH 1 (INTERNALDATE BODY.PEEK[HEADER.FIELDS (SUBJECT)])'
	[[ $(date -d "$(value A 1 INTERNALDATE)" +%s) == 1400000000 ]]
	must A 'SELECT iNBOX'; must A 'search subject plain'; searched A 1
}

@test "no file is left open to programs: a file size limit is NO, not death (E.3 19)" {
	mailbox inbox plain.eml
	open A inbox +rlimit=FSIZE=20000; { printf 'Subject: x\r\n\r\n'; head -c 50000 /dev/zero | tr '\0' y; } >"$T/big.eml"
	say A 'APPEND inbox ' "@$T/big.eml"; no A; alive A; count A 1; [[ -z $(ls "$MAILDIR/tmp") ]]
}

@test "NOOP on an unchanged mailbox costs a handful of system calls, whatever its size (issue)" {
	needs strace
	mailbox inbox 2000*plain.eml
	open A inbox +under="strace -f -o $T/strace"
	must A NOOP; must A NOOP; before=$(grep -cvE 'read\(0|write\(1|exited' "$T/strace"); must A NOOP; after=$(grep -cvE 'read\(0|write\(1|exited' "$T/strace")
	[[ $((after - before)) -le 20 ]]
}

@test "SELECT of an unchanged mailbox reads no directory (design)" {
	needs strace
	mailbox inbox 500*plain.eml
	open A inbox; must A 'FETCH 1:* (UID FLAGS)'; close A
	touch -d '1 hour ago' "$MAILDIR/cur" "$MAILDIR/new"
	open B inbox; close B; open B inbox; close B
	start C +under="strace -f -o $T/strace"; must C 'SELECT inbox'; count C 500; close C
	refute grep -q 'getdents' "$T/strace"
}

@test "searching flags, dates, UIDs and sizes known opens no message (B 17)" {
	needs strace
	mailbox inbox 50*plain.eml
	open A inbox; must A 'FETCH 1:* (RFC822.SIZE ENVELOPE)'; close A
	open B inbox +under="strace -f -o $T/strace"; must B 'SEARCH UNSEEN SINCE 1-Jan-2000 UID 1:40 NOT KEYWORD x LARGER 10'; close B
	refute grep -q 'plain-eml' <(grep -E 'open(at)?\(' "$T/strace")
}
