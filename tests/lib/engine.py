"""What stands behind tests/lib.bash: sessions, Maildirs, and questions about answers.

One engine a test. It reads requests on its standard input, each a count and that
many netstrings, and answers each with "0" or "1" (as a shell means them) and one
netstring. The functions named do_* are the requests; lib.bash says what they are
for. Started by root it gives the Maildirs to nobody and starts servers as nobody:
a mail server has no business to run as root, and root would not see a mode refused.
"""
import itertools
import os
import pwd
import re
import shutil
import signal
import sys
import time

from protocol import Atom, NIL, plain, shown
from session import PATIENCE, Failed, Session

sys.setrecursionlimit(20000)
SPECIAL_CHARACTERS = {'r': '\r', 'n': '\n', 't': '\t', '\\': '\\', 'e': '\x1b', '"': '"'}


def pattern(text):
    """A pattern as tests write it: all is literal but "..." (anything), "<n>" (a number) and "{{regex}}"."""
    out = b''
    for piece in re.split(rb'(?s)(\.\.\.|<n>|\{\{.*?\}\})', text):
        if piece == b'...':
            out += b'.*'
        elif piece == b'<n>':
            out += b'[0-9]+'
        elif piece.startswith(b'{{') and piece.endswith(b'}}'):
            out += b'(?:' + piece[2:-2] + b')'
        else:
            out += re.escape(piece)
    return re.compile(out, re.S)


def unescape(text):
    """\\r \\n \\t \\e \\0 \\xHH in what a test sends raw; any other backslash stands for itself."""
    def one(found):
        code = found.group(1)
        if code[:1] == b'x':
            return bytes([int(code[1:], 16)])
        if code == b'0':
            return b'\0'
        return SPECIAL_CHARACTERS[code.decode()].encode()
    return re.sub(rb'\\(x[0-9a-fA-F]{2}|[rnte0\\])', one, text)


def crlf(data):
    """A file as it goes over the wire: each LF without a CR before it becomes CRLF."""
    return re.sub(rb'(?<!\r)\n', b'\r\n', data)


