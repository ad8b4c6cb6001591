# What SORT, THREAD and SEARCH compare is kept (mayfly-keys): that spares them the cache and changes no answer. RFC 5256, RFC 9051 6.4.4.
load ../lib

programs=('SORT (SUBJECT) UTF-8 ALL' 'SORT (REVERSE SUBJECT REVERSE DATE) UTF-8 ALL' 'SORT (FROM SUBJECT) UTF-8 ALL'
	'SORT (DISPLAYFROM DATE) UTF-8 ALL' 'SORT (DATE) UTF-8 ALL' 'SORT (TO SUBJECT) UTF-8 ALL' 'THREAD REFERENCES UTF-8 ALL' 'THREAD REFS UTF-8 ALL'
	'THREAD ORDEREDSUBJECT UTF-8 ALL' 'SEARCH SUBJECT e' 'SEARCH NOT SUBJECT ""' 'SEARCH FROM "@"' 'SEARCH OR FROM a SUBJECT re:'
	'SEARCH SENTSINCE 1-Jan-2015' 'SEARCH NOT SENTBEFORE 1-Jan-2015 SUBJECT a' 'SEARCH SUBJECT e TEXT e')

answers() { text "$1" | grep -E '^\* (SORT|SEARCH|THREAD)'; }

# The same mail a second time, in a mailbox that can keep no keys: a directory stands in their place.
without_keys() {
	mailbox plain; plain=$(folder plain)
	cp -a "$(folder inbox)/cur/." "$plain/cur/"; mkdir "$plain/mayfly-keys"; give "$plain"
	open B plain
}

same_with_and_without() {
	local program
	for program in "${programs[@]}"; do
		must A "$program"; must B "$program"
		[[ $(answers A) == "$(answers B)" ]] || { echo "$program: $(answers A) against $(answers B)"; return 1; }
	done
}

# mail COUNT: of many senders, in threads, subjects in any case and charset
mail() {
	mailbox inbox; "$MAYFLY_SRC/tests/peer/make-mailbox" "$T/made" "$1"; cp -a "$T/made/cur/." "$MAILDIR/cur/"; give "$MAILDIR"
}

@test "every answer is the same with keys and without, when they are made and when they are there" {
	mail 300; without_keys; open A inbox
	same_with_and_without; [[ $(stat -c %s "$MAILDIR/mayfly-keys") -gt 20000 && -d $plain/mayfly-keys ]]
	close A; open A inbox; same_with_and_without
}

@test "and of odd mail" {
	for f in "$MAIL"/*.eml; do [[ $(stat -c %s "$f") -gt 200000 ]] || specs+=("${f##*/}"); done
	mailbox inbox 2*plain.eml "${specs[@]}" "${specs[@]}"; without_keys; open A inbox
	same_with_and_without; same_with_and_without; [[ $(stat -c %s "$MAILDIR/mayfly-keys") -gt 2000 ]]
}

@test "where they are kept, the cache is not opened and no message" {
	needs strace
	mailbox inbox 100*plain.eml 100*plain-second.eml; open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; close A
	for program in 'SORT (SUBJECT) UTF-8 ALL' 'SORT (FROM) UTF-8 ALL' 'THREAD REFERENCES UTF-8 ALL'; do
		: >"$T/trace"; chmod 666 "$T/trace"
		start A +env=ASAN_OPTIONS=detect_leaks=0 "+under=strace -f -o $T/trace -e trace=open,openat,openat2"; must A 'SELECT inbox'
		must A "$program"; close A
		grep -q mayfly-keys "$T/trace"; refute grep -E 'mayfly-cache|:2,' "$T/trace"
	done
}

@test "few messages are asked without them, and no file is made" {
	mailbox inbox 20*plain.eml; open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; must A 'THREAD REFERENCES UTF-8 ALL'; must A 'SEARCH SUBJECT e'
	[[ ! -e $MAILDIR/mayfly-keys ]]
}

@test "new messages are added, in what order ever they are asked for" {
	mail 300; open A inbox; must A 'SORT (SUBJECT) UTF-8 200:300'; before=$(stat -c %s "$MAILDIR/mayfly-keys")
	must A 'SORT (SUBJECT) UTF-8 1:199'; [[ $(stat -c %s "$MAILDIR/mayfly-keys") -gt $((before * 2)) ]]
	without_keys; same_with_and_without
	deliver inbox plain.eml; deliver plain plain.eml; must A NOOP; must B NOOP; same_with_and_without
}

@test "an expunged message leaves the keys when most of them are of such" {
	mailbox inbox 1100*plain.eml; open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; before=$(stat -c %s "$MAILDIR/mayfly-keys")
	must A 'STORE 1:1000 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must A 'SORT (SUBJECT) UTF-8 ALL'
	[[ $(stat -c %s "$MAILDIR/mayfly-keys") -lt $((before / 5)) ]]
}

@test "damage changes no answer and is mended" {
	mail 150; without_keys; open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; whole=$(stat -c %s "$MAILDIR/mayfly-keys")
	for at in 3 40 70 100 333 1200 9000; do
		printf 'XXXX' | dd of="$MAILDIR/mayfly-keys" bs=1 seek=$at conv=notrunc status=none; same_with_and_without
	done
	truncate -s -30 "$MAILDIR/mayfly-keys"; same_with_and_without
	: >"$MAILDIR/mayfly-keys"; same_with_and_without
	[[ $(stat -c %s "$MAILDIR/mayfly-keys") -eq $whole ]]
	rm "$MAILDIR/mayfly-keys"; same_with_and_without; [[ $(stat -c %s "$MAILDIR/mayfly-keys") -eq $whole ]]
}

@test "what two sessions make at once is right" {
	mail 150; open A inbox; open B inbox
	for i in 1 2 3; do
		say A "${programs[i]}"; say B "${programs[i]}"; ok A; ok B; [[ $(answers A) == "$(answers B)" ]]
	done
	without_keys; same_with_and_without
}

@test "keys of another mailbox are not believed" {
	mail 150; mailbox other 200*plain-second.eml; open C other; must C 'SORT (SUBJECT) UTF-8 ALL'; close C
	cp -a "$(folder other)/mayfly-keys" "$MAILDIR/mayfly-keys"; without_keys; open A inbox; same_with_and_without
}

@test "a message that somebody wrote into is seen as it is, once it was read" {
	mailbox inbox 100*plain.eml; open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; must A 'SEARCH SUBJECT "zz new"'; [[ $(answers A) == '* SEARCH' ]]
	file=$(ls "$MAILDIR/cur" | head -1); sed -i 's/^Subject:.*/Subject: zz new subject/' "$MAILDIR/cur/$file"; give "$MAILDIR"
	must A NOOP; must A 'FETCH 1:* BODY.PEEK[]'; must A 'SEARCH SUBJECT "zz new"'; [[ $(answers A) == '* SEARCH '[0-9]* ]]
}

@test "a mailbox that cannot be written is sorted without, and with those that are there" {
	mail 150; without_keys; chmod 500 "$MAILDIR" "$MAILDIR"/*; start A; must A 'EXAMINE inbox'; same_with_and_without; close A
	[[ ! -e $MAILDIR/mayfly-keys ]]; chmod 700 "$MAILDIR" "$MAILDIR"/*
	open A inbox; must A 'SORT (SUBJECT) UTF-8 1:100'; close A
	chmod 500 "$MAILDIR" "$MAILDIR"/*; start A; must A 'EXAMINE inbox'; same_with_and_without; chmod 700 "$MAILDIR" "$MAILDIR"/*
}
