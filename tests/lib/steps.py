"""What the sessions of model.py say, and how each answer is held against the world."""
import os
import re
import signal
import time

from programs import some
from session import Failed, Session
from world import Message, View

FLAGS = ('\\Seen', '\\Flagged', '\\Answered', '\\Draft', '\\Deleted', '$Forwarded', 'work', '$Junk', 'k1')
HEADER = b'BODY.PEEK[HEADER.FIELDS (X-ID)]'
HEADER_TOLD = b'BODY[HEADER.FIELDS (X-ID)]'


def ranges(numbers):
    """A set as clients write it."""
    out, numbers = [], sorted(set(numbers))
    while numbers:
        first = last = numbers.pop(0)
        while numbers and numbers[0] == last + 1:
            last = numbers.pop(0)
        out.append('%d' % first if first == last else '%d:%d' % (first, last))
    return ','.join(out).encode()


class Client:
    def __init__(self, history, name, kind):
        self.history, self.name, self.kind = history, name, kind
        self.view = View(history.world, kind)
        self.selected = self.read_only = False
        self.session = None


class Sessions:
    def start(self, c):
        env = dict(os.environ, HOME=self.top, LC_ALL='C.UTF-8', TZ='UTC')
        argv = self.options.server.split() + ['--no-fsync', self.maildir]
        c.session = Session(c.name, argv, env, self.user, os.path.join(self.top, 'transcript'),
                            os.path.join(self.top, 'stderr.' + c.name), {})
        c.session.greeting()
        c.view = View(self.world, c.kind)
        c.selected = False
        enable = []
        if 'qresync' in c.kind:
            enable.append(b'QRESYNC')
        if 'rev2' in c.kind:
            enable.append(b'IMAP4rev2')
        if enable:
            c.session.command([b'ENABLE ' + b' '.join(enable)])
        c.view.condstore = 'qresync' in c.kind

    def say(self, c, *parts, looks=True, effect=None, told=None, tells=True, fine=(b'OK',)):
        """One command: a look, its effect on the world, then all that it said against what is true.

        told: called for each response that is not the view's matter; tells: EXPUNGE may be told."""
        self.note('%s: %s' % (c.name, b''.join(p if isinstance(p, bytes) else b'{}' for p in parts).decode()))
        if looks:
            self.world.look()
        answer = c.session.command(list(parts))
        if answer.name not in fine:
            raise Failed('%r: %r' % (parts[0], answer.raw))
        if effect:
            effect(answer, c.session.said)
        words = (parts[0] if isinstance(parts[0], bytes) else b'').split(b' ')
        name = words[1] if words[0] == b'UID' else words[0]
        for r in c.session.said:
            self.hear(c, r, name, told)
        c.view.tagged()
        if c.selected and name not in (b'CLOSE', b'UNSELECT'):
            c.view.check(tells)
            if c.view.whole() and c.view.modseq:
                self.snapshots.append(c.view.snapshot())
        return answer

    def hear(self, c, r, name, told=None):
        view, world = c.view, self.world
        if r.name == b'EXISTS':
            view.exists(r.number)
        elif r.name == b'EXPUNGE':
            if 'qresync' in c.kind:
                raise Failed('EXPUNGE after ENABLE QRESYNC')
            view.expunge(r.number)
        elif r.name == b'VANISHED' and not r.data[0]:
            if 'qresync' not in c.kind:
                raise Failed('VANISHED without ENABLE QRESYNC')
            view.vanished(r.data[1])
        elif r.name == b'FETCH':
            number = None
            if HEADER_TOLD in r.data:
                number = int(re.search(rb'X-Id: (\d+)', r.data[HEADER_TOLD]).group(1))
            if name != b'FETCH' and view.condstore and not (b'UID' in r.data and b'MODSEQ' in r.data):
                raise Failed('FETCH without UID and MODSEQ: %r' % r.raw)
            view.fetch(r, number)
            if told:
                told(r)
        elif r.code and r.code[0] == b'HIGHESTMODSEQ':
            view.highest_said = r.code[1]
            if r.tag != b'*' or name in (b'SELECT', b'EXAMINE'):
                world.tell_highest(r.code[1])
            elif r.code[1] > world.highest:
                world.highest = r.code[1]
        elif r.code and r.code[0] == b'UIDVALIDITY':
            world.tell_validity(r.code[1])
        elif r.code and r.code[0] == b'UIDNEXT':
            world.tell_uid_next(r.code[1])
        elif told:
            told(r)

    def select(self, r, c, examine=None):
        """With what a client kept from any time before, when it can QRESYNC."""
        examine = r.random() < 0.15 if examine is None else examine
        word = b'EXAMINE inbox' if examine else b'SELECT inbox'
        kept, earlier, match, known = None, set(), 0, None
        if 'qresync' in c.kind and self.snapshots and r.random() < 0.8:
            kept = r.choice(self.snapshots)
            modseq, entries = kept
            uids = [e.uid for e in entries]
            word += b' (QRESYNC (%d %d' % (self.world.validity, modseq)
            form = r.randrange(4)
            if form == 1 and uids:
                known = set(uids)
                word += b' ' + ranges(known)
            elif form == 2 and uids:
                known = set(range(1, max(uids) + 1))
                word += b' 1:%d' % max(uids)
            elif form == 3 and uids:
                known = set(some(r, uids))
                word += b' ' + ranges(known)
            if uids and r.random() < 0.4:
                pairs = sorted(some(r, list(enumerate(uids, 1))))
                word += b' (%s %s)' % (ranges(n for n, _ in pairs), ranges(u for _, u in pairs))
            word += b'))'
        elif c.kind == 'condstore' and r.random() < 0.5:
            word += b' (CONDSTORE)'
            c.view.condstore = True
        whole = kept and (known is None or known >= {e.uid for e in kept[1]})
        state = {'built': False}

        def build():
            """The numbers follow from what was kept and what vanished."""
            state['built'] = True
            if kept:
                self.world.check_earlier(earlier, kept[0], known, {e.uid for e in kept[1]}, self.world.uid_next)
            if not whole:
                return
            still = [e.copy() for e in kept[1] if e.uid not in earlier]
            if len(still) > len(c.view.entries):
                raise Failed('%d messages are there, and %d of those kept did not vanish' % (
                    len(c.view.entries), len(still)))
            c.view.entries[:len(still)] = still

        def told(x):
            if x.name == b'VANISHED':
                if state['built']:
                    raise Failed('VANISHED (EARLIER) behind FETCH, or twice')
                earlier.update(x.data[1])
            elif x.name == b'OK' and x.tag != b'*' and not state['built']:
                build()
            elif x.name == b'FETCH':
                value = int(x.data[b'MODSEQ'][0])
                if not kept or value <= kept[0]:
                    raise Failed('told, and did not change after %d: %r' % (kept[0] if kept else 0, x.raw))

        c.view.restart()
        c.selected, c.read_only = True, examine
        self.note('%s: %s' % (c.name, word.decode()))
        self.world.look()
        answer = c.session.command([word])
        if answer.name != b'OK':
            raise Failed('%r: %r' % (word, answer.raw))
        for x in c.session.said:
            if x.name == b'FETCH' and not state['built']:
                build()
            self.hear(c, x, b'SELECT', told)
        if not state['built']:
            build()
        c.view.tagged()
        if kept and not whole:
            self.check_partly(c, kept, known, earlier)
            for e in c.view.entries:
                if e.flags is None:
                    e.uid = None
        c.view.check(True)
        self.learn(c)

    def check_partly(self, c, kept, known, earlier):
        """What was asked for by UID is, with what was told, as it is now."""
        told = {e.uid: e.flags for e in c.view.entries if e.uid}
        for e in kept[1]:
            m = self.world.by_uid.get(e.uid)
            if e.uid in known and e.uid not in earlier and not m.died:
                flags = told.get(e.uid, e.flags)
                if flags != m.flags:
                    raise Failed('UID %d is %s, and the client believes %s' % (e.uid, sorted(m.flags), sorted(flags)))

    def learn(self, c):
        """All that it was told of by EXISTS alone; what comes while it asks is asked for next."""
        for _ in range(2):
            self.learn_once(c)

    def learn_once(self, c):
        new = [n for n, e in enumerate(c.view.entries, 1) if not e.uid or e.uid not in self.world.by_uid or e.flags is None]
        if new:
            items = b'UID FLAGS ' + HEADER
            if c.view.condstore:
                items += b' MODSEQ'
            self.say(c, b'FETCH ' + ranges(new) + b' (' + items + b')', tells=False, fine=(b'OK', b'NO'))

    # one method each

    def session_noop(self, r, c):
        self.say(c, r.choice((b'NOOP', b'CHECK')))
        self.world.check_disk()

    def session_fetch(self, r, c):
        n = len(c.view.entries)
        if n:
            items = r.choice((b'FLAGS', b'(UID FLAGS)', b'(FLAGS INTERNALDATE)', b'(UID RFC822.SIZE)'))
            self.say(c, b'FETCH ' + ranges(some(r, range(1, n + 1))) + b' ' + items, tells=False, fine=(b'OK', b'NO'))

    def session_uid_fetch(self, r, c):
        uids = [u for u in c.view.uids() if u] or [1]
        self.say(c, b'UID FETCH %s (FLAGS)' % r.choice((b'1:*', ranges(some(r, uids)), b'%d:*' % r.choice(uids))))

    def enabling(self, c, said):
        """The first CONDSTORE enabling command tells HIGHESTMODSEQ (RFC 7162 3.1)."""
        if not c.view.condstore:
            c.view.condstore = True
            if not any(x.tag == b'*' and x.code and x.code[0] == b'HIGHESTMODSEQ' for x in said):
                raise Failed('no HIGHESTMODSEQ, and this enables CONDSTORE')

    def session_modseq(self, r, c):
        if c.kind == 'plain':
            return
        self.say(c, b'UID FETCH 1:* (MODSEQ)', effect=lambda a, said: self.enabling(c, said))

    def session_changed(self, r, c):
        """CHANGEDSINCE tells all that changed after, and no more; VANISHED what went."""
        if c.kind == 'plain' or not self.snapshots:
            return
        since, told = r.choice(self.snapshots)[0], set()
        exact = r.random() < 0.5
        if exact:                       # so that no news comes with the answer
            self.say(c, b'NOOP')
        top = max([u for u in c.view.uids() if u] or [0])
        vanished = 'qresync' in c.kind and r.random() < 0.7
        numbered = set(c.view.uids())
        known = set(range(1, max(top, 1) + 1)) - numbered
        earlier = set()

        def hear(x):
            if x.name == b'FETCH' and b'MODSEQ' in x.data:
                told.add(c.view.entries[x.number - 1].uid)
            elif x.name == b'VANISHED':
                earlier.update(x.data[1])

        live = None

        def effect(answer, said):
            nonlocal live
            self.enabling(c, said)
            live = [(m, m.modseq, m.above, m.doubt) for m in self.world.numbered() if m.uid and m.uid in numbered]

        self.say(c, b'UID FETCH 1:%d (FLAGS) (CHANGEDSINCE %d%s)' % (
            max(top, 1), since, b' VANISHED' if vanished else b''), effect=effect, told=hear)
        for m, modseq, above, doubt in live:
            changed = modseq > since if modseq is not None and not doubt else True if above >= since and not doubt else None
            if changed and m.uid not in told and not m.died:
                raise Failed('UID %d changed after %d, and that was not told' % (m.uid, since))
            if exact and m.modseq is not None and m.modseq <= since and m.uid in told and changed is False:
                raise Failed('UID %d did not change after %d, and was told' % (m.uid, since))
        if vanished:
            now = {u for x in c.session.said if x.name == b'VANISHED' and not x.data[0] for u in x.data[1]}
            self.world.check_earlier(earlier, since, known, known - now)

    def session_body(self, r, c):
        n = len(c.view.entries)
        if not n:
            return
        self.learn(c)
        n = len(c.view.entries)
        numbers = some(r, range(1, n + 1))[:3]
        targets = [self.world.by_uid.get(c.view.entries[i - 1].uid) for i in numbers]

        def effect(answer, said):
            for m in targets:
                if m and not m.died and not c.read_only:
                    self.world.set_flags(m, m.flags | {'\\seen'})
                    if m.place == 'new':
                        m.place = 'cur'

        self.say(c, b'FETCH ' + ranges(numbers) + b' BODY[TEXT]', tells=False, effect=effect, fine=(b'OK', b'NO'))

    def store_words(self, r):
        flags = some(r, FLAGS)[:3] if r.random() < 0.9 else []
        mode = r.choice(('', '+', '-'))
        silent = r.random() < 0.5
        words = b'%sFLAGS%s (%s)' % (mode.encode(), b'.SILENT' if silent else b'', ' '.join(flags).encode())
        flags = frozenset(f.lower() for f in flags)

        def change(old):
            return old | flags if mode == '+' else old - flags if mode == '-' else flags
        return words, change, silent

    def session_store(self, r, c):
        if c.read_only or not c.view.entries:
            return
        self.learn(c)
        n = len(c.view.entries)
        uid = r.random() < 0.5
        numbers = some(r, range(1, n + 1))
        by_number = {i: c.view.entries[i - 1] for i in numbers
                     if c.view.entries[i - 1].uid in self.world.by_uid}
        if not by_number:
            return
        words, change, silent = self.store_words(r)
        since = None
        if c.kind != 'plain' and r.random() < 0.4:
            known = [e.modseq for e in c.view.entries if e.modseq] + [c.view.modseq or 1]
            since = r.choice(known + [max(known), 0])
            words = b'(UNCHANGEDSINCE %d) ' % since + words
        if uid:
            text = b'UID STORE ' + ranges(e.uid for e in by_number.values())
        else:
            text = b'STORE ' + ranges(by_number)

        def effect(answer, said):
            modified = set(answer.code[1]) if answer.code and answer.code[0] == b'MODIFIED' else set()
            if since is not None:
                self.enabling(c, said)
            for i, e in by_number.items():
                m = self.world.by_uid[e.uid]
                mine = (e.uid if uid else i) in modified
                modified.discard(e.uid if uid else i)
                if m.died:
                    continue
                if since is not None and not m.doubt:
                    fails = m.modseq > since if m.modseq is not None else True if m.above >= since else mine
                    if fails != mine:
                        raise Failed('UID %d with mod-sequence %s (above %d) is %sin MODIFIED of %d' % (
                            e.uid, m.modseq, m.above, '' if mine else 'not ', since))
                if mine:
                    continue
                self.world.set_flags(m, change(m.flags))
                if silent and e.flags is not None:
                    e.flags = change(e.flags)
            if modified:
                raise Failed('MODIFIED of %s, which were not asked for' % sorted(modified))
            self.stored(by_number, said, silent, since)

        self.say(c, text + b' ' + words, tells=uid, effect=effect)

    def stored(self, by_number, said, silent, since):
        """Without .SILENT, or with UNCHANGEDSINCE, every message is told of."""
        if silent and since is None:
            return
        told = {x.number for x in said if x.name == b'FETCH'}
        for i, e in by_number.items():
            if i not in told and not self.world.by_uid[e.uid].died:
                raise Failed('STORE of %d, and no FETCH' % i)

    def session_expunge(self, r, c):
        if c.read_only:
            return
        self.learn(c)
        uids = {u for u in c.view.uids() if u}
        which = set(some(r, uids)) if uids and r.random() < 0.4 else None
        text = b'EXPUNGE' if which is None else b'UID EXPUNGE ' + ranges(which)

        def effect(answer, said):
            gone = 0
            for uid in uids:
                m = self.world.by_uid.get(uid)
                if m and not m.died and '\\deleted' in m.flags and (which is None or uid in which):
                    self.world.bury(m)
                    gone += 1
            if gone and 'qresync' in c.kind and not (answer.code and answer.code[0] == b'HIGHESTMODSEQ'):
                raise Failed('expunged, and no HIGHESTMODSEQ')

        self.say(c, text, effect=effect)

    def new_files(self, before):
        found = []
        for place in ('cur', 'new'):
            for name in os.listdir(os.path.join(self.maildir, place)):
                if name not in before:
                    found.append((place, name))
        return sorted(found, key=lambda f: [int(n) for n in re.findall(r'\d+', f[1])])

    def files(self):
        return {n for p in ('cur', 'new') for n in os.listdir(os.path.join(self.maildir, p))}

    def came(self, number, place, name, uid, flags):
        m = Message(number, name.partition(':2,')[0], place, flags, self.world.highest)
        m.noticed = True
        self.world.learn_uid(m, uid)
        self.world.messages.append(m)
        self.world.touch(m)

    def session_append(self, r, c):
        flags = some(r, FLAGS)[:3] if r.random() < 0.6 else []
        self.made += 1
        number, before = self.made, self.files()

        def effect(answer, said):
            (place, name), = self.new_files(before)
            self.came(number, place, name, answer.code[2][0], {f.lower() for f in flags})

        self.say(c, b'APPEND inbox (%s) ' % ' '.join(flags).encode(), (b'', b'', self.text(number).replace(b'\n', b'\r\n')),
                 effect=effect)

    def session_copy(self, r, c, move=False):
        if len(self.world.present()) > 20 or not c.view.entries or (move and c.read_only):
            return
        self.learn(c)
        uids = [u for u in c.view.uids() if u in self.world.by_uid]
        if not uids:
            return
        which, before = some(r, uids)[:4], self.files()

        def effect(answer, said):
            pairs = next((x.code for x in said if x.code and x.code[0] == b'COPYUID'), None)
            asked = [u for u in sorted(which) if not self.world.by_uid[u].died]
            if not pairs:
                if asked:
                    raise Failed('nothing was copied')
                return
            if sorted(pairs[2]) != asked:
                raise Failed('copied were %s and not %s' % (pairs[2], asked))
            for (place, name), source, uid in zip(self.new_files(before), pairs[2], pairs[3]):
                m = self.world.by_uid[source]
                self.came(m.number, place, name, uid, m.flags)
                if move:
                    self.world.bury(m)

        self.say(c, b'UID %s %s inbox' % (b'MOVE' if move else b'COPY', ranges(which)), effect=effect)

    def session_move(self, r, c):
        self.session_copy(r, c, True)

    def session_search(self, r, c):
        tests = [(b'ALL', lambda m: True), (b'SEEN', lambda m: '\\seen' in m.flags),
                 (b'UNDELETED', lambda m: '\\deleted' not in m.flags), (b'KEYWORD work', lambda m: 'work' in m.flags),
                 (b'NOT KEYWORD $junk', lambda m: '$junk' not in m.flags), (b'FLAGGED', lambda m: '\\flagged' in m.flags)]
        if c.kind != 'plain' and self.snapshots:
            since = r.choice(self.snapshots)[0] + 1
            tests += [(b'MODSEQ %d' % since, lambda m: None if m.modseq is None or m.doubt else m.modseq >= since)] * 3
        key, test = r.choice(tests)
        uid, numbered = r.random() < 0.5, r.random() < 0.3
        found, answered = set(), []
        if numbered:
            key += b' 1:*'

        def told(x):
            if x.name in (b'SEARCH', b'ESEARCH'):
                answered.append(x)
                hits = x.data if x.name == b'SEARCH' else x.data.get(b'ALL', [])
                for n in hits:
                    found.add(int(n) if uid else c.view.entries[int(n) - 1].uid)

        if numbered and not c.view.entries:
            return
        self.world.look()
        expected = [(m, test(m)) for m in self.world.numbered()]
        known = set(c.view.uids())
        self.say(c, (b'UID ' if uid else b'') + b'SEARCH ' + key, told=told, tells=uid and not numbered,
                 effect=lambda a, said: b'MODSEQ' in key and self.enabling(c, said))
        if len(answered) != 1:
            raise Failed('%d answers to one SEARCH' % len(answered))
        for m, hit in expected:
            if m.uid and m.uid in known and hit is not None and (m.uid in found) != hit:
                raise Failed('UID %d was %sfound' % (m.uid, '' if m.uid in found else 'not '))

    def session_status(self, r, c):
        words = b'MESSAGES UIDNEXT UIDVALIDITY UNSEEN'
        if c.kind != 'plain':
            words += b' HIGHESTMODSEQ'

        def told(x):
            if x.name != b'STATUS':
                return
            items = x.data['items']
            live = self.world.numbered()
            for item, wanted in ((b'MESSAGES', len(live)), (b'UNSEEN', sum('\\seen' not in m.flags for m in live))):
                if int(items[item]) != wanted:
                    raise Failed('STATUS %s is %s and not %d' % (item.decode(), items[item], wanted))
            self.world.tell_uid_next(int(items[b'UIDNEXT']))
            self.world.tell_validity(int(items[b'UIDVALIDITY']))
            if b'HIGHESTMODSEQ' in items:
                self.world.tell_highest(int(items[b'HIGHESTMODSEQ']))

        self.say(c, b'STATUS inbox (' + words + b')', told=told,
                 effect=lambda a, said: c.kind != 'plain' and c.selected and self.enabling(c, said))
        if c.kind != 'plain':
            c.view.condstore = True

    def session_idle(self, r, c):
        """One thing that another program does is told without being asked for."""
        self.say(c, b'NOOP')    # or news of before would be told amidst
        self.note('%s: IDLE' % c.name)
        self.world.look()
        s = c.session
        s.begin()
        s.write(b'i IDLE\r\n')
        s.await_response(lambda x: x.tag == b'+', 'IDLE')
        self.heard_idle(c, s, 0)
        for _ in range(r.randint(0, 3)):
            heard = len(s.said)
            known = {e.uid for e in c.view.entries if e.flags is not None}
            present = [m for m in self.world.present() if m.uid in known]
            kind = r.randrange(3)
            if kind == 0 or not present:
                self.deliver(r, r.choice((None, self.letters(r))))
            elif kind == 1:
                self.rename(r.choice(present), self.letters(r))
            else:
                m = r.choice(present)
                os.unlink(self.world.path(m))
                m.away = 'removed'
                self.note('%s removed' % m.name())
            self.world.look()
            self.heard_idle(c, s, heard)
        heard = len(s.said)
        s.write(b'DONE\r\n')
        s.await_response(lambda x: x.tag == b'i', 'DONE')
        for x in s.said[heard:]:
            self.hear(c, x, b'IDLE')
        c.view.tagged()
        c.view.check(True)

    def heard_idle(self, c, s, heard):
        """Until all is told."""
        while True:
            for x in s.said[heard:]:
                self.hear(c, x, b'IDLE')
            heard = len(s.said)
            try:
                return c.view.check(True)
            except Failed as e:
                s.await_response(lambda x: True, 'it told that ' + str(e))

    def session_again(self, r, c):
        """Away from the mailbox in one of the ways there are, and back."""
        way = r.randrange(4)
        if way == 0:
            self.say(c, b'UNSELECT', looks=False)
            c.selected = False
        elif way == 1:
            uids = [] if c.read_only else [u for u in c.view.uids() if u]

            def effect(answer, said):
                for uid in uids:
                    m = self.world.by_uid.get(uid)
                    if m and not m.died and '\\deleted' in m.flags:
                        self.world.bury(m)
                if answer.code and answer.code[0] == b'HIGHESTMODSEQ':
                    raise Failed('HIGHESTMODSEQ at CLOSE (RFC 7162 3.2.8)')
            if not c.read_only:
                self.learn(c)
                uids = [u for u in c.view.uids() if u]
            self.say(c, b'CLOSE', effect=effect)
            c.selected = False
        elif way == 2:
            self.note('%s: LOGOUT' % c.name)
            c.session.command([b'LOGOUT'])
            self.end(c)
            self.start(c)
        self.select(r, c)

    def all_noop(self, r, c):
        """All at once."""
        self.note('all: NOOP')
        self.world.look()
        for c in self.clients:
            c.session.begin()
            c.session.write(b'n NOOP\r\n')
        for c in self.clients:
            c.session.await_response(lambda x: x.tag == b'n', 'NOOP')
            for x in c.session.said:
                self.hear(c, x, b'NOOP')
            c.view.tagged()
            c.view.check(True)

    def end(self, c):
        c.session.finish()
        if c.session.faults:
            raise Failed('; '.join(c.session.faults))
        if c.session.status != 0:
            raise Failed('%s: exit status %s: %s' % (c.name, c.session.status, c.session.stderr()[-500:]))
        c.session.transcript.close()

    def kill(self, c):
        c.session.kill(signal.SIGKILL)
        c.session.wait_exit()
        os.close(c.session.out)
        os.close(c.session.into)
        c.session.transcript.close()

    def kill_idle(self, r, c):
        self.note('%s killed' % c.name)
        self.kill(c)
        self.start(c)
        self.select(r, c)

    def kill_busy(self, r, c):
        """In the middle of a command: it happened, or not, or for some messages."""
        if c.read_only or not c.view.entries or any(m.away and m.noticed and not m.died for m in self.world.messages):
            return
        kind = r.randrange(3)
        numbers = set()
        if kind == 0:
            # what a name shows; to replace would lose keywords, which none does
            text = b'k STORE 1:* %sFLAGS (\\Seen \\Flagged)\r\n' % r.choice((b'+', b'-'))
        elif kind == 1:
            text = b'k EXPUNGE\r\n'
        else:
            self.made += 1
            numbers = {self.made}
            body = self.text(self.made).replace(b'\n', b'\r\n')
            text = b'k APPEND inbox (\\Flagged) {%d+}\r\n%s\r\n' % (len(body), body)
        self.note('%s: %s, killed' % (c.name, text[2:20].decode().strip()))
        c.session.write(text)
        time.sleep(r.choice((0, r.random() * 0.003)))
        self.kill(c)
        self.world.look(sure=False)
        for m in self.world.messages:
            m.doubt = True
        self.world.reconcile(numbers)
        self.start(c)
        self.select(r, c)
