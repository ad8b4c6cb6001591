"""Compare mail that a client downloaded with the files of the Maildir it came from.

same_mail.py mbsync MAILDIR DOWNLOADED   a Maildir whose names tell the UID (,U=7)
same_mail.py curl MAILDIR DOWNLOADED     files named by UID, as sent: CRLF line ends

UIDs are counted from 1 in the order of the names' times, which is how a fresh
mailbox gives them. mbsync drops every CR and adds a line of its own to the header,
X-TUID: both are left out of the comparison with it.
"""
import os
import re
import sys


def crlf(data):
    return re.sub(rb'(?<!\r)\n', b'\r\n', data)


def originals(maildir):
    names = []
    for sub in ('cur', 'new'):
        folder = os.path.join(maildir, sub)
        names.extend((entry.split(':')[0], os.path.join(folder, entry)) for entry in os.listdir(folder))
    return [path for _, path in sorted(names)]


def downloaded(kind, top):
    if kind == 'curl':
        return {int(name): os.path.join(top, name) for name in os.listdir(top)}
    out = {}
    for sub in ('cur', 'new'):
        for name in os.listdir(os.path.join(top, sub)):
            out[int(re.search(r',U=(\d+)', name).group(1))] = os.path.join(top, sub, name)
    return out


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def main():
    kind, maildir, top = sys.argv[1:]
    wanted, got = originals(maildir), downloaded(kind, top)
    if sorted(got) != list(range(1, len(wanted) + 1)):
        sys.exit('%d messages, %d downloaded' % (len(wanted), len(got)))
    bad = 0
    for uid, path in enumerate(wanted, 1):
        a, b = crlf(read(path)), read(got[uid])
        if kind == 'mbsync':
            a = a.replace(b'\r', b'')
            b = re.sub(rb'(?m)^X-TUID: .{12}\n', b'', b, count=1)
        if a != b:
            bad += 1
            if bad <= 10:
                print('UID %d differs: %s (%d octets, %d downloaded)' % (uid, os.path.basename(path), len(a), len(b)))
    if bad:
        sys.exit('%d of %d differ' % (bad, len(wanted)))


main()
