#!/usr/bin/env bats
# What commands cost, counted and never timed: system calls by strace, and
# instructions by callgrind. A cost is the difference between two sessions, of
# which one says the command once more.

setup() {
	TOP=$(mktemp -d "${TMPDIR:-/tmp}/mayfly-cost.XXXXXX")
	IMAP=$MAYFLY_BUILD/mayfly-imap
	MODULE=$MAYFLY_BUILD/mayfly-message.so
}

teardown() {
	rm -rf "$TOP"
}

# mail NAME COUNT: a Maildir whose directories have been quiet for years
mail() {
	local i
	mkdir -p "$TOP/$1/cur" "$TOP/$1/new" "$TOP/$1/tmp"
	for ((i = 1; i <= $2; i++)); do
		printf 'Subject: %d\nFrom: a@example.org\n\nHello\n' "$i" \
		    >"$TOP/$1/cur/$((1700000000 + i)).M1P1.host:2,S"
	done
	touch -d 2020-01-01 "$TOP/$1/cur" "$TOP/$1/new"
}

# say MAILDIR LINE...: a session with these commands, then LOGOUT
say() {
	local dir=$TOP/$1 n=0
	shift
	{
		for line; do
			n=$((n + 1))
			printf 'a%d %s\r\n' "$n" "$line"
		done
		printf 'z LOGOUT\r\n'
	} | "${WITH[@]}" "$IMAP" --module="$MODULE" "$dir" 2>"$TOP/log"
}

# calls MAILDIR LINE...: how many system calls the session made
calls() {
	local WITH=(strace -o "$TOP/trace")
	say "$@" >"$TOP/said"
	wc -l <"$TOP/trace"
}

