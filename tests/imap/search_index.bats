# The index of texts (mayfly-signatures): it spares SEARCH the reading of files and changes no answer. RFC 9051 6.4.4.
load ../lib

opened() { grep -oE 'openat\([^)]*(:2,|plain|pdf)[^"]*"' "$T/trace" | grep -c . || :; }

traced() {
	: >"$T/trace"; chmod 666 "$T/trace"
	start A +env=ASAN_OPTIONS=detect_leaks=0 "+under=strace -f -o $T/trace -e trace=open,openat,openat2"; must A 'SELECT inbox'
}

told_of() { text "$1" | grep '^\* SEARCH'; }

# same_with_and_without NEEDLE...: A has an index, B never
same_with_and_without() {
	local needle key
	for needle; do
		for key in TEXT BODY 'HEADER Subject' 'HEADER X-Odd' 'NOT TEXT'; do
			must A "SEARCH CHARSET UTF-8 $key " "=$needle"; must B "SEARCH CHARSET UTF-8 $key " "=$needle"
			[[ $(told_of A) == "$(told_of B)" ]] || { echo "$key $needle: $(told_of A) against $(told_of B)"; return 1; }
		done
	done
}

# The same mail a second time, in a mailbox whose index cannot be made: a directory stands in its place.
without_index() {
	mailbox plain; plain=$(folder plain)
	cp -a "$(folder inbox)/cur/." "$plain/cur/"; mkdir "$plain/mayfly-signatures"; give "$plain"
	open A inbox; open B plain
}

@test "a text is read once, then SEARCH reads only what may match" {
	needs strace
	mailbox inbox 20*plain.eml 3*plain-second.eml pdf-attachment.eml
	traced; must A 'SEARCH TEXT nowheretobefound'; searched A ''; close A; [[ $(opened) -eq 24 ]]
	traced; must A 'SEARCH TEXT nowheretobefound'; searched A ''; must A 'SEARCH BODY "not in there"'; searched A ''
	must A 'SEARCH NOT TEXT "nor this"'; searched A "$(seq -s ' ' 24)"; must A 'SEARCH HEADER X-Never ""'; searched A ''
	must A 'SEARCH HEADER Received nowheretobefound'; searched A ''; close A; [[ $(opened) -eq 0 ]]
	traced; must A 'SEARCH TEXT "report.pdf"'; searched A 24; close A; [[ $(opened) -eq 1 ]]
	traced; must A 'SEARCH BODY qq'; searched A ''; close A; [[ $(opened) -eq 24 ]]    # too short to tell anything
}

@test "every search of random pieces of odd mail finds the same with the index and without" {
	for f in "$MAIL"/*.eml; do [[ $(stat -c %s "$f") -gt 200000 ]] || specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"; without_index
	mapfile -t needles < <("$MAYFLY_SRC/tests/peer/needles" "$MAILDIR" "${NEEDLES:-40}" "${SEED:-1}")
	[[ ${#needles[@]} -ge 40 ]]
	same_with_and_without "${needles[@]}" ü é e a '=?' KÖLN grüße привет ПРИВЕТ 日本 本語 日 x00
	[[ $(stat -c %s "$MAILDIR/mayfly-signatures") -gt 1000 && -d $plain/mayfly-signatures ]]
}

@test "and of mail in many scripts" {
	mailbox inbox; "$MAYFLY_SRC/tests/peer/make-mailbox" "$T/made" 300; cp -a "$T/made/cur/." "$MAILDIR/cur/"; give "$MAILDIR"
	without_index
	mapfile -t needles < <("$MAYFLY_SRC/tests/peer/needles" "$MAILDIR" "${NEEDLES:-40}" "${SEED:-1}")
	same_with_and_without "${needles[@]}" meeting köln МОСКВ отчёт 会议 日本語 한국 제목 νέα שלום ngstr kůň re: nothinghasthis
}

@test "a damaged index hides nothing and is mended" {
	mailbox inbox 20*plain.eml; open A inbox; must A 'SEARCH TEXT nowheretobefound'
	for at in 3 40 70 100 300 700 1200; do
		printf 'XXXX' | dd of="$MAILDIR/mayfly-signatures" bs=1 seek=$at conv=notrunc status=none
		must A 'SEARCH BODY "this is all"'; searched A "$(seq -s ' ' 20)"
		must A 'SEARCH BODY "this is not all"'; searched A ''
	done
	: >"$MAILDIR/mayfly-signatures"; must A 'SEARCH BODY "this is all"'; searched A "$(seq -s ' ' 20)"
	rm "$MAILDIR/mayfly-signatures"; must A 'SEARCH BODY "this is all"'; searched A "$(seq -s ' ' 20)"
}

@test "what two sessions search at once is right, and what one learnt the other knows" {
	needs strace
	mailbox inbox 30*plain.eml; open A inbox; open B inbox
	for i in 1 2 3; do
		say A 'SEARCH BODY "this is all"'; say B 'SEARCH BODY nowheretobefound'
		ok A; ok B; searched A "$(seq -s ' ' 30)"; searched B ''
	done
	deliver inbox plain-second.eml; must B NOOP; must B 'SEARCH BODY nowheretobefound'; must A NOOP
	close A; traced; must A 'SEARCH BODY nowheretobefound'; searched A ''; close A; [[ $(opened) -eq 0 ]]
}

@test "an expunged message leaves the index when most of it is of such" {
	mailbox inbox 1100*plain.eml; open A inbox; must A 'SEARCH BODY nowheretobefound'
	before=$(stat -c %s "$MAILDIR/mayfly-signatures")
	must A 'STORE 1:1090 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; must A 'SEARCH BODY nowheretobefound'
	[[ $(stat -c %s "$MAILDIR/mayfly-signatures") -lt $((before / 20)) ]]
	must A 'SEARCH BODY "this is all"'; searched A "$(seq -s ' ' 10)"
}

@test "EXAMINE of a mailbox that cannot be written searches without an index" {
	mailbox inbox 3*plain.eml; chmod 500 "$MAILDIR" "$MAILDIR"/*; start A; must A 'EXAMINE inbox'
	must A 'SEARCH BODY "this is all"'; searched A '1 2 3'; must A 'SEARCH BODY nowhere'; searched A ''
	chmod 700 "$MAILDIR" "$MAILDIR"/*; [[ ! -e $MAILDIR/mayfly-signatures ]]
}
