# What SEARCH may cost: cheap keys open no message file, cached headers neither, texts only where nothing else decided.
load ../lib

# Files of messages that the trace shows opened, in order, without directories.
opened() { grep -oE 'openat\([^)]*(:2,|plain|pdf)[^"]*"' "$T/trace" | grep -c . || :; }

traced() {
	: >"$T/trace"; chmod 666 "$T/trace"
	start A +env=ASAN_OPTIONS=detect_leaks=0 "+under=strace -f -o $T/trace -e trace=open,openat,openat2"; must A 'SELECT inbox'
}

@test "flags, numbers, UIDs, keywords, mod-sequences, dates and most sizes open no file, even the first time" {
	needs strace
	mailbox inbox 30*plain.eml:S 10*pdf-attachment.eml plain.eml@1400000000; traced
	for key in ALL SEEN UNSEEN 'NOT SEEN' 'KEYWORD $Junk' 5:10 'UID 7:*' 'MODSEQ 1' 'BEFORE 1-Jan-2020' 'SINCE 1-Jan-2020' 'ON 13-May-2014' \
		'OLDER 3600' 'YOUNGER 3600' 'SAVEDSINCE 1-Jan-2020' SAVEDATESUPPORTED 'EMAILID Mabc' 'LARGER 100' 'SMALLER 10000000' 'OR SEEN LARGER 1' '$' NEW OLD; do
		must A "SEARCH $key"
	done
	must A 'SEARCH ON 13-May-2014'; searched A 41
	must A 'UID SEARCH RETURN (MIN COUNT) SINCE 1-Jan-2020 SEEN'; must A 'SORT (ARRIVAL) UTF-8 ALL'; close A
	[[ $(opened) -eq 0 ]]
}

@test "a message is read once for its header, then the cache knows it" {
	needs strace
	mailbox inbox 20*plain.eml; traced
	must A 'SEARCH SUBJECT plain'; close A; [[ $(opened) -eq 20 ]]
	traced; must A 'SEARCH SUBJECT plain FROM lark TO ben SENTSINCE 1-Jan-2020'; searched A "$(seq -s ' ' 20)"
	must A 'SEARCH HEADER Message-ID odd HEADER References x'; must A 'SEARCH LARGER 10 SMALLER 99999'; must A 'SEARCH NOT CC nobody'; close A
	[[ $(opened) -eq 0 ]]
}

@test "BODY reads only what flags, dates and headers left over" {
	needs strace
	mailbox inbox 20*plain.eml 3*plain-second.eml:F; open A inbox; must A 'SEARCH SUBJECT x'; close A
	traced; must A 'SEARCH BODY all FLAGGED'; close A; [[ $(opened) -le 3 ]]
	traced; must A 'SEARCH BODY all SUBJECT another'; close A; [[ $(opened) -le 3 ]]
	traced; must A 'SEARCH OR BODY all NOT SUBJECT nothing'; searched A "$(seq -s ' ' 23)"; close A; [[ $(opened) -eq 0 ]]
	traced; must A 'SEARCH RETURN (MIN) BODY all'; close A; [[ $(opened) -lt 23 ]] || [[ $(opened) -le 46 ]]
}

@test "a session that searched texts has not loaded the MIME module" {
	mailbox inbox 5*plain.eml; open A inbox; must A 'SEARCH TEXT nowhere'; searched A ''; must A 'SEARCH BODY "this is all"'; searched A '1 2 3 4 5'
	refute grep -q gmime "/proc/$(pid A)/maps"
}

@test "a client that hangs up ends a long SEARCH and all that works for it" {
	mkdir "$T/large"; "$MAIL/make-large" "$T/large" body-of-20-MB
	mailbox inbox 60*"$T/large/body-of-20-MB.eml"; open A inbox; server=$(pid A)
	excuse A; raw A 'x SEARCH BODY "no such words"\r\n'; close A
	refute kill -0 "$server"
	refute pgrep -P "$server"
}
