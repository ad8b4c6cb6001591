# APPENDLIMIT: RFC 7889; SAVELIMIT: RFC 9738.
load ../lib

@test "the limit stands in CAPABILITY and in STATUS, and is kept (RFC 7889 2, 3, 4)" {
	mailbox inbox
	start A; must A CAPABILITY; limit=$(text A | sed -n 's/.* APPENDLIMIT=\([0-9]*\).*/\1/p' | head -n 1); [[ $limit -ge 1000000 ]]
	must A 'STATUS inbox (APPENDLIMIT)'; status A inbox APPENDLIMIT "$limit"
	must A 'LIST "" * RETURN (STATUS (APPENDLIMIT))'; status A INBOX APPENDLIMIT "$limit"
	say A "APPEND inbox {$((limit + 1))}"; no A TOOBIG; alive A
}

@test "how many messages one COPY or APPEND may add stands in CAPABILITY (RFC 9738 3)" {
	mailbox inbox; start A; must A CAPABILITY; heard A '* CAPABILITY {{.* SAVELIMIT=[0-9]{4,}( .*)?}}'
}
