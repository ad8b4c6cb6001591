# IDLE: RFC 9051 section 6.3.13; RFC 2177.
load ../lib

idle() { raw "$1" 'i IDLE\r\n'; await "$1" '+ ...'; }
done_idle() { raw "$1" 'DONE\r\n'; await "$1" 'i OK...'; }

@test "IDLE waits, DONE ends it (RFC 9051 6.3.13)" {
	mailbox inbox plain.eml
	open A inbox; idle A; done_idle A; alive A
}

@test "IDLE tells new mail (RFC 9051 6.3.13)" {
	mailbox inbox plain.eml
	open A inbox; idle A; deliver inbox plain-second.eml; await A '* 2 EXISTS'; done_idle A; count A 2
	must A 'FETCH 2 BODY.PEEK[]'; same A 2 'BODY[]' plain-second.eml
}

@test "IDLE tells what another session does: flags, expunge, new mail (RFC 9051 6.3.13)" {
	mailbox inbox 3*plain.eml
	open A inbox; open B inbox; idle A
	must B 'STORE 2 +FLAGS (\Flagged)'; await A '* 2 FETCH (...\Flagged...)'
	must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; await A '* 1 EXPUNGE'
	must B 'APPEND inbox ' @plain.eml; await A '* 3 EXISTS'
	done_idle A; count A 3
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS '\Flagged'
}

