# SORT and UID SORT: RFC 5256 section 3 (BASE.6.4.SORT), RFC 5957, RFC 5267 section 3 (ESORT), RFC 5255 (I18NLEVEL=1).
load ../lib

# letter NAME FIELD...: a small message in $T
letter() {
	local name=$1; shift
	printf '%s\n' "$@" '' 'text' >"$T/$name"
}

sorted() { heard "$1" "* SORT${2:+ $2}"; }

some_letters() {
	letter 1 'From: Zoe <anna@x.org>' 'To: dan@x.org' 'Cc: c@x' 'Subject: Re: b' 'Date: Tue, 1 Feb 1994 12:00:00 +0100'
	letter 2 'From: adam <Bert@x.org>' 'To: "" <carl@x.org>, aa@b' 'Subject: B' 'Date: Tue, 1 Feb 1994 10:59:59 +0000'
	letter 3 'From: berta@x.org' 'To: =?utf-8?q?=C3=84nne?= <x@y>' 'Cc: b@x' 'Subject: =?utf-8?q?=C3=84pfel?=' 'Date: nonsense' "X-Long: $(printf 'x%.0s' {1..500})"
	letter 4 'X-Nothing: here'
	letter 5 'From: team: z@z;' 'Cc: x <C@y>' 'Subject: [list] a (fwd)' 'Date: 1 Jan 1960 00:00:00 +0000'
	mailbox inbox "$T/1@800000000" "$T/2@700000000" "$T/3@600000000" "$T/4@1" "$T/5@900000000"
}

@test "SORT by every key, and in REVERSE (RFC 5256 3)" {
	some_letters; open A inbox
	must A 'SORT (ARRIVAL) UTF-8 ALL'; sorted A '4 3 2 1 5'
	must A 'SORT (REVERSE ARRIVAL) UTF-8 ALL'; sorted A '5 1 2 3 4'
	must A 'SORT (SIZE) UTF-8 ALL'; sorted A '4 5 1 2 3'
	must A 'SORT (DATE) UTF-8 ALL'; sorted A '5 4 3 2 1'
	must A 'SORT (SUBJECT) UTF-8 ALL'; sorted A '4 5 3 1 2'
	must A 'SORT (REVERSE SUBJECT) UTF-8 ALL'; sorted A '1 2 3 5 4'
	must A 'SORT (FROM) UTF-8 ALL'; sorted A '4 1 2 3 5'
	must A 'SORT (TO) UTF-8 ALL'; sorted A '4 5 2 1 3'
	must A 'SORT (CC) UTF-8 ALL'; sorted A '2 4 3 1 5'
}

@test "several keys, each reversed by itself; ties in the order of the mailbox (RFC 5256 3)" {
	some_letters; open A inbox
	must A 'SORT (SUBJECT ARRIVAL) UTF-8 ALL'; sorted A '4 5 3 2 1'
	must A 'SORT (SUBJECT REVERSE ARRIVAL) UTF-8 ALL'; sorted A '4 5 3 1 2'
	must A 'SORT (CC REVERSE FROM) UTF-8 ALL'; sorted A '2 4 3 5 1'
	must A 'sort (reverse subject date size) us-ascii all'; sorted A '2 1 3 5 4'
	must A 'SORT (CC) UTF-8 2 4'; sorted A ''; must A 'SORT (CC) UTF-8 OR 2 4'; sorted A '2 4'
}

@test "DISPLAYFROM and DISPLAYTO: the name, else the address, else nothing (RFC 5957 3)" {
	some_letters; open A inbox
	must A 'SORT (DISPLAYFROM) UTF-8 ALL'; sorted A '4 2 3 5 1'
	must A 'SORT (DISPLAYTO) UTF-8 ALL'; sorted A '4 5 3 2 1'
	must A 'SORT (REVERSE DISPLAYTO) UTF-8 ALL'; sorted A '1 2 3 4 5'
}

@test "case and accents do not part what belongs together (RFC 5255 4.3)" {
	letter 1 'Subject: zebra'; letter 2 'Subject: =?utf-8?q?=C3=A9toile?='; letter 3 'Subject: ETOILE'; letter 4 'Subject: F'
	letter 5 'Subject: =?koi8-r?b?1cTB?='; letter 6 'Subject: =?utf-8?b?0KPQlNCQ?='
	mailbox inbox "$T"/[1-6]; open A inbox
	must A 'SORT (SUBJECT) UTF-8 ALL'; sorted A '3 2 4 1 5 6'
	must A CAPABILITY; heard A '* CAPABILITY ... I18NLEVEL=1 ...'
}

