"""The accounts that sessions with faults begin with, and what is said in them."""
import os

from promise import (Append, Close, Copy, Create, Delete, Expunge, Leave, ListAll, ListSubscribed, Look, Move, Note, Rename, Select, State, Step,
                     Store, Subscribe, must, text_of)

OLD = 1700000000    # directories of the account at the start: a time that can be trusted
BIG = 1 << 18       # from here on a journal is written anew (JOURNAL_GROWTH_MIN of store/journal.c)
DATE = b'11-Feb-2024 03:04:05 +0000'


def put(top, folder, *messages, key=None):
    """Messages are (ident, suffix); without a colon they are new."""
    path = os.path.join(top, folder)
    for sub in ('cur', 'new', 'tmp'):
        os.makedirs(os.path.join(path, sub), exist_ok=True)
    for ident, suffix in messages:
        name = '17000000%02d.M1P1.h%s' % (ident, suffix)
        with open(os.path.join(path, 'cur' if suffix else 'new', name), 'wb') as f:
            f.write(text_of(ident).replace(b'\r\n', b'\n'))


def settle(top):
    for path, _, _ in os.walk(top):
        os.utime(path, (OLD, OLD))


FLAGS = {':2,': frozenset(), '': frozenset(), ':2,S': frozenset({b'\\seen'}), ':2,F': frozenset({b'\\flagged'}),
         ':2,FS': frozenset({b'\\flagged', b'\\seen'})}
MAIL = {
    'INBOX': [(1, ':2,S'), (2, ':2,'), (3, ':2,F'), (4, '')],
    'box': [(10, ':2,'), (11, ':2,FS')],
    'Work': [(20, ':2,')],
    'Work/leaf': [(21, ':2,S')],
}


class Account:
    """The usual one: four mailboxes, known to earlier sessions."""
    options = ()
    seen = True     # earlier sessions have been there

    def path(self, name):
        return '.' if name == 'INBOX' else '.' + name.replace('/', '.')

    def make(self, top, start):
        """Makes it; start() gives a session. Returns what a client knows."""
        state = State()
        for name, mail in MAIL.items():
            put(top, self.path(name), *mail)
            state.add_folder(name, name)
            state.messages[name] = {ident: {FLAGS[suffix]} for ident, suffix in mail}
            state.old |= {ident for ident, _ in mail}
        self.more(top, state)
        settle(top)
        if self.seen:
            self.first_session(start(), state)
            settle(top)
            self.second_session(start(), state)
        return state

    def more(self, top, state):
        pass

    def look(self, session, state, name):
        state.selected = name
        for r in must(session, b'SELECT ' + name.encode()) + must(session, b'UID FETCH 1:* (UID FLAGS BODY.PEEK[])'):
            state.learn(r)

    def first_session(self, session, state):
        for name in MAIL:
            self.look(session, state, name)
        self.say(session, state, 'INBOX', Select('INBOX'), Store([2], b'+', [b'work']), Select('box'), Store([1], b'+', [b'$Junk', b'work']),
                 Subscribe('box'), Note('box', b'/private/comment', b'first'))
        session.finish()

    def second_session(self, session, state):
        for name in MAIL:
            self.look(session, state, name)
        session.finish()
        state.selected = None

    def say(self, session, state, selected, *steps):
        state.selected = selected
        for step in steps:
            if hasattr(step, 'before'):
                step.before(state, [])
            step.done(state, must(session, *step.parts())[-1], session.said)


class Nested(Account):
    """The same with nested directories."""
    options = ('--layout=fs',)

    def path(self, name):
        return '.' if name == 'INBOX' else name


class Big(Account):
    """The journal of INBOX is about to be written anew."""

    def first_session(self, session, state):
        super().first_session(session, state)

    def second_session(self, session, state):
        self.look(session, state, 'INBOX')
        top = session.argv[-1]
        words = [b'%s%02d' % (b'k' * 30, i) for i in range(30)]
        while os.path.getsize(os.path.join(top, 'mayfly-uidlist')) < BIG - 4000:
            for flags in (words, words[1:]):
                must(session, b'UID STORE 1 FLAGS (%s)' % b' '.join(flags))
        state.messages['INBOX'][1] = {frozenset(words[1:])}
        session.finish()
        state.selected = None


class Fresh(Account):
    """No session of ours has been here."""
    seen = False


def known(state, uids, validity):
    state.known.update({('INBOX', uid): ident for ident, uid in uids.items()})
    state.validity['INBOX'], state.next['INBOX'] = validity, max(uids.values()) + 1


