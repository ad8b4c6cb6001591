# neomutt through its tunnel: it wants a terminal, and gets one from script(1).
load ../lib
load lib

mutt() {
	tunnel >"$T/server"; chmod 755 "$T/server"
	cat >"$T/muttrc" <<-END
	set tunnel = "$T/server" folder = "imap://localhost/" spoolfile = "imap://localhost/INBOX" record = "" postponed = ""
	set header_cache = "" move = no quit = yes confirmappend = no confirmcreate = no delete = yes mark_old = no wait_key = no
	set sort = mailbox-order use_threads = flat
	set imap_user = nobody imap_passive = no mbox_type = mbox tmpdir = "$T/tmp" sleep_time = 0
	END
	mkdir -p "$T/tmp"; give "$T/tmp"
	as_user env TERM=xterm LINES=40 COLUMNS=100 script -qec "neomutt -n -F $T/muttrc -e 'push \"$1\"'" /dev/null </dev/null >"$T/screen" 2>&1
}

@test "neomutt opens the mailbox and copies every message out whole" {
	needs neomutt; needs script bsdutils
	mailbox inbox plain.eml plain-second.eml pdf-attachment.eml; mkdir "$T/out"; give "$T/out"
	mutt "<tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>$T/out/box<enter><quit>"
	[[ $(grep -c '^From ' "$T/out/box") == 3 ]]
	grep -q 'this is all' "$T/out/box"; grep -q 'Second message' "$T/out/box"; grep -q 'JVBERi0xLjQK' "$T/out/box"
}

@test "neomutt deletes, flags and saves to a folder that it makes" {
	needs neomutt; needs script bsdutils
	mailbox inbox plain.eml plain-second.eml pdf-attachment.eml
	mutt '<first-entry><delete-message><last-entry><flag-message><previous-entry><save-message><kill-line>=Saved<enter><sync-mailbox><quit>'
	open A inbox; count A 1; must A 'FETCH 1 (FLAGS BODY.PEEK[])'; same A 1 'BODY[]' pdf-attachment.eml; [[ $(value A 1 FLAGS) == *Flagged* ]]
	must A 'SELECT Saved'; count A 1; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain-second.eml
}
