# What somebody else put into the Maildir where files and directories belong: links, fifos, sockets, devices,
# files of another owner, odd names. Nothing hangs, nothing outside changes, other mailboxes go on working.
# Without the sandbox: the store has to hold by itself. (Folders that are links are followed on purpose: tests/imap/list.bats.)
load ../lib

# A place outside that the server's user may write to, and one of each kind to be put in places.
lay_out() {
	mailbox inbox plain.eml; mailbox box 2*plain.eml; mailbox other plain-second.eml
	start P; must P 'SELECT box'; must P 'SELECT other'; must P 'SELECT inbox'; close P
	mkdir -p "$T/outside/"{cur,new,tmp} "$T/zoo"; cp "$MAIL/plain-second.eml" "$T/outside/cur/1.x:2,"; echo precious >"$T/outside/file"; chmod -R a+rwX "$T/outside"; give "$T/outside"
	ln -s "$T/outside/file" "$T/zoo/link"; ln -s "$T/outside/made" "$T/zoo/dangling"; ln -s "$T/outside" "$T/zoo/linkdir"
	mkfifo -m 666 "$T/zoo/fifo"; python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/zoo/socket"; chmod 777 "$T/zoo/socket"
	mkdir -m 777 "$T/zoo/dir" "$T/zoo/full"; : >"$T/zoo/full/x"; printf 'foreign\n' >"$T/zoo/open"; chmod 777 "$T/zoo/open"; : >"$T/zoo/shut"; chmod 0 "$T/zoo/shut"
	ln -s loop "$T/zoo/loop"; mknod -m 666 "$T/zoo/device" c 1 5 2>/dev/null || :
	outside >"$T/before"
}

outside() { (cd "$T/outside" && find . -printf '%y %m %n %s %T@ %p\n' | sort && find . -type f -exec cksum {} + | sort); }
untouched() { outside | diff "$T/before" - || { echo "outside was touched: $*"; return 1; }; }

put() {    # put KIND PATH: instead of what lies there
	rm -rf "${2:?}"
	case $1 in
	loop) ln -s "${2##*/}" "$2" ;;
	shut) : >"$2"; chmod 0 "$2" ;;
	*) cp -a "$T/zoo/$1" "$2" ;;
	esac
}

# All that opens or makes files, in the mailbox; whatever it answers, it answers.
everything() {
	local all='' command n=0
	for command in 'SELECT box' 'FETCH 1:* (UID FLAGS RFC822.SIZE ENVELOPE)' 'STORE 1 +FLAGS (\\Seen work)' 'THREAD REFERENCES UTF-8 ALL' 'SEARCH TEXT nowhere' 'FETCH 1:* (THREADID BODY.PEEK[])' \
		'COPY 1 box' 'MOVE 2 other' 'STORE 1 +FLAGS.SILENT (\\Deleted)' EXPUNGE 'CREATE box/sub' 'RENAME box/sub box/other' 'DELETE box/other' \
		'SUBSCRIBE box' 'LIST "" * RETURN (SUBSCRIBED STATUS (MESSAGES))' 'SETMETADATA box (/private/comment "x")' 'GETMETADATA box /private/comment' 'GETQUOTAROOT box' \
		'APPEND box {8+}\r\nnew mail' UNSELECT; do
		n=$((n + 1)); all+="e$n $command\\r\\n"
	done
	raw "$1" "${all}z NOOP\\r\\n"; await "$1" 'z OK...'; unheard "$1" '* BYE...'
}

others() { must "$1" 'SELECT other'; must "$1" 'FETCH 1 BODY.PEEK[]'; same "$1" 1 'BODY[]' plain-second.eml; must "$1" 'STORE 1 +FLAGS (\Answered)'; must "$1" 'SELECT inbox'; must "$1" 'FETCH 1 UID'; }

visit() {    # visit KIND PLACE...: a session with this kind in all these places
	local kind=$1 place; shift
	rm -rf "$MAILDIR"; cp -a "$T/whole" "$MAILDIR"
	for place; do put "$kind" "$MAILDIR/$place"; done
	start A --no-sandbox --quota=10M
	{ everything A && others A && untouched && close A; } || { echo "$kind in $*"; return 1; }
}

