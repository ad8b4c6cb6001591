# Other programs rename, remove, deliver and leave odd things: formats.md 2, 8; field.md C 1, 6, 31, E.3.
load ../lib

@test "a delivery is seen by NOOP, with the file moved to cur by SELECT (RFC 9051 7.4.1)" {
	mailbox inbox
	open A inbox; deliver inbox plain.eml; must A NOOP; heard A '* 1 EXISTS'; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
	close A; open B inbox; count B 1; must B 'FETCH 1 UID'; fetched B 1 UID 1
}

@test "a flag set by rename is told (formats 2)" {
	mailbox inbox 2*plain.eml
	open A inbox; must A 'FETCH 1:* FLAGS'
	f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f}RS"
	must A NOOP; fetched A 1 FLAGS '\Answered \Seen'; unfetched A 2 FLAGS
}

@test "a message removed and put back while nobody looked has its own UID again (C 6, C 33)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; close A
	f=$(ls "$MAILDIR"/cur/*000002P1*); mv "$f" "$T/away"
	mv "$T/away" "$f"; start B
	must B 'SELECT inbox'; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 2 3' ]]
}

@test "a hundred flags set by rename, in new and cur, and no message is lost or new (C 7)" {
	mailbox inbox 100*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; before=$(uids A)
	for round in S FS F RS ''; do
		for f in "$MAILDIR"/cur/*; do mv "$f" "${f%:2,*}:2,$round"; done
		must A NOOP; count A 100
	done
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == "$before" ]]; fetched A 50 FLAGS ''
}

@test ",U= , ,S= and ,W= that other tools add to names do not make new mail (C 31; formats 8)" {
	mailbox inbox 3*plain.eml
	open A inbox; must A 'FETCH 1:* UID'; before=$(uids A); n=0
	for f in "$MAILDIR"/cur/*; do n=$((n + 1)); mv "$f" "${f%:2,*},U=$n:2,${f##*:2,}"; done
	must A NOOP; must A 'FETCH 1:* UID'; [[ $(uids A) == "$before" ]]; close A
	for f in "$MAILDIR"/cur/*; do mv "$f" "${f%,U=*},S=191,W=202:2,S"; done
	open B inbox; must B 'FETCH 1:* (UID FLAGS)'; [[ $(uids B) == "$before" ]]; fetched B 2 FLAGS '\Seen'
}

@test "files without :2, in cur, with :1, or with flags in disorder, are messages (formats 2)" {
	mailbox inbox; n=0
	for tail in '' ':2,' ':2,SF' ':2,SSFF' ':1,xyz' ':2,S,extra' ':2' ':' ':2,s' ':2,ab'; do n=$((n + 1)); cp "$MAIL/plain.eml" "$MAILDIR/cur/17000000$(printf %02d $n).M${n}P1.x$tail"; done; give "$MAILDIR"
	open A inbox; count A 10; must A 'FETCH 1:* (FLAGS BODY.PEEK[])'; fetched A 3 FLAGS '\Flagged \Seen'; fetched A 4 FLAGS '\Flagged \Seen'; same A 10 'BODY[]' plain.eml
	must A 'STORE 1:* +FLAGS (\Flagged)'; for i in {1..10}; do [[ $(value A $i FLAGS) == *Flagged* ]]; done
}

@test "dot files in cur and new are no messages (formats 1)" {
	mailbox inbox plain.eml; touch "$MAILDIR/cur/.hidden" "$MAILDIR/new/.nfs0000" "$MAILDIR/cur/.mbsyncstate"; give "$MAILDIR"
	open A inbox; count A 1; [[ -e $MAILDIR/cur/.hidden && -e $MAILDIR/new/.nfs0000 ]]
}

@test "odd file names are messages: blanks, quotes, 8-bit, very long, line feeds (E.3 11)" {
	mailbox inbox; n=0
	for name in 'with blank' 'quo"te' "ap'os" 'back\slash' $'8bit\xff\xfe' 'ünïcode' $'line\nfeed' $'esc\e[31m' '1' 'no-dots-at-all' "$(printf 'l%.0s' {1..240})" 'a:b' ',,,' '%s%n' '-rf'; do
		n=$((n + 1)); cp "$MAIL/plain.eml" "$MAILDIR/cur/$name:2,"
	done; give "$MAILDIR"
	open A inbox; count A $n; must A 'FETCH 1:* (UID FLAGS BODY.PEEK[])'; for ((i = 1; i <= n; i++)); do same A $i 'BODY[]' plain.eml; done
	must A 'STORE 1:* +FLAGS (\Seen)'; close A; open B inbox; count B $n; must B 'SEARCH UNSEEN'; searched B ''
	must B 'STORE 1:* +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; count B 0
}

@test "a Maildir without tmp or new is served (design: nothing stops a session)" {
	mailbox inbox plain.eml; rm -r "$MAILDIR/new" "$MAILDIR/tmp"
	open A inbox; count A 1; must A 'FETCH 1 BODY.PEEK[]'; must A 'APPEND inbox ' @plain.eml
}

@test "old files in tmp and strangers' files are left where they are" {
	mailbox inbox plain.eml; touch "$MAILDIR/notes.txt" "$MAILDIR/dovecot.index" "$MAILDIR/courierimapsubscribed"; mkdir "$MAILDIR/stuff"; give "$MAILDIR"
	open A inbox; must A 'FETCH 1 FLAGS'; must A 'LIST "" *'; close A
	[[ -e $MAILDIR/notes.txt && -e $MAILDIR/dovecot.index && -d $MAILDIR/stuff ]]
}

@test "the whole mailbox goes away under the session, and comes back" {
	mailbox inbox; mailbox box 3*plain.eml
	open A box; must A 'FETCH 1:* UID'; mv "$MAILDIR/.box" "$T/away"
	say A NOOP; say A 'FETCH 1 BODY.PEEK[]'; say A 'STORE 1 +FLAGS (\Seen)'; must A 'SELECT inbox'; say A 'SELECT box'; no A
	mv "$T/away" "$MAILDIR/.box"; must A 'SELECT box'; count A 3; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 2 3' ]]
}

@test "cur is moved away under the session and another is in its place: what is confirmed is in the new one" {
	mailbox inbox 3*plain.eml; open A inbox; must A 'STORE 1 +FLAGS (\Flagged)'
	mv "$MAILDIR/cur" "$MAILDIR/cur.bad"; cp -a "$MAILDIR/cur.bad" "$MAILDIR/cur"
	must A 'STORE 2 +FLAGS (\Flagged)'; must A 'APPEND inbox ' @plain-second.eml; must A NOOP; count A 4
	must A 'FETCH 4 UID'; uid=$(value A 4 UID); [[ $(ls "$MAILDIR/cur" | wc -l) == 4 && $(ls "$MAILDIR"/cur/*F | wc -l) == 2 ]]
	open B inbox; count B 4; must B 'FETCH 1:* (UID FLAGS BODY.PEEK[])'; fetched B 2 FLAGS '\Flagged'; fetched B 4 UID "$uid"; same B 4 'BODY[]' plain-second.eml
}

@test "mail delivered while a session stores, copies and expunges is all told in the end" {
	mailbox inbox 10*plain.eml; mailbox box
	open A inbox
	for i in {1..20}; do
		deliver inbox plain.eml; must A "STORE 1 +FLAGS.SILENT (k$i)"; deliver inbox plain.eml:F; must A 'COPY 2 box'; deliver inbox plain.eml
		must A 'STORE 3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	done
	must A NOOP; count A 50; must A 'SEARCH FLAGGED'; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 20
}

@test "a delivery agent that puts into cur with flags is seen (Sieve)" {
	mailbox inbox
	open A inbox; deliver inbox plain.eml:SF; must A NOOP; count A 1; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged \Seen'
}

@test "two files of one base name are two messages, or one that is seen twice, and neither is lost (formats 1)" {
	mailbox inbox; cp "$MAIL/plain.eml" "$MAILDIR/cur/1700000001.M1P1.x:2,S"; cp "$MAIL/plain-second.eml" "$MAILDIR/cur/1700000001.M1P1.x:2,F"; give "$MAILDIR"
	open A inbox; must A NOOP; must A 'FETCH 1:* (UID BODY.PEEK[])'; close A
	open B inbox; must B NOOP; [[ $(find "$MAILDIR/cur" -type f | wc -l) == 2 ]]
}

@test "a copy beside a message that is known is a message of its own, and changes nothing of the other" {
	mailbox inbox 2*plain.eml:S; open A inbox; f=$(ls "$MAILDIR"/cur/*000001P1*); base=${f##*/}; base=${base%:2,*}
	for copy in "cur/$base:2," "new/$base"; do
		cp "$MAIL/plain-second.eml" "$MAILDIR/$copy"; give "$MAILDIR"; must A NOOP
		must A 'FETCH 1:* (UID FLAGS BODY.PEEK[])'; fetched A 1 UID 1; fetched A 1 FLAGS '\Seen'; same A 1 'BODY[]' plain.eml
		n=$((${n-2} + 1)); count A $n; same A $n 'BODY[]' plain-second.eml; [[ -e $f ]]
	done
	must A 'STORE 1 FLAGS ()'; must A 'STORE 1 FLAGS (\Seen)'; must A 'STORE 3:4 +FLAGS (\Deleted)'; must A EXPUNGE; must A 'FETCH 1 BODY.PEEK[]'; same A 1 'BODY[]' plain.eml
}

