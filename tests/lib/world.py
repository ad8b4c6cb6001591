"""What must be true of one mailbox: the messages, who changed them when, and what a session may say of it.

A World knows each message with its flags and keeps two clocks. `changes` counts
what happened to the mailbox in the eyes of its sessions: a change that another
program takes back before any session looked is none. Mod-sequences are learned
from the first session that tells one, and held to ever after: equal as long as
nothing changed, above all that was known before when something did.

A View is what one client believes, built of untagged responses alone, as RFC
7162 section 6 tells a client to. Both raise Failed where they do not fit.
"""
import os
import re

from session import Failed

LETTERS = {'D': '\\draft', 'F': '\\flagged', 'P': '$forwarded', 'R': '\\answered', 'S': '\\seen', 'T': '\\deleted'}
BY_FLAG = {flag: letter for letter, flag in LETTERS.items()}
KEYWORDS = ('work', '$junk', 'k1')


class Message:
    def __init__(self, number, base, place, flags, highest):
        self.number = number            # what its header says; copies share it
        self.base, self.place = base, place
        self.flags = frozenset(flags)   # what is true now
        self.seen_flags = self.flags    # what sessions have seen
        self.uid = None
        self.noticed = False            # a session has looked since it came
        self.modseq = None              # once told and while unchanged
        self.above = highest            # all that was known when it changed
        self.doubt = False              # perhaps changed and changed back
        self.away = None                # the file lies elsewhere, for a restore
        self.died = False
        self.died_above = self.died_below = None

    def letters(self):
        return ''.join(sorted(BY_FLAG[f] for f in self.flags if f in BY_FLAG))

    def name(self):
        if self.place == 'new':
            return self.base
        return '%s:2,%s' % (self.base, self.letters())


