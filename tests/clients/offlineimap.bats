# OfflineIMAP through its preauthtunnel, both ways.
load ../lib
load lib

conf() {
	tunnel >"$T/server"; chmod 755 "$T/server"; mkdir -p "$T/near" "$T/meta"; give "$T/near" "$T/meta"
	cat >"$T/offlineimaprc" <<-END
	[general]
	accounts = test
	metadata = $T/meta
	ui = quiet
	fsync = False
	[Account test]
	localrepository = near
	remoterepository = far
	[Repository near]
	type = Maildir
	localfolders = $T/near
	sep = /
	[Repository far]
	type = IMAP
	preauthtunnel = $T/server
	ssl = no
	maxconnections = 1
	folderfilter = lambda name: True
	END
	chmod 644 "$T/offlineimaprc"
}
sync() { as_user offlineimap -o -1 -c "$T/offlineimaprc" >"$T/offlineimap.out" 2>&1 || { cat "$T/offlineimap.out"; return 1; }; }

@test "OfflineIMAP takes folders, mail and flags down, and new mail and flags up" {
	needs offlineimap offlineimap3
	mailbox inbox plain.eml:S plain-second.eml:F pdf-attachment.eml; mailbox Work/2026 plain.eml
	conf; sync
	[[ $(find "$T/near/INBOX" -name '*U=*' | wc -l) == 3 && $(find "$T/near/Work/2026" -name '*U=*' | wc -l) == 1 ]]
	[[ $(find "$T/near/INBOX" -name '*:2,S' | wc -l) == 1 && $(find "$T/near/INBOX" -name '*:2,F' | wc -l) == 1 ]]
	cp "$MAIL/plain-reply.eml" "$T/near/INBOX/new/1700000100.mine"; give "$T/near/INBOX/new"
	f=$(find "$T/near/INBOX" -name '*:2,S'); mv "$f" "${f}T"; sync
	open A inbox; count A 4; must A 'FETCH 1:4 FLAGS'; fetched A 1 FLAGS '\Deleted \Seen'; fetched A 2 FLAGS '\Flagged'
	must A 'FETCH 4 BODY.PEEK[TEXT]'; fetched_like A 4 'BODY[TEXT]' '...Thank you...'
}

@test "OfflineIMAP has nothing to do the second time, and carries a removal" {
	needs offlineimap offlineimap3
	mailbox inbox 4*plain.eml
	conf; sync; before=$(find "$T/near/INBOX" -type f | sort); sync; [[ $(find "$T/near/INBOX" -type f | sort) == "$before" ]]
	open A inbox; must A 'STORE 2 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; close A
	sync; [[ $(find "$T/near/INBOX" -name '*U=*' | wc -l) == 3 ]]
}
