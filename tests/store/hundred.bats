# Many sessions on one mailbox, each doing its own: afterwards all see one mailbox, and no message was lost or doubled.
load ../lib

@test "ten sessions append, store, copy and expunge at once, and end with one view (E.3 13)" {
	mailbox inbox 20*plain.eml; mailbox box
	sessions=(A B C D E F G H I J)
	for s in "${sessions[@]}"; do open $s inbox; done
	for round in 1 2 3 4 5; do
		i=0
		for s in "${sessions[@]}"; do
			i=$((i + 1))
			raw $s "a$round APPEND inbox (keyword$i) {8+}\r\nnew mail\r\nb$round UID STORE 1:20 +FLAGS.SILENT (k$i)\r\nc$round UID COPY $i box\r\nd$round UID STORE $((round * 2 + 10)) +FLAGS.SILENT (\\Deleted)\r\ne$round NOOP\r\n"
		done
		for s in "${sessions[@]}"; do await $s "e$round OK..."; done
	done
	must A EXPUNGE
	for s in "${sessions[@]}"; do must $s NOOP; must $s 'FETCH 1:* (UID FLAGS)'; done
	count A 65    # 20 + 50 - UIDs 12 14 16 18 20
	for s in "${sessions[@]:1}"; do
		[[ $(uids $s) == "$(uids A)" ]]
		for n in 1 5 15 16 40 65; do fetched $s $n FLAGS "$(value A $n FLAGS)"; done
	done
	must A 'STATUS box (MESSAGES UIDNEXT)'; status A box MESSAGES 50; status A box UIDNEXT 51
	must A 'FETCH 1 FLAGS'; fetched A 1 FLAGS 'k1 k10 k2 k3 k4 k5 k6 k7 k8 k9'
	[[ $(find "$MAILDIR/cur" "$MAILDIR/new" -type f | wc -l) == 65 ]]
}

@test "sessions move one mailbox's mail into two others, against each other, and nothing is lost" {
	mailbox inbox 60*plain.eml; mailbox left; mailbox right
	open A inbox; open B inbox
	for i in {1..30}; do raw A "a$i UID MOVE $((i * 2)):$((i * 2 + 1)) left\r\n"; raw B "b$i UID MOVE $((i * 2 - 1)):$((i * 2)) right\r\n"; done
	await A 'a30 ...'; await B 'b30 ...'; must A NOOP; must B NOOP
	must A 'STATUS inbox (MESSAGES)'; n=$(status A INBOX MESSAGES); must A 'STATUS left (MESSAGES)'; n=$((n + $(status A left MESSAGES)))
	must A 'STATUS right (MESSAGES)'; n=$((n + $(status A right MESSAGES)))
	[[ $n == 60 && $(find "$MAILDIR" -path '*/cur/*' -o -path '*/new/*' | wc -l) == 60 ]]
}

@test "while another program renames without a pause, every look shows every message (C 7)" {
	mailbox inbox 200*plain.eml
	open A inbox; must A 'FETCH 1:* UID'
	touch "$T/go"; (exec 3>&- 8>&- 9<&-; while [[ -e $T/go ]]; do for f in "$MAILDIR"/cur/*; do case $f in *:2,) mv "$f" "${f}S" ;; *:2,S) mv "$f" "${f%S}" ;; esac; done; done) 2>/dev/null &
	storm=$!
	for i in {1..30}; do say A NOOP; ok A; count A 200; open B inbox; count B 200; must B 'FETCH 1:* UID'; [[ $(uids B) == "$(uids A)" ]]; close B; done
	rm "$T/go"; wait $storm || :
	must A NOOP; unheard A '* <n> EXPUNGE'; count A 200
}