class Engine:
    def __init__(self, top, command, mail):
        self.top, self.command, self.mail = top, command.split(), mail
        self.maildir = os.path.join(top, 'Maildir')
        self.layout = 'maildir++'
        self.sessions = {}
        self.ended = []
        self.serial = 0
        self.user = None
        self.env = dict(os.environ, HOME=top, LC_ALL='C.UTF-8', TZ='UTC')
        self.env.pop('MAYFLY_TEST_PATIENCE', None)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam('nobody')
            self.user = (nobody.pw_uid, nobody.pw_gid)
            self.env.update(USER='nobody', LOGNAME='nobody')
            os.chown(top, *self.user)

    # Maildirs

    def own(self, path):
        if self.user:
            os.chown(path, *self.user, follow_symlinks=False)

    def make_dir(self, path):
        if not os.path.isdir(path):
            self.make_dir(os.path.dirname(path))
            os.mkdir(path, 0o700)
            self.own(path)

    def folder(self, name):
        if name.upper() == 'INBOX':
            return self.maildir
        if self.layout == 'fs':
            return os.path.join(self.maildir, name)
        return os.path.join(self.maildir, '.' + name.replace('/', '.'))

    def do_folders(self, count, name):
        """Many empty folders: name and a number."""
        for i in range(1, int(count) + 1):
            self.make_folder('%s%d' % (name, i))
        return ''

    def make_folder(self, name):
        path = self.folder(name)
        for sub in ('cur', 'new', 'tmp'):
            self.make_dir(os.path.join(path, sub))
        if path != self.maildir and self.layout == 'maildir++':
            mark = os.path.join(path, 'maildirfolder')
            open(mark, 'ab').close()
            self.own(mark)
        return path

    def source(self, name):
        path = name if '/' in name else os.path.join(self.mail, name)
        with open(path, 'rb') as f:
            return f.read()

    def put(self, name, spec):
        """Deliver COUNT*FILE@TIME:FLAGS: to cur with flags, or to new without the colon part. The last name."""
        found = re.fullmatch(r'(?:(\d+)\*)?(.*?)(?:@(\d+))?(?::([A-Za-z]*))?', spec)
        times, source, when, flags = found.groups()
        data = self.source(source)
        folder = self.make_folder(name)
        base = None
        for _ in range(int(times or 1)):
            self.serial += 1
            moment = int(when or 1700000000 + self.serial)
            base = '%d.M%06dP1.%s' % (1700000000 + self.serial, self.serial,
                                      re.sub(r'[^A-Za-z0-9-]', '-', os.path.basename(source)[:40]))
            tmp = os.path.join(folder, 'tmp', base)
            with open(tmp, 'wb') as f:
                f.write(data)
            os.utime(tmp, (moment, moment))
            self.own(tmp)
            base = os.path.join('new', base) if flags is None else os.path.join('cur', base + ':2,' + flags)
            os.rename(tmp, os.path.join(folder, base))
        return os.path.join(folder, base) if base else ''

    def do_mailbox(self, name, *specs):
        """Messages come to lie in cur, flags behind a colon; ":new" leaves one in new."""
        self.make_folder(name)
        for spec in specs:
            if spec.endswith(':new'):
                spec = spec[:-4]
            elif not re.search(r':[A-Za-z]*$', spec):
                spec += ':'
            self.put(name, spec)
        return ''

    def do_deliver(self, name, *specs):
        return '\n'.join(self.put(name, spec) for spec in specs)

    def do_layout(self, layout):
        self.layout = layout
        return ''

    def do_folder(self, name):
        return self.folder(name)

    def do_give(self, *paths):
        """Let what the test itself made belong to the user of the server."""
        for path in paths:
            self.own(path)
            for top, dirs, files in os.walk(path):
                for entry in dirs + files:
                    self.own(os.path.join(top, entry))
        return ''

    # sessions

    def get(self, name):
        if name not in self.sessions:
            raise Failed('no session %s' % name)
        return self.sessions[name]

    def do_start(self, name, *options):
        """Words with a plus are ours (+socket +tcp +silent +env=N=V +maildir=DIR +under=COMMAND +rlimit=NAME=N)."""
        ours, env, argv, maildir = {}, dict(self.env), list(self.command), self.maildir
        theirs, under = [], []
        for option in options:
            if not option.startswith('+'):
                theirs.append(option)
                continue
            key, _, value = option[1:].partition('=')
            if key == 'env':
                variable, _, value = value.partition('=')
                env[variable] = value
            elif key == 'maildir':
                maildir = value
            elif key == 'under':
                under = value.split()
            elif key == 'rlimit':
                limit, _, value = value.partition('=')
                ours.setdefault('rlimits', []).append((limit, int(value)))
            else:
                ours[key] = True
        if name in self.sessions:
            self.ended.append(self.sessions.pop(name))
        argv = under + argv + theirs + ([maildir] if maildir else [])
        path = os.path.join(self.top, 'transcript.' + name)
        session = Session(name, argv, env, self.user, path, os.path.join(self.top, 'stderr.' + name), ours)
        self.sessions[name] = session
        if ours.get('silent'):
            return ''
        greeting = session.greeting()
        if greeting.name != b'PREAUTH':
            raise Failed('%s: greeted with %r' % (name, greeting.raw))
        return ''

    def do_open(self, name, mailbox, *options):
        self.do_start(name, *options)
        answer = self.get(name).command([b'SELECT ' + quoted(mailbox)])
        if answer.name != b'OK':
            raise Failed('%s: SELECT %s: %r' % (name, mailbox, answer.raw))
        return ''

    def do_say(self, name, *parts):
        out = []
        for part in parts:
            found = re.match(r'([@=])(~?)(\+?)', part)
            if not found:
                out.append(os.fsencode(part))
                continue
            text = part[found.end():]
            data = crlf(self.source(text)) if found.group(1) == '@' else unescape(os.fsencode(text))
            out.append((found.group(2).encode(), found.group(3).encode(), data))
        self.get(name).command(out)
        return ''

    def do_must(self, name, *parts):
        self.do_say(name, *parts)
        return self.do_result(name, 'OK')

    def do_raw(self, name, text):
        session = self.get(name)
        session.begin()
        session.write(unescape(os.fsencode(text)))
        return ''

    def do_pour(self, name, path):
        """Send a whole file as it is."""
        session = self.get(name)
        session.begin()
        session.write(self.source(path))
        return ''

    def do_repeat(self, name, count, text):
        session = self.get(name)
        session.begin()
        session.write(unescape(os.fsencode(text)) * int(count))
        return ''

    def do_trickle(self, name, text):
        session = self.get(name)
        session.begin()
        data = unescape(os.fsencode(text))
        session.note(b'C: ', data)
        for i in range(len(data)):
            session.write(data[i:i + 1], note=False)
            session.drained()
        return ''

    def do_clogged(self, name):
        self.get(name).clogged()
        return ''

    def do_cleave(self, name, text):
        """Send the script cut in two at every place in turn, each %T a new tag; all must be answered OK in order."""
        session = self.get(name)
        script = unescape(os.fsencode(text))
        tags = script.count(b'%T')
        for cut in range(1, len(re.sub(rb'%T', b'T0000', script))):
            data, asked = b'', []
            for i, piece in enumerate(script.split(b'%T')):
                if i:
                    session.serial += 1
                    asked.append(b'T%04d' % (session.serial % 10000))
                    data += asked[-1]
                data += piece
            session.begin()
            session.write(data[:cut])
            session.drained()
            session.write(data[cut:])
            for tag in asked:
                answer = session.await_response(lambda r: r.tag not in (b'*', b'+'), 'it answered')
                if answer.tag != tag or answer.name != b'OK':
                    raise Failed('cut after %r: %r' % (data[:cut], answer.raw))
        return '%d' % tags

    def do_await(self, name, text):
        """Wait for a response that matches; what came already counts."""
        session = self.get(name)
        wanted = pattern(os.fsencode(text))
        if not any(wanted.fullmatch(r.shown()) for r in session.said):
            session.await_response(lambda r: wanted.fullmatch(r.shown()), 'it said ' + text)
        return ''

    def do_forget(self, name):
        """From here on `heard` and the others look at what comes now."""
        self.get(name).begin()
        return ''

    def do_result(self, name, status, code=None):
        session = self.get(name)
        tagged = [r for r in session.said if r.tag not in (b'*', b'+')]
        if not tagged:
            raise Failed('%s: no tagged answer' % name)
        r = tagged[-1]
        if r.name != status.encode():
            raise Failed('%s: wanted %s, got %s' % (name, status, shown(r.raw).decode('latin-1')))
        if code is not None and not (r.code and r.code[0] == code.upper().encode()):
            raise Failed('%s: wanted [%s], got %s' % (name, code, shown(r.raw).decode('latin-1')))
        return ''

    def do_code(self, name):
        """The response code of the last tagged answer, words and all."""
        r = [r for r in self.get(name).said if r.tag not in (b'*', b'+')][-1]
        if not r.code:
            return ''
        return re.match(rb'[^\[]*\[([^\]]*)\]', r.raw).group(1)

    def do_heard(self, name, text, times=None):
        session = self.get(name)
        wanted = pattern(os.fsencode(text))
        n = sum(1 for r in session.said if wanted.fullmatch(r.shown()))
        if (n == 0) if times is None else (n != int(times)):
            raise Failed('%s: heard %d times, not %s: %s' % (name, n, times or 'once', text))
        return ''

    def do_unheard(self, name, text):
        return self.do_heard(name, text, '0')

    def do_order(self, name, *texts):
        """The patterns match responses in this order, others between them or not."""
        session = self.get(name)
        at = 0
        for text in texts:
            wanted = pattern(os.fsencode(text))
            while at < len(session.said) and not wanted.fullmatch(session.said[at].shown()):
                at += 1
            if at == len(session.said):
                raise Failed('%s: not heard in this order: %s' % (name, text))
            at += 1
        return ''

    def do_text(self, name):
        return b'\n'.join(r.shown() for r in self.get(name).said)

    # what FETCH said

    def item(self, name, number, item):
        session = self.get(name)
        value = None
        item = item.upper().encode()
        for r in session.said:
            if r.name in (b'FETCH', b'UIDFETCH') and r.number == int(number) and r.data and item in r.data:
                value = r.data[item]
        if value is None:
            raise Failed('%s: no %s of message %s' % (name, item.decode(), number))
        return value

    def do_value(self, name, number, item):
        value = self.item(name, number, item)
        if item.upper() == 'FLAGS':
            return b' '.join(sorted((f for f in value if f.lower() != b'\\recent'), key=bytes.lower))
        if isinstance(value, list) or isinstance(value, Atom):
            return plain(value)
        return shown(value)

    def do_fetched(self, name, number, item, wanted):
        value = self.do_value(name, number, item)
        if value != os.fsencode(wanted):
            raise Failed('%s: %s of message %s is\n%s\nand not\n%s' % (
                name, item, number, value.decode('latin-1'), wanted))
        return ''

    def do_fetched_like(self, name, number, item, wanted):
        value = self.do_value(name, number, item)
        if not pattern(os.fsencode(wanted)).fullmatch(value):
            raise Failed('%s: %s of message %s is\n%s\nand not like\n%s' % (
                name, item, number, value.decode('latin-1'), wanted))
        return ''

    def do_unfetched(self, name, number, item):
        try:
            self.item(name, number, item)
        except Failed:
            return ''
        raise Failed('%s: %s of message %s was told' % (name, item, number))

    def do_save(self, name, number, item, path):
        value = self.item(name, number, item)
        with open(path, 'wb') as f:
            f.write(b'' if value == NIL and isinstance(value, Atom) else value)
        return ''

    def do_same(self, name, number, item, path):
        """The item is the file in its CRLF form, NUL as what a literal may hold in its place."""
        value = self.item(name, number, item)
        wanted = crlf(self.source(path))
        if bytes(value) != wanted and bytes(value) != wanted.replace(b'\0', b'\x80'):
            at = next((i for i, (a, b) in enumerate(zip(value, wanted)) if a != b), min(len(value), len(wanted)))
            raise Failed('%s: %s of message %s differs from %s at octet %d: %r and %r' % (
                name, item, number, path, at, bytes(value[at:at + 40]), wanted[at:at + 40]))
        return ''

    def do_storm(self, seed, steps, *names):
        """So many random steps of these sessions and of other programs: tests/lib/storm.py."""
        import storm
        storm.run(self, int(seed), int(steps), list(names))
        return ''

    def do_joined(self, name, number, whole, *pieces):
        """The pieces, one behind the other, are the whole."""
        got = b''.join(bytes(self.item(name, number, p)) for p in pieces)
        wanted = bytes(self.item(name, number, whole))
        if got != wanted:
            raise Failed('%s: the pieces of %s of message %s make %r, not %r' % (name, whole, number, got[:500], wanted[:500]))
        return ''

    def do_parts(self, name, number):
        """Fetch every part that BODYSTRUCTURE shows; each has the size that it says. How many there are."""
        self.do_must(name, 'FETCH %s BODYSTRUCTURE' % number)
        sizes = list(leaves(self.item(name, number, 'BODYSTRUCTURE'), []))
        self.do_must(name, 'FETCH %s (%s)' % (number, ' '.join('BODY.PEEK[%s]' % section for section, _ in sizes)))
        for section, size in sizes:
            part = self.item(name, number, 'BODY[%s]' % section)
            got = 0 if part is NIL else len(part)
            if got != size:
                raise Failed('part %s has %d octets and not %d' % (section, got, size))
        return '%d' % len(sizes)

    def do_crlf(self, path, out):
        """Write the file as a client sends it."""
        with open(out, 'wb') as f:
            f.write(crlf(self.source(path)))
        return ''

    def do_count(self, name, wanted):
        session = self.get(name)
        if session.count != int(wanted):
            raise Failed('%s: believes in %d messages, not %s' % (name, session.count, wanted))
        return ''

    def do_uids(self, name):
        return ' '.join(str(u) for u in self.get(name).uids)

    # other answers

    def do_searched(self, name, wanted):
        """The numbers found, in rising order, by SEARCH or by ESEARCH ALL."""
        found, told = [], False
        for r in self.get(name).said:
            if r.name == b'SEARCH':
                found, told = found + r.data, True
            elif r.name == b'ESEARCH':
                found, told = found + r.data.get(b'ALL', []), True
        if not told:
            raise Failed('%s: no SEARCH and no ESEARCH' % name)
        text = ' '.join(str(n) for n in sorted(found))
        if text != wanted:
            raise Failed('%s: found "%s" and not "%s"' % (name, text, wanted))
        return ''

    def do_esearched(self, name, item, wanted=None):
        """MIN, MAX, COUNT or ALL of an ESEARCH; without a value: it is not there."""
        for r in self.get(name).said:
            if r.name != b'ESEARCH':
                continue
            value = r.data.get(item.upper().encode())
            if isinstance(value, list):
                value = ' '.join(str(n) for n in sorted(value))
            if (None if value is None else str(value)) != wanted:
                raise Failed('%s: %s is %s and not %s' % (name, item, value, wanted))
            return ''
        raise Failed('%s: no ESEARCH' % name)

    def rows(self, name):
        return [r.data for r in self.get(name).said if r.name in (b'LIST', b'LSUB') and r.data]

    def row(self, name, mailbox):
        found = [row for row in self.rows(name) if row['name'] == os.fsencode(mailbox)]
        if len(found) != 1:
            raise Failed('%s: %s is listed %d times' % (name, mailbox, len(found)))
        return found[0]

    def do_listed(self, name, mailbox, *attributes):
        """One row, with these attributes; "-\\Attr": without. What RFC 9051 6.3.9.4 infers counts as said."""
        flags = [f.lower() for f in self.row(name, mailbox)['flags']]
        if b'\\nonexistent' in flags:
            flags.append(b'\\noselect')
        if b'\\noinferiors' in flags:
            flags.append(b'\\hasnochildren')
        for a in attributes:
            absent = a.startswith('-')
            if (a.lstrip('-').lower().encode() in flags) == absent:
                raise Failed('%s: %s is listed with %s: %s' % (name, mailbox, b' '.join(flags).decode(), a))
        return ''

    def do_attributes(self, name, mailbox):
        return b' '.join(sorted(self.row(name, mailbox)['flags'], key=bytes.lower))

    def do_names(self, name, *wanted):
        """These rows and no others, in whatever order."""
        have = sorted(row['name'] for row in self.rows(name))
        if have != sorted(os.fsencode(w) for w in wanted):
            raise Failed('%s: listed are %s' % (name, b' | '.join(have).decode('utf-8', 'replace')))
        return ''

    def do_status(self, name, mailbox, item, wanted=None):
        """The value that STATUS told, compared if one is given, else printed."""
        value = None
        for r in self.get(name).said:
            if r.name == b'STATUS' and r.data and (r.data['name'] == os.fsencode(mailbox) or
                                                   r.data['name'].upper() == mailbox.encode().upper() == b'INBOX'):
                value = r.data['items'].get(item.upper().encode(), value)
        if value is None:
            raise Failed('%s: STATUS did not tell %s of %s' % (name, item, mailbox))
        if wanted is None:
            return plain(value)
        if plain(value).decode() != wanted:
            raise Failed('%s: %s of %s is %s and not %s' % (name, item, mailbox, plain(value).decode(), wanted))
        return ''

    def do_told(self, name, code):
        """The value of an untagged OK's response code: told A UIDNEXT."""
        for r in reversed(self.get(name).said):
            if r.tag == b'*' and r.code and r.code[0] == code.upper().encode():
                return plain(r.code[1]) if len(r.code) > 1 else ''
        raise Failed('%s: no [%s]' % (name, code))

    # ends

    def do_signal(self, name, number):
        self.get(name).kill(int(number))
        return ''

    def do_close(self, name):
        self.get(name).finish()
        return ''

    def do_exited(self, name, status='0'):
        """The server's process ended by itself, with this status (a signal is negative)."""
        session = self.get(name)
        deadline = time.monotonic() + PATIENCE
        while session.next(deadline) is not None:
            pass
        got = session.wait_exit()
        if status != 'any' and got != int(status):
            raise Failed('%s: exit status %d and not %s' % (name, got, status))
        session.excused = True
        return ''

    def do_stderr(self, name):
        return self.get(name).stderr()

    def do_pid(self, name):
        return '%d' % self.get(name).pid

    def do_excuse(self, name):
        """This session was meant to end badly."""
        self.get(name).excused = True
        return ''

    def do_end(self):
        """All sessions end; whatever was wrong with them is told now."""
        trouble = []
        for session in self.ended + list(self.sessions.values()):
            try:
                session.finish()
            except Failed as e:
                trouble.append(str(e))
            trouble.extend(session.faults)
            if session.status != 0 and not getattr(session, 'excused', False):
                trouble.append('%s: exit status %s' % (session.name, session.status))
            said = session.stderr()
            if re.search(rb'Sanitizer|runtime error:|Assertion', said):
                trouble.append('%s: %s' % (session.name, said[:3000].decode('latin-1')))
        if not trouble:
            trouble = self.leftovers()
        if trouble:
            raise Failed('\n'.join(trouble))
        return ''

    def leftovers(self):
        """No session leaves a temporary file or a lock behind."""
        out = []
        for top, dirs, files in os.walk(self.maildir):
            if os.path.basename(top) == 'tmp':
                out.extend('left behind: ' + os.path.relpath(os.path.join(top, f), self.maildir)
                           for f in files + dirs)
                dirs[:] = []
            elif os.path.basename(top) in ('cur', 'new'):
                dirs[:] = []
        return out

    def do_leftovers(self):
        return '\n'.join(self.leftovers())


