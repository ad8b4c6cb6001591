# Clients sync back and forth while another program stirs the Maildir, and end equal to the disk.
load ../lib
load lib

# Numbered messages, so that each copy can be told.
numbered() { local n; for ((n = $1; n <= $2; n++)); do printf 'Subject: number %d\nMessage-ID: <n%d@example.org>\n\nbody %d\n' "$n" "$n" "$n" >"$T/n$n"; mailbox inbox "$T/n$n:${3-}"; done; }

# One turn: a flag, a removal, a delivery, a name with ,U= and a file away and back, all behind the server's back.
stir() {
	local files; mapfile -t files < <(ls -d "$MAILDIR"/cur/* | sort)
	rm "${files[0]}"; mv "${files[1]}" "${files[1]%:2,*}:2,FS"; mv "${files[2]}" "${files[2]%:2,*}:2,R"
	mv "${files[3]}" "$T/away"; mv "$T/away" "${files[3]}"; touch "${files[@]:4}" "$MAILDIR/cur"
	printf 'Subject: number %d\nMessage-ID: <n%d@example.org>\n\nbody %d\n' "$1" "$1" "$1" >"$T/n$1"; deliver inbox "$T/n$1" >/dev/null
}

# "number flags" of each message in a Maildir; T is no flag that a client's copy must have.
listing() {
	local f n letters
	for f in "$1"/cur/* "$1"/new/*; do
		[[ -e $f ]] || continue
		n=$(sed -n 's/^Subject: number //p;/^\r*$/q' "$f" | tr -d '\r'); letters=
		[[ $f != *:2,* ]] || letters=$(tr -dc 'FRS' <<<"${f##*:2,}")
		echo "$n $letters"
	done | sort -n
}
equal() { diff <(listing "$MAILDIR") <(listing "$1"); }

# Each UID still names the message that it named; $T/uids grows by the new ones.
uids_kept() {
	start Z; must Z 'EXAMINE inbox'; must Z 'FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])'
	text Z | grep -ao 'UID [0-9]*\|number [0-9]*' | paste - - >>"$T/uids"; close Z
	[[ $(sort -u "$T/uids" | awk '{ print $2 }' | sort | uniq -d) == '' && $(sort -u "$T/uids" | awk '{ print $4 }' | sort | uniq -d) == '' ]] || { sort -u "$T/uids"; return 1; }
}

@test "mbsync against a mailbox that another program stirs ends equal to the disk, UIDs kept" {
	needs mbsync isync
	tunnel >"$T/server"; chmod 755 "$T/server"; mkdir -p "$T/near"; give "$T/near"
	printf '%s\n' 'FSync no' '' 'IMAPStore far' "Tunnel \"$T/server\"" '' 'MaildirStore near' "Inbox $T/near/inbox" "Path $T/near/" '' \
		'Channel mail' 'Far :far:' 'Near :near:' 'Patterns INBOX' 'Create Both' 'Expunge Both' 'Sync All' 'SyncState *' >"$T/mbsyncrc"
	numbered 1 20
	as_user mbsync -c "$T/mbsyncrc" mail; uids_kept
	for turn in 101 102 103; do
		stir $turn; f=$(ls -d "$T"/near/inbox/*/*,U=15* "$T"/near/inbox/*/*,U=16* 2>/dev/null | head -1)
		to=$T/near/inbox/cur/$(basename "${f%:2,*}"):2,F; [[ $f == "$to" ]] || mv "$f" "$to"
		as_user mbsync -c "$T/mbsyncrc" mail; uids_kept
	done
	as_user mbsync -c "$T/mbsyncrc" mail; equal "$T/near/inbox"
}

@test "OfflineIMAP against a mailbox that another program stirs ends equal to the disk, UIDs kept" {
	needs offlineimap offlineimap3
	tunnel >"$T/server"; chmod 755 "$T/server"; mkdir -p "$T/near" "$T/meta"; give "$T/near" "$T/meta"
	printf '%s\n' '[general]' 'accounts = test' "metadata = $T/meta" 'ui = quiet' 'fsync = False' '[Account test]' 'localrepository = near' 'remoterepository = far' \
		'[Repository near]' 'type = Maildir' "localfolders = $T/near" '[Repository far]' 'type = IMAP' "preauthtunnel = $T/server" 'ssl = no' 'maxconnections = 1' >"$T/rc"; chmod 644 "$T/rc"
	sync() { as_user offlineimap -o -1 -c "$T/rc" >"$T/out" 2>&1 || { cat "$T/out"; return 1; }; }
	numbered 1 20; sync; uids_kept
	for turn in 101 102; do
		stir $turn; f=$(find "$T/near/INBOX" -name '*U=15,*' -o -name '*U=16,*' | head -1); mv "$f" "$T/near/INBOX/cur/$(basename "${f%:2,*}"):2,F"
		sync; uids_kept
	done
	sync; equal "$T/near/INBOX"
}

@test "neomutt with QRESYNC and its cache sees the stirred mailbox as it is, visit after visit" {
	needs neomutt; needs script bsdutils
	tunnel >"$T/server"; chmod 755 "$T/server"; mkdir -p "$T/tmp" "$T/cache"; give "$T/tmp" "$T/cache"
	cat >"$T/muttrc" <<-END
	set tunnel = "$T/server" folder = "imap://localhost/" spoolfile = "imap://localhost/INBOX" record = "" postponed = "" header_cache = "$T/cache"
	set imap_condstore = yes imap_qresync = yes move = no quit = yes confirmappend = no confirmcreate = no delete = yes mark_old = no wait_key = no
	set sort = mailbox-order use_threads = flat imap_user = nobody imap_passive = no mbox_type = Maildir tmpdir = "$T/tmp" sleep_time = 0
	END
	visit() { as_user env TERM=xterm LINES=60 COLUMNS=100 script -qec "neomutt -n -F $T/muttrc -e 'push \"$1\"'" /dev/null </dev/null >"$T/screen" 2>&1; }
	numbered 1 12 S; visit '<quit>'; uids_kept
	for turn in 101 102; do
		stir $turn; visit '<last-entry><previous-entry><flag-message><sync-mailbox><quit>'; uids_kept
	done
	visit "<tag-pattern>~A<enter><tag-prefix><copy-message><kill-line>$T/tmp/box<enter><quit>"
	equal "$T/tmp/box"
}
