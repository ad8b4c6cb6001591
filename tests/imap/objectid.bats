# OBJECTID: RFC 8474.
load ../lib

# The value between the parentheses of an item or code.
id() { sed -n "s/.*$1 (\([A-Za-z0-9_-]*\)).*/\1/p" <<<"$2" | head -n 1; }

@test "SELECT, EXAMINE, CREATE and STATUS name the same MAILBOXID (RFC 8474 4)" {
	mailbox inbox
	start A; must A 'CREATE box'; created=$(id MAILBOXID "$(code A)"); [[ -n $created ]]
	must A 'SELECT box'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'EXAMINE box'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'STATUS box (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'STATUS inbox (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") != "$created" ]]
}

@test "MAILBOXID stays by RENAME, and a new mailbox of the old name has another (RFC 8474 4)" {
	mailbox inbox
	start A; must A 'CREATE box'; created=$(id MAILBOXID "$(code A)")
	must A 'RENAME box other'; must A 'STATUS other (MAILBOXID)'; [[ $(id MAILBOXID "$(text A)") == "$created" ]]
	must A 'CREATE box'; [[ $(id MAILBOXID "$(code A)") != "$created" ]]
}

@test "EMAILID stays by COPY and MOVE, and differs between messages (RFC 8474 5.1)" {
	mailbox inbox plain.eml plain-second.eml; mailbox box
	open A inbox; must A 'FETCH 1:2 EMAILID'
	first=$(value A 1 EMAILID) second=$(value A 2 EMAILID); [[ $first != "$second" ]]
	must A 'COPY 1 box'; must A 'MOVE 2 box'; must A 'FETCH 1 EMAILID'; fetched A 1 EMAILID "$first"
	must A 'SELECT box'; must A 'FETCH 1:2 EMAILID'; fetched A 1 EMAILID "$first"; fetched A 2 EMAILID "$second"
}

@test "EMAILID is the same in the next session and after the index is lost (RFC 8474 5.1)" {
	mailbox inbox plain.eml
	open A inbox; must A 'FETCH 1 EMAILID'; first=$(value A 1 EMAILID); close A
	rm -f "$MAILDIR"/mayfly-index "$MAILDIR"/mayfly-cache
	open B inbox; must B 'FETCH 1 EMAILID'; fetched B 1 EMAILID "$first"
}

# letter NAME ID [FIELD...]: a small message in $T
letter() {
	local name=$1 id=$2; shift 2
	printf '%s\n' "From: ada@example.org" "Subject: $name" ${id:+"Message-ID: <$id@x>"} "$@" '' 'text' >"$T/$name"
}

# threads A: the thread ids of all messages, in the order of the mailbox, each as the number of its first message
threads() {
	must "$1" 'FETCH 1:* THREADID' || return 1
	text "$1" | sed -n 's/^\* \([0-9]*\) FETCH (THREADID (\(T[0-9a-f]*\))).*/\1 \2/p' |
		awk '!($2 in first) { first[$2] = $1 } { printf "%s%s", (NR > 1 ? " " : ""), first[$2] } END { print "" }'
}

@test "replies have the THREADID of what they answer, others have one of their own (RFC 8474 5.2)" {
	letter 1 a; letter 2 b 'References: <a@x>'; letter 3 c 'In-Reply-To: <b@x>'; letter 4 d; letter 5 e 'References: <gone@x>'
	letter 6 f 'References: <gone@x>'; letter 7 ''; letter 8 '' 'References: <a@x> <b@x>'; letter 9 a 'Subject: twice'
	mailbox inbox "$T"/[1-9]; open A inbox
	[[ $(threads A) == '1 1 1 4 5 5 7 1 1' ]]
	must A 'FETCH 4 (EMAILID THREADID)'; [[ $(value A 4 EMAILID) != "$(value A 4 THREADID)" ]]
}

@test "the THREADID of a message stays when its parents come late, in any order (RFC 8474 5.2)" {
	letter 1 c 'In-Reply-To: <b@x>'; letter 2 d 'References: <z@x>'; mailbox inbox "$T/1" "$T/2"
	open A inbox; must A 'FETCH 1:2 THREADID'; one=$(value A 1 THREADID); two=$(value A 2 THREADID); [[ $one != "$two" ]]
	letter 3 b 'References: <a@x>'; deliver inbox "$T/3"; must A NOOP; must A 'FETCH 3 THREADID'; fetched A 3 THREADID "$one"
	letter 4 a; deliver inbox "$T/4"; must A NOOP; must A 'FETCH 4 THREADID'; fetched A 4 THREADID "$one"
	# one that makes two threads one: it and what follows is in one of them, what was told stays
	letter 5 z 'References: <a@x>'; letter 6 y 'References: <a@x> <z@x> <d@x>'; deliver inbox "$T/5" "$T/6"; must A NOOP
	[[ $(threads A) == '1 2 1 1 2 2' ]]
	must A 'FETCH 1:2 THREADID'; fetched A 1 THREADID "$one"; fetched A 2 THREADID "$two"
}

@test "THREADID is kept by COPY and MOVE, in other mailboxes, in the next session, and without its message (RFC 8474 5.2)" {
	letter 1 a; letter 2 b 'In-Reply-To: <a@x>'; letter 3 ''; mailbox inbox "$T"/[1-3]; mailbox box
	open A inbox; must A 'FETCH 1:3 THREADID'; one=$(value A 1 THREADID); three=$(value A 3 THREADID)
	must A 'COPY 3 box'; must A 'MOVE 1 box'; must A 'SELECT box'; must A 'FETCH 1:2 THREADID'
	fetched A 1 THREADID "$three"; fetched A 2 THREADID "$one"
	letter 4 c 'In-Reply-To: <b@x>'; mailbox other "$T/4"; open B other; must B 'FETCH 1 THREADID'; fetched B 1 THREADID "$one"
	rm -f "$MAILDIR"/mayfly-index "$MAILDIR"/mayfly-cache; open C inbox; must C 'FETCH 1 THREADID'; fetched C 1 THREADID "$one"
}

@test "SEARCH THREADID finds the thread, and nothing for an id that nobody has (RFC 8474 6)" {
	letter 1 a; letter 2 b; letter 3 c 'References: <a@x>'; mailbox inbox "$T"/[1-3]
	open A inbox; must A 'SEARCH THREADID Tnone'; searched A ''
	must A 'FETCH 1:2 THREADID'; one=$(value A 1 THREADID); two=$(value A 2 THREADID)
	must A "SEARCH THREADID ${one//[()]/}"; searched A '1 3'; must A "UID SEARCH THREADID ${two//[()]/}"; searched A 2
	must A "SEARCH NOT THREADID ${one//[()]/}"; searched A 2; must A "SEARCH OR THREADID ${one//[()]/} THREADID ${two//[()]/}"; searched A '1 2 3'
	say A 'SEARCH THREADID'; bad A; say A 'SEARCH THREADID a.b'; bad A
}

@test "a mailbox of 2,000 has the threads of THREAD=REFS" {
	mailbox inbox; "$MAYFLY_SRC/tests/peer/make-mailbox" "$T/made" 2000; cp -a "$T/made/cur/." "$MAILDIR/cur/"; give "$MAILDIR"
	open A inbox; must A 'FETCH 1:* THREADID'; text A >"$T/ids"; must A 'THREAD REFS UTF-8 ALL'; text A >"$T/threads"
	python3 - "$T/ids" "$T/threads" "$T/made/cur" <<'P'
import os, re, sys
of = {int(n): t for n, t in re.findall(r"\* (\d+) FETCH \(THREADID \((\w+)\)\)", open(sys.argv[1]).read())}
assert len(of) == 2000 and len(set(of.values())) > 300, len(set(of.values()))
line = re.search(r"\* THREAD (.*)", open(sys.argv[2]).read()).group(1)
groups, depth, now = [], 0, ""
for c in line:
    depth += (c == "(") - (c == ")")
    now += c
    if depth == 0 and now.strip():
        groups.append([int(n) for n in re.findall(r"\d+", now)])
        now = ""
# ids that come twice are two messages for THREAD and one for THREADID: those may join what THREAD parts
ids = []
for name in sorted(os.listdir(sys.argv[3])):
    found = re.search(rb"(?im)^message-id:\s*(\S+)", open(os.path.join(sys.argv[3], name), "rb").read())
    ids.append(found.group(1) if found else name)
twice = {n + 1 for n, i in enumerate(ids) if ids.count(i) > 1}
for group in groups:
    told = {of[n] for n in group if n not in twice}
    assert len(told) <= 1, (group, told)
first = {}
for group in groups:
    if not twice & set(group):
        for other in first.setdefault(of[group[0]], group), group:
            assert other is group, (other, group)
P
}

@test "THREADID is NIL where it cannot be kept, and the same again after its file was lost (RFC 8474 5.2)" {
	letter 1 a; letter 2 b 'In-Reply-To: <a@x>'; mailbox inbox "$T"/[12]
	open A inbox; must A 'FETCH 1:2 THREADID'; one=$(value A 1 THREADID); close A
	cp "$MAILDIR/mayfly-threads" "$T/kept"; rm "$MAILDIR/mayfly-threads"; open A inbox; must A 'FETCH 1:2 THREADID'
	fetched A 1 THREADID "$one"; fetched A 2 THREADID "$one"; close A
	for cut in 10 23 30 71; do
		head -c $cut "$T/kept" >"$MAILDIR/mayfly-threads"; open A inbox; must A 'FETCH 2 THREADID'; fetched A 2 THREADID "$one"; close A
	done
	for at in 30 50 70; do
		cp "$T/kept" "$MAILDIR/mayfly-threads"; printf XXXX | dd of="$MAILDIR/mayfly-threads" bs=1 seek=$at conv=notrunc status=none
		open A inbox; must A 'FETCH 2 THREADID'; fetched A 2 THREADID "$one"; close A
	done
	echo 'mayfly-threads 99, of some later version' >"$MAILDIR/mayfly-threads"
	open A inbox; excuse A; must A 'FETCH 1 THREADID'; fetched A 1 THREADID NIL; must A 'SEARCH NOT THREADID T1'; searched A '1 2'
	[[ $(head -c 17 "$MAILDIR/mayfly-threads") == 'mayfly-threads 99' ]]
}

@test "who does not ask for THREADID pays nothing for it" {
	mailbox inbox plain.eml; open A inbox; must A 'FETCH 1 (FLAGS ENVELOPE EMAILID)'; must A 'THREAD REFERENCES UTF-8 ALL'; close A
	[[ ! -e $MAILDIR/mayfly-threads ]]
}
