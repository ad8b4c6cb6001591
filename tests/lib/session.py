"""One session with a server: a careful client on its standard input and output.

Starts the server, sends, reads whole responses, and checks each against what was
said before: numbers within EXISTS, no EXPUNGE where none is allowed, UIDs that
rise, tagged answers in order, sizes that agree with bodies. What breaks such a
rule is noted in `faults`, and the test fails by it whatever it was looking for.
"""
import fcntl
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import termios
import time

from protocol import Atom, Bad, Response, shown, split_response

# Generous: it only ends what would never end.
PATIENCE = float(os.environ.get('MAYFLY_TEST_PATIENCE', '60'))
NO_EXPUNGE = (b'FETCH', b'STORE', b'SEARCH', b'SORT', b'THREAD')
COMMAND = re.compile(rb'([^\x00-\x20(){%*"\\+\x7f-\xff]+) (UID )?([A-Za-z]+)(?: [^\x00\r]*)?', re.I)
KNOWN = frozenset(
    b'CAPABILITY NOOP LOGOUT ENABLE SELECT EXAMINE CREATE DELETE RENAME SUBSCRIBE UNSUBSCRIBE LIST LSUB '
    b'NAMESPACE STATUS APPEND IDLE CLOSE UNSELECT EXPUNGE SEARCH SORT THREAD ESEARCH CANCELUPDATE FETCH STORE COPY MOVE CHECK ID LOGIN '
    b'NOTIFY AUTHENTICATE STARTTLS'.split())


class Failed(Exception):
    """The sentence that the test prints."""


