# Sessions that write at the same time and are killed at any moment: tests/store/crowd tells what must hold.
# Each for a few seconds here; `make crowd` is the long form.
load ../lib

crowd() {
	needs python3
	MAYFLY_BUILD=$MAYFLY_BUILD python3 -E "$MAYFLY_SRC/tests/store/crowd" --seconds "${MAYFLY_CROWD_SECONDS:-8}" --seed $RANDOM "$@" \
		>"$T/out" 3>&- 8>&- 9<&- || { cat "$T/out"; return 1; }
	cat "$T/out"
}

without_locks() { [[ -e $MAYFLY_BUILD/tests/store/no_locks.so ]] || skip 'nothing can be preloaded into a build with sanitizers'; crowd "$@"; }

@test "eight sessions that write at once and are killed: nothing lost, nothing twice, no UID for two messages" {
	crowd
}

@test "the same on a file system whose locks keep nobody out" {
	without_locks --locks nothing
}

@test "the same on a file system that has no locks" {
	without_locks --locks fail
}

@test "the same on hosts that do not see each other's locks, with --lock=dot" {
	without_locks --locks unseen --lock=dot
}

@test "a lock file is broken when who made it is gone, on this host alone, and else when it is old" {
	mailbox inbox plain.eml
	start A --lock=dot
	must A 'SELECT inbox'
	true & dead=$!
	wait $dead
	echo -n "$dead:$(hostname)" >"$MAILDIR/mayfly-lock.dot"
	must A 'STORE 1 +FLAGS (work)'
	[[ ! -e $MAILDIR/mayfly-lock.dot && ! -e $MAILDIR/mayfly-lock.dot.break ]]
	# somebody else's, of long ago; and the moment of breaking was the last one of a session that was killed
	echo -n "$dead:not-$(hostname)" >"$MAILDIR/mayfly-lock.dot"
	echo -n "$dead:not-$(hostname)" >"$MAILDIR/mayfly-lock.dot.break"
	touch -d '1 hour ago' "$MAILDIR/mayfly-lock.dot" "$MAILDIR/mayfly-lock.dot.break"
	must A 'STORE 1 -FLAGS (work)'
	[[ ! -e $MAILDIR/mayfly-lock.dot && ! -e $MAILDIR/mayfly-lock.dot.break ]]
}

@test "what was written under a lock that somebody broke meanwhile is not confirmed" {
	needs strace
	mailbox inbox plain.eml
	start A --lock=dot +under="strace -f -qq -o /dev/null -e trace=pwrite64 -e inject=pwrite64:delay_enter=3000000"
	must A 'SELECT inbox'
	raw A 'x STORE 1 +FLAGS (work)\r\n'
	for ((i = 0; i < 500; i++)); do [[ -e $MAILDIR/mayfly-lock.dot ]] && break; sleep 0.01; done
	rm "$MAILDIR/mayfly-lock.dot"
	await A 'x NO [INUSE]...'
}