class World:
    def __init__(self, folder, strict=True):
        self.folder = folder
        self.strict = strict            # what vanished long ago is remembered: no more than that is told
        self.messages = []              # all that ever were
        self.by_uid = {}
        self.highest = 0                # the highest mod-sequence that anybody told
        self.changes = 0
        self.told_highest = None        # (value, changes) of the last exact HIGHESTMODSEQ
        self.validity = None
        self.uid_next = 1

    def path(self, m):
        return os.path.join(self.folder, m.place, m.name())

    def present(self):
        """Whose files are there."""
        return [m for m in self.messages if not m.died and not m.away]

    def numbered(self):
        """In the order of their numbers, as far as UIDs are known; the others come behind."""
        live = [m for m in self.present() if m.noticed]
        return sorted(live, key=lambda m: m.uid or 1 << 40)

    # changes

    def touch(self, m):
        m.modseq, m.above, m.doubt = None, self.highest, False
        self.changes += 1

    def set_flags(self, m, flags):
        """By a session, which looked before."""
        flags = frozenset(flags)
        if flags != m.flags:
            m.flags = m.seen_flags = flags
            self.touch(m)
        if m.place == 'new' and m.letters():
            m.place = 'cur'

    def bury(self, m):
        m.died, m.died_above = True, self.highest
        if m.noticed:
            self.changes += 1

    def look(self, sure=True):
        """A session looks at the disk. When it only may have done so, nothing is held to."""
        for m in self.messages:
            if m.died:
                continue
            if m.away:
                if m.noticed:
                    if sure:
                        self.bury(m)
                    else:
                        m.doubt = True
            elif not m.noticed:
                if sure:
                    m.noticed = True
                    m.seen_flags = m.flags
                    self.touch(m)
            elif m.flags != m.seen_flags:
                if sure:
                    m.seen_flags = m.flags
                    self.touch(m)
                else:
                    m.doubt = True
        if not sure:
            self.told_highest = None

    # what sessions say

    def learn_uid(self, m, uid):
        if m.uid == uid:
            return
        if m.uid is not None:
            raise Failed('message %d had UID %d and has UID %d' % (m.number, m.uid, uid))
        if uid in self.by_uid:
            raise Failed('UID %d was message %d and is message %d' % (uid, self.by_uid[uid].number, m.number))
        m.uid = uid
        self.by_uid[uid] = m

    def message(self, uid, number=None):
        """The message of a UID, found by what its header says when it is new to us."""
        m = self.by_uid.get(uid)
        if m and (number is None or m.number == number):
            return m
        if m:
            raise Failed('UID %d was message %d and is message %d' % (uid, m.number, number))
        if number is None:
            return None
        for m in self.messages:
            if m.uid is None and m.noticed and not m.died and m.number == number:
                self.learn_uid(m, uid)
                return m
        raise Failed('UID %d is message %d, which has a UID already or was never there' % (uid, number))

    def tell_modseq(self, m, value):
        if value >= 1 << 63 or value <= 0:
            raise Failed('a mod-sequence of %d' % value)
        if m.modseq is not None and value != m.modseq and not (m.doubt and value > m.modseq):
            raise Failed('UID %s: mod-sequence was %d, is %d, and nothing changed' % (m.uid, m.modseq, value))
        if m.modseq is None and value <= m.above and not m.doubt:
            raise Failed('UID %s changed, and its mod-sequence %d is not above %d' % (m.uid, value, m.above))
        m.modseq, m.doubt = value, False
        self.highest = max(self.highest, value)

    def tell_highest(self, value):
        """HIGHESTMODSEQ of a mailbox that has been looked at: all is in it."""
        least = max([m.modseq or 0 for m in self.present()] + [0])
        if value < least:
            raise Failed('HIGHESTMODSEQ %d is below the mod-sequence %d of a message' % (value, least))
        if self.told_highest:
            before, changes = self.told_highest
            if changes == self.changes and value != before:
                raise Failed('HIGHESTMODSEQ was %d, is %d, and nothing changed' % (before, value))
            if changes != self.changes and value <= before:
                raise Failed('HIGHESTMODSEQ was %d, is %d after %d changes' % (
                    before, value, self.changes - changes))
        self.told_highest = (value, self.changes)
        self.highest = max(self.highest, value)
        for m in self.messages:
            if m.died and m.died_below is None:
                m.died_below = value

    def tell_uid_next(self, value):
        if value < self.uid_next or any(m.uid and m.uid >= value for m in self.messages):
            raise Failed('UIDNEXT %d, it was %d, and the highest UID is %d' % (
                value, self.uid_next, max(self.by_uid, default=0)))
        self.uid_next = value

    def tell_validity(self, value):
        if self.validity not in (None, value):
            raise Failed('UIDVALIDITY was %d and is %d' % (self.validity, value))
        self.validity = value

    def check_earlier(self, gone, since, known, had, below=1 << 32):
        """VANISHED (EARLIER): of `known` what went after `since`; all of that if the client `had` it, nothing that is there."""
        for uid in gone:
            m = self.by_uid.get(uid)
            if m and not m.died:
                raise Failed('UID %d is said to have vanished, and is there' % uid)
            if known is not None and uid not in known:
                raise Failed('UID %d vanished, and was not asked for' % uid)
            if uid >= below:
                raise Failed('UID %d vanished, and never was' % uid)
            if m and self.strict and m.died_below is not None and m.died_below <= since:
                raise Failed('UID %d is said to have vanished after %d, but was gone by %d' % (
                    uid, since, m.died_below))
        for uid, m in self.by_uid.items():
            if m.died and m.died_above >= since and (known is None or uid in known) and uid in had and uid not in gone:
                raise Failed('UID %d vanished after %d, and that was not told' % (uid, since))

    # the disk

    def check_disk(self):
        have = {}
        for place in ('cur', 'new'):
            for name in os.listdir(os.path.join(self.folder, place)):
                have[os.path.join(place, name)] = True
        want = {os.path.join(m.place, m.name()) for m in self.present()}
        if set(have) != want:
            raise Failed('on disk, and not in the model: %s; in the model only: %s' % (
                sorted(set(have) - want), sorted(want - set(have))))

    def reconcile(self, numbers):
        """A session was killed in the middle: what the disk shows is what happened, as if by another program."""
        files = {}
        for place in ('cur', 'new'):
            for name in os.listdir(os.path.join(self.folder, place)):
                base, _, info = name.partition(':2,')
                files[base] = (place, info, name)
        for m in self.present():
            found = files.pop(m.base, None)
            if not found:
                m.away = 'killed'
                continue
            m.place = found[0]
            m.flags = frozenset(LETTERS[c] for c in found[1]) | {f for f in m.flags if f in KEYWORDS}
        for base, (place, info, name) in sorted(files.items()):
            with open(os.path.join(self.folder, place, name), 'rb') as f:
                number = int(re.search(rb'X-Id: (\d+)', f.read()).group(1))
            if number not in numbers:
                raise Failed('%s came from nowhere' % name)
            self.messages.append(Message(number, base, place, {LETTERS[c] for c in info}, self.highest))


