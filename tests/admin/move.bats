# Moving for real: Debian's Dovecot and Courier make accounts by real sessions, real
# clients are synchronised with them, then meet mayfly on the same Maildir; and back.
load ../lib

dovecot_needed() { needs /usr/lib/dovecot/imap dovecot-imapd; }
courier_needed() { needs "${MAYFLY_COURIER:-/usr/bin/imapd}" 'courier-imap, or MAYFLY_COURIER=its imapd'; needs maildirmake courier-base; }

# serve NAME: a command line of its own for tunnels, whose log goes to $T/log.NAME
serve() {
	case $1 in
	dovecot) echo "exec $MAYFLY_SRC/tests/peer/dovecot-imap $MAILDIR 2>>$T/log.$1" ;;
	courier) echo "exec $MAYFLY_SRC/tests/peer/courier-imap $MAILDIR 2>>$T/log.$1" ;;
	mayfly) echo "exec $MAYFLY_IMAP ${OPTIONS-} $MAILDIR 2>>$T/log.$1" ;;
	esac >"$T/serve.$1"
	chmod 755 "$T/serve.$1"
	echo "sh $T/serve.$1"
}

account() { as_user python3 "$BATS_TEST_DIRNAME/account.py" "$1" "$COUNT" $2; }

ready() { chmod 777 "$T"; mkdir -p "$MAILDIR"/{cur,new,tmp}; give "$MAILDIR"; COUNT=${1:-60}; }

# no body was read from a file in any session of mayfly so far
no_body() {
	grep -q 'session-end' "$T/log.mayfly"
	refute grep -E 'fetched=[1-9]' "$T/log.mayfly"
}

# the same account from two servers: Dovecot shows no P, and both know what $Forwarded is
same_account() { diff <(sed "${3-}" "$1") <(sed "${3-}" "$2"); }

@test "from Dovecot: mailboxes, UIDs, keywords, dates, sizes and subscriptions are the same" {
	dovecot_needed; ready
	account fill "$(serve dovecot)"; account show "$(serve dovecot)" >"$T/theirs"; [[ $(wc -l <"$T/theirs") -gt 60 ]]
	account show "$(serve mayfly)" >"$T/ours"; same_account "$T/theirs" "$T/ours"
	account show "$(serve mayfly)" >"$T/again"; same_account "$T/ours" "$T/again"
	grep -q 'later' "$T/ours"; grep -q 'Forwarded' "$T/ours"; grep -q 'Entw&APw-rfe' "$T/ours"
}

@test "from Courier: the same" {
	courier_needed; ready; OPTIONS='--separator=. --prefix=INBOX.'
	account fill "$(serve courier)"; account show "$(serve courier)" >"$T/theirs"; [[ $(wc -l <"$T/theirs") -gt 60 ]]
	account show "$(serve mayfly)" >"$T/ours"; same_account "$T/theirs" "$T/ours"
	account show "$(serve mayfly)" >"$T/again"; same_account "$T/ours" "$T/again"
}

mbsync_with() {
	cat >"$T/mbsyncrc" <<-END
		IMAPStore far
		Tunnel "$1"

		MaildirStore near
		Path $T/local/
		Inbox $T/local/INBOX
		SubFolders Verbatim

		Channel all
		Far :far:
		Near :near:
		Patterns *
		Create Both
		Sync All
		SyncState *
	END
	mkdir -p "$T/local"; chmod 777 "$T/local"; [[ $(id -u) != 0 ]] || chown -R nobody "$T/local"
	as_user mbsync -c "$T/mbsyncrc" -a >"$T/mbsync.out" 2>&1 || { cat "$T/mbsync.out"; return 1; }
}

offlineimap_with() {
	cat >"$T/offlineimaprc" <<-END
		[general]
		accounts = a
		metadata = $T/offline.meta
		ui = quiet
		[Account a]
		localrepository = l
		remoterepository = r
		[Repository l]
		type = Maildir
		localfolders = $T/offline
		[Repository r]
		type = IMAP
		preauthtunnel = $1
	END
	as_user offlineimap -o -c "$T/offlineimaprc" >"$T/offline.out" 2>&1 || { cat "$T/offline.out"; return 1; }
}

