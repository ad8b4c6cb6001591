# mayfly-admin ended in the middle of each verb, by Ctrl-C, by kill -9 at any call that
# writes, and beside open sessions: nothing is damaged, and the next run ends the work.
load ../lib

ADMIN() { echo "$MAYFLY_BUILD/mayfly-admin --module=$MAYFLY_BUILD/mayfly-message.so --maildir=$1"; }

# two folders as Dovecot leaves them, with a UID that no file has
account_here() {
	mailbox inbox 20*plain.eml 4*plain.eml:FS; mailbox Work 12*plain.eml 2*plain.eml:S
	for where in "$MAILDIR" "$MAILDIR/.Work"; do
		{ echo '3 V1732288000 N900'; n=10; for f in "$where"/cur/*; do n=$((n + 3)); f=${f##*/}; echo "$n :${f%%:*}"; done; echo '800 :gone'; } >"$where/dovecot-uidlist"
	done
	printf 'Work\n' >"$MAILDIR/subscriptions"; give "$MAILDIR"; chmod 755 "$T"
}

# state DIR [sed script]: what a client sees of it
state() {
	local flags=${2-}
	printf 'a LIST "" *\r\nb SELECT inbox\r\nc UID FETCH 1:* (FLAGS RFC822.SIZE)\r\nd SELECT Work\r\ne UID FETCH 1:* (FLAGS RFC822.SIZE)\r\nf LSUB "" *\r\ng LOGOUT\r\n' |
		as_user $MAYFLY_IMAP "$1" 2>/dev/null | tr -d '\r' | grep -E '^\* (LIST|LSUB|[0-9]+ (EXISTS|FETCH)|OK \[UIDVALIDITY)' | sed "s/ [\\]Recent//; s/[\\]Recent//;$flags"
}

# Our own files hold together. Twice, so that a session's tidying is looked at as well.
sound() {
	as_user $(ADMIN "$1") check >"$T/check" || :
	refute grep -E 'damaged|missing;|cannot be read|below UIDNEXT|the mailbox.s counts' "$T/check"
}

# interrupted VERB...: from $T/start, killed and stopped at calls that write. SCRIPT: state's sed script.
# MAYFLY_LONG tries every place near the start and some far from it.
interrupted() {
	local signal call when status ended=0 killed='1 3' stopped='15 30'
	[[ -z ${MAYFLY_LONG-} ]] || { killed=$(echo {1..16} 20 25 30 40); stopped=$(echo {10..70..4}); }
	rm -rf "$T/whole"; cp -a "$T/start" "$T/whole"; as_user $(ADMIN "$T/whole") "$@" >/dev/null || [[ $? == 1 ]]
	state "$T/whole" "${SCRIPT-}" >"$T/want"; [[ $(grep -c FETCH "$T/want") -ge 14 ]]
	for call in write pwrite64 renameat,renameat2 fsync,fdatasync unlinkat linkat openat; do
		signal=KILL
		[[ $call != openat ]] || signal='KILL INT'
		for signal in $signal; do
			for when in $([[ $call != openat ]] && echo $killed || echo $stopped); do
				rm -rf "$T/try"; cp -a "$T/start" "$T/try"; status=0
				as_user strace -f -o "$T/strace" -e trace="$call" -e inject="$call:signal=$signal:when=$when" $(ADMIN "$T/try") "$@" >"$T/out" 2>&1 || status=$?
				case $signal:$status in
				KILL:137|INT:3|INT:130) ended=$((ended + 1)) ;;
				*:0|*:1) continue ;;	# the call did not come so often, or nothing was left to stop
				*) echo "$signal $call $when: status $status"; cat "$T/out"; return 1 ;;
				esac
				[[ $status != 3 ]] || grep -q 'stopped; what was done is whole' "$T/out"
				sound "$T/try" || { echo "after $signal at $call $when of $*"; cat "$T/check"; return 1; }
				as_user $(ADMIN "$T/try") "$@" >"$T/out" 2>&1 || [[ $? == 1 ]] || { cat "$T/out"; return 1; }
				state "$T/try" "${SCRIPT-}" | diff "$T/want" - || { echo "after $signal at $call $when of $*"; return 1; }
			done
		done
	done
	[[ $ended -gt 1 ]] || { echo "hardly ever ended in the middle: $ended"; return 1; }
}