def leaves(body, prefix):
    """Section and size of each part of a parsed BODYSTRUCTURE that is no multipart (RFC 9051 6.4.5.1)."""
    if isinstance(body[0], list):
        parts = itertools.takewhile(lambda p: isinstance(p, list), body)
        for i, part in enumerate(parts, 1):
            yield from part_leaves(part, prefix + [i])
    else:
        yield from part_leaves(body, prefix + [1])


def part_leaves(body, section):
    if isinstance(body[0], list):
        yield from leaves(body, section)
        return
    yield '.'.join(map(str, section)), int(body[6])
    if body[0].upper() == b'MESSAGE' and len(body) > 8 and isinstance(body[8], list):
        yield from leaves(body[8], section)


def quoted(text):
    return b'"' + os.fsencode(text).replace(b'\\', b'\\\\').replace(b'"', b'\\"') + b'"'


def read_netstring(stream):
    digits = b''
    while True:
        c = stream.read(1)
        if not c:
            return None
        if c == b':':
            break
        digits += c
    data = stream.read(int(digits))
    stream.read(1)
    return os.fsdecode(data)


def main():
    top, command, mail = sys.argv[1:4]
    engine = Engine(top, command, mail)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    while True:
        count = read_netstring(requests)
        if count is None:
            break
        words = [read_netstring(requests) for _ in range(int(count))]
        try:
            status, text = b'0', getattr(engine, 'do_' + words[0])(*words[1:])
        except Failed as e:
            status, text = b'1', str(e)
        except Exception as e:    # a wrong call in a test, or a bug of ours: told like any failure
            status, text = b'1', 'engine: %s: %r' % (' '.join(words[:2]), e)
        if isinstance(text, str):
            text = text.encode('utf-8', 'surrogateescape')
        text = text.replace(b'\0', b'<NUL>')
        answers.write(b'%s %d\n%s' % (status, len(text), text))
        answers.flush()
        if words[0] == 'end':
            break
    for session in engine.ended + list(engine.sessions.values()):
        if session.status is None:
            session.kill(signal.SIGKILL)
            session.wait_exit()
    if 'MAYFLY_TEST_KEEP' not in os.environ:
        shutil.rmtree(top, ignore_errors=True)
