# Damage to the files of the store: what a client may see of it, and what mayfly-admin says.
# `make corrupt` tries every octet and line (tests/store/corrupt.c), here it is some of them.
load ../lib

admin() { as_user "$MAYFLY_BUILD/mayfly-admin" --module="$MAYFLY_BUILD/mayfly-message.so" --maildir="$MAILDIR" "$@"; }

@test "a damaged file loses no message and no UID names another one: each 40th octet and line, each way" {
	timeout 600 "$MAYFLY_BUILD/tests/store/corrupt" -e 40
}

# A mailbox with all files that we write.
written() {
	rm -rf "$MAILDIR"; mailbox inbox 3*plain.eml; mailbox box plain.eml
	open A inbox; valid=$(told A UIDVALIDITY); must A 'STORE 2 +FLAGS (work)'; must A 'UID FETCH 1:* (ENVELOPE BODYSTRUCTURE)'
	must A 'SUBSCRIBE box'; must A 'SETMETADATA box (/private/comment "words")'; must A 'UID FETCH 1:* UID'; uids=$(uids A)
	close A
	open A box; must A 'FETCH 1 UID'; close A
}

# put FILE OCTET: another octet at this place; from the end if negative
put() {
	python3 - "$MAILDIR/$1" "$2" <<-'E'
	import sys
	path, at = sys.argv[1], int(sys.argv[2])
	data = bytearray(open(path, "rb").read())
	data[at] ^= 0x15
	open(path, "wb").write(data)
	E
}

@test "check names the file that was damaged, --repair mends it, and UIDs are as they were" {
	for where in 'mayfly-uidlist 40' 'mayfly-uidlist 300' 'mayfly-uidlist -20' 'mayfly-index 20' 'mayfly-index 600' 'mayfly-cache 30' 'mayfly-cache 160' \
		'mayfly-account 30' 'mayfly-account -20' 'mayfly-subscriptions -5' 'mayfly-metadata -5'; do
		written; put $where
		run admin check; [[ $status == 1 && $output == *"${where% *}"* ]] || { echo "$where: $output"; false; }
		run admin check --repair; [[ $status == 1 ]]
		run admin check; [[ $status == 0 ]] || { echo "after repair of $where: $output"; false; }
		open A inbox; [[ $(told A UIDVALIDITY) == "$valid" ]]; must A 'UID FETCH 1:* UID'; [[ $(uids A) == "$uids" ]]; close A
	done
}

@test "the journal removed under two sessions, of which one knows less: no UID names another message" {
	mailbox inbox 3*plain.eml; open A inbox; open B inbox
	must B 'APPEND inbox ' @plain.eml; must B 'APPEND inbox ' @plain-second.eml
	must B NOOP; must B 'STORE 4 +FLAGS (\Deleted)'; must B EXPUNGE; must B 'FETCH 4 UID'; fetched B 4 UID 5
	for what in none directory other; do
		must B 'APPEND inbox ' @plain.eml; must B 'FETCH * UID'; last=$(uids B | tr ' ' '\n' | tail -n 1)
		rm -r "$MAILDIR/mayfly-uidlist"
		case $what in
		directory) mkdir "$MAILDIR/mayfly-uidlist"; give "$MAILDIR" ;;
		other) echo other >"$MAILDIR/mayfly-uidlist"; give "$MAILDIR" ;;
		esac
		deliver inbox plain.eml; say A NOOP
		[[ $what != directory ]] || { rmdir "$MAILDIR/mayfly-uidlist"; must A NOOP; }
		must A 'FETCH 1:* (UID BODY.PEEK[])'; fetched A 4 UID 5; same A 4 'BODY[]' plain-second.eml
		must B NOOP; must B 'FETCH 1:* UID'; [[ $(uids A) == "$(uids B)" ]]
		uids A | tr ' ' '\n' | grep -qx "$last"
	done
}

@test "lines that are damaged in the middle of a session are not forgotten at its end: no UID is given twice" {
	mailbox inbox 3*plain.eml; open A inbox; close A; open A inbox; open B inbox
	must B 'APPEND inbox ' @plain.eml; must B 'STORE 4 +FLAGS (\Deleted)'; must B EXPUNGE
	until must B NOOP; tail -n 1 "$MAILDIR/mayfly-uidlist" | grep -Eq '^! [0-9.]+ 1 [0-9.]+ 1 '; do :; done
	excuse B; signal B 9; exited B -9
	sed -E 's/^[+>-] (.*4)/x \1/' "$MAILDIR/mayfly-uidlist" >"$T/damaged"; cat "$T/damaged" >"$MAILDIR/mayfly-uidlist"; touch -d '1 hour ago' "$MAILDIR/mayfly-uidlist"; give "$MAILDIR"
	must A NOOP; close A
	start C; must C 'APPEND inbox ' @plain.eml; ok C APPENDUID; [[ $(code C) != *' 4' ]]; must C 'SELECT inbox'
	must C 'FETCH 1:* UID'; fetched C 3 UID 3; count C 4
}
