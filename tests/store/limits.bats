# Few descriptors, little memory, no quota left: reading, removing and LOGOUT still work, and what does not is a clear NO.
load ../lib

# What a user does to get out of the trouble
way_out() {
	must "$1" 'SELECT inbox'; must "$1" 'FETCH 1 (UID FLAGS BODY.PEEK[])'; same "$1" 1 'BODY[]' plain.eml
	must "$1" 'STORE 1 +FLAGS (\Deleted)'; must "$1" EXPUNGE; must "$1" 'LIST "" *'; must "$1" LOGOUT; exited "$1" 0
}

@test "with 16 descriptors: all the usual commands, many times over (RLIMIT_NOFILE)" {
	mailbox inbox 3*plain.eml; mailbox box plain.eml; start A +rlimit=NOFILE=16; must A 'SELECT inbox'
	for i in {1..10}; do
		must A 'FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[])'; must A 'SEARCH TEXT nowhere'; must A 'COPY 1 box'; must A 'STATUS box (MESSAGES UNSEEN)'; must A 'APPEND box ' @+plain.eml
	done
	must A 'STATUS box (MESSAGES)'; status A box MESSAGES 21; must A 'MOVE 2 box'; must A 'CREATE x'; must A 'RENAME x y'; must A 'DELETE y'
	way_out A
}

@test "over quota: APPEND and COPY are NO [OVERQUOTA], all else works" {
	mailbox inbox 3*plain.eml; mailbox box; start A --quota=1M,2
	must A 'SELECT inbox'; say A 'APPEND box ' @+plain.eml; no A OVERQUOTA; say A 'COPY 1 box'; no A OVERQUOTA; count A 3
	must A 'MOVE 3 box'; must A 'STORE 1 +FLAGS (\Flagged kept)'; must A 'FETCH 1:* FLAGS'
	way_out A; start B --quota=1M,3; must B 'APPEND box ' @+plain.eml
}

@test "with 10 MB of address space: all but what the message module decodes, which is NO (RLIMIT_AS)" {
	! grep -q __asan_init "${MAYFLY_IMAP%% *}" || skip 'sanitizers need much more'
	mailbox inbox 3*plain.eml; mailbox box; start A +rlimit=AS=10000000; must A 'SELECT inbox'
	say A 'SEARCH TEXT "nowhere in here"'; alive A; must A 'SEARCH UNSEEN'; must A 'COPY 1 box'; must A 'APPEND box ' @+plain.eml; must A 'STATUS box (MESSAGES)'; status A box MESSAGES 2
	way_out A
}
