# ESEARCH, one search in several mailboxes: RFC 7377; mailbox sources: RFC 5465 section 6.
load ../lib

boxes() {
	mailbox inbox plain.eml plain.eml:F
	mailbox work 2*plain.eml plain.eml:F; mailbox work/2024 plain.eml:F; mailbox work/2024/may 3*plain.eml:F; mailbox workshop plain.eml:F
	mailbox empty
}

# What was found where: "work:3 work/2024:1", in order.
found() {
	local got; got=$(text "$1" | sed -nE 's/^\* ESEARCH \(TAG "[^"]*" MAILBOX "?([^" ]+)"? UIDVALIDITY [0-9]+\) UID ALL ([0-9:,]+).*/\1:\2/p' | tr '\n' ' ')
	[[ $got == "${2:+$2 }" ]] || { echo "found '$got' and not '$2'"; return 1; }
}

@test "named mailboxes, whether one is selected or not; nothing is told of those without a match (RFC 7377 2.1, 2.2)" {
	boxes; start A
	must A 'ESEARCH IN (mailboxes (work empty work/2024)) FLAGGED'; found A 'work:3 work/2024:1'
	must A 'ESEARCH IN (mailboxes work) FLAGGED'; found A 'work:3'
	must A 'ESEARCH IN (mailboxes empty) ALL'; unheard A '* ESEARCH...'
	must A 'ESEARCH IN (mailboxes work) RETURN (MIN MAX COUNT) SEEN'; unheard A '* ESEARCH...'
	must A 'SELECT inbox'; must A 'ESEARCH IN (mailboxes work) FLAGGED'; found A 'work:3'
	must A 'SEARCH FLAGGED'; searched A 2
}

@test "subtree goes down all the way, subtree-one one step (RFC 7377 2.2)" {
	boxes; start A
	must A 'ESEARCH IN (subtree work) FLAGGED'; found A 'work:3 work/2024:1 work/2024/may:1:3'
	must A 'ESEARCH IN (subtree-one work) FLAGGED'; found A 'work:3 work/2024:1'
	must A 'ESEARCH IN (subtree (work/2024 workshop)) FLAGGED'; found A 'work/2024:1 work/2024/may:1:3 workshop:1'
}

@test "personal, inboxes and subscribed (RFC 5465 6)" {
	boxes; start A
	must A 'ESEARCH IN (personal) FLAGGED'; found A 'INBOX:2 work:3 work/2024:1 work/2024/may:1:3 workshop:1'
	must A 'ESEARCH IN (inboxes) FLAGGED'; found A 'INBOX:2 work:3 work/2024:1 work/2024/may:1:3 workshop:1'
	must A 'SUBSCRIBE work'; must A 'SUBSCRIBE nowhere'; must A 'ESEARCH IN (subscribed) FLAGGED'; found A 'work:3'
}

@test "selected is the default, and is told as the others are (RFC 7377 2.1, 2.2)" {
	boxes; open A work
	must A 'ESEARCH FLAGGED'; found A 'work:3'
	must A 'ESEARCH IN (selected) FLAGGED'; found A 'work:3'
	must A 'ESEARCH IN (selected mailboxes inbox) FLAGGED'; found A 'work:3 INBOX:2'
	must A 'ESEARCH RETURN (COUNT) ALL'; heard A '* ESEARCH (TAG "A5" MAILBOX ... UIDVALIDITY <n>) UID COUNT 3'
	must A 'ESEARCH SEEN'; unheard A '* ESEARCH...'
	must A 'esearch in (MAILBOXES work SELECTED subtree work) flagged'; found A 'work:3 work/2024:1 work/2024/may:1:3'
}

@test "each mailbox has its own numbers and its own * (RFC 7377 2)" {
	boxes; start A
	must A 'ESEARCH IN (mailboxes (inbox work)) *'; found A 'INBOX:2 work:3'
	must A 'ESEARCH IN (mailboxes (inbox work)) 3:100'; found A 'work:3'
	must A 'ESEARCH IN (mailboxes (inbox work)) UID 2:*'; found A 'INBOX:2 work:2:3'
	must A 'ESEARCH IN (personal) RETURN (PARTIAL 1:2) FLAGGED'; heard A '* ESEARCH (TAG "A4" MAILBOX work/2024/may UIDVALIDITY <n>) UID PARTIAL (1:2 1:2)'
}

@test "a mailbox that is not there, or that no name can mean, is passed over (RFC 7377 2.2, 5)" {
	boxes; start A
	must A 'ESEARCH IN (mailboxes (nowhere work ../x)) FLAGGED'; found A 'work:3'
	must A 'ESEARCH IN (subtree nowhere) ALL'; unheard A '* ESEARCH...'
}

@test "SAVE only with the selected one alone, selected only if there is one (RFC 7377 2.2)" {
	boxes; start A
	say A 'ESEARCH FLAGGED'; bad A; say A 'ESEARCH IN (selected) FLAGGED'; bad A
	must A 'SELECT work'
	must A 'ESEARCH RETURN (SAVE) FLAGGED'; unheard A '* ESEARCH...'; must A 'SEARCH $'; searched A 3
	say A 'ESEARCH IN (mailboxes work) RETURN (SAVE) FLAGGED'; bad A
	say A 'ESEARCH IN (selected mailboxes inbox) RETURN (SAVE) FLAGGED'; bad A
}

@test "the selected mailbox stays selected, whatever is searched (RFC 7377 2.1)" {
	boxes; open A work; open B inbox
	must A 'ESEARCH IN (personal) TEXT plain'; must A 'ESEARCH IN (mailboxes (work inbox)) ALL'; found A 'INBOX:1:2 work:1:3'
	count A 3; must A 'STORE 1 +FLAGS (\Deleted)'; must A EXPUNGE; count A 2; alive B; count B 2
}

@test "ESEARCH in bad form is BAD (RFC 7377 4)" {
	mailbox inbox plain.eml; open A inbox
	for args in '' 'IN () ALL' 'IN (nonsense) ALL' 'IN (mailboxes) ALL' 'IN (mailboxes ()) ALL' 'IN (mailboxes a' 'IN mailboxes a ALL' \
		'IN (selected-delayed) ALL' 'IN (mailboxes inbox (scope)) ALL' 'IN (mailboxes inbox)' 'RETURN (COUNT) IN (mailboxes inbox) ALL' 'NONSENSE'; do
		say A "ESEARCH $args"; bad A; unheard A '* ESEARCH...'
	done
	say A 'ESEARCH CHARSET X-MARTIAN ALL'; no A BADCHARSET; alive A
}

@test "names go out as the client spells them" {
	mailbox inbox; start A; must A 'CREATE "M&APw-ll"'; must A 'APPEND "M&APw-ll" ' '=Subject: x'; must A 'ESEARCH IN (personal) ALL'
	heard A '* ESEARCH (TAG "A3" MAILBOX "M&APw-ll" UIDVALIDITY <n>) UID ALL 1' || heard A '* ESEARCH (TAG "A3" MAILBOX M&APw-ll UIDVALIDITY <n>) UID ALL 1'
	must A 'ENABLE IMAP4rev2'; must A 'ESEARCH IN (mailboxes "Müll") ALL'; heard A '* ESEARCH (TAG "A5" MAILBOX "Müll" UIDVALIDITY <n>) UID ALL 1'
}
