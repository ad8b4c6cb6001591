# mbsync through a Tunnel: both ways, flags, new mail, removal, new folders, and again with nothing to do.
load ../lib
load lib

conf() {
	tunnel >"$T/server"; chmod 755 "$T/server"; mkdir -p "$T/near"; give "$T/near"
	cat >"$T/mbsyncrc" <<-END
	FSync no

	IMAPStore far
	Tunnel "$T/server"
	${1-}

	MaildirStore near
	Inbox $T/near/inbox
	Path $T/near/
	SubFolders Verbatim

	Channel mail
	Far :far:
	Near :near:
	Patterns *
	Create Both
	Remove Both
	Expunge Both
	Sync All
	SyncState *
	END
}
sync() { as_user mbsync -c "$T/mbsyncrc" mail; }

@test "mbsync takes folders and mail down, and mail and flags up" {
	needs mbsync isync
	mailbox inbox plain.eml:S plain-second.eml; mailbox Work/2026 pdf-attachment.eml:F; mailbox 'Entw&APw-rfe' plain.eml
	conf; sync
	[[ $(find "$T/near/inbox" -name '*,U=*' | wc -l) == 2 && $(find "$T/near/Work/2026" -name '*:2,F' | wc -l) == 1 ]]
	ls "$T/near" | grep -q 'Entw'
	cp "$MAIL/plain-reply.eml" "$T/near/inbox/new/1.mine"; give "$T/near/inbox/new"; mkdir -p "$T/near/Made/"{cur,new,tmp}; cp "$MAIL/plain.eml" "$T/near/Made/cur/2.mine:2,S"; give "$T/near/Made"
	f=$(ls "$T"/near/inbox/cur/*:2,S); mv "$f" "${f}F"; sync
	open A inbox; count A 3; must A 'FETCH 1:* FLAGS'; fetched A 1 FLAGS '\Flagged \Seen'; must A 'SELECT Made'; count A 1; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Seen'
}

@test "mbsync carries removal both ways, and has nothing to do the second time" {
	needs mbsync isync
	mailbox inbox 5*plain.eml
	conf; sync
	rm "$T"/near/inbox/cur/*U=2:* 2>/dev/null || rm "$T"/near/inbox/new/*U=2*
	open A inbox; must A 'STORE 4 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	sync; must A NOOP; count A 3
	[[ $(find "$T/near/inbox" -name '*U=*' | wc -l) == 3 ]]
	must A 'FETCH 1:* UID'; [[ $(uids A) == '1 3 5' ]]
	sync >"$T/out" 2>&1; must A NOOP; unheard A '* <n> EXISTS'; unheard A '* <n> EXPUNGE'
}

@test "mbsync uploads a hundred messages and knows their UIDs without searching" {
	needs mbsync isync
	mailbox inbox; conf; mkdir -p "$T/near/inbox/"{cur,new,tmp}
	for i in {1..100}; do { printf 'Subject: number %d\nMessage-ID: <up%d@example.org>\n\n' $i $i; seq 1 $i; } >"$T/near/inbox/new/$i.mine"; done; give "$T/near"
	sync; open A inbox; count A 100; close A
	sync; open B inbox; count B 100
}

@test "mbsync after a RENAME of the folder on the server, and with the UIDVALIDITY kept, downloads nothing again (C 2)" {
	needs mbsync isync
	mailbox inbox; mailbox a 3*plain.eml
	conf; sync; start A; must A 'RENAME a b'; must A 'RENAME b a'
	before=$(ls "$T/near/a/cur" "$T/near/a/new"); sync; [[ $(ls "$T/near/a/cur" "$T/near/a/new") == "$before" ]]
}
