# THREAD and UID THREAD: RFC 5256 section 3 (BASE.6.4.THREAD); REFS of draft-ietf-morg-inthread.
load ../lib

threaded() { heard "$1" "* THREAD${2:+ $2}"; }

party=(thread-1-root.eml thread-2-reply.eml thread-3-reply-to-reply.eml thread-4-in-reply-to-only.eml thread-5-parent-missing.eml)

@test "replies are found by References, else by In-Reply-To; missing parents are left out (RFC 5256 3)" {
	mailbox inbox "${party[@]}"; open A inbox
	must A 'THREAD REFERENCES UTF-8 ALL'; threaded A '(1 (4)(5)(2 3))'
	must A 'THREAD REFS UTF-8 ALL'; threaded A '(1 (4)(5)(2 3))'
	must A 'THREAD ORDEREDSUBJECT UTF-8 ALL'; threaded A '(4)(1 (5)(2)(3))'
}

@test "only what was searched is threaded; a parent that was not found is a dummy (RFC 5256 3)" {
	mailbox inbox "${party[@]}"; open A inbox
	must A 'THREAD REFERENCES UTF-8 2:5'; threaded A '((4)(5)(2 3))'
	must A 'THREAD REFERENCES UTF-8 OR 1 3'; threaded A '(1 3)'
	must A 'THREAD REFERENCES UTF-8 3'; threaded A '(3)'
	must A 'THREAD REFERENCES UTF-8 FLAGGED'; threaded A ''; must A 'THREAD ORDEREDSUBJECT UTF-8 FLAGGED'; threaded A ''
}

@test "UID THREAD tells UIDs (RFC 5256 3)" {
	mailbox inbox plain.eml "${party[@]}"; open A inbox; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	must A 'UID THREAD REFERENCES UTF-8 ALL'; threaded A '(2 (5)(6)(3 4))'
	must A 'THREAD REFERENCES UTF-8 ALL'; threaded A '(1 (4)(5)(2 3))'
}

@test "one subject gathers threads, by REFERENCES and not by REFS (RFC 5256 3, step 5)" {
	mailbox inbox thread-1-root.eml thread-6-same-subject.eml thread-7-forward.eml; open A inbox
	must A 'THREAD REFERENCES UTF-8 ALL'; threaded A '((1)(2)(3))'
	must A 'THREAD REFERENCES UTF-8 1,3'; threaded A '(1 3)'
	must A 'THREAD REFS UTF-8 ALL'; threaded A '(1)(2)(3)'
}

@test "two that refer to each other, and one to itself, are no loop (RFC 5256 3, step 1)" {
	mailbox inbox thread-8-cycle-a.eml thread-9-cycle-b.eml thread-self-reference.eml; open A inbox
	must A 'THREAD REFERENCES UTF-8 1:2'; threaded A '(2 1)'
	must A 'THREAD REFERENCES UTF-8 3'; threaded A '(3)'
	must A 'THREAD REFS UTF-8 ALL'
}

@test "THREAD in bad form is BAD, an unknown charset NO [BADCHARSET] (RFC 5256 3, 5)" {
	mailbox inbox plain.eml; open A inbox
	for args in '' 'REFERENCES' 'REFERENCES UTF-8' 'NONSENSE UTF-8 ALL' '(REFERENCES) UTF-8 ALL' 'REFERENCES UTF-8 NONSENSE' 'RETURN () REFERENCES UTF-8 ALL'; do
		say A "THREAD $args"; bad A; unheard A '* THREAD...'
	done
	say A 'THREAD REFERENCES X-MARTIAN ALL'; no A BADCHARSET; alive A
}

@test "every odd message is in the threads once" {
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"; open A inbox; n=${#specs[@]}; count A "$n"
	for algorithm in ORDEREDSUBJECT REFERENCES REFS; do
		must A "THREAD $algorithm UTF-8 ALL"
		[[ $(text A | sed -n 's/^\* THREAD //p' | tr -s '() ' '\n' | grep . | sort -n | tr '\n' ' ') == "$(seq -s ' ' "$n") " ]]
	done
}

@test "a hundred thousand references and a loop of all messages end soon (E.2)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" references-100000
	for ((i = 0; i < 300; i++)); do
		printf 'Message-ID: <%d@x>\nReferences: <%d@x>\nSubject: circle\n\nx\n' "$i" "$(((i + 1) % 300))" >"$T/large/$i.eml"
	done
	mailbox inbox "$T"/large/*.eml; open A inbox
	must A 'THREAD REFERENCES UTF-8 ALL'; must A 'THREAD REFS UTF-8 ALL'; alive A
}

@test "a second SORT or THREAD opens no message file" {
	needs strace
	mailbox inbox 20*plain.eml "${party[@]}"
	open A inbox; must A 'SORT (SUBJECT) UTF-8 ALL'; close A
	start A +env=ASAN_OPTIONS=detect_leaks=0 "+under=strace -f -o $T/trace -e trace=open,openat"; must A 'SELECT inbox'
	must A 'SORT (SUBJECT FROM DATE SIZE ARRIVAL DISPLAYTO CC) UTF-8 ALL'; must A 'THREAD REFERENCES UTF-8 ALL'
	must A 'THREAD ORDEREDSUBJECT UTF-8 ALL'; must A 'THREAD REFS UTF-8 ALL'; must A 'SEARCH SUBJECT zzz FROM y'; close A
	refute grep -E '(cur|new)/|:2,' "$T/trace"
	grep -q 'mayfly-index' "$T/trace"
}