@test "a second name of the same file, as who links and then unlinks makes it, is no second message" {
	mailbox inbox plain.eml:new; open A inbox; f=$(ls "$MAILDIR"/new/*); ln "$f" "$MAILDIR/cur/${f##*/}:2,S"
	must A NOOP; must A 'FETCH 1:* (UID FLAGS)'; count A 1; [[ -e $f && -e $MAILDIR/cur/${f##*/}:2,S ]]
	rm "$f"; must A NOOP; must A 'FETCH 1:* (UID FLAGS)'; count A 1; fetched A 1 UID 1; fetched_like A 1 FLAGS '...Seen...'
}

@test "a file that grows or changes after it was seen is served as it is, with its true size (C 15)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 (RFC822.SIZE BODYSTRUCTURE)'; close A
	f=$(ls "$MAILDIR"/cur/*); cp "$MAIL/pdf-attachment.eml" "$f"
	open B inbox; must B 'FETCH 1 (RFC822.SIZE BODY.PEEK[] BODYSTRUCTURE)'; same B 1 'BODY[]' pdf-attachment.eml
}

# ---- by the programs themselves ----

@test "maildrop and procmail deliver while the session waits in IDLE: told at once, each with a UID of its own" {
	needs maildrop; needs procmail
	mailbox inbox plain.eml; open A inbox; must A 'FETCH 1 UID'; raw A 'i IDLE\r\n'; await A '+ ...'
	chmod 755 "$T"; printf 'to "%s"\n' "$MAILDIR/" >"$T/filter"; chown nobody "$T/filter" 2>/dev/null || :; chmod 600 "$T/filter"
	as_user maildrop "$T/filter" <"$MAIL/plain-second.eml"; await A '* 2 EXISTS'
	printf 'MAILDIR=%s\nLOGFILE=%s\nLOCKFILE\n:0\n%s/\n' "$T" "$T/procmail.log" "$MAILDIR" >"$T/procmailrc"; chmod 644 "$T/procmailrc"; : >"$T/procmail.log"; chmod 666 "$T/procmail.log"
	as_user procmail -m "$T/procmailrc" <"$MAIL/pdf-attachment.eml"; await A '* 3 EXISTS'
	raw A 'DONE\r\n'; await A 'i OK...'; must A 'FETCH 1:* (UID FLAGS BODY.PEEK[TEXT])'; [[ $(uids A) == '1 2 3' ]]; fetched A 3 FLAGS '\Recent' || fetched A 3 FLAGS ''
	close A; open B inbox; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 2 3' ]]
}

@test "Dovecot's LDA delivers beside its own uidlist: told, and the UIDs that were given stay" {
	[[ -x /usr/lib/dovecot/dovecot-lda ]] || skip 'no dovecot-lda (Debian: dovecot-core)'
	mailbox inbox 2*plain.eml; open A inbox; must A 'FETCH 1:* UID'
	printf '%s\n' "base_dir = $T/run" "state_dir = $T/run" 'log_path = /dev/stderr' "mail_location = maildir:$MAILDIR" 'first_valid_uid = 0' 'first_valid_gid = 0' \
		"default_internal_user = $(id -un nobody)" "default_login_user = $(id -un nobody)" 'default_internal_group = nogroup' 'ssl = no' 'postmaster_address = p@example.org' >"$T/dovecot.conf"; chmod 644 "$T/dovecot.conf"; chmod 755 "$T"
	for i in 3 4; do as_user env USER=nobody /usr/lib/dovecot/dovecot-lda -c "$T/dovecot.conf" <"$MAIL/plain-second.eml" 2>"$T/lda" || { cat "$T/lda"; false; }; must A NOOP; count A $i; done
	must A 'FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])'; [[ $(uids A) == '1 2 3 4' ]]; must A 'STORE 3 +FLAGS (\Flagged)'; must A NOOP; count A 4
	close A; open B inbox; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 2 3 4' ]]
}

@test "neomutt on the Maildir itself sets, takes and deletes: told to the session that waits, UIDs kept" {
	needs neomutt; needs script bsdutils
	mailbox inbox plain.eml:S plain-second.eml:S pdf-attachment.eml:new
	start A; must A 'ENABLE QRESYNC'; must A 'SELECT inbox'; must A 'FETCH 1:* (UID FLAGS)'; raw A 'i IDLE\r\n'; await A '+ ...'
	printf '%s\n' "set folder = $MAILDIR spoolfile = $MAILDIR mbox_type = Maildir record = '' postponed = '' move = no quit = yes delete = yes mark_old = yes wait_key = no sort = mailbox-order tmpdir = $T" >"$T/muttrc"; chmod 755 "$T"; chmod 644 "$T/muttrc"
	as_user env TERM=xterm LINES=40 COLUMNS=100 script -qec "neomutt -n -F $T/muttrc -e 'push <first-entry><flag-message><first-entry><next-entry><delete-message><sync-mailbox><quit>'" /dev/null </dev/null >"$T/screen" 2>&1
	await A '* VANISHED <n>'; await A '* <n> FETCH (...\Flagged...)'; raw A 'DONE\r\n'; await A 'i OK...'; must A NOOP; count A 2
	must A 'FETCH 1:* (UID FLAGS)'; [[ $(uids A) == '1 3' || $(uids A) == '2 3' || $(uids A) == '1 2' ]]; [[ $(find "$MAILDIR/cur" "$MAILDIR/new" -type f | wc -l) == 2 ]]
}

@test "cp -a of the whole Maildir away, rm, and back: same UIDVALIDITY, UIDs, flags, keywords, mod-sequences" {
	mailbox inbox 5*plain.eml; open A inbox; must A 'STORE 2 +FLAGS (\Flagged k)'; validity=$(told A UIDVALIDITY 2>/dev/null || :)
	must A 'SELECT inbox'; validity=$(told A UIDVALIDITY); high=$(told A HIGHESTMODSEQ); must A 'FETCH 1:* (UID FLAGS MODSEQ)'; before=$(text A | grep '^\* .* FETCH' | sed 's/\\Recent *//'); close A
	cp -a "$MAILDIR" "$T/backup"; rm -r "$MAILDIR"; cp -a "$T/backup" "$MAILDIR"
	open B inbox; [[ $(told B UIDVALIDITY) == "$validity" && $(told B HIGHESTMODSEQ) == "$high" ]]; must B 'FETCH 1:* (UID FLAGS MODSEQ)'; [[ $(text B | grep '^\* .* FETCH' | sed 's/\\Recent *//') == "$before" ]]
}

@test "files that were removed by hand and restored by cp -a: new mail where the removal was told, the same where it was not (C 33)" {
	mailbox inbox 3*plain.eml; open A inbox; must A 'FETCH 1:* UID'; cp -a "$MAILDIR/cur" "$T/backup"
	rm "$MAILDIR"/cur/*000002P1*; must A NOOP; heard A '* 2 EXPUNGE'; cp -a "$T"/backup/*000002P1* "$MAILDIR/cur/"; must A NOOP; heard A '* 3 EXISTS'
	must A 'FETCH 1:* UID'; [[ $(uids A) == '1 3 4' ]]
	rm "$MAILDIR"/cur/*000001P1*; cp -a "$T"/backup/*000001P1* "$MAILDIR/cur/"; must A NOOP; unheard A '* <n> EXPUNGE'; must A 'FETCH 1:* UID'; [[ $(uids A) == '1 3 4' ]]
}

@test "backup tools that read all and set times back change nothing and tell nothing" {
	mailbox inbox 3*plain.eml plain.eml:new; open A inbox; must A 'FETCH 1:* (FLAGS INTERNALDATE)'; must A 'STATUS inbox (HIGHESTMODSEQ)'; high=$(status A inbox HIGHESTMODSEQ)
	tar -C "$T" --atime-preserve -cf "$T/tar" Maildir; touch -a "$MAILDIR"/*/*; touch "$MAILDIR/cur" "$MAILDIR/new"
	must A NOOP; unheard A '* <n> {{FETCH|EXISTS|EXPUNGE}}...'; touch -d '2001-01-01' "$MAILDIR/cur" "$MAILDIR/new"; must A NOOP; unheard A '* <n> {{FETCH|EXISTS|EXPUNGE}}...'
	touch -d '2002-02-02' "$MAILDIR"/cur/*; must A NOOP; unheard A '* <n> {{FETCH|EXISTS|EXPUNGE}}...'; must A 'STATUS inbox (HIGHESTMODSEQ MESSAGES)'; status A inbox HIGHESTMODSEQ "$high"; status A inbox MESSAGES 4
	close A; open B inbox; must B 'FETCH 1:* UID'; [[ $(uids B) == '1 2 3 4' ]]
}