@test "what the search found is sorted, and UID SORT tells UIDs (RFC 5256 3)" {
	some_letters; open A inbox; must A 'STORE 1 +FLAGS.SILENT (\Deleted)'; must A EXPUNGE
	must A 'SORT (ARRIVAL) UTF-8 2:4'; sorted A '3 2 4'
	must A 'UID SORT (ARRIVAL) UTF-8 2:4'; sorted A '4 3 5'
	must A 'UID SORT (ARRIVAL) UTF-8 UID 3:4'; sorted A '4 3'
	must A 'SORT (ARRIVAL) UTF-8 FLAGGED'; sorted A ''
}

@test "SORT with MODSEQ tells the highest (RFC 7162 3.1.5)" {
	mailbox inbox 3*plain.eml; open A inbox; must A 'STORE 2 +FLAGS (\Flagged)'
	must A 'SORT (REVERSE ARRIVAL) UTF-8 MODSEQ 1'; heard A '* SORT ... (MODSEQ <n>)'
	must A 'SORT (ARRIVAL) UTF-8 MODSEQ 9223372036854775807'; sorted A ''
}

@test "SORT RETURN: MIN and MAX are the ends, ALL keeps the order (RFC 5267 3.1, 3.2)" {
	some_letters; open A inbox
	must A 'SORT RETURN () (ARRIVAL) UTF-8 ALL'; heard A '* ESEARCH (TAG "A2") ALL 4,3,2,1,5'
	must A 'SORT RETURN (MIN MAX COUNT) (ARRIVAL) UTF-8 ALL'; heard A '* ESEARCH (TAG "A3") MIN 4 MAX 5 COUNT 5'
	must A 'UID SORT RETURN (ALL) (SIZE) UTF-8 3:5'; heard A '* ESEARCH (TAG "A4") UID ALL 4:5,3'
	must A 'SORT RETURN (PARTIAL 2:3) (ARRIVAL) UTF-8 ALL'; heard A '* ESEARCH (TAG "A5") PARTIAL (2:3 3,2)'
	must A 'SORT RETURN (PARTIAL -1:-2) (ARRIVAL) UTF-8 ALL'; heard A '* ESEARCH (TAG "A6") PARTIAL (-1:-2 1,5)'
	must A 'SORT RETURN (COUNT) (ARRIVAL) UTF-8 FLAGGED'; heard A '* ESEARCH (TAG "A7") COUNT 0'
	must A 'SORT RETURN (SAVE) (ARRIVAL) UTF-8 OR 2 5'; unheard A '* ESEARCH...'; must A 'SEARCH $'; searched A '2 5'
	must A 'SORT RETURN (SAVE MIN) (REVERSE ARRIVAL) UTF-8 ALL'; must A 'SEARCH $'; searched A 5
}

@test "SORT in bad form is BAD, an unknown charset NO [BADCHARSET] (RFC 5256 3, 5)" {
	mailbox inbox plain.eml; open A inbox
	for args in '' '()' 'DATE UTF-8 ALL' '(DATE' '(DATE) ALL' '(DATE) UTF-8' '(DATE ) UTF-8 ALL' '(REVERSE) UTF-8 ALL' '(NONSENSE) UTF-8 ALL' \
		'(REVERSE REVERSE DATE) UTF-8 ALL' '(DATE)UTF-8 ALL' '(DATE) CHARSET UTF-8 ALL' '(DATE) UTF-8 NONSENSE' 'RETURN (DATE) UTF-8 ALL'; do
		say A "SORT $args"; [[ $args == '(DATE) ALL' || $args == *' CHARSET '* ]] || bad A; unheard A '* SORT...'
	done
	say A 'SORT (DATE) X-MARTIAN ALL'; no A BADCHARSET; alive A
}

@test "every odd message sorts by every key" {
	for f in "$MAIL"/*.eml; do specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"; open A inbox; n=${#specs[@]}; count A "$n"
	for key in ARRIVAL CC DATE DISPLAYFROM DISPLAYTO FROM SIZE SUBJECT TO; do
		must A "SORT ($key REVERSE SIZE) UTF-8 ALL"
		[[ $(text A | sed -n 's/^\* SORT //p' | tr ' ' '\n' | sort -n | tr '\n' ' ') == "$(seq -s ' ' "$n") " ]]
	done
}
