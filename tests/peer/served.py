"""Does the server say of messages what our reading of them says?

served.py MAILDIR DESCRIBE COMMAND...   (COMMAND: a server on pipes, PREAUTH, for that Maildir)

tests/mail/compare.py compares our reading, as tests/mail/describe prints it, with
a peer's. This closes the gap between it and the wire: every item and section that
describe prints of a file is fetched from the server and must be the same octets
(for a NUL, what a literal may hold in its place).
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'lib'))
from protocol import NIL, Response, read_item_name, read_item_value, split_response  # noqa: E402


class Server:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.buffer = bytearray()
        self.tag = 0
        self.response()

    def response(self):
        while True:
            whole = split_response(self.buffer)
            if whole:
                del self.buffer[:whole[1]]
                return Response(whole[0])
            data = os.read(self.process.stdout.fileno(), 1 << 20)
            if not data:
                sys.exit('the server ended')
            self.buffer += data

    def say(self, command):
        self.tag += 1
        tag = b'a%d' % self.tag
        self.process.stdin.write(tag + b' ' + command.encode() + b'\r\n')
        self.process.stdin.flush()
        out = []
        while True:
            r = self.response()
            out.append(r)
            if r.tag == tag:
                if r.name != b'OK':
                    sys.exit('%s: %r' % (command[:200], r.raw))
                return out


def raw_items(response):
    """The items of a FETCH response as the octets that stand there."""
    c = response.cursor
    c.at = response.raw.index(b'(') + 1
    out = {}
    while True:
        name = read_item_name(c)
        c.space()
        start = c.at
        value = read_item_value(c, name)
        out[name.decode('latin-1')] = (response.raw[start:c.at], value)
        if c.peek() == b')':
            return out
        c.space()


def describe(program, paths):
    text = subprocess.run([program], input='\n'.join(paths).encode() + b'\n', stdout=subprocess.PIPE, check=True).stdout
    at = 0
    for path in paths:
        items = {}
        while not text.startswith(b'.\n', at):
            end = text.index(b'\n', at)
            name, size = text[at:end].decode().rsplit(' ', 1)
            items[name] = text[end + 1:end + 1 + int(size)]
            at = end + int(size) + 2
        at += 2
        yield path, items


def main():
    maildir, program, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    sys.setrecursionlimit(20000)
    paths = [os.path.join(maildir, 'cur', name) for name in sorted(os.listdir(os.path.join(maildir, 'cur')))]
    described = list(describe(program, paths))
    server = Server(command)
    server.say('EXAMINE INBOX')
    bad = count = 0
    for number, (path, items) in enumerate(described, 1):
        names = [n for n in items if not n.endswith('-WRONG-SIZE')]
        for i in range(0, len(names), 100):
            asked = ' '.join(n.replace('[', '.PEEK[', 1) if n.startswith(('BODY[', 'BINARY[')) else n for n in names[i:i + 100])
            got = {}
            for r in server.say('FETCH %d (%s)' % (number, asked)):
                if r.name == b'FETCH':
                    got.update(raw_items(r))
            for name in names[i:i + 100]:
                count += 1
                raw, value = got.get(name.upper(), (None, None))
                if name.startswith(('BODY[', 'BINARY[')):
                    ours = b'' if value is None or value is NIL else bytes(value)
                    same = ours == items[name].replace(b'\0', b'\x80') or ours == items[name]
                else:
                    same = raw == (items[name].lstrip(b'0') or b'0') or raw == items[name]
                if not same:
                    bad += 1
                    if bad <= 20:
                        print('%s %s: served %r, read %r' % (os.path.basename(path), name, (raw or b'')[:200], items[name][:200]))
    print('%d items of %d messages, %d differ' % (count, len(paths), bad))
    sys.exit(bad > 0)


main()
