# Python's own IMAP library, over pipes as ssh would give them.
load ../lib
load lib

py() { as_user python3 -c "
import imaplib, sys
c = imaplib.IMAP4_stream('$T/server')
def ok(answer):
    assert answer[0] == 'OK', answer
    return answer[1]
$1
c.logout()
"; }

@test "imaplib lists, selects, fetches and searches" {
	mailbox inbox plain.eml plain-second.eml:S pdf-attachment.eml; mailbox 'Entw&APw-rfe'; tunnel >"$T/server"; chmod 755 "$T/server"
	py "
names = [line.split(b' \"/\" ')[1].strip(b'\"') for line in ok(c.list())]
assert sorted(names) == [b'Entw&APw-rfe', b'INBOX'], names
assert ok(c.select('INBOX')) == [b'3']
body = ok(c.fetch('1', '(RFC822.SIZE BODY.PEEK[])'))[0][1]
assert body == open('$MAIL/plain.eml', 'rb').read().replace(b'\n', b'\r\n')
assert ok(c.search(None, 'UNSEEN')) == [b'1 3']
assert ok(c.search('UTF-8', 'SUBJECT', '\"report\"')) == [b'3']
assert b'application' in ok(c.fetch('3', '(BODYSTRUCTURE)'))[0].lower()
assert ok(c.uid('FETCH', '2', '(FLAGS)')) == [b'2 (UID 2 FLAGS (\\\\Seen \\\\Recent))']
"
}

@test "imaplib appends, copies, stores, expunges, creates and deletes" {
	mailbox inbox plain.eml; tunnel >"$T/server"; chmod 755 "$T/server"
	py "
ok(c.create('Work')); ok(c.subscribe('Work'))
text = b'Subject: appended\r\n\r\nhello\r\n'
ok(c.append('Work', '\\\\Flagged', imaplib.Time2Internaldate(1400000000), text))
ok(c.select('Work')); assert ok(c.fetch('1', '(FLAGS BODY.PEEK[])'))[0][1] == text
ok(c.copy('1', 'INBOX')); ok(c.store('1', '+FLAGS', '\\\\Deleted')); assert ok(c.expunge()) == [b'1']
assert ok(c.select('INBOX')) == [b'2']
assert ok(c.search(None, 'FLAGGED')) == [b'2']
ok(c.close()); ok(c.rename('Work', 'Play')); ok(c.delete('Play')); ok(c.unsubscribe('Work'))
assert ok(c.status('INBOX', '(MESSAGES UIDNEXT)')) == [b'INBOX (MESSAGES 2 UIDNEXT 3)']
ok(c.namespace()); ok(c.enable('IMAP4rev2')) if 'ENABLE' in c.capabilities else None
"
}

@test "imaplib reads every odd message as its file is" {
	for f in "$MAIL"/*.eml; do [[ $(tr -dc '\0' <"$f" | wc -c) == 0 ]] && specs+=("${f##*/}"); done
	mailbox inbox "${specs[@]}"; tunnel >"$T/server"; chmod 755 "$T/server"; printf '%s\n' "${specs[@]}" >"$T/names"
	py "
import re, email.parser, email.policy
ok(c.select('INBOX', readonly=True))
for n, name in enumerate(open('$T/names').read().split('\n')[:-1], 1):
    got = ok(c.fetch(str(n), '(BODY.PEEK[])'))[0][1]
    want = re.sub(rb'(?<!\r)\n', b'\r\n', open('$MAIL/' + name, 'rb').read())
    assert got == want, name
"
}
