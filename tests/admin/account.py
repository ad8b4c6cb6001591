"""Talk to an IMAP server on a pipe, for tests of moving: `fill` an account as clients
would, or `show` all that a client remembers of it: mailboxes, subscriptions, UIDVALIDITY,
UIDs and flags, one a line. Names are printed as parts between "/", in UTF-7.

account.py fill|show COUNT COMMAND..."""
import re
import subprocess
import sys


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.tag = 0
        greeting = self.process.stdout.readline()
        assert greeting.startswith(b'* PREAUTH'), greeting
        lines = self.say('LIST "" ""')
        self.separator = re.search(r'\* LIST \([^)]*\) "(.)"', '\n'.join(lines)).group(1)
        self.prefix = 'INBOX.' if self.separator == '.' else ''

    def say(self, command, literal=None):
        self.tag += 1
        line = 'a%d %s' % (self.tag, command)
        if literal is not None:
            line += ' {%d}' % len(literal)
        self.process.stdin.write(line.encode() + b'\r\n')
        if literal is not None:
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            assert answer.startswith(b'+'), (line, answer)
            self.process.stdin.write(literal + b'\r\n')
        self.process.stdin.flush()
        heard = []
        while True:
            answer = self.process.stdout.readline().decode().rstrip('\r\n')
            assert answer or self.process.poll() is None, (line, heard)
            if answer.startswith('a%d ' % self.tag):
                assert answer.startswith('a%d OK' % self.tag), (line, answer)
                return heard + [answer]
            heard.append(answer)

    def name(self, parts):
        return '"%s"' % (parts if parts == 'INBOX' else self.prefix + parts.replace('/', self.separator))

    def parts(self, name):
        name = name.strip('"')
        if name != 'INBOX' and name.startswith(self.prefix):
            name = name[len(self.prefix):]
        return name.replace(self.separator, '/')

    def close(self):
        self.say('LOGOUT')
        self.process.stdin.close()
        assert self.process.wait() == 0


def fill(server, count):
    folders = ['INBOX', 'Work', 'Work/2024', 'Entw&APw-rfe', 'R&-D']
    folders += ['Folder %d' % n for n in range(max(0, count // 400 - 5))]
    for folder in folders:
        if folder != 'INBOX':
            server.say('CREATE ' + server.name(folder))
    for folder in folders[:4] + ['INBOX']:
        server.say('SUBSCRIBE ' + server.name(folder))
    flags = ['', '\\Seen', '\\Flagged \\Seen', '\\Answered todo', '$Label1 \\Seen', '\\Draft']
    for n in range(count):
        text = ('From: a@example.org\r\nTo: b@example.org\r\nMessage-ID: <%d@example.org>\r\n'
                'Subject: number %d\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n\r\nText %d.\r\n'
                % (n, n, n)).encode()
        server.say('APPEND %s (%s) "01-Jan-2024 10:%02d:00 +0000"'
                   % (server.name(folders[n % len(folders)]), flags[n % 6], n % 60), text)
    for folder in folders:
        server.say('SELECT ' + server.name(folder))
        server.say('STORE 1:2 +FLAGS ($Forwarded later)')
        server.say('STORE 3,5 +FLAGS (\\Deleted)')
        server.say('EXPUNGE')
        server.say('STORE 2 -FLAGS (later)')
        server.say('UID COPY 1:2 ' + server.name('Work'))


def show(server):
    names = []
    for line in server.say('LIST "" "*"'):
        found = re.match(r'\* LIST \(([^)]*)\) "." (.*)', line)
        if found and not re.search(r'\\No', found.group(1).replace('\\NoInferiors', '')):
            names.append(found.group(2))
    subscribed = [re.match(r'\* LSUB \([^)]*\) "." (.*)', line) for line in server.say('LSUB "" "*"')]
    for name in sorted(server.parts(found.group(1)) for found in subscribed if found):
        print('subscribed', name)
    for name in sorted(names, key=server.parts):
        heard = server.say('EXAMINE ' + name)
        valid = re.search(r'UIDVALIDITY (\d+)', '\n'.join(heard)).group(1)
        print('mailbox', server.parts(name), valid)
        if re.search(r'^\* 0 EXISTS', '\n'.join(heard), re.M):
            continue
        for line in server.say('UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)'):
            uid, flags = re.search(r'UID (\d+)', line), re.search(r'FLAGS \(([^)]*)\)', line)
            if line.startswith('* ') and uid and flags:
                date, size = re.search(r'INTERNALDATE "([^"]*)"', line), re.search(r'SIZE (\d+)', line)
                print(server.parts(name), uid.group(1), size.group(1), date.group(1)[:17].lstrip(' 0'), ' '.join(sorted(
                    f for f in flags.group(1).split() if f != '\\Recent')))


def main():
    server = Server(sys.argv[3:])
    if sys.argv[1] == 'fill':
        fill(server, int(sys.argv[2]))
    else:
        show(server)
    server.close()


main()
