# What other servers left is taken over: the vectors of formats.md 10, each by its number.
load ../lib

# msg NAME [FOLDER]: a message file of that whole name, below cur/ unless it begins with new/
msg() {
	local place=cur/$1 root=${2:-$MAILDIR}
	[[ $1 != new/* ]] || place=$1
	cp "$MAIL/plain.eml" "$root/$place"
}

# has UID PLACE: the message of this UID is the file of this name (Subject: its name)
mark() { sed -i "1i X-Name: ${1##*/}" "$MAILDIR/cur/$1"; }

# three files of usual names
three() {
	mailbox inbox
	msg '1732288001.M1P2.host,S=512:2,S'; msg '1732288050.M9P2.host,S=4100:2,'; msg '1732288090.M4P7.host:2,F'
}

# foreign NAME: standard input becomes that file of INBOX
foreign() { mkdir -p "$(dirname "$MAILDIR/$1")"; cat >"$MAILDIR/$1"; give "$MAILDIR"; }

# a bound on memory, where the sanitizers do not need all of it for themselves
bounded() { grep -q __asan_init "$MAYFLY_BUILD/mayfly-imap" || echo +rlimit=AS=200000000; }

v3() { foreign dovecot-uidlist; }

# met A: uids UIDVALIDITY UIDNEXT
met() {
	open A inbox
	[[ $(told A UIDVALIDITY) == "$2" ]] || { echo "UIDVALIDITY $(told A UIDVALIDITY)"; return 1; }
	[[ $(told A UIDNEXT) == "$3" ]] || { echo "UIDNEXT $(told A UIDNEXT)"; return 1; }
	must A 'UID FETCH 1:* (UID FLAGS)'
	[[ $(uids A) == "$1" ]] || { echo "UIDs $(uids A)"; return 1; }
}

# kept FILE: it is as it was when we saved it
before() { (cd "$MAILDIR" && find . -type f ! -path './cur/*' ! -path './new/*' ! -name 'mayfly-*' -exec md5sum {} + | sort) >"$T/before"; }
untouched() { (cd "$MAILDIR" && find . -type f ! -path './cur/*' ! -path './new/*' ! -name 'mayfly-*' -exec md5sum {} + | sort) | diff "$T/before" -; }

@test "1: records appended behind the header's N count, and the file is left as it was" {
	three
	printf '%s\n' '3 V1732288000 N5 G2f0c1d3a9be45a6700001234abcdef01' '1 :1732288001.M1P2.host,S=512' \
		'3 W4222 :1732288050.M9P2.host,S=4100' '9 Gabc-123 P0000000443f1 :1732288090.M4P7.host' | v3
	before; met '1 3 9' 1732288000 10; untouched
	close A; open B inbox; must B 'UID FETCH 1:* FLAGS'; [[ $(uids B) == '1 3 9' ]]
	refute grep -q 'lost' "$T/stderr.B"
}

@test "2: fields in any order, unknown ones passed over" {
	three
	printf '%s\n' '3 N5 Xy G2f0c1d3a9be45a6700001234abcdef01 V1732288000' '1 Z9 W530 S512 :1732288001.M1P2.host,S=512' \
		'3 P12 O3 Gabc W4222 Z9 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	met '1 3 4' 1732288000 5; fetched A 1 FLAGS '\Seen'; fetched A 3 FLAGS '\Flagged'
	grep -q '^+ 3 [0-9]* [0-9]* abc ' "$MAILDIR/mayfly-uidlist"
}

@test "3: a record without a colon costs that record only" {
	three
	printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	met '1 4 5' 1732288000 6
}

@test "4: an old record with flags behind the name is the file with other flags" {
	three
	printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512:2,FRS' '3 :1732288050.M9P2.host,S=4100:2,' '4 :1732288090.M4P7.host' | v3
	met '1 3 4' 1732288000 5; fetched A 1 FLAGS '\Seen'
}

@test "5: a UID that falls ends the trust in what follows, not in the UIDVALIDITY" {
	three
	printf '%s\n' '3 V1732288000 N5' '7 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '9 :1732288090.M4P7.host' | v3
	met '7 10 11' 1732288000 12
}

@test "6: the same name twice has the later UID" {
	three
	printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' '6 :1732288001.M1P2.host,S=512' | v3
	met '3 4 6' 1732288000 7
}

@test "7: a torn last line is no record, but its number is used up" {
	three
	printf '3 V1732288000 N5\n1 :1732288001.M1P2.host,S=512\n3 :1732288050.M9P2.host,S=4100\n8 :1732288090.M4' | v3
	met '1 3 9' 1732288000 10
}

@test "8: version 1 with a UID above its UIDNEXT" {
	three
	printf '%s\n' '1 1732288000 4' '1 1732288001.M1P2.host,S=512' '3 1732288050.M9P2.host,S=4100' '12 1732288090.M4P7.host' | v3
	met '1 3 12' 1732288000 13
}

@test "9: other versions, an empty file, one endless line, NULs and CRLF" {
	three
	for head in '2 1732288000 5' 'x 1732288000 5' '' '3' '3 N5' $'\x01\x02'; do
		printf '%s\n1 :1732288001.M1P2.host,S=512\n' "$head" | v3
		open A inbox; count A 3; [[ $(told A UIDVALIDITY) != 1732288000 && $(told A UIDVALIDITY) -gt 1 ]]; close A
		rm -f "$MAILDIR"/mayfly-*
	done
	: | v3; open A inbox; count A 3; close A; rm -f "$MAILDIR"/mayfly-*
	head -c 30000000 /dev/zero | tr '\0' 1 | v3
	open A inbox $(bounded); count A 3; close A; rm -f "$MAILDIR"/mayfly-*
	printf '%s\r\n' '4 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	met '1 3 4' 1732288000 5; close A; rm -f "$MAILDIR"/mayfly-*
	printf '3 V1732288000 N5\n1 :1732288001.M1P2.host,S=512\n3 :17322\00088050\n4 :1732288090.M4P7.host\n' | v3
	met '1 4 5' 1732288000 6
}

@test "10: a UIDVALIDITY of 0 or 2^32 is none, one above 2^31 is kept" {
	three
	for bad in 0 4294967296 18446744073709551617 -1; do
		printf '3 V%s N5\n1 :1732288001.M1P2.host,S=512\n' "$bad" | v3
		open A inbox; [[ $(told A UIDVALIDITY) != "$bad" && $(told A UIDVALIDITY) -lt 2147483648 ]]; close A; rm -f "$MAILDIR"/mayfly-*
	done
	for good in 4294967295 3000000000; do
		printf '3 V%s N2\n1 :1732288001.M1P2.host,S=512\n' "$good" | v3
		met '1 2 3' "$good" 4; close A; rm -f "$MAILDIR"/mayfly-*
	done
}

@test "11: of two servers the one counts that names more, then the one that wrote last" {
	three
	printf '%s\n' '3 V1111 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	printf '%s\n' '1 2222 9' '5 1732288001.M1P2.host,S=512' '6 1732288050.M9P2.host,S=4100' '7 1732288090.M4P7.host' | foreign courierimapuiddb
	touch -d @1700000000 "$MAILDIR/courierimapuiddb"; met '1 3 4' 1111 5; close A; rm -f "$MAILDIR"/mayfly-*
	touch -d @1600000000 "$MAILDIR/dovecot-uidlist"; met '5 6 7' 2222 9; close A; rm -f "$MAILDIR"/mayfly-*
	printf '%s\n' '1 2222 9' '5 1732288001.M1P2.host,S=512' | foreign courierimapuiddb; met '1 3 4' 1111 5
}

@test "12: Courier's names lack ,S= and the UIDs hold" {
	mailbox inbox; msg '1.M1.h,S=512:2,S'; msg '2.M2.h,S=1,W=2:2,'; msg '3.M3.h,S=5:2,'; msg '3.M3.h,S=6:2,'
	printf '%s\n' '1 1732288000 9' '5 1.M1.h' '6 2.M2.h' '7 3.M3.h' | foreign courierimapuiddb
	met '5 6 9 10' 1732288000 11
}

@test "13: Courier's newest word on a message's keywords counts, also when it is empty" {
	mailbox inbox; for n in 1 2 3 4; do msg "$n.M$n.h,S=5:2,"; done
	printf '%s\n' '1 1732288000 9' '1 1.M1.h,S=5' '2 2.M2.h,S=5' '3 3.M3.h,S=5' '4 4.M4.h,S=5' | foreign courierimapuiddb
	printf '%s\n' '$Forwarded' todo 'wo rk' '' '1.M1.h,S=5:0 2 99' '2.M2.h,S=5:1' '3.M3.h,S=5:1' '4.M4.h,S=5:1' 'gone:1' | foreign courierimapkeywords/:list
	printf 'plain\nnew\n' | foreign 'courierimapkeywords/2.M2.h,S=5'; printf 'old\n' | foreign 'courierimapkeywords/.5800000.2.M2.h,S=5'
	printf 'older\n' | foreign 'courierimapkeywords/.5800000.3.M3.h,S=5'; printf 'newer\n' | foreign 'courierimapkeywords/.5800001.3.M3.h,S=5'
	: | foreign 'courierimapkeywords/4.M4.h,S=5'; printf 'x\n' | foreign courierimapkeywords/.tmp.4.M4.h
	before; met '1 2 3 4' 1732288000 9; untouched
	fetched A 1 FLAGS '$Forwarded wo_rk'; fetched A 2 FLAGS 'new plain'; fetched A 3 FLAGS newer; fetched A 4 FLAGS ''
	must A 'STORE 1 -FLAGS ($Forwarded)'; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS wo_rk
}

@test "14: thirty keywords on one message" {
	mailbox inbox; msg '1.M1.h:2,'
	printf '%s\n' '1 1732288000 9' '1 1.M1.h' | foreign courierimapuiddb
	seq -f 'kw%g' 30 | foreign courierimapkeywords/1.M1.h
	met 1 1732288000 9; fetched A 1 FLAGS "$(seq -f 'kw%g' 30 | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')"
}

@test "15: gaps, repeats, an index of 26 and lines without a blank in dovecot-keywords" {
	mailbox inbox; msg '1.M1.h:2,Sabcz'; msg '2.M2.h:2,d'
	printf '%s\n' '3 V9 N9' '1 :1.M1.h' '2 :2.M2.h' | v3
	printf '%s\n' '0 $Label1' '2 todo' '3 TODO' '25 zed' '26 nope' 'noblank' '-1 minus' '0 again' '1x y' | foreign dovecot-keywords
	met '1 2' 9 9; fetched A 1 FLAGS '$Label1 \Seen todo zed'; fetched A 2 FLAGS ''
}

@test "16: a letter without a meaning stays in the name when flags change" {
	mailbox inbox; msg '1.M1.h:2,Sbq'; printf '0 one\n' | foreign dovecot-keywords
	printf '%s\n' '3 V9 N9' '1 :1.M1.h' | v3
	met 1 9 9; must A 'STORE 1 +FLAGS (\Flagged one)'; [[ -e $MAILDIR/cur/1.M1.h:2,FSabq ]]
	must A 'STORE 1 FLAGS (\Answered)'; [[ -e $MAILDIR/cur/1.M1.h:2,Rbq ]]
}

@test "17: BincIMAP's cache with @, quotes, hex, comments and a record without size" {
	mailbox inbox; msg '1.M1.h@x'; msg '2.V1,S=4.h:2,S'; msg '3.M3.h'; msg '4.M4.h'
	printf '%s\n' 'depot {' '	_uidvalidity = 1084182000,' '	_uidnext = 57,' '	_version = 1.0.5' '}' | foreign bincimap-uidvalidity
	printf '%s\n' '# a comment' '0 {' '	_UID = 12,' '	_Size = 5120,' '	_ID = 1.M1.h@x,' '	_InternalDate = 1084182000' '}' \
		'1 {' '	_UID = 13,' '	_ID = "2.V1,S=4.h",' '	_InternalDate = 4084182001' '}' \
		"2 { _UID = 15, _ID = <$(printf 3.M3.h | od -An -v -tx1 | tr -d ' \n')> }" '/* } */ 3 { _ID = 4.M4.h, _UID = 60 }' 'depot {' '	_version = 1.0.5' '}' | foreign bincimap-cache
	before; met '12 13 15 60' 1084182000 61; untouched
	must A 'FETCH 1,2 INTERNALDATE'; fetched_like A 1 INTERNALDATE '10-May-2004 ...'; refute fetched_like A 2 INTERNALDATE '...2099...'
}

@test "18: another version of BincIMAP gives nothing" {
	mailbox inbox; msg '1.M1.h'
	printf 'depot { _uidvalidity = 1084182000, _uidnext = 57, _version = 1.0.4 }\n' | foreign bincimap-uidvalidity
	printf '0 { _UID = 12, _ID = 1.M1.h }\ndepot { _version = 1.0.4 }\n' | foreign bincimap-cache
	open A inbox; [[ $(told A UIDVALIDITY) != 1084182000 ]]; must A 'FETCH 1 UID'; fetched A 1 UID 1
	[[ $(stderr A) == *bincimap-cache*version* ]]
}

@test "19: subscriptions of all kinds, and a folder that does not exist" {
	mailbox inbox; mailbox Work/2024
	printf 'Work.2024\ninbox\nR&AOQ-tsel\ngone' | foreign subscriptions
	printf 'INBOX.Courier.sub\nshared.team.x\n#shared.y\nINBOX' | foreign courierimapsubscribed
	printf 'INBOX/Binc/deep.er\n' | foreign .bincimap-subscribed
	start A; before; must A 'LSUB "" *'
	heard A '* LSUB (...) "/" Work/2024'; heard A '* LSUB (...) "/" INBOX'; heard A '* LSUB (...) "/" R&AOQ-tsel'; heard A '* LSUB (...) "/" gone'
	heard A '* LSUB (...) "/" Courier/sub'; heard A '* LSUB (...) "/" Binc/deep.er'; unheard A '...shared...'
	must A 'UNSUBSCRIBE gone'; must A 'LSUB "" *'; unheard A '...gone'; heard A '* LSUB (...) "/" Work/2024'; untouched
	rm "$MAILDIR"/mayfly-subscriptions "$MAILDIR/courierimapsubscribed" "$MAILDIR/.bincimap-subscribed"
	printf 'V\t2\n\nINBOX\nWork\t2024\na.b\tc\nt\x01tb\nlast' | foreign subscriptions
	must A 'LSUB "" *'; heard A '* LSUB (...) "/" Work/2024'; heard A '* LSUB (...) "/" a.b/c'; heard A '* LSUB (...) "/" last'; heard A '* LSUB ...' 4
}

@test "19: BincIMAP's older list, and version 1 with / of the fs layout" {
	layout fs; mailbox inbox
	printf 'Work/2024\na.b\n' | foreign subscriptions
	printf 'subscribed {\n\ta = "INBOX/Old one",\n\tb = INBOX/Plain\n}\n' | foreign bincimap-subscribed
	start A --layout=fs; must A 'LSUB "" *'
	heard A '* LSUB (...) "/" Work/2024'; heard A '* LSUB (...) "/" a.b'; heard A '* LSUB (...) "/" "Old one"'; heard A '* LSUB (...) "/" Plain'
}

@test "20: names in modified UTF-7, in UTF-8, and R&D" {
	mailbox inbox; for f in '.Entw&APw-rfe' '.R&D' '.A&-B'; do mkdir -p "$MAILDIR/$f"/{cur,new,tmp}; done; give "$MAILDIR"
	start A; must A 'LIST "" *'; listed A 'Entw&APw-rfe'; listed A 'R&-D'; listed A 'A&-B'; must A 'SELECT R&-D'; close A
	mkdir -p "$MAILDIR/.Größe"/{cur,new,tmp}; give "$MAILDIR"
	start B; must B 'LIST "" *'; listed B 'Gr&APYA3w-e'; listed B 'A&-&--B' || listed B 'A&--B'; must B 'SELECT Gr&APYA3w-e'
}

@test "21: a link, a fifo, a directory, and a file that may not be read, in place of the list" {
	three; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' | v3
	list=$MAILDIR/dovecot-uidlist; mv "$list" "$T/away"
	for what in link fifo dir unreadable; do
		case $what in
		link) ln -s "$T/away" "$list" ;;
		fifo) mkfifo "$list" ;;
		dir) mkdir "$list" ;;
		unreadable) cp "$T/away" "$list"; chown 0:0 "$list"; chmod 0 "$list" ;;
		esac
		open A inbox; count A 3; [[ $(told A UIDVALIDITY) != 1732288000 ]]; [[ $(stderr A) == *dovecot-uidlist* ]]
		close A; rm -rf "$list" "$MAILDIR"/mayfly-*
	done
}