class Entry:
    __slots__ = ('uid', 'flags', 'modseq')

    def __init__(self, uid=None, flags=None, modseq=None):
        self.uid, self.flags, self.modseq = uid, flags, modseq

    def copy(self):
        return Entry(self.uid, self.flags, self.modseq)


class View:
    def __init__(self, world, kind):
        self.world, self.kind = world, kind
        self.entries = []
        self.modseq = 0                 # this client's HIGHESTMODSEQ (RFC 7162 6)
        self.highest_seen = 0           # of FETCH items since the last tagged answer
        self.highest_said = None        # by the response code, which rules
        self.condstore = False

    def restart(self):
        self.entries, self.modseq = [], 0
        self.highest_seen, self.highest_said = 0, None

    def uids(self):
        return [e.uid for e in self.entries]

    def whole(self):
        return all(e.uid and e.flags is not None for e in self.entries)

    def snapshot(self):
        return (self.modseq, [e.copy() for e in self.entries])

    def exists(self, n):
        if n < len(self.entries):
            raise Failed('EXISTS fell from %d to %d' % (len(self.entries), n))
        self.entries.extend(Entry() for _ in range(n - len(self.entries)))

    def expunge(self, n):
        e = self.entries.pop(n - 1)
        m = self.world.by_uid.get(e.uid)
        if m and not m.died:
            raise Failed('EXPUNGE of %d, UID %d, which is there' % (n, e.uid))

    def vanished(self, uids):
        for uid in uids:
            m = self.world.by_uid.get(uid)
            if m and not m.died:
                raise Failed('VANISHED of UID %d, which is there' % uid)
            at = next((i for i, e in enumerate(self.entries) if e.uid == uid), None)
            if at is None:              # one whose UID we were not told, where it fits
                at = next((i for i, e in enumerate(self.entries) if e.uid is None
                           and max([0] + [o.uid for o in self.entries[:i] if o.uid]) < uid
                           and all(o.uid > uid for o in self.entries[i + 1:] if o.uid)), None)
            if at is None:
                raise Failed('VANISHED of UID %d, which this session did not know' % uid)
            del self.entries[at]

    def fetch(self, r, number):
        """number: what the header says, when it was asked for."""
        e = self.entries[r.number - 1]
        data = r.data
        if b'UID' in data:
            uid = int(data[b'UID'])
            if e.uid not in (None, uid):
                raise Failed('message %d had UID %d and has %d' % (r.number, e.uid, uid))
            e.uid = uid
        m = self.world.message(e.uid, number) if e.uid else None
        if b'FLAGS' in data:
            e.flags = frozenset(bytes(f).decode().lower() for f in data[b'FLAGS']) - {'\\recent'}
            if m and not m.died and e.flags != m.flags:
                raise Failed('UID %d is told as %s and is %s' % (e.uid, sorted(e.flags), sorted(m.flags)))
        if b'MODSEQ' in data:
            value = int(data[b'MODSEQ'][0])
            e.modseq = value
            self.highest_seen = max(self.highest_seen, value)
            if m and not m.died:
                self.world.tell_modseq(m, value)
        return m

    def tagged(self):
        if self.highest_said is not None:
            self.modseq = self.highest_said
        elif self.highest_seen > self.modseq:
            self.modseq = self.highest_seen
        self.highest_seen, self.highest_said = 0, None

    def check(self, all_gone_told):
        """After an answered command: all that is there is known, with its flags; what is gone only if it may not be told yet."""
        world = self.world
        live = world.numbered()
        for e in self.entries:
            m = world.by_uid.get(e.uid)
            if not e.uid or not m:
                continue
            if m.died:
                if all_gone_told:
                    raise Failed('UID %d is gone, and was not told to be' % e.uid)
            elif e.flags is not None and e.flags != m.flags:
                raise Failed('UID %d is %s, and the session was told %s' % (e.uid, sorted(m.flags), sorted(e.flags)))
        known = [e.uid for e in self.entries if e.uid]
        if known != sorted(set(known)):
            raise Failed('the UIDs do not rise: %s' % known)
        missing = [m.uid for m in live if m.uid and m.uid not in known]
        unknown = len(self.entries) - len(known)
        if all_gone_told and len(self.entries) != len(live):
            raise Failed('%d messages are there, and the session was told of %d' % (len(live), len(self.entries)))
        if len(missing) > unknown:
            raise Failed('the session was not told of UIDs %s' % missing)