# All kinds in all these places, or those named
places() {
	local kinds=${kinds-link dangling fifo full shut dir linkdir loop socket open device}
	for kind in $kinds; do [[ ! -e $T/zoo/$kind && ! -L $T/zoo/$kind && $kind != loop ]] || visit $kind "$@"; done
}

@test "in the place of the files of a mailbox: nothing outside changes, others work (E.2)" {
	lay_out; cp -a "$MAILDIR" "$T/whole"
	places .box/mayfly-uidlist .box/mayfly-index .box/mayfly-cache .box/mayfly-signatures .box/mayfly-keys; kinds='link dangling fifo full' places .box/mayfly-lock
}

@test "in the place of the files of the account: nothing outside changes, mailboxes work (E.2)" {
	lay_out; cp -a "$MAILDIR" "$T/whole"
	places mayfly-account mayfly-subscriptions mayfly-metadata mayfly-threads maildirsize; kinds='link dangling fifo full' places mayfly-account.lock mayfly-notes.lock
}

@test "in the place of a mailbox's directories: nothing outside changes, others work (E.2)" {
	lay_out; cp -a "$MAILDIR" "$T/whole"
	for dir in cur new tmp; do kinds='link fifo linkdir' places .box/$dir; done; kinds='dangling loop shut device' places .box/new .box/tmp
}

@test "in the place of files that other servers leave: nothing outside changes, others work (E.2)" {
	lay_out; cp -a "$MAILDIR" "$T/whole"; rm "$T/whole/.box"/mayfly-*
	for kind in link dangling fifo full linkdir shut; do visit $kind .box/dovecot-uidlist .box/dovecot-keywords .box/courierimapkeywords .box/courierimapuiddb subscriptions dovecot-uidvalidity; done
}

@test "in the place of messages, in cur and in new: none is read, changed or taken along (E.2)" {
	lay_out; n=0
	for kind in $(ls "$T/zoo"); do n=$((n + 1)); for dir in cur new; do put $kind "$MAILDIR/.box/$dir/15000000$n.M${n}P1.x$([[ $dir == new ]] || echo :2,S)"; done; done
	rm -f "$MAILDIR"/.box/{cur,new}/15*/x; find "$MAILDIR/.box" -name '15*' -type f -exec rm -f {} +
	open A box --no-sandbox; count A 2; must A 'FETCH 1:* (UID FLAGS RFC822.SIZE BODY.PEEK[])'; unheard A '...precious...'
	must A 'STORE 1:* +FLAGS (\Deleted)'; must A 'COPY 1:* other'; must A EXPUNGE; count A 0; others A; untouched
	close A; [[ $(ls "$MAILDIR/.box/cur" "$MAILDIR/.box/new" | grep -c ^15) -ge 14 ]]
}

