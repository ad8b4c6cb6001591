"""Many sessions doing at random what clients and other programs do, and what must hold all the same.

Every message carries a number of its own in its header. Held to, besides the
rules of session.py: a UID names one message only, under its UIDVALIDITY, whoever
looks; APPENDUID and COPYUID tell the truth; no command is BAD; no message is lost
that nobody deleted; at the end all sessions, and the files, show the same. A session whose name begins with N
asks for NOTIFY and for nothing else about other mailboxes: what it heard last must be true.
"""
import os
import random
import re
import time

from protocol import NIL
from session import PATIENCE, Failed

BOXES = ('INBOX', 'one', 'two')
FLAGS = (b'\\Seen', b'\\Flagged', b'\\Answered', b'\\Draft', b'work', b'$Junk', b'k1', b'k2')
SILENT = (b'FLAGS', b'+FLAGS', b'-FLAGS', b'FLAGS.SILENT', b'+FLAGS.SILENT', b'-FLAGS.SILENT')


class Storm:
    def __init__(self, engine, seed, names):
        self.engine = engine
        self.random = random.Random(seed)
        self.names = names
        self.box = {}           # what each session has selected, None for nothing
        self.validity = {}      # UIDVALIDITY of each mailbox
        self.known = {}         # (mailbox, uid) -> number of the message
        self.made = 0
        self.mortal = set()     # messages that somebody marked or removed
        self.log = []

    # messages

    def message(self):
        self.made += 1
        lines = b'x' * self.random.randrange(60) + b'\r\n'
        return b'X-Id: %d\r\nSubject: storm\r\n\r\n' % self.made + lines * self.random.randrange(40)

    def learn(self, box, uid, number):
        old = self.known.setdefault((box, uid), number)
        if old != number:
            raise Failed('UID %d of %s was message %d and is message %d' % (uid, box, old, number))

    def file(self, box):
        folder = self.engine.make_folder(box)
        found = [os.path.join(folder, sub, f) for sub in ('cur', 'new') for f in os.listdir(os.path.join(folder, sub))]
        return self.random.choice(found) if found else None

    def number_in(self, path):
        try:
            with open(path, 'rb') as f:
                return int(re.search(rb'X-Id: (\d+)', f.read(200)).group(1))
        except FileNotFoundError:
            return None

    # sets

    def numbers(self, session):
        n = session.count
        if not n:
            return None
        r = self.random
        kind = r.randrange(6)
        if kind == 0:
            return b'%d' % r.randint(1, n)
        if kind == 1:
            a, b = sorted((r.randint(1, n), r.randint(1, n)))
            return b'%d:%d' % (a, b)
        if kind == 2:
            return b'%d:*' % r.randint(1, n)
        if kind == 3:
            return b'*'
        if kind == 4:
            return b','.join(b'%d' % r.randint(1, n) for _ in range(r.randint(1, 5)))
        return b'1:*'

    def uid_set(self, session):
        uids = [u for u in session.uids if u] or [1]
        r = self.random
        kind = r.randrange(5)
        if kind == 0:
            return b'%d' % r.choice(uids)
        if kind == 1:
            a, b = sorted((r.choice(uids), r.choice(uids)))
            return b'%d:%d' % (a, b)
        if kind == 2:
            return b'%d:*' % r.choice(uids)
        if kind == 3:
            return b','.join(b'%d' % r.choice(uids) for _ in range(r.randint(1, 5)))
        return b'1:%d' % (max(uids) + r.randrange(10))

    def flags(self):
        return b'(' + b' '.join(self.random.sample(FLAGS, self.random.randrange(4))) + b')'

    # steps

    def say(self, name, *parts, fine=(b'OK',)):
        session = self.engine.get(name)
        self.log.append('%s %r' % (name, parts[0][:100]))
        answer = session.command(list(parts))
        if answer.name not in fine:
            raise Failed('%s: %r: %r' % (name, parts, answer.raw))
        box = self.box.get(name)
        for r in session.said:
            if r.name == b'FETCH':
                self.check_fetch(session, box, r)
            if r.code and r.code[0] == b'UIDVALIDITY' and box:
                if self.validity.setdefault(box, r.code[1]) != r.code[1]:
                    raise Failed('UIDVALIDITY of %s was %d and is %d' % (box, self.validity[box], r.code[1]))
        return answer

    def check_fetch(self, session, box, r):
        text = r.data.get(b'BODY[HEADER.FIELDS (X-ID)]', r.data.get(b'BODY[]'))
        uid = r.data.get(b'UID') or (session.uids[r.number - 1] if r.number <= len(session.uids) else None)
        if text is not None and text is not NIL and uid and box:
            found = re.search(rb'X-Id: (\d+)', text)
            if not found:
                raise Failed('message %d of %s has no number: %r' % (r.number, box, bytes(text[:100])))
            self.learn(box, int(uid), int(found.group(1)))

    def step(self):
        r = self.random
        name = r.choice(self.names)
        session = self.engine.get(name)
        box = self.box.get(name)
        if box is None or r.random() < 0.04:
            self.select(name)
            return
        outside = r.random()
        if outside < 0.12:
            self.other_program()
            return
        getattr(self, r.choice(self.STEPS))(name, session, box)

    def select(self, name):
        box = self.random.choice(BOXES)
        self.box[name] = box
        self.say(name, self.random.choice((b'SELECT ', b'SELECT ', b'SELECT ', b'EXAMINE ')) + box.encode())
        self.engine.get(name).box = box
        self.read_only = getattr(self, 'read_only', {})
        answer = [x for x in self.engine.get(name).said if x.tag != b'*'][-1]
        self.read_only[name] = answer.code and answer.code[0] == b'READ-ONLY'

    def noop(self, name, session, box):
        self.say(name, self.random.choice((b'NOOP', b'CHECK', b'STATUS one (MESSAGES UNSEEN UIDNEXT)', b'LIST "" *')))

    def fetch(self, name, session, box):
        items = self.random.choice((b'FLAGS', b'(UID FLAGS)', b'(UID BODY.PEEK[HEADER.FIELDS (X-ID)])',
                                    b'(UID BODY.PEEK[] RFC822.SIZE)', b'(ENVELOPE BODYSTRUCTURE)', b'(UID BODY[])'))
        self.numbered(name, session, b'FETCH ', b' ' + items, fine=(b'OK', b'NO'))

    def store(self, name, session, box):
        flags = self.flags()
        verb = self.random.choice(SILENT)
        self.numbered(name, session, b'STORE ', b' ' + verb + b' ' + flags, fine=(b'OK', b'NO'))

    def delete(self, name, session, box):
        if self.read_only[name]:
            return
        which = b'%d' % self.random.randint(1, session.count) if session.count else None
        if which is None:
            return
        self.say(name, b'FETCH ' + which + b' (UID BODY.PEEK[HEADER.FIELDS (X-ID)])', fine=(b'OK', b'NO'))
        uid = session.uids[int(which) - 1]
        if uid and (box, uid) in self.known:
            self.mortal.add(self.known[box, uid])
            self.say(name, b'UID STORE %d +FLAGS.SILENT (\\Deleted)' % uid, fine=(b'OK', b'NO'))

    def expunge(self, name, session, box):
        if not self.read_only[name]:
            self.say(name, self.random.choice((b'EXPUNGE', b'UID EXPUNGE ' + self.uid_set(session))))

    def numbered(self, name, session, command, rest, fine=(b'OK',)):
        if self.random.random() < 0.5:
            which = self.numbers(session)
            if which is None:
                return
            self.say(name, command + which + rest, fine=fine)
        else:
            self.say(name, b'UID ' + command + self.uid_set(session) + rest, fine=fine)

    def copy(self, name, session, box):
        to = self.random.choice(BOXES)
        if session.count > 60:    # or the mail would double and double
            self.delete(name, session, box)
            return
        move = self.random.random() < 0.4 and not self.read_only[name]
        session.begin()
        session.to = to
        self.numbered(name, session, b'MOVE ' if move else b'COPY ', b' ' + to.encode(), fine=(b'OK', b'NO'))
        for r in session.said:
            if r.code and r.code[0] == b'COPYUID':
                if r.code[1] != self.validity.get(to, r.code[1]):
                    raise Failed('COPYUID with UIDVALIDITY %d' % r.code[1])
                for a, b in zip(r.code[2], r.code[3]):
                    if (box, a) in self.known:
                        self.learn(to, b, self.known[box, a])

    def append(self, name, session, box):
        session.to = to = self.random.choice(BOXES)
        answer = self.say(name, b'APPEND %s %s ' % (to.encode(), self.flags()), (b'', b'+', self.message()))
        self.learn(to, answer.code[2][0], self.made)

    def search(self, name, session, box):
        key = self.random.choice((b'ALL', b'SEEN', b'DELETED', b'KEYWORD work', b'SUBJECT storm', b'NOT FLAGGED LARGER 100'))
        self.say(name, self.random.choice((b'SEARCH ', b'UID SEARCH ', b'SEARCH RETURN (SAVE ALL) ')) + key)

    def idle(self, name, session, box):
        session.begin()
        session.write(b'i IDLE\r\n')
        session.await_response(lambda r: r.tag == b'+', 'IDLE')
        if self.random.random() < 0.5:
            self.other_program()
        session.write(b'DONE\r\n')
        session.await_response(lambda r: r.tag == b'i', 'DONE')

    def leave(self, name, session, box):
        if self.random.random() < 0.5:
            self.say(name, b'UNSELECT')
        else:
            self.say(name, b'CLOSE')
        self.box[name] = None

    STEPS = ('noop', 'noop', 'fetch', 'fetch', 'fetch', 'store', 'store', 'store', 'delete', 'expunge', 'copy', 'copy',
             'append', 'append', 'search', 'idle', 'leave')

    def other_program(self):
        r = self.random
        box = r.choice(BOXES)
        path = self.file(box)
        kind = r.randrange(4)
        self.log.append('another program, %d, in %s' % (kind, box))
        if kind == 0 or not path:
            with open(os.path.join(self.engine.top, 'mail'), 'wb') as f:
                f.write(self.message().replace(b'\r\n', b'\n'))
            self.engine.put(box, os.path.join(self.engine.top, 'mail') + r.choice(('', ':S', ':')))
        elif kind in (1, 2):
            base, _, flags = os.path.basename(path).partition(':2,')
            new = ''.join(sorted(set(flags) ^ set(r.choice(('S', 'F', 'R', 'SF', 'D')))))
            to = os.path.join(os.path.dirname(os.path.dirname(path)), 'cur', base + ':2,' + new)
            try:
                os.rename(path, to)
            except FileNotFoundError:
                pass
        else:
            number = self.number_in(path)
            if number:
                self.mortal.add(number)
                try:
                    os.unlink(path)
                except FileNotFoundError:
                    pass

    # the end

    def check_heard(self, name):
        """NOTIFY: the last word on each mailbox is true, or comes now without being asked for."""
        session = self.engine.get(name)
        if self.box.get(name):
            self.leave(name, session, self.box[name])
        session.begin()
        deadline = time.monotonic() + PATIENCE
        while True:
            files = {}
            for box in BOXES:
                folder = self.engine.make_folder(box)
                files[box] = sum(len(os.listdir(os.path.join(folder, sub))) for sub in ('cur', 'new'))
            if all(session.heard_status.get(box) == files[box] for box in BOXES):
                return
            try:
                session.next(deadline)
            except Failed:
                raise Failed('%s: there are %r, and it heard %r' % (name, files, session.heard_status))

    def settle(self):
        for name in self.names:
            if name.startswith('N'):
                self.check_heard(name)
        views = {}
        for box in BOXES:
            for name in self.names:
                self.box[name] = box
                self.say(name, b'SELECT ' + box.encode())
                self.say(name, b'FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-ID)])' if self.engine.get(name).count else b'NOOP')
                view = {}
                for r in self.engine.get(name).said:
                    if r.name == b'FETCH':
                        flags = frozenset(f.lower() for f in r.data[b'FLAGS'] if f.lower() != b'\\recent')
                        view[int(r.data[b'UID'])] = (bytes(r.data[b'BODY[HEADER.FIELDS (X-ID)]']), flags)
                first = views.setdefault(box, view)
                if first != view:
                    odd = [u for u in set(first) | set(view) if first.get(u) != view.get(u)]
                    raise Failed('%s sees %s otherwise: %r and %r' % (
                        name, box, [first.get(u) for u in odd[:5]], [view.get(u) for u in odd[:5]]))
            folder = self.engine.make_folder(box)
            files = sum(len(os.listdir(os.path.join(folder, sub))) for sub in ('cur', 'new'))
            if files != len(views[box]):
                raise Failed('%s: %d files and %d messages' % (box, files, len(views[box])))
        alive = set(int(re.search(rb'\d+', text).group()) for view in views.values() for text, _ in view.values())
        lost = set(range(1, self.made + 1)) - alive - self.mortal
        if lost:
            raise Failed('lost though nobody deleted them: %s' % sorted(lost))


def run(engine, seed, steps, names):
    storm = Storm(engine, seed, names)
    for box in BOXES:
        engine.make_folder(box)
    try:
        for name in names:
            engine.do_start(name)
            if name.startswith('N'):
                storm.say(name, b'NOTIFY SET STATUS (selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange))'
                          b' (personal (MessageNew MessageExpunge FlagChange))')
        for _ in range(steps):
            storm.step()
        storm.settle()
    except Failed as e:
        raise Failed('seed %d after %d steps: %s\nlast: %s' % (seed, len(storm.log), e, ' | '.join(storm.log[-6:])))
