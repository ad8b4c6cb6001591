"""What other programs do to a Maildir under the sessions of model.py: one method each."""
import os
import shutil
import time

from world import KEYWORDS, LETTERS, Message


def some(r, things):
    things = list(things)
    return r.sample(things, r.randint(1, len(things))) if things else []


class Programs:
    def deliver(self, r, flags=None):
        self.made += 1
        base = '%d.M%06dP1.host%s' % (1700000000 + self.made, self.made, r.choice(('', '', ',S=%d' % self.made)))
        m = Message(self.made, base, 'new' if flags is None else 'cur', flags or (), self.world.highest)
        tmp = os.path.join(self.maildir, 'tmp', base)
        with open(tmp, 'wb') as f:
            f.write(self.text(self.made))
        self.own(tmp)
        os.rename(tmp, self.world.path(m))
        self.world.messages.append(m)
        self.note('%s delivered' % m.name())

    def text(self, number):
        return b'X-Id: %d\nSubject: model\n\nA line.\n' % number

    def letters(self, r):
        return frozenset(f for f in LETTERS.values() if r.random() < 0.3)

    def rename(self, m, flags=None, base=None):
        old = self.world.path(m)
        if flags is not None:
            m.flags = frozenset(flags) | {f for f in m.flags if f in KEYWORDS}
        m.base = base or m.base
        m.place = 'cur'
        os.rename(old, self.world.path(m))
        self.note('%s is %s' % (os.path.basename(old), m.name()))

    def foreign_flags(self, r):
        for m in some(r, self.world.present()):
            self.rename(m, self.letters(r))

    def foreign_back(self, r):
        """Changed and changed back: nothing has happened."""
        present = [m for m in self.world.present() if m.place == 'cur']
        if present:
            m = r.choice(present)
            before = m.flags
            self.rename(m, self.letters(r))
            self.rename(m, before)

    def foreign_deliver(self, r):
        for _ in range(r.randint(1, 3)):
            self.deliver(r, None if r.random() < 0.6 else self.letters(r))

    def foreign_remove(self, r):
        for m in some(r, self.world.present())[:3]:
            os.unlink(self.world.path(m))
            self.note('%s removed' % m.name())
            m.away = 'removed'
            if not m.noticed:
                m.died = True

    def foreign_away(self, r):
        present = self.world.present()
        if present:
            m = r.choice(present)
            os.rename(self.world.path(m), os.path.join(self.stash, m.name()))
            m.away = 'stash'
            self.note('%s moved away' % m.name())

    def foreign_restore(self, r):
        away = [m for m in self.world.messages if m.away == 'stash']
        if not away:
            return
        m = r.choice(away)
        name = m.name()
        m.away = None
        if m.died:      # sessions saw it go: what comes back is new, and keywords are not in the name
            m = Message(m.number, m.base, m.place, {f for f in m.flags if f not in KEYWORDS}, self.world.highest)
            self.world.messages.append(m)
        to = self.world.path(m)
        if r.random() < 0.5:
            os.rename(os.path.join(self.stash, name), to)
        else:
            shutil.copy2(os.path.join(self.stash, name), to)
            self.own(to)
            os.unlink(os.path.join(self.stash, name))
        self.note('%s put back' % name)

    def foreign_infix(self, r):
        """As mbsync and OfflineIMAP do."""
        for m in some(r, self.world.present())[:2]:
            if m.place == 'cur':
                core = m.base.split(',')[0]
                self.rename(m, base=core + r.choice(('', ',U=%d' % r.randint(1, 99), ',S=9', ',S=9,W=10')))

    def foreign_to_cur(self, r):
        for m in self.world.present():
            if m.place == 'new':
                self.rename(m)

    def foreign_times(self, r):
        """As backup tools do."""
        for m in some(r, self.world.present()):
            os.utime(self.world.path(m), (r.randint(1, 10**9), r.randint(1, 10**9)))
        if r.random() < 0.5:
            os.utime(os.path.join(self.maildir, r.choice(('cur', 'new'))))
        self.note('times')

    def foreign_caches(self, r):
        for name in ('mayfly-index', 'mayfly-cache', 'mayfly-keys'):
            if r.random() < 0.6 and os.path.exists(os.path.join(self.maildir, name)):
                os.unlink(os.path.join(self.maildir, name))
                self.note('%s removed' % name)

    def foreign_pause(self, r):
        """Long enough for the time of a directory to be trusted."""
        time.sleep(0.03)
        self.note('a pause')