@test "22: the control path is found when it is told" {
	three; mailbox Work; msg '5.M5.h:2,a' "$MAILDIR/.Work"
	mkdir -p "$T/control/.INBOX" "$T/control/.Work"; chmod 755 "$T"
	printf '%s\n' '3 V77 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' >"$T/control/.INBOX/dovecot-uidlist"
	printf '%s\n' '3 V78 N5' '4 :5.M5.h' >"$T/control/.Work/dovecot-uidlist"; echo '0 todo' >"$T/control/.Work/dovecot-keywords"; echo Work >"$T/control/subscriptions"
	give "$MAILDIR" "$T/control"
	start A --dovecot-control="$T/control"; must A 'SELECT inbox'; [[ $(told A UIDVALIDITY) == 77 ]]; must A 'UID FETCH 1:* UID'; [[ $(uids A) == '1 3 4' ]]
	must A 'SELECT Work'; [[ $(told A UIDVALIDITY) == 78 ]]; must A 'FETCH 1 (UID FLAGS)'; fetched A 1 UID 4; fetched A 1 FLAGS todo
	must A 'LSUB "" *'; heard A '* LSUB (...) "/" Work'
}

@test "23: 200,000 records whose files are gone cost little memory" {
	three
	{ echo '3 V1732288000 N5'; seq -f '%.0f :1732288001.M%.0fP2.host,S=512' 200000 2>/dev/null || seq 200000 | sed 's/.*/& :1732288001.M&Q.host,S=512/'; echo '300000 :1732288090.M4P7.host'; } | v3
	open A inbox $(bounded); [[ $(told A UIDNEXT) == 300003 ]]; must A 'UID FETCH 1:* UID'; [[ $(uids A) == '300000 300001 300002' ]]
}

