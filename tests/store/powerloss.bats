# The power goes at any moment of sessions that do all that sessions do: which disks may be found then is told in
# tests/fault/disk.py, what must hold in tests/fault/promise.py. Here a few of them; `make powerloss` tries all.
load ../lib

powerloss() {
	! grep -q __asan_init "$MAYFLY_BUILD/mayfly-imap" || skip "the sanitizers' own library must be the first one"
	[[ -e $MAYFLY_BUILD/tests/fault/fault.so ]] || skip "tests/fault/fault.so is not built"
	as_user env MAYFLY_BUILD="$MAYFLY_BUILD" PATH="$PATH" "$MAYFLY_SRC/tests/fault/powerloss" "$@" >"$T/disks"
}

@test "a loss of power takes nothing that was confirmed, gives no UID twice, keeps UIDVALIDITY" {
	powerloss --most "${MAYFLY_POWERLOSS_MOST:-16}" --every "${MAYFLY_POWERLOSS_EVERY:-7}" || { cat "$T/disks"; return 1; }
	echo "# $(tail -n 1 "$T/disks")" >&3
}

@test "with --no-fsync the same look finds what is lost" {
	refute powerloss --most 16 --every 3 --option=--no-fsync append
	grep -q 'message 3[0-2] of .* is lost' "$T/disks"
}
