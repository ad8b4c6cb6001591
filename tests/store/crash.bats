# Killed at any step: what the client was told is there afterwards, no UID is given twice, nothing lies about.
# The kill is at the n-th call of one system call, for n from 1 until the work gets through.
load ../lib

# killed CALL SETUP-FUNCTION CHECK-FUNCTION SCRIPT: run the script against a server that is killed at its 1st, 2nd, ...
# call of CALL, and check after each; ends when the script gets through.
killed() {
	local call=$1 prepare=$2 check=$3 script=$4 n
	for ((n = 1; n <= 60; n++)); do
		rm -rf "$MAILDIR"; $prepare
		start K +silent +under="strace -f -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$n"
		excuse K; raw K "$script"; close K
		text K >"$T/said"
		$check
		if grep -q '^z OK' "$T/said"; then return 0; fi
	done
	echo "not through after $n kills"; return 1
}

# no UID names two messages, every file is whole, tmp is tidied by the next session that looks
sane() {
	start C; must C 'SELECT inbox'; validity=$(told C UIDVALIDITY); next=$(told C UIDNEXT); must C 'FETCH 1:* (UID RFC822.SIZE BODY.PEEK[])'
	uids=$(uids C); [[ $(tr ' ' '\n' <<<"$uids" | sort -n | uniq -d) == '' ]]
	[[ -z $uids || ${uids##* } -lt $next ]]
	close C
}

one() { mailbox inbox plain.eml; start P; must P 'SELECT inbox'; first=$(told P UIDVALIDITY); close P; }

appended() {
	sane; [[ $validity == "$first" ]]
	# told APPENDUID: then it is there, whole, with this UID
	for uid in $(sed -n 's/.*APPENDUID [0-9]* \([0-9]*\)\].*/\1/p' "$T/said"); do grep -qw "$uid" <<<"$uids"; done
	for f in "$MAILDIR"/cur/* "$MAILDIR"/new/*; do [[ ! -e $f || $(stat -c %s "$f") == @(191|202) ]]; done
}

body=$(sed 's/$/\\r\\n/' "${BATS_TEST_DIRNAME}/../mail/plain.eml" | tr -d '\n')

@test "killed in an APPEND, at every rename, link, write and sync: nothing half, and what was confirmed stays" {
	needs strace
	for call in renameat2 linkat pwrite64 write fsync fdatasync; do
		killed $call one appended "a SELECT inbox\r\nb APPEND inbox {202+}\r\n$body\r\nc APPEND inbox {202+}\r\n$body\r\nz NOOP\r\n"
	done
}

three() { mailbox inbox 3*plain.eml; mailbox box plain.eml; start P; must P 'SELECT inbox'; first=$(told P UIDVALIDITY); must P 'FETCH 1:* UID'; close P; }

stored() {
	sane; [[ $validity == "$first" && $uids == '1 2 3' ]]
	! grep -q '^b OK' "$T/said" || [[ $(find "$MAILDIR" -name '*:2,*S*' | wc -l) -ge 3 ]]
}

@test "killed in a STORE, at every step: UIDs stay, and confirmed flags are there" {
	needs strace
	for call in renameat2 pwrite64 fsync fdatasync; do
		killed $call three stored 'a SELECT inbox\r\nb STORE 1:3 +FLAGS (\\Seen work)\r\nz NOOP\r\n'
	done
}

expunged() {
	sane; [[ $validity == "$first" ]]; start C; must C 'SELECT inbox'; must C 'FETCH 1:* UID'
	for uid in $(uids C); do [[ $uid == [123] ]]; done
	if grep -q '^c OK' "$T/said"; then count C 1; fi
	close C
}

@test "killed in an EXPUNGE, at every step: what is confirmed is gone, what is left has its UID" {
	needs strace
	for call in unlinkat renameat2 pwrite64 fsync fdatasync; do
		killed $call three expunged 'a SELECT inbox\r\nb STORE 1,3 +FLAGS.SILENT (\\Deleted)\r\nc EXPUNGE\r\nz NOOP\r\n'
	done
}

moved() {
	local n
	sane; [[ $validity == "$first" ]]
	start C; must C 'STATUS inbox (MESSAGES)'; n=$(status C INBOX MESSAGES); must C 'STATUS box (MESSAGES)'
	# no message is lost: each is in one of the two (RFC 9051 6.4.8)
	[[ $((n + $(status C box MESSAGES))) -ge 4 ]]
	if grep -q '^b OK' "$T/said"; then [[ $n == 1 ]]; fi
	close C
}

@test "killed in a MOVE, at every step: each message is in one of the two mailboxes (RFC 9051 6.4.8)" {
	needs strace
	for call in renameat2 linkat unlinkat pwrite64 fsync fdatasync; do
		killed $call three moved 'a SELECT inbox\r\nb MOVE 1:2 box\r\nz NOOP\r\n'
	done
}

renamed() {
	local a=0 b=0
	start C; must C 'LIST "" *'; text C >"$T/list"
	! grep -q ' box$' "$T/list" || a=1; ! grep -q ' crate$' "$T/list" || b=1
	[[ $((a + b)) == 1 ]]
	if ((a)); then must C 'SELECT box'; else must C 'SELECT crate'; fi
	count C 1; [[ $(told C UIDVALIDITY) != '' ]]; close C
}

@test "killed in a RENAME, at every step: the mailbox has one of the two names, and its mail" {
	needs strace
	for call in renameat2 pwrite64 write fsync; do
		killed $call three renamed 'a SELECT box\r\nb UNSELECT\r\nc RENAME box crate\r\nz NOOP\r\n'
	done
}

created() {
	start C; must C 'SELECT inbox'; say C 'CREATE fresh'; must C 'SELECT fresh'; count C 0; must C UNSELECT; must C 'DELETE fresh'; close C
}

@test "killed in CREATE and DELETE, at every step: the name can be used afterwards" {
	needs strace
	for call in mkdirat renameat2 unlinkat write pwrite64 fsync; do
		killed $call one created 'a CREATE fresh\r\nb DELETE fresh\r\nz NOOP\r\n'
	done
}

opened() { sane; [[ ${uids} == '1 2 3' ]]; }

fresh() { mailbox inbox 3*plain.eml; }

@test "killed in the first look at a mailbox, at every step: the UIDs are those of the names' order" {
	needs strace
	for call in pwrite64 write renameat2 fsync getdents64; do
		killed $call fresh opened 'a SELECT inbox\r\nz NOOP\r\n'
	done
}
