# The test that stays first: a Maildir of 10,000 messages, listed and downloaded whole by mbsync and by curl,
# every message equal to its file.
load ../lib
load lib

# Ten thousand messages: the odd ones in turn. Left out is what no client could fetch through a literal (NULs), and
# what mbsync passes over by itself (a header that no empty line ends).
fill() {
	mapfile -t wanted < <(python3 - "$MAIL" <<-'END'
	import itertools, os, re, sys
	def fit(path):
	    data = open(path, 'rb').read()
	    return b'\0' not in data and re.search(rb'\n\r*\n', data)
	names = [n for n in sorted(os.listdir(sys.argv[1])) if n.endswith('.eml') and fit(os.path.join(sys.argv[1], n))]
	print('\n'.join(itertools.islice(itertools.cycle(names), 10000)))
	END
	)
	mailbox inbox "${wanted[@]/%/:S}"    # seen already: curl would set the flag on each, which is another test
}

@test "ten thousand messages are listed and downloaded whole by mbsync, each equal to its file" {
	needs mbsync isync
	fill
	tunnel >"$T/server"; mkdir "$T/near"; give "$T/near"
	cat >"$T/mbsyncrc" <<-END
	FSync no

	IMAPStore far
	Tunnel "$T/server"

	MaildirStore near
	Inbox $T/near/inbox
	Path $T/near/
	SubFolders Verbatim

	Channel mail
	Far :far:
	Near :near:
	Create Near
	Sync Pull
	SyncState *
	MaxMessages 0
	END
	as_user mbsync -q -c "$T/mbsyncrc" mail
	[[ $(ls "$T/near/inbox/cur" "$T/near/inbox/new" | grep -c ,U=) == 10000 ]]
	same_mail mbsync "$T/near/inbox"
}

@test "ten thousand messages are listed and downloaded whole by curl, each equal to its file" {
	needs curl; needs tcpserver ucspi-tcp
	fill
	listen
	for ((i = 1; i < 10000; i += 100)); do    # curl bears a hundred lines or so at a time
		printf 'next\nurl = "imap://127.0.0.1:%d/INBOX"\nrequest = "FETCH %d:%d (UID RFC822.SIZE)"\n' "$PORT" $i $((i + 99))
	done >"$T/curlrc"
	curl -sS -K "$T/curlrc" >"$T/list"
	[[ $(grep -c '^\* [0-9]* FETCH (UID' "$T/list") == 10000 ]]
	mkdir "$T/got"
	curl -sS "imap://127.0.0.1:$PORT/INBOX;UID=[1-10000]" -o "$T/got/#1"
	[[ $(ls "$T/got" | wc -l) == 10000 ]]
	same_mail curl "$T/got"
}

@test "a thousand unseen messages are downloaded by curl, and each is seen then" {
	needs curl; needs tcpserver ucspi-tcp
	mailbox inbox 1000*pdf-attachment.eml
	listen; mkdir "$T/got"
	curl -sS "imap://127.0.0.1:$PORT/INBOX;UID=[1-1000]" -o "$T/got/#1"
	same_mail curl "$T/got"; [[ $(ls "$MAILDIR/cur" | grep -c ':2,S$') == 1000 ]]
}