@test "a message that becomes a link, a fifo, a directory in the middle of a session: not followed, no hang (E.2)" {
	lay_out; mailbox box 5*plain.eml; open A box --no-sandbox; count A 7
	set -- link dangling linkdir loop fifo socket dir; for file in "$MAILDIR"/.box/cur/*; do put "$1" "$file"; shift; done
	for command in 'FETCH 1:7 (BODY.PEEK[] ENVELOPE)' 'STORE 1:7 +FLAGS (\Flagged)' 'COPY 1:7 other' 'SEARCH TEXT precious' 'STORE 1:7 +FLAGS (\Deleted)' EXPUNGE; do say A "$command"; unheard A '...precious...'; done
	unheard A '* BYE...'; others A; untouched
}

@test "cur becomes a link in the middle of a session, and so the mailbox: nothing outside changes (E.2)" {
	lay_out; open A box; mv "$MAILDIR/.box/cur" "$T/away"; ln -s "$T/outside/cur" "$MAILDIR/.box/cur"
	for command in NOOP 'FETCH 1:2 BODY.PEEK[]' 'STORE 1:2 +FLAGS (\Deleted)' EXPUNGE CHECK 'COPY 1 box'; do say A "$command"; unheard A '...Second message...'; done
	unheard A '* BYE...'; others A; untouched cur
	rm "$MAILDIR/.box/cur"; mv "$T/away" "$MAILDIR/.box/cur"
	must A 'SELECT box'; mv "$MAILDIR/.box" "$T/away"; ln -s "$T/outside" "$MAILDIR/.box"
	for command in NOOP 'FETCH 1:2 BODY.PEEK[]' 'STORE 1:2 +FLAGS (\Deleted)' EXPUNGE CHECK; do say A "$command"; done
	unheard A '* BYE...'; others A; untouched box
}

@test "a mailbox that is a link is deleted as a link: what it leads to stays (E.2)" {
	lay_out; ln -s "$T/outside" "$MAILDIR/.Linked"
	start A --no-sandbox; must A 'DELETE Linked'; others A; untouched; [[ ! -L $MAILDIR/.Linked && -z $(ls -d "$MAILDIR"/..mayfly-* 2>/dev/null) ]]; close A
	ln -s "$T/outside" "$MAILDIR/Linked"; start B --no-sandbox --layout=fs; must B 'DELETE Linked'; untouched; [[ ! -L $MAILDIR/Linked && -z $(ls -d "$MAILDIR"/..mayfly-* 2>/dev/null) ]]
}

@test "CREATE over what lies there in half: a fifo for maildirfolder is not waited for (E.2)" {
	lay_out; for kind in fifo link dangling loop full shut; do mkdir "$MAILDIR/.$kind"; put $kind "$MAILDIR/.$kind/maildirfolder"; give "$MAILDIR/.$kind"; done
	start A --no-sandbox; for kind in fifo link dangling loop full shut; do say A "CREATE $kind"; alive A; done; others A; untouched
}

@test "mode 0777 throughout is served; what belongs to another user is NO, and the rest is served (E.2)" {
	lay_out; chmod -R 0777 "$MAILDIR"; open A box; must A 'STORE 1 +FLAGS (\Seen)'; must A 'APPEND box ' @+plain.eml; close A
	[[ $(id -u) == 0 ]] || skip 'root is needed to give files away'
	chmod -R go= "$MAILDIR"; chown -R 0:0 "$MAILDIR/.box"
	start B; say B 'SELECT box'; no B; say B 'APPEND box ' @+plain.eml; no B; others B; close B
	give "$MAILDIR"; chown -R 0:0 "$MAILDIR/.box/cur"
	start C; say C 'SELECT box'; say C 'FETCH 1 BODY.PEEK[]'; others C; close C
	give "$MAILDIR"; chown 0:0 "$MAILDIR"/.box/cur/*; chmod 600 "$MAILDIR"/.box/cur/*
	open D box; say D 'FETCH 1 BODY.PEEK[]'; no D; must D 'STORE 1 +FLAGS (\Deleted)'; must D 'UID EXPUNGE 1'; others D
}

@test "file names with LF, ESC, octets that are no UTF-8, nearly 255 octets: read, flagged, removed (E.3)" {
	mailbox inbox; mailbox box; long=$(printf 'x%.0s' {1..238})
	for name in $'17000001.M1P1.a
b:2,' $'17000002.M1P1.\e[31m:2,' $'17000003.M1P1.ÿþÃ:2,' "17000004.M1P1.$long:2" $'17000005.M1P1.
* BYE x:2,' '17000006.M1P1. %41 "q" \:2,' $'17000007.M1P1.:2,ZZS'; do
		cp "$MAIL/plain.eml" "$MAILDIR/.box/cur/$name"
	done
	give "$MAILDIR"; open A box --no-sandbox; count A 7
	must A 'FETCH 1:* (UID FLAGS BODY.PEEK[])'; for i in {1..7}; do same A $i 'BODY[]' plain.eml; done
	for i in {1..7}; do say A "STORE $i +FLAGS (\\Seen work)"; done; must A 'COPY 1:* inbox'; close A
	open B box; count B 7; must B 'FETCH 1:* (UID FLAGS)'; [[ $(uids B) == '1 2 3 4 5 6 7' ]]
	# a name without room for a letter keeps its message: NO, and the others go
	for i in {1..7}; do say B "STORE $i +FLAGS (\\Deleted)"; if [[ $i == 4 ]]; then no B; else ok B; fi; done
	must B EXPUNGE; count B 1; must B 'FETCH 1 BODY.PEEK[]'; same B 1 'BODY[]' plain.eml; [[ $(ls "$MAILDIR/.box/cur" | wc -l) == 1 ]]
}