# neomutt_with SERVER [FOLDER]
neomutt_with() {
	cat >"$T/neomuttrc" <<-END
		set tunnel = "$1"
		set folder = "imap://localhost/"
		set spoolfile = "imap://localhost/${2-INBOX}"
		set header_cache = "$T/hcache"
		set sleep_time = 0
		set sort = date
		set quit = yes
		push "<quit>"
	END
	mkdir -p "$T/hcache"; chmod 777 "$T/hcache"
	printf '%s\n' "cd $T; exec neomutt -F $T/neomuttrc" >"$T/mutt.sh"
	TERM=vt100 as_user script -qec "sh $T/mutt.sh" "$T/mutt.out" </dev/null >/dev/null
}

files_of() { (cd "$1" && find . -type f -path '*/cur/*' -o -type f -path '*/new/*' | sed 's/:2,.*//' | sort); }

@test "mbsync, synchronised with Dovecot, loads nothing again from mayfly" {
	dovecot_needed; needs mbsync isync; ready
	account fill "$(serve dovecot)"; mbsync_with "$(serve dovecot)"; files_of "$T/local" >"$T/before"; [[ $(wc -l <"$T/before") -gt 40 ]]
	mbsync_with "$(serve mayfly)"; no_body; files_of "$T/local" | diff "$T/before" -
	mbsync_with "$(serve mayfly)"; no_body
}

@test "mbsync, synchronised with Courier, loads nothing again from mayfly" {
	courier_needed; needs mbsync isync; ready; OPTIONS='--separator=. --prefix=INBOX.'
	account fill "$(serve courier)"; mbsync_with "$(serve courier)"; files_of "$T/local" >"$T/before"; [[ $(wc -l <"$T/before") -gt 40 ]]
	mbsync_with "$(serve mayfly)"; no_body; files_of "$T/local" | diff "$T/before" -
}

@test "OfflineIMAP, synchronised with Dovecot, loads nothing again from mayfly" {
	dovecot_needed; needs offlineimap offlineimap3; ready
	account fill "$(serve dovecot)"; offlineimap_with "$(serve dovecot)"; files_of "$T/offline" >"$T/before"; [[ $(wc -l <"$T/before") -gt 40 ]]
	offlineimap_with "$(serve mayfly)"; no_body; files_of "$T/offline" | diff "$T/before" -
}

@test "OfflineIMAP, synchronised with Courier, loads nothing again from mayfly" {
	courier_needed; needs offlineimap offlineimap3; ready; OPTIONS='--separator=. --prefix=INBOX.'
	account fill "$(serve courier)"; offlineimap_with "$(serve courier)"; files_of "$T/offline" >"$T/before"; [[ $(wc -l <"$T/before") -gt 40 ]]
	offlineimap_with "$(serve mayfly)"; no_body; files_of "$T/offline" | diff "$T/before" -
}

@test "neomutt's header cache, filled from Dovecot, holds with mayfly" {
	dovecot_needed; needs neomutt; needs script bsdutils; ready
	account fill "$(serve dovecot)"; neomutt_with "$(serve dovecot)"; [[ -n $(find "$T/hcache" -type f) ]]
	neomutt_with "$(serve mayfly)"; no_body
	rm -rf "$T/hcache"; neomutt_with "$(serve mayfly)"; refute no_body	# it would have been seen
}