@test "24: killed at any system call that writes, the import gives the same UIDs the next time" {
	needs strace
	three; msg '1732288095.M4P7.host:2,'; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	read -r -a server <<<"$MAYFLY_IMAP"
	for call in openat renameat fsync fdatasync pwrite64 write unlinkat ftruncate; do
		for when in {1..12}; do
			rm -rf "$T/try"; cp -a "$MAILDIR" "$T/try"
			printf 'a SELECT inbox\r\nb LOGOUT\r\n' | as_user strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$when "${server[@]}" "$T/try" >/dev/null 2>&1 || :
			printf 'a SELECT inbox\r\nb UID FETCH 1:* UID\r\nc LOGOUT\r\n' | as_user "${server[@]}" "$T/try" 2>/dev/null >"$T/heard"
			grep -q 'UIDVALIDITY 1732288000' "$T/heard" || { echo "$call $when"; cat "$T/heard"; false; }
# a UID that nobody was told of may be passed over: the fourth file has no record
			[[ $(grep -o 'UID [0-9]*)' "$T/heard" | tr -dc '0-9\n' | tr '\n' ' ') =~ ^'1 3 4 '(5|1000)' '$ ]] || { echo "$call $when"; cat "$T/heard"; false; }
		done
	done
}

# appended KIND FOLDER: plain.eml and pdf-attachment.eml, saved by Dovecot in this compression
appended() {
	mkdir -p "$MAILDIR"/{cur,new,tmp}; give "$MAILDIR"; chmod 755 "$T"
	PEER_SETTINGS=$'mail_plugins = $mail_plugins zlib\nplugin {\n  zlib_save = '$1$'\n}' as_user python3 - "$MAYFLY_SRC/tests/peer/dovecot-imap" "$MAILDIR" "$MAIL" "$2" <<-'END'
		import subprocess, sys
		server = subprocess.Popen(sys.argv[1:3], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
		server.stdout.readline()
		def say(words, literal=None):
		    server.stdin.write(b'a ' + words.encode() + (b' {%d+}\r\n' % len(literal) + literal if literal else b'') + b'\r\n')
		    server.stdin.flush()
		    line = b''
		    while not line.startswith(b'a '):
		        line = server.stdout.readline()
		        assert line, words
		    assert line.startswith(b'a OK'), line
		if sys.argv[4] != 'INBOX':
		    say('CREATE ' + sys.argv[4])
		for name in 'plain.eml', 'pdf-attachment.eml':
		    say('APPEND %s (\\Seen)' % sys.argv[4], open(sys.argv[3] + '/' + name, 'rb').read().replace(b'\r\n', b'\n').replace(b'\n', b'\r\n'))
		say('LOGOUT')
	END
}

@test "25: what Dovecot saved with gzip, zstd, bzip2 and LZ4 has the size and the text of the plain message" {
	needs /usr/lib/dovecot/imap dovecot-imapd; [[ -e /usr/lib/dovecot/modules/lib20_zlib_plugin.so ]] || skip 'no zlib plugin of Dovecot'
	for way in gz zstd bz2 lz4; do
		[[ $way == gz ]] || grep -q "lib$way[.]so" "$MAYFLY_BUILD/mayfly-imap" || continue	# built without it
		appended "$way" "$way"; for f in "$MAILDIR/.$way"/cur/*; do [[ $(head -c 5 "$f" | tr -d '\0') != From: ]]; done
		start A; must A "SELECT $way"
		must A 'FETCH 1:2 (UID RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])'; fetched A 2 UID 2
		same A 1 'BODY[]' plain.eml; same A 2 'BODY[]' pdf-attachment.eml; parts A 2
		must A 'FETCH 2 (BODY.PEEK[1] BODY.PEEK[]<5.20>)'; must A 'SEARCH BODY "this is all"'; searched A 1
		must A "STATUS $way (SIZE)"; crlf plain.eml "$T/1"; crlf pdf-attachment.eml "$T/2"; status A "$way" SIZE $(($(stat -c %s "$T/1") + $(stat -c %s "$T/2")))
		must A "COPY 1 inbox"; must A 'SELECT inbox'; must A 'FETCH * (RFC822.SIZE BODY.PEEK[])'; close A
		as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" check "$way"	# ,S= is of the plain text
	done
	start A; must A 'SELECT inbox'; must A 'FETCH 1:* BODY.PEEK[]'; for n in 1 2 3 4; do same A $n 'BODY[]' plain.eml; done
}

@test "25: ,S= of the plain size, wrong or not there, and a message that cannot be read leaves the others alone" {
	mailbox inbox plain.eml
	for name in '1.M1.h,S=192:2,' '2.M2.h,S=7:2,' '3.M3.h:2,'; do gzip -c "$MAIL/plain.eml" >"$MAILDIR/cur/$name"; done
	printf 'CRYPTED\3\7 nobody knows' >"$MAILDIR/cur/4.M4.h:2,S"; give "$MAILDIR"
	open A inbox; say A 'FETCH 1:* (RFC822.SIZE BODY.PEEK[])'; no A CANNOT; for n in 1 2 3 5; do fetched A $n RFC822.SIZE 202; same A $n 'BODY[]' plain.eml; done
	[[ $(text A) == *'encrypted by Dovecot'* ]]; must A 'FETCH 4 (FLAGS UID INTERNALDATE)'; fetched A 4 FLAGS '\Seen'
	say A 'FETCH 4 BODY.PEEK[]'; no A CANNOT; [[ $(stderr A | grep -c mail-crypt) == 1 ]]; must A 'SEARCH TEXT "this is all"'; searched A '1 2 3 5'
}

@test "26: ,U= put into a thousand names between two sessions" {
	mailbox inbox 1000*plain.eml
	open A inbox; must A 'UID FETCH 1:* UID'; before=$(uids A); close A; n=0
	for f in "$MAILDIR"/cur/*; do n=$((n + 1)); mv "$f" "${f%:2,*},U=$n:2,"; done
	open B inbox; must B 'UID FETCH 1:* UID'; [[ $(uids B) == "$before" ]]
}

@test "27: a client with Dovecot's mod-sequences hears all flags and all that is gone, and no body moves" {
	three; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' '6 :gone' | v3
	start A; must A CAPABILITY; [[ $(text A) == *QRESYNC* ]] || skip 'no QRESYNC yet'
	must A 'ENABLE QRESYNC'; must A 'SELECT inbox (QRESYNC (1732288000 77 1:6))'; heard A '* VANISHED (EARLIER) 2,5:6'; heard A '* ... FETCH (...)' 3
	[[ $(told A HIGHESTMODSEQ) -lt 9007199254740992 ]]
}

@test "28: a delivery agent gives a new keyword a letter, after the import and into open sessions" {
	three; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' | v3; echo '0 one' | foreign dovecot-keywords
	open A inbox; must A 'STORE 1 +FLAGS (one two)'; [[ -e $MAILDIR/cur/1732288001.M1P2.host,S=512:2,Sa ]]
	echo '1 sieve' >>"$MAILDIR/dovecot-keywords"; msg '1732289999.M1P2.host,S=512:2,b'; msg 'new/1732289998.M1P2.host'
	must A NOOP; heard A '* 5 EXISTS'; must A 'FETCH 5 (UID FLAGS)'; fetched A 5 FLAGS sieve; [[ $(value A 5 UID) -gt 4 ]]
	must A 'STORE 5 -FLAGS (sieve)'; must A 'FETCH 5 FLAGS'; fetched A 5 FLAGS ''; [[ -e $MAILDIR/cur/1732289999.M1P2.host,S=512:2, ]]
	must A 'STORE 1,5 +FLAGS (sieve)'; [[ -e $MAILDIR/cur/1732289999.M1P2.host,S=512:2,b && -e $MAILDIR/cur/1732288001.M1P2.host,S=512:2,Sab ]]
	must A 'STORE 1 FLAGS (two)'; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS two; [[ -e $MAILDIR/cur/1732288001.M1P2.host,S=512:2, ]]
	close A; open B inbox; must B 'FETCH 1:5 FLAGS'; fetched B 5 FLAGS sieve; fetched B 1 FLAGS two
}

@test "28: a letter that gets its meaning later is a keyword from then on" {
	mailbox inbox; msg '1.M1.h:2,Sc'; open A inbox; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Seen'
	printf '2 late\n' | foreign dovecot-keywords; msg '2.M2.h:2,'; must A NOOP; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Seen late'
}

# Debian's Dovecot reads it in tests/admin/move.bats; here by the strictest rule of any line from 2.2 to
# 2.4: letters A-Z with values, a colon and a name in every record, UIDs that rise below N, 32 hex digits
# for G, nothing that only one of them knows, a last line with its end.
@test "29: what export writes is version 3 as every Dovecot since 1.1 reads it, with UIDs and UIDVALIDITY" {
	three; printf '%s\n' '3 V3000000000 N5 G2f0c1d3a9be45a6700001234abcdef01' '1 :1732288001.M1P2.host,S=512' '3 Gabc-123 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	open A inbox; must A 'STORE 1 +FLAGS ($Label1 todo)'; must A 'STORE 2 +FLAGS ($Forwarded)'; must A 'APPEND inbox ' @+plain.eml; must A 'STORE 3 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE; close A
	mailbox Made 2*plain.eml; as_user "$MAYFLY_BUILD/mayfly-admin" --maildir="$MAILDIR" export --to=dovecot
	python3 - "$MAILDIR" "$MAILDIR/.Made" <<-'END'
		import os, re, sys
		def read(place):
		    text = open(place + '/dovecot-uidlist', 'rb').read()
		    assert text.endswith(b'\n') and b'\r' not in text and b'\0' not in text
		    head, *lines = text.decode('ascii').split('\n')[:-1]
		    fields = dict((f[0], f[1:]) for f in head.split(' ')[1:])
		    assert head.startswith('3 ') and set(fields) == set('VNG') and re.fullmatch('[0-9a-f]{32}', fields['G']), head
		    last, letters = 0, []
		    if os.path.exists(place + '/dovecot-keywords'):
		        letters = open(place + '/dovecot-keywords').read().split('\n')[:-1]
		    assert all(re.fullmatch(r'\d+ [!-~]+', l) and int(l.split(' ')[0]) < 26 for l in letters), letters
		    files = {n.split(':')[0]: n for sub in ('cur', 'new') for n in os.listdir(place + '/' + sub)}
		    uids = {}
		    for line in lines:
		        found = re.fullmatch(r'(\d+)((?: [A-Z][^ ]*)*) :([^/:]+)', line)
		        assert found and last < int(found.group(1)) < int(fields['N']), line
		        assert all(f[0] in 'SWPOG' for f in found.group(2).split()), line
		        last = int(found.group(1))
		        uids[last] = files.pop(found.group(3))
		    assert not files, files
		    return int(fields['V']), fields['G'], uids
		valid, guid, uids = read(sys.argv[1])
		assert valid == 3000000000 and guid == '2f0c1d3a9be45a6700001234abcdef01' and sorted(uids) == [1, 3, 5], (valid, guid, uids)
		assert re.search(':2,S[a-z]{2}$', uids[1]) and re.search(':2,P[a-z]$', uids[3]), uids
		assert len(read(sys.argv[2])[2]) == 2
	END
}

@test "Dovecot's letter for \$Forwarded is Maildir's P" {
	mailbox inbox; msg '1.M1.h:2,Sa'; msg '2.M2.h:2,P'; printf '0 $Forwarded\n' | foreign dovecot-keywords
	printf '%s\n' '3 V9 N9' '1 :1.M1.h' '2 :2.M2.h' | v3
	met '1 2' 9 9; fetched A 1 FLAGS '$Forwarded \Seen'; fetched A 2 FLAGS '$Forwarded'; [[ -e $MAILDIR/cur/1.M1.h:2,PSa ]]
	must A 'STORE 1 -FLAGS ($Forwarded)'; must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Seen'; [[ -e $MAILDIR/cur/1.M1.h:2,S ]]
	msg '3.M3.h:2,a'; must A NOOP; must A 'FETCH 3 FLAGS'; fetched A 3 FLAGS '$Forwarded'
}

@test "--share-keywords gives new keywords letters, in Dovecot's file" {
	three; printf '3 V9 N9\n' | v3; printf '0 one\n' | foreign dovecot-keywords
	open A inbox --share-keywords; must A 'STORE 1 +FLAGS (one two)'; grep -qx '1 two' "$MAILDIR/dovecot-keywords"; grep -qx '0 one' "$MAILDIR/dovecot-keywords"
	[[ -e $MAILDIR/cur/1732288001.M1P2.host,S=512:2,Sab && ! -e $MAILDIR/dovecot-uidlist.lock ]]
}

@test "without --share-keywords nobody's files are written" {
	three; printf '3 V9 N9\n' | v3; printf '0 one\n' | foreign dovecot-keywords; before
	open A inbox; must A 'STORE 1 +FLAGS (one two)'; must A 'CREATE x'; must A 'SUBSCRIBE x'; close A
	(cd "$MAILDIR" && rm -rf .x); untouched
}

@test "a lock that Dovecot holds gives NO [INUSE], an old one does not hold us up" {
	three; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' | v3
	touch "$MAILDIR/dovecot-uidlist.lock"; give "$MAILDIR"
	start A; say A 'SELECT inbox'; no A INUSE
	touch -d '5 minutes ago' "$MAILDIR/dovecot-uidlist.lock"; must A 'SELECT inbox'; [[ $(told A UIDVALIDITY) == 1732288000 ]]; [[ -e $MAILDIR/dovecot-uidlist.lock ]]
}

@test "a read-only Maildir is taken over in memory, the same in each session (formats 9.13)" {
	three; msg '1732288095.M4P7.host:2,'; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' '4 :1732288090.M4P7.host' | v3
	chmod -R a-w "$MAILDIR"; [[ $(id -u) == 0 ]] && chown -R 0:0 "$MAILDIR" && chmod -R a+rX "$MAILDIR"
	met '1 3 4 5' 1732288000 6; close A; met '1 3 4 5' 1732288000 6; close A; chmod -R u+w "$MAILDIR"
}

@test "no message but many records: the files may come back within a day (formats 9.11)" {
	mailbox inbox; { echo '3 V1732288000 N5'; for n in {1..30}; do echo "$n :17322880$n.M1P2.host"; done; } | v3
	met '' 1732288000 31; close A
	for n in 10 20 30; do msg "17322880$n.M1P2.host:2,"; done; give "$MAILDIR"
	met '10 20 30' 1732288000 31; close A; met '10 20 30' 1732288000 31
}

@test "our own list, even a damaged one, is never overruled by a foreign one (formats 9.1)" {
	three; open A inbox; ours=$(told A UIDVALIDITY); must A 'UID FETCH 1:* UID'; [[ $(uids A) == '1 2 3' ]]; close A
	printf '%s\n' '3 V1732288000 N50' '41 :1732288001.M1P2.host,S=512' | v3
	open A inbox; [[ $(told A UIDVALIDITY) == "$ours" ]]; close A
	printf 'rubbish' >"$MAILDIR/mayfly-uidlist"; open A inbox; [[ $(told A UIDVALIDITY) == "$ours" ]]; close A
}

@test "with both of ours lost, Dovecot's list still gives its UIDs, and ours are never used again" {
	three; printf '%s\n' '3 V1732288000 N5' '1 :1732288001.M1P2.host,S=512' '3 :1732288050.M9P2.host,S=4100' | v3
	met '1 3 5' 1732288000 6; close A; rm "$MAILDIR"/mayfly-uidlist "$MAILDIR"/mayfly-index
	open A inbox; [[ $(told A UIDVALIDITY) == 1732288000 ]]; must A 'UID FETCH 1:* UID'; [[ $(uids A) == '1 3 1000' || $(uids A) == '1 3 '* ]]; [[ $(value A 3 UID) -gt 5 ]]
}

@test "a new mailbox gets a UIDVALIDITY above all that Dovecot gave" {
	three; printf '3 V1732288000 N5\n' | v3; printf '7fff0000' | foreign dovecot-uidvalidity
	start A; must A 'CREATE x'; must A 'SELECT x'; [[ $(told A UIDVALIDITY) -gt $((0x7fff0000)) ]]
}

@test "Courier that goes on writing is named in the log" {
	three; printf '%s\n' '1 1732288000 5' '1 1732288001.M1P2.host,S=512' | foreign courierimapuiddb
	open A inbox; close A; printf '%s\n' '1 1732288000 7' '1 1732288001.M1P2.host,S=512' '6 x' | foreign courierimapuiddb
	msg '1732299999.M1P2.host:2,'; open B inbox; close B; [[ $(stderr B) == *courierimapuiddb*'still in use'* ]]
	msg '1732299998.M1P2.host:2,'; open C inbox; close C; [[ $(stderr C) != *'still in use'* ]]
}
