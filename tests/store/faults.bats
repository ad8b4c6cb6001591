# Every call on a file fails, falls short or is the last one, at one place after the other, in sessions that do all that
# sessions do. What is promised all the same is told in tests/fault/promise.py. Here every 29th fault; `make faults` does all.
load ../lib

whole() {
	! grep -q __asan_init "$MAYFLY_BUILD/mayfly-imap" || skip "the sanitizers' own library must be the first one"
	[[ -e $MAYFLY_BUILD/tests/fault/fault.so ]] || skip "tests/fault/fault.so is not built"
}

faults() { as_user env MAYFLY_BUILD="$MAYFLY_BUILD" PATH="$PATH" "$MAYFLY_SRC/tests/fault/faults" "$@"; }

@test "every call on the mail is one that can be made to fail" {
	whole; needs strace
	faults --escapes append rename delete courier
}

@test "a directory that did not open is not taken for an empty one: no UID and no folder is forgotten" {
	whole
	faults --matching 'open (cur|new|[.])$' courier dovecot rename-nested || { cat "$T/faults"; return 1; }
}

@test "a call that fails, or is the last one, loses nothing and confuses nobody" {
	whole
	faults --every "${MAYFLY_FAULTS_EVERY:-29}" >"$T/faults" || { cat "$T/faults"; return 1; }
	echo "# $(tail -n 1 "$T/faults")" >&3
}