# What a new user would do. MAYFLY_LONG (make check-admin): 50 folders, 20,000 messages; the
# times go to the terminal when bats is started by hand.
@test "a whole account of Dovecot's, moved by one command: all clients are content" {
	dovecot_needed; needs mbsync isync; needs offlineimap offlineimap3; needs neomutt; needs script bsdutils
	local folders=5 note=/dev/null
	ready 120; [[ -z ${MAYFLY_LONG-} ]] || { ready 20000; folders=50; note=/dev/fd/3; }
	tell() { echo "# $1: $(($(date +%s%3N) - since)) ms" >$note; since=$(date +%s%3N); }
	since=$(date +%s%3N); account fill "$(serve dovecot)"; tell "filled by Dovecot"
	mbsync_with "$(serve dovecot)"; offlineimap_with "$(serve dovecot)"; for f in INBOX Work 'R&D'; do neomutt_with "$(serve dovecot)" "$f"; done
	files_of "$T/local" >"$T/before.mbsync"; files_of "$T/offline" >"$T/before.offline"; [[ $(wc -l <"$T/before.offline") -gt $((COUNT * 9 / 10)) ]]
	tell "three clients, all mail, from Dovecot"; account show "$(serve dovecot)" >"$T/theirs"
	[[ $(grep -c ^mailbox "$T/theirs") -ge $folders && $(wc -l <"$T/theirs") -gt $COUNT ]]; since=$(date +%s%3N)
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" import >"$T/import"; tell "mayfly-admin import"
	[[ $(grep -c 'taken over' "$T/import") == $(grep -c ^mailbox "$T/theirs") ]]
	mbsync_with "$(serve mayfly)"; no_body; tell "mbsync with mayfly"
	offlineimap_with "$(serve mayfly)"; no_body; tell "OfflineIMAP with mayfly"
	for f in INBOX Work 'R&D'; do neomutt_with "$(serve mayfly)" "$f"; done; no_body; tell "neomutt with mayfly"
	account show "$(serve mayfly)" >"$T/ours"; same_account "$T/theirs" "$T/ours"
	files_of "$T/local" | diff "$T/before.mbsync" -; files_of "$T/offline" | diff "$T/before.offline" -
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" check >"$T/check"; [[ $(grep -c 'all is well' "$T/check") == $(grep -c ^mailbox "$T/theirs") ]]
}

@test "back to Dovecot: export, and it gives the same account, with mail that came meanwhile" {
	dovecot_needed; ready
	account fill "$(serve dovecot)"; account show "$(serve mayfly)" >/dev/null; deliver inbox plain.eml; deliver Work plain.eml
	start A; must A 'SELECT Work'; must A 'STORE 1 +FLAGS (brandnew $Forwarded)'; must A 'STORE 2 +FLAGS (\Deleted)'; must A EXPUNGE; must A 'SUBSCRIBE R&-D'; close A
	account show "$(serve mayfly)" >"$T/ours"
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" export --to=dovecot
	account show "$(serve dovecot)" >"$T/theirs"; same_account "$T/ours" "$T/theirs"; grep -q brandnew "$T/theirs"
}

@test "to Courier from an account that mayfly made: the same" {
	courier_needed; ready; OPTIONS='--separator=. --prefix=INBOX.'
	account fill "$(serve mayfly)"; deliver inbox plain.eml; account show "$(serve mayfly)" >"$T/ours"
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" export --to=courier
	account show "$(serve courier)" >"$T/theirs"
	# Courier shows names in UTF-7 as their letters: such a tree has to be converted for it
	# and takes the CRLF that mayfly keeps as it came for CR CR LF: sizes differ
	same_account "$T/ours" "$T/theirs" '/&/d; s/ [0-9]* \([0-9]*-Jan\)/ \1/; s/ [0-9]* \([0-9]*-Nov\)/ \1/'
}

@test "to Dovecot from an account that mayfly made: the same" {
	dovecot_needed; ready
	account fill "$(serve mayfly)"; deliver inbox plain.eml; account show "$(serve mayfly)" >"$T/ours"
	as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" export --to=dovecot
	account show "$(serve dovecot)" >"$T/theirs"; same_account "$T/ours" "$T/theirs"
}

@test "export is refused softly where keywords outnumber Dovecot's letters" {
	mailbox inbox plain.eml; open A inbox; must A "STORE 1 +FLAGS ($(seq -s' ' -f 'kw%g' 30))"; close A
	run as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" export --to=dovecot
	[[ $status == 1 && $output == *'4 keywords have no letter'* ]]; [[ $(wc -l <"$MAILDIR/dovecot-keywords") == 26 ]]
}
