# Messages that another server compressed in place (formats 10, 25).
load ../lib

# The files of a mailbox, compressed as that server does: same names, ,S= of the plain text.
squeeze() {
	local file size
	for file in "$MAILDIR"/cur/*; do
		size=$(stat -c %s "$file"); gzip -c "$file" >"$T/gz"; cp "$T/gz" "${file%%:*},S=$size:2,${file##*,}"; rm "$file"
	done
	give "$MAILDIR"/cur/*
}

@test "a compressed message has the size, the text and the structure of the plain one" {
	mailbox inbox plain.eml:S pdf-attachment.eml:S multipart-mixed.eml:S; squeeze
	open A inbox; must A 'FETCH 1:3 (RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])'
	same A 1 'BODY[]' plain.eml; same A 2 'BODY[]' pdf-attachment.eml; same A 3 'BODY[]' multipart-mixed.eml; fetched A 1 RFC822.SIZE 202
	must A 'FETCH 3 (BODY.PEEK[1] BODY.PEEK[]<5.20>)'; must A 'FETCH 1 INTERNALDATE'; must A 'FETCH 1:3 RFC822.SIZE'; fetched A 1 RFC822.SIZE 202
	must A 'SEARCH BODY "this is all"'; searched A 1
	must A 'STATUS inbox (SIZE)'
}

@test "a copy of a compressed message can be read too" {
	mailbox inbox plain.eml:S; squeeze; mailbox box
	open A inbox; must A 'COPY 1 box'; must A 'SELECT box'; must A 'FETCH 1 (RFC822.SIZE BODY.PEEK[])'; same A 1 'BODY[]' plain.eml
	ls "$MAILDIR"/.box/cur | grep -q ',S=192:' || ls "$MAILDIR"/.box/cur | grep -q ",S=$(stat -c %s "$MAIL/plain.eml"):"
}

@test "a damaged compressed message is shown as it lies there, and hurts no other" {
	mailbox inbox plain.eml:S; squeeze; for f in "$MAILDIR"/cur/*; do head -c 60 "$f" >"$T/cut"; cp "$T/cut" "$f"; done
	deliver inbox plain-second.eml; open A inbox; must A 'FETCH 1:2 (RFC822.SIZE BODY.PEEK[])'; same A 2 'BODY[]' plain-second.eml
}