@test "IDLE tells what another program does: a flag by rename, a removal (RFC 9051 6.3.13)" {
	mailbox inbox plain.eml plain-second.eml
	open A inbox; must A 'FETCH 1:* FLAGS'; idle A
	f=$(ls "$MAILDIR"/cur/*second*); mv "$f" "${f}F"; await A '* 2 FETCH (...\Flagged...)'
	rm "$MAILDIR"/cur/*plain-eml*; await A '* 1 EXPUNGE'
	done_idle A; count A 1
}

@test "IDLE told in IMAP4rev2 gives the UID with the flags (RFC 9051 6.3.13)" {
	mailbox inbox plain.eml
	start A; must A 'ENABLE IMAP4rev2'; must A 'SELECT inbox'; open B inbox; idle A
	must B 'STORE 1 +FLAGS (\Seen)'; await A '* 1 FETCH (...\Seen...)'; heard A '* 1 FETCH (...UID 1...)'; done_idle A
}

@test "IDLE twenty times over loses nothing" {
	mailbox inbox
	open A inbox
	for i in {1..20}; do idle A; deliver inbox plain.eml; await A "* $i EXISTS"; done_idle A; done
	count A 20
}

@test "IDLE without a mailbox waits too (RFC 9051 6.3.13)" {
	mailbox inbox
	start A; idle A; deliver inbox plain.eml; done_idle A; must A 'SELECT inbox'; count A 1
}

@test "what was changed before IDLE is told by it" {
	mailbox inbox 2*plain.eml
	open A inbox; open B inbox
	must B 'STORE 1 +FLAGS.SILENT (\Deleted)'; must B EXPUNGE; deliver inbox plain.eml
	raw A 'i IDLE\r\n'; await A '+ ...'; await A '* 1 EXPUNGE'; await A '* 2 EXISTS'; done_idle A; count A 2
}

@test "DONE and the next commands in one packet, as phones send them (B 6)" {
	mailbox inbox plain.eml
	open A inbox; idle A
	raw A 'DONE\r\nb NOOP\r\nc FETCH 1 FLAGS\r\nd IDLE\r\n'; await A '+ ...'
	order A 'i OK...' 'b OK...' '* 1 FETCH (FLAGS ...)' 'c OK...' '+ ...'
	raw A 'DONE\r\n'; await A 'd OK...'
}

@test "IDLE, DONE and more in one packet (B 6)" {
	mailbox inbox plain.eml
	open A inbox
	raw A 'a NOOP\r\nb IDLE\r\nDONE\r\nc NOOP\r\nd IDLE\r\nDONE\r\ne NOOP\r\n'; await A 'e OK...'
	order A 'a OK...' '+ ...' 'b OK...' 'c OK...' '+ ...' 'd OK...' 'e OK...'
}

@test "DONE cut in two, in any case, is DONE" {
	mailbox inbox
	open A inbox
	idle A; raw A 'DO'; raw A 'NE\r'; raw A '\n'; await A 'i OK...'
	idle A; raw A 'done\r\n'; await A 'i OK...'
	idle A; trickle A 'DoNe\r\n'; await A 'i OK...'
}

@test "anything but DONE ends IDLE with BAD, and is not a command (RFC 9051 6.3.13)" {
	mailbox inbox
	open A inbox
	idle A; raw A 'b CREATE smuggled\r\n'; await A 'i BAD...'
	alive A; [[ ! -e $MAILDIR/.smuggled ]]
}

@test "IDLE takes no argument, and DONE alone is no command" {
	mailbox inbox
	open A inbox
	say A 'IDLE x'; bad A
	raw A 'DONE\r\n'; await A '{{\*|DONE}} BAD...'
	alive A
}

@test "the end of the input ends IDLE quietly" {
	mailbox inbox
	open A inbox; idle A; close A; exited A 0
}

@test "SIGTERM during IDLE says BYE" {
	mailbox inbox
	open A inbox; idle A; signal A 15; await A '* BYE...'; exited A any
}

@test "IDLE in EXAMINE tells news and changes nothing" {
	mailbox inbox plain.eml
	start A; must A 'EXAMINE inbox'; idle A; deliver inbox plain.eml; await A '* 2 EXISTS'; done_idle A
}

@test "ten sessions wait, one delivers, all hear" {
	mailbox inbox
	for s in A B C D E F G H I J; do open $s inbox; idle $s; done
	deliver inbox plain.eml
	for s in A B C D E F G H I J; do await $s '* 1 EXISTS'; done_idle $s; done
}

# What the server says of itself in its log.
logged() { ask stderr "$1" | grep -c "$2"; }

@test "a line keeps the connection alive at the interval that was set, and 0 is never (B 8)" {
	mailbox inbox
	open A inbox --idle-notify=1; idle A; await A '* OK Still here'; forget A; await A '* OK Still here'; done_idle A
	start B --idle-notify=1; idle B; await B '* OK Still here'; done_idle B
	open C inbox --idle-notify=0; idle C; forget A; idle A; await A '* OK Still here'; await A '* OK Still here'; done_idle A; done_idle C; unheard C '* OK Still here'
}

@test "how soon IDLE tells of a rename, a delivery and a removal: shown, not judged (B 8)" {
	mailbox inbox 20*plain.eml; open A inbox; idle A; started=$(date +%s%N)
	for f in "$MAILDIR"/cur/*; do mv "$f" "${f}S"; await A '* <n> FETCH (...\Seen...)'; forget A; done
	for f in "$MAILDIR"/cur/*; do rm "$f"; await A '* 1 EXPUNGE'; forget A; done
	echo "# $(( ($(date +%s%N) - started) / 40000000 )) ms each, with the time that the test takes to do and to hear it" >&3
	done_idle A; count A 0
}

@test "without inotify, or out of its instances, IDLE polls, and says so once in the log (C 17)" {
	needs strace; mailbox inbox plain.eml
	open A inbox --no-sandbox '+under=strace -f -o /dev/null -e trace=inotify_init1 -e inject=inotify_init1:error=EMFILE'
	idle A; deliver inbox plain.eml; await A '* 2 EXISTS'; done_idle A
	idle A; f=$(ls "$MAILDIR"/cur/*000001P1*); mv "$f" "${f}F"; await A '* 1 FETCH (...\Flagged...)'; done_idle A
	[[ $(logged A 'not by inotify') == 1 ]]    # injected: the sandbox would not have it
}

@test "on a network file system IDLE polls, and says so once in the log (C 17)" {
	needs strace; mailbox inbox plain.eml
	# the first word of what fstatfs returns is the type: NFS
	open A inbox '+under=strace -f -o /dev/null -e trace=fstatfs -e inject=fstatfs:poke_exit=@arg2=6969000000000000'
	idle A; done_idle A; idle A; done_idle A; [[ $(logged A 'network file system') == 1 ]]
	deliver inbox plain.eml; must A NOOP; count A 2
}

@test "a client that renews IDLE every 29 minutes is never cut off: the server waits for thirty (RFC 2177 3)" {
	needs strace; mailbox inbox; : >"$T/trace"; chmod 666 "$T/trace"
	open A inbox --idle-notify=0 "+under=strace -f -o $T/trace -e trace=poll,ppoll"
	idle A; done_idle A; excuse A; close A
	# the longest sleep that it asked for: just under 1800 seconds, and over 29 minutes
	seconds=$(grep -o 'tv_sec=[0-9]*' "$T/trace" | cut -d= -f2 | sort -n | tail -1); [[ -n $seconds ]] || seconds=$(( $(grep -o ', [0-9]*)' "$T/trace" | tr -dc '0-9\n' | sort -n | tail -1) / 1000 ))
	(( seconds > 29 * 60 && seconds <= 30 * 60 ))
}
