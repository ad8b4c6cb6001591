# Another mail reader renames flags thousands of times a second; field.md C 6, C 7. tests/lib/rename_storm.py is the storm.
load ../lib

# rename_storm NAME COMMAND...
rename_storm() {
	mkdir "$T/$1"; give "$T/$1"
	timeout 300 python3 -E "$MAYFLY_SRC/tests/lib/rename_storm.py" "$T/$1/Maildir" 40 "$@" >"$T/out" 2>&1 3>&- 8>&- 9<&-
}

@test "in a rename storm no message is ever gone, new, or missing from a FETCH (C 6, C 7)" {
	rename_storm mayfly $MAYFLY_IMAP || { cat "$T/out"; return 1; }
	sed 's/^/# /' "$T/out" >&3
}

@test "the same storm under Dovecot, for comparison: what it counts is shown and not judged" {
	[[ -x /usr/lib/dovecot/imap ]] || skip 'no Dovecot (Debian: dovecot-imapd)'
	export PEER_INDEX='' MAYFLY_TEST_PATIENCE=20
	rename_storm Dovecot "$MAYFLY_SRC/tests/peer/dovecot-imap" || :
	sed 's/^/# /' "$T/out" >&3
}
