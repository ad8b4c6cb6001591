# A client or a message that means harm, within the bounds that mayfly-trust(7) states: sessions here may
# use so much address space and processor time and no more, and the kernel sees to it. Never the clock.
load ../lib

# bounds MEGABYTES [SECONDS]: for start and open. The sanitizers need address space for themselves.
bounds() {
	[[ -n ${2-} ]] && echo "+rlimit=CPU=$2"
	grep -q __asan_init "${MAYFLY_IMAP%% *}" || echo "+rlimit=AS=$(($1 * 1000000))"
}

# The same for what this shell starts.
bounded() {
	ulimit -t "$2"
	grep -q __asan_init "${MAYFLY_IMAP%% *}" || ulimit -v $(($1 * 1000))
}

@test "a header of 50 MB, a million addresses, prefixes for boundaries, 200,000 continuations: listed and fetched (E.2)" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" addresses-1000000 boundary-prefixes-5000 continuations-200000 header-of-50-MB
	mailbox inbox "$T"/large/*.eml; open A inbox $(bounds 600 120)
	must A 'FETCH 1:4 (RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (Subject)])'
	for i in 1 2 3 4; do must A "FETCH $i (ENVELOPE BODYSTRUCTURE)"; must A "FETCH $i BODY.PEEK[1.1.1]<0.10>"; must A "FETCH $i BODY.PEEK[]<0.1000>"; must A "FETCH $i PREVIEW"; done
	must A 'SEARCH CC user999999@'; searched A 1; must A 'SORT (CC SUBJECT) UTF-8 ALL'; must A 'THREAD REFERENCES UTF-8 ALL'
	alive A
}

@test "a message of 20 kB that unpacks to 20 MB costs what it unpacks to; one of 4 GB is shown as it lies there" {
	python3 - "$T" <<-'E'
	import sys, zlib
	head = b"Subject: bomb\n\n"
	for name, count in (("small", 20), ("large", 4200)):
	    z = zlib.compressobj(9, zlib.DEFLATED, 31)
	    with open(f"{sys.argv[1]}/{name}.eml", "wb") as out:
	        out.write(z.compress(head))
	        block = b"0123456789abcde\n" * 65536
	        for _ in range(count): out.write(z.compress(block))
	        out.write(z.flush())
	E
	mailbox inbox "$T/small.eml" "$T/large.eml"; open A inbox $(bounds 1500 120)
	must A 'FETCH 1:2 (RFC822.SIZE BODY.PEEK[HEADER])'; fetched A 1 RFC822.SIZE $((17 + 1 + 20 * 65536 * 17 - 1))
	must A 'FETCH 1:2 (ENVELOPE BODYSTRUCTURE PREVIEW)'; must A 'SEARCH SUBJECT bomb'; searched A 1; alive A
}

@test "COMPRESS: a megabyte on the wire that unpacks to a gigabyte ends the session or is read past, memory flat" {
	mailbox inbox
	python3 - "$T/bomb" <<-'E'
	import sys, zlib
	z = zlib.compressobj(9, zlib.DEFLATED, -15)
	with open(sys.argv[1], "wb") as out:
	    out.write(b"a COMPRESS DEFLATE\r\n")
	    for _ in range(1000): out.write(z.compress(b"x" * 1000000))
	    out.write(z.flush())
	E
	# its answers are compressed: nobody reads them here
	(bounded 100 120; as_user $MAYFLY_IMAP "$MAILDIR" <"$T/bomb" >"$T/out" 2>"$T/err") || [[ $? -lt 124 ]]
	refute grep -qE 'Sanitizer|runtime error' "$T/err"; grep -q 'event=session-end' "$T/err"
}

@test "patterns of stars, each over many names, cost what names and patterns cost" {
	mailbox inbox; folders 500 "$(printf 'a%.0s' {1..150})"
	start A $(bounds 200 60); pattern=$(printf '*%%%.0s' {1..300})
	must A "LIST \"\" ${pattern}b"; must A "LIST (RECURSIVEMATCH SUBSCRIBED) \"\" ${pattern}"; must A "LIST \"\" ($(printf '*%%*%%b%s ' {1..90})x)"
}

@test "thirty thousand messages of one subject are threaded and sorted" {
	mailbox inbox plain.eml
	python3 -c '
import os, sys
os.chdir(sys.argv[1]); one = os.listdir(".")[0]
for i in range(30000): os.link(one, "1500000000.M%dP1.h:2,S" % i)' "$MAILDIR/cur"
	open A inbox $(bounds 400 120); count A 30001
	for algorithm in REFERENCES ORDEREDSUBJECT REFS; do must A "THREAD $algorithm UTF-8 ALL"; done
	must A 'SORT (SUBJECT FROM DATE) UTF-8 ALL'
}

@test "sets of fifty thousand numbers, of twenty thousand ranges, turned round, overlapping, over numbers that are not there" {
	mailbox inbox 50*plain.eml; open A inbox $(bounds 200 60)
	for set in "$(seq -s, 2 2 100000)" "$(seq 4294907295 3 4294967295 | tr '\n' ',')*" "$(printf '%d:1,' {1..10000})1:*" "$(printf '4294967295:%d,' {1..10000})1"; do
		printf 'x UID FETCH %s FLAGS\r\ny UID SEARCH UID %s NOT UID %s\r\nz UID STORE %s +FLAGS.SILENT (k)\r\n' "$set" "$set" "$set" "$set" >"$T/sets"
		pour A "$T/sets"; await A 'z OK...'
	done
	alive A
}

@test "STORE with ten thousand keywords, and a thousand STOREs with a new one each, are refused or kept in bounds" {
	mailbox inbox 3*plain.eml; mailbox box 3*plain.eml; open A inbox $(bounds 200 60)
	say A "STORE 1 +FLAGS ($(printf 'k%d ' {1..9999})k)"; alive A; must A 'SELECT box'
	for ((i = 1; i <= 1000; i++)); do printf 'x STORE 2 +FLAGS.SILENT (w%d)\r\n' $i; done >"$T/stores"; printf 'z NOOP\r\n' >>"$T/stores"
	pour A "$T/stores"; await A 'z OK...'; alive A; close A
	open B inbox $(bounds 200 60); must B 'FETCH 1:* FLAGS'; must B 'SELECT box'; must B 'FETCH 1:* FLAGS'
}

@test "thousands of commands of which no answer is read: the server waits and does not grow" {
	# the sanitizers keep what is freed for a while
	local room=500; grep -q __asan_init "${MAYFLY_IMAP%% *}" && room=20000
	mailbox inbox 20*pdf-attachment.eml; open A inbox $(bounds 100 60)
	raw A "$(printf 'c%d FETCH 1:* (ENVELOPE BODY.PEEK[])\\r\\n' {1..60})"; clogged A
	before=$(awk '/RssAnon/ { print $2 }' "/proc/$(pid A)/status")
	for ((i = 1; i <= 3000; i++)); do printf 'x%d FETCH 1 (FLAGS UID)\r\n' $i; done >"$T/many"; pour A "$T/many"; clogged A
	after=$(awk '/RssAnon/ { print $2 }' "/proc/$(pid A)/status"); echo "$before kB, then $after kB"; [[ $after -le $((before + room)) ]]
	await A 'x3000 OK...'; alive A
}

@test "every command without each of its arguments, with each twice, and with one too many: an answer, and the session goes on" {
	mailbox inbox 2*plain.eml; mailbox box; open A inbox $(bounds 200 60)
	python3 - >"$T/variants" <<-'E'
	commands = """CAPABILITY|NOOP|ID ("a" "b")|ENABLE CONDSTORE|LANGUAGE de|SELECT box|EXAMINE box (CONDSTORE)|CREATE n1|DELETE n1
	RENAME n2 n3|SUBSCRIBE box|UNSUBSCRIBE box|LIST "" *|LIST (SUBSCRIBED) "" (a b) RETURN (CHILDREN)|LSUB "" *|NAMESPACE
	GETMETADATA (DEPTH 1) box (/private)|SETMETADATA box (/private/comment "x")|MYRIGHTS box|GETACL box|LISTRIGHTS box a|SETACL box a lr
	DELETEACL box a|GETQUOTA ""|GETQUOTAROOT box|STATUS box (MESSAGES UIDNEXT)|CHECK|CLOSE|SELECT inbox|UNSELECT|SELECT inbox|EXPUNGE
	UID EXPUNGE 1:2|FETCH 1 (FLAGS UID)|UID FETCH 1:* FLAGS (CHANGEDSINCE 1)|STORE 1 +FLAGS (k)|UID STORE 1 (UNCHANGEDSINCE 9) FLAGS ()
	COPY 1 box|UID COPY 1 box|MOVE 9 box|UID MOVE 9 box|SEARCH RETURN (ALL) SEEN|UID SEARCH OR SEEN FROM x|SORT (DATE) UTF-8 ALL
	UID SORT RETURN (COUNT) (SUBJECT) UTF-8 ALL|THREAD REFERENCES UTF-8 ALL|UID THREAD REFS UTF-8 ALL|ESEARCH IN (personal) RETURN (COUNT) ALL
	CANCELUPDATE "a"|APPEND box (k) "01-Jan-2020 10:00:00 +0000" {1+}\r\nx|REPLACE 1 box {1+}\r\nx|UID REPLACE 1 box (k) {1+}\r\nx|COMPRESS GZIP"""
	n = 0
	for command in commands.replace("\n", "|").split("|"):
	    words = command.strip().replace("\\r\\n", "\r\n").split(" ")
	    for variant in [words] + [words[:i] + words[i + 1:] for i in range(1, len(words))] + \
	            [words[:i] + [words[i]] + words[i:] for i in range(1, len(words))] + [words + ["extra"]] + [words + [""]]:
	        n += 1
	        print("v%d %s\r\n" % (n, " ".join(variant)), end="")
	print("last NOOP\r\n", end="")
	E
	pour A "$T/variants"; await A 'last OK...'
	# one tagged answer each, in order
	[[ $(text A | grep -oE '^v[0-9]+ (OK|NO|BAD)' | cut -d' ' -f1 | uniq | wc -l) -ge 200 ]]; alive A
}