class Session:
    def __init__(self, name, argv, env, user, transcript, stderr, options):
        self.name, self.argv = name, argv
        self.transcript = open(transcript, 'ab', 0)
        self.stderr_path = stderr
        self.buffer = bytearray()
        self.said = []          # responses since the last thing that the client did
        self.pending = []       # (tag, words) of commands without an answer; words None: of no known form
        self.nonsense = False   # lines were sent that may be answered in more than one way
        self.unseen_input = b''
        self.literal_left = 0
        self.literal_waits = False
        self.inside_command = False
        self.idling = False     # the next line is DONE and no command
        self.serial = 0
        self.faults = []
        self.utf8 = self.rev2 = self.uidonly = False
        self.box = None         # name of the selected mailbox, where a test says it
        self.to = None          # the mailbox into which a command puts messages, likewise
        self.heard_status = {}  # messages of other mailboxes, as the client knows them
        self.notify = None      # what the NOTIFY that was said last asks of the selected mailbox
        self.uid_validity = {}
        self.forget_mailbox()
        self.eof = False
        self.status = None
        self.bye = False
        self.start(env, user, stderr, options)

    def forget_mailbox(self):
        if self.box:    # it is one of the others now: of it the client knows what it saw
            self.heard_status[self.box] = self.count
        self.box = None
        self.selected = False
        self.count = 0
        self.uids = []          # UID by number, None where not told
        self.uid_next = 0
        self.sizes = {}

    # the server's process

    def start(self, env, user, stderr, options):
        if options.get('socket'):
            ours, theirs = socket.socketpair()
            self.out = ours.detach()
            self.into = self.out
            child_in = child_out = theirs.detach()
        elif options.get('tcp'):
            listener = socket.create_server(('127.0.0.1', 0))
            ours = socket.create_connection(listener.getsockname())
            theirs = listener.accept()[0]
            listener.close()
            ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.out = self.into = ours.detach()
            child_in = child_out = theirs.detach()
        else:
            child_in, self.out = os.pipe()
            self.into, child_out = os.pipe()
        program = shutil.which(self.argv[0]) or self.argv[0]    # the child imports nothing any more
        err = os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setpgid(0, 0)
                os.dup2(child_in, 0)
                os.dup2(child_out, 1)
                os.dup2(err, 2)
                os.closerange(3, 256)
                # a shell's background jobs ignore SIGINT, and python SIGPIPE and SIGXFSZ
                for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGQUIT):
                    signal.signal(number, signal.SIG_DFL)
                for limit, value in options.get('rlimits', ()):
                    resource.setrlimit(getattr(resource, 'RLIMIT_' + limit), (value, value))
                os.umask(0o022)
                if user:
                    os.setgroups([])
                    os.setgid(user[1])
                    os.setuid(user[0])
                os.chdir(env['HOME'])
                os.execve(program, self.argv, env)
            except BaseException as e:
                os.write(2, ('%s: %s\n' % (self.argv[0], e)).encode())
            finally:
                os._exit(127)
        for fd in {child_in, child_out, err}:
            os.close(fd)
        for fd in {self.out, self.into}:
            os.set_inheritable(fd, False)
        os.set_blocking(self.out, False)
        os.set_blocking(self.into, False)
        self.poll_in = select.poll()
        self.poll_in.register(self.into, select.POLLIN)

    def note(self, mark, data):
        self.transcript.write(b''.join(mark + line + b'\n' for line in shown(data).rstrip(b'\n').split(b'\n')))

    def fault(self, sentence):
        self.note(b'!! ', sentence.encode())
        self.faults.append('%s: %s' % (self.name, sentence))

    # sending

    def track_input(self, data):
        """Note which commands go out, for the order of answers and the rules that hang on the command."""
        self.unseen_input += data
        while True:
            if self.literal_left:
                taken = min(self.literal_left, len(self.unseen_input))
                self.unseen_input = self.unseen_input[taken:]
                self.literal_left -= taken
                if self.literal_left:
                    return
                self.inside_command = True
                continue
            end = self.unseen_input.find(b'\n')
            if end < 0:
                return
            line = self.unseen_input[:end].rstrip(b'\r')
            self.unseen_input = self.unseen_input[end + 1:]
            if self.idling:
                self.idling = False
                continue
            if not self.inside_command:
                found = COMMAND.fullmatch(line)
                words = None
                if found and found.group(3).upper() in KNOWN:
                    words = ((found.group(2) or b'') + found.group(3)).upper()
                else:
                    self.nonsense = True
                if words or line.upper() != b'DONE':
                    self.pending.append((line.split(b' ')[0], words))
                self.idling = words == b'IDLE'
                if words == b'NOTIFY':
                    self.notify = line.lower()
            self.inside_command = False
            literal = re.search(rb'\{(\d+)(\+?)\}$', line)
            if literal and int(literal.group(1)) < 1 << 40:
                self.literal_left = int(literal.group(1))
                self.literal_waits = not literal.group(2)
                self.inside_command = not self.literal_left

    def write(self, data, note=True):
        if note:
            self.note(b'C: ', data if len(data) < 4000 else data[:1000] + b'[... %d octets]' % len(data))
        self.track_input(data)
        view = memoryview(data)
        deadline = time.monotonic() + PATIENCE
        while view:
            try:
                view = view[os.write(self.out, view):]
                continue
            except BlockingIOError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                self.note(b'!! ', b'the server does not read any more')
                self.pump(0)
                return False
            self.pump(0.01, writing=True)
            if time.monotonic() > deadline:
                raise Failed('%s: the server reads no more (%d octets left)' % (self.name, len(view)))
        return True

    def drained(self):
        """Wait until the server has read all that was sent: then the next write is a read of its own."""
        deadline = time.monotonic() + PATIENCE
        request = termios.TIOCOUTQ if self.out == self.into else termios.FIONREAD
        while not self.eof:
            left = struct.unpack('i', fcntl.ioctl(self.out, request, b'\0\0\0\0'))[0]
            if not left:
                return
            self.pump(0)
            os.sched_yield()
            if time.monotonic() > deadline:
                raise Failed('%s: the server does not read' % self.name)

    # reading

    def pump(self, wait, writing=False):
        """Read what is there, after at most `wait` seconds; False at the end."""
        if self.eof:
            return False
        if writing:
            poll = select.poll()
            poll.register(self.into, select.POLLIN)
            poll.register(self.out, select.POLLOUT)
            poll.poll(wait * 1000)
            if not self.poll_in.poll(0):
                return True
        elif not self.poll_in.poll(wait * 1000):
            return True
        try:
            data = os.read(self.into, 1 << 20)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            data = b''
        if not data:
            self.eof = True
            self.note(b'!! ', b'the server closed')
            return False
        self.buffer += data
        return True

    def next(self, deadline):
        """The next whole response, None at the end of the connection."""
        while True:
            try:
                whole = split_response(self.buffer)
            except Bad as e:
                self.note(b'S: ', bytes(self.buffer[:2000]))
                self.fault(str(e))
                raise Failed('%s: %s' % (self.name, e))
            if whole:
                raw, used = whole
                del self.buffer[:used]
                return self.understood(raw)
            left = deadline - time.monotonic()
            if left <= 0:
                self.note(b'S: ', bytes(self.buffer[:2000]) + b'[...]')
                raise Failed('%s: no answer within %g seconds' % (self.name, PATIENCE))
            if not self.pump(left):
                if self.buffer:
                    self.note(b'S: ', bytes(self.buffer[:2000]))
                    self.fault('the server ended in the middle of a response: %r' % bytes(self.buffer[-60:]))
                    self.buffer.clear()
                return None

    def understood(self, raw):
        self.note(b'S: ', raw if len(raw) < 20000 else raw[:9000] + b'[... %d octets]' % len(raw))
        try:
            response = Response(raw, self.utf8)
        except Bad as e:
            self.fault(str(e))
            response = Response(b'* OK what came here was no IMAP')
            response.raw = raw
        else:
            self.check(response)
        self.said.append(response)
        return response

    def await_response(self, wanted, what):
        deadline = time.monotonic() + PATIENCE
        while True:
            response = self.next(deadline)
            if response is None:
                raise Failed('%s: the server closed before %s' % (self.name, what))
            if wanted(response):
                return response

    # the rules

    def current(self):
        """The command being answered: None if none is, b'' if it is of no known form."""
        return (self.pending[0][1] or b'') if self.pending else None

    def check(self, r):
        if r.tag == b'+':
            return
        if r.code and r.code[0] in (b'APPENDUID', b'COPYUID') and self.to != self.box and self.to in self.heard_status:
            self.heard_status[self.to] += len(r.code[-1])
        if r.tag != b'*':
            self.check_tagged(r)
        elif r.name == b'EXISTS':
            if not self.selected and self.current() not in (b'SELECT', b'EXAMINE', None):
                self.fault('EXISTS, and no mailbox is selected')
            if r.number < self.count and self.current() not in (b'SELECT', b'EXAMINE'):
                self.fault('EXISTS fell from %d to %d' % (self.count, r.number))
            self.uids = self.uids[:r.number] + [None] * (r.number - len(self.uids))
            self.count = r.number
        elif r.name == b'EXPUNGE':
            self.check_expunge(r)
        elif r.name == b'VANISHED':
            self.check_vanished(r)
        elif r.name == b'FETCH':
            self.check_fetch(r)
        elif r.name == b'UIDFETCH':
            self.check_uidfetch(r)
        elif r.name == b'RECENT':
            if self.rev2:
                self.fault('RECENT after ENABLE IMAP4rev2')
        elif r.name == b'SEARCH':
            if self.rev2:
                self.fault('SEARCH, where ENABLE IMAP4rev2 asks for ESEARCH')
        elif r.name == b'ENABLED':
            words = [w.upper() for w in r.data]
            self.rev2 = self.rev2 or b'IMAP4REV2' in words
            self.utf8 = self.utf8 or self.rev2 or b'UTF8=ACCEPT' in words
            self.uidonly = self.uidonly or b'UIDONLY' in words
        elif r.name == b'STATUS' and b'MESSAGES' in r.data['items']:
            self.heard_status[bytes(r.data['name']).decode()] = int(r.data['items'][b'MESSAGES'])
        elif r.name == b'BYE':
            self.bye = True
        elif r.name == b'OK' and r.code:
            self.check_ok_code(r.code)

    def check_ok_code(self, code):
        if code[0] == b'CLOSED':
            self.forget_mailbox()
        elif code[0] == b'UIDNEXT':
            if code[1] < self.uid_next and self.current() not in (b'SELECT', b'EXAMINE'):
                self.fault('UIDNEXT fell from %d to %d' % (self.uid_next, code[1]))
            self.uid_next = code[1]

    def check_tagged(self, r):
        at = next((i for i, p in enumerate(self.pending) if p[0] == r.tag), None)
        if at is None:
            if not self.nonsense:
                self.fault('an answer to %r, which was not asked' % r.tag)
            return
        early = [p for p in self.pending[:at] if p[1]]
        if early:
            self.fault('an answer to %r came before that to %r' % (r.tag, early[0][0]))
            del self.pending[at]
            return
        words = self.pending[at][1]
        del self.pending[:at + 1]
        if not self.pending:
            self.idling = False
            if self.literal_waits:    # the literal was refused and will not come
                self.literal_left, self.inside_command = 0, False
        if words in (b'SELECT', b'EXAMINE'):
            if r.name == b'OK':
                self.selected = True
                self.check_select(r, words)
            elif r.name == b'NO':
                self.forget_mailbox()
        elif words in (b'CLOSE', b'UNSELECT') and r.name == b'OK':
            self.forget_mailbox()
        elif words == b'LOGOUT' and r.name == b'OK' and not self.bye:
            self.fault('LOGOUT without BYE')

    def check_select(self, r, words):
        names = [(x.name, x.code[0] if x.code else None) for x in self.said]
        for wanted in ((b'FLAGS', None), (b'EXISTS', None)):
            if wanted not in names:
                self.fault('%s without %s' % (words.decode(), wanted[0].decode()))
        for code in (b'UIDVALIDITY', b'UIDNEXT', b'PERMANENTFLAGS'):
            if (b'OK', code) not in names:
                self.fault('%s without [%s]' % (words.decode(), code.decode()))
        if not self.rev2 and (b'RECENT', None) not in names:
            self.fault('%s without RECENT, and IMAP4rev2 is not enabled' % words.decode())
        if self.rev2 and not any(x.name == b'LIST' for x in self.said):
            self.fault('%s without LIST, and IMAP4rev2 is enabled' % words.decode())
        if not r.code or r.code[0] not in (b'READ-ONLY', b'READ-WRITE'):
            self.fault('%s does not say READ-ONLY or READ-WRITE' % words.decode())
        elif words == b'EXAMINE' and r.code[0] != b'READ-ONLY':
            self.fault('EXAMINE does not say READ-ONLY')

    def always_told(self):
        """RFC 5465 6.1.1: the numbers may shift at any time."""
        return self.notify and b'(selected ' in self.notify and b'messageexpunge' in self.notify

    def check_expunge(self, r):
        now = self.current()
        if self.uidonly:
            self.fault('EXPUNGE after ENABLE UIDONLY')
        if now is None and self.always_told():
            pass
        elif now is None:
            self.fault('EXPUNGE, and no command is in progress')
        elif now in NO_EXPUNGE:
            self.fault('EXPUNGE during %s' % now.decode())
        if r.number > self.count:
            self.fault('EXPUNGE of %d, and there are only %d' % (r.number, self.count))
            return
        del self.uids[r.number - 1]
        self.count -= 1

    def check_vanished(self, r):
        """RFC 7162 3.2.10: what is earlier changes no number; else it is EXPUNGE by UID."""
        earlier, gone = r.data
        if earlier:
            return
        if (self.current() is None and not self.always_told()) or self.current() in NO_EXPUNGE:
            self.fault('VANISHED where no EXPUNGE may come')
        gone = set(gone)
        if None in self.uids:    # we were not told every UID: the numbers can only be counted
            self.uids = [None] * (self.count - len(gone))
        else:
            self.uids = [u for u in self.uids if u not in gone]
        self.count = len(self.uids)

    def check_uidfetch(self, r):
        if not self.uidonly:
            self.fault('UIDFETCH without ENABLE UIDONLY')
        if int(r.data.get(b'UID', r.number)) != r.number:
            self.fault('UIDFETCH of %d with another UID' % r.number)
        self.check_size(r, r.number)

    def check_fetch(self, r):
        if self.uidonly:
            self.fault('FETCH after ENABLE UIDONLY')
        if r.number > self.count:
            self.fault('FETCH of %d, and there are only %d' % (r.number, self.count))
            return
        uid = r.data.get(b'UID')
        if uid is not None:
            uid = int(uid)
            known = self.uids[r.number - 1]
            if known is not None and known != uid:
                self.fault('message %d had UID %d and now has %d' % (r.number, known, uid))
            self.uids[r.number - 1] = uid
            near = [u for u in self.uids[max(0, r.number - 2):r.number + 1] if u]
            if any(a >= b for a, b in zip(near, near[1:])):
                self.fault('UIDs do not rise around message %d: %s' % (r.number, near))
        elif self.current() and self.current().startswith(b'UID '):
            self.fault('a FETCH response without UID during a UID command')
        flags = r.data.get(b'FLAGS')
        if flags is not None and self.rev2 and any(f.lower() == b'\\recent' for f in flags):
            self.fault('\\Recent after ENABLE IMAP4rev2')
        self.check_size(r, uid or self.uids[r.number - 1])

    def check_size(self, r, uid):
        """RFC822.SIZE is exactly the octets of BODY[], in one response or in two."""
        size = r.data.get(b'RFC822.SIZE')
        body = r.data.get(b'BODY[]', r.data.get(b'RFC822'))
        body = None if body is None or isinstance(body, Atom) else len(body)
        size = int(size) if size is not None else None
        if uid is not None:
            known = self.sizes.setdefault(uid, [None, None])
            known[0] = size = known[0] if size is None else size
            known[1] = body = known[1] if body is None else body
        if size is not None and body is not None and size != body:
            self.fault('RFC822.SIZE is %d and BODY[] has %d octets' % (size, body))

    def clogged(self):
        """Wait, reading nothing, until the server cannot write any more."""
        theirs = os.open('/proc/%d/fd/1' % self.pid, os.O_WRONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(theirs, select.POLLOUT)
        deadline = time.monotonic() + PATIENCE
        try:
            while poll.poll(0):
                os.sched_yield()
                if time.monotonic() > deadline:
                    raise Failed('%s: the server did not fill the pipe' % self.name)
        finally:
            os.close(theirs)

    # what tests call

    def begin(self):
        self.said = []

    def greeting(self):
        self.begin()
        return self.await_response(lambda r: True, 'it greeted')

    def command(self, parts):
        """Send one command in its parts and wait for its answer. Parts: bytes, or (kind, bytes) for a literal."""
        self.begin()
        self.serial += 1
        tag = b'%s%d' % (self.name.encode(), self.serial)
        line = tag + b' '
        answered = None
        for part in parts:
            if isinstance(part, bytes):
                line += part
                continue
            prefix, plus, text = part
            line += b'%s{%d%s}\r\n' % (prefix, len(text), plus)
            if plus:
                line += text
                continue
            self.write(line)
            line = text
            answered = self.await_response(lambda r: r.tag in (b'+', tag), 'it asked for the literal')
            if answered.tag == tag:
                return answered
        self.write(line + b'\r\n')
        return self.await_response(lambda r: r.tag == tag, 'it answered %s' % tag.decode())

    def finish(self):
        """Close the client's side and wait for the server's process to end."""
        if self.status is not None:
            return
        if self.out >= 0:
            if self.out == self.into:
                try:
                    os_socket = socket.socket(fileno=os.dup(self.out))
                    os_socket.shutdown(socket.SHUT_WR)
                    os_socket.close()
                except OSError:
                    pass
            else:
                os.close(self.out)
            self.out = -1
        deadline = time.monotonic() + PATIENCE
        while not self.eof and time.monotonic() < deadline:
            try:
                if self.next(deadline) is None:
                    break
            except Failed:
                break
        self.wait_exit(deadline)

    def wait_exit(self, deadline=None):
        if self.status is not None:
            return self.status
        deadline = deadline or time.monotonic() + PATIENCE
        pidfd = os.pidfd_open(self.pid)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        try:
            while not poll.poll(10):
                self.pump(0)
                self.buffer.clear()
                if time.monotonic() > deadline:
                    self.fault('the server did not end')
                    self.kill(signal.SIGKILL)
                    deadline += PATIENCE
        finally:
            os.close(pidfd)
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if self.eof and self.into >= 0:    # all is read; thousands of sessions may follow in this process
            for fd in {self.out, self.into} - {-1}:
                os.close(fd)
            self.out = self.into = -1
        return self.status

    def kill(self, number):
        """Signals go to the server and what it started itself, which are one process group of ours."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stderr(self):
        with open(self.stderr_path, 'rb') as f:
            return f.read()