# instructions MAILDIR LINE...
instructions() {
	local WITH=(valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$TOP/grind")
	say "$@" >"$TOP/said"
	sed -n 's/.*Collected : *//p' "$TOP/grind"
}

needs() {
	command -v "$1" >/dev/null || skip "$1 is not there"
}

@test "NOOP in an unchanged mailbox costs at most 5 system calls" {
	needs strace
	mail m 100
	say m 'SELECT INBOX' >/dev/null
	one=$(calls m 'SELECT INBOX' NOOP)
	three=$(calls m 'SELECT INBOX' NOOP NOOP NOOP)
	echo "one NOOP: $one, three: $three"
	[ $((three - one)) -le 10 ]
}

@test "SELECT of an unchanged mailbox costs the same at 10 and at 5,000 messages" {
	needs strace
	mail small 10
	mail large 5000
	say small 'SELECT INBOX' >/dev/null
	say large 'SELECT INBOX' >/dev/null
	small=$(($(calls small 'SELECT INBOX' 'SELECT INBOX') - $(calls small 'SELECT INBOX')))
	large=$(($(calls large 'SELECT INBOX' 'SELECT INBOX') - $(calls large 'SELECT INBOX')))
	echo "small: $small, large: $large"
	[ "$small" -eq "$large" ]
	[ "$large" -le 24 ]
	! grep -q getdents "$TOP/trace"
}

@test "STATUS of an unchanged mailbox costs the same at 10 and at 5,000 messages" {
	needs strace
	mail small 10
	mail large 5000
	for dir in small large; do
		say "$dir" 'SELECT INBOX' >/dev/null
	done
	ask='STATUS INBOX (MESSAGES UNSEEN UIDNEXT UIDVALIDITY)'
	small=$(($(calls small "$ask" "$ask") - $(calls small "$ask")))
	large=$(($(calls large "$ask" "$ask") - $(calls large "$ask")))
	echo "small: $small, large: $large"
	[ "$small" -eq "$large" ]
	! grep -q getdents "$TOP/trace"
}

@test "STATUS of an unchanged mailbox costs at most 7 system calls, and so does a folder in LIST with STATUS" {
	needs strace
	mail m 1
	for i in {1..120}; do mkdir -p "$TOP/m/.f$i/cur" "$TOP/m/.f$i/new" "$TOP/m/.f$i/tmp"; done
	find "$TOP/m" -name cur -o -name new | xargs touch -d 2020-01-01
	say m 'SELECT INBOX' >/dev/null
	ask='LIST "" * RETURN (STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ DELETED RECENT))'
	say m "$ask" >/dev/null
	one=$(($(calls m 'STATUS f7 (MESSAGES)' 'STATUS f7 (MESSAGES)') - $(calls m 'STATUS f7 (MESSAGES)')))
	echo "STATUS: $one"
	[ "$one" -le 9 ]	# and two for the command
	plain=$(calls m 'LIST "" *')
	with=$(calls m "$ask")
	[ "$(grep -c '^\* STATUS .*MESSAGES [01] ' "$TOP/said")" -eq 121 ]
	echo "LIST: $plain, with STATUS: $with"
	[ $((with - plain)) -le 890 ]
	if grep -q mmap.*MAP_SHARED "$TOP/trace"; then false; fi
}

@test "a mailbox that rests with a few lines behind its index is as cheap for STATUS as one without" {
	needs strace
	mail m 50
	say m 'SELECT INBOX' 'STORE 7 +FLAGS (\Flagged)' >/dev/null
	touch -d 2020-01-02 "$TOP/m/cur" "$TOP/m/new"
	say m 'STATUS INBOX (MESSAGES)' >/dev/null
	touch -d '5 minutes ago' "$TOP/m/mayfly-uidlist"
	say m 'STATUS INBOX (MESSAGES)' >/dev/null
	ask='STATUS INBOX (MESSAGES UNSEEN)'
	calls m "$ask" >/dev/null
	if grep -q mmap.*MAP_SHARED "$TOP/trace"; then false; fi
	grep -q 'MESSAGES 50 UNSEEN 0' "$TOP/said"
}

@test "instructions of SELECT do not grow with the mailbox" {
	needs valgrind
	mail small 10
	mail large 5000
	say small 'SELECT INBOX' >/dev/null
	say large 'SELECT INBOX' >/dev/null
	small=$(instructions small 'SELECT INBOX' 'SELECT INBOX')
	large=$(instructions large 'SELECT INBOX' 'SELECT INBOX')
	echo "small: $small, large: $large"
	# a twentieth is room for hash keys that differ from run to run
	[ $((large - small)) -le $((small / 20)) ]
}

@test "LIST costs a bounded number of system calls for each folder" {
	needs strace
	mail m 1
	for i in {1..20}; do mkdir -p "$TOP/m/.f$i/cur" "$TOP/m/.f$i/new" "$TOP/m/.f$i/tmp"; done
	few=$(calls m 'LIST "" *')
	for i in {21..120}; do mkdir -p "$TOP/m/.f$i/cur" "$TOP/m/.f$i/new" "$TOP/m/.f$i/tmp"; done
	many=$(calls m 'LIST "" *')
	[ "$(grep -c '^\* LIST' "$TOP/said")" -eq 121 ]
	echo "20 folders: $few, 120: $many"
	[ $((many - few)) -le 400 ]
}

@test "FETCH of what is cached opens no message file" {
	needs strace
	mail m 50
	view='FETCH 1:* (UID FLAGS ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE)'
	headers='FETCH 1:* (BODY.PEEK[HEADER.FIELDS (From To Subject Date)])'
	calls m 'SELECT INBOX' "$view" >/dev/null
	grep -q 'M1P1\.host' "$TOP/trace"	# the first time it must
	calls m 'SELECT INBOX' "$view" "$headers" >/dev/null
	[ "$(grep -c 'ENVELOPE (NIL "1" ' "$TOP/said")" -eq 1 ]
	[ "$(grep -ac '^Subject: ' "$TOP/said")" -eq 50 ]
	! grep -q 'M1P1\.host' "$TOP/trace"
}

@test "FETCH (CHANGEDSINCE) answers for what changed and makes no system call for the rest" {
	needs strace
	mail m 2000
	say m 'SELECT INBOX' >"$TOP/said"
	since=$(sed -n 's/.*\[HIGHESTMODSEQ \([0-9]*\)\].*/\1/p' "$TOP/said")
	say m 'SELECT INBOX' 'STORE 7,70,700 +FLAGS (\Flagged)' >/dev/null
	touch -d 2020-01-02 "$TOP/m/cur" "$TOP/m/new"
	say m 'SELECT INBOX' >/dev/null
	ask="FETCH 1:* (FLAGS) (CHANGEDSINCE $since)"
	cost=$(($(calls m 'SELECT INBOX' "$ask" "$ask") - $(calls m 'SELECT INBOX' "$ask")))
	calls m 'SELECT INBOX' "$ask" >/dev/null
	[ "$(grep -c ' FETCH (' "$TOP/said")" -eq 3 ]
	echo "cost: $cost"
	[ "$cost" -le 10 ]
}

# waits MAILDIR LINE...: how often the session waited for the disk
waits() {
	calls "$@" >/dev/null
	grep -cE '^(io_getevents|fsync|fdatasync)\(' "$TOP/trace" || true
}

# Where the kernel cannot sync several files at once, every file is a wait, and there is nothing to count.
needs_aio() {
	strace -o "$TOP/probe" -e trace=io_submit "$MAYFLY_BUILD/tests/unit/test_util" >/dev/null
	grep -q ' = 1$' "$TOP/probe" || skip "the kernel has no AIO for us"
}

@test "STORE, EXPUNGE and COPY of many wait for the disk once, however many" {
	needs strace
	mail m 300
	say m 'SELECT INBOX' 'CREATE other' >/dev/null
	none=$(waits m 'SELECT INBOX' NOOP)
	one=$(waits m 'SELECT INBOX' 'STORE 1:200 +FLAGS (\Deleted)')
	needs_aio
	echo "STORE: $none, $one"
	[ $((one - none)) -eq 1 ]
	[ "$(grep -c ^rename "$TOP/trace")" -eq 200 ]
	none=$(waits m 'SELECT INBOX' NOOP)
	one=$(waits m 'SELECT INBOX' EXPUNGE)
	echo "EXPUNGE: $none, $one"
	[ $((one - none)) -eq 1 ]
	[ "$(grep -c ^unlink "$TOP/trace")" -eq 200 ]
	say m 'SELECT other' >/dev/null
	none=$(waits m 'SELECT INBOX' NOOP)
	one=$(waits m 'SELECT INBOX' 'COPY 1:100 other')
	grep -c ^linkat "$TOP/trace"
	echo "COPY: $none, $one"
	[ $((one - none)) -le 3 ]	# and its bound in the account's file
}

@test "APPEND waits for the disk twice, MULTIAPPEND for 32 messages once" {
	needs strace
	mail m 1
	say m 'SELECT INBOX' 'APPEND INBOX {4+}'$'\r\n''abcd' >/dev/null
	# what a session does at its end is not counted
	none=$(waits m 'STATUS INBOX (MESSAGES)')
	one=$(waits m 'APPEND INBOX {4+}'$'\r\n''abcd')
	needs_aio
	echo "APPEND: $none, $one"
	[ $((one - none)) -eq 2 ]
	more='APPEND INBOX'
	for i in {1..96}; do more+=$' {4+}\r\nabcd'; done
	none=$(waits m 'STATUS INBOX (MESSAGES)')
	many=$(waits m "$more")
	echo "96 in one: $none, $many"
	[ "$(grep -c '^rename' "$TOP/trace")" -eq 96 ]
	[ $((many - none)) -le 10 ]
}

@test "a second SORT, THREAD or SEARCH SUBJECT reads no record of the cache and makes no system call for a message" {
	needs strace
	mail few 200
	mail many 2000
	for ask in 'SORT (SUBJECT) UTF-8 ALL' 'UID SORT (FROM SUBJECT) UTF-8 ALL' 'THREAD REFERENCES UTF-8 NOT ALL' 'SEARCH SUBJECT 7'; do
		for dir in few many; do
			say "$dir" 'SELECT INBOX' 'SORT (SUBJECT) UTF-8 ALL' >/dev/null
		done
		few=$(calls few 'SELECT INBOX' "$ask")
		many=$(calls many 'SELECT INBOX' "$ask")
		# what memory wants, and the larger answer
		echo "$ask: 200 messages: $few, 2,000: $many"
		[ $((many - few)) -le 40 ]
		if grep -q 'M1P1\.host' "$TOP/trace"; then false; fi
	done
	calls many 'SELECT INBOX' 'SORT (SUBJECT) UTF-8 ALL' >/dev/null
	grep -q '"mayfly-keys"' "$TOP/trace"
	[ "$(grep -c '"mayfly-cache"' "$TOP/trace")" -eq 0 ]
}

@test "SORT of what has its keys costs less than two thirds of the instructions of one that asks the cache" {
	needs valgrind
	mail m 2000
	say m 'SELECT INBOX' 'FETCH 1:* (ENVELOPE)' >/dev/null
	mkdir "$TOP/m/mayfly-keys"	# no file can be made there
	without=$(($(instructions m 'SELECT INBOX' 'SORT (SUBJECT) UTF-8 ALL') - $(instructions m 'SELECT INBOX')))
	rmdir "$TOP/m/mayfly-keys"
	say m 'SELECT INBOX' 'SORT (SUBJECT) UTF-8 ALL' >/dev/null
	with=$(($(instructions m 'SELECT INBOX' 'SORT (SUBJECT) UTF-8 ALL') - $(instructions m 'SELECT INBOX')))
	echo "with keys: $with, without: $without"
	[ $((3 * with)) -le $((2 * without)) ]
}

@test "a session in IDLE that finds the lock taken goes back to sleep, looks again, and writes once for a message" {
	needs strace
	mail m 3
	say m 'SELECT INBOX' >/dev/null
	timeout 120 python3 - "$TOP" "$IMAP" "$MODULE" <<'EOF'
import fcntl, os, struct, subprocess, sys, time
top, imap, module = sys.argv[1:]
box, trace = top + '/m', top + '/trace'
session = subprocess.Popen(['strace', '-o', trace, imap, '--module=' + module, box],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

def await_line(text):
    while text not in (line := session.stdout.readline()):
        assert line, text

def deliver(name):
    with open(box + '/tmp/' + name, 'w') as f:
        f.write('Subject: new\n\nNew\n')
    os.rename(box + '/tmp/' + name, box + '/new/' + name)

session.stdin.write(b'a SELECT INBOX\r\nb IDLE\r\n')
session.stdin.flush()
await_line(b'+ idling')
while 'inotify_add_watch' not in open(trace).read() or 'ppoll' not in open(trace).read().rsplit('inotify_add_watch')[-1]:
    time.sleep(0.01)
held = os.open(box + '/mayfly-lock', os.O_RDWR | os.O_CREAT)
fcntl.fcntl(held, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))    # F_OFD_SETLK
deliver('1700000100.M1P1.host')
while 'F_OFD_SETLK' not in (text := open(trace).read()) or 'EAGAIN' not in text.rsplit('F_OFD_SETLK')[-1]:
    time.sleep(0.01)
os.close(held)      # nothing was written: only the second look finds the message
await_line(b'* 4 EXISTS')
deliver('1700000200.M1P1.host')
await_line(b'* 5 EXISTS')
session.stdin.write(b'DONE\r\nc LOGOUT\r\n')
session.stdin.close()
assert session.wait() == 0
EOF
	if grep -q nanosleep "$TOP/trace"; then false; fi
	[ "$(grep -c '^inotify_add_watch' "$TOP/trace")" -eq 3 ]
	[ "$(grep -c '^pwrite64.*"+ ' "$TOP/trace")" -eq 2 ]
	[ "$(grep -c '^pwrite64.*"> ' "$TOP/trace")" -eq 0 ]
}

@test "what another session has written is on disk before it is told, and waited for only while that one writes" {
	needs strace
	mail m 3
	timeout 120 python3 - "$TOP" "$IMAP" "$MODULE" <<'EOF'
import fcntl, os, struct, subprocess, sys
top, imap, module = sys.argv[1:]
box, trace = top + '/m', top + '/trace'

def start(*front):
    session = subprocess.Popen([*front, imap, '--module=' + module, box], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    session.stdout.readline()
    return session

def say(session, text):
    session.stdin.write(b'x ' + text + b'\r\n')
    session.stdin.flush()
    heard = b''
    while not (line := session.stdout.readline()).startswith(b'x OK'):
        assert line and not line.startswith(b'x '), line
        heard += line
    return heard

def waits():
    return open(trace).read().count('fdatasync(')

writer, reader = start(), start('strace', '-o', trace)
say(writer, b'SELECT INBOX')
say(reader, b'SELECT INBOX')
before = waits()
say(writer, b'STORE 1 +FLAGS (one)')
assert b'one' in say(reader, b'NOOP')
assert waits() == before, 'nobody is writing'
say(writer, b'STORE 1 +FLAGS (two)')
held = os.open(box + '/mayfly-lock', os.O_RDWR)
fcntl.fcntl(held, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))    # F_OFD_SETLK: as if it had not come to its end
assert b'two' in say(reader, b'NOOP')
assert waits() == before + 1, 'told, but perhaps not on disk'
late = start('strace', '-o', trace)
assert b'two' in say(late, b'SELECT INBOX')
assert waits() == 1, 'told by SELECT, but perhaps not on disk'
for session in writer, reader, late:
    say(session, b'LOGOUT')
EOF
}

@test "SELECT without any file of ours waits for the disk three times before it answers" {
	needs strace
	needs_aio
	mail m 50
	say m 'CREATE other' >/dev/null	# the account has its file
	rm -f "$TOP"/m/mayfly-uidlist "$TOP"/m/mayfly-index
	calls m 'SELECT INBOX' >/dev/null
	grep -q '^\* 50 EXISTS' "$TOP/said"
	waits=$(awk '/^(io_getevents|fsync|fdatasync)\(/ { waits++ } /^writev\(1, .*EXISTS|^writev\(1, .*FLAGS/ { print waits; exit }' "$TOP/trace")
	[ "$waits" -eq 3 ]
}

@test "STATUS knows a journal that was put in the place of another, also one of the same length" {
	needs strace
	mail m 20
	say m 'SELECT INBOX' >/dev/null
	say m 'STATUS INBOX (UIDVALIDITY MESSAGES)' >"$TOP/before"
	cp -a "$TOP/m" "$TOP/other"
	# a copy has files of its own: known by the header of the journal, without a look into the rest
	calls other 'STATUS INBOX (UIDVALIDITY MESSAGES)' >/dev/null
	if grep -q mmap.*MAP_SHARED "$TOP/trace"; then false; fi
	cmp <(grep STATUS "$TOP/before") <(grep STATUS "$TOP/said")
	rm "$TOP"/other/mayfly-uidlist "$TOP"/other/mayfly-index
	say other 'SELECT INBOX' >/dev/null
	say other 'STATUS INBOX (UIDVALIDITY MESSAGES)' >"$TOP/after"
	[ "$(stat -c %s "$TOP/m/mayfly-uidlist")" -eq "$(stat -c %s "$TOP/other/mayfly-uidlist")" ]
	cat "$TOP/other/mayfly-uidlist" >"$TOP/m/mayfly-uidlist"
	say m 'STATUS INBOX (UIDVALIDITY MESSAGES)' >"$TOP/said"
	cmp <(grep STATUS "$TOP/after") <(grep STATUS "$TOP/said")
	if cmp <(grep STATUS "$TOP/before") <(grep STATUS "$TOP/said"); then false; fi
}
