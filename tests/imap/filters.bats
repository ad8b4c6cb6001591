# FILTERS: named searches, RFC 5466.
load ../lib

keep() { must A 'SETMETADATA "" (/'"$1"'/filters/values/'"$2" ' ' "=$3" ')'; }

@test "FILTER stands for the program that is kept under its name (RFC 5466 3.1)" {
	mailbox inbox plain.eml:S plain.eml:F plain.eml 8bit-utf8-subject.eml; open A inbox
	keep private busy 'UNSEEN OR FLAGGED SMALLER 100'; keep private later 'FILTER busy UID 1:3'
	must A 'SEARCH FILTER busy'; searched A 2
	must A 'SEARCH NOT FILTER busy'; searched A '1 3 4'
	must A 'SEARCH OR FILTER busy SEEN'; searched A '1 2'
	must A 'SEARCH 2:3 (FILTER later) ALL'; searched A 2
	must A 'UID SEARCH RETURN (COUNT) filter Busy'; heard A '* ESEARCH (TAG "A8") UID COUNT 1'
	must A 'SORT (ARRIVAL) UTF-8 FILTER busy'; heard A '* SORT 2'
	must A 'THREAD REFERENCES UTF-8 FILTER busy'; heard A '* THREAD (2)'
	must A 'ESEARCH IN (mailboxes inbox) FILTER busy'; heard A '* ESEARCH ...UID ALL 2'
	must A CAPABILITY; heard A '* CAPABILITY ... FILTERS ...'
}

@test "strings of a filter are UTF-8, and so must the command's be (RFC 5466 3.1)" {
	mailbox inbox plain.eml 8bit-utf8-subject.eml; open A inbox
	keep private grand 'SUBJECT "\xc3\xa9"'
	must A 'SEARCH FILTER grand'; must A 'SEARCH CHARSET US-ASCII FILTER grand'; must A 'SEARCH CHARSET UTF-8 FILTER grand'
	say A 'SEARCH CHARSET ISO-8859-1 FILTER grand'; bad A BADCHARSET
}

@test "/private comes before /shared (RFC 5466 3.1, 3.2)" {
	mailbox inbox plain.eml:S plain.eml; open A inbox
	keep shared mine SEEN; must A 'SEARCH FILTER mine'; searched A 1
	keep private mine UNSEEN; must A 'SEARCH FILTER mine'; searched A 2
	must A 'SETMETADATA "" (/private/filters/values/mine NIL)'; must A 'SEARCH FILTER mine'; searched A 1
}

@test "a filter that is not there, or that goes in a circle, is NO [UNDEFINED-FILTER] (RFC 5466 3.1)" {
	mailbox inbox plain.eml; open A inbox
	say A 'SEARCH FILTER none'; no A UNDEFINED-FILTER; code A | grep -qx '.*UNDEFINED-FILTER none.*'
	must A 'SETMETADATA inbox (/private/filters/values/box "ALL")'; say A 'SEARCH FILTER box'; no A UNDEFINED-FILTER; code A | grep -qx '.*UNDEFINED-FILTER box.*'
	keep private a 'FILTER b'; keep private b 'FILTER c'; keep private c 'FILTER a'; say A 'SEARCH FILTER a'; no A; code A | grep -q '^UNDEFINED-FILTER [abc]$'
	keep private c 'FILTER d'; say A 'SEARCH FILTER a'; no A UNDEFINED-FILTER; code A | grep -qx '.*UNDEFINED-FILTER d.*'
	keep private d ALL; must A 'SEARCH FILTER a'; searched A 1
	keep private many "$(printf 'FILTER d %.0s' {1..60})ALL"; must A 'SEARCH FILTER many'; say A 'SEARCH FILTER many FILTER many'; no A LIMIT; alive A
	for wrong in 'SEARCH FILTER' 'SEARCH FILTER ' 'SEARCH FILTER (a)' 'SEARCH FILTER a b'; do say A "$wrong"; bad A; done
}

@test "what is no whole search program is not kept as a filter (RFC 5466 3.2)" {
	mailbox inbox plain.eml; open A inbox
	for wrong in 'OR SMALLER' 'SEEN)' '(SEEN' NONSENSE '' 'SUBJECT {3}' 'SEEN UNSEEN SINCE' 'SUBJECT "x'; do
		say A 'SETMETADATA "" (/private/filters/values/wrong ' "=$wrong" ')'; no A
	done
	must A 'GETMETADATA "" /private/filters/values/wrong'; heard A '* METADATA "" (/private/filters/values/wrong NIL)'
	must A 'SETMETADATA "" (/private/filters/descriptions/wrong "anything (")'
	must A 'SETMETADATA inbox (/private/filters/values/wrong "not the server")'
}