class Dovecot(Fresh):
    def more(self, top, state):
        with open(os.path.join(top, 'dovecot-uidlist'), 'w') as f:
            f.write('3 V1600000000 N30 G2f0c1d3a9be45a6700001234abcdef01\n'
                    '5 :1700000001.M1P1.h\n9 :1700000002.M1P1.h\n12 :1700000003.M1P1.h\n20 :1700000004.M1P1.h\n')
        with open(os.path.join(top, 'subscriptions'), 'w') as f:
            f.write('V\t2\n\nbox\nWork\tleaf\n')
        known(state, {1: 5, 2: 9, 3: 12, 4: 20}, 1600000000)
        state.next['INBOX'] = 30
        state.subscribed = {frozenset({'box', 'Work/leaf'})}


class Courier(Fresh):
    def more(self, top, state):
        with open(os.path.join(top, 'courierimapuiddb'), 'w') as f:
            f.write('1 1600000001 21\n5 1700000001.M1P1.h\n9 1700000002.M1P1.h\n12 1700000003.M1P1.h\n20 1700000004.M1P1.h\n')
        os.makedirs(os.path.join(top, 'courierimapkeywords'))
        with open(os.path.join(top, 'courierimapkeywords', ':list'), 'w') as f:
            f.write('todo\n\n1700000002.M1P1.h:0\n')
        with open(os.path.join(top, 'courierimapsubscribed'), 'w') as f:
            f.write('INBOX.box\n')
        known(state, {1: 5, 2: 9, 3: 12, 4: 20}, 1600000001)
        state.messages['INBOX'][2] = {frozenset({b'todo'})}
        state.subscribed = {frozenset({'box'})}


def select(name):
    return [Select(name), Look()]


SCRIPTS = {
    'append': (Account, [
        ListAll(), ListSubscribed(), *select('INBOX'), Append('INBOX', 30, flags=[b'\\Seen'], date=DATE), Append('box', 31, flags=[b'\\Flagged', b'todo']),
        Append('INBOX', 32), Look()]),
    'multiappend': (Account, [
        *select('INBOX'), Append('INBOX', 30, 31, 32, flags=[b'\\Seen', b'todo']), Append('box', 33, 34), Look()]),
    'store': (Account, [
        *select('INBOX'), Store([1, 2, 3], b'+', [b'\\Answered', b'todo']), Store([4], b'+', [b'\\Seen']),
        Store([2, 3], b'-', [b'work', b'\\Flagged']), Store([1, 4], b'', [b'\\Draft', b'new']), Look()]),
    'copy': (Account, [
        *select('INBOX'), Copy([1, 2, 4], 'box'), Copy([3], 'Work'), Look(), Select('box'), Look()]),
    'move': (Account, [
        *select('INBOX'), Move([1, 4], 'box'), Look(), Select('box'), Look(), Move([1, 2], 'Work/leaf'), Look()]),
    'expunge': (Account, [
        *select('INBOX'), Store([1, 3], b'+', [b'\\Deleted']), Expunge([1]), Expunge(), Look(),
        Store([4], b'+', [b'\\Deleted']), Close(), *select('INBOX')]),
    'create': (Account, [
        Create('fresh', 'fresh'), Append('fresh', 30), Create('fresh/under', 'under'), Subscribe('fresh'), *select('fresh')]),
    'rename': (Account, [
        Rename('Work', 'Archive'), *select('Archive/leaf'), Leave(b'UNSELECT'), Rename('box', 'Archive/box'), *select('Archive/box'), ListAll()]),
    'rename-nested': (Nested, [
        ListAll(), Rename('Work', 'Archive'), *select('Archive/leaf'), Leave(b'UNSELECT'), Rename('box', 'Archive/box'),
        *select('Archive/box'), ListAll()]),
    'nested': (Nested, [
        Create('a/b/c', 'deep'), Append('a/b/c', 30), Rename('box', 'd/e/f'), *select('d/e/f'), Leave(b'UNSELECT'),
        Delete('Work')]),
    'delete': (Account, [
        Delete('box'), Create('box', 'another'), Append('box', 30), *select('box'), Delete('Work/leaf')]),
    'notes': (Account, [
        Subscribe('Work'), Subscribe('box', 'UNSUBSCRIBE'), Note('', b'/private/comment', b'of the account'),
        Note('box', b'/private/comment', b'second')]),
    'compact': (Big, [
        *select('INBOX'), *[Store([1], b'', [b'%s%02d' % (b'w' * 30, i) for i in range(n, n + 60)]) for n in range(4)],
        Append('INBOX', 30), Leave(b'UNSELECT'), *select('INBOX')]),
    'first': (Fresh, [*select('INBOX'), *select('box'), Store([1], b'+', [b'\\Answered']), Append('Work', 30)]),
    'dovecot': (Dovecot, [*select('INBOX'), Append('INBOX', 30), Subscribe('Work'), Look()]),
    'courier': (Courier, [*select('INBOX'), Store([9], b'+', [b'\\Seen']), Subscribe('Work'), Look()]),
}