@test "import, ended anywhere, takes over the same UIDs the next time" {
	needs strace; account_here; cp -a "$MAILDIR" "$T/start"; interrupted import
}

@test "index, ended anywhere, leaves a whole cache or none" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; cp -a "$MAILDIR" "$T/start"; interrupted index
}

@test "check --repair, ended anywhere, goes on where it was" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; cp -a "$MAILDIR" "$T/start"
	sed -i '4s/^+/-/' "$T/start/mayfly-uidlist"; touch -d '3 days ago' "$T/start/tmp/old"; rm "$T/start/mayfly-account"
	as_user $(ADMIN "$T/start") check >"$T/out" || :; grep -q damaged "$T/out"
	sound() { :; }; interrupted check --repair
	as_user $(ADMIN "$T/try") check --repair >"$T/out" || :; as_user $(ADMIN "$T/try") check
}

@test "export, ended anywhere, can be read by the other server afterwards" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; rm "$MAILDIR"/dovecot-uidlist; cp -a "$MAILDIR" "$T/start"
	interrupted export --to=dovecot; [[ ! -e $T/try/dovecot-uidlist.lock ]]
	head -1 "$T/try/dovecot-uidlist" | grep -Eq '^3 V1732288000 N[0-9]+ G[0-9a-f]{32}$'
	interrupted export --to=courier; head -1 "$T/try/courierimapuiddb" | grep -Eq '^1 1732288000 [0-9]+$'
}

@test "expire, ended anywhere, removes what is due and nothing else" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; cp -a "$MAILDIR" "$T/start"
	interrupted expire --older-than=0 --seen --flagged Work INBOX; [[ $(grep -c FETCH "$T/want") == 32 ]]
}

@test "merge, ended anywhere, puts back each message once" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; cp -a "$MAILDIR" "$T/backup"
	as_user $(ADMIN "$MAILDIR") expire --older-than=0 --seen --flagged INBOX Work >/dev/null; cp -a "$MAILDIR" "$T/start"
	SCRIPT='s/UID [0-9]*/UID n/' interrupted merge "$T/backup"; [[ $(grep -c FETCH "$T/want") == 38 ]]
}

@test "quota recount, ended anywhere, leaves the old sum or the new one" {
	needs strace; account_here; as_user $(ADMIN "$MAILDIR") import >/dev/null; printf '1000000S\n1 1\n' >"$MAILDIR/maildirsize"; give "$MAILDIR"; cp -a "$MAILDIR" "$T/start"
	interrupted quota recount; [[ $(awk 'NR > 1 { m += $2 } END { print m }' "$T/try/maildirsize") == 38 && $(head -1 "$T/try/maildirsize") == 1000000S ]]
}

@test "a second Ctrl-C ends at once" {
	needs strace; account_here; status=0
	as_user strace -f -o "$T/strace" -e trace=openat -e inject=openat:signal=INT:when=15+1 $(ADMIN "$MAILDIR") index >"$T/out" 2>&1 || status=$?
	[[ $status == 130 ]]; sound "$MAILDIR"
}

@test "every verb runs while sessions are open, and they see what it did" {
	account_here; open A inbox; open B Work; count A 24
	for verb in 'import' 'index' 'check' 'stat --json' 'dump' 'export --to=dovecot' 'quota recount' 'check --repair'; do
		as_user $(ADMIN "$MAILDIR") $verb >"$T/out" 2>&1 || { echo "$verb"; cat "$T/out"; false; }
		must A 'STORE 1 FLAGS (\Answered)'; must B 'STORE 2 FLAGS (\Draft)'; must A 'STORE 1 FLAGS ()'; must B 'STORE 2 FLAGS ()'; must A NOOP; count A 24
	done
	as_user $(ADMIN "$MAILDIR") expire --older-than=0 --seen --flagged INBOX; must A NOOP; count A 20
	must A 'FETCH 1:* (UID FLAGS)'; must B 'FETCH 1:* BODY.PEEK[]'; count B 14
}
